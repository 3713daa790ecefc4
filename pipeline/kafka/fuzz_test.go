package kafka

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// answers are the decoders of every response that we read, by the name of a stored one.
func answers() map[string]func(b []byte) error {
	flexible := func(read func(r *reader) error) func(b []byte) error {
		return func(b []byte) error { return read(&reader{b: b, flex: true}) }
	}
	fixed := func(read func(r *reader) error) func(b []byte) error {
		return func(b []byte) error { return read(&reader{b: b}) }
	}
	return map[string]func(b []byte) error{
		"apiversions-v3": func(b []byte) error { _, err := readAPIVersions(b); return err },
		"metadata-v10":   flexible(func(r *reader) error { _, _, _, err := readMetadata(*r); return err }),
		"offsetfetch-v7": flexible(func(r *reader) error {
			_, err := readOffsetFetch(r)
			return worse(err, r.err())
		}),
		"listoffsets-v5":     fixed(func(r *reader) error { return readListOffsets(r, map[pipeline.TopicPartition]listed{}) }),
		"offsetcommit-v7":    fixed(readOffsetsCommitted),
		"txnoffsetcommit-v5": flexible(readOffsetsCommitted),
		"findcoordinator-v2": fixed(func(r *reader) error { _, err := readFindCoordinator(r); return err }),
		"initproducerid-v4":  flexible(func(r *reader) error { _, err := readProducerState(r, true); return err }),
		"endtxn-v5":          flexible(func(r *reader) error { _, err := readProducerState(r, true); return err }),
		"produce-v12": flexible(func(r *reader) error {
			return noPause(readProduce(r, func(_ string, _ int32, code Code) error { return codeErr(int16(code)) }))
		}),
		"createtopics-v5": flexible(func(r *reader) error { return readCreateTopics(r, func(string, Code) {}) }),
		"deletetopics-v3": fixed(readDeleteTopics),
		"describegroups-v3": fixed(func(r *reader) error {
			return readDescribeGroups(r, func(string) {}, func(m describedMember) { m.groupMember() }, func(Operations) {})
		}),
		"leavegroup-v3": fixed(readLeaveGroup),
		"produce-v8": fixed(func(r *reader) error {
			return noPause(readProduce(r, func(_ string, _ int32, code Code) error { return codeErr(int16(code)) }))
		}),
		"endtxn-v3":             flexible(func(r *reader) error { _, err := readProducerState(r, false); return err }),
		"txnoffsetcommit-v3":    flexible(readOffsetsCommitted),
		"addpartitionstotxn-v3": flexible(readOffsetsCommitted),
		"addoffsetstotxn-v3":    flexible(readOffsetsAdded),
		"describeproducers-v0": flexible(func(r *reader) error {
			return readDescribeProducers(r, func(pipeline.TopicPartition, activeProducer) {})
		}),
		"describeconfigs-v2": fixed(func(r *reader) error { return readDescribeConfigs(r, func(_, _, _ string) {}) }),
	}
}

func noPause(_ time.Duration, _ int64, err error) error { return err }

// Whatever a broker sends, the decoders of responses end, without a panic.
func FuzzResponses(f *testing.F) {
	all := answers()
	names := []string{}
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		for _, b := range seen(f, name) {
			f.Add(byte(i), b)
			f.Add(byte(i), b[:len(b)/2])
		}
	}
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		_ = all[names[int(which)%len(names)]](b) // any error will do
	})
}

// Whatever comes in on a connection, no more is taken for a response than has come.
func FuzzResponseFrame(f *testing.F) {
	frame := func(size uint32, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, size)
		return append(binary.BigEndian.AppendUint32(b, correlation), body...)
	}
	metadata := stored(f, "metadata-v10")
	f.Add(frame(uint32(len(metadata))+5, append([]byte{0}, metadata...)), true)
	f.Add(frame(1<<31, nil), false)
	f.Add(frame(1<<20, metadata), false)
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n"), false)
	f.Fuzz(func(t *testing.T, b []byte, flex bool) {
		c := call{flex: flex}
		if err := c.read(bytes.NewReader(b)); err == nil && len(c.resp) > len(b)-8 {
			t.Fatalf("a response of %d bytes from %d", len(c.resp), len(b))
		}
	})
}

// Whatever lies in a fetch response is decoded or refused, and positions never go back.
func FuzzFetchResponse(f *testing.F) {
	for _, whole := range seen(f, "fetch-v11") {
		f.Add(whole)
		f.Add(whole[:len(whole)/2])
	}
	codecs := newCodecs(1 << 16)
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = readFetch(reader{b: b}, func(p *fetchedPartition) { // any error will do
			walk(t, codecs, p.records, p.aborted)
		})
	})
}

// FuzzRecordBatch repairs the checksum, so that what lies behind it is reached.
func FuzzRecordBatch(f *testing.F) {
	for _, b := range seen(f, "fetch-v11") {
		if err := readFetch(reader{b: b}, func(p *fetchedPartition) {
			for n, err := batchLength(p.records); n > 0 && err == nil; n, err = batchLength(p.records) {
				f.Add(slices.Clone(p.records[:n]), true)
				p.records = p.records[n:]
			}
		}); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(makeBatch(f, 1<<40, compressNone, attrTransactional, producerState{5, 1}, values("a", "b")...), false)
	codecs := newCodecs(1 << 16)
	f.Fuzz(func(t *testing.T, b []byte, repair bool) {
		if repair && len(b) >= batchHeader {
			b = slices.Clone(b)
			binary.BigEndian.PutUint32(b[8:], uint32(len(b)-batchPrefix))
			b[16] = 2
			resum(b)
		}
		walk(t, codecs, b, []aborted{{5, 0}, {1, 3}})
	})
}

func walk(t *testing.T, codecs *codecs, records []byte, list []aborted) {
	next, size := nextOffset(records, 0)
	if next < 0 || size > len(records) {
		t.Fatalf("next offset %d, size %d of %d", next, size, len(records))
	}
	c := &chunk{codecs: codecs, rest: records, aborted: slices.Clone(list)}
	c.sortAborted()
	var r pipeline.Record
	for n := 0; c.Next(&r); n++ {
		if r.Offset < 0 || n > len(records)+1<<16 {
			t.Fatalf("record %d has offset %d", n, r.Offset)
		}
		if c.err == nil && r.Offset >= next {
			t.Fatalf("record at offset %d, next offset is %d", r.Offset, next)
		}
	}
}

// What a member says of itself is another program's word.
func FuzzClaim(f *testing.F) {
	f.Add(appendClaim(nil, claim{3, []pipeline.TopicPartition{tp("web", 0), tp("call", 7)}, []pipeline.TopicPartition{tp("web", 1)}}))
	f.Add(appendClaim(nil, claim{}))
	for _, b := range seen(f, "joingroup-v2") {
		for _, data := range userData(f, b) {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := readClaim(b)
		if err != nil {
			return
		}
		again, err := readClaim(appendClaim(nil, c))
		if err != nil || again.generation != c.generation || len(again.owned) != len(c.owned) {
			t.Fatalf("%v became %v, %v", c, again, err)
		}
		members := []member{{id: "a", topics: []string{"web"}, claim: c}, {id: "b", topics: []string{"web"}}}
		spread(t, members, map[string]int32{"web": 5}, assign(members, map[string]int32{"web": 5}))
	})
}

// FuzzMember decodes what the members of a group say of themselves, and are assigned.
func FuzzMember(f *testing.F) {
	claimed := appendClaim(nil, claim{generation: 1, holds: []pipeline.TopicPartition{tp("web", 1)}})
	subscription := []byte{0, 1, 0, 0, 0, 1, 0, 3, 'w', 'e', 'b', 0, 0, 0, byte(len(claimed))}
	f.Add(append(subscription, claimed...), []byte{0, 1, 0, 0, 0, 1, 0, 3, 'w', 'e', 'b', 0, 0, 0, 1, 0, 0, 0, 9, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, metadata, assignment []byte) {
		m := describedMember{metadata: metadata, assignment: assignment}
		got := m.groupMember()
		if n := 4 * len(got.Assigned); n > len(assignment) {
			t.Errorf("%d partitions from %d bytes", len(got.Assigned), len(assignment))
		}
	})
}

// userData takes what members say of themselves from the answer to a JoinGroup.
func userData(tb testing.TB, joined []byte) (out [][]byte) {
	tb.Helper()
	r := reader{b: joined}
	r.int32() // throttle
	r.int16()
	r.int32() // generation
	for range 3 {
		_ = r.string() // protocol, leader, member
	}
	for n := r.array(6); n > 0; n-- {
		_ = r.string()
		m := reader{b: r.raw(true)}
		m.int16() // version
		for k := m.array(2); k > 0; k-- {
			_ = m.string()
		}
		if data := m.raw(true); data != nil {
			out = append(out, data)
		}
	}
	if r.bad {
		tb.Fatalf("answer to JoinGroup: %x", joined)
	}
	return out
}
