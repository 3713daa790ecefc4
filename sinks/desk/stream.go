package desk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/attune-health/attune/schemas"
)

// slowClient is how long a write may take before its client is cut off. One that reads too slowly fills only the kernel's
// buffers. Tests have less patience.
const slowClient = 10 * time.Second

// Bounds of streams: how often one that is quiet says that it lives, how often the live room is told anew, and how many
// decisions are sent again.
const (
	heartbeat   = 15 * time.Second
	liveEvery   = 500 * time.Millisecond
	maxReplayed = 16
)

// stream writes Server-Sent Events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buf     bytes.Buffer
	// patience is slowClient.
	patience time.Duration
}

// newStream begins an answer that does not end: the server's write timeout does not count, and no proxy may hold it
// back.
func (srv *server) newStream(a *asked) (*stream, error) {
	s := &stream{w: a.w, control: http.NewResponseController(a.w), patience: srv.patience}
	h := a.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	h.Set("Cache-Control", "no-store, no-transform")
	// The read timeout would end the stream as well.
	if err := s.control.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	a.w.WriteHeader(http.StatusOK)
	// After it is cut off, a client comes back within half a second.
	s.buf.WriteString("retry: 500\n\n")
	return s, s.flush()
}

// event adds an event; flush sends what was added. Without an id a client's last one stays.
func (s *stream) event(name, id string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if id != "" {
		fmt.Fprintf(&s.buf, "id: %s\n", id)
	}
	fmt.Fprintf(&s.buf, "event: %s\ndata: %s\n\n", name, text)
	return nil
}

func (s *stream) flush() error {
	if err := s.control.SetWriteDeadline(time.Now().Add(s.patience)); err != nil {
		return err
	}
	defer s.buf.Reset()
	if _, err := s.w.Write(s.buf.Bytes()); err != nil {
		return err
	}
	if err := s.control.Flush(); err != nil {
		return err
	}
	// With HTTP/2 a deadline ends the stream when it passes, though nothing is being written.
	return s.control.SetWriteDeadline(time.Time{})
}

// contactEvents streams a contact: every decision once, in order, with its place as id; and after each change the
// snapshot, which is all that a page needs.
func (s *server) contactEvents(a *asked) error {
	ref, err := a.ref("contact_ref")
	if err != nil {
		return err
	}
	var last *Place
	if text := a.Header.Get("Last-Event-ID"); text != "" {
		at, err := ParsePlace(text)
		if err != nil {
			return badRequest("Last-Event-ID is an id that a stream of a desk gave.")
		}
		last = &at
	}
	w, end := s.desk.store.hub.wait(ref)
	defer end()
	f := &follower{server: s, asked: a, ref: ref, last: last}
	// The first look is before the answer begins, so that a read which cannot be written down is an error.
	if err := f.look(); err != nil {
		return err
	}
	if f.stream, err = s.newStream(a); err != nil {
		return err
	}
	s.streams.add(1)
	defer s.streams.add(-1)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if err := f.tell(); err != nil {
			return nil // the client has gone
		}
		select {
		case <-a.Context().Done():
			return nil
		case <-w.changed:
			if err := f.look(); err != nil {
				return nil
			}
		case <-beat.C:
			if err := f.beat(); err != nil {
				return nil
			}
		}
	}
}

// follower is one stream of a contact.
type follower struct {
	*server
	asked  *asked
	ref    string
	stream *stream
	// last is the newest decision that the client has; nil: it has asked for none.
	last *Place
	// What the last look found, and has not been told.
	missed []missed
	resync bool
	seen   *contactAnswer
	// person whose read is written down.
	person string
}

type missed struct {
	at       Place
	decision decisionAnswer
}

// look reads what has changed.
func (f *follower) look() error {
	v, err := f.answers.contact(f.ref, f.desk.Behind())
	if err != nil || v == nil {
		return err
	}
	if err := f.asked.seesContact(v); err != nil {
		return err
	}
	if v.PersonRef != f.person {
		if err := f.audit(f.asked, "stream", f.ref, v.PersonRef); err != nil {
			return err
		}
		f.person = v.PersonRef
	}
	f.seen, f.missed, f.resync = v, nil, false
	if f.last == nil {
		return f.catchUp(v)
	}
	var c contact
	if _, err := f.answers.store.load(key(keyContact, f.ref), &c); err != nil {
		return err
	}
	for _, e := range c.Decisions {
		if e.Compare(*f.last) <= 0 {
			continue
		}
		var d schemas.NextBestAction
		at, ok, err := f.answers.store.record(key(keyDecision, e.ID), &d)
		if err != nil {
			return err
		}
		if ok {
			f.missed = append(f.missed, missed{at, f.answers.decision(&d, at)})
		}
	}
	if len(f.missed) > maxReplayed {
		f.missed, f.resync = nil, true
		return f.catchUp(v)
	}
	return nil
}

// catchUp begins at what the snapshot shows.
func (f *follower) catchUp(v *contactAnswer) error {
	at := Place{}
	if v.EventID != "" {
		var err error
		if at, err = ParsePlace(v.EventID); err != nil {
			return err
		}
	}
	f.last = &at
	return nil
}

// tell sends what was found. A client that has missed more than is replayed is told to take the snapshot for all of it.
func (f *follower) tell() error {
	if f.seen == nil {
		return nil
	}
	if f.resync {
		if err := f.stream.event("resync", "", struct{}{}); err != nil {
			return err
		}
	}
	for _, m := range f.missed {
		if err := f.stream.event("decision", m.at.String(), m.decision); err != nil {
			return err
		}
		f.last = &m.at
	}
	id := ""
	if len(f.missed) == 0 {
		id = f.seen.EventID
	}
	if err := f.stream.event("contact", id, f.seen); err != nil {
		return err
	}
	f.seen, f.missed, f.resync = nil, nil, false
	return f.stream.flush()
}

// beat says that the desk is there, and how far behind it is: a page must not look current when it is not.
func (f *follower) beat() error {
	if err := f.stream.event("desk", "", f.desk.Behind()); err != nil {
		return err
	}
	return f.stream.flush()
}

// liveEvents streams the live room, at most twice a second.
func (s *server) liveEvents(a *asked) error {
	w, end := s.desk.store.hub.wait("")
	defer end()
	seen := map[string]bool{}
	v, err := s.roomFor(a, seen)
	if err != nil {
		return err
	}
	out, err := s.newStream(a)
	if err != nil {
		return err
	}
	s.streams.add(1)
	defer s.streams.add(-1)
	pace := time.NewTicker(liveEvery)
	defer pace.Stop()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if out.event("live", "", v) != nil || out.flush() != nil {
			return nil
		}
		select {
		case <-a.Context().Done():
			return nil
		case <-w.changed:
		case <-beat.C:
		}
		select {
		case <-a.Context().Done():
			return nil
		case <-pace.C:
		}
		if v, err = s.roomFor(a, seen); err != nil {
			return nil
		}
	}
}

// roomFor is the room, with every person in it written down who is new to this stream.
func (s *server) roomFor(a *asked, seen map[string]bool) (*liveAnswer, error) {
	v, err := s.room()
	if err != nil {
		return nil, err
	}
	v = v.of(a.caller)
	var fresh []string
	for _, ref := range v.persons() {
		if !seen[ref] {
			seen[ref] = true
			fresh = append(fresh, ref)
		}
	}
	return v, s.audit(a, "live", "", fresh...)
}

// roomCache shares one look at the live room among all who watch.
type roomCache struct {
	mu sync.Mutex
	at time.Time
	v  *liveAnswer
}

func (s *server) room() (*liveAnswer, error) {
	c := &s.rooms
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.v == nil || now.Sub(c.at) >= liveEvery/2 {
		v, err := s.answers.live(s.desk.Behind())
		if err != nil {
			return nil, err
		}
		c.v, c.at = v, now
	}
	return c.v, nil
}
