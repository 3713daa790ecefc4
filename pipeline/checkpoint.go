package pipeline

import (
	"encoding/binary"
)

// savedPoint is what the engine's own record says of the moment of its checkpoint, so that the commits
// after it can be replayed. A replay begins with the source clock of that moment: with the one of the
// last commit, records that were in time would be judged late when they are done again.
type savedPoint struct {
	// orders: order records may follow. False in changelogs of roles that keep none.
	orders bool
	// number counts the checkpoints of the epoch. Order records name it, so that those of an earlier
	// checkpoint, which compaction has not removed yet, are told apart.
	number uint64
	// position is the offset of the next source record at the checkpoint.
	position int64
	// own is the source's clock, as far as it is state: newest event time, watermark, idle and forced.
	own sourceClock
	// build and topology identify who made the commits that follow: another program may make something
	// else of the same inputs.
	build    uint64
	topology uint64
}

const (
	// Flags of a saved point. Times that are not there take no bytes.
	pointIdle = 1 << iota
	pointForced
	// pointNewest: the newest event time follows.
	pointNewest
	// pointMark: the watermark follows.
	pointMark
)

// keepsOrders reports whether the task may write order records. What a table of the process holds at
// some moment cannot be had again, so that a role with a table makes each commit a checkpoint.
func (t *Task) keepsOrders() bool {
	return t.setup.env.Orders && t.role.Changelog != "" && len(t.role.Tables) == 0
}

// checkpointed begins to log the inputs that follow a checkpoint. It makes the engine's record dirty,
// which is written behind it in the same commit: a checkpoint that did not say its number could not be
// told from the one before.
func (t *Task) checkpointed() {
	if !t.keepsOrders() {
		return
	}
	l := &t.order
	if !l.on {
		l.on, l.checkpoint = true, 0
	}
	l.checkpoint++
	l.commit = 0
	l.begin(t.position)
	t.dirty = true // the record that says so
}

// Unsaved reports whether the task has committed anything since its last checkpoint: it would be
// replayed after a failure. It is false as well where each commit is a checkpoint.
func (t *Task) Unsaved() bool { return t.order.commit > 0 }

// Orders reports whether the next commit may write an order record instead of a checkpoint.
func (t *Task) Orders() bool { return t.order.on }

// trim lets the stores make room, where no checkpoint does it. It ends the use of pointers that stores
// have handed out, as Changes does, so that a replay trims at the same commits.
func (t *Task) trim() {
	for _, s := range t.setup.stores {
		if s, ok := s.(TrimmedStore); ok {
			s.Trim()
		}
	}
}

// appendPoint encodes the moment of the checkpoint that is being written; appendState shows the form.
func (t *Task) appendPoint(b []byte) []byte {
	if !t.order.on {
		return append(b, 0)
	}
	b = append(b, 1)
	b = binary.AppendUvarint(b, t.order.checkpoint)
	b = binary.AppendUvarint(b, uint64(t.position))
	flags := byte(0)
	for _, f := range []struct {
		set bool
		bit byte
	}{{t.own.idle, pointIdle}, {t.own.forced, pointForced}, {t.own.newest != MinTime, pointNewest}, {t.own.watermark != MinTime, pointMark}} {
		if f.set {
			flags |= f.bit
		}
	}
	b = append(b, flags)
	if flags&pointNewest != 0 {
		b = binary.AppendVarint(b, int64(t.own.newest))
	}
	if flags&pointMark != 0 {
		b = binary.AppendVarint(b, int64(t.own.watermark))
	}
	b = binary.LittleEndian.AppendUint64(b, t.setup.env.Build)
	return binary.LittleEndian.AppendUint64(b, t.fingerprint)
}

// decodePoint decodes it. An error stays in r.
func decodePoint(r *reader) savedPoint {
	p := savedPoint{own: sourceClock{newest: MinTime, watermark: MinTime}}
	if r.byte() == 0 {
		return p
	}
	p.orders, p.number, p.position = true, r.uvarint(), r.offset()
	flags := r.byte()
	p.own.idle, p.own.forced = flags&pointIdle != 0, flags&pointForced != 0
	if flags&pointNewest != 0 {
		p.own.newest = Time(r.varint())
	}
	if flags&pointMark != 0 {
		p.own.watermark = Time(r.varint())
	}
	p.build, p.topology = r.fixed64(), r.fixed64()
	return p
}
