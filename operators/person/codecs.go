package person

import (
	"fmt"

	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// StateVersion begins the states that move between tasks. It is the version of MovedState in the schemas'
// history: the bytes carry no schema, and may be read by a later build than wrote them. While a fleet is
// being upgraded, an older build may get a state of a later version: it refuses it and stops, rather than
// dropping what it does not know.
const StateVersion = 10

// decodePast reads states of earlier versions: 1 had awaited starts without a feature space, 2 no parts of
// contacts, 3 critical results that did not say which, 4 neither a history of contacts nor whom somebody acts
// for, 5 no moments of hazards, 6 contacts by id alone, 7 no results of searches, 8 no callers who may act for
// somebody they have not named, 9 neither pages of failed steps nor steps tied to reasons.
// A move that was under way while a fleet was upgraded is in a topic as the older build wrote it.
var decodePast = [StateVersion]func(schemas.Record, []byte) error{
	1: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 1),
	2: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 2),
	3: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 3),
	4: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 4),
	5: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 5),
	6: decodeSix,
	7: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 7),
	8: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 8),
	9: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 9),
}

// sixes read what builds of versions 8, 7 and 6 have all called 6.
var sixes = []func(schemas.Record, []byte) error{
	schemas.PastReader(schemas.MovedStateSchema, "moved_state", 8),
	schemas.PastReader(schemas.MovedStateSchema, "moved_state", 7),
	schemas.PastReader(schemas.MovedStateSchema, "moved_state", 6),
}

// decodeSix takes the first that fits: the later the version the longer its records, and none may leave bytes
// over.
func decodeSix(v schemas.Record, src []byte) (err error) {
	for _, read := range sixes {
		if err = read(v, src); err == nil {
			return nil
		}
	}
	return err
}

// DecodeState decodes a state that another task sent. Strings alias src: the caller keeps the words that it
// needs (Names.KeepWords).
func DecodeState(src []byte, v *schemas.MovedState) error {
	switch {
	case len(src) == 0 || src[0] == 0 || src[0] > StateVersion:
		return fmt.Errorf("state version: not 1 to %d", StateVersion)
	case src[0] < StateVersion:
		return decodePast[src[0]](v, src[1:])
	}
	return schemas.DecodeWhole(v, src[1:])
}

// keptRecord is a record type that stores keep.
type keptRecord[V any] interface {
	*V
	schemas.Record
	Clone() V
}

// recordCodec keeps values as Avro. What another build wrote with another schema is resolved, when the
// value is next read, so that an upgrade rewrites nothing at once.
type recordCodec[V any, R keptRecord[V]] struct{ schema string }

var (
	_ state.SchemaCodec[schemas.ShardState] = shardCodec
	_ state.AheadCodec[schemas.ShardState]  = shardStateCodec{}
	_ state.AheadCodec[schemas.PersonState] = personStateCodec{}

	// EntryCodec keeps who owns a shard, for the IDENTITY role.
	EntryCodec = recordCodec[schemas.IdentityEntry, *schemas.IdentityEntry]{schemas.IdentityEntrySchema}
	// HoldersCodec keeps the persons of an identifier that had more than one, of the same role.
	HoldersCodec = recordCodec[schemas.IdentifierHolders, *schemas.IdentifierHolders]{schemas.IdentifierHoldersSchema}
	// shardCodec, personCodec and heldCodec keep the states of the PATIENT role.
	shardCodec  = recordCodec[schemas.ShardState, *schemas.ShardState]{schemas.ShardStateSchema}
	personCodec = recordCodec[schemas.PersonState, *schemas.PersonState]{schemas.PersonStateSchema}
	heldCodec   = recordCodec[schemas.HeldRecords, *schemas.HeldRecords]{schemas.HeldRecordsSchema}
)

// AppendValue implements state.Codec.
func (recordCodec[V, R]) AppendValue(dst []byte, v *V) []byte { return R(v).AppendAvro(dst) }

// DecodeValue implements state.Codec. Decoded strings alias src, which is the store's: hence the clone.
func (recordCodec[V, R]) DecodeValue(src []byte, v *V) error {
	if err := schemas.DecodeWhole(R(v), src); err != nil {
		return err
	}
	*v = R(v).Clone()
	return nil
}

// shardStateCodec and personStateCodec keep the words of a task's states once. A shard names the same
// pages, reasons and languages as thousands of others, and a clone of each would take more memory than all
// the rest.
type shardStateCodec struct {
	recordCodec[schemas.ShardState, *schemas.ShardState]
	names Names
}

// DecodeValue implements state.Codec. KeepWords replaces every string, so that none aliases src.
func (c shardStateCodec) DecodeValue(src []byte, v *schemas.ShardState) error {
	if err := schemas.DecodeWhole(v, src); err != nil {
		return err
	}
	c.names.KeepWords(v)
	return nil
}

// Ahead implements state.AheadCodec: it looks at what AppendAvro will read.
func (shardStateCodec) Ahead(v *schemas.ShardState) byte {
	var o Outlook
	o.listsOf(v)
	lookOver(&o, v.Failed)
	lookOver(&o, v.Loops)
	lookOver(&o, v.Needs)
	lookOver(&o, v.Reasons)
	lookOver(&o, v.Signals.Facts)
	lookOver(&o, v.Signals.ReasonWeights)
	return o.seen
}

// personStateCodec is shardStateCodec for persons.
type personStateCodec struct {
	recordCodec[schemas.PersonState, *schemas.PersonState]
	names Names
}

// DecodeValue implements state.Codec.
func (c personStateCodec) DecodeValue(src []byte, v *schemas.PersonState) error {
	if err := schemas.DecodeWhole(v, src); err != nil {
		return err
	}
	c.names.KeepPersonWords(v)
	return nil
}

// Ahead implements state.AheadCodec.
func (personStateCodec) Ahead(v *schemas.PersonState) byte {
	var o Outlook
	o.listsOfPerson(v)
	lookOver(&o, v.Shards)
	lookOver(&o, v.Policy.Starts)
	o.word(v.Policy.Open.V.DecisionID)
	return o.seen
}

// Schema implements state.SchemaCodec.
func (c recordCodec[V, R]) Schema() string { return c.schema }

// Resolve implements state.SchemaCodec. An error says which change of the schema is not compatible, and
// "attune state check" shows it before a deployment does.
func (c recordCodec[V, R]) Resolve(writer string) (func([]byte) ([]byte, error), error) {
	t, err := schemas.NewTranslator(c.schema, writer)
	if err != nil {
		return nil, err
	}
	return t.Translate, nil
}
