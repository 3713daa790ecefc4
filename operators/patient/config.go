package patient

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/operators/aggregate"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/schemas"
)

// Config is what the PATIENT role needs to know of a site: the configurations of its rooms.
type Config struct {
	Emit emit.Config
	// Taxonomy holds the site's contact reasons. Default: the health taxonomy of package schemas.
	Taxonomy *schemas.Taxonomy
	Person   person.Config
	Observe  observe.Config
	// Model is the kind of model that predicts. Default: naive Bayes.
	Model predict.Family `json:"-"`
	// Catalogue holds the actions and the contact policy. Default: the one that fits the taxonomy.
	Catalogue *decide.Catalogue
	// Brief is how briefs are written.
	Brief     decide.BriefConfig
	Aggregate aggregate.Config
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.Emit.SetDefaults()
	if c.Taxonomy == nil {
		c.Taxonomy = schemas.DefaultTaxonomy()
	}
	c.Person.SetDefaults()
	c.Observe.SetDefaults()
	if c.Model == nil {
		c.Model = naivebayes.Family{}
	}
	if c.Catalogue == nil {
		c.Catalogue = decide.DefaultCatalogue(c.Taxonomy)
	}
	c.Brief.SetDefaults(c.Catalogue)
	c.Aggregate.SetDefaults()
}

// Validate returns every problem of the configuration.
func (c *Config) Validate() error {
	problems := []error{c.Person.Validate(), c.Observe.Validate(), c.Brief.Validate(c.Catalogue), c.Aggregate.Validate()}
	if c.Catalogue.Taxonomy().Version != c.Taxonomy.Version {
		problems = append(problems, fmt.Errorf("catalogue %s: made for taxonomy %s, not %s", c.Catalogue.Name, c.Catalogue.Taxonomy().Version, c.Taxonomy.Version))
	}
	return errors.Join(problems...)
}
