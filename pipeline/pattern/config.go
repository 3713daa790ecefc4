package pattern

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// After says what becomes of a key's other partial matches when one is complete.
type After uint8

// The choices.
const (
	// Each: they go on. Each record that fits the first step can have a match of its own, so that one
	// call may end several.
	Each After = iota + 1
	// Once: those that began up to the end of the match are let go, so that matches do not overlap. Of
	// several the one that is complete first counts; of those complete at one time the one that began
	// first.
	Once
)

// Config describes the search for one pattern.
type Config struct {
	// Name is part of the state: kebab-case, unique in the role, never changed. A changed pattern
	// needs a new one: partial matches of the old would mean nothing in it.
	Name string
	// Sequence is the pattern.
	Sequence *Sequence
	// Channels are those of the pattern's records: their watermark says when a record's turn has come.
	// 0: all.
	Channels pipeline.Channels
	// After is what becomes of other partial matches. There is no default: it is what a match means.
	After After
	// MaxPartial is how many partial matches a key has; the one that began first is let go for one
	// more. Default 64.
	MaxPartial int
	// MaxWaiting is how many records of a key wait for the watermark; more are refused. Default 1024.
	MaxWaiting int
	// TimerKind is the kind of the pattern's timers, unique in the role.
	TimerKind uint8
}

// setDefaults sets what was left at zero. Both bounds are for one key: what goes beyond them is a machine
// or a fault, and would make one value of the store grow with each commit.
func (c *Config) setDefaults() {
	if c.MaxPartial == 0 {
		c.MaxPartial = 64
	}
	if c.MaxWaiting == 0 {
		c.MaxWaiting = 1024
	}
}

// Validate returns every problem, those of the sequence with them: the text may come from a configuration,
// and who wrote it should not have to start the process once for each mistake.
func (c *Config) Validate() error {
	var errs []error
	if c.Name == "" || c.Sequence == nil {
		errs = append(errs, errors.New("needs a name and a sequence"))
	} else if err := c.Sequence.Validate(); err != nil {
		errs = append(errs, err)
	}
	if c.After != Each && c.After != Once {
		errs = append(errs, errors.New("after: Each or Once"))
	}
	if c.MaxPartial < 0 || c.MaxWaiting < 0 {
		errs = append(errs, errors.New("max partial and max waiting: from 1 on"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("pattern %s: %w", c.Name, err)
	}
	return nil
}
