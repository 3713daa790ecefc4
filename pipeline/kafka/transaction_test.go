package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/attune-health/attune/pipeline"
)

// bothVersions runs a test with transactions version 2 and version 1: on kfake against clusters of
// either kind, on real brokers by speaking the older requests.
func bothVersions(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Run("version 2", func(t *testing.T) {
		r := newRig(t)
		if !r.c.versions.transactions2() {
			t.Skipf("broker %s has no transactions version 2", r.c.Version())
		}
		test(t, r)
	})
	t.Run("version 1", func(t *testing.T) {
		r := newRig(t, kfake.MaxVersions(kversion.V3_9_0()))
		r.c.versions.features["transaction.version"] = 1
		test(t, r)
	})
}

func (r *rig) offsets(topic string, offset int64) []pipeline.OffsetCommit {
	return []pipeline.OffsetCommit{{TopicPartition: tp(topic, 0), Offset: offset, Metadata: fmt.Sprint("w", offset)}}
}

func (r *rig) committed(group, topic string) int64 {
	r.t.Helper()
	got, err := r.c.Committed(r.ctx(), group, []pipeline.TopicPartition{tp(topic, 0)})
	r.must(err)
	if o, ok := got[tp(topic, 0)]; ok {
		return o.Offset
	}
	return -1
}

func TestTransactionsFollowOneAnother(t *testing.T) {
	bothVersions(t, func(t *testing.T, r *rig) {
		in, out, other := r.topic("in", 1), r.topic("out", 3), r.topic("other", 1)
		g := fixedGeneration{group: r.name("g"), id: -1}
		p := r.producer(pipeline.ProducerConfig{TransactionalID: "w", MaxBatchBytes: 2000})
		var want, wantOther []string
		for i := range int64(10) {
			values := numbered(fmt.Sprint("t", i, "-"), 100) // several batches for one partition
			r.append(p, out, int32(i%3), values...)
			if i%3 == 0 {
				want = append(want, values...)
			}
			r.append(p, other, 0, values[0])
			wantOther = append(wantOther, values[0])
			r.must(p.Seal(r.offsets(in, i)).Commit(r.ctx(), g))
		}
		if got := r.read(out); len(got) != 1000 || cmp.Diff(got[:400], want) != "" {
			t.Errorf("%d records, or out of order: %s", len(got), cmp.Diff(got[:min(400, len(got))], want))
		}
		if d := cmp.Diff(r.read(other), wantOther); d != "" {
			t.Error(d)
		}
		if got := r.committed(g.group, in); got != 9 {
			t.Errorf("committed %d", got)
		}
	})
}

func TestFailedCommitIsAbortedAndInvisible(t *testing.T) {
	bothVersions(t, func(t *testing.T, r *rig) {
		in, out := r.topic("in", 1), r.topic("out", 1)
		g := fixedGeneration{group: r.name("g"), id: -1}
		p := r.producer(pipeline.ProducerConfig{TransactionalID: "w", TransactionTimeout: 60_000})
		commit := func(g pipeline.Generation, offset int64, values ...string) error {
			r.append(p, out, 0, values...)
			return p.Seal(r.offsets(in, offset)).Commit(r.ctx(), g)
		}
		r.must(commit(g, 1, "a", "b"))
		stranger := fixedGeneration{group: g.group, member: "nobody", id: 3}
		if err := commit(stranger, 2, "bad"); pipeline.KindOf(err) != pipeline.KindFenced {
			t.Fatalf("commit of a stranger: %v", err)
		}
		start := time.Now()
		r.must(p.Init(r.ctx()))
		r.must(commit(g, 3, "c"))
		if d := cmp.Diff(r.read(out), []string{"a", "b", "c"}); d != "" {
			t.Error(d)
		}
		if got := r.committed(g.group, in); got != 3 {
			t.Errorf("committed %d", got)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("readers waited %v: the transaction was left to its timeout", took)
		}
	})
}

func TestUnfencedTransactionsAreRefused(t *testing.T) {
	r := newRig(t)
	out := r.topic("out", 1)
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
	r.append(p, out, 0, "a")
	if err := p.Seal(nil).Commit(r.ctx(), fixedGeneration{group: r.name("g"), id: -1}); err == nil {
		t.Error("a transaction of a member without its offsets was committed")
	}
	if err := p.Seal(r.offsets(out, 1)).Commit(r.ctx(), nil); err == nil {
		t.Error("offsets without a generation were committed")
	}
	if tx := p.Seal(nil); !tx.Empty() || tx.Commit(r.ctx(), nil) != nil {
		t.Error("an empty transaction is not nothing")
	}
	if got := r.read(out); len(got) != 0 {
		t.Errorf("read %v", got)
	}
}

// The sequence: zombie commits; its successor of the same id initialises and commits; zombie wakes
// and commits what it had in memory.
func TestZombieProducerIsFenced(t *testing.T) {
	bothVersions(t, func(t *testing.T, r *rig) {
		in, out := r.topic("in", 1), r.topic("out", 1)
		g := fixedGeneration{group: r.name("g"), id: -1}
		zombie := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
		r.append(zombie, out, 0, "first")
		r.must(zombie.Seal(r.offsets(in, 1)).Commit(r.ctx(), g))
		r.append(zombie, out, 0, "stale")
		stale := zombie.Seal(r.offsets(in, 2))
		onlyOffsets := r.offsets(in, 7)

		successor := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
		r.append(successor, out, 0, "second")
		r.must(successor.Seal(r.offsets(in, 3)).Commit(r.ctx(), g))

		if err := stale.Commit(r.ctx(), g); pipeline.KindOf(err) != pipeline.KindFenced {
			t.Errorf("zombie's commit: %v", err)
		}
		zp := zombie.(*producer)
		zp.ready = true // a zombie that has only offsets to commit
		if err := zp.Seal(onlyOffsets).Commit(r.ctx(), g); pipeline.KindOf(err) != pipeline.KindFenced {
			t.Errorf("zombie's commit of offsets alone: %v", err)
		}
		r.append(successor, out, 0, "third")
		r.must(successor.Seal(r.offsets(in, 4)).Commit(r.ctx(), g))
		if d := cmp.Diff(r.read(out), []string{"first", "second", "third"}); d != "" {
			t.Error(d)
		}
		if got := r.committed(g.group, in); got != 4 {
			t.Errorf("committed %d", got)
		}
	})
}

// A restart in the middle of a transaction: the records are there, the outcome is not. Init aborts
// it at once, and committed offsets are not answered before that.
func TestRestartAbortsTheOpenTransaction(t *testing.T) {
	bothVersions(t, func(t *testing.T, r *rig) {
		in, out := r.topic("in", 1), r.topic("out", 1)
		g := fixedGeneration{group: r.name("g"), id: -1}
		p := r.producer(pipeline.ProducerConfig{TransactionalID: "w", TransactionTimeout: 60_000})
		r.append(p, out, 0, "done")
		r.must(p.Seal(r.offsets(in, 1)).Commit(r.ctx(), g))
		r.append(p, out, 0, "lost")
		r.must(p.Seal(r.offsets(in, 2)).(*transaction).fill(r.ctx(), g)) // all but its end
		answered := make(chan int64, 1)
		go func() {
			got, err := r.dial().Committed(r.ctx(), g.group, []pipeline.TopicPartition{tp(in, 0)})
			if err != nil {
				t.Error(err)
			}
			answered <- got[tp(in, 0)].Offset
		}()
		select {
		case got := <-answered:
			t.Errorf("committed offset %d though it is undecided", got)
		case <-time.After(150 * time.Millisecond):
		}
		again := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
		if got := <-answered; got != 1 {
			t.Errorf("committed %d after the abort", got)
		}
		r.append(again, out, 0, "again")
		r.must(again.Seal(r.offsets(in, 2)).Commit(r.ctx(), g))
		if d := cmp.Diff(r.read(out), []string{"done", "again"}); d != "" {
			t.Error(d)
		}
	})
}

func TestAppendingGoesOnWhileACommitIsUnderWay(t *testing.T) {
	bothVersions(t, func(t *testing.T, r *rig) {
		in, out := r.topic("in", 1), r.topic("out", 2)
		g := fixedGeneration{group: r.name("g"), id: -1}
		p := r.producer(pipeline.ProducerConfig{TransactionalID: "w", Compression: "lz4", MaxBatchBytes: 4000})
		var want []string
		var under chan error
		for i := range 40 {
			values := numbered(fmt.Sprint("t", i, "-"), 60)
			r.append(p, out, 0, values...)
			r.append(p, out, 1, "x")
			want = append(want, values...)
			if under != nil {
				r.must(<-under)
			}
			tx := p.Seal(r.offsets(in, int64(i)))
			under = make(chan error, 1)
			go func() { under <- tx.Commit(r.ctx(), g) }()
		}
		r.must(<-under)
		if d := cmp.Diff(r.read(out)[:len(want)], want); d != "" {
			t.Error(d)
		}
	})
}

func TestAtLeastOnceCommitsOffsetsAfterOutputs(t *testing.T) {
	r := newRig(t)
	in, out := r.topic("in", 1), r.topic("out", 2)
	p := r.producer(pipeline.ProducerConfig{})
	g := fixedGeneration{group: r.name("g"), id: -1}
	for i := range int64(5) {
		r.append(p, out, 0, fmt.Sprint("a", i))
		r.append(p, out, 1, fmt.Sprint("b", i))
		r.must(p.Seal(r.offsets(in, i)).Commit(r.ctx(), g))
	}
	if d := cmp.Diff(r.read(out), []string{"a0", "a1", "a2", "a3", "a4", "b0", "b1", "b2", "b3", "b4"}); d != "" {
		t.Error(d)
	}
	if got := r.committed(g.group, in); got != 4 {
		t.Errorf("committed %d", got)
	}
	r.append(p, out, 0, "repeated")
	err := p.Seal(r.offsets(in, 9)).Commit(r.ctx(), fixedGeneration{group: g.group, member: "nobody", id: 2})
	if pipeline.KindOf(err) != pipeline.KindFenced {
		t.Errorf("commit of a stranger: %v", err)
	}
	r.must(p.Init(r.ctx()))
	r.append(p, out, 0, "repeated")
	r.must(p.Seal(r.offsets(in, 9)).Commit(r.ctx(), g))
	if got := r.read(out); len(got) != 12 {
		t.Errorf("%d records", len(got))
	}
}

// TestAtLeastOnceOutputIsRefusedThenNoChangelogSaysThatItIsThere: without a transaction the state must not
// stand when the outputs do not, or a record that is taken for a duplicate after a crash leads to none.
func TestAtLeastOnceOutputIsRefusedThenNoChangelogSaysThatItIsThere(t *testing.T) {
	r := newRig(t)
	small, log := r.name("small"), r.topic("log", 1)
	_, err := r.c.CreateTopics(r.ctx(), []TopicSpec{{Name: small, Partitions: 1, ReplicationFactor: 1, Config: map[string]string{"max.message.bytes": "2000"}}})
	r.must(err)
	p := r.producer(pipeline.ProducerConfig{Last: []string{log}})
	r.append(p, log, 0, "processed")
	r.append(p, small, 0, strings.Repeat("x", 3000))
	if err := p.Seal(nil).Commit(r.ctx(), nil); pipeline.KindOf(err) != pipeline.KindRefused {
		t.Errorf("commit: %v", err)
	}
	if got := r.read(log); len(got) > 0 {
		t.Errorf("the changelog has %v", got)
	}
	r.must(p.Init(r.ctx()))
	r.append(p, log, 0, "processed")
	r.append(p, small, 0, "x")
	r.must(p.Seal(nil).Commit(r.ctx(), nil))
	if d := cmp.Diff(append(r.read(small), r.read(log)...), []string{"x", "processed"}); d != "" {
		t.Error(d)
	}
}

// Every coordinator call meets every answer that passes by itself, twice in a row, and Produce is
// answered with a timeout after its work was done: nothing is lost, doubled or given up.
func TestAnswersThatPassAreRetried(t *testing.T) {
	passing := []*kerr.Error{kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.ConcurrentTransactions}
	for name, calls := range map[string]struct {
		keys []kmsg.Key
		errs []*kerr.Error
	}{
		"FindCoordinator":    {[]kmsg.Key{kmsg.FindCoordinator}, passing[:2]},
		"InitProducerID":     {[]kmsg.Key{kmsg.InitProducerID}, passing},
		"AddPartitionsToTxn": {[]kmsg.Key{kmsg.AddPartitionsToTxn}, passing},
		"AddOffsetsToTxn":    {[]kmsg.Key{kmsg.AddOffsetsToTxn}, passing},
		"TxnOffsetCommit":    {[]kmsg.Key{kmsg.TxnOffsetCommit}, passing},
		"EndTxn":             {[]kmsg.Key{kmsg.EndTxn}, passing},
		"OffsetFetch":        {[]kmsg.Key{kmsg.OffsetFetch}, append([]*kerr.Error{kerr.UnstableOffsetCommit}, passing[:3]...)},
		"OffsetCommit":       {[]kmsg.Key{kmsg.OffsetCommit}, passing[:3]},
		"Produce": {[]kmsg.Key{kmsg.Produce}, []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownTopicOrPartition, kerr.LeaderNotAvailable,
			kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend, kerr.ConcurrentTransactions}},
		"ListOffsets": {[]kmsg.Key{kmsg.ListOffsets}, []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownTopicOrPartition, kerr.OffsetNotAvailable}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, capped := range []bool{false, true} {
				var opts []kfake.Opt
				if capped {
					opts = append(opts, kfake.MaxVersions(kversion.V3_9_0()))
				}
				r := fakeOnly(t, opts...)
				in, out := r.topic("in", 1), r.topic("out", 2)
				var hits int
				for _, e := range calls.errs {
					h := r.fake.Fault(kfake.Fault{Keys: calls.keys, Err: e, Count: 2})
					r.c.forgetCoordinator(coordinator{kindGroup, r.name("g")})
					r.c.forgetCoordinator(coordinator{kindTransaction, r.name("w")})
					p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
					g := fixedGeneration{group: r.name("g"), id: -1}
					r.append(p, out, 0, e.Message)
					r.append(p, out, 1, e.Message)
					r.must(p.Seal(r.offsets(in, int64(hits))).Commit(r.ctx(), g))
					r.must(r.c.commitOffsets(r.ctx(), g.group, -1, "", r.offsets(in, int64(hits))))
					if got := r.committed(g.group, in); got != int64(hits) {
						t.Errorf("%s: committed %d, want %d", e.Message, got, hits)
					}
					if _, err := r.c.EndOffsets(r.ctx(), []pipeline.TopicPartition{tp(out, 0), tp(out, 1)}); err != nil {
						t.Error(err)
					}
					h.Remove()
					if h.Hits() == 0 && !(strings.HasPrefix(name, "Add") && !capped) {
						t.Errorf("%s was never met", e.Message)
					}
					hits++
				}
				if got := r.read(out); len(got) != 2*len(calls.errs) {
					t.Errorf("read %v", got)
				}
			}
		})
	}
}

// deadline is a context whose time is over when the test says so.
type deadline struct {
	context.Context
	passed chan struct{}
}

func (d *deadline) Done() <-chan struct{} { return d.passed }
func (d *deadline) Err() error {
	select {
	case <-d.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestCommitGivesUpWithItsContext(t *testing.T) {
	r := fakeOnly(t)
	out := r.topic("out", 1)
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
	h := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.CoordinatorLoadInProgress, Count: -1})
	ctx := &deadline{t.Context(), make(chan struct{})}
	// Its time is over with an answer, so that a pause follows and not a request, and with a late one, so that the pause
	// is far longer than the step to it.
	const late = 9
	var answers int
	r.c.Watch(func(api string, _ time.Duration) {
		if api == "EndTxn" {
			if answers++; answers == late {
				close(ctx.passed)
			}
		}
	})
	r.append(p, out, 0, "a")
	err := p.Seal(nil).Commit(ctx, nil)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, codeCoordinatorLoading) || pipeline.KindOf(err) != pipeline.KindTransient {
		t.Errorf("commit: %v", err)
	}
	h.Remove()
	r.must(p.Init(r.ctx()))
	r.send(p, out, 0, "b")
	if d := cmp.Diff(r.read(out), []string{"b"}); d != "" {
		t.Error(d)
	}
}

func TestRecordTooLargeIsInvalidAndBatchIsRefused(t *testing.T) {
	r := newRig(t)
	name := r.name("small")
	_, err := r.c.CreateTopics(r.ctx(), []TopicSpec{{Name: name, Partitions: 1, ReplicationFactor: 1, Config: map[string]string{"max.message.bytes": "2000"}}})
	r.must(err)
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w", MaxRequestBytes: 100_000})
	r.append(p, name, 0, strings.Repeat("x", 3000))
	if err := p.Seal(nil).Commit(r.ctx(), nil); pipeline.KindOf(err) != pipeline.KindRefused {
		t.Errorf("commit: %v", err)
	}
	err = p.Append(&pipeline.OutRecord{Topic: name, Value: make([]byte, 100_000)})
	if pipeline.KindOf(err) != pipeline.KindInvalid {
		t.Errorf("append: %v", err)
	}
	if err := p.Append(&pipeline.OutRecord{Topic: name, Partition: -1}); err == nil {
		t.Error("partition -1 was accepted")
	}
}

// Several producers of one process commit at once, as workers do.
func TestWorkersCommitAtTheSameTime(t *testing.T) {
	bothVersions(t, func(t *testing.T, r *rig) {
		out := r.topic("out", 4)
		var wg sync.WaitGroup
		for w := range 4 {
			p := r.producer(pipeline.ProducerConfig{TransactionalID: fmt.Sprint("w", w)})
			wg.Go(func() {
				for i := range 10 {
					for part := range int32(4) {
						if err := p.Append(&pipeline.OutRecord{Topic: out, Partition: part, Value: fmt.Append(nil, w, "/", i)}); err != nil {
							t.Error(err)
						}
					}
					if err := p.Seal(nil).Commit(r.ctx(), nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got := r.read(out); len(got) != 160 {
			t.Errorf("%d records", len(got))
		}
	})
}
