package evidence

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/attune-health/attune/schemas"
)

// Config sets how strong a sign of danger has to be to raise a red flag. Times are in milliseconds of
// event time. The defaults err on the side of asking: a nurse who asks once too often costs minutes.
type Config struct {
	// ReadFor is how long a page about symptoms must be looked at to count, a minute at most: less is a
	// glance at the wrong page. Default 8 s.
	ReadFor schemas.Millis `yaml:"read_for"`
	// MovedOn is how many steps about something else show that a page was read out of interest. Default 2.
	MovedOn int32 `yaml:"moved_on"`
	// PageBefore is how long before a call a page that was read counts. Default 30 min. None of the times
	// below can be less than a minute: no flag can be switched off.
	PageBefore schemas.Millis `yaml:"page_before"`
	// PageBeforeGrave is the same for emergencies and poison, where minutes decide. Default 1 h.
	PageBeforeGrave schemas.Millis `yaml:"page_before_grave"`
	// ToldBefore is how long before a call something that the patient has written or searched for counts.
	// Default 2 h.
	ToldBefore schemas.Millis `yaml:"told_before"`
	// HarmBefore is how long both count for self-harm: the danger does not pass with the session. Default 24 h.
	HarmBefore schemas.Millis `yaml:"harm_before"`
	// MenuBefore lets a choice in the voice menu count for the call after one that was cut off. Default 30 min.
	MenuBefore schemas.Millis `yaml:"menu_before"`
	// CriticalFor is how long a critical result that nobody has reviewed makes any call urgent. After that
	// the laboratory's own call has reached the patient or the clinician. Default 3 d.
	CriticalFor schemas.Millis `yaml:"critical_for"`
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.ReadFor = cmp.Or(c.ReadFor, 8*schemas.Second)
	c.MovedOn = cmp.Or(c.MovedOn, 2)
	c.PageBefore = cmp.Or(c.PageBefore, 30*schemas.Minute)
	c.PageBeforeGrave = cmp.Or(c.PageBeforeGrave, schemas.Hour)
	c.ToldBefore = cmp.Or(c.ToldBefore, 2*schemas.Hour)
	c.HarmBefore = cmp.Or(c.HarmBefore, schemas.Day)
	c.MenuBefore = cmp.Or(c.MenuBefore, 30*schemas.Minute)
	c.CriticalFor = cmp.Or(c.CriticalFor, 3*schemas.Day)
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	var problems []error
	if c.ReadFor < 0 || c.ReadFor > schemas.Minute {
		problems = append(problems, errors.New("red_flags.read_for: not 0 to a minute"))
	}
	if c.MovedOn < 1 {
		problems = append(problems, errors.New("red_flags.moved_on: below 1"))
	}
	for _, t := range []struct {
		name  string
		value schemas.Millis
	}{
		{"page_before", c.PageBefore}, {"page_before_grave", c.PageBeforeGrave}, {"told_before", c.ToldBefore},
		{"harm_before", c.HarmBefore}, {"menu_before", c.MenuBefore}, {"critical_for", c.CriticalFor},
	} {
		if t.value < schemas.Minute {
			problems = append(problems, fmt.Errorf("red_flags.%s: below a minute", t.name))
		}
	}
	return errors.Join(problems...)
}
