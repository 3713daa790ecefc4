package kafka

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/pipeline"
)

// TestClockIsAheadOrBehindByAsMuchAsIsCertain: a batch was taken some time between being sent and being answered.
func TestClockIsAheadOrBehindByAsMuchAsIsCertain(t *testing.T) {
	sent := time.UnixMilli(1_000_000).Add(700 * time.Microsecond)
	got := sent.Add(40 * time.Millisecond)
	for name, x := range map[string]struct{ appended, want time.Duration }{
		"the same":               {20 * time.Millisecond, 0},
		"the same millisecond":   {-700 * time.Microsecond, 0},
		"ahead":                  {55 * time.Minute, 55*time.Minute - 40*time.Millisecond},
		"behind":                 {-3*time.Second - 700*time.Microsecond, -3 * time.Second},
		"at the answer's moment": {40 * time.Millisecond, 0},
	} {
		var c clock
		ahead := time.Duration(-1)
		see := func(node int32, d time.Duration) { ahead = d }
		c.see.Store(&see)
		c.compare(1, sent, sent.Add(x.appended), got)
		if ahead != x.want {
			t.Errorf("%s: ahead by %v, want %v", name, ahead, x.want)
		}
	}
}

// testClocksAgree: the broker runs on this machine, and its time lies between that of the request and that of the answer.
func testClocksAgree(t *testing.T, broker *embeddedtest.Apache) {
	r := &rig{t: t, brokers: []string{broker.Addr()}, suffix: "clocks"}
	r.c = r.dial()
	seen := make(chan time.Duration, 100)
	r.c.Clocks(func(_ int32, ahead time.Duration) { seen <- ahead })
	p := r.producer(pipeline.ProducerConfig{})
	names := map[string]bool{"LogAppendTime": true, "CreateTime": false}
	for kind, told := range names {
		topic := r.name(kind)
		if _, err := r.c.CreateTopics(t.Context(), []TopicSpec{{Name: topic, Partitions: 1, ReplicationFactor: 1, Config: map[string]string{"message.timestamp.type": kind}}}); err != nil {
			t.Fatal(err)
		}
		r.send(p, topic, 0, "a")
		if len(seen) > 0 != told {
			t.Errorf("%s: %d comparisons, want some: %v", kind, len(seen), told)
		}
		for len(seen) > 0 {
			if ahead := <-seen; ahead != 0 {
				t.Errorf("%s: ahead by %v", kind, ahead)
			}
		}
	}
}

// testClocksAreComparedWithoutWriting: somebody else writes, and whoever looks at the newest times knows how far clocks are
// apart, ahead or behind. Where nobody writes, only a record from the future tells.
func testClocksAreComparedWithoutWriting(t *testing.T, broker *embeddedtest.Apache) {
	r := &rig{t: t, brokers: []string{broker.Addr()}, suffix: fmt.Sprint(time.Now().UnixNano())}
	r.c = r.dial()
	topic := r.name("compared")
	_, err := r.c.CreateTopics(r.ctx(), []TopicSpec{{Name: topic, Partitions: 2, ReplicationFactor: 1, Config: map[string]string{"message.timestamp.type": "LogAppendTime"}}})
	r.must(err)
	p := r.producer(pipeline.ProducerConfig{})
	look := func(patience, ours time.Duration) map[int32]time.Duration {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		apart, err := r.c.ClocksAhead(ctx, []string{topic}, func() time.Time { return time.Now().Add(ours) })
		if err != nil {
			t.Fatal(err)
		}
		return apart
	}
	const hour, instant, long = time.Hour, 300 * time.Millisecond, time.Minute
	if got := look(instant, 0); len(got) > 0 {
		t.Errorf("without a record: %v", got)
	}
	r.send(p, topic, 0, "a")
	if got := look(instant, hour); len(got) > 0 {
		t.Errorf("an old record tells %v", got)
	}
	if got := look(long, -hour); len(got) != 1 || got[1] > hour || got[1] < hour-long {
		t.Errorf("a record from the future tells %v", got)
	}
	written, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		var err error
		for err == nil && written.Err() == nil {
			if err = p.Append(&pipeline.OutRecord{Topic: topic, Partition: 1, Value: []byte("b")}); err == nil {
				err = p.Seal(nil).Commit(t.Context(), nil)
			}
		}
		ended <- err
	}()
	for ours, want := range map[time.Duration]time.Duration{0: 0, hour: -hour, -hour: hour} {
		// At least: what a look takes is not known.
		if got := look(long, ours); len(got) != 1 || got[1].Abs() > hour || (got[1]-want).Abs() > long {
			t.Errorf("our clock is %v ahead: %v, want %v", ours, got, want)
		}
	}
	stop()
	r.must(<-ended)
}
