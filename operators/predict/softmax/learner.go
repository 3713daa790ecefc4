package softmax

import (
	"cmp"
	"errors"
	"math"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/hazards"
	"github.com/attune-health/attune/schemas"
)

// The weights before those of kinds of evidence.
const (
	weightSlow = iota
	weightFast
	mixWeights
)

// learner is all that the trainer has learned.
type learner struct {
	space *evidence.FeatureSpace
	// prefix begins every key of the changelog with the taxonomy's version.
	prefix  string
	reasons int
	// stepSize is the rate, fade and grow what one label does to squared gradients and to unit.
	stepSize, fade, grow, slowFade, fastFade, skillFade float64

	// table has for each row the counts, squared gradients and weights of all reasons, side by side: a label
	// touches a few rows, and each costs a miss of the cache.
	table []float64
	// owner is 1 + the group that a row was used for last, 0 for none.
	owner []uint8
	// class is the decayed count of labels by reason, in units. Instead of shrinking all counts at every label,
	// each new label adds a little more than the one before.
	class []float64
	unit  float64
	// slow and fast are the mixes, floor what each keeps.
	slow, fast, floor []float64
	// weights are of the mixes, of aligned kinds and of amounts, in this order; weightGrads their squared
	// gradients.
	weights, weightGrads []float64
	// gain is the decayed sum of what labels were told better than by the usual mix, gainOf how many labels it
	// is of.
	gain, gainOf float64
	// groups are the weights of ratios by group.
	groups, groupGrads []float64
	progress           predict.Progress
	// hazards have learned whether and when.
	hazards *hazards.Learner

	// shipped are the weights to begin with, nil for none.
	shipped   []byte
	headDirty bool
	dirty     []int32
	isDirty   []bool
	buf, key  []byte

	// Scratch of one label: its tokens, ratios of each, the logarithms of the mixes, by reason.
	tokens       int
	ratios       []float64
	slowLn       [schemas.MaxReasons]float64
	fastLn       [schemas.MaxReasons]float64
	absent       [schemas.MaxReasons]float64
	score, p     [schemas.MaxReasons]float64
	miss         [schemas.MaxReasons]float64
	weightSlopes []float64
}

// newLearner returns a learner that has learned nothing.
func newLearner(s *evidence.FeatureSpace, l predict.Learning) *learner {
	n, weights := len(s.Taxonomy.Reasons), mixWeights+len(s.Aligned())+len(s.Amounts())
	x := &learner{
		space: s, prefix: s.Taxonomy.Version + ":", reasons: n, stepSize: cmp.Or(l.Rate, rate),
		fade: halfLife(gradHalf), grow: 1 / halfLife(countHalf), slowFade: halfLife(slowHalf), fastFade: halfLife(fastHalf),
		skillFade: halfLife(skillHalf), gain: skillStart * skillLabels, gainOf: skillLabels,
		table: make([]float64, s.Size()*3*n), owner: make([]uint8, s.Size()), isDirty: make([]bool, s.Size()),
		class: make([]float64, n), unit: 1, slow: make([]float64, n), fast: make([]float64, n), floor: make([]float64, n),
		weights: make([]float64, 0, weights), weightGrads: make([]float64, weights), weightSlopes: make([]float64, weights),
		groups: make([]float64, len(s.Groups())), groupGrads: make([]float64, len(s.Groups())), hazards: hazards.New(s),
		ratios: make([]float64, evidence.MaxTokens*n),
	}
	for r, reason := range s.Taxonomy.Reasons {
		x.slow[r] = float64(reason.Prior * priorWeight)
		x.fast[r], x.floor[r] = x.slow[r], float64(x.slow[r]*priorFloor)
	}
	x.weights = append(x.weights, slowStart, fastStart)
	for _, k := range s.Aligned() {
		x.weights = append(x.weights, k.Start)
	}
	for _, k := range s.Amounts() {
		x.weights = append(x.weights, k.Start)
	}
	for g := range x.groups {
		x.groups[g] = groupStart
	}
	return x
}

// halfLife is the factor of one label where n of them halve.
func halfLife(n float64) float64 { return exact.Exp(-math.Ln2 / n) }

// Learn takes one example in. It checks everything first, so that an error leaves nothing half learned.
func (l *learner) Learn(x *schemas.TrainingExample) error {
	switch {
	case x.Interval >= 0:
		return l.hazards.Learn(x)
	// A moment that an earlier build opened for contact rates, which carries no features.
	case x.ExposureBand >= 0:
		return nil
	}
	label := l.space.Taxonomy.Index(x.Reason)
	if label < 0 {
		return errors.New("reason is not in the taxonomy")
	}
	if err := l.space.Check(x.Features); err != nil {
		return err
	}
	weight, err := predict.Weight(x)
	if err != nil {
		return err
	}
	l.learn(x.Features, label, weight)
	l.progress.Examples++
	// Labels come in the order of their partition, not of event time.
	l.progress.AsOf = max(l.progress.AsOf, x.LabelledAt)
	l.headDirty = true
	return nil
}

// learn predicts from what is known, and then moves everything by what it missed. The example is counted
// last: a model that has already counted it knows its answer.
func (l *learner) learn(codes []int32, label int, weight float64) {
	l.predict(codes)
	l.gain = float64(l.gain*l.skillFade) + float64(weight*ln(max(l.p[label], 1e-6))) - float64(weight*l.slowLn[label])
	l.gainOf = float64(l.gainOf*l.skillFade) + weight
	for r := range l.reasons {
		l.miss[r] = float64(weight * l.p[r])
	}
	l.miss[label] -= weight
	l.stepMixes(label, weight)
	l.stepWeights(codes)
	l.unit = float64(l.unit * l.grow)
	step := l.stepSize
	if l.tokens > rateTokens {
		step = float64(step * math.Sqrt(rateTokens/float64(l.tokens)))
	}
	n := 0
	for _, c := range codes {
		if evidence.KindOfCode(c) == evidence.CodeToken {
			l.stepToken(c, l.ratios[n*l.reasons:][:l.reasons], label, step, float64(weight*l.unit))
			n++
		}
	}
	l.class[label] += float64(weight * l.unit)
	// Thirty half-lives on, long before float64 runs out of range. Every row is rewritten, hence this seldom.
	if l.unit > 1e9 {
		l.renormalise()
	}
}

// predict fills score, p and ratios from the codes.
func (l *learner) predict(codes []int32) {
	l.begin()
	total := sum(l.class)
	n := 0
	for _, c := range codes {
		switch evidence.KindOfCode(c) {
		case evidence.CodeToken:
			_, row := evidence.TokenOf(c)
			l.addToken(c, row, l.ratios[n*l.reasons:][:l.reasons], total)
			n++
		case evidence.CodeAligned:
			kind, r := evidence.AlignedOf(c)
			l.score[r] += l.weights[mixWeights+kind]
		case evidence.CodeAmount:
			kind, r, x := evidence.AmountOf(c)
			l.score[r] += float64(l.weights[mixWeights+len(l.space.Aligned())+kind] * x)
		}
	}
	l.tokens = n
	softmax(l.p[:l.reasons], l.score[:l.reasons])
}

// begin sets the scores to what the mixes say, and absent to the ratio of a token that a reason never had.
func (l *learner) begin() {
	slow, fast := sum(l.slow), sum(l.fast)
	q := float64(smoothing * l.unit)
	for r := range l.reasons {
		l.slowLn[r] = ln(l.slow[r] / slow)
		l.fastLn[r] = ln(l.fast[r]/fast) - l.slowLn[r]
		l.score[r] = float64(l.weights[weightSlow]*l.slowLn[r]) + float64(l.weights[weightFast]*l.fastLn[r])
		l.absent[r] = ln(q / (l.class[r] + q))
	}
}

// ratio fills ratios with how much commoner the row is among the labels of each reason than among all, as
// logarithms. Both begin as if smoothing labels had been like all.
//
//	ln( (count + q all) / (class + q) / all ) = ln(1 + count / (q all)) + ln(q / (class + q))
func (l *learner) ratio(ratios, counts []float64, total float64) {
	all := (sum(counts) + float64(0.5*l.unit)) / (total + l.unit)
	per := 1 / float64(float64(smoothing*l.unit)*all)
	absent := l.absent[:len(ratios)]
	counts = counts[:len(ratios)]
	for r := range ratios {
		ratios[r] = absent[r]
		if counts[r] != 0 {
			ratios[r] += ln(1 + float64(counts[r]*per))
		}
	}
}

// addToken adds what one token says to the scores.
func (l *learner) addToken(code int32, row int, ratios []float64, total float64) {
	group, _ := evidence.TokenOf(code)
	at := l.table[row*3*l.reasons:][:3*l.reasons]
	l.ratio(ratios, at[:l.reasons], total)
	weights := at[2*l.reasons:][:len(ratios)]
	score, b := l.score[:len(ratios)], l.groups[group]
	for r := range ratios {
		score[r] += float64(b*ratios[r]) + weights[r]
	}
}

// stepMixes counts the label in both mixes.
func (l *learner) stepMixes(label int, weight float64) {
	for r := range l.reasons {
		l.slow[r], l.fast[r] = float64(l.slow[r]*l.slowFade), float64(l.fast[r]*l.fastFade)
		if r == label {
			l.slow[r] += weight
			l.fast[r] += weight
		}
		l.slow[r], l.fast[r] = max(l.slow[r], l.floor[r]), max(l.fast[r], l.floor[r])
	}
}

// stepWeights moves the weights that all reasons share.
func (l *learner) stepWeights(codes []int32) {
	slopes := l.weightSlopes
	clear(slopes)
	for r := range l.reasons {
		slopes[weightSlow] += float64(l.miss[r] * l.slowLn[r])
		slopes[weightFast] += float64(l.miss[r] * l.fastLn[r])
	}
	for _, c := range codes {
		switch evidence.KindOfCode(c) {
		case evidence.CodeAligned:
			kind, r := evidence.AlignedOf(c)
			slopes[mixWeights+kind] += l.miss[r]
		case evidence.CodeAmount:
			kind, r, x := evidence.AmountOf(c)
			slopes[mixWeights+len(l.space.Aligned())+kind] += float64(l.miss[r] * x)
		}
	}
	for i, g := range slopes {
		l.weightGrads[i] = float64(l.weightGrads[i]*l.fade) + float64(g*g)
		l.weights[i] -= float64(alignedRate*g) / math.Sqrt(l.weightGrads[i]+1)
	}
}

// stepToken moves the weights of the token and of its group, and counts it so often. The square root of the
// processor is exact on every machine.
func (l *learner) stepToken(code int32, ratios []float64, label int, step, count float64) {
	group, row := evidence.TokenOf(code)
	miss := l.miss[:len(ratios)]
	g := 0.0
	for r := range ratios {
		g += float64(miss[r] * ratios[r])
	}
	l.groupGrads[group] = float64(l.groupGrads[group]*l.fade) + float64(g*g)
	l.groups[group] -= float64(groupRate*g) / math.Sqrt(l.groupGrads[group]+1)

	at := l.table[row*3*l.reasons:][:3*l.reasons]
	at[label] += count
	grads, weights := at[l.reasons:][:len(ratios)], at[2*l.reasons:][:len(ratios)]
	for r, m := range miss {
		grads[r] = float64(grads[r]*l.fade) + float64(m*m)
		weights[r] -= float64(step*m) / math.Sqrt(grads[r]+1)
	}
	l.owner[row] = uint8(group) + 1
	l.mark(row)
}

// renormalise divides all counts by unit and begins again at 1. The model stays the same.
func (l *learner) renormalise() {
	for r := range l.class {
		l.class[r] /= l.unit
	}
	for row, o := range l.owner {
		if o == 0 {
			continue
		}
		counts := l.table[row*3*l.reasons:][:l.reasons]
		for r := range counts {
			counts[r] /= l.unit
		}
		l.mark(row)
	}
	l.unit = 1
}

// mark notes that a row has changed.
func (l *learner) mark(row int) {
	if !l.isDirty[row] {
		l.isDirty[row] = true
		l.dirty = append(l.dirty, int32(row))
	}
}

// Said is what was said of the last label.
func (l *learner) Said() []float64 { return l.p[:l.reasons] }

// Progress is how far learning has come. What the trainer changes in it is stored with the next head.
func (l *learner) Progress() *predict.Progress { return &l.progress }

// sum adds up in ascending order.
func sum(a []float64) float64 {
	s := 0.0
	for _, x := range a {
		s += x
	}
	return s
}

// softmax turns scores into probabilities that add up to 1. It subtracts the largest score first, without
// which the exponential of a confident score would overflow.
func softmax(p, score []float64) {
	top := score[0]
	for _, x := range score[1:] {
		top = max(top, x)
	}
	z := 0.0
	p = p[:len(score)]
	for r, x := range score {
		p[r] = exact.Exp(x - top)
		z += p[r]
	}
	for r := range p {
		p[r] /= z
	}
}
