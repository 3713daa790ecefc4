package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/attune-health/attune/internal/telemetrytest"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// queued is a touchpoint of a call that has come to stand in the queue.
func queued(id string) *schemas.Touchpoint {
	return step(id, func(t *schemas.Touchpoint) {
		t.EventID += "/call"
		t.Channel, t.ContactID = schemas.ChannelCall, schemas.Some("contact-"+id)
		t.Body = schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: schemas.Call{Event: schemas.CallEventQueued, Queue: "main"}}
	})
}

// One trace goes from a call to the action that the contact center reads, and on into ClickHouse.
func TestOneTraceFromCallToAction(t *testing.T) {
	t.Parallel()
	collector := telemetrytest.NewCollector(t)
	p := newPlant(t, fmt.Sprintf("telemetry: {listen: '127.0.0.1:0', otlp_endpoint: %q, trace_ratio: 1}\n", collector.URL))
	runs := start(t, "run", "--config", p.config, "--with", "sink")
	runs.ready(t)
	p.send(schemas.TopicTouchpointsWeb, 0, nil, p.framed(schemas.TopicTouchpointsWeb, step("1", func(t *schemas.Touchpoint) {
		t.Body.Web = schemas.Web{Event: schemas.WebEventFormError, Page: "refill/form", Reason: "R03"}
	})))
	p.quiet("attune")
	offset := p.send(schemas.TopicTouchpointsCall, 1, nil, p.framed(schemas.TopicTouchpointsCall, queued("1")))
	p.quiet("attune", "attune-sink")
	runs.stop(t) // which exports what is left

	spans := map[string][]telemetrytest.Span{}
	for _, s := range collector.Spans() {
		spans[s.Name] = append(spans[s.Name], s)
	}
	i := slices.IndexFunc(spans["ingest"], func(s telemetrytest.Span) bool { return s.Attributes["topic"] == schemas.TopicTouchpointsCall })
	if len(spans["ingest"]) != 2 || i < 0 {
		t.Fatalf("ingest spans: %+v", spans["ingest"])
	}
	ingest := spans["ingest"][i]
	if a := ingest.Attributes; ingest.Parent != "" || a["partition"] != "1" || a["offset"] != fmt.Sprint(offset) {
		t.Errorf("ingest span: %+v", ingest)
	}
	i = slices.IndexFunc(spans["patient"], func(s telemetrytest.Span) bool { return s.Parent == ingest.ID })
	if i < 0 {
		t.Fatalf("no patient span below ingest's: %+v", spans["patient"])
	}
	patient := spans["patient"][i]
	actions := 0
	p.each(schemas.TopicActions, func(r *pipeline.Record) {
		if decoded[schemas.NextBestAction](t, r.Value).ContactRef.V != "contact-1" {
			return // of the failed form
		}
		actions++
		if got, _ := schemas.FindHeader(r.Headers, schemas.HeaderTraceParent); string(got) != patient.TraceParent() {
			t.Errorf("the action's traceparent is %q, want %q", got, patient.TraceParent())
		}
	})
	if actions == 0 {
		t.Error("the call caused no action")
	}
	topics := map[string]bool{}
	for _, s := range spans["sink"] {
		if s.Trace == ingest.Trace && (s.Parent == ingest.ID || s.Parent == patient.ID) {
			topics[s.Attributes["topic"]] = true
		}
	}
	if !topics[schemas.TopicIdentified] || !topics[schemas.TopicActions] {
		t.Errorf("sink spans of topics %v, want those of the touchpoint and of the action", topics)
	}
}

// A process is not ready before it has its partitions and their state, and is then.
func TestReadyAfterAssignment(t *testing.T) {
	t.Parallel()
	p := newPlant(t, "telemetry: {listen: '127.0.0.1:0'}\n")
	first := start(t, "run", "--config", p.config, "--with", "sink")
	first.ready(t)
	if code, body := first.page(t, "/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("/healthz: %d %s", code, body)
	}
	second := start(t, "run", "--config", p.config)
	second.ready(t)
	first.ready(t) // again, with what is left to it
	_, metrics := second.page(t, "/metrics")
	if !strings.Contains(metrics, `attune_tasks{role="patient"} 1`) {
		t.Error("the second process is ready and has no patient task")
	}
	// The broker goes: the process lives, and says that it is not what it should be once it has noticed.
	if err := p.parts.Broker.Close(); err != nil {
		t.Fatal(err)
	}
	p.parts.Broker = nil
	if code, _ := second.page(t, "/healthz"); code != http.StatusOK {
		t.Errorf("/healthz without a broker: %d", code)
	}
	for _, r := range []*role{first, second} {
		if err := r.Kill(); err != nil {
			t.Error(err)
		}
	}
}

var (
	documented = regexp.MustCompile("(?m)^\\| `(attune_[a-z_]+)` \\|")
	exposed    = regexp.MustCompile(`(?m)^# TYPE (attune_[a-z_]+) `)
)

// docs/metrics.md names what a running process exposes: no more, no less.
func TestDocumentedMetricsAreTheExposedOnes(t *testing.T) {
	t.Parallel()
	p := newPlant(t, fmt.Sprintf("telemetry: {listen: '127.0.0.1:0'}\ndesk: {listen: '127.0.0.1:0', dir: %q}\n", t.TempDir()))
	runs := start(t, "run", "--config", p.config, "--with", "sink,desk")
	runs.ready(t)
	// Something for every counter: a call, one whose id tells who calls, a duplicate, what cannot be read, a name that
	// is none, a link.
	for range 2 {
		p.send(schemas.TopicTouchpointsCall, 0, nil, p.framed(schemas.TopicTouchpointsCall, queued("1")))
	}
	telling := queued("telling")
	telling.ContactID = schemas.Some("call-of-" + telling.Identifiers[0].Value.Reveal())
	p.send(schemas.TopicTouchpointsCall, 0, nil, p.framed(schemas.TopicTouchpointsCall, telling))
	p.send(schemas.TopicTouchpointsWeb, 0, nil, []byte("nothing"))
	p.send(schemas.TopicActionOutcomes, 0, nil, []byte("nothing"))
	p.send(schemas.TopicTouchpointsWeb, 0, nil, p.framed(schemas.TopicTouchpointsWeb, step("named", func(t *schemas.Touchpoint) { t.Body.Web.Page = "no name" })))
	p.send(schemas.TopicIdentityLinks, 0, nil, p.framed(schemas.TopicIdentityLinks, &schemas.IdentityLink{EventID: "l", OccurredAt: step("").OccurredAt, Op: schemas.LinkOpLink,
		Identifier: schemas.Identifier{Kind: schemas.IdentifierKindCookie, Value: "cookie-1"}, Subject: schemas.Identifier{Kind: schemas.IdentifierKindMrn, Value: "mrn-1"}}))
	p.quiet("attune", "attune-sink")

	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range documented.FindAllSubmatch(text, -1) {
		want = append(want, string(m[1]))
	}
	slices.Sort(want)
	// These count what goes wrong, or what takes days: they appear with the first.
	rare := strings.Fields("attune_worker_restarts_total attune_worker_fenced_total attune_record_failures_total attune_sink_insert_failures_total attune_sink_view_failures_total attune_sink_rollup_failures_total attune_late_records_total attune_other_space_total attune_drift_total attune_promoted_total attune_park_attempts_total attune_replayed_commits_total attune_replay_differences_total attune_lost_records_total attune_refused_outputs_total attune_kafka_throttled_seconds_total attune_kafka_clock_ahead_seconds attune_sink_lost_records_total attune_restore_failures_total attune_restore_remaining_seconds attune_standby_lag_offsets attune_restore_done_offsets attune_restore_remaining_offsets attune_nobody_identifiers_total attune_formed_identifiers_total attune_shared_identifiers_total attune_quarantined_identifiers_total attune_released_identifiers_total attune_session_links_total attune_desk_answer_seconds attune_desk_rejected_total attune_desk_failures_total attune_desk_lost_records_total attune_desk_webhooks_total")
	var got []string
	missing := "?"
	defer func() { t.Log("waited for " + missing) }()
	await(t, 30*time.Second, "all metrics", func() bool {
		_, metrics := runs.page(t, "/metrics")
		got, missing = nil, ""
		for _, m := range exposed.FindAllStringSubmatch(metrics, -1) {
			got = append(got, m[1])
		}
		for _, name := range want {
			if !slices.Contains(got, name) && !slices.Contains(rare, name) {
				missing = name
			}
		}
		return missing == ""
	})
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("docs/metrics.md lacks %s", name)
		}
	}
	for _, name := range rare {
		if !slices.Contains(want, name) {
			t.Errorf("docs/metrics.md lacks %s", name)
		}
	}
	checkAlerts(t, want)
	runs.stop(t)
}

var metricName = regexp.MustCompile(`attune_[a-z_]+`)

// checkAlerts demands that alerts ask for metrics that there are.
func checkAlerts(t *testing.T, metrics []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr string
				For         string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&rules); err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Groups[0].Rules {
		if r.Alert == "" || r.Expr == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || strings.Count(r.Expr, "(") != strings.Count(r.Expr, ")") {
			t.Errorf("alert %+v", r)
		}
	}
	found := metricName.FindAllString(string(text), -1)
	if len(found) < 8 {
		t.Errorf("alerts.yaml asks for %v", found)
	}
	for _, name := range found {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), "_sum")
		if !slices.Contains(metrics, base) {
			t.Errorf("alerts.yaml asks for %s, which there is not", name)
		}
	}
}
