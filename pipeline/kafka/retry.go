package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// The one retry policy. The first pauses are short: the most common reason, 51 (the markers of the
// last transaction are still being written), ends after a millisecond or two. The pauses grow: the
// next most common, 14 to 16 (a coordinator is being created, elected or loaded), take from tens of
// milliseconds to seconds.
const (
	firstPause = 2 * time.Millisecond
	pauseRatio = 1.7
	maxPause   = 500 * time.Millisecond
)

// newBackoff returns the policy's pauses; limit 0 is without end.
func newBackoff(limit time.Duration) *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(firstPause),
		backoff.WithMultiplier(pauseRatio),
		backoff.WithRandomizationFactor(0.2),
		backoff.WithMaxInterval(maxPause),
		backoff.WithMaxElapsedTime(limit),
	)
}

// retry repeats op while its error is retryable, until limit has passed or ctx ends. It returns
// op's last error, joined with ctx's if ctx ended first.
func retry(ctx context.Context, limit time.Duration, op func() error) error {
	last := op()
	if last == nil || !retryable(last) {
		return last
	}
	pauses := newBackoff(limit)
	for {
		pause := pauses.NextBackOff()
		if pause == backoff.Stop {
			return last
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", ctx.Err(), last)
		case <-timer.C:
		}
		if last = op(); last == nil || !retryable(last) {
			return last
		}
	}
}
