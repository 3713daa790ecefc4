// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.

package clickhouse

import (
	"github.com/attune-health/attune/schemas"
)

// aggregatesRows keeps rows of table aggregates by column.
type aggregatesRows struct {
	aggregate       []any
	windowStart     []int64
	windowEnd       []int64
	channel         []any
	reason          []any
	priority        []int32
	log             []any
	partition       []int32
	epoch           []int32
	revision        []int32
	pane            []any
	basis           []any
	watermark       []int64
	touchpoints     []int64
	contacts        []int64
	queued          []int64
	abandoned       []int64
	answered        []int64
	waitMs          []int64
	waitAnsweredMs  []int64
	talkMs          []int64
	lastResort      []int64
	persons         []int64
	late            []int64
	dropped         []int64
	repeats         []int64
	failedSteps     []int64
	recordTopic     []any
	recordPartition []int32
	recordOffset    []int64
	version         []uint64
}

// append adds the row of one record. What the row keeps is copied to the scratch memory.
func (c *aggregatesRows) append(s *scratch, r *schemas.Aggregate, at place) {
	c.aggregate = append(c.aggregate, s.code(string(r.Aggregate)))
	c.windowStart = append(c.windowStart, clampMillis(r.WindowStart))
	c.windowEnd = append(c.windowEnd, clampMillis(r.WindowEnd))
	c.channel = append(c.channel, s.code(r.Channel.String()))
	c.reason = append(c.reason, s.code(string(r.Reason)))
	c.priority = append(c.priority, r.Priority)
	c.log = append(c.log, s.code(string(r.Log)))
	c.partition = append(c.partition, r.Partition)
	c.epoch = append(c.epoch, r.Epoch)
	c.revision = append(c.revision, r.Revision)
	c.pane = append(c.pane, s.code(r.Pane.String()))
	c.basis = append(c.basis, s.code(r.Basis.String()))
	c.watermark = append(c.watermark, clampMillis(r.Watermark))
	c.touchpoints = append(c.touchpoints, r.Touchpoints)
	c.contacts = append(c.contacts, r.Contacts)
	c.queued = append(c.queued, r.Queued)
	c.abandoned = append(c.abandoned, r.Abandoned)
	c.answered = append(c.answered, r.Answered)
	c.waitMs = append(c.waitMs, r.WaitMs)
	c.waitAnsweredMs = append(c.waitAnsweredMs, r.WaitAnsweredMs)
	c.talkMs = append(c.talkMs, r.TalkMs)
	c.lastResort = append(c.lastResort, r.LastResort)
	c.persons = append(c.persons, r.Persons)
	c.late = append(c.late, r.Late)
	c.dropped = append(c.dropped, r.Dropped)
	c.repeats = append(c.repeats, r.Repeats)
	c.failedSteps = append(c.failedSteps, r.FailedSteps)
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, uint64(uint32(r.Epoch))<<32|uint64(uint32(r.Revision)))
	s.size += 284
}

func (c *aggregatesRows) spec() tableSpec { return factTable("aggregates") }

func (c *aggregatesRows) rows() int { return len(c.aggregate) }

func (c *aggregatesRows) reset() {
	c.aggregate = c.aggregate[:0]
	c.windowStart = c.windowStart[:0]
	c.windowEnd = c.windowEnd[:0]
	c.channel = c.channel[:0]
	c.reason = c.reason[:0]
	c.priority = c.priority[:0]
	c.log = c.log[:0]
	c.partition = c.partition[:0]
	c.epoch = c.epoch[:0]
	c.revision = c.revision[:0]
	c.pane = c.pane[:0]
	c.basis = c.basis[:0]
	c.watermark = c.watermark[:0]
	c.touchpoints = c.touchpoints[:0]
	c.contacts = c.contacts[:0]
	c.queued = c.queued[:0]
	c.abandoned = c.abandoned[:0]
	c.answered = c.answered[:0]
	c.waitMs = c.waitMs[:0]
	c.waitAnsweredMs = c.waitAnsweredMs[:0]
	c.talkMs = c.talkMs[:0]
	c.lastResort = c.lastResort[:0]
	c.persons = c.persons[:0]
	c.late = c.late[:0]
	c.dropped = c.dropped[:0]
	c.repeats = c.repeats[:0]
	c.failedSteps = c.failedSteps[:0]
	c.recordTopic = c.recordTopic[:0]
	c.recordPartition = c.recordPartition[:0]
	c.recordOffset = c.recordOffset[:0]
	c.version = c.version[:0]
}

func (c *aggregatesRows) place(i int) place {
	return place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}
}

// write gives rows [from, to) to an insert, column by column in the order of the table.
func (c *aggregatesRows) write(w *columnWriter, from, to int) {
	writeColumn(w, c.aggregate[from:to])
	writeColumn(w, c.windowStart[from:to])
	writeColumn(w, c.windowEnd[from:to])
	writeColumn(w, c.channel[from:to])
	writeColumn(w, c.reason[from:to])
	writeColumn(w, c.priority[from:to])
	writeColumn(w, c.log[from:to])
	writeColumn(w, c.partition[from:to])
	writeColumn(w, c.epoch[from:to])
	writeColumn(w, c.revision[from:to])
	writeColumn(w, c.pane[from:to])
	writeColumn(w, c.basis[from:to])
	writeColumn(w, c.watermark[from:to])
	writeColumn(w, c.touchpoints[from:to])
	writeColumn(w, c.contacts[from:to])
	writeColumn(w, c.queued[from:to])
	writeColumn(w, c.abandoned[from:to])
	writeColumn(w, c.answered[from:to])
	writeColumn(w, c.waitMs[from:to])
	writeColumn(w, c.waitAnsweredMs[from:to])
	writeColumn(w, c.talkMs[from:to])
	writeColumn(w, c.lastResort[from:to])
	writeColumn(w, c.persons[from:to])
	writeColumn(w, c.late[from:to])
	writeColumn(w, c.dropped[from:to])
	writeColumn(w, c.repeats[from:to])
	writeColumn(w, c.failedSteps[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
}
