package person

// How a shard moves. IDENTITY sends MoveShard(epoch m) to the owner of epoch m-1 and enters the new
// owner for INGEST. The old owner answers the new one with ShardMoved(m), always, and leaves a
// tombstone. Each record says by which epoch its sender found the owner, so that whoever gets it
// knows whether the shard
//
//	is here      the state's epoch is the record's or a later one: process
//	has gone     the tombstone's epoch is later than the record's: forward, as of that epoch
//	has not come otherwise: hold, until ShardMoved brings an epoch that is not earlier
//
// Epochs of a shard are totally ordered and each hold waits for a lower one, so waits cannot cycle.
type Placement uint8

// The placements.
const (
	// PlaceHere: process the record.
	PlaceHere Placement = iota + 1
	// PlaceGone: forward it.
	PlaceGone
	// PlaceAwaited: hold it.
	PlaceAwaited
	// PlaceUnseen: epoch 0, and nothing has ever been here: the pseudonym's shard begins now.
	PlaceUnseen
)

// Place says where a shard is for a record that was sent as of epoch. i is its index in who where it is
// here; to and at are where and by which move it has gone. who may be nil, for a person whom the task does
// not know.
func (s *Shards) Place(who *Person, owner, shard string, epoch int32) (p Placement, i int, to string, at int32) {
	if who != nil {
		if i := who.Find(shard); i >= 0 {
			if who.Shards[i].State.Epoch >= epoch {
				return PlaceHere, i, "", 0
			}
			// It is here, but by an earlier move: the one that the sender knew of has yet to bring it back.
			return PlaceAwaited, -1, "", 0
		}
	}
	// It is not here now. What lies in its place says whether it has been.
	switch st := s.At(owner, shard); {
	case st != nil && st.MovedEpoch > epoch:
		return PlaceGone, -1, st.MovedTo.Reveal(), st.MovedEpoch
	case st == nil && epoch == 0:
		return PlaceUnseen, -1, "", 0
	}
	return PlaceAwaited, -1, "", 0
}
