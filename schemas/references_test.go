package schemas

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
)

// asWritten is a touchpoint that another schema's writer wrote: the order of the fields is ours.
func asWritten(id int32, wide bool) []byte {
	v := Touchpoint{EventID: "e", OccurredAt: 1_764_000_000_000, ReceivedAt: 1_764_000_000_001, Channel: ChannelWeb,
		Identifiers: []Identifier{{Kind: IdentifierKindCookie, Value: "c"}}, Body: TouchpointBody{Kind: TouchpointBodyWeb, Web: Web{Page: "home"}}}
	if wide {
		frame := binary.BigEndian.AppendUint64([]byte{0}, uint64(id))
		return v.AppendAvro(frame)
	}
	return AppendFramed(nil, id, &v)
}

// changed is our schema of touchpoints after a change.
func changed(t *testing.T, change func(map[string]any)) string {
	t.Helper()
	var s map[string]any
	if err := json.Unmarshal([]byte(TouchpointSchema), &s); err != nil {
		t.Fatal(err)
	}
	change(s)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func fieldNamed(s map[string]any, name string) map[string]any {
	fields := s["fields"].([]any)
	return fields[slices.IndexFunc(fields, func(f any) bool { return f.(map[string]any)["name"] == name })].(map[string]any)
}

func decoderOf(t *testing.T, source SchemaSource) *Decoder {
	t.Helper()
	d, err := NewDecoder("Touchpoint", nil, source)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A registry holds the types of a record as subjects of their own, which may refer to others.
func TestSchemaRefersToOthersThenItIsReadWhole(t *testing.T) {
	ctx := context.Background()
	server, client := startRegistry(t)
	_ = server
	var identifier, kind map[string]any
	main := changed(t, func(s map[string]any) {
		items := fieldNamed(s, "identifiers")["type"].(map[string]any)
		identifier = items["items"].(map[string]any)
		items["items"] = "health.attune.Identifier"
		k := fieldNamed(identifier, "kind")
		kind = k["type"].(map[string]any)
		k["type"] = kind["name"]
	})
	identifier["namespace"], kind["namespace"] = "health.attune", "health.attune"
	register := func(subject, text string, refs ...sr.SchemaReference) int32 {
		t.Helper()
		got, err := client.client.CreateSchema(ctx, subject, sr.Schema{Schema: text, Type: sr.TypeAvro, References: refs})
		if err != nil {
			t.Fatal(err)
		}
		return int32(got.ID)
	}
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	register("kinds", text(kind))
	register("identifiers", text(identifier), sr.SchemaReference{Name: "health.attune.IdentifierKind", Subject: "kinds", Version: 1})
	id := register("touchpoints.web-value", main, sr.SchemaReference{Name: "health.attune.Identifier", Subject: "identifiers", Version: 1})
	for _, wide := range []bool{false, true} {
		var v Touchpoint
		if err := decoderOf(t, client).Decode(ctx, asWritten(id, wide), &v); err != nil {
			t.Fatalf("eight bytes %t: %v", wide, err)
		}
		if v.EventID != "e" || len(v.Identifiers) != 1 || v.Identifiers[0].Kind != IdentifierKindCookie || v.Body.Web.Page != "home" {
			t.Errorf("eight bytes %t: got %+v", wide, v)
		}
	}
}

// one is a source of a single schema.
type one string

func (o one) SchemaText(context.Context, int32) (string, error) { return string(o), nil }

// Java writes by schemas that stricter libraries refuse.
func TestSchemaIsAsJavaTakesItThenItsRecordsAreRead(t *testing.T) {
	more := func(f map[string]any, tail ...byte) (string, []byte) {
		return changed(t, func(s map[string]any) { s["fields"] = append(s["fields"].([]any), f) }), append(asWritten(7, false), tail...)
	}
	for name, c := range map[string]struct {
		field map[string]any
		tail  []byte
	}{
		"a default of another branch": {map[string]any{"name": "x", "type": []any{"string", "null"}, "default": nil}, []byte{2}},
		"a number as text":            {map[string]any{"name": "x", "type": "int", "default": "0"}, []byte{2}},
		"null for a text":             {map[string]any{"name": "x", "type": "string", "default": nil}, []byte{2, 'a'}},
		"a name with an accent":       {map[string]any{"name": "x_\u00e9", "type": "string", "default": ""}, []byte{2, 'a'}},
		"a name with a dash":          {map[string]any{"name": "x-y", "type": "string"}, []byte{2, 'a'}},
	} {
		text, value := more(c.field, c.tail...)
		var v Touchpoint
		if err := decoderOf(t, one(text)).Decode(context.Background(), value, &v); err != nil || v.EventID != "e" {
			t.Errorf("%s: %v", name, err)
		}
	}
	nanos := changed(t, func(s map[string]any) {
		for _, f := range []string{"occurred_at", "received_at"} {
			fieldNamed(s, f)["type"] = map[string]any{"type": "long", "logicalType": "timestamp-nanos"}
		}
	})
	w := Touchpoint{EventID: "e", OccurredAt: 1_764_000_000_123_456_789, ReceivedAt: -1, Channel: ChannelWeb, Body: TouchpointBody{Kind: TouchpointBodyWeb}}
	var v Touchpoint
	if err := decoderOf(t, one(nanos)).Decode(context.Background(), AppendFramed(nil, 7, &w), &v); err != nil || v.OccurredAt != 1_764_000_000_123 || v.ReceivedAt != -1 {
		t.Errorf("nanoseconds: %v, %d and %d", err, v.OccurredAt, v.ReceivedAt)
	}
}
