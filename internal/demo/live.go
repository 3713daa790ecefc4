package demo

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/schemas"
)

// view shows the demo until ctx ends: on a terminal a screen, otherwise a line every five seconds.
func (d *Demo) view(ctx context.Context) error {
	width, live := 0, false
	if f, ok := d.Progress.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			width, live = w, true
		}
	}
	interval := 5 * time.Second
	if live {
		interval = 250 * time.Millisecond
		fmt.Fprint(d.Progress, "\x1b[2J\x1b[?25l")
		show := func() { fmt.Fprint(d.Progress, "\x1b[?25h") }
		defer show()
		defer exit.Lastly(show)()
	} else {
		for _, a := range d.addresses() {
			fmt.Fprintln(d.Progress, a)
		}
	}
	st := newStyle(lipgloss.NewRenderer(d.Progress))
	before, last := map[schemas.Channel]int{}, time.Now()
	turned := last
	names := reasonNames(d.processor.Topology)
	for {
		ended := !wait(ctx, interval)
		now := time.Now()
		s := d.stats.take(now.Sub(d.began), now.Sub(last), before, names)
		before, last = s.sent, now
		s.speed = d.Simulation.Speed
		s.score, s.learned = d.foresight.scores()
		if d.ceiling != nil {
			s.ceiling = d.ceiling()
		}
		s.addresses = d.addresses()
		if now.Sub(turned) > 30*time.Second {
			d.stats.turn()
			turned = now
		}
		if live {
			paint(d.Progress, s.screen(st, width))
		} else {
			fmt.Fprintln(d.Progress, s.line())
		}
		if ended {
			return nil
		}
	}
}

// reasonNames turns reason codes into words.
func reasonNames(c attune.Config) func(code string) string {
	names := map[string]string{}
	for _, r := range c.Taxonomy.Reasons {
		names[r.Code] = r.Words
	}
	return func(code string) string {
		if name := names[code]; name != "" {
			return name
		}
		return code
	}
}

// wait waits, and returns false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
