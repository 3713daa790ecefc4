package join_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/join"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// consents answers what a patient allowed when something happened. Its records are such as
// "09:00 p1 consent granted" and "09:30 p1 step refill".
type consents struct {
	join    *join.Temporal
	answers pipeline.Output
}

func (c *consents) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	f := strings.Fields(string(r.Value))
	clock, err := time.Parse("15:04", f[0])
	if err != nil {
		return pipeline.Invalid("time", err)
	}
	key, at := []byte(f[1]), pipeline.Time(clock.UnixMilli())
	ctx.ObserveEventTime(at)
	if f[2] == "consent" {
		return c.join.Put(ctx, &join.Version{Key: key, From: at, Value: []byte(f[3])})
	}
	return c.join.Probe(ctx, &join.Record{Key: key, At: at, Payload: []byte(f[3])})
}

func (c *consents) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	return c.join.OnTimer(ctx, t)
}

func (c *consents) emit(ctx *pipeline.Context, a *join.Answer) error {
	said := "nothing known"
	if a.Found {
		said = string(a.Value)
	}
	ctx.Emit(c.answers, a.Key, fmt.Appendf(nil, "%s, %s, revision %d: %s", a.Key, a.Payload, a.Revision, said))
	return nil
}

func refuse(*pipeline.Context, *join.Record, join.Refused) error { return nil }

// loud stands in for a test, which an example does not have.
type loud struct{ testing.TB }

func (loud) Helper()                           {}
func (loud) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// Consent as of the event's time: what did the patient allow then, whatever was said since?
func ExampleTemporal() {
	for _, policy := range []join.Policy{join.Wait, join.Now} {
		hour := pipeline.Time(3600_000)
		d := pipelinetest.New(loud{}, &pipeline.Topology{
			Name:     "consents",
			Channels: []pipeline.Channel{{Name: "records", OutOfOrderness: hour}},
			Roles: []pipeline.Role{{Name: "consent", Sources: []pipeline.Source{{Topic: "records"}}, Changelog: "changelog",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					c := &consents{answers: s.Output("answers")}
					var err error
					c.join, err = join.NewTemporal(s, join.TemporalConfig{Name: "consent", Answer: policy, Retention: 24 * hour, TimerKind: 1}, c.emit, refuse)
					return c, err
				}}},
		}, pipelinetest.Options{})
		for _, line := range []string{
			"08:00 p1 consent granted",
			"09:30 p1 step refill",
			"10:00 p1 consent withdrawn",
			"10:10 p1 step call",
			"09:00 p1 consent limited", // an hour late, and from before the refill
		} {
			d.ProduceTo("records", 0, nil, []byte(line))
		}
		d.Commit()
		d.KillAll() // what waits and what can be corrected is state
		d.EndInput(24 * time.Hour)
		for _, r := range d.Read("answers") {
			fmt.Println(string(r.Value))
		}
		fmt.Println()
	}
	// Output:
	// p1, refill, revision 1: limited
	// p1, call, revision 1: withdrawn
	//
	// p1, refill, revision 1: granted
	// p1, call, revision 1: withdrawn
	// p1, refill, revision 2: limited
}
