package roles

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/desk"
)

// Desk is a desk with the name that it holds on this machine.
type Desk struct {
	*desk.Desk
	// tables are ClickHouse's, nil without boards.
	tables  *tables
	release func() error
	// opened is Desk once it is there.
	opened atomic.Pointer[desk.Desk]
	// topics are what the desk reads.
	topics desk.Topics
}

// NewDesk makes the desk. change, if not nil, may change its configuration, such as wrap its events. Where cluster is nil the
// desk answers with what it has kept until join.
func NewDesk(ctx context.Context, c *config.Config, cluster *kafka.Cluster, r *schemas.Registry, t *telemetry.Telemetry, change func(*desk.Config)) (*Desk, error) {
	cfg := c.DeskConfig()
	name, release, err := deskName(c.Instance)
	if err != nil {
		return nil, err
	}
	d := &Desk{release: release}
	if err := d.open(ctx, c, cfg, name, cluster, r, t, change); err != nil {
		return nil, errors.Join(err, release())
	}
	return d, nil
}

func (d *Desk) open(ctx context.Context, c *config.Config, cfg desk.Config, name string, cluster *kafka.Cluster, r *schemas.Registry, t *telemetry.Telemetry, change func(*desk.Config)) error {
	var err error
	if cfg.Words, err = Words(c); err != nil {
		return err
	}
	if cfg.Dir, err = deskDir(cfg.Dir, name); err != nil {
		return err
	}
	cfg.Instance, cfg.Version, cfg.Measures = name, t.Version, measuresOf(t)
	if cfg.Shard, err = shardOf(c); err != nil {
		return err
	}
	if cfg.IdentifierOrder, err = c.Run.IdentifierOrder(); err != nil {
		return exit.Usage(err)
	}
	if err := mayLink(&cfg); err != nil {
		return exit.Usage(err)
	}
	d.topics, cfg.Schemas = cfg.Topics, r
	var joining pipeline.Cluster
	if cluster != nil {
		log, err := d.log(ctx, c, cluster, r)
		if err != nil {
			return err
		}
		joining, cfg.Identity, cfg.SchemaIDs, cfg.IDs = cluster, log.Identity, log.SchemaIDs, log.IDs
	}
	if cfg.Zone, err = time.LoadLocation(c.ClickHouse.TimeZone); err != nil {
		return exit.Usage(fmt.Errorf("clickhouse.time_zone: %w", err))
	}
	if c.Desk.Insights {
		d.tables = &tables{config: c}
		cfg.Insights = d.tables.ask
	}
	if cfg.Events, err = deskEvents(t, &d.opened); err != nil {
		return err
	}
	if change != nil {
		change(&cfg)
	}
	if d.Desk, err = desk.New(ctx, cfg, joining); err != nil {
		return exit.Unavailable(err)
	}
	d.opened.Store(d.Desk)
	// Once it has caught up it stays ready: without a broker it still shows what it knows, and says how old that is. This stands
	// for the consumer's own check, too.
	t.AddCheck("desk", func() error {
		if !d.HasCaughtUp() {
			return fmt.Errorf("has not caught up since it started, and %v", d.Behind())
		}
		return nil
	})
	t.Log.Info("desk listens", "url", d.URL())
	return nil
}

// log is what a desk needs of Kafka and the registry.
func (d *Desk) log(ctx context.Context, c *config.Config, cluster *kafka.Cluster, r *schemas.Registry) (desk.Log, error) {
	log := desk.Log{Cluster: cluster}
	// Topics that were made again hold another log: what is kept of the old one must not be shown.
	for _, topic := range d.topics.List() {
		id, err := cluster.TopicID(ctx, topic)
		if err != nil {
			return log, exit.Unavailable(err)
		}
		log.Identity += topic + "=" + uuid(id) + " "
	}
	var err error
	if log.IDs, err = connect.SchemaIDs(ctx, c, r); err != nil {
		return log, err
	}
	log.SchemaIDs = idsByRecord(log.IDs)
	return log, nil
}

// join gives the desk its log, once Kafka answers.
func (d *Desk) join(ctx context.Context, c *config.Config, cluster *kafka.Cluster, r *schemas.Registry) error {
	log, err := d.log(ctx, c, cluster, r)
	if err != nil {
		return err
	}
	if err := d.Join(ctx, log); err != nil {
		return exit.Unavailable(err)
	}
	return nil
}

// mayLink refuses links that nothing would come of.
func mayLink(cfg *desk.Config) error {
	switch {
	case cfg.LinksCalls && cfg.Shard == nil:
		return errors.New("desk.links_calls needs run.identity_key, as the processor has it")
	case cfg.LinksCalls && !slices.Contains(cfg.IdentifierOrder, schemas.IdentifierKindContact):
		return errors.New("desk.links_calls: run.identifiers has no contact, so that a call's id names nobody")
	}
	return nil
}

// shardOf finds an identifier's journey as INGEST does; nil without the site's key.
func shardOf(c *config.Config) (func(schemas.IdentifierKind, string) (shard, pseudonym string), error) {
	if c.Run.IdentityKey == "" {
		return nil, nil
	}
	site := c.Graph.Identify
	var err error
	if site.IdentifierOrder, err = c.Run.IdentifierOrder(); err != nil {
		return nil, exit.Usage(err)
	}
	site.SiteKey = []byte(c.Run.IdentityKey)
	site.SetDefaults()
	var mu sync.Mutex
	keys := identify.NewPseudonyms(&site)
	return func(kind schemas.IdentifierKind, value string) (string, string) {
		mu.Lock()
		defer mu.Unlock()
		shard, pseudonym := keys.Of(kind, value)
		return string(identify.AppendShard(nil, shard)), string(identify.AppendRef(nil, pseudonym))
	}, nil
}

// Close closes the desk and gives its name back.
func (d *Desk) Close() error { return errors.Join(d.Desk.Close(), d.tables.close(), d.release()) }

// deskName is the desk's own name on this machine: a processor may run beside it under the configured one.
func deskName(configured string) (string, func() error, error) {
	if configured != "" {
		return instanceName(configured + ".desk")
	}
	host, err := os.Hostname()
	if err != nil {
		return "", nil, err
	}
	for slot := range 1000 {
		name := fmt.Sprintf("%s-%d.desk", host, slot)
		if release, err := lockInstance(name); !errors.Is(err, errLocked) {
			return name, release, err
		}
	}
	return "", nil, exit.Usage(errors.New("a thousand desks run on this machine"))
}

func deskDir(dir, name string) (string, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", exit.Usage(fmt.Errorf("desk.dir is not set: %w", err))
		}
		dir = filepath.Join(cache, "attune-desk")
	}
	return filepath.Join(dir, url.PathEscape(name)), nil
}

// deskEvents turns what the desk reports into metrics and log lines. Neither has a reference of a contact or person.
// The desk is there once it is opened: metrics may be read before.
func deskEvents(t *telemetry.Telemetry, opened *atomic.Pointer[desk.Desk]) (desk.Events, error) {
	seconds := metric.WithExplicitBucketBoundaries(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
	took, err1 := t.Meter.Float64Histogram("attune_desk_answer_seconds", metric.WithUnit("s"), seconds, metric.WithDescription("Time of an answer, by route and status; of a stream how long it was open."))
	streams, err2 := t.Meter.Int64Gauge("attune_desk_streams", metric.WithDescription("Open streams of events."))
	failures, err3 := t.Meter.Int64Counter("attune_desk_failures", metric.WithDescription("What the desk could not do, such as write to the broker."))
	_, err4 := t.Meter.Float64ObservableGauge("attune_desk_behind_seconds", metric.WithUnit("s"), metric.WithDescription("Age of the newest state that the desk certainly has; -1 before it has ever caught up."),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			if d := opened.Load(); d == nil || d.Behind().Ms < 0 {
				o.Observe(-1)
			} else {
				o.Observe(float64(d.Behind().Ms) / 1000)
			}
			return nil
		}))
	_, err7 := t.Meter.Int64ObservableGauge("attune_desk_waiting_reads", metric.WithDescription("Reads of patients that the desk keeps on its disk until access-audit can be written."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			if d := opened.Load(); d != nil {
				o.Observe(d.WaitingReads())
			}
			return nil
		}))
	hooks, err5 := t.Meter.Int64Counter("attune_desk_webhooks", metric.WithDescription("Attempts to deliver to a webhook, by outcome: delivered, failed or dead."))
	consumer, err6 := consumerEvents(t, "desk")
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		return desk.Events{}, err
	}
	background := context.Background()
	streams.Record(background, 0)
	return desk.Events{
		Events: consumer,
		Answered: func(route string, status int, d time.Duration) {
			took.Record(background, d.Seconds(), metric.WithAttributes(attribute.String("route", route), attribute.Int("status", status)))
		},
		Streams: func(open int) { streams.Record(background, int64(open)) },
		Hooked: func(webhook, outcome string) {
			hooks.Add(background, 1, metric.WithAttributes(attribute.String("webhook", webhook), attribute.String("outcome", outcome)))
		},
		Failed: func(what string, err error) {
			failures.Add(background, 1)
			t.Log.Warn("the desk failed", "at", what, "err", err)
		},
	}, nil
}
