package attune_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadmeNamesEveryQueryAndQuotesThemAsTheyAre(t *testing.T) {
	readme := read(t, "README.md")
	files, err := filepath.Glob("sinks/clickhouse/queries/*.sql")
	if err != nil || len(files) != 11 {
		t.Fatalf("%d queries: %v", len(files), err)
	}
	var all strings.Builder
	for _, file := range files {
		text := read(t, file)
		all.WriteString(text)
		row := regexp.MustCompile(`\| \[` + regexp.QuoteMeta(filepath.Base(file)) + `\]\(` + regexp.QuoteMeta(filepath.ToSlash(file)) + `\) \| (.*) \|`).FindStringSubmatch(readme)
		if row == nil {
			t.Errorf("%s is not in the table of queries", file)
			continue
		}
		comment := strings.ReplaceAll(text, "\n-- ", " ")
		if !strings.HasPrefix(comment, "-- "+row[1]) {
			t.Errorf("%s begins otherwise than the README says: %s", file, row[1])
		}
	}
	blocks := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Error("no query is quoted")
	}
	for _, block := range blocks {
		if !strings.Contains(all.String(), block[1]) {
			t.Errorf("quoted, but no file has it:\n%s", block[1])
		}
	}
}

func TestReadmeDrawsTheTopologyAsItsPageDoes(t *testing.T) {
	var drawing []string
	for line := range strings.Lines(read(t, "topology.go")) {
		if art, ok := strings.CutPrefix(line, "//\t"); ok {
			drawing = append(drawing, art)
		}
	}
	if len(drawing) == 0 || !strings.Contains(read(t, "README.md"), strings.Join(drawing, "")) {
		t.Error("README.md draws another topology than topology.go")
	}
}

func TestReadmeNamesEveryTopic(t *testing.T) {
	readme := read(t, "README.md")
	for _, topic := range schemas.Topics(schemas.TopicConfig{}) {
		if !strings.Contains(readme, "`"+topic.Name+"`") {
			t.Errorf("README.md does not name topic %s", topic.Name)
		}
	}
}

// pages are the pages for readers.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md", "deploy/*.md", "schemas/*.md", "sources/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, files...)
	}
	return found
}

func TestLinksOfPagesLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	for _, page := range pages(t) {
		for _, to := range link.FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(to[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(to[1]))); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// Pages name tests as what holds a promise: they must be there.
func TestTestsThatPagesNameAreThere(t *testing.T) {
	named := regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*)`")
	code := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, test := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(read(t, file), -1) {
				code[test[1]] = true
			}
		}
	}
	for _, page := range pages(t) {
		for _, test := range named.FindAllStringSubmatch(read(t, page), -1) {
			if !code[test[1]] {
				t.Errorf("%s names %s, which is not there", page, test[1])
			}
		}
	}
}

// make cases runs the tests of a page in the packages that the page names.
func TestTestsOfTheFieldAreInThePackagesNamed(t *testing.T) {
	n := 0
	for line := range strings.Lines(read(t, "docs/field.md")) {
		dir := ""
		for _, word := range regexp.MustCompile("`(\\.[a-z/]*|Test[A-Z][A-Za-z0-9]*)`").FindAllStringSubmatch(line, -1) {
			if strings.HasPrefix(word[1], ".") {
				dir = word[1]
				continue
			}
			files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(files, func(f string) bool { return strings.Contains(read(t, f), "\nfunc "+word[1]+"(t ") }) {
				t.Errorf("%s is not in %s", word[1], dir)
			}
			n++
		}
	}
	if n < 40 {
		t.Errorf("%d tests, want 40 at least", n)
	}
}

func TestPictureNeedsNothingFromElsewhere(t *testing.T) {
	picture := read(t, "docs/demo.svg")
	if len(picture) > 150_000 {
		t.Errorf("docs/demo.svg has %d bytes", len(picture))
	}
	for _, foreign := range []string{"@font-face", "@import", "url(http", "<image", "<script", "href=\"http"} {
		if strings.Contains(picture, foreign) {
			t.Errorf("docs/demo.svg has %s", foreign)
		}
	}
}

// Pages name files by their path, from the root or from where the page is.
func TestFilesThatPagesNameAreThere(t *testing.T) {
	named := regexp.MustCompile("`((?:[A-Za-z0-9_-]+/)+[A-Za-z0-9_.-]+\\.(?:go|md|sql|avsc|yaml|py|txt|java|svg))`")
	for _, page := range pages(t) {
		for _, file := range named.FindAllStringSubmatch(read(t, page), -1) {
			var found bool
			for _, from := range []string{".", filepath.Dir(page), "pipeline"} {
				_, err := os.Stat(filepath.Join(from, filepath.FromSlash(file[1])))
				found = found || err == nil
			}
			if !found {
				t.Errorf("%s names %s, which is not there", page, file[1])
			}
		}
	}
}
