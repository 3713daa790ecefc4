package process

import (
	"context"
	"time"
)

// Poll calls check until it is done, fails, or ctx ends.
func Poll(ctx context.Context, every time.Duration, check func() (done bool, err error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if done, err := check(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
