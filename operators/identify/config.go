package identify

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/nyaruka/phonenumbers"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Config bounds what INGEST lets in and says who is meant by it. The zero value lacks a site
// key. Times are in milliseconds.
type Config struct {
	// SiteKey keys the hashes by which identifiers are known past INGEST: at least 16 bytes, secret.
	// With another key anonymous journeys begin anew; persons keep their person_ref.
	SiteKey []byte `json:"-" yaml:"-"`
	// IdentifierOrder says which of a touchpoint's identifiers it belongs to: the first kind of this
	// list that it has. Kinds left out are never used. Default: mrn, member, phone, email, device,
	// cookie, contact. Changing it moves journeys to other shards.
	IdentifierOrder []schemas.IdentifierKind `yaml:"-"`
	// Resolve decodes a framed value whose schema id is not this build's: a writer's older or newer
	// schema (schemas.Decoder does it). Nil rejects these as unknown_schema. A *schemas.RecordError
	// rejects the record with its code; any other error ends the task. It must not wait for anything:
	// what it needs to know of a schema, Prepare has got.
	Resolve func(value []byte, into schemas.Record) error `json:"-" yaml:"-"`
	// Prepare makes the schemas of source records known to Resolve before a task takes them
	// (pipeline.Role.Prepare). Nil where Resolve knows them anyway.
	Prepare func(records []pipeline.Record) (get func(context.Context) error) `json:"-" yaml:"-"`

	// Earliest is the first plausible event time. Default 1990-01-01: what is older is a clock that
	// was never set.
	Earliest schemas.Moment `yaml:"earliest"`
	// Ahead is how far an event time may lie ahead of the broker's timestamp. Default one hour: clocks
	// of devices are that wrong. What is accepted ahead of the broker moves the watermark to the
	// broker's time only.
	Ahead schemas.Millis `yaml:"ahead"`
	// LogClock honours the header attune_clock: log of recorded logs.
	LogClock bool `yaml:"-"`
	// LogAhead is how far an event time may lie ahead of the log so far where run.clock is
	// log. Default 366 days: logs have gaps.
	LogAhead schemas.Millis `yaml:"log_ahead"`
	// MaxValueBytes is the largest touchpoint. Default 256 KiB.
	MaxValueBytes int `yaml:"max_value_bytes"`
	// MaxIdentifierBytes is the longest plausible identifier. Default 256.
	MaxIdentifierBytes int `yaml:"max_identifier_bytes"`
	// PlaceholderIdentifiers are values that the site's sources write for want of an identifier, besides
	// those that attune knows (docs/identity.md), such as "sin cita" or "+15550100000". Case and white
	// space around them do not matter. They name nobody.
	PlaceholderIdentifiers []string `yaml:"placeholder_identifiers"`
	// Form is the normal form in which identifiers are hashed: 1, or as-written, by which two spellings
	// are two persons. A change moves journeys: see FormerForm.
	Form string `yaml:"form"`
	// FormerForm is as-written while a site goes over from it to form 1: what is known under the old
	// spelling goes on, and the next link joins it to the new one. Empty is none.
	FormerForm string `yaml:"former_form"`
	// PhoneRegion is where telephone numbers without a country code are, such as US, ES or MX.
	PhoneRegion string `yaml:"phone_region"`
	// MRN says which spellings of a medical record number are one. White space and case never matter.
	MRN NumberForm `yaml:"mrn"`
	// Member says which spellings of a member number are one.
	Member NumberForm `yaml:"member"`
	// Guard takes identifiers out of use that far too many persons are linked to.
	Guard GuardConfig `yaml:"guard"`
	// LastLinkWins gives a telephone number or e-mail address that is linked to a second person to that
	// person alone. By default both share it, nobody's history is shown to its callers, and an unlink
	// from one gives it to the other.
	LastLinkWins bool `yaml:"last_link_wins"`
	// LinkAuthenticatedSessions links the cookie and device of a web or app touchpoint to its record or
	// member number where it has a session_id, too. Set it only where your sources write such a number
	// after a login alone: a number that a visitor typed would join a stranger's steps to the patient.
	LinkAuthenticatedSessions bool `yaml:"link_authenticated_sessions"`
}

// GuardConfig bounds the persons of one identifier. A kiosk's device, a switchboard's number, a value that
// a program writes for everybody: each link would give it all to the next patient.
type GuardConfig struct {
	// Persons is how many persons an identifier may be linked to within Within. One more quarantines it
	// until somebody releases it. Default 10: households and carers are smaller.
	Persons int `yaml:"persons"`
	// Within is for how long a link counts. Default 30 days.
	Within schemas.Millis `yaml:"within"`
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	if c.IdentifierOrder == nil {
		c.IdentifierOrder = []schemas.IdentifierKind{
			schemas.IdentifierKindMrn, schemas.IdentifierKindMember, schemas.IdentifierKindPhone, schemas.IdentifierKindEmail,
			schemas.IdentifierKindDevice, schemas.IdentifierKindCookie, schemas.IdentifierKindContact,
		}
	}
	// 631152000000 is 1990-01-01T00:00Z in milliseconds.
	c.Earliest = cmp.Or(c.Earliest, 631152000000)
	c.Ahead = cmp.Or(c.Ahead, schemas.Hour)
	c.LogAhead = cmp.Or(c.LogAhead, 366*schemas.Day)
	c.MaxValueBytes = cmp.Or(c.MaxValueBytes, 256<<10)
	c.MaxIdentifierBytes = cmp.Or(c.MaxIdentifierBytes, 256)
	c.Guard.Persons = cmp.Or(c.Guard.Persons, 10)
	c.Guard.Within = cmp.Or(c.Guard.Within, 30*schemas.Day)
	c.Form = cmp.Or(c.Form, FormOne)
	c.PhoneRegion = cmp.Or(c.PhoneRegion, "US")
	for _, list := range []*[]string{&c.PlaceholderIdentifiers, &c.MRN.Prefixes, &c.Member.Prefixes} {
		if *list == nil {
			*list = []string{} // prints as a file has it
		}
	}
}

// Validate returns every problem of the configuration.
// It runs after SetDefaults: a zero that stands for a default would be a problem before it.
// It tells keys as the configuration file has them, so that whoever reads the error finds the line.
func (c *Config) Validate() error {
	var problems []error
	// A shorter key could be guessed, and every telephone number then be tried against the shards.
	if len(c.SiteKey) < 16 {
		problems = append(problems, fmt.Errorf("run.identity_key: %d bytes, at least 16 are needed", len(c.SiteKey)))
	}
	// A kind that is listed twice is a slip of the pen, and one of the two places is not where the site thinks
	// that it is.
	seen := map[schemas.IdentifierKind]bool{}
	for _, k := range c.IdentifierOrder {
		if seen[k] || k == schemas.IdentifierKindUnknown {
			problems = append(problems, fmt.Errorf("run.identifiers: %s twice or not a kind", k))
		}
		seen[k] = true
	}
	for _, n := range []struct {
		key   string
		value int64
	}{
		{"ahead", int64(c.Ahead)}, {"log_ahead", int64(c.LogAhead)},
		{"max_value_bytes", int64(c.MaxValueBytes)}, {"max_identifier_bytes", int64(c.MaxIdentifierBytes)},
		{"guard.within", int64(c.Guard.Within)},
	} {
		if n.value < 0 {
			problems = append(problems, fmt.Errorf("identify.%s: below 0", n.key))
		}
	}
	return errors.Join(append(problems, c.validateForms())...)
}

// validateForms checks the guard and the normal forms. A form that nobody knows would move every journey, so
// that a start with one fails.
func (c *Config) validateForms() error {
	var problems []error
	// The guard counts the holders that are remembered. A bound at or above maxHolders would never be reached.
	if c.Guard.Persons < 1 || c.Guard.Persons >= maxHolders {
		problems = append(problems, fmt.Errorf("identify.guard.persons: %d is not 1 to %d", c.Guard.Persons, maxHolders-1))
	}
	if c.Form != FormOne && c.Form != FormAsWritten {
		problems = append(problems, fmt.Errorf("identify.form: %q is not one of %s, %s", c.Form, FormOne, FormAsWritten))
	}
	if c.FormerForm != "" && c.FormerForm != FormAsWritten {
		problems = append(problems, fmt.Errorf("identify.former_form: %q is not %s, and not empty", c.FormerForm, FormAsWritten))
	}
	if phonenumbers.GetCountryCodeForRegion(c.PhoneRegion) == 0 {
		problems = append(problems, fmt.Errorf("identify.phone_region: %q is not a region such as US", c.PhoneRegion))
	}
	return errors.Join(problems...)
}
