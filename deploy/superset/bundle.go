package superset

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"gopkg.in/yaml.v3"

	"github.com/attune-health/attune/sinks/boards"
)

// version is that of the format, which each file names.
const version = "1.0.0"

// DatabaseFile is the file of the database, by which an import is told its password.
const DatabaseFile = "databases/attune.yaml"

// mask is what Superset writes for a password. An import that meets it wants the password beside the bundle.
var mask = strings.Repeat("X", 10)

// uri is where the containers of deploy/compose.yaml have ClickHouse. Its path names the database in which the views are.
var uri = "clickhousedb+connect://attune:" + mask + "@clickhouse:8123/attune"

// object is one that YAML writes with sorted keys.
type object = map[string]any

// names is the space of the ids.
var names = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/attune-health/attune/deploy/superset"))

// id is the same for a name in each bundle: Superset knows by it what an import replaces.
func id(kind, name string) string { return uuid.NewSHA1(names, []byte(kind+"/"+name)).String() }

// named is a panel with its board, and a name that no other panel has.
type named struct {
	*boards.Panel
	board *boards.Board
	name  string
}

// panelsOf are a board's panels in its order.
func panelsOf(b *boards.Board) (out []*named) {
	for i := range b.Panels {
		p := &b.Panels[i]
		out = append(out, &named{p, b, snake(b.Name + " " + p.Title)})
	}
	return out
}

// snake makes a name of words.
func snake(words string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "_")
}

// Files are the files of the bundle, by their paths in it.
func Files() (map[string][]byte, error) {
	files := map[string]object{
		"metadata.yaml":        {"type": "assets", "version": version},
		DatabaseFile:           database(),
		"datasets/queues.yaml": queues(),
	}
	for _, b := range boards.All() {
		for _, p := range panelsOf(&b) {
			columns, err := columnsOf(p.SQL)
			if err != nil {
				return nil, fmt.Errorf("board %s, %s: %w", b.Name, p.Title, err)
			}
			if files["charts/"+p.name+".yaml"] != nil {
				return nil, fmt.Errorf("board %s has two panels %s", b.Name, p.Title)
			}
			files["datasets/"+p.name+".yaml"] = dataset(p, columns)
			if files["charts/"+p.name+".yaml"], err = chart(p, columns); err != nil {
				return nil, fmt.Errorf("board %s, %s: %w", b.Name, p.Title, err)
			}
		}
		files["dashboards/"+snake(b.Name)+".yaml"] = dashboard(&b)
	}
	out := map[string][]byte{}
	for path, f := range files {
		text, err := encode(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out[path] = text
	}
	return out, nil
}

func encode(f object) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("# Generated from sinks/boards by make generate.\n")
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(f); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}

func database() object {
	return object{
		"database_name": "attune", "uuid": id("database", "attune"), "version": version, "sqlalchemy_uri": uri,
		"allow_ctas": false, "allow_cvas": false, "allow_dml": false, "allow_run_async": false, "expose_in_sqllab": true,
		"extra": object{"allows_virtual_table_explore": true},
	}
}
