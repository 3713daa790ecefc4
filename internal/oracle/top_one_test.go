package oracle_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

var steadyFor = flag.Duration("steady", 48*time.Hour, "how much of a steady world TestSamePredictorReadsAtOnceOrInStepThenItIsAsGood reads")

// predicted is, by contact, whether its reason was foretold, and by which version of the model.
type predicted map[string]foretelling

type foretelling struct {
	right   bool
	version string
}

// compare returns the shares of contacts whose reason was foretold, of those that were foretold by one version in both readings.
func (p predicted) compare(other predicted, version string) (share, otherShare float64, of int) {
	for contact, f := range p {
		g := other[contact]
		if f.version != version || g.version != version {
			continue
		}
		of++
		if f.right {
			share++
		}
		if g.right {
			otherShare++
		}
	}
	n := float64(max(1, of))
	return share / n, otherShare / n, of
}

// model is a record of the models topic.
type model struct{ key, value []byte }

// TestSamePredictorReadsAtOnceOrInStepThenItIsAsGood reads one stream as a backlog and as it arrives, with a
// model that was learned before and learns nothing more. What it foretells rests on what came before each call,
// so that a backlog that is read in another order than that of time shows here.
func TestSamePredictorReadsAtOnceOrInStepThenItIsAsGood(t *testing.T) {
	if !*allOrders {
		t.Skip("runs for minutes: -orders")
	}
	in := input{"steady", 20_000, 1.5, *steadyFor}
	waves := int(in.span / time.Hour)
	_, m := in.foretold(t, order{arrange: parts(waves)}, model{})
	var learned schemas.Model
	if err := schemas.DecodeWhole(&learned, m.value[5:]); err != nil {
		t.Fatal(err)
	}
	inStep, _ := in.foretold(t, order{arrange: parts(waves)}, m)
	atOnce, _ := in.foretold(t, order{arrange: oneWave, backlog: 1}, m)
	step, once, of := inStep.compare(atOnce, learned.Version)
	t.Logf("top-1 in step %.4f, at once %.4f, of %d contacts; all were %d and %d", step, once, of, len(inStep), len(atOnce))
	if of < 1000 || math.Abs(step-once) > .005 {
		t.Error("top-1 differs by more than half a point, or says nothing")
	}
}

// foretold reads the input in an order. With a model, that one predicts all of it; without one it is learned.
// The last model is returned.
func (in input) foretold(t *testing.T, o order, with model) (p predicted, last model) {
	t.Helper()
	s := newSite(t)
	if with.value != nil {
		s.config.Graph.Train.First = 1 << 40
		s.publish(with)
	}
	s.arrive(o, in.events(t, s.ids), rand.New(rand.NewPCG(1, 1)))
	log := connect.Log{Cluster: s.cluster}
	p = predicted{}
	var e schemas.TrainingExample
	s.check(log.Each(s.ctx, schemas.TopicTrainingExamples, func(r *pipeline.Record) error {
		if err := schemas.DecodeWhole(&e, r.Value[5:]); err != nil || e.Predicted == "" {
			return err
		}
		p[strings.Clone(e.ContactRef.V)] = foretelling{e.Predicted == e.Reason, strings.Clone(e.ModelVersion)}
		return nil
	}))
	s.check(log.Each(s.ctx, schemas.TopicModels, func(r *pipeline.Record) error {
		if r.Value != nil {
			last = model{slices.Clone(r.Key), slices.Clone(r.Value)}
		}
		return nil
	}))
	for _, q := range s.processes {
		q.stop()
	}
	s.processes = nil
	return p, last
}

// publish writes a model before anybody reads.
func (s *site) publish(m model) {
	s.Helper()
	p := s.cluster.NewProducer(pipeline.ProducerConfig{})
	defer p.Close()
	s.check(p.Init(s.ctx))
	s.check(p.Append(&pipeline.OutRecord{Topic: schemas.TopicModels, Key: m.key, Value: m.value}))
	s.check(p.Seal(nil).Commit(s.ctx, nil))
}
