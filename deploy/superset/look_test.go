package superset

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/sinks/boards"
)

// browser is a tab of Chromium in which somebody has logged in to Superset. It is higher than any board: Superset draws what is
// in sight.
func browser(t *testing.T, url string) context.Context {
	t.Helper()
	tab, shut, err := embeddedtest.Chromium(t.TempDir(), chromedp.WindowSize(1500, 2200))
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(shut)
	ctx, end := context.WithTimeout(tab, 20*time.Minute)
	t.Cleanup(end)
	do(t, ctx, chromedp.Navigate(url+"/login/"), chromedp.WaitVisible(chromedp.CSS("#username")), chromedp.SendKeys(chromedp.CSS("#username"), "admin"),
		chromedp.SendKeys(chromedp.CSS("#password"), password+"\r"))
	until(t, ctx, `!location.pathname.startsWith('/login')`)
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func get[T any](t *testing.T, ctx context.Context, step chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, step)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// until waits until an expression holds in the page, which may go to another one meanwhile.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	err := process.Poll(ctx, 300*time.Millisecond, func() (bool, error) {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		return err == nil && holds, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

// chartsDrawn says whether each chart of a page shows a figure, lines or a table, which an error is not, and has had the time
// to end its animation.
const chartsDrawn = `(() => {
	const charts = [...document.querySelectorAll('.dashboard-component-chart-holder .chart-container')];
	const drawn = charts.length === %d && charts.every(c => c.querySelector('canvas, table tbody tr, .header-line'));
	window.drawnAt = drawn ? window.drawnAt ?? performance.now() : undefined;
	return drawn && performance.now() > window.drawnAt + 2000;
})()`

// look opens a board with what is chosen in its filters, waits until its charts are drawn, and keeps a picture.
func (s *site) look(ctx context.Context, b *boards.Board, picture, filters string) {
	s.t.Helper()
	do(s.t, ctx, chromedp.Navigate(s.url+"/superset/dashboard/attune-"+b.Name+"/?native_filters="+url.QueryEscape("("+filters+")")))
	until(s.t, ctx, fmt.Sprintf(chartsDrawn, len(b.Panels)))
	if *pictures != "" {
		png := get(s.t, ctx, chromedp.CaptureScreenshot())
		if err := os.WriteFile(filepath.Join(*pictures, picture+".png"), png, 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}
