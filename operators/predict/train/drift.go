package train

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/schemas"
)

// How drift is told. Half-lives are in labels: what patients call about changes with contacts and not with the clock.
const (
	// unknownHalf is short: that the taxonomy lacks a reason has to show within a few dozen calls.
	unknownHalf = 50
	// unknownPrior is how many labels of known reasons a beginning counts for.
	unknownPrior = 5
	// unknownLeast is the share below which nothing is said: a code is mistyped now and then.
	unknownLeast = 0.02
	// unknownNews is the change of the share that is worth a version.
	unknownNews = 0.1

	recentHalf = 200
	slowHalf   = 10_000
	groupHalf  = 500
	// enough labels for the slow averages to mean something.
	enough = 1000
	// checkedEvery is how many labels lie between two looks at the groups, which take logarithms.
	checkedEvery = 16
)

// threshold begins drift at on and ends it below off, so that what is near it does not flicker.
type threshold struct{ on, off float64 }

var (
	// standard deviations between what came and what was said; sure is the least difference that matters besides.
	byChance = threshold{5, 2.5}
	// population stability index: .1 is customarily taken for some change, .25 for a large one.
	byIndex   = threshold{0.2, 0.1}
	byUnknown = threshold{0.1, 0.05}
)

const (
	leastShare = 0.05
	leastLoss  = 0.1
)

// Places of sums that are not by reason or group.
const (
	driftLabels = iota
	driftUnknown
	driftUnknownOf
	driftPublished
	driftOf
	driftLoss
	driftLossSlow
	driftSquaresSlow
	driftSlowOf
	driftGroupOf
	driftSums
)

// driftStore compares recent labels with what had been said of them, and recent use of features with that of long. It
// is a store of one value. Everything in it decays with labels, so that it is bounded, and a replay repeats it.
type driftStore struct {
	space *evidence.FeatureSpace
	key   string
	// sums are driftSums numbers, then by reason: how often it came, was expected, and the variance of that; then by
	// group: share of late, and slow share. on is what drifts: unknown, loss, the reasons, the groups.
	sums            []float64
	on              []bool
	reasons, groups int
	recent, slow    float64
	group, unknown  float64
	dirty           bool
	present         []bool
	buf             []byte
}

func newDrift(s *evidence.FeatureSpace) *driftStore {
	d := &driftStore{space: s, key: s.Taxonomy.Version + ":" + strconv.FormatUint(uint64(s.Fingerprint()), 16), reasons: len(s.Taxonomy.Reasons),
		recent: fadeOf(recentHalf), slow: fadeOf(slowHalf), group: fadeOf(groupHalf), unknown: fadeOf(unknownHalf)}
	if s.Hashed() {
		d.groups = len(s.Groups())
	}
	d.sums = make([]float64, driftSums+3*d.reasons+2*d.groups)
	d.on, d.present = make([]bool, driftGroups+d.reasons+d.groups), make([]bool, d.groups)
	return d
}

// Places in on, before those of reasons and of groups.
const (
	onUnknown = iota
	onLoss
	driftGroups
)

// fadeOf is the factor of one label where n of them halve.
func fadeOf(n float64) float64 { return exact.Exp(-math.Ln2 / n) }

// name of something that can drift.
func (d *driftStore) name(i int) string {
	switch {
	case i == onUnknown:
		return "unknown"
	case i == onLoss:
		return "loss"
	case i < driftGroups+d.reasons:
		return "reason/" + d.space.Taxonomy.Reasons[i-driftGroups].Code
	}
	return "group/" + d.space.Groups()[i-driftGroups-d.reasons].Name
}

// addUnknown counts a label, and whether its reason is one that the taxonomy lacks.
func (d *driftStore) addUnknown(lacks bool) {
	s := d.sums
	s[driftUnknown], s[driftUnknownOf] = float64(s[driftUnknown]*d.unknown), float64(s[driftUnknownOf]*d.unknown)+1
	if lacks {
		s[driftUnknown]++
	}
	d.dirty = true
}

// share of late labels whose reason the taxonomy lacks.
func (d *driftStore) share() float64 {
	x := d.sums[driftUnknown] / (d.sums[driftUnknownOf] + unknownPrior)
	if x < unknownLeast {
		return 0
	}
	return x
}

// news says whether the share differs enough from what the last version says of it.
func (d *driftStore) news() bool {
	x := d.share() - d.sums[driftPublished]
	return x >= unknownNews || -x >= unknownNews
}

// told notes that a version has the share.
func (d *driftStore) told() float64 {
	d.sums[driftPublished], d.dirty = d.share(), true
	return d.sums[driftPublished]
}

// add counts a label of a known reason: what the model in force gave to it, what the learner had said of all reasons
// before it learned (nil where it does not tell), and which features it was told from.
func (d *driftStore) add(x *schemas.TrainingExample, reason int, said []float64) {
	d.addUnknown(false)
	s := d.sums
	loss := -exact.Ln(max(x.P, 1e-6))
	s[driftLabels]++
	s[driftOf], s[driftLoss] = float64(s[driftOf]*d.recent)+1, float64(s[driftLoss]*d.recent)+loss
	s[driftSlowOf], s[driftLossSlow] = float64(s[driftSlowOf]*d.slow)+1, float64(s[driftLossSlow]*d.slow)+loss
	s[driftSquaresSlow] = float64(s[driftSquaresSlow]*d.slow) + float64(loss*loss)
	for r := range said {
		at := s[driftSums+3*r:][:3]
		p := said[r]
		at[0], at[1] = float64(at[0]*d.recent), float64(at[1]*d.recent)+p
		// Weights of variances are squares of weights.
		at[2] = float64(at[2]*float64(d.recent*d.recent)) + float64(p*(1-p))
		if r == reason {
			at[0]++
		}
	}
	d.addGroups(x.Features)
}

// addGroups counts which groups of features an example has.
func (d *driftStore) addGroups(features []int32) {
	if d.groups == 0 {
		return
	}
	clear(d.present)
	for _, f := range features {
		if evidence.KindOfCode(f) == evidence.CodeToken {
			g, _ := evidence.TokenOf(f)
			d.present[g] = true
		}
	}
	s := d.sums
	s[driftGroupOf] = float64(s[driftGroupOf]*d.group) + 1
	for g, has := range d.present {
		at := s[driftSums+3*d.reasons+2*g:][:2]
		at[0], at[1] = float64(at[0]*d.group), float64(at[1]*d.slow)
		if has {
			at[0]++
			at[1]++
		}
	}
}

// check brings on up to date, and says whether it has changed.
func (d *driftStore) check() (changed bool) {
	set := func(i int, t threshold, x float64, matters bool) {
		on := x >= t.on && matters || d.on[i] && x >= t.off
		changed = changed || on != d.on[i]
		d.on[i] = on
	}
	set(onUnknown, byUnknown, d.share(), true)
	if d.sums[driftLabels] < enough {
		return changed
	}
	loss, deviations := d.loss()
	set(onLoss, byChance, deviations, loss >= leastLoss)
	for r := range d.reasons {
		gap, deviations := d.gap(r)
		set(driftGroups+r, byChance, deviations, gap >= leastShare)
	}
	if int64(d.sums[driftLabels])%checkedEvery == 0 {
		for g := range d.groups {
			set(driftGroups+d.reasons+g, byIndex, d.index(g), true)
		}
	}
	return changed
}

// loss is by how much the log loss of late is larger than that of long, and how many standard deviations that is.
func (d *driftStore) loss() (more, deviations float64) {
	s := d.sums
	slow := s[driftLossSlow] / s[driftSlowOf]
	more = s[driftLoss]/s[driftOf] - slow
	variance := max(s[driftSquaresSlow]/s[driftSlowOf]-float64(slow*slow), 1e-6)
	// A decayed mean is as good as the plain one of (1+d)/(1-d) labels.
	return more, more * math.Sqrt((1+d.recent)/(1-d.recent)/variance)
}

// gap is how far the share of a reason among labels of late is from what was expected.
func (d *driftStore) gap(r int) (share, deviations float64) {
	at := d.sums[driftSums+3*r:][:3]
	miss := math.Abs(at[0] - at[1])
	if at[2] <= 0 {
		return 0, 0
	}
	return miss / d.sums[driftOf], miss / math.Sqrt(at[2])
}

// index is the population stability index of a group: there or not, of late against long.
func (d *driftStore) index(g int) float64 {
	at := d.sums[driftSums+3*d.reasons+2*g:][:2]
	late, long := share(at[0], d.sums[driftGroupOf]), share(at[1], d.sums[driftSlowOf])
	return float64((late-long)*exact.Ln(late/long)) + float64((long-late)*exact.Ln((1-late)/(1-long)))
}

// share keeps off 0 and 1, whose logarithms are endless.
func share(n, of float64) float64 { return min(max(n/of, 0.001), 0.999) }

// amount is what the record of drift says of one thing.
func (d *driftStore) amount(i int) float64 {
	switch {
	case i == onUnknown:
		return d.share()
	case i == onLoss:
		x, _ := d.loss()
		return x
	case i < driftGroups+d.reasons:
		x, _ := d.gap(i - driftGroups)
		return x
	}
	return d.index(i - driftGroups - d.reasons)
}

const driftVersion = 1

// Name is the store's name in the changelog.
func (d *driftStore) Name() string { return "drift" }

// Len is 1 once there is something.
func (d *driftStore) Len() int { return min(int(d.sums[driftUnknownOf]), 1) }

// Changes yields the value where it has changed.
func (d *driftStore) Changes(yield func(key, value []byte)) {
	if !d.dirty {
		return
	}
	d.dirty = false
	d.buf = append(d.buf[:0], driftVersion)
	for _, x := range d.sums {
		d.buf = binary.LittleEndian.AppendUint64(d.buf, math.Float64bits(x))
	}
	for _, on := range d.on {
		b := byte(0)
		if on {
			b = 1
		}
		d.buf = append(d.buf, b)
	}
	yield([]byte(d.key), d.buf)
}

// Restore takes the value. That of another taxonomy or feature space is passed over.
func (d *driftStore) Restore(key, value []byte) error {
	if string(key) != d.key {
		return nil
	}
	if len(value) != 1+8*len(d.sums)+len(d.on) || value[0] != driftVersion {
		return errors.New("store drift: value of another layout")
	}
	value = value[1:]
	for i := range d.sums {
		d.sums[i] = math.Float64frombits(binary.LittleEndian.Uint64(value[8*i:]))
	}
	for i := range d.on {
		d.on[i] = value[8*len(d.sums)+i] == 1
	}
	return nil
}
