package observe

import (
	"slices"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// LastResort recognises a call that is one: the patient has tried to find the answer online, and
// failed, before calling. It fires once in a contact, while it is in the voice menu or the queue: at
// its first touchpoint as a rule, later where the failed steps become known later (their touchpoints
// were slower than the call's, or a link has only now said whose they are). A contact that an agent
// has taken by then counts as one, but nothing fires.
type LastResort struct{}

// Process sets Journey.LastResort. What was said of a contact is kept with it, so that it is said once also
// over restarts and moves of shards.
func (LastResort) Process(_ *pipeline.Context, j *person.Journey) error {
	o := j.Contact
	if o == nil {
		return nil
	}
	steps := before(j.Failed, o.StartedAt)
	// The first time that failed steps are known. An agent who has answered has no use for a warning.
	if !o.LastResort && len(steps) > 0 {
		o.LastResort = true
		j.LastResort.Fired = !o.Answered && !o.Ended
		j.TouchContact(o)
	}
	// Steps are told with each touchpoint of the contact, as a link may have brought more.
	if j.LastResort.Active = o.LastResort; o.LastResort {
		j.LastResort.Steps = steps
	}
	return nil
}

// before returns the failed steps up to a contact's start, in the same list. Journey.Failed reaches back
// from the trigger, which is never much later than the start of a contact that is not answered yet.
func before(failed []schemas.FailedStep, start schemas.Millis) []schemas.FailedStep {
	n, _ := slices.BinarySearchFunc(failed, start+1, func(f schemas.FailedStep, at schemas.Millis) int { return int(f.At - at) })
	return failed[:n]
}
