package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/inspect"
	"github.com/attune-health/attune/sinks/clickhouse"
)

func newExplain() *cobra.Command {
	var flags configFlags
	var data string
	cmd := &cobra.Command{
		Use:   "explain DECISION",
		Short: "Why a decision is what it is: what spoke for the reason, and what the other actions lost to",
		Long: `Why a decision is what it is, in the site's words: the action, what spoke most for the reason that was named, and what
each other action of the catalogue lost to. DECISION is a decision_id. It says what the contact is about: health information.`,
		Example: `  attune explain --data ./demo 3f1c...
  attune explain --clickhouse clickhouse://default@localhost:9000/attune 3f1c...`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.withClickHouse(cmd, data, func(c *config.Config, client *clickhouse.Client) error {
				e := inspect.Explain{ID: args[0]}
				return e.Run(cmd.Context(), c, client, cmd.OutOrStdout())
			})
		},
	}
	flags.add(cmd, "config", "clickhouse")
	cmd.Flags().StringVar(&data, "data", "", "directory of an attune demo that has ended")
	return cmd
}
