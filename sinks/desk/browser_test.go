package desk

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/schemas"
)

// browser is a tab of Chromium, of a size and in a colour scheme. Without Chromium the test says so loudly.
func browser(t *testing.T, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	tab, shut, err := embeddedtest.Chromium(t.TempDir(), append([]chromedp.ExecAllocatorOption{chromedp.WindowSize(760, 900)}, flags...)...)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(shut)
	ctx, end := context.WithTimeout(tab, 2*time.Minute)
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

// someMeasures are of a process that is not well.
func someMeasures() ([]Measure, error) {
	return []Measure{{"lost", "stopped_tasks", "patient", 1, "", MeasureBad}, {"time", "freshness", "touchpoints.call", 7200, "s", MeasureWarn}, {"rejected", "rejected", "undecodable", 12, "records", MeasureOK}}, nil
}

// An engineer on call reads first whether all is well, and then what is not.
func TestEngineerOnCallSeesWhatIsNotWell(t *testing.T) {
	ctx := browser(t, chromedp.WindowSize(320, 800))
	well := newRig(t)
	await(t, "it is current", func() bool { return well.desk.Behind().Current })
	do(t, ctx, chromedp.EmulateViewport(320, 640), chromedp.Navigate(well.url+"/health?lang=en"), chromedp.WaitVisible(chromedp.CSS(".verdict.ok")))
	if got := text(t, ctx, "#verdict"); !strings.Contains(got, "All is well") {
		t.Errorf("of a process that is well it says %q", got)
	}
	r := newRig(t, func(c *Config) { c.Measures, c.Version = someMeasures, "v7" })
	do(t, ctx, chromedp.Navigate(r.url+"/health?lang=es"), chromedp.WaitVisible(chromedp.CSS("#verdict.bad")))
	verdict, troubles, groups, about := text(t, ctx, "#verdict"), text(t, ctx, "#troubles"), text(t, ctx, "#groups"), text(t, ctx, "#about")
	if !strings.Contains(verdict, "Hace falta alguien ahora") || !strings.HasPrefix(troubles, "Tareas paradas: patient 1") || !strings.Contains(troubles, "touchpoints.call 2 h") || strings.Contains(troubles, "undecodable") || !strings.Contains(groups, "undecodable") || !strings.Contains(about, "v7") {
		t.Errorf("it says %q, %q, %q, %q", verdict, troubles, groups, about)
	}
	if get(t, ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`)) {
		t.Error("the page is wider than a telephone")
	}
	picture(t, ctx, "health")
}

// The way of a person is one list across channels, and a decision in it opens by keys alone and says what would change it.
func TestWayOfAPersonIsReadByKeysAlone(t *testing.T) {
	ctx := browser(t)
	r := newRig(t)
	r.put(schemas.TopicPersonas, "Persona", "wayperson", &schemas.Persona{PersonRef: "wayperson", Language: "es", Calls: 3, OpenLoops: []schemas.OpenLoop{{Kind: "failed_form", Reason: "R03"}}})
	for i := range pageSteps + 20 {
		r.call("wayperson", "way-shard", &schemas.Touchpoint{EventID: fmt.Sprintf("way/web/%03d", i), OccurredAt: schemas.MillisOf(began.Add(time.Duration(i-200) * time.Minute)), Channel: schemas.ChannelWeb,
			Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventFormError, Page: "planted/page", Reason: "R03"}}})
	}
	r.call("wayperson", "way-shard", callStep("way/1", "way-call", schemas.CallEventQueued, -30))
	d := decision("way-1", "wayperson", "way-call")
	d.P24h = 0.41
	r.decide(d)
	r.shows("way-call", "way-1")
	await(t, "the way is there", func() bool {
		v, err := r.desk.server.answers.journey("wayperson", "", pageSteps, Behind{})
		return err == nil && v != nil && len(v.Steps) == pageSteps && v.Next != ""
	})
	do(t, ctx, chromedp.Navigate(r.url+"/person?person_ref=wayperson&lang=en"), chromedp.WaitVisible(chromedp.CSS(".decided")), chromedp.WaitVisible(chromedp.CSS("#older")))
	focus := func(of string) {
		t.Helper()
		for range 20 {
			if get(t, ctx, chromedp.Evaluate[bool](`document.activeElement.matches('`+of+`')`)) {
				return
			}
			do(t, ctx, chromedp.KeyEvent("\t"))
		}
		t.Fatalf("tab does not reach %s", of)
	}
	focus(".decided summary")
	do(t, ctx, chromedp.KeyEvent("\r"))
	until(t, ctx, `document.querySelectorAll('.decided h3').length >= 2`)
	opened, way := text(t, ctx, ".decided"), text(t, ctx, "#journey")
	for _, want := range []string{"refill (67%)", "Calls within a day: 41%", "What would change this decision", "if it were worth 0.3 more", "if the rule “quiet hours” let it through"} {
		if !strings.Contains(opened, want) {
			t.Errorf("the decision does not say %q: %s", want, opened)
		}
	}
	if !strings.Contains(way, "Waited in a queue") || !strings.Contains(way, "A form failed · refill") || strings.Contains(way, "planted") {
		t.Errorf("the way is %.400s", way)
	}
	if n := get(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll('#journey > li').length`)); n != pageSteps+1 {
		t.Errorf("the first page has %d entries, want %d", n, pageSteps+1)
	}
	picture(t, ctx, "person")
	focus("#older")
	do(t, ctx, chromedp.KeyEvent("\r"))
	until(t, ctx, fmt.Sprintf(`document.querySelectorAll('#journey > li').length === %d`, pageSteps+22))
	if !get(t, ctx, chromedp.Evaluate[bool](`document.activeElement.matches('#journey > li') && document.getElementById('older').hidden && document.querySelector('.decided details').open`)) {
		t.Error("the focus is not on the first older step, or what was open has closed")
	}
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
	r := newRig(t, func(c *Config) { c.Measures, c.Insights = someMeasures, sharedTables(t) })
	r.put(schemas.TopicPersonas, "Persona", "axeperson", &schemas.Persona{PersonRef: "axeperson", Language: "es", Calls: 3})
	r.call("axeperson", "axe-shard", callStep("axe/1", "axe-call", schemas.CallEventQueued, 0))
	d := decision("axe-1", "axeperson", "axe-call")
	d.Facts = []schemas.DecisionFact{{Code: "language", Value: "es"}, {Code: "repeat", N: 2}}
	d.RedFlags, d.Evidence = []schemas.RedFlag{{Kind: "urgent", Source: "search"}}, []schemas.Evidence{{Text: "a refill form failed"}}
	r.decide(d)
	r.shows("axe-call", "axe-1")
	for _, scheme := range []string{"light", "dark"} {
		for path, ready := range map[string]string{"/": "main", "/live": "a[href*='axe-call']", "/contact?contact_ref=axe-call": "#action", "/contact": "#which",
			"/person?person_ref=axeperson": ".decided", "/person": "#which", "/health": "#verdict.bad",
			"/insights?board=today&range=365": ".u-over", "/insights?board=prediction&range=365": ".column-2", "/insights?board=equity&range=365": "td"} {
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
