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
	buf    *buffer
	pool   *sync.Pool
	err    error
	// By first, those from next on are yet to come.
	aborted []aborted
	next    int
	// Producers within an aborted transaction.
	skip  []int64
	names names

	// the batch being decoded
	batch batch
	left  int32
	body  []byte
	at    int
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
	c.buf, c.rest, c.body, c.pool = nil, nil, nil, nil
	c.batch, c.left = batch{}, 0
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
			if !c.nextBatch() {
				return false
			}
			continue
		}
		c.left--
		if !c.decode(r) {
			c.err = pipeline.Corruptf("%s/%d: record batch at offset %d: record %d is malformed",
				c.info.Topic, c.info.Partition, c.batch.base, c.batch.count-c.left-1)
			return false
		}
		if r.Offset >= c.from {
			return true
		}
	}
	return false
}

// Stable implements pipeline.StableChunk. The buffer of a decompressed batch is reused for the next
// one.
func (c *chunk) Stable() bool { return c.left > 0 || !c.shared }

// nextBatch finds the next batch that readers may see. It returns false at the end and on an error.
func (c *chunk) nextBatch() bool {
	n, err := batchLength(c.rest)
	if err == nil && n > 0 {
		c.batch, err = parseBatch(c.rest[:n])
	}
	if err != nil {
		c.err = err
		return false
	}
	if n == 0 {
		return false
	}
	c.rest = c.rest[n:]
	if c.batch.last < c.from || !c.visible() {
		return true
	}
	c.body, c.at = c.batch.body, 0
	if kind := compression(c.batch.attrs & attrCompression); kind != compressNone {
		if c.expand, err = c.codecs.decompress(c.expand, kind, c.batch.body); err != nil {
			c.err = pipeline.Corruptf("%s/%d: record batch at offset %d: %w", c.info.Topic, c.info.Partition, c.batch.base, err)
			return false
		}
		c.body, c.shared = c.expand, true
	}
	c.left = c.batch.count
	return true
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
	r.Topic, r.Partition = c.info.Topic, c.info.Partition
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
