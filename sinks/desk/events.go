package desk

import (
	"time"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/consume"
)

// Events hears what a desk does. Any func may be nil. They must not block.
type Events struct {
	// Events are those of every consumer.
	consume.Events
	// Answered is called for each answer: the route's pattern, the status, and how long it took.
	Answered func(route string, status int, took time.Duration)
	// Streams is called with how many streams are open, when that changes.
	Streams func(open int)
	// Wrote is called with each record that the broker has taken from this desk, valid during the call only.
	Wrote func(r schemas.Record)
	// Hooked is called with what became of each attempt to deliver to a webhook: delivered, failed or dead.
	Hooked func(webhook, outcome string)
	// Failed is called when something of ours did not work, such as writing to the broker.
	Failed func(what string, err error)
}

func (e *Events) answered(route string, status int, took time.Duration) {
	if e.Answered != nil {
		e.Answered(route, status, took)
	}
}

func (e *Events) streams(open int) {
	if e.Streams != nil {
		e.Streams(open)
	}
}

func (e *Events) failed(what string, err error) {
	if e.Failed != nil {
		e.Failed(what, err)
	}
}
