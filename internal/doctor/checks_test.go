package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/checks.md has the rows of the table, in its order.
func TestDocumentedChecksAreThoseOfTheTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	var want []string
	for _, c := range Checks() {
		at := "doctor"
		if c.AtStart {
			at = "start, doctor"
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", c.Name, c.Looks, at, c.Remedy))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("docs/checks.md must have these rows:\n%s", strings.Join(want, "\n"))
	}
}
