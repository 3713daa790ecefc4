package person

// seenHashes are the hashes of a busy shard's event ids, so that an id that was never seen costs no walk
// through those that were: a kiosk's cookie has thousands. What was forgotten since may still be among
// them. They are in memory only, and are made again after a restart.
type seenHashes map[int64]struct{}

// busySeen is how many ids a shard has before it gets the hashes: fewer are walked through as fast.
const busySeen = 256

// MaySee says whether the shard may have seen the id already; false is certain. It is true of every id
// where the shard has few, as walking through them is as fast as a map.
func (o *Owned) MaySee(hash int64) bool {
	seen := o.State.Seen
	if len(seen) < busySeen {
		o.seen = nil
		return true
	}
	// Twice as many hashes as ids: half of them are of ids that were forgotten.
	if o.seen == nil || len(o.seen) > 2*len(seen) {
		o.seen = make(seenHashes, 2*len(seen))
		for i := range seen {
			o.seen[seen[i].Hash] = struct{}{}
		}
	}
	_, ok := o.seen[hash]
	return ok
}

// See notes that the shard has seen the id. It must be called for each one: MaySee would be certain of what
// is not so.
func (o *Owned) See(hash int64) {
	if o.seen != nil {
		o.seen[hash] = struct{}{}
	}
}
