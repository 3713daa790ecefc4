package runner

import (
	"testing"
	"time"
)

func TestPhasesSumToTheWallTime(t *testing.T) {
	at := time.UnixMilli(0)
	m := phaseMeter{at: at}
	for i, p := range []phase{phaseIdle, phaseProcess, phaseStalled, phaseCommit, phaseIdle} {
		at = at.Add(time.Duration(i+1) * time.Millisecond)
		m.enter(p, at)
	}
	p := m.take()
	if sum := p.Idle + p.Process + p.Stalled + p.Commit; sum != 15*time.Millisecond {
		t.Errorf("sum %v of %+v", sum, p)
	}
	if p != (Phases{Idle: 2 * time.Millisecond, Process: 4 * time.Millisecond, Stalled: 4 * time.Millisecond, Commit: 5 * time.Millisecond}) {
		t.Errorf("%+v", p)
	}
}
