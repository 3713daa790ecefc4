package identify

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// identity is the IDENTITY processor. There is one: the order of the links is what decides whose an
// identifier is. For each shard that a link moves it writes, in one transaction, the entry for the
// ingest tables and the MoveShard to the owner who has the shard until then.
//
// Links are few, a handful for each patient and year: here code may allocate, and does.
type identity struct {
	emit   *emit.Config
	config *Config
	// topicID makes minted person_refs unique: offsets begin at 0 again in a topic that was created anew.
	topicID [16]byte
	// owners says by shard whose it is: what the ingest tables have. Absent: the pseudonym, epoch 0.
	owners *state.Map[schemas.IdentityEntry]
	// founders says by the shard of a subject which person was minted for it. That one cannot be linked
	// away: it would be a merge of two patients.
	founders *state.Map[schemas.IdentityEntry]
	// holders has the persons of an identifier that had more than one (holders.go).
	holders *state.Map[schemas.IdentifierHolders]
	// entries is the identity topic, which every ingest process reads whole.
	entries pipeline.Output
	// identified carries MoveShard to the owner's task.
	identified pipeline.Output
	rejects    *emit.Rejecter
	// keys must be those of INGEST, or the shards of links and of touchpoints would differ.
	keys *Pseudonyms

	// link is the record at hand; moves and buf are what is written from it.
	// They are used again, since a task handles one link at a time.
	link  schemas.IdentityLink
	moves schemas.Identified
	buf   []byte
}

// NewIdentity returns the IDENTITY processor, for pipeline.Role.New. Its source is the topic of
// links, of one partition.
// A second partition would make the order of links a matter of chance.
func NewIdentity(e emit.Config, c Config) func(*pipeline.Setup) (pipeline.Processor, error) {
	e.SetDefaults()
	c.SetDefaults()
	// Outside the closure: words take time to make, and all tasks may share them.
	w := newWords(&c)
	return func(s *pipeline.Setup) (pipeline.Processor, error) {
		if err := c.Validate(); err != nil {
			return nil, err
		}
		return &identity{
			emit:       &e,
			config:     &c,
			topicID:    s.TopicID(e.Topics.IdentityLinks),
			owners:     state.NewMap(s, "owners", person.EntryCodec),
			founders:   state.NewMap(s, "founders", person.EntryCodec),
			holders:    state.NewMap(s, "holders", person.HoldersCodec),
			entries:    s.Output(e.Topics.Identity),
			identified: s.Output(e.Topics.Identified),
			rejects:    emit.NewRejecter(s, &e, e.Topics.Rejected),
			keys:       newPseudonyms(&c, w),
		}, nil
	}
}

// Process takes one link. It is carried out at once, whatever its event time: the master index sends links
// in the order in which it learned of them.
func (i *identity) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	p, err := i.decode(r)
	if err != nil {
		return err
	}
	if !p.Found() {
		p = i.apply(ctx, r)
	}
	if p.Found() {
		// A rejected link can be mended and sent again: links are idempotent.
		i.rejects.Source(ctx, r, p, i.link.EventID, i.link.OccurredAt)
	}
	return nil
}

// OnFailure rejects a link that made Process fail. The links behind it go on: one lost link is a person in
// two parts, a topic that stands still is all of them.
// The event id is left out: decode may have failed before it was read.
func (i *identity) OnFailure(ctx *pipeline.Context, r *pipeline.Record, reason error) error {
	p, ok := emit.ProblemOf(reason, emit.ReasonProcessing)
	if !ok {
		p = emit.Problem{Reason: emit.ReasonProcessing, Detail: ""}
	}
	i.rejects.Source(ctx, r, p, "", 0)
	return nil
}

// decode reads a link. The last one is forgotten first: a rejection must not name its event.
func (i *identity) decode(r *pipeline.Record) (emit.Problem, error) {
	i.link = schemas.IdentityLink{}
	if r.Value == nil {
		return emit.Problem{Reason: emit.ReasonTombstone, Detail: "value"}, nil
	}
	// Strings of the link alias the record. What the state keeps is encoded or made anew.
	return DecodeFramed(i.config.Resolve, i.emit.Schemas.IdentityLink, schemas.WithFrame(r.Headers, r.Value), &i.link)
}

// apply checks a link and carries it out.
func (i *identity) apply(ctx *pipeline.Context, r *pipeline.Record) emit.Problem {
	l := &i.link
	if l.EventID == "" {
		return emit.Problem{Reason: emit.ReasonMissingEventID, Detail: "event_id"}
	}
	if l.OccurredAt < schemas.Millis(i.config.Earliest) {
		return emit.Problem{Reason: emit.ReasonAbsurdTime, Detail: "occurred_at"}
	}
	if !isSupported(l.Op) {
		// An operation of a later schema must not be taken for another one.
		return emit.Problem{Reason: emit.ReasonUnsupportedOp, Detail: "op"}
	}
	// A link of a placeholder would give everybody's steps to one patient.
	if p := i.names(ctx, "identifier", &l.Identifier); p.Found() {
		return p
	}
	switch l.Op {
	case schemas.LinkOpQuarantine:
		i.quarantine(ctx, i.look(&l.Identifier))
		return emit.Problem{}
	case schemas.LinkOpRelease:
		i.release(ctx, i.look(&l.Identifier))
		return emit.Problem{}
	}
	// Quarantine and release name no subject, and have returned by now.
	if p := i.names(ctx, "subject", &l.Subject); p.Found() {
		return p
	}
	if l.Op == schemas.LinkOpUnlink {
		return i.unlink(ctx)
	}
	return i.linkTo(ctx, r.Offset)
}

// isSupported says whether IDENTITY carries an operation out. It does not merge patients.
func isSupported(op schemas.LinkOp) bool {
	switch op {
	case schemas.LinkOpLink, schemas.LinkOpUnlink, schemas.LinkOpQuarantine, schemas.LinkOpRelease:
		return true
	}
	return false
}

// names says what is wrong with a link whose identifier or subject names nobody.
// The detail is the rule and never the value, which is patient data.
func (i *identity) names(ctx *pipeline.Context, field string, id *schemas.Identifier) emit.Problem {
	_, nobody := i.keys.forms.of(id.Kind, id.Value.Reveal())
	if nobody == noRule {
		return emit.Problem{}
	}
	ctx.Count(countNobody, string(nobody))
	return emit.Problem{Reason: emit.ReasonAbsurdIdentifier, Detail: field + ": " + string(nobody)}
}

// linkTo gives the identifier to the subject's person, who is minted if this is the first link that
// names the subject. A link that says what holds already changes nothing. The subject that another
// person was minted for cannot be linked away: that is a merge of two patients.
func (i *identity) linkTo(ctx *pipeline.Context, offset int64) emit.Problem {
	as, p := i.role(ctx)
	if p.Found() {
		return p
	}
	subject, identifier := i.lookNow(ctx, &i.link.Subject), i.lookNow(ctx, &i.link.Identifier)
	if identifier.owner != subject.owner && i.founders.Get(identifier.shard) != nil {
		return emit.Problem{Reason: emit.ReasonUnsupportedOp, Detail: "identifier is a subject"}
	}
	// A link would take a quarantined identifier back into use without anybody having looked at it.
	for _, h := range []*holding{&identifier, &subject} {
		if h.standing == schemas.StandingQuarantined {
			ctx.Count(countNobody, string(ruleQuarantined))
			return emit.Problem{Reason: emit.ReasonAbsurdIdentifier, Detail: string(ruleQuarantined)}
		}
	}
	person := subject.owner
	// The person is placed before the identifier is given: the identifier goes to a person who exists.
	if subject.isPseudonym() {
		person = i.mint(subject.shard, offset)
		i.place(ctx, subject, person, schemas.StandingOnePerson)
	}
	// A link of the subject to itself only mints the person.
	if identifier.shard != subject.shard {
		i.give(ctx, identifier, person, as)
	}
	return emit.Problem{}
}

// unlink takes the identifier from the subject's person, if that person has it and was not minted for it.
// What the person did under it until now goes with the shard.
func (i *identity) unlink(ctx *pipeline.Context) emit.Problem {
	subject, identifier := i.lookNow(ctx, &i.link.Subject), i.lookNow(ctx, &i.link.Identifier)
	// An unlink of what is not linked is refused aloud: the sender believes something that is wrong.
	if subject.isPseudonym() || identifier.shard == subject.shard || !i.holds(identifier, subject.owner) {
		return emit.Problem{Reason: emit.ReasonNotLinked, Detail: "identifier"}
	}
	if i.founders.Get(identifier.shard) != nil {
		return emit.Problem{Reason: emit.ReasonUnsupportedOp, Detail: "identifier is a subject"}
	}
	i.take(ctx, identifier, subject.owner)
	return emit.Problem{}
}

// holding is who has an identifier's shard.
// It is a copy as of the look-up. Whoever changes the entry has to look again.
type holding struct {
	kind schemas.IdentifierKind
	// former is the value as the source wrote it, where the site hashed it so before; empty otherwise.
	former string
	// shard and pseudonym are the names that its hash gives.
	shard     string
	pseudonym string
	// owner is a person, or the pseudonym; epoch is how often the shard has moved.
	owner string
	epoch int32
	// since is the event time of the link that gave it to its owner.
	since    schemas.Millis
	standing schemas.Standing
	// entered says that the ingest tables have an entry of it.
	entered bool
}

// isPseudonym says whether the identifier is nobody's: never linked, unlinked, shared or quarantined.
func (h *holding) isPseudonym() bool { return h.owner == h.pseudonym }

// look finds out who has an identifier that names somebody.
func (i *identity) look(id *schemas.Identifier) holding {
	value := id.Value.Reveal()
	// The rule is not asked for: names has refused those that name nobody.
	form, _ := i.keys.forms.of(id.Kind, value)
	h := i.hash(id.Kind, form)
	// Where both are the same there is one shard, and nothing to bring over.
	if i.config.FormerForm != "" && form != value {
		h.former = value
	}
	return h
}

// hash finds out who has what is hashed as form.
func (i *identity) hash(kind schemas.IdentifierKind, form string) holding {
	shard, pseudonym := i.keys.hash(kind, form)
	h := holding{kind: kind, shard: string(AppendShard(nil, shard)), pseudonym: string(AppendRef(nil, pseudonym))}
	h.owner = h.pseudonym
	if e := i.owners.Get(h.shard); e != nil {
		h.owner, h.epoch, h.since, h.standing, h.entered = e.PersonRef.Reveal(), e.Epoch, e.OccurredAt, e.Standing, true
	}
	return h
}

// mint makes the person_ref that belongs to the link at an offset of this topic: the same after a
// replay, and in no way derived from an identifier.
func (i *identity) mint(subject string, offset int64) string {
	in := append([]byte("person\x00"), i.topicID[:]...)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(in, uint64(offset)))
	ref := string(AppendRef(nil, [16]byte(sum[:16])))
	// Nothing here deletes a founder: its person is known by it for good.
	i.founders.Put(subject, schemas.IdentityEntry{Shard: subject, PersonRef: schemas.PersonRef(ref), OccurredAt: i.link.OccurredAt})
	return ref
}

// place says whose an identifier is from now on, and how far it tells who that is. Where the owner stays
// the shard stays where it is, and so does its epoch: a record that was looked up with a later one
// would wait for a move that nobody makes.
func (i *identity) place(ctx *pipeline.Context, h holding, to string, standing schemas.Standing) {
	// The former spelling goes along: it must not stay with a person whom the form has left.
	i.follow(ctx, h, to)
	switch {
	// A shard that stays with its owner must not move: the owner would send it to itself.
	case h.owner != to:
		// The entry goes out with the move, in one transaction. Records that were looked up with the new epoch
		// wait for the move.
		i.enter(ctx, h, to, h.epoch+1, standing)
		i.move(ctx, h, to)
	case h.standing != standing, i.toldAnew(h.shard):
		i.enter(ctx, h, to, h.epoch, standing)
	}
}

// enter writes the entry that ingest tasks look up.
func (i *identity) enter(ctx *pipeline.Context, h holding, to string, epoch int32, standing schemas.Standing) {
	// An entry stays after an unlink, with the pseudonym as the owner: its epoch must go on from where it was.
	e := i.owners.GetOrCreate(h.shard)
	*e = schemas.IdentityEntry{Shard: h.shard, PersonRef: schemas.PersonRef(to), Epoch: epoch, OccurredAt: i.link.OccurredAt, Standing: standing}
	// In quarantine an identifier says nothing of anybody.
	if standing != schemas.StandingQuarantined {
		e.ActsFor = i.actsFor(h.shard)
	}
	i.buf = e.AppendAvro(emit.AppendFrame(i.buf[:0], i.emit.Schemas.IdentityEntry))
	ctx.Emit(i.entries, []byte(h.shard), i.buf)
	// Until it is out, touchpoints of the patient go to the old owner, who must forward them.
	ctx.Urgent()
}

// move asks the present owner to hand the shard over.
func (i *identity) move(ctx *pipeline.Context, h holding, to string) {
	i.moves = schemas.Identified{
		PersonRef: schemas.PersonRef(h.owner), Shard: h.shard, Epoch: h.epoch + 1, JudgedBy: emit.NotJudged, IngestedAt: schemas.Millis(ctx.Now()),
		SourcePartition: -1, SourceOffset: -1,
		Payload: schemas.IdentifiedPayload{
			Kind:      schemas.IdentifiedPayloadMoveShard,
			MoveShard: schemas.MoveShard{To: schemas.PersonRef(to), At: i.link.OccurredAt},
		},
	}
	i.buf = i.moves.AppendAvro(emit.AppendFrame(i.buf[:0], i.emit.Schemas.Identified))
	// The key is the present owner, whose task has the shard.
	ctx.Emit(i.identified, []byte(h.owner), i.buf)
}
