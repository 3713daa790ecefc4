package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/oracle"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
	"github.com/attune-health/attune/sinks/desk"
	"github.com/attune-health/attune/sources"
	"github.com/attune-health/attune/sources/bank"
)

// Demo is one run of everything.
type Demo struct {
	// Simulation says which patients there are.
	Simulation traffic.Simulation
	// Files are recorded touchpoints, used instead of simulated ones; Recording says how they are read.
	Files     []string
	Recording traffic.Recording
	// Data is a directory in which everything is kept; empty is a temporary one.
	Data string
	// World is the kind of simulated patients (traffic.WorldEpisodes, traffic.WorldCauses); empty is causes.
	World string
	// Lapse: the speed follows from Simulation.Rate, which is of our time, where patients live at a human pace.
	Lapse bool
	// Report is a folder for a page about the predictions, or empty.
	Report string
	// JSON prints the result as one JSON object.
	JSON bool
	// Out gets the result, Progress what happens until then.
	Out, Progress io.Writer
	// Version is what the log and the metrics say of the program.
	Version string

	config    config.Config
	parts     *Parts
	cluster   *kafka.Cluster
	tel       *telemetry.Telemetry
	stats     *stats
	count     verify.Ledger
	foresight *foresight
	// What earlier demos left in data.
	before remains
	began  time.Time

	processor *roles.Processor
	sink      *clickhouse.Sink
	desk      *roles.Desk
	// Closed when the history is taken in: nobody looks at tables or desks before.
	live chan struct{}
	// Ends the desk: an outcome that somebody reports later would not be counted.
	closeDesk  context.CancelFunc
	deskClosed <-chan struct{}
	writer     *sources.Writer
	outcomes   *responder
	feed       traffic.Feed
	// What has happened before and is sent first, as fast as it goes; nil where there is nothing.
	history traffic.Feed
	// What the simulator itself would have got right; nil where there is another measure, or none.
	ceiling func() float64
	// Tests: called between sending and draining.
	sent func()
	// Tests: called between draining and reconciling.
	tamper func(stage string)
}

// Run starts, waits, drains and reconciles.
func (d *Demo) Run(ctx context.Context) (err error) {
	d.began = time.Now()
	if err := d.prepare(); err != nil {
		return err
	}
	log, logFile, err := d.logFile()
	if err != nil {
		return err
	}
	defer logFile.Close()
	// The servers and roles outlive Ctrl-C: the drain needs them.
	outer := context.WithoutCancel(ctx)
	if d.parts, err = StartParts(ctx, d.Data); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.parts.Close()) }()
	d.parts.Point(&d.config)
	if d.tel, err = telemetry.New(outer, d.config.Telemetry, d.config.Telemetry.Logger(log), d.Version); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.tel.Close(outer)) }()
	if err := d.connect(outer); err != nil {
		return err
	}
	defer d.cluster.Close()
	defer d.processor.Release()
	defer func() { err = errors.Join(err, d.desk.Close()) }()
	defer d.writer.Close()
	defer d.outcomes.writer.Close()
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
func (d *Demo) prepare() error {
	d.config = config.Default()
	d.config.Topics.Partitions, d.config.Topics.Replication = 4, 1
	d.config.Run.Clock = "log"
	d.config.Run.IdentityKey = "attune demo: not a secret"
	d.config.Sink.FlushInterval, d.config.Sink.RollupInterval = 200*time.Millisecond, 10*time.Second
	d.config.Desk.Insights = true
	d.config.Telemetry.Listen, d.config.Desk.Listen = "127.0.0.1:0", "127.0.0.1:0"
	d.stats, d.live = newStats(), make(chan struct{})
	if d.Data != "" {
		var err error
		if d.before, err = takeUp(d.Data, &d.count); err != nil {
			return err
		}
	}
	if d.Recording.Format == bank.Format {
		d.config.Run.Taxonomy = "bank"
	}
	taxonomy, err := schemas.LoadTaxonomy(d.config.Run.Taxonomy)
	if err != nil {
		return exit.Usage(err)
	}
	d.foresight = newForesight(taxonomy, 0)
	switch {
	case len(d.Files) > 0:
		return d.replay()
	case d.Recording.Format != "":
		return exit.Usage(errors.New("--format goes with --import"))
	case d.World == traffic.WorldEpisodes:
		return d.episodes()
	case d.World == "" || d.World == traffic.WorldCauses:
		return d.causes()
	}
	return exit.Usage(fmt.Errorf("--world: %q is neither %s nor %s", d.World, traffic.WorldEpisodes, traffic.WorldCauses))
}

// replay makes a recorded log the feed.
func (d *Demo) replay() error {
	if d.Recording.Format == "" {
		return exit.Usage(fmt.Errorf("--import needs --format: one of %v", traffic.Formats()))
	}
	f, err := d.Recording.Feed(d.Files)
	if err != nil {
		return err
	}
	d.Simulation.Speed = 0
	d.feed, err = notBefore(f, d.before.Until, d.Data)
	return err
}

// episodes makes the simulator the feed whose patients call at any rate that is asked for.
func (d *Demo) episodes() error {
	if d.Simulation.Start == "" && time.Now().Before(d.before.Until) {
		d.Simulation.Start = d.before.Until.Format(time.RFC3339Nano)
	}
	f, err := d.Simulation.Feed()
	if err != nil {
		return err
	}
	d.ceiling = f.Ceiling
	d.feed, err = notBefore(f, d.before.Until, d.Data)
	return err
}

// causes makes the feed of patients at a human pace, of whom it is known what could be foreseen.
func (d *Demo) causes() error {
	s := &d.Simulation
	if s.Start == "" {
		s.Start = startOf(d.before.Until).Format(time.RFC3339Nano)
	}
	if d.Lapse {
		if err := s.Lapse(); err != nil {
			return err
		}
	}
	f, err := s.Live(traffic.World{Judged: d.foresight.judged, LateNews: true})
	if err != nil {
		return err
	}
	if begins := f.Begins(); begins.Before(d.before.Until) {
		return tooEarly(begins, d.before.Until, d.Data)
	}
	d.foresight.from = f.Start()
	d.feed, d.history = f, f.History()
	// Somebody waits for each call, whatever the clock of the time-lapse says.
	d.config.Run.LiveWithin = always
	// Nobody else would take over while a busy machine takes the history in.
	d.config.Run.SessionTimeout = time.Minute
	return nil
}

// always is longer than any clock is off.
const always = 200 * 365 * 24 * time.Hour

// firstMorning is when a demo of patients at a human pace begins: on a Wednesday, so that the two days before
// were working days and full of contacts to learn from. It is the same on every day on which somebody tries it.
var firstMorning = time.Date(2026, time.March, 4, 14, 0, 0, 0, time.UTC)

// startOf is the first morning whose history begins after a time.
func startOf(until time.Time) time.Time {
	day := firstMorning
	if late := until.Sub(day.Add(-traffic.History)); late > 0 {
		day = day.Add((late + 24*time.Hour - 1).Truncate(24 * time.Hour))
	}
	return day
}

// logFile keeps the log off the screen: in a file beside the data, or nowhere.
func (d *Demo) logFile() (io.Writer, io.Closer, error) {
	if d.Data == "" {
		return io.Discard, io.NopCloser(nil), nil
	}
	if err := os.MkdirAll(d.Data, 0o755); err != nil {
		return nil, nil, exit.Usage(fmt.Errorf("--data: %w", err))
	}
	if err := (remains{Running: true, Until: d.before.Until}).write(d.Data); err != nil {
		return nil, nil, exit.Usage(fmt.Errorf("--data: %w", err))
	}
	f, err := os.OpenFile(filepath.Join(d.Data, "attune.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return f, f, err
}

// connect creates topics and schemas and makes the roles.
func (d *Demo) connect(ctx context.Context) error {
	var err error
	if d.cluster, err = connect.Kafka(ctx, &d.config); err != nil {
		return err
	}
	if _, err := connect.CreateTopics(ctx, d.cluster, &d.config); err != nil {
		return err
	}
	r, err := connect.Registry(&d.config)
	if err != nil {
		return err
	}
	ids, err := r.Register(ctx)
	if err != nil {
		return exit.Unavailable(err)
	}
	events, err := d.tel.PipelineEvents(time.Now)
	if err != nil {
		return err
	}
	d.stats.watch(&events)
	if d.processor, err = roles.NewProcessor(ctx, &d.config, d.cluster, r, events); err != nil {
		return err
	}
	if d.sink, err = roles.NewSink(ctx, &d.config, d.cluster, r, d.tel, d.stats.watchSink); err != nil {
		return err
	}
	name := "journeys"
	switch {
	case d.Recording.Format != "":
		name = d.Recording.Format
	case d.history != nil:
		name = "world"
	}
	if d.writer, err = sources.NewWriter(ctx, d.cluster, ids, name); err != nil {
		return exit.Unavailable(err)
	}
	if d.outcomes, err = newResponder(ctx, d.cluster, ids); err != nil {
		return err
	}
	d.desk, err = roles.NewDesk(ctx, &d.config, d.cluster, r, d.tel, func(c *desk.Config) {
		d.outcomes.watchDesk(c)
		c.Begin = d.live
	})
	return err
}

// work runs the roles until the source ends, drains them and verifies.
func (d *Demo) work(ctx context.Context) (*verify.Report, error) {
	members, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, gctx := errgroup.WithContext(members)
	g.Go(func() error { return roles.Named("run", d.processor.Runner.Run(gctx)) })
	live := d.live
	g.Go(func() error {
		// The history is taken in before anybody looks at tables.
		select {
		case <-live:
		case <-gctx.Done():
		}
		return roles.Named("sink", d.sink.Run(gctx))
	})
	g.Go(func() error { return roles.Named("telemetry", d.tel.Run(gctx)) })
	deskContext, closeDesk := context.WithCancel(gctx)
	d.closeDesk = closeDesk
	deskClosed := make(chan struct{})
	g.Go(func() error {
		defer close(deskClosed)
		return roles.Named("desk", d.desk.Run(deskContext))
	})
	d.deskClosed = deskClosed
	watcher := &watcher{cluster: d.cluster, stats: d.stats, foresight: d.foresight, outcomes: d.outcomes}
	watcher.first = func() { d.tel.Log.Info("first action", "after", time.Since(d.began).Round(time.Millisecond)) }
	g.Go(func() error { return roles.Named("watch", watcher.run(gctx)) })
	viewing, endView := context.WithCancel(gctx)
	g.Go(func() error { return d.view(viewing) })

	var report *verify.Report
	g.Go(func() error {
		defer stop()
		defer endView()
		// Sending ends with Ctrl-C, or with the roles if one fails.
		sending, end := context.WithCancel(ctx)
		defer end()
		defer context.AfterFunc(gctx, end)()
		if err := d.send(sending, gctx, live); err != nil {
			return roles.Named("source", err)
		}
		if d.sent != nil {
			d.sent()
		}
		if err := d.drain(gctx); err != nil {
			return roles.Named("drain", err)
		}
		endView()
		if err := d.leave(); err != nil {
			return roles.Named("data", err)
		}
		fmt.Fprintln(d.Progress, "Drained. Working out from what was sent what must have come of it.")
		var err error
		report, err = d.reconcile(gctx)
		return roles.Named("reconcile", err)
	})
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	if report == nil {
		return nil, exit.Interrupted(errors.New("ended before it was reconciled"))
	}
	return report, nil
}

// roomy trades memory for time: a third of the start would go into collecting garbage, and calls would wait for
// seconds while what is known of 250,000 patients is looked through.
const roomy = 200

// send sends the history, waits until it is taken in, and sends the rest in its own time until sending ends.
func (d *Demo) send(sending, roles context.Context, live chan struct{}) error {
	defer debug.SetGCPercent(debug.SetGCPercent(roomy))
	pump := &traffic.Pump{Writer: d.writer, Count: &d.count, Sending: d.sending}
	if err := d.takeIn(sending, roles, pump); err != nil {
		return err
	}
	d.stats.goLive(time.Now())
	d.tel.Log.Info("live", "after", time.Since(d.began).Round(time.Millisecond))
	close(live)
	pump.Speed = d.Simulation.Speed
	return pump.Run(sending, d.feed)
}

// takeIn sends the history, if there is one, and waits until it is taken in.
func (d *Demo) takeIn(sending, roles context.Context, pump *traffic.Pump) error {
	if d.history == nil {
		return nil
	}
	if err := pump.Run(sending, d.history); err != nil {
		return err
	}
	d.tel.Log.Info("sent history", "after", time.Since(d.began).Round(time.Millisecond))
	return d.processor.Runner.Quiet(roles)
}

// sending notes a touchpoint that is about to be sent.
func (d *Demo) sending(t *schemas.Touchpoint, now time.Time) {
	d.stats.touchpointSent(t, now)
	d.foresight.sent(t, now)
}

// drain waits until everything that was sent has been processed, closes all windows, and waits until
// ClickHouse has the rest.
func (d *Demo) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	runner := d.processor.Runner
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{{"stop outcomes", d.stopOutcomes}, {"quiet", runner.Quiet}, {"end input", runner.EndInput}, {"quiet again", runner.Quiet}, {"sink", d.awaitSink}} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return roles.Named(step.name, err)
		}
		d.tel.Log.Info("drained", "step", step.name, "took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// leave writes into --data what was sent, and the watermark to which the drain has moved all sources.
func (d *Demo) leave() error {
	if d.Data == "" {
		return nil
	}
	until := time.UnixMilli(d.count.Newest()).Add(d.processor.Topology.EndMargin())
	if d.before.Until.After(until) {
		until = d.before.Until
	}
	return remains{Until: until.UTC(), Resent: d.before.Resent || d.stats.wasResent()}.leave(d.Data, &d.count)
}

// stopOutcomes stops the responder and the desk, and counts what they have sent.
func (d *Demo) stopOutcomes(context.Context) error {
	d.closeDesk()
	<-d.deskClosed
	sent, err := d.outcomes.stop()
	for i := range sent {
		d.count.Outcome(&sent[i])
	}
	return err
}

// awaitSink waits until the sink has committed everything that it reads.
func (d *Demo) awaitSink(ctx context.Context) error {
	for {
		lags, err := d.cluster.Lag(ctx, d.config.SinkGroup(), clickhouse.TopicsIn(d.config.Topics.Generation).List()...)
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
		if !wait(ctx, 20*time.Millisecond) {
			return fmt.Errorf("the sink is %d records behind: %w", behind, ctx.Err())
		}
	}
}

// reconcile recomputes from what was sent what must have come out, and compares.
func (d *Demo) reconcile(ctx context.Context) (*verify.Report, error) {
	if d.tamper != nil {
		d.tamper("drained")
	}
	return d.verification().Verify(ctx)
}

// verification is how the demo reconciles. Tests change it.
func (d *Demo) verification() *verify.Run {
	url := "http://" + d.parts.ClickHouse.HTTPAddr()
	return &verify.Run{
		Ledger: &d.count, Log: connect.Log{Cluster: d.cluster}, Tables: &verify.HTTPTables{URL: url}, Oracle: &oracle.Engine{URL: url},
		Windows: roles.Windows(d.processor.Topology), Resent: d.before.Resent || d.stats.wasResent(),
		Sources: schemas.TouchpointTopics(),
	}
}

// tell prints the result.
func (d *Demo) tell(r *verify.Report) error {
	result := d.result(r)
	if d.Report != "" {
		about := fmt.Sprintf("%d touchpoints of simulated patients, their time %.0f times as fast as ours; learned from %d contacts.", r.Produced, d.Simulation.Speed, result.Prediction.Learned)
		if err := d.foresight.report(d.Report, about); err != nil {
			return exit.Usage(fmt.Errorf("--report: %w", err))
		}
	}
	if d.JSON {
		text, err := json.Marshal(result)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(d.Out, string(text)); err != nil {
			return err
		}
	} else {
		d.summary(r)
	}
	if r.Found > 0 {
		return exit.Failed(fmt.Errorf("not reconciled: %d differences, the first: %s", r.Found, r.Differences[0]))
	}
	return nil
}

// summary is the result for a person.
func (d *Demo) summary(r *verify.Report) {
	q := d.stats.callToAction.quantiles(0.5, 0.99)
	fmt.Fprintf(d.Out, "\n%d touchpoints sent: %d processed, %d duplicate, %d late, %d rejected\n", r.Produced, r.Processed, r.Duplicate, r.Late, r.Rejected)
	if score, learned := d.foresight.scores(); score.Scored > 0 {
		s := snapshot{score: score, learned: learned}
		fmt.Fprintf(d.Out, "%s\n%s\n", s.foresight(), s.known())
	}
	fmt.Fprintf(d.Out, "%d personas, %d predictions, %d next best actions, call to action p50 %.0f ms p99 %.0f ms\n", r.Personas, r.Predictions, r.Decisions, q[0], q[1])
	if r.Found == 0 {
		fmt.Fprintln(d.Out, "Reconciled: topics and ClickHouse hold exactly what follows from what was sent.")
	}
	for _, difference := range r.Differences {
		fmt.Fprintln(d.Out, "  "+difference)
	}
	if d.Data != "" {
		fmt.Fprintf(d.Out, "Everything is in %s; ask it: attune query --data %s 'SELECT * FROM contacts_by_reason'\n", d.Data, d.Data)
	}
}
