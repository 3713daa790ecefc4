package window

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

const (
	webChannel = pipeline.Channels(1 << iota)
	ehrChannel
)

// relay passes arrivals on, and with them the watermark of its channel.
type relay struct{ out pipeline.Output }

func (p relay) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	ctx.ObserveEventTime(parseArrival(r.Value).at)
	ctx.EmitTo(p.out, 0, r.Key, r.Value)
	return nil
}

// both runs two windows over the same records: fast waits for the web only, whole for the record of
// the hospital too.
type both struct{ fast, whole *operator }

func (b both) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	if err := b.fast.Process(ctx, r); err != nil {
		return err
	}
	return b.whole.Process(ctx, r)
}

func (b both) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	if t.Kind == b.fast.c.TimerKind {
		return b.fast.OnTimer(ctx, t)
	}
	return b.whole.OnTimer(ctx, t)
}

func newBoth(s *pipeline.Setup, by Assigner) (*both, error) {
	out := s.Output("out")
	windows := func(name string, channels pipeline.Channels, lateness pipeline.Time, kind uint8) (*operator, error) {
		c := Config{Name: name, Assigner: by, Channels: channels, Lateness: lateness, TimerKind: kind}
		w, err := New(s, c, summing, func(ctx *pipeline.Context, p *Pane[sum]) error {
			ctx.Emit(out, []byte(name), appendEmission(p))
			return nil
		})
		return &operator{w, c, map[int64]met{}}, err
	}
	fast, err := windows("fast", webChannel, 12*3600_000, 1)
	if err != nil {
		return nil, err
	}
	whole, err := windows("whole", webChannel|ehrChannel, 0, 2)
	return &both{fast, whole}, err
}

// TestEarlyResultOfTheWebIsCorrectedWhenTheRecordLands: web events come within seconds, those of the
// hospital's record hours later, by its own bound. Windows that wait for the web only are out at once
// and corrected; those that wait for both are out late, once, and say the same in the end.
func TestEarlyResultOfTheWebIsCorrectedWhenTheRecordLands(t *testing.T) {
	const hour = 3600_000
	for _, by := range []Assigner{
		Tumbling{Size: hour}, Calendar{Unit: Hour, Zone: time.UTC}, Sliding{Size: hour, Slide: hour}, Session{Gap: hour / 2},
	} {
		d := pipelinetest.New(t, &pipeline.Topology{
			Name: "test",
			Channels: []pipeline.Channel{
				{Name: "web", OutOfOrderness: 5000}, {Name: "ehr", OutOfOrderness: 4 * hour},
			},
			Roles: []pipeline.Role{
				{Name: "relay", Sources: []pipeline.Source{{Topic: "web", Channel: 0}, {Topic: "ehr", Channel: 1}}, WatermarksTo: "all",
					New: func(s *pipeline.Setup) (pipeline.Processor, error) { return relay{s.Output("all")}, nil }},
				{Name: "windows", Sources: []pipeline.Source{{Topic: "all", Carried: true}}, Changelog: "changelog",
					New: func(s *pipeline.Setup) (pipeline.Processor, error) { return newBoth(s, by) }},
			},
		}, pipelinetest.Options{})
		record := func(topic string, at pipeline.Time, value int64) {
			d.ProduceTo(topic, 0, nil, arrival{at: at, key: "k", value: value}.bytes())
			d.Commit()
		}
		expect := func(what string, want ...string) {
			t.Helper()
			var got []string
			for _, r := range d.Read("out") {
				e := parseEmission(r.Value)
				if e.start < 100*hour || e.start >= 101*hour {
					continue
				}
				got = append(got, fmt.Sprintf("%s %d: %d of %d, late %d", r.Key, e.trigger, e.total, e.n, e.late))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%T, %s: got %q, want %q", by, what, got, want)
			}
		}
		record("ehr", 99*hour, 1000)
		record("web", 100*hour, 1)
		record("web", 100*hour+20*60_000, 2)
		expect("nothing has ended")
		record("web", 102*hour, 4)
		expect("the web has passed the end", fmt.Sprintf("fast %d: 3 of 2, late 0", OnTime))
		record("ehr", 100*hour+10*60_000, 8)
		expect("hours late, for the record in time", fmt.Sprintf("fast %d: 11 of 3, late 1", Late))
		d.KillAll()
		record("ehr", 106*hour, 16)
		expect("now both have", fmt.Sprintf("whole %d: 11 of 3, late 0", OnTime))
	}
}
