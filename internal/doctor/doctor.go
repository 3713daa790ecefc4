package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// Examine runs every check and prints what it finds. The error says how many problems there are.
func Examine(ctx context.Context, c *config.Config, out io.Writer) error {
	d := &examination{config: c, out: out}
	d.run(ctx)
	if d.problems > 0 {
		return exit.Failed(fmt.Errorf("%d problems", d.problems))
	}
	return nil
}

// examination runs checks and prints what it finds.
type examination struct {
	config   *config.Config
	out      io.Writer
	problems int
}

func (d *examination) good(format string, args ...any) {
	fmt.Fprintf(d.out, "ok       "+format+"\n", args...)
}

func (d *examination) warn(format string, args ...any) {
	fmt.Fprintf(d.out, "warning  "+format+"\n", args...)
}

// bad prints each problem of err on a line of its own.
func (d *examination) bad(err error) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			d.bad(e)
		}
		return
	}
	d.problems++
	fmt.Fprintf(d.out, "problem  %v\n", err)
}

func (d *examination) run(ctx context.Context) {
	if n := len(d.config.Run.IdentityKey); n < 16 {
		d.bad(fmt.Errorf("run.identity_key has %d bytes: attune run needs at least 16 secret ones", n))
	}
	cluster, err := connect.Kafka(ctx, d.config)
	if err != nil {
		d.bad(err)
	} else {
		defer cluster.Close()
		d.kafka(ctx, cluster)
	}
	d.registry(ctx)
	d.clickhouse(ctx)
}

func (d *examination) kafka(ctx context.Context, cluster *kafka.Cluster) {
	d.good("Kafka answers, version %s", cluster.Version())
	for _, err := range cluster.Unreachable() {
		d.bad(err)
	}
	if cluster.Features()["transaction.version"] < 2 {
		d.warn("the brokers have no transactions version 2 (Kafka 4.0): commits take more round trips")
	}
	if err := connect.CheckTopics(ctx, cluster, d.config); err != nil {
		d.bad(err)
		return
	}
	d.good("topics are as they should be")
	d.clocks(ctx, cluster)
	d.downtime(ctx, cluster)
	d.identity(ctx, cluster)
	d.positions(ctx, cluster)
	d.lag(ctx, cluster)
}

// positions names what the processor would find gone when it starts.
func (d *examination) positions(ctx context.Context, cluster *kafka.Cluster) {
	t, err := roles.OfflineTopology(ctx, d.config)
	if err != nil {
		d.bad(err)
		return
	}
	if err := roles.CheckPositions(ctx, cluster, d.config.RunGroup(), t); err != nil {
		d.bad(err)
	}
	if err := roles.CheckTopicIDs(ctx, cluster, d.config.RunGroup(), t); err != nil {
		d.bad(err)
	}
	var topics []string
	for i := range t.Roles {
		for _, s := range t.Roles[i].Sources {
			if !slices.Contains(topics, s.Topic) {
				topics = append(topics, s.Topic)
			}
		}
	}
	lags, err := cluster.Lag(ctx, d.config.RunGroup(), topics...)
	if err != nil {
		d.bad(err)
		return
	}
	for i := range lags {
		d.lost(d.config.RunGroup(), &lags[i])
	}
}

// lost says that a group's position is not in the log any more. Lag counts from the log's start, and does not
// see it.
func (d *examination) lost(group string, l *kafka.PartitionLag) {
	if l.Committed >= 0 && (l.Committed < l.Start || l.Committed > l.End) {
		d.bad(fmt.Errorf("group %s: %w", group, &kafka.OutOfRangeError{TopicPartition: l.TopicPartition, Offset: l.Committed, LogStart: l.Start}))
	}
}

// clocks warns of inputs whose records have the time of whoever wrote them.
func (d *examination) clocks(ctx context.Context, cluster *kafka.Cluster) {
	topics, err := connect.ProducersClocks(ctx, cluster, d.config)
	if err != nil {
		d.bad(err)
	}
	for _, name := range topics {
		d.warn("topic %s has message.timestamp.type CreateTime: when the broker took a record in is not known, and attune's own clock at reading stands for it, so that after a downtime "+
			"one producer whose clock is ahead may make the touchpoints of all others late; set LogAppendTime: "+
			"kafka-configs --alter --topic %s --add-config message.timestamp.type=LogAppendTime", name, cluster.TopicName(name))
	}
}

// downtime warns of inputs that forget sooner than attune may be down: compacted ones, and those that
// tasks with state read again, from their last checkpoint on, before they go on.
func (d *examination) downtime(ctx context.Context, cluster *kafka.Cluster) {
	read, err := statefulSources(ctx, d.config)
	if err != nil {
		d.bad(err)
		return
	}
	longest := d.config.TopicConfig().Downtime()
	for _, want := range schemas.Topics(d.config.TopicConfig()) {
		if want.MinCompactionLag == 0 && !read[want.Name] {
			continue
		}
		infos, err := cluster.DescribeTopics(ctx, want.Name)
		if err != nil || len(infos) == 0 {
			d.bad(fmt.Errorf("describe %s: %w", want.Name, err))
			continue
		}
		if got := infos[0].Config["min.compaction.lag.ms"]; want.MinCompactionLag > 0 && got != want.Configs()["min.compaction.lag.ms"] {
			d.warn("topic %s has min.compaction.lag.ms %s: versions younger than the longest downtime (%s) must stay; set %s", want.Name, got, want.MinCompactionLag, want.Configs()["min.compaction.lag.ms"])
		}
		if keep := infos[0].Retention(); !want.Compact && keep >= 0 && keep < longest {
			d.warn("topic %s has retention.ms %d: after the longest downtime (%s) tasks could not read again what followed their last checkpoint; set %d", want.Name, keep.Milliseconds(), longest, longest.Milliseconds())
		}
	}
}

// statefulSources are the topics that tasks with a changelog read.
func statefulSources(ctx context.Context, c *config.Config) (map[string]bool, error) {
	t, err := roles.OfflineTopology(ctx, c)
	if err != nil {
		return nil, err
	}
	read := make(map[string]bool)
	for i := range t.Roles {
		for _, s := range t.Roles[i].Sources {
			if t.Roles[i].Changelog != "" {
				read[s.Topic] = true
			}
		}
	}
	return read, nil
}

// lagShare is the share of a topic's retention at which the sink's lag is a warning.
const lagShare = 0.5

// lag warns where the sink is so far behind that retention will take what it has not read.
func (d *examination) lag(ctx context.Context, cluster *kafka.Cluster) {
	topics := clickhouse.TopicsIn(d.config.Topics.Generation).List()
	infos, err := cluster.DescribeTopics(ctx, topics...)
	if err != nil {
		d.bad(err)
		return
	}
	retention := map[string]time.Duration{}
	for i := range infos {
		retention[infos[i].Name] = infos[i].Retention()
	}
	lags, err := cluster.Lag(ctx, d.config.SinkGroup(), topics...)
	if err != nil {
		d.bad(err)
		return
	}
	behind, reported := int64(0), map[string]bool{}
	for i := range lags {
		l := &lags[i]
		d.lost(d.config.SinkGroup(), l)
		behind += l.Lag()
		keep := retention[l.Topic]
		if l.Lag() == 0 || keep <= 0 || reported[l.Topic] {
			continue
		}
		age, err := oldestUnread(ctx, cluster, l)
		if err != nil {
			d.bad(err)
			continue
		}
		if float64(age) > lagShare*float64(keep) {
			reported[l.Topic] = true
			d.warn("the sink has not read records of %s that are %s old, of %s retention: start attune sink, or raise retention.ms", l.Topic, age.Round(time.Minute), keep)
		}
	}
	d.good("the sink is %d records behind", behind)
}

func (d *examination) registry(ctx context.Context) {
	r, err := connect.Registry(d.config)
	if err != nil {
		d.bad(err)
		return
	}
	subjects, err := r.Check(ctx)
	if err != nil {
		d.bad(err)
		return
	}
	bad := d.problems
	for _, s := range subjects {
		if err := connect.SubjectProblem(&s); err != nil {
			d.bad(err)
		}
	}
	if d.problems == bad {
		d.good("schema registry has %d subjects", len(subjects))
	}
}

func (d *examination) clickhouse(ctx context.Context) {
	cfg, err := d.config.SinkConfig()
	if err != nil {
		d.bad(err)
		return
	}
	client, err := clickhouse.Open(ctx, cfg)
	if err != nil {
		d.bad(err)
		return
	}
	defer client.Close()
	if err := client.Check(ctx); err != nil {
		d.bad(err)
		return
	}
	if err := client.CheckViews(ctx); err != nil {
		d.bad(err)
		return
	}
	d.good("ClickHouse answers, takes inserts with our settings, and has the tables and views")
}

// errFound ends a scan at its first record.
var errFound = errors.New("found")

// oldestUnread is how long the oldest record that a group has not read has been there.
func oldestUnread(ctx context.Context, cluster *kafka.Cluster, l *kafka.PartitionLag) (time.Duration, error) {
	var age time.Duration
	from := max(l.Committed, l.Start)
	spans := map[pipeline.TopicPartition]kafka.Span{l.TopicPartition: {From: from, To: l.Stable}}
	err := cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
		age = time.Since(time.UnixMilli(r.Timestamp))
		return errFound
	})
	if err != nil && !errors.Is(err, errFound) {
		return 0, err
	}
	return age, nil
}
