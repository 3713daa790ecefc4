package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
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

// State is what a check has come to.
type State string

// States, in the order of how bad they are. A check is skipped where one that it rests on has a problem.
const (
	StateOK      State = "ok"
	StateSkipped State = "skipped"
	StateWarning State = "warning"
	StateProblem State = "problem"
)

// Finding is one thing that a check says.
type Finding struct {
	State State  `json:"state"`
	Text  string `json:"text"`
}

// Result is a check and what it found.
type Result struct {
	Check
	State    State     `json:"state"`
	Findings []Finding `json:"findings"`
}

// Report is what all checks found, in their order.
type Report struct {
	Problems int      `json:"problems"`
	Warnings int      `json:"warnings"`
	Checks   []Result `json:"checks"`
}

// Examine runs every check of the table and prints what it finds, each on a line of its own, or all of it as one
// JSON document. members are the roles (run, sink, desk) that the configured user is for. The error says how many problems
// there are.
func Examine(ctx context.Context, c *config.Config, out io.Writer, asJSON bool, members []string) error {
	for _, role := range members {
		if !slices.Contains([]string{"run", "sink", "desk"}, role) {
			return exit.Usage(fmt.Errorf("no role %q: run, sink or desk", role))
		}
	}
	d := &examination{config: c, lines: out, members: members, now: time.Now}
	if asJSON {
		d.lines = io.Discard
	}
	d.run(ctx)
	if asJSON {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		if err := e.Encode(&d.report); err != nil {
			return err
		}
	}
	if d.report.Problems > 0 {
		return exit.Failed(fmt.Errorf("%d problems", d.report.Problems))
	}
	return nil
}

// examination runs checks and prints what they find.
type examination struct {
	config  *config.Config
	lines   io.Writer
	members []string
	now     func() time.Time
	report  Report
	// cluster is nil until Kafka has answered.
	cluster *kafka.Cluster
	// topology is nil until a check has needed it.
	topology *pipeline.Topology
}

func (d *examination) find(s State, text string) {
	r := &d.report.Checks[len(d.report.Checks)-1]
	r.Findings = append(r.Findings, Finding{s, text})
	switch {
	case s == StateProblem:
		d.report.Problems++
		r.State = s
	case s == StateWarning:
		d.report.Warnings++
		if r.State != StateProblem {
			r.State = s
		}
	}
	fmt.Fprintf(d.lines, "%-8s %s\n", s, text)
}

func (d *examination) good(format string, args ...any) { d.find(StateOK, fmt.Sprintf(format, args...)) }

func (d *examination) warn(format string, args ...any) {
	d.find(StateWarning, fmt.Sprintf(format, args...))
}

// bad finds each problem of err.
func (d *examination) bad(err error) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			d.bad(e)
		}
		return
	}
	d.find(StateProblem, err.Error())
}

func (d *examination) run(ctx context.Context) {
	failed := map[string]bool{}
	for _, c := range checks() {
		d.report.Checks = append(d.report.Checks, Result{Check: c.Check, State: StateOK, Findings: []Finding{}})
		r := &d.report.Checks[len(d.report.Checks)-1]
		if c.needs != "" && failed[c.needs] {
			r.State = StateSkipped
		} else {
			c.run(d, ctx)
		}
		r = &d.report.Checks[len(d.report.Checks)-1]
		failed[c.Name] = r.State == StateProblem || r.State == StateSkipped
	}
	if d.cluster != nil {
		_ = d.cluster.Close() // closes idle connections only, cannot fail
	}
}

func (d *examination) key(context.Context) {
	if n := len(d.config.Run.IdentityKey); n < 16 {
		d.bad(fmt.Errorf("run.identity_key has %d bytes: attune run needs at least 16 secret ones", n))
	}
}

func (d *examination) kafka(ctx context.Context) {
	cluster, err := connect.Kafka(ctx, d.config)
	if err != nil {
		d.bad(err)
		return
	}
	d.cluster = cluster
	d.good("Kafka answers, version %s", cluster.Version())
}

func (d *examination) advertised(context.Context) {
	for _, err := range d.cluster.Unreachable() {
		d.bad(err)
	}
}

func (d *examination) transactions(context.Context) {
	if d.cluster.Features()["transaction.version"] < 2 {
		d.warn("the brokers have no transactions version 2 (Kafka 4.0): commits take more round trips")
	}
	if v := d.cluster.Version(); v == "4.3" || v == "4.4" {
		d.warn("the brokers are of Apache Kafka %s. Without the change KAFKA-20734, which 4.3.0, 4.3.1 and 4.4.0 lack, they complete a transaction without its markers in partitions that have no leader at that moment, as where the only copy's broker is started again: their readers wait for ever (open-transactions). Run 4.2 or a release with that change, and keep three copies of each topic", v)
	}
}

// rights names what the user must be allowed and is not.
func (d *examination) rights(ctx context.Context) {
	for _, role := range d.members {
		missing, err := roles.CheckRights(ctx, d.cluster, d.config, role)
		if err != nil {
			d.bad(err)
			continue
		}
		for _, m := range missing {
			d.bad(m)
		}
		if len(missing) == 0 {
			d.good("%s may do what attune %s needs", d.cluster.User(), role)
		}
	}
}

func (d *examination) topics(ctx context.Context) {
	if err := connect.CheckTopics(ctx, d.cluster, d.config); err != nil {
		d.bad(err)
		return
	}
	d.good("topics are as they should be")
}

// graph is the topology as it would run here.
func (d *examination) graph(ctx context.Context) *pipeline.Topology {
	if d.topology == nil {
		t, err := roles.OfflineTopology(ctx, d.config)
		if err != nil {
			d.bad(err)
			return nil
		}
		d.topology = t
	}
	return d.topology
}

// topicIDs names topics that were made again.
func (d *examination) topicIDs(ctx context.Context) {
	if t := d.graph(ctx); t != nil {
		if err := roles.CheckTopicIDs(ctx, d.cluster, d.config.RunGroup(), t); err != nil {
			d.bad(err)
		}
	}
}

// positions names what the processor would find gone when it starts.
func (d *examination) positions(ctx context.Context) {
	t := d.graph(ctx)
	if t == nil {
		return
	}
	lost, err := roles.LostPositions(ctx, d.cluster, d.config.RunGroup(), t)
	if err != nil {
		d.bad(err)
	}
	for _, l := range lost {
		d.warn("%s", l)
	}
}

// logStarts names positions that are not in the logs any more.
func (d *examination) logStarts(ctx context.Context) {
	t := d.graph(ctx)
	if t == nil {
		return
	}
	var topics []string
	for i := range t.Roles {
		for _, s := range t.Roles[i].Sources {
			if !slices.Contains(topics, s.Topic) {
				topics = append(topics, s.Topic)
			}
		}
	}
	lags, err := d.cluster.Lag(ctx, d.config.RunGroup(), topics...)
	if err != nil {
		d.bad(err)
		return
	}
	for i := range lags {
		d.lost(d.config.RunGroup(), &lags[i])
	}
}

// openFor is for how long a transaction must be seen open to be found: longer than the timeout of ours
// (pipeline.ProducerConfig).
const openFor = 12 * time.Second

// openTransactions looks for what keeps readers of all topics from their ends: nothing else shows it, since a broker answers
// such a reader that there is nothing new. Writers of other systems may have longer timeouts than ours, and are warned of.
func (d *examination) openTransactions(ctx context.Context) {
	inputs := map[string]bool{}
	var partitions []pipeline.TopicPartition
	for _, topic := range schemas.Topics(d.config.TopicConfig()) {
		inputs[d.cluster.TopicName(topic.Name)] = topic.Input
		n, err := d.cluster.PartitionCount(ctx, topic.Name)
		if err != nil {
			d.bad(err)
			return
		}
		for p := range n {
			partitions = append(partitions, pipeline.TopicPartition{Topic: topic.Name, Partition: p})
		}
	}
	open, err := d.cluster.OpenTransactions(ctx, partitions, openFor)
	if err != nil {
		d.bad(err)
		return
	}
	for _, o := range open {
		if inputs[o.Topic] {
			d.warn("%v", o)
		} else {
			d.bad(o)
		}
	}
	if len(open) == 0 {
		d.good("no transaction stays open in %d partitions", len(partitions))
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
func (d *examination) clocks(ctx context.Context) {
	cluster := d.cluster
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

// clockPatience is how long somebody else may take to write a record by which clocks can be compared.
const clockPatience = time.Second

// clocksApart is by how much clocks may differ without a word, as in the log of attune run.
const clocksApart = 2 * time.Second

// compareClocks warns of brokers whose clocks and ours differ. It writes nothing, and needs no right but Describe.
func (d *examination) compareClocks(ctx context.Context) {
	var names, topics []string
	for _, t := range schemas.Topics(d.config.TopicConfig()) {
		names = append(names, t.Name)
	}
	infos, err := d.cluster.DescribeTopics(ctx, names...)
	if err != nil {
		d.bad(err)
		return
	}
	for i := range infos {
		if infos[i].Config["message.timestamp.type"] == "LogAppendTime" {
			topics = append(topics, infos[i].Name)
		}
	}
	limited, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	apart, err := d.cluster.ClocksAhead(limited, topics, d.now)
	if err != nil {
		d.bad(err)
		return
	}
	if len(apart) == 0 {
		d.good("nothing was written within %s by which clocks could be compared; attune_kafka_clock_ahead_seconds of a running attune has it", clockPatience)
		return
	}
	same := 0
	for _, node := range slices.Sorted(maps.Keys(apart)) {
		switch by := apart[node].Round(100 * time.Millisecond); {
		case by >= clocksApart:
			d.warn("the clock of broker %d is %s ahead of ours at least: what is live, late and fresh is told by both; keep the time of both machines by NTP", node, by)
		case -by >= clocksApart:
			d.warn("the clock of broker %d is %s behind ours at least: what is live, late and fresh is told by both; keep the time of both machines by NTP", node, -by)
		default:
			same++
		}
	}
	if same == len(apart) {
		d.good("the clocks of %d brokers agree with ours", same)
	}
}

// times warns of topics that refuse records for their times.
func (d *examination) times(ctx context.Context) {
	narrow, err := connect.NarrowTimes(ctx, d.cluster, d.config)
	if err != nil {
		d.bad(err)
	}
	for _, problem := range narrow {
		d.warn("%s", problem)
	}
}

// downtime warns of inputs that forget sooner than attune may be down: compacted ones, and those that
// tasks with state read again, from their last checkpoint on, before they go on.
func (d *examination) downtime(ctx context.Context) {
	cluster := d.cluster
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
func (d *examination) lag(ctx context.Context) {
	cluster := d.cluster
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
	bad := d.report.Problems
	for _, s := range subjects {
		if err := connect.SubjectProblem(&s); err != nil {
			d.bad(err)
		}
	}
	if d.report.Problems == bad {
		d.good("schema registry has %d subjects", len(subjects))
	}
}

// tables opens ClickHouse; nil where it cannot be opened, which is a problem then.
func (d *examination) tables(ctx context.Context) *clickhouse.Client {
	cfg, err := d.config.SinkConfig()
	if err != nil {
		d.bad(err)
		return nil
	}
	client, err := clickhouse.Open(ctx, cfg)
	if err != nil {
		d.bad(err)
		return nil
	}
	return client
}

func (d *examination) clickhouse(ctx context.Context) {
	client := d.tables(ctx)
	if client == nil {
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

// rollups says which days of boards are behind. Before the first sink of a log in force has run, there are none.
func (d *examination) rollups(ctx context.Context) {
	client := d.tables(ctx)
	if client == nil {
		return
	}
	defer client.Close()
	behind, n, err := client.StaleRollups(ctx)
	if err != nil {
		d.bad(err)
		return
	}
	for _, text := range behind {
		d.warn("%s", text)
	}
	if len(behind) == 0 {
		d.good("%d roll-ups are as new as they should be", n)
	}
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
