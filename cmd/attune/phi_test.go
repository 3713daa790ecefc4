package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/telemetrytest"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// planted is what identifies the patient of this test, as sources write it: where identifiers belong,
// and where they do not.
var planted = map[string]string{
	"mrn": "MRN-8812345-PL", "member": "MBR77-PLANTED-01", "phone": "+15550109876", "email": "jane.plantedname@mail.example",
	"device": "device-planted-93ab", "cookie": "cookie-planted-51fe", "session": "session-planted-7d", "agent": "agent-planted-42",
	"name": "Jane Plantedname", "words": "my chest hurts and my husband Plantedhusband", "header": "subject-planted-11", "key": "key-planted-patient",
}

// needles are what is looked for: the planted texts, and the words in them that nothing else has.
func needles() []string {
	return append(slices.Collect(maps.Values(planted)), "8812345", "5550109876", "planted-", "Planted", "PLANTED", "plantedname")
}

// leaks says which needles are in b.
func leaks(b []byte) []string {
	var found []string
	for _, n := range needles() {
		if bytes.Contains(b, []byte(n)) {
			found = append(found, n)
		}
	}
	return found
}

// checkClean demands that nothing identifies the patient in what left.
func checkClean(t *testing.T, where string, b []byte) {
	t.Helper()
	if found := leaks(b); len(found) > 0 {
		at := bytes.Index(b, []byte(found[0]))
		t.Errorf("%s holds %q: ...%s...", where, found, b[max(0, at-100):min(len(b), at+100)])
	}
}

func identifiersOf(kinds ...schemas.IdentifierKind) []schemas.Identifier {
	var out []schemas.Identifier
	for _, k := range kinds {
		out = append(out, schemas.Identifier{Kind: k, Value: schemas.Protected(planted[k.String()])})
	}
	return out
}

var everyKind = identifiersOf(schemas.IdentifierKindMrn, schemas.IdentifierKindMember, schemas.IdentifierKindPhone,
	schemas.IdentifierKindEmail, schemas.IdentifierKindDevice, schemas.IdentifierKindCookie)

// plantTouchpoints returns touchpoints of all channels with the patient in every field that takes a
// text, one field at a time where a field makes INGEST reject the whole.
func plantTouchpoints() map[string][]*schemas.Touchpoint {
	n := 0
	at := schemas.Millis(time.Now().Add(-time.Minute).UnixMilli())
	make := func(channel schemas.Channel, body schemas.TouchpointBody) *schemas.Touchpoint {
		n++
		return &schemas.Touchpoint{
			EventID: fmt.Sprint("source/", n), OccurredAt: at + schemas.Millis(n), ReceivedAt: at, Channel: channel, Identifiers: everyKind,
			SessionID: schemas.Some(schemas.Protected(planted["session"])), Language: schemas.Some(planted["name"]), Body: body,
		}
	}
	web := func(v schemas.Web) *schemas.Touchpoint {
		return make(schemas.ChannelWeb, schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: v})
	}
	app := func(v schemas.App) *schemas.Touchpoint {
		return make(schemas.ChannelApp, schemas.TouchpointBody{Kind: schemas.TouchpointBodyApp, App: v})
	}
	call := func(v schemas.Call) *schemas.Touchpoint {
		t := make(schemas.ChannelCall, schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: v})
		t.ContactID = schemas.Some("contact-1")
		return t
	}
	ehr := func(v schemas.Ehr) *schemas.Touchpoint {
		return make(schemas.ChannelEhr, schemas.TouchpointBody{Kind: schemas.TouchpointBodyEhr, Ehr: v})
	}
	agent := schemas.Some(schemas.Protected(planted["agent"]))
	pages := []string{planted["name"], planted["words"], "patients/8812345/labs", "https://portal.example/?mail=" + planted["email"], planted["mrn"], "labs/" + planted["cookie"], planted["phone"]}
	out := map[string][]*schemas.Touchpoint{}
	for _, text := range pages {
		page := schemas.Protected(text)
		out[schemas.TopicTouchpointsWeb] = append(out[schemas.TopicTouchpointsWeb],
			web(schemas.Web{Event: schemas.WebEventFormError, Page: page, Reason: "R03"}), web(schemas.Web{Event: schemas.WebEventSearch, Page: page}))
		out[schemas.TopicTouchpointsApp] = append(out[schemas.TopicTouchpointsApp],
			app(schemas.App{Event: schemas.AppEventMessageSent, Screen: page, MessageID: schemas.Some(planted["words"])}),
			app(schemas.App{Event: schemas.AppEventChatbotFailed, Screen: page, MessageID: schemas.Some(planted["mrn"])}))
		out[schemas.TopicTouchpointsEhr] = append(out[schemas.TopicTouchpointsEhr],
			ehr(schemas.Ehr{Event: schemas.EhrEventNeedRecorded, Code: page, Status: text, Provenance: text}))
		if text == "patients/8812345/labs" { // a code may be a long number: nobody can tell it from another's
			out[schemas.TopicTouchpointsEhr][len(out[schemas.TopicTouchpointsEhr])-1].Body.Ehr.Code = ""
		}
		out[schemas.TopicTouchpointsCall] = append(out[schemas.TopicTouchpointsCall],
			call(schemas.Call{Event: schemas.CallEventQueued, Queue: text, Agent: agent}),
			call(schemas.Call{Event: schemas.CallEventAnswered, Queue: text, Agent: agent}))
	}
	out[schemas.TopicTouchpointsCall] = append(out[schemas.TopicTouchpointsCall],
		call(schemas.Call{Event: schemas.CallEventDisposition, Reason: "R03", Queue: "main", Agent: agent, Queued: true, Answered: true}))
	// These are rejected.
	bad := web(schemas.Web{Event: schemas.WebEventPageView, Page: schemas.Protected(planted["name"]), Reason: planted["words"]})
	absurd := web(schemas.Web{Page: schemas.Protected(planted["name"])})
	absurd.OccurredAt = 1
	elsewhere := app(schemas.App{Screen: schemas.Protected(planted["name"])})
	out[schemas.TopicTouchpointsWeb] = append(out[schemas.TopicTouchpointsWeb], bad, absurd, elsewhere)
	// Some sources make ids of whom they are about.
	out[schemas.TopicTouchpointsWeb][0].EventID, bad.EventID = "web-5550109876-1", "web-"+planted["mrn"]+"-2"
	return out
}

// plantAll writes the patient into everything that sources write, twice, so that duplicates are
// among it, and returns how many touchpoints can be used.
func plantAll(p *plant) {
	word := []byte(planted["words"])
	headers := []pipeline.Header{
		{Key: "ce_id", Value: []byte("1")}, {Key: "ce_subject", Value: []byte(planted["header"])}, {Key: "ce_source", Value: []byte("mailto:" + planted["email"])},
		{Key: "x-patient", Value: []byte(planted["name"])}, {Key: "traceparent", Value: []byte(planted["mrn"])}, {Key: "tracestate", Value: []byte("p=" + planted["mrn"])},
		{Key: "attune_clock", Value: []byte(planted["name"])},
	}
	key := []byte(planted["key"])
	touchpoints := plantTouchpoints()
	for range 2 {
		for topic, list := range touchpoints {
			for _, t := range list {
				p.send(topic, 0, key, p.framed(topic, t), headers...)
			}
		}
	}
	web := touchpoints[schemas.TopicTouchpointsWeb][0]
	whole := p.framed(schemas.TopicTouchpointsWeb, web)
	foreign := p.register("foreign-value", `{"type":"record","name":"Touchpoint","namespace":"health.attune","fields":[{"name":"event_id","type":"string"},{"name":"note","type":"string"}]}`)
	later := p.register("later-value", laterTouchpoint(p.t))
	for _, value := range [][]byte{
		nil, word, whole[:len(whole)-9], append(bytes.Clone(whole), word...), append([]byte{0, 0, 0, 99, 99}, word...),
		append(schemas.AppendFrame(nil, foreign), append([]byte{byte(2 * len(word))}, word...)...),
		append(append(schemas.AppendFrame(nil, later), whole[5:]...), append([]byte{byte(2 * len(word))}, word...)...),
		bytes.Repeat(word, 1<<20/len(word)-100),
	} {
		for _, topic := range []string{schemas.TopicTouchpointsWeb, schemas.TopicTouchpointsCall, schemas.TopicConsents, schemas.TopicActionOutcomes, schemas.TopicIdentityLinks} {
			p.send(topic, 0, key, value, headers...)
		}
	}
	at := web.OccurredAt
	mrn := everyKind[0]
	for i, id := range everyKind {
		link := &schemas.IdentityLink{EventID: fmt.Sprint("link/", i), OccurredAt: at, Op: schemas.LinkOpLink, Identifier: id, Subject: mrn, Source: planted["words"]}
		p.send(schemas.TopicIdentityLinks, 0, []byte(id.Value.Reveal()), p.framed(schemas.TopicIdentityLinks, link), headers...)
		link.EventID, link.Op = fmt.Sprint("merge/", i), schemas.LinkOpMerge
		p.send(schemas.TopicIdentityLinks, 0, []byte(id.Value.Reveal()), p.framed(schemas.TopicIdentityLinks, link), headers...)
	}
	consent := &schemas.Consent{EventID: "consent/1", OccurredAt: at, Identifiers: everyKind, Channel: planted["email"], Purpose: planted["words"], Status: schemas.ConsentStatusGranted,
		TimeZone: schemas.Some(planted["name"]), PreferredChannel: schemas.Some(planted["phone"])}
	p.send(schemas.TopicConsents, 0, key, p.framed(schemas.TopicConsents, consent), headers...)
	outcome := &schemas.ActionOutcome{EventID: "outcome/1", OccurredAt: at, DecisionID: planted["name"], PersonRef: schemas.PersonRef(planted["key"]), Outcome: schemas.OutcomeRejected}
	p.send(schemas.TopicActionOutcomes, 0, key, p.framed(schemas.TopicActionOutcomes, outcome), headers...)
	outcome = &schemas.ActionOutcome{EventID: "outcome/2", OccurredAt: at, DecisionID: planted["name"], PersonRef: "abcdefghijklmnopqrstuvwxyz", Outcome: schemas.OutcomeRejected, Action: planted["words"], Reason: planted["words"]}
	p.send(schemas.TopicActionOutcomes, 0, key, p.framed(schemas.TopicActionOutcomes, outcome), headers...)
}

// laterTouchpoint is our schema with a field of free text that it does not have yet.
func laterTouchpoint(t *testing.T) string {
	d, ok := schemas.DefinitionOf("Touchpoint")
	if !ok {
		t.Fatal("no Touchpoint")
	}
	i := strings.LastIndex(d.Schema, "]")
	return d.Schema[:i] + `,{"name":"note","type":"string","default":""}]}`
}

// mayHold are the topics that the patient may be in: what sources wrote, and what was rejected or late.
var mayHold = []string{schemas.TopicTouchpointsWeb, schemas.TopicTouchpointsApp, schemas.TopicTouchpointsCall, schemas.TopicTouchpointsEhr,
	schemas.TopicConsents, schemas.TopicActionOutcomes, schemas.TopicIdentityLinks, schemas.TopicTouchpointsRejected}

func TestNothingThatIdentifiesAPatientLeaves(t *testing.T) {
	t.Parallel()
	collector := telemetrytest.NewCollector(t)
	p := newPlant(t, fmt.Sprintf("telemetry: {listen: '127.0.0.1:0', log_level: debug, otlp_endpoint: %q, trace_ratio: 1}\n", collector.URL))
	plantAll(p)
	runs, sinks := start(t, "run", "--config", p.config), start(t, "sink", "--config", p.config)
	runs.ready(t)
	sinks.ready(t)
	p.quiet("attune", "attune-sink")
	_, runMetrics := runs.page(t, "/metrics")
	_, sinkMetrics := sinks.page(t, "/metrics")
	runs.stop(t)
	sinks.stop(t)

	checkClean(t, "/metrics of run", []byte(runMetrics))
	checkClean(t, "/metrics of sink", []byte(sinkMetrics))
	for _, r := range []*role{runs, sinks} {
		log, err := os.ReadFile(r.log)
		if err != nil {
			t.Fatal(err)
		}
		checkClean(t, "log "+filepath.Base(r.log), log)
	}
	if len(collector.Spans()) == 0 {
		t.Error("no traces to look into")
	}
	checkClean(t, "telemetry sent to the collector", collector.Raw())
	checkTopicsClean(t, p)
	checkTailsClean(t, p)
	checkTablesClean(t, p)
	checkImportClean(t, p)
}

// checkTopicsClean looks into every topic, keys and headers included.
func checkTopicsClean(t *testing.T, p *plant) {
	t.Helper()
	counts := map[string]int{}
	for _, spec := range schemas.Topics(schemas.TopicConfig{}) {
		p.each(spec.Name, func(r *pipeline.Record) {
			counts[spec.Name]++
			switch {
			case spec.Name == schemas.TopicTouchpointsRejected:
				v := decoded[schemas.RejectedRecord](t, r.Value)
				checkClean(t, "reason, detail and event id in "+spec.Name, []byte(v.Reason+" "+v.Detail+" "+v.EventID))
			case !slices.Contains(mayHold, spec.Name):
				checkClean(t, "value in "+spec.Name, r.Value)
				checkClean(t, "key in "+spec.Name, r.Key)
			}
			if !spec.Input {
				for _, h := range r.Headers {
					checkClean(t, "header in "+spec.Name, append([]byte(h.Key+" "), h.Value...))
				}
			}
		})
	}
	for _, topic := range []string{schemas.TopicTouchpointsRejected, schemas.TopicIdentified, schemas.TopicPersonas, schemas.TopicPredictions, schemas.TopicActions,
		schemas.TopicDecisionInputs, schemas.TopicIdentity, schemas.TopicTrainingExamples, schemas.TopicPatientChangelog, schemas.TopicIdentityChangelog} {
		if counts[topic] == 0 {
			t.Errorf("%s is empty: nothing was looked into", topic)
		}
	}
}

// checkTailsClean looks at what a person at a terminal sees of every topic.
func checkTailsClean(t *testing.T, p *plant) {
	t.Helper()
	for _, spec := range schemas.Topics(schemas.TopicConfig{}) {
		s := try(t, "tail", spec.Name, "-n", "0", "--config", p.config)
		if s.code != exit.CodeOK {
			t.Errorf("tail %s: %s", spec.Name, s.stderr)
		}
		checkClean(t, "tail "+spec.Name, []byte(s.stdout+s.stderr))
	}
	revealed := must(t, "tail", schemas.TopicTouchpointsWeb, "-n", "0", "--reveal", "--config", p.config)
	if !strings.Contains(revealed, planted["mrn"]) {
		t.Error("--reveal reveals nothing")
	}
}

// checkTablesClean looks into every column of every table.
func checkTablesClean(t *testing.T, p *plant) {
	t.Helper()
	// One view has a parameter.
	tables := strings.Fields(p.sql("SELECT name FROM system.tables WHERE database = 'attune' AND name != 'journey_of' FORMAT TSV"))
	persons := strings.Fields(p.sql("SELECT DISTINCT person_ref FROM attune.journey FORMAT TSV"))
	if len(persons) == 0 {
		t.Error("nobody has a journey: nothing was looked into")
	}
	for _, person := range persons {
		tables = append(tables, "journey_of(person_ref = '"+person+"')")
	}
	if len(tables) < 10 {
		t.Errorf("tables and views: %v", tables)
	}
	for _, table := range tables {
		checkClean(t, "table "+table, []byte(p.sql("SELECT * FROM attune."+table+" FORMAT JSONEachRow")))
	}
	for _, table := range []string{"touchpoints", "predictions", "actions", "outcomes"} {
		if p.sql("SELECT count() FROM attune."+table) == "0\n" {
			t.Errorf("table %s is empty: nothing was looked into", table)
		}
	}
}

// sql asks ClickHouse past attune.
func (p *plant) sql(query string) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, "http://"+p.parts.ClickHouse.HTTPAddr()+"/?"+url.Values{"database": {"attune"}}.Encode(), strings.NewReader(query))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Close = true // the server waits for idle connections when it stops
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s %v", query, body, err)
	}
	return string(body)
}

// checkImportClean imports logs that cannot be read, and asks for what is not there.
func checkImportClean(t *testing.T, p *plant) {
	t.Helper()
	lines := filepath.Join(t.TempDir(), "log.jsonl")
	text := `{"event_id": "1", "note": "` + planted["words"] + "\"}\n" + planted["name"] + "\n" + `{"event_id": "` + planted["mrn"] + `", "channel": "` + planted["name"] + `", "occurred_at": "` + planted["phone"] + `"}`
	if err := os.WriteFile(lines, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"touchpoints-jsonl", "technion-bank"} {
		s := try(t, "import", "--format", format, lines, "--config", p.config)
		checkClean(t, "import "+format, []byte(s.stdout+s.stderr))
	}
}
