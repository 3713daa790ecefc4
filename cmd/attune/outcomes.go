package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// responder stands in for the contact center in a demo: it reports outcomes of actions.
type responder struct {
	mu       sync.Mutex
	source   *source
	sent     []schemas.ActionOutcome
	contacts map[string]bool // answered: an outcome may cause the next action, which is not answered again
	stopped  bool
	err      error
}

func newResponder(ctx context.Context, cluster *kafka.Cluster, ids schemas.IDs) (*responder, error) {
	s, err := newSource(ctx, cluster, ids, "contact-center")
	if err != nil {
		return nil, err
	}
	return &responder{source: s, contacts: map[string]bool{}}, nil
}

// answer reports the outcome of the first action of a contact.
func (r *responder) answer(d *schemas.NextBestAction, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || d.Cancelled || !d.ContactRef.OK || r.contacts[d.ContactRef.V] {
		return
	}
	r.contacts[strings.Clone(d.ContactRef.V)] = true
	o := journeys.Respond(d)
	value := schemas.AppendFramed(nil, r.source.ids[schemas.TopicActionOutcomes], &o)
	err := r.source.raw(schemas.TopicActionOutcomes, []byte(o.PersonRef.Reveal()), value, o.EventID, o.OccurredAt, pipeline.Time(now.UnixMilli()))
	r.err = errors.Join(r.err, err)
	r.sent = append(r.sent, o.Clone())
}

func (r *responder) flush(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	r.err = r.source.flush(context.WithoutCancel(ctx))
	return r.err
}

// stop ends the answers and returns all of them.
func (r *responder) stop() ([]schemas.ActionOutcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	if r.err == nil {
		r.err = r.source.flush(context.Background())
	}
	return r.sent, r.err
}
