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
type identity struct {
	emit       *emit.Config
	config     *Config
	topicID    [16]byte
	owners     *state.Map[schemas.IdentityEntry]     // by shard; absent: the pseudonym, epoch 0
	founders   *state.Map[schemas.IdentityEntry]     // by the shard of the subject that a person was minted for
	holders    *state.Map[schemas.IdentifierHolders] // by shard; absent: at most one person so far
	entries    pipeline.Output
	identified pipeline.Output
	rejects    *emit.Rejecter
	keys       *pseudonyms

	link  schemas.IdentityLink
	moves schemas.Identified
	buf   []byte
}

// NewIdentity returns the IDENTITY processor, for pipeline.Role.New. Its source is the topic of
// links, of one partition.
func NewIdentity(e emit.Config, c Config) func(*pipeline.Setup) (pipeline.Processor, error) {
	e.SetDefaults()
	c.SetDefaults()
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

// Process takes one link.
func (i *identity) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	p, err := i.decode(r)
	if err != nil {
		return err
	}
	if !p.Found() {
		p = i.apply(ctx, r)
	}
	if p.Found() {
		i.rejects.Source(ctx, r, p, i.link.EventID, i.link.OccurredAt)
	}
	return nil
}

// OnFailure rejects a link that made Process fail.
func (i *identity) OnFailure(ctx *pipeline.Context, r *pipeline.Record, reason error) error {
	p, ok := emit.ProblemOf(reason, emit.ReasonProcessing)
	if !ok {
		p = emit.Problem{Reason: emit.ReasonProcessing, Detail: ""}
	}
	i.rejects.Source(ctx, r, p, "", 0)
	return nil
}

func (i *identity) decode(r *pipeline.Record) (emit.Problem, error) {
	i.link = schemas.IdentityLink{}
	if r.Value == nil {
		return emit.Problem{Reason: emit.ReasonTombstone, Detail: "value"}, nil
	}
	return DecodeFramed(i.config.Resolve, i.emit.Schemas.IdentityLink, r.Value, &i.link)
}

func (i *identity) apply(ctx *pipeline.Context, r *pipeline.Record) emit.Problem {
	l := &i.link
	if l.EventID == "" {
		return emit.Problem{Reason: emit.ReasonMissingEventID, Detail: "event_id"}
	}
	if l.OccurredAt < schemas.Millis(i.config.Earliest) {
		return emit.Problem{Reason: emit.ReasonAbsurdTime, Detail: "occurred_at"}
	}
	if !isSupported(l.Op) {
		return emit.Problem{Reason: emit.ReasonUnsupportedOp, Detail: "op"}
	}
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
	subject, identifier := i.lookNow(ctx, &i.link.Subject), i.lookNow(ctx, &i.link.Identifier)
	if identifier.owner != subject.owner && i.founders.Get(identifier.shard) != nil {
		return emit.Problem{Reason: emit.ReasonUnsupportedOp, Detail: "identifier is a subject"}
	}
	for _, h := range []*holding{&identifier, &subject} {
		if h.standing == schemas.StandingQuarantined {
			ctx.Count(countNobody, string(ruleQuarantined))
			return emit.Problem{Reason: emit.ReasonAbsurdIdentifier, Detail: string(ruleQuarantined)}
		}
	}
	person := subject.owner
	if subject.isPseudonym() {
		person = i.mint(subject.shard, offset)
		i.place(ctx, subject, person, schemas.StandingOnePerson)
	}
	if identifier.shard != subject.shard {
		i.give(ctx, identifier, person)
	}
	return emit.Problem{}
}

// unlink takes the identifier from the subject's person, if that person has it and was not minted for it.
func (i *identity) unlink(ctx *pipeline.Context) emit.Problem {
	subject, identifier := i.lookNow(ctx, &i.link.Subject), i.lookNow(ctx, &i.link.Identifier)
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
type holding struct {
	kind      schemas.IdentifierKind
	former    string // the value as the source wrote it, where it was hashed so before; empty otherwise
	shard     string
	pseudonym string
	owner     string
	epoch     int32
	since     schemas.Millis // event time of the link that gave it to its owner
	standing  schemas.Standing
	entered   bool // the ingest tables have an entry of it
}

func (h *holding) isPseudonym() bool { return h.owner == h.pseudonym }

// look finds out who has an identifier that names somebody.
func (i *identity) look(id *schemas.Identifier) holding {
	value := id.Value.Reveal()
	form, _ := i.keys.forms.of(id.Kind, value)
	h := i.hash(id.Kind, form)
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
	i.founders.Put(subject, schemas.IdentityEntry{Shard: subject, PersonRef: schemas.PersonRef(ref), OccurredAt: i.link.OccurredAt})
	return ref
}

// place says whose an identifier is from now on, and how far it tells who that is.
func (i *identity) place(ctx *pipeline.Context, h holding, to string, standing schemas.Standing) {
	i.follow(ctx, h, to)
	switch {
	case h.owner != to:
		i.enter(ctx, h, to, h.epoch+1, standing)
		i.move(ctx, h, to)
	case h.standing != standing:
		i.enter(ctx, h, to, h.epoch, standing)
	}
}

// enter writes the entry that ingest tasks look up.
func (i *identity) enter(ctx *pipeline.Context, h holding, to string, epoch int32, standing schemas.Standing) {
	e := i.owners.GetOrCreate(h.shard)
	*e = schemas.IdentityEntry{Shard: h.shard, PersonRef: schemas.PersonRef(to), Epoch: epoch, OccurredAt: i.link.OccurredAt, Standing: standing}
	i.buf = e.AppendAvro(emit.AppendFrame(i.buf[:0], i.emit.Schemas.IdentityEntry))
	ctx.Emit(i.entries, []byte(h.shard), i.buf)
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
	ctx.Emit(i.identified, []byte(h.owner), i.buf)
}
