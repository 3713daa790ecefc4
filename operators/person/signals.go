package person

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/schemas"
)

// KeepSignals folds the touchpoint into its shard's signals, but for the reason of a disposition: that
// is kept by CountReason once the prediction has been made without it. It keeps the person's folded
// signals true.
func (j *Journey) KeepSignals(t *schemas.Taxonomy) {
	s, f, tp := &j.Shard.Signals, &j.Who.signals, j.Touchpoint
	j.keepSigns(t)
	switch tp.Body.Kind {
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
		keepFact(s, &tp.Body.Ehr, tp.OccurredAt)
		f.has = false
	}
}

// ShareHalfLife is the half-life of the share that a reason has of a person's contacts, in milliseconds.
const ShareHalfLife = 30 * float64(schemas.Day)

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
	code := t.Reasons[r].Code // not the record's own string: that one is gone after the step
	for i := range s.Viewed {
		v := &s.Viewed[i]
		if v.Reason != code {
			continue
		}
		if at-v.At > schemas.Day {
			v.Times = 0
		}
		v.Times, v.At = v.Times+1, max(v.At, at)
		return
	}
	s.Viewed = append(s.Viewed, schemas.ViewedReason{Reason: code, Times: 1, At: at})
}

// undoes names, for a fact of the health record, the facts that it makes moot.
func undoes(e schemas.EhrEvent) []schemas.EhrEvent {
	switch e {
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

// keepFact keeps the newest fact of each kind. Facts come in any order.
func keepFact(s *schemas.Signals, e *schemas.Ehr, at schemas.Millis) {
	for _, moot := range undoes(e.Event) {
		s.Facts = slices.DeleteFunc(s.Facts, func(f schemas.HealthFact) bool { return f.Event == moot && f.At <= at })
	}
	i := slices.IndexFunc(s.Facts, func(f schemas.HealthFact) bool { return f.Event == e.Event })
	if i < 0 {
		i = len(s.Facts)
		s.Facts = append(s.Facts, schemas.HealthFact{Event: e.Event})
	}
	if f := &s.Facts[i]; at >= f.At {
		if f.Reason != e.Reason {
			f.Reason = strings.Clone(e.Reason)
		}
		f.At, f.DueAt = at, e.DueAt
		f.Critical = e.Status == "abnormal_critical" || e.Status == "critical"
	}
}

// CountReason counts a contact whose reason has become known.
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
