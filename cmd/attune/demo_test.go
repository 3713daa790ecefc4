package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/internal/demo"
	"github.com/attune-health/attune/internal/exit"
)

// demoShape is the JSON object that demo --json promises; maps stand for themselves.
const demoShape = `{"touchpoints": {"produced": 0, "processed": 0, "duplicate": 0, "late": 0, "rejected": 0, "by_channel": {"web": 0, "app": 0, "call": 0, "ehr": 0}},
 "personas": 0, "predictions": 0, "next_best_actions": 0, "by_action": {},
 "clickhouse": {"touchpoints": 0, "predictions": 0, "actions": 0, "aggregates": 0, "http": "", "native": ""}, "kafka": {"brokers": "", "registry": ""},
 "latency_ms": {"call_to_action": {"p50": 0, "p99": 0, "max": 0}, "touchpoint_to_clickhouse": {"p50": 0, "p99": 0}},
 "prediction": {"scored": 0, "top1": 0, "top3": 0, "commonest": 0, "log_loss": 0, "ece": 0, "learned": 0, "attainable": null,
  "known_before_connected": {"connected": 0, "known": 0, "share": 0, "median_lead_s": 0}}, "speed": 0, "live_after_s": 0,
 "reconciled": true, "differences": [], "elapsed_s": 0}`

// paths lists the keys of a JSON value with the types that they hold; keys of by_action are data.
func paths(at string, v any) []string {
	switch v := v.(type) {
	case map[string]any:
		out := []string{at + " object"}
		for key, inner := range v {
			if at != ".by_action" && key != "attainable" {
				out = append(out, paths(at+"."+key, inner)...)
			}
		}
		slices.Sort(out)
		return out
	case []any:
		return []string{at + " array"}
	case string:
		return []string{at + " string"}
	case float64:
		return []string{at + " number"}
	case bool:
		return []string{at + " bool"}
	}
	return []string{at + " other"}
}

// resultOf reads what demo --json wrote: exactly one object of the promised shape.
func resultOf(t *testing.T, stdout string) demo.Result {
	t.Helper()
	var got, want any
	decoder := json.NewDecoder(strings.NewReader(stdout))
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("stdout is not JSON: %v\n%s", err, stdout)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		t.Errorf("stdout holds more than one value: %s", stdout)
	}
	if err := json.Unmarshal([]byte(demoShape), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(paths("", got), paths("", want)); diff != "" {
		t.Errorf("shape of the result (-got +want):\n%s", diff)
	}
	var result demo.Result
	if err := json.Unmarshal([]byte(stdout), &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// checkSums demands what must hold of every reconciled result.
func checkSums(t *testing.T, r demo.Result) {
	t.Helper()
	tp := r.Touchpoints
	if !r.Reconciled || len(r.Differences) > 0 {
		t.Errorf("not reconciled: %s", strings.Join(r.Differences, "\n"))
	}
	if tp.Produced == 0 || tp.Produced != tp.Processed+tp.Duplicate+tp.Late+tp.Rejected {
		t.Errorf("%d produced, %d processed + %d duplicate + %d late + %d rejected", tp.Produced, tp.Processed, tp.Duplicate, tp.Late, tp.Rejected)
	}
	channels := 0
	for _, n := range tp.ByChannel {
		channels += n
	}
	if channels > tp.Produced {
		t.Errorf("%d by channel, %d produced", channels, tp.Produced)
	}
	actions := 0
	for _, n := range r.ByAction {
		actions += n
	}
	if actions != r.NextBestActions || actions == 0 {
		t.Errorf("%d by action, %d next best actions", actions, r.NextBestActions)
	}
	if got, want := r.ClickHouse.Touchpoints, tp.Processed+tp.Late; got != want {
		t.Errorf("ClickHouse has %d touchpoints, %d were processed or late", got, want)
	}
	if r.ClickHouse.Predictions != r.Predictions {
		t.Errorf("ClickHouse has %d predictions of %d", r.ClickHouse.Predictions, r.Predictions)
	}
	if r.ClickHouse.Actions < r.NextBestActions || r.ClickHouse.Aggregates == 0 {
		t.Errorf("ClickHouse has %d actions for %d and %d aggregates", r.ClickHouse.Actions, r.NextBestActions, r.ClickHouse.Aggregates)
	}
}

func TestDemoReconciles(t *testing.T) {
	t.Parallel()
	s := try(t, "demo", "--world", "episodes", "--for", "5s", "--speed", "20", "--seed", "7", "--start", "2026-03-02T14:00:00Z", "--json")
	if s.code != exit.CodeOK {
		t.Fatalf("exit code %d: %s", s.code, s.stderr)
	}
	r := resultOf(t, s.stdout)
	checkSums(t, r)
	if r.Touchpoints.Duplicate == 0 || r.Personas == 0 || r.Latency.CallToAction.P50 <= 0 || r.Latency.ToClickHouse.P99 <= 0 {
		t.Errorf("too little happened: %s", s.stdout)
	}
	for _, address := range []string{r.Kafka.Brokers, r.Kafka.Registry, r.ClickHouse.HTTP, r.ClickHouse.Native} {
		if !strings.Contains(s.stderr, address) {
			t.Errorf("stderr does not name %s:\n%s", address, s.stderr)
		}
	}
	t.Logf("%d touchpoints, %.1f s", r.Touchpoints.Produced, r.Elapsed)
}

// Patients at a human pace: two days of theirs are taken in before the demo goes live, and what is predicted then
// stands beside what was attainable at the same contacts.
func TestDemoOfAWorldSaysWhatWasAttainable(t *testing.T) {
	t.Parallel()
	report := t.TempDir()
	s := try(t, "demo", "--patients", "6000", "--speed", "20000", "--for", "5s", "--seed", "7", "--report", report, "--json")
	if s.code != exit.CodeOK {
		t.Fatalf("exit code %d: %s", s.code, s.stderr)
	}
	r := resultOf(t, s.stdout)
	checkSums(t, r)
	p := r.Prediction
	if p.Scored < 10 || p.Learned <= p.Scored || p.Attainable == nil || p.Attainable.Top1 <= p.Commonest || p.Attainable.Top3 < p.Attainable.Top1 {
		t.Errorf("of predictions it says %+v, attainable %+v", p, p.Attainable)
	}
	if k := p.Known; k.Connected == 0 || k.Connected > p.Scored || k.Known > k.Connected {
		t.Errorf("of calls known before they were connected it says %+v", k)
	}
	if r.Speed != 20000 || r.LiveAfter <= 0 || r.LiveAfter >= r.Elapsed {
		t.Errorf("x%v, live after %v s of %v", r.Speed, r.LiveAfter, r.Elapsed)
	}
	page, err := os.ReadFile(filepath.Join(report, "index.html"))
	if err != nil || !strings.Contains(string(page), "attainable") || strings.Count(string(page), "<svg") < 5 {
		t.Errorf("the page has %d bytes, %v", len(page), err)
	}
}

func TestInterruptedDemoDrainsAndReconciles(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := command(ctx, "demo", "--world", "episodes", "--rate", "500", "--json")
	var stdout, stderr buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, "first line of the view", func() bool { return strings.Contains(stderr.String(), "call to action") })
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) || err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	checkSums(t, resultOf(t, stdout.String()))
}

// explainsDecision has a decision told in words: every other action of the catalogue and why it was not chosen.
// One that only withdraws another has chosen nothing.
func explainsDecision(t *testing.T, dir string) {
	t.Helper()
	var row struct {
		ID     string
		Others int
	}
	if err := json.Unmarshal([]byte(must(t, "query", "--data", dir, "--json", "SELECT decision_id AS ID, toInt32(length(`receipt.action`)) AS Others FROM current_actions WHERE delivered AND NOT cancelled LIMIT 1")), &row); err != nil {
		t.Fatal(err)
	}
	text := must(t, "explain", "--data", dir, row.ID)
	_, others, ok := strings.Cut(text, "the others\n")
	if !ok || row.Others == 0 || strings.Count(others, "\n") != row.Others || !strings.Contains(text, "chosen: ") {
		t.Errorf("%d others:\n%s", row.Others, text)
	}
	if s := try(t, "explain", "--data", dir, "no-such"); s.code != exit.CodeFailed || !strings.Contains(s.stderr, "no decision of this id") {
		t.Errorf("exit code %d, %s", s.code, s.stderr)
	}
}

// A second signal ends the demo at once, and leaves neither its directory nor its servers behind.
func TestSecondSignalThenDemoLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	dir := t.TempDir()
	cmd := command(ctx, "demo", "--world", "episodes", "--rate", "500", "--json")
	cmd.Env = append(cmd.Env, "TMPDIR="+dir)
	var stderr buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, "first line of the view", func() bool { return strings.Contains(stderr.String(), "call to action") })
	// Two signals of one kind may become one.
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("it ends with %d, want 130: %s", code, stderr.String())
	}
	await(t, time.Minute, "an empty directory", func() bool {
		left, err := filepath.Glob(filepath.Join(dir, "attune-demo-*"))
		return err == nil && len(left) == 0
	})
}

// What a demo leaves can be asked, and the next demo on it goes on where it ended; what lies behind
// its watermark is refused.
func TestDemoGoesOnWithItsData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	demo := []string{"demo", "--world", "episodes", "--data", dir, "--for", "1s", "--speed", "20", "--rate", "100", "--json"}
	first := resultOf(t, must(t, demo...))
	checkSums(t, first)
	count := func() int {
		var row struct{ N int }
		if err := json.Unmarshal([]byte(must(t, "query", "--data", dir, "--json", "SELECT toInt32(count()) AS N FROM current_touchpoints")), &row); err != nil {
			t.Fatal(err)
		}
		return row.N
	}
	if got := count(); got != first.ClickHouse.Touchpoints {
		t.Errorf("query finds %d touchpoints, the demo %d", got, first.ClickHouse.Touchpoints)
	}
	explainsDecision(t, dir)
	second := resultOf(t, must(t, demo...))
	checkSums(t, second)
	if second.Touchpoints.Produced <= first.Touchpoints.Produced {
		t.Errorf("produced %d, then %d in all", first.Touchpoints.Produced, second.Touchpoints.Produced)
	}
	if got := count(); got != second.ClickHouse.Touchpoints {
		t.Errorf("query finds %d touchpoints, the second demo %d", got, second.ClickHouse.Touchpoints)
	}
	for name, args := range map[string][]string{
		"simulation": append(slices.Clone(demo), "--start", "2020-01-01T00:00:00Z"),
		"import":     {"demo", "--data", dir, "--import", bankFile(t, bankRows), "--format", "technion-bank"},
	} {
		if s := try(t, args...); s.code != exit.CodeUsage || !strings.Contains(s.stderr, "its events would be late; name another directory (--data)") {
			t.Errorf("%s behind the watermark: exit code %d: %s", name, s.code, s.stderr)
		}
	}
	killed := t.TempDir()
	writeFile(t, filepath.Join(killed, "demo.json"), `{"running":true}`)
	if s := try(t, "demo", "--data", killed, "--for", "1s"); s.code != exit.CodeUsage || !strings.Contains(s.stderr, "what it sent is not known: remove it or name another directory") {
		t.Errorf("data of a demo that was killed: exit code %d: %s", s.code, s.stderr)
	}
	if got := count(); got != second.ClickHouse.Touchpoints {
		t.Errorf("what was refused left traces: %d touchpoints, were %d", got, second.ClickHouse.Touchpoints)
	}
}
