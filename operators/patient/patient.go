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
	*person.Shards
	config     *Config
	identified pipeline.Output
	personas   pipeline.Output
	rejects    *emit.Rejecter
	folder     person.Folder
	contacts   observe.Contacts
	timers     person.ShardTimers

	steps     []Step
	judges    []judge
	timed     []timed
	mergers   []policyMerger
	figures   []regrouped
	watermark []pipeline.WatermarkHandler
	tick      []pipeline.TickHandler
	commit    []pipeline.CommitHandler
	broadcast []pipeline.BroadcastHandler

	in, out schemas.Identified
	moved   schemas.MovedState
	j       person.Journey
	changes person.Changes
	buf     []byte

	attributes emit.Attributes // of personas
	outlook    person.Outlook
}

// New returns the PATIENT processor, for pipeline.Role.New.
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

func newPatient(s *pipeline.Setup, c *Config) *patient {
	p := &patient{
		Shards: person.NewShards(s), config: c,
		identified: s.Output(c.Emit.Topics.Identified), personas: s.Output(c.Emit.Topics.Personas),
		rejects: emit.NewRejecter(s, &c.Emit, c.Emit.Topics.Rejected),
		folder:  person.Folder{Config: &c.Person, Taxonomy: c.Taxonomy}, contacts: observe.Contacts{Silence: c.Observe.ContactSilence, Ttl: c.Person.ContactTTL, Before: c.Person.LastResort}, timers: person.ShardTimers{Config: &c.Person},
		attributes: emit.AttributesOf(s, "Persona"),
	}
	p.j.Names = p.Names
	return p
}

// setSteps sorts out which steps want which calls, once.
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

// Process takes one record of the identified topic.
func (p *patient) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	id, payload, ok := emit.SplitFrame(r.Value)
	if !ok || id != p.config.Emit.Schemas.Identified {
		return pipeline.Invalid(emit.ReasonUnknownSchema, nil)
	}
	if err := schemas.DecodeWhole(&p.in, payload); err != nil {
		return pipeline.Invalid(emit.ReasonUndecodable, err)
	}
	return p.take(ctx, &p.in)
}

// Ahead implements pipeline.AheadHandler.
func (p *patient) Ahead(records []pipeline.Record) { p.outlook.Records(p.Shards, records) }

// OnFailure rejects a record that made Process fail.
func (p *patient) OnFailure(ctx *pipeline.Context, r *pipeline.Record, reason error) error {
	pr, ok := emit.ProblemOf(reason, emit.ReasonProcessing)
	if !ok {
		pr = emit.Problem{Reason: emit.ReasonProcessing, Detail: ""}
	}
	p.rejects.Source(ctx, r, pr, "", 0)
	return nil
}

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
		who = p.PersonOrNew(owner)
		i = p.Install(who, in.Shard, schemas.ShardState{})
	}
	return p.run(ctx, in, who, i)
}

// outcome follows the tombstone of an old person_ref.
func (p *patient) outcome(ctx *pipeline.Context, in *schemas.Identified) error {
	who := p.Person(in.PersonRef.Reveal())
	switch {
	case who == nil:
		p.rejects.Identified(ctx, in, emit.Problem{Reason: emit.ReasonUnknownPerson, Detail: "person_ref"}, -1, nil)
		return nil
	case who.State.MovedTo != "":
		p.forward(ctx, in, who.State.MovedTo.Reveal(), 0)
		return nil
	}
	return p.run(ctx, in, who, -1)
}

// run makes a record the journey and takes it through the chain.
func (p *patient) run(ctx *pipeline.Context, in *schemas.Identified, who *person.Person, i int) error {
	j := p.begin(who, i)
	j.Identified = in
	switch in.Payload.Kind {
	case schemas.IdentifiedPayloadTouchpoint:
		p.judge(ctx, in)
		j.Trigger, j.Touchpoint = person.TriggerTouchpoint, &in.Payload.Touchpoint
		j.TriggerID, j.At = j.Touchpoint.EventID, pipeline.Time(j.Touchpoint.OccurredAt)
		j.Judged = pipeline.Time(in.JudgedBy)
	case schemas.IdentifiedPayloadConsent:
		j.Trigger, j.Consent = person.TriggerConsent, &in.Payload.Consent
		j.TriggerID, j.At = j.Consent.EventID, pipeline.Time(j.Consent.OccurredAt)
	default:
		j.Trigger, j.Outcome = person.TriggerOutcome, &in.Payload.ActionOutcome
		j.TriggerID, j.At = j.Outcome.EventID, pipeline.Time(j.Outcome.OccurredAt)
	}
	return p.runChain(ctx, who, i)
}

// begin empties the journey for a person; i is the shard of the record, or -1.
func (p *patient) begin(who *person.Person, i int) *person.Journey {
	j := &p.j
	p.folder.Keep(j)
	j.Empty()
	j.PersonRef, j.Person, j.Who, j.Index = schemas.PersonRef(who.Ref), who.State, who, i
	j.Shards = p.folder.States(who)
	if i >= 0 {
		j.Shard = who.Shards[i].State
	}
	return j
}

func (p *patient) runChain(ctx *pipeline.Context, who *person.Person, i int) error {
	j := &p.j
	j.AsOf = j.At
	p.Touch(who, i) // first: what a step has changed before it failed stays
	var err error
	for _, s := range p.steps {
		if err = s.Process(ctx, j); err != nil || j.Stop {
			break
		}
	}
	p.touchMarked(who, i)
	return err
}

// touchMarked marks the shards that steps have changed besides the i-th.
func (p *patient) touchMarked(who *person.Person, i int) {
	for n := range who.Shards {
		if p.j.Marks&(1<<min(n, 63)) != 0 && n != i {
			p.Touch(who, n)
		}
	}
}

// regrouped lets steps with figures know that a person's shards are others.
func (p *patient) regrouped(ctx *pipeline.Context, who *person.Person) error {
	p.begin(who, -1)
	for _, s := range p.figures {
		if err := s.Regrouped(ctx, &p.j); err != nil {
			return err
		}
	}
	p.touchMarked(who, -1)
	return nil
}

// arrived lets a call that is under way know what a shard that has just moved in says: the failed
// digital steps before it, above all.
func (p *patient) arrived(ctx *pipeline.Context, in *schemas.Identified, who *person.Person, i int) error {
	j := p.begin(who, i)
	j.Identified = in
	j.Trigger, j.At = person.TriggerMoved, p.folder.Newest(who)
	if j.Contact = p.contacts.InProgress(j); j.Contact == nil {
		return nil
	}
	j.TriggerID = movedID(in)
	return p.runChain(ctx, who, i)
}

func (p *patient) MergePolicy(dst, src *schemas.PolicyState) {
	for _, m := range p.mergers {
		m.MergePolicy(dst, src)
	}
}

// OnCommit emits the personas that have changed: once each, however often they did.
func (p *patient) OnCommit(ctx *pipeline.Context) error {
	for _, s := range p.commit {
		if err := s.OnCommit(ctx); err != nil {
			return err
		}
	}
	p.changes.Take(&p.outlook, func(who *person.Person) {
		if who.State.MovedTo == "" && !who.IsUnknown() {
			p.emitPersona(ctx, who)
		}
	})
	return nil
}

func (p *patient) emitPersona(ctx *pipeline.Context, who *person.Person) {
	persona := p.folder.Publish(who)
	p.buf = persona.AppendAvro(emit.AppendFrame(p.buf[:0], p.config.Emit.Schemas.Persona))
	p.Key = append(p.Key[:0], who.Ref...)
	ctx.Emit(p.personas, p.Key, p.buf, p.headers(persona)...)
	if !who.State.Published {
		who.State.Published = true
		p.Persons.MarkDirty(who.Ref)
	}
}

// headers names a state of a persona: whose, as of when, of how many touchpoints.
func (p *patient) headers(v *schemas.Persona) []pipeline.Header {
	id := append(append(p.attributes.Id[:0], p.Key...), '/')
	id = append(strconv.AppendInt(id, int64(v.AsOf), 10), '/')
	p.attributes.Id = strconv.AppendInt(id, v.Touchpoints, 10)
	return p.attributes.Of(emit.AliasString(p.attributes.Id), v.AsOf)
}

// OnWatermark hands the call to the steps.
func (p *patient) OnWatermark(ctx *pipeline.Context) error {
	for _, s := range p.watermark {
		if err := s.OnWatermark(ctx); err != nil {
			return err
		}
	}
	return nil
}

// OnTick hands the call to the steps.
func (p *patient) OnTick(ctx *pipeline.Context) error {
	for _, s := range p.tick {
		if err := s.OnTick(ctx); err != nil {
			return err
		}
	}
	return nil
}

// OnBroadcast hands the record to the steps.
func (p *patient) OnBroadcast(ctx *pipeline.Context, r *pipeline.Record) error {
	for _, s := range p.broadcast {
		if err := s.OnBroadcast(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// OnTimer fires a shard's timer, or hands the timer to the step that owns it.
func (p *patient) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
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

// load makes the journey that of a person as a whole.
func (p *patient) load(ref string) bool {
	who := p.Person(ref)
	if who == nil || who.State.MovedTo != "" {
		return false
	}
	j := p.begin(who, -1)
	j.Trigger = person.TriggerTimer
	return true
}
