package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/schemas"
)

// stats is what a demo shows while it runs. Sources, the watcher and the sink's events write it
// from their own goroutines.
type stats struct {
	mu sync.Mutex

	sent       map[schemas.Channel]int
	calls      map[string]time.Time // call touchpoints on their way, by event id: when they were sent
	reasons    map[string]int       // top reasons of predictions since the last snapshot but one
	reasonsOld map[string]int
	actions    []string // the last ones in plain words, newest last
	rows       map[string]int

	callToAction sample
	toClickHouse sample

	scored, right, commonest int // contacts whose reason became known
	watermarks               map[string]time.Duration
	resent                   bool // the sink had to send rows again
}

func newStats() *stats {
	return &stats{
		sent: map[schemas.Channel]int{}, calls: map[string]time.Time{}, reasons: map[string]int{}, reasonsOld: map[string]int{},
		rows: map[string]int{}, watermarks: map[string]time.Duration{},
	}
}

// touchpointSent notes a touchpoint that is about to be sent.
func (s *stats) touchpointSent(t *schemas.Touchpoint, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[t.Channel]++
	if t.Channel == schemas.ChannelCall {
		s.calls[strings.Clone(t.EventID)] = now
		s.forgetCalls(now)
	}
}

// forgetCalls drops calls that caused no action.
func (s *stats) forgetCalls(now time.Time) {
	if len(s.calls) < 50_000 {
		return
	}
	for id, at := range s.calls {
		if now.Sub(at) > time.Minute {
			delete(s.calls, id)
		}
	}
}

// predicted notes a prediction that a consumer has read.
func (s *stats) predicted(p *schemas.Prediction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(p.Reasons) > 0 {
		s.reasons[strings.Clone(p.Reasons[0].Code)]++
	}
}

// acted notes an action that a consumer has read.
func (s *stats) acted(d *schemas.NextBestAction, words string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.calls[d.TriggerID]; ok {
		s.callToAction.add(now.Sub(at))
		delete(s.calls, d.TriggerID)
	}
	if words != "" {
		s.actions = append(s.actions, words)
		s.actions = s.actions[max(0, len(s.actions)-8):]
	}
}

// learned notes a contact whose reason became known.
func (s *stats) learned(e *schemas.TrainingExample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Predicted == "" {
		return
	}
	s.scored++
	if e.Predicted == e.Reason {
		s.right++
	}
	if e.Commonest == e.Reason {
		s.commonest++
	}
}

// sample keeps latencies; the first million are enough for any quantile that is shown.
type sample struct{ values []time.Duration }

func (s *sample) add(d time.Duration) {
	if len(s.values) < 1_000_000 {
		s.values = append(s.values, d)
	}
}

// quantiles returns the quantiles in milliseconds, 0 without values.
func (s *sample) quantiles(qs ...float64) []float64 {
	out := make([]float64, len(qs))
	if len(s.values) == 0 {
		return out
	}
	sorted := slices.Clone(s.values)
	slices.Sort(sorted)
	for i, q := range qs {
		out[i] = float64(sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Microseconds()) / 1000
	}
	return out
}
