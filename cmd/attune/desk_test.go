package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

var deskURL = regexp.MustCompile(`desk listens" url=(\S+)/`)

// deskOf is where a role's desk listens.
func deskOf(t *testing.T, r *role) string {
	t.Helper()
	r.says(t, "desk listens")
	log, err := os.ReadFile(r.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(deskURL.FindSubmatch(log)[1])
}

// ask asks a desk.
func ask(t *testing.T, method, url string, body any) (status int, text []byte) {
	t.Helper()
	in, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if text, err = io.ReadAll(a.Body); err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, text
}

// TestPatientFailsOnlineAndCallsThenTheAgentSeesWhy: the whole way, from failed steps on the website through a lookup at
// the start of the call to the decision on the agent's page, the outcome back in Kafka, and a restart. What identifies
// the patient is in no answer, log or metric.
func TestPatientFailsOnlineAndCallsThenTheAgentSeesWhy(t *testing.T) {
	t.Parallel()
	p := newPlant(t, fmt.Sprintf("telemetry: {listen: '127.0.0.1:0'}\ndesk: {listen: '127.0.0.1:0', dir: %q, wait: 30s, writes_calls: true}\ninstance: desktest-%d\n", t.TempDir(), os.Getpid()))
	runs := start(t, "run", "--config", p.config, "--with", "desk")
	runs.ready(t)
	for _, id := range []string{"a", "b"} {
		p.send(schemas.TopicTouchpointsWeb, 0, nil, p.framed(schemas.TopicTouchpointsWeb, step(id, func(s *schemas.Touchpoint) {
			s.Identifiers = identifiersOf(schemas.IdentifierKindPhone)
			s.Body.Web = schemas.Web{Event: schemas.WebEventFormError, Page: "refill/form", Reason: "R03"}
		})))
	}
	p.quiet("attune")
	desk := deskOf(t, runs)
	status, looked := ask(t, "POST", desk+"/v1/lookup", map[string]any{"contact_ref": "ring-1", "phone": planted["phone"], "queue": "main"})
	var first struct {
		Degraded []string
		Contact  struct {
			PersonRef string `json:"person_ref"`
			Decision  struct {
				ID    string `json:"decision_id"`
				Brief string
			}
		}
	}
	if err := json.Unmarshal(looked, &first); err != nil || status != http.StatusOK {
		t.Fatalf("the lookup answers %d %s: %v", status, looked, err)
	}
	if !strings.Contains(first.Contact.Decision.Brief, "A refill form failed twice on the website") {
		t.Errorf("the agent reads %q", first.Contact.Decision.Brief)
	}
	shown := browse(t, desk+"/contact?contact_ref=ring-1&lang=en", first.Contact.Decision.Brief)
	if status, text := ask(t, "POST", desk+"/v1/contacts/ring-1/feedback", map[string]any{"decision_id": first.Contact.Decision.ID, "outcome": "accepted"}); status != http.StatusOK {
		t.Errorf("the feedback is answered %d %s", status, text)
	}
	outcomes := 0
	p.each(schemas.TopicActionOutcomes, func(r *pipeline.Record) {
		if o := decoded[schemas.ActionOutcome](t, r.Value); o.DecisionID == first.Contact.Decision.ID && o.Outcome == schemas.OutcomeAccepted {
			outcomes++
		}
	})
	if outcomes != 1 {
		t.Errorf("%d outcomes are in the topic, want 1", outcomes)
	}
	_, person := ask(t, "GET", desk+"/v1/persons/"+first.Contact.PersonRef, nil)
	_, journey := ask(t, "GET", desk+"/v1/persons/"+first.Contact.PersonRef+"/journey", nil)
	if bytes.Count(journey, []byte(`"form_error"`)) != 2 {
		t.Errorf("the journey is %s", journey)
	}
	_, metrics := runs.page(t, "/metrics")
	runs.kill(t)
	again := start(t, "desk", "--config", p.config)
	desk = deskOf(t, again)
	if status, text := ask(t, "GET", desk+"/v1/contacts/ring-1", nil); status != http.StatusOK || !bytes.Contains(text, []byte(first.Contact.Decision.ID)) {
		t.Errorf("killed and started again it answers %d %s", status, text)
	}
	again.stop(t)
	for name, text := range map[string][]byte{"lookup": looked, "person": person, "journey": journey, "metrics": []byte(metrics), "page": []byte(shown), "log": readFile(t, runs.log), "log of the desk": readFile(t, again.log)} {
		checkClean(t, name, text)
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// browse opens the agent's page in Chromium, waits until the brief is on it, and returns what it shows.
func browse(t *testing.T, url, brief string) string {
	t.Helper()
	tab, shut, err := embeddedtest.Chromium(t.TempDir())
	if err != nil {
		t.Log(err)
		return ""
	}
	defer shut()
	tab, end := context.WithTimeout(tab, time.Minute)
	defer end()
	if err := chromedp.Do(tab, chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS("#action"))); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(tab, chromedp.Text(chromedp.CSS("main")))
	if err != nil {
		t.Fatal(err)
	}
	usable, err := chromedp.Run(tab, chromedp.Evaluate[float64](`performance.getEntriesByType('navigation')[0].domInteractive`))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the page was interactive after %.0f ms", usable)
	if !strings.Contains(text, brief) {
		t.Errorf("the page shows %q, want %q", text, brief)
	}
	return text
}
