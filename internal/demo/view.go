package demo

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/attune-health/attune/internal/evaluate"
	"github.com/attune-health/attune/schemas"
)

// snapshot is what is shown of one moment of a demo.
type snapshot struct {
	elapsed time.Duration
	sent    map[schemas.Channel]int
	// Records/s since the snapshot before.
	rate map[schemas.Channel]float64
	// Channel to how far its watermark is behind the newest event.
	watermarks map[string]time.Duration
	reasons    []counted
	actions    []string
	rows       map[string]int
	// Call to action, ms.
	p50, p99 float64
	// Learned: from so many contacts, the history's among them.
	score   evaluate.Score
	learned int
	// What the simulator itself would have got right, where nothing better is known; 0 for none.
	ceiling float64
	// How much faster than ours the patients' time passes; 0 is as fast as it goes.
	speed float64
	// The history is still being taken in.
	history   bool
	addresses []string
}

type counted struct {
	name string
	n    int
}

// take returns the state now, and begins the next interval.
func (s *stats) take(elapsed, since time.Duration, before map[schemas.Channel]int, names func(code string) string) snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := snapshot{elapsed: elapsed, sent: map[schemas.Channel]int{}, rate: map[schemas.Channel]float64{}, watermarks: map[string]time.Duration{}, rows: map[string]int{}}
	for channel, n := range s.sent {
		out.sent[channel] = n
		out.rate[channel] = float64(n-before[channel]) / max(since.Seconds(), 0.001)
	}
	for channel, at := range s.watermarks {
		out.watermarks[channel] = s.newest.Sub(at)
	}
	for table, n := range s.rows {
		out.rows[table] = n
	}
	both := map[string]int{}
	for code, n := range s.reasonsOld {
		both[code] += n
	}
	for code, n := range s.reasons {
		both[code] += n
	}
	for code, n := range both {
		out.reasons = append(out.reasons, counted{names(code), n})
	}
	slices.SortFunc(out.reasons, func(a, b counted) int {
		if a.n != b.n {
			return b.n - a.n
		}
		return strings.Compare(a.name, b.name)
	})
	out.reasons = out.reasons[:min(len(out.reasons), 6)]
	out.actions = slices.Clone(s.actions)
	q := s.callToAction.quantiles(0.5, 0.99)
	out.p50, out.p99 = q[0], q[1]
	out.history = s.live.IsZero()
	return out
}

// turn begins a new half of the interval over which reasons are counted.
func (s *stats) turn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reasonsOld, s.reasons = s.reasons, map[string]int{}
}

// line is the snapshot in one line, for an output that is not a terminal.
func (s *snapshot) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%5.0fs", s.elapsed.Seconds())
	if s.history {
		fmt.Fprintf(&b, "  taking in two days of history: %d touchpoints sent", s.all())
		return b.String()
	}
	fmt.Fprintf(&b, "  %s", s.pace())
	for _, row := range schemas.Channels() {
		c := row.Channel
		fmt.Fprintf(&b, "  %s %.0f/s", c, s.rate[c])
	}
	total := 0
	for _, n := range s.rows {
		total += n
	}
	fmt.Fprintf(&b, "  clickhouse %d rows  call to action p50 %.0f ms p99 %.0f ms", total, s.p50, s.p99)
	if s.score.Scored > 0 {
		fmt.Fprintf(&b, "  %s", s.foresight())
	}
	if len(s.actions) > 0 {
		fmt.Fprintf(&b, "  last: %s", s.actions[len(s.actions)-1])
	}
	return b.String()
}

// all is how many touchpoints were sent.
func (s *snapshot) all() (n int) {
	for _, sent := range s.sent {
		n += sent
	}
	return n
}

// pace says how fast the patients' time passes.
func (s *snapshot) pace() string {
	switch s.speed {
	case 0:
		return "as fast as it goes"
	case 1:
		return "real time"
	}
	return fmt.Sprintf("time-lapse x%.0f", s.speed)
}

// foresight is how well contacts were predicted, beside what no model needs and what none can reach.
func (s *snapshot) foresight() string {
	var b strings.Builder
	x := &s.score
	fmt.Fprintf(&b, "top-1 %.2f (commonest %.2f", x.Top1, x.Commonest)
	switch {
	case x.Attainable != nil:
		fmt.Fprintf(&b, ", attainable %.2f)  top-3 %.2f (attainable %.2f)", x.Attainable.Top1, x.Top3, x.Attainable.Top3)
	case s.ceiling > 0:
		fmt.Fprintf(&b, ", ceiling %.2f)  top-3 %.2f", s.ceiling, x.Top3)
	default:
		fmt.Fprintf(&b, ")  top-3 %.2f", x.Top3)
	}
	fmt.Fprintf(&b, "  ECE %.3f  of %d contacts, learned from %d", x.ECE, x.Scored, s.learned)
	return b.String()
}

// known is of how many calls the reason was known before somebody answered.
func (s *snapshot) known() string {
	k := &s.score.Known
	return fmt.Sprintf("%d of %d calls known before they were connected, at the median %.1f min before", k.Known, k.Connected, k.MedianLeadS/60)
}

// style holds the colours of the live view.
type style struct{ title, dim, key, good, warm lipgloss.Style }

func newStyle(r *lipgloss.Renderer) style {
	return style{
		title: r.NewStyle().Bold(true).Foreground(lipgloss.Color("14")),
		dim:   r.NewStyle().Foreground(lipgloss.Color("8")),
		key:   r.NewStyle().Foreground(lipgloss.Color("12")),
		good:  r.NewStyle().Foreground(lipgloss.Color("10")),
		warm:  r.NewStyle().Foreground(lipgloss.Color("11")),
	}
}

// screen is the snapshot for a terminal of the given width.
func (s *snapshot) screen(st style, width int) string {
	var b strings.Builder
	if len(s.addresses) > 0 {
		fmt.Fprintln(&b, s.addresses[0])
	}
	fmt.Fprintf(&b, "%s %s  %s\n\n", st.title.Render("attune demo"), st.dim.Render(fmt.Sprintf("%02d:%02d   Ctrl-C drains, reconciles and ends", int(s.elapsed.Minutes()), int(s.elapsed.Seconds())%60)), st.warm.Render(s.corner()))
	fmt.Fprintln(&b, st.title.Render("Touchpoints"))
	for _, row := range schemas.Channels() {
		c := row.Channel
		fmt.Fprintf(&b, "  %s %7.0f/s %s %9d  %s\n", st.key.Render(fmt.Sprintf("%-4s", c)), s.rate[c], bar(st, s.rate[c], s.highest(), 24), s.sent[c], st.dim.Render(s.delay(c)))
	}
	fmt.Fprintf(&b, "\n%s\n", st.title.Render("Why patients will call"))
	most := 1
	for _, r := range s.reasons {
		most = max(most, r.n)
	}
	for _, r := range s.reasons {
		fmt.Fprintf(&b, "  %s %s %d\n", st.key.Render(fmt.Sprintf("%-22.22s", r.name)), bar(st, float64(r.n), float64(most), 24), r.n)
	}
	fmt.Fprintf(&b, "\n%s\n", st.title.Render("Next best actions"))
	for _, a := range s.actions {
		fmt.Fprintf(&b, "  %s\n", clip(a, width-3))
	}
	fmt.Fprintf(&b, "\n%s  p50 %s  p99 %s\n", st.title.Render("Call to action"), st.good.Render(fmt.Sprintf("%.0f ms", s.p50)), st.good.Render(fmt.Sprintf("%.0f ms", s.p99)))
	if s.score.Scored > 0 {
		fmt.Fprintf(&b, "%s  %s\n%12s%s\n", st.title.Render("Prediction"), s.foresight(), "", s.known())
	}
	fmt.Fprintf(&b, "%s ", st.title.Render("ClickHouse"))
	for _, table := range []string{"touchpoints", "predictions", "actions", "outcomes", "aggregates"} {
		fmt.Fprintf(&b, " %s %s", table, st.warm.Render(fmt.Sprint(s.rows[table])))
	}
	b.WriteString("\n\n")
	for _, a := range s.addresses[min(1, len(s.addresses)):] {
		fmt.Fprintf(&b, "%s\n", st.dim.Render(a))
	}
	return b.String()
}

// corner says what time passes on the screen.
func (s *snapshot) corner() string {
	if s.history {
		return "two days of history are being taken in"
	}
	return s.pace()
}

func (s *snapshot) highest() float64 {
	most := 1.0
	for _, r := range s.rate {
		most = max(most, r)
	}
	return most
}

func (s *snapshot) delay(c schemas.Channel) string {
	d, ok := s.watermarks[c.String()]
	if !ok {
		return "watermark -"
	}
	return "watermark " + d.Round(100*time.Millisecond).String() + " behind"
}

// bar is a horizontal bar of at most n cells.
func bar(st style, v, most float64, n int) string {
	full := 0
	if most > 0 {
		full = min(n, int(v/most*float64(n)+0.5))
	}
	return st.good.Render(strings.Repeat("█", full)) + st.dim.Render(strings.Repeat("·", n-full))
}

// clip shortens text to n runes.
func clip(text string, n int) string {
	runes := []rune(text)
	if n < 1 || len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}

// paint draws a screen over the previous one.
func paint(w io.Writer, screen string) {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for _, line := range strings.Split(screen, "\n") {
		b.WriteString(line)
		b.WriteString("\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	io.WriteString(w, b.String())
}
