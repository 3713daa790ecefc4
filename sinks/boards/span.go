package boards

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// OfQueues keeps the rows of the chosen queues, in a board that has them.
const OfQueues = "$__conditionalAll(queue IN (${queue:singlequote}), $queue)"

// Codes in words, of this site; a code that it does not know stays as it is. Rows must be grouped by the code.
const (
	reasonWords = "transform(toString(reason), (SELECT groupArray(toString(code)) FROM ${database}.reasons), (SELECT groupArray(words) FROM ${database}.reasons), toString(reason)) AS `about`"
	actionWords = "concat(toString(action), ' ', transform(toString(action), (SELECT groupArray(toString(code)) FROM ${database}.action_catalogue), " +
		"(SELECT groupArray(replaceAll(name, '_', ' ')) FROM ${database}.action_catalogue), '')) AS `what`"
)

// Queries of the variables: one row of one column, and of queues one for each. They have ${database} only.
const (
	// ZoneQuery reads the site's time zone off the type of an hour.
	ZoneQuery = "SELECT extract(type, '\\'(.+)\\'') FROM system.columns WHERE database = '${database}' AND table = 'service_levels' AND name = 'hour'"
	// NewestQuery is the hour of the newest contact.
	NewestQuery = "SELECT max(hour) AS newest FROM ${database}.service_levels"
	// QueueQuery lists the queues.
	QueueQuery = "SELECT DISTINCT queue FROM ${database}.service_levels WHERE queue != '' ORDER BY queue"
)

// Span is what a board is to show.
type Span struct {
	// From and To are the first and last moment.
	From, To time.Time
	// Database takes the place of ${database}: the name of a database, or {db}, in whose place a clickhouse.Client puts its
	// own with the prefix of its views.
	Database string
	// Zone is the site's.
	Zone *time.Location
	// Queues are those chosen; none is all.
	Queues []string
}

var macro = regexp.MustCompile(`\$__(timeFilter_ms|timeFilter|dateFilter)\(([a-z_]+)\)`)

// Expand puts a span into a query. What a caller chose stands in it as quoted strings only.
func (s *Span) Expand(sql string) string {
	sql = macro.ReplaceAllStringFunc(sql, func(m string) string {
		parts := macro.FindStringSubmatch(m)
		from, to := fmt.Sprintf("toDateTime(%d)", s.From.Unix()), fmt.Sprintf("toDateTime(%d)", s.To.Unix())
		switch parts[1] {
		case "timeFilter_ms":
			from, to = fmt.Sprintf("fromUnixTimestamp64Milli(%d)", s.From.UnixMilli()), fmt.Sprintf("fromUnixTimestamp64Milli(%d)", s.To.UnixMilli())
		case "dateFilter":
			from, to = "toDate('"+s.From.In(s.Zone).Format(time.DateOnly)+"')", "toDate('"+s.To.In(s.Zone).Format(time.DateOnly)+"')"
		}
		return parts[2] + " >= " + from + " AND " + parts[2] + " <= " + to
	})
	chosen := "1"
	if len(s.Queues) > 0 {
		quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
		var names []string
		for _, q := range s.Queues {
			names = append(names, "'"+quote.Replace(q)+"'")
		}
		chosen = "queue IN (" + strings.Join(names, ", ") + ")"
	}
	return strings.NewReplacer(OfQueues, chosen, "$__fromTime", fmt.Sprintf("toDateTime(%d)", s.From.Unix()), "$__toTime", fmt.Sprintf("toDateTime(%d)", s.To.Unix()),
		"${database}", s.Database, "${zone}", s.Zone.String()).Replace(sql)
}
