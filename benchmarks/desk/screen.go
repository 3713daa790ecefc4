package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/schemas"
)

// watch makes the page note when it has drawn a brief: the frame after the one in which the text was changed.
const watch = `window.drawn = {}; new MutationObserver(() => {
  const said = document.querySelector('#brief').textContent;
  requestAnimationFrame(() => requestAnimationFrame(() => { if (!(said in window.drawn)) window.drawn[said] = Date.now(); }));
}).observe(document.querySelector('#brief'), {childList: true, characterData: true, subtree: true}); true`

// screen measures how long a committed decision takes until Chromium has drawn it on the agent's page.
func (m *measurement) screen(ctx context.Context) error {
	if m.shown == 0 {
		return nil
	}
	tab, shut, err := embeddedtest.Chromium(filepath.Join(m.dir, "chromium"))
	if errors.Is(err, embeddedtest.ErrNoChromium) {
		fmt.Println(err)
		return nil
	} else if err != nil {
		return err
	}
	defer shut()
	tab, end := context.WithTimeout(tab, 5*time.Minute)
	defer end()
	if err := chromedp.Do(tab, chromedp.Navigate(m.url+"/contact?contact_ref=bench-call-0"), chromedp.WaitVisible(chromedp.CSS("#action"))); err != nil {
		return err
	}
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](watch)); err != nil {
		return err
	}
	committed := map[string]time.Time{}
	for i := range m.shown {
		brief := fmt.Sprintf("A refill form failed on the website, for the %d. time.", i+1)
		if err := m.decide(ctx, 1, func(int) int { return 0 }, func(d *schemas.NextBestAction) { d.Brief = schemas.Protected(brief) }); err != nil {
			return err
		}
		committed[brief] = time.Now()
		time.Sleep(100 * time.Millisecond)
	}
	var drawn map[string]float64
	err = process.Poll(tab, 50*time.Millisecond, func() (bool, error) {
		drawn, err = chromedp.Run(tab, chromedp.Evaluate[map[string]float64]("window.drawn"))
		return len(drawn) >= m.shown, err
	})
	if err != nil {
		return fmt.Errorf("%d of %d decisions were drawn: %w", len(drawn), m.shown, err)
	}
	var took []time.Duration
	for brief, at := range committed {
		took = append(took, max(0, time.UnixMilli(int64(drawn[brief])).Sub(at)))
	}
	fmt.Printf("decisions drawn by Chromium, from when they were committed: %s\n", spread(took))
	return nil
}
