package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// nowhere is a cluster that takes nothing.
type nowhere struct{ pipeline.Cluster }

func (nowhere) PartitionCount(context.Context, string) (int32, error) {
	return 0, errors.New("no broker")
}

// A snapshot has the decision in the site's words, and the broker has the record of the read before it leaves.
func TestSnapshotThenTheReadIsWrittenDown(t *testing.T) {
	r := newRig(t)
	r.decide(decision("snap-1", "snapperson", "snap-call"))
	r.shows("snap-call", "snap-1")
	var v contactAnswer
	r.ask("GET", "/v1/contacts/snap-call", nil, "X-Purpose", "answer_call").into(t, &v)
	if v.Decision.Action.Words != "route to pharmacy queue with brief" || !strings.Contains(v.Decision.Reasons[0].Words, "refill") && v.Decision.Reasons[0].Words == "R03" {
		t.Errorf("the decision is told as %+v", v.Decision)
	}
	found := false
	for _, a := range written[schemas.AccessAudit](r, schemas.TopicAccessAudit) {
		found = found || a.PersonRef.Reveal() == "snapperson" && a.What == "contact" && a.Who == "loopback" && a.Why == "answer_call" && a.ContactRef.V == "snap-call" && a.Desk == "desk-1"
	}
	if !found {
		t.Error("no record of the read is on access-audit")
	}
}

// away is a cluster whose brokers do not answer until they are back.
type away struct {
	pipeline.Cluster
	back atomic.Bool
}

func (a *away) PartitionCount(ctx context.Context, topic string) (int32, error) {
	if !a.back.Load() {
		return 0, pipeline.Transient("broker-unavailable", errors.New("connection refused"))
	}
	return a.Cluster.PartitionCount(ctx, topic)
}

// While no broker takes it a read waits on the disk, and what was asked for is shown.
func TestBrokersAreAwayThenReadsWaitAndAreWrittenDownOnce(t *testing.T) {
	r := newRig(t)
	r.decide(decision("away-1", "awayperson", "away-call"))
	r.shows("away-call", "away-1")
	before := len(written[schemas.AccessAudit](r, schemas.TopicAccessAudit))
	brokers := &away{Cluster: r.cluster}
	r.desk.outbox.cluster = brokers
	const reads = 20
	for range reads {
		if a := r.ask("GET", "/v1/contacts/away-call", nil, "X-Purpose", "answer_call"); a.status != http.StatusOK || !bytes.Contains(a.body, []byte("away-1")) {
			t.Fatalf("it answers %s", a)
		}
	}
	if n := r.desk.WaitingReads(); n != reads {
		t.Errorf("%d reads wait, want %d", n, reads)
	}
	if n := len(written[schemas.AccessAudit](r, schemas.TopicAccessAudit)); n != before {
		t.Fatalf("%d reads are on access-audit, want %d", n, before)
	}
	brokers.back.Store(true)
	await(t, "nothing waits", func() bool { return r.desk.WaitingReads() == 0 })
	ids := map[string]bool{}
	for _, a := range written[schemas.AccessAudit](r, schemas.TopicAccessAudit)[before:] {
		ids[a.EventID] = true
		if a.PersonRef.Reveal() != "awayperson" || a.What != "contact" || a.Who != "loopback" || a.Why != "answer_call" || a.ContactRef.V != "away-call" || a.Desk != "desk-1" {
			t.Errorf("a read was written as %+v of %s", a, a.PersonRef.Reveal())
		}
	}
	if len(ids) != reads {
		t.Errorf("%d reads are on access-audit, want %d", len(ids), reads)
	}
}

// A site may refuse that: then nothing is shown.
func TestBrokersAreAwayAndUnwrittenReadsAreRefusedThenNothingIsShown(t *testing.T) {
	r := newRig(t, func(c *Config) { c.RefuseUnwrittenReads = true })
	r.decide(decision("kept-out-1", "keptoutperson", "kept-out-call"))
	r.shows("kept-out-call", "kept-out-1")
	r.desk.outbox.cluster = &away{Cluster: r.cluster}
	if a := r.ask("GET", "/v1/contacts/kept-out-call", nil); a.status != http.StatusServiceUnavailable || bytes.Contains(a.body, []byte("refill")) || r.desk.WaitingReads() != 0 {
		t.Errorf("it answers %s, and %d reads wait", a, r.desk.WaitingReads())
	}
}

// Where the read cannot be written down nothing is shown.
func TestAuditCannotBeWrittenThenNothingIsShown(t *testing.T) {
	var failed sync.Map
	r := newRig(t, func(c *Config) {
		c.Events.Failed = func(what string, err error) { failed.Store(what, err) }
	})
	r.decide(decision("dark-1", "darkperson", "dark-call"))
	r.shows("dark-call", "dark-1")
	r.desk.outbox.cluster = nowhere{r.cluster}
	a := r.ask("GET", "/v1/contacts/dark-call", nil)
	if a.status != http.StatusServiceUnavailable || bytes.Contains(a.body, []byte("refill")) || a.header.Get("Retry-After") == "" {
		t.Errorf("it answers %s", a)
	}
	var looked lookupAnswer
	r.ask("POST", "/v1/lookup", lookupCall{ContactRef: "dark-call"}).into(t, &looked)
	if looked.Contact != nil || !slices.Contains(looked.Degraded, "read_not_written") {
		t.Errorf("a lookup answers %+v", looked)
	}
	if _, ok := failed.Load("answer GET /v1/contacts/{contact_ref}"); !ok {
		t.Error("nobody was told of it")
	}
}

// Every answer is as openapi.json says, and openapi.json names every call.
func TestAnswersAreAsOpenAPISays(t *testing.T) {
	r := newRig(t, func(c *Config) { c.WritesCalls = true })
	doc := r.ask("GET", "/openapi.json", nil)
	check := checker(t, doc.body)
	d := decision("open-1", "openperson", "open-call")
	d.Facts = []schemas.DecisionFact{{Code: "language", Value: "es"}}
	d.Duties = []schemas.Duty{{Code: "interpreter", Value: "es", Because: "language"}}
	d.RedFlags = []schemas.RedFlag{{Kind: "urgent", Source: "search"}}
	d.Evidence = []schemas.Evidence{{Feature: "x", Weight: 1, Text: "a refill form failed"}}
	r.put(schemas.TopicPersonas, "Persona", "openperson", &schemas.Persona{PersonRef: "openperson", Language: "es", LastReason: "R03", OpenLoops: []schemas.OpenLoop{{Kind: "failed_form", Reason: "R03"}},
		Needs: []schemas.Need{{Code: "food-insecurity", Provenance: "self-reported"}, {Code: "intimate-partner-violence", Provenance: "self-reported"}, {Code: "elder-abuse", Provenance: "observed"}}})
	r.call("openperson", "open-shard", callStep("open/1", "open-call", schemas.CallEventQueued, 1))
	r.decide(d)
	r.shows("open-call", "open-1")
	await(t, "it is current", func() bool { return r.desk.Behind().Current })
	for _, c := range []struct {
		path, schema string
		status       int
		body         any
	}{
		{"GET /v1/contacts/open-call", "Contact", 200, nil},
		{"GET /v1/contacts/nobody-knows-it", "Problem", 404, nil},
		{"GET /v1/persons/openperson", "Person", 200, nil},
		{"GET /v1/persons/nobody", "Problem", 404, nil},
		{"GET /v1/persons/openperson/journey", "Journey", 200, nil},
		{"GET /v1/persons/openperson/journey?limit=0", "Problem", 400, nil},
		{"GET /v1/persons/openperson/journey?before=%25", "Problem", 400, nil},
		{"GET /v1/persons/openperson/decisions/open-1", "Receipt", 200, nil},
		{"GET /v1/persons/somebodyelse/decisions/open-1", "Problem", 404, nil},
		{"GET /v1/live", "Live", 200, nil},
		{"GET /v1/health", "Health", 200, nil},
		{"GET /v2/anything", "Problem", 404, nil},
		{"POST /v1/contacts/open-call/feedback", "FeedbackWritten", 200, feedbackCall{DecisionID: "open-1", Outcome: "accepted"}},
		{"POST /v1/contacts/open-call/feedback", "FeedbackWritten", 200, feedbackCall{Outcome: "disposition", Reason: "R03"}},
		{"POST /v1/contacts/open-call/feedback", "Problem", 400, feedbackCall{DecisionID: "open-1", Outcome: "rejected"}},
		{"POST /v1/contacts/open-call/feedback", "Problem", 400, feedbackCall{DecisionID: "open-1", Outcome: "rejected", Reason: "she said no"}},
		{"POST /v1/contacts/open-call/feedback", "Problem", 400, feedbackCall{DecisionID: "open-1", Outcome: "expired"}},
		{"POST /v1/contacts/open-call/feedback", "Problem", 404, feedbackCall{DecisionID: "another", Outcome: "accepted"}},
		{"POST /v1/contacts/another-call/feedback", "Problem", 404, feedbackCall{DecisionID: "open-1", Outcome: "accepted"}},
		{"POST /v1/contacts/open-call/feedback", "Problem", 400, []byte(`{"outcome":"accepted","typo":1}`)},
		{"POST /v1/contacts/open-call/feedback", "Problem", 400, []byte(`{`)},
		{"POST /v1/contacts/open-call/feedback", "Problem", 413, bytes.Repeat([]byte(" "), maxBody+1)},
		{"POST /v1/lookup", "LookedUp", 200, lookupCall{ContactRef: "open-call"}},
		{"POST /v1/lookup", "LookedUp", 200, lookupCall{ContactRef: "open-unknown", Phone: "+15550100000"}},
		{"POST /v1/lookup", "Problem", 400, lookupCall{ContactRef: "x", Identifiers: []lookupIdentifier{{"shoe", "43"}}}},
		{"POST /v1/lookup", "Problem", 400, lookupCall{}},
		{"POST /v1/lookup/genesys", "Flat", 200, genesysCall{ConversationID: "open-call", ANI: "tel:+15550100000"}},
		{"POST /v1/lookup/amazon-connect", "Flat", 200, []byte(`{"Name":"ContactFlowEvent","Details":{"ContactData":{"ContactId":"open-call","CustomerEndpoint":{"Address":"+15550100000","Type":"TELEPHONE_NUMBER"},"Queue":null},"Parameters":{"mrn":"12345"}}}`)},
	} {
		method, path, _ := strings.Cut(c.path, " ")
		a := r.ask(method, path, c.body)
		if a.status != c.status {
			t.Errorf("%s answers %s, want %d", c.path, a, c.status)
			continue
		}
		if err := check(c.schema, a.body); err != nil {
			t.Errorf("%s answers %s\n%v", c.path, a, err)
		}
		for _, secret := range []string{"intimate", "elder", "open/form", "15550100000", "12345"} {
			if bytes.Contains(a.body, []byte(secret)) {
				t.Errorf("%s: %q is in the answer", c.path, secret)
			}
		}
		if c.status != 404 && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %v", c.path, a.header)
		}
	}
	var paths struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(doc.body, &paths); err != nil {
		t.Fatal(err)
	}
	for _, rt := range r.desk.server.routes() {
		method, path, _ := strings.Cut(rt.pattern, " ")
		if (strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, cdsServices)) && paths.Paths[path][strings.ToLower(method)] == nil {
			t.Errorf("openapi.json does not name %s", rt.pattern)
		}
	}
}

// checker compares answers with the schemas of the document.
func checker(t *testing.T, doc []byte) func(schema string, text []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openapi.json", v); err != nil {
		t.Fatal(err)
	}
	return func(schema string, text []byte) error {
		s, err := c.Compile("openapi.json#/components/schemas/" + schema)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return err
		}
		return s.Validate(v)
	}
}

// Every decision comes once and in order; who was cut off goes on at another desk.
func TestStreamIsCutOffThenItGoesOnAtAnotherDesk(t *testing.T) {
	r := newRig(t)
	other := r.start(t.TempDir())
	r.decide(decision("flow-1", "flowperson", "flow-call"))
	r.shows("flow-call", "flow-1")
	s := r.stream(r.url, "/v1/contacts/flow-call/events", "")
	first := s.next("contact")
	if !strings.Contains(first.data, `"flow-1"`) || first.id == "" {
		t.Fatalf("the stream begins with %v", first)
	}
	r.decide(decision("flow-2", "flowperson", "flow-call"))
	if e := s.next("decision"); !strings.Contains(e.data, `"flow-2"`) {
		t.Errorf("the next decision is %v", e)
	}
	if e := s.next("contact"); !strings.Contains(e.data, `"flow-2"`) {
		t.Errorf("the snapshot after it is %v", e)
	}
	if err := s.body.Close(); err != nil {
		t.Fatal(err)
	}
	r.decide(decision("flow-3", "flowperson", "flow-call"))
	r.shows("flow-call", "flow-3")
	await(t, "the other desk has read it", func() bool {
		v, err := other.server.answers.contact("flow-call", Behind{})
		return err == nil && v != nil && v.Decision.DecisionID == "flow-3"
	})
	s = r.stream(strings.TrimSuffix(other.URL(), "/"), "/v1/contacts/flow-call/events", first.id)
	for _, id := range []string{"flow-2", "flow-3"} {
		if e := s.next("decision"); !strings.Contains(e.data, `"`+id+`"`) {
			t.Errorf("after the cut comes %v, want %s", e, id)
		}
	}
}

// A stream may begin before anything is known of the call.
func TestStreamOpensBeforeTheCallThenTheDecisionComes(t *testing.T) {
	r := newRig(t)
	s := r.stream(r.url, "/v1/contacts/early-call/events", "")
	await(t, "the stream is open", func() bool {
		r.desk.server.streams.mu.Lock()
		defer r.desk.server.streams.mu.Unlock()
		return r.desk.server.streams.open == 1
	})
	r.decide(decision("early-1", "earlyperson", "early-call"))
	if e := s.next("contact"); !strings.Contains(e.data, `"early-1"`) {
		t.Errorf("it shows %v", e)
	}
}

// A client that missed more than is sent again is told to look at the snapshot.
func TestClientMissedManyThenItIsToldToLookAnew(t *testing.T) {
	r := newRig(t)
	for i := range maxReplayed + 2 {
		r.decide(decision(fmt.Sprintf("many-%d", i), "manyperson", "many-call"))
	}
	r.shows("many-call", fmt.Sprintf("many-%d", maxReplayed+1))
	s := r.stream(r.url, "/v1/contacts/many-call/events", Place{}.String())
	s.next("resync")
	if e := s.next("contact"); e.id == "" || !strings.Contains(e.data, fmt.Sprintf(`"many-%d"`, maxReplayed+1)) {
		t.Errorf("after it comes %v", e)
	}
}

func TestFeedbackIsSentTwiceThenItCountsOnce(t *testing.T) {
	r := newRig(t, func(c *Config) { c.WritesCalls = true })
	r.call("fbperson", "fb-shard", callStep("fb/1", "fb-call", schemas.CallEventAnswered, 1))
	r.decide(decision("fb-1", "fbperson", "fb-call"))
	r.shows("fb-call", "fb-1")
	for range 2 {
		for _, f := range []feedbackCall{{DecisionID: "fb-1", Outcome: "overridden", Action: "A02", Reason: "something_else"}, {Outcome: "disposition", Reason: "R03", TalkMs: 1000}} {
			if a := r.ask("POST", "/v1/contacts/fb-call/feedback", f); a.status != http.StatusOK {
				t.Fatalf("it answers %s", a)
			}
		}
	}
	ids := map[string]int{}
	for _, o := range written[schemas.ActionOutcome](r, schemas.TopicActionOutcomes) {
		if o.DecisionID == "fb-1" && o.Outcome == schemas.OutcomeOverridden && o.Action == "A02" && o.Reason == "something_else" && o.PersonRef.Reveal() == "fbperson" && o.OccurredAt >= schemas.MillisOf(began) {
			ids[o.EventID]++
		}
	}
	if len(ids) != 1 {
		t.Errorf("outcomes are %v, want one id", ids)
	}
	ends := map[string]int{}
	for _, p := range written[schemas.Touchpoint](r, schemas.TopicTouchpointsCall) {
		if p.ContactID.V == "fb-call" && p.Body.Call.Event == schemas.CallEventDisposition && p.Body.Call.Reason == "R03" {
			ends[p.EventID]++
		}
	}
	if len(ends) != 1 {
		t.Errorf("dispositions are %v, want one id", ends)
	}
}

// Where the contact center sends dispositions itself, a second one would be wrong.
func TestCallsComeFromElsewhereThenNoDispositionIsWritten(t *testing.T) {
	r := newRig(t)
	if a := r.ask("POST", "/v1/contacts/any/feedback", feedbackCall{Outcome: "disposition", Reason: "R03"}); a.status != http.StatusConflict {
		t.Errorf("it answers %s", a)
	}
}

// A lookup writes the call's beginning and waits for what comes of it.
func TestLookupThenItWaitsForTheDecision(t *testing.T) {
	r := newRig(t, func(c *Config) { c.WritesCalls, c.Wait = true, 10*time.Second })
	got := make(chan *answer, 1)
	go func() {
		got <- r.ask("POST", "/v1/lookup", lookupCall{ContactRef: "ring-call", Phone: "+15550100001", Queue: "pharmacy", Language: "es"})
	}()
	var first *schemas.Touchpoint
	await(t, "the call's first touchpoint", func() bool {
		for _, p := range written[schemas.Touchpoint](r, schemas.TopicTouchpointsCall) {
			if p.ContactID.V == "ring-call" {
				first = &p
			}
		}
		return first != nil
	})
	if len(first.Identifiers) != 1 || first.Identifiers[0].Value.Reveal() != "+15550100001" || first.Body.Call.Queue != "pharmacy" || first.Language.V != "es" {
		t.Errorf("the touchpoint has %d identifiers, queue %s, language %s", len(first.Identifiers), first.Body.Call.Queue, first.Language.V)
	}
	r.decide(decision("ring-1", "ringperson", "ring-call"))
	var v lookupAnswer
	(<-got).into(t, &v)
	if v.Contact == nil || v.Contact.Decision.DecisionID != "ring-1" {
		t.Errorf("it answers %+v", v)
	}
}

// A call is linked to whom its strongest identifier names, once; a number that is nobody's makes no person.
func TestLookupLinksTheCallToThePatient(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Wait, c.LinksCalls, c.Shard = time.Millisecond, true, testShard
		c.IdentifierOrder = []schemas.IdentifierKind{schemas.IdentifierKindMrn, schemas.IdentifierKindMember, schemas.IdentifierKindPhone, schemas.IdentifierKindContact, schemas.IdentifierKindEmail}
	})
	r.call("linkpatient", "phone-+15550100077", callStep("ll/1", "ll-before", schemas.CallEventEnded, 1))
	r.call("linkpatient", "contact-ll-linked", callStep("ll/2", "ll-before", schemas.CallEventDisposition, 2))
	await(t, "both links are read", func() bool {
		v, err := r.desk.server.answers.contact("ll-before", Behind{})
		who, err2 := r.desk.server.answers.owner("contact-ll-linked", "")
		return err == nil && err2 == nil && v != nil && who == "linkpatient"
	})
	for ref, identifiers := range map[string][]lookupIdentifier{
		"ll-member": {{"email", "a@b.example"}, {"phone", "+15550100001"}, {"member", "M7"}},
		"ll-phone":  {{"phone", "+15550100077"}},
		"ll-nobody": {{"phone", "+15550100002"}},
		"ll-email":  {{"email", "a@b.example"}},
		"ll-linked": {{"phone", "+15550100077"}},
	} {
		for range 2 {
			if a := r.ask("POST", "/v1/lookup", lookupCall{ContactRef: ref, Identifiers: identifiers}); a.status != http.StatusOK {
				t.Fatalf("%s: it answers %s", ref, a)
			}
		}
	}
	got := map[string]map[string]bool{}
	for _, l := range written[schemas.IdentityLink](r, schemas.TopicIdentityLinks) {
		ref := l.Identifier.Value.Reveal()
		if got[ref] == nil {
			got[ref] = map[string]bool{}
		}
		got[ref][l.Op.String()+" "+l.Subject.Kind.String()+" "+l.Subject.Value.Reveal()+" "+l.EventID] = true
	}
	want := map[string]map[string]bool{
		"ll-member": {"link member M7 " + schemas.EventID(source, digest("link", "ll-member", "member-M7")): true},
		"ll-phone":  {"link phone +15550100077 " + schemas.EventID(source, digest("link", "ll-phone", "phone-+15550100077")): true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("written is (-want +got):\n%s", diff)
	}
}

func TestNothingIsKnownThenALookupAnswersInTime(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Wait = 50 * time.Millisecond })
	var v lookupAnswer
	r.ask("POST", "/v1/lookup", lookupCall{ContactRef: "silent-call"}).into(t, &v)
	if v.Contact != nil || len(v.Degraded) == 0 || v.Degraded[0] != "no_decision_yet" || v.WaitedMs > 5000 {
		t.Errorf("it answers %+v", v)
	}
}

// Who may ask what.
func TestWhoMayAsk(t *testing.T) {
	hash := func(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }
	r := newRig(t, func(c *Config) {
		c.BehindProxy = true
		c.Tokens = []string{"desktop " + hash("agent") + " contact:read+contact:write", "wall " + hash("room") + " live:read", "oncall " + hash("pager") + " health:read"}
	})
	r.decide(decision("who-1", "whoperson", "who-call"))
	r.shows("who-call", "who-1")
	accept := feedbackCall{DecisionID: "who-1", Outcome: "shown"}
	for _, c := range []struct {
		name, token, path string
		status            int
	}{
		{"no token", "", "GET /v1/contacts/who-call", 401},
		{"a wrong token", "guess", "GET /v1/contacts/who-call", 401},
		{"the hash for a token", hash("agent"), "GET /v1/contacts/who-call", 401},
		{"an agent reads a contact", "agent", "GET /v1/contacts/who-call", 200},
		{"an agent answers", "agent", "POST /v1/contacts/who-call/feedback", 200},
		{"an agent reads a person", "agent", "GET /v1/persons/whoperson", 403},
		{"an agent reads a journey", "agent", "GET /v1/persons/whoperson/journey", 403},
		{"an agent reads a receipt", "agent", "GET /v1/persons/whoperson/decisions/who-1", 403},
		{"an agent watches the room", "agent", "GET /v1/live", 403},
		{"a wall watches the room", "room", "GET /v1/live", 200},
		{"a wall reads a contact", "room", "GET /v1/contacts/who-call", 403},
		{"a wall answers", "room", "POST /v1/contacts/who-call/feedback", 403},
		{"a wall looks up", "room", "POST /v1/lookup", 403},
		{"on-call looks at health", "pager", "GET /v1/health", 200},
		{"on-call reads a contact", "pager", "GET /v1/contacts/who-call/events", 403},
		{"nobody opens a page", "", "GET /contact", 200},
		{"nobody opens a session", "", "POST /session", 401},
		{"an agent opens a session", "agent", "POST /session", 204},
	} {
		r.token = c.token
		method, path, _ := strings.Cut(c.path, " ")
		var body any
		if method == "POST" {
			body = accept
		}
		a := r.ask(method, path, body)
		if a.status != c.status {
			t.Errorf("%s: %s answers %s, want %d", c.name, c.path, a, c.status)
		}
		if a.status >= 400 && bytes.Contains(a.body, []byte("whoperson")) {
			t.Errorf("%s: the error says who it is about", c.name)
		}
		if set := a.header.Get("Set-Cookie"); c.status == 204 && (!strings.Contains(set, "HttpOnly") || !strings.Contains(set, "Secure") || !strings.Contains(set, "Partitioned")) {
			t.Errorf("the cookie is %s", set)
		}
	}
	r.token = ""
	if a := r.ask("GET", "/v1/contacts/who-call", nil, "Cookie", cookie+"=agent"); a.status != 200 {
		t.Errorf("with the cookie it answers %s", a)
	}
	if a := r.ask("POST", "/v1/contacts/who-call/feedback", accept, "Cookie", cookie+"=agent", "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); a.status != 403 {
		t.Errorf("a page of another site may answer: %s", a)
	}
}

// A page of another site, whose name was pointed at this machine, is not this machine.
func TestForeignNameOnLoopbackThenItIsRefused(t *testing.T) {
	r := newRig(t)
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/v1/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Host = "desk.elsewhere.example"
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("it answers %d", a.StatusCode)
	}
}

// What can be reached from elsewhere needs TLS or a proxy, and tokens.
func TestAddressIsReachedFromElsewhereThenItNeedsTLSAndTokens(t *testing.T) {
	token := "desktop " + strings.Repeat("ab", 32) + " contact:read"
	for _, c := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"loopback", Config{}, ""},
		{"everywhere", Config{Listen: ":8090"}, "desk.tls_cert"},
		{"everywhere without tokens", Config{Listen: "0.0.0.0:8090", BehindProxy: true}, "desk.tokens"},
		{"a name", Config{Listen: "desk.example.org:8090", BehindProxy: true, Tokens: []string{token}}, ""},
		{"TLS", Config{Listen: ":8090", TLSCert: "c", TLSKey: "k", Tokens: []string{token}}, ""},
		{"half of TLS", Config{TLSCert: "c"}, "go together"},
		{"a proxy on loopback", Config{BehindProxy: true}, "desk.tokens"},
		{"a token in the clear", Config{Tokens: []string{"desktop secret contact:read"}}, "SHA-256"},
		{"an unknown scope", Config{Tokens: []string{"desktop " + strings.Repeat("ab", 32) + " everything"}}, "scope"},
		{"no origin", Config{FrameAncestors: []string{"*"}}, "desk.frame_ancestors"},
		{"an origin with a policy in it", Config{FrameAncestors: []string{"https://x; script-src *"}}, "desk.frame_ancestors"},
		{"a language", Config{Language: "de"}, "desk.language"},
	} {
		c.cfg.SetDefaults()
		err := c.cfg.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error shows the token", c.name)
		}
	}
}

// A desk that has not caught up does not say that there is no such contact.
func TestDeskIsBehindThenItDoesNotDenyAContact(t *testing.T) {
	begin := make(chan struct{})
	r := newRig(t, func(c *Config) { c.Begin = begin })
	a := r.ask("GET", "/v1/contacts/any-call", nil)
	if a.status != http.StatusServiceUnavailable || !bytes.Contains(a.body, []byte("/problems/behind")) {
		t.Errorf("before it has read anything it answers %s", a)
	}
	close(begin)
	await(t, "it has caught up", func() bool { return r.desk.Behind().Current })
	if a := r.ask("GET", "/v1/contacts/any-call", nil); a.status != http.StatusNotFound {
		t.Errorf("caught up it answers %s", a)
	}
}

func TestUnreadableRecordThenItIsCountedAndTheOthersGoOn(t *testing.T) {
	rejected := make(chan string, 10)
	r := newRig(t, func(c *Config) {
		c.Events.Rejected = func(_ pipeline.TopicPartition, _ int64, reason string) { rejected <- reason }
	})
	r.putBytes(schemas.TopicActions, "badperson", []byte("this is not a record"))
	r.decide(decision("bad-1", "badperson", "bad-call"))
	r.shows("bad-call", "bad-1")
	select {
	case reason := <-rejected:
		if reason != string(schemas.RejectUndecodable) {
			t.Errorf("the reason is %s", reason)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody has counted it")
	}
}
