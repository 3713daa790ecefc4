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
// so that one that had to wait for its shard is not late for that. Only where a window is kept no longer does
// the wait make it late after all.
func (l *lateness) Process(ctx *pipeline.Context, j *person.Journey) error {
	if j.Touchpoint == nil {
		return nil
	}
	problem, by := emit.Problem{Reason: emit.ReasonLate, Detail: emit.DetailLate}, j.Judged
	// Names are collected from all of them: a touchpoint may be too late for minutes and in time for hours.
	for _, w := range l.patient.judges {
		var gone bool
		j.LateWindows, gone = w.LateWindows(ctx, j.LateWindows, j.Touchpoint.Channel, j.At, j.Judged)
		if gone {
			problem.Detail, by = emit.DetailGone, max(by, l.mark(ctx, j.Touchpoint.Channel))
		}
	}
	if j.Late = len(j.LateWindows) > 0; j.Late {
		l.lates.Identified(ctx, j.Identified, problem, schemas.Millis(by), j.LateWindows)
	}
	return nil
}

// mark is the watermark by which windows of a channel, or of all channels of patients, are gone.
func (l *lateness) mark(ctx *pipeline.Context, c schemas.Channel) pipeline.Time {
	own, _ := ctx.Watermark(person.ChannelBit(c))
	all, _ := ctx.Watermark(person.AllTouch)
	return max(own, all)
}
