package person

import (
	"github.com/attune-health/attune/schemas"
)

// FoldedSignals are the signals of a person's shards, as evidence takes them, in numbers of the
// taxonomy. They are kept from one touchpoint to the next; predict, who writes signals, keeps them true.
type FoldedSignals struct {
	has      bool
	Contacts int64
	LoginAt  schemas.Millis
	Weights  []foldedWeight
	Viewed   []foldedView
	Facts    []FoldedFact
	Signs    []schemas.FlagSign // by shard, then by event time
}

// foldedWeight is a decayed count of contacts, in the order of shards.
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
	At, Due  schemas.Millis
	Event    schemas.EhrEvent
	Reason   int32 // or -1
	Critical bool
}

// signalsOf brings a person's signals up to date.
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
		f.Facts = append(f.Facts, FoldedFact{x.At, x.DueAt, x.Event, int32(t.Index(x.Reason)), x.Critical})
	}
	f.Signs = append(f.Signs, s.RedFlags...)
	if s.RedFlag != 0 { // a build that kept the newest page only, and not how long it was read
		f.Signs = append(f.Signs, schemas.FlagSign{Kind: s.RedFlag, Source: int32(SignPage), At: s.RedFlagAt, LeftAt: s.RedFlagAt, ReadMs: int32(schemas.Minute)})
	}
	f.Contacts += s.ContactCount
	f.LoginAt = max(f.LoginAt, s.LoginAt)
}

// view takes in that pages of a reason were looked at.
func (f *FoldedSignals) view(reason int32, at schemas.Millis) {
	for i := range f.Viewed {
		if v := &f.Viewed[i]; v.Reason == reason {
			v.At = max(v.At, at)
			return
		}
	}
	f.Viewed = append(f.Viewed, foldedView{at, reason})
}
