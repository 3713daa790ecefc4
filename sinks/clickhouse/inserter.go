package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/attune-health/attune/pipeline"
)

// inserter brings batches into ClickHouse. Any number of goroutines may use it.
type inserter struct {
	cfg      *Config
	client   *Client
	cluster  pipeline.Cluster
	settings []string // of ours that the server knows
}

// insertAll inserts the rows of a batch. It tries until it succeeds or the context ends; then what has been inserted
// is inserted again later, which changes nothing.
func (i *inserter) insertAll(ctx context.Context, b *batch) error {
	for _, s := range b.sets() {
		if err := i.insert(ctx, b, s, 0, s.rows()); err != nil {
			return err
		}
	}
	return nil
}

// insert brings rows [from, to) of one table in. Where the server refuses them for their content it halves them, until
// the rows that are to blame stand alone and are rejected.
func (i *inserter) insert(ctx context.Context, b *batch, s rowSet, from, to int) error {
	if from == to {
		return nil
	}
	table := s.spec()
	pauses := i.cfg.pauses()
	for attempt := 1; ; attempt++ {
		begun := time.Now()
		err := i.attempt(ctx, &table, s, from, to)
		if err == nil {
			now := time.Now()
			i.cfg.Events.inserted(Insert{Table: table.Name, Rows: to - from, Bytes: b.scratch.size, Attempts: attempt,
				Took: now.Sub(begun), At: now, IngestedAt: b.ingestedAt(s, from, to)})
			return nil
		}
		i.cfg.Events.insertFailed(table.Name, attempt, err)
		switch {
		case refusedForContent(err) && to-from > 1:
			middle := (from + to) / 2
			if err := i.insert(ctx, b, s, from, middle); err != nil {
				return err
			}
			return i.insert(ctx, b, s, middle, to)
		case refusedForContent(err):
			return i.rejectRow(ctx, b, s.place(from), exceptionCode(err))
		}
		if err := pauses.wait(ctx); err != nil {
			return err
		}
	}
}

// attempt sends one block and waits for the server's word. An error means that the outcome is unknown.
func (i *inserter) attempt(ctx context.Context, t *tableSpec, s rowSet, from, to int) error {
	ctx, cancel := context.WithTimeout(insertContext(ctx, i.settings), i.cfg.InsertTimeout)
	defer cancel()
	batch, err := i.client.conn.PrepareBatch(ctx, t.insertStatement(i.client.cfg.Database))
	if err != nil {
		return i.client.explain(err, "")
	}
	w := &columnWriter{batch: batch}
	s.write(w, from, to)
	if w.err != nil {
		return errors.Join(fmt.Errorf("fill column %d of %s: %w", w.index, t.Name, w.err), batch.Abort())
	}
	return i.client.explain(batch.Send(), "")
}

// rejectRow fetches the record of a refused row again, since rows do not keep it whole, and notes it for
// touchpoints.rejected.
func (i *inserter) rejectRow(ctx context.Context, b *batch, at place, code int32) error {
	topic, _ := at.topic.(string)
	tp := pipeline.TopicPartition{Topic: topic, Partition: at.partition}
	i.cfg.Events.rejected(tp, at.offset, "refused_by_clickhouse")
	return i.cfg.retry(ctx, func() error {
		return i.fetchOne(ctx, tp, at.offset, func(r *pipeline.Record) {
			b.rejects = append(b.rejects, i.cfg.rejected(r, "refused_by_clickhouse", fmt.Sprintf("code %d", code)))
		})
	})
}

func (i *inserter) fetchOne(ctx context.Context, tp pipeline.TopicPartition, offset int64, use func(*pipeline.Record)) (err error) {
	ctx, cancel := context.WithTimeout(ctx, i.cfg.InsertTimeout)
	defer cancel()
	fetcher := i.cluster.NewFetcher(pipeline.FetcherConfig{})
	defer func() { err = errors.Join(err, fetcher.Close()) }()
	fetcher.Assign(map[pipeline.TopicPartition]int64{tp: offset})
	for {
		chunks, err := fetcher.Poll(ctx)
		if err != nil {
			return fmt.Errorf("fetch %s/%d again: %w", tp.Topic, tp.Partition, err)
		}
		found := false
		for _, c := range chunks {
			var r pipeline.Record
			for !found && c.Next(&r) {
				if found = r.Offset == offset; found {
					use(&r)
				}
			}
			c.Release()
		}
		if found {
			return nil
		}
	}
}

// columnWriter gives columns to a batch, one after the other.
type columnWriter struct {
	batch driver.Batch
	index int
	err   error
}

func writeColumn[T any](w *columnWriter, values []T) {
	if w.err == nil {
		w.err = w.batch.Column(w.index).Append(values)
		w.index++
	}
}

func writeArrays[T any](w *columnWriter, rows [][]T) {
	if w.err != nil {
		return
	}
	column := w.batch.Column(w.index)
	for _, r := range rows {
		if w.err = column.AppendRow(r); w.err != nil {
			return
		}
	}
	w.index++
}
