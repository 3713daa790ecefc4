package join

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

// given is a record of the tests, as text: "one key at id payload", of the topics one and two, which
// are a channel each. "-" is nothing.
type given struct {
	topic   string
	key     string
	at      pipeline.Time
	id      string
	payload string
}

func (g given) String() string {
	return fmt.Sprintf("%s %s %d %s %s", g.topic, g.key, g.at, g.id, g.payload)
}

func parseGiven(b []byte) (g given) {
	if _, err := fmt.Sscan(string(b), &g.topic, &g.key, &g.at, &g.id, &g.payload); err != nil {
		panic(fmt.Sprintf("%q: %v", b, err))
	}
	return g
}

func (g given) record() Record {
	r := Record{Key: []byte(g.key), At: g.at, Payload: []byte(g.payload)}
	if g.id != "-" {
		r.ID = []byte(g.id)
	}
	return r
}

const (
	channelOne = pipeline.Channels(1)
	channelTwo = pipeline.Channels(2)
)

// joining is the processor of the tests. It notes the watermarks that each record met, as an oracle
// needs them.
type joining struct {
	take  func(ctx *pipeline.Context, g given) error
	timer func(ctx *pipeline.Context, t pipeline.Timer) error
	marks map[place][2]pipeline.Time
}

type place struct {
	partition int32
	offset    int64
}

func (j *joining) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	one, _ := ctx.Watermark(channelOne)
	two, _ := ctx.Watermark(channelTwo)
	j.marks[place{r.Partition, r.Offset}] = [2]pipeline.Time{one, two}
	return j.take(ctx, parseGiven(r.Value))
}

func (j *joining) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return j.timer(ctx, t) }

// splitting sends records on by key and observes their time.
type splitting struct{ mid pipeline.Output }

func (s splitting) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	g := parseGiven(r.Value)
	ctx.ObserveEventTime(g.at)
	ctx.Emit(s.mid, []byte(g.key), r.Value)
	return nil
}

// rig is a topology of two topics whose records meet in mid, where a join works.
type rig struct {
	*pipelinetest.Driver
	marks map[place][2]pipeline.Time
}

// newRig makes it; build gets the join's outputs out and refused.
func newRig(tb testing.TB, options pipelinetest.Options, build func(s *pipeline.Setup, out, refused pipeline.Output, j *joining) error) *rig {
	tb.Helper()
	marks := map[place][2]pipeline.Time{}
	topology := &pipeline.Topology{
		Name: "joins",
		Channels: []pipeline.Channel{
			{Name: "one", OutOfOrderness: 300, IdleAfter: 20_000}, {Name: "two", OutOfOrderness: 800, IdleAfter: 30_000},
		},
		Roles: []pipeline.Role{
			{
				Name: "split", Sources: []pipeline.Source{{Topic: "one", Channel: 0}, {Topic: "two", Channel: 1}}, WatermarksTo: "mid",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) { return splitting{s.Output("mid")}, nil },
			},
			{
				Name: "join", Sources: []pipeline.Source{{Topic: "mid", Carried: true}}, Changelog: "changelog",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					j := &joining{marks: marks}
					return j, build(s, s.Output("out"), s.Output("refused"), j)
				},
			},
		},
	}
	options.Partitions = map[string]int32{"one": 1, "two": 1, "mid": 2}
	return &rig{pipelinetest.New(tb, topology, options), marks}
}

func (r *rig) give(g given) { r.ProduceTo(g.topic, 0, nil, []byte(g.String())) }

// arrival is a record as the join met it: in this order, at these watermarks.
type arrival struct {
	given
	one, two pipeline.Time
}

// arrivals are those of one key.
func (r *rig) arrivals(key string) []arrival {
	var list []arrival
	for _, rec := range r.ReadAll("mid") {
		if g := parseGiven(rec.Value); g.key == key {
			m := r.marks[place{rec.Partition, rec.Offset}]
			list = append(list, arrival{g, m[0], m[1]})
		}
	}
	return list
}

// lines are the values of a topic that begin with a key, in order.
func (r *rig) lines(topic, key string) []string {
	var list []string
	for _, rec := range r.ReadAll(topic) {
		if line := string(rec.Value); strings.HasPrefix(line, key+" ") {
			list = append(list, line)
		}
	}
	return list
}

// shake runs a stream through the rig with commits, ticks and kills anywhere, and ends the input.
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
	r.EndInput(10 * time.Minute)
}

// disorder draws a stream of both topics over three keys: mostly in order, some behind, some far
// behind, some twice, and gaps in which time runs ahead.
func disorder(random *rand.Rand, n int, payload func(*rand.Rand, string) string) []given {
	at := pipeline.Time(1_000_000)
	var list []given
	for i := range n {
		if at += pipeline.Time(random.IntN(250)); random.IntN(25) == 0 {
			at += pipeline.Time(random.IntN(8000))
		}
		back := pipeline.Time(0)
		switch random.IntN(10) {
		case 0, 1, 2:
			back = pipeline.Time(random.IntN(900))
		case 3:
			back = pipeline.Time(random.IntN(9000))
		}
		topic := []string{"one", "two"}[random.IntN(2)]
		g := given{topic, fmt.Sprint("k", random.IntN(3)), (at-back)/50*50 + pipeline.Time(random.IntN(2)), fmt.Sprint("i", i), payload(random, topic)}
		if random.IntN(5) == 0 {
			g.id = "-"
		}
		list = append(list, g)
		if len(list) > 5 && random.IntN(10) == 0 {
			list = append(list, list[len(list)-1-random.IntN(5)])
		}
	}
	return list
}

// sameLines compares two lists.
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
			t.Errorf("%s: %d of %d, want %d: line %d: got %q, want %q", what, len(got), len(want), len(want), i, g, w)
			return
		}
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
