package pipeline

import (
	"encoding/binary"
)

// savedPoint is what the engine's own record says of the moment of its checkpoint, so that the
// commits after it can be replayed.
type savedPoint struct {
	orders   bool // order records may follow
	number   uint64
	position int64
	own      sourceClock
	build    uint64
	topology uint64
}

const (
	pointIdle = 1 << iota
	pointForced
	pointNewest // newest event time follows
	pointMark   // watermark follows
)

// keepsOrders reports whether the task may write order records. What a table of the process holds at
// some moment cannot be had again, so that a role with a table makes each commit a checkpoint.
func (t *Task) keepsOrders() bool {
	return t.setup.env.Orders && t.role.Changelog != "" && len(t.role.Tables) == 0
}

// checkpointed begins to log the inputs that follow a checkpoint.
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
// replayed after a failure.
func (t *Task) Unsaved() bool { return t.order.commit > 0 }

// Orders reports whether the next commit may write an order record instead of a checkpoint.
func (t *Task) Orders() bool { return t.order.on }

// trim lets the stores make room, where no checkpoint does it.
func (t *Task) trim() {
	for _, s := range t.setup.stores {
		if s, ok := s.(TrimmedStore); ok {
			s.Trim()
		}
	}
}

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
