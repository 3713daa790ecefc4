package jsonl

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

func touchpoint(id string, at schemas.Millis) schemas.Touchpoint {
	return schemas.Touchpoint{
		EventID: id, OccurredAt: at, ReceivedAt: at + 5, Channel: schemas.ChannelWeb,
		Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: "visitor-1"}},
		Language:    schemas.Some("es"),
		Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb,
			Web: schemas.Web{Event: schemas.WebEventFormError, Page: "refill/form", Reason: "R03", Results: -1, DwellMs: 900}},
	}
}

func jsonl(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log.jsonl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
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

func TestWhatIsWrittenIsRead(t *testing.T) {
	var text bytes.Buffer
	w, err := NewWriter(&text)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]byte{}
	for i, at := range []schemas.Millis{3000, 1000, 2000} {
		tp := touchpoint("src/"+string(rune('a'+i)), at)
		if err := w.Write(&tp); err != nil {
			t.Fatal(err)
		}
		want = append(want, tp.AppendAvro(nil))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	file := jsonl(t, text.String())
	for order, sequence := range map[sources.Order][]int{sources.OrderFile: {0, 1, 2}, sources.OrderEvent: {1, 2, 0}} {
		i := 0
		drain(t, []string{file}, sources.Options{Order: order}, func(r sources.Record) {
			if !bytes.Equal(r.Touchpoint.AppendAvro(nil), want[sequence[i]]) || r.Topic != schemas.TopicTouchpointsWeb || r.Line != sequence[i]+1 {
				t.Errorf("order %s, record %d: topic %s, line %d, or another touchpoint than was written", order, i, r.Topic, r.Line)
			}
			i++
		})
	}
}

// Links and consents come out as they went in, in the order of the file among touchpoints.
func TestLinksAndConsentsAreRead(t *testing.T) {
	mrn := schemas.Identifier{Kind: schemas.IdentifierKindMrn, Value: "MRN-1"}
	tp := touchpoint("src/1", 1000)
	link := schemas.IdentityLink{EventID: "src/2", OccurredAt: 2000, Op: schemas.LinkOpLink, Identifier: schemas.Identifier{Kind: schemas.IdentifierKindCookie, Value: "visitor-1"}, Subject: mrn, Source: "x"}
	consent := schemas.Consent{EventID: "src/3", OccurredAt: 500, Identifiers: []schemas.Identifier{mrn}, Channel: "sms", Status: schemas.ConsentStatusDenied}
	var text bytes.Buffer
	w, err := NewWriter(&text)
	if err == nil {
		err = errors.Join(w.Write(&tp), w.WriteLink(&link), w.WriteConsent(&consent), w.Flush())
	}
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	drain(t, []string{jsonl(t, text.String()+`{"consent":{"event_id":"src/4"},"status":"denied"}`+"\n")}, sources.Options{Order: sources.OrderFile}, func(r sources.Record) {
		switch {
		case r.Link != nil && bytes.Equal(r.Link.AppendAvro(nil), link.AppendAvro(nil)):
			got = append(got, "link to "+r.Topic)
		case r.Consent != nil && bytes.Equal(r.Consent.AppendAvro(nil), consent.AppendAvro(nil)):
			got = append(got, "consent to "+r.Topic)
		case r.Touchpoint != nil:
			got = append(got, "touchpoint to "+r.Topic)
		case r.Problem != "":
			got = append(got, "unreadable to "+r.Topic)
		}
	})
	want := []string{"touchpoint to " + schemas.TopicTouchpointsWeb, "link to " + schemas.TopicIdentityLinks, "consent to " + schemas.TopicConsents, "unreadable to " + schemas.TopicTouchpointsWeb}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestBadLineIsDeliveredWhereItStands(t *testing.T) {
	good := `{"event_id":"s/1","occurred_at":"2026-01-01T00:00:00Z","received_at":"2026-01-01T00:00:01Z","channel":"app","identifiers":[],"body":{"App":{"event":"login"}}}`
	file := jsonl(t, good+"\n{nonsense secret-value}\n\n"+strings.Replace(good, `"app"`, `"fax"`, 1)+"\n\x00\x00\x00\x00\x01zero\n")
	var problems []string
	n := drain(t, []string{file}, sources.Options{}, func(r sources.Record) {
		if r.Touchpoint != nil {
			return
		}
		problems = append(problems, r.Problem)
		if r.Topic != schemas.TopicTouchpointsApp || len(r.Raw) == 0 || r.Raw[0] == 0 || strings.Contains(r.Problem, "secret") {
			t.Errorf("line %d: topic %s, raw %d bytes, problem %q", r.Line, r.Topic, len(r.Raw), r.Problem)
		}
	})
	if n != 4 || len(problems) != 3 {
		t.Errorf("%d records, problems %q; want 4 and 3", n, problems)
	}
}

// Every line comes out once: as the touchpoint it holds, or as it stands.
func FuzzJSONL(f *testing.F) {
	var text bytes.Buffer
	w, err := NewWriter(&text)
	if err != nil {
		f.Fatal(err)
	}
	tp := touchpoint("src/1", 1)
	if err := w.Write(&tp); err != nil {
		f.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Add([]byte(`{"event_id":1}`))
	f.Add([]byte("\x00\x00"))
	f.Add([]byte(`{"identity_link":{"event_id":"a/1"}}`))
	f.Add([]byte(`{"consent":}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) == 0 {
			return
		}
		r, err := newReader([]string{"x"})
		if err != nil {
			t.Fatal(err)
		}
		r.add(0, 1, line)
		record, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		unread := record.Touchpoint == nil && record.Link == nil && record.Consent == nil
		if unread != (record.Problem != "") || unread && (record.Raw[0] == 0 || !bytes.HasSuffix(record.Raw, line)) {
			t.Fatalf("neither read nor delivered as it stands")
		}
	})
}

func BenchmarkJSONL(b *testing.B) {
	var text bytes.Buffer
	w, err := NewWriter(&text)
	if err != nil {
		b.Fatal(err)
	}
	tp := touchpoint("src/1", 1)
	for range 1000 {
		if err := w.Write(&tp); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	file := jsonl(b, text.String())
	for b.Loop() {
		drain(b, []string{file}, sources.Options{}, func(sources.Record) {})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/touchpoint")
}
