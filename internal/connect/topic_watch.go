package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// topicWatch remembers the topics of the process's start. Kafka lets anyone delete a topic, create
// it again or add partitions to it under a running process. State and offsets then no longer belong
// to it, and the process ends. On a topic of outputs nothing rests: what writes to it waits until it is there.
type topicWatch struct {
	cluster *kafka.Cluster
	before  map[string]kafka.TopicInfo
	inputs  map[string]bool
	// outputs are told of and waited for, each by tell; gone are those that are not there.
	outputs, gone map[string]bool
	tell          func(topic, problem string)
	every         time.Duration
}

// WatchTopics remembers the present topics, which CheckTopics has found to be right. tell hears of topics of outputs that
// have changed; where it is nil any change ends the process, as is right for one that reads them.
func WatchTopics(ctx context.Context, cluster *kafka.Cluster, c *config.Config, tell func(topic, problem string)) (*topicWatch, error) {
	w := &topicWatch{cluster: cluster, before: map[string]kafka.TopicInfo{}, inputs: map[string]bool{}, outputs: map[string]bool{}, gone: map[string]bool{},
		tell: tell, every: 10 * time.Second}
	for _, t := range schemas.Topics(c.TopicConfig()) {
		infos, err := cluster.DescribeTopics(ctx, t.Name)
		if err != nil {
			return nil, exit.Unavailable(err)
		}
		w.before[t.Name], w.inputs[t.Name], w.outputs[t.Name] = infos[0], t.Input, t.Output && tell != nil
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
	var names []string
	for name := range w.before {
		if !w.gone[name] {
			names = append(names, name)
		}
	}
	infos, err := w.cluster.DescribeTopics(ctx, names...)
	if unknown, ok := errors.AsType[*kafka.UnknownTopicError](err); ok {
		return w.missing(ctx, unknown.Topic)
	}
	if err != nil {
		return nil
	}
	for name := range w.gone {
		if back, err := w.cluster.DescribeTopics(ctx, name); err == nil {
			delete(w.gone, name)
			infos = append(infos, back...)
		}
	}
	for _, is := range infos {
		if err := w.compare(is); err != nil {
			return err
		}
	}
	return nil
}

// compare says how a topic differs from the one of before.
func (w *topicWatch) compare(is kafka.TopicInfo) error {
	was := w.before[is.Name]
	same := is.Partitions == was.Partitions
	switch {
	case is.ID != was.ID && w.outputs[is.Name] && same:
		w.before[is.Name] = is
		w.tell(is.Name, "it was deleted and created again: what its readers had not read is gone, and their offsets belong to the one that is gone")
	case is.ID != was.ID && w.outputs[is.Name]:
		return fmt.Errorf("topic %s was deleted and created again with %d partitions, and had %d: delete it, run attune topics create, and start again", is.Name, is.Partitions, was.Partitions)
	case is.ID != was.ID:
		return fmt.Errorf("topic %s was deleted and created again: committed offsets and state belong to the one that is gone; %s", is.Name, w.remedy(is.Name))
	case !same && !w.inputs[is.Name]:
		return fmt.Errorf("topic %s has %d partitions and had %d: its keys lie elsewhere now than their state; %s", is.Name, is.Partitions, was.Partitions, w.remedy(is.Name))
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
	_, err := w.cluster.DescribeTopics(ctx, name)
	if _, ok := errors.AsType[*kafka.UnknownTopicError](err); !ok {
		return nil
	}
	if !w.outputs[name] {
		return fmt.Errorf("topic %s was deleted: what it held is gone; %s", name, w.remedy(name))
	}
	w.gone[name] = true
	w.tell(name, "it was deleted: what writes to it waits; run attune topics create, and it goes on")
	return nil
}

func (w *topicWatch) remedy(name string) string {
	if w.inputs[name] {
		return "run attune topics create if it is missing, reset the group's offsets of it (kafka-consumer-groups --reset-offsets --to-earliest), and start again"
	}
	return "process the history into new topics with attune reprocess"
}
