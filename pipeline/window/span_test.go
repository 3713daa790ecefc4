package window

import (
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// TestTaskKnowsForHowLongItsWindowsAreOpen: the end of an input has to be at least so far after its last
// record, or the windows stay open.
func TestTaskKnowsForHowLongItsWindowsAreOpen(t *testing.T) {
	const day = pipeline.Time(24 * 3600_000)
	for _, c := range []struct {
		by   Assigner
		span pipeline.Time
	}{
		{Tumbling{Size: 1000}, 1000},
		{Calendar{Unit: Month, Zone: time.UTC}, 31 * day},
		{Sliding{Size: 3000, Slide: 1000}, 3000},
		{Session{Gap: 500}, 500},
	} {
		role := pipeline.Role{Name: "sum", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "changelog",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				return newOperator(s, Config{Name: "w", Assigner: c.by, Lateness: 70}, nil)
			}}
		topology := &pipeline.Topology{Channels: []pipeline.Channel{{Name: "in"}}, Roles: []pipeline.Role{role}}
		task, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: "in"},
			pipeline.Environment{Partitions: func(string) (int32, error) { return 1, nil }}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if owner, span := task.Span(); owner != "windows w" || span != c.span+70 {
			t.Errorf("%T: got %q, %d ms, want those of windows w, %d ms", c.by, owner, span, c.span+70)
		}
	}
}
