package clickhouse

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// rowsOf reads a query as JSON objects.
func rowsOf(t testing.TB, c *Client, sql string) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	if _, err := c.Query(testContext(t), sql, &out, FormatJSON); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	for d := json.NewDecoder(&out); d.More(); {
		var row map[string]any
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// expect compares a query's only row with what a JSON object says, leaving out columns that it does not name.
func expect(t testing.TB, c *Client, sql, want string) {
	t.Helper()
	rows := rowsOf(t, c, sql)
	if len(rows) != 1 {
		t.Fatalf("%s: %d rows, want 1", sql, len(rows))
	}
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for name := range wanted {
		got[name] = rows[0][name]
	}
	if diff := cmp.Diff(got, wanted); diff != "" {
		t.Errorf("%s (-got +want)\n%s", sql, diff)
	}
}

func TestEachRecordBecomesItsRow(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	topics := r.cfg.Topics
	topics.setDefaults()
	seen := withContact(touchpoint("src/1", "p1", noon, web(schemas.WebEventFormError, "refill/form", "R03")), "")
	seen.Payload.Touchpoint.Language = schemas.Some("es-MX")
	r.put(topics.Identified, "p1", seen)
	r.put(topics.Identified, "p1", withContact(touchpoint("src/2", "p1", noon+40_000, call(schemas.Call{
		Event: schemas.CallEventDisposition, Queue: "pharmacy", Priority: 2, Reason: "R03", WaitMs: 65_000, TalkMs: 180_000,
		SelfServiceMs: 9_000, Queued: true, Answered: true, Agent: schemas.Some(schemas.Protected("agent-smith"))})), "c-1"))
	r.put(topics.Identified, "p1", touchpoint("src/3", "p1", noon+1, app(schemas.AppEventSearch, "search", "R04", 0)))
	r.put(topics.Identified, "p1", touchpoint("src/4", "p1", noon+2, ehr(schemas.EhrEventNeedRecorded, "food-insecurity", "")))
	r.put(topics.Identified, "p0", &schemas.Identified{PersonRef: "p0", Shard: "shard-p0", Epoch: 1, JudgedBy: -1,
		Payload: schemas.IdentifiedPayload{Kind: schemas.IdentifiedPayloadMoveShard, MoveShard: schemas.MoveShard{To: "p1", At: noon}}})
	r.put(topics.Identified, "p1", &schemas.Identified{PersonRef: "p1", Shard: "shard-p0", Epoch: 1, JudgedBy: -1,
		Payload: schemas.IdentifiedPayload{Kind: schemas.IdentifiedPayloadShardMoved, ShardMoved: schemas.ShardMoved{From: "p0", State: schemas.ProtectedBytes("x")}}})
	r.put(topics.Identified, "p1", &schemas.Identified{PersonRef: "p1", Shard: "shard-p1", JudgedBy: -1,
		Payload: schemas.IdentifiedPayload{Kind: schemas.IdentifiedPayloadConsent}})
	r.putBytes(topics.Identified, "w", []byte{1, 2, 3}, pipeline.Header{Key: pipeline.WatermarkHeader, Value: []byte{1}})
	r.putBytes(topics.Identified, "tombstone", nil)
	r.put(topics.Predictions, "p1", prediction("pr-1", "c-1", "R03R07", noon, 0.75, 0.25))
	r.put(topics.Actions, "p1", action("d-1", noon, true))
	r.put(topics.Inputs, "p1", &schemas.DecisionInput{Decision: *action("d-1", noon, true)})
	r.put(topics.Inputs, "p1", &schemas.DecisionInput{Decision: *action("d-2", noon+1, false)})
	r.put(topics.Outcomes, "p1", &schemas.ActionOutcome{EventID: "o-1", DecisionID: "d-1", PersonRef: somebody, OccurredAt: noon + 9_000,
		Outcome: schemas.OutcomeAccepted, Action: "A01", Reason: "helped"})
	r.put(topics.Aggregates, "a", aggregate(1, 2, 5, noon, "R03", 8))
	fact := schemas.ContactFact{ContactID: "c-1", PersonRef: "p0", Channel: schemas.ChannelCall, StartedAt: noon, EndedAt: noon + 60_000, Revision: 3}
	r.put(topics.Facts, "p0", &fact)
	fact.PersonRef, fact.Concluded, fact.ConcludedAt, fact.Reason, fact.Revision = "p1", true, noon+61_000, "R03", 2
	fact.LastResort, fact.FailedSteps, fact.LastFailedAt, fact.LastFailedEvent = true, 2, noon-1000, "src/1"
	fact.LastFailedChannel, fact.LastFailedKind, fact.LastFailedReason = schemas.ChannelWeb, schemas.FailureKindFormError, "R03"
	r.put(topics.Facts, "p1", &fact)
	read := schemas.AccessAudit{EventID: "a-1", OccurredAt: noon + 3_000, Who: "agents", PersonRef: "p1", ContactRef: schemas.Some("c-1"), What: "contact", Why: "care", Desk: "desk-1"}
	r.put(topics.Audit, "p1", &read)
	r.put(topics.Audit, "p1", &read) // sent twice
	read.EventID, read.OccurredAt, read.ContactRef, read.What, read.Why = "a-2", noon+3_600_000, schemas.Opt[string]{}, "journey", ""
	r.put(topics.Audit, "p1", &read)
	r.send()
	_, stop := r.start()
	c := r.client()
	r.await(c, 14, `SELECT (SELECT count() FROM {db}.touchpoints) + (SELECT count() FROM {db}.shard_moves) + (SELECT count() FROM {db}.predictions)
		+ (SELECT count() FROM {db}.actions) + (SELECT count() FROM {db}.outcomes) + (SELECT count() FROM {db}.aggregates)
		+ (SELECT count() FROM {db}.contact_facts) + (SELECT count() FROM {db}.current_access_audit)`)
	stop()

	expect(t, c, "SELECT * FROM {db}.current_touchpoints WHERE event_id = 'src/1'", `{"log": "`+testLog+`", "occurred_at": "2026-03-02T12:00:00Z",
		"received_at": "2026-03-02T12:00:00.001Z", "channel": "web", "event": "form_error", "page": "refill/form", "reason": "R03", "results": -1,
		"dwell_ms": 1200, "language": "es-MX", "person_ref": "p1", "shard": "shard-p1", "epoch": 0, "contact_id": "", "queue": "", "priority": 0,
		"queued": false, "wait_ms": 0, "due_at": "1970-01-01T00:00:00Z", "judged_by": "1969-12-31T23:59:59.999Z", "source_topic": "touchpoints.web",
		"source_partition": 1, "source_offset": 7, "record_topic": "attune.identified", "ingested_at": "2026-03-02T12:00:00.005Z"}`)
	expect(t, c, "SELECT * FROM {db}.current_touchpoints WHERE event_id = 'src/2'", `{"channel": "call", "event": "disposition", "queue": "pharmacy",
		"priority": 2, "reason": "R03", "wait_ms": 65000, "talk_ms": 180000, "self_service_ms": 9000, "queued": true, "answered": true,
		"abandoned": false, "contact_id": "c-1", "page": "", "results": 0}`)
	expect(t, c, "SELECT * FROM {db}.current_touchpoints WHERE event_id = 'src/3'", `{"channel": "app", "event": "search", "page": "search", "results": 0, "reason": "R04", "message_id": ""}`)
	expect(t, c, "SELECT * FROM {db}.current_touchpoints WHERE event_id = 'src/4'", `{"channel": "ehr", "event": "need_recorded", "code": "food-insecurity", "status": "final", "due_at": "2026-03-02T12:00:00Z"}`)
	expect(t, c, "SELECT * FROM {db}.current_persons", `{"shard": "shard-p0", "person_ref": "p1", "moves": 1}`)
	expect(t, c, "SELECT * FROM {db}.current_predictions", `{"prediction_id": "pr-1", "phase": "contact_start", "contact_ref": "c-1", "reasons.code": ["R03", "R07"],
		"reasons.p": [0.75, 0.25], "p_15m": 0.5, "p_7d": 0.8, "evidence.feature": ["failed_form"], "evidence.weight": [1.5],
		"evidence.text": ["a refill form failed"], "evidence.at": ["2026-03-02T11:59:59Z"], "features": [1, 5, 9]}`)
	expect(t, c, "SELECT * FROM {db}.current_actions WHERE decision_id = 'd-1'", `{"delivered": true, "action_id": "A01", "action_treatment": "pharmacy",
		"action_channel": "voice", "action_score": 1.25, "action_propensity": 0.9, "alternatives.id": ["A04"], "receipt.action": ["A16", "A30"],
		"receipt.stage": ["applicability", "contact_policy"], "receipt.rule": ["urgency", "open_distress"], "degraded": ["no_model"],
		"record_topic": "next-best-actions", "supersedes": "", "last_resort": true}`)
	expect(t, c, "SELECT * FROM {db}.current_actions WHERE decision_id = 'd-2'", `{"delivered": false, "record_topic": "decision-inputs"}`)
	expect(t, c, "SELECT * FROM {db}.current_outcomes", `{"event_id": "o-1", "decision_id": "d-1", "outcome": "accepted", "action": "A01", "reason": "helped", "occurred_at": "2026-03-02T12:00:09Z"}`)
	expect(t, c, "SELECT * FROM {db}.current_aggregates", `{"aggregate": "contacts", "window_start": "2026-03-02T12:00:00Z", "partition": 1, "epoch": 2, "revision": 5,
		"pane": "on_time", "basis": "real", "contacts": 8, "wait_ms": 360000, "persons": 8}`)
	expect(t, c, "SELECT * FROM {db}.current_contact_facts", `{"contact_id": "c-1", "person_ref": "p1", "started_at": "2026-03-02T12:00:00Z", "concluded": true,
		"concluded_at": "2026-03-02T12:01:01Z", "reason": "R03", "last_resort": true, "failed_steps": 2, "last_failed_event": "src/1",
		"last_failed_channel": "web", "last_failed_kind": "form_error", "last_failed_reason": "R03", "repeat": false, "revision": 2, "final": false}`)
	expect(t, c, "SELECT * FROM {db}.current_access_audit WHERE event_id = 'a-1'", `{"occurred_at": "2026-03-02T12:00:03Z", "who": "agents", "person_ref": "p1",
		"contact_ref": "c-1", "what": "contact", "why": "care", "desk": "desk-1", "record_topic": "access-audit"}`)
	expect(t, c, "SELECT * FROM {db}.reads_by_day", `{"day": "2026-03-02T00:00:00Z", "who": "agents", "reads": 2, "persons": 1, "persons_without_contact": 1, "reads_without_purpose": 1}`)
	if got := count(t, c, "SELECT version FROM {db}.aggregates"); got != 2<<32+5 {
		t.Errorf("version of the aggregate is %d", got)
	}
	for _, secret := range []string{"agent-smith", "free text"} {
		for _, table := range factTables() {
			if n := count(t, c, "SELECT count() FROM {db}."+table.Name+" WHERE position(formatRow('TSV', *), '"+secret+"') > 0"); n > 0 {
				t.Errorf("table %s holds %q", table.Name, secret)
			}
		}
	}
}
