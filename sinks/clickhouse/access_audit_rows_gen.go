// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.

package clickhouse

import (
	"github.com/attune-health/attune/schemas"
)

// accessAuditRows keeps rows of table access_audit by column.
type accessAuditRows struct {
	eventID         []string
	occurredAt      []int64
	who             []any
	personRef       []string
	contactRef      []string
	what            []any
	why             []any
	desk            []any
	recordTopic     []any
	recordPartition []int32
	recordOffset    []int64
	version         []uint64
}

// append adds the row of one record. What the row keeps is copied to the scratch memory.
func (c *accessAuditRows) append(s *scratch, r *schemas.AccessAudit, at place) {
	c.eventID = append(c.eventID, s.text(string(r.EventID)))
	c.occurredAt = append(c.occurredAt, clampMillis(r.OccurredAt))
	c.who = append(c.who, s.code(string(r.Who)))
	c.personRef = append(c.personRef, s.text(string(r.PersonRef)))
	c.contactRef = append(c.contactRef, s.text(string(r.ContactRef.Or(""))))
	c.what = append(c.what, s.code(string(r.What)))
	c.why = append(c.why, s.code(string(r.Why)))
	c.desk = append(c.desk, s.code(string(r.Desk)))
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, uint64(at.offset))
	s.size += 156
}

func (c *accessAuditRows) spec() tableSpec { return factTable("access_audit") }

func (c *accessAuditRows) rows() int { return len(c.eventID) }

func (c *accessAuditRows) reset() {
	c.eventID = c.eventID[:0]
	c.occurredAt = c.occurredAt[:0]
	c.who = c.who[:0]
	c.personRef = c.personRef[:0]
	c.contactRef = c.contactRef[:0]
	c.what = c.what[:0]
	c.why = c.why[:0]
	c.desk = c.desk[:0]
	c.recordTopic = c.recordTopic[:0]
	c.recordPartition = c.recordPartition[:0]
	c.recordOffset = c.recordOffset[:0]
	c.version = c.version[:0]
}

func (c *accessAuditRows) place(i int) place {
	return place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}
}

// write gives rows [from, to) to an insert, column by column in the order of the table.
func (c *accessAuditRows) write(w *columnWriter, from, to int) {
	writeColumn(w, c.eventID[from:to])
	writeColumn(w, c.occurredAt[from:to])
	writeColumn(w, c.who[from:to])
	writeColumn(w, c.personRef[from:to])
	writeColumn(w, c.contactRef[from:to])
	writeColumn(w, c.what[from:to])
	writeColumn(w, c.why[from:to])
	writeColumn(w, c.desk[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
}
