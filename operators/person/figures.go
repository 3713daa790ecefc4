package person

import (
	"github.com/attune-health/attune/schemas"
)

// figures are what the fold needs of a shard for most touchpoints: all of a person's lie in a row,
// where the states that they were taken from lie apart.
type figures struct {
	touchpoints, calls, sessions        uint32
	asOf, decayedAt, languageAt         schemas.Millis
	web, app, call, ehr, effort, strain float64
	recentAt                            schemas.Millis // of the newest of recent
	recent                              uint8          // how many there are
	contacts                            uint8          // how many are kept
	inProgress                          uint8          // of them, neither ended nor labelled
	hasLanguage, deceased               bool
}

// Refresh takes the figures of the shards that have changed since they were taken.
func (p *Person) Refresh() {
	for i := range p.Shards {
		if o := &p.Shards[i]; !o.folded {
			o.figures.take(o.State)
			o.folded = true
		}
	}
}

func (g *figures) take(st *schemas.ShardState) {
	*g = figures{
		touchpoints: uint32(st.Touchpoints), calls: uint32(st.Calls), sessions: uint32(st.SessionsClosed) + uint32(len(st.Sessions)),
		asOf: st.AsOf, decayedAt: st.DecayedAt, languageAt: st.LanguageAt,
		web: st.WebActivity, app: st.AppActivity, call: st.CallActivity, ehr: st.EhrActivity, effort: st.Effort, strain: st.Strain,
		hasLanguage: st.Language != "", recent: uint8(len(st.Recent)), contacts: uint8(len(st.Contacts)), deceased: st.DeceasedAt != 0,
	}
	if n := len(st.Recent); n > 0 {
		g.recentAt = st.Recent[n-1].At
	}
	for i := range st.Contacts {
		if o := &st.Contacts[i]; !o.Ended && !o.Labelled {
			g.inProgress++
		}
	}
}

// mayHaveContacts is false where the shard is known to keep none, mayBeInContact where none of them is
// in progress.
func (o *Owned) mayHaveContacts() bool { return !o.folded || o.figures.contacts > 0 }

func (o *Owned) mayBeInContact() bool { return !o.folded || o.figures.inProgress > 0 }

// recents walks a person's last touchpoints over all shards, newest first, at most maxRecent. Few of all
// are wanted, so they are looked up one by one. Of several of one time the last shard's is newest.
type recents struct {
	who   *Person
	heads []recentHead
	left  int
}

// recentHead is how many of a shard's are left, and the time of the newest of them.
type recentHead struct {
	at          schemas.Millis
	shard, left int32
}

// of begins with the newest touchpoint of a person whose figures are fresh.
func (r *recents) of(who *Person) {
	r.who, r.heads, r.left = who, r.heads[:0], MaxRecent
	for i := range who.Shards {
		if g := &who.Shards[i].figures; g.recent > 0 {
			r.heads = append(r.heads, recentHead{g.recentAt, int32(i), int32(g.recent)})
		}
	}
}

// Next is the newest that is left, nil where nothing is.
func (r *recents) Next() *schemas.RecentStep {
	var head *recentHead
	for i := range r.heads {
		if h := &r.heads[i]; h.left > 0 && (head == nil || h.at >= head.at) {
			head = h
		}
	}
	if head == nil || r.left == 0 {
		return nil
	}
	r.left--
	head.left--
	list := r.who.Shards[head.shard].State.Recent
	if head.left > 0 {
		head.at = list[head.left-1].At
	}
	return &list[head.left]
}
