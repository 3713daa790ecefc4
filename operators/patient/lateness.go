package patient

import (
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// lateness asks the windows whether they can still take the touchpoint. A late one is copied to the
// late topic with the names of those that cannot; persona and the other windows still take it.
type lateness struct {
	patient *patient
	lates   *emit.Rejecter
}

func (l *lateness) Process(ctx *pipeline.Context, j *person.Journey) error {
	if j.Touchpoint == nil {
		return nil
	}
	for _, w := range l.patient.judges {
		j.LateWindows = w.LateWindows(j.LateWindows, j.At, j.Judged)
	}
	if j.Late = len(j.LateWindows) > 0; j.Late {
		l.lates.Identified(ctx, j.Identified, emit.Problem{Reason: emit.ReasonLate, Detail: "occurred_at"}, schemas.Millis(j.Judged), j.LateWindows)
	}
	return nil
}
