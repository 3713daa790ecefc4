package verify

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// What ClickHouse must say of each record, column for column. Numbers with fractions are compared by
// their bits, times as Unix milliseconds, lists joined by commas.

func number[T ~int32 | ~int64](v T) string { return strconv.FormatInt(int64(v), 10) }

// moment is a time as its column can hold it, from 1900 to 2261: watermarks may be as early or late
// as numbers go.
func moment(at schemas.Millis) string {
	return number(min(max(at, -2_208_988_800_000), 9_214_646_400_000))
}

func bits(v float64) string { return strconv.FormatUint(math.Float64bits(v), 10) }

func boolean(v bool) string {
	if v {
		return "1"
	}
	return "0"
}

// each joins what one writes of every element.
func each[T any](list []T, one func(*T) string) string {
	var b strings.Builder
	for i := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(one(&list[i]))
	}
	return b.String()
}

// SQL that writes columns as the functions above do.
func texts(column string) string {
	return "arrayStringConcat(CAST(" + column + ", 'Array(String)'), ',')"
}
func floats(column string) string { return mapped("reinterpretAsUInt64(x)", column) }
func times(column string) string  { return mapped("toUnixTimestamp64Milli(x)", column) }
func ints(column string) string   { return mapped("x", column) }

func mapped(f, column string) string {
	return "arrayStringConcat(arrayMap(x -> toString(" + f + "), " + column + "), ',')"
}

func sqlList(columns ...string) string { return strings.Join(columns, ", ") }

var touchpointColumns = sqlList("event_id", "toUnixTimestamp64Milli(occurred_at)", "toUnixTimestamp64Milli(received_at)", "channel", "contact_id", "language",
	"event", "page", "reason", "results", "dwell_ms", "message_id", "queue", "priority", "wait_ms", "talk_ms", "self_service_ms",
	"toUInt8(queued)", "toUInt8(answered)", "toUInt8(abandoned)", "relation", "may_know", "authenticated", "second_reason", "code", "status", "toUnixTimestamp64Milli(due_at)", "provenance", "acts_as")

// touchpointRow is the row that ClickHouse must have of t.
func touchpointRow(t *schemas.Touchpoint) uint64 {
	var event, page, reason, message string
	var results, dwell int32
	var call schemas.Call
	var fact schemas.Ehr
	switch t.Body.Kind {
	case schemas.TouchpointBodyWeb:
		b := &t.Body.Web
		event, page, reason, results, dwell = b.Event.String(), b.Page.Reveal(), b.Reason, b.Results, b.DwellMs
	case schemas.TouchpointBodyApp:
		b := &t.Body.App
		event, page, reason, results, dwell, message = b.Event.String(), b.Screen.Reveal(), b.Reason, b.Results, b.DwellMs, b.MessageID.V
	case schemas.TouchpointBodyCall:
		call = t.Body.Call
		event, reason = call.Event.String(), call.Reason
	case schemas.TouchpointBodyEhr:
		fact = t.Body.Ehr
		event, reason = fact.Event.String(), fact.Reason
	}
	return row(t.EventID, moment(t.OccurredAt), moment(t.ReceivedAt), t.Channel.String(), t.ContactID.V, t.Language.V,
		event, page, reason, number(results), number(dwell), message, call.Queue, number(call.Priority), number(call.WaitMs), number(call.TalkMs), number(call.SelfServiceMs),
		boolean(call.Queued), boolean(call.Answered), boolean(call.Abandoned), call.Relation, call.MayKnow, call.Authenticated, call.SecondReason, fact.Code.Reveal(), fact.Status, moment(fact.DueAt), fact.Provenance, cmp.Or(call.ActsAs, fact.ActsAs))
}

const ownerColumns = `event_id, person_ref, shard, epoch, toUInt8(identity_conflict), toUnixTimestamp64Milli(judged_by), toUnixTimestamp64Milli(ingested_at),
	source_topic, source_partition, source_offset`

// ownerRow is what ClickHouse must say about where a touchpoint came from, and whose it is.
func ownerRow(id *schemas.Identified, eventID string) uint64 {
	return row(eventID, id.PersonRef.Reveal(), id.Shard, number(id.Epoch), boolean(id.IdentityConflict), moment(id.JudgedBy), moment(id.IngestedAt),
		id.SourceTopic, number(id.SourcePartition), number(id.SourceOffset))
}

var reasonColumns = sqlList(texts("reasons.code"), floats("reasons.p"))

func reasons(list []schemas.ReasonProbability) (codes, ps string) {
	return each(list, func(r *schemas.ReasonProbability) string { return r.Code }),
		each(list, func(r *schemas.ReasonProbability) string { return bits(r.P) })
}

var evidenceColumns = sqlList(texts("evidence.feature"), floats("evidence.weight"), texts("evidence.text"), times("evidence.at"))

func evidence(list []schemas.Evidence) (features, weights, words, at string) {
	return each(list, func(e *schemas.Evidence) string { return e.Feature }), each(list, func(e *schemas.Evidence) string { return bits(e.Weight) }),
		each(list, func(e *schemas.Evidence) string { return e.Text }), each(list, func(e *schemas.Evidence) string { return moment(e.At) })
}

var predictionColumns = sqlList("prediction_id", "person_ref", "toUnixTimestamp64Milli(as_of)", "trigger_id", "channel", "contact_ref", "phase", "model_version", "taxonomy_version",
	reasonColumns, "reinterpretAsUInt64(p_15m)", "reinterpretAsUInt64(p_2h)", "reinterpretAsUInt64(p_24h)", "reinterpretAsUInt64(p_7d)",
	"reinterpretAsUInt64(urgency)", "reinterpretAsUInt64(effort)", "reinterpretAsUInt64(frustration)", evidenceColumns, ints("features"),
	"toUnixTimestamp64Milli(expires_at)", texts("not_known"), "contact_key")

func predictionRow(p *schemas.Prediction) uint64 {
	codes, ps := reasons(p.Reasons)
	features, weights, words, at := evidence(p.Evidence)
	return row(p.PredictionID, p.PersonRef.Reveal(), moment(p.AsOf), p.TriggerID, p.Channel.String(), p.ContactRef.V, p.Phase.String(), p.ModelVersion, p.TaxonomyVersion,
		codes, ps, bits(p.P15m), bits(p.P2h), bits(p.P24h), bits(p.P7d), bits(p.Urgency), bits(p.Effort), bits(p.Frustration),
		features, weights, words, at, each(p.Features, func(f *int32) string { return number(*f) }), moment(p.ExpiresAt), strings.Join(p.NotKnown, ","), p.ContactKey)
}

var decisionColumns = sqlList("decision_id", "supersedes", "toUInt8(cancelled)", "toUInt8(delivered)", "person_ref", "contact_ref", "toUnixTimestamp64Milli(as_of)",
	"toUnixTimestamp64Milli(expires_at)", "trigger_id", "prediction_id", "policy_version", "model_version", "taxonomy_version", reasonColumns,
	"reinterpretAsUInt64(p_15m)", "reinterpretAsUInt64(p_24h)", "reinterpretAsUInt64(urgency)", "reinterpretAsUInt64(effort)", "reinterpretAsUInt64(frustration)", "toUInt8(last_resort)",
	texts("alternatives.id"), texts("alternatives.treatment"), texts("alternatives.channel"), floats("alternatives.score"), floats("alternatives.propensity"),
	texts("receipt.action"), texts("receipt.stage"), texts("receipt.rule"), evidenceColumns, "arm", texts("degraded"), "toUnixTimestamp64Milli(ingested_at)",
	"action_id", "action_treatment", "action_channel", "reinterpretAsUInt64(action_score)", "reinterpretAsUInt64(action_propensity)",
	"action_service", "action_number", texts("duties.code"), texts("duties.service"), texts("duties.number"), texts("duties.value"), texts("duties.because"),
	texts("facts.code"), texts("facts.value"), texts("facts.detail"), ints("facts.n"), times("facts.at"), texts("facts.event_id"),
	texts("red_flags.kind"), texts("red_flags.source"), texts("red_flags.event_id"), times("red_flags.at"), texts("news"), "exposed", "contact_key")

func decisionRow(d *schemas.NextBestAction) uint64 {
	codes, ps := reasons(d.Reasons)
	features, weights, words, at := evidence(d.Evidence)
	a := &d.Action
	return row(d.DecisionID, d.Supersedes.V, boolean(d.Cancelled), boolean(d.Delivered), d.PersonRef.Reveal(), d.ContactRef.V, moment(d.AsOf),
		moment(d.ExpiresAt), d.TriggerID, d.PredictionID, d.PolicyVersion, d.ModelVersion, d.TaxonomyVersion, codes, ps,
		bits(d.P15m), bits(d.P24h), bits(d.Urgency), bits(d.Effort), bits(d.Frustration), boolean(d.LastResort),
		each(d.Alternatives, func(a *schemas.ChosenAction) string { return a.ID }), each(d.Alternatives, func(a *schemas.ChosenAction) string { return a.Treatment }),
		each(d.Alternatives, func(a *schemas.ChosenAction) string { return a.Channel }), each(d.Alternatives, func(a *schemas.ChosenAction) string { return bits(a.Score) }),
		each(d.Alternatives, func(a *schemas.ChosenAction) string { return bits(a.Propensity) }),
		each(d.Receipt, func(r *schemas.Removal) string { return r.Action }), each(d.Receipt, func(r *schemas.Removal) string { return r.Stage.String() }),
		each(d.Receipt, func(r *schemas.Removal) string { return r.Rule }), features, weights, words, at, d.Arm, strings.Join(d.Degraded, ","), moment(d.IngestedAt),
		a.ID, a.Treatment, a.Channel, bits(a.Score), bits(a.Propensity), a.Service, a.Number,
		each(d.Duties, func(x *schemas.Duty) string { return x.Code }), each(d.Duties, func(x *schemas.Duty) string { return x.Service }),
		each(d.Duties, func(x *schemas.Duty) string { return x.Number }), each(d.Duties, func(x *schemas.Duty) string { return x.Value }),
		each(d.Duties, func(x *schemas.Duty) string { return x.Because }),
		each(d.Facts, func(x *schemas.DecisionFact) string { return x.Code }), each(d.Facts, func(x *schemas.DecisionFact) string { return x.Value }),
		each(d.Facts, func(x *schemas.DecisionFact) string { return x.Detail }), each(d.Facts, func(x *schemas.DecisionFact) string { return number(x.N) }),
		each(d.Facts, func(x *schemas.DecisionFact) string { return moment(x.At) }), each(d.Facts, func(x *schemas.DecisionFact) string { return x.EventID }),
		each(d.RedFlags, func(x *schemas.RedFlag) string { return x.Kind }), each(d.RedFlags, func(x *schemas.RedFlag) string { return x.Source }),
		each(d.RedFlags, func(x *schemas.RedFlag) string { return x.EventID }), each(d.RedFlags, func(x *schemas.RedFlag) string { return moment(x.At) }),
		strings.Join(d.News, ","), d.Exposed, d.ContactKey)
}

const outcomeColumns = "event_id, decision_id, person_ref, toUnixTimestamp64Milli(occurred_at), outcome, action, reason"

func outcomeRow(o *schemas.ActionOutcome) uint64 {
	return row(o.EventID, o.DecisionID, o.PersonRef.Reveal(), moment(o.OccurredAt), o.Outcome.String(), o.Action, o.Reason)
}

const aggregateColumns = `aggregate, toUnixTimestamp64Milli(window_start), channel, reason, priority, partition, toUnixTimestamp64Milli(window_end), log, epoch, revision,
	pane, basis, toUnixTimestamp64Milli(watermark), touchpoints, contacts, queued, abandoned, answered, wait_ms, wait_answered_ms, talk_ms, last_resort, persons, late, dropped, repeats, failed_steps`

func aggregateRow(a *schemas.Aggregate) uint64 {
	return row(a.Aggregate, moment(a.WindowStart), a.Channel.String(), a.Reason, number(a.Priority), number(a.Partition), moment(a.WindowEnd), a.Log, number(a.Epoch), number(a.Revision),
		a.Pane.String(), a.Basis.String(), moment(a.Watermark), number(a.Touchpoints), number(a.Contacts), number(a.Queued), number(a.Abandoned), number(a.Answered),
		number(a.WaitMs), number(a.WaitAnsweredMs), number(a.TalkMs), number(a.LastResort), number(a.Persons), number(a.Late), number(a.Dropped), number(a.Repeats), number(a.FailedSteps))
}
