package evidence

import (
	"math/bits"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/schemas"
)

// none is the value of a group that has none: no token.
const none = ^uint64(0)

// view is the evidence in bands, as groups look at it. Reasons are numbers from 1, 0 for none.
type view struct {
	e       *Evidence
	reasons int
	// crowd is what follows from the contact center's state.
	crowd *crowd

	shards, queue, menu, priority uint64
	hour, weekday                 uint64
	// The reasons of the last three contacts, and the commonest.
	l0, l1, l2, m uint64
	// How the last two went; 3 where there is none.
	o0, o1 uint64
	// How long ago the last was: in fine bands, in those of journeys, in coarse ones.
	s, sLast, sCoarse uint64
	// How many contacts there were, and of late.
	n, activity uint64
	// The last one's wait and length.
	wait, talk uint64
	// Contacts that nobody answered: in a row, how many answered since, when, how many of late.
	inRow, sinceUnanswered, t, a uint64
	// What has been heard since the last contact: a visit, a fact, a bit each.
	since uint64
	// Other contacts under way, and since when.
	open, openSince uint64
	// The center's: wait, share of people who hang up, contacts.
	queueWait, hungUp, load uint64
	// How long ago the last two visits were, in bands of moments.
	visitAges [2]uint64
}

// crowd is what follows from a state of the contact center alone, whoever it is that is looked at. The center
// tells its state every few seconds, and persons are looked at thousands of times between.
type crowd struct {
	// of is the state, nil before there is one; known says that the rest is of it.
	of    *Center
	known bool
	// usual are the shares of reasons that memory is smoothed by.
	usual             [schemas.MaxReasons]float64
	queueWait, hungUp uint64
	// codes are those of the kinds of evidence that look at nothing else.
	codes []int32
}

// never is the band of a time that was not.
const never = 99

// look fills the view. It goes over what Collect and CollectHistory have found once, so that groups only
// put bands together.
func (v *view) look(e *Evidence, c *crowd, reasons int) {
	*v = view{}
	v.e, v.crowd, v.reasons, v.o0, v.o1 = e, c, reasons, 3, 3
	v.s, v.sLast, v.sCoarse, v.t, v.openSince, v.priority = never, never, never, never, never, never
	v.shards = uint64(min(e.shards, 3))
	v.hour, v.weekday = uint64(e.hour), uint64(e.weekday)
	if e.InContact {
		v.priority, v.menu = uint64(min(max(e.priority, 0), 9)), uint64(e.menu+1)
	}
	v.queue = none
	if e.queue != "" {
		v.queue = exact.Hash64(e.queue) >> 1
	}
	v.lookAtPast()
	v.lookAtCenter()
	for i := range v.visitAges {
		v.visitAges[i] = v.visitAge(i)
	}
}

func (v *view) lookAtPast() {
	e, p := v.e, &v.e.history
	reason := [3]uint64{}
	for i := range min(p.known, 3) {
		reason[i] = uint64(p.last[i].reason) + 1
	}
	v.l0, v.l1, v.l2 = reason[0], reason[1], reason[2]
	if p.known > 0 {
		last := &p.last[0]
		passed := e.At - last.at
		v.s, v.sLast, v.sCoarse = band(bandsFine, seconds(passed)), band(bandsLast, seconds(passed)), band(bandsCoarse, seconds(passed))
		v.o0, v.wait, v.talk = uint64(last.outcome), band(bandsWait, seconds(schemas.Millis(last.wait))), band(bandsTalk, seconds(schemas.Millis(last.talk)))
		v.m = uint64(largest(p.counts[3][:v.reasons])) + 1
		if e.sessionN > 0 && e.sessions[0].first > last.at {
			v.since |= 1
		}
		if e.factN > 0 && e.facts[0].known > last.at {
			v.since |= 2
		}
	}
	if p.known > 1 {
		v.o1 = uint64(p.last[1].outcome)
	}
	v.n, v.activity = band(bandsCount, float64(e.Contacts)), band(bandsActivity, p.sums[0])
	v.lookAtUnanswered()
	v.open = uint64(min(p.open, 2))
	if p.open > 0 {
		v.openSince = band(bandsMiddle, seconds(e.At-p.openAt))
	}
}

func (v *view) lookAtUnanswered() {
	p := &v.e.history
	for v.inRow < uint64(p.known) && p.last[v.inRow].outcome > 0 {
		v.inRow++
	}
	v.sinceUnanswered = 3
	for i := range min(p.known, 3) {
		if p.last[i].outcome > 0 {
			v.sinceUnanswered = uint64(i)
			break
		}
	}
	if p.unansweredAt > 0 {
		v.t = band(bandsMiddle, seconds(v.e.At-p.unansweredAt))
	}
	v.a = band(bandsUnanswered, p.unanswered)
}

func (v *view) lookAtCenter() {
	v.queueWait, v.hungUp = v.crowd.queueWait, v.crowd.hungUp
	if c := v.e.center; c != nil {
		v.load = band(bandsLoad, c.load(v.e.At))
	}
}

// meet takes in a state of the center, and says whether it is another than before. A state does not change.
func (w *crowd) meet(c *Center, t *schemas.Taxonomy) bool {
	if w.known && w.of == c {
		return false
	}
	*w = crowd{of: c, known: true, codes: w.codes[:0]}
	for r := range t.Reasons {
		w.usual[r] = t.Reasons[r].Prior
	}
	if c == nil {
		return true
	}
	w.queueWait, w.hungUp = band(bandsQueue, c.Wait/(c.Contacts+.1)), band(bandsHungUp, c.Unanswered/(c.Contacts+.1))
	// As many contacts as there are reasons are taken to have been as the taxonomy says.
	total, prior := 0.0, float64(len(t.Reasons))
	for r := range t.Reasons {
		total += c.Usual[r]
	}
	for r := range t.Reasons {
		w.usual[r] = (c.Usual[r] + float64(prior*w.usual[r])) / (total + prior)
	}
	return true
}

// largest is the number of the largest, the lower one of equals.
func largest(a []float64) int {
	top := 0
	for i, x := range a {
		if x > a[top] {
			top = i
		}
	}
	return top
}

// band is how many edges are at or below x.
func band(edges []float64, x float64) uint64 {
	n := uint64(0)
	for _, edge := range edges {
		if x < edge {
			break
		}
		n++
	}
	return n
}

// secondsOf makes edges of times in seconds.
func secondsOf(edges ...float64) []float64 { return edges }

func seconds(d schemas.Millis) float64 { return float64(d) / 1000 }

// join puts values of a byte each side by side, the last of which may be larger.
func join(values ...uint64) uint64 {
	x := uint64(0)
	for i := len(values) - 1; i >= 0; i-- {
		x = x<<8 | values[i]
	}
	return x
}

// unless is a value where no holds of it.
func unless(has bool) uint64 {
	if has {
		return none
	}
	return 0
}

// bit is the set of one reason, empty for -1.
func bit(reason int) uint64 {
	if reason < 0 {
		return 0
	}
	return 1 << reason
}

// ifCenter joins values where the center's state is known.
func (v *view) ifCenter(values ...uint64) uint64 {
	if v.e.center == nil {
		return none
	}
	return join(values...)
}

// isOld says that a time lies before the end of the last contact: what happened then has been talked about.
func (v *view) isOld(at schemas.Millis) uint64 {
	if p := &v.e.history; p.known > 0 && at <= p.last[0].at {
		return 1
	}
	return 0
}

// fact is the i-th newest fact, crossed with how new it is where when is 1.
func (v *view) fact(i int, when uint64) uint64 {
	if i >= v.e.factN {
		return none
	}
	f := &v.e.facts[i]
	x := join(uint64(f.event), truth(f.critical), v.isOld(f.known))
	if when == 0 {
		return x
	}
	return x | band(bandsFact, seconds(v.e.At-f.known))<<24 | min(v.priority, 15)<<32
}

// eachFact are the newest facts, each with how new it is.
func eachFact(v *view, dst []uint64) []uint64 {
	for i := range v.e.facts[:v.e.factN] {
		f := &v.e.facts[i]
		dst = append(dst, join(uint64(f.event), truth(f.critical), v.isOld(f.known), band(bandsFact, seconds(v.e.At-f.known))))
	}
	return dst
}

// factReasons are the reasons of the newest facts that are of such an age, and newer than the last contact.
func (v *view) factReasons(from, to schemas.Millis) (set uint64) {
	for i := range v.e.factN {
		set |= v.factReason(i, from, to)
	}
	return set
}

// stranger is the time of day where a call is all that is known of a person.
func (v *view) stranger() uint64 {
	if v.e.touchpoints > 1 || v.e.shards > 1 {
		return none
	}
	return v.hour / 3
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// factReason is the reason of the i-th newest fact where it is of such an age, and newer than the last
// contact.
func (v *view) factReason(i int, from, to schemas.Millis) uint64 {
	if i >= v.e.factN {
		return 0
	}
	f := &v.e.facts[i]
	if age := v.e.At - f.known; age < from || age >= to || v.isOld(f.known) == 1 {
		return 0
	}
	return bit(int(f.reason))
}

// eachDue are the facts that fall due, with the days until then.
func eachDue(v *view, dst []uint64) []uint64 {
	for _, d := range v.e.dues[:v.e.dueN] {
		dst = append(dst, join(uint64(d.event), uint64(d.days+dueNear)))
	}
	return dst
}

// due are the reasons of what falls due in so many days.
func (v *view) due(from, to int32) (set uint64) {
	for _, d := range v.e.dues[:v.e.dueN] {
		if d.reason >= 0 && d.days >= from && d.days <= to {
			set |= 1 << d.reason
		}
	}
	return set
}

// session is how long ago the i-th newest visit was.
func (v *view) session(i int) uint64 {
	if i >= v.e.sessionN {
		return none
	}
	x := &v.e.sessions[i]
	return join(band(bandsRecent, seconds(v.e.At-x.last)), v.isOld(x.first))
}

func (v *view) sessionReason(i int) uint64 {
	if i >= v.e.sessionN {
		return none
	}
	return join(uint64(v.e.sessions[i].reason+1), v.session(i))
}

// eachCourse is what was done in each of the newest visits, all of it, and how long ago.
func eachCourse(v *view, dst []uint64) []uint64 {
	for i := range v.e.sessionN {
		dst = append(dst, v.e.sessions[i].course<<16|v.session(i))
	}
	return dst
}

// visit is the reason of the newest visit where it is of such an age, and began after the last contact.
func (v *view) visit(from, to schemas.Millis) uint64 {
	if v.e.sessionN == 0 {
		return 0
	}
	x := &v.e.sessions[0]
	if age := v.e.At - x.last; age < from || age >= to || v.isOld(x.first) == 1 {
		return 0
	}
	return bit(x.reason)
}

// subjects is how many things the newest visit was about, whether it began with one, and how long ago.
func (v *view) subjects() uint64 {
	if v.e.sessionN == 0 {
		return none
	}
	x := &v.e.sessions[0]
	return join(x.subjects()|truth(x.entered)<<2, uint64(x.reason+1), v.session(0))
}

// stray is the reason of the newest visit where it was about other things as well.
func (v *view) stray() uint64 {
	if v.e.sessionN == 0 || v.e.sessions[0].subjects() < 2 {
		return 0
	}
	return v.visit(0, schemas.Day)
}

// earlier is the reason of an earlier visit that began after the last contact.
func (v *view) earlier(i int) uint64 {
	if i >= v.e.sessionN || v.isOld(v.e.sessions[i].first) == 1 {
		return 0
	}
	return bit(v.e.sessions[i].reason)
}

// failure is the step that failed last, crossed with how long ago that was.
func (v *view) failure(when bool) uint64 {
	n := len(v.e.failed)
	if n == 0 {
		return none
	}
	f := &v.e.failed[n-1]
	x := stepHash(f.Channel, int32(f.Kind), f.Page) | v.isOld(f.At)<<24
	if when {
		return x | band(bandsRecent, seconds(v.e.At-f.At))<<32
	}
	return x
}

// failedReason is the reason of the step that failed last, where it did so after the last contact.
func (v *view) failedReason() uint64 {
	if n := len(v.e.failed); n == 0 || v.isOld(v.e.failed[n-1].At) == 1 || v.e.FailedDay >= v.reasons {
		return 0
	}
	return bit(v.e.FailedDay)
}

// loops are the reasons of what is open.
func (v *view) loops() (set uint64) {
	for _, reasons := range v.e.loops {
		set |= reasons
	}
	return set & (1<<v.reasons - 1)
}

// unanswered is the reason of a last contact that nobody answered, within the hour.
func (v *view) unanswered() uint64 {
	if v.o0 == 0 || v.o0 == 3 {
		return 0
	}
	return v.lastWithin(0, schemas.Hour)
}

// lastWithin is the reason of the last contact where that is of such an age.
func (v *view) lastWithin(from, to schemas.Millis) uint64 {
	p := &v.e.history
	if p.known == 0 {
		return 0
	}
	if age := v.e.At - p.last[0].at; age < from || age >= to {
		return 0
	}
	return bit(p.last[0].reason)
}

// shares are the shares of reasons in the counts of a half-life, in tenths.
func (v *view) shares(dst []uint64, life int) []uint64 {
	p := &v.e.history
	for set := p.seen; set != 0; set &= set - 1 {
		r := bits.TrailingZeros32(set)
		tenths := uint64(float64(p.counts[life][r]*10) / (p.sums[life] + 1e-12))
		dst = append(dst, join(uint64(r), min(tenths, 9)))
	}
	return dst
}

// seen are the reasons that the person has had.
func seen(v *view) uint64 { return uint64(v.e.history.seen) }

// memorySmoothing is how many contacts' worth of everybody's a person's own count begins with.
const memorySmoothing = 0.5

// memory is the logarithm of how much commoner a reason is with the person than one that never occurred.
func (v *view) memory(life, r int) float64 {
	usual := float64(memorySmoothing * v.crowd.usual[r])
	return exact.Ln(1 + v.e.history.counts[life][r]/usual)
}

// followed are the reasons that have followed that of the last contact.
func followed(v *view) (set uint64) {
	for r := range v.reasons {
		if v.e.history.follows[r] > 0 {
			set |= 1 << r
		}
	}
	return set
}

// follows is the logarithm of how much commoner a reason is after that of the last contact than among all of
// the person's.
func (v *view) follows(r int) float64 {
	p := &v.e.history
	base := (p.counts[3][r] + v.crowd.usual[r]) / (p.sums[3] + 1)
	return exact.Ln(1 + p.follows[r]/base)
}

// callers are the reasons of the contacts of the last twenty minutes.
func (v *view) callers() (set uint64) {
	if v.e.center == nil {
		return 0
	}
	for r := range v.reasons {
		if v.e.center.Recent[r] > 0.01 {
			set |= 1 << r
		}
	}
	return set
}

// mixSmoothing is how many contacts' worth of the usual the mix of twenty minutes begins with.
const mixSmoothing = 3

// mix is memory of all people in the last twenty minutes.
func (v *view) mix(r int) float64 {
	return exact.Ln(1 + v.e.center.Recent[r]/float64(mixSmoothing*v.crowd.usual[r]))
}

// eachNeed are the recorded needs.
func eachNeed(v *view, dst []uint64) []uint64 {
	for set := v.e.Needs; set != 0; set &= set - 1 {
		dst = append(dst, uint64(bits.TrailingZeros32(set)))
	}
	return dst
}
