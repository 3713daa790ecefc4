package predict

import (
	"math"
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// begin keeps the prediction made at a contact's start: it is the one that the contact's disposition
// will score, which may come an hour later and after many other predictions. It also notes at each
// open moment that a contact has come; the moment itself is told only when its horizon has passed
// (expireExposures).
func (p *Step) begin(ctx *pipeline.Context, j *person.Journey) {
	p.Finish(j)
	state := &j.Person.Policy
	// Make room for one: the oldest contact is the least likely to get a disposition still.
	if len(state.Starts) >= MaxStarts {
		state.Starts = slices.Delete(state.Starts, 0, len(state.Starts)-MaxStarts+1)
	}
	// Everything is cloned: the state outlives the record, the journey and the step's buffers.
	start := schemas.ContactStart{
		ContactRef: strings.Clone(person.KeyOf(j.Contact)), Top: p.taxonomy.Reasons[p.Top].Code, Commonest: p.commonest(),
		PredictionID: strings.Clone(j.Prediction.PredictionID), At: schemas.Millis(j.At), ModelVersion: p.Model.Version(),
		Reasons: slices.Clone(p.P[:len(p.taxonomy.Reasons)]), Features: slices.Clone(p.features),
		FeatureSpace: p.space.Fingerprint(),
	}
	state.Starts = append(state.Starts, start)
	p.contactCame(state, schemas.Millis(j.At))
	for i := range state.Exposures {
		// The first contact after the moment counts. Contacts may be stepped out of order by a few
		// seconds, and one that began before the moment says nothing about it.
		if x := &state.Exposures[i]; x.ContactAt == 0 && x.At <= schemas.Millis(j.At) {
			x.ContactAt = schemas.Millis(j.At)
		}
	}
}

// correct takes a digital step that arrives after a contact that it preceded into what will be learned from
// the contact. What was predicted stays as it was said: the example scores that. A contact whose reason is
// known has been learned from.
func (p *Step) correct(j *person.Journey) {
	tp, starts := j.Touchpoint, j.Person.Policy.Starts
	if len(starts) == 0 || !tp.Channel.IsDigital() {
		return
	}
	for i := range starts {
		s := &starts[i]
		// Features look back a day at most.
		if tp.OccurredAt > s.At || s.At-tp.OccurredAt >= schemas.Day || !p.space.Made(s.FeatureSpace, "") {
			continue
		}
		p.E.CollectSteps(j, p.taxonomy, s.At)
		if p.space.Hashed() {
			p.E.CollectHistory(j, p.taxonomy, p.center)
		}
		s.Features = p.space.Correct(s.Features, &p.E)
	}
}

// commonest is the code of the reason that the model finds most common: the baseline that an example
// is scored against.
func (p *Step) commonest() string { return p.taxonomy.Reasons[p.Model.Commonest()].Code }

// learn turns a disposition into an example: its reason, with the features and distribution of the
// prediction at the contact's start. Where no start was kept (the person was new, or too many
// contacts were open) it takes those of now, which were collected without the disposition.
//
// A reason that the taxonomy does not have ends the contact all the same. Its example teaches nothing but that there is
// one (lacked).
func (p *Step) learn(ctx *pipeline.Context, j *person.Journey) {
	r := p.taxonomy.Index(j.Touchpoint.Body.Call.Reason)
	state := &j.Person.Policy
	contact := ""
	if j.Contact != nil {
		contact = person.KeyOf(j.Contact)
	}
	p.dropOtherSpaces(ctx, state)
	i := slices.IndexFunc(state.Starts, func(s schemas.ContactStart) bool { return s.ContactRef == contact && contact != "" })
	if r >= 0 {
		p.fillExample(j, r, i)
		key := p.example.PredictionID
		// No start was kept, so the example has no prediction to be named after.
		if key == "" {
			key = p.id.Of("example", ModelName, j.TriggerID, 0)
		}
		second := p.second(j, r)
		if second >= 0 {
			p.example.Weight = 0.5
		}
		p.emitExample(ctx, key)
		if second >= 0 {
			p.learnSecond(ctx, j, second, i)
		}
		// From now on the reason is evidence for the patient's next contact.
		j.CountReason(p.taxonomy.Reasons[r].Code, schemas.Millis(j.At))
		started := schemas.Millis(j.At)
		if j.Contact != nil {
			started = j.Contact.StartedAt
		}
		j.KeepPast(p.taxonomy.Reasons[r].Code, started)
	} else if reason := j.Touchpoint.Body.Call.Reason; reason != "" && reason != schemas.ReasonNone {
		p.lacked(ctx, j)
	}
	if i >= 0 {
		state.Starts = slices.Delete(state.Starts, i, i+1)
	}
}

// second is another reason of the contact, -1 where it had one only.
func (p *Step) second(j *person.Journey, first int) int {
	if r := p.taxonomy.Index(j.Touchpoint.Body.Call.SecondReason); r != first {
		return r
	}
	return -1
}

// learnSecond makes the other example of a contact with two reasons. It says nothing of how the contact went: the center
// counts it once.
func (p *Step) learnSecond(ctx *pipeline.Context, j *person.Journey, r, i int) {
	p.fillExample(j, r, i)
	p.example.Weight, p.example.Outcome, p.example.WaitMs = 0.5, -1, 0
	p.emitExample(ctx, p.id.Of("example", ModelName, j.TriggerID, 1))
	j.CountReason(p.taxonomy.Reasons[r].Code, schemas.Millis(j.At))
}

// lacked tells the trainer that a contact had a reason that the taxonomy does not have.
func (p *Step) lacked(ctx *pipeline.Context, j *person.Journey) {
	features := p.example.Features[:0]
	p.example = schemas.TrainingExample{
		PersonRef: j.PersonRef, ContactRef: j.Prediction.ContactRef, ContactKey: j.Prediction.ContactKey, PredictedAt: schemas.Millis(j.At), LabelledAt: schemas.Millis(j.At),
		Reason: schemas.ReasonUnknown, TaxonomyVersion: p.taxonomy.Version, Features: features, ExposureBand: -1, ContactAfterMs: -1,
		FeatureSpace: p.space.Fingerprint(), Outcome: -1, Interval: -1, Weight: 1,
	}
	p.emitExample(ctx, p.id.Of("example", ModelName, j.TriggerID, 0))
}

// CountOtherSpace is the counter of what was dropped because it was made for another feature space,
// by kind.
const CountOtherSpace = "other_space"

// dropOtherSpaces drops the awaited starts of another feature space: the taxonomy or the build has
// changed since, and the same numbers mean other features. Trained on, they would teach the model
// falsehoods that nobody could see. The labels of these contacts are learned with the features of
// now.
func (p *Step) dropOtherSpaces(ctx *pipeline.Context, state *schemas.PolicyState) {
	state.Starts = slices.DeleteFunc(state.Starts, func(s schemas.ContactStart) bool {
		if p.space.Made(s.FeatureSpace, "") {
			return false
		}
		ctx.Count(CountOtherSpace, "start")
		return true
	})
}

// fillExample makes the example for reason r from the i-th kept start, or from now where i is
// negative. The features of now must not give the label away: evidence leaves out the disposition, and here
// what its reason may have closed is left out as well.
func (p *Step) fillExample(j *person.Journey, r, i int) {
	x := &p.example
	features := x.Features[:0]
	*x = schemas.TrainingExample{
		PersonRef: j.PersonRef, ContactRef: j.Prediction.ContactRef, ContactKey: j.Prediction.ContactKey, PredictedAt: schemas.Millis(j.At), LabelledAt: schemas.Millis(j.At),
		Reason: p.taxonomy.Reasons[r].Code, TaxonomyVersion: p.taxonomy.Version, ExposureBand: -1, ContactAfterMs: -1,
		FeatureSpace: p.space.Fingerprint(), Outcome: person.OutcomeOf(&j.Touchpoint.Body.Call), WaitMs: j.Touchpoint.Body.Call.WaitMs,
		Interval: -1, Weight: 1,
	}
	if i < 0 {
		// The label scores what the model says to that: a fair score, since nothing of it is the disposition's.
		p.before = p.E
		p.before.ForgetEffects()
		x.Features = p.space.Active(features, &p.before)
		var said [schemas.MaxReasons]float64
		p.Model.Distribution(&said, x.Features)
		x.Predicted, x.P, x.Commonest, x.ModelVersion = p.taxonomy.Reasons[p.Model.Top(&said)].Code, said[r], p.commonest(), p.Model.Version()
		return
	}
	s := &j.Person.Policy.Starts[i]
	x.PredictionID, x.PredictedAt, x.Predicted, x.Commonest, x.ModelVersion = s.PredictionID, s.At, s.Top, s.Commonest, s.ModelVersion
	// A start kept by a build with fewer reasons has no probability for the newest.
	if r < len(s.Reasons) {
		x.P = s.Reasons[r]
	}
	x.Features = append(features, s.Features...)
}

// emitExample writes the example under a key that a replay repeats.
func (p *Step) emitExample(ctx *pipeline.Context, key string) {
	p.buf = p.example.AppendAvro(emit.AppendFrame(p.buf[:0], p.exampleID))
	p.key = append(p.key[:0], key...)
	ctx.Emit(p.examples, p.key, p.buf, p.exampleAttributes.Of(key, p.example.LabelledAt)...)
}

// timerExposure fires when the first open moment of a person is due to be told. Key: person. Its
// number follows the policy's timer: kinds of one task must differ, since kind and key identify a
// timer.
const timerExposure = person.TimerPolicy + 1

// expose opens a moment in the person's present band, one for each horizon that has none open. At
// most one a band and horizon: a patient who reloads a page forty times is one moment, and the state
// stays bounded.
func (p *Step) expose(ctx *pipeline.Context, j *person.Journey) {
	if p.space.Hashed() {
		p.keepMoment(ctx, j)
		return
	}
	state, band := &j.Person.Policy, int32(rateBand(&p.E))
	open := j.OpenMoments(band)
	if open == 1<<RateHorizons-1 {
		return
	}
	// The person's cache of open moments is kept true by hand, here and in expireExposures: working
	// it out anew would read the list at every touchpoint.
	j.OpenMoment(band, 1<<RateHorizons-1)
	for h := range int32(RateHorizons) {
		if open&(1<<h) == 0 {
			state.Exposures = append(state.Exposures, schemas.Exposure{Band: band, Horizon: h, At: schemas.Millis(j.At)})
		}
	}
	p.arm(ctx, state, j.PersonRef)
}

// until is the event time at which a moment's horizon has passed and its outcome is known. The
// horizon is clamped: state of a build with more horizons must not index out of range.
func until(x *schemas.Exposure) schemas.Millis {
	return x.At + Horizons[min(max(x.Horizon, 0), RateHorizons-1)]
}

// arm sets the timer for what is due first. It waits for the watermark of calls alone: only calls decide
// whether a contact came, and a health record feed that is hours late must not hold it up.
func (p *Step) arm(ctx *pipeline.Context, state *schemas.PolicyState, ref schemas.PersonRef) {
	first := schemas.Millis(math.MaxInt64)
	for i := range state.Exposures {
		first = min(first, until(&state.Exposures[i]))
	}
	for i := range state.Moments {
		first = min(first, intervalOver(&state.Moments[i]))
	}
	if first == math.MaxInt64 {
		return
	}
	ctx.SetTimer(pipeline.Timer{At: pipeline.Time(first), Channels: person.ChannelBit(schemas.ChannelCall), Kind: timerExposure, Key: ref.Reveal()})
}

// expireExposures tells the trainer of every moment whose horizon has passed, and keeps the others.
func (p *Step) expireExposures(ctx *pipeline.Context, j *person.Journey) {
	state := &j.Person.Policy
	// Filter in place: the list is the state itself.
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
	p.tellMoments(ctx, j)
	p.arm(ctx, state, j.PersonRef)
}

// exposureExample tells the trainer of one moment: whether a contact came within its horizon, and
// after how long. It carries no features, since rates are learned by band, and no reason: ReasonNone
// says that no contact came, ReasonUnknown that one did.
func (p *Step) exposureExample(ctx *pipeline.Context, j *person.Journey, x *schemas.Exposure) {
	features := p.example.Features[:0]
	p.example = schemas.TrainingExample{
		PersonRef: j.PersonRef, PredictedAt: x.At, LabelledAt: until(x), TaxonomyVersion: p.taxonomy.Version, ModelVersion: p.Model.Version(),
		Reason: schemas.ReasonNone, Features: features, ExposureBand: x.Band, ContactAfterMs: -1,
		FeatureSpace: p.space.Fingerprint(), Outcome: -1, Interval: -1, Weight: 1,
	}
	// A contact may have come after the horizon but before the timer fired.
	if x.ContactAt != 0 && x.ContactAt <= until(x) {
		p.example.Reason, p.example.ContactAfterMs = schemas.ReasonUnknown, int64(x.ContactAt-x.At)
	}
	p.emitExample(ctx, j.TriggerID)
}

// OwnsTimer says whether a timer is predict's.
func (p *Step) OwnsTimer(kind uint8) bool { return kind == timerExposure }

// OnTimer tells of moments that are due. It returns true where the person could be loaded. It stops
// the journey there: nothing has happened to the person, so no step after this one has anything to
// do.
func (p *Step) OnTimer(ctx *pipeline.Context, t pipeline.Timer, j *person.Journey, load func(person string) bool) (bool, error) {
	if !load(t.Key) {
		return false, nil
	}
	j.Fired(t)
	p.expireExposures(ctx, j)
	j.Stop = true
	return true, nil
}
