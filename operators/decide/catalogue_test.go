package decide

import (
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
)

func bankTaxonomy(t *testing.T) *schemas.Taxonomy {
	t.Helper()
	bank, err := schemas.LoadTaxonomy("bank")
	if err != nil {
		t.Fatal(err)
	}
	return bank
}

func TestCataloguesOfThisModuleLoad(t *testing.T) {
	health, bank := schemas.DefaultTaxonomy(), bankTaxonomy(t)
	for _, c := range []struct {
		name     string
		taxonomy *schemas.Taxonomy
		actions  int
	}{{"health", health, 31}, {"bank", bank, 8}, {"plain", health, 5}, {"plain", bank, 5}} {
		got, err := LoadCatalogue(c.name, c.taxonomy)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Actions) != c.actions {
			t.Errorf("%s: %d actions, want %d", c.name, len(got.Actions), c.actions)
		}
	}
	if _, err := LoadCatalogue("health", bank); err == nil {
		t.Error("the health catalogue loads for the bank's reasons")
	}
	if DefaultCatalogue(bank).Name != "bank" || DefaultCatalogue(health).Name != "health" {
		t.Error("the default catalogue is not that of the taxonomy")
	}
}

func TestCatalogueNamesEveryProblem(t *testing.T) {
	_, err := ParseCatalogue([]byte(`
holdout: {share: 0.9, purposes: [care]}
policy: {quiet_from: 8, quiet_to: 8, recall: 1h, caps: [{days: 0, max: 1}]}
actions:
  - {id: A01, channels: [sms], ttl: 1h}
  - {id: A01, channels: [voice], ttl: 1h, class: mandatory, fit: {R77: 1}}
  - {id: A16, role: nurse, class: mandatory, channels: [sms], ttl: 1h, purpose: care}
  - {id: A17, role: emergency, channels: [voice], ttl: 1h, when: [{reasons: [R05]}, {facts: [nothing]}, {flag: red}]}
  - {id: A40, channels: [voice], eligible: [{when: {waiting: true}}]}
`), schemas.DefaultTaxonomy())
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"name and version", "holdout.share", "quiet hours 8 to 8", "cap of 1 in 0 days", "id missing or twice", "outreach needs", "only for the roles",
		`"R77"`, "human call only", "must be mandatory", "without p_min", `fact "nothing"`, `flag "red"`, "ttl and channels", "no name", "all needed",
		`purposes: "care"`, "recall of 1h", "red flags say when"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in:\n%v", want, err)
		}
	}
	for _, text := range []string{"nmae: x", "actions: [{id: A01, channels: [pigeon]}]", "actions: [{id: A01, when: [{in_contcat: true}]}]"} {
		if _, err := ParseCatalogue([]byte(text), schemas.DefaultTaxonomy()); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// Whatever a site writes, each red flag is answered by an action of safety and a service that is there.
func TestFlagsCannotBeSwitchedOff(t *testing.T) {
	text, err := catalogues.ReadFile("catalogues/health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ old, new, want string }{
		{"urgent: {action: A16, service: nurse}", "urgent: {action: A02, service: nurse}", "flags.urgent: action"},
		{"urgent: {action: A16, service: nurse}", "urgent: {action: A16, service: porter}", "flags.urgent: service"},
		{"urgent: {action: A16, service: nurse}", "urgnt: {action: A16, service: nurse}", `"urgnt" is no red flag`},
	} {
		changed := strings.Replace(string(text), x.old, x.new, 1)
		if _, err := ParseCatalogue([]byte(changed), schemas.DefaultTaxonomy()); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", x.new, err)
		}
	}
	c, err := ParseCatalogue([]byte(strings.Replace(string(text), "  urgent: {action: A16, service: nurse}\n", "", 1)), schemas.DefaultTaxonomy())
	if err != nil {
		t.Fatal(err)
	}
	for kind := schemas.FlagNone + 1; kind < schemas.FlagKinds; kind++ {
		if rule := c.flags[kind]; !c.Actions[rule.action].isGrave() || rule.service == "" {
			t.Errorf("%s: %+v", kind, rule)
		}
	}
	if got := c.number("crisis_line", "es-MX"); got != "988, then 2" {
		t.Errorf("crisis line in Spanish: %q", got)
	}
}
