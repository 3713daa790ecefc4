package patient

import (
	"testing"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
)

// repeated runs steps again and again, on a journey that the steps before them prepared.
type repeated struct {
	steps []Step
	runs  int
}

func (r *repeated) Process(ctx *pipeline.Context, j *person.Journey) error {
	for range r.runs {
		for _, s := range r.steps {
			if err := s.Process(ctx, j); err != nil {
				return err
			}
		}
	}
	return nil
}

// newDecisionStepper prepares a PATIENT task whose own steps run once a touchpoint and whose predict,
// decide and aggregate run as often as the benchmark says.
func newDecisionStepper(tb testing.TB, runs int) (*stepper, *repeated) {
	s := newSite(tb)
	c := s.config
	loop := new(repeated)
	s.topology.Roles[2].New = func(setup *pipeline.Setup) (pipeline.Processor, error) {
		p := newPatient(setup, &c.Config)
		chain, err := newChain(setup, &c.Config, p)
		if err != nil {
			return nil, err
		}
		n := len(chain) - 3
		loop.steps, loop.runs = chain[n:], 1
		p.setSteps(chain)
		p.steps = append(chain[:n:n], loop)
		return p, nil
	}
	const patients, warm = 500, 40
	st := &stepper{task: soloTask(tb, s, 2, c.Emit.Topics.Identified, 0), records: identifiedRecords(s, steadyTouchpoints(patients, warm+runs/patients+1))}
	for range patients * warm {
		st.step(tb)
	}
	return st, loop
}

// BenchmarkPredictDecideAggregate is the cost of the three steps for one touchpoint of a patient with
// a history, most of which change nothing.
func BenchmarkPredictDecideAggregate(b *testing.B) {
	const touchpoints, each = 20_000, 100 // beyond these the records would repeat, and be duplicates
	st, loop := newDecisionStepper(b, touchpoints)
	loop.runs = each
	b.ReportAllocs()
	cpu := startCPU()
	n := 0
	for b.Loop() {
		if n%each == 0 {
			if n/each == touchpoints {
				b.Fatal("too many iterations")
			}
			st.step(b)
		}
		n++
	}
	cpu.report(b)
}

func BenchmarkPatientWholeChain(b *testing.B) {
	const runs = 100_000
	st, _ := newDecisionStepper(b, runs)
	b.ReportAllocs()
	left := runs
	cpu := startCPU()
	for b.Loop() {
		if left == 0 {
			b.StopTimer()
			paused := cpuTime()
			st, _ = newDecisionStepper(b, runs)
			left = runs
			cpu.at += cpuTime() - paused
			b.StartTimer()
		}
		st.step(b)
		left--
	}
	cpu.report(b)
}

// TestPredictDecideAggregateAllocateNothing: where nothing changes, nothing is allocated.
func TestPredictDecideAggregateAllocateNothing(t *testing.T) {
	st, loop := newDecisionStepper(t, 1000)
	loop.runs = 200
	if n := testing.AllocsPerRun(20, func() { st.step(t) }); n > 2 {
		t.Errorf("got %v allocations in 200 runs of the steps", n)
	}
}
