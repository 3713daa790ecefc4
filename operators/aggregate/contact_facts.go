package aggregate

import (
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

// timerFinal says that a contact's window is over, on all channels that it depends on. Key: person.
const timerFinal = person.TimerWindow + 15

// contactFacts says what is known of contacts, and says it again whenever that becomes something else.
// What is known follows from the touchpoints' event times alone (person.Contacts), so that it does not
// matter which of them came first:
//
//	a call, its end, its disposition          the fact, revision 1, and the contact in its cell
//	a failed step from before the call        revision 2, and last_resort + 1 in the cell
//	a link: the steps were somebody else's    revision 3, and last_resort - 1
//	all channels have passed its window       revision 4, final
type contactFacts struct {
	contacts   person.Contacts
	within     schemas.Millis // how long before a contact a failed step counts
	correctFor schemas.Millis // how long after its start it is corrected
	out        pipeline.Output
	schema     int32
	attributes emit.Attributes
	fact       schemas.ContactFact
	want       schemas.CountedContact
	buf, key   []byte
}

func newContactFacts(s *pipeline.Setup, e *emit.Config, p *person.Config) contactFacts {
	s.TimerKinds("contact facts", timerFinal, 1)
	return contactFacts{
		within: p.LastResort, correctFor: p.CorrectFor, out: s.Output(e.Topics.ContactFacts), schema: e.Schemas.ContactFact, attributes: emit.AttributesOf(s, "ContactFact"),
	}
}

// Regrouped implements the chain's call after a move: the person's contacts and what came before them
// may be others.
func (a *Step) Regrouped(ctx *pipeline.Context, j *person.Journey) error { return a.reviewNow(ctx, j) }

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
	next := pipeline.MaxTime
	for i := range contacts {
		o := &contacts[i]
		if !o.Over() || f.isSettled(o, schemas.Millis(now)) {
			continue
		}
		f.contacts.Fact(&f.fact, o, f.within)
		final := a.closes(o.OverAt())
		if f.fact.Final = now >= final; !f.fact.Final {
			next = min(next, final)
		}
		if err := a.recount(ctx, j, o); err != nil {
			return err
		}
		a.say(ctx, j, o)
	}
	if next != pipeline.MaxTime {
		ctx.SetTimer(pipeline.Timer{At: next, Channels: person.AllTouch, Kind: timerFinal, Key: j.Who.Ref})
	}
	return nil
}

// isSettled says that what has been said of a contact stays: what it rests on may be forgotten.
func (f *contactFacts) isSettled(o *person.Contact, now schemas.Millis) bool {
	return now >= o.Started+f.correctFor && o.Revision > 0 && (!o.Concluded() || o.Head.Counted.OK)
}

// closes is when the window of a contact that was over at that time takes nothing more that is in time.
func (a *Step) closes(at schemas.Millis) pipeline.Time {
	return window.Tumbling{Size: pipeline.Time(a.sizes.ContactsSize)}.Assign(pipeline.Time(at)).End + pipeline.Time(a.sizes.ContactsLateness)
}

// say emits the fact if it is news.
func (a *Step) say(ctx *pipeline.Context, j *person.Journey, o *person.Contact) {
	f := &a.facts
	f.fact.Revision = 0
	f.buf = f.fact.AppendAvro(emit.AppendFrame(f.buf[:0], f.schema))
	hash := int64(exact.Hash64(emit.AliasString(f.buf)))
	if o.Emitted == hash {
		return
	}
	o.Revision++
	f.contacts.Each(o, func(shard int, p *schemas.ContactPart) {
		p.Revision, p.Emitted = o.Revision, hash
		j.Touched(shard)
	})
	f.fact.Revision = o.Revision
	f.buf = f.fact.AppendAvro(emit.AppendFrame(f.buf[:0], f.schema))
	f.key = append(f.key[:0], j.Who.Ref...)
	ctx.Emit(f.out, f.key, f.buf, f.headers()...)
}

// headers names a fact: which contact, whose, which revision.
func (f *contactFacts) headers() []pipeline.Header {
	id := append(append(f.attributes.Id[:0], f.fact.ContactID...), '/')
	id = append(append(id, f.key...), '/')
	f.attributes.Id = strconv.AppendInt(id, int64(f.fact.Revision), 10)
	return f.attributes.Of(emit.AliasString(f.attributes.Id), max(f.fact.ConcludedAt, f.fact.EndedAt))
}

// recount lets cells count the contact as it is known now: in the part whose disposition is in force,
// and nowhere else.
func (a *Step) recount(ctx *pipeline.Context, j *person.Journey, o *person.Contact) error {
	var err error
	a.facts.contacts.Each(o, func(shard int, p *schemas.ContactPart) {
		if err != nil || p != o.Head && !p.Counted.OK {
			return
		}
		want := a.facts.counted(p)
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

// counted is what a cell should have counted for the fact.
func (f *contactFacts) counted(p *schemas.ContactPart) *schemas.CountedContact {
	v := &f.fact
	f.want = schemas.CountedContact{
		At: v.ConcludedAt, By: p.ConcludedBy, Reason: v.Reason, Priority: v.Priority, Queued: v.Queued, Abandoned: v.Abandoned, Answered: v.Answered,
		WaitMs: v.WaitMs, TalkMs: v.TalkMs, LastResort: v.LastResort, Repeat: v.Repeat, FailedSteps: v.FailedSteps,
	}
	return &f.want
}

// recountPart brings what has been counted for a part to what is wanted of it, nil for nothing. A cell
// that is kept no longer stays as it is.
func (a *Step) recountPart(ctx *pipeline.Context, j *person.Journey, p *schemas.ContactPart, want *schemas.CountedContact) (changed bool, err error) {
	have := &p.Counted
	switch {
	case want == nil && !have.OK, want != nil && have.OK && have.V.Late && have.V.By == want.By:
		return false, nil
	case have.OK && !have.V.Late && !a.isKept(ctx, have.V.At):
		return false, nil
	case want != nil && have.OK && !have.V.Late && a.sameCell(&have.V, want):
		delta := tallyOf(want)
		delta.minus(tallyOf(&have.V))
		if delta == (tally{}) && have.V.By == want.By {
			return false, nil
		}
		have.V = keptCount(want)
		return true, a.correct(ctx, want, delta)
	}
	if have.OK && !have.V.Late {
		gone := have.V
		have.OK = false
		delta := tally{}
		delta.minus(tallyOf(&gone))
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
	now, _ := ctx.Watermark(person.AllTouch)
	return now < a.closes(at)+pipeline.Time(a.sizes.Retain)
}

func (a *Step) windowStart(at schemas.Millis) pipeline.Time {
	return window.Tumbling{Size: pipeline.Time(a.sizes.ContactsSize)}.Assign(pipeline.Time(at)).Start
}

func (a *Step) sameCell(x, y *schemas.CountedContact) bool {
	return x.Reason == y.Reason && x.Priority == y.Priority && a.windowStart(x.At) == a.windowStart(y.At)
}

// contactKey is the cell of a contact within its window.
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
	if v.By == j.TriggerID {
		at.Judged = j.Judged
	}
	return a.add(ctx, j, a.contacts, at, a.contactsWindow())
}

// neverLate is the watermark that judges what was in time when it came first.
const neverLate = pipeline.Time(0)

// correct changes what a cell says of contacts that it has counted.
func (a *Step) correct(ctx *pipeline.Context, v *schemas.CountedContact, delta tally) error {
	if delta == (tally{}) {
		return nil
	}
	a.contactKey(v)
	a.event = delta
	_, err := a.contacts.Add(ctx, window.Arrival{At: pipeline.Time(v.At), Judged: neverLate, Key: a.key}, &a.event)
	return err
}

// leaves is 1 where a cell has counted the person and has no other contact of theirs, after which it
// has not.
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
	list := j.Person.Counted
	i := slices.IndexFunc(list, func(c schemas.CountedCell) bool { return c.Cell == hash })
	if i < 0 {
		return 0
	}
	j.Person.Counted = slices.Delete(list, i, i+1)
	return 1
}
