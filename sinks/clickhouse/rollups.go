package clickhouse

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rollup says which view's rows are kept by day, and which days have to be computed anew when facts change. A day is one row of
// its table, with the view's rows of that day in arrays: a newer copy of the day takes the place of all of it at once, so that
// neither a row that is no longer there nor half of a day is ever shown.
//
// Facts are corrected for as long as they are kept, so that nothing is added to a day: it is computed whole, from the view. All
// days from the first that something has changed on are: what follows from a fact is never earlier than back days before it.
type rollup struct {
	view string
	// by is the column that a row's day is told from, if it is not day: hour, or month, whose rows are kept under its first day.
	by string
	// back is how many days before a changed fact figures depend on it.
	back int
	// needs is how many days before its own a day's figures rest on: days whose facts, or some of these, have expired stay as
	// they are.
	needs int
	// always: a fact may change figures of any day before it, so that nothing less than all days are computed.
	always bool
	// facts are where changes are looked for, as in changes; the first has a row on each day that the view has.
	facts []string
}

// rollups are the views of which days are kept.
func rollups() []rollup {
	return []rollup{
		{view: "service_levels", by: "hour", back: 1, facts: []string{"contact_facts"}},
		// What became of a contact is known after 30 days; the newest contact moves which are judged.
		{view: "resolution_rates", back: 32, facts: []string{"contact_facts"}},
		{view: "containment", back: 2, facts: []string{"contact_facts", "touchpoints", "shard_moves"}},
		{view: "digital_first", back: 1, needs: 1, facts: []string{"contact_facts", "actions", "decisions"}},
		{view: "channel_switches", facts: []string{"touchpoints", "shard_moves"}},
		{view: "reason_mix", back: 1, needs: 28, facts: []string{"contact_facts"}},
		{view: "call_handling", back: 1, facts: []string{"contact_facts", "touchpoints", "actions", "decisions"}},
		{view: "failed_pages", back: 1, needs: 1, facts: []string{"contact_facts"}},
		{view: "scores_by_quarter", back: 1, facts: []string{"predictions", "contact_facts"}},
		{view: "prediction_calibration", back: 1, facts: []string{"predictions", "contact_facts"}},
		{view: "prediction_cohorts", back: 1, needs: 1, facts: []string{"predictions", "contact_facts"}},
		{view: "action_funnel", back: 1, facts: []string{"actions", "decisions"}},
		{view: "suppressions", facts: []string{"actions"}},
		// Whether somebody called in the 7 days after; the newest contact moves which decisions are judged.
		{view: "action_arms", back: 9, facts: []string{"actions", "contact_facts"}},
		// A person who is on the website for the first time was so in the months before, too.
		{view: "equity", by: "month", always: true, facts: []string{"contact_facts", "touchpoints", "shard_moves"}},
	}
}

// rolledPrefix begins the names of views that show days that are kept, rollupPrefix those of the tables that have them.
const rolledPrefix, rollupPrefix = "rolled_", "rollup_"

// rolledFiles is the first of the numbered files of views that read views over roll-ups.
const rolledFiles = "92"

// derived are views that are computed from one that is kept as another is from its own: the definition is that one's, of
// other names.
var derived = map[string][]string{"action_lift": {"action_arms"}}

var viewColumn = regexp.MustCompile("(?m)^    `([^`]+)` (.+?) COMMENT '(.*)',?$")

// columnsOf are the columns that a view's definition lists.
func columnsOf(definition string) (out []columnSpec) {
	head, _, _ := strings.Cut(definition, "\n)\n")
	for _, m := range viewColumn.FindAllStringSubmatch(head, -1) {
		out = append(out, columnSpec{Name: m[1], Type: m[2], Comment: m[3]})
	}
	return out
}

// kept are the columns of its rows: all but the day itself.
func (r *rollup) kept(definition string) (out []columnSpec) {
	for _, c := range columnsOf(definition) {
		if c.Name != r.by && c.Name != "day" || r.by == "hour" {
			// The zone of a moment is its reader's.
			c.Type = strings.Replace(c.Type, "'{tz}'", "'UTC'", 1)
			out = append(out, c)
		}
	}
	return out
}

// day is the expression of a row's day, and within a condition that keeps rows of days; both as the view's own columns allow.
func (r *rollup) day() string {
	switch r.by {
	case "hour":
		return "toDate(v.hour, '{tz}')"
	case "month":
		return "v.month"
	}
	return "v.day"
}

func (r *rollup) within(from, before string) string {
	if r.by == "hour" {
		return within("v.hour", "toDateTime('%s 00:00:00', '{tz}')", from, before)
	}
	return within(r.day(), "toDate('%s')", from, before)
}

// within is a condition on a column. format makes a value of a day.
func within(column, format, from, before string) string {
	out := column + " >= " + fmt.Sprintf(format, from)
	if before != "" {
		out += " AND " + column + " < " + fmt.Sprintf(format, before)
	}
	return out
}

// table is the one in which the days are.
func (r *rollup) table(definition string) tableSpec {
	t := tableSpec{Name: rollupPrefix + r.view, Replaces: "as_of", OrderBy: "log, zone, day", Columns: []columnSpec{
		{Name: "log", Type: "LowCardinality(String)", Comment: "Topic UUID of the log that this was computed from."},
		{Name: "zone", Type: "LowCardinality(String)", Comment: "Time zone of the day."},
		{Name: "day", Type: "Date", Comment: "The day, or the first of the month."},
		{Name: "as_of", Type: "DateTime64(3, 'UTC')", Comment: "When it was computed; the newest counts."},
	}}
	for _, c := range r.kept(definition) {
		t.Columns = append(t.Columns, columnSpec{Name: "rows." + c.Name, Type: "Array(" + c.Type + ")", Comment: strings.ReplaceAll(c.Comment, "''", "'")})
	}
	return t
}

// create is the statement that makes a table which replaces rows.
func (t *tableSpec) create() string {
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, fmt.Sprintf("    `%s` %s COMMENT '%s'", c.Name, c.Type, strings.ReplaceAll(c.Comment, "'", `\'`)))
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS {db}.%s\n(\n%s\n)\nENGINE = ReplacingMergeTree(%s)\nORDER BY (%s)\nCOMMENT 'Days that stay when their facts have gone. Read view %s.'",
		t.Name, strings.Join(columns, ",\n"), t.Replaces, t.OrderBy, strings.Replace(t.Name, rollupPrefix, rolledPrefix, 1))
}

// currentLog is the log in force, as a scalar.
const currentLog = "(SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')"

// shown is the view of the days that are kept: of each day what the log in force says, and where it says nothing, what the log
// before it left.
func (r *rollup) shown(definition string) view {
	head, rest, _ := strings.Cut(definition, "\nAS ")
	head = head[strings.Index(head, "CREATE OR REPLACE VIEW"):]
	comment := rest[strings.LastIndex(rest, "COMMENT '")+len("COMMENT '"):]
	var columns, joined []string
	for _, c := range columnsOf(definition) {
		switch {
		case c.Name == "day" || c.Name == r.by && r.by != "hour":
			columns = append(columns, "k.day AS `"+c.Name+"`")
		default:
			shown := "kept_" + c.Name
			if strings.Contains(c.Type, "'{tz}'") {
				shown = "toTimeZone(" + shown + ", '{tz}')"
			}
			columns = append(columns, shown+" AS `"+c.Name+"`")
			joined = append(joined, "k.`rows."+c.Name+"` AS kept_"+c.Name)
		}
	}
	name, table := rolledPrefix+r.view, "{db}."+rollupPrefix+r.view
	return view{name, strings.Replace(head, "{db}."+r.view, "{db}."+name, 1) + "\nAS SELECT " + strings.Join(columns, ", ") + "\nFROM\n(\n" +
		"    SELECT * FROM " + table + " AS d FINAL\n    WHERE d.zone = '{tz}' AND (d.day, d.log) IN\n    (\n" +
		"        SELECT day, argMax(log, (log = " + currentLog + ", as_of)) FROM " + table + " WHERE zone = '{tz}' GROUP BY day\n    )\n) AS k\n" +
		"ARRAY JOIN " + strings.Join(joined, ", ") + "\nCOMMENT 'Of days that are kept: " + comment}
}

// rolledViews are the views over roll-ups that are made of other views' definitions.
func rolledViews(of map[string]string) (out []view) {
	for _, r := range rollups() {
		out = append(out, r.shown(of[r.view]))
	}
	for _, r := range rollups() {
		for name, from := range derived {
			if slices.Contains(from, r.view) {
				text := of[name][strings.Index(of[name], "CREATE OR REPLACE VIEW"):]
				text = strings.NewReplacer("{db}."+name, "{db}."+rolledPrefix+name, "{db}."+r.view, "{db}."+rolledPrefix+r.view, "COMMENT 'What ", "COMMENT 'Of days that are kept: what ").Replace(text)
				out = append(out, view{rolledPrefix + name, text})
			}
		}
	}
	return out
}

// rollupTables are the tables of all roll-ups.
func rollupTables() (out []tableSpec, err error) {
	of, err := definitions()
	if err != nil {
		return nil, err
	}
	for _, r := range rollups() {
		out = append(out, r.table(of[r.view]))
	}
	return out, nil
}
