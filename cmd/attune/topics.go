package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

func newTopics() *cobra.Command {
	cmd := &cobra.Command{Use: "topics", Short: "Create or check the topics", RunE: subcommandNeeded}
	cmd.AddCommand(newTopicsCreate(), newTopicsCheck())
	return cmd
}

func newTopicsCreate() *cobra.Command {
	var flags configFlags
	var partitions int32
	var replication int
	cmd := &cobra.Command{
		Use:     "create",
		Short:   "Create the topics that are missing; leave the others as they are",
		Example: "  attune topics create --brokers kafka:9092 --partitions 24 --replication 3",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("partitions") {
				c.Topics.Partitions = partitions
			}
			if cmd.Flags().Changed("replication") {
				c.Topics.Replication = replication
			}
			if err := c.Validate(); err != nil {
				return exit.Usage(err)
			}
			cluster, err := connect.Kafka(cmd.Context(), &c)
			if err != nil {
				return err
			}
			defer cluster.Close()
			existing, err := connect.CreateTopics(cmd.Context(), cluster, &c)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "created %d, there already %d\n", len(schemas.Topics(c.TopicConfig()))-len(existing), len(existing))
			return nil
		},
	}
	flags.add(cmd, "config", "brokers")
	cmd.Flags().Int32Var(&partitions, "partitions", 24, "partitions of all per-patient topics; cannot change later")
	cmd.Flags().IntVar(&replication, "replication", 3, "replicas of each partition")
	return cmd
}

func newTopicsCheck() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "check",
		Short:   "Check that the topics are there and are as attune needs them",
		Example: "  attune topics check --brokers kafka:9092",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withCluster(cmd, func(c *config.Config, cluster *kafka.Cluster) error {
				if err := connect.CheckTopics(cmd.Context(), cluster, c); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), "all topics are as they should be")
				return nil
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	return cmd
}
