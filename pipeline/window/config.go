package window

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// Config describes the windows of one aggregate. Times are in milliseconds.
type Config struct {
	// Name is part of the state: kebab-case, unique in the role, never changed.
	Name string
	// Assigner places records. It belongs to the state as Name does: panes that are stored are found by
	// their start, and a changed size would give them another end.
	Assigner Assigner
	// Channels are those whose watermark the windows wait for. 0: all of the topology, also those that
	// no source of the role drives. It does not judge records: Arrival.Judged does, and should be of
	// the same channels.
	Channels pipeline.Channels
	// Lateness is how long after its end a window takes records, by the watermark. A record of a Session
	// is late by the session that it would be alone, of time plus gap, whatever session it would join.
	Lateness pipeline.Time
	// Retain is for how long after that a window is kept, to count what is dropped and to take what
	// was judged earlier. A session is kept for a gap more. Windows that share no records (Partitioning) are
	// kept until the settled watermark has passed that, so that a record that is still under way finds them.
	// Default 48 hours; 0 is the default.
	Retain pipeline.Time
	// Early is after how much processing time a changed window is emitted before it has ended.
	// 0: never.
	Early pipeline.Time
	// TimerKind is the kind of the windows' timers, unique in the role.
	TimerKind uint8
}

// setDefaults sets what was left at zero. Two days of Retain let a record that comes that late still be
// counted in its window; what is kept for it is the bytes of a pane for each window and key.
func (c *Config) setDefaults() {
	if c.Retain == 0 {
		c.Retain = 48 * 3600 * 1000
	}
}

// Validate returns every problem.
func (c *Config) Validate() error {
	var errs []error
	if c.Name == "" || c.Assigner == nil {
		errs = append(errs, errors.New("name and assigner: both are needed"))
	}
	if c.Assigner != nil {
		errs = append(errs, c.Assigner.Validate())
	}
	if c.Lateness < 0 || c.Retain < 0 || c.Early < 0 {
		errs = append(errs, errors.New("lateness, retain and early: must not be negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("windows %s: %w", c.Name, err)
	}
	return nil
}

// Aggregate says how a window's value comes about: A is the accumulator, which begins as its zero value, E
// what is folded into it. The functions are called by the task's goroutine and must be pure: a replay calls
// them again with the same records and must come to the same bytes.
type Aggregate[A, E any] struct {
	// Codec stores the value. With a state.SchemaCodec the schema may change between builds (see
	// Translating).
	Codec state.Codec[A]
	// Fold takes in a record. The order in which the records of a window come is that of the task's
	// source.
	Fold func(acc *A, e *E)
	// Merge takes in what other has taken in, and keeps nothing of other. Only Sliding and Session
	// need it. The order in which parts are merged follows from their times, so that a restored task
	// emits the same bytes.
	Merge func(acc, other *A)
}

// validate reports what is missing at the start, where a nil function would panic with the first record.
func (a *Aggregate[A, E]) validate(c *Config) error {
	merges := false
	switch c.Assigner.(type) {
	case Sliding, Session:
		merges = true
	}
	if a.Codec == nil || a.Fold == nil || merges && a.Merge == nil {
		return fmt.Errorf("windows %s: codec and fold are needed, and merge where windows share or join records", c.Name)
	}
	return nil
}
