package predict

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// begin keeps the prediction made at a contact's start, which is the one that its label will score,
// and notes that a contact has come after the open moments.
func (p *Step) begin(ctx *pipeline.Context, j *person.Journey) {
	p.Finish(j)
	state := &j.Person.Policy
	if len(state.Starts) >= MaxStarts {
		state.Starts = slices.Delete(state.Starts, 0, len(state.Starts)-MaxStarts+1)
	}
	start := schemas.ContactStart{
		ContactRef: strings.Clone(j.Contact.ContactID), Top: p.taxonomy.Reasons[p.Top].Code, Commonest: p.commonest(),
		PredictionID: strings.Clone(j.Prediction.PredictionID), At: schemas.Millis(j.At), ModelVersion: p.Model.Version(),
		Reasons: slices.Clone(p.P[:len(p.taxonomy.Reasons)]), Features: slices.Clone(p.features),
		FeatureSpace: p.space.Fingerprint(),
	}
	state.Starts = append(state.Starts, start)
	for i := range state.Exposures {
		if x := &state.Exposures[i]; x.ContactAt == 0 && x.At <= schemas.Millis(j.At) {
			x.ContactAt = schemas.Millis(j.At)
		}
	}
}

func (p *Step) commonest() string { return p.taxonomy.Reasons[p.Model.Commonest()].Code }

// learn turns a disposition into an example: the features and the distribution of the prediction at
// the contact's start, or of now where there was none, and the reason.
func (p *Step) learn(ctx *pipeline.Context, j *person.Journey) {
	r := p.taxonomy.Index(j.Touchpoint.Body.Call.Reason)
	state := &j.Person.Policy
	contact := ""
	if j.Contact != nil {
		contact = j.Contact.ContactID
	}
	p.dropOtherSpaces(ctx, state)
	i := slices.IndexFunc(state.Starts, func(s schemas.ContactStart) bool { return s.ContactRef == contact && contact != "" })
	if r >= 0 {
		p.fillExample(j, r, i)
		key := p.example.PredictionID
		if key == "" { // there was no prediction at the contact's start
			key = p.id.Of("example", ModelName, j.TriggerID, 0)
		}
		p.emitExample(ctx, key)
		j.CountReason(p.taxonomy.Reasons[r].Code, schemas.Millis(j.At))
	}
	if i >= 0 {
		state.Starts = slices.Delete(state.Starts, i, i+1)
	}
}

// CountOtherSpace counts what was made for another feature space and is dropped, by what it is.
const CountOtherSpace = "other_space"

// dropOtherSpaces drops the awaited starts whose feature numbers are of another space: the taxonomy or
// the build has changed since. The label of such a contact is then learned with the features of now.
func (p *Step) dropOtherSpaces(ctx *pipeline.Context, state *schemas.PolicyState) {
	state.Starts = slices.DeleteFunc(state.Starts, func(s schemas.ContactStart) bool {
		if p.space.Made(s.FeatureSpace, "") {
			return false
		}
		ctx.Count(CountOtherSpace, "start")
		return true
	})
}

// fillExample makes the example of reason r from the i-th kept start, or from now where i is
// negative. Now's features know nothing of the label: evidence leaves it out.
func (p *Step) fillExample(j *person.Journey, r, i int) {
	x := &p.example
	features := x.Features[:0]
	*x = schemas.TrainingExample{
		PersonRef: j.PersonRef, ContactRef: j.Prediction.ContactRef, PredictedAt: schemas.Millis(j.At), LabelledAt: schemas.Millis(j.At),
		Reason: p.taxonomy.Reasons[r].Code, TaxonomyVersion: p.taxonomy.Version, ExposureBand: -1, ContactAfterMs: -1,
		FeatureSpace: p.space.Fingerprint(),
	}
	if i < 0 {
		x.Predicted, x.P, x.Commonest, x.ModelVersion = p.taxonomy.Reasons[p.Top].Code, p.P[r], p.commonest(), p.Model.Version()
		x.Features = append(features, p.features...)
		return
	}
	s := &j.Person.Policy.Starts[i]
	x.PredictionID, x.PredictedAt, x.Predicted, x.Commonest, x.ModelVersion = s.PredictionID, s.At, s.Top, s.Commonest, s.ModelVersion
	if r < len(s.Reasons) {
		x.P = s.Reasons[r]
	}
	x.Features = append(features, s.Features...)
}

func (p *Step) emitExample(ctx *pipeline.Context, key string) {
	p.buf = p.example.AppendAvro(emit.AppendFrame(p.buf[:0], p.exampleID))
	p.key = append(p.key[:0], key...)
	ctx.Emit(p.examples, p.key, p.buf, p.exampleAttributes.Of(key, p.example.LabelledAt)...)
}

// timerExposure ends moments from which the time to the next contact is measured. Key: person.
const timerExposure = person.TimerPolicy + 1

// expose opens a moment in the band that the person is in now for each horizon, unless one is open.
func (p *Step) expose(ctx *pipeline.Context, j *person.Journey) {
	state, band := &j.Person.Policy, int32(rateBand(&p.E))
	open := j.OpenMoments(band)
	if open == 1<<RateHorizons-1 {
		return
	}
	j.OpenMoment(band, 1<<RateHorizons-1)
	for h := range int32(RateHorizons) {
		if open&(1<<h) == 0 {
			state.Exposures = append(state.Exposures, schemas.Exposure{Band: band, Horizon: h, At: schemas.Millis(j.At)})
		}
	}
	armExposures(ctx, state, j.PersonRef)
}

// until is when a moment is told: its horizon has passed.
func until(x *schemas.Exposure) schemas.Millis {
	return x.At + Horizons[min(max(x.Horizon, 0), RateHorizons-1)]
}

// armExposures sets the timer for the first moment to be told. It waits for calls alone.
func armExposures(ctx *pipeline.Context, state *schemas.PolicyState, ref schemas.PersonRef) {
	if len(state.Exposures) == 0 {
		return
	}
	first := until(&state.Exposures[0])
	for i := range state.Exposures {
		first = min(first, until(&state.Exposures[i]))
	}
	ctx.SetTimer(pipeline.Timer{At: pipeline.Time(first), Channels: person.ChannelBit(schemas.ChannelCall), Kind: timerExposure, Key: ref.Reveal()})
}

// expireExposures tells the trainer of the moments whose horizon has passed.
func (p *Step) expireExposures(ctx *pipeline.Context, j *person.Journey) {
	state := &j.Person.Policy
	kept := state.Exposures[:0]
	for _, x := range state.Exposures {
		if until(&x) > schemas.Millis(j.At) {
			kept = append(kept, x)
			continue
		}
		p.exposureExample(ctx, j, &x)
	}
	state.Exposures = kept
	j.ForgetMoments()
	armExposures(ctx, state, j.PersonRef)
}

// exposureExample tells the trainer of one moment: whether a contact came within its horizon.
func (p *Step) exposureExample(ctx *pipeline.Context, j *person.Journey, x *schemas.Exposure) {
	features := p.example.Features[:0]
	p.example = schemas.TrainingExample{
		PersonRef: j.PersonRef, PredictedAt: x.At, LabelledAt: until(x), TaxonomyVersion: p.taxonomy.Version, ModelVersion: p.Model.Version(),
		Reason: schemas.ReasonNone, Features: features, ExposureBand: x.Band, ContactAfterMs: -1,
		FeatureSpace: p.space.Fingerprint(),
	}
	if x.ContactAt != 0 && x.ContactAt <= until(x) {
		p.example.Reason, p.example.ContactAfterMs = schemas.ReasonUnknown, int64(x.ContactAt-x.At)
	}
	p.emitExample(ctx, j.TriggerID)
}

// OwnsTimer tells predict's timers.
func (p *Step) OwnsTimer(kind uint8) bool { return kind == timerExposure }

// OnTimer tells of moments. Nothing has happened to the person: the chain does not run.
func (p *Step) OnTimer(ctx *pipeline.Context, t pipeline.Timer, j *person.Journey, load func(person string) bool) (bool, error) {
	if !load(t.Key) {
		return false, nil
	}
	j.Fired(t)
	p.expireExposures(ctx, j)
	j.Stop = true
	return true, nil
}
