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

// request is one request of one client. Client, caller, kind and detail identify it among those that park
// at one moment: two workers may well ask for the end of the same topic.
type request struct {
	client *client
	caller string // within the process
	kind   kind
	detail string
	ctx    context.Context
	run    func() error   // its effect
	ready  func() bool    // nil: at once; else the broker holds it until then
	hold   func(*request) // not nil: run has put it off, the broker answers by itself
	answer chan error
	handed bool // the answer is there
	fate   fate
}

// from names who asks.
func (r *request) from() string {
	if r.caller == "" {
		return r.client.name
	}
	return r.client.name + " " + r.caller
}

// compare orders the requests of one moment. None are equal: the order of those would be the scheduler's.
func (r *request) compare(o *request) int {
	return cmp.Or(cmp.Compare(r.client.id, o.client.id), cmp.Compare(r.caller, o.caller), cmp.Compare(r.kind, o.kind), cmp.Compare(r.detail, o.detail))
}

// admit draws the fate of every request that has parked, in an order that does not depend on the Go
// scheduler.
func (w *world) admit() {
	w.mu.Lock()
	parked := w.parked
	w.parked = nil
	w.mu.Unlock()
	slices.SortFunc(parked, (*request).compare)
	for i, r := range parked {
		if i > 0 && r.compare(parked[i-1]) == 0 {
			w.fail("nothing tells two requests apart: %s asks %s %s", r.from(), r.kind, r.detail)
		}
		r.fate = w.drawFate(r)
		w.note("%s asks %s %s", r.from(), r.kind, r.detail)
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
			w.note("%s again %s %s: %v", r.from(), r.kind, r.detail, r.run())
		})
	}
	err := r.run()
	if r.hold != nil {
		w.note("%s %s %s is held", r.from(), r.kind, r.detail)
		r.hold(r)
		return
	}
	switch r.fate.outcome {
	case lost:
		w.note("%s %s %s: %v, answer lost", r.from(), r.kind, r.detail, err)
		err = errCut
	case refusedAfter:
		err = cmp.Or(err, r.fate.err)
	}
	w.reply(r, err)
}

// reply sends an answer back to the client.
func (w *world) reply(r *request, err error) {
	if err != nil {
		w.met[err.Error()]++
	}
	if err != nil && r.fate.final {
		err = finalError{err}
	}
	w.note("%s %s %s: %v", r.from(), r.kind, r.detail, err)
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
	if !w.unpaused.Swap(false) && w.checked == w.cluster.version {
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
