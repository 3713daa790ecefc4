package train

import (
	"strconv"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// pastExamples read those of earlier builds: without a weight, without a contact's key, without intervals, without how the contact went, without a
// feature space.
var pastExamples = [...]func(schemas.Record, []byte) error{
	schemas.PastReader(schemas.TrainingExampleSchema, "training_example", 5),
	schemas.PastReader(schemas.TrainingExampleSchema, "training_example", 4),
	schemas.PastReader(schemas.TrainingExampleSchema, "training_example", 3),
	schemas.PastReader(schemas.TrainingExampleSchema, "training_example", 2),
	schemas.PastReader(schemas.TrainingExampleSchema, "training_example", 1),
}

// trainer learns from training-examples and publishes versions of the model. What it must remember is
// all in its learner, which is its only store.
type trainer struct {
	// c has its defaults. space is what the examples' numbers must belong to.
	c     Config
	space *evidence.FeatureSpace
	// schema is the id under which models are written, exampleID that of the examples of this build.
	schema    int32
	exampleID int32
	// models is where versions go.
	models pipeline.Output
	// learner knows what was learned and how far publishing has come.
	learner predict.Learner
	// center is the contact center's state; nil for a family that does not look at it.
	center *centerStore
	drift  *driftStore
	// contest has a challenger; nil where none is set.
	contest *contest
	example schemas.TrainingExample
	model   schemas.Model
	buf     []byte
	key     []byte

	// CloudEvents headers of models.
	attributes emit.Attributes
}

// New returns the TRAINER processor, for pipeline.Role.New. Its source is the topic of examples,
// which must have one partition: with more, each would train a model of its own under the same names.
func New(e emit.Config, t *schemas.Taxonomy, f predict.Family, c Config) func(*pipeline.Setup) (pipeline.Processor, error) {
	e.SetDefaults()
	c.SetDefaults()
	return func(s *pipeline.Setup) (pipeline.Processor, error) {
		space, err := f.Space(t)
		if err != nil {
			return nil, err
		}
		t := &trainer{c: c, space: space, schema: e.Schemas.Model, exampleID: e.Schemas.TrainingExample, models: s.Output(e.Topics.Models), learner: f.Learner(space, predict.Learning{HalfLife: c.HalfLife, Rate: c.Rate}),
			attributes: emit.AttributesOf(s, "Model")}
		s.Register(t.learner)
		t.drift = newDrift(space)
		s.Register(t.drift)
		if t.contest = newContest(f, space, &t.c, t.learner); t.contest != nil {
			s.Register(t.contest.learners[1])
			s.Register(t.contest)
		}
		if space.Hashed() {
			t.center = &centerStore{reasons: len(space.Taxonomy.Reasons), prefix: space.Taxonomy.Version}
			s.Register(t.center)
		}
		return t, nil
	}
}

// Process learns one example, and publishes when enough have come since the last version. An example
// of another taxonomy or feature space is counted and left out.
func (t *trainer) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	id, payload, ok := emit.SplitFrame(r.Value)
	if !ok {
		return pipeline.Invalid(emit.ReasonUndecodable, nil)
	}
	if err := t.decode(id, payload); err != nil {
		return pipeline.Invalid(emit.ReasonUndecodable, err)
	}
	if t.example.TaxonomyVersion != t.space.Taxonomy.Version || !t.ours(&t.example) {
		// Its numbers mean other features: learned, they would be falsehoods that nobody could see.
		ctx.Count(predict.CountOtherSpace, "example")
		return nil
	}
	t.champion()
	t.begin(ctx)
	x := &t.example
	lacks := x.Reason == schemas.ReasonUnknown && x.ExposureBand < 0 && x.Interval < 0
	if !lacks {
		if err := t.learner.Learn(x); err != nil {
			return pipeline.Invalid(emit.ReasonWrongType, err)
		}
		t.tellCenter(ctx)
		t.compare(ctx)
	}
	t.watch(ctx, lacks)
	if p := t.learner.Progress(); p.Examples >= max(p.Next, t.c.First) || t.drift.news() {
		t.publish(ctx, p)
	}
	return nil
}

// champion puts the learner whose versions are published in its place: after a restart it may be the other one.
func (t *trainer) champion() {
	if t.contest != nil {
		t.learner = t.contest.learners[t.contest.champion]
	}
}

// countPromoted is the counter of challengers that took the place of the champion.
const countPromoted = "promoted"

// compare lets the challenger learn the example, and tells how the two did where a window ends. A challenger that
// has won as the site demands publishes from here on, a version at once.
func (t *trainer) compare(ctx *pipeline.Context) {
	c, x := t.contest, &t.example
	if c == nil {
		return
	}
	c.learn(x)
	r := t.space.Taxonomy.Index(x.Reason)
	if r < 0 || x.ExposureBand >= 0 || x.Interval >= 0 {
		return
	}
	w, ended := c.score(r, t.c.PromoteMargin, t.c.PromoteWindows)
	if !ended {
		return
	}
	if w.promoted {
		ctx.Count(countPromoted, "challenger")
		t.champion()
		t.publish(ctx, t.learner.Progress())
	}
	t.tellWindow(ctx, &w)
}

// tellWindow writes how champion and challenger did, and deletes the window that is Kept windows old.
func (t *trainer) tellWindow(ctx *pipeline.Context, w *result) {
	p := t.learner.Progress()
	promoted := 0.0
	if w.promoted {
		promoted = 1
	}
	t.model = schemas.Model{Name: "contest", Version: predict.VersionName(p.Version), TaxonomyVersion: t.space.Taxonomy.Version, AsOf: p.AsOf, Examples: p.Examples,
		ClassWeight: []float64{w.champion, w.challenger, float64(w.wins), promoted}}
	t.key = strconv.AppendInt(append(t.key[:0], predict.ContestKey...), w.number, 10)
	t.buf = t.model.AppendAvro(emit.AppendFrame(t.buf[:0], t.schema))
	t.attributes.Id = append(t.attributes.Id[:0], t.key...)
	ctx.Emit(t.models, t.key, t.buf, t.attributes.Of(emit.AliasString(t.attributes.Id), t.model.AsOf)...)
	if old := w.number - t.c.Kept; old > 0 {
		t.key = strconv.AppendInt(append(t.key[:0], predict.ContestKey...), old, 10)
		ctx.Emit(t.models, t.key, nil)
	}
}

// countDrift is the counter of labels that came while something drifted, by what.
const countDrift = "drift"

// watch compares the label with what was said, and tells when something begins or ceases to drift.
func (t *trainer) watch(ctx *pipeline.Context, lacks bool) {
	x, d := &t.example, t.drift
	switch r := t.space.Taxonomy.Index(x.Reason); {
	case lacks:
		d.addUnknown(true)
	case r < 0 || x.ExposureBand >= 0 || x.Interval >= 0:
		return
	default:
		var said []float64
		if j, ok := t.learner.(predict.Judge); ok {
			said = j.Said()
		}
		d.add(x, r, said)
	}
	changed := d.check()
	for i, on := range d.on {
		if on {
			ctx.Count(countDrift, d.name(i))
		}
	}
	if changed {
		t.tellDrift(ctx)
	}
}

// tellDrift writes what drifts now, and by how much: a list that is empty once nothing does.
func (t *trainer) tellDrift(ctx *pipeline.Context) {
	p := t.learner.Progress()
	t.model = schemas.Model{Name: "drift", Version: predict.VersionName(p.Version), TaxonomyVersion: t.space.Taxonomy.Version, AsOf: t.example.LabelledAt, Examples: p.Examples}
	for i, on := range t.drift.on {
		if on {
			t.model.Reasons = append(t.model.Reasons, t.drift.name(i))
			t.model.ClassWeight = append(t.model.ClassWeight, t.drift.amount(i))
		}
	}
	t.key = append(t.key[:0], predict.DriftKey...)
	t.buf = t.model.AppendAvro(emit.AppendFrame(t.buf[:0], t.schema))
	t.attributes.Id = append(append(append(t.attributes.Id[:0], t.key...), '@'), t.example.PredictionID...)
	t.attributes.Id = strconv.AppendInt(t.attributes.Id, int64(t.model.AsOf), 10)
	ctx.Emit(t.models, t.key, t.buf, t.attributes.Of(emit.AliasString(t.attributes.Id), t.model.AsOf)...)
}

// ours says whether an example's numbers mean what they mean here.
func (t *trainer) ours(x *schemas.TrainingExample) bool {
	if x.Interval >= 0 {
		return x.FeatureSpace == t.space.MomentFingerprint()
	}
	return t.space.Made(x.FeatureSpace, x.TaxonomyVersion)
}

// begin publishes what the learner begins with, before it learns its first example.
func (t *trainer) begin(ctx *pipeline.Context) {
	p := t.learner.Progress()
	if p.Version > 0 || p.Examples > 0 {
		return
	}
	if t.contest != nil {
		t.contest.begin()
	}
	if b, ok := t.learner.(predict.Beginner); ok && b.Begin() {
		t.publish(ctx, p)
	}
}

// publish writes the next version, then the record that puts it in force, and deletes the one that is
// Kept versions old. A reader has the tables before it is told to use them, and one commit holds all
// three.
//
// The spacing grows with what is known: a young model changes with every few examples, an old one
// hardly.
func (t *trainer) publish(ctx *pipeline.Context, p *predict.Progress) {
	p.Version++
	p.Next = p.Examples + min(max(int64(float64(p.Examples)*t.c.Growth), t.c.First), t.c.Widest)
	t.model = predict.Publish(t.learner, t.space)
	t.model.Unknown = t.drift.told()
	t.emit(ctx, t.model.Version)
	// The record in force names the version and leaves out its tables.
	t.model = schemas.Model{Name: predict.ModelName, Version: t.model.Version, TaxonomyVersion: t.model.TaxonomyVersion, AsOf: t.model.AsOf, Examples: t.model.Examples, FeatureSpace: t.model.FeatureSpace}
	t.emit(ctx, "current")
	if old := p.Version - t.c.Kept; old > 0 {
		t.key = append(append(t.key[:0], predict.ModelName+"/"...), predict.VersionName(old)...)
		ctx.Emit(t.models, t.key, nil)
	}
}

// emit writes the model under its key. Its CloudEvents id has the version too: the key current stays
// the same.
func (t *trainer) emit(ctx *pipeline.Context, key string) {
	t.key = append(append(t.key[:0], predict.ModelName+"/"...), key...)
	t.buf = t.model.AppendAvro(emit.AppendFrame(t.buf[:0], t.schema))
	t.attributes.Id = append(append(append(t.attributes.Id[:0], t.key...), '@'), t.model.Version...)
	ctx.Emit(t.models, t.key, t.buf, t.attributes.Of(emit.AliasString(t.attributes.Id), t.model.AsOf)...)
}

// tellCenter counts the contact of the example, and broadcasts how the center is doing where enough time has
// passed since the last word on it.
func (t *trainer) tellCenter(ctx *pipeline.Context) {
	x := &t.example
	r := t.space.Taxonomy.Index(x.Reason)
	if t.center == nil || x.Outcome < 0 || r < 0 || !t.center.add(x, r) {
		return
	}
	t.model = schemas.Model{Name: "contact-center", TaxonomyVersion: t.space.Taxonomy.Version, AsOf: t.center.At, ClassWeight: t.center.Numbers(nil, t.center.reasons)}
	t.key = append(t.key[:0], predict.CenterKey...)
	t.buf = t.model.AppendAvro(emit.AppendFrame(t.buf[:0], t.schema))
	t.attributes.Id = strconv.AppendInt(append(append(t.attributes.Id[:0], t.key...), '@'), int64(t.center.At), 10)
	ctx.Emit(t.models, t.key, t.buf, t.attributes.Of(emit.AliasString(t.attributes.Id), t.model.AsOf)...)
}

// decode reads an example of this build, or of an earlier one.
func (t *trainer) decode(id int32, payload []byte) error {
	if id == t.exampleID {
		return schemas.DecodeWhole(&t.example, payload)
	}
	// A record of one version is no whole record of another.
	var err error
	for _, decode := range pastExamples {
		if err = decode(&t.example, payload); err == nil {
			break
		}
	}
	return err
}

// OnFailure drops an example that cannot be read. It was written by this program and not by a source
// system, so there is nobody to send it back to; the engine has counted it.
func (t *trainer) OnFailure(*pipeline.Context, *pipeline.Record, error) error { return nil }
