package schemas

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTaxonomiesOfThisModuleLoad(t *testing.T) {
	for name, reasons := range map[string]int{"health": 13, "bank": 7} {
		tax, err := LoadTaxonomy(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(tax.Reasons) != reasons {
			t.Errorf("%s: %d reasons, want %d", name, len(tax.Reasons), reasons)
		}
		for i, r := range tax.Reasons {
			if tax.Index(r.Code) != i || !tax.Known(r.Code) {
				t.Errorf("%s: reason %s is not at %d", name, r.Code, i)
			}
		}
		if !tax.Known(ReasonNone) || !tax.Known(ReasonUnknown) || tax.Known("R99") || tax.Index(ReasonUnknown) != -1 {
			t.Errorf("%s: special codes are not told from reasons", name)
		}
	}
}

func TestTaxonomyIsLoadedByPath(t *testing.T) {
	text, err := taxonomies.ReadFile("taxonomies/bank.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadTaxonomy(path); err != nil {
		t.Error(err)
	}
	if _, err := LoadTaxonomy("no-such-site"); err == nil {
		t.Error("a taxonomy that is not there loads")
	}
}

func TestTaxonomyNamesEveryProblem(t *testing.T) {
	_, err := ParseTaxonomy([]byte("reasons: [{code: R01, prior: 0.5}, {code: unknown, prior: 0.1}]\nhints: [{page: x, reason: R77}]\n"))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"version", `reason "unknown"`, "0.6000", "none_expected is missing", "R77", "contact.base"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in: %v", want, err)
		}
	}
	if _, err := ParseTaxonomy([]byte("versoin: 1\n")); err == nil {
		t.Error("an unknown key is accepted")
	}
}

func TestHintOfTheLongestPrefix(t *testing.T) {
	tax, err := LoadTaxonomy("health")
	if err != nil {
		t.Fatal(err)
	}
	if h, ok := tax.Hint("symptoms/stroke/now"); !ok || h.Flag != FlagEmergency {
		t.Errorf("got %v, %v", h, ok)
	}
	if _, ok := tax.Hint("refill/form"); ok {
		t.Error("a hint for a page without one")
	}
}
