package clickhouse

import (
	"math"
	"strings"
	"unsafe"

	"github.com/attune-health/attune/schemas"
)

// place is where a record was read.
type place struct {
	// topic is a code.
	topic     any
	partition int32
	offset    int64
	// refused is 1 where the record takes a row out again.
	refused uint8
}

// firstStays is a version that keeps the first copy of a row: earlier offsets have larger ones. The largest of all is
// for a refusal, which outranks every copy.
func (p place) firstStays() uint64 {
	if p.refused != 0 {
		return math.MaxUint64
	}
	return math.MaxUint64 - 1 - uint64(p.offset)
}

// scratch is the memory that a batch's rows point into. Records alias fetch buffers, which are gone before the batch
// is inserted; so text is copied, into blocks that never move and are reused by the next batch. Codes, which are
// strings of few values, are kept once for the life of the sink.
type scratch struct {
	// The value of the log column.
	log any
	// "" as a code.
	empty    any
	book     *codeBook
	bytes    slab[byte]
	texts    slab[string]
	codes    slab[any]
	int32s   slab[int32]
	int64s   slab[int64]
	float64s slab[float64]
	bools    slab[bool]
	// Bytes that the rows take.
	size int
}

func newScratch(log string, shared *codeBook) *scratch {
	return &scratch{log: log, empty: "", book: shared}
}

func (s *scratch) reset() {
	s.bytes.reset()
	s.texts.reset()
	s.codes.reset()
	s.int32s.reset()
	s.int64s.reset()
	s.float64s.reset()
	s.bools.reset()
	s.size = 0
}

// text copies t; the copy is valid until reset.
func (s *scratch) text(t string) string {
	if t == "" {
		return ""
	}
	b := s.bytes.take(len(t))
	copy(b, t)
	s.size += len(t)
	return unsafe.String(&b[0], len(b))
}

// slab hands out slices of blocks that never move. reset takes them all back.
type slab[T any] struct {
	blocks [][]T
	// The block in use, and how much of it is.
	block int
	used  int
}

const slabBlock = 8 << 10

// take returns n values of undefined content.
func (s *slab[T]) take(n int) []T {
	for s.block < len(s.blocks) && s.used+n > len(s.blocks[s.block]) {
		s.block, s.used = s.block+1, 0
	}
	if s.block == len(s.blocks) {
		s.blocks = append(s.blocks, make([]T, max(n, slabBlock)))
	}
	out := s.blocks[s.block][s.used : s.used+n : s.used+n]
	s.used += n
	return out
}

func (s *slab[T]) reset() { s.block, s.used = 0, 0 }

// maxCodes bounds the code book. When it is full it begins anew: a column with more values is slow, not wrong.
const maxCodes = 1 << 16

// codeBook keeps codes as interface values, as LowCardinality columns take them, without an allocation for each row.
// One goroutine uses it.
type codeBook struct{ known map[string]any }

// code returns the kept form of c.
func (s *scratch) code(c string) any {
	if v, ok := s.book.known[c]; ok {
		return v
	}
	if s.book.known == nil || len(s.book.known) >= maxCodes {
		s.book.known = map[string]any{}
	}
	own := strings.Clone(c)
	s.book.known[own] = own
	return s.book.known[own]
}

// ClickHouse keeps DateTime64(3) of the years 1900 to 2299. The client library counts in nanoseconds, which end in
// 2262.
const (
	// 1900-01-01
	minMillis = schemas.Millis(-2208988800000)
	// 2262-01-01
	maxMillis = schemas.Millis(9214646400000)
)

// clampMillis brings a time into the range of a column: watermarks may be as early or late as numbers go.
func clampMillis(m schemas.Millis) int64 {
	return int64(min(max(m, minMillis), maxMillis))
}
