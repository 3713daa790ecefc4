package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/benchmarks/logs"
	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

const demoLong = `Starts Kafka, a schema registry and ClickHouse on this machine, and in front of them the simulator,
the processor and the ClickHouse sink: the same code that the separate commands run. Shows what
happens until Ctrl-C or --for. Then it stops the source, drains, and reconciles: what lies in the
topics and in ClickHouse must equal an independent recomputation from what was sent. It exits with
0 only if so.

The first demo fetches the ClickHouse engine (178 MB) through npm; after that nothing is fetched.`

func newDemo() *cobra.Command {
	var d demo
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
			if len(args) > 0 && len(d.files) == 0 {
				return usage(fmt.Errorf("unexpected argument %q", args[0]))
			}
			d.files = append(d.files, args...)
			d.out, d.progress = cmd.OutOrStdout(), os.Stderr
			return d.run(cmd.Context())
		},
	}
	d.simulation.add(cmd)
	d.recording.add(cmd)
	cmd.Flags().StringSliceVar(&d.files, "import", nil, "recorded touchpoints instead of simulated ones: FILE...")
	cmd.Flags().StringVar(&d.data, "data", "", "directory that keeps everything (default: a temporary one)")
	cmd.Flags().BoolVar(&d.json, "json", false, "print the result as one JSON object on stdout")
	return cmd
}

// demo is one run of everything.
type demo struct {
	simulation simulation
	recording  recording
	files      []string
	data       string
	json       bool
	out        io.Writer
	progress   io.Writer

	config  Config
	parts   *parts
	cluster *kafka.Cluster
	tel     *telemetry.Telemetry
	stats   *stats
	count   verify.Ledger
	before  demoData // what earlier demos left in data
	began   time.Time

	processor *processor
	sink      *clickhouse.Sink
	source    *source
	outcomes  *responder
	feed      feed
	ceiling   func() float64     // the simulator's; nil where the source is a log
	tamper    func(stage string) // tests: called between draining and reconciling
}

// run starts, waits, drains and reconciles.
func (d *demo) run(ctx context.Context) (err error) {
	d.began = time.Now()
	if err := d.prepare(); err != nil {
		return err
	}
	log, logFile, err := d.logFile()
	if err != nil {
		return err
	}
	defer logFile.Close()
	// What was started outlives Ctrl-C: the drain needs it.
	outer := context.WithoutCancel(ctx)
	if d.parts, err = startParts(ctx, d.data); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.parts.close()) }()
	d.parts.point(&d.config)
	if d.tel, err = telemetry.New(outer, d.config.Telemetry, d.config.Telemetry.Logger(log), version); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.tel.Close(outer)) }()
	if err := d.connect(outer); err != nil {
		return err
	}
	defer d.cluster.Close()
	defer d.processor.release()
	defer d.source.close()
	defer d.outcomes.source.close()
	report, err := d.work(ctx)
	if err != nil {
		return errors.Join(err, d.sink.Close())
	}
	if err := d.sink.Close(); err != nil {
		return err
	}
	return d.tell(report)
}

// prepare makes the configuration and the feed.
func (d *demo) prepare() error {
	d.config = defaultConfig()
	d.config.Topics.Partitions, d.config.Topics.Replication = 4, 1
	d.config.Run.Clock = "log"
	d.config.Run.IdentityKey = "attune demo: not a secret"
	d.config.Sink.FlushInterval = 200 * time.Millisecond
	d.config.Telemetry.Listen = "127.0.0.1:0"
	d.stats = newStats()
	if d.data != "" {
		var err error
		if d.before, err = takeUp(d.data, &d.count); err != nil {
			return err
		}
	}
	if len(d.files) == 0 {
		if d.recording.format != "" {
			return usage(errors.New("--format goes with --import"))
		}
		if d.simulation.start == "" && time.Now().Before(d.before.Until) {
			d.simulation.start = d.before.Until.Format(time.RFC3339Nano)
		}
		f, err := d.simulation.feed()
		if err != nil {
			return err
		}
		d.ceiling = f.ceiling
		d.feed, err = notBefore(f, d.before.Until, d.data)
		return err
	}
	if d.recording.format == "" {
		return usage(fmt.Errorf("--import needs --format: one of %v", logs.Formats()))
	}
	f, err := d.recording.feed(d.files)
	if err != nil {
		return err
	}
	d.simulation.speed = 0
	if d.feed, err = notBefore(f, d.before.Until, d.data); err != nil {
		return err
	}
	if d.recording.format == logs.FormatTechnionBank {
		d.config.Run.Taxonomy = "bank"
	}
	return nil
}

// logFile keeps the log out of the view: a file beside the data, or nowhere.
func (d *demo) logFile() (io.Writer, io.Closer, error) {
	if d.data == "" {
		return io.Discard, io.NopCloser(nil), nil
	}
	if err := os.MkdirAll(d.data, 0o755); err != nil {
		return nil, nil, usage(fmt.Errorf("--data: %w", err))
	}
	if err := (demoData{Running: true, Until: d.before.Until}).write(d.data); err != nil {
		return nil, nil, usage(fmt.Errorf("--data: %w", err))
	}
	f, err := os.OpenFile(filepath.Join(d.data, "attune.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return f, f, err
}

// connect creates topics and schemas and makes the roles.
func (d *demo) connect(ctx context.Context) error {
	var err error
	if d.cluster, err = dial(ctx, &d.config); err != nil {
		return err
	}
	if _, err := createTopics(ctx, d.cluster, &d.config); err != nil {
		return err
	}
	r, err := registry(&d.config)
	if err != nil {
		return err
	}
	ids, err := r.Register(ctx)
	if err != nil {
		return unavailable(err)
	}
	events, err := d.tel.PipelineEvents(time.Now)
	if err != nil {
		return err
	}
	d.stats.watch(&events)
	if d.processor, err = newProcessor(ctx, &d.config, d.cluster, r, events); err != nil {
		return err
	}
	if d.sink, err = newSinkRole(ctx, &d.config, d.cluster, r, d.tel, d.stats); err != nil {
		return err
	}
	name := "journeys"
	if d.recording.format != "" {
		name = d.recording.format
	}
	if d.source, err = newSource(ctx, d.cluster, ids, name); err != nil {
		return err
	}
	d.outcomes, err = newResponder(ctx, d.cluster, ids)
	return err
}

// work runs the roles until the source ends, drains them and verifies.
func (d *demo) work(ctx context.Context) (*verify.Report, error) {
	roles, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, gctx := errgroup.WithContext(roles)
	g.Go(func() error { return named("run", d.processor.runner.Run(gctx)) })
	g.Go(func() error { return named("sink", d.sink.Run(gctx)) })
	g.Go(func() error { return named("telemetry", d.tel.Run(gctx)) })
	watcher := &watcher{cluster: d.cluster, stats: d.stats, outcomes: d.outcomes}
	watcher.first = func() { d.tel.Log.Info("first action", "after", time.Since(d.began).Round(time.Millisecond)) }
	g.Go(func() error { return named("watch", watcher.run(gctx)) })
	viewing, endView := context.WithCancel(gctx)
	g.Go(func() error { return d.view(viewing) })

	var report *verify.Report
	g.Go(func() error {
		defer stop()
		defer endView()
		// The source ends with Ctrl-C, and with the roles if one fails.
		sending, end := context.WithCancel(ctx)
		defer end()
		defer context.AfterFunc(gctx, end)()
		pump := &pump{source: d.source, count: &d.count, stats: d.stats, speed: d.simulation.speed}
		if err := pump.run(sending, d.feed); err != nil {
			return named("source", err)
		}
		if err := d.drain(gctx); err != nil {
			return named("drain", err)
		}
		endView()
		if err := d.leave(); err != nil {
			return named("data", err)
		}
		var err error
		report, err = d.reconcile(gctx)
		return named("reconcile", err)
	})
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	if report == nil {
		return nil, &exitError{exitInterrupted, errors.New("ended before it was reconciled")}
	}
	return report, nil
}

// drain waits until everything that was sent has been processed, closes all windows, and waits
// until ClickHouse has the rest.
func (d *demo) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	runner := d.processor.runner
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{{"stop outcomes", d.stopOutcomes}, {"quiet", runner.Quiet}, {"end input", runner.EndInput}, {"quiet again", runner.Quiet}, {"sink", d.awaitSink}} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return named(step.name, err)
		}
		d.tel.Log.Info("drained", "step", step.name, "took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// leave notes in --data what was sent, and up to when the drain has told everybody.
func (d *demo) leave() error {
	if d.data == "" {
		return nil
	}
	until := time.UnixMilli(d.count.Newest()).Add(d.processor.topology.EndMargin())
	if d.before.Until.After(until) {
		until = d.before.Until
	}
	return demoData{Until: until.UTC(), Resent: d.before.Resent || d.stats.wasResent()}.leave(d.data, &d.count)
}

// stopOutcomes ends what answers actions, and counts what it has sent.
func (d *demo) stopOutcomes(context.Context) error {
	sent, err := d.outcomes.stop()
	for i := range sent {
		d.count.Outcome(&sent[i])
	}
	return err
}

// awaitSink waits until the sink has committed everything that it reads.
func (d *demo) awaitSink(ctx context.Context) error {
	for {
		lags, err := d.cluster.Lag(ctx, d.config.sinkGroup(), clickhouse.TopicsIn(d.config.Topics.Generation).List()...)
		if err != nil {
			return err
		}
		behind := int64(0)
		for i := range lags {
			behind += lags[i].Lag()
		}
		if behind == 0 {
			return nil
		}
		if !sleep(ctx, 20*time.Millisecond) {
			return fmt.Errorf("the sink is %d records behind: %w", behind, ctx.Err())
		}
	}
}

// reconcile recomputes everything from what was sent.
func (d *demo) reconcile(ctx context.Context) (*verify.Report, error) {
	if d.tamper != nil {
		d.tamper("drained")
	}
	return d.verification().Verify(ctx)
}

// verification is what reconciles, for the tests to put something between.
func (d *demo) verification() *verify.Run {
	return &verify.Run{
		Ledger: &d.count, Log: topicReader{d.cluster}, Tables: &verify.HTTPTables{URL: "http://" + d.parts.clickhouse.HTTPAddr()},
		Windows: verifyWindows(d.processor.topology), Resent: d.before.Resent || d.stats.wasResent(),
		Sources: []string{schemas.TopicTouchpointsWeb, schemas.TopicTouchpointsApp, schemas.TopicTouchpointsCall, schemas.TopicTouchpointsEhr},
	}
}

// tell prints the result.
func (d *demo) tell(r *verify.Report) error {
	result := d.result(r)
	if d.json {
		text, err := json.Marshal(result)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(d.out, string(text)); err != nil {
			return err
		}
	} else {
		d.summary(r)
	}
	if r.Found > 0 {
		return &exitError{exitFailed, fmt.Errorf("not reconciled: %d differences, the first: %s", r.Found, r.Differences[0])}
	}
	return nil
}

// summary is the result for a person.
func (d *demo) summary(r *verify.Report) {
	q := d.stats.callToAction.quantiles(0.5, 0.99)
	fmt.Fprintf(d.out, "\n%d touchpoints sent: %d processed, %d duplicate, %d late, %d rejected\n", r.Produced, r.Processed, r.Duplicate, r.Late, r.Rejected)
	fmt.Fprintf(d.out, "%d personas, %d predictions, %d next best actions, call to action p50 %.0f ms p99 %.0f ms\n", r.Personas, r.Predictions, r.Decisions, q[0], q[1])
	if r.Found == 0 {
		fmt.Fprintln(d.out, "Reconciled: topics and ClickHouse hold exactly what follows from what was sent.")
	}
	for _, difference := range r.Differences {
		fmt.Fprintln(d.out, "  "+difference)
	}
	if d.data != "" {
		fmt.Fprintf(d.out, "Everything is in %s; ask it: attune query --data %s 'SELECT * FROM contacts_by_reason'\n", d.data, d.data)
	}
}
