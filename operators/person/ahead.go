package person

import (
	"unsafe"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Outlook looks at the state that a PATIENT task will need for the records that come next. A person lies in
// a few dozen places of memory, each found by way of another, and of many persons none is in a cache. So it
// goes from place to place for all records at once: a core fetches several places at a time where none of
// them says where the next is.
//
//	one by one    person ─ miss ─ state ─ miss ─ list ─ miss    then the next person
//	in rounds     persons ─ miss ─ states ─ miss ─ lists ─ miss     for all of them
//
// It changes nothing, and what it misses is found later at the usual cost.
type Outlook struct {
	// Found are the persons that the records are about, of those that have been met. It is emptied with
	// each round, so that it keeps nobody alive.
	Found []inSight
	// seen is made of what was looked at, so that the compiler does not leave the looking out.
	seen byte
}

// inSight is a person that a record is about, and the shard.
type inSight struct {
	// Who is the person.
	Who *Person
	// hash is that of the shard's name.
	hash uint64
	// Owned is the shard, nil where it is not known.
	Owned *Owned
}

// Records looks at what records will need, once for all of them. Where the stores have put values away it
// looks at nothing: people would point to what is no longer there.
func (o *Outlook) Records(s *Shards, records []pipeline.Record) {
	if s.isStale() {
		return
	}
	o.Persons(s.People, records)
	o.Shards()
	o.lists()
	clear(o.Found)
}

// aheadPersons is how many persons are looked at before their personas are emitted. More at a time would be
// out of the cache again when their turn comes.
const aheadPersons = 16

// changed looks at what personas are made of: first at the persons, then at what they point to, as the
// addresses of the second round come with the first.
func (o *Outlook) changed(persons []*Person) {
	for _, who := range persons {
		look(o, who)
	}
	for _, who := range persons {
		look(o, who.State)
		o.word(who.Ref)
		lookOver(o, who.Shards)
		lookOver(o, who.lists.loops)
		lookOver(o, who.lists.needs)
		lookOver(o, who.lists.reasons)
	}
}

// Persons finds the persons that have been met, and looks at them. One that has not been met would have to
// be read from the store, which is not worth it ahead of time.
func (o *Outlook) Persons(people map[uint64]*Person, records []pipeline.Record) {
	o.Found = o.Found[:0]
	for i := range records {
		if who := people[exact.Hash64(emit.AliasString(records[i].Key))]; who != nil {
			o.Found = append(o.Found, inSight{Who: who, hash: exact.Hash64(ShardOf(records[i].Value))})
		}
	}
	for i := range o.Found {
		look(o, o.Found[i].Who)
	}
}

// Shards looks at what persons are made of, and finds the shards. It compares hashes only: a shard that is
// mistaken for another costs a look at the wrong place.
func (o *Outlook) Shards() {
	for i := range o.Found {
		f := &o.Found[i]
		who := f.Who
		look(o, who.State)
		o.word(who.Ref)
		lookOver(o, who.Shards)
		lookOver(o, who.lists.loops)
		lookOver(o, who.lists.failed)
		lookOver(o, who.lists.reasons)
		lookOver(o, who.signals.Weights)
		lookOver(o, who.signals.Viewed)
		lookOver(o, who.signals.Facts)
		for n := range min(len(who.Shards), MaxHashed) {
			if who.hashes[n] == f.hash {
				f.Owned = &who.Shards[n]
			}
		}
	}
}

// lists looks at the shards' states, and then at what those are made of.
func (o *Outlook) lists() {
	for i := range o.Found {
		f := &o.Found[i]
		if f.Owned != nil {
			look(o, f.Owned.State)
			o.word(f.Owned.Name)
		}
		o.listsOfPerson(f.Who.State)
	}
	for i := range o.Found {
		if own := o.Found[i].Owned; own != nil {
			o.listsOf(own.State)
		}
	}
}

// listsOf looks at the lists that a touchpoint of the shard reads or changes. Contacts are looked at by
// their ids, which every call is compared with.
func (o *Outlook) listsOf(st *schemas.ShardState) {
	lookOver(o, st.Seen)
	lookOver(o, st.Recent)
	lookOver(o, st.Sessions)
	for i := range st.Contacts {
		o.word(st.Contacts[i].ContactID)
	}
	lookOver(o, st.Closings)
	lookOver(o, st.Signals.Viewed)
}

// listsOfPerson looks at what decide and aggregate read of a person.
func (o *Outlook) listsOfPerson(v *schemas.PersonState) {
	o.word(v.Policy.Open.V.ContactKey)
	lookOver(o, v.Counted)
	lookOver(o, v.Policy.Exposures)
	lookOver(o, v.Policy.Sent)
	lookOver(o, v.Policy.Consents)
}

const (
	// cacheLine is how much memory comes at a time.
	cacheLine = 64
	// lookedAt is how much of a list is looked at: where more is read in a row, the core fetches it by
	// itself.
	lookedAt = 16 * cacheLine
)

// look reads a byte of each cache line of a value.
func look[T any](o *Outlook, v *T) {
	for at := uintptr(0); at < unsafe.Sizeof(*v); at += cacheLine {
		o.seen += *(*byte)(unsafe.Add(unsafe.Pointer(v), at))
	}
}

// word reads the first byte of a string: words are short.
func (o *Outlook) word(s string) {
	if s != "" {
		o.seen += s[0]
	}
}

// lookOver reads a byte of each cache line of a list, up to lookedAt.
func lookOver[T any](o *Outlook, list []T) {
	first, size := unsafe.Pointer(unsafe.SliceData(list)), uintptr(len(list))*unsafe.Sizeof(*new(T))
	for at := uintptr(0); at < min(size, lookedAt); at += cacheLine {
		o.seen += *(*byte)(unsafe.Add(first, at))
	}
}

// ShardOf is the shard that a framed Identified record names, empty where it has none: its second field.
// Reading it takes no decoding of the rest. A test holds it against the schema.
func ShardOf(value []byte) string {
	_, rest, _ := emit.SplitFrame(value)
	_, rest = shortString(rest)
	shard, _ := shortString(rest)
	return shard
}

// shortString takes a string of Avro off b, if its length is in one byte: below 64, as ids and pseudonyms
// are. Lengths are zigzag, so that bit 0 is the sign and bit 7 says that more follows.
func shortString(b []byte) (s string, rest []byte) {
	if len(b) == 0 || b[0]&0x81 != 0 || len(b) <= int(b[0]/2) {
		return "", nil
	}
	n := 1 + int(b[0]/2)
	return emit.AliasString(b[1:n]), b[n:]
}
