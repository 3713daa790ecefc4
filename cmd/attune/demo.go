package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/demo"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/traffic"
)

const demoLong = `Starts Kafka, a schema registry and ClickHouse on this machine, and in front of them the simulator,
the processor and the ClickHouse sink: the same code that the separate commands run. Shows what
happens until Ctrl-C or --for. Simulated patients have a history of two days, which is taken in first; then their
time passes as much faster than ours as --rate asks. Predictions stand beside the best that was possible. At the
end it stops the source, drains, and reconciles: what lies in the
topics and in ClickHouse must equal an independent recomputation from what was sent. It exits with
0 only if so.

The first demo fetches the ClickHouse engine (178 MB) through npm; after that nothing is fetched.`

// demoRate is touchpoints per second of our time on average over a day: by day they are twice as many.
const demoRate = 150

// describeSimulation says what the simulator's flags mean where patients live at a human pace.
func describeSimulation(cmd *cobra.Command) {
	for name, text := range map[string]string{
		"patients": "how many patients there are (default 250,000; of episodes 25 for each touchpoint per second)",
		"rate":     "touchpoints per second, on average over a day: sets the time-lapse where --speed does not (default 150); of episodes per second of simulated time (default 200)",
		"speed":    "simulated seconds per second, the time-lapse; 0 is as fast as it goes (default: as --rate asks; of episodes 1)",
		"start":    "simulated time at which it begins, after two days of history, RFC 3339 (default 2026-03-04T14:00:00Z, or later where --data has been told more; of episodes now)",
	} {
		f := cmd.Flags().Lookup(name)
		f.Usage = text
		if name != "patients" && name != "start" {
			f.DefValue = "0"
		}
	}
}

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
			d.Lapse = !cmd.Flags().Changed("speed")
			if d.World == traffic.WorldCauses && !cmd.Flags().Changed("rate") {
				d.Simulation.Rate = demoRate
			}
			return d.Run(cmd.Context())
		},
	}
	addSimulation(cmd, &d.Simulation)
	addRecording(cmd, &d.Recording)
	cmd.Flags().StringSliceVar(&d.Files, "import", nil, "recorded touchpoints instead of simulated ones: FILE...")
	cmd.Flags().StringVar(&d.World, "world", traffic.WorldCauses, "causes: patients at a human pace whose needs have causes, so that it is known what could be foreseen (docs/world.md); episodes: contacts at the rate of --rate")
	describeSimulation(cmd)
	cmd.Flags().StringVar(&d.Report, "report", "", "write a page about the predictions, with plots, into this directory")
	cmd.Flags().StringVar(&d.Data, "data", "", "directory that keeps everything (default: a temporary one)")
	cmd.Flags().BoolVar(&d.JSON, "json", false, "print the result as one JSON object on stdout")
	return cmd
}
