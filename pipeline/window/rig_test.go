package window

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// sum is the accumulator of the tests.
type sum struct{ n, total int64 }

type sumCodec struct{}

func (sumCodec) AppendValue(dst []byte, v *sum) []byte {
	return binary.AppendVarint(binary.AppendVarint(dst, v.n), v.total)
}

func (sumCodec) DecodeValue(src []byte, v *sum) error {
	_, err := readVarints(src, &v.n, &v.total)
	return err
}

var summing = Aggregate[sum, arrival]{
	Codec: sumCodec{},
	Fold:  func(v *sum, a *arrival) { v.n, v.total = v.n+1, v.total+a.value },
	Merge: func(v, o *sum) { v.n, v.total = v.n+o.n, v.total+o.total },
}

// arrival is a record of the tests: event time, key, value, and for how long by the watermark it was
// held after it was judged.
type arrival struct {
	at    pipeline.Time
	key   string
	value int64
	held  pipeline.Time
}

func (a arrival) bytes() []byte {
	return fmt.Appendf(nil, "%d %s %d %d", a.at, a.key, a.value, a.held)
}

func parseArrival(b []byte) (a arrival) {
	if _, err := fmt.Sscanf(string(b), "%d %s %d %d", &a.at, &a.key, &a.value, &a.held); err != nil {
		panic(err)
	}
	return a
}

// emission is a pane as the tests write it out.
type emission struct {
	start, end    pipeline.Time
	key           string
	trigger       Trigger
	version       int64
	n, total      int64
	late, dropped int64
	watermark     pipeline.Time
	basis         pipeline.Basis
	revision      int32
}

const emissionFormat = "%d %d %s %d %d %d %d %d %d %d %d %d"

func appendEmission(p *Pane[sum]) []byte {
	return fmt.Appendf(nil, emissionFormat, p.Start, p.End, p.Key, p.Trigger, p.Version, p.Value.n, p.Value.total, p.Late, p.Dropped,
		p.Watermark, p.Basis, p.Revision)
}

func parseEmission(b []byte) (e emission) {
	if _, err := fmt.Sscanf(string(b), emissionFormat, &e.start, &e.end, &e.key, &e.trigger, &e.version, &e.n, &e.total, &e.late, &e.dropped,
		&e.watermark, &e.basis, &e.revision); err != nil {
		panic(err)
	}
	return e
}

// met is what a record met when it was processed last: an oracle needs it.
type met struct {
	arrival
	judged, now pipeline.Time
	taken, late bool
}

// operator runs windows over arrivals.
type operator struct {
	w   Windows[sum, arrival]
	c   Config
	met map[int64]met // by offset
}

func (s *operator) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	a := parseArrival(r.Value)
	now, _ := ctx.Watermark(s.c.Channels)
	judged := bounded(now) - a.held
	ctx.ObserveEventTime(a.at)
	late := s.w.IsLate(a.at, judged)
	taken, err := s.w.Add(ctx, Arrival{At: a.at, Judged: judged, Key: []byte(a.key)}, &a)
	s.met[r.Offset] = met{a, judged, bounded(now), taken, late}
	return err
}

func (s *operator) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return s.w.OnTimer(ctx, t) }
func (s *operator) OnTick(ctx *pipeline.Context) error                    { return s.w.OnTick(ctx) }

func newOperator(s *pipeline.Setup, c Config, records map[int64]met) (*operator, error) {
	out := s.Output("out")
	w, err := New(s, c, summing, func(ctx *pipeline.Context, p *Pane[sum]) error {
		ctx.Emit(out, p.Key, appendEmission(p))
		return nil
	})
	return &operator{w, c, records}, err
}

// newRig is one role with windows over arrivals in topic in, panes in topic out.
func newRig(t testing.TB, c Config, records map[int64]met) *pipelinetest.Driver {
	t.Helper()
	return pipelinetest.New(t, &pipeline.Topology{
		Name: "test", Channels: []pipeline.Channel{{Name: "in", OutOfOrderness: 5000, IdleAfter: 60_000}},
		Roles: []pipeline.Role{{
			Name: "sum", Sources: []pipeline.Source{{Topic: "in", Channel: 0}}, Changelog: "changelog",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) { return newOperator(s, c, records) },
		}},
	}, pipelinetest.Options{})
}
