package operators

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/schemas"
)

// PatientConfig is what the PATIENT role needs to know of a site: the configurations of its rooms.
type PatientConfig struct {
	Emit EmitConfig
	// Taxonomy holds the site's contact reasons. Default: the health taxonomy of package schemas.
	Taxonomy *schemas.Taxonomy
	Person   PersonConfig
	Observe  ObserveConfig
	// Catalogue holds the actions and the contact policy. Default: the one that fits the taxonomy.
	Catalogue *Catalogue
	Aggregate AggregateConfig
}

// SetDefaults fills in what is zero.
func (c *PatientConfig) SetDefaults() {
	c.Emit.SetDefaults()
	if c.Taxonomy == nil {
		c.Taxonomy = schemas.DefaultTaxonomy()
	}
	c.Person.SetDefaults()
	c.Observe.SetDefaults()
	if c.Catalogue == nil {
		c.Catalogue = DefaultCatalogue(c.Taxonomy)
	}
	c.Aggregate.SetDefaults()
}

// Validate returns every problem of the configuration.
func (c *PatientConfig) Validate() error {
	problems := []error{c.Person.Validate(), c.Observe.Validate(), c.Aggregate.Validate()}
	if c.Catalogue.Taxonomy().Version != c.Taxonomy.Version {
		problems = append(problems, fmt.Errorf("catalogue %s: made for taxonomy %s, not %s", c.Catalogue.Name, c.Catalogue.Taxonomy().Version, c.Taxonomy.Version))
	}
	return errors.Join(problems...)
}
