package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/benchmarks/logs"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// feed is what a source sends, one record after the other, io.EOF after the last.
type feed interface {
	next() (item, error)
}

// item is one record of a feed, valid until the next.
type item struct {
	at         schemas.Millis // when it is due on the feed's own clock
	topic      string
	key        []byte
	eventID    string
	occurred   schemas.Millis
	record     schemas.Record      // nil where raw is sent as it is
	touchpoint *schemas.Touchpoint // record, where it is one
	raw        []byte
	refuse     string // why the pipeline must reject it
	entry      func(value []byte) journeys.Entry
}

// simulated feeds from the simulator.
type simulated struct {
	generator *journeys.Generator
	best      atomic.Uint64 // bits of the best accuracy that any predictor can expect, for the view
}

func (s *simulated) next() (item, error) {
	e, ok := s.generator.Next()
	if !ok {
		return item{}, io.EOF
	}
	if e.Truth.Disposition {
		s.best.Store(math.Float64bits(s.generator.Ceiling().Accuracy()))
	}
	i := item{at: e.At, topic: e.Topic, key: e.Key, refuse: string(e.Truth.Bad)}
	i.entry = func(value []byte) journeys.Entry { return journeys.EntryOf(&e, value) }
	switch e.Kind {
	case journeys.KindTouchpoint:
		i.record, i.touchpoint, i.eventID, i.occurred = e.Touchpoint, e.Touchpoint, e.Touchpoint.EventID, e.Touchpoint.OccurredAt
	case journeys.KindLink:
		i.record, i.eventID, i.occurred = e.Link, e.Link.EventID, e.Link.OccurredAt
	case journeys.KindConsent:
		i.record, i.eventID, i.occurred = e.Consent, e.Consent.EventID, e.Consent.OccurredAt
	default:
		i.raw, i.occurred = e.Raw, e.At
	}
	return i, nil
}

// ceiling is the simulator's own accuracy so far; any goroutine may ask.
func (s *simulated) ceiling() float64 { return math.Float64frombits(s.best.Load()) }

// recorded feeds from a log.
type recorded struct{ reader logs.Reader }

func (r *recorded) next() (item, error) {
	rec, err := r.reader.Next()
	if err != nil {
		return item{}, err
	}
	i := item{topic: rec.Topic, key: rec.Key, raw: rec.Raw}
	if t := rec.Touchpoint; t != nil {
		i.record, i.touchpoint, i.eventID, i.occurred, i.at = t, t, t.EventID, t.OccurredAt, t.OccurredAt
		if t.Body.Kind == schemas.TouchpointBodyCall && t.Body.Call.Phantom {
			i.refuse = "phantom"
		}
		i.entry = func(value []byte) journeys.Entry {
			e := journeys.TouchpointEntry(t)
			e.Topic, e.At, e.Bad = rec.Topic, int64(t.OccurredAt), i.refuse
			e.Seal(rec.Key, value)
			return e
		}
		return i, nil
	}
	i.entry = func(value []byte) journeys.Entry {
		e := journeys.Entry{Kind: "raw", Topic: rec.Topic, Bad: "undecodable"}
		e.Seal(rec.Key, value)
		return e
	}
	return i, nil
}

// pump sends a feed to the source topics.
type pump struct {
	source *source
	ledger *journeys.Ledger // writes down what is sent; may be nil
	count  *verify.Ledger   // counts what is sent; may be nil
	stats  *stats           // may be nil
	speed  float64          // of the feed's clock against ours; 0 is as fast as it goes
}

const (
	// pumpBatch bounds what is appended before it is sent.
	pumpBatch = 2000
	// pumpLinger is how long a record that is due may wait for others.
	pumpLinger = 5 * time.Millisecond
)

// run sends until the feed ends or ctx does; both are no error.
func (p *pump) run(ctx context.Context, f feed) error {
	var began time.Time
	var first schemas.Millis
	appended := 0
	for ctx.Err() == nil {
		i, err := f.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if p.speed > 0 {
			if began.IsZero() {
				began, first = time.Now(), i.at
			}
			due := began.Add(time.Duration(float64(i.at-first) / p.speed * float64(time.Millisecond)))
			if wait := time.Until(due); wait > 0 && appended > 0 {
				if err := p.source.flush(context.WithoutCancel(ctx)); err != nil {
					return fmt.Errorf("send: %w", err)
				}
				appended = 0
			}
			if wait := time.Until(due); wait > 0 && !sleep(ctx, max(wait, pumpLinger)) {
				break
			}
		}
		if err := p.send(&i); err != nil {
			return err
		}
		if appended++; appended >= pumpBatch {
			if err := p.source.flush(context.WithoutCancel(ctx)); err != nil {
				return fmt.Errorf("send: %w", err)
			}
			appended = 0
		}
	}
	if err := p.source.flush(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if p.ledger != nil {
		return p.ledger.Flush()
	}
	return nil
}

// send appends one record and notes it.
func (p *pump) send(i *item) error {
	now := time.Now()
	if i.touchpoint != nil && p.stats != nil {
		p.stats.touchpointSent(i.touchpoint, now)
	}
	value := i.raw
	if i.record != nil {
		p.source.value = schemas.AppendFramed(p.source.value[:0], p.source.ids[i.topic], i.record)
		value = p.source.value
	}
	if err := p.source.raw(i.topic, i.key, value, i.eventID, i.occurred, pipeline.Time(now.UnixMilli())); err != nil {
		return err
	}
	if p.ledger != nil {
		e := i.entry(value)
		if err := p.ledger.Append(&e); err != nil {
			return err
		}
	}
	if p.count != nil {
		count(p.count, i)
	}
	return nil
}

// count notes an item in the verifier's ledger.
func count(l *verify.Ledger, i *item) {
	switch {
	case i.touchpoint != nil:
		l.Touchpoint(i.topic, i.touchpoint, i.refuse)
	case i.raw != nil:
		l.Unreadable(i.topic)
	case i.topic == schemas.TopicIdentityLinks:
		l.Link()
	case i.topic == schemas.TopicConsents:
		l.Consent()
	}
}

// sleep waits, and reports false where ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
