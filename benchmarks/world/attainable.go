package world

import (
	"math"
	"slices"

	"github.com/attune-health/attune/schemas"
)

// Attainable is what the posterior itself scores over the moments added: the figures that a predictor's stand
// beside. It is not safe for concurrent use.
type Attainable struct {
	contacts, top1, top3 int64
	logLoss, brier       float64
	byReason             [reasons]int64
	bins                 [15]bin
	// Moments with horizons, in order, and those of each patient that no contact has followed yet.
	moments []judged
	open    map[uint32][]int32
	last    schemas.Millis
}

// bin is one class of confidence.
type bin struct {
	n     int64
	p, ok float64
}

type judged struct {
	at     schemas.Millis
	within [Horizons]float32
	// How long after it the next contact began, in milliseconds; -1 as long as there was none.
	gap int64
}

// Add takes a moment, in order of arrival.
func (a *Attainable) Add(m *Moment) {
	a.last = max(a.last, m.At)
	if m.Reason < 0 {
		a.wait(m)
		return
	}
	a.contact(m)
	for _, i := range a.open[m.Patient] {
		a.moments[i].gap = int64(m.At - a.moments[i].at)
	}
	delete(a.open, m.Patient)
}

func (a *Attainable) wait(m *Moment) {
	if a.open == nil {
		a.open = map[uint32][]int32{}
	}
	x := judged{at: m.At, gap: -1}
	for i, p := range m.Within {
		x.within[i] = float32(p)
	}
	a.open[m.Patient] = append(a.open[m.Patient], int32(len(a.moments)))
	a.moments = append(a.moments, x)
}

func (a *Attainable) contact(m *Moment) {
	best, better := 0, 0
	for r, p := range m.Reasons {
		if p > m.Reasons[best] {
			best = r
		}
		if p > m.Reasons[m.Reason] {
			better++
		}
		y := 0.0
		if r == m.Reason {
			y = 1
		}
		a.brier += (p - y) * (p - y)
	}
	a.contacts++
	a.byReason[m.Reason]++
	a.logLoss -= math.Log(max(1e-15, m.Reasons[m.Reason]))
	b := &a.bins[min(len(a.bins)-1, int(m.Reasons[best]*float64(len(a.bins))))]
	b.n++
	b.p += m.Reasons[best]
	if best == m.Reason {
		a.top1++
		b.ok++
	}
	if better < 3 {
		a.top3++
	}
}

// Scores are what the posterior reaches.
type Scores struct {
	Contacts int64 `json:"contacts"`
	// Commonest is the share of the commonest reason.
	Commonest float64 `json:"commonest"`
	Top1      float64 `json:"top1"`
	Top3      float64 `json:"top3"`
	LogLoss   float64 `json:"log_loss"`
	Brier     float64 `json:"brier"`
	ECE       float64 `json:"ece"`
	// Within are those of the four horizons.
	Within [Horizons]HorizonScores `json:"within"`
}

// HorizonScores are those of P(contact within one horizon), over moments whose horizon is over.
type HorizonScores struct {
	Horizon string  `json:"horizon"`
	Moments int64   `json:"moments"`
	Base    float64 `json:"base"`
	AUC     float64 `json:"auc"`
	PRAUC   float64 `json:"pr_auc"`
	ECE     float64 `json:"ece"`
}

// horizonNames in the order of horizons.
var horizonNames = [Horizons]string{"15m", "2h", "24h", "7d"}

// Scores sums up.
func (a *Attainable) Scores() Scores {
	n := float64(max(1, a.contacts))
	s := Scores{Contacts: a.contacts, Top1: float64(a.top1) / n, Top3: float64(a.top3) / n, LogLoss: a.logLoss / n, Brier: a.brier / n}
	for _, c := range a.byReason {
		s.Commonest = max(s.Commonest, float64(c)/n)
	}
	for _, b := range a.bins {
		s.ECE += math.Abs(b.p-b.ok) / n
	}
	for i := range s.Within {
		s.Within[i] = a.horizon(i)
	}
	return s
}

// Point is one class of a reliability plot: what was said, and what came of it.
type Point struct {
	Said, Came float64
	N          int64
}

// Reliability is that of the reason named, by how probable it was said to be.
func (a *Attainable) Reliability() (points []Point) {
	for _, b := range a.bins {
		if b.n > 0 {
			points = append(points, Point{b.p / float64(b.n), b.ok / float64(b.n), b.n})
		}
	}
	return points
}

// verdict is a probability and what came of it.
type verdict struct {
	p  float32
	ok bool
}

// horizon scores one of them. Moments whose horizon lies beyond the last moment are left out.
func (a *Attainable) horizon(i int) HorizonScores {
	length := int64(horizons[i]) * tickMillis
	var all []verdict
	positive := 0
	for _, m := range a.moments {
		if int64(m.at)+length > int64(a.last) {
			continue
		}
		ok := m.gap >= 0 && m.gap <= length
		if ok {
			positive++
		}
		all = append(all, verdict{m.within[i], ok})
	}
	s := HorizonScores{Horizon: horizonNames[i], Moments: int64(len(all))}
	if len(all) == 0 {
		return s
	}
	slices.SortStableFunc(all, func(x, y verdict) int {
		switch {
		case x.p > y.p:
			return -1
		case x.p < y.p:
			return 1
		}
		return 0
	})
	s.Base = float64(positive) / float64(len(all))
	s.AUC, s.PRAUC = areas(all, positive)
	s.ECE = calibration(all)
	return s
}

// areas are those under the ROC and the precision-recall curve, of verdicts by falling probability. Equal
// probabilities count as one point.
func areas(all []verdict, positive int) (roc, pr float64) {
	negative := len(all) - positive
	hits, misses := 0, 0
	for i := 0; i < len(all); {
		j, h, m := i, 0, 0
		for ; j < len(all) && all[j].p == all[i].p; j++ {
			if all[j].ok {
				h++
			} else {
				m++
			}
		}
		roc += float64(m) * (float64(hits) + float64(h)/2)
		hits, misses = hits+h, misses+m
		pr += float64(h) * float64(hits) / float64(hits+misses)
		i = j
	}
	return roc / max(1, float64(positive)*float64(negative)), pr / max(1, float64(positive))
}

// calibration is the mean distance of probability and share over fifteen classes of equal size.
func calibration(all []verdict) float64 {
	sum := 0.0
	for c := range 15 {
		p, ok := 0.0, 0.0
		for _, v := range all[len(all)*c/15 : len(all)*(c+1)/15] {
			p += float64(v.p)
			if v.ok {
				ok++
			}
		}
		sum += math.Abs(p - ok)
	}
	return sum / float64(len(all))
}
