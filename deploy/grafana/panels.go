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

	"github.com/attune-health/attune/sinks/boards"
)

// Units of Grafana.
const (
	share   = "percentunit"
	seconds = "s"
	number  = "short"
)

var units = map[boards.Unit]string{boards.Share: share, boards.Seconds: seconds, boards.Number: number}

// Sizes in units of Grafana's grid, which is 24 wide.
const (
	narrow, half, wide = 4, 12, 24
	low, high          = 4, 9
)

// shown makes Grafana's panel of one of ours.
func shown(p *boards.Panel) cog.Builder[dashboard.Panel] {
	from, unit := *source(clickhouseType, clickhouseVariable), units[p.Unit]
	switch p.Kind {
	case boards.Figure:
		return stat.NewPanelBuilder().Title(p.Title).Description(p.About).Unit(unit).NoValue("none").Datasource(from).
			GraphMode(common.BigValueGraphModeNone).Span(narrow).Height(low).WithTarget(table(p.SQL))
	case boards.Lines:
		return timeseries.NewPanelBuilder().Title(p.Title).Description(p.About).Unit(unit).Min(0).Datasource(from).
			FillOpacity(8).LineWidth(2).ShowPoints(common.VisibilityModeAuto).Span(half).Height(high).WithTarget(series(p.SQL))
	case boards.Bars:
		return barchart.NewPanelBuilder().Title(p.Title).Description(p.About).Unit(unit).Min(0).Datasource(from).Span(half).Height(high).WithTarget(table(p.SQL))
	}
	span := uint32(half)
	if p.Wide {
		span = wide
	}
	t := tablepanel.NewPanelBuilder().Title(p.Title).Description(p.About).Datasource(from).Span(span).Height(high).WithTarget(table(p.SQL))
	for _, name := range p.Shares {
		t.OverrideByName(name, []dashboard.DynamicConfigValue{{Id: "unit", Value: share}, {Id: "decimals", Value: 1}})
	}
	return t
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
