package superset

import (
	"fmt"
	"strings"

	"github.com/attune-health/attune/sinks/boards"
)

// Sizes in units of Superset's grid, which is 12 wide.
const (
	narrow, half, wide = 2, 6, 12
	lowest, low, high  = 10, 20, 50
)

// dashboard lays a board's charts out.
func dashboard(b *boards.Board) object {
	return object{
		"dashboard_title": "attune: " + b.Title, "description": b.About, "slug": "attune-" + b.Name, "uuid": id("dashboard", b.Name), "version": version,
		"published": true, "position": position(b),
		"metadata": object{
			"refresh_frequency": 60, "cross_filters_enabled": false, "color_scheme": "supersetColors", "filter_bar_orientation": "HORIZONTAL",
			"native_filter_configuration": filters(b),
		},
	}
}

// position is the tree of a board: rows in a grid, charts in rows. What the board is about stands above them.
func position(b *boards.Board) object {
	out := object{
		"DASHBOARD_VERSION_KEY": "v2",
		"ROOT_ID":               object{"type": "ROOT", "id": "ROOT_ID", "children": []string{"GRID_ID"}},
		"HEADER_ID":             object{"type": "HEADER", "id": "HEADER_ID", "meta": object{"text": "attune: " + b.Title}},
	}
	rows := []string{"ROW-about"}
	place(out, rows[0], "MARKDOWN", "about", object{"code": b.About + " " + clock(b), "width": wide, "height": lowest})
	room, charts := 0, 0
	for _, p := range panelsOf(b) {
		width, height := size(p)
		if room < width {
			rows, room = append(rows, fmt.Sprintf("ROW-%d", len(rows))), wide
		}
		room -= width
		charts++
		place(out, rows[len(rows)-1], "CHART", p.name, object{"chartId": charts, "uuid": id("chart", p.name), "sliceName": title(p), "sliceNameOverride": p.Title, "width": width, "height": height})
	}
	out["GRID_ID"] = object{"type": "GRID", "id": "GRID_ID", "children": rows, "parents": []string{"ROOT_ID"}}
	return out
}

// place puts something last into a row, which it makes where there is none.
func place(tree object, row, kind, name string, meta object) {
	if tree[row] == nil {
		tree[row] = object{"type": "ROW", "id": row, "children": []string{}, "parents": []string{"ROOT_ID", "GRID_ID"}, "meta": object{"background": "BACKGROUND_TRANSPARENT"}}
	}
	name = kind + "-" + name
	in := tree[row].(object)
	in["children"] = append(in["children"].([]string), name)
	tree[name] = object{"type": kind, "id": name, "children": []string{}, "parents": []string{"ROOT_ID", "GRID_ID", row}, "meta": meta}
}

func size(p *named) (width, height int) {
	switch {
	case p.Kind == boards.Figure:
		return narrow, low
	case p.Wide:
		return wide, high
	}
	return half, high
}

// clock says what time a board shows and in which zone.
func clock(b *boards.Board) string {
	return "Without a time chosen, it shows " + untold(b.From) + ". Hours and days are the site's."
}

// untold is a board's opening interval in words.
func untold(from string) string {
	if from == "now/d" {
		return "today"
	}
	return "the last " + strings.NewReplacer("now-", "", "h", " hours", "d", " days").Replace(from)
}

// filters are a board's: time, and queues where it has them.
func filters(b *boards.Board) []object {
	out := []object{native(b, "time", "Time", "filter_time", "Else "+untold(b.From)+". What is chosen is read on the site's clock.", object{}, object{})}
	if b.Queues {
		out = append(out, native(b, "queue", "Queue", "filter_select", "Else all.", object{"column": object{"name": "queue"}, "datasetUuid": id("dataset", "queues")},
			object{"multiSelect": true, "sortAscending": true}))
	}
	return out
}

func native(b *boards.Board, name, label, kind, about string, target, controls object) object {
	controls["enableEmptyFilter"] = false
	return object{"id": "NATIVE_FILTER-" + b.Name + "-" + name, "type": "NATIVE_FILTER", "filterType": kind, "name": label, "description": about,
		"scope": object{"rootPath": []string{"ROOT_ID"}, "excluded": []int{}}, "targets": []object{target}, "controlValues": controls, "cascadeParentIds": []string{},
		"defaultDataMask": object{"extraFormData": object{}, "filterState": object{}, "ownState": object{}}}
}
