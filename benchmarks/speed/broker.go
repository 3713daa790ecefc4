package main

import (
	"context"
	"errors"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// partitions is how many every per-patient topic has, as in the demo.
const partitions = 4

// group is the processor's consumer group.
const group = "attune"

// groupIn is the group's name in a generation of topics.
func groupIn(generation string) string { return schemas.InGeneration(group, generation) }

// address is what a broker prints when it is ready.
type address struct{ Broker string }

func serveBroker(ctx context.Context, o *order) error {
	b, err := embedded.StartBroker(ctx, embedded.BrokerConfig{Dir: o.Dir})
	if err != nil {
		return err
	}
	err = createTopics(ctx, b.Addr(), "")
	if err == nil {
		err = serve(address{b.Addr()}, func(string) (any, error) { return nil, nil })
	}
	return errors.Join(err, b.Close())
}

// createTopics creates the topics of a generation, and the source topics if they do not exist.
func createTopics(ctx context.Context, broker, generation string) error {
	cluster, err := dial(ctx, broker)
	if err != nil {
		return err
	}
	defer cluster.Close()
	c := config.Default()
	c.Topics.Partitions, c.Topics.Replication, c.Topics.Generation = partitions, 1, generation
	_, err = connect.CreateTopics(ctx, cluster, &c)
	return err
}

func dial(ctx context.Context, broker string) (*kafka.Cluster, error) {
	return kafka.Dial(ctx, kafka.Config{Brokers: []string{broker}})
}

// startApache starts a single Apache Kafka broker in a process of its own, with Java's second compiler
// off. That compiler would optimise the broker for the first minutes, on a core of its own if it can:
// here that core is half of the machine, and a broker that has run for a day no longer does it. Without
// it the broker is slower than such a one, and so is what is measured.
func startApache(ctx context.Context, dir string) (*embeddedtest.Apache, error) {
	return embeddedtest.StartApacheKafka(ctx, embeddedtest.ApacheConfig{Dir: dir, Heap: "1g", Java: []string{"-Xms1g", "-XX:TieredStopAtLevel=1"}, Config: map[string]string{"log.segment.delete.delay.ms": "1000"}})
}

// schemaIDs stand in for a registry's ids: one for each record type.
func schemaIDs() schemas.IDs {
	ids, numbers := schemas.IDs{}, map[string]int32{}
	for _, t := range schemas.Topics(schemas.TopicConfig{}) {
		if t.Record == "" {
			continue
		}
		if numbers[t.Record] == 0 {
			numbers[t.Record] = int32(len(numbers) + 1)
		}
		ids[t.Name] = numbers[t.Record]
	}
	return ids
}
