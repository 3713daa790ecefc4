//go:build soak

package oracle_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

var steadyFor = flag.Duration("steady", 48*time.Hour, "how much of a steady world TestSamePredictorReadsAtOnceOrInStepThenItIsAsGood reads")

var (
	stepOf     = flag.Duration("step", 10*time.Minute, "how much it sends before it waits, where it reads in step")
	steadySeed = flag.Int64("world", 11, "the seed of its steady world")
)

// steps cuts into n waves, the links of each before the rest. A link is sent once it is known, and a page later: within a
// wave, whose topics are sent side by side, it would be chance which comes first.
func steps(n int) func(*rand.Rand, []sentEvent) [][]sentEvent {
	return func(rnd *rand.Rand, events []sentEvent) (waves [][]sentEvent) {
		for _, wave := range parts(n)(rnd, events) {
			for _, w := range first(links)(rnd, wave) {
				if len(w) > 0 {
					waves = append(waves, w)
				}
			}
		}
		return waves
	}
}

// foretold says, by contact, whether the reason was.
type foretold map[string]bool

// compare returns the shares of contacts whose reason was foretold, and in how many the two differ.
func (p foretold) compare(other foretold) (share, otherShare float64, differ int) {
	for contact, right := range p {
		if right {
			share++
		}
		if other[contact] {
			otherShare++
		}
		if right != other[contact] {
			differ++
		}
	}
	n := float64(max(1, len(p)))
	return share / n, otherShare / n, differ
}

// TestSamePredictorReadsAtOnceOrInStepThenItIsAsGood reads one stream as a backlog and as it arrives, with a
// predictor that learns nothing: the taxonomy's priors. What it foretells rests on what came before each call,
// so that a backlog that is read in another order than that of time shows here. It runs for minutes:
//
//	go test -tags soak ./internal/oracle -run SamePredictor -v -steady 4h
func TestSamePredictorReadsAtOnceOrInStepThenItIsAsGood(t *testing.T) {
	in := input{"steady", 20_000, 1.5, *steadyFor, *steadySeed}
	inStep := in.foretold(t, order{arrange: steps(int(in.span / *stepOf))})
	atOnce := in.foretold(t, order{arrange: oneWave, backlog: 1})
	step, once, differ := inStep.compare(atOnce)
	t.Logf("top-1 in step %.4f, at once %.4f, of %d and %d contacts, of which %d differ", step, once, len(inStep), len(atOnce), differ)
	if len(inStep) < 1000 || math.Abs(step-once) > .005 {
		t.Errorf("top-1 differs by %.1f points, or says nothing: want half a point at most", 100*(step-once))
	}
}

// foretold reads the input in an order.
func (in input) foretold(t *testing.T, o order) foretold {
	t.Helper()
	s := newSite(t)
	s.config.Graph.Train.First = 1 << 40 // publishes nothing
	s.arrive(o, in.events(t, s.ids), rand.New(rand.NewPCG(1, 1)))
	f := foretold{}
	var e schemas.TrainingExample
	s.check(connect.Log{Cluster: s.cluster}.Each(s.ctx, schemas.TopicTrainingExamples, func(r *pipeline.Record) error {
		if err := schemas.DecodeWhole(&e, r.Value[5:]); err != nil || e.Predicted == "" {
			return err
		}
		f[strings.Clone(e.ContactRef.V)] = e.Predicted == e.Reason
		return nil
	}))
	for _, q := range s.processes {
		q.stop()
	}
	s.processes = nil
	return f
}
