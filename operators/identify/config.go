package identify

import (
	"cmp"
	"context"
	"errors"
	"fmt"

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
	// PlaceholderIdentifiers are values that sources write for want of one, in lower case; they name
	// nobody. An empty list is none.
	PlaceholderIdentifiers []string `yaml:"placeholder_identifiers"`
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	if c.IdentifierOrder == nil {
		c.IdentifierOrder = []schemas.IdentifierKind{
			schemas.IdentifierKindMrn, schemas.IdentifierKindMember, schemas.IdentifierKindPhone, schemas.IdentifierKindEmail,
			schemas.IdentifierKindDevice, schemas.IdentifierKindCookie, schemas.IdentifierKindContact,
		}
	}
	c.Earliest = cmp.Or(c.Earliest, 631152000000)
	c.Ahead = cmp.Or(c.Ahead, schemas.Hour)
	c.LogAhead = cmp.Or(c.LogAhead, 366*schemas.Day)
	c.MaxValueBytes = cmp.Or(c.MaxValueBytes, 256<<10)
	c.MaxIdentifierBytes = cmp.Or(c.MaxIdentifierBytes, 256)
	if c.PlaceholderIdentifiers == nil {
		c.PlaceholderIdentifiers = []string{"null", "undefined", "none", "unknown", "anonymous", "n/a", "na", "nil", "test", "0", "-1"}
	}
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	var problems []error
	if len(c.SiteKey) < 16 {
		problems = append(problems, fmt.Errorf("run.identity_key: %d bytes, at least 16 are needed", len(c.SiteKey)))
	}
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
	} {
		if n.value < 0 {
			problems = append(problems, fmt.Errorf("identify.%s: below 0", n.key))
		}
	}
	return errors.Join(problems...)
}
