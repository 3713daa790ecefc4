package schemas

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/linkedin/goavro/v2"
)

func newTestViewer(t *testing.T, source SchemaSource) *Viewer {
	t.Helper()
	v, err := NewViewer(source)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTouchpointAsJSON(t *testing.T) {
	v := exampleTouchpoint()
	value := AppendFramed(nil, 7, &v)
	viewer := newTestViewer(t, SchemaTexts{7: TouchpointSchema})
	cases := []struct {
		reveal bool
		want   string
	}{
		{false, `{"event_id":"portal.example.org/web/8c1d0f2e-5a7b-4a67-9d24-1f6c0a2b9e11","occurred_at":"2026-09-21T14:13:20.123Z","received_at":"2026-09-21T14:13:20.456Z","channel":"web","identifiers":[{"kind":"member","value":"[redacted]"},{"kind":"cookie","value":"[redacted]"}],"contact_id":null,"session_id":"[redacted]","language":"en-US","body":{"Web":{"event":"form_error","page":"[redacted]","reason":"refill","results":-1,"dwell_ms":41000}}}`},
		{true, `{"event_id":"portal.example.org/web/8c1d0f2e-5a7b-4a67-9d24-1f6c0a2b9e11","occurred_at":"2026-09-21T14:13:20.123Z","received_at":"2026-09-21T14:13:20.456Z","channel":"web","identifiers":[{"kind":"member","value":"M-0045567788"},{"kind":"cookie","value":"ck-0d9f8e7c6b5a4938"}],"contact_id":null,"session_id":"s-77f2a1","language":"en-US","body":{"Web":{"event":"form_error","page":"refill/form","reason":"refill","results":-1,"dwell_ms":41000}}}`},
	}
	for _, c := range cases {
		got, err := viewer.AppendJSON(context.Background(), nil, value, c.reveal)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(got), c.want); diff != "" {
			t.Error(diff)
		}
	}
}

// TestAWriterCannotUntagAField sends a record of a schema without tags and with a field that nobody has tagged.
func TestAWriterCannotUntagAField(t *testing.T) {
	schema := strings.ReplaceAll(TouchpointSchema, `,"attune.tag":"identifier"`, "")
	schema = strings.ReplaceAll(schema, `,"attune.tag":"phi"`, "")
	schema = edit(t, schema, `"fields":[`, `"fields":[{"name":"patient_name","type":"string"},`, "health.attune", "org.example")
	v := exampleTouchpoint()
	v.Identifiers[0].Value, v.Body.Web.Page = planted, planted
	value := append(AppendFrame(nil, 8), appendString(nil, planted)...)
	value = append(value, v.AppendAvro(nil)...)
	viewer := newTestViewer(t, SchemaTexts{8: schema})
	got, err := viewer.AppendJSON(context.Background(), nil, value, false)
	if err != nil {
		t.Fatal(err)
	}
	if leaks(string(got)) != nil || !strings.Contains(string(got), `"patient_name":"[redacted]"`) {
		t.Errorf("got %s", got)
	}
}

func TestEveryRecordGoesThroughJSON(t *testing.T) {
	for _, d := range Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			viewer := newTestViewer(t, SchemaTexts{})
			reader, err := NewJSONReader(d.Name)
			if err != nil {
				t.Fatal(err)
			}
			s := newSampler(t, d.Schema, 48)
			s.utf8 = true
			for range 30 {
				want, got := d.New(), d.New()
				if err := DecodeWhole(want, s.sample()); err != nil {
					t.Fatal(err)
				}
				text, err := viewer.AppendRecord(nil, d, want, true)
				if err != nil {
					t.Fatal(err)
				}
				if err := reader.Read(text, got); err != nil {
					t.Fatalf("%v: %s", err, text)
				}
				if got, want := got.AppendAvro(nil), want.AppendAvro(nil); !bytes.Equal(got, want) {
					t.Fatalf("got %x\nwant %x\n%s", got, want, text)
				}
			}
		})
	}
}

// TestAvrosOwnJSONIsRead compares with goavro's writer of it.
func TestAvrosOwnJSONIsRead(t *testing.T) {
	codec, err := goavro.NewCodec(TouchpointSchema)
	if err != nil {
		t.Fatal(err)
	}
	want := exampleTouchpoint()
	native, _, err := codec.NativeFromBinary(want.AppendAvro(nil))
	if err != nil {
		t.Fatal(err)
	}
	text, err := codec.TextualFromNative(nil, native)
	if err != nil {
		t.Fatal(err)
	}
	if got := readTouchpoint(t, string(text)); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(got, want))
	}
}

func readTouchpoint(t *testing.T, text string) Touchpoint {
	t.Helper()
	reader, err := NewJSONReader("Touchpoint")
	if err != nil {
		t.Fatal(err)
	}
	var v Touchpoint
	if err := reader.Read([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func TestShortTouchpointTakesDefaults(t *testing.T) {
	got := readTouchpoint(t, `{"event_id": "crm/1", "occurred_at": "1999-01-04T08:30:00+02:00", "received_at": 915431400000,
		"channel": "call", "identifiers": [{"kind": "phone", "value": "+15550100"}], "body": {"Call": {"event": "queued"}}}`)
	want := Touchpoint{EventID: "crm/1", OccurredAt: 915_431_400_000, ReceivedAt: 915_431_400_000, Channel: ChannelCall,
		Identifiers: []Identifier{{Kind: IdentifierKindPhone, Value: "+15550100"}},
		Body:        TouchpointBody{Kind: TouchpointBodyCall, Call: Call{Event: CallEventQueued}}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

func TestBadJSONIsRejectedWithoutItsValues(t *testing.T) {
	reader, err := NewJSONReader("Touchpoint")
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"event_id":"a","occurred_at":1,"received_at":1,"identifiers":[],`
	cases := []struct {
		text, detail string
		code         Rejection
	}{
		{planted, "not JSON", RejectUndecodable},
		{`{} {}`, "more than one", RejectUndecodable},
		{`{} ]`, "more than one", RejectUndecodable},
		{`[]`, "record", RejectWrongType},
		{`{"event_id":"` + planted + `"}`, "Touchpoint.occurred_at is missing", RejectWrongType},
		{head + `"body":{"Web":{"evnt":"` + planted + `","event":"exit"}}}`, "Web has a field", RejectWrongType},
		{head + `"body":{"Web":{"event":"` + planted + `"}}}`, "Web.event", RejectWrongType},
		{head + `"body":{"event":"search"}}`, "Touchpoint.body", RejectWrongType},
		{head + `"body":{"Fax":{}}}`, "Touchpoint.body", RejectWrongType},
		{head + `"body":{"Web":{"event":"exit","results":4000000000}}}`, "Web.results", RejectWrongType},
		{head + `"body":{"Web":{"event":"exit","results":1.5}}}`, "Web.results", RejectWrongType},
		{strings.Replace(head, `"occurred_at":1`, `"occurred_at":"`+planted+`"`, 1) + `"body":{"Web":{"event":"exit"}}}`, "Touchpoint.occurred_at", RejectWrongType},
	}
	for _, c := range cases {
		err := reader.Read([]byte(c.text), new(Touchpoint))
		var got *RecordError
		if !errors.As(err, &got) || got.Code != c.code || !strings.Contains(got.Detail, c.detail) {
			t.Errorf("%s: got %v, want %s: ..%s..", c.text, err, c.code, c.detail)
		}
		if err != nil && leaks(err.Error()) != nil {
			t.Errorf("the error shows a value: %v", err)
		}
	}
}

func TestUnusualNumbersStayJSON(t *testing.T) {
	d, _ := DefinitionOf("Aggregate")
	v := Aggregate{WindowStart: math.MinInt64, WindowEnd: math.MaxInt64, Watermark: -1}
	text, err := newTestViewer(t, SchemaTexts{}).AppendRecord(nil, d, &v, false)
	if err != nil || !json.Valid(text) {
		t.Errorf("%v: %s", err, text)
	}
	d, _ = DefinitionOf("Model")
	m := Model{ClassWeight: []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300}}
	text, err = newTestViewer(t, SchemaTexts{}).AppendRecord(nil, d, &m, false)
	if err != nil || !json.Valid(text) {
		t.Errorf("%v: %s", err, text)
	}
}

func FuzzTouchpointJSON(f *testing.F) {
	reader, err := NewJSONReader("Touchpoint")
	if err != nil {
		f.Fatal(err)
	}
	d, _ := DefinitionOf("Touchpoint")
	viewer, err := NewViewer(SchemaTexts{})
	if err != nil {
		f.Fatal(err)
	}
	v := exampleTouchpoint()
	example, err := viewer.AppendRecord(nil, d, &v, true)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte(`{"event_id":"","occurred_at":0,"received_at":"0001-01-01T00:00:00Z","identifiers":[],"language":{"string":"x"},"body":{"health.attune.Ehr":{"event":"deceased"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var first, second Touchpoint
		var refusal *RecordError
		if err := reader.Read(text, &first); err != nil {
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, want a RecordError", err)
			}
			return
		}
		again, err := viewer.AppendRecord(nil, d, &first, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := reader.Read(again, &second); err != nil || !cmp.Equal(first, second, cmpopts.EquateEmpty()) {
			t.Fatalf("%v: %s", err, again)
		}
	})
}
