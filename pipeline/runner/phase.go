package runner

import (
	"time"
)

type phase uint8

const (
	phaseProcess phase = iota
	phaseIdle
	phaseStalled
	phaseCommit
	phases
)

// phaseMeter divides a worker's wall time among its phases.
type phaseMeter struct {
	current phase
	at      time.Time
	spent   [phases]time.Duration
	records int64
}

func (m *phaseMeter) enter(p phase, now time.Time) {
	m.spent[m.current] += now.Sub(m.at)
	m.current, m.at = p, now
}

// take returns what was spent since the last time.
func (m *phaseMeter) take() Phases {
	p := Phases{m.spent[phaseIdle], m.spent[phaseProcess], m.spent[phaseStalled], m.spent[phaseCommit], m.records}
	m.spent, m.records = [phases]time.Duration{}, 0
	return p
}
