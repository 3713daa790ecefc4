package pattern

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// given is a record of the tests, as text: "key at name id". Its topic is web or call. The id "-" is none.
type given struct {
	topic, key, name string
	at               pipeline.Time
	id               string
}

func (g given) String() string { return fmt.Sprintf("%s %d %s %s", g.key, g.at, g.name, g.id) }

func parseGiven(line string) (g given) {
	if _, err := fmt.Sscan(line, &g.key, &g.at, &g.name, &g.id); err != nil {
		panic(fmt.Sprintf("%q: %v", line, err))
	}
	return g
}

// matching is the processor of the tests.
type matching struct {
	matcher      *Matcher
	out, refused pipeline.Output
}

func (p *matching) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	g := parseGiven(string(r.Value))
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

// rig is a meeting of topics web and call at a matcher.
type rig struct{ *enginetest.Meeting }

func newRig(tb testing.TB, c Config, options pipelinetest.Options) *rig {
	tb.Helper()
	c.Name, c.TimerKind = "seq", 3
	return &rig{enginetest.Meet(tb, [2]string{"web", "call"}, options, func(s *pipeline.Setup) (enginetest.Operator, error) {
		p := &matching{out: s.Output("out"), refused: s.Output("refused")}
		var err error
		p.matcher, err = New(s, c, p.emit, p.refuse)
		return p, err
	})}
}

func (r *rig) give(g given) { r.Give(g.topic, g.String()) }

// shake runs a stream through the rig.
func (r *rig) shake(random *rand.Rand, stream []given) {
	r.Shake(random.IntN, len(stream), func(i int) { r.give(stream[i]) }, time.Hour)
}

// arrival is a record as the matcher met it.
type arrival struct {
	given
	mark pipeline.Time
}

// arrivals are those of one key.
func (r *rig) arrivals(key string) []arrival {
	var list []arrival
	for _, a := range r.Arrivals(key) {
		list = append(list, arrival{parseGiven(a.Line), a.All})
	}
	return list
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
