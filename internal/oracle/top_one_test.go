package oracle_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// predicted is how often the reason of a contact was foretold, of the contacts for which one was.
type predicted struct{ right, of int }

func (p predicted) share() float64 { return float64(p.right) / float64(max(1, p.of)) }

// model is a record of the models topic.
type model struct{ key, value []byte }

// TestSamePredictorReadsAtOnceOrInStepThenItIsAsGood reads one stream as a backlog and as it arrives, with a
// model that was learned before and learns nothing more. What it foretells rests on what came before each call,
// so that a backlog that is read in another order than that of time shows here.
func TestSamePredictorReadsAtOnceOrInStepThenItIsAsGood(t *testing.T) {
	if !*allOrders {
		t.Skip("runs for minutes: -orders")
	}
	in := input{"steady", 20_000, 1.5, 48 * time.Hour}
	_, m := in.foretold(t, order{arrange: parts(48)}, model{})
	inStep, _ := in.foretold(t, order{arrange: parts(48)}, m)
	atOnce, _ := in.foretold(t, order{arrange: oneWave, backlog: 1}, m)
	t.Logf("top-1 in step %.4f of %d contacts, at once %.4f of %d", inStep.share(), inStep.of, atOnce.share(), atOnce.of)
	if inStep.of < 1000 || math.Abs(inStep.share()-atOnce.share()) > .005 {
		t.Errorf("top-1 differs by more than half a point, or says nothing: in step %+v, at once %+v", inStep, atOnce)
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
	var e schemas.TrainingExample
	s.check(log.Each(s.ctx, schemas.TopicTrainingExamples, func(r *pipeline.Record) error {
		if err := schemas.DecodeWhole(&e, r.Value[5:]); err != nil || e.Predicted == "" {
			return err
		}
		p.of++
		if e.Predicted == e.Reason {
			p.right++
		}
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
