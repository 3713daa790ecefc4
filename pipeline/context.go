package pipeline

import (
	"fmt"
	"math/bits"
)

// Appender takes output records in wire form: a Producer, or a test's stand-in.
type Appender interface {
	Append(r *OutRecord) error
}

// Context is a handler's way to the engine. There is one per task; it is valid during the call that
// received it, and only the task's goroutine may use it. Errors of Emit and of the timers stay in it
// and end the step: handlers need not check each call, and cannot overlook one.
type Context struct {
	// now is the processing time of the step, in Unix milliseconds.
	now  Time
	task *Task
	out  Appender
	// record and headers are used anew by each Emit, so that emitting allocates nothing.
	record  OutRecord
	headers []Header
	// trace is the trace context of the record in process, nil where it is not traced.
	trace []byte
	// replaying: a broadcast is given that the task has had before; what it leads to is already there.
	replaying bool
	// err is the first error of the step.
	err error
}

// Now is the processing time of this step. It is an input of the step, not a clock read.
func (c *Context) Now() Time { return c.now }

// Epoch is the task's assignment count: at least 1, and greater after every take-over or restore.
func (c *Context) Epoch() int32 { return c.task.epoch }

// Replaying is true while OnBroadcast gets a record that the task had taken before it was restored:
// what is emitted meanwhile is discarded.
func (c *Context) Replaying() bool { return c.replaying }

// Watermark is the minimum over the named channels (none named: all of the topology), and the weakest
// basis among them. It is MinTime as long as one of them has not spoken (I2): nothing may be called
// complete on the word of the others. It never goes back, and is restored as it was (I3, I6).
func (c *Context) Watermark(ch Channels) (Time, Basis) {
	return c.task.marks.minimum(ch)
}

// Behind is by how much less than until at a channel has been read: what happened since may be missing. It is 0
// where the channel's watermark is no older than it may be when all has been read: by the channel's bound, and
// by the time that a source may be silent without being idle, which is less than can be told. It is not known as
// long as a source has not spoken.
func (c *Context) Behind(channel int, at Time) (by Time, known bool) {
	return c.task.Behind(channel, at)
}

// ObserveEventTime tells the engine the event time of the record in process. It moves the source
// partition's own watermark to t minus the channel's bound, never back; without a channel it moves
// nothing. What is written to stores with a TTL from there on is of that time. Watermarks of the task
// move after Process has returned, so that a record is never late by itself.
func (c *Context) ObserveEventTime(t Time) {
	c.task.eventTime = t
	c.task.own.observe(t)
}

// SourceWatermark is the own watermark of the task's source partition, MinTime before the first
// record.
func (c *Context) SourceWatermark() Time { return c.task.own.watermark }

// TablePosition is the position up to which a table declared by this task has been applied, 0 for
// any other topic.
func (c *Context) TablePosition(topic string) int64 {
	for _, t := range c.task.setup.tables {
		if t.Topic == topic {
			return t.Position()
		}
	}
	return 0
}

// CarriedTablePosition is the table position that every source of the carried watermarks has
// applied, 0 as long as one has not spoken.
func (c *Context) CarriedTablePosition() int64 { return c.task.vector.tablePosition() }

// Emit sends a record to the partition of o that its key belongs to. The bytes are copied before it
// returns. A nil value is a tombstone; an empty key is none.
func (c *Context) Emit(o Output, key, value []byte, h ...Header) {
	if out := c.output(o); out != nil {
		c.append(out, Partition(key, out.partitions), key, value, h)
	}
}

// EmitTo sends a record to a partition of o that the caller has chosen. One that the topic does not
// have ends the step: the broker would refuse the whole commit later, without saying whose record it
// was.
func (c *Context) EmitTo(o Output, partition int32, key, value []byte, h ...Header) {
	out := c.output(o)
	if out == nil {
		return
	}
	if partition < 0 || partition >= out.partitions {
		c.fail(fmt.Errorf("emit to %s/%d: the topic has %d partitions", out.topic, partition, out.partitions))
		return
	}
	c.append(out, partition, key, value, h)
}

// output is a declared output; nil, and an error of the step, for any other.
func (c *Context) output(o Output) *output {
	if o.index == 0 || int(o.index) > len(c.task.setup.outputs) {
		c.fail(errUndeclaredOutput)
		return nil
	}
	return &c.task.setup.outputs[o.index-1]
}

// append hands an output to the producer, unless it only repeats what has been sent. Outputs that are
// not sent are hashed all the same: that is how a replay is compared with what it repeats.
func (c *Context) append(out *output, partition int32, key, value []byte, h []Header) {
	if c.replaying || c.err != nil {
		return
	}
	if len(key) == 0 {
		key = nil // whether a buffer was ever used must make no difference
	}
	c.task.touched = true
	if c.task.order.on {
		c.task.order.hash.emitted(out, partition, key, value, h)
	}
	if c.task.phase == phaseReplaying {
		return // it was sent by the commit that is being replayed
	}
	c.headers = append(c.headers[:0], h...)
	if c.trace != nil {
		c.headers = append(c.headers, Header{Key: TraceHeader, Value: c.trace})
	}
	c.record = OutRecord{Topic: out.topic, Partition: partition, Timestamp: int64(c.now), Key: key, Value: value, Headers: c.headers}
	if err := c.out.Append(&c.record); err != nil {
		c.fail(fmt.Errorf("append to %s/%d: %w", out.topic, partition, err))
	}
}

// SetTimer sets a timer, or moves it where one of its kind and key is set. One that is due already
// fires in this step, after the handler has returned. Timers are state: they are committed with the
// offsets and fire after a restore, also where the key stays silent (I5). A processor without OnTimer
// fails the step.
func (c *Context) SetTimer(t Timer) {
	if c.task.handlers.timer == nil {
		c.fail(errNoTimerHandler)
		return
	}
	t.Channels = c.task.marks.expand(t.Channels)
	if c.task.timers.set(t) {
		c.task.touched = true
	}
}

// ClearTimer removes a timer, if it is set. One that fires has been removed before.
func (c *Context) ClearTimer(kind uint8, key string) {
	if c.task.timers.clear(kind, key) {
		c.task.touched = true
	}
}

// TimerAt returns when a timer is to fire, false where it is not set.
func (c *Context) TimerAt(kind uint8, key string) (Time, bool) { return c.task.timers.at(kind, key) }

// Urgent asks for a commit as soon as the worker's urgent interval allows, for outputs that somebody
// waits for. It commits all tasks of the worker, so that it should be asked for seldom: each commit
// costs the broker as much as many records do.
func (c *Context) Urgent() {
	if !c.replaying {
		c.task.urgent, c.task.touched = true, true
	}
}

// UrgentFor is Urgent where what happened at a time is no further from now than Topology.LiveWithin: somebody may
// still wait for what comes of it, be it in a recorded log that is written in real time.
func (c *Context) UrgentFor(at Time) {
	within := c.task.topology.LiveWithin
	if within == 0 || c.now-at <= within && at-c.now <= within {
		c.Urgent()
	}
}

// Count adds one to a counter of the operator's, for metrics. name and reason are constants of the
// program, few of each, and never come out of a record. What is undone after a failure has been
// counted all the same.
func (c *Context) Count(name, reason string) {
	if count := c.task.setup.env.Count; count != nil && !c.replaying && c.task.phase != phaseReplaying {
		count(c.task.id, name, reason)
	}
}

// fail keeps the first error of the step.
func (c *Context) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// watermarks are the task's own view of each channel: monotone, part of its state. basis says for each
// what it rests on.
type watermarks struct {
	times []Time
	basis []Basis
	// settled are those of Settled; times itself where nothing may be under way.
	settled []Time
}

// newWatermarks begins n channels that have not spoken.
func newWatermarks(n int) watermarks {
	w := watermarks{times: make([]Time, n), basis: make([]Basis, n)}
	w.settled = w.times
	for i := range w.times {
		w.times[i], w.basis[i] = MinTime, BasisReal
	}
	return w
}

// expand makes all channels of none.
func (w *watermarks) expand(ch Channels) Channels {
	if ch&^Settled == 0 {
		return ch | Channels(1)<<len(w.times) - 1
	}
	return ch
}

// minimum is the lowest watermark of a set of channels and the weakest basis. A set with a channel that
// the topology does not have is never passed: a typing error shows as a window that stays open, and not
// as one that closes early.
func (w *watermarks) minimum(ch Channels) (Time, Basis) {
	low, basis, times := MaxTime, BasisReal, w.times
	if ch&Settled != 0 {
		times = w.settled
	}
	set := w.expand(ch) &^ Settled
	for m := uint32(set); m != 0; m &= m - 1 {
		i := bits.TrailingZeros32(m)
		if i >= len(w.times) {
			return MinTime, BasisReal
		}
		low, basis = min(low, times[i]), max(basis, w.basis[i])
	}
	if set == 0 {
		return MinTime, BasisReal
	}
	return low, basis
}

// raise moves channel i to t if that is later, and reports whether it did. An earlier one is passed
// over and is no failure (I3): sources come back behind what their channel has reached, after a restart
// for instance.
func (w *watermarks) raise(i int, t Time, b Basis) bool {
	if t <= w.times[i] {
		return false
	}
	w.times[i], w.basis[i] = t, b
	return true
}
