package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/reprocess"
)

func newReprocess() *cobra.Command {
	var flags configFlags
	var p reprocess.Job
	cmd := &cobra.Command{
		Use:   "reprocess --generation NAME",
		Short: "Run the history through this version into new topics, beside what is running",
		Long: `Run the history through this version into new topics, beside what is running.

Topics of the named generation are created (attune.identified.NAME and so on), with as many
partitions as you like: this is how to have more of them. Processor and sink read the source topics
from their start into those, under groups of their own; nothing of the present generation is touched.
When the new generation has caught up, the command says so and ends; running it again goes on where
it stopped. With --switch the views of ClickHouse then show the new generation.

To move over: stop run and sink of the old generation, set topics.generation to NAME and
topics.partitions to its number, start them again, and let contact centers read
next-best-actions.NAME. What the source topics no longer hold cannot be processed again.`,
		Example: `  attune reprocess --generation 2026-12 --partitions 48 --config attune.yaml
  attune reprocess --generation 2026-12 --partitions 48 --config attune.yaml --switch`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			p.Out, p.Version = cmd.OutOrStdout(), version
			return p.Run(cmd.Context(), &c)
		},
	}
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	cmd.Flags().StringVar(&p.Generation, "generation", "", "name of the new generation of topics: lower-case letters, digits and dashes")
	cmd.Flags().Int32Var(&p.Partitions, "partitions", 0, "of the new per-patient topics (default: as the present ones)")
	cmd.Flags().DurationVar(&p.Within, "within", 10*time.Second, "how far behind the present counts as caught up")
	cmd.Flags().BoolVar(&p.SwitchOver, "switch", false, "when caught up, let the views of ClickHouse show the new generation")
	return cmd
}
