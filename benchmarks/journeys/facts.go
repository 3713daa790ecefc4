package journeys

import "github.com/attune-health/attune/schemas"

// otherFacts are facts of the record that no need arises from here.
var otherFacts = [...]trigger{
	{event: schemas.EhrEventRefillCompleted, reason: 2, status: "completed"},
	{event: schemas.EhrEventAppointmentChanged, reason: 1, status: "booked", due: true},
	{event: schemas.EhrEventAppointmentNoShow, reason: 1, status: "noshow"},
	{event: schemas.EhrEventAdmission, reason: noNeed, status: "in-progress"},
	{event: schemas.EhrEventCoverageChanged, reason: 7, status: "active"},
	{event: schemas.EhrEventRefillRequested, reason: 2, status: "active"},
	{event: schemas.EhrEventMessageAnswered, reason: 5, status: "completed"},
}

// resultFacts are results that a clinician has to see first, and the word that one has.
var resultFacts = [...]trigger{
	{event: schemas.EhrEventResultFinal, reason: 3, status: "abnormal_critical"},
	{event: schemas.EhrEventResultFinal, reason: 3, status: "reviewed"},
}

// The numbers of resultFacts, behind all others.
var (
	criticalFact = len(triggers) + len(otherFacts)
	reviewedFact = criticalFact + 1
)

// factOf finds a fact by its number: triggers first, then the others, then results.
func factOf(number uint8) *trigger {
	if int(number) < len(triggers) {
		return &triggers[number]
	}
	if n := int(number) - len(triggers); n < len(otherFacts) {
		return &otherFacts[n]
	}
	return &resultFacts[int(number)-criticalFact]
}

// fact reports a fact of the record. The record system is slow: the fact is
// some time old when it arrives, which is when the episode begins.
func (g *Generator) fact(of *pending, number int) {
	f := factOf(uint8(number))
	p := pending{patient: of.patient, channel: schemas.ChannelEhr, event: uint8(f.event), place: uint8(number),
		reason: int8(f.reason), who: whoMRN, occurred: of.at - g.dice.of(&ehrDelay)}
	if f.due {
		p.due = p.occurred + int64(1+g.dice.below(6))*day
	}
	g.arrive(&p, of.at)
}

// mourn lets a patient die, seldom: who is gone does nothing any more.
func (g *Generator) mourn(of *pending) {
	if g.dice.below(4000) > 0 || len(g.patients) < 100 {
		return
	}
	g.patients[of.patient].gone = true
	p := pending{patient: of.patient, channel: schemas.ChannelEhr, event: uint8(schemas.EhrEventDeceased), reason: noNeed, who: whoMRN, occurred: of.at - g.dice.of(&ehrDelay)}
	g.arrive(&p, of.at)
}
