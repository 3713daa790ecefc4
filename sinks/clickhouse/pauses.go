package clickhouse

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// pauses waits longer each time, with jitter, and never gives up by itself.
type pauses struct{ b *backoff.ExponentialBackOff }

func (c *Config) pauses() *pauses {
	return &pauses{backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(c.RetryMin), backoff.WithMaxInterval(c.RetryMax), backoff.WithMaxElapsedTime(0))}
}

// wait returns nil after the pause, or the context's error.
func (p *pauses) wait(ctx context.Context) error {
	timer := time.NewTimer(p.b.NextBackOff())
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
