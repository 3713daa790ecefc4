package window

import (
	"strings"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// meddler lets windows have a timer that is not theirs before they have any.
type meddler struct{ *operator }

func (m meddler) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	if err := m.operator.Process(ctx, r); err != nil {
		return err
	}
	a := parseArrival(r.Value)
	for _, key := range []string{a.key, string((&base[sum, arrival]{}).placed(90_000, a.key))} {
		if err := m.w.OnTimer(ctx, pipeline.Timer{At: 130_000, Kind: 4, Key: key}); err != nil {
			return err
		}
	}
	return nil
}

func TestTimerOfAnotherKindIsPassedOver(t *testing.T) {
	for _, a := range []Assigner{Tumbling{Size: 30_000}, Sliding{Size: 30_000, Slide: 10_000}, Session{Gap: 10_000}} {
		d := pipelinetest.New(t, &pipeline.Topology{
			Name: "test", Channels: []pipeline.Channel{{Name: "in", OutOfOrderness: 5000}},
			Roles: []pipeline.Role{{Name: "sum", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "changelog",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					o, err := newOperator(s, Config{Name: "sums", Assigner: a, TimerKind: 3}, map[int64]met{})
					return meddler{o}, err
				}}},
		}, pipelinetest.Options{})
		d.ProduceTo("in", 0, nil, arrival{at: 101_000, key: "k", value: 1}.bytes())
		d.Commit()
		if got := d.ReadAll("out"); len(got) != 0 {
			t.Errorf("%T: a timer of kind 4 made a pane: %q", a, got[0].Value)
		}
	}
}

func TestTwoWindowsOfOneTimerKindAreRefused(t *testing.T) {
	_, err := pipeline.NewTask(&pipeline.Topology{Name: "t"}, &pipeline.Role{Name: "r", Sources: []pipeline.Source{{Topic: "in", Channel: pipeline.NoChannel}},
		New: func(s *pipeline.Setup) (pipeline.Processor, error) {
			for _, name := range []string{"a", "b"} {
				if _, err := New(s, Config{Name: name, Assigner: Tumbling{Size: 1}, TimerKind: 7}, summing, nil); err != nil {
					return nil, err
				}
			}
			return &operator{}, nil
		}}, pipeline.TopicPartition{Topic: "in"}, pipeline.Environment{}, nil)
	if err == nil || !strings.Contains(err.Error(), "timer kind 7 of windows b: is that of windows a") {
		t.Errorf("got %v", err)
	}
}

func TestJudgedBy1970NothingIsLate(t *testing.T) {
	w := &panes[sum, arrival]{by: Tumbling{Size: 10_000}}
	if w.IsLate(101_000, 0) || !w.IsLate(101_000, 110_000) {
		t.Error("what Arrival.Judged says of 0 is not so")
	}
}
