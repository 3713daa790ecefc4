package pipelinetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// Request names a kind of request to the broker, at which a fault may happen.
type Request string

// The requests of a client. A commit is Produce, CommitOffsets and EndTransaction, in this order;
// without transactions it is Produce and CommitOffsets.
const (
	InitProducer   Request = "init-producer"
	Produce        Request = "produce"
	CommitOffsets  Request = "commit-offsets"
	EndTransaction Request = "end-transaction"
	FetchOffsets   Request = "fetch-offsets"
	ListOffsets    Request = "list-offsets"
	Fetch          Request = "fetch"
	Join           Request = "join"
)

// Fault decides what becomes of a request. If before is not nil, the request fails with it and has
// no effect. If after is not nil, the request takes effect, but its answer is lost.
type Fault func(r Request) (before, after error)

// ErrKilled is what every call of a killed client returns.
var ErrKilled = errors.New("the process is dead")

// Client is a process's connection to a Broker. It implements pipeline.Cluster.
type Client struct {
	broker *Broker
	dead   atomic.Bool
	fault  atomic.Pointer[Fault]
	// ChunkRecords bounds the entries of a chunk; 0 is 500. Set it before use.
	ChunkRecords int
	// Session is how long after its death the groups of this client notice. Default 6 s. Set it
	// before Kill.
	Session time.Duration
}

var _ pipeline.Cluster = (*Client)(nil)

// Client returns a new connection.
func (b *Broker) Client() *Client { return &Client{broker: b} }

// Kill is the death of the process: nothing that it does has any effect from now on. Open
// transactions stay open until their id is initialised anew or their timeout passes. As on a real
// broker, its groups wait for it until its session ends, after Session or by Broker.Expire.
func (c *Client) Kill() {
	c.dead.Store(true)
	c.broker.mu.Lock()
	c.broker.wake()
	c.broker.mu.Unlock()
	time.AfterFunc(cmp.Or(c.Session, sessionTimeout), func() {
		c.broker.mu.Lock()
		defer c.broker.mu.Unlock()
		for _, g := range c.broker.groups {
			for _, m := range slices.Clone(g.members) {
				if m.client == c {
					g.remove(m, c.broker)
				}
			}
		}
	})
}

// Fault sets the func that decides on requests, nil for none. It is called without any lock held.
func (c *Client) Fault(f Fault) {
	if f == nil {
		c.fault.Store(nil)
		return
	}
	c.fault.Store(&f)
}

// do carries out a request under the broker's lock, unless a fault or the client's death prevents
// it.
func (c *Client) do(r Request, f func() error) error {
	var before, after error
	if p := c.fault.Load(); p != nil {
		before, after = (*p)(r)
	}
	if before != nil {
		return before
	}
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	if c.dead.Load() {
		return ErrKilled
	}
	if err := f(); err != nil {
		return err
	}
	return after
}

// PartitionCount implements pipeline.Cluster.
func (c *Client) PartitionCount(_ context.Context, topic string) (int32, error) {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	if t := c.broker.topics[topic]; t != nil {
		return int32(len(t.partitions)), nil
	}
	return 0, errors.New("topic " + topic + " does not exist")
}

// Committed implements pipeline.Cluster: it waits while a transaction with offsets of the
// partitions is open.
func (c *Client) Committed(ctx context.Context, group string, tps []pipeline.TopicPartition) (map[pipeline.TopicPartition]pipeline.OffsetCommit, error) {
	out := make(map[pipeline.TopicPartition]pipeline.OffsetCommit)
	for {
		var changed chan struct{}
		err := c.do(FetchOffsets, func() error {
			if c.broker.pending(group, tps) {
				changed = c.broker.changed
				return nil
			}
			for _, tp := range tps {
				if commit, ok := c.broker.offsets[group][tp]; ok {
					out[tp] = commit
				}
			}
			return nil
		})
		if err != nil || changed == nil {
			return out, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

// pending says whether an open transaction holds offsets of one of the partitions.
func (b *Broker) pending(group string, tps []pipeline.TopicPartition) bool {
	for _, p := range b.producers {
		if p.txn == nil || p.txn.state != txnOpen {
			continue
		}
		for _, o := range p.txn.offsets[group] {
			for _, tp := range tps {
				if o.TopicPartition == tp {
					return true
				}
			}
		}
	}
	return false
}

// EndOffsets implements pipeline.Cluster.
func (c *Client) EndOffsets(_ context.Context, tps []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	return c.listOffsets(tps, func(p *partition) int64 { return int64(len(p.entries)) })
}

// StartOffsets implements pipeline.Cluster.
func (c *Client) StartOffsets(_ context.Context, tps []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	return c.listOffsets(tps, func(p *partition) int64 { return 0 })
}

func (c *Client) listOffsets(tps []pipeline.TopicPartition, of func(*partition) int64) (map[pipeline.TopicPartition]int64, error) {
	out := make(map[pipeline.TopicPartition]int64)
	err := c.do(ListOffsets, func() error {
		for _, tp := range tps {
			out[tp] = of(c.broker.partition(tp))
		}
		return nil
	})
	return out, err
}
