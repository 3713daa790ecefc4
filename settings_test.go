package attune

import (
	"testing"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/schemas"
)

func TestSettingsChangeThenTopologySaysSo(t *testing.T) {
	base := Config{Identify: identify.Config{SiteKey: []byte("sixteen bytes at least")}, Emit: emit.Config{Schemas: emit.SchemaIDs{Touchpoint: 1}}}
	settings := func(change func(c *Config)) uint64 {
		t.Helper()
		c := base
		change(&c)
		c.setDefaults()
		n, err := c.settings()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	same := settings(func(*Config) {})
	if same == 0 || settings(func(*Config) {}) != same {
		t.Error("it is not a function of the configuration")
	}
	seen := map[uint64]bool{same: true}
	for i, change := range []func(c *Config){
		func(c *Config) { c.Person.SessionGap = 7 },
		func(c *Config) { c.Aggregate.Early = 7 },
		func(c *Config) { c.Observe.Limit.PerMinute = 7 },
		func(c *Config) { c.Flags.ReadFor = 7 },
		func(c *Config) { c.Brief.Confidence = 0.7 },
		func(c *Config) {
			wording := *decide.DefaultWording("en")
			wording.OtherChannel = "another way"
			c.Brief.Wording = &wording
		},
		func(c *Config) { c.Emit.Schemas.Touchpoint = 7 },
		// Another key makes other persons of the same input.
		func(c *Config) { c.Identify.SiteKey = []byte("another sixteen bytes") },
		func(c *Config) { c.Identify.IdentifierOrder = []schemas.IdentifierKind{schemas.IdentifierKindPhone} },
		func(c *Config) {
			catalogue := *c.Effective().Catalogue
			catalogue.Version = "another"
			c.Catalogue = &catalogue
		},
	} {
		if n := settings(change); seen[n] {
			t.Errorf("change %d makes no difference", i)
		} else {
			seen[n] = true
		}
	}
}
