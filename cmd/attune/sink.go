package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/roles"
)

func newSinkCommand() *cobra.Command {
	var flags configFlags
	var fromStart bool
	cmd := &cobra.Command{
		Use:     "sink",
		Short:   "Output topics to ClickHouse, exactly once",
		Example: "  attune sink --config attune.yaml\n  attune sink --brokers kafka:9092 --clickhouse clickhouse://default@ch:9000/attune",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			c.Sink.FromStart = fromStart
			g := roles.Group{Members: []string{"sink"}, Version: version}
			return g.Run(cmd.Context(), &c)
		},
	}
	cmd.Flags().BoolVar(&fromStart, "from-start", false, "read all topics from their beginning: rows that are missing come back, others stay as they are")
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	return cmd
}
