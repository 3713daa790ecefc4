package roles

import (
	"slices"
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// TestCodesAreTheSitesOwn: an analyst joins them to rows, and a row whose code is not there is lost.
func TestCodesAreTheSitesOwn(t *testing.T) {
	for _, taxonomy := range []string{"health", "bank"} {
		c := config.Default()
		c.Run.Taxonomy = taxonomy
		got, err := codes(&c)
		if err != nil {
			t.Fatal(err)
		}
		reasons, err := schemas.LoadTaxonomy(taxonomy)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reasons.Reasons {
			if !slices.Contains(got.Reasons, clickhouse.ReasonCode{Code: r.Code, Name: r.Name, Words: r.Words, Urgent: r.Urgent}) {
				t.Errorf("%s: no %s among the reasons", taxonomy, r.Code)
			}
		}
		for _, code := range []string{schemas.ReasonNone, schemas.ReasonUnknown} {
			if !slices.ContainsFunc(got.Reasons, func(r clickhouse.ReasonCode) bool { return r.Code == code && r.Words != "" }) {
				t.Errorf("%s: no words for %s", taxonomy, code)
			}
		}
		for _, a := range decide.DefaultCatalogue(reasons).Actions {
			if !slices.ContainsFunc(got.Actions, func(x clickhouse.ActionCode) bool { return x.Code == a.ID && x.Name == a.Name && x.Words == a.Words }) {
				t.Errorf("%s: no %s among the actions", taxonomy, a.ID)
			}
		}
		if got.TaxonomyVersion != reasons.Version || got.PolicyVersion == "" {
			t.Errorf("the codes are of %s and %s", got.TaxonomyVersion, got.PolicyVersion)
		}
	}
}
