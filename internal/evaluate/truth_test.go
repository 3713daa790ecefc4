package evaluate

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources/jsonl"
)

// calledLog writes a log in which a person calls about each of the reasons, a day apart; R01+R02 are two of one call.
func calledLog(t *testing.T, reasons ...string) string {
	t.Helper()
	var b strings.Builder
	w, err := jsonl.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i, reason := range reasons {
		for n, event := range []schemas.CallEvent{schemas.CallEventQueued, schemas.CallEventAnswered, schemas.CallEventDisposition} {
			at := schemas.Millis(1_772_000_000_000) + schemas.Millis(i)*schemas.Day + schemas.Millis(n)*schemas.Minute
			tp := schemas.Touchpoint{
				EventID: fmt.Sprintf("x/%d.%d", i, n), OccurredAt: at, ReceivedAt: at, Channel: schemas.ChannelCall, ContactID: schemas.Some(fmt.Sprintf("call-%d", i)),
				Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindMember, Value: "M1"}},
				Body:        schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: schemas.Call{Event: event, Answered: n == 2}},
			}
			if event == schemas.CallEventDisposition {
				tp.Body.Call.Reason, tp.Body.Call.SecondReason, _ = strings.Cut(reason, "+")
			}
			if err := w.Write(&tp); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return written(t, "log.jsonl", b.String())
}

// TestContactWithTwoReasonsIsScoredOnce: the other reason is learned, and the contact counted by its first.
func TestContactWithTwoReasonsIsScoredOnce(t *testing.T) {
	e := Evaluation{Files: []string{calledLog(t, "R01", "R02+R03", "R02+R03", "R02")}, Recording: traffic.Recording{Format: "touchpoints-jsonl"}}
	learned := 0
	e.Learned = func(x *schemas.TrainingExample) {
		if x.ExposureBand < 0 && x.Interval < 0 {
			learned++
		}
	}
	r, err := e.Evaluate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Scored != 3 || r.First.N != 1 || r.Model.Changes != 1 || learned != 6 {
		t.Errorf("%d scored, %d first, %d changes, %d learned", r.Scored, r.First.N, r.Model.Changes, learned)
	}
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// truthLine gives one of thirteen reasons a probability, and the same of the rest to each other.
func truthLine(contact string, reason int, p float64) string {
	all := make([]string, 13)
	for i := range all {
		all[i] = fmt.Sprint((1 - p) / 12)
	}
	all[reason] = fmt.Sprint(p)
	return fmt.Sprintf(`{"event_id":"x/1","at":1,"patient":1,"contact":%q,"reason":"R01","reasons":[%s]}`+"\n", contact, strings.Join(all, ","))
}

// Of three contacts the posterior knows two: they are scored, the first one as well, and nothing else is.
func TestAttainableIsOfTheContactsThatTheTruthKnows(t *testing.T) {
	log := calledLog(t, "R01", "R02", "R03")
	truth := written(t, "truth.jsonl", truthLine("call-0", 0, .8)+`{"event_id":"x/9","at":2,"patient":1,"reasons":[0,0,0,0,0,0,0,0,0,0,0,0,1],"within":[0,0,0,1]}`+"\n"+truthLine("call-2", 5, .4))
	e := Evaluation{Files: []string{log}, Recording: traffic.Recording{Format: jsonl.Format, Order: "file"}, Truth: truth}
	r, err := e.Evaluate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := r.Attainable
	if r.Scored != 2 || a == nil || a.N != 2 || r.Floors["last"].N != 2 || r.First.N != 1 {
		t.Fatalf("%d scored, attainable %+v, %d first", r.Scored, a, r.First.N)
	}
	if want := -(math.Log(.8) + math.Log(.05)) / 2; math.Abs(a.LogLoss-want) > 1e-9 || a.Top1 != .5 {
		t.Errorf("log loss %.4f, want %.4f; top-1 %.2f", a.LogLoss, want, a.Top1)
	}
	if len(a.Stages) != 1 || a.Stages[0].N != 2 || a.Stages[0].Before != 100 || r.Model.Stages[0].N != 2 {
		t.Errorf("stages %+v", a.Stages)
	}
	e.ScoreFrom = "2026-02-26"
	if r, err = e.Evaluate(t.Context()); err != nil || r.Scored != 1 || r.Attainable.N != 1 {
		t.Errorf("from the second day on: %d scored, %v", r.Scored, err)
	}
}

func TestTruthThatCannotBeUsedIsRefused(t *testing.T) {
	log := calledLog(t, "R01")
	for name, e := range map[string]Evaluation{
		"sorted by event time": {Recording: traffic.Recording{Format: jsonl.Format, Order: "event"}, Truth: written(t, "a", truthLine("call-0", 0, .8))},
		"of another taxonomy":  {Recording: traffic.Recording{Format: jsonl.Format, Order: "file"}, Truth: written(t, "b", `{"contact":"call-0","reasons":[1]}`)},
		"no JSON":              {Recording: traffic.Recording{Format: jsonl.Format, Order: "file"}, Truth: written(t, "c", "x\n")},
	} {
		e.Files = []string{log}
		var wrong *exit.Error
		if _, err := e.Evaluate(t.Context()); !errors.As(err, &wrong) || wrong.Code != exit.CodeUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
}
