package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/internal/traffic"
)

func newSimulate() *cobra.Command {
	var flags configFlags
	var s traffic.Simulation
	var w traffic.World
	var kind, ledger, output, truth string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Patients, made up: their touchpoints, links and consents to the source topics",
		Example: `  attune simulate --brokers localhost:9092 --rate 500 --for 1m
  attune simulate --seed 7 --start 2026-03-02T14:00:00Z --for 10m --speed 0 --ledger sent.jsonl
  attune simulate --world causes --patients 20000 --speed 0 --for 504h --truth truth.jsonl
  attune simulate --world causes --patients 20000 --speed 0 --for 504h --truth truth.jsonl --output log.jsonl.gz`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			p := traffic.Production{Source: "journeys", Speed: s.Speed, Ledger: ledger, Output: output, Told: os.Stderr}
			return p.Simulate(cmd.Context(), &c, &s, kind, w, truth)
		},
	}
	flags.add(cmd, "config", "brokers", "registry")
	addSimulation(cmd, &s)
	cmd.Flags().StringVar(&ledger, "ledger", "", "write down what is sent, one JSON object a line")
	cmd.Flags().StringVar(&output, "output", "", "write the records to this file instead of a cluster, for attune evaluate --format touchpoints-jsonl --order file; .gz is compressed")
	cmd.Flags().StringVar(&kind, "world", "", "episodes: contacts at the rate of --rate; causes: patients at a human pace whose needs have causes (docs/world.md; 250,000 of them unless --patients says otherwise, and --rate does not count; default: episodes, or causes where one of the flags that need it is given)")
	cmd.Flags().StringVar(&truth, "truth", "", "with --world causes: write the best probabilities that anyone could have at each moment, one JSON object a line")
	cmd.Flags().IntVar(&w.Of, "truth-of", 1, "compute them of one patient in so many")
	cmd.Flags().IntVar(&w.Moments, "truth-moments", 10, "compute them at the beginning of each call and at one other moment in so many")
	cmd.Flags().Int64Var(&w.Site, "site", 0, "with --world causes: another site, whose tables differ by e^N(0, 0.7)")
	cmd.Flags().DurationVar(&w.History, "history", 0, "with --world causes: what patients have lived before the start and is sent at once (default 48h)")
	cmd.Flags().StringArrayVar(&w.Shocks, "shock", nil, "with --world causes: kind:after:for, such as surge-R11:96h:72h, outage:24h:24h, flu:48h:168h")
	return cmd
}

// addSimulation adds the flags of the simulator.
func addSimulation(cmd *cobra.Command, s *traffic.Simulation) {
	cmd.Flags().IntVar(&s.Patients, "patients", 0, "how many patients there are (default 25 for each touchpoint per second)")
	cmd.Flags().Float64Var(&s.Rate, "rate", 200, "touchpoints per second of simulated time")
	cmd.Flags().Float64Var(&s.Speed, "speed", 1, "simulated seconds per second; 0 is as fast as it goes")
	cmd.Flags().Int64Var(&s.Seed, "seed", 1, "the same seed and start give the same patients")
	cmd.Flags().StringVar(&s.Start, "start", "", "simulated time at which it begins, RFC 3339 (default now)")
	cmd.Flags().DurationVar(&s.Duration, "for", 0, "end after this long (default: never)")
	cmd.Flags().Float64Var(&s.BadShare, "bad-share", 0, "share of additional records that must be rejected, of every kind")
	_ = cmd.Flags().MarkHidden("bad-share") // for tests
}
