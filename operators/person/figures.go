package person

import (
	"github.com/attune-health/attune/schemas"
)

// figures are what the fold needs of a shard for most touchpoints: all of a person's lie in a row, where
// the states that they were taken from lie apart. A touchpoint of a person of ten identifiers then looks at
// one state and not at ten.
type figures struct {
	// Counts, as the state has them; sessions are the closed and the open ones.
	touchpoints, calls, sessions uint32
	// Times of the newest touchpoint, of the decayed figures, and of the last language.
	asOf, decayedAt, languageAt schemas.Millis
	// Decayed figures as of decayedAt.
	effort, strain float64
	// activity is per row of the table of channels.
	activity [schemas.ChannelCount - 1]float64
	// recentAt is the event time of the newest of the last steps, recent how many there are.
	recentAt schemas.Millis
	recent   uint8
	// contacts is how many are kept, inProgress how many of them are neither ended nor labelled.
	contacts   uint8
	inProgress uint8
	// hasLanguage: the shard has one, which is looked up in the state where it wins.
	hasLanguage, deceased bool
}

// Refresh takes the figures of the shards that have changed since they were taken: as a rule the one that
// the last touchpoint belonged to. Touch says which.
func (p *Person) Refresh() {
	for i := range p.Shards {
		if o := &p.Shards[i]; !o.folded {
			o.figures.take(o.State)
			o.folded = true
		}
	}
}

// take copies what the fold needs out of a state. Lists are bounded, so that their lengths fit a byte.
func (g *figures) take(st *schemas.ShardState) {
	*g = figures{
		touchpoints: uint32(st.Touchpoints), calls: uint32(st.Calls), sessions: uint32(st.SessionsClosed) + uint32(len(st.Sessions)),
		asOf: st.AsOf, decayedAt: st.DecayedAt, languageAt: st.LanguageAt,
		effort: st.Effort, strain: st.Strain,
		hasLanguage: st.Language != "", recent: uint8(len(st.Recent)), contacts: uint8(len(st.Contacts)), deceased: st.DeceasedAt != 0,
	}
	channels := schemas.Channels()
	for i := range channels {
		g.activity[i] = *channels[i].ShardActivity(st)
	}
	if n := len(st.Recent); n > 0 {
		// The lists are in the order of time, so that the last is the newest.
		g.recentAt = st.Recent[n-1].At
	}
	for i := range st.Contacts {
		if o := &st.Contacts[i]; !o.Ended && !o.Labelled {
			g.inProgress++
		}
	}
}

// mayHaveContacts is false where the shard is known to keep none. Where its figures are old it may.
func (o *Owned) mayHaveContacts() bool { return !o.folded || o.figures.contacts > 0 }

// mayBeInContact is false where none of its contacts is in progress.
func (o *Owned) mayBeInContact() bool { return !o.folded || o.figures.inProgress > 0 }

// recents walks a person's last touchpoints over all shards, newest first, at most MaxRecent. It merges the
// shards' lists, each of which is in order. Callers mostly want a few of them, so they are looked up one by
// one. Among touchpoints of one time that of the last shard counts as the newest.
type recents struct {
	// who is the person whose steps are walked.
	who *Person
	// heads are the shards that have any left, that of the newest first. It is used anew for each walk.
	heads []recentHead
	// left is how many more Next may return.
	left int
}

// recentHead is how many of a shard's are left, and the time of the newest of them. It comes from the
// figures, so that a state is looked at only where its step is next.
type recentHead struct {
	at          schemas.Millis
	shard, left int32
}

// of begins with the newest touchpoint of a person whose figures are fresh.
func (r *recents) of(who *Person) {
	r.who, r.heads, r.left = who, r.heads[:0], MaxRecent
	for i := range who.Shards {
		g := &who.Shards[i].figures
		if g.recent == 0 {
			continue
		}
		h := recentHead{g.recentAt, int32(i), int32(g.recent)}
		r.heads = append(r.heads, h)
		n := len(r.heads) - 1
		for ; n > 0 && r.heads[n-1].isOlder(&h); n-- {
			r.heads[n] = r.heads[n-1]
		}
		r.heads[n] = h
	}
}

// isOlder says that the newest of another shard comes before.
func (h *recentHead) isOlder(other *recentHead) bool {
	return h.at < other.at || h.at == other.at && h.shard < other.shard
}

// Next is the newest that is left, nil where nothing is. The next of the same shard is mostly the newest, too:
// people stay on one channel for a while.
func (r *recents) Next() *schemas.RecentStep {
	if len(r.heads) == 0 || r.left == 0 {
		return nil
	}
	r.left--
	h := r.heads[0]
	h.left--
	list := r.who.Shards[h.shard].State.Recent
	step := &list[h.left]
	if h.left == 0 {
		r.heads = r.heads[:copy(r.heads, r.heads[1:])]
		return step
	}
	h.at = list[h.left-1].At
	n := 0
	for ; n+1 < len(r.heads) && h.isOlder(&r.heads[n+1]); n++ {
		r.heads[n] = r.heads[n+1]
	}
	r.heads[n] = h
	return step
}
