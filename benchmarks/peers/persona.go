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

// persona is what is known of a patient. It fills two cache lines and has no pointers, so that the
// collector passes over it.
type persona struct {
	key      uint64
	counts   [channels]uint64
	activity [channels]float64
	newest   [channels]int64 // event time; activity has decayed up to it
	screens  [2]int64        // event times of the newest two on web or app, newest first
	reasons  [8]uint8        // ring, whose next place the counts tell
}

const (
	decay      = math.Ln2 / 3_600_000 // a half-life of one hour, per ms
	tenMinutes = 600_000
	never      = math.MinInt64 / 2
)

// update takes one touchpoint and reports whether it asks for an action: a call after two touchpoints
// on web or app in the ten minutes before it.
func (p *persona) update(t *touchpoint) bool {
	c := t.channel & (channels - 1)
	p.reasons[(p.counts[0]+p.counts[1]+p.counts[2]+p.counts[3])&7] = t.reason
	p.active(c, t.at)
	if c < channelCall {
		if t.at >= p.screens[0] {
			p.screens[1], p.screens[0] = p.screens[0], t.at
		} else if t.at > p.screens[1] {
			p.screens[1] = t.at
		}
		return false
	}
	return c == channelCall && p.screens[1] >= t.at-tenMinutes && p.screens[0] >= t.at-tenMinutes
}

func (p *persona) active(c uint8, at int64) {
	since := at - p.newest[c]
	switch {
	case p.counts[c] == 0:
		p.activity[c], p.newest[c] = 1, at
	case since >= 0:
		p.activity[c], p.newest[c] = p.activity[c]*math.Exp(-decay*float64(since))+1, at
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

// In the changelog a persona is a version byte and its fields in order, little endian, without the key.
const (
	personaVersion = 1
	personaSize    = 1 + 3*8*channels + 16 + 8
)

func (p *persona) appendTo(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, personaVersion)
	for i := range channels {
		b = le.AppendUint64(b, p.counts[i])
		b = le.AppendUint64(b, math.Float64bits(p.activity[i]))
		b = le.AppendUint64(b, uint64(p.newest[i]))
	}
	b = le.AppendUint64(b, uint64(p.screens[0]))
	b = le.AppendUint64(b, uint64(p.screens[1]))
	return append(b, p.reasons[:]...)
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
		p.newest[i] = int64(word())
	}
	p.screens[0], p.screens[1] = int64(word()), int64(word())
	copy(p.reasons[:], b)
	return nil
}
