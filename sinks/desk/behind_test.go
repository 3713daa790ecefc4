package desk

import (
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// A desk is current only while it keeps up with ends that were asked for lately.
func TestBehind(t *testing.T) {
	tp := pipeline.TopicPartition{Topic: "t"}
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	var b behind
	if got := b.now(at(0)); got.Current || got.Ms != -1 {
		t.Errorf("before anything was read it says %+v", got)
	}
	b.ask(at(0), map[pipeline.TopicPartition]int64{tp: 10})
	if b.reached(map[pipeline.TopicPartition]int64{tp: 9}); b.now(at(1)).Ms != -1 {
		t.Error("it calls itself caught up one record before the end")
	}
	b.reached(map[pipeline.TopicPartition]int64{tp: 10})
	if got := b.now(at(1)); !got.Current || got.Ms != 1000 {
		t.Errorf("a second after the question that it has reached it says %+v", got)
	}
	// The broker does not answer any more: time passes.
	if got := b.now(at(10)); got.Current || got.Ms != 10_000 {
		t.Errorf("ten seconds without an answer it says %+v", got)
	}
	// It answers, and there is more than was read.
	b.ask(at(11), map[pipeline.TopicPartition]int64{tp: 20})
	b.reached(map[pipeline.TopicPartition]int64{tp: 15})
	if got := b.now(at(12)); got.Current || got.Ms != 12_000 {
		t.Errorf("with records left to read it says %+v", got)
	}
}
