package roles

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline/kafka"
)

// Group is the members that one process runs together.
type Group struct {
	// Members are run, sink, desk, or several of them.
	Members []string
	// Version of the program, for log and metrics.
	Version string
	// Beside, if not nil, runs along with the members.
	Beside func(context.Context, *kafka.Cluster) error
}

// Run checks what the members need, then runs them until ctx ends or one of them fails: the first exit ends
// the others. To be stopped while it begins is no failure.
func (group *Group) Run(ctx context.Context, c *config.Config) error {
	begun := false
	err := group.run(ctx, c, &begun)
	// What a member could not finish as it ended is another matter, and told.
	if !begun && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// startPatience is how long a start waits for a server that answers: brokers and databases are started again at the same
// time as we are. Whoever has the wrong address reads at once what is wrong, and is told by the exit within ten seconds.
const startPatience = 8 * time.Second

// patiently tries again what fails because nobody answers.
func patiently(ctx context.Context, log *slog.Logger, server string, isAway func(error) bool, try func() error) error {
	const pause = 300 * time.Millisecond
	for until, told := time.Now().Add(startPatience), false; ; {
		err := try()
		if err == nil || !isAway(err) || time.Now().Add(pause).After(until) {
			return err
		}
		if !told {
			told = true
			log.Warn(server+" does not answer yet, and is asked again", "for", startPatience, "err", err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func (group *Group) run(ctx context.Context, c *config.Config, begun *bool) (err error) {
	log := c.Telemetry.Logger(os.Stderr)
	if slices.Contains(group.Members, "run") && c.Run.IdentityKey == "" {
		return exit.Usage(errors.New("run.identity_key is not set: it keys the fingerprints of identifiers; set it to at least 16 secret bytes (${env:NAME} or ${file:PATH}) and keep it"))
	}
	log.Info("starting", "version", group.Version, "roles", group.Members, "brokers", c.Kafka.Brokers)
	if slices.Equal(group.Members, []string{"desk"}) {
		return group.runDesk(ctx, c, log, begun)
	}
	var cluster *kafka.Cluster
	err = patiently(ctx, log, "Kafka", kafka.IsAway, func() (err error) {
		cluster, err = connect.Kafka(ctx, c)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	if err := look(ctx, c, log, cluster); err != nil {
		return err
	}
	r, err := connect.CachedRegistry(c)
	if err != nil {
		return err
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

	if err := measure(c, cluster, t); err != nil {
		return err
	}
	// A desk shows what it has read of outputs, and of another topic its positions would be wrong.
	var tell func(topic, problem string)
	if !slices.Contains(group.Members, "desk") {
		tell = func(topic, problem string) {
			log.Error("a topic of outputs has changed", "topic", topic, "problem", problem)
		}
	}
	watch, err := connect.WatchTopics(ctx, cluster, c, tell)
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return watch.Run(gctx) })
	if slices.Contains(group.Members, "run") {
		events, err := t.PipelineEvents(time.Now)
		if err != nil {
			return err
		}
		p, err := NewProcessor(ctx, c, cluster, r, events)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.Release()) }()
		g.Go(func() error { return Named("run", p.Runner.Run(gctx)) })
	}
	if slices.Contains(group.Members, "sink") {
		s, err := NewSink(ctx, c, cluster, r, t, nil)
		if err != nil {
			return err
		}
		defer s.Close()
		g.Go(func() error { return Named("sink", s.Run(gctx)) })
	}
	if slices.Contains(group.Members, "desk") {
		d, err := NewDesk(ctx, c, cluster, r, t, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.Close()) }()
		g.Go(func() error { return Named("desk", d.Run(gctx)) })
	}
	if err := r.Stale(); err != nil {
		log.Warn("the schema registry cannot be asked: the ids of our schemas are those that it gave before", "err", err)
	}
	if group.Beside != nil {
		g.Go(func() error { return group.Beside(gctx, cluster) })
	}
	g.Go(func() error { return Named("telemetry", t.Run(gctx)) })
	*begun = true
	return g.Wait()
}

// look finds what is not as the members need it, and tells what may be meant so.
func look(ctx context.Context, c *config.Config, log *slog.Logger, cluster *kafka.Cluster) error {
	for _, err := range cluster.Unreachable() {
		log.Warn("a broker cannot be reached where the cluster says that it is", "err", err)
	}
	if err := connect.CheckTopics(ctx, cluster, c); err != nil {
		return exit.Unavailable(err)
	}
	clocks, err := connect.ProducersClocks(ctx, cluster, c)
	if err != nil {
		return err
	}
	for _, topic := range clocks {
		log.Warn("the times of records are those of their producers, and attune's own clock at reading stands for the broker's: set message.timestamp.type to LogAppendTime", "topic", topic)
	}
	narrow, err := connect.NarrowTimes(ctx, cluster, c)
	if err != nil {
		return err
	}
	for _, problem := range narrow {
		log.Warn("a topic may refuse records for their times", "problem", problem)
	}
	return nil
}

// measure lets telemetry see how the cluster treats us. Call it before the cluster is used by members.
func measure(c *config.Config, cluster *kafka.Cluster, t *telemetry.Telemetry) error {
	throttled, err := t.Throttled(c.Kafka.ClientID)
	if err != nil {
		return err
	}
	cluster.Throttled(throttled)
	clocksSeen, err := t.Clocks()
	if err != nil {
		return err
	}
	cluster.Clocks(clocksSeen)
	return nil
}

// Named prefixes a member's error with its name.
func Named(member string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", member, err)
}
