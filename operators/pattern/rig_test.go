package pattern

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// given is a record of the tests, as text: "key name at id". Its topic is web or call, which are a
// channel each. The id "-" is none.
type given struct {
	topic, key, name string
	at               pipeline.Time
	id               string
}

func (g given) String() string { return fmt.Sprintf("%s %s %d %s", g.key, g.name, g.at, g.id) }

func parseGiven(b []byte) (g given) {
	if _, err := fmt.Sscan(string(b), &g.key, &g.name, &g.at, &g.id); err != nil {
		panic(fmt.Sprintf("%q: %v", b, err))
	}
	return g
}

// matching is the processor of the tests. It notes the watermark that each record met, as an oracle
// needs it.
type matching struct {
	matcher      *Matcher
	out, refused pipeline.Output
	marks        map[place]pipeline.Time
}

type place struct {
	partition int32
	offset    int64
}

func (p *matching) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	g := parseGiven(r.Value)
	p.marks[place{r.Partition, r.Offset}], _ = ctx.Watermark(0)
	s, ok := p.matcher.Symbol(g.name)
	if !ok {
		return nil
	}
	rec := Record{Key: []byte(g.key), At: g.at, Symbol: s}
	if g.id != "-" {
		rec.ID = []byte(g.id)
	}
	return p.matcher.Add(ctx, &rec)
}

func (p *matching) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	return p.matcher.OnTimer(ctx, t)
}

func (p *matching) emit(ctx *pipeline.Context, m *Match) error {
	line := fmt.Appendf(nil, "%s %d-%d:", m.Key, m.Start, m.End)
	for _, f := range m.Found {
		line = fmt.Appendf(line, " %s@%d", f.ID, f.At)
	}
	if m.Watermark <= m.End {
		line = fmt.Appendf(line, " before its watermark, %d", m.Watermark)
	}
	ctx.Emit(p.out, m.Key, line)
	return nil
}

func (p *matching) refuse(ctx *pipeline.Context, r *Record, why Refused) error {
	ctx.Emit(p.refused, r.Key, fmt.Appendf(nil, "%s %s@%d %v", r.Key, r.ID, r.At, why))
	return nil
}

type splitting struct{ mid pipeline.Output }

func (s splitting) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	g := parseGiven(r.Value)
	ctx.ObserveEventTime(g.at)
	ctx.Emit(s.mid, []byte(g.key), r.Value)
	return nil
}

type rig struct {
	*pipelinetest.Driver
	marks map[place]pipeline.Time
}

func newRig(tb testing.TB, c Config, options pipelinetest.Options) *rig {
	tb.Helper()
	c.Name, c.TimerKind = "seq", 3
	marks := map[place]pipeline.Time{}
	topology := &pipeline.Topology{
		Name: "patterns",
		Channels: []pipeline.Channel{
			{Name: "web", OutOfOrderness: 300, IdleAfter: 20_000}, {Name: "call", OutOfOrderness: 800, IdleAfter: 30_000},
		},
		Roles: []pipeline.Role{
			{
				Name: "split", Sources: []pipeline.Source{{Topic: "web", Channel: 0}, {Topic: "call", Channel: 1}}, WatermarksTo: "mid",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) { return splitting{s.Output("mid")}, nil },
			},
			{
				Name: "match", Sources: []pipeline.Source{{Topic: "mid", Carried: true}}, Changelog: "changelog",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					p := &matching{out: s.Output("out"), refused: s.Output("refused"), marks: marks}
					var err error
					p.matcher, err = New(s, c, p.emit, p.refuse)
					return p, err
				},
			},
		},
	}
	options.Partitions = map[string]int32{"web": 1, "call": 1, "mid": 2}
	return &rig{pipelinetest.New(tb, topology, options), marks}
}

func (r *rig) give(g given) { r.ProduceTo(g.topic, 0, nil, []byte(g.String())) }

// arrival is a record as the matcher met it.
type arrival struct {
	given
	mark pipeline.Time
}

func (r *rig) arrivals(key string) []arrival {
	var list []arrival
	for _, rec := range r.ReadAll("mid") {
		if g := parseGiven(rec.Value); g.key == key {
			list = append(list, arrival{g, r.marks[place{rec.Partition, rec.Offset}]})
		}
	}
	return list
}

func (r *rig) lines(topic, key string) []string {
	var list []string
	for _, rec := range r.ReadAll(topic) {
		if line := string(rec.Value); strings.HasPrefix(line, key+" ") {
			list = append(list, line)
		}
	}
	return list
}

func (r *rig) shake(random *rand.Rand, stream []given) {
	for _, g := range stream {
		r.give(g)
		switch random.IntN(14) {
		case 0, 1:
			r.Commit()
		case 2:
			r.Process()
			r.Kill("mid", random.Int32N(2))
		case 3:
			r.Commit()
			r.KillAll()
		case 4:
			r.Advance(time.Duration(random.IntN(3)) * 100 * time.Millisecond)
		case 5:
			r.Process()
		}
	}
	r.Commit()
	r.EndInput(time.Hour)
}

// disorder draws records named a to d of two keys, two milliseconds of every fifty, so that many have
// the same time, or the next.
func disorder(random *rand.Rand, n int) []given {
	at := pipeline.Time(1_000_000)
	var list []given
	for i := range n {
		if at += pipeline.Time(random.IntN(200)); random.IntN(30) == 0 {
			at += pipeline.Time(random.IntN(8000))
		}
		back := pipeline.Time(0)
		switch random.IntN(10) {
		case 0, 1, 2:
			back = pipeline.Time(random.IntN(900))
		case 3:
			back = pipeline.Time(random.IntN(6000))
		}
		g := given{[]string{"web", "call"}[random.IntN(2)], fmt.Sprint("k", random.IntN(2)), string(rune('a' + random.IntN(4))),
			(at-back)/50*50 + pipeline.Time(random.IntN(2)), fmt.Sprint("i", random.IntN(100)*100+i)}
		list = append(list, g)
		if len(list) > 5 && random.IntN(10) == 0 {
			list = append(list, list[len(list)-1-random.IntN(5)])
		}
	}
	return list
}

func sameLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s: %d lines, want %d: line %d: got %q, want %q", what, len(got), len(want), i, g, w)
			return
		}
	}
}
