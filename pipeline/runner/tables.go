package runner

import (
	"context"
	"fmt"
	"sync"

	"github.com/attune-health/attune/pipeline"
)

// tables holds the process's tables and follows their topics. lock keeps Apply apart from the steps
// of tasks: a worker holds it for reading over a slice of records.
type tables struct {
	lock  sync.RWMutex
	live  map[string]*pipeline.LiveTable
	tps   []pipeline.TopicPartition
	mu    sync.Mutex
	next  map[pipeline.TopicPartition]int64
	moved chan struct{} // closed and replaced when next has moved
}

func newTables(t *pipeline.Topology) *tables {
	ts := &tables{live: make(map[string]*pipeline.LiveTable), next: make(map[pipeline.TopicPartition]int64), moved: make(chan struct{})}
	for i := range t.Roles {
		for _, s := range t.Roles[i].Tables {
			if ts.live[s.Topic] == nil {
				ts.live[s.Topic] = pipeline.NewLiveTable(s)
			}
		}
	}
	return ts
}

func (ts *tables) table(topic string) *pipeline.LiveTable { return ts.live[topic] }

// follow applies the table topics from their start until ctx ends.
func (ts *tables) follow(ctx context.Context, cfg *Config) error {
	if len(ts.tps) == 0 {
		return nil
	}
	starts, err := retried(ctx, cfg, func() (map[pipeline.TopicPartition]int64, error) { return cfg.Cluster.StartOffsets(ctx, ts.tps) })
	if err != nil {
		return fmt.Errorf("table topics: start offsets: %w", err)
	}
	for _, tp := range ts.tps {
		ts.advance(tp, starts[tp])
	}
	f := cfg.Cluster.NewFetcher(cfg.Fetch)
	defer f.Close()
	f.Assign(starts)
	var r pipeline.Record
	for ctx.Err() == nil {
		chunks, err := retried(ctx, cfg, func() ([]pipeline.Chunk, error) { return f.Poll(ctx) })
		if err != nil {
			return fmt.Errorf("table topics: fetch: %w", err)
		}
		for i, c := range chunks {
			if err := ts.apply(c, &r); err != nil {
				release(chunks[i:])
				return err
			}
			info := c.Info()
			c.Release()
			ts.advance(info.TopicPartition, info.NextOffset)
			cfg.Events.table(ts.live[info.Topic])
		}
	}
	return nil
}

// apply hands a chunk to its table, a few records at a time, so that no task waits long.
func (ts *tables) apply(c pipeline.Chunk, r *pipeline.Record) error {
	live := ts.live[c.Info().Topic]
	for {
		n, err := ts.applySome(c, r, live)
		if err != nil || n < sliceRecords {
			return err
		}
	}
}

func (ts *tables) applySome(c pipeline.Chunk, r *pipeline.Record, live *pipeline.LiveTable) (n int, err error) {
	ts.lock.Lock()
	defer ts.lock.Unlock()
	for ; n < sliceRecords; n++ {
		if !c.Next(r) {
			return n, c.Err()
		}
		if err := live.Apply(r); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (ts *tables) advance(tp pipeline.TopicPartition, next int64) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.live[tp.Topic].Advance(next - ts.next[tp])
	ts.next[tp] = next
	close(ts.moved)
	ts.moved = make(chan struct{})
}

// wait blocks until everything before ends has been applied.
func (ts *tables) wait(ctx context.Context, ends map[pipeline.TopicPartition]int64) error {
	for {
		behind, moved := ts.behind(ends)
		if !behind {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

func (ts *tables) behind(ends map[pipeline.TopicPartition]int64) (bool, <-chan struct{}) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for tp, end := range ends {
		if ts.next[tp] < end {
			return true, ts.moved
		}
	}
	return false, nil
}
