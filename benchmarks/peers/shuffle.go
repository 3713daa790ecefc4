package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

const (
	shuffleRecord = 1024
	shuffleSeed   = 42
	shuffleInput  = "shufflebench"
)

// appendTime is how ShuffleBench's topics take their times.
var appendTime = map[string]string{"message.timestamp.type": "LogAppendTime"}

// loadShuffle writes records of random bytes without a key, a batch to each partition in turn, and
// returns how many outputs each consumer must give.
func loadShuffle(ctx context.Context, cluster *kafka.Cluster, topic string, records int64, m *matcher) (map[string]uint64, error) {
	l, err := newLoader(ctx, cluster, topic, javaBatch)
	if err != nil {
		return nil, err
	}
	random, value := newSplittable(shuffleSeed), make([]byte, shuffleRecord)
	matches := map[uint32]uint64{}
	var found []uint32
	const inBatch = javaBatch / shuffleRecord
	for i := range records {
		for j := 0; j < shuffleRecord; j += 8 {
			binary.LittleEndian.PutUint64(value[j:], random.long())
		}
		found = m.match(value, found[:0])
		for _, n := range found {
			matches[n]++
		}
		if err := l.add(int32(i/inBatch%partitions), nil, value); err != nil {
			return nil, errors.Join(err, l.wait())
		}
	}
	want := map[string]uint64{}
	for n, times := range matches {
		key := consumerPrefix + strconv.Itoa(int(n))
		if outputs := (firstCount([]byte(key)) + times) / outputEvery; outputs > 0 {
			want[key] = outputs
		}
	}
	return want, l.close()
}

func (t *shuffleTopics) create(ctx context.Context, cluster *kafka.Cluster) error {
	if err := createTopics(ctx, cluster, appendTime, t.Output); err != nil {
		return err
	}
	if err := createTopics(ctx, cluster, nil, t.Matched); err != nil {
		return err
	}
	return createTopics(ctx, cluster, map[string]string{"cleanup.policy": "compact"}, t.Changelog)
}

// checkShuffle compares the number of outputs of each consumer. What is in them depends on the order in
// which a consumer gets records of several partitions.
func checkShuffle(ctx context.Context, cluster *kafka.Cluster, topic string, want map[string]uint64) (outputs int64, err error) {
	spans, err := cluster.Spans(ctx, topic)
	if err != nil {
		return 0, err
	}
	got := map[string]uint64{}
	err = cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
		if len(r.Value) != consumerSize || binary.BigEndian.Uint64(r.Value) != outputEvery {
			return fmt.Errorf("%s/%d offset %d: not an output", r.Topic, r.Partition, r.Offset)
		}
		got[string(r.Key)]++
		outputs++
		return nil
	})
	for key, n := range want {
		if err == nil && got[key] != n {
			err = fmt.Errorf("%s: got %d outputs, want %d", key, got[key], n)
		}
	}
	if err == nil && len(got) != len(want) {
		err = fmt.Errorf("got outputs of %d consumers, want %d", len(got), len(want))
	}
	return outputs, err
}

// shuffles measures ShuffleBench on attune's engine.
func (b *bench) shuffles(ctx context.Context) error {
	progress("writing %d records of ShuffleBench", b.options.Shuffle)
	if err := createTopics(ctx, b.cluster, appendTime, shuffleInput); err != nil {
		return err
	}
	want, err := loadShuffle(ctx, b.cluster, shuffleInput, b.options.Shuffle, newMatcher(b.options.Rules))
	if err != nil {
		return err
	}
	for repeat := range b.options.Repeats {
		d, err := b.shuffle(ctx, want, repeat)
		if err != nil {
			return fmt.Errorf("shufflebench: %w", err)
		}
		progress("%-22s %8.0f/s  %5.2f CPU s/M  broker %.2f  whole %.2f  outputs of every consumer as expected", "shufflebench", d.Rate, d.CPU, d.BrokerCPU, d.WholeCPU)
		b.report.Shuffle = append(b.report.Shuffle, d)
	}
	return b.cluster.DeleteTopics(ctx, []string{shuffleInput})
}

func (b *bench) shuffle(ctx context.Context, want map[string]uint64, repeat int) (*drained, error) {
	name := fmt.Sprintf("shuffle-%d", repeat)
	topics := shuffleTopics{Input: shuffleInput, Matched: name + "-matched", Output: name + "-output", Changelog: name + "-changelog"}
	if err := topics.create(ctx, b.cluster); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, name+"-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd, err := childCommand(b.order(order{Job: "shufflebench", Shuffle: topics, Rules: b.options.Rules, Group: name}, dir))
	if err != nil {
		return nil, err
	}
	s := &sut{cluster: b.cluster, broker: b.broker.Pid(), group: name, input: shuffleInput, began: time.Now()}
	if s.Process, err = launch(cmd, dir); err != nil {
		return nil, err
	}
	d, err := b.measureShuffle(ctx, s, &topics, want)
	if d != nil {
		d.Stats = readStats(dir)
	}
	return d, errors.Join(err, s.end(ctx), b.removeTopics(ctx, name))
}

func (b *bench) measureShuffle(ctx context.Context, s *sut, topics *shuffleTopics, want map[string]uint64) (*drained, error) {
	limited, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	if err := s.drain(limited, b.options.Shuffle); err != nil {
		return nil, err
	}
	d := s.figures("attune", b.options.Shuffle)
	if err := s.consumed(limited, topics.Matched); err != nil {
		return nil, err
	}
	if err := s.end(ctx); err != nil {
		return nil, err
	}
	_, err := checkShuffle(limited, b.cluster, topics.Output, want)
	return d, err
}

// consumed waits until the group has taken all of the topic in between: where nothing but markers lies
// behind what it has committed, and that for a while.
func (s *sut) consumed(ctx context.Context, topic string) error {
	for {
		lags, err := s.cluster.Lag(ctx, s.group, topic)
		if err != nil {
			return err
		}
		left := int64(0)
		for i := range lags {
			left += lags[i].Lag()
		}
		if left == 0 {
			return nil
		}
		if err := pause(ctx, sampleEvery); err != nil {
			return fmt.Errorf("%d records in between: %w; %s", left, err, s.LogEnd())
		}
	}
}
