package patient

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// watchedCall is what a test knows of a call that the simulator makes.
type watchedCall struct {
	urgent   schemas.Flag // the danger that the caller is in
	silent   bool         // nothing shows it
	near     bool         // something looks like danger and is none
	signed   bool         // a sign had arrived before an agent answered
	answered bool
	over     bool
	flagged  bool // before an agent answered
	later    bool // at any time
	lost     bool // a flag went without an outcome
	raised   map[string]bool
	sent     int // decisions that the contact center got
}

// safetyWatch follows what PATIENT decides on simulated calls, and answers like a contact center.
type safetyWatch struct {
	tb    testing.TB
	rig   *rig
	calls map[string]*watchedCall
	order []string
	signs map[uint32]bool // by patient: a sign has arrived that no answered call has followed yet
	r     *rand.Rand
	owed  []owedOutcome
}

type owedOutcome struct {
	at       schemas.Millis
	who      string
	decision string
	contact  string
	outcome  schemas.Outcome
}

func (w *safetyWatch) call(id string) *watchedCall {
	c := w.calls[id]
	if c == nil {
		id = strings.Clone(id) // the simulator uses its bytes again
		c = &watchedCall{raised: map[string]bool{}}
		w.calls[id] = c
		w.order = append(w.order, id)
	}
	return c
}

// event gives one event of the simulator to PATIENT, and looks at what comes of it.
func (w *safetyWatch) event(e *journeys.Event) {
	who := fmt.Sprintf("p-%d", e.Truth.Patient)
	w.pay(e.At)
	switch e.Kind {
	case journeys.KindConsent:
		c := *e.Consent
		c.Identifiers = nil
		w.rig.consent(who, c)
	case journeys.KindTouchpoint:
		w.before(e)
		tp := *e.Touchpoint
		tp.Identifiers = nil
		w.rig.touch(who, tp)
	default:
		return
	}
	w.decisions(who, e.At)
	if e.Kind == journeys.KindTouchpoint {
		w.after(e)
	}
}

// before notes what the simulator says of a call.
func (w *safetyWatch) before(e *journeys.Event) {
	t := &e.Truth
	if t.Sign != schemas.FlagNone {
		w.signs[t.Patient] = true
	}
	if e.Touchpoint.Channel != schemas.ChannelCall {
		return
	}
	c := w.call(e.Touchpoint.ContactID.V)
	c.urgent, c.silent, c.near = t.Urgent, t.Silent, t.Near
	if !c.answered && !c.over && w.signs[t.Patient] {
		c.signed = true
	}
}

func (w *safetyWatch) after(e *journeys.Event) {
	if e.Touchpoint.Channel != schemas.ChannelCall {
		return
	}
	c := w.call(e.Touchpoint.ContactID.V)
	switch e.Touchpoint.Body.Call.Event {
	case schemas.CallEventAnswered:
		c.answered = true
		delete(w.signs, e.Truth.Patient)
	case schemas.CallEventEnded, schemas.CallEventAbandoned, schemas.CallEventDisposition:
		c.over = true
	}
}

// decisions takes in what was decided, and lets an agent who has it on the screen say what became of it.
func (w *safetyWatch) decisions(who string, at schemas.Millis) {
	w.tb.Helper()
	for _, d := range decodeAll[schemas.NextBestAction](w.tb, w.rig.take(w.rig.config.Emit.Topics.Actions)) {
		if !d.ContactRef.OK {
			continue
		}
		c := w.call(d.ContactRef.V)
		c.sent++
		kinds := map[string]bool{}
		for _, f := range d.RedFlags {
			kinds[f.Kind] = true
			if f.EventID == "" || f.At == 0 || f.Source == "" {
				w.tb.Errorf("flag %s of %s names no touchpoint: %+v", f.Kind, d.DecisionID, f)
			}
		}
		for kind := range c.raised {
			c.lost = c.lost || !kinds[kind]
		}
		for kind := range kinds {
			c.raised[kind] = true
		}
		c.flagged = c.flagged || len(kinds) > 0 && !c.answered
		c.later = c.later || len(kinds) > 0
		if len(kinds) > 0 && w.r.IntN(5) > 0 { // one in five agents never says a word
			o := schemas.OutcomeAccepted
			if w.r.IntN(4) == 0 {
				o = schemas.OutcomeOverridden
			}
			w.owed = append(w.owed, owedOutcome{at + schemas.Millis(20+w.r.IntN(180))*schemas.Second, who, d.DecisionID, d.ContactRef.V, o})
		}
	}
	w.rig.take(w.rig.config.Emit.Topics.DecisionInputs)
	w.rig.take(w.rig.config.Emit.Topics.Predictions)
}

// pay gives the outcomes whose time has come. What an agent has answered is not lost any more.
func (w *safetyWatch) pay(now schemas.Millis) {
	due := w.owed[:0]
	var rest []owedOutcome
	for _, o := range w.owed {
		if o.at > now {
			rest = append(rest, o)
			continue
		}
		due = append(due, o)
	}
	due = slices.Clone(due)
	w.owed = rest
	for _, o := range due {
		if !w.call(o.contact).answered {
			continue // nobody had it on a screen
		}
		clear(w.call(o.contact).raised)
		w.rig.outcome(o.who, o.decision, o.at, o.outcome)
		w.decisions(o.who, o.at)
	}
}

// TestRedFlagsAreTheCallersInDanger measures on simulated patients how many callers in danger are
// flagged before an agent answers, how many others are, whether a flag is ever lost, and how often a
// contact center is told something new.
func TestRedFlagsAreTheCallersInDanger(t *testing.T) {
	touchpoints := 150_000
	if testing.Short() {
		touchpoints = 25_000
	}
	g, err := journeys.New(journeys.Config{Patients: 6000, Rate: 0.12, Seed: 11, DuplicateShare: -1})
	if err != nil {
		t.Fatal(err)
	}
	w := &safetyWatch{tb: t, rig: newRig(t, nil), calls: map[string]*watchedCall{}, signs: map[uint32]bool{}, r: rand.New(rand.NewPCG(11, 2))}
	for n := 0; n < touchpoints; {
		e, _ := g.Next()
		w.event(&e)
		if e.Kind == journeys.KindTouchpoint {
			if n++; n%4000 == 0 {
				w.rig.train()
			}
		}
	}
	w.judge(t)
}

func (w *safetyWatch) judge(t *testing.T) {
	var urgent, caught, others, false_, lost, near, nearFlagged int
	var sent []int
	for _, id := range w.order {
		c := w.calls[id]
		if !c.over {
			continue
		}
		sent = append(sent, c.sent)
		if c.lost {
			lost++
		}
		switch {
		case c.urgent != schemas.FlagNone && !c.silent && c.signed:
			urgent++
			if c.flagged {
				caught++
			}
		case c.urgent == schemas.FlagNone || c.silent:
			others++
			if c.later {
				false_++
			}
		}
		if c.near && c.urgent == schemas.FlagNone {
			near++
			if c.later {
				nearFlagged++
			}
		}
	}
	slices.Sort(sent)
	recall, wrong := float64(caught)/float64(urgent), float64(false_)/float64(others)
	t.Logf("%d calls: %d of %d in danger flagged (%.3f), %d of %d others (%.4f), of these %d of %d near misses, %d flags lost; decisions a call: median %d, p99 %d, most %d",
		len(sent), caught, urgent, recall, false_, others, wrong, nearFlagged, near, lost, sent[len(sent)/2], sent[len(sent)*99/100], sent[len(sent)-1])
	if urgent < 20 || recall < 0.98 {
		t.Errorf("%d of %d callers in danger are flagged before an agent answers, want 0.98", caught, urgent)
	}
	if wrong > 0.02 {
		t.Errorf("%d of %d other calls are flagged, want at most 0.02", false_, others)
	}
	if lost > 0 {
		t.Errorf("%d flags went without an outcome", lost)
	}
	if sent[len(sent)/2] > 2 || sent[len(sent)*99/100] > 5 {
		t.Errorf("decisions a call: median %d, p99 %d, want at most 2 and 5", sent[len(sent)/2], sent[len(sent)*99/100])
	}
}
