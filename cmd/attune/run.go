package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline/kafka"
)

func newRun() *cobra.Command {
	var flags configFlags
	var with []string
	var acceptNewBuild bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "The processor: source topics to personas, predictions and next best actions; start more to scale",
		Example: `  attune run --config attune.yaml
  attune run --brokers kafka:9092 --with sink`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			for _, role := range with {
				if role != "sink" {
					return usage(fmt.Errorf("--with: %q is not a role that can run here (sink)", role))
				}
			}
			c.Run.AcceptNewBuild = acceptNewBuild
			return runRoles(cmd.Context(), &c, append([]string{"run"}, with...), nil)
		},
	}
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	cmd.Flags().StringSliceVar(&with, "with", nil, "further roles in this process: sink")
	cmd.Flags().BoolVar(&acceptNewBuild, "accept-new-build", false, "take over from another build or configuration that was killed: replay its last commits, and go on where they come out otherwise")
	return cmd
}

func newSink() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "sink",
		Short:   "Output topics to ClickHouse, exactly once",
		Example: "  attune sink --config attune.yaml\n  attune sink --brokers kafka:9092 --clickhouse clickhouse://default@ch:9000/attune",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			return runRoles(cmd.Context(), &c, []string{"sink"}, nil)
		},
	}
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	return cmd
}

// runRoles runs processor and sink until ctx ends or one of them fails: the first exit ends the
// others. beside, where it is not nil, runs along with them.
func runRoles(ctx context.Context, c *Config, roles []string, beside func(context.Context, *kafka.Cluster) error) (err error) {
	log := c.Telemetry.Logger(os.Stderr)
	if slices.Contains(roles, "run") && c.Run.IdentityKey == "" {
		return usage(errors.New("run.identity_key is not set: it keys the fingerprints of identifiers; set it to at least 16 secret bytes (${env:NAME} or ${file:PATH}) and keep it"))
	}
	log.Info("starting", "version", version, "roles", roles, "brokers", c.Kafka.Brokers)
	cluster, err := dial(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	if err := checkTopics(ctx, cluster, c); err != nil {
		return unavailable(err)
	}
	r, err := registry(c)
	if err != nil {
		return err
	}
	t, err := telemetry.New(ctx, c.Telemetry, log, version)
	if err != nil {
		return unavailable(err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, t.Close(closing))
	}()

	watch, err := watchTopics(ctx, cluster, c)
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return watch.run(gctx) })
	if slices.Contains(roles, "run") {
		events, err := t.PipelineEvents(time.Now)
		if err != nil {
			return err
		}
		p, err := newProcessor(ctx, c, cluster, r, events)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.release()) }()
		g.Go(func() error { return named("run", p.runner.Run(gctx)) })
	}
	if slices.Contains(roles, "sink") {
		s, err := newSinkRole(ctx, c, cluster, r, t, nil)
		if err != nil {
			return err
		}
		defer s.Close()
		g.Go(func() error { return named("sink", s.Run(gctx)) })
	}
	if beside != nil {
		g.Go(func() error { return beside(gctx, cluster) })
	}
	g.Go(func() error { return named("telemetry", t.Run(gctx)) })
	return g.Wait()
}

// named prefixes a role's error with its name.
func named(role string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", role, err)
}
