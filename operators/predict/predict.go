package predict

import (
	"fmt"
	"time"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// worthTelling is the probability of a contact in an interval whose end without one is news.
const worthTelling = 0.05

// MaxStarts bounds the contacts of a person whose reasons are awaited. A call that never gets a
// disposition would otherwise stay in the state for good; the oldest is given up.
const MaxStarts = 4

// Step is the predict step: it says why, whether and when a person will make contact, and turns
// dispositions into examples for the trainer. Of the person's PolicyState it owns Published, Starts,
// Exposures and Moments.
//
// One Step serves one task, and its buffers hold one trigger at a time: E, P, Top and the journey's
// prediction are valid until the next Process. The steps after it read them.
type Step struct {
	taxonomy *schemas.Taxonomy
	space    *evidence.FeatureSpace
	family   Family
	// Zone is that of the site.
	Zone *time.Location
	// flags says how strong signs of danger have to be.
	flags evidence.Config
	// move is the change that is worth another record.
	move float64
	// momentsIn is in how many touchpoints one is learned from.
	momentsIn uint64
	// Model is the one in use, Degraded why it is not the one in force; empty where it is.
	Model    Model
	Degraded string
	// The versions that may be put in force.
	versions modelVersions
	// latest is the version that the trainer put in force last. pinned: another is held in force.
	latest string
	pinned bool
	// center is the contact center's state as the trainer told it last; nil before.
	center *evidence.Center

	// Where predictions and examples go.
	predictions, examples pipeline.Output
	// Ids that the registry gave to the schemas of what is written, and of the models that are read.
	predictionID int32
	exampleID    int32
	modelID      int32
	// CloudEvents headers of predictions and of examples.
	attributes        emit.Attributes
	exampleAttributes emit.Attributes

	// E is what the prediction was made from, features the numbers of what is active in it,
	// ascending.
	E evidence.Evidence
	// before is E without what the touchpoint has changed, for the label of a contact without a start.
	before   evidence.Evidence
	features []int32
	// moment are the tokens of whether and when, within the probabilities of a contact that come of them.
	moment []int32
	within [RateHorizons]float64
	// P is the probability of each reason, in the taxonomy's order; Top the one that is named.
	P   [schemas.MaxReasons]float64
	Top int
	// Unknown: the model tells too little more than the usual mix for Top to be named.
	Unknown bool
	// complete says that Journey.Prediction has its id and lists (Finish), encoded that wire has it behind a frame.
	complete, encoded bool
	wire              []byte
	// Buffers, kept so that a record allocates nothing.
	id       emit.IdBuffer
	example  schemas.TrainingExample
	incoming schemas.Model
	buf      []byte
	key      []byte
}

// New makes the step for one task. It predicts by the taxonomy's priors until a model arrives: a new
// site has predictions from its first touchpoint, marked as degraded.
func New(s *pipeline.Setup, c *emit.Config, t *schemas.Taxonomy, f Family, flags evidence.Config, own Config) (*Step, error) {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return nil, fmt.Errorf("taxonomy %s: zone: %w", t.Version, err)
	}
	space, err := f.Space(t)
	if err != nil {
		return nil, err
	}
	return &Step{
		taxonomy: t, space: space, Zone: zone, family: f, flags: flags, move: own.Move, momentsIn: uint64(own.MomentsIn), Model: f.Priors(space), Degraded: "no_model",
		predictions: s.Output(c.Topics.Predictions), examples: s.Output(c.Topics.TrainingExamples),
		predictionID: c.Schemas.Prediction, exampleID: c.Schemas.TrainingExample, modelID: c.Schemas.Model,
		attributes: emit.AttributesOf(s, "Prediction"), exampleAttributes: emit.AttributesOf(s, "TrainingExample"),
	}, nil
}

// Process predicts for the trigger. At a contact's start it keeps the prediction for the label to
// come; at a disposition it makes an example.
//
// The order matters: signals first, so that the touchpoint counts as evidence; the label after the
// prediction, so that no prediction knows its own answer; exposures last, once it is known whether a
// contact is under way.
func (p *Step) Process(ctx *pipeline.Context, j *person.Journey) error {
	p.complete, p.encoded = false, false
	if j.Person == nil || j.Trigger == person.TriggerConsent && j.Persona.Touchpoints == 0 {
		// A consent, outcome or timer for a person without touchpoints: there is nothing to predict
		// from.
		return nil
	}
	tp := j.Touchpoint
	if tp != nil && j.Shard != nil {
		j.KeepSignals(p.taxonomy)
		p.correct(j)
	}
	p.E.Collect(j, p.taxonomy, p.Zone, &p.flags)
	if p.space.Hashed() {
		p.E.CollectHistory(j, p.taxonomy, p.center)
	}
	// In the order of their numbers, which examples and explanations rely on.
	p.features = p.space.Active(p.features[:0], &p.E)
	p.Model.Distribution(&p.P, p.features)
	if !p.E.InContact {
		p.moment = p.space.Moment(p.moment[:0])
		p.Model.Within(&p.within, rateBand(&p.E), p.moment)
	}
	p.fill(j)
	switch {
	case tp == nil:
	case j.ContactPhase == person.ContactStarted:
		p.begin(ctx, j)
	case j.ContactPhase == person.ContactDisposition:
		p.learn(ctx, j)
	}
	if tp != nil && !p.E.InContact {
		p.expose(ctx, j)
	}
	p.publish(ctx, j)
	return nil
}

// fill sets the numbers of the prediction. Its id and lists follow only where somebody needs them
// (Finish): most predictions change nothing and are written nowhere.
func (p *Step) fill(j *person.Journey) {
	v := &j.Prediction
	v.PredictionID, v.PersonRef, v.AsOf, v.TriggerID = "", j.PersonRef, schemas.Millis(j.Known), j.TriggerID
	v.Channel, v.ContactRef, v.ContactKey, v.Phase = schemas.ChannelUnknown, schemas.Opt[string]{}, "", schemas.PredictionPhaseUpdate
	if j.Touchpoint != nil {
		v.Channel = j.Touchpoint.Channel
	}
	if j.Contact != nil {
		if v.ContactKey = person.KeyOf(j.Contact); j.Contact.ContactID != "" {
			v.ContactRef = schemas.Some(j.Contact.ContactID)
		}
	}
	switch j.ContactPhase {
	case person.ContactStarted:
		v.Phase = schemas.PredictionPhaseContactStart
	case person.ContactEnded:
		v.Phase = schemas.PredictionPhaseContactEnd
	}
	v.ModelVersion, v.TaxonomyVersion = p.Model.Version(), p.taxonomy.Version
	v.FeatureSpace = p.space.Fingerprint()
	v.Reasons, v.Evidence, v.Features, v.NotKnown = v.Reasons[:0], v.Evidence[:0], v.Features[:0], v.NotKnown[:0]
	// Within a contact the contact is certain, whatever the horizon.
	v.P15m, v.P2h, v.P24h, v.P7d = 1, 1, 1, 1
	if !p.E.InContact {
		r := &p.within
		v.P15m, v.P2h, v.P24h, v.P7d = r[0], r[1], r[2], r[3]
	}
	p.Top = p.Model.Top(&p.P)
	p.Unknown = !p.Model.Knows(&p.P)
	v.Urgency, v.Effort, v.Frustration = p.urgency(), p.E.Effort, p.E.Frustration
	j.Predicted = true
}

// urgency is the taxonomy's urgency of each reason weighted by how likely the reason is, from 0 to 1.
// Red flags add to it or override it: an emergency stays one however unlikely the model finds it.
func (p *Step) urgency() float64 {
	u := 0.0
	for r := range p.taxonomy.Reasons {
		u += float64(p.P[r] * p.taxonomy.Reasons[r].Urgent)
	}
	if p.E.Facts&(1<<schemas.EhrEventDischarge) != 0 {
		// Patients call more, and about graver things, in the days after a discharge.
		u += 0.1
	}
	const grave = 1<<schemas.FlagEmergency | 1<<schemas.FlagSelfHarm | 1<<schemas.FlagPoison
	switch {
	case p.E.Standing&grave != 0:
		return 1
	case p.E.Standing != 0:
		u += 0.3
	}
	return min(u, 1)
}

// publish emits the prediction at a contact's start and end, and otherwise where it differs enough
// from the one published last. That one is part of the person's state: after a restart the same
// updates go out.
func (p *Step) publish(ctx *pipeline.Context, j *person.Journey) {
	v, last := &j.Prediction, &j.Person.Policy.Published
	// The first prediction of a person is always published: a reader has nothing to compare a change
	// with.
	if v.Phase == schemas.PredictionPhaseUpdate && last.OK && !p.moved(v, &last.V) {
		return
	}
	p.Finish(j)
	last.OK = true
	// Remember what was said, not what is true now: small changes that add up are published once they
	// matter.
	last.V = schemas.PublishedPrediction{Top: p.taxonomy.Reasons[p.Top].Code, Urgency: v.Urgency, P15m: v.P15m, P2h: v.P2h, P24h: v.P24h, P7d: v.P7d}
	p.encode(j)
	p.key = append(p.key[:0], j.PersonRef.Reveal()...)
	ctx.Emit(p.predictions, p.key, p.wire, p.attributes.Of(v.PredictionID, v.AsOf)...)
}

// encode makes the wire form of the journey's prediction, which is complete.
func (p *Step) encode(j *person.Journey) {
	p.wire, p.encoded = j.Prediction.AppendAvro(emit.AppendFrame(p.wire[:0], p.predictionID)), true
}

// AppendPrediction appends the wire form of the journey's prediction, which is complete. Where it was published it
// is encoded already.
func (p *Step) AppendPrediction(dst []byte, j *person.Journey) []byte {
	if !p.encoded {
		p.encode(j)
	}
	return append(dst, p.wire[emit.FrameSize:]...)
}

// moved says whether a prediction differs enough from the last published one to be worth a record.
func (p *Step) moved(v *schemas.Prediction, last *schemas.PublishedPrediction) bool {
	far := func(a, b float64) bool { return a-b >= p.move || b-a >= p.move }
	return last.Top != p.taxonomy.Reasons[p.Top].Code || far(v.Urgency, last.Urgency) || far(v.P15m, last.P15m) ||
		far(v.P2h, last.P2h) || far(v.P24h, last.P24h) || far(v.P7d, last.P7d)
}

// Finish completes the journey's prediction with its id, distribution, evidence and features. It does
// so once for a trigger, whoever asks first: publishing, the start of a contact, or a decision that
// cites it.
func (p *Step) Finish(j *person.Journey) {
	if p.complete {
		return
	}
	p.complete = true
	v := &j.Prediction
	v.PredictionID = p.id.Of("prediction", ModelName, j.TriggerID, 0)
	p.list(v)
	v.Features = append(v.Features, p.features...)
	v.ExpiresAt = p.expiry(v)
	p.tellNotKnown(v)
	p.explain(v)
}

// list tells all reasons, likeliest first. The one that is named stands before them, so that every reader names the
// same one.
func (p *Step) list(v *schemas.Prediction) {
	// Numbers are sorted, and not what is told of them: that has pointers, which cost more to move.
	var order [schemas.MaxReasons]uint8
	n := 0
	for r := range p.taxonomy.Reasons {
		if r == p.Top {
			continue
		}
		i, x := n, p.P[r]
		// Insertion keeps reasons of equal probability in the taxonomy's order, so that a replay lists them
		// alike.
		for ; i > 0 && p.P[order[i-1]] < x; i-- {
			order[i] = order[i-1]
		}
		order[i], n = uint8(r), n+1
	}
	p.tell(v, p.Top)
	for _, r := range order[:n] {
		p.tell(v, int(r))
	}
}

// tell lists a reason.
func (p *Step) tell(v *schemas.Prediction, r int) {
	v.Reasons = append(v.Reasons, schemas.ReasonProbability{Code: p.taxonomy.Reasons[r].Code, P: p.P[r]})
}

// expiry is until when the probabilities of horizons hold where nothing is heard of the person: to the end of
// the first interval in which a contact was likely enough to matter. That none came by then is news. Within a
// contact it is the shortest horizon: how long a contact takes is not predicted.
func (p *Step) expiry(v *schemas.Prediction) schemas.Millis {
	before := 0.0
	for h, within := range [RateHorizons]float64{v.P15m, v.P2h, v.P24h, v.P7d} {
		if within-before >= worthTelling {
			return v.AsOf + Horizons[h]
		}
		before = within
	}
	return v.AsOf + Horizons[RateHorizons-1]
}

// tellNotKnown lists what the prediction had to do without.
func (p *Step) tellNotKnown(v *schemas.Prediction) {
	for _, x := range [...]struct {
		name    string
		missing bool
	}{
		{"reason", p.Unknown}, {"model", p.Degraded != ""}, {"contacts", p.E.Contacts == 0}, {"digital_steps", p.E.DigitalAt == 0},
		{"health_record", p.E.Facts == 0}, {"contact_center", p.space.Hashed() && p.center == nil},
	} {
		if x.missing {
			v.NotKnown = append(v.NotKnown, x.name)
		}
	}
}

// maxEvidence bounds the evidence listed: what an agent can take in at a glance.
const maxEvidence = 5

// explain lists what speaks most for the top reason, strongest first: tokens of one group and evidence of one
// kind together, since somebody who reads it asks what, and not how often it was counted. Contributions below
// 0.01 would be noise in a brief.
func (p *Step) explain(v *schemas.Prediction) {
	var top strongest
	for i := 0; i < len(p.features); {
		f, w := p.features[i], 0.0
		// Codes of one group, and of one kind about one reason, stand side by side.
		for subject := p.space.Subject(f); i < len(p.features) && p.space.Subject(p.features[i]) == subject; i++ {
			w += p.Model.Contribution(p.features[i], p.Top)
		}
		top.add(f, w)
	}
	// Words are looked up for those that are told only.
	for _, x := range top.list[:top.n] {
		name, text := p.space.Describe(x.feature)
		v.Evidence = append(v.Evidence, schemas.Evidence{Feature: name, Weight: x.weight, Text: text, At: p.space.EventOf(x.feature, &p.E)})
	}
}

// strongest are the largest contributions, largest first. Of equal ones the first stays first.
type strongest struct {
	list [maxEvidence]contribution
	n    int
}

type contribution struct {
	feature int32
	weight  float64
}

// add puts a contribution into its place, if it has one.
func (s *strongest) add(feature int32, w float64) {
	if w < 0.01 || s.n == maxEvidence && w <= s.list[maxEvidence-1].weight {
		return
	}
	s.n = min(s.n+1, maxEvidence)
	i := s.n - 1
	for ; i > 0 && s.list[i-1].weight < w; i-- {
		s.list[i] = s.list[i-1]
	}
	s.list[i] = contribution{feature, w}
}
