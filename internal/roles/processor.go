package roles

import (
	"context"
	"errors"
	"fmt"
	"slices"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/schemas"
)

// Processor is what `attune run` runs: the topology on one cluster.
type Processor struct {
	// Runner runs the topology.
	Runner *runner.Runner
	// Topology is the configuration that the topology was built from.
	Topology attune.Config
	// Release closes the state and releases the instance name. Call it after Run.
	Release func() error
}

// Registry is what a processor asks for schemas and their ids.
type Registry interface {
	schemas.SchemaSource
	IDs(ctx context.Context) (schemas.IDs, error)
}

// NewProcessor makes the processor, and checks everything that can be checked before the first record.
func NewProcessor(ctx context.Context, c *config.Config, cluster *kafka.Cluster, r Registry, events runner.Events) (*Processor, error) {
	ids, err := r.IDs(ctx)
	if err != nil {
		return nil, exit.Unavailable(fmt.Errorf("schema registry %s: %w", c.Registry.URL, err))
	}
	cfg, err := TopologyConfig(c, ids, r)
	if err != nil {
		return nil, err
	}
	topology, err := attune.Topology(cfg)
	if err != nil {
		return nil, exit.Usage(err)
	}
	if err := findPositions(ctx, c, cluster, topology, ids, r); err != nil {
		return nil, err
	}
	if err := CheckTopicIDs(ctx, cluster, c.RunGroup(), topology); err != nil {
		return nil, err
	}
	topicIDs, err := topicIDsOf(ctx, cluster, restsOn(topology))
	if err != nil {
		return nil, exit.Unavailable(err)
	}
	// First of all: nothing is open yet that a failure would have to close.
	build, err := buildID()
	if err != nil {
		return nil, err
	}
	instance, release, err := instanceName(c.Instance)
	if err != nil {
		return nil, err
	}
	copies, closeState, err := openState(&c.State, instance)
	if err != nil {
		return nil, errors.Join(exit.Unavailable(err), release())
	}
	free := func() error { return errors.Join(closeState(), release()) }
	settings := engineSettings(c)
	settings.Topology, settings.Cluster, settings.Instance, settings.EndMargin = topology, cluster, instance, cfg.EndMargin()
	settings.Copy, settings.Build, settings.Events = copies, build, events
	settings.TopicID = func(topic string) [16]byte { return topicIDs[topic] }
	runner, err := runner.New(settings)
	if err != nil {
		return nil, errors.Join(exit.Usage(err), free())
	}
	return &Processor{Runner: runner, Topology: cfg, Release: free}, nil
}

// restsOn are the topics that commits of tasks belong to.
func restsOn(t *pipeline.Topology) (topics []string) {
	for i := range t.Roles {
		role := &t.Roles[i]
		for _, s := range role.Sources {
			topics = append(topics, s.Topic)
		}
		for _, table := range role.Tables {
			topics = append(topics, table.Topic)
		}
		if topics = append(topics, role.Broadcasts...); role.Changelog != "" {
			topics = append(topics, role.Changelog)
		}
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// topicIDsOf looks up the ids of topics.
func topicIDsOf(ctx context.Context, cluster *kafka.Cluster, topics []string) (map[string][16]byte, error) {
	ids := make(map[string][16]byte)
	for _, topic := range topics {
		id, err := cluster.TopicID(ctx, topic)
		if err != nil {
			return nil, err
		}
		ids[topic] = id
	}
	return ids, nil
}
