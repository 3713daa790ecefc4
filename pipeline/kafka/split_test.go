package kafka

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
)

// smallTopic takes batches of two thousand bytes.
func (r *rig) smallTopic(s string) string {
	r.t.Helper()
	name := r.name(s)
	_, err := r.c.CreateTopics(r.ctx(), []TopicSpec{{Name: name, Partitions: 2, ReplicationFactor: 1,
		Config: map[string]string{"max.message.bytes": "2000", "retention.ms": "-1"}}})
	r.must(err)
	return name
}

// The topic takes less than a batch. It is split until it fits, in the same transaction, and only the record that is
// too large by itself is left out. Later batches are made as the topic takes them.
func TestBatchIsLargerThanItsTopicTakesThenItIsSplit(t *testing.T) {
	for _, compression := range []string{"none", "zstd"} {
		for _, id := range []string{"w", ""} {
			t.Run(fmt.Sprintf("compression=%s, id=%q", compression, id), func(t *testing.T) {
				bothVersions(t, func(t *testing.T, r *rig) {
					small, other, in := r.smallTopic("small"), r.topic("other", 1), r.topic("in", 1)
					var refused []pipeline.TopicPartition
					p := r.producer(pipeline.ProducerConfig{TransactionalID: id, Compression: compression, Refused: func(tp pipeline.TopicPartition, size int) {
						if size < 3000 {
							t.Errorf("%d bytes are refused", size)
						}
						refused = append(refused, tp)
					}})
					g := fixedGeneration{group: r.name("g"), id: -1}
					var want []string
					for round := range 2 {
						var values []string
						for i := range 50 {
							values = append(values, fmt.Sprintf("%d-%02d-%s", round, i, noise(50)))
						}
						values = slices.Insert(values, 20, noise(4000))
						r.append(p, small, 0, values...)
						r.append(p, small, 1, values[0])
						r.append(p, other, 0, values[1])
						r.must(p.Seal(r.offsets(in, int64(round+1))).Commit(r.ctx(), g))
						want = append(want, slices.Delete(values, 20, 21)...)
					}
					got := r.read(small)
					if d := cmp.Diff(got[:100], want); d != "" {
						t.Error(d)
					}
					if len(got) != 102 || len(r.read(other)) != 2 || r.committed(g.group, in) != 2 {
						t.Errorf("%d records in all, offset %d", len(got), r.committed(g.group, in))
					}
					if !slices.Equal(refused, []pipeline.TopicPartition{tp(small, 0), tp(small, 0)}) {
						t.Errorf("refused: %v", refused)
					}
				})
			})
		}
	}
}

// noise is text that does not compress to nothing.
func noise(n int) string {
	var b strings.Builder
	x := uint32(n)
	for b.Len() < n {
		x = x*1664525 + 1013904223
		b.WriteByte('!' + byte(x>>16)%90)
	}
	return b.String()
}

func TestDividedBatchKeepsEveryRecordAsItWas(t *testing.T) {
	var b, first, second builder
	for _, x := range []*builder{&b, &first, &second} {
		x.reset()
	}
	records := []pipeline.OutRecord{
		{Timestamp: 5000, Key: []byte("k"), Value: []byte("v"), Headers: []pipeline.Header{{Key: "h", Value: []byte("1")}, {Key: "n"}}},
		{Timestamp: 4000, Value: []byte{}},
		{Timestamp: 9000, Key: []byte("tombstone")},
	}
	for i := range records {
		b.add(&records[i])
	}
	b.divide(&first, &second)
	var got []pipeline.OutRecord
	for _, half := range []*builder{&first, &second} {
		wire, err := half.seal(newCodecs(testLimit), compressNone, 0, producerState{-1, -1}, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := testChunk(0, nil, wire)
		var r pipeline.Record
		for c.Next(&r) {
			o := pipeline.OutRecord{Timestamp: r.Timestamp, Key: r.Key, Value: r.Value, Headers: slices.Clone(r.Headers)}
			if len(o.Headers) == 0 {
				o.Headers = nil
			}
			got = append(got, o)
		}
		if c.Err() != nil {
			t.Error(c.Err())
		}
	}
	if d := cmp.Diff(got, records); d != "" {
		t.Error(d)
	}
}
