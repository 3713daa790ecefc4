package superset

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/attune-health/attune/sinks/boards"
)

// Jinja that the datasets have, and nothing else of it. Superset gives both moments in ISO 8601, without a zone, and none
// where no time is chosen.
const (
	jinjaTo     = "{% if to_dttm %}toDateTime('{{ to_dttm[:19] }}', site_zone){% else %}now(site_zone) + 1{% endif %}"
	jinjaFrom   = "{% if from_dttm %}toDateTime('{{ from_dttm[:19] }}', site_zone){% else %}"
	jinjaEnd    = "{% endif %}"
	jinjaQueues = "{% if filter_values('queue', remove_filter=True) %}queue IN {{ filter_values('queue')|where_in }}{% else %}1{% endif %}"
)

// Names in a dataset's SQL: no view has such columns. boardTo is the first moment after what is shown.
const (
	zoneName  = "site_zone"
	boardFrom = "board_from"
	boardTo   = "board_to"
)

var filter = regexp.MustCompile(`\$__(timeFilter_ms|timeFilter|dateFilter)\(([a-z_]+)\)`)

// datasetSQL is a panel's query as Superset sends it.
func datasetSQL(p *named, columns []string) string {
	return fmt.Sprintf("WITH\n  assumeNotNull((%s)) AS %s,\n  %s AS %s,\n  %s%s%s AS %s\n%s(\n%s\n)",
		unqualified(boards.ZoneQuery), zoneName, jinjaTo, boardTo, jinjaFrom, opening(p.board.From), jinjaEnd, boardFrom, siteClock(columns), inner(p.SQL))
}

// opening is the first moment that a board shows where no time is chosen.
func opening(from string) string {
	if from == "now/d" {
		return "toStartOfDay(" + boardTo + " - 1)"
	}
	n := strings.TrimPrefix(from, "now-")
	unit := map[byte]string{'h': "HOUR", 'd': "DAY"}[n[len(n)-1]]
	return boardTo + " - INTERVAL " + n[:len(n)-1] + " " + unit
}

// siteClock begins a query in which each moment is what the site's clock shows, in a zone that Superset leaves alone.
func siteClock(columns []string) string {
	var replaced []string
	for _, c := range columns {
		if isMoment(c) {
			replaced = append(replaced, fmt.Sprintf("addSeconds(toTimeZone(%[1]s, 'UTC'), timezoneOffset(toTimeZone(%[1]s, %[2]s))) AS %[1]s", c, zoneName))
		}
	}
	if replaced == nil {
		return "SELECT * FROM "
	}
	return "SELECT * REPLACE (" + strings.Join(replaced, ", ") + ") FROM "
}

// inner puts the names of a dataset in the place of Grafana's macros and variables. The connection names the database.
func inner(sql string) string {
	sql = filter.ReplaceAllStringFunc(sql, func(m string) string {
		parts := filter.FindStringSubmatch(m)
		if column := parts[2]; parts[1] == "dateFilter" {
			return column + " >= toDate(" + boardFrom + ") AND " + column + " <= toDate(" + boardTo + " - 1)"
		}
		return parts[2] + " >= " + boardFrom + " AND " + parts[2] + " < " + boardTo
	})
	return unqualified(strings.NewReplacer(boards.OfQueues, jinjaQueues, "$__fromTime", boardFrom, "$__toTime", "("+boardTo+" - 1)", "'${zone}'", zoneName).Replace(sql))
}

func unqualified(sql string) string {
	return strings.NewReplacer("'${database}'", "currentDatabase()", "${database}.", "").Replace(sql)
}

// dataset is a virtual one: a query that has a name.
func dataset(p *named, columns []string) object {
	d := virtual(p.name, datasetSQL(p, columns), columns)
	d["description"] = p.About
	return d
}

// queues is what the filter of queues offers.
func queues() object {
	return virtual("queues", unqualified(boards.QueueQuery), []string{"queue"})
}

func virtual(name, sql string, columns []string) object {
	var described []object
	for _, c := range columns {
		d := object{"column_name": c, "is_active": true, "groupby": true, "filterable": true, "is_dttm": isMoment(c)}
		if isMoment(c) {
			d["type"] = "DateTime"
		}
		described = append(described, d)
	}
	return object{
		"table_name": "attune_" + name, "uuid": id("dataset", name), "version": version, "database_uuid": id("database", "attune"),
		"sql": sql, "columns": described, "metrics": []object{}, "filter_select_enabled": true,
	}
}
