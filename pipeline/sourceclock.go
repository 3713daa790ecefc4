package pipeline

import (
	"fmt"
	"strconv"
	"strings"
)

// sourceClock is the watermark of a task's own source partition: bounded out-of-orderness, and idle
// after a time in which the source was known to hold nothing more. The idle clock stands still whenever
// that is not known (I1): while records wait, or the end of the partition has not been seen. It is
// state of the task, and is committed as the metadata of the source's offset.
type sourceClock struct {
	// enabled: the source drives a channel. Otherwise all of the clock stands still.
	enabled bool
	// bound and idleAfter are the channel's, in milliseconds.
	bound     Time
	idleAfter Time
	// watermark is MinTime before the first record; it never goes back (I3).
	watermark Time
	// newest is the newest event time observed; the watermark trails it by bound, unless it was forced.
	newest Time
	// idle: the source does not hold its channel back until it speaks again. Others act on it only when
	// it has been committed.
	idle bool
	// forced: the watermark was set by the end of the input, and no record has moved it since.
	forced bool
	// quietSince is the processing time of the last record, or of the last tick at which the source may
	// have held more; MinTime says that idleness begins to count with the next tick.
	quietSince Time
	// changed: something of this has not been announced downstream.
	changed bool
}

// newSourceClock is the clock of a source that has said nothing.
func newSourceClock(t *Topology, s *Source) sourceClock {
	c := sourceClock{watermark: MinTime, newest: MinTime, quietSince: MinTime}
	if s.Carried || s.Channel == NoChannel {
		return c
	}
	ch := t.Channels[s.Channel]
	c.enabled, c.bound, c.idleAfter = true, ch.OutOfOrderness, ch.IdleAfter
	return c
}

// observe takes the event time of a record. One that is not newer moves nothing, which is the common
// case and costs a compare. A time so far below that subtracting the bound would wrap is passed over.
func (c *sourceClock) observe(t Time) {
	if !c.enabled || t <= c.newest || t <= MinTime+c.bound {
		return
	}
	c.newest = t
	if w := t - c.bound; w > c.watermark {
		c.watermark, c.forced, c.changed = w, false, true
	}
}

// record notes that the source is alive. It holds its channel back again from here on, at the watermark
// that it had.
func (c *sourceClock) record(now Time) {
	c.quietSince = now
	if c.idle {
		c.idle, c.changed = false, true
	}
}

// tick moves the idle clock. caughtUp is the latest processing time at which the source partition was
// seen to hold nothing beyond the task's position, MinTime where it may hold more. It reports whether
// the source became idle. What counts is the time from the last record to caughtUp, and not to now: the
// end may have been looked at a while ago, and what came since is not known.
func (c *sourceClock) tick(now, caughtUp Time) bool {
	if !c.enabled || c.idle {
		return false
	}
	if caughtUp == MinTime || c.quietSince == MinTime {
		c.quietSince = now
		return false
	}
	if c.idleAfter <= 0 || caughtUp-c.quietSince < c.idleAfter {
		return false
	}
	c.idle, c.changed = true, true
	return true
}

// basis is what the watermark rests on.
func (c *sourceClock) basis() Basis {
	switch {
	case c.forced:
		return BasisForced
	case c.idle:
		return BasisIdle
	}
	return BasisReal
}

// force ends the input: the watermark goes to t, marked as forced. False: it was there already. A
// record with a later event time takes the mark away again; one with an earlier time is late.
func (c *sourceClock) force(t Time) bool {
	if !c.enabled || t <= c.watermark {
		return false
	}
	c.watermark, c.forced, c.idle, c.changed = t, true, false, true
	c.quietSince = MinTime
	return true
}

// The committed offset's metadata holds the epoch, watermark and flags as text, which any Kafka tool
// shows: "v1 epoch=3 watermark=1700000000000 idle".

// appendMetadata encodes what has to be committed together with the offset. Text costs a few bytes more
// than varints, once per task and commit, and can be read when somebody looks into a group.
func appendMetadata(b []byte, epoch int32, c *sourceClock) []byte {
	b = append(b, "v1 epoch="...)
	b = strconv.AppendInt(b, int64(epoch), 10)
	if c.watermark != MinTime {
		b = append(b, " watermark="...)
		b = strconv.AppendInt(b, int64(c.watermark), 10)
	}
	if c.idle {
		b = append(b, " idle"...)
	}
	if c.forced {
		b = append(b, " forced"...)
	}
	return b
}

// parseMetadata sets the clock from a committed offset's metadata and returns the epoch. Metadata of
// another program (empty, or not of version 1) is as good as none: somebody may have set the group's
// offsets by a tool. Fields that are not known are passed over. The newest event time is not in it; it
// follows from the watermark, unless that was forced.
func parseMetadata(s string, c *sourceClock) (epoch int32, err error) {
	fields := strings.Fields(s)
	if len(fields) == 0 || fields[0] != "v1" {
		return 0, nil
	}
	for _, f := range fields[1:] {
		name, value, _ := strings.Cut(f, "=")
		var n int64
		switch name {
		case "epoch":
			n, err = strconv.ParseInt(value, 10, 32)
			epoch = int32(n)
		case "watermark":
			n, err = strconv.ParseInt(value, 10, 64)
			c.watermark = Time(n)
		case "idle":
			c.idle = true
		case "forced":
			c.forced = true
		}
		if err != nil {
			return 0, fmt.Errorf("metadata %s: %w", name, err)
		}
	}
	if c.watermark != MinTime && !c.forced {
		c.newest = c.watermark + c.bound
	}
	return epoch, nil
}
