package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// dial connects to Kafka; the error says what to do.
func dial(ctx context.Context, c *Config) (*kafka.Cluster, error) {
	cluster, err := kafka.Dial(ctx, c.Kafka)
	if err != nil {
		return nil, unavailable(err)
	}
	return cluster, nil
}

// withCluster reads the configuration, connects to Kafka and calls do.
func (f *configFlags) withCluster(cmd *cobra.Command, do func(c *Config, cluster *kafka.Cluster) error) error {
	c, err := f.load()
	if err != nil {
		return err
	}
	cluster, err := dial(cmd.Context(), &c)
	if err != nil {
		return err
	}
	defer cluster.Close()
	return do(&c, cluster)
}

// withRegistry reads the configuration and calls do with the schema registry.
func (f *configFlags) withRegistry(do func(r *schemas.Registry) error) error {
	c, err := f.load()
	if err != nil {
		return err
	}
	r, err := registry(&c)
	if err != nil {
		return err
	}
	return do(r)
}

// registry connects to the schema registry.
func registry(c *Config) (*schemas.Registry, error) {
	cfg := schemas.RegistryConfig{URL: c.Registry.URL, Username: c.Registry.Username, Password: schemas.Protected(c.Registry.Password)}
	if c.Registry.CAFile != "" {
		pool, err := certificates(c.Registry.CAFile)
		if err != nil {
			return nil, usage(fmt.Errorf("registry.ca_file: %w", err))
		}
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	}
	r, err := schemas.NewRegistry(cfg)
	if err != nil {
		return nil, usage(err)
	}
	return r, nil
}

// createTopics creates what is missing and returns the names of topics that were there.
func createTopics(ctx context.Context, cluster *kafka.Cluster, c *Config) (existing []string, err error) {
	var specs []kafka.TopicSpec
	for _, t := range schemas.Topics(c.topics()) {
		specs = append(specs, kafka.TopicSpec{Name: t.Name, Partitions: t.Partitions, ReplicationFactor: int16(c.Topics.Replication), Config: t.Configs()})
	}
	existing, err = cluster.CreateTopics(ctx, specs)
	if err != nil {
		return nil, unavailable(err)
	}
	return existing, nil
}

// checkTopics returns every way in which the topics are not as roles need them.
func checkTopics(ctx context.Context, cluster *kafka.Cluster, c *Config) error {
	var errs []error
	perPatient := int32(0)
	for _, want := range schemas.Topics(c.topics()) {
		infos, err := cluster.DescribeTopics(ctx, want.Name)
		var unknown *kafka.UnknownTopicError
		switch {
		case errors.As(err, &unknown), err == nil && len(infos) == 0:
			errs = append(errs, fmt.Errorf("topic %s is missing; run attune topics create", want.Name))
			continue
		case err != nil:
			return unavailable(err)
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
		// A rejected record that its topic does not take would stop its partition.
		if n, err := strconv.Atoi(got.Config["max.message.bytes"]); err == nil && want.Name == c.own(schemas.TopicTouchpointsRejected) && n < want.MaxMessageBytes {
			errs = append(errs, fmt.Errorf("topic %s has max.message.bytes %d, must have %d at least; alter it, or set topics.max_record_bytes to what the source topics take", want.Name, n, want.MaxMessageBytes))
		}
	}
	return errors.Join(errs...)
}

// topicReader reads topics whole, as the verifier wants them.
type topicReader struct{ cluster *kafka.Cluster }

// Each implements verify.Log.
func (t topicReader) Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error {
	spans, err := t.cluster.Spans(ctx, topic)
	if err != nil {
		return err
	}
	return t.cluster.Scan(ctx, spans, fn)
}
