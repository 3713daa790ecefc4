package kafka

import (
	"sync/atomic"
	"time"
)

// clock compares ours with those of the brokers.
type clock struct {
	see atomic.Pointer[func(node int32, ahead time.Duration)]
}

// Clocks calls see for each answer that says when a broker took a batch: with how far its clock is ahead of ours at least,
// below 0 where it is behind, and 0 where both may be the same. It must be safe for concurrent use.
func (c *Cluster) Clocks(see func(node int32, ahead time.Duration)) { c.clock.see.Store(&see) }

// compare places the broker's time between the moments at which a batch was sent and its answer came.
func (c *clock) compare(node int32, sent, appended, got time.Time) {
	see := c.see.Load()
	if see == nil {
		return
	}
	// The broker's time has no fractions of a millisecond.
	sent = sent.Truncate(time.Millisecond)
	switch {
	case appended.Before(sent):
		(*see)(node, appended.Sub(sent))
	case appended.After(got):
		(*see)(node, appended.Sub(got))
	default:
		(*see)(node, 0)
	}
}
