package main

import (
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

// lag is the place of a group in one partition.
func lag(topic string, committed, end int64) kafka.PartitionLag {
	return kafka.PartitionLag{TopicPartition: pipeline.TopicPartition{Topic: topic}, Committed: committed, Stable: end, End: end}
}

// A partition of a busy topic must move; of another, it may also have nothing to do. What counts is
// what is seen after a fault was put right.
func TestPartitionsMoveAgainAfterAFault(t *testing.T) {
	w := newWatch("g", []string{"busy", "rare"}, []string{"busy"}, func(tp pipeline.TopicPartition, from, to int64) { t.Errorf("%v went back from %d to %d", tp, from, to) })
	now := time.Unix(1000, 0)
	look := func(seconds int, busy, rare kafka.PartitionLag) {
		now = time.Unix(1000+int64(seconds), 0)
		w.look(now, []kafka.PartitionLag{busy, rare})
	}
	moves := func(want bool, longest time.Duration) {
		t.Helper()
		if all, got := w.moves(now); all != want || got != longest {
			t.Errorf("at %d s: all move %v, longest %v; want %v, %v", now.Unix()-1000, all, got, want, longest)
		}
	}
	if all, _ := w.moves(now); all {
		t.Error("nothing has been looked at, and all move")
	}
	look(0, lag("busy", 5, 10), lag("rare", 3, 3))
	w.begin(now)
	look(1, lag("busy", 6, 10), lag("rare", 3, 3)) // the fault has not struck yet
	look(2, lag("busy", 6, 20), lag("rare", 3, 4))
	w.healed(now)
	look(5, lag("busy", 6, 30), lag("rare", 3, 4))
	moves(false, 4*time.Second)
	look(6, lag("busy", 30, 30), lag("rare", 3, 4)) // the rare one is stuck
	moves(false, 5*time.Second)
	look(8, lag("busy", 30, 30), lag("rare", 4, 4))
	moves(true, 7*time.Second) // the rare one was without work at 1 s last
	w.begin(now)
	w.healed(now)
	look(9, lag("busy", 30, 30), lag("rare", 4, 4))
	moves(false, time.Second) // there is always something to read in the busy one
	w.look(now, nil)
	moves(false, time.Second)
}

func TestOffsetsThatGoBackAreHeardOf(t *testing.T) {
	var heard []int64
	w := newWatch("g", []string{"t"}, nil, func(_ pipeline.TopicPartition, from, to int64) { heard = append(heard, from, to) })
	for i, committed := range []int64{-1, 3, 7, 5, -1, 8} {
		w.look(time.Unix(int64(i), 0), []kafka.PartitionLag{lag("t", committed, 10)})
	}
	if len(heard) != 2 || heard[0] != 7 || heard[1] != 5 {
		t.Errorf("heard of %v, want 7 to 5 only", heard)
	}
}
