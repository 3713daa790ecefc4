package demo

import (
	"context"
	"strings"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// watcher reads the output topics, committed records only, and keeps the demo's stats.
type watcher struct {
	cluster pipeline.Cluster
	stats   *stats
	// foresight scores predictions.
	foresight *foresight
	// Called at the first action.
	first func()
	// outcomes answers actions, as contact centers do.
	outcomes *responder

	prediction schemas.Prediction
	decision   schemas.NextBestAction
	example    schemas.TrainingExample
}

// watched are the topics that the watcher reads.
var watched = []string{schemas.TopicPredictions, schemas.TopicActions, schemas.TopicTrainingExamples}

// run reads from the topics' present ends on, until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	var partitions []pipeline.TopicPartition
	for _, topic := range watched {
		n, err := w.cluster.PartitionCount(ctx, topic)
		if err != nil {
			return err
		}
		for p := range n {
			partitions = append(partitions, pipeline.TopicPartition{Topic: topic, Partition: p})
		}
	}
	positions, err := w.cluster.EndOffsets(ctx, partitions)
	if err != nil {
		return err
	}
	fetcher := w.cluster.NewFetcher(pipeline.FetcherConfig{MaxWait: 20})
	defer fetcher.Close()
	fetcher.Assign(positions)
	for ctx.Err() == nil {
		chunks, err := fetcher.Poll(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		now := time.Now()
		for _, chunk := range chunks {
			w.chunk(chunk, now)
			chunk.Release()
		}
		if err := w.outcomes.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) chunk(chunk pipeline.Chunk, now time.Time) {
	var r pipeline.Record
	for chunk.Next(&r) {
		_, payload, err := schemas.ParseFrame(r.Value)
		if err != nil {
			continue // the verifier names it
		}
		switch r.Topic {
		case schemas.TopicPredictions:
			if _, err := w.prediction.DecodeAvro(payload); err == nil {
				w.stats.predicted(&w.prediction)
				w.foresight.predicted(&w.prediction, now)
			}
		case schemas.TopicActions:
			if _, err := w.decision.DecodeAvro(payload); err == nil {
				if w.first != nil {
					w.first()
					w.first = nil
				}
				w.stats.acted(&w.decision, plainWords(&w.decision), now)
				if !w.stats.liveSince().IsZero() {
					w.outcomes.answer(&w.decision, now)
				}
			}
		case schemas.TopicTrainingExamples:
			if _, err := w.example.DecodeAvro(payload); err == nil {
				w.foresight.label(&w.example)
			}
		}
	}
}

// plainWords is the action as the demo shows it.
func plainWords(d *schemas.NextBestAction) string {
	if d.Cancelled || d.Brief == "" {
		return ""
	}
	words, _, _ := strings.Cut(d.Brief.Reveal(), "\n")
	return strings.Clone(words)
}
