package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

// builder collects the records of one batch in wire form. The header is filled in by seal, since
// producer, epoch and sequence are known only when the batch is sent.
type builder struct {
	buf       []byte
	count     int32
	firstTime int64
	maxTime   int64
	// Memory of the compressed form.
	spare []byte
}

func (b *builder) reset() {
	if cap(b.buf) < batchHeader {
		b.buf = make([]byte, batchHeader, 4<<10)
	}
	b.buf = b.buf[:batchHeader]
	b.count = 0
}

// growAt is the size from which a batch takes all the memory that it may need at once, instead of
// doubling again and again: it belongs to a busy partition.
const growAt = 32 << 10

// room makes room for a record of about size bytes in a batch of at most limit.
func (b *builder) room(size, limit int) {
	if n := len(b.buf) + size; n > cap(b.buf) && n > growAt {
		b.buf = slices.Grow(b.buf, max(limit-len(b.buf), size))
	}
}

// recordSize returns what the length field of the record would be, appended to b now.
func (b *builder) recordSize(r *pipeline.OutRecord) int {
	n := 1 + varintSize(r.Timestamp-b.firstTime) + varintSize(int64(b.count)) +
		fieldSize(r.Key) + fieldSize(r.Value) + varintSize(int64(len(r.Headers)))
	for i := range r.Headers {
		h := &r.Headers[i]
		n += varintSize(int64(len(h.Key))) + len(h.Key) + fieldSize(h.Value)
	}
	return n
}

// add appends a record.
func (b *builder) add(r *pipeline.OutRecord) {
	if b.count == 0 {
		b.firstTime, b.maxTime = r.Timestamp, r.Timestamp
	}
	b.maxTime = max(b.maxTime, r.Timestamp)
	o := appendVarint(b.buf, int64(b.recordSize(r)))
	o = append(o, 0)
	o = appendVarint(o, r.Timestamp-b.firstTime)
	o = appendVarint(o, int64(b.count))
	o = appendField(o, r.Key)
	o = appendField(o, r.Value)
	o = appendVarint(o, int64(len(r.Headers)))
	for i := range r.Headers {
		h := &r.Headers[i]
		o = appendVarint(o, int64(len(h.Key)))
		o = append(o, h.Key...)
		o = appendField(o, h.Value)
	}
	b.buf = o
	b.count++
}

// producerState is how a broker recognises an idempotent producer.
type producerState struct {
	id    int64
	epoch int16
}

// seal writes the header and returns the batch. The bytes are b's memory, or spare's if the records
// are compressed.
func (b *builder) seal(c *codecs, kind compression, attrs uint16, p producerState, sequence int32, spare []byte) ([]byte, error) {
	out := b.buf
	if kind != compressNone {
		if cap(spare) < batchHeader {
			spare = make([]byte, batchHeader, len(b.buf))
		}
		var err error
		if out, err = c.compress(spare[:batchHeader], kind, b.buf[batchHeader:]); err != nil {
			return nil, err
		}
	}
	be := binary.BigEndian
	be.PutUint64(out, 0) // base offset: the broker's to give
	be.PutUint32(out[8:], uint32(len(out)-batchPrefix))
	be.PutUint32(out[12:], 0xffffffff)
	out[16] = 2
	be.PutUint16(out[21:], attrs|uint16(kind))
	be.PutUint32(out[23:], uint32(b.count-1))
	be.PutUint64(out[27:], uint64(b.firstTime))
	be.PutUint64(out[35:], uint64(b.maxTime))
	be.PutUint64(out[43:], uint64(p.id))
	be.PutUint16(out[51:], uint16(p.epoch))
	be.PutUint32(out[53:], uint32(sequence))
	be.PutUint32(out[57:], uint32(b.count))
	be.PutUint32(out[17:], crc32.Checksum(out[21:], castagnoli()))
	return out, nil
}

func varintSize(v int64) int {
	u := uint64(v<<1) ^ uint64(v>>63)
	n := 1
	for ; u >= 0x80; u >>= 7 {
		n++
	}
	return n
}

func fieldSize(b []byte) int {
	if b == nil {
		return 1
	}
	return varintSize(int64(len(b))) + len(b)
}

func appendVarint(o []byte, v int64) []byte {
	if uint64(v) < 64 {
		return append(o, byte(v)<<1)
	}
	return binary.AppendVarint(o, v)
}

func appendField(o, b []byte) []byte {
	if b == nil {
		return append(o, 1) // -1: null
	}
	o = appendVarint(o, int64(len(b)))
	return append(o, b...)
}
