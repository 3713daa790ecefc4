package simulation

import (
	"time"

	"github.com/attune-health/attune/pipeline"
)

// producerState is what the coordinator knows of a transactional id.
type producerState struct {
	id        string
	epoch     int
	txn       *txn // the last one, nil for none
	sequences map[pipeline.TopicPartition]int
}

// txn is one transaction. Its end is decided at once, but each partition, and the group's offsets,
// learn of it when their marker is written.
type txn struct {
	parts   []*txnPart
	group   bool // offsets may be added
	offsets []pipeline.OffsetCommit
	pending bool // offsets are not decided
	ended   bool
	left    int       // markers to be written
	outcome partState // as its producer ended it
	epoch   int       // of the producer that did
}

type txnPart struct {
	p     *partition
	state partState
}

type partState uint8

const (
	undecided partState = iota
	committed
	aborted
)

// active reports whether the producer has a transaction that takes more.
func (s *producerState) active() bool { return s.txn != nil && !s.txn.ended }

// ending reports whether markers of its last transaction are still to be written.
func (s *producerState) ending() bool { return s.txn != nil && s.txn.ended && s.txn.left > 0 }

// initialise fences other producers of the id and aborts what they left open.
func (c *cluster) initialise(id string) (epoch int, err error) {
	s := c.producers[id]
	if s == nil {
		s = &producerState{id: id}
		c.producers[id] = s
	}
	if s.ending() {
		return 0, codeConcurrentTransactions
	}
	s.epoch++
	s.sequences = make(map[pipeline.TopicPartition]int)
	if s.active() {
		c.end(s.txn, aborted)
		return 0, codeConcurrentTransactions
	}
	return s.epoch, nil
}

// check finds the producer of a request.
func (c *cluster) check(id string, epoch int) (*producerState, error) {
	s := c.producers[id]
	if s == nil {
		return nil, codeInvalidProducerMapping
	}
	if s.epoch != epoch {
		return nil, codeInvalidProducerEpoch
	}
	return s, nil
}

// begin returns the producer's open transaction, a new one where there is none.
func (c *cluster) begin(s *producerState, timeout time.Duration) (*txn, error) {
	if s.ending() {
		return nil, codeConcurrentTransactions
	}
	if s.active() {
		return s.txn, nil
	}
	t := &txn{}
	s.txn = t
	c.open = append(c.open, t)
	c.world.after(timeout+c.world.between(0, time.Second), func() { c.expire(s, t) })
	return t, nil
}

// expire aborts a transaction that has been open for too long, and fences its producer.
func (c *cluster) expire(s *producerState, t *txn) {
	if t.ended {
		return
	}
	c.world.met["transaction times out"]++
	c.world.note("transaction of %s times out", s.id)
	s.epoch++
	s.sequences = make(map[pipeline.TopicPartition]int)
	c.end(t, aborted)
}

func (t *txn) part(p *partition) *txnPart {
	for _, part := range t.parts {
		if part.p == p {
			return part
		}
	}
	return nil
}

func (t *txn) add(p *partition) *txnPart {
	part := t.part(p)
	if part == nil {
		part = &txnPart{p: p}
		t.parts = append(t.parts, part)
	}
	return part
}

// end decides a transaction. The markers are written one by one, in any order.
func (c *cluster) end(t *txn, state partState) {
	t.ended = true
	if state == aborted && len(t.parts) > 0 {
		c.world.met["aborted with records"]++
	}
	t.left = len(t.parts) + 1
	for _, part := range t.parts {
		c.world.after(c.world.latency(), func() {
			part.state = state
			part.p.entries = append(part.p.entries, entry{part: part, marker: true})
			c.marked(t)
		})
	}
	c.world.after(c.world.latency(), func() {
		t.pending = false
		if state == committed {
			for _, o := range t.offsets {
				c.offsets[o.TopicPartition] = o
			}
		}
		c.marked(t)
	})
}

func (c *cluster) marked(t *txn) {
	c.version++
	if t.left--; t.left > 0 {
		return
	}
	for i, o := range c.open {
		if o == t {
			c.open = append(c.open[:i], c.open[i+1:]...)
			break
		}
	}
}

// unstable reports whether an undecided transaction has offsets of one of the partitions.
func (c *cluster) unstable(tps []pipeline.TopicPartition) bool {
	for _, t := range c.open {
		if !t.pending {
			continue
		}
		for _, o := range t.offsets {
			for _, tp := range tps {
				if o.TopicPartition == tp {
					return true
				}
			}
		}
	}
	return false
}

// finish is EndTxn. Of version 2 it begins the next epoch.
func (c *cluster) finish(id string, epoch int, state partState, version2 bool) (int, error) {
	s := c.producers[id]
	if s == nil {
		return 0, codeInvalidProducerMapping
	}
	if version2 && s.epoch == epoch+1 && s.txn != nil && s.txn.outcome == state && s.txn.epoch == epoch {
		return s.epoch, nil // the answer was lost
	}
	if s.epoch != epoch {
		return 0, codeInvalidProducerEpoch
	}
	switch {
	case s.ending():
		return 0, codeConcurrentTransactions
	case s.txn == nil:
		return 0, codeInvalidTxnState
	case s.txn.ended:
		if s.txn.outcome == state {
			return s.epoch, nil
		}
		return 0, codeInvalidTxnState
	}
	s.txn.outcome, s.txn.epoch = state, epoch
	c.end(s.txn, state)
	if version2 {
		s.epoch++
		s.sequences = make(map[pipeline.TopicPartition]int)
	}
	return s.epoch, nil
}
