package evaluate

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/schemas"
)

// Live scores the contacts of something that runs, beside what was attainable at the same contacts. It is not
// safe for concurrent use.
type Live struct {
	codes           []string
	model, best     metrics
	commonest       int
	commonestByStep []int
	calls           int
	lead            []time.Duration
}

// Contact is a contact whose reason has become known. Reasons are places in the taxonomy.
type Contact struct {
	// P is what was said at its first touchpoint, by reason. Best is the best that anyone could have said; nil
	// where that is not known.
	P, Best []float64
	// Named was named then, Commonest was the commonest reason so far, Reason is what it was.
	Named, Commonest, Reason int
	// Connected: somebody answered it. Known: its reason was named before that, and Lead by how much.
	Connected, Known bool
	Lead             time.Duration
}

// Score is how well contacts were predicted so far.
type Score struct {
	// Scored is of how many contacts, Commonest what always naming the commonest reason would have had.
	Scored    int     `json:"scored"`
	Top1      float64 `json:"top1"`
	Top3      float64 `json:"top3"`
	Commonest float64 `json:"commonest"`
	LogLoss   float64 `json:"log_loss"`
	ECE       float64 `json:"ece"`
	// Attainable is what the best prediction has at the same contacts; nil where it is not known.
	Attainable *Best `json:"attainable"`
	Known      Known `json:"known_before_connected"`
}

// Best is what was attainable.
type Best struct {
	Top1    float64 `json:"top1"`
	Top3    float64 `json:"top3"`
	LogLoss float64 `json:"log_loss"`
	ECE     float64 `json:"ece"`
}

// Known is of how many calls that were answered the reason had been named before, and how long before.
type Known struct {
	Connected   int     `json:"connected"`
	Known       int     `json:"known"`
	Share       float64 `json:"share"`
	MedianLeadS float64 `json:"median_lead_s"`
}

// liveStep is the width of a point of the plot over contacts: a demo of a minute has a few hundred.
const liveStep = 100

// NewLive begins with no contacts.
func NewLive(t *schemas.Taxonomy) *Live {
	l := &Live{model: newMetrics(len(t.Reasons)), best: newMetrics(len(t.Reasons))}
	for _, r := range t.Reasons {
		l.codes = append(l.codes, r.Code)
	}
	l.model.step, l.best.step = liveStep, liveStep
	return l
}

// Add scores a contact.
func (l *Live) Add(c *Contact) {
	l.model.add(c.P, c.Named, c.Reason, -1)
	if c.Best != nil {
		l.best.add(c.Best, largest(c.Best), c.Reason, -1)
	}
	if step := (l.model.n - 1) / liveStep; step == len(l.commonestByStep) {
		l.commonestByStep = append(l.commonestByStep, 0)
	}
	right := truth(c.Commonest == c.Reason)
	l.commonest += right
	l.commonestByStep[len(l.commonestByStep)-1] += right
	if c.Connected {
		l.calls++
		if c.Known {
			l.lead = append(l.lead, c.Lead)
		}
	}
}

// Score sums up. What is attainable is told only of the contacts that are scored.
func (l *Live) Score() Score {
	n := float64(max(l.model.n, 1))
	s := Score{Scored: l.model.n, Top1: float64(l.model.top1) / n, Top3: float64(l.model.top3) / n, Commonest: float64(l.commonest) / n,
		LogLoss: l.model.loss / n, ECE: ece(l.model.confidence[:])}
	if l.best.n == l.model.n && l.best.n > 0 {
		s.Attainable = &Best{Top1: float64(l.best.top1) / n, Top3: float64(l.best.top3) / n, LogLoss: l.best.loss / n, ECE: ece(l.best.confidence[:])}
	}
	s.Known = Known{Connected: l.calls, Known: len(l.lead), Share: float64(len(l.lead)) / float64(max(l.calls, 1))}
	if len(l.lead) > 0 {
		slices.Sort(l.lead)
		s.Known.MedianLeadS = l.lead[len(l.lead)/2].Seconds()
	}
	return s
}

// Report writes one page with what was found into a folder.
func (l *Live) Report(folder, title, about string) error {
	var b strings.Builder
	head(&b, title)
	s := l.Score()
	fmt.Fprintf(&b, "<h1>%s</h1><p>%s</p>", html.EscapeString(title), html.EscapeString(about))
	l.table(&b, &s)
	model, best := l.model.figures(l.codes), l.best.figures(l.codes)
	b.WriteString(reliability("Reliability", model.confidence))
	if s.Attainable != nil {
		b.WriteString(reliability("Reliability of what was attainable", best.confidence))
	}
	b.WriteString(l.overContacts(s.Attainable != nil))
	b.WriteString(coverage(model.Coverage))
	b.WriteString(l.leads())
	b.WriteString(confusion(l.codes, model.confusion))
	return save(folder, b.String())
}

func (l *Live) table(b *strings.Builder, s *Score) {
	b.WriteString("<table><tr><th><th>contacts<th>top-1<th>top-3<th>log loss<th>ECE</tr>")
	fmt.Fprintf(b, "<tr><td>predicted<td>%d<td>%.3f<td>%.3f<td>%.3f<td>%.3f</tr>", s.Scored, s.Top1, s.Top3, s.LogLoss, s.ECE)
	if a := s.Attainable; a != nil {
		fmt.Fprintf(b, "<tr><td>attainable<td>%d<td>%.3f<td>%.3f<td>%.3f<td>%.3f</tr>", s.Scored, a.Top1, a.Top3, a.LogLoss, a.ECE)
	}
	fmt.Fprintf(b, "<tr><td>always the commonest reason<td>%d<td>%.3f<td><td><td></tr></table>", s.Scored, s.Commonest)
	k := &s.Known
	fmt.Fprintf(b, "<p>Of %d calls that somebody answered, the reason of %d (%.0f %%) had been named before, at the median %.1f minutes before.</p>",
		k.Connected, k.Known, 100*k.Share, k.MedianLeadS/60)
}

// overContacts are shares of contacts that were named rightly, as they come.
func (l *Live) overContacts(attainable bool) string {
	p := newPlot("Named rightly (dashed: attainable, grey: the commonest)", fmt.Sprintf("contacts, 0 to %d", len(l.model.curve)*liveStep), "top-1")
	curve := func(right func(i int) float64) (points [][2]float64) {
		for i, at := range l.model.curve {
			points = append(points, [2]float64{(float64(i) + .5) / float64(len(l.model.curve)), right(i) / float64(at.N)})
		}
		return points
	}
	p.line(curve(func(i int) float64 { return float64(l.commonestByStep[i]) }), `stroke="#999"`)
	if attainable {
		p.line(curve(func(i int) float64 { return l.best.curve[i].Right }), `stroke="#1f6fb2" stroke-dasharray="4 3"`)
	}
	p.line(curve(func(i int) float64 { return l.model.curve[i].Right }), `stroke="#1f6fb2" stroke-width="2"`)
	return p.String()
}

// leadShown is the longest lead of its plot.
const leadShown = time.Hour

// leads is how many answered calls were known so long before. The leads are in order.
func (l *Live) leads() string {
	p := newPlot("Known so long before somebody answered", "0 to 60 minutes", "share of answered calls")
	var points [][2]float64
	for i, d := range l.lead {
		if d <= leadShown {
			points = append(points, [2]float64{d.Minutes() / leadShown.Minutes(), float64(len(l.lead)-i) / float64(max(l.calls, 1))})
		}
	}
	p.line(points, `stroke="#1f6fb2" stroke-width="2"`)
	return p.String()
}
