package pipeline

import (
	"slices"
	"testing"
)

// reminded sets a timer of each kind with the first record, and notes what fires.
type reminded struct{ fired *[]Timer }

func (r reminded) Process(ctx *Context, _ *Record) error {
	ctx.SetTimer(Timer{At: 100, Channels: 1, Kind: 1, Key: "said"})
	ctx.SetTimer(Timer{At: 100, Channels: 1 | Settled, Kind: 2, Key: "forgotten"})
	return nil
}

func (r reminded) OnTimer(_ *Context, t Timer) error {
	*r.fired = append(*r.fired, t)
	return nil
}

// carried is a task whose source carries the watermarks of one partition.
func carried(t *testing.T, underWay Time, fired *[]Timer) *Task {
	t.Helper()
	topology := &Topology{
		Channels: []Channel{{Name: "c"}}, UnderWay: underWay,
		Roles: []Role{
			{Name: "carried", Sources: []Source{{Topic: "mid", Carried: true}}, Changelog: "log", New: func(*Setup) (Processor, error) { return reminded{fired}, nil }},
			{Name: "source", Sources: []Source{{Topic: "in"}}, WatermarksTo: "mid", New: func(*Setup) (Processor, error) { return silent{}, nil }},
		},
	}
	if err := topology.Validate(); err != nil {
		t.Fatal(err)
	}
	task, err := NewTask(topology, &topology.Roles[0], TopicPartition{Topic: "mid"}, Environment{}, &kept{})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// stepAt gives a task its next record, a control record where a watermark is said.
func stepAt(t *testing.T, task *Task, written, said Time) {
	t.Helper()
	r := Record{Topic: "mid", Offset: task.Position(), Timestamp: int64(written)}
	if said != MinTime {
		r.Value = AppendControl(nil, []SourceMark{{Topic: "in", Of: 1, Watermark: said}})
		r.Headers = []Header{{Key: WatermarkHeader, Value: r.Value[:1]}}
	}
	if err := task.Step(&Input{Kind: InputRecord, Record: &r}); err != nil {
		t.Fatal(err)
	}
}

func wantMarks(t *testing.T, task *Task, watermark, settled Time) {
	t.Helper()
	now, _ := task.ctx.Watermark(1)
	was, _ := task.ctx.Watermark(Settled)
	if now != watermark || was != settled {
		t.Errorf("got watermark %d, settled %d; want %d, %d", now, was, watermark, settled)
	}
}

func TestWatermarkLeapsThenItSettlesLater(t *testing.T) {
	var fired []Timer
	task := carried(t, 1000, &fired)
	stepAt(t, task, 5000, MinTime)
	stepAt(t, task, 5000, 50)
	wantMarks(t, task, 50, MinTime)
	stepAt(t, task, 5100, 900)
	wantMarks(t, task, 900, MinTime)
	stepAt(t, task, 6000, 950) // what was said before 5000 settles: nothing
	wantMarks(t, task, 950, MinTime)

	// A restored task goes on from there.
	out := &kept{}
	task.WriteTo(out)
	if err := task.Step(&Input{Kind: InputCommit}); err != nil {
		t.Fatal(err)
	}
	restored := carried(t, 1000, &fired)
	for i := range out.keys {
		if err := restored.Restore(&Record{Key: []byte(out.keys[i]), Value: []byte(out.values[i])}); err != nil {
			t.Fatal(err)
		}
	}
	if err := restored.Resume(task.Offset()); err != nil {
		t.Fatal(err)
	}
	wantMarks(t, restored, 950, MinTime)
	if len(fired) != 1 || fired[0].Key != "said" {
		t.Errorf("fired %+v, want what is to be said", fired)
	}
	stepAt(t, restored, 6999, 951)
	wantMarks(t, restored, 951, MinTime)
	stepAt(t, restored, 7000, 951) // what was said before 6000 settles
	wantMarks(t, restored, 951, 900)
	if len(fired) != 2 || fired[1].Key != "forgotten" {
		t.Errorf("fired %+v, want what is forgotten last", fired)
	}
	stepAt(t, restored, 3000, 952) // a clock was set back
	wantMarks(t, restored, 952, 951)
}

func TestNothingMayBeUnderWayThenWhatIsSaidIsSettled(t *testing.T) {
	var fired []Timer
	task := carried(t, 0, &fired)
	stepAt(t, task, 5000, MinTime)
	stepAt(t, task, 5000, 150)
	wantMarks(t, task, 150, 150)
	if keys := []string{fired[0].Key, fired[1].Key}; !slices.Equal(keys, []string{"said", "forgotten"}) {
		t.Errorf("fired %q, want both", keys)
	}
	if task.settled.dirty {
		t.Error("the changelog gets what follows from the watermarks")
	}
}
