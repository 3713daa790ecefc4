package hazards

import (
	"encoding/binary"
	"errors"
	"math"
)

// Weights that ship with a taxonomy are what a learner knew of simulated moments. Its squared gradients are
// scaled down to a few intervals' worth: they say how far a site's own contacts move what is shipped.

// shippedVersion begins shipped weights. Whoever changes their layout gives it a new number.
const shippedVersion = 1

const (
	// shippedWeight and shippedGrad are the steps to which weights and squared gradients are rounded.
	shippedWeight = 1.0 / 256
	shippedGrad   = 1.0 / 16
	// shippedLeast is the sum of squared gradients below which a row is left out: it has seen no contact.
	shippedLeast = 0.5
)

var errShipped = errors.New("shipped hazards: damaged, or of another layout")

// Ship appends what the learner knows as weights to ship, worth so many told intervals.
func (l *Learner) Ship(dst []byte, worth float64) []byte {
	scale := min(1, worth/max(float64(l.examples), 1))
	dst = binary.LittleEndian.AppendUint64(append(dst, shippedVersion), uint64(l.space.MomentFingerprint()))
	last := 0
	for i := range l.rows {
		r := &l.rows[i]
		if i != biasRow && r.grads[0]+r.grads[1]+r.grads[2]+r.grads[3] < shippedLeast {
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(i-last))
		last = i
		for k := range intervals {
			dst = binary.AppendVarint(dst, int64(math.Round(r.weights[k]/shippedWeight)))
			dst = binary.AppendUvarint(dst, uint64(math.Round(r.grads[k]*scale/shippedGrad)))
		}
	}
	return dst
}

// Begin takes in shipped weights before anything was learned. Those of another space of moments are left out,
// and an error changes nothing: the reasons that they came with are none the worse for either.
func (l *Learner) Begin(b []byte) error {
	if len(b) < 9 || b[0] != shippedVersion {
		return errShipped
	}
	if int64(binary.LittleEndian.Uint64(b[1:])) != l.space.MomentFingerprint() {
		return nil
	}
	rows, at := make(map[int]row), uint64(0)
	for b = b[9:]; len(b) > 0; {
		step, n := binary.Uvarint(b)
		if n <= 0 || step > biasRow || at+step > biasRow {
			return errShipped
		}
		at, b = at+step, b[n:]
		var r row
		for k := range intervals {
			w, n := binary.Varint(b)
			if n <= 0 {
				return errShipped
			}
			b = b[n:]
			g, n := binary.Uvarint(b)
			if n <= 0 {
				return errShipped
			}
			b = b[n:]
			r.weights[k], r.grads[k] = float64(float64(w)*shippedWeight), float64(float64(g)*shippedGrad)
		}
		rows[int(at)] = r
	}
	for i := range l.rows {
		if r, ok := rows[i]; ok {
			l.rows[i] = r
			l.mark(i)
		}
	}
	return nil
}
