package runner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// everywhere puts a record into each source partition: of one key, or of a key for each.
func everywhere(b *pipelinetest.Broker, key string, each bool, at int) {
	for _, topic := range []string{"fast", "slow"} {
		for p := range int32(2) {
			k := key
			if each {
				k = fmt.Sprintf("%s-%s-%d", key, topic, p)
			}
			put(b, topic, p, k, at, 1)
		}
	}
}

// windowsOf are the windows that end at a time, without what closed them.
func windowsOf(b *pipelinetest.Broker, end int) []string {
	var list []string
	for _, w := range enginetest.Values(b.Read("windows")) {
		if w, _, _ = strings.Cut(w, " basis"); strings.Contains(w, fmt.Sprintf("@%d ", end)) {
			list = append(list, w)
		}
	}
	return list
}

// waited are the windows of a record of key waits in each source partition, and of one key in all.
var waited = []string{"start@2000 n=4", "waits-fast-0@2000 n=1", "waits-fast-1@2000 n=1", "waits-slow-0@2000 n=1", "waits-slow-1@2000 n=1"}

// sentOn reports whether a record came through the first hop; who owns the second one's partitions
//
// differs from run to run.
func sentOn(b *pipelinetest.Broker, prefix string) bool {
	return slices.ContainsFunc(enginetest.Values(b.Read("mid")), func(v string) bool { return strings.HasPrefix(v, prefix) })
}

// TestIngestTaskIsDeadThenTimeWaitsForItAndNoRecordIsLate: a process dies while its group has not
// noticed. Its sources get records, and those of the other run a minute ahead. However long it takes,
// the other does not close a window that those records belong to; when they have an owner again, none
// of them is late.
func TestIngestTaskIsDeadThenTimeWaitsForItAndNoRecordIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker()
		dead, alive := start(t, b, "dead", nil), start(t, b, "alive", nil)
		pass(5 * time.Second)
		everywhere(b, "start", false, 1000)
		pass(time.Second)
		dead.client.Session = time.Hour
		dead.kill()
		everywhere(b, "waits", true, 1500)
		pass(200 * time.Millisecond)
		everywhere(b, "ahead", true, 60_000)
		pass(time.Minute) // far longer than a source takes to become idle
		if !sentOn(b, "ahead") {
			t.Error("the process that is alive does not go on")
		}
		if got := enginetest.Values(b.Read("windows")); len(got) > 0 {
			t.Errorf("closed while a source has no owner: %q", got)
		}
		b.Expire("g", "dead", time.Minute)
		pass(10 * time.Second)
		alive.drain(t)
		enginetest.SameSet(t, "late", enginetest.Values(b.Read("late")), nil)
		enginetest.SameSet(t, "windows", windowsOf(b, 2000), waited)
		alive.stop(t)
	})
}

// TestI1CommitHangsForLongThenRecordsThatWaitBehindItAreNotLate: a process whose commit hangs reads no
// further, while the sources of the other run ahead. Its own look silent all the time; but as long as
// records wait in them they are not idle, and those records are not late when it goes on.
func TestI1CommitHangsForLongThenRecordsThatWaitBehindItAreNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker()
		small := func(c *runner.Config) { c.MaxPending = 1 }
		stuck, free := start(t, b, "stuck", small), start(t, b, "free", small)
		pass(5 * time.Second)
		everywhere(b, "start", false, 1000)
		pass(time.Second)
		g := newGate(pipelinetest.Produce)
		stuck.client.Fault(g.fault)
		everywhere(b, "start", false, 1001) // whose commit hangs
		pass(200 * time.Millisecond)
		everywhere(b, "more", false, 1002) // fills up what may be pending
		pass(200 * time.Millisecond)
		everywhere(b, "waits", true, 1500)
		pass(200 * time.Millisecond)
		everywhere(b, "ahead", true, 60_000)
		pass(10 * time.Second)
		if !sentOn(b, "ahead") {
			t.Error("the process that is free does not go on")
		}
		g.release()
		pass(5 * time.Second)
		stuck.stop(t)
		free.drain(t)
		enginetest.SameSet(t, "late", enginetest.Values(b.Read("late")), nil)
		want := append([]string{"more@2000 n=4", "start@2000 n=8"}, waited[1:]...)
		enginetest.SameSet(t, "windows", windowsOf(b, 2000), want)
		free.stop(t)
	})
}

// TestClocksOfProcessesAreAnHourApartThenIdlenessTakesAsLong: idleness is a matter of how long, by the
// clock of the process that owns the source, and of no difference between clocks.
func TestClocksOfProcessesAreAnHourApartThenIdlenessTakesAsLong(t *testing.T) {
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := newBroker()
			clock := func(by time.Duration) func(*runner.Config) {
				return func(c *runner.Config) { c.Now = func() time.Time { return time.Now().Add(by) } }
			}
			one, two := start(t, b, "one", clock(skew)), start(t, b, "two", clock(-skew))
			pass(time.Second)
			everywhere(b, "a", false, 1000)
			for range 3 { // 1.5 s without a word of fast/1: not idle yet
				pass(500 * time.Millisecond)
				put(b, "fast", 0, "b", 9000, 1)
				put(b, "slow", 0, "b", 9000, 1)
				put(b, "slow", 1, "b", 9000, 1)
			}
			if got := enginetest.Values(b.Read("windows")); len(got) > 0 {
				t.Errorf("skew %v: closed before fast/1 is idle: %q", skew, got)
			}
			for range 5 {
				pass(500 * time.Millisecond)
				put(b, "fast", 0, "b", 9000, 1)
				put(b, "slow", 0, "b", 9000, 1)
				put(b, "slow", 1, "b", 9000, 1)
			}
			enginetest.SameSet(t, fmt.Sprintf("skew %v: windows", skew), enginetest.Values(b.Read("windows")), []string{"a@2000 n=4 basis=2"})
			one.stop(t)
			two.stop(t)
		})
	}
}

// TestClockOfAProcessRunsAheadThenWatermarksAreNoFurtherAhead: where the watermark of silent channels
// follows the clock, a clock that is ahead by no more than the channels' bound makes no record late;
// one that is further ahead moves the watermark ahead by the rest, and no more.
func TestClockOfAProcessRunsAheadThenWatermarksAreNoFurtherAhead(t *testing.T) {
	const bound = 500 // of slow, the channel that all wait for
	for _, skew := range []int{0, bound - 100, 5000} {
		synctest.Test(t, func(t *testing.T) {
			b := newBroker()
			run := start(t, b, "ahead", func(c *runner.Config) {
				c.Topology.Clock = pipeline.ClockBroker
				c.Now = func() time.Time { return time.Now().Add(time.Duration(skew) * time.Millisecond) }
			})
			everywhere(b, "a", false, int(time.Now().UnixMilli()))
			pass(20 * time.Second) // all are idle, and time follows the clock
			at := int(time.Now().UnixMilli())
			everywhere(b, "b", true, at)
			pass(time.Second)
			late := enginetest.Values(b.Read("late"))
			if want := 4 * min(skew/1000, 1); len(late) != want {
				t.Errorf("skew %d ms: got %d late records, want %d: %q", skew, len(late), want, late)
			}
			for _, v := range late {
				var key string
				var of, n, watermark int
				if _, err := fmt.Sscanf(v, "%s %d %d watermark=%d", &key, &of, &n, &watermark); err != nil {
					t.Fatal(err)
				}
				// the last tick before the record was processed, at the latest a commit after it was sent
				if ahead := watermark - at; ahead > skew-bound+300 {
					t.Errorf("skew %d ms: the watermark is %d ms ahead", skew, ahead)
				}
			}
			run.stop(t)
		})
	}
}
