package roles

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/desk"
)

// firstReach is how long a desk looks for Kafka before it answers without.
const firstReach = 3 * time.Second

// runDesk runs a desk by itself. It does not wait for Kafka: it answers with what it has kept, says how old that is, and goes
// on when the brokers answer.
//
//	            away                    answers
//	reach ──────────────▶ waiting ──────────────▶ joined
//	  │                      │ something else for startPatience
//	  └── anything else ─────┴──▶ ends: somebody has to put it right
func (group *Group) runDesk(ctx context.Context, c *config.Config, log *slog.Logger, begun *bool) (err error) {
	r, err := connect.CachedRegistry(c)
	if err != nil {
		return err
	}
	k := &deskKafka{config: c, log: log, registry: r}
	defer func() { err = errors.Join(err, k.close()) }()
	// What takes longer is tried again while the desk answers.
	quickly, cancel := context.WithTimeout(ctx, firstReach)
	away := k.reach(quickly)
	cancel()
	if away != nil && (!isAway(away) || ctx.Err() != nil) {
		return away
	}
	t, err := telemetry.New(ctx, c.Telemetry, log, group.Version)
	if err != nil {
		return exit.Unavailable(err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, t.Close(closing))
	}()
	d, err := NewDesk(ctx, c, k.cluster, r, t, nil)
	if away != nil && errors.Is(err, desk.ErrUnknownLog) {
		// Nothing can be shown: it starts as the others do.
		err = patiently(ctx, log, "Kafka", isAway, func() error { return k.reach(ctx) })
		if err == nil {
			away = nil
			d, err = NewDesk(ctx, c, k.cluster, r, t, nil)
		}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return Named("desk", d.Run(gctx)) })
	g.Go(func() error { return Named("telemetry", t.Run(gctx)) })
	g.Go(func() error {
		if away != nil {
			log.Warn("Kafka does not answer: the desk shows what it has kept, and is current once the brokers answer", "shows", d.Behind().String(), "err", away)
			if err := k.await(gctx, func() error { return d.join(gctx, c, k.cluster, r) }); err != nil || gctx.Err() != nil {
				return err
			}
			log.Info("Kafka answers, and the desk catches up")
		}
		return k.watch(gctx, t, group.Beside)
	})
	*begun = true
	return g.Wait()
}

// deskKafka is the way of a desk to Kafka.
type deskKafka struct {
	config   *config.Config
	log      *slog.Logger
	registry *schemas.Registry
	// cluster and topics are nil until it was reached.
	cluster *kafka.Cluster
	topics  interface{ Run(context.Context) error }
}

// reach connects, and looks at the topics.
func (k *deskKafka) reach(ctx context.Context) error {
	cluster, err := connect.Kafka(ctx, k.config)
	if err != nil {
		return err
	}
	if err := look(ctx, k.config, k.log, cluster); err != nil {
		return errors.Join(err, cluster.Close())
	}
	// A desk shows what it has read of outputs, and of another topic its positions would be wrong.
	topics, err := connect.WatchTopics(ctx, cluster, k.config, nil)
	if err != nil {
		return errors.Join(err, cluster.Close())
	}
	k.cluster, k.topics = cluster, topics
	return nil
}

// await reaches the brokers and then joins, until it has or ctx ends. Brokers that begin may say for a moment what is not so:
// only what they say for longer ends the wait.
func (k *deskKafka) await(ctx context.Context, join func() error) error {
	const pause = 300 * time.Millisecond
	var wrongSince time.Time
	for {
		err := k.reach(ctx)
		if err == nil {
			if err = join(); err == nil {
				return nil
			}
			err = errors.Join(err, k.close())
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case isAway(err):
			wrongSince = time.Time{}
		case wrongSince.IsZero():
			wrongSince = time.Now()
			k.log.Warn("Kafka answers, and the desk cannot read it", "for", startPatience, "err", err)
		case time.Since(wrongSince) > startPatience:
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// watch looks at the topics, once they were reached, until ctx ends.
func (k *deskKafka) watch(ctx context.Context, t *telemetry.Telemetry, beside func(context.Context, *kafka.Cluster) error) error {
	if err := measure(k.config, k.cluster, t); err != nil {
		return err
	}
	if err := k.registry.Stale(); err != nil {
		k.log.Warn("the schema registry cannot be asked: the ids of our schemas are those that it gave before", "err", err)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return k.topics.Run(gctx) })
	if beside != nil {
		g.Go(func() error { return beside(gctx, k.cluster) })
	}
	return g.Wait()
}

func (k *deskKafka) close() error {
	if k.cluster == nil {
		return nil
	}
	cluster := k.cluster
	k.cluster = nil
	return cluster.Close()
}

// isAway says that brokers do not answer, or cannot say yet what they are asked, as while they are started.
func isAway(err error) bool {
	var p *pipeline.Error
	return kafka.IsAway(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &p) && p.Kind == pipeline.KindTransient && p.Reason == "broker-unavailable"
}
