package patient

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/predict/train"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// rig is one PATIENT task with its whole chain, and a TRAINER task, without a net: records go in by
// hand, what comes out is kept by topic.
type rig struct {
	tb        testing.TB
	config    siteConfig
	patient   *pipeline.Task
	trainer   *pipeline.Task
	out       map[string][]kept
	offsets   map[string]int64
	n         int
	decide    *decide.Step      // of the patient task
	named     map[string]kept   // by topic, ce_source and ce_id
	records   map[string]string // what each topic holds
	processor *patient
	counted   map[string]int // by name and reason
}

type kept struct{ key, value []byte }

// Append keeps a record.
func (r *rig) Append(o *pipeline.OutRecord) error {
	k := kept{key: append([]byte(nil), o.Key...)}
	if o.Value != nil {
		k.value = append([]byte{}, o.Value...)
	}
	r.out[o.Topic] = append(r.out[o.Topic], k)
	r.checkAttributes(o)
	return nil
}

// checkAttributes demands that the records for others say by their headers what and which they are.
func (r *rig) checkAttributes(o *pipeline.OutRecord) {
	t := &r.config.Emit.Topics
	if r.records == nil {
		r.records = map[string]string{t.Actions: "NextBestAction", t.DecisionInputs: "DecisionInput", t.Predictions: "Prediction", t.Personas: "Persona",
			t.Aggregates: "Aggregate", t.ContactFacts: "ContactFact", t.Rejected: "RejectedRecord", t.Late: "RejectedRecord",
			t.TrainingExamples: "TrainingExample", t.Models: "Model"}
	}
	record := r.records[o.Topic]
	if record == "" || o.Value == nil {
		return
	}
	header := func(name string) string {
		v, _ := schemas.FindHeader[pipeline.Header](o.Headers, name)
		return string(v)
	}
	id, role := header(schemas.HeaderID), "/attune/patient"
	if o.Topic == t.Models {
		role = "/attune/trainer"
	}
	if header(schemas.HeaderSource) != role || header(schemas.HeaderType) != schemas.EventType(record) || id == "" || header(schemas.HeaderTime) == "" {
		r.tb.Errorf("%s: headers %q, want a %s of %s", o.Topic, o.Headers, record, role)
	}
	name := o.Topic + " " + id
	if before, ok := r.named[name]; ok && !bytes.Equal(before.value, o.Value) {
		r.tb.Errorf("%s: two records are named %q", o.Topic, id)
	}
	if r.named == nil {
		r.named = map[string]kept{}
	}
	r.named[name] = kept{value: append([]byte{}, o.Value...)}
	var want string
	switch o.Topic {
	case t.Actions:
		want = decodeAll[schemas.NextBestAction](r.tb, []kept{{value: o.Value}})[0].DecisionID
	case t.DecisionInputs:
		want = decodeAll[schemas.DecisionInput](r.tb, []kept{{value: o.Value}})[0].Decision.DecisionID
	case t.Predictions:
		want = decodeAll[schemas.Prediction](r.tb, []kept{{value: o.Value}})[0].PredictionID
	default:
		return
	}
	if id != want {
		r.tb.Errorf("%s: ce_id is %q on record %q", o.Topic, id, want)
	}
}

func newRig(tb testing.TB, change func(*siteConfig)) *rig {
	tb.Helper()
	c := testConfig()
	if change != nil {
		change(&c)
	}
	r := &rig{tb: tb, config: c, out: map[string][]kept{}, offsets: map[string]int64{}, counted: map[string]int{}}
	r.patient = r.task("patient", c.Emit.Topics.Identified, func(s *pipeline.Setup) (pipeline.Processor, error) {
		built, err := New(c.Config)(s)
		if err != nil {
			return nil, err
		}
		r.processor = built.(*patient)
		for _, step := range r.processor.steps {
			if d, ok := step.(*decide.Step); ok {
				r.decide = d
			}
		}
		return built, nil
	})
	r.trainer = r.task("trainer", c.Emit.Topics.TrainingExamples, train.New(c.Emit, c.Taxonomy, c.Model, c.Train))
	return r
}

func (r *rig) task(name, source string, build func(*pipeline.Setup) (pipeline.Processor, error)) *pipeline.Task {
	r.tb.Helper()
	topology := &pipeline.Topology{Name: "test", Channels: []pipeline.Channel{{Name: "web"}, {Name: "app"}, {Name: "call"}, {Name: "ehr"}}}
	role := pipeline.Role{Name: name, Sources: []pipeline.Source{{Topic: source, Channel: pipeline.NoChannel}}, Changelog: name + "-changelog", New: build}
	if name == "patient" {
		role.Sources[0].Carried, role.Broadcasts = true, []string{r.config.Emit.Topics.Models}
	}
	topology.Roles = []pipeline.Role{role}
	if name == "patient" { // whose watermarks the task hears of; nothing of it runs
		ingest := pipeline.Role{Name: "ingest", WatermarksTo: source}
		for i, t := range r.config.Emit.Topics.Touchpoints[schemas.ChannelWeb:] {
			ingest.Sources = append(ingest.Sources, pipeline.Source{Topic: t, Channel: i})
		}
		topology.Roles = append(topology.Roles, ingest)
	}
	env := pipeline.Environment{
		Partitions: func(string) (int32, error) { return 1, nil },
		Count:      func(_ pipeline.TaskID, name, reason string) { r.counted[name+" "+reason]++ },
	}
	t, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: source}, env, r)
	if err != nil {
		r.tb.Fatal(err)
	}
	if err := t.Resume(pipeline.OffsetCommit{}); err != nil {
		r.tb.Fatal(err)
	}
	return t
}

func (r *rig) give(t *pipeline.Task, kind pipeline.InputKind, topic string, key, value []byte) {
	r.tb.Helper()
	record := pipeline.Record{Topic: topic, Offset: r.offsets[topic], Key: key, Value: value}
	r.offsets[topic]++
	if err := t.Step(&pipeline.Input{Kind: kind, Now: testStart, Record: &record}); err != nil {
		r.tb.Fatal(err)
	}
}

// person is the identified form of who a test speaks of.
func (r *rig) identified(person string) schemas.Identified {
	return schemas.Identified{PersonRef: schemas.PersonRef(person), Shard: "s-" + person, JudgedBy: emit.NotJudged, IngestedAt: 77}
}

func (r *rig) put(in *schemas.Identified) {
	r.tb.Helper()
	r.give(r.patient, pipeline.InputRecord, r.config.Emit.Topics.Identified, []byte(in.PersonRef), in.AppendAvro(emit.AppendFrame(nil, r.config.Emit.Schemas.Identified)))
}

func (r *rig) touch(person string, t schemas.Touchpoint) {
	r.tb.Helper()
	in := r.identified(person)
	r.touchAs(&in, t)
}

func (r *rig) touchAs(in *schemas.Identified, t schemas.Touchpoint) {
	r.tb.Helper()
	r.n++
	if t.EventID == "" {
		t.EventID = fmt.Sprintf("test/%d", r.n)
	}
	in.Payload.Kind, in.Payload.Touchpoint = schemas.IdentifiedPayloadTouchpoint, t
	r.put(in)
}

// watermark moves the watermark of a channel.
func (r *rig) watermark(channel string, at schemas.Millis, idle bool) {
	r.tb.Helper()
	var value []byte
	for c := schemas.Channel(1); c.Spec() != nil; c++ {
		if c.String() == channel {
			value = pipeline.AppendControl(nil, []pipeline.SourceMark{{Topic: r.config.Emit.Topics.Touchpoints[c], Of: 1, Watermark: pipeline.Time(at), Idle: idle}})
		}
	}
	topic := r.config.Emit.Topics.Identified
	record := pipeline.Record{Topic: topic, Offset: r.offsets[topic], Value: value, Headers: []pipeline.Header{{Key: pipeline.WatermarkHeader}}}
	r.offsets[topic]++
	if err := r.patient.Step(&pipeline.Input{Kind: pipeline.InputRecord, Now: testStart, Record: &record}); err != nil {
		r.tb.Fatal(err)
	}
}

func (r *rig) consent(person string, c schemas.Consent) {
	r.tb.Helper()
	r.n++
	if c.EventID == "" {
		c.EventID = fmt.Sprintf("consent/%d", r.n)
	}
	in := r.identified(person)
	in.Payload.Kind, in.Payload.Consent = schemas.IdentifiedPayloadConsent, c
	r.put(&in)
}

func (r *rig) outcome(person, decision string, at schemas.Millis, o schemas.Outcome) {
	r.tb.Helper()
	r.n++
	in := r.identified(person)
	in.Payload.Kind = schemas.IdentifiedPayloadActionOutcome
	in.Payload.ActionOutcome = schemas.ActionOutcome{EventID: fmt.Sprintf("outcome/%d", r.n), DecisionID: decision, OccurredAt: at, Outcome: o}
	r.put(&in)
}

// train hands the examples so far to the trainer, and its models back to the patient task.
func (r *rig) train() {
	r.tb.Helper()
	for _, x := range r.take(r.config.Emit.Topics.TrainingExamples) {
		r.give(r.trainer, pipeline.InputRecord, r.config.Emit.Topics.TrainingExamples, x.key, x.value)
	}
	for _, m := range r.take(r.config.Emit.Topics.Models) {
		r.give(r.patient, pipeline.InputBroadcast, r.config.Emit.Topics.Models, m.key, m.value)
	}
}

// take returns what has come out on a topic since the last time, and forgets it.
func (r *rig) take(topic string) []kept {
	list := r.out[topic]
	delete(r.out, topic)
	return list
}

func decodeAll[V any, P interface {
	*V
	schemas.Record
}](tb testing.TB, records []kept) []V {
	tb.Helper()
	list := make([]V, len(records))
	for i := range records {
		if records[i].value == nil {
			continue
		}
		if err := schemas.DecodeWhole(P(&list[i]), records[i].value[emit.FrameSize:]); err != nil {
			tb.Fatal(err)
		}
	}
	return list
}

func (r *rig) inputs() []schemas.DecisionInput {
	return decodeAll[schemas.DecisionInput](r.tb, r.out[r.config.Emit.Topics.DecisionInputs])
}

func (r *rig) examples() []schemas.TrainingExample {
	return decodeAll[schemas.TrainingExample](r.tb, r.out[r.config.Emit.Topics.TrainingExamples])
}

const (
	noon = schemas.Millis(testStart) + 9*schemas.Hour // 2026-01-05 17:00 UTC: noon in New York
	pat  = "p-1"
)

// disposition says why a contact was made.
func disposition(id string, at schemas.Millis, contact, reason string) schemas.Touchpoint {
	t := callStep(id, at, schemas.CallEventDisposition, contact)
	t.Body.Call.Reason, t.Body.Call.Queued, t.Body.Call.Answered, t.Body.Call.WaitMs, t.Body.Call.TalkMs = reason, true, true, 40_000, 200_000
	return t
}
