package lint

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A decoder whose target is not in the table is one that nobody knows to be fuzzed; a target in the
// table that is gone is one that everybody believes in. The count covers targets of one name.
func TestFuzzTargetsAreThoseOfTheTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "fuzzing.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed, found := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		for _, name := range regexp.MustCompile("`(Fuzz[A-Za-z0-9_]+)`").FindAllStringSubmatch(line, -1) {
			listed[name[1]]++
		}
	}
	_, files := parseRepository(t)
	for _, f := range files {
		if !f.isTest() {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Fuzz") {
				found[fn.Name.Name]++
				if listed[fn.Name.Name] == 0 {
					t.Errorf("%s: %s is not in docs/fuzzing.md", f.path, fn.Name.Name)
				}
			}
		}
	}
	for name, n := range listed {
		if found[name] != n {
			t.Errorf("docs/fuzzing.md has %s %d times, there are %d", name, n, found[name])
		}
	}
	if len(found) == 0 {
		t.Error("no fuzz targets: the search for them is broken")
	}
}
