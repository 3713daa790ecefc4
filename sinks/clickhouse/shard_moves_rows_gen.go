// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.

package clickhouse

import (
	"github.com/attune-health/attune/schemas"
)

// shardMovesRows keeps rows of table shard_moves by column.
type shardMovesRows struct {
	log             []any
	shard           []string
	epoch           []int32
	ingestedAt      []int64
	personRef       []string
	at              []int64
	recordTopic     []any
	recordPartition []int32
	recordOffset    []int64
	version         []uint64
}

// append adds the row of one record. What the row keeps is copied to the scratch memory.
func (c *shardMovesRows) append(s *scratch, r *schemas.Identified, at place) {
	c.log = append(c.log, s.log)
	c.shard = append(c.shard, s.text(string(r.Shard)))
	c.epoch = append(c.epoch, r.Epoch)
	c.ingestedAt = append(c.ingestedAt, clampMillis(r.IngestedAt))
	c.personRef = append(c.personRef, s.text(string(r.Payload.MoveShard.To)))
	c.at = append(c.at, clampMillis(r.Payload.MoveShard.At))
	c.recordTopic = append(c.recordTopic, at.topic)
	c.recordPartition = append(c.recordPartition, at.partition)
	c.recordOffset = append(c.recordOffset, at.offset)
	c.version = append(c.version, uint64(at.offset))
	s.size += 104
}

func (c *shardMovesRows) spec() tableSpec { return factTable("shard_moves") }

func (c *shardMovesRows) rows() int { return len(c.log) }

func (c *shardMovesRows) reset() {
	c.log = c.log[:0]
	c.shard = c.shard[:0]
	c.epoch = c.epoch[:0]
	c.ingestedAt = c.ingestedAt[:0]
	c.personRef = c.personRef[:0]
	c.at = c.at[:0]
	c.recordTopic = c.recordTopic[:0]
	c.recordPartition = c.recordPartition[:0]
	c.recordOffset = c.recordOffset[:0]
	c.version = c.version[:0]
}

func (c *shardMovesRows) place(i int) place {
	return place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}
}

// write gives rows [from, to) to an insert, column by column in the order of the table.
func (c *shardMovesRows) write(w *columnWriter, from, to int) {
	writeColumn(w, c.log[from:to])
	writeColumn(w, c.shard[from:to])
	writeColumn(w, c.epoch[from:to])
	writeColumn(w, c.ingestedAt[from:to])
	writeColumn(w, c.personRef[from:to])
	writeColumn(w, c.at[from:to])
	writeColumn(w, c.recordTopic[from:to])
	writeColumn(w, c.recordPartition[from:to])
	writeColumn(w, c.recordOffset[from:to])
	writeColumn(w, c.version[from:to])
}
