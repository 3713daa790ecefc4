package join

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// Policy says when a probe is answered.
type Policy uint8

// The policies.
const (
	// Wait: when the watermark of the table's channels has passed the probe. The first answer is the
	// final one, unless versions come late.
	Wait Policy = iota + 1
	// Now: at once, by what is known; corrected as versions come in.
	Now
)

// TemporalConfig describes a join with a table. Times are in milliseconds.
type TemporalConfig struct {
	// Name is part of the state: kebab-case, unique in the role, never changed.
	Name string
	// Table are the channels of the table's versions, Probes those of the probes. 0: all.
	Table, Probes pipeline.Channels
	// Answer is when a probe is answered. There is no default: it is what the join promises.
	Answer Policy
	// Correct is how far the table's watermark may pass an answered probe before it is no longer corrected.
	// 0: up to the probe's own time, so that only what the watermark promised is awaited.
	Correct pipeline.Time
	// Retention is how far a probe may be behind the watermark of all channels; versions are kept for
	// it. At least Correct. Default 48 hours, or Correct where that is more.
	Retention pipeline.Time
	// ForgetDeleted is how long after its event time a key that ends in a deletion is forgotten. A
	// version that comes after that and claims to be older than the deletion is believed. 0: never
	// forgotten, which costs some 20 bytes a key. At least Retention.
	ForgetDeleted pipeline.Time
	// MaxKept is how many probes of one key wait or can be corrected. Default 1024. Each change of one
	// writes all of them with the next commit.
	MaxKept int
	// TimerKind is the first of two kinds of timers, unique in the role.
	TimerKind uint8
}

// setDefaults sets what was left at zero. Two days let a probe that comes that late still be answered by
// the versions of its time.
func (c *TemporalConfig) setDefaults() {
	if c.Retention == 0 {
		c.Retention = max(48*3600*1000, c.Correct)
	}
	if c.MaxKept == 0 {
		c.MaxKept = 1024
	}
}

// Validate returns every problem.
func (c *TemporalConfig) Validate() error {
	var errs []error
	if c.Name == "" {
		errs = append(errs, errors.New("needs a name"))
	}
	if c.Answer != Wait && c.Answer != Now {
		errs = append(errs, errors.New("answer: Wait or Now"))
	}
	if c.Correct < 0 || c.Retention < c.Correct {
		errs = append(errs, fmt.Errorf("correct %d ms, retention %d ms: from 0 on, and no more than the retention", c.Correct, c.Retention))
	}
	if c.ForgetDeleted != 0 && c.ForgetDeleted < c.Retention {
		errs = append(errs, fmt.Errorf("forget deleted %d ms: 0, or at least the retention", c.ForgetDeleted))
	}
	if c.MaxKept < 0 || c.TimerKind == 255 {
		errs = append(errs, errors.New("max kept from 1 on, timer kind below 255"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("temporal join %s: %w", c.Name, err)
	}
	return nil
}
