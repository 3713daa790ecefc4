package kafka

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

const (
	// refetches is how often a batch that may have been damaged on its way is fetched again.
	refetches = 3
	// refetchPause is before the first of them. It doubles.
	refetchPause = 200 * time.Millisecond
)

// UnreadableError says that a record batch of a partition cannot be read.
type UnreadableError struct {
	pipeline.TopicPartition
	// From is the first offset that could not be read. To is the first one after the batch, 0 where
	// the batch does not say.
	From, To int64
	// Err is what is wrong with the batch.
	Err error
	// onTheWay: the batch may be whole at the broker.
	onTheWay bool
	// bytes are the batch, as far as it came.
	bytes []byte
	time  int64
}

// Error says what cannot be read, and how to go on without it.
func (e *UnreadableError) Error() string {
	const reset = "stop all processes of the group, then kafka-consumer-groups --group GROUP --topic %s:%d --reset-offsets --to-offset %d --execute"
	if e.To <= e.From {
		return fmt.Sprintf("%s/%d: the record batch at offset %d cannot be read, and does not say where it ends: %v; to go on, "+reset+", with the first offset after it",
			e.Topic, e.Partition, e.From, e.Err, e.Topic, e.Partition, e.From+1)
	}
	return fmt.Sprintf("%s/%d: offsets %d to %d cannot be read: %v; to go on without them, set on_data_loss to resume (section run or sink of the configuration), or "+reset,
		e.Topic, e.Partition, e.From, e.To-1, e.Err, e.Topic, e.Partition, e.To)
}

// Unwrap returns what is wrong with the batch.
func (e *UnreadableError) Unwrap() error { return e.Err }

// broken ends the chunk at a batch that cannot be read. It returns true where the batch is given to the reader,
// whole and as it is, in r.
//
//	may be mended by another fetch   the partition is fetched again from here, up to refetches times
//	nobody hears of losses           Err is corrupt
//	resume                           the batch is given as one unreadable record, and reading goes on behind it
//	stop                             the partition is not read any more
func (c *chunk) broken(r *pipeline.Record, err error) bool {
	if c.of == nil {
		c.err = err
		return false
	}
	u := c.unreadable(err)
	f, s := c.fetcher, c.of
	if f.again(s, u) {
		c.end(u.From)
		return false
	}
	l := pipeline.Loss{TopicPartition: c.info.TopicPartition, From: u.From, To: u.To, Resumed: f.resume && u.To > u.From, Unreadable: true, Err: u}
	switch taken := f.lost != nil && f.lost(l); {
	case !taken:
		c.err = &pipeline.Error{Kind: pipeline.KindCorrupt, Reason: "unreadable-batch", Err: u}
		return false
	case !l.Resumed:
		f.turnBack(s, u.From, true)
		c.end(u.From)
		return false
	}
	f.turnBack(s, u.To, false)
	c.end(u.To)
	*r = pipeline.Record{Topic: u.Topic, Partition: u.Partition, Offset: u.From, Timestamp: u.time, Claimed: true, Unreadable: true, Value: u.bytes, Headers: r.Headers[:0]}
	return true
}

// end leaves out the rest of the chunk: the partition stands at next.
func (c *chunk) end(next int64) {
	c.rest, c.left, c.info.NextOffset = nil, 0, next
}

// unreadable describes what is wrong at the place to which the chunk has come.
func (c *chunk) unreadable(err error) *UnreadableError {
	u := &UnreadableError{TopicPartition: c.info.TopicPartition, From: c.reached, Err: err, bytes: c.whole}
	if c.parsed { // its checksum is right: it is as it was written
		u.To, u.time = c.batch.last+1, c.batch.maxTime
		return u
	}
	u.onTheWay, u.bytes = true, c.rest
	end := max(c.info.HighWatermark, c.info.LastStable)
	if n, err := batchLength(c.rest); err == nil && n > 0 {
		u.bytes = c.rest[:n]
		if next := c.rest[n:]; len(next) >= 8 { // where the next one begins is the safest sign
			u.To = int64(binary.BigEndian.Uint64(next))
		}
	}
	if len(c.rest) >= 27 && u.To <= u.From {
		u.To = int64(binary.BigEndian.Uint64(c.rest)) + int64(int32(binary.BigEndian.Uint32(c.rest[23:]))) + 1
	}
	if u.To <= u.From || u.To > end {
		u.To = 0
	}
	return u
}

// again arranges that a batch that may be whole at the broker is fetched once more. It returns false where that has
// not helped, or cannot.
func (f *fetcher) again(s *source, u *UnreadableError) bool {
	if !u.onTheWay {
		return false
	}
	f.mu.Lock()
	if s.badAt != u.From {
		s.badAt, s.tries = u.From, 0
	}
	if s.tries == refetches {
		f.mu.Unlock()
		return false
	}
	s.tries++
	s.told = true
	tries := s.tries
	s.retryAt = time.Now().Add(refetchPause << (tries - 1))
	f.back(s, u.From)
	f.mu.Unlock()
	f.tell(s, tries, u)
	return true
}

// turnBack makes a source go on at an offset, or not at all.
func (f *fetcher) turnBack(s *source, at int64, dead bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.dead = dead
	f.back(s, at)
}

// back moves a source to an offset. What was fetched before, and what is under way, is dropped. The caller
// holds the lock.
func (f *fetcher) back(s *source, at int64) {
	s.turn++
	s.at, s.given, s.stand = at, at, at
	f.signal()
}

// tell says that a source waits, and why.
func (f *fetcher) tell(s *source, attempt int, err error) {
	if f.parked != nil {
		f.parked(s.TopicPartition, attempt, err)
	}
}
