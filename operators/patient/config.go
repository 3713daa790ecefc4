package patient

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/operators/aggregate"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/schemas"
)

// Config is what the PATIENT role needs to know of a site: the configurations of its rooms. Each room says
// what its settings mean, and has their defaults.
type Config struct {
	// Emit has the topics and the ids of schemas.
	Emit emit.Config
	// Taxonomy holds the site's contact reasons. Default: the health taxonomy of package schemas. It is
	// shared with the catalogue and the models, whose numbers of reasons are those of its order.
	Taxonomy *schemas.Taxonomy
	// Person sets how long what is known of a person lasts.
	Person person.Config
	// Observe sets what is taken from a touchpoint.
	Observe observe.Config
	// Flags says how strong signs of danger have to be.
	Flags evidence.Config
	// Model is the kind of model that predicts. Default: naive Bayes.
	Model predict.Family `json:"-"`
	// Predict sets which predictions go out.
	Predict predict.Config
	// Catalogue holds the actions and the contact policy. Default: the one that fits the taxonomy.
	Catalogue *decide.Catalogue
	// Brief is how briefs are written.
	Brief decide.BriefConfig
	// Aggregate sets the windows.
	Aggregate aggregate.Config
}

// SetDefaults fills in what is zero. The taxonomy comes first: the catalogue is made for it.
func (c *Config) SetDefaults() {
	c.Emit.SetDefaults()
	if c.Taxonomy == nil {
		c.Taxonomy = schemas.DefaultTaxonomy()
	}
	c.Person.SetDefaults()
	c.Observe.SetDefaults()
	c.Flags.SetDefaults()
	c.Predict.SetDefaults()
	if c.Model == nil {
		c.Model = naivebayes.Family{}
	}
	if c.Catalogue == nil {
		c.Catalogue = decide.DefaultCatalogue(c.Taxonomy)
	}
	c.Brief.SetDefaults(c.Catalogue)
	c.Aggregate.SetDefaults()
}

// Validate returns every problem of the configuration. A catalogue of another taxonomy would offer actions
// for reasons that no model predicts.
func (c *Config) Validate() error {
	problems := []error{c.Person.Validate(), c.Observe.Validate(), c.Flags.Validate(), c.Predict.Validate(), c.Brief.Validate(c.Catalogue), c.Aggregate.Validate()}
	// Versions and not pointers: both may have been read from files.
	if c.Catalogue.Taxonomy().Version != c.Taxonomy.Version {
		problems = append(problems, fmt.Errorf("catalogue %s: made for taxonomy %s, not %s", c.Catalogue.Name, c.Catalogue.Taxonomy().Version, c.Taxonomy.Version))
	}
	return errors.Join(problems...)
}
