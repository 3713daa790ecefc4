package person

import (
	"slices"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/schemas"
)

// MaxPast is how many contacts are kept of a shard with how they went. What came before is in the counts.
const MaxPast = 4

// How a contact went. The numbers are part of the state and of examples.
const (
	// OutcomeAnswered: somebody has spoken to the patient.
	OutcomeAnswered int32 = iota
	// OutcomeAbandoned: the patient hung up in the queue.
	OutcomeAbandoned
	// OutcomeMenu: it ended before the queue.
	OutcomeMenu
)

// CountHalfLives are those of the counts of a shard's history: what somebody calls about this week, and
// what they have always called about.
var CountHalfLives = [4]float64{float64(schemas.Day), 7 * float64(schemas.Day), 30 * float64(schemas.Day), 90 * float64(schemas.Day)}

// UnansweredHalfLife is that of contacts that nobody answered.
const UnansweredHalfLife = float64(schemas.Day)

// OutcomeOf is how the contact went that a disposition speaks of.
func OutcomeOf(c *schemas.Call) int32 {
	switch {
	case c.Answered:
		return OutcomeAnswered
	case c.Abandoned:
		return OutcomeAbandoned
	}
	return OutcomeMenu
}

// KeepPast takes in how the contact went whose reason the touchpoint tells. It comes after the prediction, as
// CountReason does. The result does not depend on the order of dispositions, save for rounding and
// for pairs of reasons.
func (j *Journey) KeepPast(code string, started schemas.Millis) {
	s, call, at := &j.Shard.Signals, &j.Touchpoint.Body.Call, j.Touchpoint.OccurredAt
	if len(s.History) == 0 {
		s.History = append(s.History, schemas.ContactHistory{CountedAt: at})
	}
	h := &s.History[0]
	code = j.Names.Keep(code)
	i := len(h.Past)
	for i > 0 && h.Past[i-1].At > at {
		i--
	}
	past := schemas.PastContact{Reason: code, StartedAt: min(started, at), At: at, Outcome: OutcomeOf(call), WaitMs: call.WaitMs, TalkMs: call.TalkMs}
	if i == len(h.Past) && i > 0 {
		j.keepPair(h, h.Past[i-1].Reason, code)
	}
	h.Past = insertBounded(h.Past, i, past, MaxPast)
	age := decayHistory(h, at)
	countPast(h, code, age)
	if past.Outcome != OutcomeAnswered {
		h.Unanswered += exact.Decayed(age, UnansweredHalfLife)
		h.UnansweredAt = max(h.UnansweredAt, at)
	}
}

// maxPairs bounds the pairs of reasons of a shard. Hardly anybody calls about more than four things.
const maxPairs = 16

// pairFade is what is left of a pair's count after another contact that followed the same reason.
const pairFade = 0.9

// keepPair counts that a contact followed another. One that is told after a later one counts in no pair: the
// pair that it came between has been counted.
func (j *Journey) keepPair(h *schemas.ContactHistory, reason, next string) {
	at := -1
	for i := range h.Follows {
		x := &h.Follows[i]
		if x.Reason == reason {
			x.Weight = float64(x.Weight * pairFade)
			if x.Next == next {
				at = i
			}
		}
	}
	if at < 0 {
		at = len(h.Follows)
		if at == maxPairs {
			at = lightest(h.Follows)
			h.Follows[at] = schemas.ReasonPair{Reason: reason, Next: next}
		} else {
			h.Follows = append(h.Follows, schemas.ReasonPair{Reason: reason, Next: next})
		}
	}
	h.Follows[at].Weight++
}

// lightest is the pair of the smallest count.
func lightest(list []schemas.ReasonPair) int {
	at := 0
	for i := range list {
		if list[i].Weight < list[at].Weight {
			at = i
		}
	}
	return at
}

// decayHistory states the counts to at, and returns 0. Where they are stated to a later time already it
// leaves them there, and returns how long before that at is.
func decayHistory(h *schemas.ContactHistory, at schemas.Millis) (age float64) {
	passed := float64(at - h.CountedAt)
	if passed <= 0 {
		return -passed
	}
	factors := CountFactors(passed)
	for i := range h.Counts {
		c := &h.Counts[i]
		c.Day, c.Week = float64(c.Day*factors[0]), float64(c.Week*factors[1])
		c.Month, c.Quarter = float64(c.Month*factors[2]), float64(c.Quarter*factors[3])
	}
	h.Unanswered = float64(h.Unanswered * exact.Decayed(passed, UnansweredHalfLife))
	h.CountedAt = at
	return 0
}

// CountFactors is by how much the counts shrink in the time that passed, in milliseconds.
func CountFactors(passed float64) (factors [4]float64) {
	for i, life := range CountHalfLives {
		factors[i] = exact.Decayed(passed, life)
	}
	return factors
}

// countPast counts a contact that is so much older than what the counts are stated to.
func countPast(h *schemas.ContactHistory, code string, age float64) {
	i := slices.IndexFunc(h.Counts, func(c schemas.ReasonCount) bool { return c.Reason == code })
	if i < 0 {
		i = len(h.Counts)
		h.Counts = append(h.Counts, schemas.ReasonCount{Reason: code})
	}
	factors := CountFactors(age)
	c := &h.Counts[i]
	c.Day, c.Week, c.Month, c.Quarter = c.Day+factors[0], c.Week+factors[1], c.Month+factors[2], c.Quarter+factors[3]
}
