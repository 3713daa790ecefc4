package roles

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

const (
	// lookedAt is how many of the last records of a partition are looked at for a control record. One comes with each
	// commit in which a watermark has moved.
	lookedAt = 5000
	// behindAtMost is how far behind the group is taken to have been. What is read twice is recognised as a duplicate.
	behindAtMost = time.Hour
)

// lost are the sources of a role that keeps no state, of which a group knows no position though something was made of
// them: the group was deleted, or its offsets have expired. Read from their start they would count all once more. Tasks
// that keep state know their positions themselves.
type lost struct {
	group, output string
	sources       []pipeline.TopicPartition
	// until is when the output was last written.
	until time.Time
}

// lostPositions finds them.
func lostPositions(ctx context.Context, cluster *kafka.Cluster, group string, t *pipeline.Topology) (list []lost, err error) {
	for i := range t.Roles {
		role := &t.Roles[i]
		if role.Changelog != "" || role.WatermarksTo == "" {
			continue
		}
		l := lost{group: group, output: role.WatermarksTo}
		for _, s := range role.Sources {
			n, err := cluster.PartitionCount(ctx, s.Topic)
			if err != nil {
				return nil, exit.Unavailable(err)
			}
			for p := range n {
				l.sources = append(l.sources, pipeline.TopicPartition{Topic: s.Topic, Partition: p})
			}
		}
		if known, err := l.known(ctx, cluster); err != nil || known {
			if err != nil {
				return nil, err
			}
			continue
		}
		if l.until, err = lastControl(ctx, cluster, l.output); err != nil {
			return nil, exit.Unavailable(err)
		}
		if !l.until.IsZero() {
			list = append(list, l)
		}
	}
	return list, nil
}

// known says whether the group knows any position of the sources.
func (l *lost) known(ctx context.Context, cluster *kafka.Cluster) (bool, error) {
	committed, err := cluster.Committed(ctx, l.group, l.sources)
	if err != nil {
		return false, exit.Unavailable(err)
	}
	return len(committed) > 0, nil
}

// topics of partitions, each once and in order.
func topicsOf(tps []pipeline.TopicPartition) (topics []string) {
	for _, tp := range tps {
		topics = append(topics, tp.Topic)
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// LostPositions says of which sources the group has lost its positions, in a sentence each.
func LostPositions(ctx context.Context, cluster *kafka.Cluster, group string, t *pipeline.Topology) (said []string, err error) {
	list, err := lostPositions(ctx, cluster, group, t)
	for _, l := range list {
		said = append(said, l.said(l.sources)+"; attune run finds them there when it starts, which takes the longer the more that topic holds")
	}
	return said, err
}

// said says what is lost.
func (l *lost) said(of []pipeline.TopicPartition) string {
	return fmt.Sprintf("group %s knows no position of %s, and %s holds what it made of them until %s: the group was deleted, or its offsets have expired (offsets.retention.minutes)",
		l.group, strings.Join(topicsOf(of), ", "), l.output, l.until.Format(time.RFC3339))
}

// refused is the error where nobody can tell any more how far the group had come.
func (l *lost) refused(cluster *kafka.Cluster, of []pipeline.TopicPartition) error {
	var theirs []string // what the command needs
	for _, topic := range topicsOf(of) {
		theirs = append(theirs, cluster.TopicName(topic))
	}
	return exit.Failed(fmt.Errorf("%s, and has forgotten the rest. Read from the start, all would count once more. Say where to go on, not later than the group had come; what is read twice is recognised for person.duplicate_ttl: "+
		"kafka-consumer-groups --group %s --topic %s --reset-offsets --to-datetime %s --execute",
		l.said(of), l.group, strings.Join(theirs, " --topic "), l.until.Add(-behindAtMost).Format("2006-01-02T15:04:05.000")))
}

// CheckTopicIDs refuses a group whose commits were made beside other topics than those that have their names now: one
// was deleted and made again while nothing ran. Its positions would be read in another log, or its state is gone, and
// all would be decided again without a word.
func CheckTopicIDs(ctx context.Context, cluster *kafka.Cluster, group string, t *pipeline.Topology) error {
	ids, err := topicIDsOf(ctx, cluster, restsOn(t))
	if err != nil {
		return exit.Unavailable(err)
	}
	again, input := map[string]bool{}, map[string]bool{}
	for i := range t.Roles {
		for _, s := range t.Roles[i].Sources {
			n, err := cluster.PartitionCount(ctx, s.Topic)
			if err != nil {
				return exit.Unavailable(err)
			}
			var tps []pipeline.TopicPartition
			for p := range n {
				tps = append(tps, pipeline.TopicPartition{Topic: s.Topic, Partition: p})
			}
			committed, err := cluster.Committed(ctx, group, tps)
			if err != nil {
				return exit.Unavailable(err)
			}
			input[s.Topic] = t.Roles[i].Changelog == ""
			for _, c := range committed {
				for topic, made := range pipeline.TopicIDs(c.Metadata) {
					// A topic of another build's topology is nobody's.
					id, ours := ids[topic]
					again[topic] = again[topic] || ours && id != made
				}
			}
		}
	}
	var problems []error
	for _, topic := range slices.Sorted(maps.Keys(again)) {
		if again[topic] {
			problems = append(problems, fmt.Errorf("topic %s was deleted and created again while attune was down: the commits of group %s belong to the one that is gone; %s", topic, group, remedy(group, cluster.TopicName(topic), input[topic])))
		}
	}
	if len(problems) > 0 {
		return exit.Failed(errors.Join(problems...))
	}
	return nil
}

// remedy says what to do about a topic that was made again. input: nothing but its positions is kept of it.
func remedy(group, topic string, input bool) string {
	if input {
		return fmt.Sprintf("read the new one from its start: kafka-consumer-groups --group %s --topic %s --reset-offsets --to-earliest --execute", group, topic)
	}
	return "process the history into new topics with attune reprocess; or, to begin anew on purpose, delete the changelog and output topics with the group"
}

// lastControl is when the last control record of a topic was written, zero where there is none near its end.
func lastControl(ctx context.Context, cluster *kafka.Cluster, topic string) (last time.Time, err error) {
	spans, err := cluster.Spans(ctx, topic)
	if err != nil {
		return last, err
	}
	for tp, s := range spans {
		s.From = max(s.From, s.To-lookedAt)
		spans[tp] = s
	}
	err = cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
		if at := time.UnixMilli(r.Timestamp).UTC(); len(r.Headers) > 0 && r.Headers[0].Key == pipeline.WatermarkHeader && at.After(last) {
			last = at
		}
		return nil
	})
	return last, err
}
