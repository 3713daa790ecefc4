// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.

package clickhouse

import (
	"github.com/attune-health/attune/schemas"
)

// touchpointsRows keeps rows of table touchpoints by column.
type touchpointsRows struct {
	log              []any
	eventID          []string
	occurredAt       []int64
	receivedAt       []int64
	channel          []any
	contactID        []string
	language         []any
	event            []any
	page             []any
	reason           []any
	results          []int32
	dwellMs          []int32
	messageID        []string
	queue            []any
	priority         []int32
	waitMs           []int64
	talkMs           []int64
	selfServiceMs    []int64
	queued           []bool
	answered         []bool
	abandoned        []bool
	relation         []string
	mayKnow          []string
	authenticated    []string
	secondReason     []string
	actsAs           []string
	code             []any
	status           []any
	dueAt            []int64
	provenance       []any
	personRef        []string
	shard            []string
	epoch            []int32
	identityConflict []bool
	judgedBy         []int64
	ingestedAt       []int64
	sourceTopic      []any
	sourcePartition  []int32
	sourceOffset     []int64
	recordTopic      []any
	recordPartition  []int32
	recordOffset     []int64
	version          []uint64
	refused          []uint8
}

// append adds the row of one record. What the row keeps is copied to the scratch memory.
func (c *touchpointsRows) append(s *scratch, r *schemas.Identified, at place) {
	c.log = append(c.log, s.log)
	c.eventID = append(c.eventID, s.text(string(r.Payload.Touchpoint.EventID)))
	c.occurredAt = append(c.occurredAt, clampMillis(r.Payload.Touchpoint.OccurredAt))
	c.receivedAt = append(c.receivedAt, clampMillis(r.Payload.Touchpoint.ReceivedAt))
	c.channel = append(c.channel, s.code(r.Payload.Touchpoint.Channel.String()))
	c.contactID = append(c.contactID, s.text(string(r.Payload.Touchpoint.ContactID.Or(""))))
	c.language = append(c.language, s.code(string(r.Payload.Touchpoint.Language.Or(""))))
	switch u := &r.Payload.Touchpoint.Body; u.Kind {
	case schemas.TouchpointBodyWeb:
		b := &u.Web
		c.event = append(c.event, s.code(b.Event.String()))
		c.page = append(c.page, s.code(string(b.Page)))
		c.reason = append(c.reason, s.code(string(b.Reason)))
		c.results = append(c.results, b.Results)
		c.dwellMs = append(c.dwellMs, b.DwellMs)
		c.messageID = append(c.messageID, "")
		c.queue = append(c.queue, s.empty)
		c.priority = append(c.priority, 0)
		c.waitMs = append(c.waitMs, 0)
		c.talkMs = append(c.talkMs, 0)
		c.selfServiceMs = append(c.selfServiceMs, 0)
		c.queued = append(c.queued, false)
		c.answered = append(c.answered, false)
		c.abandoned = append(c.abandoned, false)
		c.relation = append(c.relation, "")
		c.mayKnow = append(c.mayKnow, "")
		c.authenticated = append(c.authenticated, "")
		c.secondReason = append(c.secondReason, "")
		c.actsAs = append(c.actsAs, "")
		c.code = append(c.code, s.empty)
		c.status = append(c.status, s.empty)
		c.dueAt = append(c.dueAt, 0)
		c.provenance = append(c.provenance, s.empty)
	case schemas.TouchpointBodyApp:
		b := &u.App
		c.event = append(c.event, s.code(b.Event.String()))
		c.page = append(c.page, s.code(string(b.Screen)))
		c.reason = append(c.reason, s.code(string(b.Reason)))
		c.results = append(c.results, b.Results)
		c.dwellMs = append(c.dwellMs, b.DwellMs)
		c.messageID = append(c.messageID, s.text(string(b.MessageID.Or(""))))
		c.queue = append(c.queue, s.empty)
		c.priority = append(c.priority, 0)
		c.waitMs = append(c.waitMs, 0)
		c.talkMs = append(c.talkMs, 0)
		c.selfServiceMs = append(c.selfServiceMs, 0)
		c.queued = append(c.queued, false)
		c.answered = append(c.answered, false)
		c.abandoned = append(c.abandoned, false)
		c.relation = append(c.relation, "")
		c.mayKnow = append(c.mayKnow, "")
		c.authenticated = append(c.authenticated, "")
		c.secondReason = append(c.secondReason, "")
		c.actsAs = append(c.actsAs, "")
		c.code = append(c.code, s.empty)
		c.status = append(c.status, s.empty)
		c.dueAt = append(c.dueAt, 0)
		c.provenance = append(c.provenance, s.empty)
	case schemas.TouchpointBodyCall:
		b := &u.Call
		c.event = append(c.event, s.code(b.Event.String()))
		c.page = append(c.page, s.empty)
		c.reason = append(c.reason, s.code(string(b.Reason)))
		c.results = append(c.results, 0)
		c.dwellMs = append(c.dwellMs, 0)
		c.messageID = append(c.messageID, "")
		c.queue = append(c.queue, s.code(string(b.Queue)))
		c.priority = append(c.priority, b.Priority)
		c.waitMs = append(c.waitMs, b.WaitMs)
		c.talkMs = append(c.talkMs, b.TalkMs)
		c.selfServiceMs = append(c.selfServiceMs, b.SelfServiceMs)
		c.queued = append(c.queued, b.Queued)
		c.answered = append(c.answered, b.Answered)
		c.abandoned = append(c.abandoned, b.Abandoned)
		c.relation = append(c.relation, s.text(string(b.Relation)))
		c.mayKnow = append(c.mayKnow, s.text(string(b.MayKnow)))
		c.authenticated = append(c.authenticated, s.text(string(b.Authenticated)))
		c.secondReason = append(c.secondReason, s.text(string(b.SecondReason)))
		c.actsAs = append(c.actsAs, s.text(string(b.ActsAs)))
		c.code = append(c.code, s.empty)
		c.status = append(c.status, s.empty)
		c.dueAt = append(c.dueAt, 0)
		c.provenance = append(c.provenance, s.empty)
	case schemas.TouchpointBodyEhr:
		b := &u.Ehr
		c.event = append(c.event, s.code(b.Event.String()))
		c.page = append(c.page, s.empty)
		c.reason = append(c.reason, s.code(string(b.Reason)))
		c.results = append(c.results, 0)
		c.dwellMs = append(c.dwellMs, 0)
		c.messageID = append(c.messageID, "")
		c.queue = append(c.queue, s.empty)
		c.priority = append(c.priority, 0)
		c.waitMs = append(c.waitMs, 0)
		c.talkMs = append(c.talkMs, 0)
		c.selfServiceMs = append(c.selfServiceMs, 0)
		c.queued = append(c.queued, false)
		c.answered = append(c.answered, false)
		c.abandoned = append(c.abandoned, false)
		c.relation = append(c.relation, "")
		c.mayKnow = append(c.mayKnow, "")
		c.authenticated = append(c.authenticated, "")
		c.secondReason = append(c.secondReason, "")
		c.actsAs = append(c.actsAs, s.text(string(b.ActsAs)))
		c.code = append(c.code, s.code(string(b.Code)))
		c.status = append(c.status, s.code(string(b.Status)))
		c.dueAt = append(c.dueAt, clampMillis(b.DueAt))
		c.provenance = append(c.provenance, s.code(string(b.Provenance)))
	}
	c.personRef = append(c.personRef, s.text(string(r.PersonRef)))
	c.shard = append(c.shard, s.text(string(r.Shard)))
	c.epoch = append(c.epoch, r.Epoch)
	c.identityConflict = append(c.identityConflict, r.IdentityConflict)
	c.judgedBy = append(c.judgedBy, clampMillis(r.JudgedBy))
	c.ingestedAt = append(c.ingestedAt, clampMillis(r.IngestedAt))
	c.sourceTopic = append(c.sourceTopic, s.code(string(r.SourceTopic)))
	c.sourcePartition = append(c.sourcePartition, r.SourcePartition)
	c.sourceOffset = append(c.sourceOffset, r.SourceOffset)
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, at.firstStays())
	c.refused = append(c.refused, at.refused)
	s.size += 469
}

func (c *touchpointsRows) spec() tableSpec { return factTable("touchpoints") }

func (c *touchpointsRows) rows() int { return len(c.log) }

func (c *touchpointsRows) reset() {
	c.log = c.log[:0]
	c.eventID = c.eventID[:0]
	c.occurredAt = c.occurredAt[:0]
	c.receivedAt = c.receivedAt[:0]
	c.channel = c.channel[:0]
	c.contactID = c.contactID[:0]
	c.language = c.language[:0]
	c.event = c.event[:0]
	c.page = c.page[:0]
	c.reason = c.reason[:0]
	c.results = c.results[:0]
	c.dwellMs = c.dwellMs[:0]
	c.messageID = c.messageID[:0]
	c.queue = c.queue[:0]
	c.priority = c.priority[:0]
	c.waitMs = c.waitMs[:0]
	c.talkMs = c.talkMs[:0]
	c.selfServiceMs = c.selfServiceMs[:0]
	c.queued = c.queued[:0]
	c.answered = c.answered[:0]
	c.abandoned = c.abandoned[:0]
	c.relation = c.relation[:0]
	c.mayKnow = c.mayKnow[:0]
	c.authenticated = c.authenticated[:0]
	c.secondReason = c.secondReason[:0]
	c.actsAs = c.actsAs[:0]
	c.code = c.code[:0]
	c.status = c.status[:0]
	c.dueAt = c.dueAt[:0]
	c.provenance = c.provenance[:0]
	c.personRef = c.personRef[:0]
	c.shard = c.shard[:0]
	c.epoch = c.epoch[:0]
	c.identityConflict = c.identityConflict[:0]
	c.judgedBy = c.judgedBy[:0]
	c.ingestedAt = c.ingestedAt[:0]
	c.sourceTopic = c.sourceTopic[:0]
	c.sourcePartition = c.sourcePartition[:0]
	c.sourceOffset = c.sourceOffset[:0]
	c.recordTopic = c.recordTopic[:0]
	c.recordPartition = c.recordPartition[:0]
	c.recordOffset = c.recordOffset[:0]
	c.version = c.version[:0]
	c.refused = c.refused[:0]
}

func (c *touchpointsRows) place(i int) place {
	return place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}
}

// write gives rows [from, to) to an insert, column by column in the order of the table.
func (c *touchpointsRows) write(w *columnWriter, from, to int) {
	writeColumn(w, c.log[from:to])
	writeColumn(w, c.eventID[from:to])
	writeColumn(w, c.occurredAt[from:to])
	writeColumn(w, c.receivedAt[from:to])
	writeColumn(w, c.channel[from:to])
	writeColumn(w, c.contactID[from:to])
	writeColumn(w, c.language[from:to])
	writeColumn(w, c.event[from:to])
	writeColumn(w, c.page[from:to])
	writeColumn(w, c.reason[from:to])
	writeColumn(w, c.results[from:to])
	writeColumn(w, c.dwellMs[from:to])
	writeColumn(w, c.messageID[from:to])
	writeColumn(w, c.queue[from:to])
	writeColumn(w, c.priority[from:to])
	writeColumn(w, c.waitMs[from:to])
	writeColumn(w, c.talkMs[from:to])
	writeColumn(w, c.selfServiceMs[from:to])
	writeColumn(w, c.queued[from:to])
	writeColumn(w, c.answered[from:to])
	writeColumn(w, c.abandoned[from:to])
	writeColumn(w, c.relation[from:to])
	writeColumn(w, c.mayKnow[from:to])
	writeColumn(w, c.authenticated[from:to])
	writeColumn(w, c.secondReason[from:to])
	writeColumn(w, c.actsAs[from:to])
	writeColumn(w, c.code[from:to])
	writeColumn(w, c.status[from:to])
	writeColumn(w, c.dueAt[from:to])
	writeColumn(w, c.provenance[from:to])
	writeColumn(w, c.personRef[from:to])
	writeColumn(w, c.shard[from:to])
	writeColumn(w, c.epoch[from:to])
	writeColumn(w, c.identityConflict[from:to])
	writeColumn(w, c.judgedBy[from:to])
	writeColumn(w, c.ingestedAt[from:to])
	writeColumn(w, c.sourceTopic[from:to])
	writeColumn(w, c.sourcePartition[from:to])
	writeColumn(w, c.sourceOffset[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
	writeColumn(w, c.refused[from:to])
}
