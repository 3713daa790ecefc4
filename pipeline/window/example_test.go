package window_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/accumulator"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/window"
)

// call is a record; waits is what a day gathers of calls: an accumulator made of accumulators.
type call struct {
	patient uint64 // a hash
	reason  string
	waitMs  int64
}

type waits struct {
	patients accumulator.Distinct
	reasons  accumulator.TopK
	wait     accumulator.Quantiles
}

func (w *waits) add(c *call) {
	w.patients.Add(c.patient)
	w.reasons.Add(c.reason, 1)
	w.wait.Add(c.waitMs)
}

func (w *waits) merge(o *waits) {
	w.patients.Merge(&o.patients)
	w.reasons.Merge(&o.reasons)
	w.wait.Merge(&o.wait)
}

type waitsCodec struct{}

func (waitsCodec) AppendValue(dst []byte, w *waits) []byte {
	return w.wait.Append(w.reasons.Append(w.patients.Append(dst)))
}

func (waitsCodec) DecodeValue(src []byte, w *waits) (err error) {
	for _, decode := range []func([]byte) ([]byte, error){w.patients.Decode, w.reasons.Decode, w.wait.Decode} {
		if src, err = decode(src); err != nil {
			return err
		}
	}
	return nil
}

// daily puts calls into days of New York.
type daily struct {
	days window.Windows[waits, call]
}

func newDaily(s *pipeline.Setup) (pipeline.Processor, error) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return nil, err
	}
	days, err := window.New(s, window.Config{
		Name: "days", Assigner: window.Calendar{Unit: window.Day, Zone: zone}, Lateness: 3600_000, TimerKind: 1,
	}, window.Aggregate[waits, call]{Codec: waitsCodec{}, Fold: (*waits).add, Merge: (*waits).merge},
		func(_ *pipeline.Context, p *window.Pane[waits]) error {
			day := time.UnixMilli(int64(p.Start)).In(zone)
			fmt.Printf("%s at %s, %d h, version %d: %d patients, median wait %.0f s, most about %s, %d late\n",
				day.Format(time.DateOnly), p.Key, (p.End-p.Start)/3600_000, p.Revision,
				p.Value.patients.Count(), p.Value.wait.At(0.5)/1000, p.Value.reasons.Top(1)[0].Item, p.Late)
			return nil
		})
	return &daily{days}, err
}

func (d *daily) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	var at pipeline.Time
	var c call
	if _, err := fmt.Sscan(string(r.Value), &at, &c.patient, &c.reason, &c.waitMs); err != nil {
		return pipeline.Invalid("not-a-call", err)
	}
	judged, _ := ctx.Watermark(0)
	ctx.ObserveEventTime(at)
	_, err := d.days.Add(ctx, window.Arrival{At: at, Judged: judged, Key: r.Key}, &c)
	return err
}

func (d *daily) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return d.days.OnTimer(ctx, t) }
func (d *daily) OnTick(ctx *pipeline.Context) error                    { return d.days.OnTick(ctx) }

// Example counts the patients of each day, their waits and reasons, over the night in which clocks
// go back.
func Example() {
	d := pipelinetest.New(new(testing.B), &pipeline.Topology{
		Name: "calls", Channels: []pipeline.Channel{{Name: "calls", OutOfOrderness: 60_000}},
		Roles: []pipeline.Role{{Name: "days", Sources: []pipeline.Source{{Topic: "calls"}}, Changelog: "days-changelog", New: newDaily}},
	}, pipelinetest.Options{})
	arrive := func(at string, patient uint64, reason string, wait time.Duration) {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			panic(err)
		}
		d.Produce("calls", []byte("cardiology"), fmt.Appendf(nil, "%d %d %s %d", t.UnixMilli(), patient*0x9e3779b97f4a7c15, reason, wait.Milliseconds()))
		d.Commit()
	}
	arrive("2026-11-01T00:30:00-04:00", 1, "refill", 90*time.Second)
	arrive("2026-11-01T01:30:00-04:00", 2, "results", 60*time.Second)
	arrive("2026-11-01T01:30:00-05:00", 1, "results", 240*time.Second)
	arrive("2026-11-02T00:10:00-05:00", 3, "refill", 30*time.Second)
	arrive("2026-11-01T23:59:00-05:00", 4, "refill", 300*time.Second)
	d.EndInput(48 * time.Hour)
	// Output:
	// 2026-11-01 at cardiology, 25 h, version 1: 2 patients, median wait 90 s, most about results, 0 late
	// 2026-11-01 at cardiology, 25 h, version 2: 3 patients, median wait 90 s, most about refill, 1 late
	// 2026-11-02 at cardiology, 24 h, version 1: 1 patients, median wait 30 s, most about refill, 0 late
}
