package hazards

import (
	"encoding/binary"
	"errors"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// unit is one step of a published weight.
const unit = 1.0 / 4096

// Model is a published version, ready to predict. It does not change.
type Model struct {
	bias [intervals]float64
	adds [][intervals]int16
}

// Published appends the published form: the fingerprint of the space of moments, then for each row in use the
// distance from the one before and its weights in units, the bias last.
func (l *Learner) Published(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(l.space.MomentFingerprint()))
	last := 0
	for i := range l.rows {
		if !l.used[i] && i != biasRow {
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(i-last))
		last = i
		for _, w := range l.rows[i].weights {
			dst = binary.LittleEndian.AppendUint16(dst, uint16(toUnits(w)))
		}
	}
	return dst
}

// toUnits rounds half away from 0.
func toUnits(x float64) int16 {
	x /= unit
	if x < 0 {
		x -= 0.5
	} else {
		x += 0.5
	}
	return int16(min(max(x, -32767), 32767))
}

// Ready makes a published form ready. One of another space of moments, or none, gives the base rates: the
// reasons that it came with are none the worse.
func Ready(s *evidence.FeatureSpace, published []byte) (*Model, error) {
	m := &Model{bias: priorBias(&s.Taxonomy.Contact), adds: make([][intervals]int16, evidence.MomentRows)}
	if len(published) < 8 || int64(binary.LittleEndian.Uint64(published)) != s.MomentFingerprint() {
		return m, nil
	}
	at := uint64(0)
	for b := published[8:]; len(b) > 0; {
		step, n := binary.Uvarint(b)
		if n <= 0 || len(b) < n+2*intervals || step > biasRow || at+step > biasRow {
			return nil, errors.New("hazards end early, or have a row too many")
		}
		at, b = at+step, b[n:]
		var adds [intervals]int16
		for k := range adds {
			adds[k] = int16(binary.LittleEndian.Uint16(b[2*k:]))
		}
		b = b[2*intervals:]
		if at < biasRow {
			m.adds[at] = adds
			continue
		}
		for k, x := range adds {
			m.bias[k] = float64(float64(x) * unit)
		}
	}
	return m, nil
}

// Within writes the probability of a contact within each horizon of a moment. Weights are added in whole units,
// which is exact in any order.
func (m *Model) Within(p *[predict.RateHorizons]float64, codes []int32) {
	var units [intervals]int32
	for _, c := range codes {
		_, r := evidence.TokenOf(c)
		for k, x := range &m.adds[r] {
			units[k] += int32(x)
		}
	}
	none := 1.0
	for k := range units {
		none = float64(none * (1 - sigmoid(m.bias[k]+float64(float64(units[k])*unit))))
		p[k] = 1 - none
	}
}

// check that priors have a rate for each horizon.
var _ = [1]struct{}{}[intervals-len(schemas.ContactPrior{}.Base)]
