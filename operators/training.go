package operators

import (
	"slices"
	"strconv"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// begin keeps the prediction made at a contact's start, which is the one that its label will score,
// and tells the trainer how long after which moments the contact came.
func (p *predict) begin(ctx *pipeline.Context, j *Journey) {
	p.finish(j)
	state := &j.Person.Policy
	if len(state.Starts) >= maxStarts {
		state.Starts = slices.Delete(state.Starts, 0, len(state.Starts)-maxStarts+1)
	}
	start := schemas.ContactStart{
		ContactRef: strings.Clone(j.Contact.ContactID), Top: p.taxonomy.Reasons[p.top].Code, Commonest: p.commonest(),
		PredictionID: strings.Clone(j.Prediction.PredictionID), At: schemas.Millis(j.At), ModelVersion: p.model.version,
		Reasons: slices.Clone(p.p[:len(p.taxonomy.Reasons)]), Features: slices.Clone(p.features),
	}
	state.Starts = append(state.Starts, start)
	kept := state.Exposures[:0]
	for _, x := range state.Exposures {
		if x.At > schemas.Millis(j.At) {
			kept = append(kept, x)
			continue
		}
		p.exposureExample(ctx, j, x, schemas.Millis(j.At)-x.At)
	}
	state.Exposures = kept
	if len(kept) == 0 {
		ctx.ClearTimer(timerExposure, j.PersonRef.Reveal())
	}
}

func (p *predict) commonest() string { return p.taxonomy.Reasons[p.model.commonest].Code }

// learn turns a disposition into an example: the features and the distribution of the prediction at
// the contact's start, or of now where there was none, and the reason.
func (p *predict) learn(ctx *pipeline.Context, j *Journey) {
	r := p.taxonomy.Index(j.Touchpoint.Body.Call.Reason)
	state := &j.Person.Policy
	contact := ""
	if j.Contact != nil {
		contact = j.Contact.ContactID
	}
	i := slices.IndexFunc(state.Starts, func(s schemas.ContactStart) bool { return s.ContactRef == contact && contact != "" })
	if r >= 0 {
		p.fillExample(j, r, i)
		p.emitExample(ctx, p.example.PredictionID)
		keepReason(&j.Shard.Signals, p.taxonomy.Reasons[r].Code, schemas.Millis(j.At))
	}
	if i >= 0 {
		state.Starts = slices.Delete(state.Starts, i, i+1)
	}
}

// fillExample makes the example of reason r from the i-th kept start, or from now where i is
// negative. Now's features know nothing of the label: evidence leaves it out.
func (p *predict) fillExample(j *Journey, r, i int) {
	x := &p.example
	features := x.Features[:0]
	*x = schemas.TrainingExample{
		PersonRef: j.PersonRef, ContactRef: j.Prediction.ContactRef, PredictedAt: schemas.Millis(j.At), LabelledAt: schemas.Millis(j.At),
		Reason: p.taxonomy.Reasons[r].Code, TaxonomyVersion: p.taxonomy.Version, ExposureBand: -1, ContactAfterMs: -1,
	}
	if i < 0 {
		x.Predicted, x.P, x.Commonest, x.ModelVersion = p.taxonomy.Reasons[p.top].Code, p.p[r], p.commonest(), p.model.version
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

func (p *predict) emitExample(ctx *pipeline.Context, key string) {
	p.buf = p.example.AppendAvro(appendFrame(p.buf[:0], p.exampleID))
	p.key = append(p.key[:0], key...)
	ctx.Emit(p.examples, p.key, p.buf)
}

// timerExposure expires the moments from which the time to the next contact is measured. Key: person.
const timerExposure = timerPolicy + 1

// expose opens a moment in the band that the person is in now, unless one is open.
func (p *predict) expose(ctx *pipeline.Context, j *Journey) {
	state, band := &j.Person.Policy, int32(rateBand(&p.e))
	for i := range state.Exposures {
		if state.Exposures[i].Band == band {
			return
		}
	}
	state.Exposures = append(state.Exposures, schemas.Exposure{Band: band, At: schemas.Millis(j.At)})
	p.armExposures(ctx, j)
}

func (p *predict) armExposures(ctx *pipeline.Context, j *Journey) {
	state := &j.Person.Policy
	if len(state.Exposures) == 0 {
		return
	}
	first := state.Exposures[0].At
	for i := range state.Exposures {
		first = min(first, state.Exposures[i].At)
	}
	ctx.SetTimer(pipeline.Timer{
		At: pipeline.Time(first + horizons[rateHorizons-1]), Channels: channelBit(schemas.ChannelCall), Kind: timerExposure, Key: j.PersonRef.Reveal(),
	})
}

// expireExposures tells the trainer of moments after which no contact came within seven days.
func (p *predict) expireExposures(ctx *pipeline.Context, j *Journey) {
	if j.Trigger != TriggerTimer || j.Timer.Kind != timerExposure {
		return
	}
	state := &j.Person.Policy
	kept := state.Exposures[:0]
	for _, x := range state.Exposures {
		if x.At+horizons[rateHorizons-1] > schemas.Millis(j.At) {
			kept = append(kept, x)
			continue
		}
		p.exposureExample(ctx, j, x, -1)
	}
	state.Exposures = kept
	p.armExposures(ctx, j)
}

// exposureExample tells the trainer of one moment: a contact came after, or none did (negative).
func (p *predict) exposureExample(ctx *pipeline.Context, j *Journey, x schemas.Exposure, after schemas.Millis) {
	features := p.example.Features[:0]
	p.example = schemas.TrainingExample{
		PersonRef: j.PersonRef, PredictedAt: x.At, LabelledAt: schemas.Millis(j.At), TaxonomyVersion: p.taxonomy.Version,
		ModelVersion: p.model.version, Features: features, ExposureBand: x.Band, ContactAfterMs: int64(after),
	}
	if after < 0 {
		p.example.Reason, p.example.ContactAfterMs = schemas.ReasonNone, -1
	}
	p.emitExample(ctx, j.TriggerID)
}

// ownsTimer tells predict's timers.
func (p *predict) ownsTimer(kind uint8) bool { return kind == timerExposure }

// onTimer loads the person whose moments may have expired.
func (p *predict) onTimer(_ *pipeline.Context, t pipeline.Timer, j *Journey, load func(person string) bool) (bool, error) {
	if !load(t.Key) || len(j.Person.Policy.Exposures) == 0 {
		return false, nil
	}
	return j.fired(t), nil
}

// fired makes the journey that of a timer. Its identity is its kind, key and time: the same after a
// replay.
func (j *Journey) fired(t pipeline.Timer) bool {
	j.Trigger, j.Timer, j.At = TriggerTimer, t, t.At
	j.TriggerID = "timer/" + strconv.Itoa(int(t.Kind)) + "/" + t.Key + "/" + strconv.FormatInt(int64(t.At), 10)
	return true
}
