package grafana

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/attune-health/attune/deploy/boardstest"
)

const alertsFile = "provisioning/alerting/attune.yaml"

// alertsHandedOut are the rules as Grafana reads them.
func alertsHandedOut(t *testing.T) provisioned {
	t.Helper()
	text, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	var p provisioned
	if err := yaml.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAlertsAreWhatTheCodeMakes(t *testing.T) {
	rules, err := os.ReadFile("../alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Alerts(rules)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what the code makes: run make generate\n%s", alertsFile, diff)
	}
}

// Grafana has every rule that Prometheus has, with the same expression, and no rule that it cannot read.
func TestGrafanaHasTheAlertsOfPrometheus(t *testing.T) {
	text, err := os.ReadFile("../alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var of prometheusRules
	if err := yaml.Unmarshal(text, &of); err != nil {
		t.Fatal(err)
	}
	sources, err := os.ReadFile("provisioning/datasources/attune.yaml")
	if err != nil {
		t.Fatal(err)
	}
	exprs, uids := map[string]string{}, map[string]bool{}
	for _, g := range alertsHandedOut(t).Groups {
		for _, r := range g.Rules {
			if len(r.UID) > 40 || uids[r.UID] || !regexp.MustCompile(`^[a-z-]+$`).MatchString(r.UID) {
				t.Errorf("%s has the uid %q", r.Title, r.UID)
			}
			uids[r.UID] = true
			refs := []string{}
			for _, q := range r.Data {
				if q.Source != exprUID && !strings.Contains(string(sources), "uid: "+q.Source+"\n") {
					t.Errorf("%s asks %s, which no data source is", r.Title, q.Source)
				}
				if of, ok := q.Model["expression"].(string); ok && !slices.ContainsFunc(refs, func(ref string) bool { return strings.Contains(of, ref) }) {
					t.Errorf("%s: %s is of %q, and there is %v", r.Title, q.RefID, of, refs)
				}
				refs = append(refs, q.RefID)
				if expr, ok := q.Model["expr"].(string); ok {
					exprs[r.Title] = expr
				}
			}
			if r.Condition != refs[len(refs)-1] || !slices.Contains([]string{"OK", "NoData", "Alerting"}, r.NoDataState) || r.Annotations["summary"] == "" || r.Labels["severity"] == "" {
				t.Errorf("%s is not whole: %+v", r.Title, r)
			}
			for _, label := range r.Labels {
				if strings.Contains(label, "$") {
					t.Errorf("%s: Grafana would put the environment in %q", r.Title, label)
				}
			}
			if summary := r.Annotations["summary"]; regexp.MustCompile(`\$value\b`).MatchString(summary) {
				t.Errorf("%s: $value is a list in Grafana: %s", r.Title, summary)
			}
		}
	}
	n := 0
	for _, g := range of.Groups {
		for _, r := range g.Rules {
			n++
			if exprs[r.Alert] != r.Expr {
				t.Errorf("%s asks %q, and in Prometheus %q", r.Alert, exprs[r.Alert], r.Expr)
			}
		}
	}
	if n < 20 || len(exprs) != n {
		t.Errorf("%d rules of Prometheus, %d in Grafana", n, len(exprs))
	}
}

// firing evaluates the rules on the tables at a moment as Grafana does: which fire, each with the text beside its number.
func firing(t *testing.T, c *boardstest.Tables, at time.Time) map[string][]string {
	t.Helper()
	out, asked := map[string][]string{}, 0
	for _, g := range alertsHandedOut(t).Groups {
		for _, r := range g.Rules {
			sql, ok := r.Data[0].Model["rawSql"].(string)
			if !ok {
				continue
			}
			asked++
			s := &span{from: at.Add(-time.Duration(r.Data[0].Range.From) * time.Second), to: at, zone: boardstest.Zone}
			e := r.Data[1].Model["conditions"].([]any)[0].(map[string]any)["evaluator"].(map[string]any)
			limit := fmt.Sprint(e["params"].([]any)[0])
			for _, row := range c.Rows(t, s.expand(sql, "attune")) {
				number, labels, numbers := 0.0, "", 0
				for _, v := range row {
					switch v := v.(type) {
					case float64:
						number, numbers = v, numbers+1
					case string:
						labels += v
					case nil:
						numbers++
						number = 0
					default:
						t.Fatalf("%s gives %v", r.Title, row)
					}
				}
				if numbers != 1 || len(row) > 2 {
					t.Errorf("%s gives %v: a rule needs one number, and text for labels", r.Title, row)
				}
				var bound float64
				if _, err := fmt.Sscan(limit, &bound); err != nil {
					t.Fatal(err)
				}
				if e["type"] == "gt" && number > bound || e["type"] == "lt" && number < bound {
					out[r.Title] = append(out[r.Title], labels)
				}
			}
			slices.Sort(out[r.Title])
		}
	}
	if asked != len(dataAlerts()) {
		t.Fatalf("%d rules on tables were asked, want %d", asked, len(dataAlerts()))
	}
	return out
}

// made inserts n made-up contacts from a moment on, a second apart, with predictions of which a share is right, and no actions.
func made(t *testing.T, c *boardstest.Tables, name string, n int, from time.Time, language string, lastResort bool, right float64) {
	t.Helper()
	const log = "(SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')"
	at := fmt.Sprintf("toDateTime64('%s', 3, 'UTC') + toIntervalSecond(number)", from.UTC().Format(time.DateTime))
	id := fmt.Sprintf("concat('%s-', toString(number))", name)
	for _, sql := range []string{
		fmt.Sprintf("INSERT INTO {db}.contact_facts (log, contact_id, contact_key, person_ref, channel, started_at, concluded_at, concluded, reason, queue, queued, answered, last_resort, revision, final, self_contained, language, record_offset, version) "+
			"SELECT %s, %s, %s, %s, 'call', %s, %s, true, if(number %% 100 < %f, 'R01', 'R02'), 'general', true, true, %t, 1, true, true, '%s', 9000000 + number, 4294967297 FROM numbers(%d)", log, id, id, id, at, at, 100*right, lastResort, language, n),
		fmt.Sprintf("INSERT INTO {db}.predictions (log, prediction_id, person_ref, as_of, trigger_id, channel, contact_ref, contact_key, phase, model_version, taxonomy_version, reasons.code, reasons.p, record_offset, version) "+
			"SELECT %s, %s, %s, %s, %s, 'call', %s, %s, 'contact_start', 'nb-9', 'health-1', ['R01', 'R02'], [0.6, 0.4], 9000000 + number, number FROM numbers(%d)", log, id, id, at, id, id, id, n),
		fmt.Sprintf("INSERT INTO {db}.touchpoints (log, event_id, occurred_at, received_at, ingested_at, inserted_at, channel, contact_id, event, person_ref, shard, epoch, record_topic, record_offset, version) "+
			"SELECT %s, %s, %s, %s, %s, %s + toIntervalSecond(2), 'call', %s, 'disposition', %s, %s, 1, 'attune.identified', 9000000 + number, 9000000 + number FROM numbers(%d)", log, id, at, at, at, at, id, id, id, n),
	} {
		if err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// Each rule on the tables is tried where it has to fire and where it must not.
func TestAlertsOnTablesFireWhenTheyShould(t *testing.T) {
	c := boardstest.Crowded(t, 60_000, boardstest.Begins)
	mid := time.Date(2026, 3, 2, 12, 30, 0, 0, time.UTC)
	ended := boardstest.Begins.AddDate(0, 0, 85).Add(3*time.Hour + 30*time.Minute)
	// The crowd was written in one go, long after it is said to have happened.
	late := []string{"app", "call", "ehr", "web"}
	check := func(name string, at time.Time, want map[string][]string) {
		t.Helper()
		got := firing(t, c, at)
		for rule, labels := range got {
			if rule == "AttuneTablesLate" && want[rule] == nil && len(labels) > 0 && slices.Contains(late, labels[0]) && at.Before(ended) {
				continue
			}
			if len(labels) > 0 && want[rule] == nil {
				t.Errorf("%s: %s fires for %v", name, rule, labels)
			}
		}
		for rule, labels := range want {
			for _, label := range labels {
				if !slices.Contains(got[rule], label) {
					t.Errorf("%s: %s fires for %q, want %q", name, rule, got[rule], label)
				}
			}
		}
	}
	check("the crowd was written late, and all else is well", mid, map[string][]string{"AttuneTablesLate": {"app"}})
	check("nothing comes any more", ended, map[string][]string{"AttuneChannelSilent": {"app", "web"}, "AttuneTablesNotFresh": {""}})

	made(t, c, "resort", 200, mid.Add(-6*time.Hour), "en", true, 0.6)
	check("people fail and call", mid, map[string][]string{"AttuneLastResortsRise": {""}})

	made(t, c, "unequal", 200, time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC), "vi", false, 0.6)
	check("a group is offered nothing", mid, map[string][]string{"AttuneOffersUnequal": {"language"}, "AttuneLastResortsRise": {""}})

	spring, summer := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC), time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	made(t, c, "honest", 2000, spring.Add(-2000*time.Second), "en", false, 0.6)
	check("all is well, and new", spring, nil)
	made(t, c, "wrong", 2000, summer.Add(-2000*time.Second), "en", false, 0.2)
	check("predictions are not what they say", summer, map[string][]string{"AttunePredictionsNotHonest": {""}})
}
