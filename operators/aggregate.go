package operators

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/window"
	"github.com/attune-health/attune/schemas"
)

// Names of the aggregates, as in Aggregate.aggregate and in the windows of late records.
const (
	aggregateContacts    = "contacts"
	aggregateTouchpoints = "touchpoints"
)

// AggregateConfig sets the windows of contact-aggregates. Times are in milliseconds.
type AggregateConfig struct {
	ContactsSize        schemas.Millis // Default 1 h
	ContactsLateness    schemas.Millis // Default 10 min
	TouchpointsSize     schemas.Millis // Default 1 min
	TouchpointsLateness schemas.Millis // Default 10 min
	Early               schemas.Millis // processing time between early panes. Default 5 s
	Retain              schemas.Millis // how long a closed pane is kept to count what is dropped. Default 48 h
}

func (c *AggregateConfig) setDefaults() {
	orMillis(&c.ContactsSize, hour)
	orMillis(&c.ContactsLateness, 10*minute)
	orMillis(&c.TouchpointsSize, minute)
	orMillis(&c.TouchpointsLateness, 10*minute)
	orMillis(&c.Early, 5*second)
	orMillis(&c.Retain, 48*hour)
}

// Validate returns every problem of the configuration.
func (c *AggregateConfig) Validate() error {
	if c.ContactsSize <= 0 || c.TouchpointsSize <= 0 || c.ContactsLateness < 0 || c.TouchpointsLateness < 0 || c.Early < 0 || c.Retain < 0 {
		return errors.New("aggregate: sizes must be above 0, the rest not below")
	}
	return nil
}

// heldFor is how long after allowed lateness a person is known to have been counted: for records that
// were judged in time and then held by a move.
const heldFor = 10 * minute

type tallies = window.Windows[tally, tallied]

// aggregate counts touchpoints by minute and channel, and contacts by hour, channel, reason and
// priority. A contact counts where and when its outcome became known: the event time, reason and
// priority of its disposition. Windows wait for the channel that they count only.
type aggregate struct {
	contacts    tallies
	touchpoints [len(channelNames)]tallies
	all         []tallies
	sizes       AggregateConfig

	out       pipeline.Output
	partition int32
	target    int32
	schema    int32

	v     schemas.Aggregate
	event tallied
	cell  []byte
	key   []byte
	buf   []byte

	attributes attributes
}

func newAggregate(s *pipeline.Setup, c *Config) (*aggregate, error) {
	out := s.Output(c.Topics.Aggregates)
	partition := s.Task().Source.Partition
	a := &aggregate{
		sizes: c.Aggregate, out: out, partition: partition, target: partition % s.Partitions(out), schema: c.Schemas.Aggregate,
		attributes: attributesOf(s, "Aggregate"),
	}
	a.v.Log, a.v.Partition = uuidText(s.TopicID(c.Topics.Identified)), partition
	var err error
	if a.contacts, err = a.windows(s, aggregateContacts, c.Aggregate.ContactsSize, c.Aggregate.ContactsLateness, schemas.ChannelCall, 0); err != nil {
		return nil, err
	}
	a.all = append(a.all, a.contacts)
	for i, name := range channelNames {
		w, err := a.windows(s, aggregateTouchpoints+"-"+name, c.Aggregate.TouchpointsSize, c.Aggregate.TouchpointsLateness, schemas.Channel(i+1), uint8(i+1))
		if err != nil {
			return nil, err
		}
		a.touchpoints[i] = w
		a.all = append(a.all, w)
	}
	return a, nil
}

func (a *aggregate) windows(s *pipeline.Setup, name string, size, lateness schemas.Millis, ch schemas.Channel, kind uint8) (tallies, error) {
	emit := a.emitTouchpoints
	if name == aggregateContacts {
		emit = a.emitContacts
	}
	return window.New(s, window.Config{
		Name: name, Assigner: window.Tumbling{Size: pipeline.Time(size)}, Channels: channelBit(ch), Lateness: pipeline.Time(lateness),
		Retain: pipeline.Time(a.sizes.Retain), Early: pipeline.Time(a.sizes.Early), TimerKind: timerWindow + kind,
	}, window.Aggregate[tally, tallied]{Codec: tallyCodec{}, Fold: (*tally).add}, emit)
}

// process counts a touchpoint.
func (a *aggregate) process(ctx *pipeline.Context, j *Journey) error {
	tp := j.Touchpoint
	if tp == nil || tp.Channel == schemas.ChannelUnknown {
		return nil
	}
	a.event = tallied{}
	disposition := tp.Body.Kind == schemas.TouchpointBodyCall && tp.Body.Call.Event == schemas.CallEventDisposition
	if disposition {
		a.event.call, a.event.lastResort = &tp.Body.Call, j.LastResort.Active
	}
	a.key = append(a.key[:0], byte(tp.Channel))
	if err := a.add(ctx, j, a.touchpoints[tp.Channel-1], a.sizes.TouchpointsSize, a.sizes.TouchpointsLateness, 1); err != nil {
		return err
	}
	if !disposition {
		return nil
	}
	a.key = binary.BigEndian.AppendUint32(a.key, uint32(tp.Body.Call.Priority))
	a.key = append(a.key, tp.Body.Call.Reason...)
	return a.add(ctx, j, a.contacts, a.sizes.ContactsSize, a.sizes.ContactsLateness, 0)
}

// add takes the event into the cell that a.key names.
func (a *aggregate) add(ctx *pipeline.Context, j *Journey, w tallies, size, lateness schemas.Millis, kind byte) error {
	at := window.Arrival{At: j.At, Judged: j.Judged, Key: a.key}
	a.event.newPerson = false
	if !w.IsLate(at.At, at.Judged) {
		start := window.Tumbling{Size: pipeline.Time(size)}.Assign(j.At).Start
		a.cell = append(binary.BigEndian.AppendUint64(append(a.cell[:0], kind), uint64(start)), a.key...)
		until := schemas.Millis(start) + size + lateness + heldFor
		a.event.newPerson = a.firstOf(ctx, j, int64(hash64(aliasString(a.cell))), until)
	}
	_, err := w.Add(ctx, at, &a.event)
	return err
}

// firstOf reports whether the person is new to the cell, and keeps that they no longer are. That is
// kept with the person, who is written anyway, and not with the cell, which thousands share.
func (a *aggregate) firstOf(ctx *pipeline.Context, j *Journey, cell int64, until schemas.Millis) bool {
	list := j.Person.Counted
	for i := range list {
		if list[i].Cell == cell {
			return false
		}
	}
	kept := list[:0]
	for _, c := range list {
		if now, _ := ctx.Watermark(channelBit(c.Channel)); schemas.Millis(now) < c.Until {
			kept = append(kept, c)
		}
	}
	j.Person.Counted = append(kept, schemas.CountedCell{Cell: cell, Channel: j.Touchpoint.Channel, Until: until})
	return true
}

// lateWindows names the windows that can take no touchpoint of event time at any more.
func (a *aggregate) lateWindows(dst []string, at, judged pipeline.Time) []string {
	if a.contacts.IsLate(at, judged) {
		dst = append(dst, aggregateContacts)
	}
	if a.touchpoints[0].IsLate(at, judged) {
		dst = append(dst, aggregateTouchpoints)
	}
	return dst
}

// OnTick lets the windows emit early panes.
func (a *aggregate) OnTick(ctx *pipeline.Context) error {
	for _, w := range a.all {
		if err := w.OnTick(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (a *aggregate) ownsTimer(kind uint8) bool {
	return kind >= timerWindow && kind < timerWindow+uint8(len(a.all))
}

func (a *aggregate) onTimer(ctx *pipeline.Context, t pipeline.Timer, _ *Journey, _ func(string) bool) (bool, error) {
	return false, a.all[t.Kind-timerWindow].OnTimer(ctx, t)
}

func (a *aggregate) emitTouchpoints(ctx *pipeline.Context, p *window.Pane[tally]) error {
	a.v.Aggregate, a.v.Channel, a.v.Reason, a.v.Priority = aggregateTouchpoints, schemas.Channel(p.Key[0]), "", 0
	a.emit(ctx, p)
	return nil
}

func (a *aggregate) emitContacts(ctx *pipeline.Context, p *window.Pane[tally]) error {
	a.v.Aggregate, a.v.Channel = aggregateContacts, schemas.Channel(p.Key[0])
	a.v.Priority, a.v.Reason = int32(binary.BigEndian.Uint32(p.Key[1:])), aliasString(p.Key[5:])
	a.emit(ctx, p)
	return nil
}

var panes = [...]schemas.Pane{window.Early: schemas.PaneEarly, window.OnTime: schemas.PaneOnTime, window.Late: schemas.PaneLate}

var bases = [...]schemas.Basis{pipeline.BasisReal: schemas.BasisReal, pipeline.BasisIdle: schemas.BasisIdle, pipeline.BasisForced: schemas.BasisForced}

// emit writes the cell's whole value to the partition of the task's own number.
func (a *aggregate) emit(ctx *pipeline.Context, p *window.Pane[tally]) {
	v, t := &a.v, p.Value
	v.WindowStart, v.WindowEnd = schemas.Millis(p.Start), schemas.Millis(p.End)
	v.Epoch, v.Revision, v.Pane, v.Basis, v.Watermark = ctx.Epoch(), p.Revision, panes[p.Trigger], bases[p.Basis], schemas.Millis(p.Watermark)
	v.Touchpoints, v.Contacts, v.Queued, v.Abandoned, v.Answered = t.touchpoints, t.contacts, t.queued, t.abandoned, t.answered
	v.WaitMs, v.WaitAnsweredMs, v.TalkMs, v.LastResort, v.Persons = t.waitMs, t.waitAnsweredMs, t.talkMs, t.lastResort, t.persons
	v.Late, v.Dropped = p.Late, p.Dropped
	a.buf = v.AppendAvro(appendFrame(a.buf[:0], a.schema))
	k := append(append(a.cell[:0], v.Aggregate...), '/')
	k = append(strconv.AppendInt(k, int64(v.WindowStart), 10), '/')
	k = append(append(k, v.Channel.String()...), '/')
	k = append(append(k, v.Reason...), '/')
	a.cell = strconv.AppendInt(k, int64(v.Priority), 10)
	ctx.EmitTo(a.out, a.target, a.cell, a.buf, a.headers()...)
}

// headers names the emission: its cell, and the task and version that tell it from the others of it.
func (a *aggregate) headers() []pipeline.Header {
	id := append(append(a.attributes.id[:0], a.cell...), '/')
	id = append(strconv.AppendInt(id, int64(a.v.Partition), 10), '/')
	id = append(strconv.AppendInt(id, int64(a.v.Epoch), 10), '.')
	a.attributes.id = strconv.AppendInt(id, int64(a.v.Revision), 10)
	return a.attributes.of(aliasString(a.attributes.id), a.v.WindowEnd)
}

// uuidText writes a topic's id as people do.
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
