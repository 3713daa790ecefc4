package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/operators"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/schemas"
)

// processor is what `attune run` runs: the topology on one cluster.
type processor struct {
	runner   *runner.Runner
	topology attune.Config
	release  func() error // closes the state, gives the instance name back
}

// newProcessor checks everything that can be checked before the first record.
func newProcessor(ctx context.Context, c *Config, cluster *kafka.Cluster, r *schemas.Registry, events runner.Events) (*processor, error) {
	ids, err := r.IDs(ctx)
	if err != nil {
		return nil, unavailable(fmt.Errorf("schema registry %s: %w", c.Registry.URL, err))
	}
	cfg, err := c.topologyConfig(ctx, ids, r)
	if err != nil {
		return nil, err
	}
	topology, err := attune.Topology(cfg)
	if err != nil {
		return nil, usage(err)
	}
	topicIDs, err := topicIDsOf(ctx, cluster, c, topology)
	if err != nil {
		return nil, unavailable(err)
	}
	build, err := buildID() // before anything is held that would have to be given back
	if err != nil {
		return nil, err
	}
	instance, release, err := instanceName(c.Instance)
	if err != nil {
		return nil, err
	}
	copies, closeState, err := c.State.open(instance)
	if err != nil {
		return nil, errors.Join(unavailable(err), release())
	}
	free := func() error { return errors.Join(closeState(), release()) }
	delivery := runner.ExactlyOnce
	if c.Run.Delivery == "at-least-once" {
		delivery = runner.AtLeastOnce
	}
	runner, err := runner.New(runner.Config{
		Topology: topology, Cluster: cluster, Group: c.runGroup(), Instance: instance, Workers: c.Run.Workers, Delivery: delivery,
		CommitInterval: c.Run.CommitInterval, CheckpointInterval: c.Run.CheckpointInterval, UrgentInterval: c.Run.UrgentInterval, EndMargin: cfg.EndMargin(),
		Producer: pipeline.ProducerConfig{Compression: c.Run.Compression},
		Member:   pipeline.GroupConfig{Stay: c.Run.StayOnStop},
		Standbys: c.Run.Standbys,
		Copy:     copies,
		Build:    build, AcceptNewBuild: c.Run.AcceptNewBuild, Events: events,
		TopicID: func(topic string) [16]byte { return topicIDs[topic] },
	})
	if err != nil {
		return nil, errors.Join(usage(err), free())
	}
	return &processor{runner: runner, topology: cfg, release: free}, nil
}

// topicIDsOf looks up the ids of the topics that identities are made of, and of the changelogs.
func topicIDsOf(ctx context.Context, cluster *kafka.Cluster, c *Config, t *pipeline.Topology) (map[string][16]byte, error) {
	topics := []string{c.own(schemas.TopicIdentified), schemas.TopicIdentityLinks}
	for i := range t.Roles {
		if t.Roles[i].Changelog != "" {
			topics = append(topics, t.Roles[i].Changelog)
		}
	}
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

// topologyConfig is the configuration in the topology's own terms.
func (c *Config) topologyConfig(ctx context.Context, ids schemas.IDs, source schemas.SchemaSource) (attune.Config, error) {
	taxonomy, err := schemas.LoadTaxonomy(c.Run.Taxonomy)
	if err != nil {
		return attune.Config{}, usage(fmt.Errorf("run.taxonomy: %w", err))
	}
	var catalogue *operators.Catalogue // nil: the built-in one that fits the taxonomy
	if c.Run.Catalogue != "" {
		if catalogue, err = operators.LoadCatalogue(c.Run.Catalogue, taxonomy); err != nil {
			return attune.Config{}, usage(fmt.Errorf("run.catalogue: %w", err))
		}
	}
	order, err := identifierOrder(c.Run.Identifiers)
	if err != nil {
		return attune.Config{}, usage(err)
	}
	resolve, err := resolver(ctx, ids, source)
	if err != nil {
		return attune.Config{}, err
	}
	return attune.Config{Changelogs: attune.ChangelogsIn(c.Topics.Generation), Operators: operators.Config{
		Topics:  operators.DefaultTopics().InGeneration(c.Topics.Generation),
		Schemas: schemaIDs(ids), SiteKey: []byte(c.Run.IdentityKey), IdentifierOrder: order, Resolve: resolve,
		Taxonomy: taxonomy, Catalogue: catalogue, Limit: operators.LimitConfig(c.Run.Limit),
		Ingest: operators.IngestConfig{LogClock: c.Run.Clock == "log", MaxRejectedBytes: c.Topics.MaxRecordBytes},
	}}, nil
}

// schemaIDs picks the ids of what the operators read and write. Several topics may carry one record
// type under ids of their own; what is read under another id is resolved.
func schemaIDs(ids schemas.IDs) operators.SchemaIDs {
	return operators.SchemaIDs{
		Touchpoint: ids[schemas.TopicTouchpointsWeb], Consent: ids[schemas.TopicConsents], ActionOutcome: ids[schemas.TopicActionOutcomes],
		IdentityLink: ids[schemas.TopicIdentityLinks], Identified: ids[schemas.TopicIdentified], IdentityEntry: ids[schemas.TopicIdentity],
		Persona: ids[schemas.TopicPersonas], RejectedRecord: ids[schemas.TopicTouchpointsRejected], Prediction: ids[schemas.TopicPredictions],
		NextBestAction: ids[schemas.TopicActions], DecisionInput: ids[schemas.TopicDecisionInputs], Aggregate: ids[schemas.TopicAggregates],
		TrainingExample: ids[schemas.TopicTrainingExamples], Model: ids[schemas.TopicModels],
	}
}

// resolver decodes records that were written under a schema that is not ours.
func resolver(ctx context.Context, ids schemas.IDs, source schemas.SchemaSource) (func(value []byte, into schemas.Record) error, error) {
	decoders := map[string]*schemas.Decoder{}
	for _, record := range []string{"Touchpoint", "Consent", "ActionOutcome", "IdentityLink"} {
		d, err := schemas.NewDecoder(record, ids.OfRecord(record), source)
		if err != nil {
			return nil, err
		}
		decoders[record] = d
	}
	return func(value []byte, into schemas.Record) error {
		var record string
		switch into.(type) {
		case *schemas.Touchpoint:
			record = "Touchpoint"
		case *schemas.Consent:
			record = "Consent"
		case *schemas.ActionOutcome:
			record = "ActionOutcome"
		case *schemas.IdentityLink:
			record = "IdentityLink"
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return decoders[record].Decode(ctx, value, into)
	}, nil
}

func identifierOrder(names []string) ([]schemas.IdentifierKind, error) {
	var out []schemas.IdentifierKind
	for _, name := range names {
		kind, ok := schemas.ParseIdentifierKind(name)
		if !ok || kind == schemas.IdentifierKindUnknown || slices.Contains(out, kind) {
			return nil, fmt.Errorf("run.identifiers: %q is no kind of identifier, or is there twice", name)
		}
		out = append(out, kind)
	}
	return out, nil
}

// instanceName is the configured name, or host name and the first slot that no other process holds.
func instanceName(configured string) (string, func() error, error) {
	name := configured
	if name == "" {
		host, err := os.Hostname()
		if err != nil {
			return "", nil, err
		}
		name = host
	}
	for slot := range 1000 {
		candidate := name
		if configured == "" {
			candidate = fmt.Sprintf("%s-%d", name, slot)
		}
		release, err := lockInstance(candidate)
		switch {
		case err == nil:
			return candidate, release, nil
		case !errors.Is(err, errLocked):
			return "", nil, err
		case configured != "":
			return "", nil, usage(fmt.Errorf("another instance named %s runs on this machine: give this one another name (instance), or none", configured))
		}
	}
	return "", nil, usage(errors.New("a thousand instances run on this machine"))
}
