package train

import (
	"cmp"
	"errors"
	"fmt"
)

// Config sets how the model learns and how often it is published.
type Config struct {
	// HalfLife is after how many further examples one counts half; softmax has half-lives of its own. Default
	// 5000: the mix of reasons can turn over within a week, and has to be relearned in a few thousand contacts.
	HalfLife float64 `yaml:"half_life"`
	// Rate is the step of weights along the gradient of log loss. 0 is the family's own: 0.03 of softmax, 0.01
	// of naive Bayes.
	Rate float64 `yaml:"rate"`
	// First is after how many examples the first version is published, and the narrowest spacing.
	// Default 20: with fewer, the taxonomy's priors know more.
	First int64 `yaml:"first"`
	// Growth is the spacing of versions as a share of the examples learned. Default 0.25: the next
	// version comes after a quarter more examples, since fewer would hardly change it.
	Growth float64 `yaml:"growth"`
	// Widest is the widest spacing, in examples. Default 500: however much is known, a change in what patients
	// call about shows within so many contacts.
	Widest int64 `yaml:"widest"`
	// Kept is how many versions stay in the topic, to go back to. Default 16.
	Kept int64 `yaml:"kept"`
	// ChallengerRate is the rate of a second learner of the same family that sees the same labels, and is compared
	// with the one in force per 2,000 labels (attune model compare). Default 0: none learns, and nothing is spent on it.
	ChallengerRate float64 `yaml:"challenger_rate"`
	// PromoteMargin is by how many nats of log loss per label the challenger has to be better for it to take the
	// place of the other. Default 0: it never does.
	PromoteMargin float64 `yaml:"promote_margin"`
	// PromoteWindows is in how many windows of 2,000 labels in a row. Default 3: one may be won by chance.
	PromoteWindows int64 `yaml:"promote_windows"`
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.HalfLife = cmp.Or(c.HalfLife, 5000)
	c.Growth = cmp.Or(c.Growth, 0.25)
	c.First = cmp.Or(c.First, 20)
	c.Widest = cmp.Or(c.Widest, 500)
	c.Kept = cmp.Or(c.Kept, 16)
	c.PromoteWindows = cmp.Or(c.PromoteWindows, 3)
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	var problems []error
	for _, n := range []struct {
		key   string
		value float64
	}{
		{"half_life", c.HalfLife}, {"rate", c.Rate}, {"first", float64(c.First)},
		{"growth", c.Growth}, {"widest", float64(c.Widest)}, {"kept", float64(c.Kept)},
		{"challenger_rate", c.ChallengerRate}, {"promote_margin", c.PromoteMargin}, {"promote_windows", float64(c.PromoteWindows)},
	} {
		// Not below 0 rather than below 0: that refuses NaN, too.
		if !(n.value >= 0) {
			problems = append(problems, fmt.Errorf("train.%s: below 0", n.key))
		}
	}
	return errors.Join(problems...)
}
