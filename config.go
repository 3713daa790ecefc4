package attune

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/attune-health/attune/operators/aggregate"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/patient"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/operators/predict/train"
	"github.com/attune-health/attune/schemas"
)

// Config describes the graph: the configurations of its rooms. The zero value lacks a site key and
// schema ids; everything else has a default.
type Config struct {
	Emit emit.Config
	// Taxonomy holds the site's contact reasons. Default: the health taxonomy of package schemas.
	Taxonomy *schemas.Taxonomy
	Identify identify.Config
	Person   person.Config
	Observe  observe.Config
	// Catalogue holds the actions and the contact policy. Default: the one that fits the taxonomy.
	Catalogue *decide.Catalogue
	Aggregate aggregate.Config
	Train     train.Config

	Channels   Channels
	Changelogs Changelogs
}

// patient is the configuration of the PATIENT role.
func (c *Config) patient() patient.Config {
	return patient.Config{Emit: c.Emit, Taxonomy: c.Taxonomy, Person: c.Person, Observe: c.Observe, Catalogue: c.Catalogue, Aggregate: c.Aggregate}
}

// Effective returns the configuration with its defaults filled in.
func (c Config) Effective() Config {
	c.setDefaults()
	return c
}

// Channels bounds the disorder of each channel.
type Channels struct{ Web, App, Call, Ehr Bound }

// Bound is how far a channel's event times may lie apart, and when it counts as silent.
type Bound struct {
	// OutOfOrderness is how far the watermark trails the newest event time. Default: web and app 5 s,
	// call 2 min, ehr 2 h, about what such systems need to deliver nearly everything.
	OutOfOrderness time.Duration
	// IdleAfter is the processing time without records after which a partition no longer holds the
	// channel's watermark back. Default 10 s.
	IdleAfter time.Duration
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
	c.Emit, c.Taxonomy, c.Person, c.Observe, c.Catalogue, c.Aggregate = p.Emit, p.Taxonomy, p.Person, p.Observe, p.Catalogue, p.Aggregate
	c.Identify.SetDefaults()
	c.Train.SetDefaults()
	for _, b := range []struct {
		bound *Bound
		late  time.Duration
	}{{&c.Channels.Web, 5 * time.Second}, {&c.Channels.App, 5 * time.Second}, {&c.Channels.Call, 2 * time.Minute}, {&c.Channels.Ehr, 2 * time.Hour}} {
		if b.bound.OutOfOrderness == 0 {
			b.bound.OutOfOrderness = b.late
		}
		if b.bound.IdleAfter == 0 {
			b.bound.IdleAfter = 10 * time.Second
		}
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
// configured but the secret.
func (c *Config) settings() (uint64, error) {
	text, err := json.Marshal([]any{c.Emit, c.Identify, c.Person, c.Observe, c.Taxonomy, c.Catalogue, c.Aggregate, c.Train})
	if err != nil {
		return 0, fmt.Errorf("settings of the operators: %w", err)
	}
	h := fnv.New64a()
	_, _ = h.Write(text) // a hash's Write has no error
	return h.Sum64(), nil
}

// Validate reports every problem of the configuration.
func (c *Config) Validate() error {
	p := c.patient()
	errs := []error{c.Identify.Validate(), p.Validate()}
	for name, b := range map[string]Bound{"web": c.Channels.Web, "app": c.Channels.App, "call": c.Channels.Call, "ehr": c.Channels.Ehr} {
		if b.OutOfOrderness < 0 || b.IdleAfter < 0 {
			errs = append(errs, fmt.Errorf("channel %s: a negative bound", name))
		}
	}
	return errors.Join(errs...)
}
