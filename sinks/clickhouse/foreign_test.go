package clickhouse

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestNamesThatAreTakenAreRefusedAndNothingIsChanged prepares databases that have a table or a view of a site's own
// under one of our names.
func TestNamesThatAreTakenAreRefusedAndNothingIsChanged(t *testing.T) {
	for name, sql := range map[string]string{
		"contacts":        "CREATE TABLE {db}.contacts (id UInt64) ENGINE = MergeTree ORDER BY id AS SELECT number AS id FROM numbers(1000)",
		"journey":         "CREATE VIEW {db}.journey AS SELECT 1 AS x",
		"touchpoints":     "CREATE TABLE {db}.touchpoints (id UInt64, note String) ENGINE = MergeTree ORDER BY id AS SELECT number AS id, '' AS note FROM numbers(1000)",
		"actions":         "CREATE MATERIALIZED VIEW {db}.actions (n UInt64) ENGINE = MergeTree ORDER BY n AS SELECT 1 AS n FROM system.one",
		"current":         "CREATE TABLE {db}.current (a String) ENGINE = Log",
		"failed_steps":    "CREATE DICTIONARY {db}.failed_steps (a UInt64, b String) PRIMARY KEY a SOURCE(NULL()) LAYOUT(FLAT()) LIFETIME(0)",
		"schema_version":  "CREATE TABLE {db}.schema_version (version String) ENGINE = MergeTree ORDER BY version",
		"current_persons": "CREATE TABLE {db}.current_persons (a String) ENGINE = Memory",
	} {
		c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
		exec(t, c, "CREATE DATABASE {db}")
		exec(t, c, sql)
		state := "SELECT name, engine, total_rows, create_table_query FROM system.tables WHERE database = '{db}' ORDER BY name"
		before := rowsOf(t, c, state)
		err := c.Prepare(testContext(t))
		if err == nil || !strings.Contains(err.Error(), c.cfg.Database+"."+name+" is a ") || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(rowsOf(t, c, state), before); diff != "" {
			t.Errorf("%s: the database is (-) and was (+)\n%s", name, diff)
		}
		c.cfg.TablePrefix = "attune_"
		if err := c.Prepare(testContext(t)); err != nil {
			t.Errorf("%s: names of our own do not help: %v", name, err)
		}
	}
}

// TestPrefixedNamesHoldRows runs a sink whose names have a prefix beside one whose names have none.
func TestPrefixedNamesHoldRows(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	r.cfg.TablePrefix = "a_"
	for i := range 20 {
		r.put(schemas.TopicIdentified, "k", busyTouchpoint(i))
	}
	r.send()
	_, stop := r.start()
	c := r.client()
	r.await(c, 20, allTouchpoints)
	stop()
	r.cfg.TablePrefix, r.cfg.Group = "", "beside"
	_, stop = r.start()
	r.await(r.client(), 20, allTouchpoints)
	stop()
	for sql, want := range map[string]uint64{
		"SELECT count() FROM {db}.a_current_touchpoints": 20, "SELECT count() FROM {db}.current_touchpoints": 20,
		"SELECT abs(countIf(startsWith(name, 'a_')) - countIf(NOT startsWith(name, 'a_')))::UInt64 FROM system.tables WHERE database = '{db}'": 0,
	} {
		if n := count(t, r.client(), sql); n != want {
			t.Errorf("%s gives %d, want %d", sql, n, want)
		}
	}
}

// TestSitesViewFailsThenRowsAreStoredOnceAndOtherSinksHaveThem puts a materialized view that cannot take our rows on
// touchpoints, with each of two errors, one of which looks like the row's fault.
func TestSitesViewFailsThenRowsAreStoredOnceAndOtherSinksHaveThem(t *testing.T) {
	for name, expression := range map[string]string{"cannot parse": "toUInt32(event_id)", "reads past the end": "toUInt32(language)"} {
		r := newRig(t, sharedServer(t).NativeAddr())
		c := r.client()
		if err := c.Apply(r.ctx); err != nil {
			t.Fatal(err)
		}
		exec(t, c, "CREATE MATERIALIZED VIEW {db}.site_numbers (n UInt32) ENGINE = MergeTree ORDER BY n AS SELECT "+expression+" AS n FROM {db}.touchpoints")
		var mu sync.Mutex
		var views []string
		rejected := 0
		r.cfg.Events.ViewFailed = func(table, view string, _ error) {
			mu.Lock()
			defer mu.Unlock()
			views = append(views, table+" "+view)
		}
		r.cfg.Events.Rejected = func(pipeline.TopicPartition, int64, string) {
			mu.Lock()
			defer mu.Unlock()
			rejected++
		}
		for i := range 60 {
			r.put(schemas.TopicIdentified, "k", busyTouchpoint(i))
		}
		r.send()
		_, stop := r.start()
		r.await(c, 60, "SELECT count() FROM {db}.current_touchpoints")
		stop()
		if n := count(t, c, "SELECT count() FROM {db}.touchpoints"); n > 120 {
			t.Errorf("%s: %d rows for 60 touchpoints: tries add copies", name, n)
		}
		mu.Lock()
		if rejected > 0 || len(views) != 1 || views[0] != "touchpoints "+c.cfg.Database+".site_numbers" {
			t.Errorf("%s: %d records were rejected, and %q named", name, rejected, views)
		}
		mu.Unlock()
	}
}

// TestWhatAnotherSinkCouldNotWriteStays sends a rejection as a sink writes it.
func TestWhatAnotherSinkCouldNotWriteStays(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	v := busyTouchpoint(1)
	r.put(schemas.TopicIdentified, somebody, v)
	refusal := &schemas.RejectedRecord{Reason: "refused_by_clickhouse", Topic: schemas.TopicIdentified, Watermark: -1, Key: schemas.Some(schemas.ProtectedBytes(somebody)),
		Value: schemas.Some(schemas.ProtectedBytes(schemas.AppendFramed(nil, r.cfg.SchemaIDs["Identified"][0], v)))}
	for _, source := range []string{"/attune/sink", "/site/replayer", ""} {
		r.putBytes(schemas.TopicTouchpointsRejected, somebody, schemas.AppendFramed(nil, r.cfg.SchemaIDs["RejectedRecord"][0], refusal),
			pipeline.Header{Key: schemas.HeaderSource, Value: []byte(source)})
	}
	r.put(schemas.TopicIdentified, somebody, busyTouchpoint(2))
	r.send()
	_, stop := r.start()
	c := r.client()
	awaitTrue(t, func() bool {
		offsets, err := r.cluster.Committed(r.ctx, "attune-sink", partitionsOf(schemas.TopicTouchpointsRejected))
		read := int64(0)
		for _, o := range offsets {
			read += o.Offset
		}
		return err == nil && read == 3
	})
	stop()
	if n := count(t, c, "SELECT count() FROM {db}.current_touchpoints"); n != 2 {
		t.Errorf("%d touchpoints are shown, want 2", n)
	}
}

// TestTableIsDroppedThenTheSinkSaysSoAndReadsItAgain drops a filled table, and then the whole database.
func TestTableIsDroppedThenTheSinkSaysSoAndReadsItAgain(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	for i := range 30 {
		r.put(schemas.TopicIdentified, "k", busyTouchpoint(i))
	}
	r.send()
	_, stop := r.start()
	c := r.client()
	r.await(c, 30, allTouchpoints)
	stop()
	for _, drop := range []string{"DROP TABLE {db}.touchpoints SYNC", "DROP DATABASE {db} SYNC"} {
		exec(t, c, drop)
		_, err := New(r.ctx, r.cfg, r.cluster)
		if err == nil || !strings.Contains(err.Error(), ".touchpoints is missing, and group attune-sink has read attune.identified already") || !strings.Contains(err.Error(), "--from-start") {
			t.Fatalf("after %s: %v", drop, err)
		}
		if n := count(t, c, "SELECT count() FROM system.tables WHERE database = '{db}' AND name = 'touchpoints'"); n != 0 {
			t.Errorf("after %s: a refused start made the table", drop)
		}
		r.cfg.FromStart = true
		_, stop := r.start()
		r.await(c, 30, allTouchpoints)
		stop()
		r.cfg.FromStart = false
	}
	_, stop = r.start() // and goes on as ever
	stop()
}

// TestOlderSinkLeavesNewerViewsAlone lets a sink meet the views of a newer attune, in both modes.
func TestOlderSinkLeavesNewerViewsAlone(t *testing.T) {
	c := applied(t)
	exec(t, c, "CREATE OR REPLACE VIEW {db}.contacts (x UInt8) AS SELECT 1 AS x COMMENT 'Newer. [attune 99 0123456789abcdef]'")
	var notes []string
	c.cfg.Events.Noted = func(text string) { notes = append(notes, text) }
	for _, mode := range []SchemaMode{SchemaApply, SchemaCheck} {
		c.cfg.Schema = mode
		if err := c.Prepare(testContext(t)); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
	}
	if n := count(t, c, "SELECT count() FROM system.columns WHERE database = '{db}' AND table = 'contacts'"); n != 1 {
		t.Error("the newer view was replaced")
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "newer attune") {
		t.Errorf("notes: %q", notes)
	}
	if err := c.CheckViews(testContext(t)); err == nil || !strings.Contains(err.Error(), "newer attune") {
		t.Errorf("doctor says %v", err)
	}
}

// TestViewsOfTheFirstVersionAreReplaced meets views as builds made them that set no mark, and a view of a site beside them.
func TestViewsOfTheFirstVersionAreReplaced(t *testing.T) {
	c := applied(t)
	exec(t, c, "CREATE OR REPLACE VIEW {db}.contacts (x UInt8) AS SELECT 1 AS x COMMENT 'Phone contacts.'")
	if err := c.Prepare(testContext(t)); err == nil {
		t.Error("a view that nobody of ours has made was taken for ours")
	}
	exec(t, c, "INSERT INTO {db}.schema_version VALUES ('views', 1, 'another', now64(3))")
	if err := c.CheckViews(testContext(t)); err == nil || !strings.Contains(err.Error(), "are of another version or other settings of attune") {
		t.Errorf("doctor says %v", err)
	}
	if err := c.Prepare(testContext(t)); err != nil {
		t.Error(err)
	}
	if n := count(t, c, "SELECT count() FROM system.columns WHERE database = '{db}' AND table = 'contacts'"); n < 5 {
		t.Error("the view of the first version is still there")
	}
}

// TestViewsVersionIsRaisedWithTheViews fails where a view was changed and viewsVersion was not: of two builds nobody could
// say then which is the older.
func TestViewsVersionIsRaisedWithTheViews(t *testing.T) {
	all, err := views()
	if err != nil {
		t.Fatal(err)
	}
	const version, fingerprint = 10, "b56bde6a207e9012"
	if got := fingerprintOf(all...); got != fingerprint || viewsVersion != version {
		t.Errorf("the views are %s and version %d: raise viewsVersion where they differ from the last release's, and write both here", got, viewsVersion)
	}
}
