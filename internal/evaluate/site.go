package evaluate

import (
	"fmt"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// site is the topology without a broker: one INGEST and IDENTITY, and a PATIENT with its TRAINER for each
// model. What one task writes waits in memory for the task that reads it.
type site struct {
	config  attune.Config
	sources map[string]*pipeline.Task
	offsets map[string]int64
	table   *pipeline.LiveTable
	// identified is what INGEST and IDENTITY have written for the persons.
	identified, identity log
	arms                 []*arm
	value                []byte
	now                  pipeline.Time
}

// arm is one model: its tasks, and what it is scored by.
type arm struct {
	name             string
	patient, trainer *pipeline.Task
	topics           *emit.Topics
	offsets          map[string]int64
	// Records for the trainer, for the patient task, and to itself (moves of shards).
	examples, models, own log
	scores                *scores
	prediction            schemas.Prediction
	example               schemas.TrainingExample
	learned               func(*schemas.TrainingExample)
	wrote                 func(*pipeline.OutRecord)
}

// log is a topic in memory: records that wait for their reader.
type log struct{ records []pipeline.Record }

func (l *log) add(o *pipeline.OutRecord) {
	// Keys and values belong to the task, which uses them anew.
	r := pipeline.Record{Topic: o.Topic, Key: append([]byte(nil), o.Key...)}
	if o.Value != nil {
		r.Value = append([]byte{}, o.Value...)
	}
	if len(o.Headers) > 0 && o.Headers[0].Key == pipeline.WatermarkHeader {
		r.Headers = []pipeline.Header{{Key: pipeline.WatermarkHeader}}
	}
	l.records = append(l.records, r)
}

// ids stand in for those of a registry.
var ids = emit.SchemaIDs{
	Touchpoint: 1, Consent: 2, ActionOutcome: 3, IdentityLink: 4, Identified: 5, IdentityEntry: 6, Persona: 7, RejectedRecord: 8, Prediction: 9,
	NextBestAction: 10, DecisionInput: 11, Aggregate: 12, ContactFact: 13, TrainingExample: 14, Model: 15,
}

// newSite makes the tasks. A key of the site would change nothing but the names of persons.
func newSite(c attune.Config, models []Named) (*site, error) {
	c.Emit.Schemas = ids
	// Every moment is scored, also where the prediction hardly changed.
	c.Predict.Move = -1
	c.Identify.SiteKey, c.Identify.LogClock = []byte("attune evaluate: nothing leaves the process"), true
	c = c.Effective()
	s := &site{config: c, sources: map[string]*pipeline.Task{}, offsets: map[string]int64{}}
	topology, err := attune.Topology(c)
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	for i := range topology.Roles {
		role := &topology.Roles[i]
		if len(role.Tables) > 0 {
			s.table = pipeline.NewLiveTable(role.Tables[0])
		}
	}
	for i := range topology.Roles {
		role := &topology.Roles[i]
		if role.Name != "identity" && role.Name != "ingest" {
			continue
		}
		for _, source := range role.Sources {
			if s.sources[source.Topic], err = s.task(topology, role, source.Topic, s); err != nil {
				return nil, err
			}
		}
	}
	for _, m := range models {
		a, err := s.arm(c, m)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", m.Name, err)
		}
		s.arms = append(s.arms, a)
	}
	return s, nil
}

// arm makes the tasks of one model.
func (s *site) arm(c attune.Config, m Named) (*arm, error) {
	c.Model = m.Family
	topology, err := attune.Topology(c)
	if err != nil {
		return nil, err
	}
	a := &arm{name: m.Name, topics: &s.config.Emit.Topics, offsets: map[string]int64{}}
	for i := range topology.Roles {
		role := &topology.Roles[i]
		switch role.Name {
		case "patient":
			a.patient, err = s.task(topology, role, a.topics.Identified, a)
		case "trainer":
			a.trainer, err = s.task(topology, role, a.topics.TrainingExamples, a)
		}
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (s *site) task(topology *pipeline.Topology, role *pipeline.Role, topic string, out pipeline.Appender) (*pipeline.Task, error) {
	env := pipeline.Environment{
		Partitions: func(string) (int32, error) { return 1, nil },
		TopicID:    func(string) [16]byte { return [16]byte{1} },
		Table:      func(string) *pipeline.LiveTable { return s.table },
	}
	t, err := pipeline.NewTask(topology, role, pipeline.TopicPartition{Topic: topic}, env, out)
	if err != nil {
		return nil, err
	}
	return t, t.Resume(pipeline.OffsetCommit{})
}

// Append keeps what INGEST and IDENTITY write.
func (s *site) Append(o *pipeline.OutRecord) error {
	switch o.Topic {
	case s.config.Emit.Topics.Identified:
		s.identified.add(o)
	case s.config.Emit.Topics.Identity:
		s.identity.add(o)
	}
	return nil
}

// Append keeps what PATIENT and TRAINER write for each other, and scores predictions and labels.
func (a *arm) Append(o *pipeline.OutRecord) error {
	if a.wrote != nil && (o.Topic == a.topics.Predictions || o.Topic == a.topics.ContactFacts) {
		a.wrote(o)
	}
	switch o.Topic {
	case a.topics.TrainingExamples:
		if err := schemas.DecodeWhole(&a.example, o.Value[emit.FrameSize:]); err != nil {
			return err
		}
		a.scores.label(&a.example)
		if a.learned != nil {
			a.learned(&a.example)
		}
		a.examples.add(o)
	case a.topics.Predictions:
		if err := schemas.DecodeWhole(&a.prediction, o.Value[emit.FrameSize:]); err != nil {
			return err
		}
		a.scores.predicted(&a.prediction)
	case a.topics.Models:
		a.models.add(o)
	case a.topics.Identified:
		a.own.add(o)
	}
	return nil
}

// takeRecord lets all models see what was read.
func (s *site) takeRecord(r *sources.Record) error {
	value, at, key := r.Raw, schemas.Millis(s.now), r.Key
	switch {
	case r.Touchpoint != nil:
		s.value = r.Touchpoint.AppendAvro(emit.AppendFrame(s.value[:0], ids.Touchpoint))
		value, at = s.value, r.Touchpoint.OccurredAt
	case r.Link != nil:
		s.value = r.Link.AppendAvro(emit.AppendFrame(s.value[:0], ids.IdentityLink))
		value, at = s.value, r.Link.OccurredAt
	case r.Consent != nil:
		s.value = r.Consent.AppendAvro(emit.AppendFrame(s.value[:0], ids.Consent))
		value, at = s.value, r.Consent.OccurredAt
	}
	return s.take(r.Topic, key, at, value)
}

// take lets all models see one record of the log.
func (s *site) take(topic string, key []byte, at schemas.Millis, value []byte) error {
	task := s.sources[topic]
	if task == nil {
		return nil
	}
	s.now = max(s.now, pipeline.Time(at))
	r := pipeline.Record{Topic: topic, Offset: s.offsets[topic], Timestamp: int64(at), Key: key, Value: value}
	s.offsets[topic]++
	if err := s.step(task, pipeline.InputRecord, &r); err != nil {
		return err
	}
	for i := range s.identity.records {
		if err := s.table.Apply(&s.identity.records[i]); err != nil {
			return err
		}
		s.table.Advance(1)
	}
	s.identity.records = s.identity.records[:0]
	return s.deliver()
}

// deliver gives the arms what waits for them.
func (s *site) deliver() error {
	for _, a := range s.arms {
		for i := range s.identified.records {
			if err := s.hand(a, a.patient, pipeline.InputRecord, s.identified.records[i]); err != nil {
				return err
			}
		}
		if err := s.settle(a); err != nil {
			return err
		}
	}
	s.identified.records = s.identified.records[:0]
	return nil
}

// settle moves records between PATIENT and TRAINER until none waits: a label is learned, and the model that
// comes of it is in force, before the next record.
func (s *site) settle(a *arm) error {
	for len(a.own.records)+len(a.examples.records)+len(a.models.records) > 0 {
		for _, way := range []struct {
			from *log
			to   *pipeline.Task
			kind pipeline.InputKind
		}{{&a.own, a.patient, pipeline.InputRecord}, {&a.examples, a.trainer, pipeline.InputRecord}, {&a.models, a.patient, pipeline.InputBroadcast}} {
			records := way.from.records
			way.from.records = nil
			for i := range records {
				if err := s.hand(a, way.to, way.kind, records[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *site) hand(a *arm, to *pipeline.Task, kind pipeline.InputKind, r pipeline.Record) error {
	r.Offset = a.offsets[r.Topic]
	a.offsets[r.Topic]++
	return s.step(to, kind, &r)
}

func (s *site) step(t *pipeline.Task, kind pipeline.InputKind, r *pipeline.Record) error {
	return t.Step(&pipeline.Input{Kind: kind, Now: s.now, Record: r})
}

// commit ends a stretch of the log: timers fire up to its time, and state that nobody needs is dropped.
func (s *site) commit() error {
	var marks []pipeline.SourceMark
	for _, c := range schemas.Channels() {
		bound := s.config.Channels[c.Name()].OutOfOrderness
		marks = append(marks, pipeline.SourceMark{Topic: s.config.Emit.Topics.Touchpoints[c.Channel], Of: 1, Watermark: s.now - pipeline.Time(bound.Milliseconds())})
	}
	topic := s.config.Emit.Topics.Identified
	if err := pipeline.AppendControlRecords(s, topic, 1, s.now, pipeline.AppendControl(nil, marks)); err != nil {
		return err
	}
	if err := s.deliver(); err != nil {
		return err
	}
	for _, t := range s.sources {
		if err := s.seal(t); err != nil {
			return err
		}
	}
	for _, a := range s.arms {
		if err := s.seal(a.patient); err != nil {
			return err
		}
		if err := s.settle(a); err != nil {
			return err
		}
		if err := s.seal(a.trainer); err != nil {
			return err
		}
	}
	return s.deliver()
}

func (s *site) seal(t *pipeline.Task) error {
	if err := s.step(t, pipeline.InputCommit, nil); err != nil {
		return err
	}
	t.Sealed()
	return nil
}
