package schemas

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linkedin/goavro/v2"
)

const (
	ownID     = 11
	foreignID = 12
)

// decodeForeign writes native by the writer's schema and decodes it as a record of ours.
func decodeForeign(t *testing.T, record, writerSchema string, native any, v Record) error {
	t.Helper()
	codec, err := goavro.NewCodec(writerSchema)
	if err != nil {
		t.Fatal(err)
	}
	value, err := codec.BinaryFromNative(AppendFrame(nil, foreignID), native)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(record, []int32{ownID}, SchemaTexts{foreignID: writerSchema})
	if err != nil {
		t.Fatal(err)
	}
	return d.Decode(context.Background(), value, v)
}

// edit changes a schema of ours as its text.
func edit(t *testing.T, schema string, oldNew ...string) string {
	t.Helper()
	changed := schema
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(changed, oldNew[i]) {
			t.Fatalf("the schema has no %s", oldNew[i])
		}
		changed = strings.Replace(changed, oldNew[i], oldNew[i+1], 1)
	}
	if !json.Valid([]byte(changed)) {
		t.Fatalf("no JSON: %s", changed)
	}
	return changed
}

func TestOwnRecordsAreDecodedInPlace(t *testing.T) {
	want := exampleTouchpoint()
	value := AppendFramed(nil, ownID, &want)
	d, err := NewDecoder("Touchpoint", []int32{3, ownID}, SchemaTexts{})
	if err != nil {
		t.Fatal(err)
	}
	var got Touchpoint
	if allocs := testing.AllocsPerRun(100, func() {
		if err := d.Decode(context.Background(), value, &got); err != nil {
			t.Fatal(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

func TestSchemasThatDifferInDocumentationOnlyAreOurs(t *testing.T) {
	var schema any
	if err := json.Unmarshal([]byte(TouchpointSchema), &schema); err != nil {
		t.Fatal(err)
	}
	stripDocs(schema)
	plain, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	want := exampleTouchpoint()
	d, err := NewDecoder("Touchpoint", nil, SchemaTexts{foreignID: string(plain)})
	if err != nil {
		t.Fatal(err)
	}
	var got Touchpoint
	if err := d.Decode(context.Background(), AppendFramed(nil, foreignID, &want), &got); err != nil {
		t.Fatal(err)
	}
	if w, _ := d.others.Load(int32(foreignID)); !w.(*writer).same {
		t.Error("it took the slow way")
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

func stripDocs(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"doc", "attune.tag", "default"} {
			delete(v, key)
		}
		for _, inner := range v {
			stripDocs(inner)
		}
	case []any:
		for _, inner := range v {
			stripDocs(inner)
		}
	}
}

// TestEverySchemaResolvesToItself sends samples of every record through the slow way, which must change nothing.
func TestEverySchemaResolvesToItself(t *testing.T) {
	for _, definition := range Definitions() {
		t.Run(definition.Name, func(t *testing.T) {
			d, err := NewDecoder(definition.Name, nil, SchemaTexts{})
			if err != nil {
				t.Fatal(err)
			}
			w := &writer{schema: d.reader}
			s := newSampler(t, definition.Schema, 47)
			for range 100 {
				want := s.sample()
				got := definition.New()
				if err := d.resolve(w, want, got); err != nil {
					t.Fatal(err)
				}
				if got := got.AppendAvro(nil); !bytes.Equal(got, want) {
					t.Fatalf("got %x\nwant %x", got, want)
				}
			}
		})
	}
}

func nativeOutcome() map[string]any {
	return map[string]any{
		"event_id": "e1", "decision_id": "d1", "person_ref": "p1", "occurred_at": int64(1000), "outcome": "accepted", "action": "A02", "reason": "",
	}
}

func TestEvolvedWritersAreUnderstood(t *testing.T) {
	want := ActionOutcome{EventID: "e1", DecisionID: "d1", PersonRef: "p1", OccurredAt: 1000, Outcome: OutcomeAccepted, Action: "A02"}
	plainTime, err := withoutLogicalTypes(ActionOutcomeSchema)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		schema string
		native func(map[string]any)
		want   func(*ActionOutcome)
	}{
		{"more fields, in another order", edit(t, ActionOutcomeSchema, `"fields":[`, `"fields":[{"name":"site","type":["null","string"]},`),
			func(n map[string]any) { n["site"] = map[string]any{"string": "north"} }, nil},
		{"a field less", dropField(t, ActionOutcomeSchema, "reason"), nil, nil},
		{"enum with more symbols", edit(t, ActionOutcomeSchema, `"overridden"]`, `"overridden","forwarded"]`),
			func(n map[string]any) { n["outcome"] = "forwarded" }, func(w *ActionOutcome) { w.Outcome = OutcomeUnknown }},
		{"enum in another order", edit(t, ActionOutcomeSchema, `"unknown","delivered"`, `"delivered","unknown"`), nil, nil},
		{"string as bytes", edit(t, ActionOutcomeSchema, `"name":"action","type":"string"`, `"name":"action","type":"bytes"`),
			func(n map[string]any) { n["action"] = []byte("A02") }, nil},
		{"optional here, not there", edit(t, ActionOutcomeSchema, `"name":"action","type":"string"`, `"name":"action","type":["string","null"]`),
			func(n map[string]any) { n["action"] = map[string]any{"string": "A02"} }, nil},
		{"time without its logical type", plainTime, nil, nil},
		{"time in int", edit(t, ActionOutcomeSchema, `{"type":"long","logicalType":"timestamp-millis"}`, `"int"`),
			func(n map[string]any) { n["occurred_at"] = 1000 }, nil},
		{"time in microseconds", edit(t, ActionOutcomeSchema, "timestamp-millis", "timestamp-micros"),
			func(n map[string]any) { n["occurred_at"] = int64(1_000_999) }, nil},
		{"another namespace", edit(t, ActionOutcomeSchema, "health.attune", "org.example"), nil, nil},
		{"strings as Java has them", edit(t, ActionOutcomeSchema, `"name":"event_id","type":"string"`, `"name":"event_id","type":{"type":"string","avro.java.string":"String"}`), nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			native, want := nativeOutcome(), want
			if c.native != nil {
				c.native(native)
			}
			if c.want != nil {
				c.want(&want)
			}
			var got ActionOutcome
			if err := decodeForeign(t, "ActionOutcome", c.schema, native, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func dropField(t *testing.T, schema, name string) string {
	t.Helper()
	var s map[string]any
	if err := json.Unmarshal([]byte(schema), &s); err != nil {
		t.Fatal(err)
	}
	var kept []any
	for _, f := range s["fields"].([]any) {
		if f.(map[string]any)["name"] != name {
			kept = append(kept, f)
		}
	}
	s["fields"] = kept
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadersAliasesFindTheWritersFields(t *testing.T) {
	reader, err := newRuntimeSchema(edit(t, ActionOutcomeSchema, `"name":"action","type":"string"`, `"name":"move","aliases":["action"],"type":"string"`))
	if err != nil {
		t.Fatal(err)
	}
	w, err := newRuntimeSchema(ActionOutcomeSchema)
	if err != nil {
		t.Fatal(err)
	}
	r := resolver{}
	got, err := r.resolve(reader.tree, w.tree, nativeOutcome())
	if err != nil {
		t.Fatal(err)
	}
	if move := got.(map[string]any)["move"]; move != "A02" {
		t.Errorf("got %v", move)
	}
}

func TestWhatCannotBeReadIsRejectedByCode(t *testing.T) {
	good := exampleTouchpoint()
	framed := func(id int32, payload []byte) []byte { return append(AppendFrame(nil, id), payload...) }
	sources := SchemaTexts{
		20: ConsentSchema,
		21: edit(t, TouchpointSchema, `{"type":"long","logicalType":"timestamp-millis"}`, `"string"`),
		22: dropField(t, TouchpointSchema, "event_id"),
		23: `{"type":"record","name":"Touchpoint","fields":[{"name":"items","type":{"type":"array","items":"null"}}]}`,
		24: `{"type":"record","name":"Touchpoint","fields":[{"name":"next","type":["null","Touchpoint"]}]}`,
		25: `{"type":"recor`,
		26: `"string"`,
	}
	consent := Consent{EventID: planted}
	cases := []struct {
		name   string
		value  []byte
		code   Rejection
		detail string
	}{
		{"nothing", nil, RejectUndecodable, "wire format"},
		{"no frame", []byte("{\"event_id\":1}"), RejectUndecodable, "wire format"},
		{"own schema, other bytes", framed(ownID, []byte(planted)), RejectUndecodable, "Touchpoint.event_id"},
		{"own schema, bytes left over", append(AppendFramed(nil, ownID, &good), 0), RejectUndecodable, "bytes follow"},
		{"unknown schema", framed(99, []byte(planted)), RejectUnknownSchema, "schema id 99"},
		{"another record", AppendFramed(nil, 20, &consent), RejectWrongType, "record"},
		{"another type", framed(21, textTime(good)), RejectWrongType, "Touchpoint.occurred_at"},
		{"a field missing", framed(22, good.AppendAvro(nil)[len(appendString(nil, good.EventID)):]), RejectWrongType, "Touchpoint.event_id"},
		{"a billion nulls", framed(23, append(appendLong(nil, 1<<30), 0)), RejectUndecodable, "more items than bytes"},
		{"endless nesting", framed(24, bytes.Repeat([]byte{2}, 1<<20)), RejectUndecodable, "nested too deeply"},
		{"no schema", framed(25, nil), RejectWrongType, "cannot be read here"},
		{"not a record", framed(26, appendString(nil, planted)), RejectWrongType, "record"},
	}
	d, err := NewDecoder("Touchpoint", []int32{ownID}, sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := d.Decode(context.Background(), c.value, new(Touchpoint))
			var got *RecordError
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want a RecordError", err)
			}
			if got.Code != c.code || !strings.Contains(got.Detail, c.detail) {
				t.Errorf("got %v, want %s: ..%s..", got, c.code, c.detail)
			}
			if leaks(err.Error()) != nil {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}

// textTime is the record as a schema has it in which occurred_at is a string.
func textTime(v Touchpoint) []byte {
	id := appendString(nil, v.EventID)
	rest := v.AppendAvro(nil)[len(id)+6:]
	return append(appendString(id, "1999-01-01"), rest...)
}

type brokenSource struct{ err error }

func (s brokenSource) SchemaText(context.Context, int32) (string, error) { return "", s.err }

func TestASourceThatFailsIsNotTheRecordsFault(t *testing.T) {
	down := errors.New("connection refused")
	d, err := NewDecoder("Touchpoint", nil, brokenSource{down})
	if err != nil {
		t.Fatal(err)
	}
	v := exampleTouchpoint()
	err = d.Decode(context.Background(), AppendFramed(nil, 5, &v), new(Touchpoint))
	var record *RecordError
	if !errors.Is(err, down) || errors.As(err, &record) {
		t.Errorf("got %v", err)
	}
}

func TestManyGoroutinesShareADecoder(t *testing.T) {
	schema := edit(t, TouchpointSchema, `"fields":[`, `"fields":[{"name":"site","type":"string"},`)
	d, err := NewDecoder("Touchpoint", []int32{ownID}, SchemaTexts{foreignID: schema})
	if err != nil {
		t.Fatal(err)
	}
	want := exampleTouchpoint()
	own := AppendFramed(nil, ownID, &want)
	foreign := want.AppendAvro(append(AppendFrame(nil, foreignID), 2, 'n'))
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			var got Touchpoint
			for _, value := range [][]byte{foreign, own, foreign} {
				if err := d.Decode(context.Background(), value, &got); err != nil || !cmp.Equal(got, want) {
					t.Errorf("%v: %s", err, cmp.Diff(got, want))
				}
			}
		})
	}
	running.Wait()
}

func FuzzForeignTouchpoint(f *testing.F) {
	writerSchema := strings.Replace(TouchpointSchema, `"fields":[`, `"fields":[{"name":"extra","type":{"type":"map","values":["null","long"]},"default":{}},`, 1)
	d, err := NewDecoder("Touchpoint", nil, SchemaTexts{foreignID: writerSchema})
	if err != nil {
		f.Fatal(err)
	}
	v := exampleTouchpoint()
	f.Add(append([]byte{0}, v.AppendAvro(nil)...))
	f.Add(append([]byte{2, 2, 'a', 2, 6, 0}, v.AppendAvro(nil)...))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var v Touchpoint
		err := d.Decode(context.Background(), append(AppendFrame(nil, foreignID), payload...), &v)
		var record *RecordError
		if err != nil && !errors.As(err, &record) {
			t.Fatalf("got %v, want a RecordError", err)
		}
	})
}
