package pipeline

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// modelTimers does what timerQueue does, by sorting.
type modelTimers map[timerKey]Timer

type timerKey struct {
	kind uint8
	key  string
}

func (m modelTimers) pop(w *watermarks) (Timer, bool) {
	var due []Timer
	for _, t := range m {
		if mark, _ := w.minimum(t.Channels); t.At <= mark {
			due = append(due, t)
		}
	}
	if len(due) == 0 {
		return Timer{}, false
	}
	first := slices.MinFunc(due, func(a, b Timer) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	delete(m, timerKey{first.Kind, first.Key})
	return first, true
}

// TestTimersFireInOrderThroughRestores sets, moves, clears and fires timers at random, and now and
// then continues with a queue restored from what had been yielded.
func TestTimersFireInOrderThroughRestores(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		q, model, w := newTimerQueue(), modelTimers{}, newWatermarks(2)
		w.times[0], w.times[1] = 0, 0
		stored := map[string]string{}
		for step := range 2000 {
			tm := Timer{At: Time(r.IntN(1000)) + w.times[0], Channels: Channels(1 + r.IntN(3)), Kind: uint8(r.IntN(2)), Key: fmt.Sprint(r.IntN(40))}
			switch r.IntN(8) {
			case 0:
				q.clear(tm.Kind, tm.Key)
				delete(model, timerKey{tm.Kind, tm.Key})
			case 1:
				w.raise(r.IntN(2), w.times[0]+Time(r.IntN(100)), BasisReal)
				firesAs(t, &q, model, &w)
			case 2:
				q.changes(func(k, v []byte) {
					if delete(stored, string(k)); v != nil {
						stored[string(k)] = string(v)
					}
				})
				if r.IntN(4) == 0 {
					q = restoredTimers(t, stored)
				}
			default:
				q.set(tm)
				model[timerKey{tm.Kind, tm.Key}] = tm
			}
			if q.len() != len(model) {
				t.Fatalf("seed %d step %d: %d timers, want %d", seed, step, q.len(), len(model))
			}
		}
	}
}

func firesAs(t *testing.T, q *timerQueue, model modelTimers, w *watermarks) {
	t.Helper()
	for {
		want, more := model.pop(w)
		got, ok := q.pop(w)
		if ok != more || got != want {
			t.Fatalf("fired %+v, %v, want %+v, %v", got, ok, want, more)
		}
		if !more {
			return
		}
	}
}

func restoredTimers(t *testing.T, stored map[string]string) timerQueue {
	t.Helper()
	q := newTimerQueue()
	for k, v := range stored {
		if err := q.restore([]byte(k), []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

func TestTimerWithoutWatermarkDoesNotFire(t *testing.T) {
	q, w := newTimerQueue(), newWatermarks(2)
	q.set(Timer{At: MinTime, Channels: 3, Key: "a"})
	w.raise(0, MaxTime, BasisReal)
	if tm, ok := q.pop(&w); ok {
		t.Errorf("fired %+v before channel 1 has spoken", tm)
	}
}

func BenchmarkTimerMovedAndCommitted(b *testing.B) {
	q, w := newTimerQueue(), newWatermarks(1)
	keys := make([]string, 10_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("person-%d", i)
		q.set(Timer{At: Time(i), Channels: 1, Key: keys[i]})
	}
	yield := func(_, _ []byte) {}
	q.changes(yield)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		q.set(Timer{At: Time(1_000_000 + i), Channels: 1, Key: keys[i%len(keys)]})
		q.pop(&w)
		if i%1000 == 999 {
			q.changes(yield)
		}
	}
}
