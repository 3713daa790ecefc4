package kafka

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/attune-health/attune/pipeline"
)

var (
	_ pipeline.StableChunk = (*chunk)(nil)
	_ pipeline.ApartChunk  = (*chunk)(nil)
)

// buffer is the response that the chunks of one fetch share. The last chunk released frees it.
type buffer struct {
	b    []byte
	refs atomic.Int32
	pool *sync.Pool
}

func (b *buffer) release() {
	if b != nil && b.refs.Add(-1) == 0 && b.pool != nil {
		b.pool.Put(b)
	}
}

// aborted is one aborted transaction of a fetch response: what producer wrote from first on is
// skipped, up to the abort marker.
type aborted struct{ producer, first int64 }

// chunk decodes the record batches of one partition of one fetch.
type chunk struct {
	info pipeline.ChunkInfo
	// Records before it were not asked for.
	from   int64
	rest   []byte
	codecs *codecs
	// Whose partition it is, nil where nobody deals with batches that cannot be read.
	fetcher *fetcher
	of      *source
	// The source's when it was fetched: another one means that the source has gone elsewhere.
	turn int
	buf  *buffer
	pool *sync.Pool
	err  error
	// By first, those from next on are yet to come.
	aborted []aborted
	next    int
	// Producers within an aborted transaction.
	skip  []int64
	names names

	// the batch being decoded
	batch batch
	// The batch as it came. parsed: its checksum is right.
	whole  []byte
	parsed bool
	// The offset up to which everything has been read.
	reached int64
	// cut: the first batch announces more than has come, and no more will.
	cut  bool
	left int32
	body []byte
	at   int
	// Memory of a chunk that was set apart. It stays with the chunk, which is used anew.
	own []byte
	// Memory of decompressed batches.
	expand []byte
	// Records of this chunk lie in it.
	shared bool
}

// sortAborted orders the list by first offset, as skipping needs it. Brokers send it in the order
// in which the transactions ended.
func (c *chunk) sortAborted() {
	slices.SortFunc(c.aborted, func(a, b aborted) int { return cmp.Compare(a.first, b.first) })
}

// Info implements pipeline.Chunk.
func (c *chunk) Info() pipeline.ChunkInfo { return c.info }

// Err implements pipeline.Chunk.
func (c *chunk) Err() error { return c.err }

// Release implements pipeline.Chunk.
func (c *chunk) Release() {
	buf, pool := c.buf, c.pool
	if pool == nil {
		return
	}
	c.buf, c.rest, c.body, c.whole, c.pool = nil, nil, nil, nil, nil
	c.batch, c.left, c.parsed = batch{}, 0, false
	buf.release()
	pool.Put(c)
}

// Apart implements pipeline.ApartChunk. A chunk that is a good part of its response keeps that.
func (c *chunk) Apart() {
	if c.buf == nil || c.left > 0 || len(c.rest) > cap(c.buf.b)/2 {
		return
	}
	c.own = append(c.own[:0], c.rest...)
	c.buf.release()
	c.buf, c.rest = nil, c.own
}

// Next implements pipeline.Chunk.
func (c *chunk) Next(r *pipeline.Record) bool {
	for c.err == nil {
		if c.left == 0 {
			more, err := c.nextBatch()
			if err != nil {
				return c.broken(r, err)
			}
			if !more {
				return false
			}
			continue
		}
		c.left--
		if !c.decode(r) {
			return c.broken(r, pipeline.Corruptf("%s/%d: record batch at offset %d: record %d is malformed",
				c.info.Topic, c.info.Partition, c.batch.base, c.batch.count-c.left-1))
		}
		c.reached = r.Offset + 1
		if r.Offset >= c.from {
			return true
		}
	}
	return false
}

// Stable implements pipeline.StableChunk. The buffer of a decompressed batch is reused for the next
// one.
func (c *chunk) Stable() bool { return c.left > 0 || !c.shared }

// nextBatch finds the next batch that readers may see. It returns false at the end.
func (c *chunk) nextBatch() (bool, error) {
	if c.of != nil && c.of.turn != c.turn { // a chunk before has turned the source back
		c.end(c.of.stand)
		return false, nil
	}
	c.parsed = false
	n, err := batchLength(c.rest)
	if err != nil {
		return false, err
	}
	if n == 0 {
		if c.cut && len(c.rest) > 0 {
			return false, pipeline.Corruptf("record batch at offset %d: %d bytes have come, it announces more", binary.BigEndian.Uint64(c.rest), len(c.rest))
		}
		return false, nil
	}
	if c.batch, err = parseBatch(c.rest[:n]); err != nil {
		return false, err
	}
	c.whole, c.parsed, c.rest = c.rest[:n], true, c.rest[n:]
	c.reached = max(c.reached, c.from, c.batch.base)
	if c.batch.last < c.from || !c.visible() {
		c.reached = max(c.reached, c.batch.last+1)
		return true, nil
	}
	c.body, c.at = c.batch.body, 0
	if kind := compression(c.batch.attrs & attrCompression); kind != compressNone {
		if c.expand, err = c.codecs.decompress(c.expand, kind, c.batch.body); err != nil {
			return false, pipeline.Corruptf("%s/%d: record batch at offset %d: %w", c.info.Topic, c.info.Partition, c.batch.base, err)
		}
		c.body, c.shared = c.expand, true
	}
	c.left = c.batch.count
	return true, nil
}

// visible applies the isolation level, as Java's client does: a batch's producer is skipped from
// the first offset of its aborted transaction to the abort marker.
func (c *chunk) visible() bool {
	for c.next < len(c.aborted) && c.aborted[c.next].first <= c.batch.last {
		if p := c.aborted[c.next].producer; !slices.Contains(c.skip, p) {
			c.skip = append(c.skip, p)
		}
		c.next++
	}
	if c.batch.attrs&attrControl != 0 {
		if i := slices.Index(c.skip, c.batch.producer); i >= 0 && isAbortMarker(c.batch.body) {
			c.skip = slices.Delete(c.skip, i, i+1)
		}
		return false
	}
	return c.batch.attrs&attrTransactional == 0 || !slices.Contains(c.skip, c.batch.producer)
}

// isAbortMarker says whether the record of a control batch ends a transaction by abort. The
// record's key is a version and a type, 0 abort or 1 commit.
func isAbortMarker(body []byte) bool {
	_, i := varint(body, 0) // length
	if i < 0 {
		return false
	}
	_, i = varint(body, i+1) // attributes; timestamp
	_, i = varint(body, i)   // offset
	key, _ := field(body, i)
	return len(key) >= 4 && binary.BigEndian.Uint16(key[2:]) == 0
}

// decode reads the record at c.at into r.
func (c *chunk) decode(r *pipeline.Record) bool {
	size, i := varint(c.body, c.at)
	if i < 0 || size < leastRecord-1 || size > int64(len(c.body)-i) {
		return false
	}
	end := i + int(size)
	b := c.body[:end]
	time, i := varint(b, i+1)
	delta, i := varint(b, i)
	r.Key, i = field(b, i)
	r.Value, i = field(b, i)
	headers, i := varint(b, i)
	if i < 0 || delta < 0 || delta > c.batch.last-c.batch.base || headers < 0 || headers > int64(end-i)/2 {
		return false
	}
	r.Headers = r.Headers[:0]
	for range headers {
		var h pipeline.Header
		var name []byte
		name, i = field(b, i)
		h.Key = c.names.of(name)
		h.Value, i = field(b, i)
		r.Headers = append(r.Headers, h)
	}
	if i != end {
		return false
	}
	c.at = end
	r.Topic, r.Partition, r.Unreadable = c.info.Topic, c.info.Partition, false
	r.Offset = c.batch.base + delta
	if r.Claimed = c.batch.attrs&attrAppendTime == 0; r.Claimed {
		r.Timestamp = c.batch.firstTime + time
	} else {
		r.Timestamp = c.batch.maxTime
	}
	return true
}

// names interns header keys: a topic has few different ones, nearly always in the same order.
type names struct {
	list []string
	next int
}

const maxNames = 64

func (n *names) of(b []byte) string {
	for range n.list {
		if n.next >= len(n.list) {
			n.next = 0
		}
		s := n.list[n.next]
		n.next++
		if s == string(b) {
			return s
		}
	}
	s := string(b)
	if len(n.list) < maxNames && len(s) <= 256 {
		n.list = append(n.list, s)
	}
	return s
}
