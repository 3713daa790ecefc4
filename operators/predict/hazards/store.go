package hazards

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"
)

// storeVersion begins every value: whoever changes the layout gives it a new number, and keeps a reader of this
// one.
const storeVersion = 1

// keyPrefix begins every key, after the prefix of the store that hazards are kept in.
const keyPrefix = "hazards/"

var errStore = errors.New("hazards: value of another layout")

// Changes yields the rows that have changed since the last call, under the prefix.
func (l *Learner) Changes(prefix string, yield func(key, value []byte)) {
	var key, value []byte
	for _, number := range l.dirty {
		l.isDirty[number] = false
		r := &l.rows[number]
		value = append(value[:0], storeVersion)
		for _, list := range [...]*[intervals]float64{&r.weights, &r.grads} {
			for _, x := range list {
				value = binary.LittleEndian.AppendUint64(value, math.Float64bits(x))
			}
		}
		if number == biasRow {
			value = binary.LittleEndian.AppendUint64(value, uint64(l.examples))
		}
		key = strconv.AppendInt(append(append(key[:0], prefix...), keyPrefix...), int64(number), 10)
		yield(key, value)
	}
	l.dirty = l.dirty[:0]
}

// Restore takes a value back, and says whether the name, which is the key without the prefix, is one of
// hazards.
func (l *Learner) Restore(name string, value []byte) (bool, error) {
	text, ok := strings.CutPrefix(name, keyPrefix)
	if !ok {
		return false, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 || number > biasRow {
		return true, nil // a row of a build with more of them
	}
	const numbers = 2 * intervals
	if len(value) < 1+8*numbers || value[0] != storeVersion {
		return true, errStore
	}
	value = value[1:]
	r := &l.rows[number]
	for i := range numbers {
		x := math.Float64frombits(binary.LittleEndian.Uint64(value[8*i:]))
		if i < intervals {
			r.weights[i] = x
		} else {
			r.grads[i-intervals] = x
		}
	}
	l.used[number] = true
	if rest := value[8*numbers:]; number == biasRow {
		if len(rest) != 8 {
			return true, errStore
		}
		l.examples = int64(binary.LittleEndian.Uint64(rest))
	}
	return true, nil
}

// Examples is how many have been learned.
func (l *Learner) Examples() int64 { return l.examples }
