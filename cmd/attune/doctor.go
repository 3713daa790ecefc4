package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/doctor"
)

func newDoctor() *cobra.Command {
	var flags configFlags
	var asJSON bool
	var members []string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that roles need: Kafka, topics, schemas, ClickHouse, lag",
		Long: `Runs every check that roles run at their start, and some that only pay over time, and says for
each problem what to do. Exits with 1 if there is one; warnings do not count. docs/checks.md lists the checks.`,
		Example: "  attune doctor --config attune.yaml\n  attune doctor --config attune.yaml --json\n  attune doctor --config sink.yaml --role sink",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			return doctor.Examine(cmd.Context(), &c, cmd.OutOrStdout(), asJSON, members)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print every check with its state and findings as one JSON document")
	cmd.Flags().StringSliceVar(&members, "role", []string{"run", "sink"}, "roles that the configured user is for: run, sink, desk")
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	return cmd
}
