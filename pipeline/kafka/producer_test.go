package kafka

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
)

func TestCommitMakesOutputsAndOffsetsVisibleTogether(t *testing.T) {
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		t.Run(codec, func(t *testing.T) {
			r := newRig(t)
			out, in := r.topic("out", 3), r.topic("in", 1)
			p := r.producer(pipeline.ProducerConfig{TransactionalID: "worker", Compression: codec})
			alone := fixedGeneration{group: r.name("g"), id: -1}
			var want []string
			for part := range int32(3) {
				values := numbered(string('a'+rune(part)), 100)
				r.append(p, out, part, values...)
				want = append(want, values...)
			}
			if got := r.read(out); len(got) != 0 {
				t.Fatalf("%d records before the commit", len(got))
			}
			offsets := []pipeline.OffsetCommit{{TopicPartition: tp(in, 0), Offset: 42, Metadata: "watermark 7"}}
			r.must(p.Seal(offsets).Commit(r.ctx(), alone))
			if d := cmp.Diff(r.read(out), want); d != "" {
				t.Error(d)
			}
			got, err := r.c.Committed(r.ctx(), alone.group, []pipeline.TopicPartition{tp(in, 0)})
			r.must(err)
			if d := cmp.Diff(got, map[pipeline.TopicPartition]pipeline.OffsetCommit{tp(in, 0): offsets[0]}); d != "" {
				t.Error(d)
			}
		})
	}
}
