package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// allocated returns how many bytes f takes from the heap, whatever becomes of them: the least of some
// calls, since other goroutines allocate meanwhile, and collections empty pools.
func allocated(f func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// zeros compresses n zero bytes.
func zeros(t *testing.T, kind compression, n int) []byte {
	t.Helper()
	packed, err := newCodecs(1<<30).compress(nil, kind, make([]byte, n))
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// batchOf is a batch with this body, whatever it is.
func batchOf(t *testing.T, kind compression, body []byte, records int32) []byte {
	t.Helper()
	b := append(makeBatch(t, 7, compressNone, 0, producerState{-1, -1}, values("a")...)[:batchHeader:batchHeader], body...)
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-batchPrefix))
	binary.BigEndian.PutUint16(b[21:], uint16(kind))
	binary.BigEndian.PutUint32(b[23:], uint32(records-1))
	binary.BigEndian.PutUint32(b[57:], uint32(records))
	return resum(b)
}

// A codec's own working memory (windows, tables) and the output as it doubles: what a batch that is
// no bomb takes as well. 64 MiB of zeros would be far beyond it.
const bombMemory = 4*testLimit + 10<<20

func TestBatchInflatesBeyondTheLimitThenItIsCorruptAndNotAllocated(t *testing.T) {
	for kind := compressGzip; kind <= compressZstd; kind++ {
		for name, body := range map[string][]byte{
			"one stream": zeros(t, kind, 64<<20),
			"many":       slices.Repeat(zeros(t, kind, 1<<20), 64), // members, frames or blocks one after another
		} {
			if kind == compressSnappy && name == "many" {
				body = xerial(zeros(t, kind, 1<<20), 64)
			}
			batch := batchOf(t, kind, body, 1)
			var c *chunk
			size := allocated(func() {
				c = testChunk(0, nil, batch)
				if c.Next(new(pipeline.Record)) {
					t.Errorf("codec %d, %s: read", kind, name)
				}
			})
			if pipeline.KindOf(c.Err()) != pipeline.KindCorrupt || !errors.Is(c.Err(), errBomb) {
				t.Errorf("codec %d, %s: %v", kind, name, c.Err())
			}
			if size > bombMemory {
				t.Errorf("codec %d, %s: %d bytes allocated for a bomb of %d, at most %d are right", kind, name, size, len(body), bombMemory)
			}
		}
	}
}

// windowed is a zstd frame of unknown content size whose header declares a window of 1<<exponent bytes, as
// stream encoders write it, with the content as one raw block.
func windowed(exponent int, content []byte) []byte {
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte(exponent-10) << 3}
	size := uint32(len(content))<<3 | 1 // last block, raw
	return append(append(b, byte(size), byte(size>>8), byte(size>>16)), content...)
}

// A window is what a frame may look back over, and not what it expands to.
func TestZstdFrameDeclaresALargeWindowThenItsRecordsAreRead(t *testing.T) {
	content := makeBatch(t, 7, compressNone, 0, producerState{-1, -1}, values("a")...)[batchHeader:]
	for _, exponent := range []int{20, 27, 31} { // levels 1 to 19, level 22, the largest there is
		var c *chunk
		size := allocated(func() {
			c = testChunk(0, nil, batchOf(t, compressZstd, windowed(exponent, content), 1))
			if !c.Next(new(pipeline.Record)) {
				t.Errorf("window 1<<%d: %v", exponent, c.Err())
			}
		})
		if size > 10<<20 {
			t.Errorf("window 1<<%d: %d bytes allocated", exponent, size)
		}
	}
}

// xerial frames one block n times, as Java's library does.
func xerial(block []byte, n int) []byte {
	b := append([]byte(xerialMagic), 0, 0, 0, 1, 0, 0, 0, 1)
	for range n {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(block))), block...)
	}
	return b
}

// padded lets what a test is about be met, and not the end of the batch.
func padded(b []byte) []byte { return append(b, make([]byte, 16)...) }

// What a header or a frame claims must cost nothing before it is there.
func TestClaimedSizesAreNotAllocated(t *testing.T) {
	be := binary.BigEndian
	zstdOf := func(claim uint64) []byte { // a frame header with a content size, and an empty last block
		return append(binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, claim), 1, 0, 0)
	}
	for name, b := range map[string][]byte{
		"records of a batch":      batchOf(t, compressNone, []byte{1, 2, 3}, 1<<31-1),
		"records, compressed":     batchOf(t, compressGzip, zeros(t, compressGzip, 3), 1<<31-1),
		"length of a record":      batchOf(t, compressNone, padded(binary.AppendVarint(nil, 1<<40)), 1),
		"length of a key":         batchOf(t, compressNone, padded(binary.AppendVarint([]byte{24, 0, 0, 0}, 1<<33)), 1),
		"headers of a record":     batchOf(t, compressNone, padded(binary.AppendVarint([]byte{24, 0, 0, 0, 1, 1}, 1<<31)), 1),
		"content of zstd":         batchOf(t, compressZstd, zstdOf(1<<62), 1),
		"zstd below the limit":    batchOf(t, compressZstd, zstdOf(testLimit), 1),
		"content of snappy":       batchOf(t, compressSnappy, binary.AppendUvarint(nil, 1<<32-1), 1),
		"block of Java's snappy":  batchOf(t, compressSnappy, be.AppendUint32(xerial(nil, 0), 1<<32-1), 1),
		"snappy below the limit":  batchOf(t, compressSnappy, binary.AppendUvarint(nil, testLimit), 1),
		"window of zstd":          batchOf(t, compressZstd, []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 1, 0, 0}, 1),
		"block of lz4":            batchOf(t, compressLZ4, []byte{4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73, 0xff, 0xff, 0xff, 0x7f}, 1),
		"negative record count":   batchOf(t, compressNone, []byte{1, 2, 3}, -1<<31),
		"a member of gzip, ended": batchOf(t, compressGzip, zeros(t, compressGzip, 64<<20)[:20], 1),
	} {
		var c *chunk
		size := allocated(func() {
			c = testChunk(0, nil, b)
			if c.Next(new(pipeline.Record)) {
				t.Errorf("%s: read", name)
			}
		})
		if pipeline.KindOf(c.Err()) != pipeline.KindCorrupt {
			t.Errorf("%s: %v", name, c.Err())
		}
		if size > bombMemory {
			t.Errorf("%s: %d bytes allocated", name, size)
		}
	}
}

func TestAnnouncedResponseIsNotAllocatedBeforeItComes(t *testing.T) {
	const n = 20 << 20
	head := binary.BigEndian.AppendUint32(nil, n+4)
	head = binary.BigEndian.AppendUint32(head, correlation)
	var c call
	size := allocated(func() {
		if err := c.read(bytes.NewReader(append(head, 1, 2, 3))); err == nil {
			t.Error("read")
		}
	})
	if size > 2*firstRead {
		t.Errorf("%d bytes allocated for three", size)
	}
	if err := c.read(io.MultiReader(bytes.NewReader(head), io.LimitReader(ones{}, n))); err != nil || len(c.resp) != n || bytes.Count(c.resp, []byte{1}) != n {
		t.Errorf("%d of %d bytes, %v", len(c.resp), n, err)
	}
}

// ones is a stream of bytes of value 1.
type ones struct{}

func (ones) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 1
	}
	return len(b), nil
}

// FuzzDecompress: no codec panics or gives more than the limit, and what we compress comes back.
func FuzzDecompress(f *testing.F) {
	const limit = 1 << 16
	codecs := newCodecs(limit)
	for kind := compressNone; kind <= compressZstd; kind++ {
		for _, text := range []string{"", "a", string(make([]byte, limit+1))} {
			b, err := codecs.compress(nil, kind, []byte(text))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(kind), b)
		}
	}
	f.Add(byte(compressSnappy), xerial([]byte{0}, 2))
	f.Fuzz(func(t *testing.T, kind byte, b []byte) {
		out, err := codecs.decompress(nil, compression(kind), b)
		if err == nil && len(out) > limit {
			t.Fatalf("codec %d gives %d bytes, %d are allowed", kind, len(out), limit)
		}
		if kind == byte(compressNone) || kind > byte(compressZstd) || len(b) > limit {
			return
		}
		packed, err := codecs.compress(nil, compression(kind), b)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := codecs.decompress(nil, compression(kind), packed); err != nil || string(again) != string(b) {
			t.Fatalf("codec %d: %d bytes come back as %d, %v", kind, len(b), len(again), err)
		}
	})
}
