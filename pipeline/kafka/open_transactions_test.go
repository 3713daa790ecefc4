package kafka

import (
	"errors"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// leaveOpen writes a committed record, and behind it two of a transaction that nobody ends.
func leaveOpen(r *rig, topic string) (writer pipeline.Producer, at pipeline.TopicPartition) {
	r.t.Helper()
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w", TransactionTimeout: 600_000})
	r.send(p, topic, 0, "a")
	r.read(topic) // its marker is written
	r.append(p, topic, 0, "b", "c")
	r.must(p.Seal(nil).(*transaction).fill(r.ctx(), nil))
	return p, tp(topic, 0)
}

// TestTransactionThatStaysOpenThenItsReaderTells: a reader behind it hears nothing from the broker, neither an error nor an
// end; it tells what it waits for, again and again, and that it goes on.
func TestTransactionThatStaysOpenThenItsReaderTells(t *testing.T) {
	r := newRig(t)
	topic := r.topic("held", 1)
	w, at := leaveOpen(r, topic)
	type told struct {
		attempt int
		err     error
	}
	heard := make(chan told, 1000)
	f := r.fetcher(pipeline.FetcherConfig{OpenLimit: 200, Parked: func(tp pipeline.TopicPartition, attempt int, err error) {
		if tp != at {
			t.Errorf("%v was told of", tp)
		}
		heard <- told{attempt, err}
	}})
	f.Assign(map[pipeline.TopicPartition]int64{at: 0})
	read := make(chan string, 100)
	go func() {
		for {
			chunks, err := f.Poll(t.Context())
			if err != nil {
				return
			}
			for _, c := range chunks {
				var rec pipeline.Record
				for c.Next(&rec) {
					read <- string(rec.Value)
				}
				c.Release()
			}
		}
	}()
	wait := func(what string, ok func(told) bool) {
		t.Helper()
		for {
			select {
			case x := <-heard:
				if ok(x) {
					return
				}
			case <-time.After(time.Minute):
				t.Fatal("nobody told ", what)
			}
		}
	}
	last := 0
	for range 2 {
		wait("of the transaction", func(x told) bool {
			var open *OpenTransactionError
			if !errors.As(x.err, &open) || x.attempt <= last {
				t.Fatalf("told %d, %v", x.attempt, x.err)
			}
			if open.Topic != topic || open.First != 2 || open.End != 4 || open.For < 200*time.Millisecond {
				t.Errorf("told %+v", open)
			}
			last = x.attempt
			return true
		})
	}
	r.must(w.Init(r.ctx())) // ends it
	r.send(w, topic, 0, "d")
	wait("that it goes on", func(x told) bool { return x.err == nil })
	for _, want := range []string{"a", "d"} {
		if got := <-read; got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
}

// TestTransactionsThatHoldUpReadersAreNamed: with who wrote them, and for how long they have been seen open; what ends, and
// partitions that nothing holds up, are not in it.
func TestTransactionsThatHoldUpReadersAreNamed(t *testing.T) {
	r := newRig(t)
	topic := r.topic("held", 2)
	w, at := leaveOpen(r, topic)
	r.send(r.producer(pipeline.ProducerConfig{}), topic, 1, "free")
	both := []pipeline.TopicPartition{at, tp(topic, 1)}
	const stays = 2 * openLook
	began := time.Now()
	open, err := r.c.OpenTransactions(r.ctx(), both, stays)
	r.must(err)
	if len(open) != 1 || open[0].TopicPartition != at || open[0].First != 2 || open[0].End != 4 || open[0].Producer < 0 {
		t.Fatalf("open are %+v", open)
	}
	if open[0].For < stays || open[0].For > time.Since(began) {
		t.Errorf("open for %v", open[0].For)
	}
	// One that ends while somebody looks is none.
	ended := make(chan error, 1)
	time.AfterFunc(openLook, func() { ended <- w.Init(r.ctx()) })
	open, err = r.c.OpenTransactions(r.ctx(), both, time.Hour)
	r.must(err)
	r.must(<-ended)
	if len(open) != 0 {
		t.Errorf("open are %+v", open)
	}
}
