package world

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// play runs a world to its end.
func play(t testing.TB, c Config, each func(*Generator, *journeys.Event)) *Generator {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for {
		e, ok := g.Next()
		if !ok {
			return g
		}
		each(g, &e)
	}
}

func value(dst []byte, e *journeys.Event) []byte {
	switch e.Kind {
	case journeys.KindTouchpoint:
		return e.Touchpoint.AppendAvro(dst)
	case journeys.KindLink:
		return e.Link.AppendAvro(dst)
	}
	return e.Consent.AppendAvro(dst)
}

func digest(t testing.TB, c Config) string {
	h := sha256.New()
	var b []byte
	play(t, c, func(_ *Generator, e *journeys.Event) {
		b = binary.BigEndian.AppendUint64(b[:0], uint64(e.At))
		h.Write(value(append(append(b, e.Topic...), e.Key...), e))
	})
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func TestSameSeedStartAndSiteGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	c := Config{Patients: 2000, Seed: 3, Duration: 5 * day}
	first := digest(t, c)
	if again := digest(t, c); again != first {
		t.Errorf("the same world gave %s, then %s", first, again)
	}
	// Pinned: any other machine and version must give the same patients.
	if want := pinned; first != want {
		t.Errorf("the world of seed 3 is %s, want %s", first, want)
	}
	watched := c
	watched.Posterior, watched.Moments = 10, 10
	if other := digest(t, watched); other != first {
		t.Errorf("the posterior changes the stream: %s, without it %s", other, first)
	}
	for name, other := range map[string]Config{
		"seed": {Patients: 2000, Seed: 4, Duration: 5 * day}, "site": {Patients: 2000, Seed: 3, Site: 1, Duration: 5 * day},
		"start": {Patients: 2000, Seed: 3, Start: time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC), Duration: 5 * day},
	} {
		if digest(t, other) == first {
			t.Errorf("another %s gives the same stream", name)
		}
	}
}

const pinned = "df9560155cb8c50c"

func TestRecordsComeInOrderOfArrivalAndTheHistoryIsThere(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC)
	last, deeds, before := schemas.Millis(0), 0, 0
	ids := map[string]int{}
	play(t, Config{Patients: 3000, Start: start, Duration: 3 * day, DuplicateShare: .02}, func(_ *Generator, e *journeys.Event) {
		if e.At < last {
			t.Fatalf("a record of %d comes after one of %d", e.At, last)
		}
		last = e.At
		if e.Kind != journeys.KindTouchpoint {
			return
		}
		id := strings.Clone(e.Touchpoint.EventID)
		if ids[id]++; ids[id] > 1 && e.Truth.Copy == 0 {
			t.Fatalf("event id %s twice", id)
		}
		if e.Touchpoint.Channel == schemas.ChannelEhr {
			return
		}
		deeds++
		if at := start.UnixMilli() - int64(e.Touchpoint.OccurredAt); at > 0 {
			before++
			if at > 48*3_600_000 {
				t.Fatalf("a deed %d hours before the start", at/3_600_000)
			}
		}
	})
	if share := float64(before) / float64(deeds); share < .25 || share > .55 {
		t.Errorf("%.2f of the deeds of five days come before the start, which is after two", share)
	}
}

// What the posterior takes as seen must be seen by who has the links that came before, and the rest must not.
func TestMomentsAreOfKnownPatientsOnly(t *testing.T) {
	t.Parallel()
	known := map[string]string{}
	hidden, moments := 0, 0
	play(t, Config{Patients: 400, Duration: 20 * day, Posterior: 1, Moments: 1, DuplicateShare: -1}, func(g *Generator, e *journeys.Event) {
		if e.Kind == journeys.KindLink {
			known[strings.Clone(e.Link.Identifier.Value.Reveal())] = strings.Clone(e.Link.Subject.Value.Reveal())
			return
		}
		if e.Kind != journeys.KindTouchpoint || e.Truth.Patient >= nobodyFrom {
			return
		}
		whose := ""
		for _, id := range e.Touchpoint.Identifiers {
			v := id.Value.Reveal()
			if id.Kind == schemas.IdentifierKindMrn {
				whose = v
			}
			if who, some := known[v]; some {
				if whose != "" && whose != who {
					t.Fatalf("%s is of %s and of %s", e.Touchpoint.EventID, who, whose)
				}
				whose = who
			}
		}
		switch m := g.Moment(); {
		case m != nil && whose == "":
			t.Errorf("%s makes a moment, and nobody can know of whom", e.Touchpoint.EventID)
		case m != nil:
			moments++
		case whose == "":
			hidden++
		case e.Touchpoint.Channel.IsDigital():
			t.Errorf("%s is of %s and makes no moment", e.Touchpoint.EventID, whose)
		}
	})
	if moments < 500 || hidden < 100 {
		t.Errorf("%d moments, %d hidden steps: the test sees too little", moments, hidden)
	}
}

// The posterior is calibrated on what the generator does, which it would not be if the two differed in
// anything: each sum lies within four standard deviations of what the posterior expects.
func TestPosteriorIsCalibrated(t *testing.T) {
	t.Parallel()
	var a Attainable
	excess, spread := 0.0, 0.0
	play(t, Config{Patients: 3000, Seed: 9, Duration: 40 * day, Posterior: 1, Moments: 12}, func(g *Generator, _ *journeys.Event) {
		m := g.Moment()
		if m == nil {
			return
		}
		a.Add(m)
		if m.Reason < 0 || m.Patient >= nobodyFrom {
			return
		}
		mean, square := 0.0, 0.0
		for _, p := range m.Reasons {
			if p > 0 {
				mean -= p * math.Log(p)
				square += p * math.Log(p) * math.Log(p)
			}
		}
		excess -= math.Log(m.Reasons[m.Reason]) + mean
		spread += square - mean*mean
	})
	if z := excess / math.Sqrt(spread); math.Abs(z) > 4 {
		t.Errorf("log loss is %.1f standard deviations from what the posterior expects", z)
	}
	for i, length := range horizons {
		excess, spread, n := 0.0, 0.0, 0
		for _, m := range a.moments {
			if int64(m.at)+int64(length)*tickMillis > int64(a.last) {
				continue
			}
			p := float64(m.within[i])
			excess -= p
			spread += p * (1 - p)
			if m.gap >= 0 && m.gap <= int64(length)*tickMillis {
				excess++
			}
			n++
		}
		// Moments of one patient share what comes of them: twice the spread of independent ones.
		if z := excess / math.Sqrt(2*spread); math.Abs(z) > 4 {
			t.Errorf("contacts within %s are %.1f standard deviations from what the posterior expects, at %d moments", horizonNames[i], z, n)
		}
	}
	if s := a.Scores(); s.Top1 < s.Commonest+.1 {
		t.Errorf("the posterior names %.2f of the reasons, the commonest one is %.2f", s.Top1, s.Commonest)
	}
}

// Published shares and paces, with what this world makes of them.
func TestSharesAreThoseThatArePublished(t *testing.T) {
	t.Parallel()
	const patients, days = 40_000, 120
	g := play(t, Config{Patients: patients, Seed: 2, Duration: days * day}, func(*Generator, *journeys.Event) {})
	c, contacts := g.Counts(), 0.0
	for _, n := range c.Contacts {
		contacts += float64(n)
	}
	years := float64(patients) * days / 365.25
	within := func(name string, got, least, most float64) {
		t.Helper()
		if got < least || got > most {
			t.Errorf("%s: %.3f, want %.3f to %.3f", name, got, least, most)
		}
	}
	for r, want := range journeys.Priors() {
		within("share of "+codes[r], float64(c.Contacts[r])/contacts, want*.75-.002, want*1.25+.004)
	}
	within("contacts per patient and year", contacts/years, 2, 3)
	within("touchpoints per patient and year", float64(g.Emitted())/years, 85, 115)
	within("scheduling", float64(c.Contacts[0]+c.Contacts[1])/contacts, .25, .40)
	within("refills and medication", float64(c.Contacts[2])/contacts, .13, .20)
	within("urgent", float64(c.Urgent)/contacts, .015, .06)
	within("calls of strangers", float64(c.Strangers)/contacts, .03, .08)
	within("after an attempt", float64(c.AfterAttempt)/contacts, .2, .5)
	within("abandoned", float64(c.Abandoned)/contacts, .08, .25)
	within("sessions that are hidden", float64(c.Hidden)/float64(c.Attempts+c.Browsings), .2, .5)
	after := 0.0
	for h, n := range c.ByHour {
		if h < 8 || h >= 17 {
			after += float64(n)
		}
	}
	within("after hours", after/contacts, .15, .5)
}

func TestAnotherSiteHasOtherTables(t *testing.T) {
	sum, squares, n := 0.0, 0.0, 0.0
	for table := 1; table <= 5; table++ {
		for row := range 40 {
			for column := range 15 {
				x := math.Log(siteFactors{4}.factor(table, row, column))
				sum, squares, n = sum+x, squares+x*x, n+1
			}
		}
	}
	if mean, sd := sum/n, math.Sqrt(squares/n); math.Abs(mean) > .05 || math.Abs(sd-siteSpread) > .05 {
		t.Errorf("logarithms of a site's factors have mean %.3f and spread %.3f, want 0 and %.1f", mean, sd, siteSpread)
	}
}

// No due date may act within the longest horizon of its announcement: it would have to be summed over.
func TestDueDatesAreAnnouncedAWeekBeforeTheyAct(t *testing.T) {
	for k, f := range facts {
		if f.clock == noClock {
			continue
		}
		notice := time.Duration(f.dueAfter-clocks[f.clock].before) * day
		if longest := time.Duration(horizons[Horizons-1]) * 5 * time.Minute; notice < longest {
			t.Errorf("fact %d acts %s after it is announced: sooner than %s", k, notice, longest)
		}
		if far := f.dueAfter + f.dueWithin + len(clocks[f.clock].byDay); far > preludeDays {
			t.Errorf("fact %d acts until %d days later, and facts are drawn from %d days before patients live", k, far, preludeDays)
		}
	}
}

// The nodes are the roots of the Laguerre polynomial of degree 5 and order 1, halved; its first ten moments are
// those of the gamma distribution.
func TestFrailtyIsGamma(t *testing.T) {
	want := 1.0
	for power := range 10 {
		got := 0.0
		for k := range nodes {
			got += frailtyWeight[k] * math.Pow(frailty[k], float64(power))
		}
		if math.Abs(got-want) > 1e-9*want {
			t.Errorf("moment %d of frailty is %.12f, want %.12f", power, got, want)
		}
		want *= float64(power+2) / 2
	}
}

func TestExpAndLn(t *testing.T) {
	for x := -30.0; x < 30; x += .37 {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-13*want {
			t.Errorf("exp %g is %g, want %g", x, got, want)
		}
		if got := ln(math.Exp(x)); math.Abs(got-x) > 1e-12*max(1, math.Abs(x)) {
			t.Errorf("ln of exp %g is %g", x, got)
		}
	}
}

// What may happen to a patient in a tick must not be more likely than certain, at any site and in a shock.
func TestProbabilitiesStayProbabilities(t *testing.T) {
	for site := range int64(6) {
		c := Config{Site: site, Shocks: []Shock{{Kind: ShockSurge, Reason: 10, For: 5 * day}, {Kind: ShockFlu, For: 5 * day}}}
		c.setDefaults()
		l := newLaw(&c)
		w := who{segment: segmentChronic | segmentSocial, frailty: frailty[nodes-1]}
		d := dayOf(l.calendar.start) + 1
		for k := refillClock; k < clockKinds; k++ {
			w.dues = append(w.dues, due{d, k})
		}
		var may []branch
		for tick := uint32(d * dayTicks); dayOf(tick) == d; tick++ {
			for cell := range allCells + 1 {
				for need := range uint8(needs) {
					at := uint8(cell)
					if cell == allCells {
						at = idle
					}
					sum := 0.0
					for _, b := range l.branches(may, &w, at, need, tick) {
						sum += b.p
					}
					if sum > 1 {
						t.Fatalf("site %d, cell %d, need %d: something happens with probability %g", site, cell, need, sum)
					}
				}
			}
		}
		for k := range facts {
			sum := 0.0
			for n := range needs {
				sum += l.needOfFact(&w, k, n)
			}
			if sum > 1 {
				t.Errorf("site %d: fact %d gives a need with probability %g", site, k, sum)
			}
		}
	}
}

func TestASurgeMakesMostCallsOneReason(t *testing.T) {
	t.Parallel()
	c := Config{Patients: 20_000, Duration: 12 * day, Shocks: []Shock{{Kind: ShockSurge, Reason: 10, After: 4 * day, For: 8 * day}}}
	surge, all := 0, 0
	start := time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC).UnixMilli()
	play(t, c, func(_ *Generator, e *journeys.Event) {
		if e.Truth.Disposition && e.Truth.Patient < nobodyFrom && int64(e.At) > start+6*24*3_600_000 {
			all++
			if e.Touchpoint.Body.Call.Reason == codes[10] {
				surge++
			}
		}
	})
	if share := float64(surge) / float64(all); share < .5 || share > .75 {
		t.Errorf("%.2f of %d calls in a surge are of one reason", share, all)
	}
}

func TestWhatWasDeliveredIsWrittenAndChangesNothing(t *testing.T) {
	c := Config{Patients: 200, Duration: 10 * day, Posterior: 1, Moments: 4}
	var plain, told []byte
	play(t, c, func(_ *Generator, e *journeys.Event) { plain = value(plain, e) })
	noted := 0
	play(t, c, func(g *Generator, e *journeys.Event) {
		told = value(told, e)
		if m := g.Moment(); m != nil && m.Delivered != "" {
			noted++
		}
		g.Delivered(e.Truth.Patient, "A05", e.At)
	})
	if string(plain) != string(told) {
		t.Error("what was delivered changed what patients do")
	}
	if noted == 0 {
		t.Error("no moment says what was delivered")
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	_, err := New(Config{Patients: -1, History: time.Hour, Duration: -1, DuplicateShare: 2, Posterior: -1, Shocks: []Shock{{}}})
	for _, want := range []string{"patients", "history", "duration", "duplicate", "posterior", "shock 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

// Nothing but a link may tell whose a hidden session is: not an id, and not that the patient is registered.
func TestHiddenSessionsSayNothing(t *testing.T) {
	t.Parallel()
	known := map[uint32]bool{}
	linked := map[string]bool{}
	play(t, Config{Patients: 300, Duration: 10 * day, DuplicateShare: -1}, func(_ *Generator, e *journeys.Event) {
		switch e.Kind {
		case journeys.KindLink:
			linked[strings.Clone(e.Link.Identifier.Value.Reveal())] = true
			if e.Link.Identifier.Kind == schemas.IdentifierKindMember {
				known[e.Truth.Patient] = false
			}
			return
		case journeys.KindConsent:
			return
		}
		visible := e.Touchpoint.Channel == schemas.ChannelEhr
		for _, id := range e.Touchpoint.Identifiers {
			visible = visible || linked[id.Value.Reveal()]
		}
		if visible {
			known[e.Truth.Patient] = true
		}
	})
	for patient, shown := range known {
		if !shown && patient < nobodyFrom {
			t.Errorf("patient %d is registered and shows nothing", patient)
		}
	}
}

// A follower that had to go is made again of what was seen, and knows the same.
func TestFollowersAreMadeAgain(t *testing.T) {
	t.Parallel()
	var truth [2][]byte
	for i, keep := range [...]int{followersKept, 2} {
		g, err := New(Config{Patients: 40, Seed: 8, Duration: 25 * day, Posterior: 1, Moments: 4})
		if err != nil {
			t.Fatal(err)
		}
		g.watch.keep = keep
		for {
			if _, ok := g.Next(); !ok {
				break
			}
			if m := g.Moment(); m != nil {
				truth[i] = m.AppendJSON(truth[i])
			}
		}
	}
	if string(truth[0]) != string(truth[1]) {
		t.Error("a follower made again says something else")
	}
}

// The generator skips ticks in which nothing happens; what happens must be as frequent as if it did not.
func TestWhatHappensIsAsFrequentAsTheLawSays(t *testing.T) {
	t.Parallel()
	const patients, days = 20_000, 40
	g := play(t, Config{Patients: patients, Seed: 6, Duration: days * day, DuplicateShare: -1}, func(*Generator, *journeys.Event) {})
	browsings, surprises, refills := 0.0, 0.0, 0.0
	for tick := g.law.calendar.start; tick < g.law.calendar.start+days*dayTicks; tick++ {
		h := g.law.hour(tick)
		browsings += patients * g.law.noise * h.digital()
		surprises += patients * g.law.factRate * h.facts()
	}
	for p := range uint32(patients) {
		if traits := traitsOf(g.seed, p); traits.segment&segmentChronic != 0 {
			refills += days / float64(traits.refillEvery)
		}
	}
	c := g.Counts()
	for name, x := range map[string][2]float64{"sessions without a purpose": {float64(c.Browsings), browsings}, "facts": {float64(c.Facts), surprises + refills}} {
		if z := (x[0] - x[1]) / math.Sqrt(x[1]); math.Abs(z) > 4 {
			t.Errorf("%s: %.0f, the law says %.0f", name, x[0], x[1])
		}
	}
}

func TestAPersonIsHalfALineOfTheCache(t *testing.T) {
	if size := unsafe.Sizeof(person{}); size != 32 {
		t.Errorf("%d bytes", size)
	}
}

// What is older than the history can be told late, but no later than it must be known.
func TestLateNewsComesBeforeItMatters(t *testing.T) {
	t.Parallel()
	c := Config{Patients: 3000, Seed: 5, Duration: 10 * day, DuplicateShare: -1, LateNews: true}
	begin := time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC).Add(-48 * time.Hour).UnixMilli()
	told, later := 0, 0
	play(t, c, func(g *Generator, e *journeys.Event) {
		if int64(e.At) < begin-tickMillis {
			t.Fatalf("a record arrives %d ms before the history", begin-int64(e.At))
		}
		if e.Kind != journeys.KindTouchpoint || e.Touchpoint.Channel != schemas.ChannelEhr || e.Touchpoint.Body.Ehr.DueAt == 0 {
			return
		}
		f := &e.Touchpoint.Body.Ehr
		told++
		if int64(e.At) > begin+int64(day/time.Millisecond) {
			later++
		}
		for i := range facts {
			k := facts[i].clock
			if facts[i].event != f.Event || k == noClock || i == refillDue {
				continue // refills fall due by the calendar
			}
			// Due dates lie at noon, clocks begin at midnight.
			starts := int64(f.DueAt) - tickMillis*dayTicks/2 - int64(clocks[k].before)*tickMillis*dayTicks
			if int64(e.At) > max(begin+2*tickMillis, starts-int64(horizons[len(horizons)-1])*tickMillis) {
				t.Errorf("%s due at %s is told at %s", f.Event, f.DueAt, e.At)
			}
		}
	})
	if told < 200 || later == 0 {
		t.Errorf("%d facts with due dates, %d of them later than a day", told, later)
	}
}
