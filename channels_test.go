package attune

import (
	"fmt"
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
	c := Config{Identify: identify.Config{SiteKey: []byte("sixteen bytes at least")}}
	c.Emit.Schemas = emit.SchemaIDs{Touchpoint: 1, Consent: 2, ActionOutcome: 3, IdentityLink: 4, Identified: 5, IdentityEntry: 6, Persona: 7,
		RejectedRecord: 8, Prediction: 9, NextBestAction: 10, DecisionInput: 11, Aggregate: 12, TrainingExample: 13, Model: 14}
	topology, err := Topology(c)
	if err != nil {
		t.Fatal(err)
	}
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
	expect := len(schemas.Channels())
	if n := personsWithTwo(t, d.ReadAll(topics.Personas)); n != expect {
		t.Errorf("%d persons have two touchpoints, want %d", n, expect)
	}
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
	}
}

func settle(d *pipelinetest.Driver) {
	for range 5 {
		d.Process()
		d.Commit()
	}
}

func personsWithTwo(t *testing.T, records []pipeline.Record) int {
	t.Helper()
	newest := map[string]int64{}
	for i := range records {
		var v schemas.Persona
		decodeFramed(t, &v, &records[i])
		newest[v.PersonRef.Reveal()] = v.Touchpoints
	}
	n := 0
	for _, touchpoints := range newest {
		if touchpoints == 2 {
			n++
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
