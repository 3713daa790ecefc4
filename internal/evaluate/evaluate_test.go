package evaluate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/traffic"
)

const bankHeader = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver"

// call is one call of a made-up log.
type call struct {
	customer, day, minute int
	reason                string
}

// bankLog writes calls as the bank's log has them: each takes six minutes.
func bankLog(t *testing.T, calls []call) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(bankHeader + "\n")
	clock := func(minutes int) string { return fmt.Sprintf("%d:%02d:00", minutes/60, minutes%60) }
	for i, c := range calls {
		day := time.Date(1999, 1, 1+c.day, 0, 0, 0, 0, time.UTC).Format("060102")
		fmt.Fprintf(&b, "AA0101\t%d\t%d\t2\t%s\t%s\t%s\t%s\t60\t0:00:00\t0:00:00\t0\tAGENT\t%s\t%s\t300\tAVI\n", i+1, c.customer, c.reason, day, clock(c.minute), clock(c.minute+1), clock(c.minute+1), clock(c.minute+6))
	}
	file := filepath.Join(t.TempDir(), "log.txt")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// habits are calls of customers who mostly call about the same.
func habits() []call {
	var calls []call
	for day := range 60 {
		for customer := range 12 {
			reason := []string{"PS", "NE", "PE"}[customer%3]
			if (day+customer)%9 == 0 {
				reason = "TT"
			}
			calls = append(calls, call{100 + customer, day, 480 + 10*customer, reason})
		}
	}
	return calls
}

func evaluated(t *testing.T, e Evaluation) *Result {
	t.Helper()
	e.Recording = traffic.Recording{Format: "technion-bank", Order: "event"}
	r, err := e.Evaluate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFloorsAreThoseOfThePlainCount recounts the log by hand.
func TestFloorsAreThoseOfThePlainCount(t *testing.T) {
	calls := habits()
	r := evaluated(t, Evaluation{Files: []string{bankLog(t, calls)}, ScoreFrom: "1999-02-01", Models: []string{"softmax", "naive-bayes"}})
	last := map[int]string{}
	scored, right, changes := 0, 0, 0
	for _, c := range calls { // in the order of time, and each over before the next
		if before := last[c.customer]; before != "" && c.day >= 31 {
			scored++
			if before == c.reason {
				right++
			} else {
				changes++
			}
		}
		last[c.customer] = c.reason
	}
	if r.Scored != scored || r.Model.Changes != changes || math.Abs(r.Floors["last"].Top1-float64(right)/float64(scored)) > 1e-12 || r.Floors["last"].OnChange != 0 {
		t.Errorf("scored %d, want %d; changes %d, want %d; last %.4f, want %.4f", r.Scored, scored, r.Model.Changes, changes, r.Floors["last"].Top1, float64(right)/float64(scored))
	}
	for _, name := range []string{"softmax", "naive-bayes"} {
		if m := r.Models[name]; m.N != scored || m.Top1 < r.Floors["mode"].Top1-.03 || m.LogLoss > r.Floors["majority"].LogLoss {
			t.Errorf("%s: %d scored, top-1 %.3f, log loss %.3f; floors %.3f and %.3f", name, m.N, m.Top1, m.LogLoss, r.Floors["mode"].Top1, r.Floors["majority"].LogLoss)
		}
	}
}

// TestPredictionComesBeforeItsLabel: two calls of one customer overlap. The second cannot know the first's
// reason, and is the first of which anything would be scored.
func TestPredictionComesBeforeItsLabel(t *testing.T) {
	r := evaluated(t, Evaluation{Files: []string{bankLog(t, []call{{107, 0, 600, "PS"}, {107, 0, 603, "NE"}})}})
	if r.Scored != 0 || r.First.N != 2 {
		t.Errorf("%d scored, %d without a history", r.Scored, r.First.N)
	}
	if r = evaluated(t, Evaluation{Files: []string{bankLog(t, []call{{107, 0, 600, "PS"}, {107, 0, 607, "NE"}})}}); r.Scored != 1 || r.Model.Changes != 1 {
		t.Errorf("%d scored, %d changes, %d first", r.Scored, r.Model.Changes, r.First.N)
	}
}

func TestTwoRunsAgree(t *testing.T) {
	file := bankLog(t, habits())
	var outputs [2]bytes.Buffer
	for i := range outputs {
		e := Evaluation{Files: []string{file}, JSON: true, Report: t.TempDir(), Recording: traffic.Recording{Format: "technion-bank", Order: "event"}}
		if err := e.Run(t.Context(), &outputs[i]); err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(filepath.Join(e.Report, "index.html"))
		if err != nil || !strings.Contains(string(page), "<svg") || strings.Contains(string(page), "<script") {
			t.Errorf("the report has no plots, or scripts: %v", err)
		}
	}
	if !bytes.Equal(outputs[0].Bytes(), outputs[1].Bytes()) {
		t.Error("the same log gives other figures")
	}
	var shape map[string]any
	if err := json.Unmarshal(outputs[0].Bytes(), &shape); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"events", "scored", "model", "floors", "cohorts"} {
		if _, ok := shape[key]; !ok {
			t.Errorf("no %s", key)
		}
	}
}

// TestFiguresOfAFewContacts are worked out by hand.
func TestFiguresOfAFewContacts(t *testing.T) {
	m := newMetrics(3)
	m.add([]float64{.7, .2, .1}, 0, 0, 0) // right
	m.add([]float64{.7, .2, .1}, 0, 1, 0) // wrong, on a change
	m.add([]float64{.1, .3, .6}, 2, 2, 0) // right, on a change
	f := m.figures([]string{"a", "b", "c"})
	near := func(name string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s %.6f, want %.6f", name, got, want)
		}
	}
	near("top-1", f.Top1, 2./3)
	near("on changes", f.OnChange, 1./2)
	near("macro-F1", f.MacroF1, (2./3+0+1)/3)
	near("log loss", f.LogLoss, -(math.Log(.7)+math.Log(.2)+math.Log(.6))/3)
	near("Brier", f.Brier, (.09+.04+.01+.49+.64+.01+.01+.09+.16)/3)
	near("ECE", f.ECE, (math.Abs(1.4-1)+math.Abs(.6-1))/3)
	near("AUC of c", f.Reasons["c"].AUC, 1)
	near("AUC of a", f.Reasons["a"].AUC, .75)
}
