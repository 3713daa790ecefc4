package desk

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
)

// hookCall is what an EHR sends when the record of a patient is opened.
func hookCall(hook, patient string) map[string]any {
	return map[string]any{"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "fhirServer": "https://ehr.example.org/r4",
		"context": map[string]any{"userId": "Practitioner/7", "patientId": patient}}
}

// testShard stands for INGEST's: the pseudonym of p is person-p.
func testShard(kind schemas.IdentifierKind, value string) (string, string) {
	return kind.String() + "-" + value, "person-" + value
}

func TestEHRAsksThenTheNextBestActionIsACard(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Shard, c.PublicURL = testShard, "https://desk.example.org" })
	check := checker(t, r.ask("GET", "/openapi.json", nil).body)
	d := decision("cds-1", "person-cds1", "cds-call")
	d.Evidence = []schemas.Evidence{{Feature: "x", Weight: 1, Text: "a *form* failed"}}
	r.decide(d)
	r.shows("cds-call", "cds-1")
	discovery := r.ask("GET", "/cds-services", nil)
	if err := check("CDSServices", discovery.body); err != nil || strings.Count(string(discovery.body), `"hook"`) != 3 {
		t.Errorf("the services are %s (%v)", discovery, err)
	}
	for _, hook := range []string{"patient-view", "appointment-book", "encounter-discharge"} {
		a := r.ask("POST", "/cds-services/attune-"+hook, hookCall(hook, "cds1"))
		var v cdsCards
		a.into(t, &v)
		if err := check("CDSCards", a.body); err != nil {
			t.Errorf("%s: %v", hook, err)
		}
		if bytes.Contains(a.body, []byte("null")) || bytes.Contains(a.body, []byte(`""`)) {
			t.Errorf("%s: the standard forbids empty values: %s", hook, a)
		}
		if len(v.Cards) != 1 || v.Cards[0].UUID != "cds-1" || v.Cards[0].Indicator != "warning" || len(v.Cards[0].OverrideReasons) != 5 || !strings.Contains(v.Cards[0].Detail, `a \*form\* failed`) ||
			v.Cards[0].Links[0].URL != "https://desk.example.org/contact?contact_ref=cds-call" {
			t.Errorf("%s: the card is %s", hook, a)
		}
	}
	var v cdsCards
	r.ask("POST", "/cds-services/attune-patient-view", hookCall("patient-view", "nobody")).into(t, &v)
	if v.Cards == nil || len(v.Cards) != 0 {
		t.Errorf("for somebody unknown it answers %+v", v)
	}
	for name, c := range map[string]struct {
		path   string
		body   any
		status int
	}{
		"another hook":          {"/cds-services/attune-patient-view", hookCall("order-sign", "cds1"), 400},
		"no patient":            {"/cds-services/attune-patient-view", hookCall("patient-view", ""), 400},
		"no JSON":               {"/cds-services/attune-patient-view", []byte("{"), 400},
		"another service":       {"/cds-services/other", hookCall("patient-view", "cds1"), 404},
		"feedback of no card":   {"/cds-services/attune-patient-view/feedback", map[string]any{"feedback": []any{map[string]any{"card": "no-card", "outcome": "accepted"}}}, 404},
		"an unknown outcome":    {"/cds-services/attune-patient-view/feedback", map[string]any{"feedback": []any{map[string]any{"card": "cds-1", "outcome": "ignored"}}}, 400},
		"feedback that is none": {"/cds-services/attune-patient-view/feedback", map[string]any{}, 400},
	} {
		await(t, "it is current", func() bool { return r.desk.Behind().Current })
		if a := r.ask("POST", c.path, c.body); a.status != c.status {
			t.Errorf("%s: it answers %s, want %d", name, a, c.status)
		}
	}
	audited := 0
	for _, v := range written[schemas.AccessAudit](r, schemas.TopicAccessAudit) {
		if v.What == "cds" && v.PersonRef.Reveal() == "person-cds1" {
			audited++
		}
	}
	if audited != 3 {
		t.Errorf("access-audit has %d reads, want 3", audited)
	}
}

// A card is a claim about this patient, now.
func TestDecisionDoesNotHoldThenThereIsNoCard(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Shard, c.CDS.PatientSystem = testShard, "urn:mrn" })
	linked := decision("card-linked", "patient", "card-linked")
	nothing, conflict, dead, cancelled, expired := decision("card-nothing", "person-a", "card-a"), decision("card-conflict", "person-b", "card-b"), decision("card-dead", "person-c", "card-c"), decision("card-cancelled", "person-d", "card-d"), decision("card-expired", "person-e", "card-e")
	nothing.Action = schemas.ChosenAction{ID: "A00"}
	conflict.Facts = []schemas.DecisionFact{{Code: "identity_conflict"}}
	dead.Facts = []schemas.DecisionFact{{Code: "deceased"}}
	cancelled.Cancelled = true
	expired.ExpiresAt = expired.AsOf
	for _, d := range []*schemas.NextBestAction{nothing, conflict, dead, cancelled, expired, linked} {
		r.decide(d)
		r.shows(d.ContactRef.V, d.DecisionID)
	}
	r.call("patient", "mrn-f", callStep("card/1", "card-linked", schemas.CallEventQueued, 1))
	ask := func(mrn string) *answer {
		call := hookCall("patient-view", "an-id-of-the-EHR")
		call["prefetch"] = map[string]any{"patient": map[string]any{"resourceType": "Patient", "identifier": []any{map[string]any{"system": "urn:other", "value": "x"}, map[string]any{"system": "urn:mrn", "value": mrn}}}}
		return r.ask("POST", "/cds-services/attune-patient-view", call)
	}
	for _, mrn := range []string{"a", "b", "c", "d", "e"} {
		if a := ask(mrn); a.status != 200 || strings.TrimSpace(string(a.body)) != `{"cards":[]}` {
			t.Errorf("%s: it answers %s", mrn, a)
		}
	}
	await(t, "the link is read", func() bool { return bytes.Contains(ask("f").body, []byte(`"card-linked"`)) })
	if a := r.ask("POST", "/cds-services/attune-patient-view", hookCall("patient-view", "f")); a.status != http.StatusPreconditionFailed {
		t.Errorf("without the patient's identifiers it answers %s", a)
	}
}

func TestCardIsAnsweredTwiceThenItCountsOnce(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Shard = testShard })
	for _, id := range []string{"answer-1", "answer-2"} {
		r.decide(decision(id, "person-answer", "call-"+id))
		r.shows("call-"+id, id)
	}
	dismissed := map[string]any{"card": "answer-2", "outcome": "overridden", "outcomeTimestamp": "2026-03-04T14:00:00Z",
		"overrideReason": map[string]any{"reason": map[string]any{"code": "already_done", "system": overrideSystem}, "userComment": "Mrs. Planted was here"}}
	for range 2 {
		body := map[string]any{"feedback": []any{map[string]any{"card": "answer-1", "outcome": "accepted", "acceptedSuggestions": []any{map[string]any{"id": "answer-1"}}}, dismissed, map[string]any{"card": "gone", "outcome": "accepted"}}}
		if a := r.ask("POST", "/cds-services/attune-patient-view/feedback", body); a.status != 200 {
			t.Fatalf("it answers %s", a)
		}
	}
	ids := map[string]string{}
	for _, o := range written[schemas.ActionOutcome](r, schemas.TopicActionOutcomes) {
		if o.PersonRef.Reveal() == "person-answer" {
			ids[o.EventID] = o.DecisionID + " " + o.Outcome.String() + " " + o.Reason
		}
		if strings.Contains(fmt.Sprintf("%+v", o), "Planted") {
			t.Error("what somebody typed in was written")
		}
	}
	if len(ids) != 2 || ids[schemas.EventID(source, "answer-1-accepted")] != "answer-1 accepted " || ids[schemas.EventID(source, "answer-2-rejected")] != "answer-2 rejected already_done" {
		t.Errorf("written is %v", ids)
	}
}

// The rules of the standard for JWTs: for this address, signed with a key of an issuer that is named, once.
func TestWhichEHRsMayAsk(t *testing.T) {
	ehr := newIssuer(t)
	r := newRig(t, func(c *Config) {
		c.Shard, c.PublicURL, c.CDS.Issuers = testShard, "https://desk.example.org", []string{"https://ehr.example.org " + ehr.URL + "/jwks"}
	})
	n := 0
	fresh := func(changes claims) claims {
		n++
		now := time.Now()
		return claims{"iss": "https://ehr.example.org", "aud": "https://desk.example.org/cds-services/attune-patient-view", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "jti": fmt.Sprint("jti-", n)}.but(changes)
	}
	ask := func(token, path string) int {
		r.token = token
		return r.ask("POST", path, hookCall("patient-view", "jwt")).status
	}
	const service = "/cds-services/attune-patient-view"
	once := ehr.sign(fresh(nil))
	if got := ask(once, service); got != 200 {
		t.Errorf("a good JWT gets %d", got)
	}
	for name, token := range ehr.forged(fresh(nil)) {
		if got := ask(token, service); got != 401 {
			t.Errorf("a JWT %s gets %d", name, got)
		}
	}
	for name, token := range map[string]string{
		"used again":           once,
		"without jti":          ehr.sign(fresh(claims{"jti": nil})),
		"that lives for a day": ehr.sign(fresh(claims{"exp": time.Now().Add(24 * time.Hour).Unix()})),
		"of the future":        ehr.sign(fresh(claims{"iat": time.Now().Add(time.Hour).Unix()})),
		"for another service":  ehr.sign(fresh(claims{"aud": "https://desk.example.org/cds-services/attune-appointment-book"})),
	} {
		if got := ask(token, service); got != 401 {
			t.Errorf("a JWT %s gets %d", name, got)
		}
	}
	if got := ask(ehr.sign(fresh(claims{"aud": "https://desk.example.org/v1/live"})), "/v1/live"); got == 200 {
		t.Error("an EHR's JWT opens other doors")
	}
	r.token = ehr.sign(fresh(claims{"aud": "https://desk.example.org/v1/live"}))
	if a := r.ask("GET", "/v1/live", nil); a.status != 401 {
		t.Errorf("an EHR's JWT opens the live room: %s", a)
	}
	ehr.rotate()
	if got := ask(ehr.sign(fresh(nil)), service); got != 200 {
		t.Errorf("a JWT of a new key gets %d", got)
	}
	if got := ask("", service); got != 401 {
		t.Errorf("nobody gets %d", got)
	}
	if a := r.ask("GET", "/cds-services", nil); a.status != 200 {
		t.Errorf("the services are hidden: %s", a)
	}
}

// Whatever a catalogue has, its summary is one that the standard allows, and whole.
func TestEverySummaryIsShortEnough(t *testing.T) {
	n := 0
	for _, name := range []string{"health", "bank", "plain"} {
		taxonomy, err := schemas.LoadTaxonomy(map[string]string{"health": "health", "plain": "health", "bank": "bank"}[name])
		if err != nil {
			t.Fatal(err)
		}
		catalogue, err := decide.LoadCatalogue(name, taxonomy)
		if err != nil {
			t.Fatal(err)
		}
		a := &answers{words: decide.NewWords(catalogue, taxonomy)}
		for i := range catalogue.Actions {
			action := &catalogue.Actions[i]
			treatments := []string{""}
			for _, treatment := range action.Treatment {
				treatments = append(treatments, treatment)
			}
			for _, treatment := range treatments {
				for _, r := range taxonomy.Reasons {
					d := &decisionAnswer{Action: a.action(&schemas.ChosenAction{ID: action.ID, Treatment: treatment}), Reasons: []reasonAnswer{{a.coded(r.Code), 0.5}}}
					for language := range texts {
						said := d.inLanguage(language, a.words)
						got := summary(&said)
						if utf8.RuneCountInString(got) >= maxSummary || strings.Contains(got, "…") || !strings.Contains(got, said.Reasons[0].Words) {
							t.Errorf("%s %s/%s in %s: %d characters: %s", name, action.ID, treatment, language, utf8.RuneCountInString(got), got)
						}
						n++
						// The catalogues and taxonomies that ship are in English, and known in every language.
						if language == "en" {
							continue
						}
						for _, words := range []string{action.Words, treatment, r.Words} {
							if words != "" && phrases[language][words] == "" {
								t.Errorf("%s: %q is not known in %s", name, words, language)
							}
						}
					}
				}
			}
		}
	}
	if n < 400 {
		t.Errorf("only %d summaries were made", n)
	}
	long := summary(&decisionAnswer{Action: actionAnswer{Words: strings.Repeat("déjà vu ", 40)}})
	if utf8.RuneCountInString(long) >= maxSummary || !strings.HasSuffix(long, "vu…") {
		t.Errorf("a long one is cut to %q", long)
	}
}

// An EHR whose user reads Spanish, or whose site does, gets the card in Spanish: nothing of it is in the brief's English.
func TestSpanishIsAskedForThenTheCardIsInSpanish(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Shard, c.PublicURL = testShard, "https://desk.example.org" })
	d := decision("cds-es", "person-cdses", "cds-es-call")
	d.Evidence = []schemas.Evidence{{Feature: "x", Weight: 1, Text: "a refill form failed"}}
	d.RedFlags = []schemas.RedFlag{{Kind: "urgent", Source: "search"}}
	d.Facts = []schemas.DecisionFact{{Code: "language", Value: "es"}, {Code: "repeat", N: 3}}
	d.Duties = []schemas.Duty{{Code: "interpreter", Value: "es"}}
	r.decide(d)
	r.shows("cds-es-call", "cds-es")
	ask := func(url string, headers ...string) cdsCard {
		var v cdsCards
		r.Helper()
		defer func(was string) { r.url = was }(r.url)
		r.url = url
		r.ask("POST", "/cds-services/attune-patient-view", hookCall("patient-view", "cdses"), headers...).into(t, &v)
		if len(v.Cards) != 1 {
			t.Fatalf("%d cards", len(v.Cards))
		}
		return v.Cards[0]
	}
	site := r.start(t.TempDir(), func(c *Config) { c.Shard, c.PublicURL, c.Language = testShard, "https://desk.example.org", "es" })
	await(t, "the other desk has it", func() bool {
		v, err := site.server.answers.contact("cds-es-call", Behind{})
		return err == nil && v != nil && v.Decision != nil
	})
	for name, c := range map[string]cdsCard{"the request": ask(r.url, "Accept-Language", "es-MX,es;q=0.9"), "the site": ask(strings.TrimSuffix(site.URL(), "/"))} {
		if c.Summary != "Pasar a la cola de farmacia con el resumen (renovación de receta)" || c.Suggestions[0].Label != "Pasar a la cola de farmacia con el resumen" || c.OverrideReasons[1].Display != "Ya está hecho" || c.Links[0].Label != "Contacto" {
			t.Errorf("%s says Spanish, and the card is %+v", name, c)
		}
		const want = "Pasar a la cola de farmacia con el resumen.\n\n- Posiblemente urgente\n- Habla español\n- Llamada número 3 sobre esto\n- Busque un intérprete\n- Lo intentó antes en línea\n- Probablemente por: renovación de receta (67 %)"
		if c.Detail != want {
			t.Errorf("%s says Spanish, and the detail is %q", name, c.Detail)
		}
	}
	if c := ask(r.url, "Accept-Language", "en"); !strings.Contains(c.Detail, "a refill form failed") || !strings.HasPrefix(c.Summary, "Route to") {
		t.Errorf("in English the card is %+v", c)
	}
	for language := range phrases {
		for _, h := range cdsHooks {
			if phrases[language][h.title] == "" || phrases[language][h.description] == "" {
				t.Errorf("the service of %s is not described in %s", h.hook, language)
			}
		}
	}
}
