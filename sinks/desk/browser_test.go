package desk

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/schemas"
)

// browser is a tab of Chromium, of a size and in a colour scheme. Without Chromium the test says so loudly.
func browser(t *testing.T, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NO BROWSER: chromium is not installed, so that nobody has looked at the pages (apt-get install chromium)")
	}
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WindowSize(760, 900),
	}, flags...)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, end := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(end)
	return ctx
}

// do runs steps in the tab.
func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// get is what a step finds.
func get[T any](t *testing.T, ctx context.Context, step chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, step)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// until waits until an expression holds in the page.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	get(t, ctx, chromedp.Poll[bool](expression, chromedp.WithPollingInterval(5*time.Millisecond)))
}

func text(t *testing.T, ctx context.Context, id string) string {
	t.Helper()
	return get(t, ctx, chromedp.Text(chromedp.CSS(id)))
}

// picture keeps a picture of the page where DESK_PICTURES names a directory.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("DESK_PICTURES")
	if dir == "" {
		return
	}
	png := get(t, ctx, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The story of an agent: the page waits for the call, the decision comes without a click, one key accepts it, and a new
// decision takes its place without taking the focus.
func TestAgentReadsTheDecisionAndAcceptsItByAKey(t *testing.T) {
	ctx := browser(t)
	r := newRig(t)
	r.put(schemas.TopicPersonas, "Persona", "storyperson", &schemas.Persona{PersonRef: "storyperson", Language: "es", StatedChannel: "sms", Calls: 3, Frustration: 0.4})
	do(t, ctx, chromedp.Navigate(r.url+"/contact?contact_ref=story-call&lang=en"), chromedp.WaitVisible(chromedp.CSS("#waiting")))
	r.call("storyperson", "story-shard", callStep("story/1", "story-call", schemas.CallEventQueued, 0))
	d := decision("story-1", "storyperson", "story-call")
	d.Brief = "Speaks Spanish and needs an interpreter. A refill form failed twice on the website, the last time two minutes before the call. Probably about a refill (67%). Put through to the pharmacy."
	d.Facts = []schemas.DecisionFact{{Code: "language", Value: "es"}, {Code: "repeat", Value: "R03", N: 2}}
	d.Duties = []schemas.Duty{{Code: "interpreter", Value: "es", Because: "language"}}
	d.Reasons = append(d.Reasons, schemas.ReasonProbability{Code: "R07", P: 0.12})
	d.Evidence = []schemas.Evidence{{Feature: "f", Weight: 2, Text: "a refill form failed twice"}}
	r.decide(d)
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS("#action")))
	brief, action := text(t, ctx, "#brief"), text(t, ctx, "#action")
	if brief != d.Brief.Reveal() || action == "" {
		t.Errorf("the page says %q and %q", brief, action)
	}
	picture(t, ctx, "contact")
	do(t, ctx, chromedp.KeyEvent("a"))
	until(t, ctx, `document.getElementById('answered').textContent === 'Accepted.'`)
	outcomes := map[schemas.Outcome]int{}
	for _, o := range written[schemas.ActionOutcome](r, schemas.TopicActionOutcomes) {
		if o.DecisionID == "story-1" {
			outcomes[o.Outcome]++
		}
	}
	if outcomes[schemas.OutcomeShown] != 1 || outcomes[schemas.OutcomeAccepted] != 1 || len(outcomes) != 2 {
		t.Errorf("outcomes are %v, want one shown and one accepted", outcomes)
	}
	do(t, ctx, chromedp.Focus(chromedp.CSS("#why summary")))
	next := decision("story-2", "storyperson", "story-call")
	next.Brief, next.RedFlags = "Possible emergency: searched for chest pain three minutes ago.", []schemas.RedFlag{{Kind: "emergency", Source: "search"}}
	next.Facts = []schemas.DecisionFact{{Code: "identity_conflict"}}
	next.Action = schemas.ChosenAction{ID: "A17", Service: "emergency_services", Number: "911"}
	sent := time.Now()
	r.decide(next)
	until(t, ctx, `document.getElementById('alerts').textContent.includes('911')`)
	t.Logf("committed and on the screen %v later", time.Since(sent).Round(time.Millisecond))
	alerts, focused := text(t, ctx, "#alerts"), get(t, ctx, chromedp.Evaluate[string](`document.activeElement.textContent`))
	enabled := get(t, ctx, chromedp.Evaluate[bool](`!document.getElementById('accept').disabled`))
	if !strings.Contains(alerts, "Possible emergency") || !strings.Contains(alerts, "Verify who it is first") {
		t.Errorf("the alerts are %q", alerts)
	}
	if focused != "Why" || !enabled {
		t.Errorf("the focus is on %q, the new decision can be answered: %v", focused, enabled)
	}
	picture(t, ctx, "contact-urgent")
	do(t, ctx, chromedp.KeyEvent("d"), chromedp.WaitVisible(chromedp.CSS("#reasons")), chromedp.KeyEvent("1"))
	until(t, ctx, `document.getElementById('answered').textContent === 'Declined.'`)
}

// The room shows who waits, lights the last resorts, and fits a narrow panel.
func TestSupervisorSeesWhoWaitsInANarrowPanel(t *testing.T) {
	ctx := browser(t, chromedp.WindowSize(320, 800), chromedp.Flag("blink-settings", "preferredColorScheme=0"))
	r := newRig(t)
	r.call("roomperson", "room-shard", callStep("room/1", "room-call", schemas.CallEventQueued, 0))
	d := decision("room-1", "roomperson", "room-call")
	r.decide(d)
	r.shows("room-call", "room-1")
	link := chromedp.CSS("a[href='/contact?contact_ref=room-call&lang=es']")
	do(t, ctx, chromedp.EmulateViewport(320, 640), chromedp.Navigate(r.url+"/live?lang=es"), chromedp.WaitVisible(link))
	room := text(t, ctx, "#queues")
	const tooWide = `document.documentElement.scrollWidth > window.innerWidth`
	wide := get(t, ctx, chromedp.Evaluate[bool](tooWide))
	if !strings.Contains(room, "Lo intentó antes en línea") || !strings.Contains(room, "67") || wide {
		t.Errorf("wider than the panel: %v; the room shows %q", wide, room)
	}
	picture(t, ctx, "live-narrow")
	do(t, ctx, chromedp.Click(link), chromedp.WaitVisible(chromedp.CSS("#action")))
	wide = get(t, ctx, chromedp.Evaluate[bool](tooWide))
	if wide {
		t.Error("the page of a contact is wider than the panel")
	}
	picture(t, ctx, "contact-narrow")
}

// axeCore is axe-core's script, fetched through the user's own npm, once.
func axeCore(t *testing.T) []byte {
	t.Helper()
	const name = "axe-core-4.14.1"
	cache, err := embedded.CacheDir("")
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(cache, name+".min.js")
	if script, err := os.ReadFile(kept); err == nil {
		return script
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, args := range [][]string{
		{"npm", "pack", "axe-core@4.14.1", "--pack-destination", dir, "--cache", filepath.Join(dir, "npm-cache"), "--loglevel=error"},
		{"tar", "-xzf", filepath.Join(dir, name+".tgz"), "-C", dir, "package/axe.min.js"},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v %s", args, err, out)
		}
	}
	script, err := os.ReadFile(filepath.Join(dir, "package", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	// Renamed into its place: another test never reads half of it.
	half := filepath.Join(cache, filepath.Base(filepath.Dir(dir))+".js")
	if err := errors.Join(os.WriteFile(half, script, 0o644), os.Rename(half, kept)); err != nil {
		t.Fatal(err)
	}
	return script
}

// axe-core finds nothing on any page, in light and in dark.
func TestAxeFindsNothing(t *testing.T) {
	ctx := browser(t)
	script := axeCore(t)
	r := newRig(t)
	r.put(schemas.TopicPersonas, "Persona", "axeperson", &schemas.Persona{PersonRef: "axeperson", Language: "es", Calls: 3})
	r.call("axeperson", "axe-shard", callStep("axe/1", "axe-call", schemas.CallEventQueued, 0))
	d := decision("axe-1", "axeperson", "axe-call")
	d.Facts = []schemas.DecisionFact{{Code: "language", Value: "es"}, {Code: "repeat", N: 2}}
	d.RedFlags, d.Evidence = []schemas.RedFlag{{Kind: "urgent", Source: "search"}}, []schemas.Evidence{{Text: "a refill form failed"}}
	r.decide(d)
	r.shows("axe-call", "axe-1")
	for _, scheme := range []string{"light", "dark"} {
		for path, ready := range map[string]string{"/": "main", "/live": "a[href*='axe-call']", "/contact?contact_ref=axe-call": "#action", "/contact": "#which"} {
			do(t, ctx, emulated(scheme), chromedp.Navigate(r.url+path), chromedp.WaitVisible(chromedp.CSS(ready)))
			get(t, ctx, chromedp.Evaluate[bool](`document.querySelectorAll('details').forEach(d => d.open = true), document.getElementById('reasons')?.removeAttribute('hidden'), true`))
			get(t, ctx, chromedp.Evaluate[bool](string(script)+";true"))
			found := get(t, ctx, chromedp.Evaluate[string](`axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => r.passes.length < 5 ? 'axe checked nothing' : r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.html + ' ' + n.any.map(a => a.message)).join(' | ')).join('\n'))`, chromedp.EvalAwaitPromise))
			if found != "" {
				t.Errorf("%s, %s:\n%s", path, scheme, found)
			}
		}
	}
}

// emulated is a tab in a colour scheme.
func emulated(scheme string) chromedp.Action[chromedp.Void] {
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, media)
		return err
	})
}
