package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/pipeline"
)

// stranger reads topics with a client that shares no code with ours.
type stranger struct {
	addrs  []string
	client *kgo.Client
}

// Each implements verify.Log.
func (s stranger) Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error {
	ends, err := s.ends(ctx, topic, readCommitted)
	if err != nil {
		return err
	}
	from := map[int32]kgo.Offset{}
	for partition, end := range ends {
		if end > 0 {
			from[partition] = kgo.NewOffset().AtStart()
		}
	}
	if len(from) == 0 {
		return nil
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(s.addrs...), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		return err
	}
	defer reader.Close()
	var r pipeline.Record
	for len(from) > 0 {
		fetches := reader.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read %s: %w", topic, err)
		}
		var failed error
		fetches.EachError(func(_ string, partition int32, err error) {
			failed = errors.Join(failed, fmt.Errorf("read %s/%d: %w", topic, partition, err))
		})
		if failed != nil {
			return failed
		}
		for records := fetches.RecordIter(); !records.Done(); {
			got := records.Next()
			// Records beyond the end that there was when it began come again another time.
			if got.Offset < ends[got.Partition] && !got.Attrs.IsControl() {
				r = pipeline.Record{Topic: topic, Partition: got.Partition, Offset: got.Offset, Timestamp: got.Timestamp.UnixMilli(), Key: got.Key, Value: got.Value, Headers: r.Headers[:0]}
				for _, h := range got.Headers {
					r.Headers = append(r.Headers, pipeline.Header{Key: h.Key, Value: h.Value})
				}
				if err := fn(&r); err != nil {
					return err
				}
			}
			if got.Offset >= ends[got.Partition]-1 {
				delete(from, got.Partition)
			}
		}
	}
	return nil
}

const (
	readUncommitted int8 = 0
	readCommitted   int8 = 1
)

// partitions is how many partitions each topic has, the brokers' own topics included.
func (s stranger) partitions(ctx context.Context) (map[string]int32, error) {
	request := kmsg.NewPtrMetadataRequest()
	answer, err := request.RequestWith(ctx, s.client)
	if err != nil {
		return nil, err
	}
	out := map[string]int32{}
	for i := range answer.Topics {
		out[*answer.Topics[i].Topic] = int32(len(answer.Topics[i].Partitions))
	}
	return out, nil
}

// ends are the ends of a topic's partitions, for readers of that isolation level.
func (s stranger) ends(ctx context.Context, topic string, isolation int8) (map[int32]int64, error) {
	counts, err := s.partitions(ctx)
	if err != nil {
		return nil, err
	}
	request := kmsg.NewPtrListOffsetsRequest()
	request.IsolationLevel = isolation
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	for p := range counts[topic] {
		at := kmsg.NewListOffsetsRequestTopicPartition()
		at.Partition, at.Timestamp = p, -1
		t.Partitions = append(t.Partitions, at)
	}
	request.Topics = append(request.Topics, t)
	answer, err := request.RequestWith(ctx, s.client)
	if err != nil {
		return nil, fmt.Errorf("ends of %s: %w", topic, err)
	}
	out := map[int32]int64{}
	for _, t := range answer.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return nil, fmt.Errorf("end of %s/%d: %w", topic, p.Partition, err)
			}
			out[p.Partition] = p.Offset
		}
	}
	if len(out) != int(counts[topic]) || len(out) == 0 {
		return nil, fmt.Errorf("ends of %s: %d of %d partitions answer", topic, len(out), counts[topic])
	}
	return out, nil
}
