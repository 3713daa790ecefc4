package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/barchart"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	tablepanel "github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// Units of Grafana.
const (
	share   = "percentunit"
	seconds = "s"
	number  = "short"
)

// Sizes in units of Grafana's grid, which is 24 wide.
const (
	narrow, half, wide = 4, 12, 24
	low, high          = 4, 9
)

// one is a single figure: the query gives one row of one column, NULL where there is nothing to divide by.
func one(title, about, unit, sql string) cog.Builder[dashboard.Panel] {
	return stat.NewPanelBuilder().Title(title).Description(about).Unit(unit).NoValue("none").Datasource(*source(clickhouseType, clickhouseVariable)).
		GraphMode(common.BigValueGraphModeNone).Span(narrow).Height(low).WithTarget(table(sql))
}

// lines is figures over time: the query gives a column time, and a column for each line.
func lines(title, about, unit, sql string) cog.Builder[dashboard.Panel] {
	return timeseries.NewPanelBuilder().Title(title).Description(about).Unit(unit).Min(0).Datasource(*source(clickhouseType, clickhouseVariable)).
		FillOpacity(8).LineWidth(2).ShowPoints(common.VisibilityModeAuto).Span(half).Height(high).WithTarget(series(sql))
}

// bars is figures side by side: the first column names the bars.
func bars(title, about, unit, first, sql string) cog.Builder[dashboard.Panel] {
	return barchart.NewPanelBuilder().Title(title).Description(about).Unit(unit).Min(0).XField(first).Datasource(*source(clickhouseType, clickhouseVariable)).
		Span(half).Height(high).WithTarget(table(sql))
}

// rows is a table. Columns that are shares are named.
func rows(title, about string, span uint32, sql string, shares ...string) cog.Builder[dashboard.Panel] {
	p := tablepanel.NewPanelBuilder().Title(title).Description(about).NoValue("").Datasource(*source(clickhouseType, clickhouseVariable)).Span(span).Height(high).WithTarget(table(sql))
	for _, name := range shares {
		p.OverrideByName(name, []dashboard.DynamicConfigValue{{Id: "unit", Value: share}, {Id: "decimals", Value: 1}})
	}
	return p
}

// measured is metrics of Prometheus over time. Legends are templates of labels, such as {{topic}}.
func measured(title, about, unit string, expressions ...[2]string) cog.Builder[dashboard.Panel] {
	p := timeseries.NewPanelBuilder().Title(title).Description(about).Unit(unit).Min(0).Datasource(*source(prometheusType, prometheusVariable)).
		FillOpacity(8).LineWidth(2).Span(half).Height(high)
	for i, e := range expressions {
		p.WithTarget(prometheus.NewDataqueryBuilder().RefId(string(rune('A' + i))).Expr(e[0]).LegendFormat(e[1]).Range())
	}
	return p
}
