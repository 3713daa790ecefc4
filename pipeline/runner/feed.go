package runner

import (
	"cmp"
	"context"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

// feed brings the chunks of one priority to a worker: a goroutine polls one response ahead, and
// waits while the worker is behind.
type feed struct {
	fetcher  pipeline.Fetcher
	arrivals chan arrival
	stop     context.CancelFunc
	done     chan struct{}

	chunks  []pipeline.Chunk              // taken by the worker, the first perhaps in part
	records [aheadRecords]pipeline.Record // the next ones of the first chunk
}

type arrival struct {
	chunks []pipeline.Chunk
	err    error
}

// fetch is how the feed of a class is read. The urgent one is asked for as often as commits may come;
// the others wait for the commit interval anyway, and so are asked for a few times in each. Without an
// urgent class there is nobody to make room for, and nothing is spaced out.
func (c *Config) fetch(class int) pipeline.FetcherConfig {
	f, spacing := c.Fetch, c.UrgentInterval
	if class > 0 && urgent(c.Topology) {
		spacing = max(spacing, c.CommitInterval/4)
	}
	f.Spacing = cmp.Or(f.Spacing, int(spacing.Milliseconds()))
	return f
}

// urgent reports whether any source goes before others.
func urgent(t *pipeline.Topology) bool {
	return slices.ContainsFunc(t.Roles, func(r pipeline.Role) bool {
		return slices.ContainsFunc(r.Sources, func(s pipeline.Source) bool { return s.Priority > 0 })
	})
}

// start begins to read at positions. The feed must be stopped.
func (f *feed) start(ctx context.Context, positions map[pipeline.TopicPartition]int64) {
	ctx, f.stop = context.WithCancel(ctx)
	f.arrivals = make(chan arrival)
	f.done = make(chan struct{})
	f.fetcher.Assign(positions)
	go f.poll(ctx, f.arrivals, f.done)
}

func (f *feed) poll(ctx context.Context, out chan<- arrival, done chan<- struct{}) {
	defer close(done)
	for {
		chunks, err := f.fetcher.Poll(ctx)
		select {
		case out <- arrival{chunks, err}:
			if err != nil {
				return
			}
		case <-ctx.Done():
			release(chunks)
			return
		}
	}
}

// halt stops reading and gives back every chunk.
func (f *feed) halt() {
	if f.stop == nil {
		return
	}
	f.stop()
	<-f.done
	f.stop = nil
	release(f.chunks)
	f.chunks = nil
}

// waiting reports whether there are chunks to work on. There may be no feed.
func (f *feed) waiting() bool { return f != nil && len(f.chunks) > 0 }

func (f *feed) take(a arrival) error {
	f.chunks = append(f.chunks, a.chunks...)
	return a.err
}

// decode decodes up to limit records of a chunk, as many as hold together, and reports false where the
// chunk has no more.
func (f *feed) decode(c pipeline.Chunk, limit int) (n int, more bool) {
	stable, ok := c.(pipeline.StableChunk)
	for n < limit {
		if !c.Next(&f.records[n]) {
			return n, false
		}
		n++
		if !ok || !stable.Stable() {
			break
		}
	}
	return n, true
}

// drop releases the first chunk, which has been used up.
func (f *feed) drop() {
	f.chunks[0].Release()
	f.chunks[0] = nil
	f.chunks = f.chunks[1:]
}

// release gives chunks back to their fetcher, which reads no more while too many are out.
func release(chunks []pipeline.Chunk) {
	for _, c := range chunks {
		c.Release()
	}
}
