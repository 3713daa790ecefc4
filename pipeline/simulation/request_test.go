package simulation

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// kind names a request to the brokers.
type kind string

const (
	initProducer    kind = "init-producer"
	addPartitions   kind = "add-partitions"
	addOffsets      kind = "add-offsets"
	produce         kind = "produce"
	commitTxnOffset kind = "txn-offset-commit"
	endTxn          kind = "end-txn"
	commitOffset    kind = "offset-commit"
	fetchOffsets    kind = "offset-fetch"
	listOffsets     kind = "list-offsets"
	fetch           kind = "fetch"
	joinGroup       kind = "join-group"
	leaveGroup      kind = "leave-group"
)

// coordinated reports whether a coordinator answers, which may be loading or moving.
func (k kind) coordinated() bool {
	return k != produce && k != listOffsets && k != fetch
}

// request is one request of one client. Client, kind and detail identify it among those that park at
// one moment. Requests that are alike in that (two workers that ask for the end of a topic) share
// one fate, so that it does not matter which is which.
type request struct {
	client *client
	kind   kind
	detail string
	ctx    context.Context
	run    func() error   // its effect
	ready  func() bool    // nil: at once; else the broker holds it until then
	hold   func(*request) // not nil: run has put it off, the broker answers by itself
	answer chan error
	handed bool // the answer is there
	fate   fate
	twins  []*request
}

// admit draws the fate of every request that has parked, in an order that does not depend on the Go
// scheduler.
func (w *world) admit() {
	w.mu.Lock()
	parked := w.parked
	w.parked = nil
	w.mu.Unlock()
	slices.SortStableFunc(parked, func(a, b *request) int {
		return cmp.Or(cmp.Compare(a.client.id, b.client.id), cmp.Compare(a.kind, b.kind), cmp.Compare(a.detail, b.detail))
	})
	for i := 0; i < len(parked); {
		r := parked[i]
		for i++; i < len(parked) && parked[i].client == r.client && parked[i].kind == r.kind && parked[i].detail == r.detail; i++ {
			r.twins = append(r.twins, parked[i])
		}
		r.fate = w.drawFate(r)
		w.note("%s asks %s %s", r.client.name, r.kind, r.detail)
		w.after(r.fate.out, func() { w.arrive(r) })
	}
}

// abandoned reports whether nobody waits for the answer any more.
func (r *request) abandoned() bool { return r.client.dead || r.ctx.Err() != nil }

// arrive is the moment at which a request reaches the brokers, or does not.
func (w *world) arrive(r *request) {
	c := r.client
	switch {
	case r.abandoned() && (r.kind == fetch || r.kind == joinGroup || r.kind == produce && w.settings.AtLeastOnce || !r.fate.onWire):
		return
	case !c.dead && c.frozen() && !r.fate.onWire:
		w.after(time.Until(c.thaw)+r.fate.out, func() { w.arrive(r) })
		return
	}
	if r.ready != nil && !r.ready() {
		w.held = append(w.held, r)
		return
	}
	outcome := r.fate.outcome
	w.met[outcome.String()]++
	if r.abandoned() {
		w.met["request arrives late"]++
	}
	if e := w.cluster.unavailable(r); e != nil && outcome != dropped {
		w.reply(r, e)
		return
	}
	switch outcome {
	case dropped:
		w.reply(r, errCut)
	case refused:
		w.reply(r, r.fate.err)
	default:
		w.execute(r)
	}
}

// execute lets a request take effect.
func (w *world) execute(r *request) {
	if r.fate.outcome == twice {
		w.after(r.fate.again, func() {
			w.note("%s again %s %s: %v", r.client.name, r.kind, r.detail, r.run())
		})
	}
	for _, one := range append([]*request{r}, r.twins...) {
		err := one.run()
		if one.hold != nil {
			w.note("%s %s %s is held", one.client.name, one.kind, one.detail)
			one.hold(one)
			continue
		}
		switch r.fate.outcome {
		case lost:
			w.note("%s %s %s: %v, answer lost", one.client.name, one.kind, one.detail, err)
			err = errCut
		case refusedAfter:
			err = cmp.Or(err, r.fate.err)
		}
		w.replyOne(one, err)
	}
}

func (w *world) reply(r *request, err error) {
	w.replyOne(r, err)
	for _, t := range r.twins {
		w.replyOne(t, err)
	}
}

// replyOne sends an answer back to the client.
func (w *world) replyOne(r *request, err error) {
	if err != nil {
		w.met[err.Error()]++
	}
	if err != nil && r.fate.final {
		err = finalError{err}
	}
	w.note("%s %s %s: %v", r.client.name, r.kind, r.detail, err)
	w.after(r.fate.back, func() { w.hand(r, err) })
}

// hand gives an answer to the client.
func (w *world) hand(r *request, err error) {
	if c := r.client; !c.dead && c.frozen() {
		w.after(time.Until(c.thaw)+r.fate.back, func() { w.hand(r, err) })
		return
	}
	r.handed = true
	r.answer <- err
}

// release looks through the held requests whenever something has changed at the brokers.
func (w *world) release() {
	if w.checked == w.cluster.version {
		return
	}
	w.checked = w.cluster.version
	w.held = slices.DeleteFunc(w.held, func(r *request) bool {
		if r.abandoned() {
			return true
		}
		if !r.ready() {
			return false
		}
		w.after(r.fate.out, func() { w.arrive(r) })
		return true
	})
}
