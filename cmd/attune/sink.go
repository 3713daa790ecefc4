package main

import (
	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/roles"
)

func newSinkCommand() *cobra.Command {
	var flags configFlags
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
			g := roles.Group{Members: []string{"sink"}, Version: version}
			return g.Run(cmd.Context(), &c)
		},
	}
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	return cmd
}
