package evidence

import (
	"math/bits"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// momentsVersion names what the fingerprint of moments does not see: the way of hashing.
const momentsVersion = "moments-1"

// momentBits is the binary logarithm of MomentRows.
const momentBits = 14

// MomentRows is how many rows tokens of moments are hashed to. All of them are published with the model of
// reasons, in one record.
const MomentRows = 1 << momentBits

// maxKnown bounds the facts of the health record that moments look at.
const maxKnown = 16

// knownFact is a fact of the health record that is new, or has something fall due.
type knownFact struct {
	known, due schemas.Millis
	event      schemas.EhrEvent
	critical   bool
}

// collectMoment finds what moments need besides the history: what has just been done, and all facts.
func (e *Evidence) collectMoment(j *person.Journey, t *schemas.Taxonomy) {
	if tp := j.Touchpoint; tp != nil && j.ContactPhase != person.ContactDisposition {
		e.now = stepNow(tp)
	}
	facts := j.Signals(t).Facts
	for i := range facts {
		f := &facts[i]
		if e.knownN == len(e.known) || f.At > e.At {
			continue
		}
		e.known[e.knownN] = knownFact{f.Known, f.Due, f.Event, f.Critical}
		e.knownN++
	}
}

// stepNow is a hash of what a touchpoint tells: the step and its page, or the kind of fact.
func stepNow(tp *schemas.Touchpoint) uint64 {
	switch b := &tp.Body; b.Kind {
	case schemas.TouchpointBodyWeb:
		return stepHash(tp.Channel, int32(b.Web.Event), b.Web.Page)
	case schemas.TouchpointBodyApp:
		return stepHash(tp.Channel, int32(b.App.Event), b.App.Screen)
	case schemas.TouchpointBodyEhr:
		return stepHash(tp.Channel, int32(b.Ehr.Event), "")
	case schemas.TouchpointBodyCall:
		return stepHash(tp.Channel, int32(b.Call.Event), "")
	}
	return 0
}

// Moment appends the tokens of a moment, which say whether and when somebody will get in touch. Active has been
// called for the same evidence before: both look at it once. A space that is not hashed has none.
func (s *FeatureSpace) Moment(dst []int32) []int32 {
	if s.groups == nil {
		return dst
	}
	g, tokens := s.groups, 0
	v := &g.view
	for _, i := range g.momentsOn {
		group := &momentGroups[i]
		g.buf = g.buf[:0]
		if group.each != nil {
			g.buf = group.each(v, g.buf)
		} else if x := group.value(v); x != none {
			g.buf = append(g.buf, x)
		}
		for _, x := range g.buf {
			if tokens < MaxTokens {
				dst, tokens = append(dst, tokenCode(i, int(hashOf(g.momentSeeds[i], x)>>(64-momentBits)))), tokens+1
			}
		}
	}
	return dst
}

// MomentFingerprint names the groups of moments, 0 where there are none: tokens of two spaces mean the same
// only where it is equal.
func (s *FeatureSpace) MomentFingerprint() int64 {
	if s.groups == nil {
		return 0
	}
	return s.groups.momentFingerprint
}

// CheckMoment says whether a list is one of tokens of moments.
func (s *FeatureSpace) CheckMoment(codes []int32) bool {
	for _, c := range codes {
		group, row := TokenOf(c)
		if KindOfCode(c) != CodeToken || group >= len(momentGroups) || row >= MomentRows {
			return false
		}
	}
	return len(codes) <= MaxTokens
}

// failedSince is how many digital steps failed within a day and after the last contact, and when the last one
// did.
func (v *view) failedSince() (n uint64, at schemas.Millis) {
	for i := range v.e.failed {
		if f := &v.e.failed[i]; v.isOld(f.At) == 0 {
			n, at = n+1, f.At
		}
	}
	return n, at
}

func (v *view) failures() uint64 {
	n, _ := v.failedSince()
	return min(n, 4)
}

// failedAge is how long ago a digital step failed that no contact has answered.
func (v *view) failedAge() uint64 {
	n, at := v.failedSince()
	if n == 0 {
		return never
	}
	return band(bandsMoment, seconds(v.e.At-at))
}

// visitAge is how long ago the i-th newest visit was.
func (v *view) visitAge(i int) uint64 {
	if i >= v.e.sessionN {
		return never
	}
	return band(bandsMoment, seconds(v.e.At-v.e.sessions[i].last))
}

// walked is the steps of the i-th newest visit, crossed with how long ago it was.
func (v *view) walked(i int, age bool) uint64 {
	if i >= v.e.sessionN {
		return none
	}
	x := &v.e.sessions[i]
	value := join(v.isOld(x.first), 0, x.course)
	if age {
		value |= (v.visitAge(i) + 1) << 8
	}
	return value
}

// visitSum is what the i-th newest visit was about, whether a step failed in it, and how long ago.
func (v *view) visitSum(i int) uint64 {
	if i >= v.e.sessionN {
		return none
	}
	x := &v.e.sessions[i]
	return join(uint64(x.reason+1), v.failedIn(x), v.isOld(x.first), v.visitAge(i), uint64(min(x.steps, 9)))
}

// failedIn says whether a step failed in a visit.
func (v *view) failedIn(x *session) uint64 {
	for i := range v.e.failed {
		if f := &v.e.failed[i]; f.At >= x.first && f.At <= x.last {
			return 1
		}
	}
	return 0
}

// hourOfReason is what the last visit was about by the hour: calls about some things also come at night and on
// weekends.
func (v *view) hourOfReason() uint64 {
	if v.e.sessionN == 0 {
		return none
	}
	x := &v.e.sessions[0]
	if v.e.At-x.last > schemas.Day || v.isOld(x.first) == 1 {
		return none
	}
	return join(v.hour/3, truth(v.weekday == 0 || v.weekday == 6), uint64(x.reason+1), truth(v.e.Standing != 0))
}

// attempts are the visits since the last contact, and those that failed.
func (v *view) attempts() uint64 {
	visits, failed := uint64(0), uint64(0)
	for i := range v.e.sessions[:v.e.sessionN] {
		if x := &v.e.sessions[i]; v.isOld(x.first) == 0 && v.e.At-x.last < schemas.Day {
			visits, failed = visits+1, failed+v.failedIn(x)
		}
	}
	return join(visits, failed, min(v.failures(), 3))
}

// knownFacts are the facts that became known within a week.
func (v *view) knownFacts(dst []uint64) []uint64 {
	for i := range v.e.known[:v.e.knownN] {
		f := &v.e.known[i]
		if age := v.e.At - f.known; age <= FactFresh {
			dst = append(dst, join(uint64(f.event), truth(f.critical), v.isOld(f.known), band(bandsMoment, seconds(age))))
		}
	}
	return dst
}

// What falls due counts from so long before, to so long after.
const (
	dueBefore = 4 * schemas.Day
	dueAfter  = 8 * schemas.Day
	// dueStep is what half a day is told apart by.
	dueStep = schemas.Day / 2
)

// dues are what falls due, by half days.
func (v *view) dues(dst []uint64) []uint64 {
	for i := range v.e.known[:v.e.knownN] {
		f := &v.e.known[i]
		passed := v.e.At - f.due
		if f.due != 0 && passed > -dueBefore && passed < dueAfter {
			dst = append(dst, join(uint64(f.event), uint64((passed+dueBefore)/dueStep)))
		}
	}
	return dst
}

// bitsOf are the numbers of the bits of a set.
func bitsOf(dst []uint64, set uint64) []uint64 {
	for ; set != 0; set &= set - 1 {
		dst = append(dst, uint64(bits.TrailingZeros64(set)))
	}
	return dst
}

// hashOf mixes a value with the seed of its group.
func hashOf(seed, value uint64) uint64 {
	h := (seed ^ value) * 0x9E3779B97F4A7C15
	return (h ^ h>>32) * 0xD6E8FEB86659FD93
}

// seedsOf are hashes of the names of groups.
func seedsOf(groups []Group) []uint64 {
	seeds := make([]uint64, len(groups))
	for i := range groups {
		seeds[i] = exact.Hash64(groups[i].Name)
	}
	return seeds
}
