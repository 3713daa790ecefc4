package predict

import (
	"cmp"
	"errors"
)

// Config sets which predictions go out, and how many moments are learned from.
type Config struct {
	// Move is the change of urgency, or of the probability of a contact within a horizon, that is worth another
	// record, from 0 to 1. Default 0.05: most touchpoints change less, and a record for each would multiply the topic
	// for no reader. Below 0 every prediction goes out, as an evaluation needs it.
	Move float64 `yaml:"move"`
	// MomentsIn is in how many touchpoints outside contacts one is learned from, whether a contact follows. Default
	// 10. A site of fewer than some 100,000 patients learns faster with fewer, and pays for it with state, examples
	// and the trainer's time.
	MomentsIn int `yaml:"moments_in"`
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.Move = cmp.Or(c.Move, 0.05)
	c.MomentsIn = cmp.Or(c.MomentsIn, 10)
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	var problems []error
	// Not at most 1 rather than above 1: that refuses NaN, too.
	if !(c.Move <= 1) {
		problems = append(problems, errors.New("predict.move: above 1"))
	}
	if c.MomentsIn < 1 {
		problems = append(problems, errors.New("predict.moments_in: below 1"))
	}
	return errors.Join(problems...)
}
