package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/inspect"
	"github.com/attune-health/attune/pipeline/kafka"
)

func newStateCheck() *cobra.Command {
	var flags configFlags
	var check inspect.StateCheck
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say, before it is deployed, whether this build reads the state that is there",
		Long: `Say, before it is deployed, whether this build reads the state that is there: compares the schemas in the changelogs
with this build's, and reads a sample of the values, or all of them with --full. Exit code 1 where something breaks.`,
		Example: "  attune state check --config attune.yaml --full",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.withCluster(cmd, func(c *config.Config, cluster *kafka.Cluster) error {
				return check.Run(cmd.Context(), c, cluster, cmd.OutOrStdout())
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	cmd.Flags().BoolVar(&check.Full, "full", false, "read every value, not one in 64")
	return cmd
}
