package superset

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/sinks/boards"
)

func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	os.Exit(m.Run())
}

// committed are the files of bundle/, by their paths in it.
func committed(t testing.TB) map[string][]byte {
	t.Helper()
	root, out := os.DirFS("bundle"), map[string][]byte{}
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		out[path], err = fs.ReadFile(root, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFilesAreWhatTheCodeMakes(t *testing.T) {
	made, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	got := committed(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("bundle/ has other files than the code makes: run make generate\n%s", diff)
	}
	for path, want := range made {
		if !bytes.Equal(got[path], want) {
			t.Errorf("%s is not what the code makes: run make generate\n%s", path, cmp.Diff(string(want), string(got[path])))
		}
	}
}

// What a test reads of the files.
type (
	datasetFile struct {
		Name     string `yaml:"table_name"`
		UUID     string
		Database string `yaml:"database_uuid"`
		SQL      string
		Columns  []struct {
			Name   string `yaml:"column_name"`
			Moment bool   `yaml:"is_dttm"`
		}
	}
	chartFile struct {
		Name, Description string
		Title             string `yaml:"slice_name"`
		UUID              string
		Dataset           string `yaml:"dataset_uuid"`
		Kind              string `yaml:"viz_type"`
		Params            struct {
			Metric  *metricFile
			Metrics []metricFile
			X       string   `yaml:"x_axis"`
			All     []string `yaml:"all_columns"`
			Format  string   `yaml:"y_axis_format"`
			Shares  map[string]struct {
				Format string `yaml:"d3NumberFormat"`
			} `yaml:"column_config"`
		}
	}
	metricFile struct {
		Column struct {
			Name string `yaml:"column_name"`
		}
	}
	dashboardFile struct {
		Title, Description string
		Slug, UUID         string
		Position           map[string]any
		Metadata           struct {
			Filters []struct {
				Kind    string `yaml:"filterType"`
				Targets []struct {
					Dataset string `yaml:"datasetUuid"`
				}
			} `yaml:"native_filter_configuration"`
		}
	}
)

// read decodes the files of a folder.
func read[T any](t testing.TB, folder string) map[string]*T {
	t.Helper()
	out := map[string]*T{}
	for path, text := range committed(t) {
		if strings.HasPrefix(path, folder+"/") {
			v := new(T)
			if err := yaml.Unmarshal(text, v); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			out[filepath.Base(path)] = v
		}
	}
	return out
}

// shown is a panel beside what the bundle makes of it.
type shown struct {
	*boards.Panel
	board   boards.Board
	dataset *datasetFile
	chart   *chartFile
}

// name is a panel's for people.
func (s *shown) name() string { return s.board.Title + ": " + s.Title }

// all pairs each panel with its chart and dataset.
func all(t testing.TB) (out []*shown) {
	t.Helper()
	datasets, charts := map[string]*datasetFile{}, map[string]*chartFile{}
	for _, d := range read[datasetFile](t, "datasets") {
		datasets[d.UUID] = d
	}
	for _, c := range read[chartFile](t, "charts") {
		if charts[c.Title] != nil {
			t.Errorf("two charts are called %s", c.Title)
		}
		charts[c.Title] = c
	}
	for _, b := range boards.All() {
		for i := range b.Panels {
			s := &shown{Panel: &b.Panels[i], board: b}
			if s.chart = charts[s.name()]; s.chart == nil || datasets[s.chart.Dataset] == nil {
				t.Fatalf("panel %s has no chart, or its chart no dataset", s.name())
			}
			s.dataset = datasets[s.chart.Dataset]
			delete(charts, s.name())
			delete(datasets, s.chart.Dataset)
			out = append(out, s)
		}
	}
	if len(charts) > 0 || len(datasets) != 1 {
		t.Errorf("%d charts and %d datasets are of no panel; the filter of queues has one dataset", len(charts), len(datasets))
	}
	return out
}

func TestEveryPanelIsOnItsBoardOnce(t *testing.T) {
	placed := map[string]string{}
	for file, d := range read[dashboardFile](t, "dashboards") {
		for name, v := range d.Position {
			if place, ok := v.(map[string]any); ok && place["type"] == "CHART" {
				chart := place["meta"].(map[string]any)["uuid"].(string)
				if placed[chart] != "" {
					t.Errorf("%s: %s is placed twice", file, name)
				}
				placed[chart] = d.Slug
				within(t, d.Position, name)
			}
		}
		if len(d.Metadata.Filters) == 0 || d.Metadata.Filters[0].Kind != "filter_time" {
			t.Errorf("%s has no filter of time", file)
		}
	}
	panels := all(t)
	for _, s := range panels {
		if placed[s.chart.UUID] != "attune-"+s.board.Name {
			t.Errorf("%s is on %q", s.name(), placed[s.chart.UUID])
		}
	}
	if len(placed) != len(panels) {
		t.Errorf("%d charts are placed, and there are %d panels", len(placed), len(panels))
	}
}

// within holds that what is in a dashboard's tree is a child of its parent, up to the root.
func within(t *testing.T, tree map[string]any, name string) {
	t.Helper()
	at := tree[name].(map[string]any)
	for _, parent := range slices.Backward(at["parents"].([]any)) {
		up, ok := tree[parent.(string)].(map[string]any)
		if !ok || !slices.Contains(up["children"].([]any), any(name)) {
			t.Fatalf("%s is no child of %s", name, parent)
		}
		name = parent.(string)
	}
}

func TestChartsAreOfTheKindAndUnitOfTheirPanels(t *testing.T) {
	kinds := map[boards.Kind]string{boards.Figure: "big_number_total", boards.Lines: "echarts_timeseries_line", boards.Bars: "echarts_timeseries_bar", boards.Table: "table"}
	for _, s := range all(t) {
		if s.chart.Kind != kinds[s.Kind] || s.chart.Description != s.About {
			t.Errorf("%s is a %s: %s", s.name(), s.chart.Kind, s.chart.Description)
		}
		if s.Kind != boards.Table && (s.Unit == boards.Share) != (s.chart.Params.Format == ".1%") {
			t.Errorf("%s is in %s and shown as %s", s.name(), s.Unit, s.chart.Params.Format)
		}
		for _, share := range s.Shares {
			if s.chart.Params.Shares[share].Format != ".1%" {
				t.Errorf("%s: share %s is shown as %s", s.name(), share, s.chart.Params.Shares[share].Format)
			}
		}
	}
}

func TestBundleHasNoSecret(t *testing.T) {
	for path, text := range committed(t) {
		if path != DatabaseFile && bytes.Contains(text, []byte("clickhousedb")) {
			t.Errorf("%s names a database's address", path)
		}
	}
	if text := committed(t)[DatabaseFile]; !bytes.Contains(text, []byte("attune:"+mask+"@")) {
		t.Errorf("the database has no masked password: %s", text)
	}
}
