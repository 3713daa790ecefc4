package roles

import (
	"maps"
	"slices"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// Words are the words of the site's catalogue and taxonomy.
func Words(c *config.Config) (*decide.Words, error) {
	catalogue, reasons, err := siteData(c)
	if err != nil {
		return nil, err
	}
	return decide.NewWords(catalogue, reasons), nil
}

// siteData are the site's catalogue and taxonomy.
func siteData(c *config.Config) (*decide.Catalogue, *schemas.Taxonomy, error) {
	reasons, err := schemas.LoadTaxonomy(c.Run.Taxonomy)
	if err != nil {
		return nil, nil, exit.Usage(err)
	}
	site := attune.Config{Taxonomy: reasons}
	if c.Run.Catalogue != "" {
		if site.Catalogue, err = decide.LoadCatalogue(c.Run.Catalogue, reasons); err != nil {
			return nil, nil, exit.Usage(err)
		}
	}
	return site.Effective().Catalogue, reasons, nil
}

// codes are what the codes of both mean, for ClickHouse.
func codes(c *config.Config) (out clickhouse.Codes, err error) {
	catalogue, reasons, err := siteData(c)
	if err != nil {
		return out, err
	}
	out.TaxonomyVersion, out.PolicyVersion = reasons.Version, catalogue.Version
	for _, r := range reasons.Reasons {
		out.Reasons = append(out.Reasons, clickhouse.ReasonCode{Code: r.Code, Name: r.Name, Words: r.Words, Urgent: r.Urgent})
	}
	for _, code := range slices.Sorted(maps.Keys(reasons.Special)) {
		out.Reasons = append(out.Reasons, clickhouse.ReasonCode{Code: code, Name: code, Words: reasons.Special[code]})
	}
	for _, a := range catalogue.Actions {
		out.Actions = append(out.Actions, clickhouse.ActionCode{Code: a.ID, Name: a.Name, Words: a.Words, Class: string(a.Class), Purpose: a.Purpose, Group: a.Group})
	}
	return out, nil
}
