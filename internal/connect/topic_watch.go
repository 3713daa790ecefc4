package connect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// topicWatch remembers the topics of the process's start. Kafka lets anyone delete a topic, create
// it again or add partitions to it under a running process. State and offsets then no longer belong
// to it.
type topicWatch struct {
	cluster *kafka.Cluster
	before  map[string]kafka.TopicInfo
	inputs  map[string]bool
	every   time.Duration
}

// WatchTopics remembers the present topics, which CheckTopics has found to be right.
func WatchTopics(ctx context.Context, cluster *kafka.Cluster, c *config.Config) (*topicWatch, error) {
	w := &topicWatch{cluster: cluster, before: map[string]kafka.TopicInfo{}, inputs: map[string]bool{}, every: 10 * time.Second}
	for _, t := range schemas.Topics(c.TopicConfig()) {
		infos, err := cluster.DescribeTopics(ctx, t.Name)
		if err != nil {
			return nil, exit.Unavailable(err)
		}
		w.before[t.Name], w.inputs[t.Name] = infos[0], t.Input
	}
	return w, nil
}

// Run looks at the topics until ctx ends, or until one has changed; the error says which and what
// to do.
func (w *topicWatch) Run(ctx context.Context) error {
	ticker := time.NewTicker(w.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			return exit.Unavailable(err)
		}
	}
}

// look compares the topics with the remembered ones. A cluster that does not answer now is asked
// again later.
func (w *topicWatch) look(ctx context.Context) error {
	infos, err := w.cluster.DescribeTopics(ctx, slices.Collect(maps.Keys(w.before))...)
	if unknown, ok := errors.AsType[*kafka.UnknownTopicError](err); ok {
		return w.missing(ctx, unknown.Topic)
	}
	if err != nil {
		return nil
	}
	for _, is := range infos {
		was := w.before[is.Name]
		switch {
		case is.ID != was.ID:
			return fmt.Errorf("topic %s was deleted and created again: committed offsets and state belong to the one that is gone; %s", is.Name, w.remedy(is.Name))
		case is.Partitions != was.Partitions && !w.inputs[is.Name]:
			return fmt.Errorf("topic %s has %d partitions and had %d: its keys lie elsewhere now than their state; %s", is.Name, is.Partitions, was.Partitions, w.remedy(is.Name))
		}
	}
	return nil
}

// missing looks a second time: a broker that has just started may not know every topic yet.
func (w *topicWatch) missing(ctx context.Context, name string) error {
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(w.every):
	}
	if _, err := w.cluster.DescribeTopics(ctx, name); err != nil {
		if _, ok := errors.AsType[*kafka.UnknownTopicError](err); ok {
			return fmt.Errorf("topic %s was deleted: what it held is gone; %s", name, w.remedy(name))
		}
	}
	return nil
}

func (w *topicWatch) remedy(name string) string {
	if w.inputs[name] {
		return "run attune topics create if it is missing, reset the group's offsets of it (kafka-consumer-groups --reset-offsets --to-earliest), and start again"
	}
	return "process the history into new topics with attune reprocess"
}
