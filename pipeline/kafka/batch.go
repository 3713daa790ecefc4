package kafka

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/attune-health/attune/pipeline"
)

// A record batch of format version 2, the only one since Kafka 0.11:
//
//	 0 base offset       int64        27 first timestamp  int64
//	 8 length            int32        35 max timestamp    int64
//	12 leader epoch      int32        43 producer id      int64
//	16 magic             int8 = 2     51 producer epoch   int16
//	17 crc32c of 21..    uint32       53 base sequence    int32
//	21 attributes        int16        57 record count     int32
//	23 last offset delta int32        61 records, compressed as the attributes say
const (
	batchHeader = 61
	// batchPrefix is what the length field does not count.
	batchPrefix = 12
	// leastRecord is the size of an empty record.
	leastRecord = 7

	attrCompression   = 0x07
	attrAppendTime    = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20
)

// castagnoli returns the table of CRC32C. The standard library keeps one table and computes with it
// in hardware.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// batch is the header of a record batch and its body.
type batch struct {
	base int64
	// Offset of the last record it ever had.
	last      int64
	attrs     uint16
	firstTime int64
	maxTime   int64
	producer  int64
	count     int32
	body      []byte
}

// batchLength returns the size of the batch at the start of b. 0 means that its end is missing, as
// happens to the last batch of a fetch; an error means that it is no batch.
func batchLength(b []byte) (int, error) {
	if len(b) < batchPrefix+5 {
		return 0, nil
	}
	if magic := b[16]; magic != 2 {
		return 0, pipeline.Corruptf("record batch has format version %d, only 2 (Kafka 0.11 and later) is read", magic)
	}
	n := int64(int32(binary.BigEndian.Uint32(b[8:]))) + batchPrefix
	if n < batchHeader {
		return 0, pipeline.Corruptf("record batch is %d bytes long, its header alone is %d", n, batchHeader)
	}
	if n > int64(len(b)) {
		return 0, nil
	}
	return int(n), nil
}

// parseBatch reads one whole batch, and checks everything that later code relies on.
func parseBatch(b []byte) (batch, error) {
	be := binary.BigEndian
	if got, want := crc32.Checksum(b[21:], castagnoli()), be.Uint32(b[17:]); got != want {
		return batch{}, pipeline.Corruptf("record batch at offset %d: checksum is %08x, stored %08x", be.Uint64(b), got, want)
	}
	h := batch{
		base:      int64(be.Uint64(b)),
		attrs:     be.Uint16(b[21:]),
		firstTime: int64(be.Uint64(b[27:])),
		maxTime:   int64(be.Uint64(b[35:])),
		producer:  int64(be.Uint64(b[43:])),
		count:     int32(be.Uint32(b[57:])),
		body:      b[batchHeader:],
	}
	delta := int32(be.Uint32(b[23:]))
	h.last = h.base + int64(delta)
	switch {
	case h.base < 0 || delta < 0 || h.last < h.base:
		return batch{}, pipeline.Corruptf("record batch at offset %d: last offset delta %d", h.base, delta)
	case h.count < 0 || h.count > delta && h.count-delta > 1:
		return batch{}, pipeline.Corruptf("record batch at offset %d: %d records within %d offsets", h.base, h.count, int64(delta)+1)
	case h.attrs&attrCompression == 0 && int(h.count) > len(h.body)/leastRecord:
		return batch{}, pipeline.Corruptf("record batch at offset %d: %d records in %d bytes", h.base, h.count, len(h.body))
	}
	return h, nil
}

// nextOffset returns the offset after the whole batches in b (from, if there are none), and their
// size in bytes. It looks at lengths only; the decoder finds what is wrong with a batch.
func nextOffset(b []byte, from int64) (next int64, size int) {
	next = from
	for rest := b; ; {
		n, err := batchLength(rest)
		if n == 0 || err != nil {
			if err != nil {
				size = len(b) // the decoder must meet it
			}
			return next, size
		}
		base, delta := int64(binary.BigEndian.Uint64(rest)), int32(binary.BigEndian.Uint32(rest[23:]))
		if last := base + int64(delta); base >= 0 && delta >= 0 && last >= next {
			next = last + 1
		}
		rest = rest[n:]
		size += n
	}
}

// varint reads a zig-zag number at b[i:] and returns the position after it, -1 if there is none. i
// may be -1, so that callers check once, after several reads.
func varint(b []byte, i int) (int64, int) {
	if uint(i) < uint(len(b)) && b[i] < 0x80 {
		return int64(b[i]>>1) ^ -int64(b[i]&1), i + 1
	}
	return longVarint(b, i)
}

func longVarint(b []byte, i int) (int64, int) {
	if i < 0 || i > len(b) {
		return 0, -1
	}
	v, n := binary.Varint(b[i:])
	if n <= 0 {
		return 0, -1
	}
	return v, i + n
}

// field reads a byte field with its length, nil for null, at b[i:].
func field(b []byte, i int) ([]byte, int) {
	n, i := varint(b, i)
	if i < 0 || n < 0 {
		return nil, i
	}
	if n > int64(len(b)-i) {
		return nil, -1
	}
	end := i + int(n)
	return b[i:end:end], end
}
