package main

import (
	"encoding/binary"
	"math"

	"github.com/attune-health/attune/pipeline"
)

// touchpoint is a decoded touchpoint; its bytes alias the record.
type touchpoint struct {
	at      int64
	channel uint8
	reason  uint8
	session []byte
	sent    []byte
}

func parseTouchpoint(v []byte) (t touchpoint, ok bool) {
	if len(v) < 26 || v[8] >= channels || v[9] >= reasons {
		return t, false
	}
	return touchpoint{at: int64(binary.BigEndian.Uint64(v)), channel: v[8], reason: v[9], session: v[10:18], sent: v[18:26]}, true
}

// persona is what is known of a patient. It has no pointers, so that the collector passes over it.
type persona struct {
	counts   [channels]uint64
	activity [channels]float64
	activeAt [channels]int64 // event time up to which activity has decayed
	newest   int64           // event time
	screens  [2]int64        // event times of the newest two on web or app, newest first
	reasons  [8]uint8        // ring
	cursor   uint8
	changed  bool // since the last checkpoint
}

const (
	decay     = math.Ln2 / 3_600_000 // a half-life of one hour, per ms
	tenMinute = 600_000
	never     = math.MinInt64 / 2
)

// update takes one touchpoint and reports whether it asks for an action: a call after two touchpoints
// on web or app in the ten minutes before it.
func (p *persona) update(t *touchpoint) bool {
	c := t.channel & (channels - 1)
	p.active(c, t.at)
	p.newest = max(p.newest, t.at)
	p.reasons[p.cursor&7] = t.reason
	p.cursor = (p.cursor + 1) & 7
	if c < channelCall {
		if t.at >= p.screens[0] {
			p.screens[1], p.screens[0] = p.screens[0], t.at
		} else if t.at > p.screens[1] {
			p.screens[1] = t.at
		}
		return false
	}
	return c == channelCall && p.screens[1] >= t.at-tenMinute && p.screens[0] >= t.at-tenMinute
}

func (p *persona) active(c uint8, at int64) {
	since := at - p.activeAt[c]
	switch {
	case p.counts[c] == 0:
		p.activity[c], p.activeAt[c] = 1, at
	case since >= 0:
		p.activity[c], p.activeAt[c] = p.activity[c]*math.Exp(-decay*float64(since))+1, at
	default:
		p.activity[c] += math.Exp(decay * float64(since))
	}
	p.counts[c]++
}

// An action: 100 bytes, keyed by patient, big endian.
//
//	 0 send time   24 counts, 4 int64        88 reasons
//	 8 event time  56 activity, 4 float64    96 zero
//	16 session
const actionSize = 100

func (p *persona) action(b *[actionSize]byte, t *touchpoint) {
	be := binary.BigEndian
	copy(b[:], t.sent)
	be.PutUint64(b[8:], uint64(t.at))
	copy(b[16:24], t.session)
	for i := range channels {
		be.PutUint64(b[24+8*i:], p.counts[i])
		be.PutUint64(b[56+8*i:], math.Float64bits(p.activity[i]))
	}
	copy(b[88:], p.reasons[:])
}

// In the changelog a persona is a version byte and its fields in order, little endian.
const (
	personaVersion = 1
	personaSize    = 1 + 3*8*channels + 8 + 16 + 8 + 1
)

func (p *persona) appendTo(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, personaVersion)
	for i := range channels {
		b = le.AppendUint64(b, p.counts[i])
		b = le.AppendUint64(b, math.Float64bits(p.activity[i]))
		b = le.AppendUint64(b, uint64(p.activeAt[i]))
	}
	b = le.AppendUint64(b, uint64(p.newest))
	b = le.AppendUint64(b, uint64(p.screens[0]))
	b = le.AppendUint64(b, uint64(p.screens[1]))
	b = append(b, p.reasons[:]...)
	return append(b, p.cursor)
}

func (p *persona) decode(b []byte) error {
	if len(b) != personaSize || b[0] != personaVersion {
		return pipeline.Corruptf("persona of %d bytes, want %d of version %d", len(b), personaSize, personaVersion)
	}
	b = b[1:]
	word := func() uint64 {
		v := binary.LittleEndian.Uint64(b)
		b = b[8:]
		return v
	}
	for i := range channels {
		p.counts[i] = word()
		p.activity[i] = math.Float64frombits(word())
		p.activeAt[i] = int64(word())
	}
	p.newest = int64(word())
	p.screens[0], p.screens[1] = int64(word()), int64(word())
	copy(p.reasons[:], b)
	p.cursor = b[8] & 7
	return nil
}
