package roles

import (
	"context"
	"fmt"
	"slices"
	"time"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TopologyConfig translates the file's settings into the topology's own configuration.
func TopologyConfig(c *config.Config, ids schemas.IDs, source schemas.SchemaSource) (attune.Config, error) {
	taxonomy, err := schemas.LoadTaxonomy(c.Run.Taxonomy)
	if err != nil {
		return attune.Config{}, exit.Usage(fmt.Errorf("run.taxonomy: %w", err))
	}
	family, err := attune.ModelFamily(c.Run.Model)
	if err != nil {
		return attune.Config{}, exit.Usage(fmt.Errorf("run.%w", err))
	}
	var catalogue *decide.Catalogue // nil: the built-in one that fits the taxonomy
	if c.Run.Catalogue != "" {
		if catalogue, err = decide.LoadCatalogue(c.Run.Catalogue, taxonomy); err != nil {
			return attune.Config{}, exit.Usage(fmt.Errorf("run.catalogue: %w", err))
		}
	}
	var wording *decide.Wording // nil: the built-in one in the catalogue's language
	if c.Run.Wording != "" {
		if wording, err = decide.LoadWording(c.Run.Wording); err != nil {
			return attune.Config{}, exit.Usage(fmt.Errorf("run.wording: %w", err))
		}
	}
	order, err := c.Run.IdentifierOrder()
	if err != nil {
		return attune.Config{}, exit.Usage(err)
	}
	known := schemas.NewKnownSchemas(source)
	resolve, err := resolver(ids, known)
	if err != nil {
		return attune.Config{}, err
	}
	t := c.Graph
	t.Changelogs, t.Taxonomy, t.Catalogue = attune.ChangelogsIn(c.Topics.Generation), taxonomy, catalogue
	t.Emit = emit.Config{Topics: emit.DefaultTopics().InGeneration(c.Topics.Generation), Schemas: operatorIDs(ids), MaxRejectedBytes: c.Topics.MaxRecordBytes}
	t.Identify.SiteKey, t.Identify.IdentifierOrder, t.Identify.Resolve, t.Identify.LogClock = []byte(c.Run.IdentityKey), order, resolve, c.Run.Clock == "log"
	t.Identify.Prepare = prepare(ids, known, c.Registry.Timeout)
	t.Observe.Limit, t.LiveWithin = c.Run.Limit, c.Run.LiveWithin
	t.Brief.Wording, t.Model = wording, family
	return t, nil
}

// operatorIDs picks the ids of what the operators read and write. Several topics may carry one record
// type under different ids; what is read under another id is resolved.
func operatorIDs(ids schemas.IDs) emit.SchemaIDs {
	return emit.SchemaIDs{
		Touchpoint: ids[schemas.TopicTouchpointsWeb], Consent: ids[schemas.TopicConsents], ActionOutcome: ids[schemas.TopicActionOutcomes],
		IdentityLink: ids[schemas.TopicIdentityLinks], Identified: ids[schemas.TopicIdentified], IdentityEntry: ids[schemas.TopicIdentity],
		Persona: ids[schemas.TopicPersonas], RejectedRecord: ids[schemas.TopicTouchpointsRejected], Prediction: ids[schemas.TopicPredictions],
		NextBestAction: ids[schemas.TopicActions], DecisionInput: ids[schemas.TopicDecisionInputs], Aggregate: ids[schemas.TopicAggregates],
		ContactFact:     ids[schemas.TopicContactFacts],
		TrainingExample: ids[schemas.TopicTrainingExamples], Model: ids[schemas.TopicModels],
	}
}

// prepare makes a func that asks the registry for the schemas of foreign records before a task takes
// them. Operators must not wait for a registry inside Process.
func prepare(ids schemas.IDs, known *schemas.KnownSchemas, timeout time.Duration) func([]pipeline.Record) func(context.Context) error {
	own := map[string][]int32{} // by topic
	for _, t := range schemas.Topics(schemas.TopicConfig{}) {
		own[t.Name] = ids.OfRecord(t.Record)
	}
	return func(records []pipeline.Record) (get func(context.Context) error) {
		var missing []int32
		for i := range records {
			id, _, err := schemas.ParseFrame(schemas.WithFrame(records[i].Headers, records[i].Value))
			if err != nil || slices.Contains(own[records[i].Topic], id) || known.Has(id) || slices.Contains(missing, id) {
				continue // no frame: the operator rejects it
			}
			missing = append(missing, id)
		}
		if len(missing) == 0 {
			return nil
		}
		return func(ctx context.Context) error {
			for _, id := range missing {
				if err := ask(ctx, known, id, timeout); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

func ask(ctx context.Context, known *schemas.KnownSchemas, id int32, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := known.Ask(ctx, id); err != nil {
		return fmt.Errorf("resolve %s: %w", schemas.IDWords(id), err)
	}
	return nil
}

// resolver makes a func that decodes records with a foreign schema, if it is known.
func resolver(ids schemas.IDs, source schemas.SchemaSource) (func(value []byte, into schemas.Record) error, error) {
	decoders := map[string]*schemas.Decoder{}
	for _, record := range []string{"Touchpoint", "Consent", "ActionOutcome", "IdentityLink"} {
		d, err := schemas.NewDecoder(record, ids.OfRecord(record), source)
		if err != nil {
			return nil, err
		}
		decoders[record] = d
	}
	return func(value []byte, into schemas.Record) error {
		var record string
		switch into.(type) {
		case *schemas.Touchpoint:
			record = "Touchpoint"
		case *schemas.Consent:
			record = "Consent"
		case *schemas.ActionOutcome:
			record = "ActionOutcome"
		case *schemas.IdentityLink:
			record = "IdentityLink"
		}
		return decoders[record].Decode(context.Background(), value, into) // source never waits
	}, nil
}

// Windows are the windows of a run, as the verifier takes them.
func Windows(c attune.Config) []verify.Window {
	var out []verify.Window
	for _, w := range c.Aggregate.Windows() {
		out = append(out, verify.Window{Aggregate: w.Name, Size: int64(w.Size), Lateness: int64(w.Lateness)})
	}
	return out
}
