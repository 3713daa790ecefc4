package operators

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// shards is the keyed state of a PATIENT task. A shard's state lies under owner/shard, because the
// old and the new owner of a shard may be of the same task. people is derived from the stores as
// persons are met, so that a touchpoint costs one look-up.
type shards struct {
	names   names                           // the words of the states
	states  *state.Map[schemas.ShardState]  // owner/shard → state, or tombstone
	persons *state.Map[schemas.PersonState] // owner → what is kept of the person as a whole
	held    *state.Map[schemas.HeldRecords] // owner/shard → what waits for the shard
	people  map[uint64]*person              // by the hash of their name; those of one hash are chained
	seen    uint64                          // Generation of the stores that people point into
	key     []byte
}

// person is an owner with the shards that are here, and what their fold keeps between touchpoints.
type person struct {
	ref     string
	state   *schemas.PersonState
	next    *person // of the same hash
	shards  []owned // by name
	hashes  [maxHashed]uint64
	changed bool // since the last commit
	moments moments
	lists   foldedLists
	signals foldedSignals
}

// maxHashed is how many shards of a person are found by the hash of their name. Few have more.
const maxHashed = 6

// owned is one shard of a person. key is owner/shard.
type owned struct {
	figures figures
	folded  bool              // figures are the state's
	armed   [3]schemas.Millis // when its timers are to fire, by kind; 0 where that is to be looked up
	key     string
	name    string
	state   *schemas.ShardState
	seen    seenHashes // nil unless it is busy
}

func newShards(s *pipeline.Setup) *shards {
	n := names{}
	return &shards{
		names:   n,
		states:  state.NewMap(s, "shards", shardStateCodec{shardCodec, n}),
		persons: state.NewMap(s, "persons", personStateCodec{personCodec, n}),
		held:    state.NewMap(s, "held", heldCodec),
		people:  map[uint64]*person{},
	}
}

// person returns the owner of that name, nil where the task knows none.
func (s *shards) person(ref string) *person {
	if s.isStale() {
		clear(s.people) // they point to values that are no longer in memory
		s.seen = s.generation()
	}
	for who := s.people[hash64(ref)]; who != nil; who = who.next {
		if who.ref == ref {
			return who
		}
	}
	st := s.persons.Get(ref)
	if st == nil {
		return nil
	}
	return s.meet(ref, st)
}

func (s *shards) generation() uint64 { return s.persons.Generation() + s.states.Generation() }

// isStale says that people are those of an earlier generation.
func (s *shards) isStale() bool { return s.generation() != s.seen }

func (s *shards) personOrNew(ref string) *person {
	if who := s.person(ref); who != nil {
		return who
	}
	ref = strings.Clone(ref) // it may alias a record
	return s.meet(ref, s.persons.GetOrCreate(ref))
}

func (s *shards) meet(ref string, st *schemas.PersonState) *person {
	hash := hash64(ref)
	who := &person{ref: strings.Clone(ref), state: st, next: s.people[hash]}
	for _, name := range st.Shards {
		key := who.ref + "/" + name
		who.shards = append(who.shards, owned{key: key, name: name, state: s.states.Get(key)})
	}
	who.regroup()
	s.people[hash] = who
	return who
}

// isUnknown says that nothing has been heard of the person but their name.
func (p *person) isUnknown() bool {
	if p.state.Published || len(p.state.Policy.Consents) > 0 {
		return false
	}
	for i := range p.shards {
		if p.shards[i].state.Touchpoints > 0 {
			return false
		}
	}
	return true
}

// find returns the index of a shard that is here, or -1.
func (p *person) find(shard string) int {
	hash := hash64(shard)
	for i := range p.shards {
		if (i >= maxHashed || p.hashes[i] == hash) && p.shards[i].name == shard {
			return i
		}
	}
	return -1
}

// regroup says that the shards are others.
func (p *person) regroup() {
	for i := range min(len(p.shards), maxHashed) {
		p.hashes[i] = hash64(p.shards[i].name)
	}
	p.lists.forget()
	p.signals.has, p.moments.has = false, false
}

// at returns what lies under owner/shard: a state, a tombstone, or nil.
func (s *shards) at(owner, shard string) *schemas.ShardState {
	s.key = append(append(append(s.key[:0], owner...), '/'), shard...)
	return s.states.GetBytes(s.key)
}

// install puts a shard under a person, over whatever lay there, and returns its index. Shards are
// kept by name, so that the fold does not depend on the order of arrival.
func (s *shards) install(who *person, shard string, st schemas.ShardState) int {
	name := strings.Clone(shard)
	key := who.ref + "/" + name
	s.states.Put(key, st)
	i, _ := slices.BinarySearchFunc(who.shards, name, func(o owned, n string) int { return strings.Compare(o.name, n) })
	who.shards = slices.Insert(who.shards, i, owned{key: key, name: name, state: s.states.Get(key)})
	who.regroup()
	who.state.Shards = slices.Insert(who.state.Shards, i, name)
	who.state.MovedTo = ""
	s.persons.MarkDirty(who.ref)
	return i
}

// evict leaves a tombstone in a shard's place.
func (s *shards) evict(who *person, shard string, tombstone schemas.ShardState) {
	s.states.Put(who.ref+"/"+strings.Clone(shard), tombstone)
	if i := who.find(shard); i >= 0 {
		who.shards = slices.Delete(who.shards, i, i+1)
		who.state.Shards = slices.Delete(who.state.Shards, i, i+1)
		who.regroup()
	}
	s.persons.MarkDirty(who.ref)
}

// touch marks a shard and its person as changed.
func (s *shards) touch(who *person, i int) {
	if i >= 0 {
		o := &who.shards[i]
		o.folded = false
		s.states.Changed(o.state)
	}
	s.persons.Changed(who.state)
}

// splitKey parts owner/shard.
func splitKey(key string) (owner, shard string) {
	owner, shard, _ = strings.Cut(key, "/")
	return owner, shard
}
