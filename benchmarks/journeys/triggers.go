package journeys

import "github.com/attune-health/attune/schemas"

// A trigger is a fact of the health record that causes needs. Percent says, for
// each need, in how many of 100 cases this fact came before it.
type trigger struct {
	event  schemas.EhrEvent
	reason need
	status string
	// The fact falls due in some days.
	due bool
	// Raises the contact center's priority.
	urgent  bool
	percent [needs]int
}

// noTrigger is the index that means no fact.
const noTrigger = 0

// triggers lists all facts; the first is none. Columns as in patterns.
var triggers = []trigger{
	{},
	{schemas.EhrEventResultFinal, 3, "final", false, false, [needs]int{3, 1, 1, 34, 7, 5, 0, 0, 1, 3, 0, 1, 0}},
	{schemas.EhrEventResultFinal, 3, "abnormal", false, true, [needs]int{2, 0, 0, 9, 3, 3, 0, 0, 0, 1, 0, 0, 0}},
	{schemas.EhrEventResultPending, 3, "pending", false, false, [needs]int{1, 0, 0, 9, 1, 4, 0, 0, 1, 1, 0, 0, 0}},
	{schemas.EhrEventPrescription, 2, "active", false, false, [needs]int{0, 0, 17, 0, 5, 2, 2, 4, 0, 0, 0, 0, 1}},
	{schemas.EhrEventRefillDue, 2, "due", true, false, [needs]int{1, 1, 24, 0, 2, 2, 0, 1, 1, 0, 0, 0, 0}},
	{schemas.EhrEventDischarge, 4, "home", false, true, [needs]int{5, 2, 6, 2, 12, 4, 2, 2, 0, 6, 2, 3, 5}},
	{schemas.EhrEventStatement, 6, "open", false, false, [needs]int{0, 0, 0, 0, 0, 0, 32, 4, 1, 0, 0, 5, 3}},
	{schemas.EhrEventClaimDenied, 7, "denied", false, false, [needs]int{0, 0, 1, 0, 0, 0, 12, 17, 0, 0, 0, 4, 1}},
	{schemas.EhrEventReferralStatus, 7, "pending_review", false, false, [needs]int{11, 1, 0, 0, 0, 2, 0, 17, 0, 1, 0, 1, 0}},
	{schemas.EhrEventOrderPlaced, 0, "active", false, false, [needs]int{15, 2, 1, 3, 1, 1, 0, 4, 0, 0, 1, 0, 0}},
	{schemas.EhrEventAppointmentBooked, 1, "booked", true, false, [needs]int{2, 22, 0, 0, 1, 1, 0, 2, 1, 0, 14, 1, 5}},
	{schemas.EhrEventAppointmentCancelled, 1, "cancelled", false, false, [needs]int{5, 11, 0, 0, 1, 1, 0, 0, 0, 0, 0, 4, 0}},
	{schemas.EhrEventAccountLocked, 8, "locked", false, false, [needs]int{0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0}},
}
