package join

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// given is a record of the tests, as text: "key at topic id payload". The id "-" is none.
type given struct {
	topic   string
	key     string
	at      pipeline.Time
	id      string
	payload string
}

func (g given) String() string {
	return fmt.Sprintf("%s %d %s %s %s", g.key, g.at, g.topic, g.id, g.payload)
}

func parseGiven(line string) (g given) {
	if _, err := fmt.Sscan(line, &g.key, &g.at, &g.topic, &g.id, &g.payload); err != nil {
		panic(fmt.Sprintf("%q: %v", line, err))
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

// joining is the processor of the tests.
type joining struct {
	take  func(ctx *pipeline.Context, g given) error
	timer func(ctx *pipeline.Context, t pipeline.Timer) error
}

func (j *joining) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	return j.take(ctx, parseGiven(string(r.Value)))
}

func (j *joining) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return j.timer(ctx, t) }

// rig is a meeting of topics one and two at a join.
type rig struct{ *enginetest.Meeting }

// newRig makes it; build gets the join's outputs out and refused.
func newRig(tb testing.TB, options pipelinetest.Options, build func(s *pipeline.Setup, out, refused pipeline.Output, j *joining) error) *rig {
	tb.Helper()
	return &rig{enginetest.Meet(tb, [2]string{"one", "two"}, options, func(s *pipeline.Setup) (enginetest.Operator, error) {
		j := &joining{}
		return j, build(s, s.Output("out"), s.Output("refused"), j)
	})}
}

func (r *rig) give(g given) { r.Give(g.topic, g.String()) }

// shake runs a stream through the rig.
func (r *rig) shake(random *rand.Rand, stream []given) {
	r.Shake(random.IntN, len(stream), func(i int) { r.give(stream[i]) }, 10*time.Minute)
}

// arrival is a record as the join met it: in this order, at these watermarks.
type arrival struct {
	given
	one, two pipeline.Time
}

// arrivals are those of one key.
func (r *rig) arrivals(key string) []arrival {
	var list []arrival
	for _, a := range r.Arrivals(key) {
		list = append(list, arrival{parseGiven(a.Line), a.First, a.Second})
	}
	return list
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

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
