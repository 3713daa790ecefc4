package patient

import (
	"strconv"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// patient is the PATIENT processor: it owns the persons of one partition of the identified topic.
// It finds the person and shard that a record belongs to (or holds or forwards the record) and runs
// the chain of steps.
type patient struct {
	// Shards are the stores, with the persons that have been met.
	*person.Shards
	// config is the role's, shared by its tasks and never changed.
	config *Config
	// identified takes what goes on to another owner, personas the personas that have changed.
	identified pipeline.Output
	personas   pipeline.Output
	// rejects gets what cannot be used.
	rejects *emit.Rejecter
	// folder, contacts and timers are used by several steps.
	folder   person.Folder
	contacts observe.Contacts
	timers   person.ShardTimers

	// steps are the chain, in order. The lists after it have those of them that want a call of another
	// kind, so that no record costs a type assertion.
	steps   []Step
	judges  []judge
	timed   []timed
	mergers []policyMerger
	// figures, as regrouped, are told of moves.
	figures   []regrouped
	watermark []pipeline.WatermarkHandler
	tick      []pipeline.TickHandler
	commit    []pipeline.CommitHandler
	broadcast []pipeline.BroadcastHandler

	// in, out, moved, j and buf are used anew for each record.
	in, out schemas.Identified
	moved   schemas.MovedState
	j       person.Journey
	// changes has the persons whose personas go out with the next commit.
	changes person.Changes
	buf     []byte

	// attributes are those of personas.
	attributes emit.Attributes
	// outlook looks ahead at what the next records will need.
	outlook person.Outlook
}

// New returns the PATIENT processor, for pipeline.Role.New. An error is one of configuration.
func New(c Config) func(*pipeline.Setup) (pipeline.Processor, error) {
	c.SetDefaults()
	return func(s *pipeline.Setup) (pipeline.Processor, error) {
		if err := c.Validate(); err != nil {
			return nil, err
		}
		p := newPatient(s, &c)
		steps, err := newChain(s, &c, p)
		if err != nil {
			return nil, err
		}
		p.setSteps(steps)
		return p, nil
	}
}

// newPatient declares the stores and outputs of the task; the chain is made after it, as steps use its
// parts.
func newPatient(s *pipeline.Setup, c *Config) *patient {
	p := &patient{
		Shards: person.NewShards(s), config: c,
		identified: s.Output(c.Emit.Topics.Identified), personas: s.Output(c.Emit.Topics.Personas),
		rejects: emit.NewRejecter(s, &c.Emit, c.Emit.Topics.Rejected),
		folder:  person.Folder{Config: &c.Person, Taxonomy: c.Taxonomy}, contacts: observe.Contacts{Silence: c.Observe.ContactSilence, Ttl: c.Person.ContactTTL, Before: c.Person.LastResort}, timers: person.ShardTimers{Config: &c.Person},
		attributes: emit.AttributesOf(s, "Persona"),
	}
	// Once: Empty leaves the words where they are.
	p.j.Names = p.Names
	return p
}

// setSteps sorts out which steps want which calls, once. A step may want several; each list is in the order
// of the chain.
func (p *patient) setSteps(steps []Step) {
	p.steps = steps
	for _, s := range steps {
		if x, ok := s.(judge); ok {
			p.judges = append(p.judges, x)
		}
		if x, ok := s.(timed); ok {
			p.timed = append(p.timed, x)
		}
		if x, ok := s.(policyMerger); ok {
			p.mergers = append(p.mergers, x)
		}
		if x, ok := s.(regrouped); ok {
			p.figures = append(p.figures, x)
		}
		if x, ok := s.(pipeline.WatermarkHandler); ok {
			p.watermark = append(p.watermark, x)
		}
		if x, ok := s.(pipeline.TickHandler); ok {
			p.tick = append(p.tick, x)
		}
		if x, ok := s.(pipeline.CommitHandler); ok {
			p.commit = append(p.commit, x)
		}
		if x, ok := s.(pipeline.BroadcastHandler); ok {
			p.broadcast = append(p.broadcast, x)
		}
	}
}

// Process takes one record of the identified topic. INGEST and IDENTITY write it, and other tasks of this
// role: what cannot be read there is a fault, and is rejected rather than stopping the partition.
func (p *patient) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	id, payload, ok := emit.SplitFrame(r.Value)
	// Only the schema of this build is written to this topic: within a fleet all writers share it.
	if !ok || id != p.config.Emit.Schemas.Identified {
		return pipeline.Invalid(emit.ReasonUnknownSchema, nil)
	}
	if err := schemas.DecodeWhole(&p.in, payload); err != nil {
		return pipeline.Invalid(emit.ReasonUndecodable, err)
	}
	return p.take(ctx, &p.in)
}

// Ahead implements pipeline.AheadHandler. It changes nothing, and a record that is not looked at ahead only
// takes longer.
func (p *patient) Ahead(records []pipeline.Record) { p.outlook.Records(p.Shards, records) }

// OnFailure rejects a record that made Process fail, with its source and without its value.
func (p *patient) OnFailure(ctx *pipeline.Context, r *pipeline.Record, reason error) error {
	// An error without a reason of ours is a fault of the program. Its text may hold what was processed,
	// and is not passed on.
	pr, ok := emit.ProblemOf(reason, emit.ReasonProcessing)
	if !ok {
		pr = emit.Problem{Reason: emit.ReasonProcessing, Detail: ""}
	}
	p.rejects.Source(ctx, r, pr, "", 0)
	return nil
}

// take finds out what a record is about and where its shard is, and runs the chain where it is here. Held
// records come through here too, once their shard has arrived.
//
//	here      run the chain
//	gone      forward it to where the shard went, as of that move
//	awaited   hold it until the shard comes
//	unseen    a person begins, with this shard
func (p *patient) take(ctx *pipeline.Context, in *schemas.Identified) error {
	switch in.Payload.Kind {
	case schemas.IdentifiedPayloadMoveShard:
		return p.moveShard(ctx, in)
	case schemas.IdentifiedPayloadShardMoved:
		return p.shardMoved(ctx, in)
	case schemas.IdentifiedPayloadActionOutcome:
		return p.outcome(ctx, in)
	}
	owner := in.PersonRef.Reveal()
	who := p.Person(owner)
	place, i, to, at := p.Place(who, owner, in.Shard, in.Epoch)
	switch place {
	case person.PlaceGone:
		p.forward(ctx, in, to, at)
		return nil
	case person.PlaceAwaited:
		p.hold(ctx, in, in.Epoch)
		return nil
	case person.PlaceUnseen:
		// A pseudonym's own shard: identifiers that were never linked are persons of one shard.
		who = p.PersonOrNew(owner)
		i = p.Install(who, in.Shard, schemas.ShardState{})
	}
	return p.run(ctx, in, who, i)
}

// outcome follows the tombstone of an old person_ref. An outcome names a person and no shard: it is about
// an action, which the person as a whole was offered.
func (p *patient) outcome(ctx *pipeline.Context, in *schemas.Identified) error {
	who := p.Person(in.PersonRef.Reveal())
	switch {
	// Nobody of that name was ever here, so that no action can have been offered.
	case who == nil:
		p.rejects.Identified(ctx, in, emit.Problem{Reason: emit.ReasonUnknownPerson, Detail: "person_ref"}, -1, nil)
		return nil
	case who.State.MovedTo != "":
		// The tombstone names the next owner, who may have one too: outcomes follow the chain of links.
		p.forward(ctx, in, who.State.MovedTo.Reveal(), 0)
		return nil
	}
	return p.run(ctx, in, who, -1)
}

// run makes a record the journey and takes it through the chain. Only touchpoints are judged: what else
// comes is in no window.
func (p *patient) run(ctx *pipeline.Context, in *schemas.Identified, who *person.Person, i int) error {
	j := p.begin(who, i)
	j.Identified = in
	switch in.Payload.Kind {
	case schemas.IdentifiedPayloadTouchpoint:
		// A record that was held or forwarded has been judged before.
		p.judge(ctx, in)
		j.Trigger, j.Touchpoint = person.TriggerTouchpoint, &in.Payload.Touchpoint
		j.TriggerID, j.At = j.Touchpoint.EventID, pipeline.Time(j.Touchpoint.OccurredAt)
		j.Judged = pipeline.Time(in.JudgedBy)
	case schemas.IdentifiedPayloadConsent:
		j.Trigger, j.Consent = person.TriggerConsent, &in.Payload.Consent
		// A consent is in force from when it was given, whenever it arrives.
		j.TriggerID, j.At = j.Consent.EventID, pipeline.Time(j.Consent.OccurredAt)
	default:
		j.Trigger, j.Outcome = person.TriggerOutcome, &in.Payload.ActionOutcome
		j.TriggerID, j.At = j.Outcome.EventID, pipeline.Time(j.Outcome.OccurredAt)
	}
	return p.runChain(ctx, who, i)
}

// begin empties the journey for a person; i is the shard of the record, or -1. The journey is valid until
// the next call.
func (p *patient) begin(who *person.Person, i int) *person.Journey {
	j := &p.j
	p.folder.Keep(j)
	j.Empty()
	j.PersonRef, j.Person, j.Who, j.Index = schemas.PersonRef(who.Ref), who.State, who, i
	// All shards, in the order of names, whichever the record belongs to.
	j.Shards = p.folder.States(who)
	if i >= 0 {
		j.Shard = who.Shards[i].State
	}
	return j
}

// runChain takes the journey through the steps. An error of a step ends the chain, and rejects the record
// or ends the task by its kind.
func (p *patient) runChain(ctx *pipeline.Context, who *person.Person, i int) error {
	j := &p.j
	j.Known = knownAt(j)
	// Until the contacts are known, of which one may be under way and further on.
	j.AsOf = j.Known
	// Touched first: what a step has changed before it failed stays, and must be stored.
	p.Touch(who, i)
	var err error
	for _, s := range p.steps {
		// Stop is set by a step that has disposed of the record.
		if err = s.Process(ctx, j); err != nil || j.Stop {
			break
		}
	}
	p.touchMarked(who, i)
	return err
}

// knownAt is when a journey's trigger became known. Only health records tell late as a matter of course; what else
// is late is late on the way, and was known where it happened.
func knownAt(j *person.Journey) pipeline.Time {
	if t := j.Touchpoint; t != nil && t.Body.Kind == schemas.TouchpointBodyEhr {
		return max(j.At, pipeline.Time(t.ReceivedAt))
	}
	return j.At
}

// touchMarked marks the shards that steps have changed besides the i-th.
func (p *patient) touchMarked(who *person.Person, i int) {
	for n := range who.Shards {
		// The i-th is marked already.
		if p.j.Marks&(1<<min(n, 63)) != 0 && n != i {
			p.Touch(who, n)
		}
	}
}

// regrouped lets steps with figures know that a person's shards are others. It is no trigger: nothing has
// happened to the person, and the chain does not run.
func (p *patient) regrouped(ctx *pipeline.Context, who *person.Person) error {
	// The journey says who it is; it has no trigger, and nobody is to decide by it.
	p.begin(who, -1)
	for _, s := range p.figures {
		if err := s.Regrouped(ctx, &p.j); err != nil {
			return err
		}
	}
	p.touchMarked(who, -1)
	return nil
}

// arrived lets a call that is under way know what a shard that has just moved in says: the failed digital
// steps before it, above all. Without it the agent would hear of them with the next touchpoint, when the
// call may be over.
func (p *patient) arrived(ctx *pipeline.Context, in *schemas.Identified, who *person.Person, i int) error {
	j := p.begin(who, i)
	j.Identified = in
	// A move has no event time. The newest touchpoint's stands in, by which contacts in progress are told.
	j.Trigger, j.At = person.TriggerMoved, p.folder.Newest(who)
	if j.Contact = p.contacts.InProgress(j); j.Contact == nil {
		return nil
	}
	j.TriggerID = movedID(in)
	return p.runChain(ctx, who, i)
}

// MergePolicy hands the policies to the steps that own them.
func (p *patient) MergePolicy(dst, src *schemas.PolicyState) {
	for _, m := range p.mergers {
		m.MergePolicy(dst, src)
	}
}

// OnCommit emits the personas that have changed: once each, however often they did. Between two commits
// nobody can see them change.
func (p *patient) OnCommit(ctx *pipeline.Context) error {
	// Steps first: they may change what a persona tells.
	for _, s := range p.commit {
		if err := s.OnCommit(ctx); err != nil {
			return err
		}
	}
	p.changes.Take(&p.outlook, func(who *person.Person) {
		switch {
		// A tombstone has been withdrawn already.
		case who.State.MovedTo != "":
		case !who.IsUnknown():
			p.emitPersona(ctx, who)
		default:
			p.withdraw(ctx, who)
		}
	})
	return nil
}

// emitPersona writes a persona to its topic, which is compacted by person. Published is kept, so that it is
// withdrawn when the person goes.
func (p *patient) emitPersona(ctx *pipeline.Context, who *person.Person) {
	persona := p.folder.Publish(who)
	p.buf = persona.AppendAvro(emit.AppendFrame(p.buf[:0], p.config.Emit.Schemas.Persona))
	p.Key = append(p.Key[:0], who.Ref...)
	ctx.Emit(p.personas, p.Key, p.buf, p.headers(persona)...)
	// Marked as dirty only when it changes: most persons have been published before.
	if !who.State.Published {
		who.State.Published = true
		p.Persons.MarkDirty(who.Ref)
	}
}

// withdraw takes a persona out of its topic, by a record without a value: of a mere name there is nothing to
// tell. One that was never emitted needs none.
func (p *patient) withdraw(ctx *pipeline.Context, who *person.Person) {
	if !who.State.Published {
		return
	}
	p.Key = append(p.Key[:0], who.Ref...)
	ctx.Emit(p.personas, p.Key, nil)
	who.State.Published = false
	p.Persons.MarkDirty(who.Ref)
}

// headers names a state of a persona: whose, as of when, of how many touchpoints. A replay gives the same.
func (p *patient) headers(v *schemas.Persona) []pipeline.Header {
	id := append(append(p.attributes.Id[:0], p.Key...), '/')
	id = append(strconv.AppendInt(id, int64(v.AsOf), 10), '/')
	p.attributes.Id = strconv.AppendInt(id, v.Touchpoints, 10)
	return p.attributes.Of(emit.AliasString(p.attributes.Id), v.AsOf)
}

// OnWatermark hands the call to the steps, in the order of the chain. The first error ends it.
func (p *patient) OnWatermark(ctx *pipeline.Context) error {
	for _, s := range p.watermark {
		if err := s.OnWatermark(ctx); err != nil {
			return err
		}
	}
	return nil
}

// OnTick hands the call to the steps: windows emit early panes by it.
func (p *patient) OnTick(ctx *pipeline.Context) error {
	for _, s := range p.tick {
		if err := s.OnTick(ctx); err != nil {
			return err
		}
	}
	return nil
}

// OnBroadcast hands the record to the steps: a model, which goes to every task.
func (p *patient) OnBroadcast(ctx *pipeline.Context, r *pipeline.Record) error {
	for _, s := range p.broadcast {
		if err := s.OnBroadcast(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// OnTimer fires a shard's timer, or hands the timer to the step that owns it. A step that returns true has
// made the journey that of the timer, and the chain runs with it.
func (p *patient) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	// Kinds below are those of shards, which are of no single step.
	if t.Kind < person.TimerWindow {
		return p.shardTimer(ctx, t)
	}
	for _, s := range p.timed {
		if !s.OwnsTimer(t.Kind) {
			continue
		}
		run, err := s.OnTimer(ctx, t, &p.j, p.load)
		if err != nil || !run {
			return err
		}
		return p.runChain(ctx, p.j.Who, p.j.Index)
	}
	return nil
}

// load makes the journey that of a person as a whole. False: the person is not here, and the timer is none
// of this task's any more.
func (p *patient) load(ref string) bool {
	who := p.Person(ref)
	if who == nil {
		return false
	}
	// It may be that one which has fired.
	who.FinalAt = 0
	if who.State.MovedTo != "" {
		return false
	}
	j := p.begin(who, -1)
	j.Trigger = person.TriggerTimer
	return true
}
