package attune

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/schemas"
)

// TestEveryChannelGoesThroughTheTopology sends a touchpoint of each row of the table of channels by its
// topic and looks for what it must come to. Package growth runs it once more with a fifth row.
func TestEveryChannelGoesThroughTheTopology(t *testing.T) {
	const at = schemas.Millis(1_767_600_000_000)
	topology := wholeTopology(t)
	if len(topology.Channels) != len(schemas.Channels()) {
		t.Fatalf("%d watermark channels, want %d", len(topology.Channels), len(schemas.Channels()))
	}
	d := pipelinetest.New(t, topology, pipelinetest.Options{Start: time.UnixMilli(int64(at))})
	for i, row := range schemas.Channels() {
		if topology.Channels[i].Name != row.Name() {
			t.Errorf("watermark channel %d is %s, want %s", i, topology.Channels[i].Name, row.Name())
		}
		step := schemas.Touchpoint{EventID: "first/" + row.Name(), OccurredAt: at, ReceivedAt: at, Channel: row.Channel,
			Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: schemas.Protected("cookie of " + row.Name())}}}
		step.Body.Kind = row.Body
		for n := range 2 {
			step.EventID = fmt.Sprintf("%s/%d", row.Name(), n)
			d.Produce(row.Topic, nil, step.AppendAvro(emit.AppendFrame(nil, 1)))
		}
	}
	settle(d)
	d.Advance(6 * time.Second) // early panes
	settle(d)
	topics := emit.DefaultTopics()
	for _, f := range d.Failures() {
		t.Errorf("%v", f)
	}
	if n := len(d.ReadAll(topics.Rejected)); n > 0 {
		t.Errorf("%d records are rejected", n)
	}
	twos := personsWithTwo(t, d.ReadAll(topics.Personas))
	counted := map[schemas.Channel]int64{}
	for _, r := range d.ReadAll(topics.Aggregates) {
		var v schemas.Aggregate
		decodeFramed(t, &v, &r)
		if v.Aggregate == "touchpoints" {
			counted[v.Channel] = v.Touchpoints
		}
	}
	for _, row := range schemas.Channels() {
		if counted[row.Channel] != 2 {
			t.Errorf("%s: %d touchpoints are counted, want 2", row.Name(), counted[row.Channel])
		}
		if twos[row.Channel] != 1 {
			t.Errorf("%s: %d personas have two touchpoints of it alone, want 1", row.Name(), twos[row.Channel])
		}
	}
}

// wholeTopology is the product's, with schema ids in the place of a registry's.
func wholeTopology(t *testing.T) *pipeline.Topology {
	t.Helper()
	c := Config{Identify: identify.Config{SiteKey: []byte("sixteen bytes at least")}}
	c.Emit.Schemas = emit.SchemaIDs{Touchpoint: 1, Consent: 2, ActionOutcome: 3, IdentityLink: 4, Identified: 5, IdentityEntry: 6, Persona: 7,
		RejectedRecord: 8, Prediction: 9, NextBestAction: 10, DecisionInput: 11, Aggregate: 12, TrainingExample: 13, Model: 14}
	topology, err := Topology(c)
	if err != nil {
		t.Fatal(err)
	}
	return topology
}

// TestEveryChannelDisclosesNamesAndNoWords puts names, then a patient's words into each text of each channel's
// body. INGEST must let names pass, or the channel says nothing, and stop words. Package growth runs it once
// more with a fifth row.
func TestEveryChannelDisclosesNamesAndNoWords(t *testing.T) {
	const at = schemas.Millis(1_767_600_000_000)
	d := pipelinetest.New(t, wholeTopology(t), pipelinetest.Options{Start: time.UnixMilli(int64(at))})
	for _, row := range schemas.Channels() {
		for _, text := range []string{"a/name", "my mother's number is 555 0100"} {
			v := schemas.Touchpoint{EventID: row.Name(), OccurredAt: at, ReceivedAt: at, Channel: row.Channel,
				Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: schemas.Protected("cookie of " + row.Name())}}}
			v.Body.Kind = row.Body
			for field := range bodyTexts(&v.Body) {
				field.SetString(text)
			}
			if text == "a/name" {
				v.EventID += "/names"
			}
			d.Produce(row.Topic, nil, v.AppendAvro(emit.AppendFrame(nil, 1)))
		}
	}
	settle(d)
	seen := 0
	for _, r := range d.ReadAll(emit.DefaultTopics().Identified) {
		var v schemas.Identified
		decodeFramed(t, &v, &r)
		tp := &v.Payload.Touchpoint
		for field, name := range bodyTexts(&tp.Body) {
			switch names := tp.EventID != tp.Channel.String(); {
			// Who took a call goes no further, whatever it looks like.
			case name == "Agent" && field.String() == "", !names && field.String() == "", names && field.String() == "a/name":
			default:
				t.Errorf("%s: %s is %q past INGEST; say in operators/identify/disclosure.go what it may disclose", tp.EventID, name, field.String())
			}
		}
		seen++
	}
	if want := 2 * len(schemas.Channels()); seen != want {
		t.Errorf("%d touchpoints are identified, want %d", seen, want)
	}
}

// TestEveryChannelBoundsItsNumbers puts a number that can be, then what nothing takes or lasts into each number of
// each channel's body. INGEST must let the first pass and empty the others: sums and means are made of them.
func TestEveryChannelBoundsItsNumbers(t *testing.T) {
	const at = schemas.Millis(1_767_600_000_000)
	d := pipelinetest.New(t, wholeTopology(t), pipelinetest.Options{Start: time.UnixMilli(int64(at))})
	values := map[string]int64{"possible": 7, "negative": -86_340_000, "least": math.MinInt64, "most": math.MaxInt64}
	for _, row := range schemas.Channels() {
		for name, value := range values {
			v := schemas.Touchpoint{EventID: name + "/" + row.Name(), OccurredAt: at, ReceivedAt: at, Channel: row.Channel,
				Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: schemas.Protected("cookie of " + row.Name())}}}
			v.Body.Kind = row.Body
			for field := range bodyNumbers(&v.Body) {
				field.SetInt(numberFor(field, at, value))
			}
			d.Produce(row.Topic, nil, v.AppendAvro(emit.AppendFrame(nil, 1)))
		}
	}
	settle(d)
	seen := 0
	for _, r := range d.ReadAll(emit.DefaultTopics().Identified) {
		var v schemas.Identified
		decodeFramed(t, &v, &r)
		tp := &v.Payload.Touchpoint
		kind, _, _ := strings.Cut(tp.EventID, "/")
		for field, name := range bodyNumbers(&tp.Body) {
			if passes := field.Int() == numberFor(field, at, values[kind]); passes != (kind == "possible") {
				t.Errorf("%s: %s is %d past INGEST; say in operators/identify/bounds.go what it may be", tp.EventID, name, field.Int())
			}
		}
		seen++
	}
	if want := len(values) * len(schemas.Channels()); seen != want {
		t.Errorf("%d touchpoints are identified, want %d", seen, want)
	}
}

// numberFor is the value as a field takes it: times are relative to when the touchpoint occurred.
func numberFor(field reflect.Value, at schemas.Millis, value int64) int64 {
	switch {
	case field.Type() == reflect.TypeFor[schemas.Millis]() && value == 7:
		return int64(at) + value
	case field.Kind() == reflect.Int32:
		return max(math.MinInt32, min(math.MaxInt32, value))
	}
	return value
}

// bodyNumbers yields the numbers of a body's branch with their names.
func bodyNumbers(b *schemas.TouchpointBody) func(yield func(reflect.Value, string) bool) {
	return func(yield func(reflect.Value, string) bool) {
		branch := reflect.ValueOf(b).Elem().FieldByName(b.Kind.String())
		for i := range branch.NumField() {
			if field := branch.Field(i); field.CanInt() && !yield(field, branch.Type().Field(i).Name) {
				return
			}
		}
	}
}

// bodyTexts yields the texts of a body's branch with their names, but for reasons, which must be of the
// taxonomy. Optional ones are made to be there.
func bodyTexts(b *schemas.TouchpointBody) func(yield func(reflect.Value, string) bool) {
	return func(yield func(reflect.Value, string) bool) {
		branch := reflect.ValueOf(b).Elem().FieldByName(b.Kind.String())
		for i := range branch.NumField() {
			name, field := branch.Type().Field(i).Name, branch.Field(i)
			if field.Kind() == reflect.Struct { // an Opt
				field.FieldByName("OK").SetBool(true)
				field = field.FieldByName("V")
			}
			if field.Kind() == reflect.String && !strings.HasSuffix(name, "Reason") && !yield(field, name) {
				return
			}
		}
	}
}

func settle(d *pipelinetest.Driver) {
	for range 5 {
		d.Process()
		d.Commit()
	}
}

// personsWithTwo is, by channel, how many persons have two touchpoints, both of that channel.
func personsWithTwo(t *testing.T, records []pipeline.Record) map[schemas.Channel]int {
	t.Helper()
	newest := map[string]schemas.Persona{}
	for i := range records {
		var v schemas.Persona
		decodeFramed(t, &v, &records[i])
		newest[v.PersonRef.Reveal()] = v
	}
	n := map[schemas.Channel]int{}
	for _, v := range newest {
		for _, row := range schemas.Channels() {
			if v.Touchpoints == 2 && *row.Activity(&v) == 2 {
				n[row.Channel]++
			}
		}
	}
	return n
}

func decodeFramed(t *testing.T, v schemas.Record, r *pipeline.Record) {
	t.Helper()
	if err := schemas.DecodeWhole(v, r.Value[emit.FrameSize:]); err != nil {
		t.Fatal(err)
	}
}
