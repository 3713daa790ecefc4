package pipeline

import (
	"errors"
	"fmt"
	"slices"
)

// InputKind is what a step is about.
type InputKind uint8

const (
	// InputRecord: the next record of the source, a control record among them.
	InputRecord InputKind = iota + 1
	// InputBroadcast: the next record of a broadcast topic.
	InputBroadcast
	// InputTick: processing time went on.
	InputTick
	// InputCommit: a commit begins; coalesced outputs and the changelog are due.
	InputCommit
	// InputEnd: the source ends; its watermark is forced.
	InputEnd
	// InputReplayed: every record that Unreplayed asked for has been given.
	InputReplayed
)

// Input is one step's input. The task keeps nothing of it.
type Input struct {
	// Kind says which of the other fields count.
	Kind InputKind
	// Now is the processing time of the step, in Unix milliseconds: Context.Now of the handlers.
	Now Time
	// Record is of InputRecord and InputBroadcast.
	Record *Record
	// CaughtUp, of InputTick, is the latest processing time at which the source was seen to hold
	// nothing beyond the task's position; MinTime where it may hold more.
	CaughtUp Time
	// Forced is the watermark of InputEnd.
	Forced Time
	// Order, of InputCommit, says that an order record will do: the commit need not be a checkpoint.
	Order bool
}

var (
	errUndeclaredOutput = errors.New("emit to an output that was not declared in Role.New")
	errNoTimerHandler   = errors.New("set a timer: the processor has no OnTimer")
)

// Task is the state machine of one task: Step is a function of its state and the input. It does no I/O,
// starts no goroutine and reads no clock; outputs and changelog records go to the appender. One
// goroutine at a time calls it. After an error of Step the task is void: a new one is restored from the
// last commit (I14).
//
// A driver calls NewTask, OpenCopy, Restore for every changelog record from there on, Committed, Resume
// with the committed offset, Step with the broadcasts that are there, Step with the source records that
// Unreplayed asks for and with InputReplayed, and then Step as inputs come. To commit it calls Step
// with InputCommit, then Mark for the control records, Offset, and Sealed; then Committed, once the
// commit stands.
type Task struct {
	id       TaskID
	topology *Topology
	role     *Role
	source   *Source
	setup    Setup
	ctx      Context
	handlers handlers

	// phase says how far the task is on its way to work.
	phase taskPhase
	// position is the offset of the next source record.
	position int64
	// stamped is the broker's timestamp of the last record.
	stamped int64
	// epoch counts the assignments of the task. Whatever is versioned downstream rises with it, also
	// where a predecessor got further than it committed.
	epoch int32
	// own is the clock of the task's own source; marks is the view of each channel that handlers see;
	// vector is what sources that are carried have said.
	own    sourceClock
	marks  watermarks
	vector sourceVector
	// settled is marks as they were a while ago, where records may be under way to the task.
	settled settledMarks
	// states is what the sources of each channel are together, from vector or own.
	states []channelState
	// timers are those that are set, and the changes that are not written yet.
	timers timerQueue
	// broadcasts are the positions in the broadcast partitions, in the order in which they were first
	// met.
	broadcasts []broadcastPosition
	// eventTime is that of the record in process, or of the timer; MinTime for none.
	eventTime Time
	// expiring are the stores that remove keys by time.
	expiring []expiringStore

	// touched: there is something to commit. urgent: and soon.
	touched bool
	urgent  bool
	// dirty: the engine's own changelog record is out of date.
	dirty  bool
	writer changelogWriter
	// copy is nil where state is in memory only.
	copy Copy
	// meta is a buffer for the committed offset's metadata, topics what it says of the topics.
	meta   []byte
	topics string

	// order collects what the next order record says.
	order orderLog
	// fingerprint is of the topology, and is compared before a replay.
	fingerprint uint64
	// saved is of the last checkpoint that was restored, unreplayed has the order records since then.
	saved      savedPoint
	unreplayed []order
	// replay is of phaseReplaying, nil otherwise.
	replay   *replay
	replayed Replayed
}

// taskPhase is where a task is on its way from nothing to work.
//
//	NewTask         Resume, order records              InputReplayed
//	─────► phaseRestoring ─────► phaseReplaying ─────────────────► phaseRunning
//	              └──────────────── Resume, no order records ───────────▲
//
// There is no way back: after an error the task is thrown away.
type taskPhase uint8

const (
	// phaseRestoring: OpenCopy and Restore bring the stores, timers and watermarks of the last checkpoint,
	// and the order records that follow it. Nothing is processed. A task that is given inputs without Resume,
	// as tests do, works from nothing.
	phaseRestoring taskPhase = iota
	// phaseReplaying: the task does again, under its old epoch, what it did between the checkpoint and the
	// last commit. Source records come at their place in the order records, broadcasts wait for theirs. What
	// is emitted is hashed and not sent; nothing is counted, traced or reported, for it has been before. No
	// commit may begin.
	phaseReplaying
	// phaseRunning: the task is in the state of its last commit or ahead of it, in a new epoch. Inputs come
	// as they come.
	phaseRunning
)

// handlers are what the processor implements, looked up once, so that the record path makes no type
// assertion.
type handlers struct {
	process   Processor
	ahead     AheadHandler
	timer     TimerHandler
	watermark WatermarkHandler
	tick      TickHandler
	broadcast BroadcastHandler
	failure   FailureHandler
	commit    CommitHandler
}

// broadcastPosition is how far a task is in one broadcast partition. The two differ after a restore,
// since a new Processor gets the topic from its start.
type broadcastPosition struct {
	TopicPartition
	// next is the offset to be given to this Processor next.
	next int64
	// replay is the offset before which the task has taken the records already, before its restore.
	replay int64
}

// NewTask builds the task of a role for one source partition, empty. It calls Role.New, and through env
// asks for partition counts, which may do I/O. Its error has every problem of the declarations; only
// one of KindTransient is worth a retry.
func NewTask(t *Topology, role *Role, source TopicPartition, env Environment, out Appender) (*Task, error) {
	task := &Task{id: TaskID{role.Name, source}, phase: phaseRestoring, topology: t, role: role, timers: newTimerQueue(), dirty: true, touched: true, eventTime: MinTime}
	task.fingerprint = t.fingerprint()
	task.order.begin(0)
	task.saved.own.newest = MinTime
	for i := range role.Sources {
		if role.Sources[i].Topic == source.Topic {
			task.source = &role.Sources[i]
		}
	}
	if task.source == nil {
		return nil, fmt.Errorf("task %v: topic %s is no source of its role", task.id, source.Topic)
	}
	task.marks = newWatermarks(len(t.Channels))
	task.states = make([]channelState, len(t.Channels))
	task.own = newSourceClock(t, task.source)
	task.own.changed = true
	if task.source.Carried {
		task.vector = newSourceVector(t, source.Topic)
		if t.UnderWay > 0 {
			task.settled = newSettledMarks(len(t.Channels))
			task.marks.settled = task.settled.times
		}
	}
	task.ctx = Context{task: task, out: out}
	if role.Changelog != "" && env.Copy != nil {
		task.copy = env.Copy(task.id)
	}
	task.setup = Setup{id: task.id, env: env, epoch: &task.epoch, copy: task.copy, during: task.during}
	task.topics = topicsOf(t, role, source.Topic, &task.setup)
	p, err := role.New(&task.setup)
	if err = errors.Join(err, task.setup.err()); err != nil {
		return nil, fmt.Errorf("task %v: %w", task.id, err)
	}
	task.handlers = handlersOf(p)
	task.findExpiring()
	task.writer.init(task, out)
	if role.Changelog == "" && len(task.setup.stores) > 0 {
		return nil, fmt.Errorf("task %v: has stores, but its role has no changelog", task.id)
	}
	return task, nil
}

// handlersOf finds what a processor implements.
func handlersOf(p Processor) handlers {
	h := handlers{process: p}
	h.ahead, _ = p.(AheadHandler)
	h.timer, _ = p.(TimerHandler)
	h.watermark, _ = p.(WatermarkHandler)
	h.tick, _ = p.(TickHandler)
	h.broadcast, _ = p.(BroadcastHandler)
	h.failure, _ = p.(FailureHandler)
	h.commit, _ = p.(CommitHandler)
	return h
}

// Step takes one input. An error ends the task. A record that cannot be used is no error where the
// processor has a FailureHandler (I15). A panic anywhere in the step becomes an error, by its place
// only: what is left of the task's state is not known then.
func (t *Task) Step(in *Input) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = t.failed(in, fmt.Errorf("%w: %s", panicError(), afterPanic))
		}
	}()
	t.ctx.now = in.Now
	switch in.Kind {
	case InputRecord:
		if t.phase == phaseReplaying {
			err = t.replayRecord(in.Record)
		} else {
			err = t.record(in.Record)
		}
	case InputBroadcast:
		err = t.broadcast(in.Record)
	case InputTick:
		err = t.tick(in.CaughtUp)
	case InputCommit:
		err = t.commit(in.Order)
	case InputEnd:
		err = t.end(in.Forced)
	case InputReplayed:
		err = t.endReplay()
	}
	if err == nil {
		err = t.ctx.err
	}
	// A store that lives in the copy cannot return an error where it reads. The error of the copy replaces any
	// other: a failed read can be what caused that one.
	if t.copy != nil && t.copy.Err() != nil {
		err = t.copy.Err()
	}
	if err != nil {
		return t.failed(in, err)
	}
	return nil
}

// failed says where a step failed. Offset and partition locate the record; nothing of its contents is
// told.
func (t *Task) failed(in *Input, err error) error {
	if in.Record != nil {
		return fmt.Errorf("task %v: %s/%d offset %d: %w", t.id, in.Record.Topic, in.Record.Partition, in.Record.Offset, err)
	}
	return fmt.Errorf("task %v: %w", t.id, err)
}

// Ahead shows the processor records that come next, so that what they need is on its way from memory.
// It is no input: whether it is called makes no difference to what the task does. A panic over a record
// is left to the record's own step.
func (t *Task) Ahead(records []Record) {
	if t.handlers.ahead == nil {
		return
	}
	defer func() { _ = recover() }()
	t.handlers.ahead.Ahead(records)
}

// SkipTo moves the position on past offsets that hold no record for us (markers, aborted records).
// Without it a partition that ends in such offsets would never be caught up, and so never idle.
func (t *Task) SkipTo(offset int64) {
	if offset > t.position {
		t.position, t.touched = offset, true
	}
}

// record takes a source record. One before the position has been taken already: feeds begin anew after
// a restore, and may bring it twice. Its watermark is raised after it has been processed, so that the
// watermark never includes the record that is in process. If Process returned an error, its outputs so
// far stay; the event time that it observed counts as well.
func (t *Task) record(r *Record) error {
	if r.Offset < t.position {
		return nil
	}
	t.order.record(t.ctx.now)
	t.position, t.touched = r.Offset+1, true
	t.stamped = r.Timestamp
	t.own.record(t.ctx.now)
	var err error
	var end func()
	if r.Unreadable {
		err = Invalid(ReasonUnreadable, nil)
	} else if t.source.Carried && isControl(r) {
		err = t.control(r)
	} else {
		if t.setup.env.Trace != nil && t.phase != phaseReplaying {
			end = t.beginTrace(r)
		}
		if err = t.process(r); err == nil {
			err = t.ctx.err
		}
	}
	if err != nil {
		if err = t.invalid(r, err); err != nil {
			return err
		}
	}
	t.ctx.trace = nil // what timers do is not this record's
	if end != nil {
		end()
	}
	return t.advance(t.own.enabled && t.marks.raise(t.source.Channel, t.own.watermark, t.own.basis()))
}

// isControl tells the engine's own records in a topic that carries watermarks from the application's.
func isControl(r *Record) bool {
	return len(r.Headers) > 0 && r.Headers[0].Key == WatermarkHeader
}

// process calls Process and makes an error of a panic, so that a record that makes its operator panic
// costs one record (I15).
func (t *Task) process(r *Record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError()
		}
	}()
	return t.handlers.process.Process(&t.ctx, r)
}

// invalid hands a record that could not be used to the failure handler, and tells of it (I7). Other
// kinds of errors are not the record's, and end the task. The step's error is cleared before, so that
// the handler can emit.
func (t *Task) invalid(r *Record, reason error) error {
	if KindOf(reason) != KindInvalid || t.handlers.failure == nil {
		return reason
	}
	t.ctx.err = nil
	if t.setup.env.Failed != nil && t.phase != phaseReplaying {
		t.setup.env.Failed(t.id.Source, r.Offset, ReasonOf(reason))
	}
	if err := t.rejected(r, reason); err != nil {
		return fmt.Errorf("handle failure: %w", err)
	}
	return t.ctx.err
}

// rejected calls OnFailure. Its panic is the record's second failure and ends the task: what would
// have said that the record is left out has not been said.
func (t *Task) rejected(r *Record, reason error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w, after %s: %s", panicError(), firstFailure(reason), afterPanic)
		}
	}()
	return t.handlers.failure.OnFailure(&t.ctx, r, reason)
}

// control takes the marks of a control record and advances the channels that they move. Marks that
// precede an error are used all the same: they came from their sources.
func (t *Task) control(r *Record) error {
	settled := t.settled.pass(Time(r.Timestamp), t.topology.UnderWay, t.marks.times)
	changed := false
	err := DecodeControl(r.Value, func(m SourceMark) {
		if t.vector.apply(m) {
			changed = true
		}
	})
	if changed || settled {
		t.dirty = t.dirty || changed
		if e := t.advance(t.refresh() || settled); e != nil {
			return e
		}
	}
	return err
}

// refresh raises every channel to what the sources say and reports whether one moved.
func (t *Task) refresh() bool {
	moved := false
	for ch := range t.states {
		low, basis, state := t.vector.channel(ch)
		t.states[ch] = state
		if state != channelSilent && t.marks.raise(ch, low, basis) {
			moved = true
		}
	}
	return moved
}

// advance fires what is due, and then removes what is. moved says that a watermark has moved.
func (t *Task) advance(moved bool) error {
	t.eventTime = MinTime // was the record's
	if moved || t.timers.fresh {
		if err := t.fire(moved); err != nil {
			return err
		}
	}
	if len(t.expiring) > 0 {
		t.eventTime = MinTime
		t.expire()
	}
	return nil
}

// fire calls what is due, in the order of time, kind and key over all channels: timers that a handler
// sets and that are due already fire in their turn, in the same step. OnWatermark comes after them, and
// may set timers of its own. So the order is one of the inputs alone, and a replay has it again.
func (t *Task) fire(moved bool) error {
	t.timers.fresh = false
	for {
		timer, ok := t.timers.pop(&t.marks)
		if !ok {
			break
		}
		t.touched, t.eventTime = true, timer.At
		if err := t.handlers.timer.OnTimer(&t.ctx, timer); err != nil {
			return fmt.Errorf("timer kind %d: %w", timer.Kind, err)
		}
	}
	t.eventTime = MinTime
	if !moved {
		return nil
	}
	t.dirty = true
	if t.handlers.watermark == nil {
		return nil
	}
	if err := t.handlers.watermark.OnWatermark(&t.ctx); err != nil {
		return fmt.Errorf("watermark: %w", err)
	}
	if !t.timers.fresh {
		return nil
	}
	return t.fire(false)
}

// broadcast takes a broadcast record, or keeps it until the replay comes to it. One that this Processor
// has had is passed over: feeds are read for all tasks of a worker, from the one that is furthest
// behind.
func (t *Task) broadcast(r *Record) error {
	b := t.broadcastAt(r.Topic, r.Partition)
	if r.Offset < b.next || t.handlers.broadcast == nil {
		return nil
	}
	if t.phase == phaseReplaying && r.Offset >= b.replay {
		t.replay.keep(r)
		return nil
	}
	return t.give(b, r)
}

// give hands a broadcast's next record to the processor. What it had taken before the restore fires
// nothing: the processor may not know the rest yet.
func (t *Task) give(b *broadcastPosition, r *Record) error {
	b.next = r.Offset + 1
	t.ctx.replaying = r.Offset < b.replay
	if !t.ctx.replaying {
		t.order.broadcast(t.ctx.now, slices.Index(t.role.Broadcasts, r.Topic), r)
		t.dirty, t.touched = true, true
	}
	err := t.handlers.broadcast.OnBroadcast(&t.ctx, r)
	if err != nil {
		return fmt.Errorf("broadcast: %w", err)
	}
	if t.ctx.replaying {
		t.ctx.replaying, t.eventTime = false, MinTime
		return nil
	}
	return t.advance(false)
}

// broadcastAt is the position in one broadcast partition, from 0 where it was never met.
func (t *Task) broadcastAt(topic string, partition int32) *broadcastPosition {
	for i := range t.broadcasts {
		if b := &t.broadcasts[i]; b.Partition == partition && b.Topic == topic {
			return b
		}
	}
	t.broadcasts = append(t.broadcasts, broadcastPosition{TopicPartition: TopicPartition{topic, partition}})
	return &t.broadcasts[len(t.broadcasts)-1]
}

// tick passes on processing time. It finds out whether the step did anything by itself, apart from what
// was there to commit before: only such a tick is worth a place in the order record.
func (t *Task) tick(caughtUp Time) error {
	touched := t.touched
	t.touched = false
	idle := t.own.tick(t.ctx.now, caughtUp)
	moved, err := t.ticked(idle)
	t.order.tick(t.ctx.now, idle, t.touched, moved)
	t.touched = t.touched || touched
	return err
}

// ticked is a tick once it is known whether the source became idle; a replay begins here. moved: a
// watermark did. An idle source is worth a commit: others leave it out only by its committed word (I2).
func (t *Task) ticked(idle bool) (moved bool, err error) {
	t.touched = t.touched || idle
	moved = t.follow()
	if err := t.advance(moved); err != nil || t.handlers.tick == nil {
		return moved, err
	}
	if err := t.handlers.tick.OnTick(&t.ctx); err != nil {
		return moved, fmt.Errorf("tick: %w", err)
	}
	return moved, t.advance(false)
}

// follow moves the channels whose sources are all idle along with processing time, where the topology's
// clock says so. That alone is not worth a commit: the next tick would do it again. The bound stays
// between: a source that wakes up may bring records that old.
func (t *Task) follow() bool {
	if t.topology.Clock != ClockBroker {
		return false
	}
	moved := false
	if t.own.enabled && t.own.idle {
		t.states[t.source.Channel] = channelIdle
	} else if t.own.enabled {
		t.states[t.source.Channel] = channelActive
	}
	for ch, state := range t.states {
		if state == channelIdle && t.marks.raise(ch, t.ctx.now-t.topology.Channels[ch].OutOfOrderness, BasisIdle) {
			moved = true
		}
	}
	return moved
}

// end forces the source's watermark. A source that drives no channel has none, and one that is there
// already does nothing.
func (t *Task) end(forced Time) error {
	if !t.own.enabled {
		return nil
	}
	if !t.own.force(forced) {
		return nil
	}
	t.order.end(t.ctx.now, forced)
	t.touched = true
	return t.advance(t.marks.raise(t.source.Channel, t.own.watermark, t.own.basis()))
}

// commit writes what a commit carries: a checkpoint, or an order record where that will do and one is
// allowed.
func (t *Task) commit(order bool) error {
	if err := t.coalesced(); err != nil {
		return err
	}
	if order && t.order.on {
		return t.writer.writeOrder(t)
	}
	return t.writer.write(t)
}

// coalesced lets the processor emit what it emits once per commit. A replay does so at the same places.
func (t *Task) coalesced() error {
	if t.handlers.commit == nil {
		return nil
	}
	if err := t.handlers.commit.OnCommit(&t.ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	t.eventTime = MinTime
	return nil
}
