package aggregate

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/window"
	"github.com/attune-health/attune/schemas"
)

// Names of the aggregates, as in Aggregate.aggregate and in the windows of late records.
const (
	// aggregateContacts are by hour, channel, reason and priority.
	aggregateContacts = "contacts"
	// aggregateTouchpoints are by minute and channel.
	aggregateTouchpoints = "touchpoints"
)

// Config sets the windows of contact-aggregates. Times are in milliseconds. Sizes are part of what is
// stored and published: rows of two sizes do not add up, so that a changed size begins new rows.
type Config struct {
	// ContactsSize is the length of a window of contacts. Default 1 h.
	ContactsSize schemas.Millis `yaml:"contacts_size"`
	// ContactsLateness is how long after its end a window of contacts still takes what comes late. Default 10 min.
	ContactsLateness schemas.Millis `yaml:"contacts_lateness"`
	// TouchpointsSize is the length of a window of touchpoints. Default 1 min.
	TouchpointsSize schemas.Millis `yaml:"touchpoints_size"`
	// TouchpointsLateness is how long after its end a window of touchpoints still takes what comes late. Default 10 min.
	TouchpointsLateness schemas.Millis `yaml:"touchpoints_lateness"`
	// Early is the processing time between early panes. Default 5 s.
	Early schemas.Millis `yaml:"early"`
	// Retain is how long a closed pane is kept, to count what is dropped. Panes of contacts are kept for
	// person.correct_for at least. Default 48 h.
	Retain schemas.Millis `yaml:"retain"`
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.ContactsSize = cmp.Or(c.ContactsSize, schemas.Hour)
	c.ContactsLateness = cmp.Or(c.ContactsLateness, 10*schemas.Minute)
	c.TouchpointsSize = cmp.Or(c.TouchpointsSize, schemas.Minute)
	c.TouchpointsLateness = cmp.Or(c.TouchpointsLateness, 10*schemas.Minute)
	c.Early = cmp.Or(c.Early, 5*schemas.Second)
	c.Retain = cmp.Or(c.Retain, 48*schemas.Hour)
}

// Validate returns every problem of the configuration. A size of 0 would be a window that takes nothing.
func (c *Config) Validate() error {
	var problems []error
	for _, t := range []struct {
		key          string
		value, least schemas.Millis
	}{
		{"contacts_size", c.ContactsSize, 1}, {"contacts_lateness", c.ContactsLateness, 0},
		{"touchpoints_size", c.TouchpointsSize, 1}, {"touchpoints_lateness", c.TouchpointsLateness, 0},
		{"early", c.Early, 0}, {"retain", c.Retain, 0},
	} {
		if t.value < t.least {
			problems = append(problems, fmt.Errorf("aggregate.%s: below %d ms", t.key, t.least))
		}
	}
	return errors.Join(problems...)
}

// heldFor is how long after allowed lateness a person is known to have been counted, beside what is under way:
// for records that were judged in time and then held by a move. Forgotten sooner, the person would count twice
// in a cell.
const heldFor = 10 * schemas.Minute

// tallies are windows whose values are tallies, to which tallies are added.
type tallies = window.Windows[tally, tally]

// Step counts touchpoints by minute and channel, and contacts by hour, channel, reason and
// priority. A contact counts where and when its outcome became known: the event time, reason and
// priority of its disposition. What came before it may arrive later: windows of contacts wait for all
// channels by which patients make themselves felt, and cells are corrected (contactFacts). Windows of
// touchpoints wait for the channel that they count only.
type Step struct {
	// contacts wait for all channels of patients: a failed step of any may concern a contact.
	contacts tallies
	// touchpoints are by channel, each of which waits for itself alone.
	touchpoints [schemas.ChannelCount]tallies
	// all has every one of them, by the number of its timers' kind.
	all []tallies
	// sizes is the configuration.
	sizes Config

	// out is the aggregates topic. A task writes to the partition of its own number, so that versions of a
	// row come in order.
	out pipeline.Output
	// partition is the task's, target that of the aggregates topic: the topics may have different numbers
	// of them.
	partition int32
	target    int32
	schema    int32

	// facts says what is known of each contact, and corrects the cells.
	facts contactFacts
	// v, event, cell, key and buf are used anew for each record.
	v     schemas.Aggregate
	event tally
	cell  []byte
	key   []byte
	buf   []byte

	// attributes are those of every emission.
	attributes emit.Attributes
}

// New makes the step for the task that s sets up. It declares its windows' stores, so that it is called in
// Role.New only.
func New(s *pipeline.Setup, e *emit.Config, c Config, p *person.Config) (*Step, error) {
	out := s.Output(e.Topics.Aggregates)
	partition := s.Task().Source.Partition
	a := &Step{
		sizes: c, out: out, partition: partition, target: partition % s.Partitions(out), schema: e.Schemas.Aggregate,
		attributes: emit.AttributesOf(s, "Aggregate"), facts: newContactFacts(s, e, p),
	}
	// Rows name the log and partition that they were counted from: a topic that was made anew counts anew.
	a.v.Log, a.v.Partition = uuidText(s.TopicID(e.Topics.Identified)), partition
	var err error
	if a.contacts, err = a.windows(s, aggregateContacts, c.ContactsSize, c.ContactsLateness, a.contactsRetain(), person.AllTouch, 0); err != nil {
		return nil, err
	}
	a.all = append(a.all, a.contacts)
	// A channel has windows of its own, so that those of a fast one close without waiting for a slow one.
	for _, ch := range schemas.Channels() {
		w, err := a.windows(s, aggregateTouchpoints+"-"+ch.Name(), c.TouchpointsSize, c.TouchpointsLateness, c.Retain, person.ChannelBit(ch.Channel), uint8(ch.Channel))
		if err != nil {
			return nil, err
		}
		a.touchpoints[ch.Channel] = w
		a.all = append(a.all, w)
	}
	return a, nil
}

// contactsRetain is how long cells of contacts are kept: for as long as a contact that they count may still
// become another. A contact's fact would otherwise be put right, and its cell not.
func (a *Step) contactsRetain() schemas.Millis { return max(a.sizes.Retain, a.facts.correctFor) }

// windows makes the windows of one aggregate. name is part of the state; kind is added to the first of the
// timers' kinds.
func (a *Step) windows(s *pipeline.Setup, name string, size, lateness, retain schemas.Millis, channels pipeline.Channels, kind uint8) (tallies, error) {
	emit := a.emitTouchpoints
	// The keys of the two are read differently.
	if name == aggregateContacts {
		emit = a.emitContacts
	}
	return window.New(s, window.Config{
		Name: name, Assigner: window.Tumbling{Size: pipeline.Time(size)}, Channels: channels, Lateness: pipeline.Time(lateness),
		Retain: pipeline.Time(retain), Early: pipeline.Time(a.sizes.Early), TimerKind: person.TimerWindow + kind,
	}, window.Aggregate[tally, tally]{Codec: tallyCodec{}, Fold: (*tally).plus}, emit)
}

// Process counts a touchpoint, and what has become known of the person's contacts. Contacts are looked at
// only where the journey says that something of them may have changed: most touchpoints cost one fold.
func (a *Step) Process(ctx *pipeline.Context, j *person.Journey) error {
	if tp := j.Touchpoint; tp != nil && tp.Channel.Spec() != nil {
		a.event = tally{touchpoints: 1}
		// A disposition says of its call what it was, for the minute in which it came.
		if call := &tp.Body.Call; tp.Body.Kind == schemas.TouchpointBodyCall && call.Event == schemas.CallEventDisposition {
			a.event.call(call.Queued, call.Abandoned, call.Answered, call.WaitMs, call.TalkMs)
		}
		// The cell within the window is the channel alone.
		a.key = append(a.key[:0], byte(tp.Channel))
		at := window.Arrival{At: j.At, Judged: j.Judged, Key: a.key}
		if _, err := a.add(ctx, j, a.touchpoints[tp.Channel], at, spec{1, a.sizes.TouchpointsSize, a.sizes.TouchpointsLateness}); err != nil {
			return err
		}
	}
	if !j.FactsChanged {
		return nil
	}
	return a.reviewNow(ctx, j)
}

// spec tells the windows of the two aggregates apart.
type spec struct {
	// kind is part of a cell's hash.
	kind byte
	// size and lateness are the windows', in milliseconds.
	size, lateness schemas.Millis
}

// contactsWindow is the spec of contacts.
func (a *Step) contactsWindow() spec { return spec{0, a.sizes.ContactsSize, a.sizes.ContactsLateness} }

// add takes the event into the cell that at names, and the person if they are new to it. A late event takes
// no person in: the window drops it.
func (a *Step) add(ctx *pipeline.Context, j *person.Journey, w tallies, at window.Arrival, s spec) (taken bool, err error) {
	a.event.persons = 0
	if !w.IsLate(at.At, at.Judged) {
		start := window.Tumbling{Size: pipeline.Time(s.size)}.Assign(at.At).Start
		until := schemas.Millis(start) + s.size + s.lateness + heldFor
		if a.firstOf(ctx, j, schemas.Channel(a.key[0]), a.cellHash(s.kind, start), until) {
			a.event.persons = 1
		}
	}
	return w.Add(ctx, at, &a.event)
}

// cellHash names the cell of a.key in a window. Eight bytes stand for it in a person's state; two cells of
// one hash would count the person once.
func (a *Step) cellHash(kind byte, start pipeline.Time) int64 {
	a.cell = append(binary.BigEndian.AppendUint64(append(a.cell[:0], kind), uint64(start)), a.key...)
	return int64(exact.Hash64(emit.AliasString(a.cell)))
}

// firstOf reports whether the person is new to the cell, and keeps that they no longer are. That is kept
// with the person, who is written anyway, and not with the cell, which thousands share. A sketch in the
// cell would need no memory of persons, and would not be exact.
func (a *Step) firstOf(ctx *pipeline.Context, j *person.Journey, ch schemas.Channel, cell int64, until schemas.Millis) bool {
	list := j.Person.Counted
	for i := range list {
		if list[i].Cell == cell {
			return false
		}
	}
	// Cells whose time is over are forgotten by the way, so that no timer is needed. Settled, since a record
	// that is held for a moment may come back after days of event time.
	kept := list[:0]
	for _, c := range list {
		if now, _ := ctx.Watermark(person.ChannelBit(c.Channel) | pipeline.Settled); schemas.Millis(now) < c.Until {
			kept = append(kept, c)
		}
	}
	j.Person.Counted = append(kept, schemas.CountedCell{Cell: cell, Channel: ch, Until: until})
	return true
}

// LateWindows names the windows that can take no touchpoint of a channel and event time any more, appended to
// dst: it is late, or they are gone, which happens to one that was on its way for too long.
func (a *Step) LateWindows(ctx *pipeline.Context, dst []string, c schemas.Channel, at, judged pipeline.Time) (late []string, gone bool) {
	dst, gone = lateWindow(ctx, dst, aggregateContacts, a.contacts, at, judged)
	if c.Spec() == nil {
		return dst, gone // counted in no window of touchpoints
	}
	dst, alsoGone := lateWindow(ctx, dst, aggregateTouchpoints, a.touchpoints[c], at, judged)
	return dst, gone || alsoGone
}

// lateWindow is LateWindows for one aggregate.
func lateWindow(ctx *pipeline.Context, dst []string, name string, w tallies, at, judged pipeline.Time) (late []string, gone bool) {
	if gone = w.IsGone(ctx, at); gone || w.IsLate(at, judged) {
		dst = append(dst, name)
	}
	return dst, gone
}

// OnTick lets the windows emit early panes. The first error ends the step.
func (a *Step) OnTick(ctx *pipeline.Context) error {
	for _, w := range a.all {
		if err := w.OnTick(ctx); err != nil {
			return err
		}
	}
	return nil
}

// OwnsTimer tells the timers of the windows, and those that make contacts final.
func (a *Step) OwnsTimer(kind uint8) bool {
	return kind >= person.TimerWindow && kind < person.TimerWindow+uint8(len(a.all)) || kind == timerFinal
}

// OnTimer closes the panes that are due, or says that contacts are final. Nothing has happened to a
// person: the chain does not run.
func (a *Step) OnTimer(ctx *pipeline.Context, t pipeline.Timer, j *person.Journey, load func(string) bool) (bool, error) {
	// Returning true has the task mark the shards that were changed; Stop keeps the steps from running.
	if t.Kind == timerFinal {
		if !load(t.Key) {
			return false, nil
		}
		j.Fired(t)
		j.Stop = true
		return true, a.review(ctx, j, t.At)
	}
	return false, a.all[t.Kind-person.TimerWindow].OnTimer(ctx, t)
}

// emitTouchpoints undoes the key that Process made: the channel.
func (a *Step) emitTouchpoints(ctx *pipeline.Context, p *window.Pane[tally]) error {
	a.v.Aggregate, a.v.Channel, a.v.Reason, a.v.Priority = aggregateTouchpoints, schemas.Channel(p.Key[0]), "", 0
	a.emit(ctx, p)
	return nil
}

// emitContacts undoes contactKey: channel, priority and reason.
func (a *Step) emitContacts(ctx *pipeline.Context, p *window.Pane[tally]) error {
	a.v.Aggregate, a.v.Channel = aggregateContacts, schemas.Channel(p.Key[0])
	a.v.Priority, a.v.Reason = int32(binary.BigEndian.Uint32(p.Key[1:])), emit.AliasString(p.Key[5:])
	a.emit(ctx, p)
	return nil
}

// panes and bases translate the engine's words into the schema's. Tumbling windows are never retracted.
var panes = [...]schemas.Pane{window.Early: schemas.PaneEarly, window.OnTime: schemas.PaneOnTime, window.Late: schemas.PaneLate}

var bases = [...]schemas.Basis{pipeline.BasisReal: schemas.BasisReal, pipeline.BasisIdle: schemas.BasisIdle, pipeline.BasisForced: schemas.BasisForced}

// emit writes the cell's whole value to the partition of the task's own number. Readers keep the row of the
// highest epoch and revision.
func (a *Step) emit(ctx *pipeline.Context, p *window.Pane[tally]) {
	v, t := &a.v, p.Value
	v.WindowStart, v.WindowEnd = schemas.Millis(p.Start), schemas.Millis(p.End)
	v.Epoch, v.Revision, v.Pane, v.Basis, v.Watermark = ctx.Epoch(), p.Revision, panes[p.Trigger], bases[p.Basis], schemas.Millis(p.Watermark)
	v.Touchpoints, v.Contacts, v.Queued, v.Abandoned, v.Answered = t.touchpoints, t.contacts, t.queued, t.abandoned, t.answered
	v.WaitMs, v.WaitAnsweredMs, v.TalkMs, v.LastResort, v.Persons = t.waitMs, t.waitAnsweredMs, t.talkMs, t.lastResort, t.persons
	v.Late, v.Dropped, v.Repeats, v.FailedSteps = p.Late, p.Dropped, t.repeats, t.failedSteps
	a.buf = v.AppendAvro(emit.AppendFrame(a.buf[:0], a.schema))
	// The record's key is the cell in words, so that a compacted topic keeps its last row.
	k := append(append(a.cell[:0], v.Aggregate...), '/')
	k = append(strconv.AppendInt(k, int64(v.WindowStart), 10), '/')
	k = append(append(k, v.Channel.String()...), '/')
	k = append(append(k, v.Reason...), '/')
	a.cell = strconv.AppendInt(k, int64(v.Priority), 10)
	ctx.EmitTo(a.out, a.target, a.cell, a.buf, a.headers()...)
}

// headers names the emission: its cell, and the task and version that tell it from the others of it. A
// replay gives the same id, so that a reader that has seen it can drop the second.
func (a *Step) headers() []pipeline.Header {
	id := append(append(a.attributes.Id[:0], a.cell...), '/')
	id = append(strconv.AppendInt(id, int64(a.v.Partition), 10), '/')
	id = append(strconv.AppendInt(id, int64(a.v.Epoch), 10), '.')
	a.attributes.Id = strconv.AppendInt(id, int64(a.v.Revision), 10)
	return a.attributes.Of(emit.AliasString(a.attributes.Id), a.v.WindowEnd)
}

// uuidText writes a topic's id as people do, in groups of hexadecimal digits.
func uuidText(id [16]byte) string {
	b := make([]byte, 0, 36)
	for i, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return string(b)
}
