package attune

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"time"

	"github.com/attune-health/attune/operators/aggregate"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/patient"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/train"
	"github.com/attune-health/attune/schemas"
)

// Config describes the graph: the configurations of its rooms. The zero value lacks a site key and
// schema ids; everything else has a default.
type Config struct {
	Emit emit.Config `yaml:"-"`
	// Taxonomy holds the site's contact reasons. Default: the health taxonomy of package schemas.
	Taxonomy *schemas.Taxonomy `yaml:"-"`
	// Identify bounds what is let in.
	Identify identify.Config `yaml:"identify"`
	// Person says how long what is known of a person lasts.
	Person person.Config `yaml:"person"`
	// Model is the family of models that PATIENT predicts with and TRAINER learns: one for both, since
	// neither can use what the other's family made. Default: naive Bayes; commands choose by their configuration.
	Model predict.Family `yaml:"-" json:"-"`
	// Observe says what is taken from a touchpoint.
	Observe observe.Config `yaml:"observe"`
	// Flags is how strong a sign of danger has to be to raise a red flag. What a flag demands is the
	// catalogue's to say.
	Flags evidence.Config `yaml:"red_flags"`
	// Predict says which predictions go out, and how many moments are learned from.
	Predict predict.Config `yaml:"predict"`
	// Catalogue holds the actions and the contact policy. Default: the one that fits the taxonomy.
	Catalogue *decide.Catalogue `yaml:"-"`
	// Brief is how briefs to agents are written.
	Brief decide.BriefConfig `yaml:"brief"`
	// Aggregate is about the windows of contact-aggregates.
	Aggregate aggregate.Config `yaml:"aggregate"`
	// Train is about how the model learns and how often it is published.
	Train train.Config `yaml:"train"`

	// Channels bounds the disorder of each channel's event times.
	Channels Channels `yaml:"channels"`
	// Changelogs names the topics that state is restored from.
	Changelogs Changelogs `yaml:"-"`
	// LiveWithin is for how long after a call's step somebody may wait for what comes of it. Default a minute.
	LiveWithin time.Duration `yaml:"-"`
}

// patient is the configuration of the PATIENT role.
func (c *Config) patient() patient.Config {
	return patient.Config{
		Emit: c.Emit, Taxonomy: c.Taxonomy, Person: c.Person, Observe: c.Observe, Flags: c.Flags, Model: c.Model, Predict: c.Predict,
		Catalogue: c.Catalogue, Brief: c.Brief, Aggregate: c.Aggregate,
	}
}

// Effective returns the configuration with its defaults filled in.
func (c Config) Effective() Config {
	c.setDefaults()
	return c
}

// Channels bounds the disorder of each channel, by the name that it has in the table of channels.
type Channels map[string]Bound

// Bound is how far a channel's event times may lie apart, and when it counts as silent.
type Bound struct {
	// OutOfOrderness is how far the watermark trails the newest event time. Default: web and app 5 s,
	// call 2 min, ehr 2 h, as in the table of channels.
	OutOfOrderness time.Duration `yaml:"out_of_orderness"`
	// IdleAfter is the processing time without records after which a partition no longer holds the
	// channel's watermark back. Default 10 s.
	IdleAfter time.Duration `yaml:"idle_after"`
}

// Changelogs names the topics that state is restored from. Default attune.<role>-changelog.
type Changelogs struct{ Identity, Patient, Trainer string }

// ChangelogsIn is the changelogs of a generation of topics.
func ChangelogsIn(generation string) Changelogs {
	return Changelogs{
		Identity: schemas.InGeneration(schemas.TopicIdentityChangelog, generation),
		Patient:  schemas.InGeneration(schemas.TopicPatientChangelog, generation),
		Trainer:  schemas.InGeneration(schemas.TopicTrainerChangelog, generation),
	}
}

func (c *Config) setDefaults() {
	p := c.patient()
	p.SetDefaults()
	c.Emit, c.Taxonomy, c.Person, c.Observe, c.Flags, c.Model, c.Predict = p.Emit, p.Taxonomy, p.Person, p.Observe, p.Flags, p.Model, p.Predict
	c.Catalogue, c.Brief, c.Aggregate = p.Catalogue, p.Brief, p.Aggregate
	c.Identify.SetDefaults()
	c.Train.SetDefaults()
	c.LiveWithin = cmp.Or(c.LiveWithin, time.Minute)
	c.Channels = maps.Clone(c.Channels) // the caller's stays as it is
	if c.Channels == nil {
		c.Channels = Channels{}
	}
	for _, s := range schemas.Channels() {
		b := c.Channels[s.Name()]
		c.Channels[s.Name()] = Bound{cmp.Or(b.OutOfOrderness, s.OutOfOrderness), cmp.Or(b.IdleAfter, s.IdleAfter)}
	}
	if c.Changelogs == (Changelogs{}) {
		c.Changelogs = ChangelogsIn("")
	}
}

// EndMargin is what a forced watermark adds to the newest event time, so that every window closes.
func (c *Config) EndMargin() time.Duration {
	var margin schemas.Millis
	for _, w := range c.Aggregate.Windows() {
		margin = max(margin, w.Size+w.Lateness)
	}
	return time.Duration(margin) * time.Millisecond
}

// settings identifies what the operators make of their inputs, by a hash of everything that is
// configured. Of the secret it has no more than tells one from another.
func (c *Config) settings() (uint64, error) {
	key := hmac.New(sha256.New, c.Identify.SiteKey)
	_, _ = key.Write([]byte("settings")) // a hash's Write has no error
	text, err := json.Marshal([]any{key.Sum(nil), fmt.Sprintf("%T", c.Model), c.Emit, c.Identify, c.Person, c.Observe, c.Flags, c.Predict, c.Taxonomy, c.Catalogue, c.Brief, c.Aggregate, c.Train})
	if err != nil {
		return 0, fmt.Errorf("settings of the operators: %w", err)
	}
	h := fnv.New64a()
	_, _ = h.Write(text)
	return h.Sum64(), nil
}

// Validate reports every problem of the configuration.
func (c *Config) Validate() error {
	p := c.patient()
	errs := []error{c.Identify.Validate(), p.Validate(), c.Train.Validate()}
	for name, b := range c.Channels {
		if c, ok := schemas.ParseChannel(name); !ok || c.Spec() == nil {
			errs = append(errs, fmt.Errorf("channels.%s: unknown", name))
		}
		if b.OutOfOrderness < 0 {
			errs = append(errs, fmt.Errorf("channels.%s.out_of_orderness: below 0", name))
		}
		if b.IdleAfter < 0 {
			errs = append(errs, fmt.Errorf("channels.%s.idle_after: below 0", name))
		}
	}
	return errors.Join(errs...)
}
