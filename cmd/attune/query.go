package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/sinks/clickhouse"
)

func newQuery() *cobra.Command {
	var flags configFlags
	var data string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "query SQL",
		Short: "One query against ClickHouse, or against the data that a demo left",
		Example: `  attune query --data ./demo 'SELECT * FROM contacts_by_reason LIMIT 10'
  attune query --clickhouse clickhouse://default@localhost:9000/attune --json 'SELECT count() FROM touchpoints'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			format := clickhouse.FormatTable
			if asJSON {
				format = clickhouse.FormatJSON
			}
			return flags.withClickHouse(cmd, data, func(_ *config.Config, client *clickhouse.Client) error {
				_, err := client.Query(cmd.Context(), args[0], cmd.OutOrStdout(), format)
				return err
			})
		},
	}
	flags.add(cmd, "config", "clickhouse")
	cmd.Flags().StringVar(&data, "data", "", "directory of an attune demo that has ended")
	cmd.Flags().BoolVar(&asJSON, "json", false, "rows as JSON lines")
	return cmd
}
