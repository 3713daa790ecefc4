package bank

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// bankFiles are the six months of the real log. They lie beside the repository,
// not in it: their licence is another.
func bankFiles(t testing.TB) []string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "bank")
	var files []string
	for month := 1; month <= 6; month++ {
		file := filepath.Join(dir, fmt.Sprintf("%02d.txt.gz", month))
		if _, err := os.Stat(file); err != nil {
			t.Skipf("SKIPPED: the recorded bank log is not at %s, so nothing was compared with it", dir)
		}
		files = append(files, file)
	}
	return files
}

// drain reads everything, calling each with every record.
func drain(t testing.TB, files []string, o sources.Options, each func(sources.Record)) int {
	t.Helper()
	r, err := Open(files, o)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		each(record)
	}
}

// kpi is what both the reader and awk count.
type kpi struct{ contacts, queued, abandoned, answered, waitSeconds int64 }

func TestTouchpointsGiveWhatAwkSaysOfTheFile(t *testing.T) {
	awk, err := exec.LookPath("awk")
	if err != nil {
		t.Skip("SKIPPED: no awk on this machine, so the bank's figures were not recomputed")
	}
	for _, file := range bankFiles(t) {
		got, want := readerKPIs(t, file), awkKPIs(t, awk, file)
		if len(got) != len(want) || len(want) < 1000 {
			t.Errorf("%s: %d cells, awk has %d", file, len(got), len(want))
		}
		for k, w := range want {
			if got[k] != w {
				t.Errorf("%s: %s: %+v, awk says %+v", filepath.Base(file), k, got[k], w)
			}
		}
	}
}

func readerKPIs(t *testing.T, file string) map[string]kpi {
	p, err := newParser()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]kpi{}
	drain(t, []string{file}, sources.Options{}, func(r sources.Record) {
		c := &r.Touchpoint.Body.Call
		if c.Event != schemas.CallEventDisposition || c.Phantom {
			return
		}
		k := fmt.Sprintf("%s\t%d\t%s", c.Reason, c.Priority, r.Touchpoint.OccurredAt.Time().In(p.zone).Format("2006-01-02T15"))
		v := out[k]
		v.contacts++
		v.queued += one(c.Queued)
		v.abandoned += one(c.Abandoned)
		v.answered += one(c.Answered)
		v.waitSeconds += c.WaitMs / 1000
		out[k] = v
	})
	return out
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func awkKPIs(t *testing.T, awk, file string) map[string]kpi {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(awk, "-f", filepath.Join("testdata", "kpi.awk"))
	cmd.Stdin, cmd.Stderr = plain, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]kpi{}
	for line := range bytes.Lines(text) {
		f := bytes.Split(bytes.TrimSpace(line), []byte{'\t'})
		var v kpi
		if _, err := fmt.Sscan(string(bytes.Join(f[3:], []byte{' '})), &v.contacts, &v.queued, &v.abandoned, &v.answered, &v.waitSeconds); err != nil {
			t.Fatal(err)
		}
		out[string(bytes.Join(f[:3], []byte{'\t'}))] = v
	}
	return out
}

// What the log is known to hold: protocols and the data's own description.
func TestJanuaryHoldsWhatIsKnownOfIt(t *testing.T) {
	var contacts, phantoms, unknown, queued, answered, aa int64
	var wait, waitAnswered int64
	ids := map[string]bool{}
	last := schemas.Millis(0)
	n := drain(t, bankFiles(t)[:1], sources.Options{}, func(r sources.Record) {
		tp := r.Touchpoint
		if ids[tp.EventID] {
			t.Fatalf("line %d: event id repeats", r.Line)
		}
		ids[tp.EventID] = true
		if tp.OccurredAt < last {
			t.Fatalf("line %d: out of order", r.Line)
		}
		last = tp.OccurredAt
		c := &tp.Body.Call
		if c.Event != schemas.CallEventDisposition {
			if c.Reason != "" {
				t.Fatalf("line %d: reason before it was known", r.Line)
			}
			return
		}
		unknown += one(tp.Identifiers[0].Kind == schemas.IdentifierKindContact)
		if c.Phantom {
			phantoms++
			return
		}
		contacts++
		aa += one(c.Reason == "AA")
		queued, answered = queued+one(c.Queued), answered+one(c.Answered)
		wait += c.WaitMs
		if c.Answered {
			waitAnswered += c.WaitMs
		}
	})
	check := func(name string, got, want int64) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	check("contacts and phantoms", contacts+phantoms, 31_599)
	check("phantoms", phantoms, 240)
	check("persons unknown", unknown, 18_175)
	check("type AA", aa, 2)
	check("mean wait of all queued, tenths of a second", (wait/queued+50)/100, 682)
	check("mean wait of all answered, tenths of a second", (waitAnswered/answered+50)/100, 350)
	t.Logf("%d touchpoints from %d rows", n, contacts+phantoms)
}

func TestFileOrderIsADisorder(t *testing.T) {
	files := bankFiles(t)[:1]
	newest, behind, rows := schemas.Millis(0), 0, 0
	inOrder := drain(t, files, sources.Options{}, func(sources.Record) {})
	inFile := drain(t, files, sources.Options{Order: sources.OrderFile}, func(r sources.Record) {
		if r.Touchpoint.Body.Call.Event == schemas.CallEventDisposition {
			rows++
			if newest-r.Touchpoint.OccurredAt > 15*60_000 {
				behind++
			}
		}
		newest = max(newest, r.Touchpoint.OccurredAt)
	})
	if inOrder != inFile {
		t.Errorf("%d records in order, %d in file order", inOrder, inFile)
	}
	if behind < 30_000 || rows != 31_599 {
		t.Errorf("%d of %d rows more than 15 minutes behind; the log is known to have about 30,189 of 31,599", behind, rows)
	}
}

func TestSixMonthsAtOnce(t *testing.T) {
	ids := map[string]bool{}
	outcomes := map[schemas.CallEvent]int{}
	n := drain(t, bankFiles(t), sources.Options{}, func(r sources.Record) {
		ids[r.Touchpoint.EventID] = true
		outcomes[r.Touchpoint.Body.Call.Event]++
	})
	if len(ids) != n {
		t.Errorf("%d event ids among %d touchpoints", len(ids), n)
	}
	for event, want := range map[schemas.CallEvent]int{
		schemas.CallEventDisposition: 213_268, schemas.CallEventSelfService: 213_268 - 1970, schemas.CallEventAbandoned: 32_960,
		schemas.CallEventQueued: 32_960 + 98_307, schemas.CallEventAnswered: 166_768, schemas.CallEventEnded: 166_768,
	} {
		if outcomes[event] != want {
			t.Errorf("%s: %d, want %d", event, outcomes[event], want)
		}
	}
}

func BenchmarkBankMonth(b *testing.B) {
	files := bankFiles(b)[:1]
	n := 0
	for b.Loop() {
		n += drain(b, files, sources.Options{}, func(sources.Record) {})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/touchpoint")
}
