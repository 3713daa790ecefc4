package world

import (
	"errors"
	"fmt"
	"time"
)

// Config describes a world. The zero value of each field means its default.
type Config struct {
	// Patients is how many there are. Default 250,000: some 0.8 touchpoints a second.
	Patients int
	// Seed selects the patients and what they do. Zero is a seed like any other.
	Seed int64
	// Site selects the tables: each weight is that of site 0 times e^N(0, 0.7).
	Site int64
	// Start is when the first record after the history arrives. Default 2026-03-02 14:00 UTC.
	Start time.Time
	// History is how long before Start patients begin to live. All of it is emitted. Default 48 hours.
	History time.Duration
	// Duration ends the world after Start, in simulated time. Zero is without end.
	Duration time.Duration
	// DuplicateShare is the share of touchpoints delivered a second time. Default 0.01; negative for none.
	DuplicateShare float64
	// Shocks change demand for a while.
	Shocks []Shock
	// Posterior says of how many patients the posterior is computed: of one in so many, by a hash. Zero is
	// none, one is all.
	Posterior int
	// Moments says at which of their moments outside calls it is computed: at one in so many, by a hash.
	// Default 10. It is computed at the beginning of every call.
	Moments int
	// FromStart leaves out the moments of the history.
	FromStart bool
	// LateNews announces facts of before the history only when they begin to matter. The posterior stays as it is;
	// far fewer records come at the beginning, and of patients who are heard of then the record says the rest later.
	LateNews bool
}

// A ShockKind is one way in which demand changes.
type ShockKind uint8

// The kinds of shocks.
const (
	// ShockSurge makes 65 % of the needs that arise one reason.
	ShockSurge ShockKind = iota
	// ShockOutage breaks the portal: nearly all attempts fail.
	ShockOutage
	// ShockFlu triples symptoms.
	ShockFlu
)

// Shock changes demand from one local midnight to another.
type Shock struct {
	Kind ShockKind
	// Reason is an index in taxonomy order; of ShockSurge.
	Reason int
	// After is when it begins, after Start; it acts on the days that begin between then and For later.
	After, For time.Duration
}

func (c *Config) setDefaults() {
	if c.Patients == 0 {
		c.Patients = 250_000
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC)
	}
	if c.History == 0 {
		c.History = 48 * time.Hour
	}
	if c.DuplicateShare == 0 {
		c.DuplicateShare = 0.01
	}
	if c.Moments == 0 {
		c.Moments = 10
	}
}

// Validate says what is wrong with the settings.
func (c *Config) Validate() error {
	var all []error
	bad := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if c.Patients < 1 || c.Patients > 10_000_000 {
		bad("patients: %d is not between 1 and 10,000,000: identifiers have eight digits", c.Patients)
	}
	if c.Start.Year() < 2000 || c.Start.Year() > 2199 {
		bad("start: %s is not in this or the next century", c.Start)
	}
	if c.History < 48*time.Hour || c.History > 60*day {
		bad("history: %s is not between 48 hours and 60 days", c.History)
	}
	if c.Duration < 0 {
		bad("duration: %s is negative", c.Duration)
	}
	if c.DuplicateShare >= 1 {
		bad("duplicate share: %v is not below 1", c.DuplicateShare)
	}
	if c.Posterior < 0 || c.Moments < 0 {
		bad("posterior, moments: one in %d, one in %d", c.Posterior, c.Moments)
	}
	for i, s := range c.Shocks {
		if s.Kind > ShockFlu || s.Reason < 0 || s.Reason >= reasons || s.For <= 0 || s.After < 0 {
			bad("shock %d: kind %d, reason %d, after %s, for %s", i, s.Kind, s.Reason, s.After, s.For)
		}
	}
	return errors.Join(all...)
}
