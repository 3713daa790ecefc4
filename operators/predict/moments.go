package predict

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Hazards are learned from moments: one touchpoint in ten (Config.MomentsIn), by its id, so that a replay and another machine take
// the same ones. A moment keeps what was known, and is told to the trainer at the end of each interval between
// two horizons, until a contact came or the longest horizon has passed.

// MaxOpenMoments bounds those of a person. What would come on top is not taken: to drop one that is open would
// tell more of the short intervals than of the long ones.
const MaxOpenMoments = 8

// keepMoment opens a moment where the touchpoint is one of those that are learned from.
func (p *Step) keepMoment(ctx *pipeline.Context, j *person.Journey) {
	state := &j.Person.Policy
	// The top bits: the others are weak of a hash whose inputs differ in a digit.
	if exact.Hash64(j.TriggerID)>>32%p.momentsIn != 0 || len(state.Moments) >= MaxOpenMoments {
		return
	}
	state.Moments = append(state.Moments, schemas.OpenMoment{
		EventID: strings.Clone(j.TriggerID), At: schemas.Millis(j.Known), Band: int32(rateBand(&p.E)), Features: slices.Clone(p.moment),
		FeatureSpace: p.space.MomentFingerprint(), ModelVersion: p.Model.Version(),
	})
	p.arm(ctx, state, j.PersonRef)
}

// contactCame notes at each open moment that a contact has begun. The first one counts, and one that began
// before the moment says nothing about it.
func (p *Step) contactCame(state *schemas.PolicyState, at schemas.Millis) {
	for i := range state.Moments {
		if m := &state.Moments[i]; m.At <= at && (m.ContactAt == 0 || at < m.ContactAt) {
			m.ContactAt = at
		}
	}
}

// intervalOver is when the interval that is told next is over. Its number is clamped: state of a build with
// more horizons must not index out of range.
func intervalOver(m *schemas.OpenMoment) schemas.Millis {
	return m.At + Horizons[min(max(m.Interval, 0), RateHorizons-1)]
}

// tellMoments tells the trainer of every interval that is over, and drops the moments that have nothing more
// to tell. A contact is told at the end of its interval and not before: else a young model would hear of
// contacts before it hears of their absence.
func (p *Step) tellMoments(ctx *pipeline.Context, j *person.Journey) {
	state := &j.Person.Policy
	// Filter in place: the list is the state itself.
	kept := state.Moments[:0]
	for i := range state.Moments {
		if m := &state.Moments[i]; !p.tellMoment(ctx, j, m) {
			kept = append(kept, *m)
		}
	}
	clear(state.Moments[len(kept):])
	state.Moments = kept
}

// tellMoment tells of the moment's intervals that are over, and says whether it was the last one.
func (p *Step) tellMoment(ctx *pipeline.Context, j *person.Journey, m *schemas.OpenMoment) bool {
	for m.Interval < RateHorizons && intervalOver(m) <= schemas.Millis(j.At) {
		came := m.ContactAt != 0 && m.ContactAt <= intervalOver(m)
		p.momentExample(ctx, m, came, j.PersonRef)
		if m.Interval++; came {
			return true
		}
	}
	return m.Interval >= RateHorizons
}

// momentExample tells that an interval of a moment is over: whether a contact came in it, and how long after
// the moment.
func (p *Step) momentExample(ctx *pipeline.Context, m *schemas.OpenMoment, came bool, ref schemas.PersonRef) {
	features := append(p.example.Features[:0], m.Features...)
	p.example = schemas.TrainingExample{
		PersonRef: ref, PredictedAt: m.At, LabelledAt: intervalOver(m), TaxonomyVersion: p.taxonomy.Version, ModelVersion: m.ModelVersion,
		Reason: schemas.ReasonNone, Features: features, ExposureBand: m.Band, ContactAfterMs: -1, FeatureSpace: m.FeatureSpace, Outcome: -1,
		Interval: m.Interval,
	}
	if came {
		p.example.Reason, p.example.ContactAfterMs = schemas.ReasonUnknown, int64(m.ContactAt-m.At)
	}
	p.emitExample(ctx, p.id.Of("moment", ModelName, m.EventID, int(m.Interval)))
}
