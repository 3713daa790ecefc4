package connect

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// CreateTopics creates the missing topics, and returns the names of those that existed.
func CreateTopics(ctx context.Context, cluster *kafka.Cluster, c *config.Config) (existing []string, err error) {
	var specs []kafka.TopicSpec
	for _, t := range schemas.Topics(c.TopicConfig()) {
		specs = append(specs, kafka.TopicSpec{Name: t.Name, Partitions: t.Partitions, ReplicationFactor: int16(c.Topics.Replication), Config: t.Configs()})
	}
	existing, err = cluster.CreateTopics(ctx, specs)
	if err != nil {
		return nil, exit.Unavailable(err)
	}
	return existing, nil
}

// CheckTopics returns every way in which the topics are not as the roles need them.
func CheckTopics(ctx context.Context, cluster *kafka.Cluster, c *config.Config) error {
	var errs []error
	perPatient := int32(0)
	for _, want := range schemas.Topics(c.TopicConfig()) {
		infos, err := cluster.DescribeTopics(ctx, want.Name)
		var unknown *kafka.UnknownTopicError
		switch {
		case errors.As(err, &unknown), err == nil && len(infos) == 0:
			errs = append(errs, fmt.Errorf("topic %s is missing; run attune topics create", want.Name))
			continue
		case err != nil:
			return exit.Unavailable(err)
		}
		got := infos[0]
		switch {
		case want.Partitions == 1 && got.Partitions != 1:
			errs = append(errs, fmt.Errorf("topic %s has %d partitions, must have 1: its order is what identities and models rest on; delete and create it", want.Name, got.Partitions))
		case want.Partitions > 1 && !want.Input:
			if perPatient == 0 {
				perPatient = got.Partitions
			}
			if got.Partitions != perPatient {
				errs = append(errs, fmt.Errorf("topic %s has %d partitions, the other per-patient topics have %d: they must be equal; create it anew with %d", want.Name, got.Partitions, perPatient, perPatient))
			}
		}
		if want.Compact != (got.Config["cleanup.policy"] == "compact") {
			errs = append(errs, fmt.Errorf("topic %s has cleanup.policy %s, must be %s; alter it", want.Name, got.Config["cleanup.policy"], want.Configs()["cleanup.policy"]))
		}
		// A batch that a topic does not take would stop its partition, at every start.
		if n, err := strconv.Atoi(got.Config["max.message.bytes"]); err == nil && !want.Input && n < c.Run.BatchBytes {
			errs = append(errs, fmt.Errorf("topic %s has max.message.bytes %d, and run.batch_bytes is %d: alter the topic, or set run.batch_bytes to %d", want.Name, n, c.Run.BatchBytes, n))
		}
		// A rejected record that its topic does not take would stop its partition.
		if n, err := strconv.Atoi(got.Config["max.message.bytes"]); err == nil && want.Name == c.Own(schemas.TopicTouchpointsRejected) && n < want.MaxMessageBytes {
			errs = append(errs, fmt.Errorf("topic %s has max.message.bytes %d, must have %d at least; alter it, or set topics.max_record_bytes to what the source topics take", want.Name, n, want.MaxMessageBytes))
		}
	}
	return errors.Join(errs...)
}

// shortestBound is the least that a topic's bounds of the times of records should be: a commit that is tried again, and
// machines that keep their time, are well within it.
const shortestBound = time.Minute

// timeBounds are the settings by which a topic refuses records for their times, as Kafka of all versions calls them, with
// what they bound.
var timeBounds = [][2]string{
	{"message.timestamp.before.max.ms", "before"}, {"message.timestamp.after.max.ms", "after"}, {"message.timestamp.difference.max.ms", "before or after"}}

// NarrowTimes says of each topic that may refuse records for their times where it could. Topics that keep the broker's
// time refuse none.
func NarrowTimes(ctx context.Context, cluster *kafka.Cluster, c *config.Config) (words []string, err error) {
	var names []string
	for _, t := range schemas.Topics(c.TopicConfig()) {
		names = append(names, t.Name)
	}
	infos, err := cluster.DescribeTopics(ctx, names...)
	if err != nil {
		return nil, exit.Unavailable(fmt.Errorf("describe topics: %w", err))
	}
	for i := range infos {
		if infos[i].Config["message.timestamp.type"] != "CreateTime" {
			continue
		}
		for _, bound := range timeBounds {
			ms, err := strconv.ParseInt(infos[i].Config[bound[0]], 10, 64)
			if err != nil || ms >= shortestBound.Milliseconds() {
				continue
			}
			words = append(words, fmt.Sprintf("topic %s has message.timestamp.type CreateTime and %s %d: it refuses records whose times are more than that %s its broker's, as they are where a commit takes longer or a clock is wrong; "+
				"set LogAppendTime (kafka-configs --alter --entity-type topics --entity-name %s --add-config message.timestamp.type=LogAppendTime), or %s to %d at least",
				infos[i].Name, bound[0], ms, bound[1], cluster.TopicName(infos[i].Name), bound[0], shortestBound.Milliseconds()))
		}
	}
	return words, nil
}

// ProducersClocks are the inputs whose records have the time of whoever wrote them, as topics have that Kafka makes
// by itself. What is late is judged by when the broker took records in, which is then not known.
func ProducersClocks(ctx context.Context, cluster *kafka.Cluster, c *config.Config) (topics []string, err error) {
	if c.Run.Clock == "log" {
		return nil, nil
	}
	for _, want := range schemas.Topics(c.TopicConfig()) {
		if !want.Input {
			continue
		}
		infos, err := cluster.DescribeTopics(ctx, want.Name)
		if err != nil {
			return nil, exit.Unavailable(fmt.Errorf("describe %s: %w", want.Name, err))
		}
		if len(infos) == 1 && infos[0].Config["message.timestamp.type"] == "CreateTime" {
			topics = append(topics, want.Name)
		}
	}
	return topics, nil
}
