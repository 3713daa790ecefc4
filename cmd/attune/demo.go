package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/demo"
	"github.com/attune-health/attune/internal/exit"
)

const demoLong = `Starts Kafka, a schema registry and ClickHouse on this machine, and in front of them the simulator,
the processor and the ClickHouse sink: the same code that the separate commands run. Shows what
happens until Ctrl-C or --for. Then it stops the source, drains, and reconciles: what lies in the
topics and in ClickHouse must equal an independent recomputation from what was sent. It exits with
0 only if so.

The first demo fetches the ClickHouse engine (178 MB) through npm; after that nothing is fetched.`

func newDemo() *cobra.Command {
	var d demo.Demo
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Everything in one process on this machine, with simulated or recorded patients; reconciled at the end",
		Long:  demoLong,
		Example: `  attune demo
  attune demo --for 30s --json
  attune demo --rate 2000 --patients 200000 --data ./demo
  attune demo --import 01.txt.gz --format technion-bank --json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && len(d.Files) == 0 {
				return exit.Usage(fmt.Errorf("unexpected argument %q", args[0]))
			}
			d.Files = append(d.Files, args...)
			d.Out, d.Progress, d.Version = cmd.OutOrStdout(), os.Stderr, version
			return d.Run(cmd.Context())
		},
	}
	addSimulation(cmd, &d.Simulation)
	addRecording(cmd, &d.Recording)
	cmd.Flags().StringSliceVar(&d.Files, "import", nil, "recorded touchpoints instead of simulated ones: FILE...")
	cmd.Flags().StringVar(&d.Data, "data", "", "directory that keeps everything (default: a temporary one)")
	cmd.Flags().BoolVar(&d.JSON, "json", false, "print the result as one JSON object on stdout")
	return cmd
}
