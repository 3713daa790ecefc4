package pipelinetest

import (
	"context"
	"sync"

	"github.com/attune-health/attune/pipeline"
)

// NewFetcher implements pipeline.Cluster.
func (c *Client) NewFetcher(cfg pipeline.FetcherConfig) pipeline.Fetcher {
	limit := c.ChunkRecords
	if limit == 0 {
		limit = 500
	}
	return &fetcher{client: c, limit: limit, lost: cfg.Lost, resume: cfg.Resume, assigned: make(chan struct{})}
}

type fetcher struct {
	client    *Client
	lost      func(pipeline.Loss) bool
	resume    bool
	limit     int
	mu        sync.Mutex
	positions map[pipeline.TopicPartition]int64
	paused    map[pipeline.TopicPartition]bool
	// Closed and replaced by Assign and Pause.
	assigned chan struct{}
}

func (f *fetcher) Assign(positions map[pipeline.TopicPartition]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.positions = make(map[pipeline.TopicPartition]int64, len(positions))
	for tp, o := range positions {
		f.positions[tp] = o
	}
	f.paused = make(map[pipeline.TopicPartition]bool)
	close(f.assigned)
	f.assigned = make(chan struct{})
}

func (f *fetcher) Pause(tp pipeline.TopicPartition, paused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused[tp] = paused
	close(f.assigned)
	f.assigned = make(chan struct{})
}

func (f *fetcher) Poll(ctx context.Context) ([]pipeline.Chunk, error) {
	for {
		var changed chan struct{}
		var chunks []pipeline.Chunk
		f.mu.Lock()
		assigned := f.assigned
		err := f.client.do(Fetch, func() error {
			changed = f.client.broker.changed
			chunks = f.read()
			return nil
		})
		f.mu.Unlock()
		if err != nil || len(chunks) > 0 {
			return chunks, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		case <-assigned:
		}
	}
}

// read takes a chunk of every partition that has decided records after its position.
func (f *fetcher) read() []pipeline.Chunk {
	var chunks []pipeline.Chunk
	for _, tp := range sortedPartitions(f.positions) {
		p := f.client.broker.partition(tp)
		from, stable := f.positions[tp], int64(p.lastStable())
		to := min(stable, from+int64(f.limit))
		if from >= to || f.paused[tp] {
			continue
		}
		c := &chunk{info: pipeline.ChunkInfo{TopicPartition: tp, HighWatermark: int64(len(p.entries)), LastStable: stable}}
		if p.damaged > 0 && p.damaged > from {
			to = min(to, p.damaged)
		} else if p.damaged > 0 && p.damaged == from {
			// A batch of one record. Without resume the partition is read no further.
			to, c.damaged, c.lost = from, true, f.lost
			if f.resume {
				f.positions[tp], to, c.resumed = from+1, from+1, true
			} else {
				delete(f.positions, tp)
			}
		}
		c.entries, c.info.NextOffset = p.entries[from:to:to], to
		for i := range c.entries {
			c.visible = append(c.visible, c.entries[i].visible())
			c.info.Bytes += len(c.entries[i].record.Value)
		}
		if !c.damaged {
			f.positions[tp] = to
		}
		chunks = append(chunks, c)
	}
	return chunks
}

func (f *fetcher) Close() error { return nil }

// chunk hands out its records, stableRun at a time, in one buffer that the next of them overwrite,
// as the buffer of a compressed batch may be. Code that keeps a slice too long sees it change.
type chunk struct {
	entries []entry
	visible []bool
	info    pipeline.ChunkInfo
	next    int
	loaded  int
	buf     []byte
	// damaged: what comes here cannot be read. lost hears of it, or else err says so.
	damaged bool
	told    bool
	// resumed: it is handed out as it is, and reading goes on behind it.
	resumed bool
	lost    func(pipeline.Loss) bool
	err     error
}

const stableRun = 5

// Stable implements pipeline.StableChunk.
func (c *chunk) Stable() bool { return c.loaded%stableRun != 0 }

func (c *chunk) Next(r *pipeline.Record) bool {
	if c.damaged {
		return c.broken(r)
	}
	for ; c.next < len(c.entries); c.next++ {
		if c.visible[c.next] {
			c.load(r, &c.entries[c.next].record)
			c.next++
			return true
		}
	}
	return false
}

// broken tells of the batch that cannot be read, and hands it out where reading goes on behind it.
func (c *chunk) broken(r *pipeline.Record) bool {
	if c.told {
		return false
	}
	c.told = true
	l := pipeline.Loss{TopicPartition: c.info.TopicPartition, From: c.info.NextOffset, Unreadable: true, Resumed: c.resumed}
	if c.resumed {
		l.From, l.To = c.info.NextOffset-1, c.info.NextOffset
	}
	l.Err = pipeline.Corruptf("%s/%d: the record batch at offset %d cannot be read", l.Topic, l.Partition, l.From)
	if c.lost == nil || !c.lost(l) {
		c.err = l.Err
		return false
	}
	if c.resumed {
		*r = pipeline.Record{Topic: l.Topic, Partition: l.Partition, Offset: l.From, Claimed: true, Unreadable: true, Value: []byte("broken"), Headers: r.Headers[:0]}
	}
	return c.resumed
}

func (c *chunk) load(r, stored *pipeline.Record) {
	if !c.Stable() {
		for i := range c.buf {
			c.buf[i] = 0xff
		}
		c.buf = c.buf[:0]
	}
	c.loaded++
	headers := r.Headers[:0]
	*r = *stored
	r.Key = c.keep(stored.Key)
	r.Value = c.keep(stored.Value)
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

func (c *chunk) Err() error               { return c.err }
func (c *chunk) Info() pipeline.ChunkInfo { return c.info }

func (c *chunk) Release() {
	for i := range c.buf {
		c.buf[i] = 0xff
	}
}
