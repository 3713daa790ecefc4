package observe

import (
	"cmp"
	"errors"

	"github.com/attune-health/attune/schemas"
)

// Config sets what is taken from a touchpoint. Times are in milliseconds of event time.
type Config struct {
	// MaxSeen is how many event ids of one identifier are remembered, newest first: a kiosk's must fit a
	// changelog record. Default 16384.
	MaxSeen int
	// MessageSLA is after how long an unanswered portal message is overdue. Default 24 h.
	MessageSLA schemas.Millis
	// ContactSilence is after how long without a touchpoint a contact is no longer in progress.
	// Default 4 h.
	ContactSilence schemas.Millis
	// Limit bounds what one identifier may send.
	Limit LimitConfig
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.MaxSeen = cmp.Or(c.MaxSeen, 1<<14)
	c.MessageSLA = cmp.Or(c.MessageSLA, 24*schemas.Hour)
	c.ContactSilence = cmp.Or(c.ContactSilence, 4*schemas.Hour)
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	problems := []error{c.Limit.Validate()}
	if c.MessageSLA < 0 || c.ContactSilence < 0 {
		problems = append(problems, errors.New("message SLA and contact silence: not below 0"))
	}
	return errors.Join(problems...)
}
