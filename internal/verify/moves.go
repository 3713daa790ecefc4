package verify

import (
	"context"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// moves recomputes the way of shards from owner to owner. Everything that is sent to one person is
// in one partition, and its order alone decides whether the shard of a record was there when the
// record came, and if not, where it had gone. A record whose shard had gone was forwarded, so it
// must be there again for the new owner. A shard that was called for must have been sent.
type moves struct {
	homes map[home]*stay
	// By source record: whether INGEST's own copy of it is there.
	firsts map[position]bool
	// Copies of a source record, by whom they are for. true: judged before, so forwarded.
	there map[delivery]bool
	// Copies that an owner has forwarded.
	owed map[delivery]bool
	// Shards that arrived.
	sent map[transfer]bool
	// Shards that were called for where they were.
	called map[transfer]bool
	// Names of topics, each kept once.
	topics map[string]string
}

func newMoves() *moves {
	return &moves{homes: map[home]*stay{}, firsts: map[position]bool{}, there: map[delivery]bool{}, owed: map[delivery]bool{},
		sent: map[transfer]bool{}, called: map[transfer]bool{}, topics: map[string]string{}}
}

// home is a shard at one of its owners.
type home struct {
	person schemas.PersonRef
	shard  string
}

// stay is what is known of a shard at one owner.
type stay struct {
	home
	here bool
	// The move by which it came.
	epoch int32
	// The move by which it went, 0 while it is there.
	gone int32
	// Where it went.
	to schemas.PersonRef
	// What came before it.
	held []waiting
}

// delivery is one copy of a source record, with whom it is for.
type delivery struct {
	from   position
	person schemas.PersonRef
	epoch  int32
}

// transfer is a shard that arrives at an owner.
type transfer struct {
	home
	epoch int32
}

// waiting is a record as far as its way matters.
type waiting struct {
	// The move by which the shard must have come.
	epoch int32
	// It sends the shard on, by this move.
	move bool
	to   schemas.PersonRef
	from position
}

// take follows one record of attune.identified, and reports a copy that has been there before.
func (m *moves) take(id *schemas.Identified) (again bool) {
	switch s := m.at(id); id.Payload.Kind {
	case schemas.IdentifiedPayloadTouchpoint, schemas.IdentifiedPayloadConsent:
		d := delivery{m.source(id), s.person, id.Epoch}
		passedOn := id.JudgedBy >= 0
		if id.Payload.Kind == schemas.IdentifiedPayloadTouchpoint {
			m.firsts[d.from] = m.firsts[d.from] || !passedOn
		}
		_, again = m.there[d]
		m.there[d] = passedOn
		m.come(s, waiting{epoch: id.Epoch, from: d.from})
	case schemas.IdentifiedPayloadMoveShard:
		m.come(s, waiting{epoch: id.Epoch - 1, move: true, to: clone(id.Payload.MoveShard.To)})
	case schemas.IdentifiedPayloadShardMoved:
		m.sent[transfer{s.home, id.Epoch}] = true
		m.arrive(s, id.Epoch)
	}
	return again
}

func (m *moves) at(id *schemas.Identified) *stay {
	s := m.homes[home{id.PersonRef, id.Shard}]
	if s == nil {
		s = &stay{home: home{clone(id.PersonRef), clone(id.Shard)}}
		m.homes[s.home] = s
	}
	return s
}

func (m *moves) source(id *schemas.Identified) position {
	topic, ok := m.topics[id.SourceTopic]
	if !ok {
		topic = clone(id.SourceTopic)
		m.topics[topic] = topic
	}
	return position{topic, id.SourcePartition, id.SourceOffset}
}

// come is a record's arrival at a place where its shard is, has been, or is yet to come.
func (m *moves) come(s *stay, w waiting) {
	switch unheardOf := !s.here && s.gone == 0; {
	case s.gone > w.epoch && !w.move:
		m.owed[delivery{w.from, s.to, s.gone}] = true
	case s.gone > w.epoch:
	case s.here && s.epoch < w.epoch, !s.here && !(unheardOf && w.epoch == 0):
		s.held = append(s.held, w)
	case !w.move:
		s.here = true
	case s.epoch <= w.epoch:
		s.here, s.gone, s.to = false, w.epoch+1, w.to
		m.called[transfer{home{w.to, s.shard}, s.gone}] = true
	}
}

// arrive is a shard's own arrival: what waited for it is processed, and it goes on at once if it
// was called away before it came.
func (m *moves) arrive(s *stay, epoch int32) {
	if s.here || s.gone > epoch {
		return
	}
	s.here, s.epoch, s.gone = true, epoch, 0
	held := s.held
	s.held = nil
	for _, moving := range []bool{false, true} {
		for _, w := range held {
			if w.move == moving {
				m.come(s, w)
			}
		}
	}
}

// Moves verifies only what follows from the order of attune.identified.
func Moves(ctx context.Context, log Log) (*Report, error) {
	c := &checker{Run: &Run{}, moves: newMoves()}
	var id schemas.Identified
	err := log.Each(ctx, "attune.identified", func(r *pipeline.Record) error {
		if isControl(r) {
			return nil
		}
		if err := decode(r, &id); err != nil {
			return err
		}
		if c.moves.take(&id) {
			c.twice("attune.identified", c.record(c.moves.source(&id)), "is there twice, the second time at %s", place(r))
		}
		return nil
	})
	c.moved()
	return &c.report, err
}

// moved compares what must be there with what is there.
func (c *checker) moved() {
	const where = "attune.identified"
	m := c.moves
	for from, first := range m.firsts {
		if !first {
			c.lost(where, c.record(from), "was passed on, and is not there as it was sent first")
		}
	}
	for d := range m.owed {
		if _, ok := m.there[d]; !ok {
			c.lost(where, c.record(d.from), "was passed on after its shard and is not there for the owner by move %d", d.epoch)
		}
	}
	for d, passedOn := range m.there {
		if passedOn && !m.owed[d] {
			c.differ(where, c.record(d.from), "is there for the owner by move %d, and nobody has passed it on", d.epoch)
		}
	}
	for t := range m.called {
		if !m.sent[t] {
			c.lost(where, "person "+hashed(t.person), "did not get a shard by move %d", t.epoch)
		}
	}
	for t := range m.sent {
		if !m.called[t] {
			c.differ(where, "person "+hashed(t.person), "got a shard by move %d, which nobody was to send", t.epoch)
		}
	}
	for _, s := range m.homes {
		for _, w := range s.held {
			if w.move {
				c.lost(where, "person "+hashed(s.person), "is to send a shard by move %d and did not get it", w.epoch+1)
			} else {
				c.lost(where, c.record(w.from), "waits for its shard by move %d", w.epoch)
			}
		}
	}
}

// record names a source record by its place.
func (c *checker) record(from position) string {
	if id := c.placed[from]; id != "" {
		return "event " + id
	}
	return "record " + from.String()
}
