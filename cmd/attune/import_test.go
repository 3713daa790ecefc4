package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bankRows begin a log as the bank wrote it.
const bankRows = `vru+line	call_id	customer_id	priority	type	date	vru_entry	vru_exit	vru_time	q_start	q_exit	q_time	outcome	ser_start	ser_exit	ser_time	server
AA0101	33116	9664491	2	PS	990101	0:00:31	0:00:36	5	0:00:36	0:03:09	153	HANG	0:00:00	0:00:00	0	NO_SERVER
AA0101	33117	0	0	PS	990101	0:34:12	0:34:23	11	0:00:00	0:00:00	0	HANG	0:00:00	0:00:00	0	NO_SERVER
`

func bankFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// bankMonth is a month of the bank's log, uncompressed.
func bankMonth(t *testing.T) string {
	t.Helper()
	name := filepath.Join("..", "..", "..", "shared", "data", "bank", "01.txt.gz")
	f, err := os.Open(name)
	if err != nil {
		t.Skipf("NOT TESTED against the bank's log: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// kpi counts a log with the awk script: lines of type, priority, hour, contacts, queued, abandoned,
// answered, seconds waited.
func kpi(t *testing.T, log string) map[string]string {
	t.Helper()
	cmd := exec.Command("awk", "-f", filepath.Join("..", "..", "sources", "bank", "testdata", "kpi.awk"))
	cmd.Stdin = strings.NewReader(log)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("awk: %v: %s", err, problems.String())
	}
	cells := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		f := strings.Split(line, "\t")
		cells[strings.Join(f[:3], " ")] = strings.Join(f[3:], " ")
	}
	return cells
}

const kpiQuery = `SELECT reason, priority, formatDateTime(hour, '%Y-%m-%dT%H', 'Asia/Jerusalem') AS at,
	toInt64(sum(contacts)) AS contacts, toInt64(sum(queued)) AS queued, toInt64(sum(abandoned)) AS abandoned, toInt64(sum(answered)) AS answered, sum(wait_seconds) AS wait
	FROM contacts_by_reason WHERE channel = 'call' GROUP BY reason, priority, at HAVING contacts > 0`

// tabled asks ClickHouse what kpi asks of the file.
func tabled(t *testing.T, dir string) map[string]string {
	t.Helper()
	cells := map[string]string{}
	decoder := json.NewDecoder(strings.NewReader(must(t, "query", "--data", dir, "--json", kpiQuery)))
	for decoder.More() {
		var r struct {
			Reason, At                                      string
			Priority, Contacts, Queued, Abandoned, Answered int64
			Wait                                            float64
		}
		if err := decoder.Decode(&r); err != nil {
			t.Fatal(err)
		}
		cells[fmt.Sprintf("%s %d %s", r.Reason, r.Priority, r.At)] =
			fmt.Sprintf("%d %d %d %d %s", r.Contacts, r.Queued, r.Abandoned, r.Answered, strconv.FormatFloat(r.Wait, 'f', -1, 64))
	}
	return cells
}

// A log goes through the whole pipeline, and what analysts read is what a few lines of awk say of the
// file. ATTUNE_TEST_WHOLE_MONTH takes all of January instead of its first days.
func TestImportedLogEqualsWhatAwkSaysOfTheFile(t *testing.T) {
	t.Parallel()
	log := bankMonth(t)
	if os.Getenv("ATTUNE_TEST_WHOLE_MONTH") == "" {
		lines := strings.SplitAfter(log, "\n")
		log = strings.Join(lines[:min(len(lines), 6001)], "")
	}
	dir := t.TempDir()
	r := resultOf(t, must(t, "demo", "--import", bankFile(t, log), "--format", "technion-bank", "--data", dir, "--json"))
	checkSums(t, r)
	want := kpi(t, log)
	got := tabled(t, dir)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("reason, priority and hour: contacts, queued, abandoned, answered, seconds waited (-ClickHouse +awk):\n%s", diff)
	}
	t.Logf("%d touchpoints, %d cells, %.1f s", r.Touchpoints.Produced, len(want), r.Elapsed)
	if os.Getenv("ATTUNE_TEST_WHOLE_MONTH") == "" {
		return
	}
	checkMeans(t, dir)
}

// checkMeans demands the month's mean waits as they were measured in the file.
func checkMeans(t *testing.T, dir string) {
	t.Helper()
	var means struct{ Queued, Answered float64 }
	const sql = `SELECT sum(wait_ms) / sum(queued) / 1000 AS queued, sum(wait_answered_ms) / sum(answered) / 1000 AS answered
		FROM current_aggregates WHERE aggregate = 'contacts'`
	if err := json.Unmarshal([]byte(must(t, "query", "--data", dir, "--json", sql)), &means); err != nil {
		t.Fatal(err)
	}
	if math.Abs(means.Queued-68.2) > 0.05 || math.Abs(means.Answered-35.0) > 0.05 {
		t.Errorf("mean wait %.2f s over all that queued and %.2f s over those answered, want 68.2 and 35.0", means.Queued, means.Answered)
	}
}

// TestImportedCallsHaveNoIdsOrThoseOfOthersThenEachIsAContact: telephone systems give no ids, begin again from 1,
// and know nothing of each other.
func TestImportedCallsHaveNoIdsOrThoseOfOthersThenEachIsAContact(t *testing.T) {
	var lines strings.Builder
	touch := func(at time.Time, event, channel, who, id, body string) {
		if id != "" {
			id = `, "contact_id": "` + id + `"`
		}
		fmt.Fprintf(&lines, `{"event_id": %q, "occurred_at": %q, "received_at": %[2]q, "channel": %q, "identifiers": [{"kind": "mrn", "value": %q}], "body": %s%s}`+"\n",
			event, at.Format(time.RFC3339), channel, who, body, id)
	}
	for n := range 4 {
		for _, x := range []struct{ name, who, id string }{{"none", "ADA", ""}, {"again", "BOB", "7"}, {"other", "CID", "7"}} {
			at, event := time.Date(2026, 3, 2, 9+n, 0, 0, 0, time.UTC), fmt.Sprintf("%s/%d-", x.name, n)
			touch(at, event+"w", "web", x.who, "", `{"Web": {"event": "form_error", "page": "refill/form", "reason": "R03"}}`)
			touch(at.Add(time.Minute), event+"q", "call", x.who, x.id, `{"Call": {"event": "queued", "queue": "general"}}`)
			touch(at.Add(2*time.Minute), event+"e", "call", x.who, x.id, `{"Call": {"event": "ended"}}`)
			touch(at.Add(3*time.Minute), event+"d", "call", x.who, x.id, `{"Call": {"event": "disposition", "reason": "R03", "queued": true, "answered": true}}`)
		}
	}
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "calls.jsonl")
	writeFile(t, file, lines.String())
	out := must(t, "demo", "--data", dir, "--import", file, "--format", "touchpoints-jsonl", "--json")
	if r := resultOf(t, out); !r.Reconciled {
		t.Errorf("not reconciled: %v", r.Differences)
	}
	for sql, want := range map[string]string{
		"SELECT count() AS a, uniqExact(contact_key) AS b, countIf(last_resort) AS c FROM contacts":                      `{"a":12,"b":12,"c":12}`,
		"SELECT countIf(noticed) AS a FROM last_resort_contacts":                                                         `{"a":12}`,
		"SELECT count() AS a, uniqExact(contact_key) AS b FROM scored_contacts":                                          `{"a":12,"b":12}`,
		"SELECT sum(contacts) AS a, sum(last_resort) AS b FROM contacts_by_reason":                                       `{"a":12,"b":12}`,
		"SELECT uniqExact(contact_key) AS a, countIf(contact_ref = '') AS b FROM actions_and_outcomes WHERE last_resort": `{"a":12,"b":4}`,
	} {
		if got := strings.TrimSpace(must(t, "query", "--data", dir, "--json", sql)); got != want {
			t.Errorf("%s: got %s, want %s", sql, got, want)
		}
	}
}
