package consume

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// Pauses waits longer each time, with jitter so that processes do not return all at once. It never gives up by
// itself.
type Pauses struct{ b *backoff.ExponentialBackOff }

// NewPauses returns pauses that begin at least and grow up to most.
func NewPauses(least, most time.Duration) *Pauses {
	return &Pauses{backoff.NewExponentialBackOff(backoff.WithInitialInterval(least), backoff.WithMaxInterval(most), backoff.WithMaxElapsedTime(0))}
}

// Wait returns nil after the pause, or the context's error.
func (p *Pauses) Wait(ctx context.Context) error {
	timer := time.NewTimer(p.b.NextBackOff())
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reset makes the next pause the shortest again. Call it after a success.
func (p *Pauses) Reset() { p.b.Reset() }

func (c *Consumer) pauses() *Pauses { return NewPauses(c.cfg.RetryMin, c.cfg.RetryMax) }
