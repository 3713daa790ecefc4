package window

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// story tells of one key, step by step.
type story struct {
	*testing.T
	d *pipelinetest.Driver
}

func newStory(t *testing.T, c Config) story { return story{t, newRig(t, c, map[int64]met{})} }

// record lets one arrive, and commits. The watermark trails the newest by 5 s.
func (s story) record(at pipeline.Time, value int64) {
	s.Helper()
	s.d.ProduceTo("in", 0, nil, arrival{at: at, key: "k", value: value}.bytes())
	s.d.Commit()
}

// expect compares what came out since the last time.
func (s story) expect(what string, want ...string) {
	s.Helper()
	var got []string
	for _, r := range s.d.Read("out") {
		e := parseEmission(r.Value)
		trigger := [...]string{Early: "early", OnTime: "on time", Late: "late", Retracted: "retracted"}[e.trigger]
		text := fmt.Sprintf("%d-%d %s: %d of %d", e.start/1000, e.end/1000, trigger, e.total, e.n)
		if e.late != 0 || e.dropped != 0 {
			text += fmt.Sprintf(", late %d, dropped %d", e.late, e.dropped)
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		s.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

func TestWatermarkPassesThenLateRecordArrives(t *testing.T) {
	s := newStory(t, Config{Name: "sums", Assigner: Tumbling{Size: 10_000}, Lateness: 15_000, Retain: 30_000, Early: 1000, TimerKind: 3})
	s.record(101_000, 1)
	s.expect("nothing yet")
	s.d.Advance(1100 * time.Millisecond)
	s.expect("early", "100-110 early: 1 of 1")
	s.d.Advance(3 * time.Second)
	s.expect("unchanged, so not again")
	s.record(109_999, 2)
	s.record(115_000, 100)
	s.expect("the watermark is at the end: on time", "100-110 on time: 3 of 2")
	s.record(102_000, 4)
	s.expect("late, but allowed", "100-110 late: 7 of 3, late 1, dropped 0")
	s.d.KillAll()
	s.record(130_000, 100)
	s.record(103_000, 8)
	s.expect("beyond allowed lateness", "110-120 on time: 100 of 1", "100-110 late: 7 of 3, late 1, dropped 1")
	s.record(160_000, 100)
	s.record(104_000, 16)
	s.expect("the pane is gone", "130-140 on time: 100 of 1")
}

func TestSlidingWindowsShareRecords(t *testing.T) {
	s := newStory(t, Config{Name: "sums", Assigner: Sliding{Size: 30_000, Slide: 10_000}, Lateness: 10_000, Retain: 100_000, Early: 1000, TimerKind: 3})
	s.record(101_000, 1)
	s.record(112_000, 2)
	s.expect("nothing yet")
	s.d.Advance(1100 * time.Millisecond)
	s.expect("the window that ends next, early", "80-110 early: 1 of 1")
	s.record(117_000, 4)
	s.expect("the first ends", "80-110 on time: 1 of 1")
	s.record(106_000, 8)
	s.expect("late for the one that has ended; the others have time", "80-110 late: 9 of 2, late 1, dropped 0")
	s.d.KillAll()
	s.record(140_000, 16)
	s.expect("two more end", "90-120 on time: 15 of 4", "100-130 on time: 15 of 4")
	s.record(109_000, 32)
	s.expect("too late for two, allowed in one: what is shared is not spoilt",
		"80-110 late: 9 of 2, late 1, dropped 1", "90-120 late: 15 of 4, late 0, dropped 1", "100-130 late: 47 of 5, late 1, dropped 0")
	s.d.KillAll()
	s.record(101_000, 64)
	s.expect("again, after a restore",
		"80-110 late: 9 of 2, late 1, dropped 2", "90-120 late: 15 of 4, late 0, dropped 2", "100-130 late: 111 of 6, late 2, dropped 0")
}

func TestLateRecordJoinsTwoSessions(t *testing.T) {
	s := newStory(t, Config{Name: "sums", Assigner: Session{Gap: 10_000}, Lateness: 60_000, Early: 1000, TimerKind: 3})
	s.record(100_000, 1)
	s.record(104_000, 2)
	s.d.Advance(1100 * time.Millisecond)
	s.expect("early, its end not yet known", "100-114 early: 3 of 2")
	s.record(120_000, 4)
	s.expect("a gap: the first ends", "100-114 on time: 3 of 2")
	s.record(140_000, 8)
	s.expect("the second", "120-130 on time: 4 of 1")
	s.d.KillAll()
	s.record(112_000, 16)
	s.expect("a late record joins them", "120-130 retracted: 0 of 0", "100-130 late: 23 of 4, late 1, dropped 0")
	s.record(95_000, 32)
	s.expect("one before the first makes it another", "100-130 retracted: 0 of 0", "95-130 late: 55 of 5, late 2, dropped 0")
	s.record(131_000, 64)
	s.expect("joins nothing ended and one that is open: not known yet")
	s.record(129_000, 128)
	s.expect("opens the first again, with the third; what it was is out, and stays until")
	s.d.Advance(1100 * time.Millisecond)
	s.expect("the next early emission", "95-150 early: 255 of 8, late 3, dropped 0")
	s.record(160_000, 0)
	s.expect("which then ends once more", "95-150 on time: 255 of 8, late 3, dropped 0")
}

// TestJoinedSessionsKeepTheirCounts: a record is dropped in the later of two sessions, and then one
// that was held comes between them.
func TestJoinedSessionsKeepTheirCounts(t *testing.T) {
	s := newStory(t, Config{Name: "sums", Assigner: Session{Gap: 10_000}, Lateness: 20_000, TimerKind: 3})
	for i, at := range []pipeline.Time{105, 120, 128, 136, 144, 152} {
		s.record(at*1000, 1<<i)
	}
	s.expect("the first has ended", "105-115 on time: 1 of 1")
	s.record(116_000, 64)
	s.expect("too late, but its session has not ended")
	s.d.ProduceTo("in", 0, nil, arrival{at: 114_000, key: "k", value: 128, held: 10_000}.bytes())
	s.record(170_000, 0)
	s.expect("joined", "105-162 on time: 191 of 7, late 1, dropped 1")
}

// TestJoinedSessionsThatWereEmittedEarly: they have not ended, but one of them is known.
func TestJoinedSessionsThatWereEmittedEarly(t *testing.T) {
	s := newStory(t, Config{Name: "sums", Assigner: Session{Gap: 10_000}, Lateness: 60_000, Early: 1000, TimerKind: 3})
	s.record(100_000, 1)
	s.record(112_000, 2)
	s.expect("the watermark is at 107")
	s.d.Advance(1100 * time.Millisecond)
	s.expect("both early", "100-110 early: 1 of 1", "112-122 early: 2 of 1")
	s.record(105_000, 4)
	s.expect("joined", "112-122 retracted: 0 of 0", "100-122 early: 7 of 3")
}

// TestWhatHadChangedIsEmittedEarlyAfterARestore: by each kind of windows.
func TestWhatHadChangedIsEmittedEarlyAfterARestore(t *testing.T) {
	for _, a := range []Assigner{Tumbling{Size: 30_000}, Sliding{Size: 30_000, Slide: 10_000}, Session{Gap: 10_000}, Calendar{Unit: Day, Zone: time.UTC}} {
		s := newStory(t, Config{Name: "sums", Assigner: a, Early: 1000, TimerKind: 3})
		s.record(101_000, 1)
		s.d.KillAll()
		s.d.Advance(1100 * time.Millisecond)
		if got := emissions(s.d); len(got) != 1 || got[0].trigger != Early || got[0].n != 1 {
			t.Errorf("%T: got %+v", a, got)
		}
		s.d.KillAll()
		s.d.Advance(2100 * time.Millisecond)
		if got := emissions(s.d); len(got) != 1 {
			t.Errorf("%T: unchanged, but got %+v", a, got)
		}
	}
}

func TestConfigNamesItsProblems(t *testing.T) {
	for _, a := range []Assigner{
		nil, Tumbling{}, Session{}, Session{Gap: -1}, Sliding{Size: 10}, Sliding{Size: 5, Slide: 10}, Sliding{Size: 1e9, Slide: 1},
		Calendar{Unit: Day}, Calendar{Zone: time.UTC}, Calendar{Unit: Month + 1, Zone: time.UTC},
	} {
		if c := (Config{Name: "x", Assigner: a}); c.Validate() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	for _, c := range []Config{{Assigner: Tumbling{Size: 1}}, {Name: "x", Assigner: Tumbling{Size: 1}, Lateness: -1}} {
		if c.Validate() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	c := Config{Name: "x", Assigner: Sliding{Size: 2, Slide: 1}}
	if _, err := New(nil, c, Aggregate[sum, arrival]{Codec: sumCodec{}, Fold: summing.Fold}, nil); err == nil {
		t.Error("sliding windows without merge are accepted")
	}
}

func TestTumblingWindowsHaveNoGaps(t *testing.T) {
	for _, w := range []Tumbling{{Size: 1}, {Size: 7}, {Size: 3600_000}, {Size: 60, Offset: 13}} {
		for at := pipeline.Time(-200); at < 200; at++ {
			win := w.Assign(at)
			if at < win.Start || at >= win.End || win.End-win.Start != w.Size || w.Assign(win.Start) != win || w.Assign(win.End-1) != win || w.Assign(win.End) == win {
				t.Fatalf("%+v: %d is in %+v", w, at, win)
			}
		}
	}
}
