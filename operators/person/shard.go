package person

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// Shards is the keyed state of a PATIENT task. A shard's state lies under owner/shard, because the
// old and the new owner of a shard may be of the same task. people is derived from the stores as
// persons are met, so that a touchpoint costs one look-up.
type Shards struct {
	Names   Names                           // the words of the states
	States  *state.Map[schemas.ShardState]  // owner/shard → state, or tombstone
	Persons *state.Map[schemas.PersonState] // owner → what is kept of the person as a whole
	Held    *state.Map[schemas.HeldRecords] // owner/shard → what waits for the shard
	People  map[uint64]*Person              // by the hash of their name; those of one hash are chained
	seen    uint64                          // Generation of the stores that people point into
	Key     []byte
}

// Person is an owner with the shards that are here, and what their fold keeps between touchpoints.
type Person struct {
	Ref     string
	State   *schemas.PersonState
	next    *Person // of the same hash
	Shards  []Owned // by name
	hashes  [MaxHashed]uint64
	changed bool // since the last commit
	Moments Moments
	lists   foldedLists
	signals FoldedSignals
}

// MaxHashed is how many shards of a person are found by the hash of their name. Few have more.
const MaxHashed = 6

// Owned is one shard of a person. key is owner/shard.
type Owned struct {
	figures figures
	folded  bool              // figures are the state's
	Armed   [3]schemas.Millis // when its timers are to fire, by kind; 0 where that is to be looked up
	Key     string
	Name    string
	State   *schemas.ShardState
	seen    seenHashes // nil unless it is busy
}

// NewShards declares the stores of a PATIENT task.
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

// Person returns the owner of that name, nil where the task knows none.
func (s *Shards) Person(ref string) *Person {
	if s.isStale() {
		clear(s.People) // they point to values that are no longer in memory
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

func (s *Shards) generation() uint64 { return s.Persons.Generation() + s.States.Generation() }

// isStale says that people are those of an earlier generation.
func (s *Shards) isStale() bool { return s.generation() != s.seen }

// PersonOrNew is Person, and begins one where the task knows none.
func (s *Shards) PersonOrNew(ref string) *Person {
	if who := s.Person(ref); who != nil {
		return who
	}
	ref = strings.Clone(ref) // it may alias a record
	return s.meet(ref, s.Persons.GetOrCreate(ref))
}

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

// IsUnknown says that nothing has been heard of the person but their name.
func (p *Person) IsUnknown() bool {
	if p.State.Published || len(p.State.Policy.Consents) > 0 {
		return false
	}
	for i := range p.Shards {
		if p.Shards[i].State.Touchpoints > 0 {
			return false
		}
	}
	return true
}

// Find returns the index of a shard that is here, or -1.
func (p *Person) Find(shard string) int {
	hash := exact.Hash64(shard)
	for i := range p.Shards {
		if (i >= MaxHashed || p.hashes[i] == hash) && p.Shards[i].Name == shard {
			return i
		}
	}
	return -1
}

// regroup says that the shards are others.
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

// Install puts a shard under a person, over whatever lay there, and returns its index. Shards are
// kept by name, so that the fold does not depend on the order of arrival.
func (s *Shards) Install(who *Person, shard string, st schemas.ShardState) int {
	name := strings.Clone(shard)
	key := who.Ref + "/" + name
	s.States.Put(key, st)
	i, _ := slices.BinarySearchFunc(who.Shards, name, func(o Owned, n string) int { return strings.Compare(o.Name, n) })
	who.Shards = slices.Insert(who.Shards, i, Owned{Key: key, Name: name, State: s.States.Get(key)})
	who.regroup()
	who.State.Shards = slices.Insert(who.State.Shards, i, name)
	who.State.MovedTo = ""
	s.Persons.MarkDirty(who.Ref)
	return i
}

// Evict leaves a tombstone in a shard's place.
func (s *Shards) Evict(who *Person, shard string, tombstone schemas.ShardState) {
	s.States.Put(who.Ref+"/"+strings.Clone(shard), tombstone)
	if i := who.Find(shard); i >= 0 {
		who.Shards = slices.Delete(who.Shards, i, i+1)
		who.State.Shards = slices.Delete(who.State.Shards, i, i+1)
		who.regroup()
	}
	s.Persons.MarkDirty(who.Ref)
}

// Touch marks a shard and its person as changed.
func (s *Shards) Touch(who *Person, i int) {
	if i >= 0 {
		o := &who.Shards[i]
		o.folded = false
		s.States.Changed(o.State)
	}
	s.Persons.Changed(who.State)
}

// SplitKey parts owner/shard.
func SplitKey(key string) (owner, shard string) {
	owner, shard, _ = strings.Cut(key, "/")
	return owner, shard
}
