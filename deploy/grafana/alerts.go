package grafana

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Data sources of alert rules: a rule that is provisioned has no variables. provisioning/datasources gives them these uids.
const (
	clickhouseUID = "attune-clickhouse"
	prometheusUID = "attune-prometheus"
	exprUID       = "__expr__"
	alertDatabase = "attune"
)

// dataAlert is an alert on the tables in ClickHouse, for an analyst or a clinical lead. Its query gives one number, or one for
// each value of a column of text, and it fires above a threshold, or below it.
type dataAlert struct {
	name, sql, summary string
	// over is how many seconds $__timeFilter and its like look back.
	over         int
	above, below *float64
	// wait is how long it must hold.
	wait string
	// noData is what it means that there is no row.
	noData string
}

func limit(x float64) *float64 { return &x }

// Pieces of queries: the moment at which a rule is looked at, and the two whole hours before it.
const (
	nowHour  = "toStartOfHour($__toTime)"
	twoHours = nowHour + " - INTERVAL 2 HOUR"
)

// sameHours are the same two hours of the same day of the four weeks before.
func sameHours() string {
	var weeks []string
	for week := 1; week <= 4; week++ {
		weeks = append(weeks, fmt.Sprintf("hour >= %s - INTERVAL %d DAY AND hour < %s - INTERVAL %d DAY", twoHours, 7*week, nowHour, 7*week))
	}
	return strings.Join(weeks, " OR ")
}

func dataAlerts() []dataAlert {
	return []dataAlert{
		{
			name: "AttuneChannelSilent", over: 2 * 3600, above: limit(0), wait: "10m", noData: "OK",
			sql: "SELECT channel, toFloat64(sumIf(touchpoints, hour >= " + twoHours + ") = 0 AND sumIf(touchpoints, hour < " + twoHours + ") / 4 >= 10) AS silent " +
				"FROM ${database}.data_by_hour WHERE hour >= " + twoHours + " AND hour <= $__toTime OR " + sameHours() + " GROUP BY channel",
			summary: "Nothing has come of channel {{ $labels.channel }} for two hours, in which ten touchpoints and more are usual: look at its source, and at touchpoints.rejected.",
		}, {
			name: "AttuneTablesNotFresh", over: 24 * 3600, above: limit(3600), wait: "5m", noData: "Alerting",
			sql:     "SELECT toFloat64(dateDiff('second', max(newest), $__toTime)) AS seconds FROM ${database}.data_by_hour WHERE $__timeFilter(hour) HAVING count() > 0",
			summary: "The newest touchpoint in ClickHouse is {{ $values.query.Value | humanizeDuration }} old: the boards show the past.",
		}, {
			name: "AttuneTablesLate", over: 2 * 3600, above: limit(300), wait: "10m", noData: "OK",
			sql:     "SELECT channel, max(latency_p50) AS seconds FROM ${database}.data_by_hour WHERE $__timeFilter(hour) GROUP BY channel",
			summary: "Touchpoints of channel {{ $labels.channel }} take {{ $values.query.Value | humanizeDuration }} from INGEST to ClickHouse, the median.",
		}, {
			name: "AttuneLastResortsRise", over: 29 * 24 * 3600, above: limit(0.05), wait: "1h", noData: "OK",
			// Chance alone seldom makes three standard errors.
			sql: "WITH $__toTime - INTERVAL 1 DAY AS day, sumIf(offered, hour >= day) AS calls, sumIf(last_resort, hour >= day) / calls AS share, sumIf(last_resort, hour < day) / sumIf(offered, hour < day) AS usual " +
				"SELECT if(calls >= 50 AND sumIf(offered, hour < day) >= 500 AND share - usual > 3 * sqrt(usual * (1 - usual) / calls), share - usual, 0) AS rise FROM ${database}.service_levels WHERE $__timeFilter(hour)",
			summary: "Of the calls of a day {{ $values.query.Value | humanizePercentage }} more than in the four weeks before were a last resort: board Last resort says on which pages people fail.",
		}, {
			name: "AttunePredictionsNotHonest", over: 7 * 24 * 3600, above: limit(0.1), wait: "1h", noData: "OK",
			sql: "SELECT if(sum(n) >= 1000, sum(abs(hits - sure)) / sum(n), 0) AS ece FROM (SELECT sum(contacts) AS n, sum(top_1) AS hits, sum(confidence) AS sure " +
				"FROM ${database}.prediction_calibration WHERE $__dateFilter(day) GROUP BY bin)",
			summary: "Probabilities of a week are off by {{ $values.query.Value | humanizePercentage }} on average: board Prediction honesty, and attune model rollback.",
		}, {
			name: "AttuneOffersUnequal", over: 62 * 24 * 3600, below: limit(0.8), wait: "1h", noData: "OK",
			// A month that is over. Small groups differ by chance.
			sql: "SELECT attribute, min(offered / contacts) / max(offered / contacts) AS ratio FROM ${database}.equity " +
				"WHERE month = toStartOfMonth(toStartOfMonth(toDate($__toTime)) - 1) AND contacts >= 100 GROUP BY attribute HAVING count() > 1 AND max(offered) > 0",
			summary: "Last month one group by {{ $labels.attribute }} was offered help {{ $values.query.Value | humanizePercentage }} as often as another, which is below four fifths: board Equity.",
		},
	}
}

// provisioned is a file of Grafana's alerting provisioning.
type provisioned struct {
	APIVersion int              `yaml:"apiVersion"`
	Groups     []provisionGroup `yaml:"groups"`
}

type provisionGroup struct {
	OrgID    int             `yaml:"orgId"`
	Name     string          `yaml:"name"`
	Folder   string          `yaml:"folder"`
	Interval string          `yaml:"interval"`
	Rules    []provisionRule `yaml:"rules"`
}

type provisionRule struct {
	UID          string            `yaml:"uid"`
	Title        string            `yaml:"title"`
	Condition    string            `yaml:"condition"`
	Data         []provisionQuery  `yaml:"data"`
	NoDataState  string            `yaml:"noDataState"`
	ExecErrState string            `yaml:"execErrState"`
	For          string            `yaml:"for"`
	Annotations  map[string]string `yaml:"annotations"`
	Labels       map[string]string `yaml:"labels"`
}

type provisionQuery struct {
	RefID string `yaml:"refId"`
	Range struct {
		From int `yaml:"from"`
		To   int `yaml:"to"`
	} `yaml:"relativeTimeRange"`
	Source string `yaml:"datasourceUid"`
	// Model is what the data source reads. Grafana puts no variables of the environment in it, nor in annotations.
	Model map[string]any `yaml:"model"`
}

func provision(ref string, from int, source string, model map[string]any) provisionQuery {
	q := provisionQuery{RefID: ref, Source: source, Model: model}
	q.Range.From = from
	q.Model["refId"] = ref
	return q
}

// threshold fires where a query's number is above, or below, a limit.
func threshold(of, kind string, limit float64) provisionQuery {
	return provision("threshold", 0, exprUID, map[string]any{"type": "threshold", "expression": of, "datasource": map[string]any{"type": exprUID, "uid": exprUID},
		"conditions": []any{map[string]any{"evaluator": map[string]any{"type": kind, "params": []float64{limit}}}}})
}

func (a *dataAlert) rule() provisionRule {
	model := map[string]any{"editorType": "sql", "queryType": "table", "format": 1, "rawSql": strings.ReplaceAll(a.sql, "${"+databaseVariable+"}", alertDatabase),
		"datasource": map[string]any{"type": clickhouseType, "uid": clickhouseUID}}
	kind, at := "gt", a.above
	if a.below != nil {
		kind, at = "lt", a.below
	}
	return newRule(a.name, a.wait, a.noData, a.summary, map[string]string{"severity": "warn"}, provision("query", a.over, clickhouseUID, model), threshold("query", kind, *at))
}

func newRule(name, wait, noData, summary string, labels map[string]string, data ...provisionQuery) provisionRule {
	if wait == "" {
		wait = "0s"
	}
	return provisionRule{UID: uidOf(name), Title: name, Condition: data[len(data)-1].RefID, Data: data, NoDataState: noData, ExecErrState: "Error", For: wait,
		Annotations: map[string]string{"summary": summary}, Labels: labels}
}

// uidOf is a name as Grafana's uids are: AttuneNoTasks is attune-no-tasks.
func uidOf(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// prometheusRules is what deploy/alerts.yaml has.
type prometheusRules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

// Alerts are the rules for Grafana to evaluate, as a provisioning file: those of Prometheus, from their one source, and those on
// the tables in ClickHouse.
func Alerts(prometheus []byte) ([]byte, error) {
	var rules prometheusRules
	if err := yaml.Unmarshal(prometheus, &rules); err != nil {
		return nil, fmt.Errorf("alerts of Prometheus: %w", err)
	}
	out := provisioned{APIVersion: 1}
	for _, g := range rules.Groups {
		group := provisionGroup{OrgID: 1, Name: g.Name + " processes", Folder: "attune", Interval: "1m"}
		for _, r := range g.Rules {
			// An expression of Prometheus has a series for each alert, whatever its value, as Grafana's own import of such rules has it.
			query := provision("query", 600, prometheusUID, map[string]any{"expr": r.Expr, "instant": true, "range": false, "datasource": map[string]any{"type": prometheusType, "uid": prometheusUID}})
			there := provision("there", 0, exprUID, map[string]any{"type": "math", "expression": "is_number($query) || is_nan($query) || is_inf($query)", "datasource": map[string]any{"type": exprUID, "uid": exprUID}})
			summary := strings.ReplaceAll(r.Annotations["summary"], "$value", "$values.query.Value")
			group.Rules = append(group.Rules, newRule(r.Alert, r.For, "OK", summary, r.Labels, query, there, threshold("there", "gt", 0)))
		}
		out.Groups = append(out.Groups, group)
	}
	data := provisionGroup{OrgID: 1, Name: "attune data", Folder: "attune", Interval: "5m"}
	for _, a := range dataAlerts() {
		data.Rules = append(data.Rules, a.rule())
	}
	out.Groups = append(out.Groups, data)
	var b bytes.Buffer
	b.WriteString("# Made by make generate: rules on metrics from deploy/alerts.yaml, rules on the tables from deploy/grafana/alerts.go.\n" +
		"# A site whose database is not attune, or whose data sources have other uids, changes these words.\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&out); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}
