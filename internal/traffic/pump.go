package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// Pump sends a feed to the source topics.
type Pump struct {
	Writer *sources.Writer
	// ledger, if not nil, gets what is sent.
	ledger *journeys.Ledger
	// Count, if not nil, counts what is sent.
	Count *verify.Ledger
	// Sending, if not nil, is called with each touchpoint that is about to be sent.
	Sending func(t *schemas.Touchpoint, now time.Time)
	// Speed of the feed's clock relative to ours; 0 is as fast as possible.
	Speed float64
}

const (
	// pumpBatch bounds what is appended before it is sent.
	pumpBatch = 2000
	// pumpLinger is how long a record that is due may wait for others.
	pumpLinger = 5 * time.Millisecond
)

// Run sends until the feed or ctx ends; neither is an error.
func (p *Pump) Run(ctx context.Context, f Feed) error {
	var began time.Time
	var first schemas.Millis
	appended := 0
	for ctx.Err() == nil {
		i, err := f.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if p.Speed > 0 {
			if began.IsZero() {
				began, first = time.Now(), i.At
			}
			due := began.Add(time.Duration(float64(i.At-first) / p.Speed * float64(time.Millisecond)))
			if wait := time.Until(due); wait > 0 && appended > 0 {
				if err := p.Writer.Flush(context.WithoutCancel(ctx)); err != nil {
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
			if err := p.Writer.Flush(context.WithoutCancel(ctx)); err != nil {
				return fmt.Errorf("send: %w", err)
			}
			appended = 0
		}
	}
	if err := p.Writer.Flush(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if p.ledger != nil {
		return p.ledger.Flush()
	}
	return nil
}

// send appends one record and notes it.
func (p *Pump) send(i *Item) error {
	now := time.Now()
	if i.touchpoint != nil && p.Sending != nil {
		p.Sending(i.touchpoint, now)
	}
	value := i.raw
	if i.record != nil {
		value = p.Writer.Frame(i.topic, i.record)
	}
	e := sources.Event{Topic: i.topic, Key: i.key, ID: i.eventID, OccurredAt: i.occurred, Value: value}
	if err := p.Writer.Append(&e, pipeline.Time(now.UnixMilli())); err != nil {
		return err
	}
	if p.ledger != nil {
		entry := i.entry(value)
		if err := p.ledger.Append(&entry); err != nil {
			return err
		}
	}
	if p.Count != nil {
		count(p.Count, i)
	}
	return nil
}

// count notes an item in the verifier's ledger.
func count(l *verify.Ledger, i *Item) {
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

// sleep waits, and returns false if ctx ended first.
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
