package clickhouse

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/benchmarks/crowd"
)

// rolledCrowd is a crowd whose site is not in UTC.
func rolledCrowd(t *testing.T, n int) *Client {
	t.Helper()
	cfg := testConfig(sharedServer(t).NativeAddr())
	cfg.TimeZone = "America/Chicago"
	cfg.Events.RollupFailed = func(view string, err error) { t.Errorf("roll-up of %s: %v", view, err) }
	c := openClient(t, cfg)
	if err := c.Apply(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.SetCurrent(testContext(t), testLog); err != nil {
		t.Fatal(err)
	}
	if err := crowd.Fill(testContext(t), c.Exec, testLog, n, crowdBegins); err != nil {
		t.Fatal(err)
	}
	// A day on which enough begin for a cohort to be shown.
	at := "toDateTime64('2026-01-20 18:00:00', 3, 'UTC') + toIntervalMinute(number)"
	exec(t, c, "INSERT INTO {db}.contact_facts (log, contact_id, contact_key, person_ref, channel, started_at, concluded_at, concluded, reason, answered, revision, final, self_contained, version) SELECT '"+
		testLog+"', concat('k-', toString(number)) AS id, id, id, 'call', "+at+", "+at+", true, 'R05', true, 1, true, true, 4294967297 FROM numbers(400)")
	exec(t, c, "INSERT INTO {db}.predictions (log, prediction_id, person_ref, as_of, trigger_id, channel, contact_ref, contact_key, phase, model_version, reasons.code, reasons.p, version) SELECT '"+
		testLog+"', concat('k-', toString(number)) AS id, id, "+at+", id, 'call', id, id, 'contact_start', 'nb-k', ['R05', 'R06'], [0.7, 0.3], number FROM numbers(400)")
	return c
}

// nowRefresher computes some of the roll-ups, or all, at once and whatever it costs.
func nowRefresher(t *testing.T, c *Client, only ...string) *refresher {
	t.Helper()
	of, err := definitions()
	if err != nil {
		t.Fatal(err)
	}
	return &refresher{client: c, of: of, list: slices.DeleteFunc(rollups(), func(u rollup) bool { return len(only) > 0 && !slices.Contains(only, u.view) })}
}

func rollUp(t *testing.T, c *Client, only ...string) {
	t.Helper()
	if failed, err := nowRefresher(t, c, only...).round(testContext(t)); err != nil || failed != nil {
		t.Fatal(failed, err)
	}
}

// linesOf are a query's rows as text, in order. Sums of fractions are added in another order each time, and agree to ten digits.
func linesOf(t *testing.T, c *Client, sql string) (out []string) {
	t.Helper()
	for _, row := range rowsOf(t, c, sql) {
		var cells []string
		for _, name := range slices.Sorted(maps.Keys(row)) {
			v := row[name]
			if f, ok := v.(float64); ok && f != math.Trunc(f) {
				v = fmt.Sprintf("%.10g", f)
			}
			cells = append(cells, fmt.Sprintf("%s=%v", name, v))
		}
		out = append(out, strings.Join(cells, " "))
	}
	slices.Sort(out)
	return out
}

// pairs are the views that are kept, with those that show it.
func pairs(t *testing.T) (names []string) {
	t.Helper()
	all, err := views()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if name, ok := strings.CutPrefix(v.name, rolledPrefix); ok {
			names = append(names, name)
		}
	}
	return names
}

// agree holds what is kept against the views.
func agree(t *testing.T, c *Client, when string) {
	t.Helper()
	for _, name := range pairs(t) {
		got, want := linesOf(t, c, "SELECT * FROM {db}."+rolledPrefix+name), linesOf(t, c, "SELECT * FROM {db}."+name)
		if len(want) == 0 {
			t.Errorf("%s: %s has no row: a poor test", when, name)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s: %s is kept (-) and is (+)\n%.2000s", when, name, diff)
		}
	}
}

// corrections are facts that come late, twice, or in place of others, for days long past: what they do, and how.
var corrections = map[string][][2]string{
	"contacts": {
		{"a contact begins on another day", "INSERT INTO {db}.contact_facts {but} REPLACE (started_at - INTERVAL 20 HOUR AS started_at, version + 1 AS version) FROM {db}.contact_facts WHERE cityHash64(contact_key) % 9 = 0"},
		{"a contact has another reason", "INSERT INTO {db}.contact_facts {but} REPLACE ('R08' AS reason, version + 2 AS version) FROM {db}.contact_facts WHERE cityHash64(contact_key) % 9 = 1"},
		{"a contact is another's", "INSERT INTO {db}.contact_facts {but} REPLACE ('person-3' AS person_ref, version + 2 AS version) FROM {db}.contact_facts WHERE cityHash64(contact_key) % 9 = 2"},
		{"a contact is withdrawn", "INSERT INTO {db}.contact_facts {but} REPLACE (true AS withdrawn, version + 2 AS version) FROM {db}.contact_facts WHERE cityHash64(contact_key) % 9 = 3"},
		{"all contacts of a day are withdrawn", "INSERT INTO {db}.contact_facts {but} REPLACE (true AS withdrawn, version + 3 AS version) FROM {db}.contact_facts WHERE toDate(started_at, '{tz}') = '2026-02-01'"},
		{"facts are doubled", "INSERT INTO {db}.contact_facts {but} FROM {db}.contact_facts"},
	},
	"touchpoints and links": {
		{"touchpoints are doubled", "INSERT INTO {db}.touchpoints {but} REPLACE (version - 1 AS version) FROM {db}.touchpoints WHERE cityHash64(event_id) % 5 = 0"},
		{"a touchpoint is refused", "INSERT INTO {db}.touchpoints {but} REPLACE (1 AS refused, 18446744073709551615 AS version) FROM {db}.touchpoints WHERE cityHash64(event_id) % 7 = 0"},
		{"touchpoints come late", "INSERT INTO {db}.touchpoints {but} REPLACE (concat('late/', event_id) AS event_id, occurred_at + INTERVAL 5 MINUTE AS occurred_at) FROM {db}.touchpoints WHERE channel != 'call' AND cityHash64(event_id) % 11 = 0"},
		{"a cookie is a person's", "INSERT INTO {db}.shard_moves (log, shard, epoch, person_ref, at, record_offset, version) SELECT '" + testLog + "', concat('cookie-', toString(number)), 2, concat('person-', toString(number + 1)), toDateTime64('2026-12-01', 3, 'UTC'), 9, 9000000 FROM numbers(60)"},
	},
	"predictions": {
		{"predictions come late", "INSERT INTO {db}.predictions {but} REPLACE (concat('late-', prediction_id) AS prediction_id, 'update' AS phase, as_of - INTERVAL 3 HOUR AS as_of) FROM {db}.predictions WHERE phase = 'contact_start'"},
	},
	"decisions and outcomes": {
		{"decisions come late", "INSERT INTO {db}.actions {but} REPLACE (concat('late-', decision_id) AS decision_id, decision_id AS supersedes, as_of + INTERVAL 50 HOUR AS as_of) FROM {db}.actions WHERE cityHash64(decision_id) % 10 = 0"},
		{"outcomes come late", "INSERT INTO {db}.outcomes (event_id, decision_id, occurred_at, outcome, action, record_offset, version) SELECT concat('late-', decision_id), decision_id, toDateTime64('2026-04-20', 3, 'UTC'), 'overridden', 'A01', 1, 1 FROM {db}.actions WHERE cityHash64(decision_id) % 10 = 1"},
	},
}

// TestRollupsAreTheViewsWhateverIsCorrected corrects the facts of days past, and computes what that touches.
func TestRollupsAreTheViewsWhateverIsCorrected(t *testing.T) {
	c := rolledCrowd(t, 6_000)
	var mu sync.Mutex
	from := map[string]string{}
	c.cfg.Events.Refreshed = func(r Refreshed) {
		mu.Lock()
		defer mu.Unlock()
		from[r.View] = r.From
	}
	rollUp(t, c)
	agree(t, c, "at first")
	exec(t, c, "ALTER TABLE {db}.touchpoints UPDATE inserted_at = '2026-04-01' WHERE true SETTINGS mutations_sync = 2")
	for _, table := range []string{"predictions", "actions", "outcomes", "contact_facts", "shard_moves"} {
		exec(t, c, "ALTER TABLE {db}."+table+" UPDATE inserted_at = '2026-04-01' WHERE true SETTINGS mutations_sync = 2")
	}
	rollUp(t, c)
	for view, day := range from {
		if day < "2026-11-01" {
			t.Errorf("nothing has come, and %s is computed from %s on", view, day)
		}
	}
	for _, about := range slices.Sorted(maps.Keys(corrections)) {
		for _, x := range corrections[about] {
			// All columns, as they are in the table, but for the time of arrival.
			exec(t, c, strings.Replace(x[1], "{but}", "(* EXCEPT(inserted_at)) SELECT * EXCEPT(inserted_at)", 1))
		}
		rollUp(t, c)
		agree(t, c, "after corrections of "+about)
	}
}

// TestDaysAreCutIntoSlices covers each day once.
func TestDaysAreCutIntoSlices(t *testing.T) {
	for _, x := range []struct{ from, oldest, today, want string }{
		{"2026-11-29", "2024-01-10", "2026-12-01", "2026-11-29 to "},
		{allDays, "2026-04-10", "2026-12-01", "1970-01-02 to 2026-07-01, 2026-07-01 to 2026-10-01, 2026-10-01 to "},
		{allDays, "1970-01-01", "1970-03-01", "1970-01-02 to "},
		{"2026-06-30", "2026-09-30", "2027-02-01", "2026-06-30 to 2026-12-01, 2026-12-01 to "},
	} {
		var got []string
		for from, before := range slicesOf(x.from, x.oldest, x.today) {
			got = append(got, from+" to "+before)
		}
		if got := strings.Join(got, ", "); got != x.want {
			t.Errorf("from %s, oldest %s: %s, want %s", x.from, x.oldest, got, x.want)
		}
	}
}

// keptBefore is what some roll-ups show of days before one.
func keptBefore(t *testing.T, c *Client, day string, only ...string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, u := range nowRefresher(t, c, only...).list {
		by := "day"
		switch u.by {
		case "hour":
			by = "toDate(hour, '{tz}')"
		case "month":
			by = "month"
		}
		out[u.view] = linesOf(t, c, "SELECT * FROM {db}."+rolledPrefix+u.view+" WHERE "+by+" < '"+day+"'")
	}
	return out
}

// TestFactsExpireThenTheirDaysStay gives facts a retention that ends amid the crowd's history, and takes a partition out.
func TestFactsExpireThenTheirDaysStay(t *testing.T) {
	c := rolledCrowd(t, 3_000)
	// By hour, by day and by month; of each kind of fact; one that rests on days before.
	only := []string{"service_levels", "channel_switches", "suppressions", "digital_first", "prediction_calibration", "reason_mix", "equity"}
	rollUp(t, c, only...)
	const end = "2026-02-20"
	before, all := keptBefore(t, c, end, only...), keptBefore(t, c, "2027-01-01", only...)
	cut, err := time.Parse(time.DateOnly, end)
	if err != nil {
		t.Fatal(err)
	}
	c.cfg.Retention = time.Since(cut).Truncate(time.Second) + 12*time.Hour
	if err := c.Apply(testContext(t)); err != nil {
		t.Fatal(err)
	}
	for table := range retained {
		exec(t, c, "OPTIMIZE TABLE {db}."+table+" FINAL")
	}
	if n := count(t, c, "SELECT count() FROM {db}.contacts WHERE started_at < '2026-02-19'"); n != 0 {
		t.Fatalf("%d contacts have not expired", n)
	}
	// All days, were they not protected.
	again := func(when string) {
		exec(t, c, "INSERT INTO {db}.rollups (name, log, zone, definition, begun_at, as_of, settled_at, whole_at, deep_at, deep_ms) SELECT name, log, zone, definition, begun_at, as_of, settled_at, '1970-01-03', deep_at, 0 FROM {db}.rollups FINAL")
		rollUp(t, c, only...)
		if diff := cmp.Diff(keptBefore(t, c, end, only...), before); diff != "" {
			t.Errorf("%s: days whose facts have gone are (-) and were (+)\n%.3000s", when, diff)
		}
	}
	again("expired")
	later := keptBefore(t, c, "2027-01-01", only...)
	for _, name := range []string{"service_levels", "channel_switches", "suppressions", "digital_first", "prediction_calibration"} {
		if diff := cmp.Diff(later[name], all[name]); diff != "" {
			t.Errorf("days of %s that have all of their facts are (-) and were (+)\n%.3000s", name, diff)
		}
	}
	// What comes for a day that has gone changes nothing either; for a day that is there it does.
	exec(t, c, strings.Replace("INSERT INTO {db}.contact_facts {but} REPLACE ('R09' AS reason, version + 9 AS version) FROM {db}.contact_facts", "{but}", "(* EXCEPT(inserted_at)) SELECT * EXCEPT(inserted_at)", 1))
	again("corrected")
	if diff := cmp.Diff(linesOf(t, c, "SELECT * FROM {db}.rolled_service_levels"), all["service_levels"]); diff == "" {
		t.Error("a correction of days that are there is not kept")
	}
}

// TestPartitionIsTakenOutThenItsDaysStay is a retention by hand, which no TTL tells of.
func TestPartitionIsTakenOutThenItsDaysStay(t *testing.T) {
	c := rolledCrowd(t, 3_000)
	rollUp(t, c, "channel_switches")
	want := keptBefore(t, c, "2026-02-01", "channel_switches")["channel_switches"]
	exec(t, c, "ALTER TABLE {db}.touchpoints DROP PARTITION 202601")
	exec(t, c, "INSERT INTO {db}.rollups (name, log, zone, definition, begun_at, as_of, settled_at, whole_at) SELECT name, log, zone, definition, begun_at, as_of, settled_at, '1970-01-03' FROM {db}.rollups FINAL")
	rollUp(t, c, "channel_switches")
	if diff := cmp.Diff(keptBefore(t, c, "2026-02-01", "channel_switches")["channel_switches"], want); diff != "" || len(want) == 0 {
		t.Errorf("days whose facts were taken out are (-) and were (+)\n%.2000s", diff)
	}
	// With all of them gone, too.
	want = keptBefore(t, c, "2100-01-01", "channel_switches")["channel_switches"]
	exec(t, c, "TRUNCATE TABLE {db}.touchpoints")
	exec(t, c, "INSERT INTO {db}.rollups (name, log, zone, definition, begun_at, as_of, settled_at, whole_at) SELECT name, log, zone, definition, begun_at, as_of, settled_at, '1970-01-03' FROM {db}.rollups FINAL")
	rollUp(t, c, "channel_switches")
	if diff := cmp.Diff(keptBefore(t, c, "2100-01-01", "channel_switches")["channel_switches"], want); diff != "" || len(want) == 0 {
		t.Errorf("days that have no facts at all are (-) and were (+)\n%.2000s", diff)
	}
}

// TestSinksRollUpAtOneTimeAndDaysAreThereOnce lets several do it at once, and then one that has nothing to do.
func TestSinksRollUpAtOneTimeAndDaysAreThereOnce(t *testing.T) {
	c := rolledCrowd(t, 3_000)
	var mu sync.Mutex
	n := 0
	c.cfg.Events.Refreshed = func(Refreshed) {
		mu.Lock()
		defer mu.Unlock()
		n++
	}
	r, ctx := nowRefresher(t, c), testContext(t)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if failed, err := r.round(ctx); err != nil || failed != nil {
				t.Error(failed, err)
			}
		})
	}
	all.Wait()
	agree(t, c, "three at once")
	if n != 3*len(rollups()) {
		t.Errorf("%d roll-ups were computed", n)
	}
	if err := c.RefreshRollups(testContext(t), time.Hour); err != nil {
		t.Error(err)
	}
	if n != 3*len(rollups()) {
		t.Errorf("what was computed a moment ago is computed again within the hour: %d", n)
	}
	name, age, err := c.OldestRollup(testContext(t))
	if err != nil || name == "" || age > time.Hour {
		t.Errorf("the oldest is %q, %v, %v", name, age, err)
	}
	if stale, n, err := c.StaleRollups(testContext(t)); err != nil || n != len(rollups()) || len(stale) > 0 {
		t.Errorf("%d are there, stale are %q, %v", n, stale, err)
	}
	exec(t, c, "INSERT INTO {db}.rollups (name, log, zone, definition, as_of, settled_at) SELECT name, log, zone, definition, now64(3) - INTERVAL if(name = 'equity', 2, 0) HOUR, now64(3) - INTERVAL if(name = 'containment', 3, 0) DAY FROM {db}.rollups FINAL")
	if stale, _, err := c.StaleRollups(testContext(t)); err != nil || len(stale) != 2 || !strings.Contains(stale[0], "containment that were corrected") || !strings.Contains(stale[1], "days of equity were computed 2h") {
		t.Errorf("stale are %q, %v", stale, err)
	}
}

// TestAnotherLogComesIntoForceThenItsDaysTakeTheirPlace names a log that has half of the days.
func TestAnotherLogComesIntoForceThenItsDaysTakeTheirPlace(t *testing.T) {
	c := rolledCrowd(t, 3_000)
	rollUp(t, c, "service_levels")
	sql := "SELECT * FROM {db}.rolled_service_levels WHERE hour "
	old, whole := linesOf(t, c, sql+"< '2026-02-15 06:00:00'"), linesOf(t, c, sql+"< '2027-01-01'")
	exec(t, c, "INSERT INTO {db}.contact_facts (* EXCEPT(inserted_at)) SELECT * EXCEPT(inserted_at) REPLACE ('another' AS log, 'R09' AS reason) FROM {db}.contact_facts WHERE started_at >= '2026-02-15 06:00:00'")
	if err := c.SetCurrent(testContext(t), "another"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(linesOf(t, c, sql+"< '2027-01-01'"), whole); diff != "" {
		t.Errorf("before the first round, days are (-) and were (+)\n%.2000s", diff)
	}
	rollUp(t, c, "service_levels")
	if diff := cmp.Diff(linesOf(t, c, sql+"< '2026-02-15 06:00:00'"), old); diff != "" || len(old) == 0 {
		t.Errorf("days that the log in force has not are (-) and were (+)\n%.2000s", diff)
	}
	if diff := cmp.Diff(linesOf(t, c, sql+">= '2026-02-15 06:00:00'"), linesOf(t, c, "SELECT * FROM {db}.service_levels")); diff != "" {
		t.Errorf("days of the log in force are kept (-) and are (+)\n%.2000s", diff)
	}
}

// TestDeepRoundsWait computes days of old no oftener than they are worth, and the latest ones all the same.
func TestDeepRoundsWait(t *testing.T) {
	c := rolledCrowd(t, 300)
	r := nowRefresher(t, c, "channel_switches", "resolution_rates", "equity")
	if _, err := r.round(testContext(t)); err != nil {
		t.Fatal(err)
	}
	exec(t, c, "INSERT INTO {db}.rollups (name, log, zone, definition, begun_at, as_of, settled_at, whole_at, deep_at, deep_ms) SELECT name, log, zone, definition, begun_at, as_of, settled_at, whole_at, deep_at, 600000 FROM {db}.rollups FINAL")
	settled := count(t, c, "SELECT sum(toUnixTimestamp64Milli(settled_at))::UInt64 FROM {db}.rolled")
	from := map[string]string{}
	c.cfg.Events.Refreshed = func(r Refreshed) { from[r.View] = r.From }
	r.share = deepShare
	if failed, err := r.round(testContext(t)); err != nil || failed != nil {
		t.Fatal(failed, err)
	}
	for view, day := range from {
		if limit := shift(time.Now().UTC().Format(time.DateOnly), -40); day < limit {
			t.Errorf("%s is computed from %s on", view, day)
		}
	}
	if len(from) != 2 || from["equity"] != "" {
		t.Errorf("computed were %v, and equity has no days that are less than all", from)
	}
	if n := count(t, c, "SELECT sum(toUnixTimestamp64Milli(settled_at))::UInt64 FROM {db}.rolled"); n != settled {
		t.Error("what waits is said to be done")
	}
}
