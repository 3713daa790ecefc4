package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/inspect"
	"github.com/attune-health/attune/pipeline/kafka"
)

func newState() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Look at the processor's state in its changelogs, or check that this build can read it",
		Long: `Look at the processor's state in its changelogs, or check that this build can read it. All of these read
the committed records of the changelog topics and nothing else: a running processor does not notice.`,
		RunE: subcommandNeeded,
	}
	cmd.AddCommand(newStateList(), newStateSize(), newStateGet(), newStateCheck())
	return cmd
}

func newStateList() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List what each task keeps: stores, keys and bytes",
		Example: "  attune state list --config attune.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withCluster(cmd, func(c *config.Config, cluster *kafka.Cluster) error {
				return inspect.ListState(cmd.Context(), c, cluster, cmd.OutOrStdout())
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	return cmd
}

func newStateSize() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "size",
		Short:   "Sum up each store over all tasks, and what a restore reads for it",
		Example: "  attune state size --config attune.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withCluster(cmd, func(c *config.Config, cluster *kafka.Cluster) error {
				return inspect.SumState(cmd.Context(), c, cluster, cmd.OutOrStdout())
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	return cmd
}
