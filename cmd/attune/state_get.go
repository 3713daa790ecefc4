package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/inspect"
	"github.com/attune-health/attune/pipeline/kafka"
)

func newStateGet() *cobra.Command {
	var flags configFlags
	var g inspect.StateGet
	cmd := &cobra.Command{
		Use:   "get STORE KEY",
		Short: "Print what a store keeps under a key as JSON lines, protected fields hidden",
		Long: `Print what a store keeps under a key as JSON lines, protected fields hidden. KEY is a person_ref, which finds all of the
person's shards, or the whole key of the store; keys that are no text are given as 0x and hex digits.`,
		Example: `  attune state get persons 5f2c...
  attune state get shards 5f2c... --reveal | jq .value.touchpoints`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if g.Key, err = inspect.ParseKey(args[1]); err != nil {
				return exit.Usage(err)
			}
			g.Store = args[0]
			return flags.withCluster(cmd, func(c *config.Config, cluster *kafka.Cluster) error {
				return g.Run(cmd.Context(), c, cluster, cmd.OutOrStdout())
			})
		},
	}
	flags.add(cmd, "config", "brokers")
	cmd.Flags().BoolVar(&g.Reveal, "reveal", false, "show identifiers and health information")
	return cmd
}
