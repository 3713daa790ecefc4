package train

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// window is how many labels a comparison is of.
const window = 2000

// renamed is a learner whose store has another name: two of one family are in one changelog.
type renamed struct {
	predict.Learner
	name string
}

// Name is the store's name in the changelog.
func (r renamed) Name() string { return r.name }

// Said is what the learner said of the last label.
func (r renamed) Said() []float64 {
	if j, ok := r.Learner.(predict.Judge); ok {
		return j.Said()
	}
	return nil
}

// contest is a challenger that learns from the same labels as the champion, whose versions are published. Both are
// compared by what they say of each label before they learn it. It is a store of one value, beside the two learners.
type contest struct {
	// learners are the one that began as champion, and the other.
	learners [2]predict.Learner
	key      string
	// champion is which of them is published.
	champion int64
	// labels and losses are of the window that is under way, windows how many have ended, wins how many the challenger
	// has won in a row by the margin.
	labels, windows, wins int64
	losses                [2]float64
	dirty                 bool
	buf                   []byte
}

// newContest returns nil where no challenger is set: it costs nothing then.
func newContest(f predict.Family, s *evidence.FeatureSpace, c *Config, first predict.Learner) *contest {
	if c.ChallengerRate == 0 {
		return nil
	}
	other := renamed{f.Learner(s, predict.Learning{HalfLife: c.HalfLife, Rate: c.ChallengerRate}), "challenger"}
	return &contest{learners: [2]predict.Learner{first, other}, key: s.Taxonomy.Version}
}

// result is a window that has ended.
type result struct {
	// number of the window, and mean log loss of champion and challenger in it.
	number               int64
	champion, challenger float64
	// wins in a row of the challenger. promoted: it is the champion from now on.
	wins     int64
	promoted bool
}

// challenger is the one that is not published.
func (c *contest) challenger() predict.Learner { return c.learners[1-c.champion] }

// begin lets the challenger begin with what the champion began with.
func (c *contest) begin() {
	if b, ok := c.learners[1].(renamed).Learner.(predict.Beginner); ok {
		b.Begin()
	}
}

// learn lets the challenger learn what the champion has just learned.
func (c *contest) learn(x *schemas.TrainingExample) { _ = c.challenger().Learn(x) }

// score adds what both said of a label that both have just learned, and returns the window that it ends.
func (c *contest) score(reason int, margin float64, windows int64) (r result, ended bool) {
	for i, l := range c.learners {
		j, ok := l.(predict.Judge)
		if !ok {
			return r, false
		}
		said := j.Said()
		if reason >= len(said) {
			return r, false
		}
		c.losses[i] -= exact.Ln(max(said[reason], 1e-6))
	}
	c.dirty = true
	if c.labels++; c.labels < window {
		return r, false
	}
	c.windows++
	r = result{number: c.windows, champion: c.losses[c.champion] / window, challenger: c.losses[1-c.champion] / window}
	if c.wins++; r.champion-r.challenger < margin {
		c.wins = 0
	}
	r.wins = c.wins
	c.labels, c.losses = 0, [2]float64{}
	if margin > 0 && c.wins >= windows {
		r.promoted = true
		c.promote()
	}
	return r, true
}

// promote makes the challenger the champion. Versions go on from the number that they have.
func (c *contest) promote() {
	from := c.learners[c.champion].Progress()
	c.champion, c.wins = 1-c.champion, 0
	to := c.learners[c.champion].Progress()
	to.Version, to.Next = from.Version, to.Examples // a version is due at once
}

const contestVersion = 1

// Name is the store's name in the changelog.
func (c *contest) Name() string { return "contest" }

// Len is 1 once there is something.
func (c *contest) Len() int { return int(min(c.labels+c.windows, 1)) }

// Changes yields the value where it has changed.
func (c *contest) Changes(yield func(key, value []byte)) {
	if !c.dirty {
		return
	}
	c.dirty = false
	c.buf = append(c.buf[:0], contestVersion)
	for _, x := range []uint64{uint64(c.champion), uint64(c.labels), uint64(c.windows), uint64(c.wins), math.Float64bits(c.losses[0]), math.Float64bits(c.losses[1])} {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, x)
	}
	yield([]byte(c.key), c.buf)
}

// Restore takes the value. That of another taxonomy is passed over.
func (c *contest) Restore(key, value []byte) error {
	if string(key) != c.key {
		return nil
	}
	if len(value) != 1+6*8 || value[0] != contestVersion || value[1] > 1 {
		return errors.New("store contest: value of another layout")
	}
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(value[1+8*i:]) }
	c.champion, c.labels, c.windows, c.wins = int64(at(0)), int64(at(1)), int64(at(2)), int64(at(3))
	c.losses = [2]float64{math.Float64frombits(at(4)), math.Float64frombits(at(5))}
	return nil
}
