package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// compression is the codec in the lowest three bits of a batch's attributes.
type compression uint8

const (
	compressNone compression = iota
	compressGzip
	compressSnappy
	compressLZ4
	compressZstd
)

// compressionOf reads a configured name; empty is none.
func compressionOf(name string) (compression, error) {
	for i, n := range [...]string{"none", "gzip", "snappy", "lz4", "zstd"} {
		if name == n {
			return compression(i), nil
		}
	}
	if name == "" {
		return compressNone, nil
	}
	return 0, fmt.Errorf("compression %q is not none, gzip, snappy, lz4 or zstd", name)
}

// errBomb says that a batch expands beyond what we accept.
var errBomb = errors.New("batch expands beyond kafka.max_decompressed_bytes")

// codecs keeps the working memory of the compression libraries for reuse. limit bounds what one
// batch may expand to.
type codecs struct {
	limit int
	// Of *gzip.Reader.
	gzipIn sync.Pool
	// Of *lz4.Reader.
	lz4In sync.Pool
	// Of *zstd.Decoder.
	zstdIn sync.Pool
	// Of *gzip.Writer.
	gzipOut sync.Pool
	// Of *lz4.Writer.
	lz4Out sync.Pool
	// Of *zstd.Encoder.
	zstdOut sync.Pool
}

func newCodecs(limit int) *codecs {
	c := &codecs{limit: limit}
	c.gzipIn.New = func() any { return new(gzip.Reader) }
	c.lz4In.New = func() any { return lz4.NewReader(nil) }
	c.zstdIn.New = func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdWindow), zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			panic(fmt.Sprintf("zstd decoder options: %v", err))
		}
		return d
	}
	c.gzipOut.New = func() any { return gzip.NewWriter(nil) }
	c.lz4Out.New = func() any { return lz4.NewWriter(nil) }
	c.zstdOut.New = func() any {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			panic(fmt.Sprintf("zstd encoder options: %v", err))
		}
		return e
	}
	return c
}

// decompress expands src into dst, which it may grow, and returns it.
func (c *codecs) decompress(dst []byte, kind compression, src []byte) ([]byte, error) {
	dst = dst[:0]
	switch kind {
	case compressGzip:
		r := c.gzipIn.Get().(*gzip.Reader)
		defer c.gzipIn.Put(r)
		if err := r.Reset(bytes.NewReader(src)); err != nil {
			return dst, err
		}
		return c.readAll(dst, r)
	case compressSnappy:
		return c.unsnappy(dst, src)
	case compressLZ4:
		r := c.lz4In.Get().(*lz4.Reader)
		defer c.lz4In.Put(r)
		r.Reset(bytes.NewReader(src))
		return c.readAll(dst, r)
	case compressZstd:
		return c.unzstd(dst, src)
	}
	return dst, fmt.Errorf("compression codec %d does not exist", kind)
}

// maxZstdWindow is more than the largest window that any producer declares, 2 GiB.
const maxZstdWindow = 1 << 32

// unzstd decodes into dst and grows it up to the limit. The library's own limit would refuse a frame whose
// declared window is larger, however little is in it: level 22 declares 128 MiB for any batch. What is
// decoded here is its own window, so that a large one takes no memory.
func (c *codecs) unzstd(dst, src []byte) ([]byte, error) {
	d := c.zstdIn.Get().(*zstd.Decoder)
	defer c.zstdIn.Put(d)
	// One byte more than the limit tells what fills it from what exceeds it.
	room := min(max(cap(dst), 4*len(src), 64<<10), c.limit+1)
	for {
		if cap(dst) < room {
			dst = make([]byte, 0, room)
		}
		out, err := d.DecodeAll(src, dst[:0:room])
		switch {
		case len(out) > c.limit, errors.Is(err, zstd.ErrDecoderSizeExceeded) && room > c.limit:
			return out, errBomb
		case !errors.Is(err, zstd.ErrDecoderSizeExceeded):
			return out, err
		}
		room = min(4*room, c.limit+1)
	}
}

// readAll is io.ReadAll into dst with a limit.
func (c *codecs) readAll(dst []byte, r io.Reader) ([]byte, error) {
	if cap(dst) == 0 {
		dst = make([]byte, 0, min(c.limit+1, 64<<10))
	}
	for {
		if len(dst) == cap(dst) {
			grown := make([]byte, len(dst), min(2*cap(dst), c.limit+1))
			copy(grown, dst)
			dst = grown
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		if dst = dst[:len(dst)+n]; len(dst) > c.limit {
			return dst, errBomb
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// xerialMagic is the start of what Java's snappy library writes: blocks, each with its size.
const xerialMagic = "\x82SNAPPY\x00"

func (c *codecs) unsnappy(dst, src []byte) ([]byte, error) {
	if len(src) < 16 || string(src[:8]) != xerialMagic {
		return c.unsnappyBlock(dst, src)
	}
	src = src[16:] // magic, version, oldest compatible version
	var err error
	for len(src) > 0 {
		if len(src) < 4 {
			return dst, io.ErrUnexpectedEOF
		}
		n := binary.BigEndian.Uint32(src)
		if src = src[4:]; uint64(n) > uint64(len(src)) {
			return dst, io.ErrUnexpectedEOF
		}
		if dst, err = c.unsnappyBlock(dst, src[:n]); err != nil {
			return dst, err
		}
		src = src[n:]
	}
	return dst, nil
}

// unsnappyBlock appends one expanded block to dst.
func (c *codecs) unsnappyBlock(dst, src []byte) ([]byte, error) {
	n, err := snappy.DecodedLen(src)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	if n > c.limit-at {
		return dst, errBomb
	}
	if cap(dst)-at < n {
		grown := make([]byte, at, at+max(n, at))
		copy(grown, dst)
		dst = grown
	}
	if _, err := snappy.Decode(dst[at:at+n], src); err != nil {
		return dst, err
	}
	return dst[:at+n], nil
}

// sliceWriter lets the stream compressors write into a slice that is reused.
type sliceWriter struct{ b []byte }

// Write implements io.Writer.
func (w *sliceWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

// compress appends src in compressed form to dst.
func (c *codecs) compress(dst []byte, kind compression, src []byte) ([]byte, error) {
	switch kind {
	case compressGzip:
		z := c.gzipOut.Get().(*gzip.Writer)
		defer c.gzipOut.Put(z)
		w := sliceWriter{dst}
		z.Reset(&w)
		err := writeClose(z, src)
		return w.b, err
	case compressSnappy:
		at, n := len(dst), snappy.MaxEncodedLen(len(src))
		if n < 0 {
			return dst, errBomb
		}
		if cap(dst)-at < n {
			dst = append(make([]byte, 0, at+n), dst...)
		}
		return dst[:at+len(snappy.Encode(dst[at:at+n], src))], nil
	case compressLZ4:
		z := c.lz4Out.Get().(*lz4.Writer)
		defer c.lz4Out.Put(z)
		w := sliceWriter{dst}
		z.Reset(&w)
		err := writeClose(z, src)
		return w.b, err
	case compressZstd:
		e := c.zstdOut.Get().(*zstd.Encoder)
		defer c.zstdOut.Put(e)
		return e.EncodeAll(src, dst), nil
	}
	return append(dst, src...), nil
}

func writeClose(w io.WriteCloser, src []byte) error {
	if _, err := w.Write(src); err != nil {
		return err
	}
	return w.Close()
}
