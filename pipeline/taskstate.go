package pipeline

// ID returns the task's identity.
func (t *Task) ID() TaskID { return t.id }

// Role returns the task's role.
func (t *Task) Role() *Role { return t.role }

// Changelog is the task's partition of its changelog. Its topic is empty where the role has none.
func (t *Task) Changelog() TopicPartition {
	return TopicPartition{t.role.Changelog, t.id.Source.Partition}
}

// Position is the offset of the next source record.
func (t *Task) Position() int64 { return t.position }

// Stamped is the broker's timestamp of the last record in Unix milliseconds, 0 where there was none
// since the task began. It is for telling how far behind a task is, and for nothing that is emitted.
func (t *Task) Stamped() int64 { return t.stamped }

// Epoch is the task's assignment count.
func (t *Task) Epoch() int32 { return t.epoch }

// WriteTo lets the task write to out from now on, and returns what it has written to so far. What is
// there already stays there: the caller passes it on. So a task can be restored beside its worker,
// whose producer is the worker's alone.
func (t *Task) WriteTo(out Appender) (before Appender) {
	before = t.ctx.out
	t.ctx.out, t.writer.out = out, out
	return before
}

// Touched reports whether the task has anything to commit: that it has read something is enough.
func (t *Task) Touched() bool { return t.touched }

// Urgent reports whether a commit was asked for since the last one.
func (t *Task) Urgent() bool { return t.urgent }

// Watermark is the task's watermark of one channel.
func (t *Task) Watermark(channel int) (Time, Basis) {
	return t.marks.times[channel], t.marks.basis[channel]
}

// Behind is Context.Behind.
func (t *Task) Behind(channel int, at Time) (by Time, known bool) {
	mark, state := t.marks.times[channel], channelActive
	if t.source.Carried {
		_, _, state = t.vector.channel(channel)
	}
	switch ch := &t.topology.Channels[channel]; {
	case state == channelSilent || mark == MinTime:
		return 0, false
	case state == channelIdle || at-mark-ch.OutOfOrderness <= ch.IdleAfter:
		return 0, true
	default:
		return at - mark - ch.OutOfOrderness, true
	}
}

// Newest is the newest event time that the task's source has observed, MinTime for none.
func (t *Task) Newest() Time { return t.own.newest }

// SourceWatermark is the own watermark of the task's source.
func (t *Task) SourceWatermark() Time { return t.own.watermark }

// HasEventTime reports whether the task's source drives a channel by itself.
func (t *Task) HasEventTime() bool { return t.own.enabled }

// Span is the longest time, in milliseconds of event time, for which the processor keeps a result back
// after the newest record, and who does so; 0 where nobody has called Setup.Span.
func (t *Task) Span() (owner string, span Time) { return t.setup.spanOf, t.setup.span }

// Timers is how many timers are set.
func (t *Task) Timers() int { return t.timers.len() }

// Keys is how many keys the task's stores hold.
func (t *Task) Keys() int {
	n := 0
	for _, s := range t.setup.stores {
		n += s.Len()
	}
	return n
}

// Mark returns what the task's source has to announce downstream, if anything is new. It is new
// only once.
func (t *Task) Mark(of int32) (SourceMark, bool) {
	if t.role.WatermarksTo == "" || !t.own.changed {
		return SourceMark{}, false
	}
	t.own.changed = false
	m := SourceMark{Topic: t.id.Source.Topic, Partition: t.id.Source.Partition, Of: of,
		Watermark: t.own.watermark, Idle: t.own.idle, Forced: t.own.forced}
	if len(t.setup.tables) > 0 {
		m.Table = t.setup.tables[0].Position()
	}
	return m, true
}

// Announces reports whether Mark would return something.
func (t *Task) Announces() bool { return t.role.WatermarksTo != "" && t.own.changed }

// Offset is what the task commits of its source: the position, and as metadata the epoch, the source's own
// watermark and the ids of the topics that the task rests on.
func (t *Task) Offset() OffsetCommit {
	t.meta = append(appendMetadata(t.meta[:0], t.epoch, &t.own), t.topics...)
	return OffsetCommit{TopicPartition: t.id.Source, Offset: t.position, Metadata: string(t.meta)}
}

// Sealed says that all there was to commit has been taken.
func (t *Task) Sealed() {
	t.touched, t.urgent = false, false
	if t.copy != nil {
		t.copy.Seal()
	}
}

// DeclaredStores returns the stores that the task's role has declared, in their order.
func (t *Task) DeclaredStores() []Store { return t.setup.stores }
