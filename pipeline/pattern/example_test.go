package pattern_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pattern"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// journeys looks for one pattern in records such as "09:00:10 p1 web.failed".
type journeys struct {
	matcher *pattern.Matcher
	found   pipeline.Output
}

func (j *journeys) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	f := strings.Fields(string(r.Value))
	clock, err := time.Parse(time.TimeOnly, f[0])
	if err != nil {
		return pipeline.Invalid("time", err)
	}
	at := pipeline.Time(clock.UnixMilli())
	ctx.ObserveEventTime(at)
	symbol, ok := j.matcher.Symbol(f[2]) // few names: an operator of the product resolves them once
	if !ok {
		return nil
	}
	return j.matcher.Add(ctx, &pattern.Record{Key: []byte(f[1]), At: at, Symbol: symbol, ID: []byte(f[0])})
}

func (j *journeys) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	return j.matcher.OnTimer(ctx, t)
}

func (j *journeys) emit(ctx *pipeline.Context, m *pattern.Match) error {
	ctx.Emit(j.found, m.Key, fmt.Appendf(nil, "%s failed at %s and called at %s", m.Key, m.Found[0].ID, m.Found[1].ID))
	return nil
}

func refuse(*pipeline.Context, *pattern.Record, pattern.Refused) error { return nil }

func newJourneys(s *pipeline.Setup) (pipeline.Processor, error) {
	sequence, err := pattern.Parse("web.failed then not web.completed within 10m then call.started within 30m")
	if err != nil {
		return nil, err
	}
	j := &journeys{found: s.Output("found")}
	j.matcher, err = pattern.New(s, pattern.Config{Name: "gave-up-online", Sequence: sequence, After: pattern.Once, TimerKind: 1}, j.emit, refuse)
	return j, err
}

// loud stands in for a test, which an example does not have.
type loud struct{ testing.TB }

func (loud) Helper()                           {}
func (loud) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// Who failed on a refill form, did not complete it within ten minutes, and then called?
func Example() {
	d := pipelinetest.New(loud{}, &pipeline.Topology{
		Name:     "journeys",
		Channels: []pipeline.Channel{{Name: "steps", OutOfOrderness: 60_000}},
		Roles:    []pipeline.Role{{Name: "match", Sources: []pipeline.Source{{Topic: "steps"}}, Changelog: "changelog", New: newJourneys}},
	}, pipelinetest.Options{})
	for _, line := range []string{
		"09:00:00 p1 web.failed",
		"09:01:00 p2 web.failed",
		"09:03:00 p1 web.article", // not in the pattern
		"09:08:00 p2 web.completed",
		"09:20:30 p1 call.started",
		"09:20:00 p3 web.failed", // out of order
		"09:25:00 p2 call.started",
		"10:30:00 p3 call.started", // too long after
	} {
		d.ProduceTo("steps", 0, nil, []byte(line))
	}
	d.Commit()
	d.KillAll() // partial matches are state
	d.EndInput(time.Hour)
	for _, r := range d.Read("found") {
		fmt.Println(string(r.Value))
	}
	// Output: p1 failed at 09:00:00 and called at 09:20:30
}

func ExampleParse() {
	for _, text := range []string{"web.failed then call.started within 30m", "web.failed then call.started"} {
		s, err := pattern.Parse(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(len(s.Steps), "steps:", s)
	}
	// Output:
	// 2 steps: web.failed then call.started within 30m
	// pattern: step 2, "call.started": say within how long after the step before it, as in "then call.started within 30m"
}
