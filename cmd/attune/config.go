package main

import (
	"github.com/spf13/cobra"
)

func newConfig() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Print the effective configuration, secrets hidden",
		Example: "  attune config --config attune.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			text, err := c.Text()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	return cmd
}
