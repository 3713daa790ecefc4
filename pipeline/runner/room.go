package runner

import (
	"time"
)

// room is how much output a worker collects before it commits early, or waits: what a commit takes half
// of the commit interval for, as the last ones went, and at most Config.MaxPending. A worker that is
// faster than its broker would otherwise fill each commit to the brim, and a call would wait for the
// rest of one such commit and for the whole of the next, on each hop (I8).
type room struct {
	// most is Config.MaxPending, in bytes.
	most int
	// aim is how long a commit may take.
	aim time.Duration
	// speed is in bytes per nanosecond of commits, smoothed; 0: not known.
	speed float64
}

const (
	// leastRoom, in bytes, is what is collected in any case: what commits of less take is not for their
	// bytes.
	leastRoom = 1 << 20
	// firstRoom, in bytes, is for a worker that does not know its broker yet.
	firstRoom = 4 << 20
)

// newRoom knows nothing of the broker yet.
func newRoom(c *Config) room { return room{most: c.MaxPending, aim: c.CommitInterval / 2} }

// bytes is the limit for now.
func (r *room) bytes() int {
	if r.speed == 0 {
		return min(r.most, firstRoom)
	}
	return min(r.most, max(leastRoom, int(r.speed*float64(r.aim))))
}

// committed takes into account how long a commit took. Small ones say nothing of bytes: their time is
// that of the requests. The speed is smoothed, so that a single pause of the broker does not make the
// next commits small.
func (r *room) committed(bytes int, took time.Duration) {
	if bytes < leastRoom/2 || took <= 0 {
		return
	}
	speed := float64(bytes) / float64(took)
	if r.speed == 0 {
		r.speed = speed
		return
	}
	r.speed = (smoothing*r.speed + speed) / (smoothing + 1)
}
