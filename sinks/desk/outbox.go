package desk

import (
	"context"
	"errors"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// source is the CloudEvents source of what a desk writes.
const source = "attune-desk"

// Bounds of writing: how many answers share one request to the broker, how many may wait, and how long.
const (
	maxPostings = 256
	maxWaiting  = 4096
	sendTimeout = 10 * time.Second
)

// outbox writes to the broker for all answers: what comes while a request is under way goes with the next one.
type outbox struct {
	// opened is closed once there is a broker: cluster and ids are there from then on.
	opened   chan struct{}
	cluster  pipeline.Cluster
	ids      schemas.IDs
	wrote    func(schemas.Record)
	postings chan *posting
	stopped  chan struct{}
}

// posting is the records of one answer.
type posting struct {
	letters []letter
	// done gets the outcome, once.
	done chan error
}

// letter is one record on its way.
type letter struct {
	topic, key, id string
	at             schemas.Millis
	record         schemas.Record
}

func newOutbox(wrote func(schemas.Record)) *outbox {
	return &outbox{opened: make(chan struct{}), wrote: wrote, postings: make(chan *posting, maxWaiting), stopped: make(chan struct{})}
}

// open gives the outbox a broker, once.
func (o *outbox) open(cluster pipeline.Cluster, ids schemas.IDs) {
	o.cluster, o.ids = cluster, ids
	close(o.opened)
}

var (
	errStopping = errors.New("the desk is stopping")
	// errNoBroker: nobody is to wait for a broker that has not answered since the start.
	errNoBroker = errors.New("no answer of Kafka since the desk started")
)

// send returns when the broker has all letters, or will not take them.
func (o *outbox) send(ctx context.Context, letters ...letter) error {
	select {
	case <-o.opened:
	default:
		return errNoBroker
	}
	p := &posting{letters: letters, done: make(chan error, 1)}
	select {
	case o.postings <- p:
	case <-o.stopped:
		return errStopping
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-p.done:
		return err
	case <-o.stopped:
		return errStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run writes until ctx ends.
func (o *outbox) run(ctx context.Context) (err error) {
	defer close(o.stopped)
	var w *sources.Writer
	defer func() {
		if w != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	for {
		var batch []*posting
		select {
		case <-ctx.Done():
			return nil
		case p := <-o.postings:
			batch = append(batch, p)
		}
		for len(batch) < maxPostings && len(o.postings) > 0 {
			batch = append(batch, <-o.postings)
		}
		sendErr := o.post(ctx, &w, batch)
		if sendErr != nil && w != nil {
			// Its state is not known: the next one begins anew.
			_ = w.Close()
			w = nil
		}
		for _, p := range batch {
			p.done <- sendErr
		}
	}
}

func (o *outbox) post(ctx context.Context, w **sources.Writer, batch []*posting) (err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if *w == nil {
		if *w, err = sources.NewWriter(ctx, o.cluster, o.ids, source); err != nil {
			*w = nil
			return err
		}
	}
	now := pipeline.Time(time.Now().UnixMilli())
	for _, p := range batch {
		for _, l := range p.letters {
			e := sources.Event{Topic: l.topic, Key: []byte(l.key), ID: l.id, OccurredAt: l.at, Value: (*w).Frame(l.topic, l.record)}
			if err := (*w).Append(&e, now); err != nil {
				return err
			}
		}
	}
	if err := (*w).Flush(ctx); err != nil {
		return err
	}
	for _, p := range batch {
		for _, l := range p.letters {
			o.wrote(l.record)
		}
	}
	return nil
}
