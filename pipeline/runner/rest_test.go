package runner

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// restful is a transaction before which the broker wants a pause.
type restful struct {
	pipeline.Transaction
	pause time.Duration
}

func (r restful) Empty() bool { return false }

func (r restful) Rest(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(r.pause):
		return nil
	}
}

func (r restful) Commit(ctx context.Context, _ pipeline.Generation) error { return ctx.Err() }

func TestBrokerAsksForALongPauseThenTheCommitIsNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tx, began := restful{pause: time.Minute}, time.Now()
		if err := commitWithin(t.Context(), time.Second, tx, nil); err != nil || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began = time.Now()
		if err := commitWithin(ctx, time.Second, tx, nil); err == nil || time.Since(began) != 3*time.Second {
			t.Errorf("cancelled in a pause: %v after %v", err, time.Since(began))
		}
	})
}
