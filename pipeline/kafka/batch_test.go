package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"

	"github.com/attune-health/attune/pipeline"
)

const testLimit = 1 << 20

// makeBatch builds one batch with base offset base.
func makeBatch(t testing.TB, base int64, kind compression, attrs uint16, p producerState, recs ...pipeline.OutRecord) []byte {
	t.Helper()
	var b builder
	b.reset()
	for i := range recs {
		b.add(&recs[i])
	}
	out, err := b.seal(newCodecs(testLimit), kind, attrs, p, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint64(out, uint64(base))
	return slices.Clone(out)
}

// resum repairs the checksum of a batch that a test has damaged on purpose.
func resum(b []byte) []byte {
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], castagnoli()))
	return b
}

func values(vs ...string) []pipeline.OutRecord {
	var out []pipeline.OutRecord
	for _, v := range vs {
		out = append(out, pipeline.OutRecord{Key: []byte("key"), Value: []byte(v), Timestamp: 1000})
	}
	return out
}

// marker is the control batch that ends a producer's transaction.
func marker(t testing.TB, base int64, p producerState, commit bool) []byte {
	key := []byte{0, 0, 0, 0}
	if commit {
		key[3] = 1
	}
	return makeBatch(t, base, compressNone, attrTransactional|attrControl, p, pipeline.OutRecord{Key: key, Value: []byte{0, 0, 0, 0, 0, 0}})
}

func testChunk(from int64, aborted []aborted, batches ...[]byte) *chunk {
	c := &chunk{codecs: newCodecs(testLimit), from: from, rest: slices.Concat(batches...), aborted: aborted}
	c.sortAborted()
	return c
}

func decoded(c *chunk) []string {
	out := []string{}
	var r pipeline.Record
	for c.Next(&r) {
		out = append(out, fmt.Sprint(r.Offset, "=", string(r.Value)))
	}
	return out
}

// heldTogether decodes records as long as those before them hold, and looks at them only then.
func heldTogether(c *chunk) (out []string, runs int) {
	var records []pipeline.Record
	for more := true; more; runs++ {
		records = records[:0]
		for {
			var r pipeline.Record
			if more = c.Next(&r); !more {
				break
			}
			records = append(records, r)
			if !c.Stable() {
				break
			}
		}
		for _, r := range records {
			out = append(out, fmt.Sprint(r.Offset, "=", string(r.Value)))
		}
	}
	return out, runs
}

func TestRecordsHoldWhileTheChunkIsStable(t *testing.T) {
	for kind := range compressZstd + 1 {
		none := producerState{-1, -1}
		batches := [][]byte{
			makeBatch(t, 0, compressNone, 0, none, values("plain", "too")...),
			makeBatch(t, 2, kind, 0, none, values("first", "of three", "in one batch")...),
			makeBatch(t, 5, kind, 0, none, values("another, which overwrites them")...),
			makeBatch(t, 6, compressNone, 0, none, values("plain again", "and again")...),
			makeBatch(t, 8, kind, 0, none, values("the last of all batches")...),
		}
		want := decoded(testChunk(0, nil, batches...))
		got, runs := heldTogether(testChunk(0, nil, batches...))
		if d := cmp.Diff(got, want); d != "" {
			t.Errorf("compression %d (-got +want):\n%s", kind, d)
		}
		if most := map[bool]int{true: 1, false: 6}[kind == compressNone]; runs > most {
			t.Errorf("compression %d: %d runs, at most %d were needed", kind, runs, most)
		}
	}
}

func TestBatchesAreReadFromThePositionAskedFor(t *testing.T) {
	for kind := range compressZstd + 1 {
		c := testChunk(12, nil, makeBatch(t, 5, kind, 0, producerState{-1, -1}, values("a", "b")...), makeBatch(t, 10, kind, 0, producerState{-1, -1}, values("c", "d", "e", "f")...),
			makeBatch(t, 20, kind, 0, producerState{-1, -1}, values("g")...)[:40])
		if d := cmp.Diff(decoded(c), []string{"12=e", "13=f"}); d != "" || c.Err() != nil {
			t.Errorf("codec %d: %s, %v", kind, d, c.Err())
		}
	}
	b := slices.Concat(makeBatch(t, 5, 0, 0, producerState{}, values("a", "b")...), makeBatch(t, 10, 0, 0, producerState{}, values("c")...))
	if next, size := nextOffset(append(b, b[:30]...), 6); next != 11 || size != len(b) {
		t.Errorf("next offset %d, size %d of %d", next, size, len(b))
	}
}

func TestAppendTimeCountsForAllRecordsOfTheBatch(t *testing.T) {
	b := makeBatch(t, 0, 0, attrAppendTime, producerState{}, values("a", "b")...)
	binary.BigEndian.PutUint64(b[35:], 99_000)
	c := testChunk(0, nil, resum(b))
	var r pipeline.Record
	for c.Next(&r) {
		if r.Timestamp != 99_000 || r.Claimed {
			t.Errorf("timestamp %d, claimed %v", r.Timestamp, r.Claimed)
		}
	}
	if c.Err() != nil {
		t.Error(c.Err())
	}
	// Without it the time is the producer's word.
	c = testChunk(0, nil, makeBatch(t, 0, 0, 0, producerState{}, values("a")...))
	if !c.Next(&r) || !r.Claimed {
		t.Errorf("claimed %v: %v", r.Claimed, c.Err())
	}
}

// Producers 1 and 2 are interleaved; the list of aborted transactions comes unsorted, and producer 1
// has an aborted transaction, a committed one and another aborted one.
func TestAbortedRecordsAreSkippedUntilTheirMarker(t *testing.T) {
	p1, p2 := producerState{1, 0}, producerState{2, 0}
	tx := uint16(attrTransactional)
	batches := [][]byte{
		makeBatch(t, 0, 0, tx, p1, values("x")...), makeBatch(t, 1, compressLZ4, tx, p2, values("good")...), makeBatch(t, 2, 0, 0, p1, values("plain")...),
		marker(t, 3, p1, false), makeBatch(t, 4, 0, tx, p1, values("kept")...), marker(t, 5, p2, true), marker(t, 6, p1, true),
		makeBatch(t, 7, 0, tx, p2, values("y")...), makeBatch(t, 8, 0, tx, p1, values("z")...), marker(t, 9, p1, false), marker(t, 10, p2, false),
		makeBatch(t, 11, 0, tx, p1, values("last")...),
	}
	list := []aborted{{1, 8}, {2, 7}, {1, 0}}
	if d := cmp.Diff(decoded(testChunk(0, list, batches...)), []string{"1=good", "2=plain", "4=kept", "11=last"}); d != "" {
		t.Error(d)
	}
}

func TestHeaderKeysAreInterned(t *testing.T) {
	rec := pipeline.OutRecord{Value: make([]byte, 200), Headers: []pipeline.Header{{Key: "ce_id", Value: []byte("1")}, {Key: "ce_source", Value: []byte("s")}}}
	b := makeBatch(t, 0, 0, 0, producerState{}, slices.Repeat([]pipeline.OutRecord{rec}, 100)...)
	c := testChunk(0, nil)
	var r pipeline.Record
	r.Headers = make([]pipeline.Header, 0, 4)
	read := func() {
		c.rest = b
		for c.Next(&r) {
		}
	}
	read()
	if n := testing.AllocsPerRun(100, read); n != 0 {
		t.Errorf("%v allocations for 100 records", n)
	}
	if c.Err() != nil || len(r.Headers) != 2 || r.Headers[1].Key != "ce_source" {
		t.Errorf("%v, %v", r.Headers, c.Err())
	}
	var n names // more names than it keeps
	for i := range 3 * maxNames {
		if want := fmt.Sprint("h", i%(maxNames+10)); n.of([]byte(want)) != want {
			t.Fatal(want)
		}
	}
	if len(n.list) > maxNames {
		t.Errorf("%d names kept", len(n.list))
	}
}

func TestDamagedBatchesAreCorruptNotFatal(t *testing.T) {
	whole := makeBatch(t, 3, 0, 0, producerState{}, values("a", "b")...)
	be := binary.BigEndian
	for name, damage := range map[string]func(b []byte){
		"flipped bit":         func(b []byte) { b[70] ^= 1 },
		"old format":          func(b []byte) { b[16] = 1 },
		"length below header": func(b []byte) { be.PutUint32(b[8:], 10) },
		"negative length":     func(b []byte) { be.PutUint32(b[8:], 0x80000000) },
		"negative base":       func(b []byte) { b[0] = 0x80; resum(b) },
		"too many records":    func(b []byte) { be.PutUint32(b[57:], 1<<30); resum(b) },
		"negative records":    func(b []byte) { be.PutUint32(b[57:], 1<<31); resum(b) },
		"negative delta":      func(b []byte) { be.PutUint32(b[23:], 1<<31); resum(b) },
		"more than it holds":  func(b []byte) { be.PutUint32(b[57:], 3); be.PutUint32(b[23:], 2); resum(b) },
		"record length":       func(b []byte) { b[batchHeader] = 0x7f; resum(b) },
		"record of nothing":   func(b []byte) { b[batchHeader] = 0; resum(b) },
		"unknown codec":       func(b []byte) { be.PutUint16(b[21:], 7); resum(b) },
		"not gzip":            func(b []byte) { be.PutUint16(b[21:], 1); resum(b) },
	} {
		t.Run(name, func(t *testing.T) {
			b := slices.Clone(whole)
			damage(b)
			c := testChunk(0, nil, b)
			decoded(c)
			if pipeline.KindOf(c.Err()) != pipeline.KindCorrupt {
				t.Errorf("error %v", c.Err())
			}
			if c.Next(new(pipeline.Record)) {
				t.Error("goes on after the error")
			}
		})
	}
}

func TestDecompressionIsBounded(t *testing.T) {
	bomb := make([]byte, testLimit+1)
	c := newCodecs(1 << 30)
	for kind := compressGzip; kind <= compressZstd; kind++ {
		packed, err := c.compress(nil, kind, bomb)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newCodecs(testLimit).decompress(nil, kind, packed); err == nil {
			t.Errorf("codec %d expands beyond the limit", kind)
		}
		if out, err := newCodecs(testLimit+1).decompress(nil, kind, packed); err != nil || len(out) != len(bomb) {
			t.Errorf("codec %d: %d bytes, %v", kind, len(out), err)
		}
	}
	// a snappy block may claim any size
	if _, err := newCodecs(testLimit).decompress(nil, compressSnappy, binary.AppendUvarint(nil, 1<<31)); err == nil {
		t.Error("claimed size accepted")
	}
}

func TestSnappyOfJavaIsRead(t *testing.T) {
	framed := append([]byte(xerialMagic), 0, 0, 0, 1, 0, 0, 0, 1)
	for _, part := range []string{strings.Repeat("first ", 100), "second"} {
		block := snappy.Encode(nil, []byte(part))
		framed = binary.BigEndian.AppendUint32(framed, uint32(len(block)))
		framed = append(framed, block...)
	}
	got, err := newCodecs(testLimit).decompress(nil, compressSnappy, framed)
	if want := strings.Repeat("first ", 100) + "second"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	for cut := 17; cut < len(framed); cut++ {
		got, err := newCodecs(testLimit).decompress(nil, compressSnappy, framed[:cut])
		if err == nil && len(got) > 600 {
			t.Errorf("cut at %d of %d: %d bytes, no error", cut, len(framed), len(got))
		}
	}
}

func TestGzipOfManyMembersIsRead(t *testing.T) {
	var w sliceWriter
	for _, s := range []string{"one ", "two"} {
		z := gzip.NewWriter(&w)
		if err := writeClose(z, []byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := newCodecs(testLimit).decompress(nil, compressGzip, w.b); err != nil || string(got) != "one two" {
		t.Errorf("got %q, %v", got, err)
	}
}

// stored returns the bytes of an answer that Apache Kafka 4.3.1 gave.
func stored(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "apache-4.3.1", name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The stored fetch holds, for each compression, a committed transaction of three records over two
// partitions and an aborted one of a record in partition 0, all with their markers.
func TestFetchOfApacheKafkaIsRead(t *testing.T) {
	got := map[int32][]string{}
	expect := map[int32][]string{}
	for _, codec := range []string{"gzip", "snappy", "lz4", "zstd"} {
		expect[0] = append(expect[0], "value of "+codec+" 0", "value of "+codec+" 2")
		expect[1] = append(expect[1], "value of "+codec+" 1")
	}
	err := readFetch(reader{b: stored(t, "fetch-v11")}, func(p *fetchedPartition) {
		c := testChunk(0, slices.Clone(p.aborted), p.records)
		var r pipeline.Record
		for c.Next(&r) {
			got[p.partition] = append(got[p.partition], string(r.Value))
			if len(r.Headers) != 1 || r.Headers[0].Key != "ce_id" || r.Timestamp != 1700000000000 {
				t.Errorf("record %+v", r)
			}
		}
		if c.Err() != nil || p.code != 0 {
			t.Error(c.Err(), p.code)
		}
		if next, _ := nextOffset(p.records, 0); next != p.stable || p.stable != p.high {
			t.Errorf("next offset %d, last stable %d, high %d", next, p.stable, p.high)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(got, expect); d != "" {
		t.Error(d)
	}
}

// What Apache Kafka answered to requests that went right or wrong is read, or is an error that it names.
func TestEveryStoredAnswerIsReadAndHalfOfItIsNot(t *testing.T) {
	for name, read := range answers() {
		for i, b := range seen(t, name) {
			var code Code
			if err := read(b); err != nil && !errors.As(err, &code) {
				t.Errorf("%s-%d: %v", name, i, err)
			}
			if read(b[:len(b)/2]) == nil {
				t.Errorf("%s-%d, half of it: read", name, i)
			}
		}
	}
}

func TestAnswersOfApacheKafkaAreRead(t *testing.T) {
	all, read := answers(), 0
	for name := range all {
		if !fileExists(filepath.Join("testdata", "apache-4.3.1", name+".bin")) {
			continue // among the others
		}
		read++
		if err := all[name](stored(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if read != 15 {
		t.Errorf("%d answers read", read)
	}
	v, err := readAPIVersions(stored(t, "apiversions-v3"))
	if err != nil || !v.transactions2() || v.check() != nil {
		t.Errorf("versions %v, %v", v, err)
	}
	committed, err := readOffsetFetch(&reader{b: stored(t, "offsetfetch-v7"), flex: true})
	if err != nil || len(committed) != 1 {
		t.Errorf("committed %v, %v", committed, err)
	}
	for _, o := range committed {
		if o.Offset != 7 || o.Metadata != "w7" {
			t.Errorf("committed %v", o)
		}
	}
}
