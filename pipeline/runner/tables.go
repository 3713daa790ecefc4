package runner

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/attune-health/attune/pipeline"
)

// tables holds the process's tables and follows their topics. A table is shared by all tasks of the
// process, and each of its readers expects that it does not change within a step; lock keeps Apply
// apart from the steps: a worker holds it for reading over a few records, the goroutine of follow for
// writing over as few.
//
// What a table holds at a record is not repeatable: it is not state of any task. Operators that need
// that take a broadcast instead.
type tables struct {
	lock sync.RWMutex
	// live has a table for each topic that some role names. It is made once and never changed, so that
	// it needs no lock.
	live map[string]*pipeline.LiveTable
	// tps are the partitions of those topics, known once the cluster was asked.
	tps []pipeline.TopicPartition
	// mu guards next, moved and stood: the restorers, Lag and the runner read them beside follow.
	mu sync.Mutex
	// stood are the losses at which partitions stand.
	stood []pipeline.Loss
	// next is the offset up to which each partition has been applied.
	next map[pipeline.TopicPartition]int64
	// moved is closed and replaced whenever next has moved, which wakes everybody who waits.
	moved chan struct{}
}

// newTables makes empty tables, one for each topic: two roles that name one topic share its table.
func newTables(t *pipeline.Topology) *tables {
	ts := &tables{live: make(map[string]*pipeline.LiveTable), next: make(map[pipeline.TopicPartition]int64), moved: make(chan struct{})}
	// Made before Run, so that Setup.Table finds them whenever a task is built.
	for i := range t.Roles {
		for _, s := range t.Roles[i].Tables {
			if ts.live[s.Topic] == nil {
				ts.live[s.Topic] = pipeline.NewLiveTable(s)
			}
		}
	}
	return ts
}

// table is the table of a topic, nil where no role has one.
func (ts *tables) table(topic string) *pipeline.LiveTable { return ts.live[topic] }

// follow applies the table topics from their start until ctx ends. Nothing of them is kept over a
// restart: a table is a cache of its topic, and compaction keeps that short. While the cluster does not
// answer, tables stand still and tasks go on with what is there. An error ends the runner: a table that
// cannot take a record would be wrong for every task. Where a batch cannot be read its partition stands: tasks that run go on
// with the table as it is, and new ones wait; or it goes on behind the batch where losses are passed over.
func (ts *tables) follow(ctx context.Context, cfg *Config) error {
	if len(ts.tps) == 0 {
		return nil
	}
	starts, err := retried(ctx, cfg, func() (map[pipeline.TopicPartition]int64, error) { return cfg.Cluster.StartOffsets(ctx, ts.tps) })
	if err != nil {
		return fmt.Errorf("table topics: start offsets: %w", err)
	}
	// Partitions that are empty stand at their end at once, and nobody waits for them.
	for _, tp := range ts.tps {
		ts.advance(tp, starts[tp])
	}
	fetch := cfg.reader()
	fetch.Lost = func(l pipeline.Loss) bool {
		if !l.Resumed {
			ts.mu.Lock()
			ts.stood = append(ts.stood, l)
			ts.mu.Unlock()
		}
		return cfg.lost(l)
	}
	f := cfg.Cluster.NewFetcher(fetch)
	defer f.Close()
	f.Assign(starts)
	var r pipeline.Record
	for ctx.Err() == nil {
		// A fetch that fails is tried again for as long as the process lives: tasks go on with the table as
		// it is, and only know less.
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

// tellAgain tells of the partitions that stand, which belong to no task: whoever counts what has stopped begins anew with each
// generation.
func (ts *tables) tellAgain(cfg *Config) {
	ts.mu.Lock()
	stood := slices.Clone(ts.stood)
	ts.mu.Unlock()
	for _, l := range stood {
		cfg.lost(l)
	}
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

// applySome applies up to a slice of records under the lock, and returns how many it were; fewer than a
// slice say that the chunk is used up.
func (ts *tables) applySome(c pipeline.Chunk, r *pipeline.Record, live *pipeline.LiveTable) (n int, err error) {
	ts.lock.Lock()
	defer ts.lock.Unlock()
	for ; n < sliceRecords; n++ {
		if !c.Next(r) {
			return n, c.Err()
		}
		// What could not be read was told of already.
		if r.Unreadable {
			continue
		}
		if err := live.Apply(r); err != nil {
			return n, err
		}
	}
	return n, nil
}

// advance moves the position of a partition on to next. Chunks move it on even where they held no
// record, or nobody would ever be told that an empty end was reached.
func (ts *tables) advance(tp pipeline.TopicPartition, next int64) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	// The table's own position is the sum over its partitions, so that it takes the difference.
	ts.live[tp.Topic].Advance(next - ts.next[tp])
	ts.next[tp] = next
	close(ts.moved)
	ts.moved = make(chan struct{})
}

// wait blocks until everything before ends has been applied, or ctx ends. A task whose first record met
// a half-filled table would reject what the full one knows.
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

// behind reports whether something before ends is missing still, and if so what is closed at the next
// move. Both are taken under one lock: a move between the two would be slept through.
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
