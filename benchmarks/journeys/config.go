package journeys

import (
	"errors"
	"fmt"
	"time"
)

// Config describes a simulation. The zero value of each field means its default.
type Config struct {
	// Patients is how many patients there are. Default 50,000: at the default rate,
	// episodes of one patient then seldom overlap.
	Patients int
	// Rate is touchpoints per second of simulated time, duplicates included.
	// Default 200.
	Rate float64
	// Seed selects the simulation. Zero is a seed like any other.
	Seed int64
	// Start is the simulated time at which the first record arrives. Default
	// 2026-03-02 14:00 UTC, a Monday morning in New York.
	Start time.Time
	// Duration ends the simulation, in simulated time. Zero is without end.
	Duration time.Duration
	// DuplicateShare is the share of touchpoints delivered a second time, a
	// tenth of them minutes to hours later. Default 0.01; negative for none.
	DuplicateShare float64
	// DelayedShare is the share of web and app sessions whose device was off line
	// and delivers them minutes to hours later. Default 0.002; negative for none.
	DelayedShare float64
	// BadShare is the share of additional records that the pipeline must reject, of
	// every kind in Bad. Default 0.
	BadShare float64
}

func (c *Config) setDefaults() {
	if c.Patients == 0 {
		c.Patients = 50_000
	}
	if c.Rate == 0 {
		c.Rate = 200
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC)
	}
	c.DuplicateShare = orDefault(c.DuplicateShare, 0.01)
	c.DelayedShare = orDefault(c.DelayedShare, 0.002)
}

// orDefault: zero means the default, so a negative share means none.
func orDefault(share, standard float64) float64 {
	switch {
	case share == 0:
		return standard
	case share < 0:
		return 0
	}
	return share
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	var problems []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	refuse(c.Patients < 1 || c.Patients > maxPatients, "patients: %d is not between 1 and %d", c.Patients, maxPatients)
	refuse(!(c.Rate > 0 && c.Rate <= 1e7), "rate: %v is not above 0 and at most 10,000,000", c.Rate)
	refuse(c.Duration < 0, "duration: %v is negative", c.Duration)
	refuse(c.Start.Year() < 1980 || c.Start.Year() > 2200, "start: %v is not between 1980 and 2200", c.Start)
	for _, s := range []struct {
		name  string
		value float64
		most  float64
	}{{"duplicate share", c.DuplicateShare, 0.5}, {"delayed share", c.DelayedShare, 1}, {"bad share", c.BadShare, 0.5}} {
		refuse(!(s.value >= 0 && s.value <= s.most), "%s: %v is not between 0 and %v", s.name, s.value, s.most)
	}
	return errors.Join(problems...)
}

// maxPatients keeps identifiers at their fixed width.
const maxPatients = 9_000_000
