package window

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// Config describes the windows of one aggregate. Times are in milliseconds.
type Config struct {
	// Name is part of the state: kebab-case, unique in the role, never changed.
	Name string
	// Assigner places records.
	Assigner Assigner
	// Channels are those whose watermark the windows wait for. 0: all.
	Channels pipeline.Channels
	// Lateness is how long after its end a window takes records, by the watermark.
	Lateness pipeline.Time
	// Retain is for how long after that a pane is kept, to count what is dropped and to take what
	// was judged earlier. Default 48 hours.
	Retain pipeline.Time
	// Early is after how much processing time a changed pane is emitted before its window has ended.
	// 0: never.
	Early pipeline.Time
	// TimerKind is the kind of the panes' timers, unique in the role.
	TimerKind uint8
}

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
	if t, ok := c.Assigner.(Tumbling); ok && t.Size <= 0 {
		errs = append(errs, fmt.Errorf("size: %d ms", t.Size))
	}
	if c.Lateness < 0 || c.Retain < 0 || c.Early < 0 {
		errs = append(errs, errors.New("lateness, retain and early: must not be negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("windows %s: %w", c.Name, err)
	}
	return nil
}
