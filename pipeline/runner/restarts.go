package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

const (
	// fencesAllowed is how often within fencesWithin the producer of a worker may be fenced by another
	// one before the runner ends. Once happens when a process takes over from its predecessor; again
	// and again means that two processes have the same name and take the producer from each other for
	// ever.
	fencesAllowed = 3
	fencesWithin  = 30 * time.Second
	// longestBackoff bounds the pause between attempts, so that work goes on soon after a long outage.
	longestBackoff = 5 * time.Second
	// generationWait is how long a worker waits for its generation to end, once a commit was refused
	// because the group had gone on: the heartbeat learns of it a moment later.
	generationWait = 3 * time.Second
)

// restarts paces a worker whose commits fail, and recognises a second process of the same name.
type restarts struct {
	// backoff is the last pause; 0 after a commit that succeeded.
	backoff time.Duration
	// fences are the times of recent fencings by another producer.
	fences []time.Time
}

// succeeded makes the next pause a short one again.
func (r *restarts) succeeded() { r.backoff = 0 }

// pause waits before the worker begins anew after err, twice as long each time until a commit succeeds:
// a broker that refuses must not be asked as fast as we can. A worker that was fenced because its group
// has gone on waits for the end of its generation instead, which the heartbeat brings; beginning anew
// in a generation that is over would only be refused again. Its error ends the runner.
func (r *restarts) pause(ctx context.Context, w *worker, err error) error {
	cfg := &w.run.cfg
	// Told before the pause, so that whoever watches sees why nothing moves.
	cfg.Events.restart(w.index, err)
	wait := r.next(cfg.RestartBackoff)
	if pipeline.KindOf(err) == pipeline.KindFenced {
		reason := pipeline.ReasonOf(err)
		cfg.Events.fenced(w.index, reason)
		// Fenced by the group is no fault: partitions have moved, and the new generation is on its way.
		if reason != pipeline.ReasonProducerFenced {
			wait = generationWait
		} else if r.fenced(cfg.Now()) {
			return fatalError{fmt.Errorf("another instance is named %s: fenced %d times within %v: %w", cfg.Instance, fencesAllowed, fencesWithin, err)}
		}
	}
	// The end of the generation ends the pause too: the next one may be somebody else's.
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return nil
}

// next is the length of the coming pause, which doubles from first up to longestBackoff.
func (r *restarts) next(first time.Duration) time.Duration {
	// A broker that was away for a minute is not asked by all its clients at once when it is back.
	r.backoff = min(max(first, 2*r.backoff), longestBackoff)
	return r.backoff
}

// fenced notes a fencing and reports whether it is one too many.
func (r *restarts) fenced(now time.Time) bool {
	// Old ones are forgotten: a process whose predecessor is slow to die, once a day, is no second one.
	kept := r.fences[:0]
	for _, t := range r.fences {
		if now.Sub(t) < fencesWithin {
			kept = append(kept, t)
		}
	}
	r.fences = append(kept, now)
	return len(r.fences) >= fencesAllowed
}

// fetchFailed ends a loop whose feed has failed. What the records so far led to is good, and is
// committed before anything else; then a transient error makes the worker begin anew after a pause, and
// any other ends the runner.
func (w *worker) fetchFailed(ctx context.Context) error {
	if err := w.finish(ctx); err != nil {
		return err
	}
	err := fmt.Errorf("fetch: %w", w.fetchErr)
	if pipeline.KindOf(err) == pipeline.KindTransient || errors.Is(err, context.DeadlineExceeded) {
		return w.restarts.pause(ctx, w, err)
	}
	return fatalError{err}
}

// fatalError marks an error that ends the runner, whatever its kind: a step that fails once would fail
// again, since a restored task is given the same inputs.
type fatalError struct{ err error }

func (e fatalError) Error() string { return e.err.Error() }
func (e fatalError) Unwrap() error { return e.err }

// fatal reports whether an error ends the runner: by its mark, or by a kind that no retry helps.
func fatal(err error) bool {
	var f fatalError
	return errors.As(err, &f) || pipeline.KindOf(err) >= pipeline.KindRefused
}
