package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/attune-health/attune"

// file is one parsed Go file of the repository.
type file struct {
	path    string // relative to the root, with slashes
	dir     string
	ast     *ast.File
	imports []string
	lines   int
}

func (f *file) isTest() bool      { return strings.HasSuffix(f.path, "_test.go") }
func (f *file) isGenerated() bool { return ast.IsGenerated(f.ast) }

// parseRepository reads every Go file below the root.
func parseRepository(t *testing.T) (*token.FileSet, []*file) {
	t.Helper()
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	var files []*file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f := &file{path: filepath.ToSlash(rel), dir: filepath.ToSlash(filepath.Dir(rel)), ast: parsed}
		f.lines = fset.Position(parsed.End()).Line
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, path)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found %d Go files: the walk is broken", len(files))
	}
	return fset, files
}

// mayImport says which of our packages a package may import (exact, or with everything below where
// it ends in a slash). A package not named here may import none of ours.
var mayImport = map[string][]string{
	"schemas":               {},
	"pipeline":              {},
	"pipeline/state":        {"pipeline"},
	"pipeline/kafka":        {"pipeline"},
	"pipeline/runner":       {"pipeline"},
	"pipeline/pipelinetest": {"pipeline", "pipeline/state"},
	"pipeline/enginetest":   {"pipeline", "pipeline/state", "pipeline/pipelinetest"},
	"pipeline/window":       {"pipeline", "pipeline/state"},
	"pipeline/join":         {"pipeline", "pipeline/state"},
	"pipeline/pattern":      {"pipeline", "pipeline/state"},

	// The operators' rooms: each may use those above it.
	"operators/exact":     {},
	"operators/emit":      {"schemas", "pipeline"},
	"operators/person":    {"schemas", "pipeline", "pipeline/state", "operators/exact", "operators/emit"},
	"operators/observe":   {"schemas", "pipeline", "pipeline/state", "operators/exact", "operators/emit", "operators/person"},
	"operators/evidence":  {"schemas", "operators/exact", "operators/person"},
	"operators/predict":   {"schemas", "pipeline", "operators/exact", "operators/emit", "operators/person", "operators/evidence"},
	"operators/decide":    {"schemas", "pipeline", "operators/exact", "operators/emit", "operators/person", "operators/evidence", "operators/predict"},
	"operators/aggregate": {"schemas", "pipeline", "pipeline/state", "pipeline/window", "operators/exact", "operators/emit", "operators/person"},
	"operators/identify":  {"schemas", "pipeline", "pipeline/state", "operators/exact", "operators/emit", "operators/person"},
	"operators/patient":   {"schemas", "pipeline", "operators/emit", "operators/person", "operators/observe", "operators/evidence", "operators/predict", "operators/predict/naivebayes", "operators/predict/softmax", "operators/decide", "operators/aggregate"},

	"operators/predict/naivebayes": {"schemas", "operators/exact", "operators/evidence", "operators/predict"},
	"operators/predict/hazards":    {"schemas", "operators/exact", "operators/evidence", "operators/predict"},
	"operators/predict/softmax":    {"schemas", "operators/exact", "operators/evidence", "operators/predict", "operators/predict/hazards"},
	"operators/predict/train":      {"operators/exact", "schemas", "pipeline", "operators/emit", "operators/evidence", "operators/predict"},

	".":                   {"schemas", "pipeline", "operators/"},
	"sinks/clickhouse":    {"schemas", "pipeline", "sinks/consume"},
	"sinks/boards":        {},
	"sinks/desk":          {"schemas", "pipeline", "sources", "operators/evidence", "operators/decide", "sinks/consume", "sinks/boards"},
	"sinks/consume":       {"schemas", "pipeline"},
	"sinks/sinktest":      {"schemas", "pipeline"},
	"sources":             {"schemas", "pipeline"},
	"sources/":            {"schemas", "sources"},
	"benchmarks/":         {".", "schemas", "pipeline", "pipeline/", "operators/", "sources", "sources/", "sinks/", "benchmarks/", "deploy/", "internal/"},
	"benchmarks/journeys": {"schemas"},
	"benchmarks/world":    {"schemas", "benchmarks/journeys"},
	"benchmarks/machine":  {},
	"benchmarks/crowd":    {},
	"deploy/process":      {},
	"deploy/embedded":     {"deploy/process"},
	"deploy/embeddedtest": {"deploy/process", "deploy/embedded"},
	"deploy/grafana":      {"sinks/boards"},
	"deploy/superset":     {"sinks/boards"},
	"deploy/boardstest":   {"schemas", "sinks/clickhouse", "sinks/boards", "benchmarks/crowd", "deploy/embedded"},
	"internal/":           {"schemas", "pipeline", "pipeline/runner", "internal/avrogen"},
	"docs/examples":       {},

	// The wiring, from what a configuration is to what commands do with it.
	"internal/config":    {".", "schemas", "pipeline", "pipeline/", "operators/", "sinks/clickhouse", "sinks/desk", "internal/exit", "internal/telemetry"},
	"internal/confgen":   {"schemas", "internal/config"},
	"internal/boardgen":  {"deploy/grafana", "deploy/superset"},
	"internal/verify":    {"schemas", "pipeline", "internal/oracle"},
	"internal/connect":   {"schemas", "pipeline", "pipeline/kafka", "internal/exit", "internal/config"},
	"internal/roles":     {".", "schemas", "pipeline", "pipeline/", "operators/", "sinks/consume", "sinks/clickhouse", "sinks/desk", "internal/exit", "internal/config", "internal/connect", "internal/telemetry", "internal/verify"},
	"internal/traffic":   {"schemas", "pipeline", "sources", "sources/", "benchmarks/journeys", "benchmarks/world", "internal/exit", "internal/config", "internal/connect", "internal/verify"},
	"internal/inspect":   {".", "schemas", "pipeline", "pipeline/kafka", "operators/", "sinks/clickhouse", "internal/exit", "internal/config", "internal/connect", "internal/roles"},
	"internal/evaluate":  {".", "schemas", "pipeline", "operators/", "sources", "internal/exit", "internal/traffic"},
	"internal/doctor":    {"schemas", "pipeline", "pipeline/kafka", "sinks/clickhouse", "internal/exit", "internal/config", "internal/connect", "internal/roles"},
	"internal/reprocess": {"schemas", "pipeline", "pipeline/kafka", "sinks/clickhouse", "internal/exit", "internal/config", "internal/connect", "internal/roles"},
	"internal/demo": {".", "schemas", "pipeline", "pipeline/kafka", "pipeline/runner", "sources", "sources/", "sinks/clickhouse", "sinks/desk", "benchmarks/journeys", "benchmarks/world", "deploy/embedded",
		"internal/exit", "internal/config", "internal/connect", "internal/evaluate", "internal/roles", "internal/traffic", "internal/telemetry", "internal/verify", "internal/oracle"},
	// A command reads flags and calls a room. Nothing imports a command.
	"cmd/": {"schemas", "pipeline/kafka", "sinks/clickhouse", "deploy/embedded", "internal/exit", "internal/config", "internal/connect", "internal/roles",
		"internal/traffic", "internal/inspect", "internal/doctor", "internal/reprocess", "internal/evaluate", "internal/demo"},
}

func allowed(dir, imported string) bool {
	rules, ok := mayImport[dir]
	if !ok {
		for prefix, r := range mayImport {
			if strings.HasSuffix(prefix, "/") && strings.HasPrefix(dir, prefix) {
				rules = r
			}
		}
	}
	return slices.ContainsFunc(rules, func(rule string) bool {
		return rule == imported || strings.HasSuffix(rule, "/") && strings.HasPrefix(imported, rule)
	})
}

func TestImportsPointOneWay(t *testing.T) {
	_, files := parseRepository(t)
	for _, f := range files {
		if f.isTest() {
			continue // tests may use the test kits and the embedded parts
		}
		for _, path := range f.imports {
			if path != module && !strings.HasPrefix(path, module+"/") {
				continue
			}
			imported := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
			if imported == "" {
				imported = "."
			}
			if !allowed(f.dir, imported) {
				t.Errorf("%s imports %s: package %s may not", f.path, imported, f.dir)
			}
		}
	}
}

// soleUsers names libraries that one package keeps to itself.
var soleUsers = map[string]string{
	"github.com/segmentio/kafka-go":           "pipeline/kafka",
	"github.com/cenkalti/backoff/v4":          "pipeline/kafka sinks/consume",
	"github.com/ClickHouse/clickhouse-go/v2":  "sinks/clickhouse",
	"github.com/ClickHouse/ch-go":             "sinks/clickhouse",
	"github.com/ebitengine/purego":            "deploy/embedded",
	"github.com/twmb/franz-go/pkg/kfake":      "deploy/embedded",
	"github.com/twmb/franz-go/pkg/sr":         "schemas deploy/embedded docs/examples",
	"github.com/spf13/cobra":                  "cmd/attune",
	"go.opentelemetry.io/otel/exporters":      "internal/telemetry",
	"github.com/prometheus/client_golang":     "internal/telemetry",
	"gopkg.in/yaml.v3":                        "internal/config internal/confgen schemas operators/decide sinks/clickhouse deploy/superset deploy/grafana internal/avrogen internal/chgen",
	"github.com/linkedin/goavro/v2":           "schemas docs/examples",
	"github.com/cockroachdb/pebble":           "pipeline/state sinks/desk",
	"github.com/confluentinc/confluent-kafka": "",
}

func TestLibrariesStayInTheirPackage(t *testing.T) {
	_, files := parseRepository(t)
	for _, f := range files {
		if f.isTest() {
			continue
		}
		for _, path := range f.imports {
			for library, users := range soleUsers {
				if path != library && !strings.HasPrefix(path, library+"/") {
					continue
				}
				if !slices.ContainsFunc(strings.Fields(users), func(u string) bool { return f.dir == u || strings.HasPrefix(f.dir, u+"/") }) {
					t.Errorf("%s imports %s: only %s may", f.path, path, users)
				}
			}
		}
	}
}

func TestPipelineUsesTheStandardLibraryOnly(t *testing.T) {
	_, files := parseRepository(t)
	for _, f := range files {
		if f.dir != "pipeline" && f.dir != "pipeline/runner" || f.isTest() {
			continue
		}
		for _, path := range f.imports {
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") && path != module+"/pipeline" && !strings.HasPrefix(path, "golang.org/x/sync") {
				t.Errorf("%s imports %s", f.path, path)
			}
		}
	}
}

func TestNoLoggingInPipelineAndOperators(t *testing.T) {
	_, files := parseRepository(t)
	for _, f := range files {
		if f.isTest() || !strings.HasPrefix(f.dir, "pipeline") && !strings.HasPrefix(f.dir, "operators") {
			continue
		}
		for _, path := range f.imports {
			if path == "log" || path == "log/slog" {
				t.Errorf("%s imports %s: call Events instead", f.path, path)
			}
		}
	}
}

// calls reports each call of pkg.name in f.
func calls(f *file, pkg string, names ...string) []token.Pos {
	var found []token.Pos
	ast.Inspect(f.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if id, ok := sel.X.(*ast.Ident); ok && id.Name == pkg && slices.Contains(names, sel.Sel.Name) {
			found = append(found, call.Pos())
		}
		return true
	})
	return found
}

func TestNoSleepInTests(t *testing.T) {
	fset, files := parseRepository(t)
	for _, f := range files {
		if f.isTest() {
			for _, pos := range calls(f, "time", "Sleep") {
				t.Errorf("%s: a test that sleeps: wait for the condition, or use a fake clock", fset.Position(pos))
			}
		}
	}
}

// isOperator says of a package that its code runs inside tasks: the product's operators, and those of
// the engine's library.
func isOperator(dir string) bool {
	return dir == "operators" || strings.HasPrefix(dir, "operators/") ||
		slices.Contains([]string{"pipeline/window", "pipeline/join", "pipeline/pattern", "pipeline/accumulator"}, dir)
}

func TestNoWallClockInOperators(t *testing.T) {
	fset, files := parseRepository(t)
	for _, f := range files {
		if f.isTest() || !isOperator(f.dir) {
			continue
		}
		for _, pos := range calls(f, "time", "Now", "Since", "Until", "After", "Tick", "NewTimer", "NewTicker", "Sleep") {
			t.Errorf("%s: an operator reads the clock: use Context.Now or event time", fset.Position(pos))
		}
		for _, path := range f.imports {
			if path == "math/rand" || path == "math/rand/v2" || path == "crypto/rand" {
				t.Errorf("%s imports %s: operators are deterministic", f.path, path)
			}
		}
	}
}

func TestOperatorsStartNoGoroutine(t *testing.T) {
	fset, files := parseRepository(t)
	for _, f := range files {
		if f.isTest() || !isOperator(f.dir) && f.dir != "schemas" && f.dir != "pipeline" && f.dir != "pipeline/state" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a goroutine outside the runner", fset.Position(g.Pos()))
			}
			return true
		})
	}
}

func TestNoInitFunctions(t *testing.T) {
	fset, files := parseRepository(t)
	for _, f := range files {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: an init function", fset.Position(fn.Pos()))
			}
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	fset, files := parseRepository(t)
	for _, f := range files {
		if f.isTest() || f.isGenerated() || strings.HasPrefix(f.dir, "cmd") || f.ast.Name.Name == "main" {
			continue
		}
		for _, d := range f.ast.Decls {
			undocumented(d, func(pos token.Pos, name string) {
				t.Errorf("%s: %s has no doc comment", fset.Position(pos), name)
			})
		}
	}
}

func undocumented(d ast.Decl, report func(token.Pos, string)) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && receiverExported(d) && !wellKnown(d) {
			report(d.Pos(), d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					report(s.Pos(), s.Name.Name)
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					report(s.Pos(), s.Names[0].Name)
				}
			}
		}
	}
}

// wellKnown methods say by their name and signature what they do.
func wellKnown(d *ast.FuncDecl) bool {
	return d.Recv != nil && slices.Contains([]string{"String", "Error", "Unwrap", "Len", "Less", "Swap", "Close", "GoString", "LogValue", "MarshalText", "MarshalJSON", "UnmarshalText", "Format"}, d.Name.Name)
}

func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

func TestEveryPackageHasAShortDocFile(t *testing.T) {
	_, files := parseRepository(t)
	has := map[string]int{}
	for _, f := range files {
		if f.isTest() || f.ast.Name.Name == "main" {
			continue
		}
		if _, ok := has[f.dir]; !ok {
			has[f.dir] = 0
		}
		if f.path == "doc.go" || strings.HasSuffix(f.path, "/doc.go") {
			has[f.dir] = f.lines
			if f.ast.Doc == nil {
				t.Errorf("%s says nothing", f.path)
			}
			if f.lines > 60 {
				t.Errorf("%s has %d lines: at most 60", f.path, f.lines)
			}
		}
	}
	for dir, lines := range has {
		if lines == 0 {
			t.Errorf("package %s has no doc.go", dir)
		}
	}
}

// Rooms of the engine and of the operators may have packages below them (docs/adr/0012-rooms.md).
func TestTwoLevelsOfPackages(t *testing.T) {
	_, files := parseRepository(t)
	for _, f := range files {
		most := 1
		if strings.HasPrefix(f.dir, "pipeline/") || strings.HasPrefix(f.dir, "operators/") {
			most = 2
		}
		if strings.Count(f.dir, "/") > most {
			t.Errorf("%s: %d levels of packages, at most %d here: another needs an ADR", f.path, strings.Count(f.dir, "/")+1, most+1)
		}
	}
}

func TestNothingIsLeftUndone(t *testing.T) {
	_, files := parseRepository(t)
	marks := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X"}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join("..", "..", f.path))
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range marks {
			if strings.Contains(string(text), mark) {
				t.Errorf("%s holds a %s", f.path, mark)
			}
		}
	}
}
