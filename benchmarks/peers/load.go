package main

import (
	"context"
	"errors"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

// partitions is how many every topic has.
const partitions = 8

// javaBatch is the size of the Java producer's batches, which the input consists of.
const javaBatch = 16 << 10

// loader writes input; a commit of it travels while the next is made.
type loader struct {
	ctx      context.Context
	producer pipeline.Producer
	record   pipeline.OutRecord
	done     chan error
}

func newLoader(ctx context.Context, cluster *kafka.Cluster, topic string, batch int) (*loader, error) {
	l := &loader{ctx: ctx, producer: cluster.NewProducer(pipeline.ProducerConfig{MaxBatchBytes: batch}), record: pipeline.OutRecord{Topic: topic}}
	return l, l.producer.Init(ctx)
}

const loaderPending = 4 << 20

// add sends a record sometime.
func (l *loader) add(partition int32, key, value []byte) error {
	l.record.Partition, l.record.Key, l.record.Value = partition, key, value
	if l.record.Timestamp == 0 {
		l.record.Timestamp = time.Now().UnixMilli()
	}
	if err := l.producer.Append(&l.record); err != nil {
		return err
	}
	if l.producer.Pending() < loaderPending {
		return nil
	}
	l.record.Timestamp = 0
	return l.send()
}

// send waits for the commit under way and begins the next.
func (l *loader) send() error {
	if err := l.wait(); err != nil {
		return err
	}
	t, done := l.producer.Seal(nil), make(chan error, 1)
	l.done = done
	go func() { done <- t.Commit(l.ctx, nil) }()
	return nil
}

func (l *loader) wait() error {
	if l.done == nil {
		return nil
	}
	err := <-l.done
	l.done = nil
	return err
}

// sent reports whether nothing is under way, without waiting.
func (l *loader) sent() (bool, error) {
	if l.done == nil {
		return true, nil
	}
	select {
	case err := <-l.done:
		l.done = nil
		return true, err
	default:
		return false, nil
	}
}

// close sends what is left.
func (l *loader) close() error {
	return errors.Join(l.send(), l.wait(), l.producer.Close())
}

// loadTouchpoints writes the touchpoints of a seed and returns what engines must make of them.
func loadTouchpoints(ctx context.Context, cluster *kafka.Cluster, topic string, records int64) (*expected, error) {
	l, err := newLoader(ctx, cluster, topic, javaBatch)
	if err != nil {
		return nil, err
	}
	w, e := newWorkload(preloadSeed), newExpected(partitions)
	for range records {
		w.next(0)
		e.add(w.key[:], w.value[:])
		if err := l.add(pipeline.Partition(w.key[:], partitions), w.key[:], w.value[:]); err != nil {
			return nil, errors.Join(err, l.wait())
		}
	}
	e.finish()
	return e, l.close()
}

// preloadSeed is that of the preloaded touchpoints, latencySeed that of those sent for latencies.
const (
	preloadSeed = 7
	latencySeed = 11
)
