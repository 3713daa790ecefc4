package demo

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/desk"
	"github.com/attune-health/attune/sources"
)

// responder plays the contact center in a demo: it reports outcomes of actions.
type responder struct {
	mu     sync.Mutex
	writer *sources.Writer
	sent   []schemas.ActionOutcome
	// Answered: an outcome may cause the next action, which is not answered again.
	contacts map[string]bool
	stopped  bool
	err      error
}

func newResponder(ctx context.Context, cluster *kafka.Cluster, ids schemas.IDs) (*responder, error) {
	w, err := sources.NewWriter(ctx, cluster, ids, "contact-center")
	if err != nil {
		return nil, exit.Unavailable(err)
	}
	return &responder{writer: w, contacts: map[string]bool{}}, nil
}

// answer reports the outcome of the first action of a contact.
func (r *responder) answer(d *schemas.NextBestAction, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || d.Cancelled || d.ContactKey == "" || r.contacts[d.ContactKey] {
		return
	}
	r.contacts[strings.Clone(d.ContactKey)] = true
	o := journeys.Respond(d)
	e := sources.Event{Topic: schemas.TopicActionOutcomes, Key: []byte(o.PersonRef.Reveal()), ID: o.EventID, OccurredAt: o.OccurredAt, Value: r.writer.Frame(schemas.TopicActionOutcomes, &o)}
	err := r.writer.Append(&e, pipeline.Time(now.UnixMilli()))
	r.err = errors.Join(r.err, err)
	r.sent = append(r.sent, o.Clone())
}

func (r *responder) flush(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	r.err = r.writer.Flush(context.WithoutCancel(ctx))
	return r.err
}

// answered is how many actions were answered until now.
func (r *responder) answered() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sent)
}

// stop ends the answers and returns all of them.
func (r *responder) stop() ([]schemas.ActionOutcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	if r.err == nil {
		r.err = r.writer.Flush(context.Background())
	}
	return r.sent, r.err
}

// watchDesk counts what somebody reports at the demo's own desk.
func (r *responder) watchDesk(c *desk.Config) {
	c.Events.Wrote = func(v schemas.Record) {
		if o, ok := v.(*schemas.ActionOutcome); ok {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.sent = append(r.sent, o.Clone())
		}
	}
}
