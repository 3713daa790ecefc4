package person

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// Shards is the keyed state of a PATIENT task. A shard's state lies under owner/shard, because the old and
// the new owner of a shard may be of the same task. People is derived from the stores as persons are met,
// so that a touchpoint costs one look-up.
type Shards struct {
	// Names are the words of the states.
	Names Names
	// States has owner/shard → state, or tombstone.
	States *state.Map[schemas.ShardState]
	// Persons has owner → what is kept of the person as a whole.
	Persons *state.Map[schemas.PersonState]
	// Held has owner/shard → what waits for the shard.
	Held *state.Map[schemas.HeldRecords]
	// People are the persons that have been met, by the hash of their name; those of one hash are chained.
	People map[uint64]*Person
	// seen is the generation of the stores that People point into.
	seen uint64
	// Key is scratch for keys.
	Key []byte
}

// Person is an owner with the shards that are here, and what their fold keeps between touchpoints. Nothing
// in it is state: all of it follows from the stores, and may be dropped between two commits.
type Person struct {
	// Ref is the pseudonym.
	Ref string
	// State is the store's own value, as are those of Shards.
	State *schemas.PersonState
	// next is another person of the same hash.
	next *Person
	// Shards are in the order of names, on which the fold relies.
	Shards []Owned
	// hashes has the hashes of the names of the first MaxHashed shards.
	hashes [MaxHashed]uint64
	// changed: the persona is to be emitted with the next commit (Changes).
	changed bool
	// FinalAt is when the timer is to fire that makes contacts final; 0 where that is not known.
	FinalAt schemas.Millis
	// Moments, lists and signals are caches; each knows whether it holds.
	Moments Moments
	lists   foldedLists
	signals FoldedSignals
}

// MaxHashed is how many shards of a person are found by the hash of their name. Few have more.
const MaxHashed = 6

// Owned is one shard of a person.
type Owned struct {
	// figures are the state's where folded.
	figures figures
	folded  bool
	// Armed is when its timers are to fire, by kind: 0 where that is to be looked up, unarmed where none is set.
	Armed [3]schemas.Millis
	// Key is owner/shard.
	Key string
	// Name is the shard's, as records name it.
	Name string
	// State is the store's own value: what changes it says so by Shards.Touch or Journey.Touched.
	State *schemas.ShardState
	// seen is nil unless the shard is busy.
	seen seenHashes
}

// NewShards declares the stores of a PATIENT task. Their names are in changelog keys and must not change.
func NewShards(s *pipeline.Setup) *Shards {
	n := Names{}
	return &Shards{
		Names:   n,
		States:  state.NewMap(s, "shards", shardStateCodec{shardCodec, n}),
		Persons: state.NewMap(s, "persons", personStateCodec{personCodec, n}),
		Held:    state.NewMap(s, "held", heldCodec),
		People:  map[uint64]*Person{},
	}
}

// Person returns the owner of that name, nil where the task knows none. The pointer is valid until the next
// commit: values may then be put away to disk.
func (s *Shards) Person(ref string) *Person {
	if s.isStale() {
		// They point to values that are no longer in memory.
		clear(s.People)
		s.seen = s.generation()
	}
	for who := s.People[exact.Hash64(ref)]; who != nil; who = who.next {
		if who.Ref == ref {
			return who
		}
	}
	st := s.Persons.Get(ref)
	if st == nil {
		return nil
	}
	return s.meet(ref, st)
}

// generation changes when either store has put values away.
func (s *Shards) generation() uint64 { return s.Persons.Generation() + s.States.Generation() }

// isStale says that people are those of an earlier generation, and point to nothing.
func (s *Shards) isStale() bool { return s.generation() != s.seen }

// PersonOrNew is Person, and begins one where the task knows none.
func (s *Shards) PersonOrNew(ref string) *Person {
	if who := s.Person(ref); who != nil {
		return who
	}
	// ref may alias a record.
	ref = strings.Clone(ref)
	return s.meet(ref, s.Persons.GetOrCreate(ref))
}

// meet makes the Person of an owner whose state is st. It looks up each shard once; after that a touchpoint
// needs none of the stores.
func (s *Shards) meet(ref string, st *schemas.PersonState) *Person {
	hash := exact.Hash64(ref)
	who := &Person{Ref: strings.Clone(ref), State: st, next: s.People[hash]}
	for _, name := range st.Shards {
		key := who.Ref + "/" + name
		who.Shards = append(who.Shards, Owned{Key: key, Name: name, State: s.States.Get(key)})
	}
	who.regroup()
	s.People[hash] = who
	return who
}

// IsUnknown says that nothing is known of the person but their name, perhaps since an unlink has taken their
// touchpoints: no persona is emitted for that.
func (p *Person) IsUnknown() bool {
	if lastSaid(&p.State.Policy) > 0 {
		return false
	}
	for i := range p.Shards {
		if p.Shards[i].State.Touchpoints > 0 {
			return false
		}
	}
	return true
}

// Find returns the index of a shard that is here, or -1. It compares names only where hashes agree, as a
// name lies in another place of memory.
func (p *Person) Find(shard string) int {
	hash := exact.Hash64(shard)
	for i := range p.Shards {
		if (i >= MaxHashed || p.hashes[i] == hash) && p.Shards[i].Name == shard {
			return i
		}
	}
	return -1
}

// regroup says that the shards are others: every cache over them is old. It is called after each change of
// the list.
func (p *Person) regroup() {
	for i := range min(len(p.Shards), MaxHashed) {
		p.hashes[i] = exact.Hash64(p.Shards[i].Name)
	}
	p.lists.forget()
	p.signals.has, p.Moments.Has = false, false
}

// At returns what lies under owner/shard: a state, a tombstone, or nil.
func (s *Shards) At(owner, shard string) *schemas.ShardState {
	s.Key = append(append(append(s.Key[:0], owner...), '/'), shard...)
	return s.States.GetBytes(s.Key)
}

// Install puts a shard under a person, over whatever lay there, and returns its index. Shards are kept by
// name, so that the fold does not depend on the order of arrival. A person who was a tombstone lives again:
// MovedTo is cleared.
func (s *Shards) Install(who *Person, shard string, st schemas.ShardState) int {
	name := strings.Clone(shard)
	key := who.Ref + "/" + name
	s.States.Put(key, st)
	i, _ := slices.BinarySearchFunc(who.Shards, name, func(o Owned, n string) int { return strings.Compare(o.Name, n) })
	who.Shards = slices.Insert(who.Shards, i, Owned{Key: key, Name: name, State: s.States.Get(key), Armed: noneArmed})
	who.regroup()
	who.State.Shards = slices.Insert(who.State.Shards, i, name)
	who.State.MovedTo = ""
	s.Persons.MarkDirty(who.Ref)
	return i
}

// Evict leaves a tombstone in a shard's place, which says to later records where to go. shard may alias a
// record.
func (s *Shards) Evict(who *Person, shard string, tombstone schemas.ShardState) {
	s.States.Put(who.Ref+"/"+strings.Clone(shard), tombstone)
	if i := who.Find(shard); i >= 0 {
		who.Shards = slices.Delete(who.Shards, i, i+1)
		who.State.Shards = slices.Delete(who.State.Shards, i, i+1)
		who.regroup()
	}
	s.Persons.MarkDirty(who.Ref)
}

// Touch marks a shard and its person as changed, i below 0 for the person alone. The shard's figures are
// taken anew at the next fold.
func (s *Shards) Touch(who *Person, i int) {
	if i >= 0 {
		o := &who.Shards[i]
		o.folded = false
		s.States.Changed(o.State)
	}
	s.Persons.Changed(who.State)
}

// SplitKey parts owner/shard. Pseudonyms hold no slash.
func SplitKey(key string) (owner, shard string) {
	owner, shard, _ = strings.Cut(key, "/")
	return owner, shard
}
