package operators

import (
	"unsafe"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// outlook looks at the state that a PATIENT task will need for the records that come next. A person
// lies in a few dozen places of memory, each found by way of another, and of many persons none is in a
// cache. So it goes from place to place for all records at once: a core fetches several places at a
// time where none of them says where the next is.
type outlook struct {
	found []inSight
	seen  byte // made of what was looked at, so that looking is not left out
}

// inSight is a person that a record is about, and the shard.
type inSight struct {
	who   *person
	hash  uint64 // of the shard's name
	owned *owned // nil where it is not known
}

// records looks at what records will need, once for all of them.
func (o *outlook) records(s *shards, records []pipeline.Record) {
	if s.isStale() {
		return
	}
	o.persons(s.people, records)
	o.shards()
	o.lists()
	clear(o.found)
}

// aheadPersons is how many persons are looked at before their personas are emitted.
const aheadPersons = 16

// changed looks at what personas are made of.
func (o *outlook) changed(persons []*person) {
	for _, who := range persons {
		look(o, who)
	}
	for _, who := range persons {
		look(o, who.state)
		o.word(who.ref)
		lookOver(o, who.shards)
		lookOver(o, who.lists.loops)
		lookOver(o, who.lists.needs)
		lookOver(o, who.lists.reasons)
	}
}

// persons finds the persons that have been met, and looks at them.
func (o *outlook) persons(people map[uint64]*person, records []pipeline.Record) {
	o.found = o.found[:0]
	for i := range records {
		if who := people[hash64(aliasString(records[i].Key))]; who != nil {
			o.found = append(o.found, inSight{who: who, hash: hash64(shardOf(records[i].Value))})
		}
	}
	for i := range o.found {
		look(o, o.found[i].who)
	}
}

// shards looks at what persons are made of, and finds the shards.
func (o *outlook) shards() {
	for i := range o.found {
		f := &o.found[i]
		who := f.who
		look(o, who.state)
		o.word(who.ref)
		lookOver(o, who.shards)
		lookOver(o, who.lists.loops)
		lookOver(o, who.lists.failed)
		lookOver(o, who.lists.reasons)
		lookOver(o, who.signals.weights)
		lookOver(o, who.signals.viewed)
		lookOver(o, who.signals.facts)
		for n := range min(len(who.shards), maxHashed) {
			if who.hashes[n] == f.hash {
				f.owned = &who.shards[n]
			}
		}
	}
}

// lists looks at the shards' states, and then at what those are made of.
func (o *outlook) lists() {
	for i := range o.found {
		f := &o.found[i]
		if f.owned != nil {
			look(o, f.owned.state)
			o.word(f.owned.name)
		}
		o.listsOfPerson(f.who.state)
	}
	for i := range o.found {
		if own := o.found[i].owned; own != nil {
			o.listsOf(own.state)
		}
	}
}

func (o *outlook) listsOf(st *schemas.ShardState) {
	lookOver(o, st.Seen)
	lookOver(o, st.Recent)
	lookOver(o, st.Sessions)
	for i := range st.Contacts {
		o.word(st.Contacts[i].ContactID)
	}
	lookOver(o, st.Closings)
	lookOver(o, st.Signals.Viewed)
}

func (o *outlook) listsOfPerson(v *schemas.PersonState) {
	o.word(v.Policy.Open.V.ContactRef)
	lookOver(o, v.Counted)
	lookOver(o, v.Policy.Exposures)
	lookOver(o, v.Policy.Sent)
	lookOver(o, v.Policy.Consents)
}

const (
	// cacheLine is how much memory comes at a time.
	cacheLine = 64
	// lookedAt is how much of a list is looked at: what follows comes unasked, where it is read in a row.
	lookedAt = 16 * cacheLine
)

func look[T any](o *outlook, v *T) {
	for at := uintptr(0); at < unsafe.Sizeof(*v); at += cacheLine {
		o.seen += *(*byte)(unsafe.Add(unsafe.Pointer(v), at))
	}
}

func (o *outlook) word(s string) {
	if s != "" {
		o.seen += s[0]
	}
}

func lookOver[T any](o *outlook, list []T) {
	first, size := unsafe.Pointer(unsafe.SliceData(list)), uintptr(len(list))*unsafe.Sizeof(*new(T))
	for at := uintptr(0); at < min(size, lookedAt); at += cacheLine {
		o.seen += *(*byte)(unsafe.Add(first, at))
	}
}

// shardOf is the shard that a framed Identified record names, empty where it has none: its second field.
func shardOf(value []byte) string {
	_, rest, _ := splitFrame(value)
	_, rest = shortString(rest)
	shard, _ := shortString(rest)
	return shard
}

// shortString takes a string of Avro off b, if its length is in one byte.
func shortString(b []byte) (s string, rest []byte) {
	if len(b) == 0 || b[0]&0x81 != 0 || len(b) <= int(b[0]/2) {
		return "", nil
	}
	n := 1 + int(b[0]/2)
	return aliasString(b[1:n]), b[n:]
}
