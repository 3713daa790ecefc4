package person

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/schemas"
)

// KeepSignals folds the touchpoint into its shard's signals, but for the reason of a disposition: that is
// kept by CountReason once the prediction has been made without it, or a model would be trained on the
// answer. It keeps the person's folded signals true. Signs of danger are part of them (signs.go).
func (j *Journey) KeepSignals(t *schemas.Taxonomy) {
	// s is the shard's, f the fold over all shards: a change to s either goes into f too, or makes it old.
	s, f, tp := &j.Shard.Signals, &j.Who.signals, j.Touchpoint
	j.keepSigns(t)
	switch tp.Body.Kind {
	// A visit to the web or the app tells what is on a patient's mind, and that they can log in.
	case schemas.TouchpointBodyWeb:
		w := &tp.Body.Web
		keepView(s, f, t, w.Page.Reveal(), w.Reason, tp.OccurredAt)
		if w.Event == schemas.WebEventLogin {
			s.LoginAt = max(s.LoginAt, tp.OccurredAt)
			f.LoginAt = max(f.LoginAt, s.LoginAt)
		}
	case schemas.TouchpointBodyApp:
		a := &tp.Body.App
		keepView(s, f, t, a.Screen.Reveal(), a.Reason, tp.OccurredAt)
		if a.Event == schemas.AppEventLogin {
			s.LoginAt = max(s.LoginAt, tp.OccurredAt)
			f.LoginAt = max(f.LoginAt, s.LoginAt)
		}
	case schemas.TouchpointBodyEhr:
		keepFact(s, &tp.Body.Ehr, tp.OccurredAt, tp.ReceivedAt)
		// A fact may undo others: folding anew is simpler than following that.
		f.has = false
	}
}

// ShareHalfLife is the half-life of the share that a reason has of a person's contacts, in milliseconds. A
// month: what somebody called about last winter says little of the next call.
const ShareHalfLife = 30 * float64(schemas.Day)

// keepView takes in that a page was looked at, as one of a reason: the record's, or else what the
// taxonomy's hints say of the page. A page of no known reason is not kept.
func keepView(s *schemas.Signals, f *FoldedSignals, t *schemas.Taxonomy, page, reason string, at schemas.Millis) {
	if h, ok := t.Hint(page); ok {
		if reason == "" {
			reason = h.Reason
		}
	}
	r := t.Index(reason)
	if r < 0 {
		return
	}
	f.view(int32(r), at)
	// The record's own string is gone after the step.
	code := t.Reasons[r].Code
	for i := range s.Viewed {
		v := &s.Viewed[i]
		if v.Reason != code {
			continue
		}
		// Views count within a day of each other: after a longer pause it is another occasion.
		if at-v.At > schemas.Day {
			v.Times = 0
		}
		v.Times, v.At = v.Times+1, max(v.At, at)
		return
	}
	s.Viewed = append(s.Viewed, schemas.ViewedReason{Reason: code, Times: 1, At: at})
}

// undoes names, for a fact of the health record, the facts that it makes moot: an appointment that is
// booked after an order means that the order is no reason to call any more.
func undoes(e schemas.EhrEvent) []schemas.EhrEvent {
	switch e {
	// Booked, the order is carried out and the appointment that was lost is made up for.
	case schemas.EhrEventAppointmentBooked:
		return []schemas.EhrEvent{schemas.EhrEventOrderPlaced, schemas.EhrEventAppointmentCancelled, schemas.EhrEventAppointmentNoShow}
	case schemas.EhrEventAppointmentCancelled, schemas.EhrEventAppointmentNoShow:
		return []schemas.EhrEvent{schemas.EhrEventAppointmentBooked, schemas.EhrEventAppointmentChanged}
	case schemas.EhrEventResultFinal:
		return []schemas.EhrEvent{schemas.EhrEventResultPending}
	case schemas.EhrEventRefillRequested:
		return []schemas.EhrEvent{schemas.EhrEventRefillDue}
	case schemas.EhrEventRefillCompleted, schemas.EhrEventPrescription:
		return []schemas.EhrEvent{schemas.EhrEventRefillDue, schemas.EhrEventRefillRequested}
	case schemas.EhrEventDischarge:
		return []schemas.EhrEvent{schemas.EhrEventAdmission}
	}
	return nil
}

// keepFact keeps the newest fact of each kind. Facts come in any order: an older one changes nothing, and
// makes moot only what is older still.
func keepFact(s *schemas.Signals, e *schemas.Ehr, at, known schemas.Millis) {
	for _, moot := range undoes(e.Event) {
		s.Facts = slices.DeleteFunc(s.Facts, func(f schemas.HealthFact) bool { return f.Event == moot && f.At <= at })
	}
	i := slices.IndexFunc(s.Facts, func(f schemas.HealthFact) bool { return f.Event == e.Event })
	if i < 0 {
		i = len(s.Facts)
		s.Facts = append(s.Facts, schemas.HealthFact{Event: e.Event})
	}
	// The later to arrive wins a tie.
	if f := &s.Facts[i]; at >= f.At {
		// Cloned only where it differs: facts are repeated often, and their reasons rarely change.
		if f.Reason != e.Reason {
			f.Reason = strings.Clone(e.Reason)
		}
		f.At, f.DueAt, f.KnownAt = at, e.DueAt, max(known, at)
		// Health records name it in two ways.
		f.Critical = e.Status == "abnormal_critical" || e.Status == "critical"
	}
}

// CountReason counts a contact whose reason has become known. The weight of a reason halves every
// ShareHalfLife. A contact that is older than what was counted last adds what is left of it by then, so
// that the weight does not depend on the order, save for rounding.
func (j *Journey) CountReason(code string, at schemas.Millis) {
	s := &j.Shard.Signals
	j.Who.signals.has = false
	s.ContactCount++
	for i := range s.ReasonWeights {
		w := &s.ReasonWeights[i]
		if w.Reason != code {
			continue
		}
		if at >= w.At {
			w.Weight, w.At = float64(w.Weight*exact.Decayed(float64(at-w.At), ShareHalfLife))+1, at
		} else {
			w.Weight += exact.Decayed(float64(w.At-at), ShareHalfLife)
		}
		return
	}
	s.ReasonWeights = append(s.ReasonWeights, schemas.ReasonWeight{Reason: code, Weight: 1, At: at})
}
