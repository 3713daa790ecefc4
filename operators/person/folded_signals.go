package person

import (
	"github.com/attune-health/attune/schemas"
)

// FoldedSignals are the signals of a person's shards, as evidence takes them, in numbers of the taxonomy.
// They are kept from one touchpoint to the next: KeepSignals and CountReason keep them true, or say that
// they do not hold.
type FoldedSignals struct {
	// has: they hold.
	has bool
	// Contacts is how many contacts had a known reason.
	Contacts int64
	// LoginAt is the event time of the newest login, 0 for none.
	LoginAt schemas.Millis
	// Weights are decayed counts of contacts by reason; a reason may be there once for each shard.
	Weights []foldedWeight
	// Viewed has each reason once, with when its pages were last looked at.
	Viewed []foldedView
	// Facts are from the health record: the newest of each kind and shard.
	Facts []FoldedFact
	// Signs of danger are in the order of shards, then of event time.
	Signs []schemas.FlagSign
}

// foldedWeight is a decayed count of contacts as of At, in the order of shards. Evidence decays it further
// to its own time.
type foldedWeight struct {
	Weight float64
	At     schemas.Millis
	Reason int32
}

// foldedView is when pages of a reason were last looked at.
type foldedView struct {
	At     schemas.Millis
	Reason int32
}

// FoldedFact is the newest fact of its kind in one shard.
type FoldedFact struct {
	At, Due schemas.Millis
	// Known is when it was received, At where no build has kept it.
	Known schemas.Millis
	Event schemas.EhrEvent
	// Reason is its number, or -1.
	Reason   int32
	Critical bool
}

// signalsOf brings a person's signals up to date. The lists keep their memory.
func (p *Person) signalsOf(t *schemas.Taxonomy) *FoldedSignals {
	f := &p.signals
	if f.has {
		return f
	}
	*f = FoldedSignals{has: true, Weights: f.Weights[:0], Viewed: f.Viewed[:0], Facts: f.Facts[:0], Signs: f.Signs[:0]}
	for i := range p.Shards {
		f.take(&p.Shards[i].State.Signals, t)
	}
	return f
}

// take takes in a shard's signals. A reason that the taxonomy no longer has is left out: a site has changed
// its table, and nothing can be said of it.
func (f *FoldedSignals) take(s *schemas.Signals, t *schemas.Taxonomy) {
	for i := range s.ReasonWeights {
		w := &s.ReasonWeights[i]
		if r := t.Index(w.Reason); r >= 0 {
			f.Weights = append(f.Weights, foldedWeight{w.Weight, w.At, int32(r)})
		}
	}
	for i := range s.Viewed {
		if r := t.Index(s.Viewed[i].Reason); r >= 0 {
			f.view(int32(r), s.Viewed[i].At)
		}
	}
	for i := range s.Facts {
		x := &s.Facts[i]
		f.Facts = append(f.Facts, FoldedFact{x.At, x.DueAt, max(x.KnownAt, x.At), x.Event, int32(t.Index(x.Reason)), x.Critical})
	}
	f.Signs = append(f.Signs, s.RedFlags...)
	// A build that kept the newest page only did not keep how long it was read: a minute is taken for it.
	if s.RedFlag != 0 {
		f.Signs = append(f.Signs, schemas.FlagSign{Kind: s.RedFlag, Source: int32(SignPage), At: s.RedFlagAt, LeftAt: s.RedFlagAt, ReadMs: int32(schemas.Minute)})
	}
	f.Contacts += s.ContactCount
	f.LoginAt = max(f.LoginAt, s.LoginAt)
}

// view takes in that pages of a reason were looked at. It is the one change that is made in place, as
// nearly every touchpoint of the web is one.
func (f *FoldedSignals) view(reason int32, at schemas.Millis) {
	for i := range f.Viewed {
		if v := &f.Viewed[i]; v.Reason == reason {
			v.At = max(v.At, at)
			return
		}
	}
	f.Viewed = append(f.Viewed, foldedView{at, reason})
}
