package clickhouse

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

func TestQueriesWorthRunningRun(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	w := newWorld(7, time.UTC, noon)
	w.put(r)
	for i, day := range []schemas.Millis{0, 3, 30} { // calls again after 3 days, not after 27
		id := fmt.Sprintf("again-%d", i)
		body := call(schemas.Call{Event: schemas.CallEventDisposition, Reason: "R02", Queued: true, Answered: true})
		r.put(schemas.TopicIdentified, "again", withContact(touchpoint(id, "again", noon+day*86_400_000, body), id))
	}
	r.put(schemas.TopicAccessAudit, "p1", &schemas.AccessAudit{EventID: "a-1", OccurredAt: noon, Who: "agents", PersonRef: "p1", What: "contact"})
	r.send()
	_, stop := r.start()
	c := r.client()
	r.await(c, uint64(2*len(w.touchpoints)+3), "SELECT count() FROM {db}.touchpoints")
	r.await(c, uint64(2*len(w.aggregates)), "SELECT count() FROM {db}.aggregates")
	r.await(c, uint64(2*len(w.outcomes)), "SELECT count() FROM {db}.outcomes")
	r.await(c, 1, "SELECT count() FROM {db}.access_audit")
	stop()
	files, err := filepath.Glob("queries/*.sql")
	if err != nil || len(files) != 11 {
		t.Fatalf("%d queries: %v", len(files), err)
	}
	for _, f := range files {
		sql, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(sql), "-- ") {
			t.Errorf("%s does not say what it asks", f)
		}
		var out bytes.Buffer
		n, err := c.Query(testContext(t), strings.ReplaceAll(string(sql), " attune.", " {db}."), &out, FormatTable)
		if err != nil {
			t.Errorf("%s: %v", f, err)
		} else if n == 0 {
			t.Errorf("%s gives no row", f)
		}
		t.Logf("%s\n%s", f, out.String())
	}
}
