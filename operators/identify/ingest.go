package identify

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// ingest is the INGEST processor of one source partition: decode, validate, find the owner, send on.
// It keeps no state but the source's watermark, which is the engine's: a task that is lost is started
// elsewhere at once, and any number of them read side by side.
// One task owns it. Strings of out alias the source record until the next one.
type ingest struct {
	emit   *emit.Config
	config *Config

	// kind, channel and schemaID say what the source topic holds; channel is for touchpoints only.
	kind    sourceKind
	channel schemas.Channel
	// schemaID is that of this build. Values with another one go to Config.Resolve.
	schemaID int32

	// table says whose each linked identifier is. The engine applies the identity topic to it between
	// records, up to where it was when the task started at least.
	table *IdentityTable
	// identified is what all that follows reads. One source record becomes one record of it, or a rejection.
	identified pipeline.Output
	// rejects writes what cannot be used to the rejected topic, with the reason and its place in the source.
	rejects  *emit.Rejecter
	identify *identifier
	// held finds the identifiers of a record in its other fields.
	held spellings
	// sessions is nil where the site allows no links by session.
	sessions *sessions
	// checks come before identifiers, which cost more.
	checks validator

	// out is decoded into, and buf and key are encoded into, for every record: nothing is allocated.
	// It is not cleared between records, so that each path sets all fields that are sent.
	out schemas.Identified
	buf []byte
	key []byte
}

// sourceKind is what a source topic holds.
type sourceKind uint8

const (
	// From 1, so that a source that was never set is none of them.
	sourceTouchpoints sourceKind = iota + 1
	sourceConsents
	sourceOutcomes
)

// NewIngest returns the INGEST processor, for pipeline.Role.New. The role's tables must hold the
// identity topic as an IdentityTable.
// Each task gets its own processor; config and words are shared.
func NewIngest(e emit.Config, t *schemas.Taxonomy, c Config) func(*pipeline.Setup) (pipeline.Processor, error) {
	e.SetDefaults()
	c.SetDefaults()
	w := newWords(&c)
	return func(s *pipeline.Setup) (pipeline.Processor, error) {
		if err := c.Validate(); err != nil {
			return nil, err
		}
		i := &ingest{emit: &e, config: &c, identified: s.Output(e.Topics.Identified), rejects: emit.NewRejecter(s, &e, e.Topics.Rejected)}
		// A source that is not known fails the start, and not each record.
		if err := i.setSource(s.Task().Source.Topic); err != nil {
			return nil, err
		}
		table, ok := s.Table(e.Topics.Identity).(*IdentityTable)
		if !ok {
			return nil, fmt.Errorf("table %s: not an identity table", e.Topics.Identity)
		}
		i.table = table
		i.identify = newIdentifier(&c, w, table)
		i.held.forms = i.identify.keys.forms
		// Consents and outcomes have no session.
		if c.LinkAuthenticatedSessions && i.kind == sourceTouchpoints {
			i.sessions = newSessions(s, &e, i.identify)
		}
		i.checks = validator{&c, t, i.channel}
		return i, nil
	}
}

// setSource finds out from the topic's name what the task reads.
// One source topic holds one kind of record, so that no record is asked what it is.
func (i *ingest) setSource(topic string) error {
	t := &i.emit.Topics
	i.kind, i.schemaID = sourceTouchpoints, i.emit.Schemas.Touchpoint
	// The channel is the topic's. A touchpoint that claims another one is rejected.
	for _, c := range schemas.Channels() {
		if topic == t.Touchpoints[c.Channel] {
			i.channel = c.Channel
			return nil
		}
	}
	switch topic {
	case t.Consents:
		i.kind, i.schemaID = sourceConsents, i.emit.Schemas.Consent
	case t.ActionOutcomes:
		i.kind, i.schemaID = sourceOutcomes, i.emit.Schemas.ActionOutcome
	default:
		return fmt.Errorf("source %s: not a topic that ingest knows", topic)
	}
	return nil
}

// Process takes one source record. A record that cannot be used is written to the rejected topic.
// An error ends the task, and is never a fault of the record.
func (i *ingest) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	switch i.kind {
	case sourceTouchpoints:
		return i.touchpoint(ctx, r)
	case sourceConsents:
		return i.consent(ctx, r)
	default:
		return i.outcome(ctx, r)
	}
}

// OnFailure rejects a record that made Process fail: a defect of ours, which must not stop the partition
// for the patients behind it. Nothing of the record was sent on.
// The event id is left empty, since the fields may be those of the record before.
func (i *ingest) OnFailure(ctx *pipeline.Context, r *pipeline.Record, reason error) error {
	// An error that names a problem of the record keeps its reason.
	p, ok := emit.ProblemOf(reason, emit.ReasonProcessing)
	if !ok {
		p = emit.Problem{Reason: emit.ReasonProcessing, Detail: ""}
	}
	i.rejects.Source(ctx, r, p, "", 0)
	return nil
}

// touchpoint takes a touchpoint. What is wrong with it is found in the order of cost, and identifiers last:
// hashing them is most of the work.
func (i *ingest) touchpoint(ctx *pipeline.Context, r *pipeline.Record) error {
	// Decoded straight into the record that goes out: a copy of each touchpoint is spared.
	i.out.Payload.Kind = schemas.IdentifiedPayloadTouchpoint
	t := &i.out.Payload.Touchpoint
	p, err := i.decode(r, t)
	if err != nil {
		return err
	}
	// The event id may not be read yet, and is not told.
	if p.Found() {
		i.rejects.Source(ctx, r, p, "", 0)
		return nil
	}
	// Each check runs only where the one before has found nothing: one reason is told.
	i.checks.unlisted(ctx, t)
	p = i.checks.touchpoint(t)
	if !p.Found() {
		p = i.checks.time(ctx, r, t.OccurredAt)
	}
	if !p.Found() {
		p = i.identify.touchpoint(ctx, &i.out, t)
	}
	if p.Found() {
		i.rejects.Source(ctx, r, p, i.told(t.EventID, t.Identifiers), t.OccurredAt)
		return nil
	}
	i.checks.received(ctx, r, t)
	// Before disclosure, which empties the identifiers and the session's id.
	if i.sessions != nil {
		i.sessions.touchpoint(ctx, r, t, &i.out)
	}
	// Last, since all before it needs the identifiers, and nothing after may see them.
	d := i.disclose(ctx, t.Identifiers)
	d.event(&t.EventID)
	d.touchpoint(t)
	i.observe(ctx, r, t.OccurredAt)
	i.send(ctx, r)
	// Somebody waits on these channels: the record does not wait for a full transaction.
	if t.Channel.Spec().Priority > 0 {
		ctx.UrgentFor(pipeline.Time(t.OccurredAt))
	}
	return nil
}

// told is an event id as a rejection may tell it: not at all where it holds an identifier.
func (i *ingest) told(id string, ids []schemas.Identifier) string {
	i.held.of(ids)
	if i.held.in(id) || hasInternational(id) {
		return ""
	}
	return id
}

// disclose is what may go past INGEST of a record with these identifiers.
func (i *ingest) disclose(ctx *pipeline.Context, ids []schemas.Identifier) disclosure {
	i.held.of(ids)
	return disclosure{ctx, &i.held, i.identify.keys}
}

// observe moves the watermark. A clock that runs ahead within bounds does not: under clock broker
// nothing has happened later than it was taken in.
// Otherwise one device with a wrong clock would make the records of all others late.
func (i *ingest) observe(ctx *pipeline.Context, r *pipeline.Record, at schemas.Millis) {
	if !i.checks.isLog(r) {
		at = min(at, takenIn(ctx, r))
	}
	ctx.ObserveEventTime(pipeline.Time(at))
}

// consent takes what a patient allows. It moves no watermark: consents come from a register, in bulk.
func (i *ingest) consent(ctx *pipeline.Context, r *pipeline.Record) error {
	i.out.Payload.Kind = schemas.IdentifiedPayloadConsent
	c := &i.out.Payload.Consent
	p, err := i.decode(r, c)
	if err != nil {
		return err
	}
	if !p.Found() {
		p = i.checks.eventID(c.EventID)
	}
	if !p.Found() {
		p = i.checks.time(ctx, r, c.OccurredAt)
	}
	if !p.Found() {
		// A consent has no contact to fall back on: without a person it allows nothing.
		p = i.identify.of(ctx, &i.out, c.Identifiers)
	}
	if p.Found() {
		i.rejects.Source(ctx, r, p, i.told(c.EventID, c.Identifiers), c.OccurredAt)
		return nil
	}
	d := i.disclose(ctx, c.Identifiers)
	d.event(&c.EventID)
	d.consent(c)
	i.send(ctx, r)
	ctx.UrgentFor(pipeline.Time(c.OccurredAt)) // an opt-out holds from the next decision on
	return nil
}

// outcome takes what became of an action. It names the person as the action did, so that no identifier is
// looked up; if the person's shards have moved since, the patient task forwards it.
func (i *ingest) outcome(ctx *pipeline.Context, r *pipeline.Record) error {
	i.out.Payload.Kind = schemas.IdentifiedPayloadActionOutcome
	o := &i.out.Payload.ActionOutcome
	p, err := i.decode(r, o)
	if err != nil {
		return err
	}
	if !p.Found() {
		p = i.checks.eventID(o.EventID)
	}
	if !p.Found() {
		p = i.checks.time(ctx, r, o.OccurredAt)
	}
	// The key of the output is made from it. Any other text would go to a partition where nobody is.
	if !p.Found() && !schemas.IsPersonRef(o.PersonRef.Reveal()) {
		p = emit.Problem{Reason: emit.ReasonUnknownPerson, Detail: "person_ref"}
	}
	if p.Found() {
		i.rejects.Source(ctx, r, p, o.EventID, o.OccurredAt)
		return nil
	}
	// Without identifiers there is none to look for.
	d := i.disclose(ctx, nil)
	d.event(&o.EventID)
	d.outcome(o)
	// The fields of the last record are overwritten one by one: out is used again.
	i.out.PersonRef, i.out.Shard, i.out.Epoch, i.out.IdentityConflict = o.PersonRef, "", 0, false
	i.send(ctx, r)
	return nil
}

// decode reads the value, by the generated codec or, for another schema id, by the resolver. Strings of
// into alias the value, which the engine takes back after the record.
// A problem rejects the record; an error ends the task.
func (i *ingest) decode(r *pipeline.Record, into schemas.Record) (emit.Problem, error) {
	// A tombstone has nothing to decode. Sources do not delete touchpoints.
	if r.Value == nil {
		return emit.Problem{Reason: emit.ReasonTombstone, Detail: "value"}, nil
	}
	// Before decoding, which would take memory in proportion.
	if len(r.Value) > i.config.MaxValueBytes {
		return emit.Problem{Reason: emit.ReasonTooLarge, Detail: "value"}, nil
	}
	return DecodeFramed(i.config.Resolve, i.schemaID, schemas.WithFrame(r.Headers, r.Value), into)
}

// DecodeFramed decodes a framed value: by the generated codec where it has the schema id of this build,
// else by resolve, where there is one. An error is not the record's fault and ends the task.
// The fast path asks no registry.
func DecodeFramed(resolve func([]byte, schemas.Record) error, schemaID int32, value []byte, into schemas.Record) (emit.Problem, error) {
	id, payload, ok := emit.SplitFrame(value)
	switch {
	case !ok:
		return emit.Problem{Reason: emit.ReasonUndecodable, Detail: "frame"}, nil
	case id == schemaID:
		if rest, err := into.DecodeAvro(payload); err != nil {
			return emit.Problem{Reason: emit.ReasonUndecodable, Detail: fieldOf(err)}, nil
			// Bytes that are left over mean that the writer's schema is not the one it claims.
		} else if len(rest) > 0 {
			return emit.Problem{Reason: emit.ReasonUndecodable, Detail: "rest"}, nil
		}
		return emit.Problem{}, nil
	// Without a registry nothing is known of the writer's schema.
	case resolve == nil:
		return emit.Problem{Reason: emit.ReasonUnknownSchema, Detail: ""}, nil
	}
	err := resolve(value, into)
	var bad *schemas.RecordError
	switch {
	case err == nil:
		return emit.Problem{}, nil
	case errors.As(err, &bad):
		return emit.Problem{Reason: string(bad.Code), Detail: bad.Detail}, nil
	}
	return emit.Problem{}, fmt.Errorf("resolve schema %d: %w", id, err)
}

// fieldOf names the field that could not be decoded.
// The name comes from our schema and is no patient data, which the error's text may hold.
func fieldOf(err error) string {
	if e, ok := err.(*schemas.DecodeError); ok {
		return e.Field
	}
	return ""
}

// send writes the Identified record to its owner's partition. Its place in the source goes along: a
// rejection further on says where the record lies.
// It sets all that the record before may have left.
func (i *ingest) send(ctx *pipeline.Context, r *pipeline.Record) {
	i.out.JudgedBy = emit.NotJudged
	i.out.IngestedAt = schemas.Millis(ctx.Now())
	i.out.SourceTopic, i.out.SourcePartition, i.out.SourceOffset = r.Topic, r.Partition, r.Offset
	i.buf = i.out.AppendAvro(emit.AppendFrame(i.buf[:0], i.emit.Schemas.Identified))
	// The key brings all records of a person to one partition, and so to one task.
	i.key = append(i.key[:0], i.out.PersonRef...)
	ctx.Emit(i.identified, i.key, i.buf)
}
