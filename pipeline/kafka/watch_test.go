package kafka

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
)

// requestLog collects the names of the requests that a cluster is watched to make.
type requestLog struct {
	mu    sync.Mutex
	names []string
}

func (l *requestLog) see(api string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if took > 0 {
		l.names = append(l.names, api)
	}
}

// take returns what was seen since it was last called.
func (l *requestLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := l.names
	l.names = nil
	return names
}

// A second commit knows leaders and coordinators: these round trips are what each costs, however many
// partitions it writes to.
func TestCommitTakesNoMoreRoundTripsThanItNeeds(t *testing.T) {
	bothVersions(t, func(t *testing.T, r *rig) {
		want := []string{"Produce", "TxnOffsetCommit", "EndTxn"}
		if !r.c.versions.transactions2() {
			want = append([]string{"AddPartitionsToTxn", "AddOffsetsToTxn"}, want...)
		}
		in, out, other := r.topic("in", 1), r.topic("out", 3), r.topic("other", 1)
		g := fixedGeneration{group: r.name("g"), id: -1}
		var log requestLog
		r.c.Watch(log.see)
		p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
		for i := range int64(2) {
			r.allMarked(r.name("w"))
			log.take()
			for part := range int32(3) {
				r.append(p, out, part, "a", "b")
			}
			r.append(p, other, 0, "c")
			r.must(p.Seal(r.offsets(in, i)).Commit(r.ctx(), g))
		}
		if d := cmp.Diff(log.take(), want); d != "" {
			t.Error(d)
		}
	})
}

// allMarked waits until the last transaction of an id has all of its markers: a broker answers EndTxn before
// it writes them, and turns the next transaction away until it has.
func (r *rig) allMarked(id string) {
	r.t.Helper()
	const apiDescribeTransactions = 65
	w := writer{flex: true}
	w.array(1)
	w.string(id)
	w.tags()
	rq := call{key: apiDescribeTransactions, flex: true, body: w.b}
	c := r.dial() // not the one that is watched
	for state := ""; state != "CompleteCommit" && state != "Empty"; {
		r.must(c.coordinated(r.ctx(), time.Minute, coordinator{kindTransaction, id}, rq, func(rd *reader) error {
			rd.int32() // throttle
			n := rd.array(2)
			err := codeErr(rd.int16())
			_, state = rd.string(), rd.string()
			if n != 1 || rd.bad {
				return errShort
			}
			return err
		}))
	}
}
