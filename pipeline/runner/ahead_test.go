package runner_test

import (
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
)

// foresight is a processor that checks what it is shown before it is given it.
type foresight struct {
	out       pipeline.Output
	shown     map[int64]string // value by offset
	most      int              // shown at a time
	surprised int              // records that were given without having been shown
	wrong     int              // records that were another when they were given, or were given before
}

func (f *foresight) Ahead(records []pipeline.Record) {
	for i := range records {
		r := &records[i]
		f.shown[r.Offset] = string(r.Value)
		f.most = max(f.most, len(f.shown))
		if r.Offset%7 == 3 {
			panic("ahead")
		}
	}
}

func (f *foresight) Process(c *pipeline.Context, r *pipeline.Record) error {
	value, ok := f.shown[r.Offset]
	switch {
	case !ok:
		f.surprised++
	case value != string(r.Value):
		f.wrong++
	}
	delete(f.shown, r.Offset)
	c.Emit(f.out, r.Key, r.Value)
	return nil
}

func TestRecordsAreShownThenProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker()
		f := &foresight{shown: map[int64]string{}}
		p := start(t, b, "a", func(c *runner.Config) {
			c.Workers = 1
			c.Topology = &pipeline.Topology{Name: "shown", Channels: []pipeline.Channel{{Name: "fast"}}, Roles: []pipeline.Role{{
				Name: "shown", Sources: []pipeline.Source{{Topic: "fast", Channel: pipeline.NoChannel}},
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					f.out = s.Output("out")
					return f, nil
				},
			}}}
		})
		const records = 1000
		for i := range records {
			b.Produce(pipeline.TopicPartition{Topic: "fast"}, []byte("key"), []byte("value "+strconv.Itoa(i)))
		}
		p.drain(t)
		p.stop(t)
		if got := len(b.Read("out")); got != records {
			t.Errorf("got %d outputs, want %d", got, records)
		}
		if f.wrong > 0 || len(f.shown) > 0 {
			t.Errorf("%d records were not what had been shown, %d that were shown did not come", f.wrong, len(f.shown))
		}
		// A panic ends a look ahead, and no more than that.
		if f.surprised == 0 || f.surprised > records/3 || f.most < 3 {
			t.Errorf("%d of %d records had not been shown; %d at most at a time", f.surprised, records, f.most)
		}
	})
}
