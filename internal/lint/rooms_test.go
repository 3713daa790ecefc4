package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rooms is the order of packages (docs/adr/0012-rooms.md), lower floors first. What stands on one floor
// is side by side: no room knows another of its floor. A room that is not there is passed over.
var rooms = [][][]string{
	{
		{"pipeline"},
		{"pipeline/state", "pipeline/runner", "pipeline/kafka"},
		{"pipeline/window", "pipeline/join", "pipeline/pattern", "pipeline/accumulator"},
	},
	{
		{"operators/emit", "operators/exact"},
		{"operators/person"},
		{"operators/observe", "operators/identify", "operators/aggregate"},
		{"operators/evidence"},
		{"operators/predict"},
		{"operators/predict/hazards"},
		{"operators/predict/naivebayes", "operators/predict/softmax", "operators/predict/train"},
		{"operators/decide"},
		{"operators/patient"},
	},
}

// floorOf finds a room's house and floor. What lies below a room belongs to it.
func floorOf(dir string) (house, floor int, room string) {
	for h, floors := range rooms {
		for f, names := range floors {
			for _, name := range names {
				if (dir == name || strings.HasPrefix(dir, name+"/") && name != "pipeline") && len(name) > len(room) {
					house, floor, room = h, f, name
				}
			}
		}
	}
	return house, floor, room
}

// upward reports whether a reference from one package to another goes to a higher room, or to
// another one of the same floor.
func upward(from, to string) bool {
	h, f, a := floorOf(from)
	g, e, b := floorOf(to)
	return a != "" && b != "" && a != b && h == g && e >= f
}

// TestNoReferenceGoesUp counts references by the types that they resolve to: a field or method of a
// higher room counts too where its package is not imported by name.
func TestNoReferenceGoesUp(t *testing.T) {
	count := 0
	for _, p := range typed(t) {
		for id, obj := range p.info.Uses {
			if obj.Pkg() == nil {
				continue
			}
			to, ours := strings.CutPrefix(obj.Pkg().Path(), module+"/")
			if ours && upward(p.dir, to) {
				count++
				t.Errorf("%s: %s of %s is in a higher room", p.fset.Position(id.Pos()), id.Name, to)
			}
		}
	}
	if count > 0 {
		t.Errorf("%d references go up, want 0", count)
	}
}

func TestUpwardKnowsTheFloors(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"pipeline", "pipeline/runner", true},
		{"pipeline/runner", "pipeline", false},
		{"pipeline/window", "pipeline/join", true},
		{"pipeline/window", "pipeline/state", false},
		{"operators/person", "operators/decide/catalogues", true},
		{"operators/decide", "operators/person", false},
		{"operators/decide", "operators/decide/catalogues", false},
		{"operators/decide", "pipeline/window", false},
	} {
		if got := upward(c.from, c.to); got != c.want {
			t.Errorf("%s to %s: got %v", c.from, c.to, got)
		}
	}
}

// goroutineOwners may start goroutines: the runner, drivers of what is outside, and programs. Test kits
// may too, and of the stores the one file whose calls may never return.
var goroutineOwners = []string{"pipeline/runner", "pipeline/kafka", "pipeline/state/pebble.go", "sinks/consume", "sinks/clickhouse", "sinks/desk", "internal/telemetry", "internal/roles", "internal/demo", "cmd/", "benchmarks/", "deploy/", "internal/mutants", "internal/flaky"}

func TestOnlyRunnerDriversAndCommandsStartGoroutines(t *testing.T) {
	for _, p := range typed(t) {
		if strings.HasSuffix(p.dir, "test") {
			continue
		}
		for _, f := range p.files {
			path := p.dir + "/" + filepath.Base(p.fset.Position(f.Package).Filename)
			if slices.ContainsFunc(goroutineOwners, func(owner string) bool {
				return p.dir == owner || path == owner || strings.HasSuffix(owner, "/") && strings.HasPrefix(p.dir, owner)
			}) {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if p.starts(n) {
					t.Errorf("%s: a goroutine: only %s start them", p.fset.Position(n.Pos()), strings.Join(goroutineOwners, ", "))
				}
				return true
			})
		}
	}
}

// starts reports whether n starts a goroutine: a go statement, or a call that has it started.
func (p *typedPackage) starts(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		_, ok = n.(*ast.GoStmt)
		return ok
	}
	var id *ast.Ident
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		id = fun.Sel
	case *ast.Ident:
		id = fun
	default:
		return false
	}
	fn, ok := p.info.Uses[id].(*types.Func)
	return ok && slices.Contains([]string{"(*sync.WaitGroup).Go", "(*golang.org/x/sync/errgroup.Group).Go",
		"(*golang.org/x/sync/errgroup.Group).TryGo", "time.AfterFunc", "context.AfterFunc"}, fn.FullName())
}

// typedPackage is one package of the repository, without its tests, with its types.
type typedPackage struct {
	dir   string
	fset  *token.FileSet
	files []*ast.File
	info  types.Info
}

// typed checks the types of the packages that the product consists of. What they import comes from the
// compiler's export data.
func typed(t *testing.T) []*typedPackage {
	t.Helper()
	listed, exports := list(t, "./pipeline/...", "./operators/...", "./schemas/...", "./sinks/...", "./internal/...", ".")
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(file)
	})
	var packages []*typedPackage
	for _, l := range listed {
		p := &typedPackage{dir: strings.TrimPrefix(l.ImportPath, module+"/"), fset: fset, info: types.Info{Uses: make(map[*ast.Ident]types.Object)}}
		for _, name := range l.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(l.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			p.files = append(p.files, f)
		}
		if _, err := (&types.Config{Importer: imports}).Check(l.ImportPath, fset, p.files, &p.info); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 10 {
		t.Fatalf("found %d packages: the search for them is broken", len(packages))
	}
	return packages
}

type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
}

// list returns the packages of the patterns, and where the export data of all their imports is.
func list(t *testing.T, patterns ...string) (packages []listedPackage, exports map[string]string) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly"}, patterns...)...)
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	exports = make(map[string]string)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages, exports
		}
		if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly && len(p.GoFiles) > 0 {
			packages = append(packages, p)
		}
	}
}
