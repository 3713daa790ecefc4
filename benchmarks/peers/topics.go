package main

import (
	"context"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

// topicsOf names the topics of one run.
func topicsOf(input, run string) jobTopics {
	return jobTopics{Input: input, Actions: run + "-actions", Aggregates: run + "-aggregates", Changelog: run + "-changelog"}
}

// createTopics makes topics that keep everything.
func createTopics(ctx context.Context, cluster *kafka.Cluster, config map[string]string, names ...string) error {
	settings := map[string]string{"retention.ms": "-1"}
	for k, v := range config {
		settings[k] = v
	}
	var specs []kafka.TopicSpec
	for _, name := range names {
		specs = append(specs, kafka.TopicSpec{Name: name, Partitions: partitions, ReplicationFactor: 1, Config: settings})
	}
	existing, err := cluster.CreateTopics(ctx, specs)
	if err == nil && len(existing) > 0 {
		err = fmt.Errorf("topics %v are there already", existing)
	}
	return err
}

// createOutputs makes the topics that a run writes.
func (t *jobTopics) createOutputs(ctx context.Context, cluster *kafka.Cluster) error {
	if err := createTopics(ctx, cluster, nil, t.Actions, t.Aggregates); err != nil {
		return err
	}
	return createTopics(ctx, cluster, map[string]string{"cleanup.policy": "compact"}, t.Changelog)
}

// outputs reads what a run has written, as a read-committed reader sees it.
type outputs struct {
	cluster *kafka.Cluster
	topics  jobTopics
	want    *expected
	read    map[pipeline.TopicPartition]int64
	found   outcome
}

// more reads what is new.
func (o *outputs) more(ctx context.Context) error {
	spans, err := o.cluster.Spans(ctx, o.topics.Actions, o.topics.Aggregates)
	if err != nil {
		return err
	}
	for tp, s := range spans {
		s.From = max(s.From, o.read[tp])
		o.read[tp] = s.To
		spans[tp] = s
	}
	return o.cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
		if r.Topic == o.topics.Actions {
			o.found.action(o.want, r.Key, r.Value)
		} else {
			o.found.Aggregates.add(r.Key, r.Value)
		}
		return nil
	})
}

// complete reports whether there are as many records as are expected.
func (o *outputs) complete() bool {
	return o.found.Actions.Records >= o.want.actions.Records && o.found.Aggregates.Records >= o.want.aggregates.Records
}

func newOutputs(cluster *kafka.Cluster, topics jobTopics, want *expected) *outputs {
	return &outputs{cluster: cluster, topics: topics, want: want, read: map[pipeline.TopicPartition]int64{}}
}

// settling is how long outputs may come after the offsets that they belong to: some engines commit the
// two apart.
const settling = 20 * time.Second

// await reads until everything that is expected is there, or for as long as it may take. What is then
// missing, check tells.
func (o *outputs) await(ctx context.Context) error {
	for end := time.Now().Add(settling); ; {
		if err := o.more(ctx); err != nil || o.complete() || time.Now().After(end) {
			return err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
