package person

import (
	"fmt"

	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// StateVersion begins the states that move between tasks. It is the version of MovedState in the
// schemas' history: the bytes carry no schema, and may be read by a later build than wrote them.
const StateVersion = 3

// decodePast reads states of earlier versions: 1 had awaited starts without a feature space, 2 no
// parts of contacts.
var decodePast = [StateVersion]func(schemas.Record, []byte) error{
	1: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 1),
	2: schemas.PastReader(schemas.MovedStateSchema, "moved_state", 2),
}

// DecodeState decodes a state that another task sent.
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

// recordCodec keeps values as Avro. What another build wrote with another schema is resolved.
type recordCodec[V any, R keptRecord[V]] struct{ schema string }

var (
	_ state.SchemaCodec[schemas.ShardState] = shardCodec
	_ state.AheadCodec[schemas.ShardState]  = shardStateCodec{}
	_ state.AheadCodec[schemas.PersonState] = personStateCodec{}

	// EntryCodec keeps who owns a shard.
	EntryCodec = recordCodec[schemas.IdentityEntry, *schemas.IdentityEntry]{schemas.IdentityEntrySchema}
	// HoldersCodec keeps the persons of an identifier that had more than one.
	HoldersCodec = recordCodec[schemas.IdentifierHolders, *schemas.IdentifierHolders]{schemas.IdentifierHoldersSchema}
	shardCodec   = recordCodec[schemas.ShardState, *schemas.ShardState]{schemas.ShardStateSchema}
	personCodec  = recordCodec[schemas.PersonState, *schemas.PersonState]{schemas.PersonStateSchema}
	heldCodec    = recordCodec[schemas.HeldRecords, *schemas.HeldRecords]{schemas.HeldRecordsSchema}
)

func (recordCodec[V, R]) AppendValue(dst []byte, v *V) []byte { return R(v).AppendAvro(dst) }

func (recordCodec[V, R]) DecodeValue(src []byte, v *V) error {
	if err := schemas.DecodeWhole(R(v), src); err != nil {
		return err
	}
	*v = R(v).Clone()
	return nil
}

// shardStateCodec and personStateCodec keep the words of a task's states once.
type shardStateCodec struct {
	recordCodec[schemas.ShardState, *schemas.ShardState]
	names Names
}

func (c shardStateCodec) DecodeValue(src []byte, v *schemas.ShardState) error {
	if err := schemas.DecodeWhole(v, src); err != nil {
		return err
	}
	c.names.KeepWords(v)
	return nil
}

// Ahead implements state.AheadCodec.
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

type personStateCodec struct {
	recordCodec[schemas.PersonState, *schemas.PersonState]
	names Names
}

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

func (c recordCodec[V, R]) Schema() string { return c.schema }

func (c recordCodec[V, R]) Resolve(writer string) (func([]byte) ([]byte, error), error) {
	t, err := schemas.NewTranslator(c.schema, writer)
	if err != nil {
		return nil, err
	}
	return t.Translate, nil
}
