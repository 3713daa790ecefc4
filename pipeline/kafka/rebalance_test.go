package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/pipeline"
)

// copier is a worker as the engine runs one, without state: it copies topic in to topic out, exactly
// once, and hands its partitions over when the group asks.
type copier struct {
	c       *Cluster
	in, out string
	group   pipeline.Group
	p       pipeline.Producer
	fenced  int
}

func (w *copier) run(ctx context.Context) error {
	for ctx.Err() == nil {
		gen, err := w.group.Next(ctx)
		if err != nil {
			return err
		}
		err = w.generation(ctx, gen)
		gen.End()
		if pipeline.KindOf(err) == pipeline.KindFenced {
			w.fenced++
		} else if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (w *copier) generation(ctx context.Context, gen pipeline.Generation) error {
	if err := w.p.Init(ctx); err != nil {
		return err
	}
	committed, err := w.c.Committed(ctx, gen.GroupID(), gen.Assigned())
	if err != nil {
		return err
	}
	at := map[pipeline.TopicPartition]int64{}
	for _, p := range gen.Assigned() {
		at[p] = committed[p].Offset
	}
	f := w.c.NewFetcher(pipeline.FetcherConfig{MaxBytes: 2000, PartBytes: 500})
	defer f.Close()
	f.Assign(at)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // Poll ends when the generation does
		select {
		case <-gen.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		chunks, err := f.Poll(ctx)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, ch := range chunks {
			if err := w.copy(ch, at); err != nil {
				return err
			}
		}
		offsets := make([]pipeline.OffsetCommit, 0, len(at))
		for p, o := range at {
			offsets = append(offsets, pipeline.OffsetCommit{TopicPartition: p, Offset: o})
		}
		if err := w.p.Seal(offsets).Commit(context.WithoutCancel(ctx), gen); err != nil {
			return err
		}
	}
}

func (w *copier) copy(ch pipeline.Chunk, at map[pipeline.TopicPartition]int64) error {
	defer ch.Release()
	var r pipeline.Record
	for ch.Next(&r) {
		if err := w.p.Append(&pipeline.OutRecord{Topic: w.out, Partition: r.Partition, Key: r.Key, Value: r.Value}); err != nil {
			return err
		}
	}
	at[ch.Info().TopicPartition] = ch.Info().NextOffset
	return ch.Err()
}

// Members come and go while records flow: what comes out is what went in, in its order.
func TestRebalancesNeitherLoseNorDouble(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const partitions, each = 4, 400
	in, out := r.topic("in", partitions), r.topic("out", partitions)
	source := r.producer(pipeline.ProducerConfig{})
	var workers sync.WaitGroup
	start := func(name string) (stop func()) {
		g, err := r.c.NewGroup(r.ctx(), pipeline.GroupConfig{GroupID: r.name("g"), Instance: name, Topics: []string{in}, Heartbeat: 50, RebalanceTimeout: 10_000})
		r.must(err)
		w := &copier{c: r.c, in: in, out: out, group: g, p: r.c.NewProducer(pipeline.ProducerConfig{TransactionalID: r.name(name)})}
		ctx, cancel := context.WithCancel(r.ctx())
		workers.Go(func() {
			if err := w.run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
			if err := errors.Join(g.Close(), w.p.Close()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		return cancel
	}
	stopA := start("a")
	var stopB, stopC func()
	var want []string
	for i := range each {
		for p := range int32(partitions) {
			r.append(source, in, p, fmt.Sprint(p, "-", i))
		}
		r.must(source.Seal(nil).Commit(r.ctx(), nil))
		switch i {
		case 100:
			stopB = start("b")
		case 200:
			stopC = start("c")
			stopA()
		case 300:
			stopB()
		}
	}
	for p := range partitions {
		for i := range each {
			want = append(want, fmt.Sprint(p, "-", i))
		}
	}
	f := r.fetcher(pipeline.FetcherConfig{})
	at := map[pipeline.TopicPartition]int64{}
	for p := range int32(partitions) {
		at[tp(out, p)] = 0
	}
	f.Assign(at)
	got, _ := r.drain(f, len(want))
	stopC()
	workers.Wait()
	slices.SortStableFunc(got, func(a, b string) int { return strings.Compare(a[:2], b[:2]) })
	if d := cmp.Diff(got, want); d != "" {
		t.Error(d)
	}
	if all := r.read(out); len(all) != len(want) {
		t.Errorf("%d records in the end, want %d", len(all), len(want))
	}
}

func TestJoiningGoesOnThroughAnswersThatPass(t *testing.T) {
	r := fakeOnly(t)
	in := r.topic("in", 2)
	for _, key := range []kmsg.Key{kmsg.FindCoordinator, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.OffsetFetch} {
		for _, e := range []*kerr.Error{kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable, kerr.NotCoordinator} {
			h := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: e})
			g := r.join(fmt.Sprint(key.Name(), e.Code), in)
			gen := r.next(g)
			if len(gen.Assigned()) != 2 || h.Hits() != 1 {
				t.Errorf("%s %s: assigned %v after %d faults", key.Name(), e.Message, gen.Assigned(), h.Hits())
			}
			gen.End()
			h.Remove()
			r.must(g.Close())
		}
	}
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.GroupAuthorizationFailed})
	if _, err := r.join("forbidden", in).Next(r.ctx()); !errors.Is(err, Code(30)) {
		t.Errorf("next without permission: %v", err)
	}
}
