package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) > 2 && os.Args[1] == childArgument {
		err = runChild(ctx, os.Args[2])
	} else {
		err = run(ctx, os.Args[1:])
	}
	if err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	Parts          string
	Engines        string
	LatencyEngines string
	Records        int64
	Shuffle        int64
	Rules          int
	Repeats        int
	Warm           time.Duration
	Latency        time.Duration
	Rate           int
	Commit         time.Duration
	Checkpoint     time.Duration
	Profile        string `json:",omitempty"`
	Out            string `json:"-"`
}

const (
	partThroughput = "throughput"
	partLatency    = "latency"
	partShuffle    = "shufflebench"
)

func parseOptions(args []string) (*options, error) {
	o := &options{}
	quick := false
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.StringVar(&o.Parts, "parts", strings.Join([]string{partThroughput, partLatency, partShuffle}, ","), "what is measured")
	flags.StringVar(&o.Engines, "engines", strings.Join(engineNames(), ","), "what it is measured on")
	flags.StringVar(&o.LatencyEngines, "latency-engines", "attune,attune-urgent,kafka-streams,flink", "those of the engines whose latencies are taken")
	flags.Int64Var(&o.Records, "records", 3_000_000, "touchpoints, preloaded; with 5000000 all of it takes more than a quarter of an hour")
	flags.Int64Var(&o.Shuffle, "shuffle-records", 3_000_000, "records of ShuffleBench, preloaded")
	flags.IntVar(&o.Rules, "rules", 1_000_000, "matching rules of ShuffleBench")
	flags.IntVar(&o.Repeats, "repeats", 3, "how often each is measured; the table has the middle one")
	flags.DurationVar(&o.Warm, "warm", 10*time.Second, "how long an engine warms up before latencies are taken")
	flags.DurationVar(&o.Latency, "latency", 15*time.Second, "how long latencies are taken")
	flags.IntVar(&o.Rate, "rate", 10_000, "touchpoints a second while latencies are taken")
	flags.DurationVar(&o.Commit, "commit", 100*time.Millisecond, "commit interval of attune and Kafka Streams")
	flags.DurationVar(&o.Checkpoint, "checkpoint", time.Second, "checkpoint interval of attune and Flink")
	flags.StringVar(&o.Profile, "profile", "", "keep a CPU profile of attune's last run in this file")
	flags.StringVar(&o.Out, "o", "", "keep the table and all figures in this directory")
	flags.BoolVar(&quick, "quick", false, "small sizes, each once: to see that it works, or where time goes")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if quick {
		o.Records, o.Shuffle, o.Repeats = min(o.Records, 1_000_000), min(o.Shuffle, 500_000), 1
		o.Warm, o.Latency = min(o.Warm, 4*time.Second), min(o.Latency, 4*time.Second)
	}
	if o.Profile != "" { // children have directories of their own
		var err error
		if o.Profile, err = filepath.Abs(o.Profile); err != nil {
			return nil, err
		}
	}
	for _, name := range strings.Split(o.Engines, ",") {
		if !slices.Contains(engineNames(), name) {
			return nil, fmt.Errorf("no engine %q: there are %s", name, strings.Join(engineNames(), ", "))
		}
	}
	return o, nil
}

func (o *options) wants(list, name string) bool {
	return slices.Contains(strings.Split(list, ","), name)
}

// progress tells whoever waits what is being done.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}
