package pipeline

import (
	"encoding/binary"
	"fmt"
)

// An order record is what a commit that is no checkpoint leaves in the changelog: which inputs the
// task took since the commit before, in which order, and the hash of what it emitted. With the source
// and the broadcasts, which are in Kafka, the task can be brought from its last checkpoint to its
// last commit by doing the same again. Its key is the store's name and the number of the commit since
// the checkpoint, so that later checkpoints' order records replace it under compaction:
//
//	checkpoint 7   1  2  3  4  5   checkpoint 8   1  2  ┄ the end
//	state+engine   └ replaced ─┘   state+engine   └ to be replayed
//
// The value:
//
//	version, epoch, checkpoint, number of the commit
//	source offset at which it begins, and how many offsets on it ends
//	hash of the outputs and of what the engine knows at the end, 8 bytes
//	steps to the end of the value: kind in the low three bits of a uvarint, argument above
//
// Sources, broadcasts and outputs appear as offsets and numbers only: nothing of a record is in it.
const (
	orderStore   = "~order"
	orderVersion = 1
)

// orderStep is the kind of one step in an order record. Numbers are part of what is stored.
type orderStep uint8

const (
	// stepRecords: the argument is how many records of the source come next.
	stepRecords orderStep = iota
	// stepNow: the argument is by how many milliseconds processing time moved, in zigzag.
	stepNow
	// stepTick: the argument is 1 where the source became idle.
	stepTick
	// stepBroadcast: the argument is the index of the topic; partition and offset follow.
	stepBroadcast
	// stepEnd: the forced watermark follows.
	stepEnd
	orderSteps
)

const (
	// A step's kind is in the low bits of its number, so that most steps are one or two bytes.
	stepBits = 3
	stepMask = 1<<stepBits - 1
)

// orderLog collects the steps of a task between two commits. Runs of records are counted, not listed: a
// busy source costs a few bytes a commit, whatever it brings.
//
// A tick that fires nothing writes nothing, with one exception: where all sources of a channel are
// idle, ticks move its watermark, which later records are judged by. Of such ticks in a row the last
// says it all, and it is written only if something follows.
type orderLog struct {
	// on: order records may be written, since a checkpoint of this epoch is there that they follow.
	on bool
	// checkpoint is the number of the last one in this epoch, commit counts the order records since
	// then.
	checkpoint uint64
	commit     uint64
	// from is the source's position at the last commit.
	from int64
	// now is the processing time of the last step; 0 makes the first step say its own.
	now Time
	// records counts those of the source that no step has been written for yet.
	records uint64
	// quiet is the time of the last tick that only moved watermarks, MinTime for none.
	quiet Time
	// steps is the encoded list so far, hash that of what was emitted.
	steps []byte
	hash  outputHash
}

// begin forgets everything: the next step is the first one after position.
func (l *orderLog) begin(position int64) {
	l.from, l.now, l.records, l.quiet, l.steps, l.hash = position, 0, 0, MinTime, l.steps[:0], 0
}

// record notes that the task takes the next record of its source.
func (l *orderLog) record(now Time) {
	if !l.on {
		return
	}
	if now != l.now || l.quiet != MinTime {
		l.at(now)
	}
	l.records++
}

// at notes the time of the next step, and the quiet tick before it.
func (l *orderLog) at(now Time) {
	if quiet := l.quiet; quiet != MinTime {
		l.quiet = MinTime
		l.at(quiet)
		l.step(stepTick, 0)
	}
	if now == l.now {
		return
	}
	by := int64(now - l.now)
	l.step(stepNow, uint64(by)<<1^uint64(by>>63))
	l.now = now
}

// step notes a step, after the records before it.
func (l *orderLog) step(s orderStep, argument uint64) {
	l.flush()
	l.steps = binary.AppendUvarint(l.steps, argument<<stepBits|uint64(s))
}

// flush writes the step for the records that were counted. It comes before every other step, so that
// the order between them and the records is kept.
func (l *orderLog) flush() {
	if l.records > 0 {
		l.steps = binary.AppendUvarint(l.steps, l.records<<stepBits|uint64(stepRecords))
		l.records = 0
	}
}

// tick notes a tick. touched: it did something; moved: it only moved watermarks. That the source became
// idle is noted, and not found out again: a replay does not know what the broker's ends were.
func (l *orderLog) tick(now Time, idle, touched, moved bool) {
	switch {
	case !l.on:
	case touched:
		l.quiet = MinTime // this one does what that one did
		l.at(now)
		argument := uint64(0)
		if idle {
			argument = 1
		}
		l.step(stepTick, argument)
	case moved:
		l.quiet = now
	}
}

// broadcast notes a record of the role's broadcast number topic, by its place: the record itself is had
// from its topic again.
func (l *orderLog) broadcast(now Time, topic int, r *Record) {
	if !l.on {
		return
	}
	l.at(now)
	l.step(stepBroadcast, uint64(topic))
	l.steps = binary.AppendUvarint(l.steps, uint64(r.Partition))
	l.steps = binary.AppendUvarint(l.steps, uint64(r.Offset))
}

// end notes that the input was ended with a forced watermark.
func (l *orderLog) end(now, forced Time) {
	if !l.on {
		return
	}
	l.at(now)
	l.step(stepEnd, 0)
	l.steps = binary.AppendVarint(l.steps, int64(forced))
}

// append encodes the order record of a commit at now, after which the source goes on at position.
func (l *orderLog) append(b []byte, epoch int32, now Time, position int64, hash outputHash) []byte {
	l.at(now)
	l.flush()
	b = append(b, orderVersion)
	b = binary.AppendUvarint(b, uint64(epoch))
	b = binary.AppendUvarint(b, l.checkpoint)
	b = binary.AppendUvarint(b, l.commit)
	b = binary.AppendUvarint(b, uint64(l.from))
	b = binary.AppendUvarint(b, uint64(position-l.from))
	b = binary.LittleEndian.AppendUint64(b, uint64(hash))
	return append(b, l.steps...)
}

// order is a decoded order record. from and to are the source's positions around the commit; steps
// aliases the value.
type order struct {
	epoch      int32
	checkpoint uint64
	commit     uint64
	from, to   int64
	hash       outputHash
	steps      []byte
}

// decodeOrder decodes an order record and checks that its steps are whole, so that whoever carries
// them out needs no further check.
func decodeOrder(value []byte) (order, error) {
	r := reader{b: value}
	if v := r.byte(); r.err == nil && v != orderVersion {
		return order{}, Corruptf("order record of version %d", v)
	}
	o := order{epoch: r.int31(), checkpoint: r.uvarint(), commit: r.uvarint()}
	o.from = r.offset()
	n := r.offset()
	if o.to = o.from + n; o.to < o.from {
		r.fail()
	}
	o.hash = outputHash(r.fixed64())
	o.steps = r.b
	records := uint64(0)
	for r.err == nil && len(r.b) > 0 {
		if s := r.step(); s.kind == stepRecords {
			if s.argument == 0 || s.argument > uint64(n)-records {
				r.fail() // more records than offsets
			}
			records += s.argument
		}
	}
	if r.err != nil {
		return order{}, Corruptf("order record %w", r.err)
	}
	return o, nil
}

// decodedStep is one step of an order record.
type decodedStep struct {
	kind     orderStep
	argument uint64
	// partition and offset are of stepBroadcast.
	partition int32
	offset    int64
	// forced is of stepEnd.
	forced Time
}

// step decodes one step. A kind that this build does not know is an error: to leave it out would replay
// something else than was done.
func (r *reader) step() decodedStep {
	v := r.uvarint()
	s := decodedStep{kind: orderStep(v & stepMask), argument: v >> stepBits}
	switch s.kind {
	case stepBroadcast:
		s.partition, s.offset = r.int31(), r.offset()
	case stepEnd:
		s.forced = Time(r.varint())
	case stepRecords, stepNow, stepTick:
	default:
		r.fail()
	}
	return s
}

// by is the argument of stepNow as a time.
func (s *decodedStep) by() Time { return Time(int64(s.argument>>1) ^ -int64(s.argument&1)) }

// String tells for errors which commit this is. It has numbers only.
func (o *order) String() string {
	return fmt.Sprintf("commit %d after checkpoint %d of epoch %d (offsets %d to %d)", o.commit, o.checkpoint, o.epoch, o.from, o.to)
}
