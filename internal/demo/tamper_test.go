package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// One demo is drained; then a row or a record is taken away, doubled or altered, again and again, and
// put back. Each time the demo must exit with 1 and name what was tampered with.
func TestDemoNamesWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	var out screen
	d := smallDemo(&out)
	d.Simulation.Rate, d.Simulation.Speed, d.Simulation.Duration = 25, 20, 3*time.Second
	d.sent = func() { awaitOutcome(t, d) }
	d.tamper = func(string) {
		t.Run("record", func(t *testing.T) { tamperWithRecords(t, d) })
		t.Run("row", func(t *testing.T) { tamperWithRows(t, d) })
		t.Run("untouched", func(t *testing.T) {
			if _, differences := reconciled(t, d, d.verification()); len(differences) > 0 {
				t.Errorf("after everything was put back: %s", strings.Join(differences, "\n"))
			}
		})
		x := tables{t, d}
		// By its id: each part would evaluate min(event_id) for itself, after another has lost its row.
		x.exec("ALTER TABLE attune.touchpoints DELETE WHERE event_id = '" + x.exec("SELECT min(event_id) FROM attune.touchpoints") + "' SETTINGS mutations_sync = 2")
	}
	err := d.Run(t.Context())
	var ended *exit.Error
	if !errors.As(err, &ended) || ended.Code != exit.CodeFailed || !strings.Contains(err.Error(), "not reconciled: 1 differences, the first: clickhouse.touchpoints journeys/") {
		t.Fatalf("the demo ended with %v", err)
	}
	r := resultIn(t, out.String())
	if r.Reconciled || len(r.Differences) != 1 || !strings.HasSuffix(r.Differences[0], "is missing") {
		t.Errorf("differences of the last row that was deleted: %q", r.Differences)
	}
}

// awaitOutcome waits until an action was answered: on a busy machine all input may have been sent before
// the first action comes.
func awaitOutcome(t *testing.T, d *Demo) {
	t.Helper()
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for d.outcomes.answered() == 0 {
		select {
		case <-every.C:
		case <-t.Context().Done():
			t.Fatal("no action was answered")
		}
	}
}

// reconciled does what the demo does at its end, and returns exit code and differences.
func reconciled(t *testing.T, d *Demo, run *verify.Run) (int, []string) {
	t.Helper()
	report, err := run.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	before := d.Out
	d.Out = &out
	err = d.tell(report)
	d.Out = before
	code := exit.CodeOK
	var ended *exit.Error
	if errors.As(err, &ended) {
		code = ended.Code
	}
	var r Result
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
		t.Fatal(err)
	}
	if r.Reconciled != (code == exit.CodeOK) || r.Reconciled != (len(r.Differences) == 0) {
		t.Errorf("exit code %d, reconciled %v, %d differences", code, r.Reconciled, len(r.Differences))
	}
	return code, r.Differences
}

// mustName demands exit code 1 and a difference that names what was tampered with.
func mustName(t *testing.T, d *Demo, run *verify.Run, names ...string) {
	t.Helper()
	code, differences := reconciled(t, d, run)
	if code != exit.CodeFailed {
		t.Errorf("exit code %d after tampering with %q", code, names)
	}
	for _, difference := range differences {
		for _, name := range names {
			if strings.Contains(difference, name) {
				return
			}
		}
	}
	t.Errorf("no difference names any of %q: %s", names, strings.Join(differences, "\n"))
}

// hop is a topic with what is tampered with there.
type hop struct {
	topic  string
	victim func(*pipeline.Record) (names []string, ok bool)
	alter  map[string]func(value []byte) []byte
}

// at makes a hop of a record type: names says what a difference must contain one of, nil for records
// that are not of interest; alter changes one field of a record.
func at[T any, P interface {
	*T
	schemas.Record
}](topic string, names func(P) []string, alter map[string]func(P)) hop {
	h := hop{topic: topic, alter: map[string]func([]byte) []byte{}}
	decode := func(value []byte) P {
		v := P(new(T))
		if len(value) < 5 || schemas.DecodeWhole(v, value[5:]) != nil {
			return nil
		}
		return v
	}
	h.victim = func(r *pipeline.Record) ([]string, bool) {
		v := decode(r.Value)
		if v == nil {
			return nil, false
		}
		found := names(v)
		for i := range found {
			found[i] = strings.Clone(found[i])
		}
		return found, found != nil
	}
	for field, change := range alter {
		h.alter[field] = func(value []byte) []byte {
			v := decode(value)
			change(v)
			return v.AppendAvro(append([]byte(nil), value[:5]...))
		}
	}
	return h
}

// hops lists every topic between a source and a contact center or an analyst.
func hops() []hop {
	touchpoint := func(p *schemas.Touchpoint) []string { return []string{"event " + p.EventID} }
	return []hop{
		at(schemas.TopicTouchpointsWeb, touchpoint, map[string]func(*schemas.Touchpoint){
			"reason":      func(p *schemas.Touchpoint) { p.Body.Web.Reason += "x" },
			"occurred_at": func(p *schemas.Touchpoint) { p.OccurredAt++ },
		}),
		at(schemas.TopicTouchpointsCall, touchpoint, map[string]func(*schemas.Touchpoint){
			"wait_ms":  func(p *schemas.Touchpoint) { p.Body.Call.WaitMs++ },
			"event_id": func(p *schemas.Touchpoint) { p.EventID += "x" },
		}),
		at(schemas.TopicTouchpointsRejected, func(r *schemas.RejectedRecord) []string { return []string{"event " + r.EventID} }, map[string]func(*schemas.RejectedRecord){
			"reason": func(r *schemas.RejectedRecord) { r.Reason = "absurd_time" },
			// Not the next offset: where a touchpoint was sent twice that may be its other copy, and either may be
			// the one that was refused.
			"offset":   func(r *schemas.RejectedRecord) { r.Offset += 1 << 30 },
			"event_id": func(r *schemas.RejectedRecord) { r.EventID += "x" },
		}),
		at(schemas.TopicIdentified, func(id *schemas.Identified) []string {
			if id.Payload.Kind != schemas.IdentifiedPayloadTouchpoint {
				return nil
			}
			return []string{"event " + id.Payload.Touchpoint.EventID, "touchpoints " + id.Payload.Touchpoint.EventID}
		}, map[string]func(*schemas.Identified){
			"person_ref":  func(id *schemas.Identified) { id.PersonRef += "x" },
			"offset":      func(id *schemas.Identified) { id.SourceOffset++ },
			"occurred_at": func(id *schemas.Identified) { id.Payload.Touchpoint.OccurredAt-- },
			"language":    func(id *schemas.Identified) { id.Payload.Touchpoint.Language = schemas.Some("tlh") },
		}),
		at(schemas.TopicPredictions, func(p *schemas.Prediction) []string { return []string{p.PredictionID} }, map[string]func(*schemas.Prediction){
			"p_2h":     func(p *schemas.Prediction) { p.P2h += 1e-9 },
			"reasons":  func(p *schemas.Prediction) { p.Reasons[0].P -= 1e-9 },
			"features": func(p *schemas.Prediction) { p.Features = append(p.Features, 9999) },
		}),
		at(schemas.TopicActions, func(a *schemas.NextBestAction) []string { return []string{"decision " + a.DecisionID} }, map[string]func(*schemas.NextBestAction){
			"brief":   func(a *schemas.NextBestAction) { a.Brief += "x" },
			"action":  func(a *schemas.NextBestAction) { a.Action.ID = "A99" },
			"expires": func(a *schemas.NextBestAction) { a.ExpiresAt++ },
		}),
		at(schemas.TopicDecisionInputs, func(i *schemas.DecisionInput) []string { return []string{i.Decision.DecisionID} }, map[string]func(*schemas.DecisionInput){
			"receipt": func(i *schemas.DecisionInput) {
				i.Decision.Receipt = append(i.Decision.Receipt, schemas.Removal{Action: "A99"})
			},
			"arm": func(i *schemas.DecisionInput) { i.Decision.Arm += "x" },
		}),
		at(schemas.TopicTrainingExamples, func(e *schemas.TrainingExample) []string {
			if e.ExposureBand >= 0 || e.PredictionID == "" {
				return nil
			}
			return []string{"contact " + e.ContactRef.V}
		}, map[string]func(*schemas.TrainingExample){
			"reason":    func(e *schemas.TrainingExample) { e.Reason += "x" },
			"predicted": func(e *schemas.TrainingExample) { e.Predicted += "x" },
			"p":         func(e *schemas.TrainingExample) { e.P += 1e-9 },
		}),
	}
}

// tamperWithRecords drops, doubles and alters one record of each hop on its way to the verifier.
func tamperWithRecords(t *testing.T, d *Demo) {
	for i, h := range append(hops(), personaHop(t, d), aggregateHop(t, d), factHop(t, d)) {
		if testing.Short() && i > 0 {
			break // one after the other: the race detector has seen it all
		}
		t.Run(h.topic, func(t *testing.T) {
			victim, names := choose(t, d, h)
			faults := map[string]func(r *pipeline.Record, fn func(*pipeline.Record) error) error{
				"dropped": func(*pipeline.Record, func(*pipeline.Record) error) error { return nil },
				"doubled": func(r *pipeline.Record, fn func(*pipeline.Record) error) error { return errors.Join(fn(r), fn(r)) },
			}
			if h.topic == schemas.TopicPersonas {
				delete(faults, "doubled") // compacted: of equal records with one key the last stays
			}
			for field, alter := range h.alter {
				faults["altered "+field] = func(r *pipeline.Record, fn func(*pipeline.Record) error) error {
					altered := *r
					altered.Value = alter(r.Value)
					return fn(&altered)
				}
			}
			for name, fault := range faults {
				if testing.Short() && name != "dropped" {
					continue // the others ask the same again, one after the other
				}
				t.Run(name, func(t *testing.T) {
					run := d.verification()
					run.Log = faultyLog{run.Log, h.topic, victim, fault}
					mustName(t, d, run, names...)
				})
			}
		})
	}
}

// choose picks the middle one of the records that the hop takes.
func choose(t *testing.T, d *Demo, h hop) (victim spot, names []string) {
	t.Helper()
	type candidate struct {
		spot
		names []string
	}
	var all []candidate
	err := connect.Log{Cluster: d.cluster}.Each(t.Context(), h.topic, func(r *pipeline.Record) error {
		if found, ok := h.victim(r); ok {
			all = append(all, candidate{spot{r.Partition, r.Offset}, found})
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d records of %s to choose from: %v", len(all), h.topic, err)
	}
	c := all[len(all)/2]
	return c.spot, c.names
}

// spot is where a record lies in its topic.
type spot struct {
	partition int32
	offset    int64
}

// faultyLog reads topics as they are but for one record.
type faultyLog struct {
	verify.Log
	topic string
	spot  spot
	fault func(r *pipeline.Record, fn func(*pipeline.Record) error) error
}

func (l faultyLog) Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error {
	return l.Log.Each(ctx, topic, func(r *pipeline.Record) error {
		if r.Topic == l.topic && (spot{r.Partition, r.Offset}) == l.spot {
			return l.fault(r, fn)
		}
		return fn(r)
	})
}

// personaHop is the personas topic. Of a person only the last record counts, and one that repeats what
// the one before it says of touchpoints is not missed: the victim is the only one of its person.
func personaHop(t *testing.T, d *Demo) hop {
	t.Helper()
	times := map[string]int{}
	var p schemas.Persona
	err := connect.Log{Cluster: d.cluster}.Each(t.Context(), schemas.TopicPersonas, func(r *pipeline.Record) error {
		times[string(r.Key)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h := at(schemas.TopicPersonas, func(*schemas.Persona) []string { return nil }, map[string]func(*schemas.Persona){
		"touchpoints":  func(p *schemas.Persona) { p.Touchpoints++ },
		"as_of":        func(p *schemas.Persona) { p.AsOf++ },
		"web_activity": func(p *schemas.Persona) { p.WebActivity += 0.001 },
	})
	h.victim = func(r *pipeline.Record) ([]string, bool) {
		if times[string(r.Key)] != 1 || r.Value == nil || schemas.DecodeWhole(&p, r.Value[5:]) != nil {
			return nil, false
		}
		return []string{"personas person #"}, p.Touchpoints > 0
	}
	return h
}

// factHop is contact-facts; of a contact only the last revision counts. Contacts of which two persons have a
// part are left out: each part counts revisions on its own, so the last record read need not be the one that counts.
func factHop(t *testing.T, d *Demo) hop {
	t.Helper()
	last, person, shared := map[string]spot{}, map[string]string{}, map[string]bool{}
	var f schemas.ContactFact
	err := connect.Log{Cluster: d.cluster}.Each(t.Context(), schemas.TopicContactFacts, func(r *pipeline.Record) error {
		if err := schemas.DecodeWhole(&f, r.Value[5:]); err != nil {
			return err
		}
		id, who := strings.Clone(f.ContactID), strings.Clone(f.PersonRef.Reveal())
		last[id] = spot{r.Partition, r.Offset}
		shared[id] = shared[id] || person[id] != "" && person[id] != who
		person[id] = who
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h := at(schemas.TopicContactFacts, func(*schemas.ContactFact) []string { return nil }, map[string]func(*schemas.ContactFact){
		"reason":       func(f *schemas.ContactFact) { f.Reason += "x" },
		"last_resort":  func(f *schemas.ContactFact) { f.LastResort = !f.LastResort },
		"failed_steps": func(f *schemas.ContactFact) { f.FailedSteps++ },
		"concluded":    func(f *schemas.ContactFact) { f.Concluded = false },
	})
	h.victim = func(r *pipeline.Record) ([]string, bool) {
		if schemas.DecodeWhole(&f, r.Value[5:]) != nil || shared[f.ContactID] || last[f.ContactID] != (spot{r.Partition, r.Offset}) {
			return nil, false
		}
		return []string{f.ContactID}, f.Concluded
	}
	return h
}

// aggregateHop is contact-aggregates; of a cell only the last version counts.
func aggregateHop(t *testing.T, d *Demo) hop {
	t.Helper()
	cell := func(a *schemas.Aggregate) string {
		return fmt.Sprintf("%s window %d %s %q priority %d partition %d", a.Aggregate, a.WindowStart, a.Channel, a.Reason, a.Priority, a.Partition)
	}
	last := map[string]spot{}
	var a schemas.Aggregate
	err := connect.Log{Cluster: d.cluster}.Each(t.Context(), schemas.TopicAggregates, func(r *pipeline.Record) error {
		if err := schemas.DecodeWhole(&a, r.Value[5:]); err != nil {
			return err
		}
		last[cell(&a)] = spot{r.Partition, r.Offset}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h := at(schemas.TopicAggregates, func(*schemas.Aggregate) []string { return nil }, map[string]func(*schemas.Aggregate){
		"touchpoints": func(a *schemas.Aggregate) { a.Touchpoints++ },
		"wait_ms":     func(a *schemas.Aggregate) { a.WaitMs++ },
		"persons":     func(a *schemas.Aggregate) { a.Persons-- },
		"last_resort": func(a *schemas.Aggregate) { a.LastResort++ },
		"window_end":  func(a *schemas.Aggregate) { a.WindowEnd++ },
	})
	h.victim = func(r *pipeline.Record) ([]string, bool) {
		if schemas.DecodeWhole(&a, r.Value[5:]) != nil || last[cell(&a)] != (spot{r.Partition, r.Offset}) {
			return nil, false
		}
		return []string{cell(&a)}, a.Touchpoints > 0
	}
	return h
}

// tables changes what is in the demo's ClickHouse.
type tables struct {
	t *testing.T
	d *Demo
}

func (x tables) exec(sql string) string {
	x.t.Helper()
	res, err := http.Post("http://"+x.d.parts.ClickHouse.HTTPAddr()+"/", "text/plain", strings.NewReader(sql))
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		x.t.Fatalf("%s: %v %s", sql, err, text)
	}
	return strings.TrimSpace(string(text))
}

// tamperWithRows deletes, doubles and alters a row of each table. Each time a changed copy of the
// table stands in for it.
func tamperWithRows(t *testing.T, d *Demo) {
	for table, alter := range map[string][]string{
		"touchpoints":   {"'R99' AS reason", "dwell_ms + 1 AS dwell_ms", "'x' AS person_ref", "source_offset + 1 AS source_offset"},
		"predictions":   {"urgency + 1e-9 AS urgency", "arrayReverse(reasons.p) AS `reasons.p`", "'x' AS trigger_id"},
		"actions":       {"'A99' AS action_id", "NOT delivered AS delivered", "arrayReverse(receipt.rule) AS `receipt.rule`"},
		"outcomes":      {"'expired' AS outcome", "'x' AS decision_id"},
		"aggregates":    {"contacts + 1 AS contacts", "persons + 1 AS persons", "dropped + 1 AS dropped"},
		"contact_facts": {"failed_steps + 1 AS failed_steps", "NOT repeat AS repeat", "'R99' AS reason", "started_at - 1 AS started_at"},
	} {
		if testing.Short() && table != "actions" {
			continue
		}
		t.Run(table, func(t *testing.T) {
			x := tables{t, d}
			id, victim := x.victim(table)
			const all = "INSERT INTO attune.tampered SELECT * FROM attune.original"
			faults := map[string][]string{
				"deleted": {all + " WHERE NOT (" + victim + ")"},
				"doubled": {all, all + " WHERE " + victim},
			}
			for _, column := range alter {
				faults["altered "+column] = []string{all + " WHERE NOT (" + victim + ")", strings.Replace(all, "*", "* REPLACE ("+column+")", 1) + " WHERE " + victim}
			}
			for name, statements := range faults {
				if testing.Short() && name != "deleted" {
					continue
				}
				t.Run(name, func(t *testing.T) { x.fault(t, table, id, statements) })
			}
		})
	}
}

// victim picks a row, and returns its identity and the condition that it alone fulfils. Of touchpoints it
// is one with another copy that would stand in for it, if there is such a one; two copies of one offset,
// in different partitions, may stand in for each other, and neither is missed.
func (x tables) victim(table string) (id, where string) {
	x.t.Helper()
	identity := map[string]string{"touchpoints": "event_id", "predictions": "prediction_id", "actions": "decision_id", "outcomes": "event_id", "contact_facts": "contact_id"}[table]
	if identity == "" {
		identity = "toUnixTimestamp64Milli(window_start)"
	}
	which, order := "", ""
	if table == "touchpoints" {
		const copies = "IN (SELECT event_id FROM attune.touchpoints GROUP BY event_id, occurred_at HAVING "
		which, order = " WHERE event_id NOT "+copies+"uniqExact(version) < count())", "event_id "+copies+"count() > 1) DESC, "
	}
	found := x.exec("SELECT " + identity + ", record_topic, record_partition, record_offset FROM attune." + table + " FINAL" + which +
		" ORDER BY " + order + "cityHash64(record_partition, record_offset) LIMIT 1")
	fields := strings.Split(found, "\t")
	if len(fields) != 4 {
		x.t.Fatalf("%s is empty: %q", table, found)
	}
	return fields[0], fmt.Sprintf("record_topic = '%s' AND record_partition = %s AND record_offset = %s", fields[1], fields[2], fields[3])
}

// fault verifies with a changed copy of the table and puts the table back.
func (x tables) fault(t *testing.T, table, id string, statements []string) {
	x.t = t
	x.exec("CREATE TABLE attune.tampered AS attune." + table)
	x.exec("SYSTEM STOP MERGES attune.tampered")
	for _, sql := range statements {
		x.exec(strings.ReplaceAll(sql, "attune.original", "attune."+table))
	}
	x.exec("EXCHANGE TABLES attune.tampered AND attune." + table)
	run := x.d.verification()
	run.Resent = false // on a busy machine the sink may have sent rows again, and this row's copy must be named all the same
	mustName(t, x.d, run, id)
	x.exec("EXCHANGE TABLES attune.tampered AND attune." + table)
	x.exec("DROP TABLE attune.tampered SYNC")
}
