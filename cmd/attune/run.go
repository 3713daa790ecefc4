package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/roles"
)

func newRun() *cobra.Command {
	var flags configFlags
	var with []string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "The processor: source topics to personas, predictions and next best actions; start more to scale",
		Example: `  attune run --config attune.yaml
  attune run --brokers kafka:9092 --with sink,desk`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			for _, role := range with {
				if role != "sink" && role != "desk" {
					return exit.Usage(fmt.Errorf("--with: %q is not a role that can run here (sink, desk)", role))
				}
			}
			g := roles.Group{Members: append([]string{"run"}, with...), Version: version}
			return g.Run(cmd.Context(), &c)
		},
	}
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	cmd.Flags().StringSliceVar(&with, "with", nil, "further roles in this process: sink, desk")
	return cmd
}
