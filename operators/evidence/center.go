package evidence

import (
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/schemas"
)

// Center is how the contact center is doing, as the dispositions of the last twenty minutes tell: a queue
// that takes long makes people hang up, and call again about that. The trainer keeps it and broadcasts it,
// since no PATIENT task sees all contacts.
type Center struct {
	// At is the event time of the newest disposition in it.
	At schemas.Millis
	// Contacts, Wait and Unanswered are decayed sums: contacts, their waits in seconds, and those that nobody
	// answered.
	Contacts, Wait, Unanswered float64
	// Recent are decayed counts by reason, Usual those of a month.
	Recent, Usual [schemas.MaxReasons]float64
}

const (
	centerHalfLife = 20 * float64(schemas.Minute)
	usualHalfLife  = 30 * float64(schemas.Day)
	// centerSums is how many numbers stand before the reasons in the published form.
	centerSums = 3
)

// Add counts a contact.
func (c *Center) Add(at schemas.Millis, reason int, outcome int32, waitMs int64) {
	// One that is told late counts as if it were of now: the sums are of twenty minutes, and of a crowd.
	passed := float64(max(at-c.At, 0))
	short, long := exact.Decayed(passed, centerHalfLife), exact.Decayed(passed, usualHalfLife)
	c.At = max(c.At, at)
	c.Contacts = float64(c.Contacts*short) + 1
	c.Wait = float64(c.Wait*short) + float64(waitMs)/1000
	c.Unanswered = float64(c.Unanswered * short)
	if outcome > 0 {
		c.Unanswered++
	}
	for r := range c.Recent {
		c.Recent[r], c.Usual[r] = float64(c.Recent[r]*short), float64(c.Usual[r]*long)
	}
	c.Recent[reason]++
	c.Usual[reason]++
}

// Numbers are the published form for a taxonomy of so many reasons.
func (c *Center) Numbers(dst []float64, reasons int) []float64 {
	dst = append(dst, c.Contacts, c.Wait, c.Unanswered)
	return append(append(dst, c.Recent[:reasons]...), c.Usual[:reasons]...)
}

// Take reads the published form, and says whether it is of so many reasons.
func (c *Center) Take(at schemas.Millis, numbers []float64, reasons int) bool {
	if len(numbers) != centerSums+2*reasons || reasons > schemas.MaxReasons {
		return false
	}
	*c = Center{At: at, Contacts: numbers[0], Wait: numbers[1], Unanswered: numbers[2]}
	copy(c.Recent[:], numbers[centerSums:][:reasons])
	copy(c.Usual[:], numbers[centerSums+reasons:])
	return true
}

// load is how many contacts were over in the last twenty minutes, decayed to a time.
func (c *Center) load(at schemas.Millis) float64 {
	return float64(c.Contacts * exact.Decayed(float64(at-c.At), centerHalfLife))
}
