// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.

package clickhouse

import (
	"github.com/attune-health/attune/schemas"
)

// contactFactsRows keeps rows of table contact_facts by column.
type contactFactsRows struct {
	log               []any
	contactID         []string
	personRef         []string
	channel           []any
	startedAt         []int64
	endedAt           []int64
	concludedAt       []int64
	concluded         []bool
	reason            []any
	priority          []int32
	queue             []any
	queued            []bool
	abandoned         []bool
	answered          []bool
	waitMs            []int64
	talkMs            []int64
	lastResort        []bool
	failedSteps       []int32
	lastFailedEvent   []string
	lastFailedAt      []int64
	lastFailedChannel []any
	lastFailedKind    []any
	lastFailedReason  []any
	repeat            []bool
	previousAt        []int64
	revision          []int32
	final             []bool
	contactKey        []string
	withdrawn         []bool
	selfContained     []bool
	stepsAt           [][]int64
	stepsChannel      [][]any
	stepsKind         [][]any
	stepsPage         [][]any
	stepsReason       [][]any
	stepsEventID      [][]string
	digitalAt         []int64
	language          []any
	relation          []string
	recordTopic       []any
	recordPartition   []int32
	recordOffset      []int64
	version           []uint64
}

// append adds the row of one record. What the row keeps is copied to the scratch memory.
func (c *contactFactsRows) append(s *scratch, r *schemas.ContactFact, at place) {
	c.log = append(c.log, s.log)
	c.contactID = append(c.contactID, s.text(string(r.ContactID)))
	c.personRef = append(c.personRef, s.text(string(r.PersonRef)))
	c.channel = append(c.channel, s.code(r.Channel.String()))
	c.startedAt = append(c.startedAt, clampMillis(r.StartedAt))
	c.endedAt = append(c.endedAt, clampMillis(r.EndedAt))
	c.concludedAt = append(c.concludedAt, clampMillis(r.ConcludedAt))
	c.concluded = append(c.concluded, r.Concluded)
	c.reason = append(c.reason, s.code(string(r.Reason)))
	c.priority = append(c.priority, r.Priority)
	c.queue = append(c.queue, s.code(string(r.Queue)))
	c.queued = append(c.queued, r.Queued)
	c.abandoned = append(c.abandoned, r.Abandoned)
	c.answered = append(c.answered, r.Answered)
	c.waitMs = append(c.waitMs, r.WaitMs)
	c.talkMs = append(c.talkMs, r.TalkMs)
	c.lastResort = append(c.lastResort, r.LastResort)
	c.failedSteps = append(c.failedSteps, r.FailedSteps)
	c.lastFailedEvent = append(c.lastFailedEvent, s.text(string(r.LastFailedEvent)))
	c.lastFailedAt = append(c.lastFailedAt, clampMillis(r.LastFailedAt))
	c.lastFailedChannel = append(c.lastFailedChannel, s.code(r.LastFailedChannel.String()))
	c.lastFailedKind = append(c.lastFailedKind, s.code(r.LastFailedKind.String()))
	c.lastFailedReason = append(c.lastFailedReason, s.code(string(r.LastFailedReason)))
	c.repeat = append(c.repeat, r.Repeat)
	c.previousAt = append(c.previousAt, clampMillis(r.PreviousAt))
	c.revision = append(c.revision, r.Revision)
	c.final = append(c.final, r.Final)
	c.contactKey = append(c.contactKey, s.text(string(r.ContactKey)))
	c.withdrawn = append(c.withdrawn, r.Withdrawn)
	c.selfContained = append(c.selfContained, r.SelfContained)
	c.digitalAt = append(c.digitalAt, clampMillis(r.DigitalAt))
	c.language = append(c.language, s.code(string(r.Language)))
	c.relation = append(c.relation, s.text(string(r.Relation)))
	{
		n := len(r.Steps)
		a0 := s.int64s.take(n)
		a1 := s.codes.take(n)
		a2 := s.codes.take(n)
		a3 := s.codes.take(n)
		a4 := s.codes.take(n)
		a5 := s.texts.take(n)
		for i := range n {
			e := &r.Steps[i]
			a0[i] = clampMillis(e.At)
			a1[i] = s.code(e.Channel.String())
			a2[i] = s.code(e.Kind.String())
			a3[i] = s.code(string(e.Page))
			a4[i] = s.code(string(e.Reason))
			a5[i] = s.text(string(e.EventID))
		}
		c.stepsAt = append(c.stepsAt, a0)
		s.size += n * 8
		c.stepsChannel = append(c.stepsChannel, a1)
		s.size += n * 16
		c.stepsKind = append(c.stepsKind, a2)
		s.size += n * 16
		c.stepsPage = append(c.stepsPage, a3)
		s.size += n * 16
		c.stepsReason = append(c.stepsReason, a4)
		s.size += n * 16
		c.stepsEventID = append(c.stepsEventID, a5)
		s.size += n * 16
	}
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, concludedFirst(r.Concluded, r.Revision))
	s.size += 473
}

func (c *contactFactsRows) spec() tableSpec { return factTable("contact_facts") }

func (c *contactFactsRows) rows() int { return len(c.log) }

func (c *contactFactsRows) reset() {
	c.log = c.log[:0]
	c.contactID = c.contactID[:0]
	c.personRef = c.personRef[:0]
	c.channel = c.channel[:0]
	c.startedAt = c.startedAt[:0]
	c.endedAt = c.endedAt[:0]
	c.concludedAt = c.concludedAt[:0]
	c.concluded = c.concluded[:0]
	c.reason = c.reason[:0]
	c.priority = c.priority[:0]
	c.queue = c.queue[:0]
	c.queued = c.queued[:0]
	c.abandoned = c.abandoned[:0]
	c.answered = c.answered[:0]
	c.waitMs = c.waitMs[:0]
	c.talkMs = c.talkMs[:0]
	c.lastResort = c.lastResort[:0]
	c.failedSteps = c.failedSteps[:0]
	c.lastFailedEvent = c.lastFailedEvent[:0]
	c.lastFailedAt = c.lastFailedAt[:0]
	c.lastFailedChannel = c.lastFailedChannel[:0]
	c.lastFailedKind = c.lastFailedKind[:0]
	c.lastFailedReason = c.lastFailedReason[:0]
	c.repeat = c.repeat[:0]
	c.previousAt = c.previousAt[:0]
	c.revision = c.revision[:0]
	c.final = c.final[:0]
	c.contactKey = c.contactKey[:0]
	c.withdrawn = c.withdrawn[:0]
	c.selfContained = c.selfContained[:0]
	c.stepsAt = c.stepsAt[:0]
	c.stepsChannel = c.stepsChannel[:0]
	c.stepsKind = c.stepsKind[:0]
	c.stepsPage = c.stepsPage[:0]
	c.stepsReason = c.stepsReason[:0]
	c.stepsEventID = c.stepsEventID[:0]
	c.digitalAt = c.digitalAt[:0]
	c.language = c.language[:0]
	c.relation = c.relation[:0]
	c.recordTopic = c.recordTopic[:0]
	c.recordPartition = c.recordPartition[:0]
	c.recordOffset = c.recordOffset[:0]
	c.version = c.version[:0]
}

func (c *contactFactsRows) place(i int) place {
	return place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}
}

// write gives rows [from, to) to an insert, column by column in the order of the table.
func (c *contactFactsRows) write(w *columnWriter, from, to int) {
	writeColumn(w, c.log[from:to])
	writeColumn(w, c.contactID[from:to])
	writeColumn(w, c.personRef[from:to])
	writeColumn(w, c.channel[from:to])
	writeColumn(w, c.startedAt[from:to])
	writeColumn(w, c.endedAt[from:to])
	writeColumn(w, c.concludedAt[from:to])
	writeColumn(w, c.concluded[from:to])
	writeColumn(w, c.reason[from:to])
	writeColumn(w, c.priority[from:to])
	writeColumn(w, c.queue[from:to])
	writeColumn(w, c.queued[from:to])
	writeColumn(w, c.abandoned[from:to])
	writeColumn(w, c.answered[from:to])
	writeColumn(w, c.waitMs[from:to])
	writeColumn(w, c.talkMs[from:to])
	writeColumn(w, c.lastResort[from:to])
	writeColumn(w, c.failedSteps[from:to])
	writeColumn(w, c.lastFailedEvent[from:to])
	writeColumn(w, c.lastFailedAt[from:to])
	writeColumn(w, c.lastFailedChannel[from:to])
	writeColumn(w, c.lastFailedKind[from:to])
	writeColumn(w, c.lastFailedReason[from:to])
	writeColumn(w, c.repeat[from:to])
	writeColumn(w, c.previousAt[from:to])
	writeColumn(w, c.revision[from:to])
	writeColumn(w, c.final[from:to])
	writeColumn(w, c.contactKey[from:to])
	writeColumn(w, c.withdrawn[from:to])
	writeColumn(w, c.selfContained[from:to])
	writeArrays(w, c.stepsAt[from:to])
	writeArrays(w, c.stepsChannel[from:to])
	writeArrays(w, c.stepsKind[from:to])
	writeArrays(w, c.stepsPage[from:to])
	writeArrays(w, c.stepsReason[from:to])
	writeArrays(w, c.stepsEventID[from:to])
	writeColumn(w, c.digitalAt[from:to])
	writeColumn(w, c.language[from:to])
	writeColumn(w, c.relation[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
}
