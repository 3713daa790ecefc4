package evaluate

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
)

// report writes one page with all that was found, to be read without anything else.
func (r *Result) report(folder string) error {
	var b strings.Builder
	head(&b, "attune evaluate")
	fmt.Fprintf(&b, "<h1>Predictions of %d contacts</h1><p>%d records. Scored are contacts %s; each was predicted at its first touchpoint and learned at its disposition.</p>", r.Scored, r.Events, r.scored())
	r.table(&b)
	for _, name := range r.names {
		f := r.Models[name]
		fmt.Fprintf(&b, "<h2>%s</h2>", html.EscapeString(name))
		b.WriteString(reliability("Reliability", f.confidence))
		b.WriteString(overLabels(f.curve, f.step))
		b.WriteString(coverage(f.Coverage))
		b.WriteString(confusion(r.codes, f.confusion))
		fmt.Fprintf(&b, "<p>Of %d contacts %d had a prediction within a day before; in %d of these it named the reason, at the median %.1f minutes before.</p>", f.Lead.Contacts, f.Lead.Attempted, f.Lead.Foreseen, f.Lead.Median)
	}
	return save(folder, b.String())
}

// head begins a page.
func head(b *strings.Builder, title string) {
	fmt.Fprintf(b, `<!doctype html><meta charset="utf-8"><title>%s</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}svg{margin:0 2em 1em 0}text{font:11px system-ui,sans-serif;fill:#444}
figure{display:inline-block;margin:0}figcaption{font-weight:600}</style>`, html.EscapeString(title))
}

// save writes a page into a folder.
func save(folder, page string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "index.html"), []byte(page), 0o644); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (r *Result) table(b *strings.Builder) {
	b.WriteString("<table><tr><th><th>contacts<th>top-1<th>top-3<th>macro-F1<th>on changes<th>log loss<th>Brier<th>ECE<th>AUC</tr>")
	row := func(name string, f *Figures) {
		fmt.Fprintf(b, "<tr><td>%s<td>%d<td>%.4f ± %.4f<td>%.4f<td>%.4f<td>%.4f<td>%.4f ± %.4f<td>%.4f<td>%.4f<td>%.4f</tr>", html.EscapeString(name), f.N, f.Top1, f.Errors["top1"],
			f.Top3, f.MacroF1, f.OnChange, f.LogLoss, f.Errors["log_loss"], f.Brier, f.ECE, f.AUC)
	}
	r.rows(row)
	b.WriteString("</table>")
}

// plot is a square of 0 to 1 by 0 to 1 with marks; x and y are named.
type plot struct {
	b       strings.Builder
	x, y    string
	caption string
}

const (
	plotSize = 220
	plotEdge = 34
)

func newPlot(caption, x, y string) *plot { return &plot{x: x, y: y, caption: caption} }

func at(x, y float64) (float64, float64) { return plotEdge + x*plotSize, 8 + (1-y)*plotSize }

// line draws through points, of which there may be none.
func (p *plot) line(points [][2]float64, style string) {
	p.b.WriteString(`<polyline fill="none" ` + style + ` points="`)
	for _, q := range points {
		x, y := at(q[0], q[1])
		fmt.Fprintf(&p.b, "%.1f,%.1f ", x, y)
	}
	p.b.WriteString(`"/>`)
}

func (p *plot) dot(x, y, size float64) {
	x, y = at(x, y)
	fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="#1f6fb2" fill-opacity=".6"/>`, x, y, size)
}

func (p *plot) String() string {
	return fmt.Sprintf(`<figure><figcaption>%s</figcaption><svg width="%d" height="%d"><rect x="%d" y="8" width="%d" height="%d" fill="none" stroke="#bbb"/>%s<text x="%d" y="%d">%s</text><text x="2" y="18">1</text><text x="2" y="%d">0</text><text x="0" y="%d" transform="rotate(-90 10 120)">%s</text></svg></figure>`,
		p.caption, plotSize+plotEdge+10, plotSize+plotEdge+8, plotEdge, plotSize, plotSize, p.b.String(), plotEdge, plotSize+plotEdge-8, p.x, plotSize+8, 124, p.y)
}

var diagonal = [][2]float64{{0, 0}, {1, 1}}

// reliability is how often the most probable reason was right, by how probable it was said to be.
func reliability(caption string, bins []bin) string {
	p := newPlot(caption, "said (0 to 1)", "was")
	p.line(diagonal, `stroke="#ccc"`)
	most := 1
	for _, b := range bins {
		most = max(most, b.N)
	}
	for _, b := range bins {
		if b.N >= hidden {
			p.dot(b.P/float64(b.N), b.Right/float64(b.N), 2+6*float64(b.N)/float64(most))
		}
	}
	return p.String()
}

// overLabels are top-1 and log loss as labels come.
func overLabels(curve []bin, step int) string {
	p := newPlot("Over labels (line: top-1, dashed: log loss)", fmt.Sprintf("scored contacts, 0 to %d", len(curve)*step), "")
	var top, loss [][2]float64
	for i, b := range curve {
		x := (float64(i) + .5) / float64(len(curve))
		top = append(top, [2]float64{x, b.Right / float64(b.N)})
		loss = append(loss, [2]float64{x, min(b.P/float64(b.N), 1)})
	}
	p.line(top, `stroke="#1f6fb2" stroke-width="2"`)
	p.line(loss, `stroke="#b2411f" stroke-dasharray="4 3"`)
	return p.String()
}

// coverage is how many contacts are told with so much confidence, and how many of these rightly.
func coverage(list []Cover) string {
	p := newPlot("Coverage", "share of contacts (0 to 1)", "right")
	var points [][2]float64
	for _, c := range list {
		points = append(points, [2]float64{c.Share, c.Right})
	}
	p.line(points, `stroke="#1f6fb2" stroke-width="2"`)
	return p.String()
}

// confusion is by reason and by what was named. Small cells are hidden.
func confusion(codes []string, cells [][]int) string {
	var b strings.Builder
	b.WriteString("<table><caption>Reason (rows) and what was named</caption><tr><th>")
	for _, code := range codes {
		fmt.Fprintf(&b, "<th>%s", html.EscapeString(code))
	}
	b.WriteString("</tr>")
	for r, code := range codes {
		total := 0
		for _, n := range cells[r] {
			total += n
		}
		if total == 0 {
			continue
		}
		fmt.Fprintf(&b, "<tr><td>%s", html.EscapeString(code))
		for _, n := range cells[r] {
			text := fmt.Sprint(n)
			if n > 0 && n < hidden {
				text = "&lt;11"
			}
			fmt.Fprintf(&b, `<td style="background:rgba(31,111,178,%.2f)">%s`, .7*float64(n)/float64(total), text)
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</table>")
	return b.String()
}
