package roles

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline/kafka"
)

// TestNoTransactionalIDIsNeededAtLeastOnce: what is not used need not be allowed.
func TestNoTransactionalIDIsNeededAtLeastOnce(t *testing.T) {
	c := config.Default()
	for delivery, want := range map[string]bool{"exactly-once": true, "at-least-once": false} {
		c.Run.Delivery = delivery
		need, err := Rights(t.Context(), &c, "run")
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(need, func(r Right) bool { return r.Resource == "transactional-id" }); got != want {
			t.Errorf("%s: a transactional id is needed: %v", delivery, got)
		}
	}
}

// TestDocumentedRightsAreTheNeededOnes: docs/acls.md has a row for the topics that a role reads, for those that it writes,
// for those that it does both with, and for each other resource.
func TestDocumentedRightsAreTheNeededOnes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "acls.md"))
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	for _, role := range []string{"run", "sink", "desk"} {
		need, err := Rights(t.Context(), &c, role)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		topics := map[string][]string{}
		for _, r := range need {
			if r.Resource != "topic" {
				continue
			}
			var words []string
			for _, o := range []kafka.Operation{kafka.OperationRead, kafka.OperationWrite} {
				if slices.Contains(r.Operations, o) {
					words = append(words, o.String())
				}
			}
			if kind := strings.Join(words, ", "); kind != "" {
				if topics[kind] == nil {
					kinds = append(kinds, kind)
				}
				topics[kind] = append(topics[kind], "`"+r.Name+"`")
			}
		}
		for _, kind := range kinds {
			slices.Sort(topics[kind])
			if row := fmt.Sprintf("| `attune %s` | topics %s | %s |\n", role, strings.Join(topics[kind], ", "), kind); !strings.Contains(string(text), row) {
				t.Errorf("docs/acls.md lacks\n%s", row)
			}
		}
	}
}
