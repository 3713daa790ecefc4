package identify

import "github.com/attune-health/attune/schemas"

// What a number of a source may be. A duration that a system took from two clocks, or over midnight, is
// negative; one absurd duration among thousands is the mean of a queue.
const (
	// maxDuration bounds what a call or a page takes.
	maxDuration = 24 * schemas.Hour
	// maxResults bounds what a search finds.
	maxResults = 1_000_000
	// MaxPriority is the highest of a contact center's own levels: aggregates have cells for each.
	MaxPriority = 15
	// A fact of the health record falls due within these of when it occurred.
	dueBefore, dueAfter = 2 * 366 * schemas.Day, 10 * 366 * schemas.Day
)

// numbers empties numbers of a body that cannot be: an empty one is 0, or none of its kind. The touchpoint is
// of use without them. Dispositions are kept like any other, with the sums that they can have.
func (d disclosure) numbers(t *schemas.Touchpoint) {
	switch b := &t.Body; b.Kind {
	case schemas.TouchpointBodyWeb:
		step(d, &b.Web.DwellMs, &b.Web.Results)
	case schemas.TouchpointBodyApp:
		step(d, &b.App.DwellMs, &b.App.Results)
	case schemas.TouchpointBodyCall:
		bound(d, &b.Call.Priority, 0, MaxPriority, 0, "priority")
		bound(d, &b.Call.WaitMs, 0, int64(maxDuration), 0, "wait_ms")
		bound(d, &b.Call.TalkMs, 0, int64(maxDuration), 0, "talk_ms")
		bound(d, &b.Call.SelfServiceMs, 0, int64(maxDuration), 0, "self_service_ms")
	case schemas.TouchpointBodyEhr:
		if b.Ehr.DueAt != 0 {
			bound(d, &b.Ehr.DueAt, t.OccurredAt-dueBefore, t.OccurredAt+dueAfter, 0, "due_at")
		}
	}
}

func step(d disclosure, dwell, results *int32) {
	bound(d, dwell, 0, int32(maxDuration), 0, "dwell_ms")
	bound(d, results, -1, maxResults, -1, "results")
}

// bound empties a number that is not between low and high, both included, and counts it.
func bound[N ~int32 | ~int64](d disclosure, v *N, low, high, empty N, field string) {
	if *v < low || *v > high {
		*v = empty
		d.ctx.Count(countBlanked, field)
	}
}
