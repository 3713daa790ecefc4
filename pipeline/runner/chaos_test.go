package runner_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

var errInjected = errors.New("injected")

// randomFaults lets one request in every so many fail, half of them after they have taken effect.
func randomFaults(seed uint64, every int) pipelinetest.Fault {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 7))
	return func(pipelinetest.Request) (before, after error) {
		mu.Lock()
		defer mu.Unlock()
		if r.IntN(every) != 0 {
			return nil, nil
		}
		err := pipeline.Transient("injected", errInjected)
		if r.IntN(2) == 0 {
			return err, nil
		}
		return nil, err
	}
}

// TestRequestsFailAndProcessesDieThenOutputsAreStillExact runs two or three processes through
// faults, kills, expired sessions and rebalances, all drawn from the seed.
func TestRequestsFailAndProcessesDieThenOutputsAreStillExact(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			inBothModes(t, func(t *testing.T) { chaos(t, seed) })
		})
	}
}

func chaos(t *testing.T, seed uint64) {
	draw := rand.New(rand.NewPCG(seed, 2))
	p := &produced{b: newBroker(), rand: rand.New(rand.NewPCG(seed, 1)), sums: make(map[string]int)}
	names := []string{"one", "two", "three"}
	processes := make(map[string]*process)
	begin := func(name string) {
		processes[name] = start(t, p.b, name, func(c *runner.Config) { c.Standbys = int(seed % 3) })
		processes[name].client.Fault(randomFaults(seed+draw.Uint64N(1000), 25))
	}
	begin("one")
	begin("two")
	for range 40 {
		p.some(draw.IntN(50))
		<-time.After(time.Duration(draw.IntN(400)) * time.Millisecond)
		name := names[draw.IntN(len(names))]
		switch run := processes[name]; {
		case run == nil:
			begin(name)
		case draw.IntN(4) == 0 && len(processes) > 1:
			run.kill()
			p.b.Expire("g", name, 0)
			delete(processes, name)
		case draw.IntN(4) == 0:
			p.b.Expire("g", name, time.Duration(draw.IntN(2000))*time.Millisecond)
		case draw.IntN(4) == 0:
			p.b.Rebalance("g")
		case draw.IntN(6) == 0 && len(processes) > 1:
			run.client.Fault(nil)
			run.stop(t)
			delete(processes, name)
		}
	}
	for name, run := range processes {
		if name != "one" {
			run.client.Fault(nil)
			run.stop(t)
		}
	}
	if processes["one"] == nil {
		begin("one")
	}
	processes["one"].client.Fault(nil)
	processes["one"].drain(t)
	pass(10 * time.Second) // until the transactions that the dead left open have timed out, and hide no outputs
	p.check(t)
	processes["one"].stop(t)
}
