package predict

import (
	"cmp"
	"strconv"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TrainerConfig sets how the model learns and how often it is published.
type TrainerConfig struct {
	// HalfLife is after how many further examples one counts half. Default 5000: reasons' mix can
	// invert in a week, and must be relearned in a few thousand contacts.
	HalfLife float64
	// Rate is the step of the block weights along the gradient of log loss. Default 0.01.
	Rate float64
	// First is after how many examples the first version is published. Default 20.
	First int64
	// Growth is by how much the spacing grows with what is known. Default 0.25: the next version
	// comes after a quarter more examples.
	Growth float64
	// Widest is the widest spacing, in examples. Default 2000.
	Widest int64
	// Kept is how many versions stay in the topic. Default 16.
	Kept int64
}

// SetDefaults fills in what is zero.
func (c *TrainerConfig) SetDefaults() {
	c.HalfLife = cmp.Or(c.HalfLife, 5000)
	c.Rate = cmp.Or(c.Rate, 0.01)
	c.Growth = cmp.Or(c.Growth, 0.25)
	c.First = cmp.Or(c.First, 20)
	c.Widest = cmp.Or(c.Widest, 2000)
	c.Kept = cmp.Or(c.Kept, 16)
}

// trainer learns from training-examples, one after the other: decayed counts for naive Bayes, the
// weights of its blocks by gradient, contact rates. It publishes numbered versions by the number of
// examples alone, so the same examples give the same versions.
type trainer struct {
	c         TrainerConfig
	space     *evidence.FeatureSpace
	schema    int32
	exampleID int32
	models    pipeline.Output
	learned   *learned
	example   schemas.TrainingExample
	model     schemas.Model
	buf       []byte
	key       []byte

	attributes emit.Attributes
}

// NewTrainer returns the TRAINER processor, for pipeline.Role.New. Its source is the topic of
// examples, of one partition.
func NewTrainer(e emit.Config, t *schemas.Taxonomy, c TrainerConfig) func(*pipeline.Setup) (pipeline.Processor, error) {
	e.SetDefaults()
	c.SetDefaults()
	return func(s *pipeline.Setup) (pipeline.Processor, error) {
		space := evidence.NewFeatureSpace(t)
		t := &trainer{c: c, space: space, schema: e.Schemas.Model, exampleID: e.Schemas.TrainingExample, models: s.Output(e.Topics.Models), learned: NewLearned(space),
			attributes: emit.AttributesOf(s, "Model")}
		s.Register(t.learned)
		return t, nil
	}
}

// Process learns one example.
func (t *trainer) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	id, payload, ok := emit.SplitFrame(r.Value)
	if ok && id != t.exampleID {
		payload, ok = translated(unstampedExample, payload)
	}
	if !ok {
		return pipeline.Invalid(emit.ReasonUndecodable, nil)
	}
	if err := schemas.DecodeWhole(&t.example, payload); err != nil {
		return pipeline.Invalid(emit.ReasonUndecodable, err)
	}
	if t.example.TaxonomyVersion != t.space.Taxonomy.Version || !t.space.Made(t.example.FeatureSpace, t.example.TaxonomyVersion) {
		ctx.Count(countOtherSpace, "example") // its numbers mean other features
		return nil
	}
	if err := t.learned.learn(&t.c, &t.example); err != nil {
		return pipeline.Invalid(emit.ReasonWrongType, err)
	}
	if t.learned.examples >= max(t.learned.next, t.c.First) {
		t.publish(ctx, t.learned)
	}
	return nil
}

// publish writes the next version, then the word that it is in force, and takes an old one back.
func (t *trainer) publish(ctx *pipeline.Context, s *learned) {
	s.version++
	s.next = s.examples + min(max(int64(float64(s.examples)*t.c.Growth), t.c.First), t.c.Widest)
	s.FillModel(&t.model)
	t.emit(ctx, t.model.Version)
	t.model = schemas.Model{Name: modelName, Version: t.model.Version, TaxonomyVersion: t.model.TaxonomyVersion, AsOf: t.model.AsOf, Examples: t.model.Examples, FeatureSpace: t.model.FeatureSpace}
	t.emit(ctx, "current")
	if old := s.version - t.c.Kept; old > 0 {
		t.key = append(append(t.key[:0], modelName+"/"...), modelVersion(old)...)
		ctx.Emit(t.models, t.key, nil)
	}
}

func (t *trainer) emit(ctx *pipeline.Context, key string) {
	t.key = append(append(t.key[:0], modelName+"/"...), key...)
	t.buf = t.model.AppendAvro(emit.AppendFrame(t.buf[:0], t.schema))
	t.attributes.Id = append(append(append(t.attributes.Id[:0], t.key...), '@'), t.model.Version...)
	ctx.Emit(t.models, t.key, t.buf, t.attributes.Of(emit.AliasString(t.attributes.Id), t.model.AsOf)...)
}

func modelVersion(n int64) string { return "v" + strconv.FormatInt(n, 10) }

// OnFailure drops an example that cannot be read: it came from this program, and the engine counts it.
func (t *trainer) OnFailure(*pipeline.Context, *pipeline.Record, error) error { return nil }
