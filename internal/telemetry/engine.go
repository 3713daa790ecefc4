package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
)

// engine holds the instruments of a processor.
type engine struct {
	t               *Telemetry
	now             func() time.Time
	parked          *parked
	waits           *waits
	readiness       *readiness
	restores        *restores
	restarts        metric.Int64Counter
	fenced          metric.Int64Counter
	restoreFailures metric.Int64Counter
	failures        metric.Int64Counter
	commits         metric.Float64Histogram
	commitBytes     metric.Int64Counter
	records         metric.Int64Counter
	phases          metric.Float64Counter
	checkpoints     metric.Int64Counter
	replayed        metric.Int64Counter
	lost            metric.Int64Counter
	differences     metric.Int64Counter
	generation      metric.Int64Gauge
	invalid         metric.Int64Gauge
	table           metric.Int64Gauge

	lag       *Gauges[pipeline.TopicPartition]
	freshness *Gauges[pipeline.TopicPartition]
	restored  *Gauges[pipeline.TaskID]
	remaining *Gauges[pipeline.TaskID]
	// Seconds to the end of a restore.
	seconds    *Gauges[pipeline.TaskID]
	standby    *Gauges[pipeline.TaskID]
	parks      metric.Int64Counter
	refused    metric.Int64Counter
	watermarks *Gauges[channelOf]

	mu sync.Mutex
	// Of operators, by name.
	counters map[string]metric.Int64Counter
	// Failures so far, by reason.
	repeated map[string]int
}

// channelOf is one channel of one task.
type channelOf struct {
	task    pipeline.TaskID
	channel string
}

// PipelineEvents returns the Events of a processor, and registers its readiness: it has joined its
// group and its tasks are restored.
func (t *Telemetry) PipelineEvents(now func() time.Time) (runner.Events, error) {
	e := &engine{t: t, now: now, readiness: newReadiness(), parked: newParked(now), waits: &waits{now: now}, restores: newRestores(now, t.Log), counters: map[string]metric.Int64Counter{}, repeated: map[string]int{}}
	if err := errors.Join(e.instruments(), e.gauges()); err != nil {
		return runner.Events{}, fmt.Errorf("instruments: %w", err)
	}
	t.AddCheck("processor", e.readiness.check)
	t.AddCheck("parked", e.parked.check)
	t.AddCheck("cluster", e.waits.check)
	return runner.Events{
		Generation: e.onGeneration, TaskAssigned: e.onAssigned, TaskReady: e.onReady, TaskStopped: e.onStopped, Lost: e.onLost, PositionKept: e.onPositionKept, TaskRevoked: e.onRevoked,
		Restored: e.restores.restored, RestoreFailed: e.onRestoreFailed, Standby: e.onStandby, StandbyFailed: e.onStandbyFailed,
		Restore: e.onRestore, Replayed: e.onReplayed, Commit: e.onCommit, Restart: e.onRestart, Fenced: e.onFenced, Failure: e.onFailure, OutputRefused: e.onOutputRefused, Waiting: e.onWaiting, Parked: e.onParked, Watermark: e.onWatermark,
		Lag: e.onLag, Freshness: e.onFreshness, EndMarginShort: e.onEndMarginShort, Table: e.onTable, Phase: e.onPhase, Count: e.onCount, Trace: t.Traces(),
	}, nil
}

func (e *engine) instruments() error {
	m := e.t.Meter
	var errs [17]error
	e.restarts, errs[0] = m.Int64Counter("attune_worker_restarts", metric.WithDescription("Workers that threw away uncommitted work and restored their tasks."))
	e.fenced, errs[1] = m.Int64Counter("attune_worker_fenced", metric.WithDescription("Times that the broker said another owns the worker's id."))
	e.failures, errs[2] = m.Int64Counter("attune_record_failures", metric.WithDescription("Records that made their operator fail, by reason."))
	e.commits, errs[3] = m.Float64Histogram("attune_commit_seconds", metric.WithDescription("From seal to the broker's answer."), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 15))
	e.commitBytes, errs[4] = m.Int64Counter("attune_commit_bytes", metric.WithDescription("Output and changelog bytes committed."), metric.WithUnit("By"))
	e.records, errs[5] = m.Int64Counter("attune_records", metric.WithDescription("Source records processed."))
	e.phases, errs[6] = m.Float64Counter("attune_worker_seconds", metric.WithDescription("Wall time of workers by phase; the phases add up to it."), metric.WithUnit("s"))
	e.generation, errs[7] = m.Int64Gauge("attune_group_generation", metric.WithDescription("Generation of the consumer group."))
	e.table, errs[8] = m.Int64Gauge("attune_table_position", metric.WithDescription("Offset up to which a table topic has been applied."))
	e.invalid, errs[9] = m.Int64Gauge("attune_table_invalid_records", metric.WithDescription("Records of a table topic that could not be applied."))
	e.checkpoints, errs[10] = m.Int64Counter("attune_checkpoints", metric.WithDescription("Checkpoints of tasks that were committed."))
	e.replayed, errs[11] = m.Int64Counter("attune_replayed_commits", metric.WithDescription("Commits after a last checkpoint that were replayed, by whether this build and these settings had made them."))
	e.differences, errs[12] = m.Int64Counter("attune_replay_differences", metric.WithDescription("What replays could not repeat, where run.on_replay_difference is resume."))
	e.restoreFailures, errs[13] = m.Int64Counter("attune_restore_failures", metric.WithDescription("Restores that failed and are tried again."))
	e.parks, errs[14] = m.Int64Counter("attune_park_attempts", metric.WithDescription("Times that what a parked partition needs from outside could not be got."))
	e.lost, errs[15] = m.Int64Counter("attune_lost_records", metric.WithDescription("Offsets that retention had deleted before they were read, and that were passed over."))
	e.refused, errs[16] = m.Int64Counter("attune_refused_outputs", metric.WithDescription("Records that were larger than their topic takes, and were left out."))
	return errors.Join(errs[:]...)
}

func (e *engine) gauges() error {
	m := e.t.Meter
	var errs [10]error
	e.lag, errs[0] = e.t.PartitionGauges("attune_source_lag_records", "", "Offsets between what is processed and the end of a source partition.")
	e.freshness, errs[1] = e.t.PartitionGauges("attune_source_freshness_seconds", "s", "How long ago the broker took in the last record processed; 0 where none is left.")
	e.restored, errs[2] = newGauges(m, "attune_restore_done_offsets", "", "Changelog offsets that a task has read of its last restore.", taskOf, asIs)
	e.remaining, errs[3] = newGauges(m, "attune_restore_remaining_offsets", "", "Changelog offsets that a task has still to restore.", taskOf, asIs)
	e.watermarks, errs[4] = newGauges(m, "attune_watermark_delay_seconds", "s", "Wall clock minus a task's watermark of a channel.",
		func(c channelOf) []attribute.KeyValue {
			return append(taskOf(c.task), attribute.String("channel", c.channel))
		},
		func(watermark float64) float64 { return float64(e.now().UnixMilli())/1000 - watermark })
	e.seconds, errs[6] = newGauges(m, "attune_restore_remaining_seconds", "s", "How long the rest of a task's restore will take, at the pace so far.", taskOf, asIs)
	e.standby, errs[7] = newGauges(m, "attune_standby_lag_offsets", "", "Changelog offsets that a standby of this process is behind.", taskOf, asIs)
	_, errs[8] = m.Int64ObservableGauge("attune_parked_partitions", metric.WithDescription("Partitions that wait for a side service or for the broker; the others go on."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(e.parked.count()))
			return nil
		}))
	_, errs[9] = m.Int64ObservableGauge("attune_stopped_tasks", metric.WithDescription("Tasks that have stopped until somebody decides; the others go on."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(e.readiness.stops()))
			return nil
		}))
	_, errs[5] = m.Int64ObservableGauge("attune_tasks", metric.WithDescription("Tasks of this process."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			for role, n := range e.readiness.byRole() {
				o.Observe(int64(n), metric.WithAttributes(attribute.String("role", role)))
			}
			return nil
		}))
	return errors.Join(errs[:]...)
}

func taskOf(id pipeline.TaskID) []attribute.KeyValue {
	return append([]attribute.KeyValue{attribute.String("role", id.Role)}, placeOf(id.Source)...)
}

func (e *engine) onGeneration(id int32, assigned []pipeline.TopicPartition) {
	e.readiness.generation(len(assigned))
	e.generation.Record(context.Background(), int64(id))
	e.t.Log.Info("assigned", "generation", id, "partitions", len(assigned))
}

func (e *engine) onAssigned(id pipeline.TaskID, worker int, kept bool) {
	e.readiness.taskAssigned(id, worker, kept)
	e.standby.Drop(func(other pipeline.TaskID) bool { return other == id })
	if !kept {
		e.restores.assigned(id)
	}
}

func (e *engine) onReady(id pipeline.TaskID) {
	e.readiness.taskReady(id)
	e.restores.over(id, true)
}

// onStopped says at once what somebody has to decide.
func (e *engine) onStopped(id pipeline.TaskID, err error) {
	e.readiness.taskStopped(id)
	e.restores.over(id, false)
	e.t.Log.Error("task has stopped, the others go on", "role", id.Role, "topic", id.Source.Topic, "partition", id.Source.Partition, "err", err)
}

func (e *engine) onPositionKept(id pipeline.TaskID, offset int64) {
	e.t.Log.Warn("the group knows no position, and the state is kept: the task goes on where its changelog says", "role", id.Role, "topic", id.Source.Topic, "partition", id.Source.Partition, "offset", offset)
}

func (e *engine) onLost(id pipeline.TaskID, l pipeline.Loss) {
	e.lost.Add(context.Background(), l.To-l.From, metric.WithAttributes(attribute.String("topic", l.Topic)))
	e.t.Log.Error("records are lost, and passed over", "role", id.Role, "topic", l.Topic, "partition", l.Partition, "from", l.From, "to", l.To-1, "err", l.Err)
}

func (e *engine) onRestoreFailed(worker int, err error) {
	e.restoreFailures.Add(context.Background(), 1)
	e.t.Log.Warn("restore is tried again", "worker", worker, "err", err)
}

// onStandby stops reporting a standby that is no longer followed, which the engine tells by a
// negative lag.
func (e *engine) onStandby(id pipeline.TaskID, behind int64) {
	if behind < 0 {
		e.standby.Drop(func(other pipeline.TaskID) bool { return other == id })
		return
	}
	e.standby.Set(id, float64(behind))
}

func (e *engine) onStandbyFailed(err error) { e.t.Log.Warn("standby is given up", "err", err) }

func (e *engine) onEndMarginShort(id pipeline.TaskID, owner string, span, margin time.Duration) {
	e.t.Log.Warn("end of input leaves windows open", "task", id.String(), "owner", owner, "span", span, "end_margin", margin)
}

func (e *engine) onRevoked(id pipeline.TaskID) {
	e.readiness.revoked(id)
	e.restores.over(id, false)
	isTask := func(other pipeline.TaskID) bool { return other == id }
	isSource := func(tp pipeline.TopicPartition) bool { return tp == id.Source }
	e.lag.Drop(isSource)
	e.freshness.Drop(isSource)
	e.restored.Drop(isTask)
	e.remaining.Drop(isTask)
	e.seconds.Drop(isTask)
	e.watermarks.Drop(func(c channelOf) bool { return c.task == id })
}

func (e *engine) onRestore(id pipeline.TaskID, done, total int64) {
	e.restored.Set(id, float64(done))
	e.remaining.Set(id, float64(total-done))
	e.seconds.Set(id, e.restores.progress(id, done, total).Seconds())
}

func (e *engine) onReplayed(id pipeline.TaskID, r pipeline.Replayed) {
	ctx := context.Background()
	e.replayed.Add(ctx, int64(r.Commits), metric.WithAttributes(attribute.String("role", id.Role), attribute.Bool("new_build", r.NewBuild)))
	log := e.t.Log.Info
	if r.NewBuild || r.Differences > 0 {
		e.differences.Add(ctx, int64(r.Differences), metric.WithAttributes(attribute.String("role", id.Role)))
		log = e.t.Log.Warn
	}
	log("replayed", "role", id.Role, "topic", id.Source.Topic, "partition", id.Source.Partition, "commits", r.Commits, "offsets", r.Offsets, "new_build", r.NewBuild, "differences", r.Differences)
}

func (e *engine) onCommit(c runner.CommitInfo) {
	e.checkpoints.Add(context.Background(), int64(c.Checkpoints))
	e.commits.Record(context.Background(), c.Took.Seconds(), metric.WithAttributes(attribute.Bool("urgent", c.Urgent)))
	e.commitBytes.Add(context.Background(), int64(c.Bytes))
}

func (e *engine) onRestart(worker int, err error) {
	e.readiness.restarted(worker)
	e.restarts.Add(context.Background(), 1)
	e.t.Log.Warn("worker restarts", "worker", worker, "err", err)
}

func (e *engine) onFenced(worker int, reason string) {
	e.fenced.Add(context.Background(), 1)
	e.t.Log.Warn("worker fenced", "worker", worker, "reason", reason)
}

// onFailure counts failures. Of each kind it logs the first, and then each power of two, so that a
// million bad records do not fill the log.
func (e *engine) onFailure(source pipeline.TopicPartition, offset int64, reason string) {
	e.failures.Add(context.Background(), 1, metric.WithAttributes(attribute.String("topic", source.Topic), attribute.String("reason", reason)))
	e.mu.Lock()
	e.repeated[reason]++
	n := e.repeated[reason]
	e.mu.Unlock()
	if n&(n-1) == 0 {
		e.t.Log.Warn("record failed", "topic", source.Topic, "partition", source.Partition, "offset", offset, "reason", reason, "count", n)
	}
}

// onOutputRefused says what is missing, and until what is done.
func (e *engine) onOutputRefused(tp pipeline.TopicPartition, size int) {
	e.refused.Add(context.Background(), 1, metric.WithAttributes(attribute.String("topic", tp.Topic)))
	e.mu.Lock()
	e.repeated["refused "+tp.Topic]++
	n := e.repeated["refused "+tp.Topic]
	e.mu.Unlock()
	if n&(n-1) == 0 {
		e.t.Log.Error("a record is larger than its topic takes, and is left out: raise max.message.bytes of the topic", "topic", tp.Topic, "partition", tp.Partition, "bytes", size, "count", n)
	}
}

// onWaiting logs as onParked does.
func (e *engine) onWaiting(attempt int, err error) {
	if err == nil {
		e.t.Log.Info("the cluster answers again", "after", e.waits.end())
		return
	}
	e.waits.begin(err)
	if attempt&(attempt-1) == 0 {
		e.t.Log.Warn("waiting for the cluster", "attempt", attempt, "err", err)
	}
}

// onParked logs the first attempt that failed, each power of two after it, and the end of the wait.
func (e *engine) onParked(source pipeline.TopicPartition, attempt int, err error) {
	if err == nil {
		if took := e.parked.end(source); took > 0 {
			e.t.Log.Info("partition goes on", "topic", source.Topic, "partition", source.Partition, "after", took)
		}
		return
	}
	e.parked.begin(source)
	e.parks.Add(context.Background(), 1, metric.WithAttributes(attribute.String("topic", source.Topic)))
	if attempt&(attempt-1) == 0 {
		e.t.Log.Warn("partition is parked: it asks again until it gets what it waits for, the others go on", "topic", source.Topic, "partition", source.Partition, "attempt", attempt, "err", err)
	}
}

// onCount counts what operators count; each name is a counter of its own.
func (e *engine) onCount(id pipeline.TaskID, name, reason string) {
	e.mu.Lock()
	counter, ok := e.counters[name]
	if !ok {
		var err error
		if counter, err = e.t.Meter.Int64Counter("attune_"+name, metric.WithDescription("Counted by operators, by reason.")); err != nil {
			e.t.Log.Error("counter refused", "name", name, "err", err)
		}
		e.counters[name] = counter
	}
	e.mu.Unlock()
	counter.Add(context.Background(), 1, metric.WithAttributes(
		attribute.String("role", id.Role), attribute.String("topic", id.Source.Topic), attribute.String("reason", reason)))
}

func (e *engine) onWatermark(id pipeline.TaskID, channel string, value pipeline.Time, _ pipeline.Basis) {
	if value != pipeline.MinTime && value != pipeline.MaxTime {
		e.watermarks.Set(channelOf{id, channel}, float64(value)/1000)
	}
}

func (e *engine) onLag(source pipeline.TopicPartition, lag int64) { e.lag.Set(source, float64(lag)) }

func (e *engine) onFreshness(source pipeline.TopicPartition, age time.Duration) {
	e.freshness.Set(source, age.Seconds())
}

func (e *engine) onTable(topic string, position, invalid int64) {
	of := metric.WithAttributes(attribute.String("topic", topic))
	e.table.Record(context.Background(), position, of)
	e.invalid.Record(context.Background(), invalid, of)
}

func (e *engine) onPhase(worker int, p runner.Phases) {
	ctx := context.Background()
	for name, d := range map[string]time.Duration{"idle": p.Idle, "process": p.Process, "stalled": p.Stalled, "commit": p.Commit} {
		e.phases.Add(ctx, d.Seconds(), metric.WithAttributes(attribute.String("phase", name), attribute.Int("worker", worker)))
	}
	e.records.Add(ctx, p.Records)
}
