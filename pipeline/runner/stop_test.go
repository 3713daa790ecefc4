package runner_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// moody does what its records say: "fail", "panic", "timer", or nothing.
type moody struct {
	out      pipeline.Output
	handling bool // panics in OnFailure too
}

func (m *moody) Process(c *pipeline.Context, r *pipeline.Record) error {
	switch string(r.Value) {
	case "fail":
		return errors.New("no memory for secret-name")
	case "panic":
		panic("secret-name")
	case "unreadable":
		return pipeline.Invalid("unreadable", errors.New("by secret-name"))
	case "timer":
		c.SetTimer(pipeline.Timer{At: 1000, Kind: 3, Key: "secret-name"})
	case "time":
		c.ObserveEventTime(2000)
	case "far":
		c.EmitTo(m.out, 99, nil, nil)
	}
	c.Emit(m.out, nil, r.Value)
	return nil
}

func (m *moody) OnFailure(c *pipeline.Context, r *pipeline.Record, reason error) error {
	if m.handling {
		var none []string
		none[len("secret-name")] = "" // out of range
	}
	c.Emit(m.out, nil, []byte("rejected: "+reason.Error()))
	return nil
}

func (m *moody) OnTimer(*pipeline.Context, pipeline.Timer) error { panic("secret-name") }

func moodyTopology(handling bool) *pipeline.Topology {
	return &pipeline.Topology{
		Channels: []pipeline.Channel{{Name: "c"}},
		Roles: []pipeline.Role{{Name: "moody", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "log",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) { return &moody{s.Output("out"), handling}, nil }}},
	}
}

func runMoody(t *testing.T, handling bool, records ...string) (*pipelinetest.Broker, error) {
	t.Helper()
	b := moodyBroker(records...)
	return b, runOn(t, b, handling)
}

func moodyBroker(records ...string) *pipelinetest.Broker {
	b := pipelinetest.NewBroker()
	for _, topic := range []string{"in", "out", "log"} {
		b.CreateTopic(topic, 1)
	}
	for _, r := range records {
		b.Produce(pipeline.TopicPartition{Topic: "in"}, nil, []byte(r))
	}
	return b
}

// runOn runs until the runner ends, or for as long as it may take.
func runOn(t *testing.T, b *pipelinetest.Broker, handling bool) error {
	t.Helper()
	p := start(t, b, "one", func(c *runner.Config) { c.Topology = moodyTopology(handling) })
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		p.stop(t)
	}
	return p.err
}

func TestProcessorFailsForGoodThenTheRunnerEndsAndNamesThePlace(t *testing.T) {
	for _, c := range []struct {
		handling bool
		records  []string
		want     string
	}{
		{false, []string{"ok", "fail"}, "worker 0: task moody/in/0: in/0 offset 1: no memory"},
		{true, []string{"ok", "ok", "panic"}, "worker 0: task moody/in/0: in/0 offset 2: handle failure: panic: at stop_test.go:"},
		{false, []string{"timer", "time"}, "worker 0: task moody/in/0: in/0 offset 1: panic: at stop_test.go:"},
		{false, []string{"far"}, "worker 0: task moody/in/0: in/0 offset 0: emit to out/99: the topic has 1 partitions"},
	} {
		inBothModes(t, func(t *testing.T) {
			b, err := runMoody(t, c.handling, c.records...)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%q: got %v, want %s", c.records, err, c.want)
			}
			if c.want != "" && strings.Contains(c.want, "panic") && strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("%q: the error tells what was in the panic: %v", c.records, err)
			}
			if got := enginetest.Values(b.Read("out")); len(got) != 0 {
				t.Errorf("%q: committed %q", c.records, got)
			}
		})
	}
}

// What a record's second failure says is all that is known of it: where the record is, both places, and
// what to do. Nothing is committed until a build takes the record.
func TestRejectingPanicsThenTheTaskStopsUntilABuildTakesTheRecord(t *testing.T) {
	for bad, first := range map[string]string{"panic": `panic: at stop_test\.go:\d+`, "unreadable": "unreadable"} {
		inBothModes(t, func(t *testing.T) {
			b := moodyBroker("ok", bad, "ok")
			for range 2 {
				want := `^worker 0: task moody/in/0: in/0 offset 1: handle failure: panic: at stop_test\.go:\d+, after ` + first + `: the last commit stands and nothing is lost: start a build `
				if err := runOn(t, b, true); err == nil || !regexp.MustCompile(want).MatchString(err.Error()) || strings.Contains(err.Error(), "secret") {
					t.Errorf("got %v\nwant %s", err, want)
				}
				if got := enginetest.Values(b.Read("out")); slices.Contains(got, "rejected: "+bad) || len(got) > 1 {
					t.Errorf("committed %q", got)
				}
			}
			if err := runOn(t, b, false); err != nil {
				t.Error(err)
			}
			if got := enginetest.Values(b.Read("out")); len(got) != 3 || !strings.HasPrefix(got[1], "rejected: "+bad) {
				t.Errorf("once mended: out %q", got)
			}
		})
	}
}

func TestPanicIsHandledThenTheRunnerGoesOn(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b, err := runMoody(t, false, "ok", "panic", "ok")
		if got := enginetest.Values(b.Read("out")); err != nil || len(got) != 3 || !strings.HasPrefix(got[1], "rejected: panic: at stop_test.go:") {
			t.Errorf("out %q, %v", got, err)
		}
	})
}

func TestTopicsAreMissingOrUnequalThenTheRunnerSaysSoAtStart(t *testing.T) {
	b := pipelinetest.NewBroker()
	b.CreateTopic("in", 2)
	b.CreateTopic("log", 3)
	r, err := runner.New(runner.Config{Topology: moodyTopology(false), Cluster: b.Client(), Group: "g", Instance: "i"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it would run for good otherwise
	defer cancel()
	if err := r.Run(ctx); err == nil || !strings.Contains(err.Error(), "changelog log has 3 partitions, its source in has 2") {
		t.Errorf("got %v", err)
	}
	if _, err := runner.New(runner.Config{}); err == nil || !strings.Contains(err.Error(), "no topology") || !strings.Contains(err.Error(), "no instance") {
		t.Errorf("empty configuration: %v", err)
	}
}

func TestOutputTopicIsMissingThenTheRunnerNamesIt(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := pipelinetest.NewBroker()
		b.CreateTopic("in", 1)
		b.CreateTopic("log", 1)
		p := start(t, b, "one", func(c *runner.Config) { c.Topology = moodyTopology(false) })
		<-p.done
		if p.err == nil || !strings.Contains(p.err.Error(), "output topic out") {
			t.Errorf("got %v", p.err)
		}
	})
}
