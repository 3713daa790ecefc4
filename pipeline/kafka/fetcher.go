package kafka

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/attune-health/attune/pipeline"
)

// unknownGrace is how long a topic may be missing before that is an error: topics are created in
// the background.
const unknownGrace = 5 * time.Second

// smallAnswer is the size below which an answer means that there is no more for now.
const smallAnswer = 64 << 10

// fetcher keeps at most one request under way to each broker. An answer waits until Poll takes it,
// and only then is the next request sent: the next answer travels while the previous one is
// processed, and no more than that is in memory:
//
//	broker   ...request 2......answer 2 | ......request 3......
//	Poll     takes answer 1 ............ takes answer 2
type fetcher struct {
	c       *Cluster
	limits  fetchLimits
	spacing time.Duration
	// FetcherConfig's Lost, Parked and Resume.
	lost   func(pipeline.Loss) bool
	parked func(tp pipeline.TopicPartition, attempt int, err error)
	resume bool
	// FetcherConfig's OpenLimit.
	openLimit time.Duration
	// Ends with Close.
	ctx    context.Context
	cancel context.CancelFunc
	jobs   sync.WaitGroup
	// Holds one token: there is something for Poll to look at.
	wake chan struct{}
	// Of *buffer.
	bufs sync.Pool
	// Of *chunk.
	chunks sync.Pool

	mu      sync.Mutex
	sources map[pipeline.TopicPartition]*source
	// Brokers with a request under way or an answer not yet taken.
	busy map[int32]bool
	// By broker: when to ask again at the earliest, after a small answer.
	next    map[int32]time.Time
	answers []*answer
	// Topics whose leaders must be looked up.
	stale     map[string]bool
	resolving bool
	// Rotates partitions, so that none starves behind a full response.
	turn int
}

// source is one assigned partition. Each assignment makes a new source, so that answers for the old
// one are recognised and dropped.
type source struct {
	pipeline.TopicPartition
	// wire is what the cluster calls the topic.
	wire string
	// Next offset to ask for.
	at int64
	// Position after the last chunk that Poll returned.
	given    int64
	inFlight bool
	paused   bool
	// Met an error that only a new assignment cures.
	dead    bool
	since   time.Time
	retryAt time.Time
	pauses  *backoff.ExponentialBackOff
	// The error that it is retrying, how often it has, and whether somebody was told.
	err      error
	attempts int
	told     bool
	// The open transaction that it waits for.
	open openTransaction
	// turn counts how often the source was turned back to an earlier offset; asked is that of the
	// request under way. Chunks of an earlier turn are void: the source stands at stand. Whoever reads the
	// chunks writes turn and stand.
	turn, asked int
	stand       int64
	// badAt is where a batch could not be read, tries how often it has been fetched again.
	badAt int64
	tries int
}

// answer is the outcome of one request.
type answer struct {
	node   int32
	chunks []*chunk
	// The source of each chunk.
	owners []*source
	// For Poll to return, about sources.
	err error
}

func newFetcher(c *Cluster, fc pipeline.FetcherConfig) *fetcher {
	fc.SetDefaults()
	f := &fetcher{
		c:         c,
		lost:      fc.Lost,
		parked:    fc.Parked,
		resume:    fc.Resume,
		openLimit: time.Duration(fc.OpenLimit) * time.Millisecond,
		limits:    fetchLimits{int32(fc.MaxWait), int32(fc.MaxBytes), int32(fc.PartBytes)},
		spacing:   time.Duration(fc.Spacing) * time.Millisecond,
		wake:      make(chan struct{}, 1),
		sources:   map[pipeline.TopicPartition]*source{},
		busy:      map[int32]bool{},
		next:      map[int32]time.Time{},
		stale:     map[string]bool{},
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	f.bufs.New = func() any { return &buffer{pool: &f.bufs} }
	f.chunks.New = func() any { return &chunk{codecs: c.codecs} }
	return f
}

// Assign implements pipeline.Fetcher. A partition whose position does not change is not disturbed.
func (f *fetcher) Assign(positions map[pipeline.TopicPartition]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := make(map[pipeline.TopicPartition]*source, len(positions))
	for tp, at := range positions {
		s := f.sources[tp]
		if s == nil || s.dead || s.given != at {
			s = &source{TopicPartition: tp, at: at, given: at, wire: f.c.names.out(tp.Topic)}
		}
		s.paused = false
		next[tp] = s
	}
	for tp, s := range f.sources {
		if next[tp] != s {
			f.forget(s)
		}
	}
	f.sources = next
	f.signal()
}

// Pause implements pipeline.Fetcher.
func (f *fetcher) Pause(tp pipeline.TopicPartition, paused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.sources[tp]; s != nil && s.paused != paused {
		s.paused = paused
		f.signal()
	}
}

func (f *fetcher) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Poll implements pipeline.Fetcher.
func (f *fetcher) Poll(ctx context.Context) ([]pipeline.Chunk, error) {
	for {
		if f.ctx.Err() != nil {
			return nil, errClosed
		}
		f.mu.Lock()
		chunks, err := f.take()
		pause := f.start(time.Now())
		f.mu.Unlock()
		if len(chunks) > 0 || err != nil {
			return chunks, err
		}
		if err := f.wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// wait returns when there is something to look at, after pause (0: never) at the latest.
func (f *fetcher) wait(ctx context.Context, pause time.Duration) error {
	var after <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.ctx.Done():
		return errClosed
	case <-f.wake:
	case <-after:
	}
	return nil
}

// take removes answers until one has something to return.
func (f *fetcher) take() (chunks []pipeline.Chunk, err error) {
	for len(f.answers) > 0 && len(chunks) == 0 && err == nil {
		a := f.answers[0]
		f.answers = slices.Delete(f.answers, 0, 1)
		delete(f.busy, a.node)
		err = a.err
		for i, ch := range a.chunks {
			s := a.owners[i]
			if f.sources[s.TopicPartition] != s || s.turn != ch.turn { // assigned anew, or away
				ch.Release()
				continue
			}
			s.given = ch.info.NextOffset
			chunks = append(chunks, ch)
		}
	}
	if len(chunks) > 0 && err != nil { // one at a time: the error is next
		f.answers = slices.Insert(f.answers, 0, &answer{node: anyBroker, err: err})
		err = nil
	}
	if len(f.answers) > 0 {
		f.signal()
	}
	return chunks, err
}

// start sends a request to every broker that has idle partitions and no request under way. It
// returns the time until the next partition is due to be tried again.
func (f *fetcher) start(now time.Time) (pause time.Duration) {
	ready := map[int32][]*source{}
	for _, s := range f.sources {
		if s.inFlight || s.dead || s.paused {
			continue
		}
		if wait := s.retryAt.Sub(now); wait > 0 {
			if pause == 0 || wait < pause {
				pause = wait
			}
			continue
		}
		node := f.c.known(s.Topic, s.Partition)
		if node < 0 {
			f.stale[s.Topic] = true
		} else if !f.stale[s.Topic] && !f.busy[node] {
			ready[node] = append(ready[node], s)
		}
	}
	if len(f.stale) > 0 && !f.resolving {
		f.resolve()
	}
	for node, sources := range ready {
		f.fetch(node, sources, now)
	}
	return pause
}

// resolve looks up the leaders of the stale topics in the background.
func (f *fetcher) resolve() {
	topics := make([]string, 0, len(f.stale))
	for t := range f.stale {
		topics = append(topics, t)
	}
	f.resolving = true
	f.jobs.Go(func() {
		_, err := f.c.refresh(f.ctx, topics)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.resolving = false
		clear(f.stale)
		a := &answer{node: anyBroker}
		now := time.Now()
		for _, s := range f.sources {
			if !slices.Contains(topics, s.Topic) || s.inFlight {
				continue
			}
			if problem := cmp.Or(err, f.c.leaderless(s.Topic, s.Partition)); problem != nil {
				f.fail(a, s, problem, now)
			}
		}
		f.finish(a)
	})
}

// fetch sends one request in the background, as soon as the broker's spacing allows it. The caller
// holds the lock.
func (f *fetcher) fetch(node int32, sources []*source, now time.Time) {
	pause := f.next[node].Sub(now)
	delete(f.next, node)
	f.turn++
	order(sources, f.turn)
	w := writer{b: make([]byte, 0, 128+32*len(sources)), names: f.c.names}
	writeFetch(&w, sources, f.limits)
	for _, s := range sources {
		s.inFlight, s.asked = true, s.turn
	}
	f.busy[node] = true
	f.jobs.Go(func() {
		f.rest(pause)
		sent := time.Now()
		buf := f.bufs.Get().(*buffer)
		rq := &call{key: apiFetch, version: 11, node: node, body: w.b, resp: buf.b}
		err := f.c.roundTrip(f.ctx, rq, time.Duration(f.limits.wait)*time.Millisecond)
		f.mu.Lock()
		defer f.mu.Unlock()
		a := &answer{node: node}
		if err == nil {
			buf.b = rq.resp
			err = f.accept(a, buf, rq.reader(), sources)
		}
		now := time.Now()
		if len(a.chunks) > 0 && len(rq.resp) < min(smallAnswer, int(f.limits.bytes)/2, int(f.limits.partBytes)/2) {
			f.next[node] = sent.Add(f.spacing)
		}
		for _, s := range sources {
			s.inFlight = false
			if err != nil { // buf may still be written to: it is left to the collector
				f.stale[s.Topic] = true
				f.fail(a, s, err, now)
			}
		}
		f.finish(a)
	})
}

// rest waits for d, or until Close.
func (f *fetcher) rest(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-f.ctx.Done():
	case <-timer.C:
	}
}

// finish hands an answer to Poll.
func (f *fetcher) finish(a *answer) {
	if len(a.chunks) == 0 && a.err == nil {
		delete(f.busy, a.node)
	} else {
		f.answers = append(f.answers, a)
	}
	f.signal()
}

// order sorts by topic and partition and rotates the list, which may split one topic in two.
func order(sources []*source, turn int) {
	slices.SortFunc(sources, func(a, b *source) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	by := turn % len(sources)
	slices.Reverse(sources[:by])
	slices.Reverse(sources[by:])
	slices.Reverse(sources)
}

// accept turns a response into chunks.
func (f *fetcher) accept(a *answer, buf *buffer, r reader, sources []*source) error {
	buf.refs.Store(1)
	defer buf.release()
	now, hint, first := time.Now(), 0, true
	return readFetch(r, func(p *fetchedPartition) {
		s := match(sources, p, &hint)
		switch {
		case s == nil, s.asked != s.turn:
		case p.code != 0:
			f.refused(a, s, p, now)
		default:
			f.passed(s, p, now)
			// The broker sends the first batch of the first partition whole, however large it is.
			f.addChunk(a, s, p, buf, first)
		}
		first = first && len(p.records) == 0
	})
}

// passed notes that a source can be read, to a transaction that is open at least.
func (f *fetcher) passed(s *source, p *fetchedPartition, now time.Time) {
	if !f.waitsForEnd(s, p, now) {
		f.forget(s)
	}
	s.err, s.pauses, s.since, s.attempts = nil, nil, time.Time{}, 0
}

// forget ends what was told of a source: it can be read, or is not read any more.
func (f *fetcher) forget(s *source) {
	if s.told {
		f.tell(s, 0, nil)
	}
	s.told = false
}

// onWire is what the cluster calls the topic.
func (s *source) onWire() string { return cmp.Or(s.wire, s.Topic) }

// match finds the source of p. Responses are in the order of requests, so it begins after the
// source found before.
func match(sources []*source, p *fetchedPartition, hint *int) *source {
	for range sources {
		i := *hint % len(sources)
		*hint = i + 1
		if s := sources[i]; s.Partition == p.partition && s.onWire() == string(p.topic) {
			return s
		}
	}
	return nil
}

func (f *fetcher) addChunk(a *answer, s *source, p *fetchedPartition, buf *buffer, whole bool) {
	next, size := nextOffset(p.records, s.at)
	cut := size == 0 && whole && len(p.records) > batchHeader
	if cut {
		size = len(p.records)
	}
	if size == 0 {
		return
	}
	ch := f.chunks.Get().(*chunk)
	ch.pool, ch.buf, ch.err = &f.chunks, buf, nil
	ch.fetcher, ch.of, ch.turn, ch.reached, ch.cut = f, s, s.turn, s.at, cut
	ch.from, ch.rest, ch.shared = s.at, p.records[:size], false
	ch.aborted, ch.next, ch.skip = append(ch.aborted[:0], p.aborted...), 0, ch.skip[:0]
	ch.sortAborted()
	ch.info = pipeline.ChunkInfo{TopicPartition: s.TopicPartition, NextOffset: next, HighWatermark: p.high, LastStable: p.stable, Bytes: size}
	buf.refs.Add(1)
	s.at = next
	a.chunks = append(a.chunks, ch)
	a.owners = append(a.owners, s)
}

// refused deals with a partition's error code.
func (f *fetcher) refused(a *answer, s *source, p *fetchedPartition, now time.Time) {
	if p.code == codeOffsetOutOfRange {
		f.outOfRange(a, s, p)
		return
	}
	if p.code != codeOffsetNotAvailable && p.code.passes() {
		f.stale[s.Topic] = true
	}
	f.fail(a, s, p.code, now)
}

// outOfRange deals with a position that is not in the log.
func (f *fetcher) outOfRange(a *answer, s *source, p *fetchedPartition) {
	start := f.logStart(s.TopicPartition, p.start)
	err := &OutOfRangeError{TopicPartition: s.TopicPartition, Offset: s.at, LogStart: start}
	// Where the log is not ahead of the position it is another log: nothing says where to go on in it.
	l := pipeline.Loss{TopicPartition: s.TopicPartition, From: s.at, To: start, Resumed: f.resume && start > s.at, Err: err}
	taken := f.lost != nil && f.lost(l)
	if taken && l.Resumed {
		s.at = start
		return
	}
	s.dead = true
	if !taken {
		a.err = errors.Join(a.err, &pipeline.Error{Kind: pipeline.KindCorrupt, Reason: "offset-out-of-range", Err: err})
	}
}

// logStart is where a partition's log starts: Apache Kafka says -1 beside the error, and is asked once more.
func (f *fetcher) logStart(tp pipeline.TopicPartition, said int64) int64 {
	if said >= 0 {
		return said
	}
	start, err := f.c.StartOffsets(f.ctx, []pipeline.TopicPartition{tp})
	if err != nil {
		return -1
	}
	return start[tp]
}

// tellAfter is for how long a source may fail, by something that passes, until somebody is told.
const tellAfter = 2 * time.Second

// fail notes an error of a source. The source is tried again after a pause; Poll returns the error
// if that cannot help, or has not helped for long. What the broker refuses can be put right there: where
// somebody hears of it, the source waits for that, and the others go on.
func (f *fetcher) fail(a *answer, s *source, err error, now time.Time) {
	err = f.c.denied(err, "Read", "topic", s.Topic)
	var unknown *UnknownTopicError
	missing := errors.As(err, &unknown)
	if s.err == nil {
		s.since, s.pauses = now, newBackoff(0)
	}
	s.err = err
	s.retryAt = now.Add(s.pauses.NextBackOff())
	step := "fetch " + s.Topic
	_, refused := errors.AsType[Code](err)
	waits := refused && !retryable(err) && f.parked != nil
	if f.ctx.Err() == nil && (waits || now.Sub(s.since) > tellAfter) {
		s.attempts++
		s.told = true
		f.tell(s, s.attempts, wrap(step, err))
	}
	switch {
	case f.ctx.Err() != nil, waits:
	case missing && now.Sub(s.since) > unknownGrace, !missing && !retryable(err):
		s.dead = true
		a.err = errors.Join(a.err, wrap(step, err))
	case now.Sub(s.since) > f.c.cfg.RetryTimeout:
		s.since = now
		a.err = errors.Join(a.err, wrap(step, err))
	}
}

// Close implements pipeline.Fetcher.
func (f *fetcher) Close() error {
	f.cancel()
	f.jobs.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.answers {
		for _, ch := range a.chunks {
			ch.Release()
		}
	}
	for _, s := range f.sources {
		f.forget(s)
	}
	f.answers, f.sources = nil, nil
	return nil
}
