package roles

import (
	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
)

// Words are the words of the site's catalogue and taxonomy.
func Words(c *config.Config) (*decide.Words, error) {
	reasons, err := schemas.LoadTaxonomy(c.Run.Taxonomy)
	if err != nil {
		return nil, exit.Usage(err)
	}
	site := attune.Config{Taxonomy: reasons}
	if c.Run.Catalogue != "" {
		if site.Catalogue, err = decide.LoadCatalogue(c.Run.Catalogue, reasons); err != nil {
			return nil, exit.Usage(err)
		}
	}
	return decide.NewWords(site.Effective().Catalogue, reasons), nil
}
