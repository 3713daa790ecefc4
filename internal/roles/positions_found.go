package roles

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// INGEST writes of each record that it reads one Identified or one rejection, in the transaction that commits its
// position. A group that has lost its positions hence finds them in its outputs: behind the last record of each source
// partition of which something is there.

// transactionsPatience is how long those of the instances that ran last may take to end: a broker aborts them by itself.
const transactionsPatience = 3 * time.Minute

// windows are how far back outputs are looked through, the last one all of them. A source partition that is met in one is
// met at its last record: whatever was made of it later stands behind.
var windows = []time.Duration{2 * time.Hour, 50 * time.Hour, 0}

// finder looks for positions in outputs.
type finder struct {
	cluster *kafka.Cluster
	log     *slog.Logger
	// rejected is the topic of rejections.
	rejected string
	// Earlier builds have written in earlier schemas.
	identified, rejections *schemas.Decoder
}

// findPositions gives the group back the positions that it has lost, or says why it cannot.
func findPositions(ctx context.Context, c *config.Config, cluster *kafka.Cluster, t *pipeline.Topology, ids schemas.IDs, r Registry) error {
	list, err := lostPositions(ctx, cluster, c.RunGroup(), t)
	if err != nil || len(list) == 0 {
		return err
	}
	f := &finder{cluster: cluster, log: c.Telemetry.Logger(os.Stderr), rejected: c.Own(schemas.TopicTouchpointsRejected)}
	if f.identified, err = schemas.NewDecoder("Identified", []int32{ids[schemas.TopicIdentified]}, r); err != nil {
		return err
	}
	if f.rejections, err = schemas.NewDecoder("RejectedRecord", []int32{ids[schemas.TopicTouchpointsRejected]}, r); err != nil {
		return err
	}
	for _, l := range list {
		f.log.Warn("the group has lost its positions, which are looked for in what was made of them", "group", l.group, "topic", l.output, "until", l.until.Format(time.RFC3339))
		if err := f.find(ctx, &l); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) find(ctx context.Context, l *lost) error {
	cluster, log, rejected := f.cluster, f.log, f.rejected
	outputs := []string{l.output, rejected}
	spans, err := endedSpans(ctx, cluster, outputs)
	if errors.Is(err, kafka.Code(codeTopicDenied)) {
		// A record that was rejected last of all is read and rejected once more.
		log.Warn("rejections cannot be read, and some may come twice", "topic", rejected, "err", err)
		outputs = outputs[:1]
		spans, err = endedSpans(ctx, cluster, outputs)
	}
	if err != nil {
		return exit.Unavailable(fmt.Errorf("find the positions of group %s: %w", l.group, err))
	}
	starts, err := cluster.StartOffsets(ctx, l.sources)
	if err != nil {
		return exit.Unavailable(err)
	}
	ends, err := cluster.EndOffsets(ctx, l.sources)
	if err != nil {
		return exit.Unavailable(err)
	}
	next := map[pipeline.TopicPartition]int64{}
	missing := slices.Clone(l.sources)
	for _, back := range windows {
		part, err := since(ctx, cluster, spans, l.until, back)
		if err == nil {
			err = f.lastOf(ctx, part, next)
		}
		if err != nil {
			return exit.Unavailable(fmt.Errorf("find the positions of group %s: %w", l.group, err))
		}
		missing = slices.DeleteFunc(missing, func(tp pipeline.TopicPartition) bool {
			_, met := next[tp]
			return met || ends[tp] == 0
		})
		if len(missing) == 0 {
			break
		}
	}
	// Nothing was ever made of these, where the outputs have forgotten nothing.
	for tp, s := range spans {
		if s.From > 0 && len(missing) > 0 {
			log.Warn("the output has forgotten what it began with", "topic", tp.Topic, "partition", tp.Partition, "from", s.From)
			return l.refused(cluster, missing)
		}
	}
	var commits []pipeline.OffsetCommit
	for _, tp := range l.sources {
		at, met := next[tp]
		if !met {
			at = starts[tp]
		}
		commits = append(commits, pipeline.OffsetCommit{TopicPartition: tp, Offset: at})
	}
	// Another instance may have found them meanwhile, and gone on.
	if known, err := l.known(ctx, cluster); err != nil || known {
		return err
	}
	if err := cluster.CommitPositions(ctx, l.group, commits); err != nil {
		if known, _ := l.known(ctx, cluster); known {
			return nil
		}
		return exit.Unavailable(fmt.Errorf("give group %s its positions back: %w", l.group, err))
	}
	log.Info("the positions are found, and the group goes on", "group", l.group, "partitions", len(next), "topics", strings.Join(topicsOf(l.sources), ","))
	return nil
}

// codeTopicDenied is Kafka's TOPIC_AUTHORIZATION_FAILED.
const codeTopicDenied = 29

// endedSpans are what topics hold once no transaction is open in them: one that was being committed has its positions.
func endedSpans(ctx context.Context, cluster *kafka.Cluster, topics []string) (map[pipeline.TopicPartition]kafka.Span, error) {
	until := time.Now().Add(transactionsPatience)
	for {
		spans, err := cluster.Spans(ctx, topics...)
		if err != nil {
			return nil, err
		}
		var tps []pipeline.TopicPartition
		for tp := range spans {
			tps = append(tps, tp)
		}
		ends, err := cluster.EndOffsets(ctx, tps)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(tps, func(tp pipeline.TopicPartition) bool { return spans[tp].To < ends[tp] }) {
			return spans, nil
		}
		if time.Now().After(until) {
			return nil, fmt.Errorf("a transaction is open for more than %v: does another instance still run?", transactionsPatience)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// since is the part of spans that was written in the time before until; all of them where back is 0.
func since(ctx context.Context, cluster *kafka.Cluster, spans map[pipeline.TopicPartition]kafka.Span, until time.Time, back time.Duration) (map[pipeline.TopicPartition]kafka.Span, error) {
	if back == 0 {
		return spans, nil
	}
	var tps []pipeline.TopicPartition
	for tp := range spans {
		tps = append(tps, tp)
	}
	from, err := cluster.OffsetsSince(ctx, tps, until.Add(-back))
	if err != nil {
		return nil, err
	}
	part := map[pipeline.TopicPartition]kafka.Span{}
	for tp, s := range spans {
		if at := from[tp]; at >= 0 { // none is that young otherwise
			part[tp] = kafka.Span{From: max(s.From, at), To: s.To}
		}
	}
	return part, nil
}

// lastOf notes behind which record of each source partition its outputs end. What cannot be read says nothing.
func (f *finder) lastOf(ctx context.Context, spans map[pipeline.TopicPartition]kafka.Span, next map[pipeline.TopicPartition]int64) error {
	var identified schemas.Identified
	var refused schemas.RejectedRecord
	return f.cluster.Scan(ctx, spans, func(r *pipeline.Record) error {
		if _, control := schemas.FindHeader(r.Headers, pipeline.WatermarkHeader); control {
			return nil
		}
		d, into := f.identified, schemas.Record(&identified)
		if r.Topic == f.rejected {
			d, into = f.rejections, &refused
		}
		var bad *schemas.RecordError
		if err := d.Decode(ctx, r.Value, into); errors.As(err, &bad) {
			return nil
		} else if err != nil {
			return err
		}
		topic, partition, at := identified.SourceTopic, identified.SourcePartition, identified.SourceOffset
		if r.Topic == f.rejected {
			topic, partition, at = refused.Topic, refused.Partition, refused.Offset
		}
		// What moves a shard has no source.
		if tp := (pipeline.TopicPartition{Topic: topic, Partition: partition}); partition >= 0 && at >= next[tp] {
			tp.Topic = strings.Clone(topic)
			next[tp] = at + 1
		}
		return nil
	})
}
