package demo

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// stats is what a demo shows while it runs. Sources, the watcher and the sink's events write it from
// their own goroutines.
type stats struct {
	mu sync.Mutex

	sent map[schemas.Channel]int
	// Call touchpoints on their way, by event id: when they were sent.
	calls map[string]time.Time
	// Top reasons of predictions since the last snapshot but one.
	reasons    map[string]int
	reasonsOld map[string]int
	// The last ones in plain words, newest last.
	actions []string
	rows    map[string]int

	callToAction sample
	toClickHouse sample

	// Watermarks by channel, and the newest event time that was sent.
	watermarks map[string]schemas.Millis
	newest     schemas.Millis
	// When the history was taken in, zero until then: latencies are those of what is sent from then on.
	live time.Time
	// The sink had to send rows again.
	resent bool
}

func newStats() *stats {
	return &stats{
		sent: map[schemas.Channel]int{}, calls: map[string]time.Time{}, reasons: map[string]int{}, reasonsOld: map[string]int{},
		rows: map[string]int{}, watermarks: map[string]schemas.Millis{},
	}
}

// touchpointSent notes a touchpoint that is about to be sent.
func (s *stats) touchpointSent(t *schemas.Touchpoint, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[t.Channel]++
	s.newest = max(s.newest, t.OccurredAt)
	if t.Channel == schemas.ChannelCall && !s.live.IsZero() {
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

// goLive says that what is sent from now on is due now.
func (s *stats) goLive(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = now
	// What was predicted of the history is past.
	clear(s.reasons)
	clear(s.reasonsOld)
	s.actions = nil
}

// liveSince is when the demo went live, zero before.
func (s *stats) liveSince() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// sample keeps latencies. It stops after a million: more would not change a quantile that is shown.
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

// watch adds the view to the engine's events.
func (s *stats) watch(events *runner.Events) {
	inner := events.Watermark
	events.Watermark = func(id pipeline.TaskID, channel string, value pipeline.Time, basis pipeline.Basis) {
		inner(id, channel, value, basis)
		if id.Role != "patient" || value == pipeline.MinTime {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watermarks[channel] = schemas.Millis(value)
	}
}

// watchSink adds the view to the sink's events.
func (s *stats) watchSink(events *clickhouse.Events) {
	inserted, insertFailed, commitFailed := events.Inserted, events.InsertFailed, events.CommitFailed
	events.Inserted = func(i clickhouse.Insert) {
		inserted(i)
		s.inserted(i)
	}
	events.InsertFailed = func(table string, attempt int, err error) {
		s.sendAgain()
		insertFailed(table, attempt, err)
	}
	events.CommitFailed = func(err error) {
		s.sendAgain()
		commitFailed(err)
	}
}

// inserted notes rows in ClickHouse and how fresh they are.
func (s *stats) inserted(i clickhouse.Insert) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[i.Table] += i.Rows
	if i.Table != "touchpoints" {
		return
	}
	for _, at := range i.IngestedAt {
		if sent := time.UnixMilli(at); at > 0 && sent.After(s.live) {
			s.toClickHouse.add(i.At.Sub(sent))
		}
	}
}

// sendAgain notes that rows may have been inserted twice.
func (s *stats) sendAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resent = true
}

func (s *stats) wasResent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resent
}
