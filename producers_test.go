package attune_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// codesIn are the first groups of a pattern in a file, sorted.
func codesIn(t *testing.T, file, pattern string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// docs/producers.md lists the reasons of rejected records, the contact reasons and the actions: no more, no less.
func TestProducersGuideListsTheCodes(t *testing.T) {
	reasons := append(codesIn(t, "operators/emit/reject.go", `Reason\w+ += "(\w+)"`), codesIn(t, "pipeline/errors.go", `const ReasonUnreadable = "(\w+)"`)...)
	slices.Sort(reasons)
	for name, c := range map[string]struct{ got, want []string }{
		"reasons of rejected records": {codesIn(t, "docs/producers.md", "(?m)^\\| `([a-z_]+)` \\| [^`]"), reasons},
		"contact reasons":             {codesIn(t, "docs/producers.md", "(?m)^\\| `(R\\d+)` \\|"), codesIn(t, "schemas/taxonomies/health.yaml", `code: (R\d+)`)},
		"actions":                     {codesIn(t, "docs/producers.md", "(?m)^\\| `(A\\d+)` \\|"), codesIn(t, "operators/decide/catalogues/health.yaml", `\bid: (A\d+)`)},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: docs/producers.md has %s, the code %s", name, strings.Join(c.got, " "), strings.Join(c.want, " "))
		}
	}
}
