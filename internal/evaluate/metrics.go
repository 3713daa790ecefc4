package evaluate

import "math"

// metrics are running sums over scored contacts.
type metrics struct {
	n, top1, top3, changes, changesRight int
	loss, lossSquares, brier             float64
	// confusion is by label, then by what was named.
	confusion [][]int
	// confidence is how right the most probable reason was, by its probability.
	confidence [confidenceBins]bin
	// ranks are histograms of each reason's probability: where it was the reason, and where not.
	ranks [][2][rankBins]int
	// curve has the loss by so many labels as step says.
	curve []bin
	step  int
	// stages are by how many labels had been learned.
	stages [len(stageEnds)]stage
}

// stageEnds are the numbers of labels at which stages of learning end; the last has no end.
var stageEnds = [...]int{100, 200, 500, 1000, 2000, 5000, 10000, 20000, math.MaxInt}

// stage is what is scored in one stage of learning.
type stage struct {
	n, top1, top3 int
	loss          float64
}

const (
	confidenceBins = 20
	rankBins       = 2048
	curveStep      = 2000
)

type bin struct {
	N     int     `json:"n"`
	P     float64 `json:"p"`
	Right float64 `json:"right"`
}

func newMetrics(reasons int) metrics {
	m := metrics{step: curveStep, confusion: make([][]int, reasons), ranks: make([][2][rankBins]int, reasons)}
	for r := range m.confusion {
		m.confusion[r] = make([]int, reasons)
	}
	return m
}

// add scores one contact: its distribution, what was named, its reason, and that of the person's last contact.
func (m *metrics) add(p []float64, top, label, last int) {
	m.n++
	likeliest := largest(p)
	for r, x := range p {
		d := x
		if r == label {
			d--
		}
		m.brier += d * d
		m.ranks[r][truth(r == label)][rankBin(x)]++
	}
	m.top3 += truth(rank(p, label) < 3)
	if top >= 0 {
		m.confusion[label][top]++
	}
	if top == label {
		m.top1++
	}
	if last >= 0 && label != last {
		m.changes++
		m.changesRight += truth(top == label)
	}
	l := logLoss(p[label])
	m.loss += l
	m.lossSquares += l * l
	c := &m.confidence[min(int(p[likeliest]*confidenceBins), confidenceBins-1)]
	c.N, c.P, c.Right = c.N+1, c.P+p[likeliest], c.Right+float64(truth(likeliest == label))
	if (m.n-1)/m.step == len(m.curve) {
		m.curve = append(m.curve, bin{})
	}
	at := &m.curve[len(m.curve)-1]
	at.N, at.P, at.Right = at.N+1, at.P+l, at.Right+float64(truth(top == label))
}

// learned scores a contact in the stage of learning in which it was predicted.
func (m *metrics) learned(p []float64, top, label, labels int) {
	i := 0
	for labels >= stageEnds[i] {
		i++
	}
	x := &m.stages[i]
	x.n++
	x.top1 += truth(top == label)
	x.top3 += truth(rank(p, label) < 3)
	x.loss += logLoss(p[label])
}

// rank is how many reasons are more probable.
func rank(p []float64, label int) int {
	n := 0
	for _, x := range p {
		n += truth(x > p[label])
	}
	return n
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rankBin is fine at both ends, where most probabilities are.
func rankBin(p float64) int {
	p = min(max(p, 1e-6), 1-1e-6)
	x := math.Log(p / (1 - p))
	return min(max(int((x+14)/28*rankBins), 0), rankBins-1)
}

// Figures are what is reported of a model or a floor.
type Figures struct {
	N        int                `json:"n"`
	Top1     float64            `json:"top1"`
	Top3     float64            `json:"top3"`
	MacroF1  float64            `json:"macro_f1"`
	Changes  int                `json:"changes"`
	OnChange float64            `json:"accuracy_on_change"`
	LogLoss  float64            `json:"log_loss"`
	Brier    float64            `json:"brier"`
	ECE      float64            `json:"ece"`
	AUC      float64            `json:"auc"`
	Reasons  map[string]Reason  `json:"reasons,omitempty"`
	Errors   map[string]float64 `json:"standard_errors"`
	Coverage []Cover            `json:"coverage,omitempty"`
	// Stages are by how many labels had been learned since the first scored day.
	Stages   []Stage            `json:"by_labels,omitempty"`
	Horizons map[string]Horizon `json:"horizons,omitempty"`
	Lead     *Lead              `json:"lead_time,omitempty"`

	confusion  [][]int
	confidence []bin
	curve      []bin
	step       int
}

// Reason is what is reported of one reason.
type Reason struct {
	N   int     `json:"n"`
	F1  float64 `json:"f1"`
	AUC float64 `json:"auc"`
}

// Stage is how contacts were predicted that began before so many labels had been learned (0: any number) and after
// those of the stage before.
type Stage struct {
	Before  int     `json:"before"`
	N       int     `json:"n"`
	Top1    float64 `json:"top1"`
	Top3    float64 `json:"top3"`
	LogLoss float64 `json:"log_loss"`
}

// Cover is how many contacts have a reason of at least that probability, and how many of these are right.
type Cover struct {
	Confidence float64 `json:"confidence"`
	Share      float64 `json:"share"`
	Right      float64 `json:"right"`
}

// Horizon is how well it is told whether a contact comes.
type Horizon struct {
	N     int     `json:"n"`
	Base  float64 `json:"base"`
	AUC   float64 `json:"auc"`
	PRAUC float64 `json:"pr_auc"`
	ECE   float64 `json:"ece"`
}

// Lead is how long before a contact its reason was known.
type Lead struct {
	// Attempted are contacts with a prediction within a day before, Foreseen those whose reason it named last.
	Contacts  int     `json:"contacts"`
	Attempted int     `json:"attempted"`
	Foreseen  int     `json:"foreseen"`
	Median    float64 `json:"median_minutes"`
}

// figures sums up. Reasons that no scored contact had count in none of the averages.
func (m *metrics) figures(codes []string) *Figures {
	n := float64(max(m.n, 1))
	f := &Figures{
		N: m.n, Top1: float64(m.top1) / n, Top3: float64(m.top3) / n, Changes: m.changes, OnChange: float64(m.changesRight) / float64(max(m.changes, 1)),
		LogLoss: m.loss / n, Brier: m.brier / n, Reasons: map[string]Reason{}, confusion: m.confusion, confidence: m.confidence[:], curve: m.curve, step: m.step,
	}
	occurring := 0
	for r, code := range codes {
		labels, named := 0, 0
		for k := range codes {
			labels += m.confusion[r][k]
			named += m.confusion[k][r]
		}
		if labels == 0 {
			continue
		}
		x := Reason{N: labels, F1: 2 * float64(m.confusion[r][r]) / float64(labels+named), AUC: auc(&m.ranks[r][1], &m.ranks[r][0])}
		f.Reasons[code] = x
		occurring++
		f.MacroF1 += x.F1
		// Weighted by how often it is the reason. Pooled over reasons it would reward knowing which are common.
		f.AUC += x.AUC * float64(labels) / n
	}
	f.MacroF1 /= float64(max(occurring, 1))
	f.ECE = ece(m.confidence[:])
	f.Stages = m.stagesOf()
	right := 0.0
	covered := 0
	for i := confidenceBins - 1; i >= 0; i-- {
		b := &m.confidence[i]
		covered += b.N
		right += b.Right
		if i%2 == 0 && covered > 0 {
			f.Coverage = append(f.Coverage, Cover{float64(i) / confidenceBins, float64(covered) / n, right / float64(covered)})
		}
	}
	spread := func(p, n float64) float64 { return math.Sqrt(p * (1 - p) / max(n, 1)) }
	f.Errors = map[string]float64{"top1": spread(f.Top1, n), "top3": spread(f.Top3, n), "accuracy_on_change": spread(f.OnChange, float64(m.changes)),
		"log_loss": math.Sqrt(max(m.lossSquares/n-f.LogLoss*f.LogLoss, 0) / n)}
	return f
}

func (m *metrics) stagesOf() (list []Stage) {
	for i, x := range m.stages {
		if x.n == 0 {
			continue
		}
		n, end := float64(x.n), stageEnds[i]
		if i == len(stageEnds)-1 {
			end = 0
		}
		list = append(list, Stage{end, x.n, float64(x.top1) / n, float64(x.top3) / n, x.loss / n})
	}
	return list
}

// ece is the mean distance between how probable things were said to be and how often they were.
func ece(bins []bin) float64 {
	sum, n := 0.0, 0
	for _, b := range bins {
		sum += math.Abs(b.P - b.Right)
		n += b.N
	}
	return sum / float64(max(n, 1))
}

// auc is the chance that one of those that were ranks above one of those that were not.
func auc(yes, no *[rankBins]int) float64 {
	wins, ys, below := 0.0, 0, 0
	for i := range yes {
		wins += float64(yes[i]) * (float64(below) + float64(no[i])/2)
		ys += yes[i]
		below += no[i]
	}
	if ys == 0 || below == 0 {
		return 0.5
	}
	return wins / float64(ys) / float64(below)
}

// horizon sums up how well it is told whether a contact comes.
type horizon struct {
	n, yes int
	bins   [confidenceBins]bin
	ranks  [2][rankBins]int
}

func (h *horizon) add(p float64, came bool) {
	h.n, h.yes = h.n+1, h.yes+truth(came)
	b := &h.bins[min(int(p*confidenceBins), confidenceBins-1)]
	b.N, b.P, b.Right = b.N+1, b.P+p, b.Right+float64(truth(came))
	h.ranks[truth(came)][rankBin(p)]++
}

func (h *horizon) figures() Horizon {
	x := Horizon{N: h.n, Base: float64(h.yes) / float64(max(h.n, 1)), AUC: auc(&h.ranks[1], &h.ranks[0]), ECE: ece(h.bins[:])}
	// Average precision: what is right among those that rank at least as high, over those that came.
	yes, all := 0, 0
	for i := rankBins - 1; i >= 0; i-- {
		yes += h.ranks[1][i]
		all += h.ranks[1][i] + h.ranks[0][i]
		if h.ranks[1][i] > 0 {
			x.PRAUC += float64(h.ranks[1][i]) / float64(max(h.yes, 1)) * float64(yes) / float64(all)
		}
	}
	return x
}
