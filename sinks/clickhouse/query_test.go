package clickhouse

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

const manyTypes = `SELECT toInt8(-1) AS i8, toUInt64(18446744073709551615) AS u64, 1.5 AS f, nan AS n, 'a"b' AS s, NULL AS nothing, toNullable(7) AS seven,
	true AS yes, toDate('2026-03-02') AS d, toDateTime64('2026-03-02 12:00:00.250', 3, 'UTC') AS t, [1, 2] AS a, ['x', 'y'] AS sa, map('k', 2) AS m,
	(1, 'z') AS tup, toUUID('00000000-0000-0000-0000-000000000001') AS u, toDecimal64(12.34, 2) AS dec, toLowCardinality('lc') AS lc,
	CAST('b' AS Enum8('a' = 1, 'b' = 2)) AS e, toIPv4('10.0.0.1') AS ip, [[1], []] AS nested, toFixedString('abc', 3) AS fs, toInt128(5) AS big`

func TestQueryPrintsEveryTypeAsJSON(t *testing.T) {
	c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
	var out bytes.Buffer
	n, err := c.Query(testContext(t), manyTypes+" ;\n", &out, FormatJSON)
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	want := `{"i8":-1,"u64":18446744073709551615,"f":1.5,"n":null,"s":"a\"b","nothing":null,"seven":7,"yes":true,"d":"2026-03-02T00:00:00Z",` +
		`"t":"2026-03-02T12:00:00.25Z","a":[1,2],"sa":["x","y"],"m":{"k":2},"tup":[1,"z"],"u":"00000000-0000-0000-0000-000000000001","dec":"12.34",` +
		`"lc":"lc","e":"b","ip":"10.0.0.1","nested":[[1],[]],"fs":"abc","big":"5"}` + "\n"
	if out.String() != want {
		t.Errorf("got  %swant %s", out.String(), want)
	}
	if !json.Valid(out.Bytes()) {
		t.Error("not JSON")
	}
}

func TestQueryPrintsATable(t *testing.T) {
	c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
	var out bytes.Buffer
	sql := "SELECT number * 1000 AS n, if(number = 1, 'a\nb', 'é') AS text, number / 3 AS third, if(number = 2, NULL, toDateTime64('2026-03-02 12:00:00', 3, 'UTC')) AS at FROM numbers(3)"
	if _, err := c.Query(testContext(t), sql, &out, FormatTable); err != nil {
		t.Fatal(err)
	}
	want := `
   n  text     third  at
----  ----  --------  -------------------
   0  é            0  2026-03-02 12:00:00
1000  a b   0.333333  2026-03-02 12:00:00
2000  é     0.666667  NULL
(3 rows)
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

func TestQueryWithoutARow(t *testing.T) {
	c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
	var out bytes.Buffer
	if _, err := c.Query(testContext(t), "SELECT 1 AS one WHERE 0", &out, FormatTable); err != nil {
		t.Fatal(err)
	}
	if out.String() != "one\n---\n(0 rows)\n" {
		t.Errorf("%q", out.String())
	}
}

// A statement without rows is run once and is no error.
func TestStatementsWithoutRowsAreDone(t *testing.T) {
	c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
	if _, err := c.Query(testContext(t), "CREATE DATABASE IF NOT EXISTS {db}", io.Discard, FormatTable); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"CREATE TABLE {db}.note (n UInt8) ENGINE = MergeTree ORDER BY n", "-- one\n/* two */ INSERT INTO {db}.note VALUES (1)",
		"ALTER TABLE {db}.note ADD COLUMN m UInt8", "OPTIMIZE TABLE {db}.note FINAL", "SET max_threads = 1",
	} {
		var out bytes.Buffer
		if _, err := c.Query(testContext(t), sql, &out, FormatTable); err != nil || out.String() != "done\n" {
			t.Errorf("%s: %q, %v", sql, out.String(), err)
		}
	}
	var out bytes.Buffer
	if _, err := c.Query(testContext(t), "# counted\nSELECT count() AS n FROM {db}.note", &out, FormatJSON); err != nil || out.String() != "{\"n\":1}\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if _, err := c.Query(testContext(t), "TRUNCATE TABLE {db}.note", &out, FormatJSON); err != nil {
		t.Error(err)
	}
	if _, err := c.Query(testContext(t), "DROP TABLE {db}.note", &out, FormatJSON); err != nil {
		t.Error(err)
	}
}

func TestTimesAreToldInTheirZone(t *testing.T) {
	c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
	const sql = "SELECT toTimeZone(toDateTime('2026-06-01 12:00:00', 'UTC'), 'America/Chicago') AS chicago, toDateTime('2026-06-01 12:00:00', 'UTC') AS utc, 1234567.89 AS n"
	for format, want := range map[Format][]string{FormatTable: {"07:00:00", "-05:00", "12:00:00", "1234567.89"}, FormatJSON: {"2026-06-01T07:00:00-05:00", "2026-06-01T12:00:00Z"}} {
		var out bytes.Buffer
		if _, err := c.Query(testContext(t), sql, &out, format); err != nil {
			t.Fatal(err)
		}
		for _, part := range want {
			if !strings.Contains(out.String(), part) {
				t.Errorf("%s has no %s: %s", format, part, out.String())
			}
		}
	}
}

func TestLongTablesAreNotKeptWhole(t *testing.T) {
	c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
	var out bytes.Buffer
	if n, err := c.Query(testContext(t), "SELECT number FROM numbers(25000)", &out, FormatTable); err != nil || n != 25000 {
		t.Fatal(n, err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 25003 {
		t.Errorf("%d lines", lines)
	}
}

func TestQueryErrorsAreOneLine(t *testing.T) {
	c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
	for sql, want := range map[string]string{
		"SELEKT 1":                   "Syntax error",
		"SELECT * FROM {db}.nowhere": "database or table missing",
		"SELECT throwIf(number = 5) FROM numbers(10)": "code: 395",
	} {
		var out bytes.Buffer
		_, err := c.Query(testContext(t), sql, &out, FormatJSON)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
