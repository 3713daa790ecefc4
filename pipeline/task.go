package pipeline

import (
	"errors"
	"fmt"
	"slices"
)

// InputKind is what a step is about.
type InputKind uint8

const (
	InputRecord    InputKind = iota + 1 // the next record of the source, a control record among them
	InputBroadcast                      // the next record of a broadcast topic
	InputTick                           // processing time went on
	InputCommit                         // a commit begins: coalesced outputs and the changelog are due
	InputEnd                            // the source ends: its watermark is forced
	InputReplayed                       // every record that Unreplayed asked for has been given
)

// Input is one step's input.
type Input struct {
	Kind   InputKind
	Now    Time
	Record *Record // of InputRecord and InputBroadcast
	// CaughtUp, of InputTick, is the latest processing time at which the source was seen to hold
	// nothing beyond the task's position; MinTime where it may hold more.
	CaughtUp Time
	Forced   Time // watermark of InputEnd
	// Order, of InputCommit, says that an order record will do: the commit need not be a checkpoint.
	Order bool
}

var (
	errUndeclaredOutput = errors.New("emit to an output that was not declared in Role.New")
	errNoTimerHandler   = errors.New("set a timer: the processor has no OnTimer")
)

// Task is the state machine of one task: Step is a function of its state and the input. It does no
// I/O, starts no goroutine and reads no clock; outputs and changelog records go to the appender.
// After an error of Step the task is void: a new one is restored from the last commit.
//
// A driver calls NewTask, OpenCopy, Restore for every changelog record from there on, Committed, Resume
// with the committed offset, Step with the broadcasts that are there, Step with the source records
// that Unreplayed asks for and with InputReplayed, and then Step as inputs come. To commit it calls
// Step with InputCommit, then Mark for the control records, Offset, and Sealed; then Committed, once
// the commit stands.
type Task struct {
	id       TaskID
	topology *Topology
	role     *Role
	source   *Source
	setup    Setup
	ctx      Context
	handlers handlers

	phase      taskPhase
	position   int64
	stamped    int64 // the broker's timestamp of the last record
	epoch      int32
	own        sourceClock
	marks      watermarks
	vector     sourceVector
	states     []channelState // per channel, from vector or own
	timers     timerQueue
	broadcasts []broadcastPosition
	eventTime  Time // of the record in process, or the timer; MinTime for none
	expiring   []expiringStore

	touched bool // something to commit
	urgent  bool
	dirty   bool // the engine's own changelog record is out of date
	writer  changelogWriter
	copy    Copy // nil where state is in memory only
	meta    []byte

	order       orderLog
	fingerprint uint64     // of topology
	saved       savedPoint // of the last checkpoint that was restored
	unreplayed  []order    // since then
	replay      *replay    // of phaseReplaying
	replayed    Replayed
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

type broadcastPosition struct {
	TopicPartition
	next   int64 // given to this Processor
	replay int64 // taken before the restore
}

// NewTask builds the task of a role for one source partition, empty.
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
	}
	task.ctx = Context{task: task, out: out}
	if role.Changelog != "" && env.Copy != nil {
		task.copy = env.Copy(task.id)
	}
	task.setup = Setup{id: task.id, env: env, epoch: &task.epoch, copy: task.copy, during: task.during}
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

// Step takes one input. An error ends the task.
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
	if t.copy != nil && t.copy.Err() != nil {
		err = t.copy.Err() // whatever else went wrong may come of it
	}
	if err != nil {
		return t.failed(in, err)
	}
	return nil
}

func (t *Task) failed(in *Input, err error) error {
	if in.Record != nil {
		return fmt.Errorf("task %v: %s/%d offset %d: %w", t.id, in.Record.Topic, in.Record.Partition, in.Record.Offset, err)
	}
	return fmt.Errorf("task %v: %w", t.id, err)
}

// Ahead shows the processor records that come next. It is no input: whether it is called makes no
// difference to what the task does. A panic over a record is left to the record's own step.
func (t *Task) Ahead(records []Record) {
	if t.handlers.ahead == nil {
		return
	}
	defer func() { _ = recover() }()
	t.handlers.ahead.Ahead(records)
}

// SkipTo moves the position on past offsets that hold no record for us (markers, aborted records).
func (t *Task) SkipTo(offset int64) {
	if offset > t.position {
		t.position, t.touched = offset, true
	}
}

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
	if t.source.Carried && isControl(r) {
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

func isControl(r *Record) bool {
	return len(r.Headers) > 0 && r.Headers[0].Key == WatermarkHeader
}

// process calls Process and makes an error of a panic.
func (t *Task) process(r *Record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError()
		}
	}()
	return t.handlers.process.Process(&t.ctx, r)
}

// invalid hands a record that could not be used to the failure handler.
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

// control takes the marks of a control record and advances the channels that they move.
func (t *Task) control(r *Record) error {
	changed := false
	err := DecodeControl(r.Value, func(m SourceMark) {
		if t.vector.apply(m) {
			changed = true
		}
	})
	if changed {
		t.dirty = true
		if e := t.advance(t.refresh()); e != nil {
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

func (t *Task) broadcastAt(topic string, partition int32) *broadcastPosition {
	for i := range t.broadcasts {
		if b := &t.broadcasts[i]; b.Partition == partition && b.Topic == topic {
			return b
		}
	}
	t.broadcasts = append(t.broadcasts, broadcastPosition{TopicPartition: TopicPartition{topic, partition}})
	return &t.broadcasts[len(t.broadcasts)-1]
}

func (t *Task) tick(caughtUp Time) error {
	touched := t.touched
	t.touched = false
	idle := t.own.tick(t.ctx.now, caughtUp)
	moved, err := t.ticked(idle)
	t.order.tick(t.ctx.now, idle, t.touched, moved)
	t.touched = t.touched || touched
	return err
}

// ticked is a tick once it is known whether the source became idle. moved: a watermark did.
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

// follow moves the channels whose sources are all idle along with processing time, where the
// topology's clock says so. That alone is not worth a commit: the next tick would do it again.
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

func (t *Task) commit(order bool) error {
	if err := t.coalesced(); err != nil {
		return err
	}
	if order && t.order.on {
		return t.writer.writeOrder(t)
	}
	return t.writer.write(t)
}

// coalesced lets the processor emit what it emits once per commit.
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
