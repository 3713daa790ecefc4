package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/sinks/consume"
)

// inserter brings batches into ClickHouse. It is safe for concurrent use.
type inserter struct {
	cfg    *Config
	client *Client
	// Those of insertSettings that the server knows.
	settings []string
}

// insertAll inserts the rows of a batch. It tries until it succeeds or the context ends. In the latter case some
// tables have their rows: inserting them again later changes nothing.
func (i *inserter) insertAll(ctx context.Context, b *batch, refuse consume.Refuse) error {
	for _, s := range b.sets() {
		if err := i.insert(ctx, b, s, refuse, 0, s.rows()); err != nil {
			return err
		}
	}
	return nil
}

// insert brings rows [from, to) of one table in. Where the server refuses them for their content it halves them,
// until the rows at fault stand alone and are rejected.
func (i *inserter) insert(ctx context.Context, b *batch, s rowSet, refuse consume.Refuse, from, to int) error {
	if from == to {
		return nil
	}
	table := s.spec()
	pauses := consume.NewPauses(i.cfg.RetryMin, i.cfg.RetryMax)
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
			if err := i.insert(ctx, b, s, refuse, from, middle); err != nil {
				return err
			}
			return i.insert(ctx, b, s, refuse, middle, to)
		case refusedForContent(err):
			at := s.place(from)
			topic, _ := at.topic.(string)
			return refuse(ctx, pipeline.TopicPartition{Topic: topic, Partition: at.partition}, at.offset, "refused_by_clickhouse", fmt.Sprintf("code %d", exceptionCode(err)))
		}
		if err := pauses.Wait(ctx); err != nil {
			return err
		}
	}
}

// attempt sends one block and waits for the server's answer. After an error the outcome is unknown.
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

// columnWriter gives columns to a block, one after the other.
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
