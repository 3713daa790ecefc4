package desk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/consume"
)

// gatherFor is how long records that nobody waits for are gathered: each write costs as much as some dozens of records.
// sweepEvery is the time between two looks at what is too old to be shown; syncEvery is how much a kill may cost, which is
// then read again.
const (
	gatherFor  = 20 * time.Millisecond
	sweepEvery = time.Minute
	syncEvery  = 100 * time.Millisecond
)

// Desk reads the output topics and answers over HTTP.
type Desk struct {
	cfg   Config
	store *Store
	// joined is closed once Kafka answers: cluster and consumer are there from then on.
	joined   chan struct{}
	cluster  pipeline.Cluster
	consumer *consume.Consumer
	behind   behind
	outbox   *outbox
	reads    *journal
	server   *server
	listener net.Listener
}

// Log is what a desk has of Kafka once it answers.
type Log struct {
	Cluster pipeline.Cluster
	// Identity stands for the log: of each topic its name, an equals sign and its id, joined by spaces.
	Identity string
	// SchemaIDs decode what is read, IDs frame what is written.
	SchemaIDs map[string][]int32
	IDs       schemas.IDs
}

// New opens the store and the address. Everything wrong with the configuration comes out here. Without a cluster the desk
// answers with what it has kept, and reads and writes nothing until Join.
func New(ctx context.Context, cfg Config, cluster pipeline.Cluster) (*Desk, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	var store *Store
	var err error
	if cluster == nil {
		store, err = OpenKept(cfg.Dir, cfg.Topics.List(), cfg.CacheBytes)
	} else {
		store, err = OpenStore(cfg.Dir, cfg.Identity, cfg.CacheBytes)
	}
	if err != nil {
		return nil, err
	}
	d := &Desk{cfg: cfg, store: store, joined: make(chan struct{})}
	if d.reads, err = openJournal(cfg.Dir, vfs.Default); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := d.prepare(ctx, cluster); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Desk) prepare(ctx context.Context, cluster pipeline.Cluster) error {
	kept, err := d.store.until()
	if err != nil {
		return err
	}
	d.behind.keptUntil(kept)
	d.outbox = newOutbox(d.cfg.Events.wrote)
	if cluster != nil {
		if err := d.Join(ctx, Log{cluster, d.cfg.Identity, d.cfg.SchemaIDs, d.cfg.IDs}); err != nil {
			return err
		}
	}
	if d.server, err = newServer(d); err != nil {
		return err
	}
	if d.listener, err = d.server.listen(); err != nil {
		return fmt.Errorf("desk.listen: %w", err)
	}
	return nil
}

// Join gives the desk its log, once. What it has kept of another one goes.
func (d *Desk) Join(ctx context.Context, log Log) error {
	d.cfg.Identity, d.cfg.SchemaIDs, d.cfg.IDs = log.Identity, log.SchemaIDs, log.IDs
	readers, err := newReaders(&d.cfg)
	if err != nil {
		return err
	}
	reading := consume.Config{Topics: d.cfg.Topics.List(), RejectedElsewhere: d.cfg.Topics.List(), Positions: d.store.Positions, ResumeAfterLoss: true,
		MaxInFlight: 1, FlushInterval: gatherFor, Events: d.cfg.Events.Events}
	consumer, err := consume.New(ctx, reading, log.Cluster, func() consume.Batch {
		return &batch{store: d.store, readers: readers, positions: map[pipeline.TopicPartition]int64{}}
	})
	if err != nil {
		return err
	}
	kept, err := d.store.Adopt(log.Identity)
	if err != nil {
		return errors.Join(err, consumer.Close())
	}
	if !kept {
		d.behind.keptUntil(time.Time{})
	}
	d.cluster, d.consumer = log.Cluster, consumer
	d.outbox.open(log.Cluster, log.IDs)
	close(d.joined)
	return nil
}

// HasCaughtUp says whether the desk has read once, since it started, what there was.
func (d *Desk) HasCaughtUp() bool { return d.behind.hasCaughtUp() }

// Addr is where the desk listens.
func (d *Desk) Addr() string { return d.listener.Addr().String() }

// URL is the desk's first page.
func (d *Desk) URL() string {
	scheme := "http"
	if d.cfg.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + d.Addr() + "/"
}

// Invite is URL with a token that lets one browser in, the first that opens it: for whoever has started the desk.
func (d *Desk) Invite() string { return d.URL() + "#token=" + d.server.gate.invite() }

// Behind is how far the desk is behind its topics.
func (d *Desk) Behind() Behind { return d.behind.now(time.Now()) }

// Store is what the desk knows.
func (d *Desk) Store() *Store { return d.store }

// Run reads and answers until the context ends, and returns nil then. An error is one that waiting does not cure.
func (d *Desk) Run(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.read(gctx) })
	g.Go(func() error { return d.outbox.run(gctx) })
	g.Go(func() error {
		return d.reads.run(gctx, d.outbox.send, func(err error) { d.cfg.Events.failed("write down reads that wait", err) })
	})
	g.Go(func() error {
		if !d.awaitLog(gctx) {
			return nil
		}
		d.behind.probe(gctx, d.cluster, d.cfg.Topics.List(), d.store, func(err error) { d.cfg.Events.failed("look at the ends of topics", err) })
		return nil
	})
	g.Go(func() error { return every(gctx, syncEvery, d.store.Sync) })
	g.Go(func() error {
		return every(gctx, sweepEvery, func() error { return d.store.Sweep(gctx, time.Now().Add(-d.cfg.Retention)) })
	})
	for _, w := range d.server.webhooks {
		g.Go(func() error { return w.run(gctx) })
	}
	g.Go(func() error { return d.server.run(gctx, d.listener) })
	return g.Wait()
}

// awaitLog waits until Kafka answers; false where ctx ends before.
func (d *Desk) awaitLog(ctx context.Context) bool {
	select {
	case <-d.joined:
		return true
	case <-ctx.Done():
		return false
	}
}

// read reads, once it may.
func (d *Desk) read(ctx context.Context) error {
	if !d.awaitLog(ctx) {
		return nil
	}
	if d.cfg.Begin != nil {
		select {
		case <-d.cfg.Begin:
		case <-ctx.Done():
			return nil
		}
	}
	return d.consumer.Run(ctx)
}

// every does something again and again until ctx ends or it fails.
func every(ctx context.Context, pause time.Duration, do func() error) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := do(); err != nil {
			return err
		}
	}
}

// Close closes the files and the address. Call it after Run.
func (d *Desk) Close() error {
	var errs []error
	if d.listener != nil {
		if err := d.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if d.consumer != nil {
		errs = append(errs, d.consumer.Close())
	}
	if d.reads != nil {
		errs = append(errs, d.reads.close())
	}
	return errors.Join(append(errs, d.store.Close())...)
}

// WaitingReads is how many reads of patients the desk keeps until access-audit can be written.
func (d *Desk) WaitingReads() int64 { return d.reads.waiting() }

func (e *Events) wrote(r schemas.Record) {
	if e.Wrote != nil {
		e.Wrote(r)
	}
}
