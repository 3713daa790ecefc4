package patient

import (
	"fmt"
	"hash"
	"testing"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/operators/predict/train"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// job is the whole topology, a task of each source, with the simulator before it and no broker in
// between: what PATIENT has to do with patients as they are, of several identifiers each, with their
// links, moves, models and watermarks.
type job struct {
	tb        testing.TB
	config    siteConfig
	topology  *pipeline.Topology
	env       pipeline.Environment
	generator interface{ Next() (journeys.Event, bool) }
	table     *pipeline.LiveTable
	tasks     map[string]*pipeline.Task // by source topic
	offsets   map[string]int64
	logs      map[string]*jobLog // by topic that a task reads
	wrote     map[string]written
	sum       hash.Hash // of all that was written, where not nil
	patient   *patient
	settled   func() // is called after each commit of PATIENT, where not nil
	watch     []*stopwatch
	value     []byte
	next      [16]pipeline.Record // for PATIENT
	blind     bool                // they are not shown before
}

// written is what went to a topic.
type written struct{ records, bytes int }

// jobLog is what waits in a topic.
type jobLog struct {
	bytes   []byte
	records []jobRecord
}

// jobRecord is a record's place in the bytes of its log.
type jobRecord struct {
	from, key, to int
	tombstone     bool
	control       bool
}

func (l *jobLog) empty() { l.bytes, l.records = l.bytes[:0], l.records[:0] }

// Append keeps a record for the task that reads it.
func (j *job) Append(o *pipeline.OutRecord) error {
	w := j.wrote[o.Topic]
	w.records, w.bytes = w.records+1, w.bytes+len(o.Key)+len(o.Value)
	j.wrote[o.Topic] = w
	if j.sum != nil {
		fmt.Fprintf(j.sum, "%s %d %d ", o.Topic, len(o.Key), len(o.Value))
		j.sum.Write(o.Key)
		j.sum.Write(o.Value)
	}
	l := j.logs[o.Topic]
	if l == nil {
		return nil
	}
	r := jobRecord{from: len(l.bytes), tombstone: o.Value == nil, control: len(o.Headers) > 0 && o.Headers[0].Key == pipeline.WatermarkHeader}
	l.bytes = append(l.bytes, o.Key...)
	r.key = len(l.bytes)
	l.bytes = append(l.bytes, o.Value...)
	r.to = len(l.bytes)
	l.records = append(l.records, r)
	return nil
}

// newJob makes the topology for so many patients, as busy as those of the demo.
func newJob(tb testing.TB, patients int) *job {
	tb.Helper()
	g, err := journeys.New(journeys.Config{Patients: patients, Rate: float64(patients) / 25, Seed: 1})
	if err != nil {
		tb.Fatal(err)
	}
	c := testConfig()
	t := &c.Emit.Topics
	j := &job{tb: tb, config: c, generator: g, tasks: map[string]*pipeline.Task{}, offsets: map[string]int64{}, wrote: map[string]written{}, logs: map[string]*jobLog{}}
	for _, topic := range []string{t.Identity, t.Identified, t.TrainingExamples, t.Models} {
		j.logs[topic] = new(jobLog)
	}
	topology := &pipeline.Topology{
		Name: "test", Clock: pipeline.ClockLog,
		Channels: []pipeline.Channel{
			{Name: "web", OutOfOrderness: 5000, IdleAfter: 60000}, {Name: "app", OutOfOrderness: 5000, IdleAfter: 60000},
			{Name: "call", OutOfOrderness: 120000, IdleAfter: 60000}, {Name: "ehr", OutOfOrderness: 7200000, IdleAfter: 60000},
		},
		Roles: []pipeline.Role{
			{Name: "identity", Sources: []pipeline.Source{{Topic: t.IdentityLinks, Channel: pipeline.NoChannel}}, Changelog: "identity-changelog", New: identify.NewIdentity(c.Emit, c.Identify)},
			{Name: "ingest", Sources: []pipeline.Source{
				{Topic: t.Touchpoints[schemas.ChannelWeb], Channel: 0}, {Topic: t.Touchpoints[schemas.ChannelApp], Channel: 1}, {Topic: t.Touchpoints[schemas.ChannelCall], Channel: 2}, {Topic: t.Touchpoints[schemas.ChannelEhr], Channel: 3}, {Topic: t.Consents, Channel: pipeline.NoChannel},
			}, Tables: []pipeline.TableSource{{Topic: t.Identity, New: func() pipeline.Table { return identify.NewIdentityTable() }}}, WatermarksTo: t.Identified, New: identify.NewIngest(c.Emit, c.Taxonomy, c.Identify)},
			{Name: "patient", Sources: []pipeline.Source{{Topic: t.Identified, Carried: true}}, Broadcasts: []string{t.Models}, Changelog: "patient-changelog", New: j.newPatient},
			{Name: "trainer", Sources: []pipeline.Source{{Topic: t.TrainingExamples, Channel: pipeline.NoChannel}}, Changelog: "trainer-changelog", New: train.New(c.Emit, c.Taxonomy, c.Model, c.Train)},
		},
	}
	if err := topology.Validate(); err != nil {
		tb.Fatal(err)
	}
	j.table = pipeline.NewLiveTable(topology.Roles[1].Tables[0])
	env := pipeline.Environment{
		Partitions: func(string) (int32, error) { return 1, nil },
		TopicID:    func(string) [16]byte { return [16]byte{7} },
		Table:      func(string) *pipeline.LiveTable { return j.table },
	}
	j.topology, j.env = topology, env
	for i := range topology.Roles {
		role := &topology.Roles[i]
		for _, s := range role.Sources {
			task, err := pipeline.NewTask(topology, role, pipeline.TopicPartition{Topic: s.Topic}, env, j)
			if err != nil {
				tb.Fatal(err)
			}
			if err := task.Resume(pipeline.OffsetCommit{}); err != nil {
				tb.Fatal(err)
			}
			j.tasks[s.Topic] = task
		}
	}
	return j
}

// stopwatch is a step of the chain that knows how long it took.
type stopwatch struct {
	Step
	took time.Duration
}

func (s *stopwatch) Process(ctx *pipeline.Context, j *person.Journey) error {
	begin := time.Now()
	err := s.Step.Process(ctx, j)
	s.took += time.Since(begin)
	return err
}

func (j *job) newPatient(s *pipeline.Setup) (pipeline.Processor, error) {
	p, err := New(j.config.Config)(s)
	if err != nil {
		return nil, err
	}
	j.patient = p.(*patient)
	return p, nil
}

// stopwatches puts one around each step.
func (j *job) stopwatches() {
	for i, s := range j.patient.steps {
		w := &stopwatch{Step: s}
		j.watch = append(j.watch, w)
		j.patient.steps[i] = w
	}
}

func (j *job) step(task *pipeline.Task, kind pipeline.InputKind, r *pipeline.Record) {
	if err := task.Step(&pipeline.Input{Kind: kind, Now: testStart, Record: r}); err != nil {
		j.tb.Fatal(err)
	}
}

// feed takes the simulator's next n touchpoints through INGEST, with the links and consents among
// them through IDENTITY: what they come to waits for PATIENT.
func (j *job) feed(n int) {
	for n > 0 {
		e, _ := j.generator.Next()
		s, record := &j.config.Emit.Schemas, schemas.Record(nil)
		id := s.Touchpoint
		switch e.Kind {
		case journeys.KindTouchpoint:
			record = e.Touchpoint
			n--
		case journeys.KindLink:
			record, id = e.Link, s.IdentityLink
		default:
			record, id = e.Consent, s.Consent
		}
		j.value = record.AppendAvro(emit.AppendFrame(j.value[:0], id))
		r := pipeline.Record{Topic: e.Topic, Offset: j.offsets[e.Topic], Timestamp: int64(e.At), Key: e.Key, Value: j.value}
		j.offsets[e.Topic]++
		j.step(j.tasks[e.Topic], pipeline.InputRecord, &r)
		j.learn()
	}
	for _, topic := range []string{j.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], j.config.Emit.Topics.Touchpoints[schemas.ChannelApp], j.config.Emit.Topics.Touchpoints[schemas.ChannelCall], j.config.Emit.Topics.Touchpoints[schemas.ChannelEhr], j.config.Emit.Topics.Consents, j.config.Emit.Topics.IdentityLinks} {
		j.commit(topic)
	}
}

// learn gives the identity table what IDENTITY has written.
func (j *job) learn() {
	l := j.logs[j.config.Emit.Topics.Identity]
	for i := range l.records {
		r := l.record(i)
		if err := j.table.Apply(&r); err != nil {
			j.tb.Fatal(err)
		}
		j.table.Advance(1)
	}
	l.empty()
}

func (l *jobLog) record(i int) pipeline.Record {
	at := &l.records[i]
	r := pipeline.Record{Key: l.bytes[at.from:at.key], Value: l.bytes[at.key:at.to:at.to]}
	if at.tombstone {
		r.Value = nil
	}
	if at.control {
		r.Headers = []pipeline.Header{{Key: pipeline.WatermarkHeader}}
	}
	return r
}

func (j *job) commit(topic string) {
	task := j.tasks[topic]
	j.step(task, pipeline.InputCommit, nil)
	if m, ok := task.Mark(1); ok {
		to := task.Role().WatermarksTo
		if err := pipeline.AppendControlRecords(j, to, 1, testStart, pipeline.AppendControl(nil, []pipeline.SourceMark{m})); err != nil {
			j.tb.Fatal(err)
		}
	}
	task.Sealed()
}

// drain gives PATIENT all that waits for it, what it writes to itself included, and shows it some
// before that, as a worker does.
func (j *job) drain() {
	topic := j.config.Emit.Topics.Identified
	l, task := j.logs[topic], j.tasks[topic]
	for i := 0; i < len(l.records); {
		n := min(len(j.next), len(l.records)-i)
		for k := range j.next[:n] {
			r := &j.next[k]
			*r = l.record(i + k)
			r.Topic, r.Offset = topic, j.offsets[topic]+int64(k)
		}
		if !j.blind {
			task.Ahead(j.next[:n])
		}
		for k := range j.next[:n] {
			j.step(task, pipeline.InputRecord, &j.next[k])
		}
		j.offsets[topic] += int64(n)
		i += n
	}
	l.empty()
}

// settle commits PATIENT, lets the trainer learn and PATIENT hear of it.
func (j *job) settle() {
	t := &j.config.Emit.Topics
	j.commit(t.Identified)
	j.hand(t.TrainingExamples, t.TrainingExamples, pipeline.InputRecord)
	j.commit(t.TrainingExamples)
	j.hand(t.Models, t.Identified, pipeline.InputBroadcast)
	if j.settled != nil {
		j.settled()
	}
}

// put lets an identified record wait for PATIENT.
func (j *job) put(in *schemas.Identified) {
	value := in.AppendAvro(emit.AppendFrame(nil, j.config.Emit.Schemas.Identified))
	if err := j.Append(&pipeline.OutRecord{Topic: j.config.Emit.Topics.Identified, Key: []byte(in.PersonRef), Value: value}); err != nil {
		j.tb.Fatal(err)
	}
}

// watermarks moves those of all channels to a time.
func (j *job) watermarks(at schemas.Millis) {
	var marks []pipeline.SourceMark
	for _, topic := range []string{j.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], j.config.Emit.Topics.Touchpoints[schemas.ChannelApp], j.config.Emit.Topics.Touchpoints[schemas.ChannelCall], j.config.Emit.Topics.Touchpoints[schemas.ChannelEhr]} {
		marks = append(marks, pipeline.SourceMark{Topic: topic, Of: 1, Watermark: pipeline.Time(at)})
	}
	if err := pipeline.AppendControlRecords(j, j.config.Emit.Topics.Identified, 1, testStart, pipeline.AppendControl(nil, marks)); err != nil {
		j.tb.Fatal(err)
	}
}

func (j *job) hand(topic, to string, kind pipeline.InputKind) {
	l := j.logs[topic]
	for i := range l.records {
		r := l.record(i)
		r.Topic, r.Offset = topic, j.offsets[topic]
		j.offsets[topic]++
		j.step(j.tasks[to], kind, &r)
	}
	l.empty()
}
