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
)

// engine holds the instruments of a processor and the last values of its gauges.
type engine struct {
	t           *Telemetry
	now         func() time.Time
	restarts    metric.Int64Counter
	fenced      metric.Int64Counter
	failures    metric.Int64Counter
	commits     metric.Float64Histogram
	commitBytes metric.Int64Counter
	records     metric.Int64Counter
	phases      metric.Float64Counter
	generation  metric.Int64Gauge
	tasks       metric.Int64UpDownCounter
	restoring   metric.Int64Gauge
	lag         metric.Int64Gauge
	delay       metric.Float64Gauge
	table       metric.Int64Gauge

	mu       sync.Mutex
	joined   bool
	restores map[pipeline.TaskID]bool // tasks that are not restored yet
	repeated map[string]int           // failures since the last report, by reason
}

// PipelineEvents returns the Events of a processor, and registers its readiness: it has joined its
// group and its tasks are restored.
func (t *Telemetry) PipelineEvents(now func() time.Time) (pipeline.Events, error) {
	e := &engine{t: t, now: now, restores: map[pipeline.TaskID]bool{}, repeated: map[string]int{}}
	if err := e.instruments(); err != nil {
		return pipeline.Events{}, fmt.Errorf("instruments: %w", err)
	}
	t.AddCheck("processor", e.ready)
	return pipeline.Events{
		Generation: e.onGeneration, TaskAssigned: e.onAssigned, TaskRevoked: e.onRevoked, Restore: e.onRestore, Commit: e.onCommit,
		Restart: e.onRestart, Fenced: e.onFenced, Failure: e.onFailure, Watermark: e.onWatermark, Lag: e.onLag, Table: e.onTable, Phase: e.onPhase,
	}, nil
}

func (e *engine) instruments() error {
	m := e.t.Meter
	var errs [13]error
	e.restarts, errs[0] = m.Int64Counter("attune_worker_restarts", metric.WithDescription("Workers that threw away uncommitted work and restored their tasks."))
	e.fenced, errs[1] = m.Int64Counter("attune_worker_fenced", metric.WithDescription("Times that the broker said another owns the worker's id."))
	e.failures, errs[2] = m.Int64Counter("attune_record_failures", metric.WithDescription("Records that their processor could not use, by reason."))
	e.commits, errs[3] = m.Float64Histogram("attune_commit_seconds", metric.WithDescription("From seal to the broker's answer."), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 15))
	e.commitBytes, errs[4] = m.Int64Counter("attune_commit_bytes", metric.WithDescription("Output and changelog bytes committed."), metric.WithUnit("By"))
	e.records, errs[5] = m.Int64Counter("attune_records", metric.WithDescription("Source records processed."))
	e.phases, errs[6] = m.Float64Counter("attune_worker_seconds", metric.WithDescription("Wall time of workers by phase; the phases add up to it."), metric.WithUnit("s"))
	e.generation, errs[7] = m.Int64Gauge("attune_group_generation", metric.WithDescription("Generation of the consumer group."))
	e.tasks, errs[8] = m.Int64UpDownCounter("attune_tasks", metric.WithDescription("Tasks of this process, by role."))
	e.restoring, errs[9] = m.Int64Gauge("attune_restore_remaining", metric.WithDescription("Changelog offsets that a task has still to restore."))
	e.lag, errs[10] = m.Int64Gauge("attune_source_lag", metric.WithDescription("Offsets between what is read and the end of a source partition."))
	e.delay, errs[11] = m.Float64Gauge("attune_watermark_delay_seconds", metric.WithDescription("Wall clock minus the task's watermark of a channel."), metric.WithUnit("s"))
	e.table, errs[12] = m.Int64Gauge("attune_table_position", metric.WithDescription("Offset up to which a table topic has been applied."))
	return errors.Join(errs[:]...)
}

func (e *engine) ready() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.joined {
		return errors.New("has not joined its group")
	}
	if n := len(e.restores); n > 0 {
		return fmt.Errorf("%d tasks are being restored", n)
	}
	return nil
}

func (e *engine) onGeneration(id int32, assigned []pipeline.TopicPartition) {
	e.mu.Lock()
	e.joined = true
	e.mu.Unlock()
	e.generation.Record(context.Background(), int64(id))
	e.t.Log.Info("assigned", "generation", id, "partitions", len(assigned))
}

func role(id pipeline.TaskID) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("role", id.Role))
}

func place(tp pipeline.TopicPartition) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("topic", tp.Topic), attribute.Int("partition", int(tp.Partition)))
}

func (e *engine) onAssigned(id pipeline.TaskID, _ int, kept bool) {
	if !kept {
		e.tasks.Add(context.Background(), 1, role(id))
	}
}

func (e *engine) onRevoked(id pipeline.TaskID) {
	e.mu.Lock()
	delete(e.restores, id)
	e.mu.Unlock()
	e.tasks.Add(context.Background(), -1, role(id))
}

func (e *engine) onRestore(id pipeline.TaskID, done, total int64) {
	e.mu.Lock()
	if done < total {
		e.restores[id] = true
	} else {
		delete(e.restores, id)
	}
	e.mu.Unlock()
	e.restoring.Record(context.Background(), total-done, role(id), place(id.Source))
}

func (e *engine) onCommit(c pipeline.CommitInfo) {
	e.commits.Record(context.Background(), c.Took.Seconds(), metric.WithAttributes(attribute.Bool("urgent", c.Urgent)))
	e.commitBytes.Add(context.Background(), int64(c.Bytes))
}

func (e *engine) onRestart(worker int, err error) {
	e.restarts.Add(context.Background(), 1)
	e.t.Log.Warn("worker restarts", "worker", worker, "err", err)
}

func (e *engine) onFenced(worker int, reason string) {
	e.fenced.Add(context.Background(), 1)
	e.t.Log.Warn("worker fenced", "worker", worker, "reason", reason)
}

// onFailure counts, and logs the first of a kind and then each power of two.
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

func (e *engine) onWatermark(id pipeline.TaskID, channel string, value pipeline.Time, _ pipeline.Basis) {
	if value == pipeline.MinTime || value == pipeline.MaxTime {
		return
	}
	delay := float64(e.now().UnixMilli()-int64(value)) / 1000
	e.delay.Record(context.Background(), delay, metric.WithAttributes(attribute.String("role", id.Role), attribute.Int("partition", int(id.Source.Partition)), attribute.String("channel", channel)))
}

func (e *engine) onLag(source pipeline.TopicPartition, lag int64) {
	e.lag.Record(context.Background(), lag, place(source))
}

func (e *engine) onTable(topic string, position, _ int64) {
	e.table.Record(context.Background(), position, metric.WithAttributes(attribute.String("topic", topic)))
}

func (e *engine) onPhase(worker int, p pipeline.Phases) {
	ctx := context.Background()
	for name, d := range map[string]time.Duration{"idle": p.Idle, "process": p.Process, "stalled": p.Stalled, "commit": p.Commit} {
		e.phases.Add(ctx, d.Seconds(), metric.WithAttributes(attribute.String("phase", name), attribute.Int("worker", worker)))
	}
	e.records.Add(ctx, p.Records)
}
