package patient

import (
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// lateness asks the windows whether they can still take the touchpoint. A late one is copied to the late
// topic with the names of those that cannot; persona and the other windows still take it. So no touchpoint
// is lost for being late, and whoever adds windows up knows what is missing.
type lateness struct {
	// patient has the steps with windows, which are made after this one.
	patient *patient
	// lates writes to the late topic.
	lates *emit.Rejecter
}

// Process asks each step with windows. It judges by the watermark that the touchpoint first met (Judged),
// so that one that had to wait for its shard is not late for that.
func (l *lateness) Process(ctx *pipeline.Context, j *person.Journey) error {
	if j.Touchpoint == nil {
		return nil
	}
	// Names are collected from all of them: a touchpoint may be too late for minutes and in time for hours.
	for _, w := range l.patient.judges {
		j.LateWindows = w.LateWindows(j.LateWindows, j.At, j.Judged)
	}
	if j.Late = len(j.LateWindows) > 0; j.Late {
		l.lates.Identified(ctx, j.Identified, emit.Problem{Reason: emit.ReasonLate, Detail: "occurred_at"}, schemas.Millis(j.Judged), j.LateWindows)
	}
	return nil
}
