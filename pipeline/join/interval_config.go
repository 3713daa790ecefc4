package join

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// Kind says what becomes of a record without a partner.
type Kind uint8

// The kinds.
const (
	// Inner: nothing becomes of it.
	Inner Kind = iota + 1
	// Left: a left one is given alone, once no partner can come.
	Left
)

// IntervalConfig describes a join of two streams. Times are in milliseconds.
type IntervalConfig struct {
	// Name is part of the state: kebab-case, unique in the role, never changed.
	Name string
	// Kind is Inner or Left.
	Kind Kind
	// Left and Right are the channels of the two streams. 0: all.
	Left, Right pipeline.Channels
	// Lower and Upper bound right's time minus left's, both inclusive. Either may be negative.
	Lower, Upper pipeline.Time
	// Lateness is how far a record may be behind the watermark of its own channels. What is kept, and
	// what is given alone, waits for so much longer.
	Lateness pipeline.Time
	// MaxKept is how many records of one key and side are kept; more are refused. Default 1024.
	MaxKept int
	// TimerKind is the first of two kinds of timers, unique in the role.
	TimerKind uint8
}

// setDefaults sets what was left at zero. A key with more than 1024 records within one interval is more
// likely a machine than a patient, and each change of it writes all of them.
func (c *IntervalConfig) setDefaults() {
	if c.MaxKept == 0 {
		c.MaxKept = 1024
	}
}

// maxInterval bounds Lower, Upper and Lateness, so that their sums stay times: 100 years.
const maxInterval = 100 * 366 * 24 * 3600 * 1000

// Validate returns every problem.
func (c *IntervalConfig) Validate() error {
	var errs []error
	if c.Name == "" || c.Kind != Inner && c.Kind != Left {
		errs = append(errs, errors.New("needs a name, and the kind Inner or Left"))
	}
	if c.Lower > c.Upper || c.Lower < -maxInterval || c.Upper > maxInterval {
		errs = append(errs, fmt.Errorf("from %d to %d ms: the first must not be above the second, and neither beyond 100 years", c.Lower, c.Upper))
	}
	if c.Lateness < 0 || c.Lateness > maxInterval {
		errs = append(errs, fmt.Errorf("lateness %d ms: from 0 to 100 years", c.Lateness))
	}
	if c.MaxKept < 0 || c.TimerKind == 255 {
		errs = append(errs, errors.New("max kept from 1 on, timer kind below 255"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("interval join %s: %w", c.Name, err)
	}
	return nil
}
