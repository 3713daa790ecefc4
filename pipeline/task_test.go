package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// speak lets every source say that it has reached a time.
func speak(d *pipelinetest.Driver, at int) {
	for p := range int32(2) {
		enginetest.Send(d, "fast", p, "tick", at, 0)
		enginetest.Send(d, "slow", p, "tick", at, 0)
	}
}

func TestRecordsOfAllSourcesPassThenWindowCloses(t *testing.T) {
	d := enginetest.NewDriver(t)
	enginetest.Send(d, "fast", 0, "a", 1100, 1)
	enginetest.Send(d, "fast", 0, "a", 1200, 2)
	enginetest.Send(d, "fast", 1, "b", 1300, 4)
	d.Commit()
	enginetest.SameSet(t, "out", enginetest.Values(d.Read("out")), []string{"a 1100 1 sum=1", "a 1200 2 sum=3", "b 1300 4 sum=4"})
	enginetest.SameSet(t, "windows before slow has spoken", enginetest.Values(d.Read("windows")), nil)
	speak(d, 9000)
	d.Commit()
	enginetest.SameSet(t, "windows", enginetest.Values(d.Read("windows")), []string{"a@2000 n=3 basis=1", "b@2000 n=4 basis=1"})
}

func TestI2SourceNeverSpokeHoldsTimeUntilItSaysThatItIsIdle(t *testing.T) {
	d := enginetest.NewDriver(t)
	enginetest.Send(d, "fast", 0, "a", 1100, 1)
	enginetest.Send(d, "slow", 0, "a", 9000, 1)
	d.Advance(1900 * time.Millisecond)
	enginetest.Send(d, "fast", 0, "a", 9000, 1)
	enginetest.Send(d, "slow", 0, "a", 9000, 1)
	d.Advance(50 * time.Millisecond)
	if w, _ := d.Task("mid", 0).Watermark(0); w != pipeline.MinTime {
		t.Errorf("fast watermark while fast/1 is silent: got %d, want none", w)
	}
	d.Advance(time.Second)
	if w, basis := d.Task("mid", 0).Watermark(0); w != 8900 || basis != pipeline.BasisIdle {
		t.Errorf("fast watermark: got %d of basis %d, want 8900, idle", w, basis)
	}
	enginetest.SameSet(t, "windows while slow/1 is silent", enginetest.Values(d.Read("windows")), nil)
	d.Advance(time.Second)
	enginetest.SameSet(t, "windows", enginetest.Values(d.Read("windows")), []string{"a@2000 n=1 basis=2"})
}

func TestChannelIsReadLessFarThanAnotherThenItIsBehind(t *testing.T) {
	d := enginetest.NewDriver(t)
	behind := func(channel int, at, want pipeline.Time, wantKnown bool) {
		t.Helper()
		if by, known := d.Task("mid", 0).Behind(channel, at); by != want || known != wantKnown {
			t.Errorf("channel %d at %d: behind by %d, %t; want %d, %t", channel, at, by, known, want, wantKnown)
		}
	}
	behind(0, 50_000, 0, false)
	speak(d, 9000)
	enginetest.Send(d, "slow", 0, "tick", 60_000, 0)
	enginetest.Send(d, "slow", 1, "tick", 60_000, 0)
	d.Advance(50 * time.Millisecond)
	behind(0, 50_000, 41_000, true)
	behind(0, 11_000, 0, true) // a source may be silent for so long before it is idle
	behind(1, 50_000, 0, true)
	d.KillAll()
	behind(0, 50_000, 41_000, true)
	d.Advance(3 * time.Second)
	behind(0, 50_000, 0, true) // nothing more is there
}

func TestI5TimerSetThenKillThenKeyIsSilentThenItFires(t *testing.T) {
	d := enginetest.NewDriver(t)
	enginetest.Send(d, "fast", 0, "a", 1100, 1)
	d.Commit()
	d.KillAll()
	if n := d.Task("mid", 0).Timers() + d.Task("mid", 1).Timers(); n != 1 {
		t.Fatalf("%d timers restored, want 1", n)
	}
	speak(d, 9000)
	d.Commit()
	enginetest.SameSet(t, "windows", enginetest.Values(d.Read("windows")), []string{"a@2000 n=1 basis=1"})
}

func TestI6WatermarkPassesThenKillThenLateRecordIsStillLate(t *testing.T) {
	d := enginetest.NewDriver(t)
	speak(d, 9000)
	d.Commit()
	d.KillAll()
	d.Read("late")
	enginetest.Send(d, "fast", 0, "a", 1100, 1)
	d.Process()
	d.Commit()
	enginetest.SameSet(t, "late", enginetest.Values(d.Read("late")), []string{"a 1100 1 watermark=8500"})
}

func TestI6HalfOfAChannelHasSpokenThenKillThenTheOtherHalfSpeaks(t *testing.T) {
	d := enginetest.NewDriver(t)
	enginetest.Send(d, "fast", 0, "a", 5000, 1)
	d.Commit()
	for p := range int32(2) {
		d.Kill("mid", p) // the sources go on: what they have said they do not say again
	}
	enginetest.Send(d, "fast", 1, "a", 6000, 1)
	d.Commit()
	if w, _ := d.Task("mid", 0).Watermark(0); w != 4900 {
		t.Errorf("got %d, want 4900", w)
	}
}

func TestI6SourceComesBackBehindThenKillThenWatermarkIsStillHeld(t *testing.T) {
	d := enginetest.NewDriver(t)
	enginetest.Send(d, "fast", 0, "a", 9000, 1)
	d.Advance(2100 * time.Millisecond) // both are idle
	enginetest.Send(d, "fast", 1, "a", 2000, 1)
	d.Commit()
	for _, kill := range []bool{false, true} {
		if kill {
			d.KillAll()
		}
		if w, _ := d.Task("mid", 0).Watermark(0); w != 8900 {
			t.Errorf("killed %v: got %d, want 8900 held against the returned source's 1900", kill, w)
		}
	}
}

func TestI14UncommittedChangesThenKillThenTheyAreGone(t *testing.T) {
	d := enginetest.NewDriver(t)
	enginetest.Send(d, "fast", 0, "a", 1100, 1)
	d.Commit()
	for _, r := range d.Read("out") {
		partition := r.Partition
		d.ProduceTo("mid", partition, []byte("a"), []byte("a 1200 2"))
		d.Process()
		d.Kill("mid", partition)
		d.Kill("mid", partition)
	}
	d.Commit()
	enginetest.SameSet(t, "out", enginetest.Values(d.Read("out")), []string{"a 1200 2 sum=3"})
}

func TestI15PoisonRecordsThenTheNextOneIsProcessed(t *testing.T) {
	d := enginetest.NewDriver(t)
	d.ProduceTo("fast", 0, nil, []byte("nonsense"))
	enginetest.Send(d, "fast", 0, "panic", 1000, 3)
	enginetest.Send(d, "fast", 0, "a", 1100, 1)
	d.Commit()
	enginetest.SameSet(t, "out", enginetest.Values(d.Read("out")), []string{"a 1100 1 sum=1"})
	rejected := d.Read("rejected")
	if len(rejected) != 2 {
		t.Fatalf("rejected: got %q", enginetest.Values(rejected))
	}
	reason := string(rejected[1].Headers[0].Value)
	if !strings.HasPrefix(reason, "panic: at twohops.go:") || strings.Contains(reason, "range") {
		t.Errorf("reason: got %q, want the place of the panic and nothing of its value", reason)
	}
}

func TestI7EveryRejectedRecordIsReportedWithPlaceAndReason(t *testing.T) {
	d := enginetest.NewDriver(t)
	d.ProduceTo("fast", 1, nil, []byte("nonsense"))
	enginetest.Send(d, "fast", 1, "panic", 1000, 3)
	d.Commit()
	fast := pipeline.TopicPartition{Topic: "fast", Partition: 1}
	if want := []pipelinetest.Failure{{Source: fast, Offset: 0, Reason: "unreadable"}, {Source: fast, Offset: 1, Reason: "panic"}}; !slices.Equal(d.Failures(), want) {
		t.Errorf("got %v, want %v", d.Failures(), want)
	}
}

func TestInputEndsThenWindowsCloseByForce(t *testing.T) {
	d := enginetest.NewDriver(t)
	enginetest.Send(d, "fast", 0, "a", 1100, 1)
	d.EndInput(2 * time.Second)
	enginetest.SameSet(t, "windows", enginetest.Values(d.Read("windows")), []string{"a@2000 n=1 basis=3"})
	d.KillAll()
	enginetest.Send(d, "fast", 1, "b", 2900, 1)
	d.Commit()
	enginetest.SameSet(t, "late", enginetest.Values(d.Read("late")), []string{"b 2900 1 watermark=3100"})
}

func TestEpochCountsAssignments(t *testing.T) {
	d := enginetest.NewDriver(t)
	if e := d.Task("mid", 0).Epoch(); e != 1 {
		t.Errorf("first epoch: got %d", e)
	}
	d.Commit()
	d.KillAll()
	d.Commit()
	d.Kill("mid", 0)
	if e := d.Task("mid", 0).Epoch(); e != 3 {
		t.Errorf("after two restores: got %d", e)
	}
}

func TestChannelIsIdleThenItFollowsTheClockWhereTheTopologySaysSo(t *testing.T) {
	for _, clock := range []pipeline.Clock{pipeline.ClockLog, pipeline.ClockBroker} {
		topology := enginetest.TwoHops()
		topology.Clock = clock
		d := pipelinetest.New(t, topology, pipelinetest.Options{Partitions: enginetest.Partitions})
		at := int(d.Now().UnixMilli())
		for p := range int32(2) {
			enginetest.Send(d, "fast", p, "a", at, 1)
		}
		d.Advance(10 * time.Second)
		got, basis := d.Task("mid", 0).Watermark(0)
		want := pipeline.Time(at - 100)
		if clock == pipeline.ClockBroker {
			want = pipeline.Time(d.Now().UnixMilli() - 100)
			if basis != pipeline.BasisIdle {
				t.Errorf("basis: got %d", basis)
			}
		}
		if got != want {
			t.Errorf("clock %d: got %d, want %d", clock, got, want)
		}
	}
}

func TestTicksThatFireNothingCommitNothing(t *testing.T) {
	topology := enginetest.TwoHops()
	topology.Clock = pipeline.ClockBroker
	d := pipelinetest.New(t, topology, pipelinetest.Options{Partitions: enginetest.Partitions})
	d.Advance(10 * time.Second) // everything has become idle
	before := len(d.ReadAll("count-changelog"))
	d.Advance(10 * time.Second)
	if after := len(d.ReadAll("count-changelog")); after != before {
		t.Errorf("%d changelog records written by ticks", after-before)
	}
}

// TestRandomKillsAndOrdersThenOutputsAreTheSame is metamorphic: whatever the order of tasks, the
//
// number of records at a time, the places of commits and kills, the same comes out as in a straight
// run. Nothing is late, since no event time is behind another of its source by more than the bound.
func TestRandomKillsAndOrdersThenOutputsAreTheSame(t *testing.T) {
	for seed := range uint64(25) {
		straight := enginetest.NewDriver(t)
		shaken := pipelinetest.New(t, enginetest.TwoHops(), pipelinetest.Options{Partitions: enginetest.Partitions, Rand: rand.New(rand.NewPCG(seed, 1))})
		feed, shake := rand.New(rand.NewPCG(seed, 2)), rand.New(rand.NewPCG(seed, 3))
		for i := range 300 {
			topic, p := []string{"fast", "slow"}[feed.IntN(2)], feed.Int32N(2)
			key, at := fmt.Sprint("k", feed.IntN(9)), 10_000+i*20-feed.IntN(100)
			for _, d := range []*pipelinetest.Driver{straight, shaken} {
				enginetest.Send(d, topic, p, key, at, i)
			}
			switch shake.IntN(12) {
			case 0:
				shaken.KillAll()
			case 1:
				shaken.Commit()
			case 2:
				shaken.Process()
			case 3:
				shaken.Kill("mid", shake.Int32N(2))
			case 4:
				shaken.Process()
				shaken.Kill([]string{"fast", "slow"}[shake.IntN(2)], shake.Int32N(2))
			}
		}
		straight.EndInput(time.Second)
		shaken.EndInput(time.Second)
		windows := paneTotals(straight)
		if len(windows) < 20 {
			t.Errorf("seed %d: only %d windows", seed, len(windows))
		}
		enginetest.SameSet(t, fmt.Sprintf("seed %d: windows", seed), paneTotals(shaken), windows)
		enginetest.SameSet(t, fmt.Sprintf("seed %d: late", seed), enginetest.Values(shaken.Read("late")), nil)
		enginetest.SameSet(t, fmt.Sprintf("seed %d: records", seed), inputsOf(shaken), inputsOf(straight))
	}
}

// paneTotals are the windows without their basis, which says by what they were closed.
func paneTotals(d *pipelinetest.Driver) []string {
	out := enginetest.Values(d.Read("windows"))
	for i := range out {
		out[i], _, _ = strings.Cut(out[i], " basis")
	}
	return out
}

// inputsOf are the records of out without their running sums, which depend on the order.
func inputsOf(d *pipelinetest.Driver) []string {
	out := enginetest.Values(d.Read("out"))
	for i := range out {
		out[i], _, _ = strings.Cut(out[i], " sum")
	}
	return out
}
