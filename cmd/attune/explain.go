package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/demo"
	"github.com/attune-health/attune/internal/exit"
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
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := flags.load()
			if err != nil {
				return err
			}
			if data != "" {
				var stop func() error
				if stop, err = demo.OpenData(cmd.Context(), &c, data); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, stop()) }()
			}
			cfg, err := c.SinkConfig()
			if err != nil {
				return exit.Usage(err)
			}
			client, err := clickhouse.OpenInside(cmd.Context(), cfg)
			if err != nil {
				return exit.Unavailable(err)
			}
			defer client.Close()
			e := inspect.Explain{ID: args[0]}
			return e.Run(cmd.Context(), &c, client, cmd.OutOrStdout())
		},
	}
	flags.add(cmd, "config", "clickhouse")
	cmd.Flags().StringVar(&data, "data", "", "directory of an attune demo that has ended")
	return cmd
}
