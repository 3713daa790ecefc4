package operators

import "github.com/attune-health/attune/schemas"

// foldedSignals are the signals of a person's shards, as evidence takes them, in numbers of the
// taxonomy. They are kept from one touchpoint to the next; predict, who writes signals, keeps them true.
type foldedSignals struct {
	has      bool
	contacts int64
	loginAt  schemas.Millis
	weights  []foldedWeight
	viewed   []foldedView
	facts    []foldedFact
	flags    []foldedFlag
}

// foldedWeight is a decayed count of contacts, in the order of shards.
type foldedWeight struct {
	weight float64
	at     schemas.Millis
	reason int32
}

// foldedView is when pages of a reason were last looked at.
type foldedView struct {
	at     schemas.Millis
	reason int32
}

type foldedFact struct {
	at, due  schemas.Millis
	event    schemas.EhrEvent
	reason   int32 // or -1
	critical bool
}

// foldedFlag is a shard's newest red flag.
type foldedFlag struct {
	at   schemas.Millis
	flag schemas.Flag
}

// signalsOf brings a person's signals up to date.
func (p *person) signalsOf(t *schemas.Taxonomy) *foldedSignals {
	f := &p.signals
	if f.has {
		return f
	}
	*f = foldedSignals{has: true, weights: f.weights[:0], viewed: f.viewed[:0], facts: f.facts[:0], flags: f.flags[:0]}
	for i := range p.shards {
		f.take(&p.shards[i].state.Signals, t)
	}
	return f
}

func (f *foldedSignals) take(s *schemas.Signals, t *schemas.Taxonomy) {
	for i := range s.ReasonWeights {
		w := &s.ReasonWeights[i]
		if r := t.Index(w.Reason); r >= 0 {
			f.weights = append(f.weights, foldedWeight{w.Weight, w.At, int32(r)})
		}
	}
	for i := range s.Viewed {
		if r := t.Index(s.Viewed[i].Reason); r >= 0 {
			f.view(int32(r), s.Viewed[i].At)
		}
	}
	for i := range s.Facts {
		x := &s.Facts[i]
		f.facts = append(f.facts, foldedFact{x.At, x.DueAt, x.Event, int32(t.Index(x.Reason)), x.Critical})
	}
	if s.RedFlag != 0 {
		f.flags = append(f.flags, foldedFlag{s.RedFlagAt, schemas.Flag(s.RedFlag)})
	}
	f.contacts += s.ContactCount
	f.loginAt = max(f.loginAt, s.LoginAt)
}

// view takes in that pages of a reason were looked at.
func (f *foldedSignals) view(reason int32, at schemas.Millis) {
	for i := range f.viewed {
		if v := &f.viewed[i]; v.reason == reason {
			v.at = max(v.at, at)
			return
		}
	}
	f.viewed = append(f.viewed, foldedView{at, reason})
}
