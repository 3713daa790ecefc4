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
		if r.fake == nil {
			t.Skip("a broker may turn a request away while it writes markers: it is asked again")
		}
		in, out, other := r.topic("in", 1), r.topic("out", 3), r.topic("other", 1)
		g := fixedGeneration{group: r.name("g"), id: -1}
		var log requestLog
		r.c.Watch(log.see)
		p := r.producer(pipeline.ProducerConfig{TransactionalID: r.name("w")})
		for i := range int64(2) {
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
