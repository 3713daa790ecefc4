// Command worldplots draws the statistics of package world beside published ones, as one SVG.
//
//	go run ./benchmarks/worldplots -o docs/world.svg
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/benchmarks/world"
)

func main() {
	out := flag.String("o", "world.svg", "file to write")
	patients := flag.Int("patients", 100_000, "how many patients live")
	days := flag.Int("days", 120, "how many days they live after the history")
	seed := flag.Int64("seed", 1, "which patients")
	site := flag.Int64("site", 0, "which site")
	watched := flag.Int("watched", 200, "the posterior is computed of one patient in so many")
	flag.Parse()
	s, err := observe(world.Config{Patients: *patients, Seed: *seed, Site: *site, Duration: time.Duration(*days) * 24 * time.Hour, Posterior: *watched})
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, []byte(s.draw()), 0o644); err != nil {
		log.Fatal(err)
	}
}

// statistics are what is drawn.
type statistics struct {
	config     world.Config
	counts     world.Counts
	attainable world.Attainable
	// Calls of each patient, touchpoints in all.
	calls       map[uint32]int
	touchpoints int
	years       float64
}

// observe lets a world pass.
func observe(c world.Config) (*statistics, error) {
	g, err := world.New(c)
	if err != nil {
		return nil, err
	}
	s := &statistics{config: c, calls: map[uint32]int{}, years: float64(c.Patients) * c.Duration.Hours() / 24 / 365.25}
	start := time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC).UnixMilli()
	for {
		e, ok := g.Next()
		if !ok {
			break
		}
		if m := g.Moment(); m != nil && int64(m.At) >= start {
			s.attainable.Add(m)
		}
		if int64(e.At) < start || e.Kind != journeys.KindTouchpoint || e.Truth.Copy > 0 {
			continue
		}
		s.touchpoints++
		if e.Truth.Disposition && e.Truth.Patient < uint32(c.Patients) {
			s.calls[e.Truth.Patient]++
		}
	}
	s.counts = g.Counts()
	return s, nil
}

// contacts is how many there were.
func (s *statistics) contacts() (sum float64) {
	for _, n := range s.counts.Contacts {
		sum += float64(n)
	}
	return sum
}

// mostFrequent is the share of calls that the given share of all patients makes who call most.
func (s *statistics) mostFrequent(share float64) float64 {
	var all []int
	sum := 0
	for _, n := range s.calls {
		all = append(all, n)
		sum += n
	}
	slices.Sort(all)
	slices.Reverse(all)
	top := 0
	for _, n := range all[:min(len(all), int(share*float64(s.config.Patients)))] {
		top += n
	}
	return float64(top) / float64(max(1, sum))
}

// reasonNames in taxonomy order.
var reasonNames = []string{"scheduling", "changes", "medication", "results", "symptoms", "messages", "billing", "coverage", "portal", "records", "facility", "complaints", "social"}

func (s *statistics) draw() string {
	c := canvas{}
	var got []float64
	for _, n := range s.counts.Contacts {
		got = append(got, float64(n)/s.contacts())
	}
	c.bars(40, 40, "share of contacts by reason; outlined: the taxonomy's priors (published orders of magnitude)", reasonNames, got, journeys.Priors())
	var hours, days []string
	var byHour, byDay []float64
	calls := 0.0
	for _, n := range s.counts.ByHour {
		calls += float64(n)
	}
	for h, n := range s.counts.ByHour {
		hours, byHour = append(hours, fmt.Sprint(h)), append(byHour, float64(n)/calls)
	}
	for d, n := range s.counts.ByWeekday {
		days, byDay = append(days, time.Weekday(d).String()[:3]), append(byDay, float64(n)/calls)
	}
	c.bars(40, 270, "calls by local hour", hours, byHour, nil)
	c.bars(560, 270, "calls by day of the week", days, byDay, nil)
	c.reliability(40, 500, s.attainable.Reliability())
	c.lines(400, 510, s.table())
	return c.done(1060, 790)
}

// table is what is better said in figures.
func (s *statistics) table() []string {
	n, k := s.contacts(), &s.counts
	a := s.attainable.Scores()
	lines := []string{
		fmt.Sprintf("%d patients, %.0f days, seed %d, site %d", s.config.Patients, s.config.Duration.Hours()/24, s.config.Seed, s.config.Site),
		fmt.Sprintf("contacts per patient and year: %.2f (sought: 2 to 3)", n/s.years),
		fmt.Sprintf("touchpoints per patient and year: %.0f (sought: some 100)", float64(s.touchpoints)/s.years),
		fmt.Sprintf("scheduling and changes: %.0f %% (published: 25 to 40 %%)", 100*float64(k.Contacts[0]+k.Contacts[1])/n),
		fmt.Sprintf("medication: %.0f %% (published: refills 15 to 20 %%)", 100*float64(k.Contacts[2])/n),
		fmt.Sprintf("urgent: %.1f %% (published: 5 %% by their own account)", 100*float64(k.Urgent)/n),
		fmt.Sprintf("the 0.6 %% of patients who call most make %.1f %% of the calls (one practice after hours: 23 %%)", 100*s.mostFrequent(.006)),
		fmt.Sprintf("calls after a digital attempt: %.0f %%; redials %.0f %%, repeats %.0f %%, abandoned %.0f %%", 100*float64(k.AfterAttempt)/n, 100*float64(k.Redials)/n, 100*float64(k.Repeats)/n, 100*float64(k.Abandoned)/n),
		fmt.Sprintf("attempts that solved the need: %.0f %%; sessions without a purpose: %.0f %%; sessions hidden: %.0f %%",
			100*float64(k.Solved)/float64(k.Attempts), 100*float64(k.Browsings)/float64(k.Attempts+k.Browsings), 100*float64(k.Hidden)/float64(k.Attempts+k.Browsings)),
		fmt.Sprintf("attainable, at %d contacts of watched patients and strangers:", a.Contacts),
		fmt.Sprintf("    top-1 %.3f (commonest %.3f), top-3 %.3f, log loss %.3f, ECE %.3f", a.Top1, a.Commonest, a.Top3, a.LogLoss, a.ECE),
	}
	for _, h := range a.Within {
		lines = append(lines, fmt.Sprintf("    contact within %s: AUC %.3f, PR-AUC %.3f (base %.3f), ECE %.4f, %d moments", h.Horizon, h.AUC, h.PRAUC, h.Base, h.ECE, h.Moments))
	}
	return lines
}

// canvas is an SVG under way.
type canvas struct{ body strings.Builder }

func (c *canvas) text(x, y float64, anchor, s string) {
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(s)
	fmt.Fprintf(&c.body, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, s)
}

// bars draws columns with their values, and outlines of what they are held beside.
func (c *canvas) bars(x, y float64, title string, names []string, values, beside []float64) {
	const height, width = 150, 440
	c.text(x, y-12, "start", title)
	most := max(slices.Max(values), .001)
	if beside != nil {
		most = max(most, slices.Max(beside))
	}
	span := width / float64(len(names))
	if beside != nil {
		span = 2.25 * width / float64(len(names))
	}
	for i, v := range values {
		left, h := x+float64(i)*span, v/most*height
		fmt.Fprintf(&c.body, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#4a7fb5"/>`+"\n", left, y+height-h, span*.7, h)
		if beside != nil {
			b := beside[i] / most * height
			fmt.Fprintf(&c.body, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="none" stroke="#c0392b" stroke-width="1.5"/>`+"\n", left-2, y+height-b, span*.7+4, b)
			c.text(left+span*.35, y+height-max(h, b)-4, "middle", fmt.Sprintf("%.3f", v))
		}
		c.text(left+span*.35, y+height+14, "middle", names[i])
	}
}

// reliability draws what was said beside what came of it.
func (c *canvas) reliability(x, y float64, points []world.Point) {
	const side = 230
	c.text(x, y-12, "start", "the posterior: said (across) and came true (up)")
	fmt.Fprintf(&c.body, `<rect x="%.1f" y="%.1f" width="%d" height="%d" fill="none" stroke="#999"/>`+"\n", x, y, side, side)
	fmt.Fprintf(&c.body, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#999"/>`+"\n", x, y+side, x+side, y)
	for _, p := range points {
		radius := min(9, 2+float64(p.N)/60)
		fmt.Fprintf(&c.body, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="#4a7fb5" fill-opacity="0.7"/>`+"\n", x+p.Said*side, y+side-p.Came*side, radius)
	}
}

func (c *canvas) lines(x, y float64, lines []string) {
	for i, line := range lines {
		c.text(x, y+float64(i)*17, "start", line)
	}
}

func (c *canvas) done(width, height int) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/>`+"\n%s</svg>\n", width, height, width, height, c.body.String())
}
