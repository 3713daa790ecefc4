package schemas

import (
	"context"
	"strings"
	"testing"

	"github.com/hamba/avro/v2"
	"github.com/linkedin/goavro/v2"
)

// exampleTouchpoint is a usual one: two identifiers, a form that failed.
func exampleTouchpoint() Touchpoint {
	return Touchpoint{
		EventID:    "portal.example.org/web/8c1d0f2e-5a7b-4a67-9d24-1f6c0a2b9e11",
		OccurredAt: 1_790_000_000_123,
		ReceivedAt: 1_790_000_000_456,
		Channel:    ChannelWeb,
		Identifiers: []Identifier{
			{Kind: IdentifierKindMember, Value: "M-0045567788"},
			{Kind: IdentifierKindCookie, Value: "ck-0d9f8e7c6b5a4938"},
		},
		SessionID: Some[Protected]("s-77f2a1"),
		Language:  Some("en-US"),
		Body:      TouchpointBody{Kind: TouchpointBodyWeb, Web: Web{Event: WebEventFormError, Page: "refill/form", Reason: "refill", Results: -1, DwellMs: 41_000}},
	}
}

func BenchmarkDecodeTouchpoint(b *testing.B) {
	v := exampleTouchpoint()
	src := v.AppendAvro(nil)
	b.Run("generated", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		var t Touchpoint
		for b.Loop() {
			if _, err := t.DecodeAvro(src); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("goavro", func(b *testing.B) {
		codec, err := goavro.NewCodec(TouchpointSchema)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := codec.NativeFromBinary(src); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hamba", func(b *testing.B) {
		api, schema := hambaTouchpoint(b)
		b.ReportAllocs()
		var t hambaRecord
		for b.Loop() {
			if err := api.Unmarshal(schema, src, &t); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncodeTouchpoint(b *testing.B) {
	v := exampleTouchpoint()
	src := v.AppendAvro(nil)
	b.Run("generated", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		dst := make([]byte, 0, 1024)
		for b.Loop() {
			dst = v.AppendAvro(dst[:0])
		}
	})
	b.Run("goavro", func(b *testing.B) {
		codec, err := goavro.NewCodec(TouchpointSchema)
		if err != nil {
			b.Fatal(err)
		}
		native, _, err := codec.NativeFromBinary(src)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		dst := make([]byte, 0, 1024)
		for b.Loop() {
			if dst, err = codec.BinaryFromNative(dst[:0], native); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hamba", func(b *testing.B) {
		api, schema := hambaTouchpoint(b)
		var t hambaRecord
		if err := api.Unmarshal(schema, src, &t); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := api.Marshal(schema, &t); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecodeForeignTouchpoint(b *testing.B) {
	schema := strings.Replace(TouchpointSchema, `"fields":[`, `"fields":[{"name":"site","type":"string"},`, 1)
	d, err := NewDecoder("Touchpoint", nil, SchemaTexts{1: schema})
	if err != nil {
		b.Fatal(err)
	}
	v := exampleTouchpoint()
	value := v.AppendAvro(append(AppendFrame(nil, 1), 2, 'n'))
	b.ReportAllocs()
	var t Touchpoint
	for b.Loop() {
		if err := d.Decode(context.Background(), value, &t); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCloneTouchpoint(b *testing.B) {
	v := exampleTouchpoint()
	b.ReportAllocs()
	for b.Loop() {
		_ = v.Clone()
	}
}

// hambaRecord is the touchpoint as hamba's typed codec wants it.
type hambaRecord struct {
	EventID     string            `avro:"event_id"`
	OccurredAt  int64             `avro:"occurred_at"`
	ReceivedAt  int64             `avro:"received_at"`
	Channel     string            `avro:"channel"`
	Identifiers []hambaIdentifier `avro:"identifiers"`
	ContactID   *string           `avro:"contact_id"`
	SessionID   *string           `avro:"session_id"`
	Language    *string           `avro:"language"`
	Body        any               `avro:"body"`
}

type hambaIdentifier struct {
	Kind  string `avro:"kind"`
	Value string `avro:"value"`
}

type hambaWeb struct {
	Event   string `avro:"event"`
	Page    string `avro:"page"`
	Reason  string `avro:"reason"`
	Results int32  `avro:"results"`
	DwellMs int32  `avro:"dwell_ms"`
}

func hambaTouchpoint(b *testing.B) (avro.API, avro.Schema) {
	b.Helper()
	plain, err := withoutLogicalTypes(TouchpointSchema)
	if err != nil {
		b.Fatal(err)
	}
	schema, err := avro.ParseWithCache(plain, "", &avro.SchemaCache{})
	if err != nil {
		b.Fatal(err)
	}
	api := avro.Config{UnionResolutionError: true}.Freeze()
	api.Register("health.attune.Web", &hambaWeb{})
	for _, other := range []string{"App", "Call", "Ehr"} { // never met here, but every branch must have a type
		api.Register("health.attune."+other, map[string]any{})
	}
	return api, schema
}
