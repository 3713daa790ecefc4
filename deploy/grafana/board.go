package grafana

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/attune-health/attune/sinks/boards"
)

// Types of data sources, as their plug-ins are called.
const (
	clickhouseType = "grafana-clickhouse-datasource"
	prometheusType = "prometheus"
)

// Variables of a board. SQL names them as ${name}.
const (
	clickhouseVariable = "clickhouse"
	prometheusVariable = "prometheus"
	databaseVariable   = "database"
	zoneVariable       = "zone"
	queueVariable      = "queue"
)

// query is one of the ClickHouse plug-in's (github.com/grafana/clickhouse-datasource, version 4), whose fields the SDK does
// not know.
type query struct {
	RefID      string                `json:"refId"`
	Datasource *common.DataSourceRef `json:"datasource"`
	EditorType string                `json:"editorType"`
	// QueryType and Format say the same: table or timeseries, 1 or 0.
	QueryType string `json:"queryType"`
	Format    int    `json:"format"`
	SQL       string `json:"rawSql"`
}

func (query) ImplementsDataqueryVariant() {}
func (query) DataqueryType() string       { return clickhouseType }
func (query) Validate() error             { return nil }
func (q query) Equals(other variants.Dataquery) bool {
	o, ok := other.(query)
	return ok && q.RefID == o.RefID && q.SQL == o.SQL
}

// asked is a query as the SDK's panels take it.
type asked struct{ variants.Dataquery }

func (a asked) Build() (variants.Dataquery, error) { return a.Dataquery, nil }

func source(kind, variable string) *common.DataSourceRef {
	return &common.DataSourceRef{Type: cog.ToPtr(kind), Uid: cog.ToPtr("${" + variable + "}")}
}

func table(sql string) asked {
	return asked{query{"A", source(clickhouseType, clickhouseVariable), "sql", "table", 1, sql}}
}

func series(sql string) asked {
	return asked{query{"A", source(clickhouseType, clickhouseVariable), "sql", "timeseries", 0, sql}}
}

// board is one file.
type board struct {
	boards.Board
	prometheus bool
	panels     []cog.Builder[dashboard.Panel]
}

// build makes the board as Grafana reads it.
//
//lint:ignore SA1019 only Grafana 12 and newer reads version 2 of the schema.
func (b *board) build() (dashboard.Dashboard, error) {
	//lint:ignore SA1019 as above
	d := dashboard.NewDashboardBuilder("attune: "+b.Title).Uid("attune-"+b.Name).Description(b.About).Tags([]string{"attune"}).
		Time(b.From, "now").Timezone("browser").Refresh("1m").Tooltip(dashboard.DashboardCursorSyncCrosshair)
	if b.prometheus {
		d.WithVariable(dashboard.NewDatasourceVariableBuilder(prometheusVariable).Label("Prometheus").Type(prometheusType))
	} else {
		d.WithVariable(dashboard.NewDatasourceVariableBuilder(clickhouseVariable).Label("ClickHouse").Type(clickhouseType)).
			WithVariable(dashboard.NewTextBoxVariableBuilder(databaseVariable).Label("Database").DefaultValue(text("attune")).
				Description("Where attune sink writes: clickhouse.database.")).
			WithVariable(ask(zoneVariable, boards.ZoneQuery).Hide(dashboard.VariableHideHideVariable))
	}
	if b.Queues {
		d.WithVariable(ask(queueVariable, boards.QueueQuery).Label("Queue").Multi(true).IncludeAll(true))
	}
	for _, p := range b.panels {
		d.WithPanel(p)
	}
	return d.Build()
}

func text(s string) dashboard.StringOrMap { return dashboard.StringOrMap{String: &s} }

func ask(name, sql string) *dashboard.QueryVariableBuilder {
	return dashboard.NewQueryVariableBuilder(name).Datasource(*source(clickhouseType, clickhouseVariable)).Query(text(sql)).Refresh(dashboard.VariableRefreshOnTimeRangeChanged)
}

// Files are the boards in JSON, by the name of their file.
func Files() (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, b := range all() {
		built, err := b.build()
		if err != nil {
			return nil, fmt.Errorf("board %s: %w", b.Name, err)
		}
		encoded, err := json.MarshalIndent(built, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("board %s: %w", b.Name, err)
		}
		// encoding/json writes comparisons for browsers; people read SQL in these files.
		for escaped, plain := range map[string]string{`\u003c`: "<", `\u003e`: ">", `\u0026`: "&"} {
			encoded = bytes.ReplaceAll(encoded, []byte(escaped), []byte(plain))
		}
		out[b.Name+".json"] = append(encoded, '\n')
	}
	return out, nil
}

// all are the boards that all faces have, and the operator's.
func all() []*board {
	var out []*board
	for _, b := range boards.All() {
		made := &board{Board: b}
		for i := range b.Panels {
			made.panels = append(made.panels, shown(&b.Panels[i]))
		}
		out = append(out, made)
	}
	return append(out, operator())
}
