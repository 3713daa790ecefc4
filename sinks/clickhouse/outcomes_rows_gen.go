// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.

package clickhouse

import (
	"github.com/attune-health/attune/schemas"
)

// outcomesRows keeps rows of table outcomes by column.
type outcomesRows struct {
	eventID         []string
	decisionID      []string
	personRef       []string
	occurredAt      []int64
	outcome         []any
	action          []any
	reason          []any
	recordTopic     []any
	recordPartition []int32
	recordOffset    []int64
	version         []uint64
}

// append adds the row of one record. What the row keeps is copied to the scratch memory.
func (c *outcomesRows) append(s *scratch, r *schemas.ActionOutcome, at place) {
	c.eventID = append(c.eventID, s.text(string(r.EventID)))
	c.decisionID = append(c.decisionID, s.text(string(r.DecisionID)))
	c.personRef = append(c.personRef, s.text(string(r.PersonRef)))
	c.occurredAt = append(c.occurredAt, clampMillis(r.OccurredAt))
	c.outcome = append(c.outcome, s.code(r.Outcome.String()))
	c.action = append(c.action, s.code(string(r.Action)))
	c.reason = append(c.reason, s.code(string(r.Reason)))
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, uint64(at.offset))
	s.size += 140
}

func (c *outcomesRows) spec() tableSpec { return factTable("outcomes") }

func (c *outcomesRows) rows() int { return len(c.eventID) }

func (c *outcomesRows) reset() {
	c.eventID = c.eventID[:0]
	c.decisionID = c.decisionID[:0]
	c.personRef = c.personRef[:0]
	c.occurredAt = c.occurredAt[:0]
	c.outcome = c.outcome[:0]
	c.action = c.action[:0]
	c.reason = c.reason[:0]
	c.recordTopic = c.recordTopic[:0]
	c.recordPartition = c.recordPartition[:0]
	c.recordOffset = c.recordOffset[:0]
	c.version = c.version[:0]
}

func (c *outcomesRows) place(i int) place {
	return place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}
}

// write gives rows [from, to) to an insert, column by column in the order of the table.
func (c *outcomesRows) write(w *columnWriter, from, to int) {
	writeColumn(w, c.eventID[from:to])
	writeColumn(w, c.decisionID[from:to])
	writeColumn(w, c.personRef[from:to])
	writeColumn(w, c.occurredAt[from:to])
	writeColumn(w, c.outcome[from:to])
	writeColumn(w, c.action[from:to])
	writeColumn(w, c.reason[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
}
