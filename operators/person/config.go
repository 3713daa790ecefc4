package person

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/attune-health/attune/schemas"
)

// Config sets how long what is known of a person lasts. Times are in milliseconds of event time.
type Config struct {
	// DuplicateTTL is how long an event id is remembered. Default 24 h.
	DuplicateTTL schemas.Millis `yaml:"duplicate_ttl"`
	// SessionGap is the time without a touchpoint that ends a session. Default 30 min.
	SessionGap schemas.Millis `yaml:"session_gap"`
	// ActivityHalfLife is that of activity and effort. Default 7 d.
	ActivityHalfLife schemas.Millis `yaml:"activity_half_life"`
	// StrainHalfLife is that of frustration. Default 6 h.
	StrainHalfLife schemas.Millis `yaml:"strain_half_life"`
	// LastResort is how long before a call a failed digital step counts. Default 24 h.
	LastResort schemas.Millis `yaml:"last_resort"`
	// ContactTTL is how long a contact's reason is awaited. Default 7 d.
	ContactTTL schemas.Millis `yaml:"contact_ttl"`
	// CorrectFor is how long after its start a contact's figures are corrected, by a link that says whose
	// steps came before it above all. What they rest on is kept for as long. Default 30 d.
	CorrectFor schemas.Millis `yaml:"correct_for"`
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.DuplicateTTL = cmp.Or(c.DuplicateTTL, 24*schemas.Hour)
	c.SessionGap = cmp.Or(c.SessionGap, 30*schemas.Minute)
	c.ActivityHalfLife = cmp.Or(c.ActivityHalfLife, 7*schemas.Day)
	c.StrainHalfLife = cmp.Or(c.StrainHalfLife, 6*schemas.Hour)
	c.LastResort = cmp.Or(c.LastResort, 24*schemas.Hour)
	c.ContactTTL = cmp.Or(c.ContactTTL, 7*schemas.Day)
	c.CorrectFor = cmp.Or(c.CorrectFor, 30*schemas.Day)
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	var problems []error
	for _, t := range []struct {
		name  string
		value schemas.Millis
	}{
		{"duplicate_ttl", c.DuplicateTTL}, {"session_gap", c.SessionGap}, {"activity_half_life", c.ActivityHalfLife},
		{"strain_half_life", c.StrainHalfLife}, {"last_resort", c.LastResort}, {"contact_ttl", c.ContactTTL}, {"correct_for", c.CorrectFor},
	} {
		if t.value < 0 {
			problems = append(problems, fmt.Errorf("person.%s: below 0", t.name))
		}
	}
	return errors.Join(problems...)
}
