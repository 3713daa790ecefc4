package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/benchmarks/logs"
)

// simulation are the flags of the simulator, for `simulate` and `demo`.
type simulation struct {
	patients int
	rate     float64
	speed    float64
	seed     int64
	start    string
	duration time.Duration
	badShare float64
}

func (s *simulation) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&s.patients, "patients", 0, "how many patients there are (default 25 for each touchpoint per second)")
	cmd.Flags().Float64Var(&s.rate, "rate", 200, "touchpoints per second of simulated time")
	cmd.Flags().Float64Var(&s.speed, "speed", 1, "simulated seconds per second; 0 is as fast as it goes")
	cmd.Flags().Int64Var(&s.seed, "seed", 1, "the same seed and start give the same patients")
	cmd.Flags().StringVar(&s.start, "start", "", "simulated time at which it begins, RFC 3339 (default now)")
	cmd.Flags().DurationVar(&s.duration, "for", 0, "end after this long (default: never)")
	cmd.Flags().Float64Var(&s.badShare, "bad-share", 0, "share of additional records that must be rejected, of every kind")
	_ = cmd.Flags().MarkHidden("bad-share") // for tests
}

// feed makes the simulator.
func (s *simulation) feed() (*simulated, error) {
	start := time.Now().Truncate(time.Second)
	if s.start != "" {
		var err error
		if start, err = time.Parse(time.RFC3339, s.start); err != nil {
			return nil, usage(fmt.Errorf("--start: %w", err))
		}
	}
	if s.speed < 0 {
		return nil, usage(fmt.Errorf("--speed: %v is negative", s.speed))
	}
	duration := s.duration
	if s.speed > 0 {
		duration = time.Duration(float64(s.duration) * s.speed)
	}
	if s.patients == 0 {
		s.patients = max(1000, int(25*s.rate))
	}
	g, err := journeys.New(journeys.Config{Patients: s.patients, Rate: s.rate, Seed: s.seed, Start: start, Duration: duration, BadShare: s.badShare})
	if err != nil {
		return nil, usage(err)
	}
	return &simulated{generator: g}, nil
}

func newSimulate() *cobra.Command {
	var flags configFlags
	var s simulation
	var ledger string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Patients, made up: their touchpoints, links and consents to the source topics",
		Example: `  attune simulate --brokers localhost:9092 --rate 500 --for 1m
  attune simulate --seed 7 --start 2026-03-02T14:00:00Z --for 10m --speed 0 --ledger sent.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			f, err := s.feed()
			if err != nil {
				return err
			}
			return produce(cmd.Context(), &c, f, "journeys", s.speed, ledger)
		},
	}
	flags.add(cmd, "config", "brokers", "registry")
	s.add(cmd)
	cmd.Flags().StringVar(&ledger, "ledger", "", "write down what is sent, one JSON object a line")
	return cmd
}

// recording are the flags of recorded logs, for `import` and `demo`.
type recording struct {
	format string
	order  string
}

func (r *recording) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.format, "format", "", "technion-bank or touchpoints-jsonl")
	cmd.Flags().StringVar(&r.order, "order", "event", "event: sorted by event time; file: as it lies there, which is a test of lateness")
}

func (r *recording) feed(files []string) (*recorded, error) {
	reader, err := logs.Open(r.format, files, logs.Options{Order: logs.Order(r.order)})
	if err != nil {
		return nil, usage(err)
	}
	return &recorded{reader: reader}, nil
}

func newImport() *cobra.Command {
	var flags configFlags
	var r recording
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
			f, err := r.feed(args)
			if err != nil {
				return err
			}
			return produce(cmd.Context(), &c, f, r.format, 0, ledger)
		},
	}
	flags.add(cmd, "config", "brokers", "registry")
	r.add(cmd)
	cmd.Flags().StringVar(&ledger, "ledger", "", "write down what is sent, one JSON object a line")
	return cmd
}

// produce sends a feed to a cluster that is already there.
func produce(ctx context.Context, c *Config, f feed, name string, speed float64, ledgerFile string) error {
	cluster, err := dial(ctx, c)
	if err != nil {
		return err
	}
	defer cluster.Close()
	r, err := registry(c)
	if err != nil {
		return err
	}
	ids, err := r.IDs(ctx)
	if err != nil {
		return unavailable(fmt.Errorf("schema registry %s: %w", c.Registry.URL, err))
	}
	s, err := newSource(ctx, cluster, ids, name)
	if err != nil {
		return err
	}
	defer s.close()
	p := &pump{source: s, speed: speed}
	if ledgerFile != "" {
		file, err := os.Create(ledgerFile)
		if err != nil {
			return usage(fmt.Errorf("--ledger: %w", err))
		}
		defer file.Close()
		p.ledger = journeys.NewLedger(file)
	}
	if err := p.run(ctx, f); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "sent %d records\n", s.sent)
	return nil
}
