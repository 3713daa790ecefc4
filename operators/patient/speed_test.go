package patient

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// discard is an appender that keeps nothing.
type discard struct{ n int }

func (d *discard) Append(*pipeline.OutRecord) error { d.n++; return nil }

// soloTask builds one task of a site's topology with no net around it. The identity table holds
// links persons, of which every second cookie of steadyTouchpoints is one's.
func soloTask(tb testing.TB, s *site, role int, topic string, links int) *pipeline.Task {
	tb.Helper()
	r := &s.topology.Roles[role]
	env := pipeline.Environment{Partitions: func(topic string) (int32, error) { return s.partitions(topic), nil }}
	if len(r.Tables) > 0 {
		live := pipeline.NewLiveTable(r.Tables[0])
		fillTable(live.Table.(*identify.IdentityTable), &s.config.Identify, links)
		env.Table = func(string) *pipeline.LiveTable { return live }
	}
	task, err := pipeline.NewTask(s.topology, r, pipeline.TopicPartition{Topic: topic}, env, &discard{})
	if err != nil {
		tb.Fatal(err)
	}
	if err := task.Resume(pipeline.OffsetCommit{}); err != nil {
		tb.Fatal(err)
	}
	return task
}

func fillTable(t *identify.IdentityTable, c *identify.Config, n int) {
	keys := identify.NewPseudonyms(c)
	for i := range n {
		shard, person := keys.Of(schemas.IdentifierKindCookie, fmt.Sprintf("cookie-%08d", 2*i))
		t.Put(shard, t.Owners.Number(string(identify.AppendRef(nil, person))), 1)
	}
}

// steadyTouchpoints are the steps of a few hundred patients who go on and on.
func steadyTouchpoints(patients, each int) []schemas.Touchpoint {
	var list []schemas.Touchpoint
	at := t0
	for i := range each {
		for p := range patients {
			at += 20
			id := fmt.Sprintf("web.site/%d-%d", p, i)
			who := []schemas.Identifier{cookie(fmt.Sprintf("cookie-%08d", p)), {Kind: schemas.IdentifierKindDevice, Value: schemas.Protected(fmt.Sprintf("device-%d", p))}}
			event := [...]schemas.WebEvent{schemas.WebEventPageView, schemas.WebEventSearch, schemas.WebEventFormStart, schemas.WebEventFormError, schemas.WebEventFormSubmit, schemas.WebEventPageView, schemas.WebEventArticleView, schemas.WebEventExit}[i%8]
			list = append(list, webStep(id, at, event, "refill/form", "R03", who...))
		}
	}
	return list
}

func framedRecords(s *site, list []schemas.Touchpoint) []pipeline.Record {
	var records []pipeline.Record
	for i := range list {
		records = append(records, pipeline.Record{Topic: s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], Offset: int64(i), Timestamp: int64(list[i].OccurredAt),
			Value: list[i].AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.Touchpoint))})
	}
	return records
}

// stepper feeds a task records again and again, with rising offsets.
type stepper struct {
	task    *pipeline.Task
	records []pipeline.Record
	next    int64
	in      pipeline.Input
	r       pipeline.Record
}

func (s *stepper) step(tb testing.TB) {
	s.r = s.records[s.next%int64(len(s.records))]
	s.r.Offset = s.next
	s.next++
	s.in = pipeline.Input{Kind: pipeline.InputRecord, Now: testStart, Record: &s.r}
	if err := s.task.Step(&s.in); err != nil {
		tb.Fatal(err)
	}
}

func newIngestStepper(tb testing.TB) *stepper {
	s := newSite(tb)
	return &stepper{task: soloTask(tb, s, 1, s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], 1000), records: framedRecords(s, steadyTouchpoints(500, 8))}
}

func BenchmarkIngestTouchpoint(b *testing.B) {
	s := newIngestStepper(b)
	for range 5000 {
		s.step(b)
	}
	b.ReportAllocs()
	cpu := startCPU()
	for b.Loop() {
		s.step(b)
	}
	cpu.report(b)
}

// cpuMeter measures the CPU that a benchmark takes: on a machine that others use the time on the clock
// says little.
type cpuMeter struct{ at time.Duration }

func startCPU() cpuMeter { return cpuMeter{cpuTime()} }

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func (m cpuMeter) report(b *testing.B) {
	b.ReportMetric(float64(cpuTime()-m.at)/float64(b.N), "cpu-ns/op")
}

func TestIngestAllocatesNothing(t *testing.T) {
	s := newIngestStepper(t)
	for range 5000 {
		s.step(t)
	}
	if n := testing.AllocsPerRun(2000, func() { s.step(t) }); n != 0 {
		t.Errorf("got %v allocations a touchpoint, want 0", n)
	}
}

// identifiedRecords are what INGEST makes of touchpoints.
func identifiedRecords(s *site, list []schemas.Touchpoint) []pipeline.Record {
	keys := s.keys
	var records []pipeline.Record
	for i := range list {
		shard, person := keys.Of(list[i].Identifiers[0].Kind, list[i].Identifiers[0].Value.Reveal())
		list[i].Identifiers = nil
		in := schemas.Identified{PersonRef: schemas.PersonRef(identify.AppendRef(nil, person)), Shard: string(identify.AppendShard(nil, shard)), JudgedBy: emit.NotJudged,
			SourceTopic: s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], SourceOffset: int64(i)}
		in.Payload.Kind, in.Payload.Touchpoint = schemas.IdentifiedPayloadTouchpoint, list[i]
		records = append(records, pipeline.Record{Topic: s.config.Emit.Topics.Identified, Offset: int64(i),
			Key: []byte(in.PersonRef), Value: in.AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.Identified))})
	}
	return records
}

// newPatientStepper prepares a PATIENT task with its own steps, warmed up with as many touchpoints of
// each patient as one has in a busy day.
func newPatientStepper(tb testing.TB, runs int) *stepper {
	s := newSite(tb)
	s.seen = nil
	const patients, warm = 500, 40
	each := warm + runs/patients + 1
	st := &stepper{task: soloTask(tb, s, 2, s.config.Emit.Topics.Identified, 0), records: identifiedRecords(s, steadyTouchpoints(patients, each))}
	for range patients * warm {
		st.step(tb)
	}
	return st
}

func BenchmarkPatientToLastResort(b *testing.B) {
	const runs = 100_000
	s := newPatientStepper(b, runs)
	b.ReportAllocs()
	left := runs
	cpu := startCPU()
	for b.Loop() {
		if left == 0 {
			b.StopTimer()
			paused := cpuTime()
			s = newPatientStepper(b, runs)
			left = runs
			cpu.at += cpuTime() - paused
			b.StartTimer()
		}
		s.step(b)
		left--
	}
	cpu.report(b)
}

// TestPatientAllocatesNothing: a list that has not had its full length yet may still grow, which is
// less than one allocation in a hundred touchpoints.
func TestPatientAllocatesNothing(t *testing.T) {
	s := newPatientStepper(t, 20_000)
	if n := testing.AllocsPerRun(15_000, func() { s.step(t) }); n != 0 {
		t.Errorf("got %v allocations a touchpoint, want 0", n)
	}
}
