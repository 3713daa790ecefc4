package runner

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/attune-health/attune/pipeline"
)

// feed brings the chunks of one class of sources to a worker: a goroutine polls one response ahead. A
// partition that has brought enough is paused; the others go on.
type feed struct {
	fetcher pipeline.Fetcher
	// arrivals and prepared have no buffer, so that nothing is left in them when the feed is halted.
	arrivals chan arrival
	// prepared are lanes whose records have what they waited for.
	prepared chan *lane
	// events hears of partitions that are parked.
	events *Events
	// ctx is that of the time between start and halt; stop is nil while the feed is halted.
	ctx  context.Context
	stop context.CancelFunc
	// jobs are the goroutines since start. halt waits for them.
	jobs *sync.WaitGroup
}

// arrival is what one poll brought; an error ends the polling.
type arrival struct {
	chunks []pipeline.Chunk
	err    error
}

const (
	// readAhead is how many bytes of a class a worker reads ahead at most, over all partitions.
	readAhead = 32 << 20
	// leastPart is what a partition may always bring at once.
	leastPart = 64 << 10
)

// fetch is how the feed of a class, which has so many partitions, is read. The urgent one is asked for as often as commits may come;
// the others wait for the commit interval anyway, and so are asked for a few times in each. Without an
// urgent class there is nobody to make room for, and nothing is spaced out.
func (c *Config) fetch(class int, partitions int32) pipeline.FetcherConfig {
	f, spacing := c.reader(), c.UrgentInterval
	f.SetDefaults()
	// Each partition may have laneChunks waiting and one under way: together no more than readAhead.
	f.PartBytes = min(f.PartBytes, max(leastPart, readAhead/(laneChunks+1)/int(max(1, partitions))))
	if class > 0 && urgent(c.Topology) {
		spacing = max(spacing, c.CommitInterval/4)
	}
	f.Spacing = cmp.Or(f.Spacing, int(spacing.Milliseconds()))
	f.Lost = c.lost
	return f
}

// lost tells of what is lost of a topic: of a source, or of a broadcast or table, whose readers go on with what they
// have. It says that this is taken.
func (c *Config) lost(l pipeline.Loss) bool {
	c.Events.lost(pipeline.TaskID{Role: c.Topology.ReaderOf(l.Topic).Name, Source: l.TopicPartition}, l)
	return true
}

// reader is how topics are read, whichever they are.
func (c *Config) reader() pipeline.FetcherConfig {
	f := c.Fetch
	f.Parked = c.Events.parked
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
	f.ctx, f.stop = context.WithCancel(ctx)
	f.arrivals, f.prepared = make(chan arrival), make(chan *lane)
	f.jobs = new(sync.WaitGroup)
	f.fetcher.Assign(positions)
	f.jobs.Go(func() { f.poll(f.ctx, f.arrivals) })
}

// poll fetches until ctx ends or a fetch fails. The channel has no buffer, so that it is one response
// ahead of the worker and no more.
func (f *feed) poll(ctx context.Context, out chan<- arrival) {
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

// prepare gets what the lane's next records need, however long that takes: its partition is parked
// meanwhile, and other lanes go on.
func (f *feed) prepare(l *lane, get func(context.Context) error) {
	ctx, out, tp := f.ctx, f.prepared, l.tp
	f.jobs.Go(func() {
		if f.events.untilGot(ctx, tp, get) != nil {
			return // nobody reads this feed any more
		}
		select {
		case out <- l:
		case <-ctx.Done():
		}
	})
}

// reading reports whether the feed is started. There may be none.
func (f *feed) reading() bool { return f != nil && f.stop != nil }

// halt stops reading, and waits for the feed's goroutines. It may be called where there is no feed. What was being
// prepared is thrown away with its lane, and is asked for again when its records are fetched again.
func (f *feed) halt() {
	if !f.reading() {
		return
	}
	f.stop()
	f.jobs.Wait()
	f.stop = nil
}

// release gives chunks back to their fetcher, which reads no more while too many are out.
func release(chunks []pipeline.Chunk) {
	for _, c := range chunks {
		c.Release()
	}
}
