package consume

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// copyOf is a backend that is a complete copy: keys by partition, with the positions in the same write.
type copyOf struct {
	mu        sync.Mutex
	keys      map[string]bool
	positions map[pipeline.TopicPartition]int64
	// fail makes the next delivery fail.
	fail bool
}

func (c *copyOf) at(context.Context) (map[pipeline.TopicPartition]int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.positions), nil
}

func (c *copyOf) has() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.keys)
}

// page is a batch for the copy.
type page struct {
	copy    *copyOf
	put     map[string]bool
	reached map[pipeline.TopicPartition]int64
}

func (p *page) Add(_ context.Context, r *pipeline.Record) error {
	p.put[string(r.Key)] = true
	return nil
}
func (p *page) Erase(r *pipeline.Record)                       { p.put[string(r.Key)] = false }
func (p *page) Reached(tp pipeline.TopicPartition, next int64) { p.reached[tp] = next }
func (p *page) Full() bool                                     { return len(p.put) >= 20 }
func (p *page) Reset()                                         { clear(p.put); clear(p.reached) }

var errDisk = &pipeline.Error{Kind: pipeline.KindCorrupt, Err: errors.New("no room on the disk")}

func (p *page) Deliver(context.Context, Refuse) error {
	p.copy.mu.Lock()
	defer p.copy.mu.Unlock()
	if p.copy.fail {
		p.copy.fail = false
		return errDisk
	}
	for key, there := range p.put {
		if there {
			p.copy.keys[key] = true
		} else {
			delete(p.copy.keys, key)
		}
	}
	maps.Copy(p.copy.positions, p.reached)
	return nil
}

// Two replicas have everything, each by itself. One whose write fails ends, and goes on where it was: what the failed
// batch had is read again, and nothing behind it was written.
func TestReplicasReadEverythingAndAFailedWriteIsReadAgain(t *testing.T) {
	cluster := cluster(t)
	p := cluster.NewProducer(pipeline.ProducerConfig{})
	defer p.Close()
	if err := p.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	put := func(from, to int, value []byte) {
		for i := from; i < to; i++ {
			key := fmt.Sprint(i)
			r := pipeline.OutRecord{Topic: schemas.TopicPersonas, Partition: int32(i % partitions), Key: []byte(key), Value: value}
			if err := p.Append(&r); err != nil {
				t.Fatal(err)
			}
			if i%10 == 9 {
				if err := p.Seal(nil).Commit(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	put(0, 400, []byte("there"))
	put(0, 100, nil)
	for range 2 {
		c := &copyOf{keys: map[string]bool{}, positions: map[pipeline.TopicPartition]int64{}}
		if err := run(t, cluster, c, func() bool { return c.has() >= 60 }); err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		c.fail = true
		c.mu.Unlock()
		put(400, 410, []byte("there"))
		if err := run(t, cluster, c, func() bool { return false }); !errors.Is(err, errDisk) {
			t.Fatalf("a failed write ends with %v", err)
		}
		if err := run(t, cluster, c, func() bool { return c.has() == 310 }); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs a replica until a condition holds or it ends.
func run(t *testing.T, cluster pipeline.Cluster, c *copyOf, until func() bool) error {
	t.Helper()
	topics := []string{schemas.TopicPersonas}
	k, err := New(t.Context(), Config{Topics: topics, RejectedElsewhere: topics, Positions: c.at, MaxInFlight: 1, FlushInterval: time.Millisecond}, cluster,
		func() Batch {
			return &page{copy: c, put: map[string]bool{}, reached: map[pipeline.TopicPartition]int64{}}
		})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for {
		select {
		case err := <-done:
			return errors.Join(err, k.Close())
		case <-tick.C:
			if until() {
				stop()
				return errors.Join(<-done, k.Close())
			}
		case <-late:
			t.Fatal("it did not happen in time")
		}
	}
}
