package operators

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/schemas"
)

// Config is what the roles need to know of a site. The zero value lacks a site key and schema ids;
// everything else has a default.
type Config struct {
	Topics  Topics    // all empty: DefaultTopics
	Schemas SchemaIDs // as the registry gave them

	// SiteKey keys the hashes by which identifiers are known past INGEST: at least 16 bytes, secret.
	// With another key anonymous journeys begin anew; persons keep their person_ref.
	SiteKey []byte

	// IdentifierOrder says which of a touchpoint's identifiers it belongs to: the first kind of this
	// list that it has. Kinds left out are never used. Default: mrn, member, phone, email, device,
	// cookie, contact. Changing it moves journeys to other shards.
	IdentifierOrder []schemas.IdentifierKind

	// Resolve decodes a framed value whose schema id is not the one in Schemas: a writer's older or
	// newer schema (schemas.Decoder does it). Nil rejects these as unknown_schema. A *schemas.RecordError
	// rejects the record with its code; any other error ends the task.
	Resolve func(value []byte, into schemas.Record) error

	Ingest  IngestConfig
	Persona PersonaConfig
	Limit   LimitConfig

	// Taxonomy holds the site's contact reasons. Default: the health taxonomy of package schemas.
	Taxonomy *schemas.Taxonomy
	// Catalogue holds the actions and the contact policy. Default: the health catalogue.
	Catalogue *Catalogue
	Aggregate AggregateConfig
	Trainer   TrainerConfig
}

// IngestConfig bounds what INGEST lets in. Times are in milliseconds.
type IngestConfig struct {
	// Earliest is the first plausible event time. Default 1990-01-01: what is older is a clock that
	// was never set.
	Earliest schemas.Millis
	// Ahead is how far an event time may lie ahead of the broker's timestamp. Default one hour: clocks
	// of devices are that wrong. What is accepted ahead of the broker moves the watermark to the
	// broker's time only.
	Ahead schemas.Millis
	// LogClock honours the header attune_clock: log of recorded logs.
	LogClock bool
	// LogAhead is how far an event time may lie ahead of the log so far under that clock. Default 366
	// days: logs have gaps.
	LogAhead schemas.Millis
	// MaxValueBytes is the largest touchpoint. Default 256 KiB.
	MaxValueBytes int
	// MaxRejectedBytes is the largest record kept whole in the rejected topic. Default 1 MiB.
	MaxRejectedBytes int
	// MaxIdentifierBytes is the longest plausible identifier. Default 256.
	MaxIdentifierBytes int
	// PlaceholderIdentifiers are values that sources write for want of one, in lower case; they name
	// nobody. Default: null, undefined, none, unknown, anonymous, n/a, na, nil, test, 0, -1.
	PlaceholderIdentifiers []string
}

// PersonaConfig sets the windows, half-lives and bounds of the persona. Times are in milliseconds of
// event time.
type PersonaConfig struct {
	DuplicateTTL     schemas.Millis // how long an event id is remembered. Default 24 h
	MaxSeen          int            // ids remembered of one identifier, newest first: a kiosk's must fit a changelog record. Default 16384
	SessionGap       schemas.Millis // Default 30 min
	ActivityHalfLife schemas.Millis // of activity and effort. Default 7 d
	StrainHalfLife   schemas.Millis // of frustration. Default 6 h
	LastResort       schemas.Millis // failed digital steps this long before a call count. Default 24 h
	MessageSLA       schemas.Millis // a portal message unanswered for longer is overdue. Default 24 h
	ContactTTL       schemas.Millis // how long a contact's reason is awaited. Default 7 d
	ContactSilence   schemas.Millis // a contact silent for longer is no longer in progress. Default 4 h
}

const (
	second = schemas.Millis(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

func (c *Config) setDefaults() {
	if c.Topics == (Topics{}) {
		c.Topics = DefaultTopics()
	}
	if c.IdentifierOrder == nil {
		c.IdentifierOrder = []schemas.IdentifierKind{
			schemas.IdentifierKindMrn, schemas.IdentifierKindMember, schemas.IdentifierKindPhone, schemas.IdentifierKindEmail,
			schemas.IdentifierKindDevice, schemas.IdentifierKindCookie, schemas.IdentifierKindContact,
		}
	}
	c.Ingest.setDefaults()
	c.Persona.setDefaults()
	c.Aggregate.setDefaults()
	c.Trainer.setDefaults()
	if c.Taxonomy == nil {
		c.Taxonomy = defaultTaxonomy()
	}
	if c.Catalogue == nil {
		c.Catalogue = defaultCatalogue(c.Taxonomy)
	}
}

func (c *IngestConfig) setDefaults() {
	orMillis(&c.Earliest, 631152000000)
	orMillis(&c.Ahead, hour)
	orMillis(&c.LogAhead, 366*day)
	orInt(&c.MaxValueBytes, 256<<10)
	orInt(&c.MaxRejectedBytes, 1<<20)
	orInt(&c.MaxIdentifierBytes, 256)
	if c.PlaceholderIdentifiers == nil {
		c.PlaceholderIdentifiers = []string{"null", "undefined", "none", "unknown", "anonymous", "n/a", "na", "nil", "test", "0", "-1"}
	}
}

func (c *PersonaConfig) setDefaults() {
	orMillis(&c.DuplicateTTL, 24*hour)
	orInt(&c.MaxSeen, 1<<14)
	orMillis(&c.SessionGap, 30*minute)
	orMillis(&c.ActivityHalfLife, 7*day)
	orMillis(&c.StrainHalfLife, 6*hour)
	orMillis(&c.LastResort, 24*hour)
	orMillis(&c.MessageSLA, 24*hour)
	orMillis(&c.ContactTTL, 7*day)
	orMillis(&c.ContactSilence, 4*hour)
}

func orMillis(m *schemas.Millis, d schemas.Millis) {
	if *m == 0 {
		*m = d
	}
}

func orInt(n *int, d int) {
	if *n == 0 {
		*n = d
	}
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	problems := []error{c.Aggregate.Validate(), c.Limit.Validate()}
	if c.Catalogue != nil && c.Catalogue.taxonomy.Version != c.Taxonomy.Version {
		problems = append(problems, fmt.Errorf("catalogue %s: made for taxonomy %s, not %s", c.Catalogue.Name, c.Catalogue.taxonomy.Version, c.Taxonomy.Version))
	}
	if len(c.SiteKey) < 16 {
		problems = append(problems, fmt.Errorf("site key: %d bytes, at least 16 are needed", len(c.SiteKey)))
	}
	seen := map[schemas.IdentifierKind]bool{}
	for _, k := range c.IdentifierOrder {
		if seen[k] || k == schemas.IdentifierKindUnknown {
			problems = append(problems, fmt.Errorf("identifier order: %s twice or not a kind", k))
		}
		seen[k] = true
	}
	for _, t := range []struct {
		name  string
		value schemas.Millis
	}{
		{"ingest ahead", c.Ingest.Ahead}, {"ingest log ahead", c.Ingest.LogAhead}, {"duplicate TTL", c.Persona.DuplicateTTL},
		{"session gap", c.Persona.SessionGap}, {"activity half-life", c.Persona.ActivityHalfLife}, {"strain half-life", c.Persona.StrainHalfLife},
		{"last resort", c.Persona.LastResort}, {"message SLA", c.Persona.MessageSLA}, {"contact TTL", c.Persona.ContactTTL},
		{"contact silence", c.Persona.ContactSilence},
	} {
		if t.value < 0 {
			problems = append(problems, fmt.Errorf("%s: negative", t.name))
		}
	}
	return errors.Join(problems...)
}
