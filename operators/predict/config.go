package predict

import (
	"cmp"
	"errors"
)

// Config sets which predictions go out.
type Config struct {
	// Move is the change of urgency, or of the probability of a contact within a horizon, that is worth another
	// record, from 0 to 1. Default 0.05: most touchpoints change less, and a record for each would multiply the topic
	// for no reader. Below 0 every prediction goes out, as an evaluation needs it.
	Move float64 `yaml:"move"`
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() { c.Move = cmp.Or(c.Move, 0.05) }

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	// Not at most 1 rather than above 1: that refuses NaN, too.
	if !(c.Move <= 1) {
		return errors.New("predict.move: above 1")
	}
	return nil
}
