package evidence

import (
	"math/bits"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// momentsVersion names what the fingerprint of moments does not see: the way of hashing.
const momentsVersion = "moments-1"

// signFresh is how long a sign of danger says that somebody may call.
const signFresh = 2 * schemas.Day

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
	signals := j.Signals(t)
	e.collectSign(signals.Signs)
	facts := signals.Facts
	for i := range facts {
		f := &facts[i]
		if e.knownN == len(e.known) || f.At > e.At {
			continue
		}
		e.known[e.knownN] = knownFact{f.Known, f.Due, f.Event, f.Critical}
		e.knownN++
	}
}

// collectSign finds the newest sign of danger, also one that is not strong enough to stand: whether somebody
// calls is told by less than whether they are in danger.
func (e *Evidence) collectSign(signs []schemas.FlagSign) {
	for i := range signs {
		x := &signs[i]
		if age := e.At - x.At; age < 0 || age > signFresh || x.Kind <= 0 || x.Kind >= int32(schemas.FlagKinds) {
			continue
		}
		e.signN++
		if e.sign == nil || x.At >= e.sign.At {
			e.sign = x
		}
	}
}

// stepNow is a hash of what a touchpoint tells: the step and its page, or the kind of fact.
func stepNow(tp *schemas.Touchpoint) uint64 {
	switch b := &tp.Body; b.Kind {
	case schemas.TouchpointBodyWeb:
		return stepHash(tp.Channel, int32(b.Web.Event), b.Web.Page) + found(b.Web.Results)
	case schemas.TouchpointBodyApp:
		return stepHash(tp.Channel, int32(b.App.Event), b.App.Screen) + found(b.App.Results)
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

// found is how much a search has found, in bands: who finds little calls.
func found(results int32) uint64 {
	if results < 0 {
		return 0
	}
	return (1 + band(bandsFound, float64(results))) << 24
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
	course := x.course
	// Nobody browses the same way twice: such courses would only fill rows that others need.
	if n := x.subjects(); n > 2 || n == 2 && x.steps > 4 {
		course = n
	}
	value := join(v.isOld(x.first), 0, course)
	if age {
		value |= (v.visitAges[i] + 1) << 8
	}
	return value
}

// searched is how much the newest search of the i-th newest visit has found and what came after it, crossed with
// how long ago the visit was: who finds little calls, who finds a lot reads.
func (v *view) searched(i int) uint64 {
	if i >= v.e.sessionN || v.e.sessions[i].found == 0 {
		return none
	}
	x := &v.e.sessions[i]
	return join(x.found>>24, min(x.since, 3), v.failedIn(x), v.isOld(x.first), v.visitAges[i])
}

// strolled is how many subjects the i-th newest visit had, in how many steps, whether one failed, and how long
// ago: who looks at this and that wants nothing of anybody.
func (v *view) strolled(i int) uint64 {
	if i >= v.e.sessionN {
		return none
	}
	x := &v.e.sessions[i]
	return join(x.subjects(), uint64(min(x.steps, 9)), v.failedIn(x)|truth(x.entered)<<1, v.isOld(x.first), v.visitAges[i])
}

// subjects is how many reasons the steps of a visit had, up to 3.
func (x *session) subjects() uint64 { return uint64(min(bits.OnesCount64(x.about), 3)) }

// visitSum is what the i-th newest visit was about, whether a step failed in it, and how long ago.
func (v *view) visitSum(i int) uint64 {
	if i >= v.e.sessionN {
		return none
	}
	x := &v.e.sessions[i]
	return join(uint64(x.reason+1), v.failedIn(x), v.isOld(x.first), v.visitAges[i], uint64(min(x.steps, 9)))
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

// signOf is where the newest sign of danger was seen and how long ago, with its kind or with what was done since.
func (v *view) signOf(kind bool) uint64 {
	x := v.e.sign
	if x == nil {
		return none
	}
	if kind {
		return join(uint64(x.Kind), uint64(x.Source), v.isOld(x.At), band(bandsLast, seconds(v.e.At-x.At)))
	}
	return join(uint64(x.Source), v.isOld(x.At), uint64(min(x.StepsAfter, 2)), uint64(min(v.e.signN, 2)), band(bandsLast, seconds(v.e.At-x.At)))
}

// fresh is where the newest sign of danger was seen, in coarse ages, and whether the last visit began with it.
func (v *view) fresh() uint64 {
	x := v.e.sign
	if x == nil || v.isOld(x.At) == 1 {
		return none
	}
	entered, subjects := false, uint64(0)
	if v.e.sessionN > 0 && v.e.sessions[0].first <= x.At {
		entered, subjects = v.e.sessions[0].entered, v.e.sessions[0].subjects()
	}
	return join(truth(x.StepsAfter > 1), truth(entered), subjects, uint64(x.Source), band(bandsCoarse, seconds(v.e.At-x.At)))
}

// prompted is the newest news of the health record before the last visit, by how soon the visit followed: who
// comes within the hour comes because of it, and may call about it next.
func (v *view) prompted(kind bool) uint64 {
	if v.e.sessionN == 0 {
		return none
	}
	x := &v.e.sessions[0]
	for i := range v.e.factN {
		f := &v.e.facts[i]
		if f.known > x.first || v.isOld(f.known) == 1 {
			continue
		}
		soon, ago := band(bandsMoment, seconds(x.first-f.known)), band(bandsCoarse, seconds(v.e.At-x.last))
		if kind {
			return join(uint64(f.event), truth(f.critical), soon, ago)
		}
		return join(soon, ago, v.failedIn(x), truth(x.reason >= 0 && int32(x.reason) == f.reason), x.subjects())
	}
	return none
}

// backed says whether the health record has a cause for what the last visit was about: news, by how new they
// are, or something that falls due. It is crossed with whether the visit failed, and how long ago it was.
func (v *view) backed() uint64 {
	if v.e.sessionN == 0 {
		return none
	}
	x := &v.e.sessions[0]
	about := bit(x.reason)
	cause := uint64(0)
	for i, set := range [...]uint64{v.factReasons(0, 5*schemas.Hour), v.factReasons(5*schemas.Hour, 40*schemas.Hour), v.factReasons(40*schemas.Hour, FactFresh), v.due(-dueNear, 3)} {
		if about&set != 0 {
			cause |= 1 << i
		}
	}
	return join(cause, v.failedIn(x), v.isOld(x.first), band(bandsLast, seconds(v.e.At-x.last)), truth(about == 0))
}

// again compares the last two visits since the last contact: who comes back for the same is not done with it.
func (v *view) again() uint64 {
	if v.e.sessionN < 2 {
		return none
	}
	x, y := &v.e.sessions[0], &v.e.sessions[1]
	if v.isOld(y.first) == 1 {
		return none
	}
	return join(truth(x.reason >= 0 && x.reason == y.reason), v.failedIn(x), v.failedIn(y), band(bandsLast, seconds(v.e.At-x.last)), band(bandsLast, seconds(x.first-y.last)))
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

// record are the kinds of facts that the health record has, however old: who takes medicine calls about it.
func (v *view) record(dst []uint64) []uint64 {
	for i := range v.e.known[:v.e.knownN] {
		f := &v.e.known[i]
		dst = append(dst, join(uint64(f.event), band(bandsRecord, seconds(v.e.At-f.known))))
	}
	return dst
}

// What falls due counts from so long before, to so long after: it may make somebody call days before, and the
// longest horizon is a week.
const (
	dueBefore = 11 * schemas.Day
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
