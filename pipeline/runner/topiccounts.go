package runner

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/attune-health/attune/pipeline"
)

// topicCounts is how many partitions each topic has that the engine itself reads or writes, as of the
// last look. A key is placed by the number of partitions; if that changed unnoticed, records would go
// to tasks that do not have their state. The map is replaced, never changed, so that workers read it
// without a lock.
type topicCounts struct {
	seen atomic.Pointer[map[string]int32]
}

// of is the number of partitions of a topic, 0 before the first look and for a topic that is not the
// topology's.
func (c *topicCounts) of(topic string) int32 {
	if m := c.seen.Load(); m != nil {
		return (*m)[topic]
	}
	return 0
}

// look asks for the partitions of all topics of the topology, checks that changelogs have as many as
// their sources, and keeps the counts. It reports every topic that is missing at once, since whoever
// sets up a cluster wants to know of all. Where one is missing, or the cluster does not answer, the
// counts stay as they were.
func (c *topicCounts) look(ctx context.Context, cluster pipeline.Cluster, t *pipeline.Topology) error {
	counts := make(map[string]int32)
	var errs []error
	count := func(topic string) int32 {
		if n, ok := counts[topic]; ok {
			return n
		}
		// Each topic is asked for once, however many roles name it.
		n, err := cluster.PartitionCount(ctx, topic)
		if err != nil {
			errs = append(errs, fmt.Errorf("topic %s: %w", topic, err))
		}
		counts[topic] = n
		return n
	}
	for i := range t.Roles {
		role := &t.Roles[i]
		for _, s := range role.Sources {
			count(s.Topic)
		}
		if role.Changelog != "" {
			count(role.Changelog)
		}
		for _, topic := range role.Broadcasts {
			count(topic)
		}
		for _, s := range role.Tables {
			count(s.Topic)
		}
		if role.WatermarksTo != "" {
			count(role.WatermarksTo)
		}
	}
	// Nothing is kept of a look that is not whole: a missing topic would look like one without partitions.
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return errors.Join(c.take(counts, t), checkChangelogs(counts, t))
}

// checkChangelogs checks that each changelog has as many partitions as its source: the task of a source
// partition keeps its state in the partition of the same number.
func checkChangelogs(counts map[string]int32, t *pipeline.Topology) error {
	var errs []error
	// Changelogs are made by whoever sets up the cluster, so that a wrong number is likely once.
	for i := range t.Roles {
		role := &t.Roles[i]
		for _, s := range role.Sources {
			if role.Changelog != "" && counts[role.Changelog] != counts[s.Topic] {
				errs = append(errs, fmt.Errorf("role %s: changelog %s has %d partitions, its source %s has %d", role.Name, role.Changelog, counts[role.Changelog], s.Topic, counts[s.Topic]))
			}
		}
	}
	return errors.Join(errs...)
}

// take keeps the counts. Only a source without state may have other ones than before: its new
// partitions become tasks, and its control records say how many there are. Everywhere else keys would
// lie elsewhere than their state, and a sum would be begun a second time in another task; the error, a
// RepartitionedError, ends the runner before that happens.
func (c *topicCounts) take(counts map[string]int32, t *pipeline.Topology) error {
	// The first look has nothing to be compared with: it is what the process goes by.
	if before := c.seen.Load(); before != nil {
		for topic, n := range *before {
			// Fewer partitions than before cannot be: it is another topic of the same name.
			if counts[topic] == n || counts[topic] > n && mayGrow(t, topic) {
				continue
			}
			return &RepartitionedError{Topic: topic, Before: n, Now: counts[topic]}
		}
	}
	c.seen.Store(&counts)
	return nil
}

// mayGrow says of a topic that it is the source of a role without state, and nothing else. A topic that
// is read whole, by broadcasts or tables, is followed in the partitions that were there at the start.
func mayGrow(t *pipeline.Topology, topic string) bool {
	for i := range t.Roles {
		r := &t.Roles[i]
		for _, other := range append(readWhole(r), r.Changelog, r.WatermarksTo) {
			if other == topic {
				return false
			}
		}
		for _, s := range r.Sources {
			if s.Topic == topic && (r.Changelog != "" || s.Carried) {
				return false
			}
		}
	}
	return true
}

// readWhole lists what the role reads whole.
func readWhole(r *pipeline.Role) []string {
	topics := append([]string(nil), r.Broadcasts...)
	for _, s := range r.Tables {
		topics = append(topics, s.Topic)
	}
	return topics
}

// RepartitionedError says that a topic has another number of partitions than when the runner began.
// Nothing has been processed with the new number.
type RepartitionedError struct {
	// Topic is the topic's name.
	Topic string
	// Before and Now are its numbers of partitions.
	Before, Now int32
}

// Error implements error.
func (e *RepartitionedError) Error() string {
	return fmt.Sprintf("topic %s has %d partitions and had %d: its keys lie elsewhere now than their state; create topics anew and process the history into them", e.Topic, e.Now, e.Before)
}
