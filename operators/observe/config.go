package observe

import (
	"cmp"
	"errors"

	"github.com/attune-health/attune/schemas"
)

// Config sets what is taken from a touchpoint. Times are in milliseconds of event time. How long it lasts
// is person.Config's to say.
type Config struct {
	// MaxSeen is how many event ids of one identifier are remembered, newest first: a kiosk's must fit a
	// changelog record. Default 16384.
	MaxSeen int `yaml:"max_seen"`
	// MessageSLA is after how long an unanswered portal message is overdue. Default 24 h.
	MessageSLA schemas.Millis `yaml:"message_sla"`
	// ContactSilence is after how long without a touchpoint a contact is no longer in progress.
	// Default 4 h.
	ContactSilence schemas.Millis `yaml:"contact_silence"`
	// Limit bounds what one identifier may send.
	Limit LimitConfig `yaml:"-"`
}

// SetDefaults fills in what is zero. Limit has none: without a number nothing is limited.
func (c *Config) SetDefaults() {
	c.MaxSeen = cmp.Or(c.MaxSeen, 1<<14)
	c.MessageSLA = cmp.Or(c.MessageSLA, 24*schemas.Hour)
	c.ContactSilence = cmp.Or(c.ContactSilence, 4*schemas.Hour)
}

// Validate returns every problem of the configuration, by the keys that a site wrote.
func (c *Config) Validate() error {
	problems := []error{c.Limit.Validate()}
	if c.MaxSeen < 0 {
		problems = append(problems, errors.New("observe.max_seen: below 0"))
	}
	if c.MessageSLA < 0 {
		problems = append(problems, errors.New("observe.message_sla: below 0"))
	}
	if c.ContactSilence < 0 {
		problems = append(problems, errors.New("observe.contact_silence: below 0"))
	}
	return errors.Join(problems...)
}
