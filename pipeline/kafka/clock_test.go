package kafka

import (
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
