package demo

import (
	"testing"
	"time"

	"github.com/attune-health/attune/benchmarks/world"
	"github.com/attune-health/attune/schemas"
)

// foreseen plays one call: what was said before it, at its start, when somebody answered, and its reason.
type foreseen struct {
	f     *foresight
	codes []string
	now   time.Time
}

func newForeseen(t *testing.T) *foreseen {
	t.Helper()
	taxonomy, err := schemas.LoadTaxonomy("health")
	ok(t, err)
	x := &foreseen{f: newForesight(taxonomy, 1000*schemas.Second), now: time.Now()}
	for _, r := range taxonomy.Reasons {
		x.codes = append(x.codes, r.Code)
	}
	return x
}

func (x *foreseen) said(contact string, reason int, at schemas.Millis, after time.Duration) {
	p := schemas.Prediction{PersonRef: "p", AsOf: at, Reasons: []schemas.ReasonProbability{{Code: x.codes[reason], P: .7}, {Code: x.codes[reason+1], P: .3}}}
	if contact != "" {
		p.Phase, p.ContactRef = schemas.PredictionPhaseContactStart, schemas.Some(contact)
	}
	x.f.predicted(&p, x.now.Add(after))
}

func (x *foreseen) call(contact string, event schemas.CallEvent, at schemas.Millis) {
	t := schemas.Touchpoint{ContactID: schemas.Some(contact), OccurredAt: at}
	t.Body.Kind, t.Body.Call.Event = schemas.TouchpointBodyCall, event
	x.f.sent(&t, x.now)
}

func (x *foreseen) label(contact string, reason, predicted int, at schemas.Millis) {
	x.f.label(&schemas.TrainingExample{ContactRef: schemas.Some(contact), Reason: x.codes[reason], Predicted: x.codes[predicted], Commonest: x.codes[2], PredictedAt: at, ExposureBand: -1})
}

func TestACallIsKnownBeforeItIsConnectedOnlyIfTheWordHadCome(t *testing.T) {
	t.Parallel()
	const s = schemas.Second
	for name, c := range map[string]struct {
		before, named int
		latency       time.Duration
		known         bool
		lead          float64
	}{
		"known from before the call": {0, 0, 100 * time.Millisecond, true, 659.9},
		"known at its beginning":     {3, 0, 100 * time.Millisecond, true, 59.9},
		"the word came too late":     {3, 0, 61 * time.Second, false, 0},
		"another reason was named":   {3, 3, 100 * time.Millisecond, false, 0},
	} {
		x := newForeseen(t)
		x.said("", c.before, 1400*s, 0)
		x.call("c", schemas.CallEventSelfService, 2000*s)
		x.call("c", schemas.CallEventAnswered, 2060*s)
		x.said("c", c.named, 2000*s, c.latency)
		x.label("c", 0, c.named, 2000*s)
		score, learned := x.f.scores()
		k := score.Known
		if score.Scored != 1 || learned != 1 || k.Connected != 1 || (k.Known == 1) != c.known || k.MedianLeadS != c.lead {
			t.Errorf("%s: %+v, learned from %d", name, score, learned)
		}
	}
}

func TestContactsAreScoredOnceAndBesideWhatWasAttainableThere(t *testing.T) {
	t.Parallel()
	const s = schemas.Second
	x := newForeseen(t)
	best := world.Moment{Contact: "c"}
	best.Reasons[2] = 1
	x.f.judged(&best)
	x.call("c", schemas.CallEventSelfService, 2000*s)
	// The topics are read side by side: the reason may come first.
	x.label("c", 2, 1, 2000*s)
	if score, _ := x.f.scores(); score.Scored != 0 {
		t.Errorf("scored without what was said: %+v", score)
	}
	x.said("c", 1, 2000*s, 0)
	// Of the history.
	x.said("old", 1, 500*s, 0)
	x.label("old", 1, 1, 500*s)
	score, learned := x.f.scores()
	if score.Scored != 1 || learned != 2 || score.Top1 != 0 || score.Top3 != 1 || score.Commonest != 1 || score.Attainable == nil || score.Attainable.Top1 != 1 {
		t.Errorf("%+v beside %+v, learned from %d", score, score.Attainable, learned)
	}
	if score.Known.Connected != 0 || len(x.f.contacts) != 0 {
		t.Errorf("nobody answered: %+v; %d contacts wait", score.Known, len(x.f.contacts))
	}
	// A contact of which it is not known what was attainable is left out, where the world knows that of others.
	x.said("d", 1, 3000*s, 0)
	x.label("d", 1, 1, 3000*s)
	if score, _ := x.f.scores(); score.Scored != 1 || score.Attainable == nil || len(x.f.contacts) != 0 {
		t.Errorf("%+v beside %+v", score, score.Attainable)
	}
	x = newForeseen(t)
	x.said("d", 1, 3000*s, 0)
	x.label("d", 1, 1, 3000*s)
	if score, _ := x.f.scores(); score.Scored != 1 || score.Attainable != nil {
		t.Errorf("%+v beside %+v", score, score.Attainable)
	}
}

func TestADemoGoesOnTheFirstMorningAfterWhatItsDataWasTold(t *testing.T) {
	t.Parallel()
	if got := startOf(time.Time{}); got != firstMorning {
		t.Errorf("without data it begins at %s", got)
	}
	until := firstMorning.Add(7 * time.Hour)
	if got, want := startOf(until), firstMorning.Add(72*time.Hour); got != want {
		t.Errorf("after %s it begins at %s, want %s", until, got, want)
	}
}
