package journeys

import "math"

// Ceiling is how well the best possible predictor of contact reasons does, over
// the dispositions returned so far (first deliveries). The package comment says
// why nothing honest exceeds it.
type Ceiling struct {
	// Contacts is how many calls have ended.
	Contacts int64
	// WithoutPrecursor is how many of them nothing observable led to.
	WithoutPrecursor int64
	// Expected is the sum of the probabilities with which the best predictor
	// is right.
	Expected float64
	// Variance is the sum of p(1-p) over contacts.
	Variance float64
	// Right is how often the best predictor was in fact right.
	Right int64
	// ByReason counts contacts by reason, in taxonomy order.
	ByReason [needs]int64
}

// Accuracy is the expected accuracy of the best predictor.
func (c Ceiling) Accuracy() float64 { return c.Expected / max(1, float64(c.Contacts)) }

// Reached is the accuracy of the best predictor as it turned out.
func (c Ceiling) Reached() float64 { return float64(c.Right) / max(1, float64(c.Contacts)) }

// Noise is the standard deviation of the best predictor's accuracy over as many
// contacts: a score above Accuracy by more than four of these is a leak.
func (c Ceiling) Noise() float64 { return math.Sqrt(c.Variance) / max(1, float64(c.Contacts)) }

// Commonest is the accuracy of naming the commonest reason always.
func (c Ceiling) Commonest() float64 {
	most := int64(0)
	for _, n := range c.ByReason {
		most = max(most, n)
	}
	return float64(most) / max(1, float64(c.Contacts))
}

// Ceiling returns the figures up to the last event returned.
func (g *Generator) Ceiling() Ceiling { return g.ceiling }

// judge notes a contact's end, and tells what the best predictor says of it.
func (g *Generator) judge(p *pending, segment int, truth *Truth) {
	best, q := p.urgent.reason(), 1.0
	if best == noNeed {
		d := g.tables.posterior(segment, p.cell)
		best, q = d.top()
	}
	truth.Disposition, truth.Precursor = true, p.cell.hasPrecursor() || p.urgent > urgentSilent
	truth.Best, truth.P = reasonCodes[best], q
	if p.copy > 0 {
		return
	}
	c := &g.ceiling
	c.Contacts++
	c.Expected += q
	c.Variance += q * (1 - q)
	c.ByReason[p.reason]++
	if best == need(p.reason) {
		c.Right++
	}
	if !truth.Precursor {
		c.WithoutPrecursor++
	}
}
