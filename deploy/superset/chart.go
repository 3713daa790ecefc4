package superset

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/attune-health/attune/sinks/boards"
)

// Formats of figures, and what beside them says what they are in: Superset formats milliseconds as a time, no seconds.
var (
	formats = map[boards.Unit]string{boards.Share: ".1%", boards.Seconds: "SMART_NUMBER", boards.Number: "SMART_NUMBER"}
	words   = map[boards.Unit]string{boards.Seconds: "seconds"}
)

const mostRows = 10_000

// chart shows a panel's dataset.
func chart(p *named, columns []string) (object, error) {
	params, query := drawn(p, columns)
	params["adhoc_filters"], query["row_limit"] = []any{}, mostRows
	text, err := queryContext(params, query)
	if err != nil {
		return nil, err
	}
	return object{
		"slice_name": title(p), "description": p.About, "uuid": id("chart", p.name), "version": version,
		"dataset_uuid": id("dataset", p.name), "viz_type": params["viz_type"], "params": params, "query_context": text,
	}, nil
}

// title is a panel's in a list of all charts, in which there are two By reason.
func title(p *named) string { return p.board.Title + ": " + p.Title }

// drawn is how a panel is drawn, and the query by which its figures are asked for.
func drawn(p *named, columns []string) (params, query object) {
	switch p.Kind {
	case boards.Figure:
		m := metric(p.Unit, columns[0])
		return object{"viz_type": "big_number_total", "metric": m, "y_axis_format": formats[p.Unit], "subtitle": words[p.Unit], "header_font_size": 0.4, "subtitle_font_size": 0.15},
			object{"columns": []string{}, "metrics": []object{m}}
	case boards.Lines:
		params, query = axes(p, columns)
		maps.Copy(params, object{"viz_type": "echarts_timeseries_line", "seriesType": "line", "markerEnabled": true, "markerSize": 4, "x_axis_time_format": "smart_date", "tooltipTimeFormat": "smart_date"})
		return params, query
	case boards.Bars:
		params, query = axes(p, columns)
		maps.Copy(params, object{"viz_type": "echarts_timeseries_bar", "xAxisForceCategorical": true, "x_axis_sort": columns[0]})
		return params, query
	}
	return object{"viz_type": "table", "query_mode": "raw", "all_columns": columns, "row_limit": mostRows, "column_config": columnFormats(p, columns),
			"table_timestamp_format": "%Y-%m-%d %H:%M", "show_cell_bars": false, "order_by_cols": []any{}},
		object{"columns": columns, "orderby": []any{}}
}

// columnFormats are those of a table's figures and months; words and moments are left as they are.
func columnFormats(p *named, columns []string) object {
	out := object{}
	for _, c := range columns {
		format := ",.2~f"
		if slices.Contains(p.Shares, c) {
			format = formats[boards.Share]
		}
		out[c] = object{"d3NumberFormat": format, "d3SmallNumberFormat": format}
	}
	if out["month"] != nil {
		out["month"] = object{"d3TimeFormat": "%Y-%m"}
	}
	return out
}

// axes are those of lines and bars: the first column lies along, the others are drawn.
func axes(p *named, columns []string) (params, query object) {
	var metrics []object
	for _, c := range columns[1:] {
		metrics = append(metrics, metric(p.Unit, c))
	}
	return object{"x_axis": columns[0], "metrics": metrics, "groupby": []any{}, "row_limit": mostRows, "y_axis_format": formats[p.Unit], "y_axis_title": words[p.Unit],
			"y_axis_title_margin": 50, "y_axis_title_position": "Left", "truncateYAxis": true, "y_axis_bounds": []any{0, nil}, "x_axis_sort_asc": true, "rich_tooltip": true, "show_legend": true, "legendOrientation": "top"},
		object{"columns": columns[:1], "metrics": metrics, "orderby": []any{[]any{columns[0], true}}}
}

// metric is a column's figure. Superset adds up what a chart asks for: rows are one a moment already, but for the hour that
// comes twice in a year, in which counts are added, and of other figures the larger is shown.
func metric(unit boards.Unit, column string) object {
	aggregate := "MAX"
	if unit == boards.Number {
		aggregate = "SUM"
	}
	return object{"expressionType": "SIMPLE", "aggregate": aggregate, "column": object{"column_name": column}, "label": column, "hasCustomLabel": true, "optionName": "metric_" + snake(column)}
}

// queryContext is what Superset asks where no browser draws the chart: by its API, for reports, and to warm its cache. An
// import puts the dataset's number in.
func queryContext(params, query object) (string, error) {
	text, err := json.Marshal(object{
		"datasource": object{"id": 0, "type": "table"}, "force": false, "queries": []object{query}, "form_data": params, "result_format": "json", "result_type": "full",
	})
	return string(text), err
}
