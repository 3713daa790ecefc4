package simulation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// fetcher reads partitions. Its answers hold what some of the partitions have, up to some size: so
// partitions overtake each other.
type fetcher struct {
	client    *client
	positions map[pipeline.TopicPartition]int64
	mu        sync.Mutex
	paused    map[pipeline.TopicPartition]bool
}

func (c *client) NewFetcher(pipeline.FetcherConfig) pipeline.Fetcher { return &fetcher{client: c} }

// Pause lets a held request be looked at again.
func (f *fetcher) Pause(tp pipeline.TopicPartition, paused bool) {
	f.mu.Lock()
	f.paused[tp] = paused
	f.mu.Unlock()
	f.client.world.unpaused.Store(true)
	f.client.world.signal()
}

// running leaves out what is paused.
func (f *fetcher) running(at []position) []position {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(at), func(p position) bool { return f.paused[p.tp] })
}

func (f *fetcher) Assign(positions map[pipeline.TopicPartition]int64) {
	f.positions = make(map[pipeline.TopicPartition]int64, len(positions))
	for tp, o := range positions {
		f.positions[tp] = o
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused = make(map[pipeline.TopicPartition]bool)
}

func (f *fetcher) Close() error { return nil }

func (f *fetcher) Poll(ctx context.Context) ([]pipeline.Chunk, error) {
	var chunks []pipeline.Chunk
	err := f.client.retry(ctx, patience, func() *request {
		at := make([]position, 0, len(f.positions))
		for tp, o := range f.positions {
			at = append(at, position{tp, o})
		}
		slices.SortFunc(at, func(a, b position) int { return compareTP(a.tp, b.tp) })
		cluster := f.client.world.cluster
		return &request{kind: fetch, detail: describePositions(at),
			ready: func() bool { return slices.ContainsFunc(f.running(at), cluster.has) },
			run: func() error {
				chunks = cluster.fetch(f.running(at))
				return nil
			}}
	})
	if err != nil {
		return nil, asEngine(err)
	}
	for _, c := range chunks {
		f.positions[c.Info().TopicPartition] = c.Info().NextOffset
	}
	return chunks, nil
}

type position struct {
	tp     pipeline.TopicPartition
	offset int64
}

func compareTP(a, b pipeline.TopicPartition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

func describePositions(at []position) string {
	var b strings.Builder
	for _, p := range at {
		fmt.Fprintf(&b, "%s@%d ", name(p.tp), p.offset)
	}
	return b.String()
}

// has reports whether a partition has something decided at a position, and is not delayed.
func (c *cluster) has(p position) bool {
	return c.partition(p.tp).lastStable() > int(p.offset) && !time.Now().Before(c.slow[p.tp])
}

// fetch answers with chunks of some of the partitions that have something.
func (c *cluster) fetch(at []position) []pipeline.Chunk {
	var with []position
	for _, p := range at {
		if c.has(p) {
			with = append(with, p)
		}
	}
	must := 0
	if len(with) > 1 {
		must = c.world.rand.IntN(len(with))
	}
	var chunks []pipeline.Chunk
	for i, p := range with {
		if i != must && c.world.chance(3) {
			continue
		}
		chunks = append(chunks, c.partition(p.tp).chunk(p.offset, 1+c.world.rand.IntN(c.world.settings.ChunkEntries)))
	}
	return chunks
}

// chunk takes entries from the log, as they stand decided now.
func (p *partition) chunk(from int64, limit int) *chunk {
	stable := p.lastStable()
	to := min(stable, int(from)+limit)
	c := &chunk{entries: p.entries[from:to:to], info: pipeline.ChunkInfo{
		TopicPartition: p.tp, NextOffset: int64(to), HighWatermark: int64(len(p.entries)), LastStable: int64(stable)}}
	for i := range c.entries {
		c.visible = append(c.visible, c.entries[i].visible())
		c.info.Bytes += len(c.entries[i].record.Value)
	}
	return c
}

// chunk hands out its records in one buffer that the next record overwrites, as a fetch buffer may
// be: who keeps a slice too long sees it change.
type chunk struct {
	entries []entry
	visible []bool
	info    pipeline.ChunkInfo
	next    int
	buf     []byte
}

func (c *chunk) Next(r *pipeline.Record) bool {
	for ; c.next < len(c.entries); c.next++ {
		if c.visible[c.next] {
			c.load(r, &c.entries[c.next].record)
			c.next++
			return true
		}
	}
	return false
}

func (c *chunk) load(r, stored *pipeline.Record) {
	c.spoil()
	headers := r.Headers[:0]
	*r = *stored
	c.buf = c.buf[:0]
	r.Key, r.Value = c.keep(stored.Key), c.keep(stored.Value)
	for _, h := range stored.Headers {
		headers = append(headers, pipeline.Header{Key: h.Key, Value: c.keep(h.Value)})
	}
	r.Headers = headers
}

func (c *chunk) keep(b []byte) []byte {
	if b == nil {
		return nil
	}
	n := len(c.buf)
	c.buf = append(c.buf, b...)
	return c.buf[n:len(c.buf):len(c.buf)]
}

func (c *chunk) spoil() {
	for i := range c.buf {
		c.buf[i] = 0xff
	}
}

func (c *chunk) Err() error               { return nil }
func (c *chunk) Info() pipeline.ChunkInfo { return c.info }
func (c *chunk) Release()                 { c.spoil() }
