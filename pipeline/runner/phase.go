package runner

import (
	"time"
)

// phase is what a worker spends its time on. The phases cover its whole wall time, so that their sum
// shows where it goes and nothing hides between them.
type phase uint8

const (
	// phaseProcess: in the tasks, with records, ticks and answers.
	phaseProcess phase = iota
	// phaseIdle: nothing to do; it waits for records.
	phaseIdle
	// phaseStalled: output is full, and the commit before is still with the broker.
	phaseStalled
	// phaseCommit: collecting what to commit. The commit's way to the broker is beside the loop, and
	// not in it.
	phaseCommit
	// phases is how many there are.
	phases
)

// phaseMeter divides a worker's wall time among its phases. Its worker's goroutine alone uses it.
type phaseMeter struct {
	// current is the phase that the worker is in since at; spent is the time in each since the last
	// report.
	current phase
	at      time.Time
	spent   [phases]time.Duration
	// records counts what was processed since the last report, broadcasts included.
	records int64
}

// enter ends the current phase and begins p. To enter the phase that is current is allowed, and brings
// its time up to date.
func (m *phaseMeter) enter(p phase, now time.Time) {
	m.spent[m.current] += now.Sub(m.at)
	m.current, m.at = p, now
}

// take returns what was spent since the last time, and begins anew. The phase that is current has to be
// entered before, or its time is missing.
func (m *phaseMeter) take() Phases {
	p := Phases{m.spent[phaseIdle], m.spent[phaseProcess], m.spent[phaseStalled], m.spent[phaseCommit], m.records}
	m.spent, m.records = [phases]time.Duration{}, 0
	return p
}
