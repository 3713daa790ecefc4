package softmax

import (
	"math"

	"github.com/attune-health/attune/operators/evidence"
)

// plain is the same learner as the textbook would have it: decayed sums over all examples so far instead of
// running counts, gradients by differences instead of formulas, maps instead of tables. It is slow.
type plain struct {
	reasons, aligned, amounts int
	prior                     []float64
	// past are the labels so far, with their rows.
	past   []plainExample
	w, g   map[[2]int]float64
	v, gv  []float64
	b, gb  []float64
	labels []int
	decay  float64
}

type plainExample struct {
	rows  []int
	label int
}

func newPlain(s *evidence.FeatureSpace) *plain {
	p := &plain{reasons: len(s.Taxonomy.Reasons), aligned: len(s.Aligned()), amounts: len(s.Amounts()), w: map[[2]int]float64{}, g: map[[2]int]float64{}, decay: math.Exp2(-1. / gradHalf)}
	for _, r := range s.Taxonomy.Reasons {
		p.prior = append(p.prior, r.Prior)
	}
	p.v = []float64{slowStart, fastStart}
	for _, k := range s.Aligned() {
		p.v = append(p.v, k.Start)
	}
	for _, k := range s.Amounts() {
		p.v = append(p.v, k.Start)
	}
	p.gv = make([]float64, len(p.v))
	for range s.Groups() {
		p.b = append(p.b, groupStart)
	}
	p.gb = make([]float64, len(p.b))
	return p
}

// mix is the share of each reason among past labels, with a half-life, from the priors.
func (p *plain) mix(half float64) []float64 {
	x := make([]float64, p.reasons)
	for r := range x {
		x[r] = p.prior[r] * priorWeight
	}
	for _, y := range p.labels {
		for r := range x {
			x[r] *= math.Exp2(-1 / half)
			if r == y {
				x[r]++
			}
			x[r] = math.Max(x[r], p.prior[r]*priorWeight*priorFloor)
		}
	}
	total := 0.0
	for _, c := range x {
		total += c
	}
	for r := range x {
		x[r] /= total
	}
	return x
}

// count is the decayed number of past labels of a reason (any for -1) that had a row (any for -1), where the
// newest counts one.
func (p *plain) count(row, reason int) float64 {
	n := 0.0
	for i, x := range p.past {
		if reason >= 0 && x.label != reason {
			continue
		}
		times := 1.0
		if row >= 0 {
			times = 0
			for _, r := range x.rows {
				if r == row {
					times++
				}
			}
		}
		n += times * math.Exp2(-float64(len(p.past)-1-i)/countHalf)
	}
	return n
}

func (p *plain) ratio(row, reason int) float64 {
	all := (p.count(row, -1) + 0.5) / (p.count(-1, -1) + 1)
	return math.Log((p.count(row, reason)+smoothing*all)/(p.count(-1, reason)+smoothing)) - math.Log(all)
}

// loss is the log loss of the codes for a label.
func (p *plain) loss(codes []int32, label int) float64 {
	q := p.probabilities(codes)
	return -math.Log(q[label])
}

func (p *plain) probabilities(codes []int32) []float64 {
	slow, fast := p.mix(slowHalf), p.mix(fastHalf)
	s := make([]float64, p.reasons)
	for r := range s {
		s[r] = p.v[0]*math.Log(slow[r]) + p.v[1]*(math.Log(fast[r])-math.Log(slow[r]))
	}
	for _, c := range codes {
		switch evidence.KindOfCode(c) {
		case evidence.CodeToken:
			group, row := evidence.TokenOf(c)
			for r := range s {
				s[r] += p.b[group]*p.ratio(row, r) + p.w[[2]int{row, r}]
			}
		case evidence.CodeAligned:
			kind, r := evidence.AlignedOf(c)
			s[r] += p.v[2+kind]
		case evidence.CodeAmount:
			kind, r, x := evidence.AmountOf(c)
			s[r] += p.v[2+p.aligned+kind] * x
		}
	}
	z := 0.0
	for _, x := range s {
		z += math.Exp(x)
	}
	for r := range s {
		s[r] = math.Exp(s[r]) / z
	}
	return s
}

// slope is the derivative of the loss with respect to x, by differences of both sides.
func (p *plain) slope(x *float64, codes []int32, label int) float64 {
	const h = 1e-5
	was := *x
	*x = was + h
	up := p.loss(codes, label)
	*x = was - h
	down := p.loss(codes, label)
	*x = was
	return (up - down) / (2 * h)
}

// learn steps every weight by its numeric slope.
func (p *plain) learn(codes []int32, label int) {
	slopesV, slopesB := make([]float64, len(p.v)), map[int]float64{}
	for i := range p.v {
		slopesV[i] = p.slope(&p.v[i], codes, label)
	}
	var rows []int
	q := p.probabilities(codes)
	for _, c := range codes {
		if evidence.KindOfCode(c) == evidence.CodeToken {
			group, row := evidence.TokenOf(c)
			rows = append(rows, row)
			slopesB[group] = p.slope(&p.b[group], codes, label)
		}
	}
	for i, g := range slopesV {
		p.gv[i] = p.gv[i]*p.decay + g*g
		p.v[i] -= alignedRate * g / math.Sqrt(p.gv[i]+1)
	}
	for group, g := range slopesB {
		p.gb[group] = p.gb[group]*p.decay + g*g
		p.b[group] -= groupRate * g / math.Sqrt(p.gb[group]+1)
	}
	for _, row := range rows {
		for r := range p.reasons {
			m, key := q[r], [2]int{row, r}
			if r == label {
				m--
			}
			p.g[key] = p.g[key]*p.decay + m*m
			p.w[key] -= rate * m / math.Sqrt(p.g[key]+1)
		}
	}
	p.past = append(p.past, plainExample{rows, label})
	p.labels = append(p.labels, label)
}
