package pipeline

import (
	"fmt"
	"strconv"
	"strings"
)

// sourceClock is the watermark of a task's own source partition: bounded out-of-orderness, and
// idle after a time in which the source was known to hold nothing more. The idle clock stands still
// whenever that is not known: while records wait, or the end of the partition has not been seen.
type sourceClock struct {
	enabled    bool // the source drives a channel
	bound      Time
	idleAfter  Time
	watermark  Time
	newest     Time
	idle       bool
	forced     bool
	quietSince Time // processing time of the last record, or of the last tick that was not caught up
	changed    bool // not yet announced downstream
}

func newSourceClock(t *Topology, s *Source) sourceClock {
	c := sourceClock{watermark: MinTime, newest: MinTime, quietSince: MinTime}
	if s.Carried || s.Channel == NoChannel {
		return c
	}
	ch := t.Channels[s.Channel]
	c.enabled, c.bound, c.idleAfter = true, ch.OutOfOrderness, ch.IdleAfter
	return c
}

func (c *sourceClock) observe(t Time) {
	if !c.enabled || t <= c.newest || t <= MinTime+c.bound {
		return
	}
	c.newest = t
	if w := t - c.bound; w > c.watermark {
		c.watermark, c.forced, c.changed = w, false, true
	}
}

// record notes that the source is alive.
func (c *sourceClock) record(now Time) {
	c.quietSince = now
	if c.idle {
		c.idle, c.changed = false, true
	}
}

// tick moves the idle clock. caughtUp is the latest processing time at which the source partition
// was seen to hold nothing beyond the task's position, MinTime where it may hold more. It reports
// whether the source became idle.
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

func (c *sourceClock) basis() Basis {
	switch {
	case c.forced:
		return BasisForced
	case c.idle:
		return BasisIdle
	}
	return BasisReal
}

// force ends the input: the watermark goes to t, marked as forced. False: it was there already.
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
// another program (empty, or not of version 1) is as good as none.
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
