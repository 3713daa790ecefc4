package desk

import (
	"cmp"
	"slices"

	"github.com/attune-health/attune/schemas"
)

// Bounds of lists that the store keeps of one contact and of one person.
const (
	maxDecisions       = 32
	maxPersonDecisions = 50
	maxSteps           = 24
)

// contact is what is kept of one contact ref. It is made of sets of which the newest are kept, so that it does not
// depend on the order in which partitions are read.
type contact struct {
	// Decisions, newest last.
	Decisions []entry `json:"decisions,omitempty"`
	// Steps of the call, by event time.
	Steps []step `json:"steps,omitempty"`
	// Updated is the broker's time of the newest record of it.
	Updated int64 `json:"updated"`
	// was is how the call stood when webhooks last heard of it.
	was call
}

// entry is a decision in a list.
type entry struct {
	Place
	ID string `json:"id"`
	// Key tells contacts apart that were given the same ref.
	Key string `json:"key,omitempty"`
	// Person is the decision's.
	Person string `json:"person,omitempty"`
}

// step is one touchpoint of a call.
type step struct {
	At     schemas.Millis    `json:"at"`
	Event  schemas.CallEvent `json:"event"`
	Queue  string            `json:"queue,omitempty"`
	Reason string            `json:"reason,omitempty"`
	ID     string            `json:"id"`
	Person string            `json:"person"`
	Epoch  int32             `json:"epoch"`
	// Seen is the broker's time.
	Seen int64 `json:"seen"`
}

// add takes a decision into a list of at most n, newest last.
func add(list []entry, e entry, n int) []entry {
	i, found := slices.BinarySearchFunc(list, e, func(a, b entry) int { return a.Compare(b.Place) })
	if found {
		return list
	}
	list = slices.Insert(list, i, e)
	return list[max(0, len(list)-n):]
}

func order(a, b step) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Event, b.Event), cmp.Compare(a.ID, b.ID))
}

// take takes a step. Of one that was forwarded to another owner the later word counts.
func (c *contact) take(s step) {
	if i := slices.IndexFunc(c.Steps, func(x step) bool { return x.ID == s.ID }); i >= 0 {
		old := c.Steps[i]
		if cmp.Or(cmp.Compare(old.Epoch, s.Epoch), cmp.Compare(old.Person, s.Person)) >= 0 {
			return
		}
		c.Steps = slices.Delete(c.Steps, i, i+1)
	}
	i, _ := slices.BinarySearchFunc(c.Steps, s, order)
	c.Steps = slices.Insert(c.Steps, i, s)
	c.Steps = c.Steps[max(0, len(c.Steps)-maxSteps):]
}

// call is how a call stands.
type call struct {
	// Status is unknown, self_service, waiting, answered or ended.
	Status string
	Queue  string
	// Began is the event time of the call's first step.
	Began schemas.Millis
	// Seen is the broker's time of the step that made the status.
	Seen int64
}

// The standings of a call.
const (
	statusUnknown  = "unknown"
	statusIVR      = "self_service"
	statusWaiting  = "waiting"
	statusAnswered = "answered"
	statusEnded    = "ended"
)

// call folds the steps. What comes after an end is another call with the same ref, unless it is the disposition.
func (c *contact) call() call {
	now := call{Status: statusUnknown}
	for _, s := range c.Steps {
		status := statusOf(s.Event)
		if status == "" {
			continue
		}
		if now.Status == statusEnded && status != statusEnded {
			now = call{}
		}
		if now.Began == 0 {
			now.Began = s.At
		}
		if status != now.Status {
			now.Status, now.Seen = status, s.Seen
		}
		now.Queue = cmp.Or(s.Queue, now.Queue)
	}
	return now
}

func statusOf(e schemas.CallEvent) string {
	switch e {
	case schemas.CallEventSelfService:
		return statusIVR
	case schemas.CallEventQueued, schemas.CallEventTransferred:
		return statusWaiting
	case schemas.CallEventAnswered:
		return statusAnswered
	case schemas.CallEventAbandoned, schemas.CallEventEnded, schemas.CallEventDisposition, schemas.CallEventCallbackRequested:
		return statusEnded
	}
	return ""
}

// live says whether somebody is on the phone, as far as is known.
func (c *contact) live() bool {
	switch c.call().Status {
	case statusIVR, statusWaiting, statusAnswered:
		return true
	}
	return false
}

// person is who calls: as the newest decision says, or else the newest step.
func (c *contact) person() string {
	if n := len(c.Decisions); n > 0 {
		return c.Decisions[n-1].Person
	}
	if n := len(c.Steps); n > 0 {
		return c.Steps[n-1].Person
	}
	return ""
}

// current are the decisions of the newest contact of the ref, newest last.
func (c *contact) current() []entry {
	n := len(c.Decisions)
	if n == 0 {
		return nil
	}
	var out []entry
	for _, e := range c.Decisions {
		if e.Key == c.Decisions[n-1].Key {
			out = append(out, e)
		}
	}
	return out
}

// forget drops what was said of a person up to a time of the broker.
func (c *contact) forget(person string, until int64) {
	c.Decisions = slices.DeleteFunc(c.Decisions, func(e entry) bool { return e.Person == person && e.Place.At <= until })
	c.Steps = slices.DeleteFunc(c.Steps, func(s step) bool { return s.Person == person && s.Seen <= until })
}

func (c *contact) empty() bool { return len(c.Decisions) == 0 && len(c.Steps) == 0 }
