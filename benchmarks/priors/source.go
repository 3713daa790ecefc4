package main

import (
	"io"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/benchmarks/world"
	"github.com/attune-health/attune/internal/evaluate"
	"github.com/attune-health/attune/sources"
)

// lived reads a world as a log.
type lived struct {
	generator *world.Generator
	// truth, where not nil, gets the posteriors before the records that they are of.
	truth *evaluate.Truth
}

// Next implements sources.Reader.
func (l *lived) Next() (sources.Record, error) {
	e, ok := l.generator.Next()
	if !ok {
		return sources.Record{}, io.EOF
	}
	if m := l.generator.Moment(); m != nil && l.truth != nil && m.Contact != "" {
		l.truth.Add(&evaluate.Posterior{EventID: m.EventID, At: m.At, Contact: string([]byte(m.Contact)), Reasons: append([]float64(nil), m.Reasons[:]...)})
	}
	r := sources.Record{Topic: e.Topic, Key: e.Key}
	switch e.Kind {
	case journeys.KindTouchpoint:
		r.Touchpoint = e.Touchpoint
	case journeys.KindLink:
		r.Link = e.Link
	case journeys.KindConsent:
		r.Consent = e.Consent
	}
	return r, nil
}
