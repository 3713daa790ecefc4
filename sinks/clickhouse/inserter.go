package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/sinks/consume"
)

// inserter brings batches into ClickHouse. It is safe for concurrent use.
type inserter struct {
	cfg    *Config
	client *Client
	// Those of insertSettings that the server takes.
	settings ch.Settings
	// mu guards pastViews, the time until which a site's views may fail without holding up inserts, by table.
	mu        sync.Mutex
	pastViews map[string]time.Time
}

// pastViewsFor is how long inserts do not wait for a site's view that has failed. Then it is tried again.
const pastViewsFor = time.Minute

// passesViews says whether inserts into a table do not wait for a site's views.
func (i *inserter) passesViews(table string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return time.Now().Before(i.pastViews[table])
}

// passViews lets inserts into a table go on whatever a site's views do, and reports whether that is new. An insert that
// were tried again as it was would add a copy of its rows each time, and help nobody.
func (i *inserter) passViews(table, view string, err error) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	if now.Before(i.pastViews[table]) {
		return false
	}
	if i.pastViews == nil {
		i.pastViews = map[string]time.Time{}
	}
	i.pastViews[table] = now.Add(pastViewsFor)
	i.cfg.Events.viewFailed(table, view, err)
	return true
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
		if view := failedInView(err); view != "" && i.passViews(table.Name, view, err) {
			continue
		}
		if notLetIn(err) {
			again, loginErr := i.client.logIn()
			if again {
				continue
			}
			err = errors.Join(err, loginErr)
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
	settings := i.settings
	if i.passesViews(t.Name) {
		settings = maps.Clone(settings)
		settings["materialized_views_ignore_errors"] = 1
	}
	ctx, cancel := context.WithTimeout(withSettings(ctx, settings), i.cfg.InsertTimeout)
	defer cancel()
	batch, err := i.client.server().PrepareBatch(ctx, i.client.sql(t.insertStatement()))
	if err != nil {
		return i.client.explain(err, i.client.cfg.Username)
	}
	if err := i.changed(t, batch.Columns()); err != nil {
		return errors.Join(err, batch.Abort())
	}
	w := &columnWriter{batch: batch}
	s.write(w, from, to)
	if w.err != nil {
		return errors.Join(fmt.Errorf("fill column %d of %s: %w", w.index, t.Name, w.err), batch.Abort())
	}
	return i.client.explain(batch.Send(), i.client.cfg.Username)
}

// changed says which column has another type than it had at the start. The library would convert some values to it without
// a word: times lose their milliseconds.
func (i *inserter) changed(t *tableSpec, columns []column.Interface) error {
	n := 0
	for _, want := range t.Columns {
		if want.Default != "" {
			continue
		}
		if n < len(columns) && string(columns[n].Type()) != want.Type {
			return fmt.Errorf("column %s.%s%s.%s has become %s and should be %s: rows wait until it is that again (ALTER TABLE ... MODIFY COLUMN)",
				i.cfg.Database, i.cfg.TablePrefix, t.Name, want.Name, columns[n].Type(), want.Type)
		}
		n++
	}
	return nil
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
