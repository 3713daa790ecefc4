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
When the new generation has caught up, the command compares it with the present one, says so and
ends; running it again goes on where it stopped.

The comparison counts the decisions that differ, each with why, and lists the first. Expected are those
of contacts where live processing was behind on a channel and said so; where it had read other
touchpoints, consents or links of the patient by then; where catalogue, taxonomy or model are others;
and what follows from these within a day. What both decide otherwise from the same, a contact for which
only one has decided, and contacts whose final figures differ, end the command with exit code 1 before
anything is switched; a version that decides otherwise on purpose needs --accept-differences. Only ids
are told. It takes about 400 bytes of memory a decision.

With --switch the views of ClickHouse then show the new generation.

To move over: stop run and sink of the old generation, set topics.generation to NAME and
topics.partitions to its number, start them again, and let contact centers read
next-best-actions.NAME. What the source topics no longer hold cannot be processed again.`,
		Example: `  attune reprocess --generation 2026-12 --partitions 48 --config attune.yaml
  attune reprocess --generation 2026-12 --partitions 48 --config attune.yaml --differences differ.tsv
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
	cmd.Flags().StringVar(&p.Differences, "differences", "", "write the ids of all decisions that differ between the generations to this file, tab-separated")
	cmd.Flags().BoolVar(&p.AcceptDifferences, "accept-differences", false, "go on where differences are not explained, as after a change of rules")
	return cmd
}
