package aggregate

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/window"
	"github.com/attune-health/attune/schemas"
)

// timerFinal says that a contact's window is over, on all channels that it depends on. Key: person. It is
// the last of the kinds that aggregate has.
const timerFinal = person.TimerWindow + 15

// contactFacts says what is known of contacts, and says it again whenever that becomes something else. What
// is known follows from the touchpoints' event times alone (person.Contacts), so that it does not matter
// which of them came first:
//
//	a call, its end, its disposition          the fact, revision 1, and the contact in its cell
//	a failed step from before the call        revision 2, and last_resort + 1 in the cell
//	a link: the steps were somebody else's    revision 3, and last_resort - 1
//	all channels have passed its window       revision 4, final
//
// What was said last is kept with each part of the contact, and goes with it where its shard goes.
type contactFacts struct {
	// contacts collects those of the person at hand.
	contacts person.Contacts
	// within is how long before a contact a failed step counts.
	within schemas.Millis
	// correctFor is how long after its start it is corrected.
	correctFor schemas.Millis
	// out is the contact facts topic, by person.
	out        pipeline.Output
	schema     int32
	attributes emit.Attributes
	// fact, want, buf and key are used anew for each contact.
	fact     schemas.ContactFact
	want     schemas.CountedContact
	buf, key []byte
}

// newContactFacts takes lengths from person.Config, where what they keep in the state is configured too.
func newContactFacts(s *pipeline.Setup, e *emit.Config, p *person.Config) contactFacts {
	s.TimerKinds("contact facts", timerFinal, 1)
	return contactFacts{
		within: p.LastResort, correctFor: p.CorrectFor, out: s.Output(e.Topics.ContactFacts), schema: e.Schemas.ContactFact, attributes: emit.AttributesOf(s, "ContactFact"),
	}
}

// Regrouped implements the chain's call after a move: the person's contacts and what came before them may
// be others. The old owner and the new one are both called, each for who they are now.
func (a *Step) Regrouped(ctx *pipeline.Context, j *person.Journey) error { return a.reviewNow(ctx, j) }

// reviewNow is review as of the watermark.
func (a *Step) reviewNow(ctx *pipeline.Context, j *person.Journey) error {
	now, _ := ctx.Watermark(person.AllTouch)
	return a.review(ctx, j, now)
}

// review says what has become known of the person's contacts since it was said last. now is the
// watermark of the channels that they depend on, or the time of a timer, of which many may be due.
func (a *Step) review(ctx *pipeline.Context, j *person.Journey, now pipeline.Time) error {
	f := &a.facts
	contacts := f.contacts.Of(j.Who)
	if len(contacts) == 0 {
		return nil
	}
	// next is when the first contact that is not final yet becomes so.
	next := pipeline.MaxTime
	for i := range contacts {
		o := &contacts[i]
		// A call in progress counts nowhere yet, and one that is settled stays as it was said.
		if !o.Over() || f.isSettled(o, schemas.Millis(now)) {
			continue
		}
		// The fact is judged anew each time: it is cheaper than telling what a change may have touched.
		f.contacts.Fact(&f.fact, o, f.within)
		final := a.closes(o.OverAt())
		if f.fact.Final = now >= final; !f.fact.Final {
			next = min(next, final)
		}
		// The cell before the fact: both go out with one commit.
		if err := a.recount(ctx, j, o); err != nil {
			return err
		}
		a.say(ctx, j, o)
	}
	// A person has one such timer: a later review sets it to what is next by then.
	if next != pipeline.MaxTime && j.Who.FinalAt != schemas.Millis(next) {
		j.Who.FinalAt = schemas.Millis(next)
		ctx.SetTimer(pipeline.Timer{At: next, Channels: person.AllTouch, Kind: timerFinal, Key: j.Who.Ref})
	}
	return nil
}

// isSettled says that what has been said of a contact stays: what it rests on may be forgotten, and judged
// again without it the contact would become another.
func (f *contactFacts) isSettled(o *person.Contact, now schemas.Millis) bool {
	return now >= o.Started+f.correctFor && o.Revision > 0 && (!o.Concluded() || o.Head.Counted.OK)
}

// closes is when the window of a contact that was over at that time takes nothing more that is in time.
// From then on its fact is final, though a link may still correct it.
func (a *Step) closes(at schemas.Millis) pipeline.Time {
	return window.Tumbling{Size: pipeline.Time(a.sizes.ContactsSize)}.Assign(pipeline.Time(at)).End + pipeline.Time(a.sizes.ContactsLateness)
}

// say emits the fact if it is news, told by a hash of its bytes without the revision. The hash and the
// revision are kept with every part: whichever owner has one of them later knows what was said.
func (a *Step) say(ctx *pipeline.Context, j *person.Journey, o *person.Contact) {
	f := &a.facts
	a.sayAs(ctx, j, o)
	if f.contacts.HasOtherKeys(o) {
		a.withdraw(ctx, j, o)
	}
}

// withdraw says that there is no contact under the other keys of its parts, where it was said that there is:
// they were of two persons, each with a contact of their own, until a link made them one.
func (a *Step) withdraw(ctx *pipeline.Context, j *person.Journey, o *person.Contact) {
	f := &a.facts
	f.contacts.Each(o, func(_ int, p *schemas.ContactPart) {
		if p.ContactKey == o.Head.ContactKey || p.Revision == 0 {
			return
		}
		// Concluded as it was said to be: in ClickHouse a disposition outdoes its absence.
		f.fact = schemas.ContactFact{
			ContactID: o.ID, ContactKey: p.ContactKey, PersonRef: j.PersonRef, Channel: schemas.ChannelCall, StartedAt: p.StartedAt, EndedAt: p.EndedAt,
			ConcludedAt: p.ConcludedAt, Concluded: p.ConcludedBy != "", Withdrawn: true,
		}
		a.sayAs(ctx, j, o)
	})
}

// sayAs emits the fact under the key that it has.
func (a *Step) sayAs(ctx *pipeline.Context, j *person.Journey, o *person.Contact) {
	f := &a.facts
	revision, emitted := f.contacts.Said(o, f.fact.ContactKey)
	// The revision is no part of what is compared.
	f.fact.Revision = 0
	f.buf = f.fact.AppendAvro(emit.AppendFrame(f.buf[:0], f.schema))
	hash := int64(exact.Hash64(emit.AliasString(f.buf)))
	// Said before, by this owner or another.
	if emitted == hash {
		return
	}
	f.fact.Revision = revision + 1
	f.contacts.Each(o, func(shard int, p *schemas.ContactPart) {
		if p.ContactKey == f.fact.ContactKey {
			p.Revision, p.Emitted = f.fact.Revision, hash
			j.Touched(shard)
		}
	})
	f.buf = f.fact.AppendAvro(emit.AppendFrame(f.buf[:0], f.schema))
	f.key = append(f.key[:0], j.Who.Ref...)
	ctx.Emit(f.out, f.key, f.buf, f.headers()...)
}

// name is the contact's own key, or the id that an older build knew it by.
func (f *contactFacts) name() string { return cmp.Or(f.fact.ContactKey, f.fact.ContactID) }

// headers names a fact: which contact, whose, which revision.
func (f *contactFacts) headers() []pipeline.Header {
	id := append(append(f.attributes.Id[:0], f.name()...), '/')
	id = append(append(id, f.key...), '/')
	f.attributes.Id = strconv.AppendInt(id, int64(f.fact.Revision), 10)
	return f.attributes.Of(emit.AliasString(f.attributes.Id), max(f.fact.ConcludedAt, f.fact.EndedAt))
}

// recount lets cells count the contact as it is known now: in the part whose disposition is in force, and
// nowhere else. Another part that was counted before, when its disposition was in force or its shard
// somebody else's, is taken out.
func (a *Step) recount(ctx *pipeline.Context, j *person.Journey, o *person.Contact) error {
	var err error
	a.facts.contacts.Each(o, func(shard int, p *schemas.ContactPart) {
		// Parts that never counted are passed over: most contacts have one that did.
		if err != nil || p != o.Head && !p.Counted.OK {
			return
		}
		want := a.facts.counted(p)
		// Not the part in force, or without a disposition: it counts nowhere.
		if p != o.Head || p.ConcludedBy == "" {
			want = nil
		}
		var changed bool
		if changed, err = a.recountPart(ctx, j, p, want); changed {
			j.Touched(shard)
		}
	})
	return err
}

// counted is what a cell should have counted for the fact. It is valid until the next call.
func (f *contactFacts) counted(p *schemas.ContactPart) *schemas.CountedContact {
	v := &f.fact
	f.want = schemas.CountedContact{
		At: v.ConcludedAt, By: p.ConcludedBy, Reason: v.Reason, Priority: v.Priority, Queued: v.Queued, Abandoned: v.Abandoned, Answered: v.Answered,
		WaitMs: v.WaitMs, TalkMs: v.TalkMs, LastResort: v.LastResort, Repeat: v.Repeat, FailedSteps: v.FailedSteps,
	}
	return &f.want
}

// recountPart brings what has been counted for a part to what is wanted of it, nil for nothing. A cell that
// is kept no longer stays as it is.
//
//	counted    wanted           what is done
//	no         no               nothing
//	yes        no               taken out of its cell
//	no         yes              entered, or dropped by the window where it comes too late
//	yes        in that cell     the difference is added
//	yes        in another cell  taken out there, entered here
func (a *Step) recountPart(ctx *pipeline.Context, j *person.Journey, p *schemas.ContactPart, want *schemas.CountedContact) (changed bool, err error) {
	have := &p.Counted
	switch {
	// Nothing on either side; or the window has dropped this very disposition, which it counts once.
	case want == nil && !have.OK, want != nil && have.OK && have.V.Late && have.V.By == want.By:
		return false, nil
	// The window has gone: what it said last stands.
	case have.OK && !have.V.Late && !a.isKept(ctx, have.V.At):
		return false, nil
	// The same cell: a change of what is counted, or none.
	case want != nil && have.OK && !have.V.Late && a.sameCell(&have.V, want):
		delta := tallyOf(want)
		delta.minus(tallyOf(&have.V))
		if delta == (tally{}) && have.V.By == want.By {
			return false, nil
		}
		have.V = keptCount(want)
		return true, a.correct(ctx, want, delta)
	}
	// Taken out of the cell that it was counted in.
	if have.OK && !have.V.Late {
		gone := have.V
		// Before leaves looks for other contacts of the person in the cell.
		have.OK = false
		delta := tally{}
		delta.minus(tallyOf(&gone))
		// The person goes with their last contact in the cell.
		delta.persons = -a.leaves(j, &gone)
		if err := a.correct(ctx, &gone, delta); err != nil {
			return true, err
		}
	}
	*have = schemas.Opt[schemas.CountedContact]{}
	if want == nil {
		return true, nil
	}
	*have = schemas.Some(keptCount(want))
	// Whether it comes too late, the window knows.
	taken, err := a.enter(ctx, j, want)
	have.V.Late = !taken
	return true, err
}

// keptCount is v with strings of its own: the reason is a word of the state, which lasts.
func keptCount(v *schemas.CountedContact) schemas.CountedContact {
	kept := *v
	kept.By = strings.Clone(v.By)
	return kept
}

// isKept says whether the window of contacts of that time still takes corrections.
func (a *Step) isKept(ctx *pipeline.Context, at schemas.Millis) bool {
	return !a.contacts.IsGone(ctx, pipeline.Time(at))
}

// windowStart is the beginning of the window of contacts that a time is in.
func (a *Step) windowStart(at schemas.Millis) pipeline.Time {
	return window.Tumbling{Size: pipeline.Time(a.sizes.ContactsSize)}.Assign(pipeline.Time(at)).Start
}

// sameCell says whether two contacts count in one cell.
func (a *Step) sameCell(x, y *schemas.CountedContact) bool {
	return x.Reason == y.Reason && x.Priority == y.Priority && a.windowStart(x.At) == a.windowStart(y.At)
}

// contactKey is the cell of a contact within its window, set as a.key: channel, priority and reason. The
// numbers have fixed lengths, so that no two cells have one key.
func (a *Step) contactKey(v *schemas.CountedContact) {
	a.key = append(a.key[:0], byte(schemas.ChannelCall))
	a.key = binary.BigEndian.AppendUint32(a.key, uint32(v.Priority))
	a.key = append(a.key, v.Reason...)
}

// enter counts a contact in its cell. A disposition that has only now arrived may be too late for it.
func (a *Step) enter(ctx *pipeline.Context, j *person.Journey, v *schemas.CountedContact) (taken bool, err error) {
	a.contactKey(v)
	a.event = tallyOf(v)
	at := window.Arrival{At: pipeline.Time(v.At), Judged: neverLate, Key: a.key}
	// A disposition is judged by its own watermark when it arrives; one that a move or a link has brought
	// back was in time once, and is not dropped for coming by another way.
	if v.By == j.TriggerID {
		at.Judged = j.Judged
	}
	return a.add(ctx, j, a.contacts, at, a.contactsWindow())
}

// neverLate is the watermark that judges what was in time when it came first: 1970.
const neverLate = pipeline.Time(0)

// correct changes what a cell says of contacts that it has counted. A tally may be negative, and is added
// like any other; the pane comes out again with a higher version.
func (a *Step) correct(ctx *pipeline.Context, v *schemas.CountedContact, delta tally) error {
	// A cell that would stay as it is must not come out again.
	if delta == (tally{}) {
		return nil
	}
	a.contactKey(v)
	a.event = delta
	_, err := a.contacts.Add(ctx, window.Arrival{At: pipeline.Time(v.At), Judged: neverLate, Key: a.key}, &a.event)
	return err
}

// leaves is 1 where a cell has counted the person and has no other contact of theirs, after which it has
// not. The person may then be counted there anew.
func (a *Step) leaves(j *person.Journey, gone *schemas.CountedContact) int64 {
	for i := range j.Shards {
		parts := j.Shards[i].ContactParts
		for n := range parts {
			if c := &parts[n].Counted; c.OK && !c.V.Late && a.sameCell(&c.V, gone) {
				return 0
			}
		}
	}
	a.contactKey(gone)
	hash := a.cellHash(a.contactsWindow().kind, a.windowStart(gone.At))
	// Without an entry the person was counted there as somebody else, or so long ago that it was forgotten.
	list := j.Person.Counted
	i := slices.IndexFunc(list, func(c schemas.CountedCell) bool { return c.Cell == hash })
	if i < 0 {
		return 0
	}
	j.Person.Counted = slices.Delete(list, i, i+1)
	return 1
}
