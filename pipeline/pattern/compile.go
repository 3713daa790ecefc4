package pattern

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

// Symbol stands for a name of a pattern, so that the record path compares numbers.
type Symbol uint8

// machine is a compiled sequence. A partial match is in one of its states; the state after the last
// is the match.
//
//	a then not b within 10m then c within 30m
//
//	 a ──► [0: waits 10m] ──10m passed──► [1: c within 30m] ──c──► match
//	            │ b                             │ 30m passed
//	            ▼                               ▼
//	           gone                            gone
type machine struct {
	// names are by symbol; the first is the first step's.
	names  []string
	states []machineState
	// print is a fingerprint of the text. State of another pattern is refused by it.
	print uint64
}

// machineState is a point of the sequence at which a partial match waits.
type machineState struct {
	// awaits is the symbol of the record that leads on; -1: the time is to pass.
	awaits int
	// forbids are the symbols that end the partial match, as bits.
	forbids uint64
	// within is how long the state lasts after its point, in milliseconds.
	within pipeline.Time
}

// maxSymbols is how many symbols there are bits for.
const maxSymbols = 64

// compile makes states of steps. A step with "not" and no time makes no state of its own: it forbids
// its name in the state of the next record that is awaited.
func compile(s *Sequence) (*machine, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	m := new(machine)
	m.symbol(s.Steps[0].Name)
	forbidden := uint64(0) // until the next record that is awaited
	for _, step := range s.Steps[1:] {
		bit := uint64(1) << m.symbol(step.Name)
		within := pipeline.Time(step.Within.Milliseconds())
		switch {
		case !step.Not:
			m.states = append(m.states, machineState{m.symbol(step.Name), forbidden, within})
			forbidden = 0
		case step.Within > 0:
			m.states = append(m.states, machineState{-1, forbidden | bit, within})
		default:
			forbidden |= bit
		}
	}
	h := fnv.New64a()
	fmt.Fprint(h, s) // never fails
	m.print = h.Sum64()
	return m, nil
}

// longest is how long after its first record a match may end, at most.
func (m *machine) longest() (all pipeline.Time) {
	for i := range m.states {
		all += m.states[i].within
	}
	return all
}

// symbol is the number of a name, a new one where it has none. There are at most maxSteps.
func (m *machine) symbol(name string) int {
	if i := slices.Index(m.names, name); i >= 0 {
		return i
	}
	m.names = append(m.names, name)
	return len(m.names) - 1
}
