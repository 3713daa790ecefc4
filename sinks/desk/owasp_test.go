package desk

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// The OWASP API Security Top 10 of 2023, each risk as requests that must fail. What each file of tests looks at by itself
// (JWTs, rate limits, one-time links) is here once more, so that the list is whole.
func TestRisksOfTheOWASPList(t *testing.T) {
	hash := func(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }
	provider := newIssuer(t)
	r := newRig(t, func(c *Config) {
		c.BehindProxy, c.Shard, c.PublicURL = true, testShard, "https://desk.example.org"
		c.OIDC = OIDC{Issuer: provider.URL, Audience: "attune-desk"}
		c.Tokens = []string{
			"agent " + hash("agent") + " contact:read+contact:write pharmacy", "other " + hash("other") + " contact:read+contact:write+person:read billing",
			"all " + hash("all") + " contact:read+contact:write+person:read+live:read+health:read", "ehr " + hash("ehr") + " cds",
		}
	})
	r.call("owaspperson", "owasp-shard", callStep("owasp/1", "owasp-call", schemas.CallEventQueued, 1))
	r.decide(decision("owasp-1", "owaspperson", "owasp-call"))
	r.decide(decision("owasp-2", "owaspother", "owasp-second"))
	r.shows("owasp-second", "owasp-2")
	await(t, "the call is queued", func() bool {
		v, err := r.desk.server.answers.contact("owasp-call", Behind{})
		return err == nil && v != nil && v.Decision != nil && v.Call.Queue == "pharmacy" && r.desk.Behind().Current
	})
	shown := feedbackCall{DecisionID: "owasp-1", Outcome: "shown"}
	large := []byte(`{"contact_ref":"` + strings.Repeat("x", maxBody) + `"}`)
	for _, c := range []struct {
		risk, name, token, path string
		body                    any
		headers                 []string
		status                  int
	}{
		{"API1 object level", "a contact of another queue", "other", "GET /v1/contacts/owasp-call", nil, nil, 403},
		{"API1 object level", "its stream", "other", "GET /v1/contacts/owasp-call/events", nil, nil, 403},
		{"API1 object level", "feedback to it", "other", "POST /v1/contacts/owasp-call/feedback", shown, nil, 403},
		{"API1 object level", "a person who does not call there", "other", "GET /v1/persons/owaspperson", nil, nil, 403},
		{"API1 object level", "a decision of another person", "all", "GET /v1/persons/owaspperson/decisions/owasp-2", nil, nil, 404},
		{"API1 object level", "a decision of another contact", "all", "POST /v1/contacts/owasp-call/feedback", feedbackCall{DecisionID: "owasp-2", Outcome: "shown"}, nil, 404},
		{"API2 authentication", "nobody", "", "GET /v1/contacts/owasp-call", nil, nil, 401},
		{"API2 authentication", "a hash for a token", hash("agent"), "GET /v1/contacts/owasp-call", nil, nil, 401},
		{"API2 authentication", "another scheme", "", "GET /v1/contacts/owasp-call", nil, []string{"Authorization", "Basic agent"}, 401},
		{"API2 authentication", "a token in the address", "", "GET /v1/contacts/owasp-call?token=agent&access_token=agent", nil, nil, 401},
		{"API2 authentication", "a JWT that nobody has signed", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.", "GET /v1/contacts/owasp-call", nil, nil, 401},
		{"API3 property level", "a field that callers may not set", "all", "POST /v1/contacts/owasp-call/feedback", map[string]any{"decision_id": "owasp-1", "outcome": "shown", "person_ref": "me"}, nil, 400},
		{"API3 property level", "words of a patient as a reason", "all", "POST /v1/contacts/owasp-call/feedback", feedbackCall{DecisionID: "owasp-1", Outcome: "rejected", Reason: "Mrs. Planted, 555-0100"}, nil, 400},
		{"API4 resources", "a large body", "all", "POST /v1/lookup", large, nil, 413},
		{"API4 resources", "a large page", "all", "GET /v1/persons/owaspperson/journey?limit=100000", nil, nil, 400},
		{"API4 resources", "many identifiers", "all", "POST /v1/lookup", lookupCall{ContactRef: "x", Identifiers: make([]lookupIdentifier, maxIdentifiers+1)}, nil, 400},
		{"API4 resources", "a long reference", "all", "GET /v1/contacts/" + strings.Repeat("x", 201), nil, nil, 400},
		{"API5 function level", "an agent replays webhooks", "agent", "POST /v1/webhooks/crm/replay", nil, nil, 403},
		{"API5 function level", "an agent watches the room", "agent", "GET /v1/live", nil, nil, 403},
		{"API5 function level", "an EHR reads a contact", "ehr", "GET /v1/contacts/owasp-call", nil, nil, 403},
		{"API5 function level", "an agent asks as an EHR", "agent", "POST /cds-services/attune-patient-view", hookCall("patient-view", "1"), nil, 403},
		{"API3 property level", "a purpose in a patient's words", "all", "GET /v1/health", nil, []string{"X-Purpose", "she cannot reach us at 5550100"}, 400},
		{"API5 function level", "another method", "all", "DELETE /v1/contacts/owasp-call", nil, nil, 405},
		{"API6 business flows", "a page of another site answers", "", "POST /v1/contacts/owasp-call/feedback", shown, []string{"Cookie", cookie + "=all", "Origin", "https://elsewhere.example"}, 403},
		{"API6 business flows", "another site's page, by what browsers say", "", "POST /v1/contacts/owasp-call/feedback", shown, []string{"Cookie", cookie + "=all", "Sec-Fetch-Site", "cross-site"}, 403},
		{"API7 server-side requests", "a server that the caller names", "ehr", "POST /cds-services/attune-patient-view", map[string]any{"hook": "patient-view", "fhirServer": "http://169.254.169.254/", "context": map[string]any{"patientId": "nobody"}}, nil, 200},
		{"API8 configuration", "files beside the pages", "all", "GET /static/contact.html", nil, nil, 404},
		{"API8 configuration", "a way out of the directory", "all", "GET /static/..%2fdesk.go", nil, nil, 404},
		{"API8 configuration", "what programs tell of themselves", "all", "GET /debug/pprof/", nil, nil, 404},
		{"API9 inventory", "a version that there is not", "all", "GET /v0/contacts/owasp-call", nil, nil, 404},
		{"API10 what others send", "no JSON", "all", "POST /v1/lookup", []byte("{"), nil, 400},
		{"API10 what others send", "two bodies", "all", "POST /v1/lookup", []byte(`{"contact_ref":"a"}{"contact_ref":"b"}`), nil, 400},
		{"API10 what others send", "a zero byte", "all", "GET /v1/contacts/a%00b", nil, nil, 400},
		{"API10 what others send", "an id of no stream", "all", "GET /v1/contacts/owasp-call/events", nil, []string{"Last-Event-ID", "1.1.1 OR 1=1"}, 400},
	} {
		r.token = c.token
		method, path, _ := strings.Cut(c.path, " ")
		a := r.ask(method, path, c.body, c.headers...)
		if a.status != c.status {
			t.Errorf("%s, %s: it answers %s, want %d", c.risk, c.name, a, c.status)
		}
		if a.status >= 400 && (bytes.Contains(a.body, []byte("owaspperson")) || bytes.Contains(a.body, []byte("Planted")) || bytes.Contains(a.body, []byte("goroutine"))) {
			t.Errorf("%s, %s: the error says too much: %s", c.risk, c.name, a)
		}
		if h := a.header; h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Access-Control-Allow-Origin") != "" || h.Get("Server") != "" {
			t.Errorf("%s, %s: the headers are %v", c.risk, c.name, h)
		}
	}
	r.token = "agent"
	if a := r.ask("GET", "/v1/contacts/owasp-call", nil); a.status != http.StatusOK {
		t.Errorf("whoever may, gets %s", a)
	}
	// Every route that is not public has a scope (API9: none is forgotten).
	for _, rt := range r.desk.server.routes() {
		if rt.public == (rt.scope != "") {
			t.Errorf("%s is neither public nor behind a scope, or both", rt.pattern)
		}
	}
}
