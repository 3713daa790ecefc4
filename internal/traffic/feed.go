package traffic

import (
	"io"
	"math"
	"sync/atomic"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// Feed is what a source sends, one record after the other, io.EOF after the last.
type Feed interface {
	Next() (Item, error)
}

// Item is one record of a feed, valid until the next.
type Item struct {
	// When it is due on the feed's own clock.
	At       schemas.Millis
	topic    string
	key      []byte
	eventID  string
	occurred schemas.Millis
	// nil where raw is sent as it is.
	record schemas.Record
	// Record, where it is one.
	touchpoint *schemas.Touchpoint
	raw        []byte
	// Why the pipeline must reject it.
	refuse string
	entry  func(value []byte) journeys.Entry
}

// Simulated feeds from the simulator.
type Simulated struct {
	Generator *journeys.Generator
	// Bits of the best accuracy that any predictor can expect, for the view.
	best atomic.Uint64
}

// Next implements Feed.
func (s *Simulated) Next() (Item, error) {
	e, ok := s.Generator.Next()
	if !ok {
		return Item{}, io.EOF
	}
	if e.Truth.Disposition {
		s.best.Store(math.Float64bits(s.Generator.Ceiling().Accuracy()))
	}
	return simulated(&e), nil
}

// otherEvent is a record that is no touchpoint as an event, nil where it is one or could not be read.
func otherEvent(r *sources.Record) *journeys.Event {
	switch {
	case r.Link != nil:
		return &journeys.Event{At: r.Link.OccurredAt, Topic: r.Topic, Key: []byte(r.Link.Identifier.Value.Reveal()), Kind: journeys.KindLink, Link: r.Link}
	case r.Consent != nil:
		e := &journeys.Event{At: r.Consent.OccurredAt, Topic: r.Topic, Kind: journeys.KindConsent, Consent: r.Consent}
		if len(r.Consent.Identifiers) > 0 {
			e.Key = []byte(r.Consent.Identifiers[0].Value.Reveal())
		}
		return e
	}
	return nil
}

// simulated is an event of a simulator as an item.
func simulated(e *journeys.Event) Item {
	i := Item{At: e.At, topic: e.Topic, key: e.Key, refuse: string(e.Truth.Bad)}
	i.entry = func(value []byte) journeys.Entry { return journeys.EntryOf(e, value) }
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
	return i
}

// Ceiling is the simulator's own accuracy so far; any goroutine may ask.
func (s *Simulated) Ceiling() float64 { return math.Float64frombits(s.best.Load()) }

// Recorded feeds from a log.
type Recorded struct{ reader sources.Reader }

// Next implements Feed.
func (r *Recorded) Next() (Item, error) {
	rec, err := r.reader.Next()
	if err != nil {
		return Item{}, err
	}
	i := Item{topic: rec.Topic, key: rec.Key, raw: rec.Raw}
	if e := otherEvent(&rec); e != nil {
		return simulated(e), nil
	}
	if t := rec.Touchpoint; t != nil {
		i.record, i.touchpoint, i.eventID, i.occurred, i.At = t, t, t.EventID, t.OccurredAt, t.OccurredAt
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
