package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/inspect"
	"github.com/attune-health/attune/pipeline/kafka"
)

func newTail() *cobra.Command {
	var flags configFlags
	var t inspect.Tail
	cmd := &cobra.Command{
		Use:   "tail TOPIC",
		Short: "Print a topic's records as JSON lines, protected fields hidden",
		Example: `  attune tail next-best-actions -n 5
  attune tail contact-predictions --follow | jq .value.reasons[0]
  attune tail touchpoints.rejected --reveal`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.withCluster(cmd, func(c *config.Config, cluster *kafka.Cluster) error {
				t.Topic = args[0]
				return t.Run(cmd.Context(), c, cluster, cmd.OutOrStdout())
			})
		},
	}
	flags.add(cmd, "config", "brokers", "registry")
	cmd.Flags().IntVarP(&t.Last, "last", "n", 10, "how many of the newest records; 0 for all")
	cmd.Flags().BoolVarP(&t.Follow, "follow", "f", false, "go on with records as they come, until Ctrl-C")
	cmd.Flags().BoolVar(&t.Reveal, "reveal", false, "show identifiers and health information")
	return cmd
}
