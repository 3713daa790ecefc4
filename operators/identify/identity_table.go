package identify

import (
	"encoding/binary"
	"fmt"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// IdentityTable holds the whole of the identity topic in memory: shard → owner and epoch. Every
// ingest process has one, with a slot of 24 bytes for each identifier that was ever linked.
//
// Slots lie in 256 segments by the first byte of the shard. A segment keeps its slots in the order
// of the shard's next four bytes, near the place where these would lie if shards were spread evenly
// (they are: they are hashes). A look-up starts there and ends at the first slot that is empty or
// further on, so that the segment may be nearly full:
//
//	slots   [a . b c d . . e]      home of c is b's slot: it lies one further on
//
// Segments grow one at a time, by an eighth, which bounds both the waste and the pause.
//
// It is not safe for concurrent use; the engine applies records while no task runs.
// A map of Go would take more memory, and pause for longer when it grows.
type IdentityTable struct {
	segments [256]segment
	// Owners numbers the person_refs, which are longer than a slot.
	Owners owners
	// entry is decoded into, for every record.
	entry schemas.IdentityEntry
	// live is the number of slots in use.
	live int
	// acting says for whom whoever has a shard may act, of the few that have such a relation, and words keeps
	// what relations are called (related.go).
	acting map[fingerprint][]acting
	words  map[string]string
}

// NewIdentityTable returns an empty table.
func NewIdentityTable() *IdentityTable { return &IdentityTable{} }

// slot is one identifier: 24 bytes, of which a site with a hundred million has 2.4 GB in every process.
type slot struct {
	// shard is kept whole. Half of it would let two persons collide.
	shard fingerprint
	// owner is the number of the owner, from 1; 0 is an empty slot.
	owner uint32
	// epoch has the standing in the two bits below the sign: a shard does not move 500 million times.
	epoch int32
}

const (
	// standingBits is the place of the standing within epoch, and epochMask what is left for the epoch.
	standingBits = 29
	epochMask    = 1<<standingBits - 1
)

// segment is a run of slots. The first homes of them are homes; the others take what runs over.
type segment struct {
	// slots are the homes, and behind them the overhang.
	slots []slot
	// homes is how many slots are a home, and used how many are taken.
	homes int
	used  int
}

// overhang is how many slots are no home, unless more shards than that begin alike.
// It lets the last homes run over without a wrap to the front, which would break the order.
const overhang = 32

// Apply takes one record of the identity topic. An entry that cannot be read is of KindInvalid: the engine
// counts it and goes on, and the identifier keeps the owner that it had.
// Records of one shard come in order, so that the last entry is the one that holds.
func (t *IdentityTable) Apply(r *pipeline.Record) error {
	shard, ok := parseShard(string(r.Key))
	if !ok {
		return pipeline.Invalid("identity_key", nil)
	}
	if r.Value == nil {
		t.remove(shard)
		return nil
	}
	_, payload, ok := emit.SplitFrame(r.Value)
	if !ok {
		return pipeline.Invalid("identity_frame", nil)
	}
	if err := schemas.DecodeWhole(&t.entry, payload); err != nil {
		return pipeline.Invalid("identity_entry", fmt.Errorf("decode identity entry: %w", err))
	}
	// owners keeps refs in arrays of that length. A longer one would be cut, and be another person's.
	if len(t.entry.PersonRef) != refLen {
		return pipeline.Invalid("identity_owner", nil)
	}
	t.put(slot{shard, t.Owners.Number(string(t.entry.PersonRef)), t.entry.Epoch&epochMask | int32(t.entry.Standing)<<standingBits})
	t.act(shard, t.entry.ActsFor)
	return nil
}

// Len is the number of identifiers.
func (t *IdentityTable) Len() int { return t.live }

// Bytes is the memory that the table takes.
// It counts capacity: a free slot takes as much memory as one in use.
func (t *IdentityTable) Bytes() int {
	n := t.Owners.bytes() + len(t.acting)*actingBytes
	for i := range t.segments {
		n += cap(t.segments[i].slots) * 24
	}
	return n
}

// Find returns the owner's number, the epoch and the standing of a shard; owner 0 where it is in no entry.
func (t *IdentityTable) Find(shard *fingerprint) (owner uint32, epoch int32, standing schemas.Standing) {
	s := &t.segments[shard[0]]
	if s.used == 0 {
		return 0, 0, 0
	}
	// The loop ends early, because slots are in order: a greater one means that the shard is not here.
	h := order(shard)
	for i := s.home(h); i < len(s.slots); i++ {
		at := &s.slots[i]
		if at.owner == 0 || order(&at.shard) > h {
			return 0, 0, 0
		}
		if at.shard == *shard {
			return at.owner, at.epoch & epochMask, schemas.Standing(at.epoch >> standingBits)
		}
	}
	return 0, 0, 0
}

// Ref is the person_ref of an owner's number.
// The bytes are the table's, and must not be changed. Owner 0 has no ref.
func (t *IdentityTable) Ref(owner uint32) []byte { return t.Owners.ref(owner) }

// Put enters the owner of a shard as of an epoch.
func (t *IdentityTable) Put(shard fingerprint, owner uint32, epoch int32) {
	t.put(slot{shard, owner, epoch})
}

// put enters a slot, in a segment that grows until it has room.
// Growing may not be enough the first time, where many shards begin alike.
func (t *IdentityTable) put(v slot) {
	s := &t.segments[v.shard[0]]
	for {
		added, ok := s.put(v)
		if ok {
			if added {
				t.live++
			}
			return
		}
		s.grow()
	}
}

// remove takes an entry out, as a tombstone of the topic says.
func (t *IdentityTable) remove(shard fingerprint) {
	if t.segments[shard[0]].remove(shard) {
		t.live--
	}
	delete(t.acting, shard)
}

// order is what a segment's slots are ordered by.
// The first byte has chosen the segment and tells nothing more.
func order(f *fingerprint) uint32 { return binary.BigEndian.Uint32(f[1:5]) }

// home is where a shard would lie if it were alone.
// It is a multiplication and no division: h is spread evenly over 32 bits.
func (s *segment) home(h uint32) int {
	return int(uint64(h) * uint64(s.homes) >> 32)
}

// put stores a slot in place; ok is false where the segment must grow first.
func (s *segment) put(v slot) (added, ok bool) {
	if s.homes == 0 {
		return false, false
	}
	h := order(&v.shard)
	i := s.home(h)
	for i < len(s.slots) && s.slots[i].owner != 0 && order(&s.slots[i].shard) <= h {
		if s.slots[i].shard == v.shard {
			s.slots[i] = v
			return false, true
		}
		i++
	}
	// At fifteen sixteenths runs become long, and with them the look-ups.
	if s.used*16 >= s.homes*15 {
		return false, false
	}
	end := i
	for end < len(s.slots) && s.slots[end].owner != 0 {
		end++
	}
	if end == len(s.slots) {
		return false, false
	}
	// Those behind it move one further on, which keeps the order.
	copy(s.slots[i+1:end+1], s.slots[i:end])
	s.slots[i] = v
	s.used++
	return true, true
}

// grow makes room by an eighth, or by more where a run would pass the end. Where that does not help,
// because shards begin alike (no keyed hash makes them do so), it is the end that grows.
// It makes a new array: no look-up runs while it does.
func (s *segment) grow() {
	old, used, over := s.slots, s.used, max(overhang, len(s.slots)-s.homes)
	for {
		// So sparse, and still no room: the shards begin alike, and more homes do not part them.
		if s.homes > 4*used+64 {
			over *= 2
		} else {
			s.homes += max(16, s.homes/8)
		}
		s.slots, s.used = make([]slot, s.homes+over), 0
		if s.putAll(old) {
			return
		}
	}
}

// putAll stores the slots of a segment anew; false where one had no room.
// The old order is the new one, so that each lands behind those before it.
func (s *segment) putAll(old []slot) bool {
	for i := range old {
		if old[i].owner == 0 {
			continue
		}
		if _, ok := s.put(old[i]); !ok {
			return false
		}
	}
	return true
}

// remove takes a slot out and moves those after it back towards their homes.
// Without moving them a look-up would end at the gap, and miss those behind it.
func (s *segment) remove(shard fingerprint) bool {
	if s.used == 0 {
		return false
	}
	h := order(&shard)
	i := s.home(h)
	for ; ; i++ {
		if i == len(s.slots) || s.slots[i].owner == 0 || order(&s.slots[i].shard) > h {
			return false
		}
		if s.slots[i].shard == shard {
			break
		}
	}
	// A slot that is at home stays: before its home no look-up would find it.
	for i+1 < len(s.slots) && s.slots[i+1].owner != 0 && s.home(order(&s.slots[i+1].shard)) <= i {
		s.slots[i] = s.slots[i+1]
		i++
	}
	s.slots[i] = slot{}
	s.used--
	return true
}

// owners numbers person_refs from 1. A number is kept even when nothing names it any more: owners
// change only by links, of which there are few.
type owners struct {
	// refs are the person_refs by number, from 1.
	refs [][refLen]byte
	// index has numbers by hash, in open addressing; 0 is empty.
	index []uint32
}

// ref is the person_ref of a number, which must not be 0.
func (o *owners) ref(number uint32) []byte { return o.refs[number-1][:] }

// bytes is the memory that the owners take.
func (o *owners) bytes() int { return cap(o.refs)*refLen + cap(o.index)*4 }

// Number is the number of a person_ref, a new one where it is not known.
func (o *owners) Number(ref string) uint32 {
	if (len(o.refs)+1)*4 > len(o.index)*3 {
		o.rehash()
	}
	i := o.place(ref)
	if o.index[i] == 0 {
		var r [refLen]byte
		copy(r[:], ref)
		// By an eighth, as segments do: append would leave more room unused.
		if len(o.refs) == cap(o.refs) {
			o.refs = append(make([][refLen]byte, 0, max(64, cap(o.refs)+cap(o.refs)/8)), o.refs...)
		}
		o.refs = append(o.refs, r)
		o.index[i] = uint32(len(o.refs))
	}
	return o.index[i]
}

// place is where ref stands in the index, or the empty place where it would.
// It ends, since the index is never full.
func (o *owners) place(ref string) int {
	i := int(exact.Hash64(ref) % uint64(len(o.index)))
	for o.index[i] != 0 && string(o.refs[o.index[i]-1][:]) != ref {
		if i++; i == len(o.index) {
			i = 0
		}
	}
	return i
}

// rehash makes the index larger by a quarter, before three quarters of it are in use.
// Three quarters keep the runs of open addressing short.
func (o *owners) rehash() {
	o.index = make([]uint32, max(128, len(o.index)+len(o.index)/4))
	for n := range o.refs {
		o.index[o.place(string(o.refs[n][:]))] = uint32(n + 1)
	}
}
