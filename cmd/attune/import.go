package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/traffic"
)

func newImport() *cobra.Command {
	var flags configFlags
	var r traffic.Recording
	var ledger string
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Recorded touchpoints to the source topics, as fast as it goes",
		Example: `  attune import --format technion-bank 01.txt.gz
  attune import --format touchpoints-jsonl --order file log.jsonl`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			f, err := r.Feed(args)
			if err != nil {
				return err
			}
			p := traffic.Production{Source: r.Format, Ledger: ledger, Told: os.Stderr}
			return p.Run(cmd.Context(), &c, f)
		},
	}
	flags.add(cmd, "config", "brokers", "registry")
	addRecording(cmd, &r)
	cmd.Flags().StringVar(&ledger, "ledger", "", "write down what is sent, one JSON object a line")
	return cmd
}

// addRecording adds the flags that say how recorded logs are read.
func addRecording(cmd *cobra.Command, r *traffic.Recording) {
	cmd.Flags().StringVar(&r.Format, "format", "", "technion-bank or touchpoints-jsonl")
	cmd.Flags().StringVar(&r.Order, "order", "event", "event: sorted by event time; file: as it lies there, which is a test of lateness")
}
