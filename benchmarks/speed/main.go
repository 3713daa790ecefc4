package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/deploy/embeddedtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if len(os.Args) > 2 && os.Args[1] == childArgument {
		err = runChild(ctx, os.Args[2])
	} else {
		err = run(ctx, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	only        string
	touchpoints int
	repeats     int
	patients    int
	latency     time.Duration
	checkpoints time.Duration
	profile     string
	demo        string
	out         string
	rate        float64
	hotRate     float64
	pending     int
	limit       time.Duration
	input       string
	save        string
}

// sections are the parts of the table, in their order.
var sections = []string{"packages", "whole-job", "call-to-action", "demo", "kafka-throughput", "kafka-latency", "overload", "hot-key"}

func (o *options) wants(section string) bool {
	return o.only == "" || slices.Contains(strings.Split(o.only, ","), section)
}

func run(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("speed", flag.ContinueOnError)
	flags.StringVar(&o.only, "only", "", "parts to run, of "+strings.Join(sections, ",")+" (default all)")
	flags.IntVar(&o.touchpoints, "touchpoints", 300_000, "touchpoints of a whole job")
	flags.IntVar(&o.patients, "patients", 20_000, "patients of the whole job")
	flags.IntVar(&o.repeats, "repeats", 3, "how often each is measured; the table has the middle one")
	flags.DurationVar(&o.latency, "latency", 12*time.Second, "how long latencies are taken, after 3 s of warming up")
	flags.DurationVar(&o.checkpoints, "checkpoints", 10*time.Second, "checkpoint interval of the whole job; 0: with each commit")
	flags.StringVar(&o.profile, "profile", "", "keep CPU profiles of the processor: of the last whole job in this file, of others in files beside it")
	flags.StringVar(&o.demo, "demo", "bin/attune", "binary whose demo is measured; nothing: none")
	flags.StringVar(&o.out, "o", "", "write the table to this file, too")
	flags.Float64Var(&o.rate, "rate", 2000, "touchpoints a second of kafka-latency, and of those that are not in excess in overload")
	flags.Float64Var(&o.hotRate, "hot-rate", 2000, "touchpoints a second of hot-key, the kiosk's included")
	flags.IntVar(&o.pending, "max-pending", 0, "of overload and the whole job: bytes of output after which a worker commits early; 0: the engine's default")
	flags.DurationVar(&o.limit, "limit", 5*time.Minute, "how long kafka-throughput, kafka-latency, overload and hot-key may take, each")
	flags.StringVar(&o.input, "input", "", "of the whole job: a recording to read in place of the simulator")
	flags.StringVar(&o.save, "save", "", "of the whole job: keep a recording of its input in this file, for -input of this build or another")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r := newReport(ctx)
	for _, section := range sections {
		if !o.wants(section) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s ...\n", section)
		if err := measure(ctx, section, &o, r); err != nil {
			return fmt.Errorf("%s: %w", section, err)
		}
	}
	text := r.text()
	fmt.Print(text)
	if o.out != "" {
		return os.WriteFile(o.out, []byte(text), 0o644)
	}
	return nil
}

func measure(ctx context.Context, section string, o *options, r *report) error {
	switch section {
	case "packages":
		return packages(ctx, o, r)
	case "whole-job":
		return wholeJobs(ctx, o, r)
	case "call-to-action":
		return callsToAction(ctx, o, r)
	case "demo":
		return demos(ctx, o, r)
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	switch section {
	case "overload":
		return overloads(ctx, o, r)
	case "hot-key":
		return hotKeys(ctx, o, r)
	}
	if ok, why := embeddedtest.HaveJava(); !ok {
		r.note("%s: not measured, it needs Apache Kafka, and therefore Java and Maven: %s.", section, why)
		return nil
	}
	if section == "kafka-throughput" {
		return kafkaThroughputs(ctx, o, r)
	}
	return kafkaLatencies(ctx, o, r)
}
