package pipeline

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Changelog records of a task: the key is the store's name, a zero byte and the store's key. Names
// that begin with ~ are the engine's: one record for the engine's own state, one for the settled watermarks,
// one per timer, one per schema that a store's values were written with, and the order records.
const (
	engineStores = '~'
	engineStore  = "~task"
	timerStore   = "~timer"
	schemaStore  = "~schema"
	settledStore = "~settled"

	engineVersion = 2
)

// changelogWriter turns changes into changelog records. Its buffers and its yield func are made once,
// so that a commit allocates nothing. The same changes go to the task's copy, if it has one, where they
// wait for the commit to stand.
type changelogWriter struct {
	out Appender
	// copy may be nil.
	copy Copy
	// record is what append fills and out copies. Topic and partition stay: a task has one changelog
	// partition.
	record OutRecord
	// key is the record's key; its first prefix bytes name the store that is being written.
	key    []byte
	prefix int
	// value and order are buffers for the engine's own values and for the keys of order records.
	value []byte
	order []byte
	// err is the first error of append. Stores cannot return it through yield, so that write looks at
	// it at the end.
	err   error
	yield func(key, value []byte)
	// refused is Env.OutputRefused.
	refused func(tp TopicPartition, size int)
}

// init lets the writer write t's changelog to out.
func (w *changelogWriter) init(t *Task, out Appender) {
	w.out, w.copy, w.refused = out, t.copy, t.setup.env.OutputRefused
	w.record = OutRecord{Topic: t.role.Changelog, Partition: t.id.Source.Partition}
	w.yield = w.append
}

// store names the store that the next keys belong to.
func (w *changelogWriter) store(name string) {
	w.key = append(append(w.key[:0], name...), 0)
	w.prefix = len(w.key)
}

// append writes one change. After an error it does nothing: the task is void, and what else it yields
// is not worth sending.
func (w *changelogWriter) append(key, value []byte) {
	if w.err != nil {
		return
	}
	w.key = append(w.key[:w.prefix], key...)
	w.record.Key, w.record.Value = w.key, value
	w.err = w.out.Append(&w.record)
	// A state that is too large to be sent at all is left out, as one that its topic does not take.
	if KindOf(w.err) == KindInvalid {
		w.err = nil
		if w.refused != nil {
			w.refused(TopicPartition{w.record.Topic, w.record.Partition}, len(w.key)+len(value))
		}
	}
	if w.copy != nil {
		w.copy.Append(w.key, value)
	}
}

// write appends a checkpoint, which is everything that changed since the one before: stores in the
// order of declaration, then timers, then the engine's own state. Schemas go before the values that are
// written with them, since whoever restores reads in this order. All of it is in one transaction with
// the offset that it belongs to, so that state, watermarks and timers are never of different moments
// (I4, I5, I6). A role without a changelog has only to forget what changed.
func (w *changelogWriter) write(t *Task) error {
	if t.role.Changelog == "" {
		t.timers.forget()
		return nil
	}
	w.record.Timestamp = int64(t.ctx.now)
	for _, s := range t.setup.stores {
		if v, ok := s.(VersionedStore); ok {
			w.schema(v)
		}
		w.store(s.Name())
		s.Changes(w.yield)
	}
	w.store(timerStore)
	t.timers.changes(w.yield)
	if t.settled.dirty {
		t.settled.dirty = false
		w.store(settledStore)
		w.value = t.settled.append(w.value[:0], t.topology.Channels)
		w.append(nil, w.value)
	}
	t.checkpointed()
	if t.dirty {
		t.dirty = false
		w.store(engineStore)
		w.value = t.appendState(w.value[:0])
		w.append(nil, w.value)
	}
	if w.err != nil {
		return fmt.Errorf("write changelog: %w", w.err)
	}
	return nil
}

// writeOrder appends what a commit writes that is no checkpoint: which inputs it took and what hash its
// outputs have. The state changes stay unwritten until the next checkpoint, which is what makes such a
// commit cheap. Its cost is a replay after a failure.
func (w *changelogWriter) writeOrder(t *Task) error {
	t.trim()
	w.record.Timestamp = int64(t.ctx.now)
	l := &t.order
	l.commit++
	w.store(orderStore)
	w.order = binary.AppendUvarint(w.order[:0], l.commit)
	w.value = l.append(w.value[:0], t.epoch, t.ctx.now, t.position, t.summed())
	l.begin(t.position)
	if w.append(w.order, w.value); w.err != nil {
		return fmt.Errorf("write order record: %w", w.err)
	}
	return nil
}

// appendState encodes the engine's own state of the task:
//
//	version, epoch
//	count of channels, then per channel: name, basis, watermark
//	count of broadcast partitions, then per partition: topic, partition, position
//	1 where order records may follow, 0 where none do; after 1:
//	  number of the checkpoint in its epoch, position in the source
//	  flags, newest event time and watermark of the source
//	  fingerprints of build and topology, 8 bytes each
//	the sources' marks, as in a control record
func (t *Task) appendState(b []byte) []byte {
	b = append(b, engineVersion)
	b = binary.AppendUvarint(b, uint64(t.epoch))
	b = binary.AppendUvarint(b, uint64(len(t.marks.times)))
	for i, w := range t.marks.times {
		b = appendString(b, t.topology.Channels[i].Name)
		b = append(b, byte(t.marks.basis[i]))
		b = binary.AppendVarint(b, int64(w))
	}
	b = binary.AppendUvarint(b, uint64(len(t.broadcasts)))
	for i := range t.broadcasts {
		p := &t.broadcasts[i]
		b = appendString(b, p.Topic)
		b = binary.AppendUvarint(b, uint64(p.Partition))
		b = binary.AppendUvarint(b, uint64(max(p.next, p.replay)))
	}
	return t.vector.append(t.appendPoint(b))
}

// decodeState takes in what appendState has written. A channel that the topology no longer has is
// passed over; one that is new begins without a watermark. An error is KindCorrupt.
func (t *Task) decodeState(value []byte) error {
	r := reader{b: value}
	if v := r.byte(); r.err == nil && v != engineVersion {
		return Corruptf("engine state of version %d", v)
	}
	t.epoch = r.int31()
	for n := r.count(); n > 0 && r.err == nil; n-- {
		name, basis, mark := r.bytes(), Basis(r.byte()), Time(r.varint())
		for i := range t.topology.Channels {
			if r.err == nil && t.topology.Channels[i].Name == string(name) {
				t.marks.times[i], t.marks.basis[i] = mark, basis
			}
		}
	}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		topic, partition, next := r.bytes(), r.int31(), r.uvarint()
		if r.err == nil {
			t.broadcastAt(string(topic), partition).replay = int64(next)
		}
	}
	t.saved = decodePoint(&r)
	t.unreplayed = t.unreplayed[:0]
	if r.err != nil {
		return Corruptf("engine state %w", r.err)
	}
	if err := DecodeControl(r.b, func(m SourceMark) { t.vector.apply(m) }); err != nil {
		return Corruptf("engine state: %w", err)
	}
	return nil
}

// Restore takes one record of the task's changelog partition, in the order of offsets; an older record
// of a key may come before a newer one. A store that the role no longer declares is passed over. It
// keeps nothing of r. An error is KindCorrupt and says the offset, never the key; the task is void
// then.
func (t *Task) Restore(r *Record) error {
	i := bytes.IndexByte(r.Key, 0)
	if i < 0 {
		return Corruptf("task %v: changelog offset %d: key without a store", t.id, r.Offset)
	}
	err := t.restore(r.Key[:i], r.Key[i+1:], r.Value)
	if err != nil {
		return Corruptf("task %v: changelog offset %d: %w", t.id, r.Offset, err)
	}
	if t.copy != nil {
		t.copy.Restore(r.Key, r.Value, r.Offset+1)
		return t.copy.Err()
	}
	return nil
}

// restore gives a record to whom its store belongs.
func (t *Task) restore(store, key, value []byte) error {
	switch string(store) {
	case engineStore:
		if value == nil {
			return nil
		}
		return t.decodeState(value)
	case timerStore:
		return t.timers.restore(key, value)
	case settledStore:
		if value == nil {
			return nil
		}
		return t.settled.restore(value, t.topology.Channels)
	case schemaStore:
		return t.restoreSchema(key, value)
	case orderStore:
		return t.restoreOrder(value)
	}
	for _, s := range t.setup.stores {
		if s.Name() == string(store) {
			return s.Restore(key, value)
		}
	}
	return nil
}

// Resume ends the reading of the changelog: the task goes on after the committed offset c, as the next
// epoch. For a task that never committed c has the offset to begin at and no metadata. Where commits
// lie between the last checkpoint and c, they are to be replayed first.
//
// The watermark of the source comes from the metadata of c, or from the replay, and never from the
// records that are read next: what was late before the restart stays late (I6). An error of KindCorrupt
// says that c and the changelog do not belong together.
func (t *Task) Resume(c OffsetCommit) error {
	clock := t.own
	epoch, err := parseMetadata(c.Metadata, &clock)
	if err != nil {
		return Corruptf("task %v: committed offset: %w", t.id, err)
	}
	if err := t.checkOrders(c, epoch > 0); err != nil {
		return fmt.Errorf("task %v: %w", t.id, err)
	}
	if len(t.unreplayed) > 0 {
		t.beginReplay(c, epoch)
		return nil
	}
	t.own = clock
	if epoch > 0 {
		t.own.newest = max(t.own.newest, t.saved.own.newest) // metadata has none where it was forced
	}
	t.resumed(c, epoch)
	return nil
}

// Standing returns the commit at which the task stood by its changelog alone, for a group that has forgotten it. It is
// called between the last Restore and Resume. False: the changelog has no position, since the task has never committed
// or each of its commits is a checkpoint.
func (t *Task) Standing() (OffsetCommit, bool) {
	if !t.saved.orders {
		return OffsetCommit{}, false
	}
	c := OffsetCommit{TopicPartition: t.id.Source, Offset: t.saved.position, Metadata: string(appendMetadata(nil, t.epoch, &t.saved.own)) + t.topics}
	for i := range t.unreplayed {
		if o := &t.unreplayed[i]; o.epoch == t.epoch && o.checkpoint == t.saved.number {
			c.Offset = max(c.Offset, o.to)
		}
	}
	return c, true
}

// resumed begins the next epoch at the committed offset c. Everything counts as changed: the first
// commit announces the source's watermark anew, since those who read it may have been restored from an
// older one, and writes a checkpoint, which order records need to count from. Timers are looked at
// once, also those of keys that stay silent (I5).
func (t *Task) resumed(c OffsetCommit, epoch int32) {
	t.phase = phaseRunning
	t.epoch = max(t.epoch, epoch) + 1
	t.position = c.Offset
	t.order.on = false // until a checkpoint says that order records count from there
	t.own.changed, t.dirty, t.touched, t.urgent = true, true, true, false
	t.timers.fresh = true // what the last commit set may be due
	t.refresh()
	if t.own.enabled {
		t.marks.raise(t.source.Channel, t.own.watermark, t.own.basis())
	}
}
