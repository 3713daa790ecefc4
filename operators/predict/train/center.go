package train

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/schemas"
)

// centerEvery is how much event time lies between two words on the contact center's state. It halves in
// twenty minutes, so that a quarter of one changes nothing that a model could tell.
const centerEvery = 15 * schemas.Second

// centerStore is the contact center's state. It is a store of one value.
type centerStore struct {
	evidence.Center
	reasons int
	prefix  string
	// told is the event time of the last word on it.
	told  schemas.Millis
	dirty bool
	buf   []byte
	nums  []float64
}

// add counts the contact of an example, and says whether it is time to tell.
func (c *centerStore) add(x *schemas.TrainingExample, reason int) bool {
	c.Add(x.LabelledAt, reason, x.Outcome, x.WaitMs)
	c.dirty = true
	if c.At-c.told < centerEvery {
		return false
	}
	c.told = c.At
	return true
}

const centerVersion = 1

// Name is the store's name in the changelog.
func (c *centerStore) Name() string { return "center" }

// Len is 1 once there is something.
func (c *centerStore) Len() int { return min(int(c.At), 1) }

// Changes yields the value where it has changed.
func (c *centerStore) Changes(yield func(key, value []byte)) {
	if !c.dirty {
		return
	}
	c.dirty = false
	c.buf = binary.AppendVarint(binary.AppendVarint(append(c.buf[:0], centerVersion), int64(c.At)), int64(c.told))
	c.nums = c.Numbers(c.nums[:0], c.reasons)
	for _, x := range c.nums {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, math.Float64bits(x))
	}
	yield([]byte(c.prefix), c.buf)
}

// Restore takes the value. That of another taxonomy is passed over.
func (c *centerStore) Restore(key, value []byte) error {
	if string(key) != c.prefix {
		return nil
	}
	bad := errors.New("store center: value of another layout")
	if len(value) == 0 || value[0] != centerVersion {
		return bad
	}
	at, n := binary.Varint(value[1:])
	if n <= 0 {
		return bad
	}
	value = value[1+n:]
	told, n := binary.Varint(value)
	if n <= 0 || (len(value)-n)%8 != 0 {
		return bad
	}
	value = value[n:]
	numbers := make([]float64, len(value)/8)
	for i := range numbers {
		numbers[i] = math.Float64frombits(binary.LittleEndian.Uint64(value[8*i:]))
	}
	if !c.Take(schemas.Millis(at), numbers, c.reasons) {
		return bad
	}
	c.told = schemas.Millis(told)
	return nil
}
