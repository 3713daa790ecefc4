package clickhouse

import (
	"context"
	"errors"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// filler turns records into rows. It belongs to the goroutine that polls.
type filler struct {
	cfg *Config
	// By topic.
	add   map[string]addFunc
	codes *codeBook

	// Decoded into again and again, so that a record allocates nothing.
	identified schemas.Identified
	prediction schemas.Prediction
	action     schemas.NextBestAction
	input      schemas.DecisionInput
	outcome    schemas.ActionOutcome
	aggregate  schemas.Aggregate
	fact       schemas.ContactFact
	audit      schemas.AccessAudit
	rejected   schemas.RejectedRecord
}

func newFiller(cfg *Config) (*filler, error) {
	f := &filler{cfg: cfg, codes: &codeBook{}, add: map[string]addFunc{}}
	var problems []error
	decoder := func(record string) *schemas.Decoder {
		d, err := schemas.NewDecoder(record, cfg.SchemaIDs[record], cfg.Schemas)
		problems = append(problems, err)
		return d
	}
	t := cfg.Topics
	f.add[t.Identified] = f.addIdentified(decoder("Identified"))
	f.add[t.Predictions] = f.addPrediction(decoder("Prediction"))
	f.add[t.Actions] = f.addAction(decoder("NextBestAction"))
	f.add[t.Inputs] = f.addInput(decoder("DecisionInput"))
	f.add[t.Outcomes] = f.addOutcome(decoder("ActionOutcome"))
	f.add[t.Aggregates] = f.addAggregate(decoder("Aggregate"))
	f.add[t.Facts] = f.addFact(decoder("ContactFact"))
	f.add[t.Audit] = f.addAudit(decoder("AccessAudit"))
	f.add[t.Rejected] = f.addRejected(decoder("RejectedRecord"), decoder("Identified"))
	return f, errors.Join(problems...)
}

type addFunc = func(ctx context.Context, b *batch, r *pipeline.Record, at place) error

// addIdentified takes touchpoints and moves. Consents, outcomes and shards' states in the same topic are for PATIENT
// tasks alone.
func (f *filler) addIdentified(d *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		v := &f.identified
		if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), v); err != nil {
			return err
		}
		switch v.Payload.Kind {
		case schemas.IdentifiedPayloadTouchpoint:
			if err := inRange(v.Payload.Touchpoint.OccurredAt); err != nil {
				return err
			}
			b.touchpoints.append(b.scratch, v, at)
		case schemas.IdentifiedPayloadMoveShard:
			if err := inRange(v.Payload.MoveShard.At); err != nil {
				return err
			}
			b.moves.append(b.scratch, v, at)
		}
		return nil
	}
}

func (f *filler) addPrediction(d *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		v := &f.prediction
		if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), v); err != nil {
			return err
		}
		if err := inRange(v.AsOf); err != nil {
			return err
		}
		b.predictions.append(b.scratch, v, at)
		return nil
	}
}

func (f *filler) addAction(d *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		v := &f.action
		if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), v); err != nil {
			return err
		}
		if err := inRange(v.AsOf); err != nil {
			return err
		}
		b.actions.append(b.scratch, v, at)
		return nil
	}
}

// addInput takes the decisions that contact centers never saw. The others come as actions.
func (f *filler) addInput(d *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		v := &f.input
		if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), v); err != nil {
			return err
		}
		if err := inRange(v.Decision.AsOf); err != nil {
			return err
		}
		if !v.Decision.Delivered {
			b.actions.append(b.scratch, &v.Decision, at)
		}
		return nil
	}
}

// addOutcome reads what contact centers wrote, before INGEST has checked it. It applies INGEST's rules: what INGEST
// rejects must not be in a table.
func (f *filler) addOutcome(d *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		v := &f.outcome
		if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), v); err != nil {
			return err
		}
		if !schemas.IsPersonRef(v.PersonRef.Reveal()) {
			return &schemas.RecordError{Code: "unknown_person", Detail: "person_ref"}
		}
		if !schemas.IsReference(v.DecisionID) {
			v.DecisionID = ""
		}
		if !schemas.IsName(v.Action) {
			v.Action = ""
		}
		if !schemas.IsName(v.Reason) {
			v.Reason = ""
		}
		if err := inRange(v.OccurredAt); err != nil {
			return err
		}
		b.outcomes.append(b.scratch, v, at)
		return nil
	}
}

func (f *filler) addAggregate(d *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		v := &f.aggregate
		if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), v); err != nil {
			return err
		}
		if err := inRange(v.WindowStart); err != nil {
			return err
		}
		b.aggregates.append(b.scratch, v, at)
		return nil
	}
}

func (f *filler) addFact(d *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		v := &f.fact
		if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), v); err != nil {
			return err
		}
		if err := inRange(v.StartedAt); err != nil {
			return err
		}
		b.facts.append(b.scratch, v, at)
		return nil
	}
}

// addAudit takes what desks wrote of who was shown whom.
func (f *filler) addAudit(d *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		v := &f.audit
		if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), v); err != nil {
			return err
		}
		if err := inRange(v.OccurredAt); err != nil {
			return err
		}
		b.audits.append(b.scratch, v, at)
		return nil
	}
}

// concludedFirst is the version of what was said of a contact: of two persons who have a part of it
// each, the one with the disposition is believed.
func concludedFirst(concluded bool, revision int32) uint64 {
	version := uint64(uint32(revision))
	if concluded {
		version |= 1 << 32
	}
	return version
}

// addRejected takes touchpoints out again that reached their patient's task and were refused there. Their rows came
// from attune.identified, which was written before. The row of a duplicate is that of its first copy, and stays.
// Records that were rejected at their source have no person_ref as their key and never had a row. Records that cannot
// be read are skipped: they are in the rejected topic already. Only the patient's task is believed: what another sink
// could not write is no fact about the touchpoint.
func (f *filler) addRejected(d, identified *schemas.Decoder) addFunc {
	return func(ctx context.Context, b *batch, r *pipeline.Record, at place) error {
		if string(header(r, schemas.HeaderSource)) != refusingSource {
			return nil
		}
		x, v := &f.rejected, &f.identified
		var bad *schemas.RecordError
		if err := d.Decode(ctx, r.Value, x); errors.As(err, &bad) {
			return nil
		} else if err != nil {
			return err
		}
		if x.Reason == reasonDuplicate || !schemas.IsPersonRef(string(x.Key.V)) {
			return nil
		}
		if err := identified.Decode(ctx, x.Value.V, v); errors.As(err, &bad) {
			return nil
		} else if err != nil {
			return err
		}
		if v.Payload.Kind == schemas.IdentifiedPayloadTouchpoint && inRange(v.Payload.Touchpoint.OccurredAt) == nil {
			at.refused = 1
			b.touchpoints.append(b.scratch, v, at)
		}
		return nil
	}
}

// refusingSource is the CloudEvents source of the role that takes touchpoints into personas.
const refusingSource = "/attune/patient"

// header is the value of a record's header, nil where it has none.
func header(r *pipeline.Record, key string) []byte {
	for i := range r.Headers {
		if r.Headers[i].Key == key {
			return r.Headers[i].Value
		}
	}
	return nil
}

// reasonDuplicate is the reason of a rejected copy that equals the first in everything.
const reasonDuplicate = "duplicate"

// inRange refuses an event time that does not fit the column by which its table is partitioned.
func inRange(t schemas.Millis) error {
	if t < minMillis || t > maxMillis {
		return &schemas.RecordError{Code: "absurd_time", Detail: "event time is not within the years 1900 to 2261"}
	}
	return nil
}
