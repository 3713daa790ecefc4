package pipelinetest

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// ExpiringAfter is the TTL of Backend.Expiring.
const ExpiringAfter = 3200 * time.Millisecond

const (
	agingAfter = pipeline.Time(ExpiringAfter / time.Millisecond)
	agingStep  = agingAfter / 32
	agingBound = 500 // of the channel
)

// aging is the model of a store with a TTL: when each of its keys was written last.
type aging struct {
	moment
	// As committed.
	stands moment
	at     pipeline.Time
	do     func(ctx *pipeline.Context)
	// As the task counts them.
	counted int
	// Keys that went, those of lives that were lost among them.
	expired int
}

type moment struct {
	// Event times; MinTime where not known.
	written   map[string]pipeline.Time
	watermark pipeline.Time
}

func (m moment) clone() moment { return moment{maps.Clone(m.written), m.watermark} }

// newAgingLife is newLife with a store that has a TTL, fed by a source with event time.
func newAgingLife(tb testing.TB, b Backend) *life {
	a := &aging{stands: moment{map[string]pipeline.Time{}, pipeline.MinTime}, at: 1_600_000_000_000}
	return startLife(&life{tb: tb, backend: b, aging: a})
}

func (a *aging) arrange(l *life, t *pipeline.Topology) {
	t.Channels = []pipeline.Channel{{Name: "events", OutOfOrderness: agingBound}}
	t.Roles[0].Sources[0].Channel = 0
	t.Roles[0].New = func(s *pipeline.Setup) (pipeline.Processor, error) {
		l.store = l.backend.Expiring(s)
		return a, nil
	}
}

// Process implements pipeline.Processor.
func (a *aging) Process(ctx *pipeline.Context, _ *pipeline.Record) error {
	a.do(ctx)
	return nil
}

func (a *aging) restored() {
	if a != nil {
		a.moment = a.stands.clone()
	}
}

func (a *aging) committed() {
	if a != nil {
		a.stands = a.moment.clone()
	}
}

func (a *aging) count(_ pipeline.TaskID, name, store string) {
	if name == "expired" && store == "kept" {
		a.counted++
	}
}

func (a *aging) verify(tb testing.TB) {
	tb.Helper()
	if a != nil && a.counted != a.expired {
		tb.Fatalf("counted %d expired keys, want %d", a.counted, a.expired)
	}
}

// work processes one record of some event time, and lets the model expire what the store should.
func (a *aging) work(l *life, r *rand.Rand, keys int) {
	l.tb.Helper()
	switch r.IntN(40) {
	case 0:
		a.at += agingAfter * pipeline.Time(1+r.IntN(4)) // everything goes, or nearly
	case 1, 2, 3, 4, 5:
		a.at += agingStep * pipeline.Time(r.IntN(5))
	default:
		a.at += pipeline.Time(r.IntN(20))
	}
	at := a.at
	if r.IntN(5) == 0 {
		at -= pipeline.Time(r.IntN(int(2 * agingAfter)))
	}
	written := ""
	a.do = func(ctx *pipeline.Context) {
		if r.IntN(10) == 0 {
			at = a.watermark // the record does not say
		} else {
			ctx.ObserveEventTime(at)
		}
		written = l.random(r, keys)
	}
	l.check(l.task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Now: l.now, Record: &pipeline.Record{Topic: "in", Offset: l.task.Position()}}))
	for key := range a.written {
		if _, ok := l.live[key]; !ok {
			delete(a.written, key)
		}
	}
	if written != "" {
		if before, ok := a.written[written]; !ok || at > before {
			a.written[written] = at
		}
	}
	if at != pipeline.MinTime {
		a.watermark = max(a.watermark, at-agingBound)
	}
	a.grow(l)
}

// grow expires keys of the model up to the watermark.
func (a *aging) grow(l *life) {
	if a.watermark == pipeline.MinTime {
		return
	}
	for key, at := range a.written {
		if at == pipeline.MinTime {
			a.written[key], at = a.watermark, a.watermark
		}
		if due := (at + agingAfter + agingStep - 1) / agingStep * agingStep; due <= a.watermark {
			delete(a.written, key)
			delete(l.live, key)
			a.expired++
		}
	}
}
