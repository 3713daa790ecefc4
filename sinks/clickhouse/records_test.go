package clickhouse

import (
	"fmt"

	"github.com/attune-health/attune/schemas"
)

// noon is an event time that tests count from: 2026-03-02 12:00 UTC.
const noon = schemas.Millis(1772452800000)

// somebody has the form that a contact center must give back.
const somebody = "abcdefghijklmnopqrstuvwxyz"

func touchpoint(id, person string, at schemas.Millis, body schemas.TouchpointBody) *schemas.Identified {
	channel := map[schemas.TouchpointBodyKind]schemas.Channel{
		schemas.TouchpointBodyWeb: schemas.ChannelWeb, schemas.TouchpointBodyApp: schemas.ChannelApp,
		schemas.TouchpointBodyCall: schemas.ChannelCall, schemas.TouchpointBodyEhr: schemas.ChannelEhr,
	}[body.Kind]
	return &schemas.Identified{
		PersonRef: schemas.PersonRef(person), Shard: "shard-" + person, JudgedBy: -1, IngestedAt: at + 5,
		SourceTopic: schemas.TouchpointTopic(channel), SourcePartition: 1, SourceOffset: 7,
		Payload: schemas.IdentifiedPayload{Kind: schemas.IdentifiedPayloadTouchpoint, Touchpoint: schemas.Touchpoint{
			EventID: id, OccurredAt: at, ReceivedAt: at + 1, Channel: channel, Body: body,
		}},
	}
}

func web(event schemas.WebEvent, page, reason string) schemas.TouchpointBody {
	return schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: event, Page: schemas.Protected(page), Reason: reason, Results: -1, DwellMs: 1200}}
}

func app(event schemas.AppEvent, screen, reason string, results int32) schemas.TouchpointBody {
	return schemas.TouchpointBody{Kind: schemas.TouchpointBodyApp, App: schemas.App{Event: event, Screen: schemas.Protected(screen), Reason: reason, Results: results}}
}

func ehr(event schemas.EhrEvent, code, reason string) schemas.TouchpointBody {
	return schemas.TouchpointBody{Kind: schemas.TouchpointBodyEhr, Ehr: schemas.Ehr{Event: event, Code: schemas.Protected(code), Reason: reason, Status: "final", DueAt: noon}}
}

func call(v schemas.Call) schemas.TouchpointBody {
	return schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: v}
}

func withContact(v *schemas.Identified, contact string) *schemas.Identified {
	v.Payload.Touchpoint.ContactID = schemas.Some(contact)
	return v
}

// busyTouchpoint is the i-th of a mixed stream, with text of usual length.
func busyTouchpoint(i int) *schemas.Identified {
	person := fmt.Sprintf("p-%032x", i%5000)
	at := noon + schemas.Millis(i*37)
	var body schemas.TouchpointBody
	switch i % 4 {
	case 0:
		body = web(schemas.WebEvent(1+i%17), fmt.Sprintf("refill/form-%d", i%40), "R03")
	case 1:
		body = app(schemas.AppEvent(1+i%20), fmt.Sprintf("messages/%d", i%30), "R06", int32(i%3))
	case 2:
		body = call(schemas.Call{Event: schemas.CallEvent(1 + i%8), Queue: "pharmacy", Reason: "R03", WaitMs: int64(i % 90000), Queued: true, Answered: i%5 > 0})
	default:
		body = ehr(schemas.EhrEvent(1+i%20), "Z59", "R04")
	}
	v := touchpoint(fmt.Sprintf("https://portal.example/%016x", i), person, at, body)
	if i%4 == 2 {
		withContact(v, fmt.Sprintf("c-%d", i/16))
	}
	return v
}

func prediction(id, contact, actualOrder string, at schemas.Millis, ps ...float64) *schemas.Prediction {
	v := &schemas.Prediction{
		PredictionID: id, PersonRef: "p1", AsOf: at, TriggerID: "t-" + id, Channel: schemas.ChannelCall,
		Phase: schemas.PredictionPhaseContactStart, ModelVersion: "nb-1", TaxonomyVersion: "tax-1",
		P15m: 0.5, P2h: 0.6, P24h: 0.7, P7d: 0.8, Urgency: 0.25, Effort: 3, Frustration: 0.5,
		Evidence: []schemas.Evidence{{Feature: "failed_form", Weight: 1.5, Text: "a refill form failed", At: at - 1000}},
		Features: []int32{1, 5, 9},
	}
	if contact != "" {
		v.ContactRef = schemas.Some(contact)
	}
	for i, p := range ps {
		v.Reasons = append(v.Reasons, schemas.ReasonProbability{Code: actualOrder[3*i : 3*i+3], P: p})
	}
	return v
}

func action(id string, at schemas.Millis, delivered bool) *schemas.NextBestAction {
	return &schemas.NextBestAction{
		DecisionID: id, Delivered: delivered, PersonRef: "p1", AsOf: at, ExpiresAt: at + 600_000, TriggerID: "t-" + id,
		PredictionID: "pr-1", PolicyVersion: "pol-1", ModelVersion: "nb-1", TaxonomyVersion: "tax-1",
		Reasons: []schemas.ReasonProbability{{Code: "R03", P: 0.8}, {Code: "R07", P: 0.1}},
		P15m:    0.9, P24h: 0.95, Urgency: 0.4, Effort: 2, Frustration: 0.6, LastResort: true,
		Action:       schemas.ChosenAction{ID: "A01", Treatment: "pharmacy", Channel: "voice", Score: 1.25, Propensity: 0.9},
		Alternatives: []schemas.ChosenAction{{ID: "A04", Channel: "sms", Score: 0.5, Propensity: 0.1}},
		Receipt:      []schemas.Removal{{Action: "A16", Stage: schemas.DecisionStageApplicability, Rule: "urgency"}, {Action: "A30", Stage: schemas.DecisionStageContactPolicy, Rule: "open_distress"}},
		Evidence:     []schemas.Evidence{{Feature: "failed_form", Weight: 2, Text: "a refill form failed"}},
		Brief:        "free text that stays with the agent", Arm: "treatment", Degraded: []string{"no_model"}, IngestedAt: at + 3,
	}
}

func aggregate(partition, epoch, revision int32, start schemas.Millis, reason string, contacts int64) *schemas.Aggregate {
	return &schemas.Aggregate{
		Aggregate: "contacts", WindowStart: start, WindowEnd: start + 3_600_000, Channel: schemas.ChannelCall, Reason: reason, Priority: 2,
		Log: testLog, Partition: partition, Epoch: epoch, Revision: revision, Pane: schemas.PaneOnTime, Basis: schemas.BasisReal,
		Watermark: start + 3_700_000, Touchpoints: contacts * 3, Contacts: contacts, Queued: contacts, Abandoned: contacts / 4,
		Answered: contacts - contacts/4, WaitMs: contacts * 45_000, WaitAnsweredMs: contacts * 30_000, TalkMs: contacts * 120_000,
		LastResort: contacts / 2, Persons: contacts,
	}
}
