package evaluate

import "github.com/attune-health/attune/schemas"

// foreseen is what a model said at a moment of which the posterior is known.
type foreseen struct {
	best *Posterior
	p    [len(horizonNames)]float64
}

// foresee keeps what was said at a moment of the truth.
func (s *scores) foresee(p *schemas.Prediction) {
	if s.truth == nil {
		return
	}
	if best := s.truth.OfEvent(p.TriggerID); best != nil && best.At >= s.from && len(best.Within) == len(horizonNames) {
		s.foreseen = append(s.foreseen, foreseen{best, [...]float64{p.P15m, p.P2h, p.P24h, p.P7d}})
	}
}

// judgeForesight scores model and posterior at the same moments, as far as the log reaches. What came is in the
// truth file: it knows whose contacts are whose.
func (s *scores) judgeForesight(end schemas.Millis) {
	s.horizons = [len(horizonNames)]horizon{}
	for i := range s.foreseen {
		f := &s.foreseen[i]
		for h, within := range horizonTimes {
			if f.best.At+within > end {
				continue
			}
			came := s.truth.came(f.best.Patient, f.best.At, within)
			s.horizons[h].add(f.p[h], came)
			s.bestHorizons[h].add(f.best.Within[h], came)
		}
	}
}

// came says whether a contact of a patient began within a time after a moment.
func (t *Truth) came(patient uint32, at, within schemas.Millis) bool {
	for _, c := range t.calls[patient] {
		if c > at && c <= at+within {
			return true
		}
	}
	return false
}

// horizonFigures are what is reported by horizon.
func horizonFigures(all *[len(horizonNames)]horizon) map[string]Horizon {
	m := map[string]Horizon{}
	for h, name := range horizonNames {
		m[name] = all[h].figures()
	}
	return m
}
