package world

import "github.com/attune-health/attune/schemas"

// A fact is something that the health record says.
type fact struct {
	event schemas.EhrEvent
	// Index of the reason that the site's map ties to it, or noReason.
	reason int8
	status string
	// How often it comes as a surprise, per patient and year.
	perYear float64
	// Percent of patients of average frailty who get a need from it at once.
	causes []cause
	// Days from the fact to what falls due: at least, and the width; 0 where nothing does.
	dueAfter, dueWithin int
	// What happens around the due date.
	clock clockKind
}

type cause struct {
	need    int
	percent float64
}

// clockKind is a course of onset around a due date.
type clockKind uint8

const (
	noClock clockKind = iota
	refillClock
	visitClock
	statementClock
	clockKinds
)

// A clock raises onset around a due date.
type clock struct {
	// How many days before the due date it begins.
	before int
	// Percent of its whole effect by day.
	byDay []float64
	// Percent of patients of average frailty who get each need from it.
	causes []cause
}

// clocks: each begins at least seven days after its fact is announced, so that no unknown one begins
// within a horizon. A test holds that.
var clocks = [clockKinds]clock{
	refillClock:    {before: 3, byDay: []float64{10, 15, 22, 28, 16, 9}, causes: []cause{{medication, 6.5}, {coverage, .4}, {5, .4}}},
	visitClock:     {before: 3, byDay: []float64{18, 24, 36, 22}, causes: []cause{{1, 17}, {10, 2.4}, {0, .8}, {socialNeed, .7}}},
	statementClock: {before: 3, byDay: []float64{8, 10, 14, 24, 20, 14, 10}, causes: []cause{{billing, 9}, {11, .4}, {socialNeed, .3}}},
}

// facts: surprises first by their yearly rates; the last ones have none, and come by the calendar or with
// another fact.
var facts = [...]fact{
	{event: schemas.EhrEventResultFinal, reason: results, status: "final", perYear: 1.5, causes: []cause{{results, 7}, {symptom, 1}, {5, .8}}},
	{event: schemas.EhrEventResultFinal, reason: results, status: "abnormal", perYear: .3, causes: []cause{{results, 7}, {symptom, 2}, {5, 1}, {0, 1}}},
	{event: schemas.EhrEventResultPending, reason: results, status: "pending", perYear: .5, causes: []cause{{results, 4}, {5, 2}}},
	{event: schemas.EhrEventPrescription, reason: medication, status: "active", perYear: 1.2, causes: []cause{{medication, 9}, {symptom, 1}, {coverage, 1}}},
	{event: schemas.EhrEventDischarge, reason: symptom, status: "home", perYear: .12, causes: []cause{{symptom, 4}, {medication, 3}, {0, 2}, {9, 1}, {socialNeed, .6}, {urgentSymptom, 1}}},
	{event: schemas.EhrEventStatement, reason: billing, status: "open", perYear: 1.4, causes: []cause{{billing, 6}, {coverage, .8}, {11, .4}}, dueAfter: 18, dueWithin: 10, clock: statementClock},
	{event: schemas.EhrEventClaimDenied, reason: coverage, status: "denied", perYear: .25, causes: []cause{{coverage, 5}, {billing, 5}, {11, .8}}},
	{event: schemas.EhrEventReferralStatus, reason: coverage, status: "pending_review", perYear: .4, causes: []cause{{coverage, 6}, {0, 4}, {5, 1}}},
	{event: schemas.EhrEventOrderPlaced, reason: 0, status: "active", perYear: 1.0, causes: []cause{{0, 8.5}, {coverage, 1}, {results, .6}}},
	{event: schemas.EhrEventAppointmentBooked, reason: 1, status: "booked", perYear: 2.4, causes: []cause{{1, 1.5}, {0, .5}}, dueAfter: 11, dueWithin: 25, clock: visitClock},
	{event: schemas.EhrEventAppointmentCancelled, reason: 1, status: "cancelled", perYear: .35, causes: []cause{{1, 9}, {0, 3}, {11, .5}}},
	{event: schemas.EhrEventAccountLocked, reason: portal, status: "locked", perYear: .15, causes: []cause{{portal, 11}}},
	{event: schemas.EhrEventCoverageChanged, reason: coverage, status: "active", perYear: .3, causes: []cause{{coverage, 6}, {billing, 1}}},
	{event: schemas.EhrEventMessageAnswered, reason: 5, status: "completed", perYear: .6, causes: []cause{{5, 3}, {medication, 1}}},
	{event: schemas.EhrEventAppointmentNoShow, reason: 1, status: "noshow", perYear: .15, causes: []cause{{0, 2}, {1, 2}}},
	{event: schemas.EhrEventAdmission, reason: noReason, status: "in-progress", perYear: .08},
	{event: schemas.EhrEventResultFinal, reason: results, status: "abnormal_critical", perYear: .02, causes: []cause{{criticalResult, 60}}},
	// Seen by a clinician at once: it looks like danger and is none.
	{event: schemas.EhrEventResultFinal, reason: results, status: "abnormal_critical", perYear: .05},
	{event: schemas.EhrEventResultFinal, reason: results, status: "reviewed"},
	{event: schemas.EhrEventRefillDue, reason: medication, status: "due", dueAfter: refillNotice, clock: refillClock},
	{event: schemas.EhrEventPrescription, reason: medication, status: "active"},
	{event: schemas.EhrEventNeedRecorded, reason: socialNeed, status: "active"},
}

// refillNotice is how many days before it runs out a refill is announced.
const refillNotice = 10

// Numbers of the facts that the code names.
const (
	critical         = 16
	criticalReviewed = 17
	reviewed         = 18
	refillDue        = 19
	standing         = 20
	needRecorded     = 21
	surprises        = 18
)
