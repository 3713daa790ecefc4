package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
)

// serve runs telemetry until the test ends.
func serve(t *testing.T, tel *telemetry.Telemetry) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- tel.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, tel.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
}

// get asks for a page of the process.
func get(t *testing.T, tel *telemetry.Telemetry, path string) (int, string) {
	t.Helper()
	res, err := http.Get("http://" + tel.Addr() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func wantStatus(t *testing.T, tel *telemetry.Telemetry, path string, want int, words string) {
	t.Helper()
	if code, body := get(t, tel, path); code != want || !strings.Contains(body, words) {
		t.Errorf("%s: got %d %q, want %d %q", path, code, body, want, words)
	}
}

func TestReadyOnceAllTasksProcess(t *testing.T) {
	tel := newTelemetry(t, telemetry.Config{Listen: "127.0.0.1:0"})
	events, err := tel.PipelineEvents(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, tel)
	wantStatus(t, tel, "/healthz", 200, "ok")
	wantStatus(t, tel, "/readyz", 503, "processor: has not joined its group")

	events.Generation(1, []pipeline.TopicPartition{webTask.Source, patientTask.Source})
	wantStatus(t, tel, "/readyz", 503, "2 of 2 tasks are not restored yet")
	events.TaskAssigned(webTask, 0, false)
	events.TaskReady(webTask)
	events.TaskAssigned(patientTask, 1, false)
	events.Restore(patientTask, 10, 100)
	wantStatus(t, tel, "/readyz", 503, "1 of 2 tasks are not restored yet")
	events.TaskReady(patientTask)
	wantStatus(t, tel, "/readyz", 200, "ready")

	// A worker that restarts has to restore its tasks, and only these.
	events.Restart(1, errors.New("connection lost"))
	wantStatus(t, tel, "/readyz", 503, "1 of 2")
	events.TaskAssigned(patientTask, 1, false)
	events.TaskReady(patientTask)
	wantStatus(t, tel, "/readyz", 200, "ready")

	// Another process takes a partition over; then all of them.
	events.Generation(2, []pipeline.TopicPartition{webTask.Source})
	events.TaskRevoked(patientTask)
	events.TaskAssigned(webTask, 0, true)
	events.TaskReady(webTask)
	wantStatus(t, tel, "/readyz", 200, "ready")
	events.Generation(3, nil)
	events.TaskRevoked(webTask)
	wantStatus(t, tel, "/readyz", 200, "ready")
	wantStatus(t, tel, "/healthz", 200, "ok")
}

func TestMetricsOfPartitions(t *testing.T) {
	now := time.UnixMilli(1_000_000_000_000)
	tel := newTelemetry(t, telemetry.Config{Listen: "127.0.0.1:0"})
	events, err := tel.PipelineEvents(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	serve(t, tel)
	events.Generation(1, []pipeline.TopicPartition{webTask.Source, patientTask.Source})
	events.TaskAssigned(webTask, 0, false)
	events.TaskAssigned(webTask, 0, false) // restored once more: one task all the same
	events.TaskAssigned(patientTask, 1, false)
	events.Lag(webTask.Source, 42)
	events.Freshness(webTask.Source, 1500*time.Millisecond)
	events.Restore(patientTask, 10, 100)
	events.Watermark(patientTask, "web", pipeline.Time(now.UnixMilli()-3000), pipeline.BasisReal)
	events.Watermark(patientTask, "ehr", pipeline.MinTime, pipeline.BasisReal)
	events.Commit(runner.CommitInfo{Bytes: 100, Urgent: true, Took: 7 * time.Millisecond})
	events.Count(webTask, "rejected_records", "undecodable")
	events.Count(webTask, "rejected_records", "undecodable")
	events.Failure(webTask.Source, 5, "panic")
	events.Table("attune.identity", 7, 1)
	events.Phase(0, runner.Phases{Process: time.Second, Records: 30})

	now = now.Add(time.Second) // the delay grows by itself
	const place, task = `partition="3",topic="touchpoints.web"`, `partition="1",role="patient",topic="attune.identified"`
	wantLines(t, tel,
		`attune_source_lag_records{`+place+`} 42`,
		`attune_source_freshness_seconds{`+place+`} 1.5`,
		`attune_restore_done_offsets{`+task+`} 10`,
		`attune_restore_remaining_offsets{`+task+`} 90`,
		`attune_watermark_delay_seconds{channel="web",`+task+`} 4`,
		`attune_commit_seconds_count{urgent="true"} 1`,
		`attune_commit_bytes_total 100`,
		`attune_rejected_records_total{reason="undecodable",role="ingest",topic="touchpoints.web"} 2`,
		`attune_record_failures_total{reason="panic",topic="touchpoints.web"} 1`,
		`attune_table_position{topic="attune.identity"} 7`,
		`attune_table_invalid_records{topic="attune.identity"} 1`,
		`attune_tasks{role="ingest"} 1`,
		`attune_tasks{role="patient"} 1`,
		`attune_group_generation 1`,
		`attune_records_total 30`,
		`attune_worker_seconds_total{phase="process",worker="0"} 1`,
	)

	// What is given away is no longer told of.
	events.TaskRevoked(webTask)
	events.TaskRevoked(patientTask)
	_, text := get(t, tel, "/metrics")
	for _, gone := range []string{"attune_source_lag", "attune_source_freshness", "attune_restore", "attune_watermark_delay", "attune_tasks{"} {
		if strings.Contains(text, gone) {
			t.Errorf("%s is still there", gone)
		}
	}
}

func wantLines(t *testing.T, tel *telemetry.Telemetry, lines ...string) {
	t.Helper()
	_, text := get(t, tel, "/metrics")
	for _, want := range lines {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "attune_") {
				t.Log(strings.TrimSpace(line))
			}
		}
	}
}

func TestFailuresAreLoggedRarelyAndWithoutContents(t *testing.T) {
	var out bytes.Buffer
	tel, err := telemetry.New(t.Context(), telemetry.Config{}, slog.New(slog.NewTextHandler(&out, nil)), "test")
	if err != nil {
		t.Fatal(err)
	}
	events, err := tel.PipelineEvents(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(1000) {
		events.Failure(webTask.Source, i, "panic")
	}
	if got := strings.Count(out.String(), "record failed"); got != 10 {
		t.Errorf("1000 failures made %d lines, want 10", got)
	}
	if !strings.Contains(out.String(), "topic=touchpoints.web partition=3 offset=0 reason=panic count=1") {
		t.Errorf("got %s", out.String())
	}
}

func TestCollectorThatIsAwayFailsNothing(t *testing.T) {
	var out bytes.Buffer
	tel, err := telemetry.New(t.Context(), telemetry.Config{OTLPEndpoint: "http://127.0.0.1:1", TraceRatio: 1}, slog.New(slog.NewTextHandler(&out, nil)), "test")
	if err != nil {
		t.Fatal(err)
	}
	_, end := tel.Traces()(webTask, 0, nil)
	end()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := tel.Close(ctx); err != nil {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(out.String(), "telemetry not exported") {
		t.Errorf("it was not logged: %s", out.String())
	}
}

func TestDurationsInJSONLogsHaveTheirUnit(t *testing.T) {
	var out strings.Builder
	c := telemetry.Config{LogFormat: "json"}
	c.Logger(&out).Info("restored", "took", 163*time.Millisecond, "records", 7)
	if !strings.Contains(out.String(), `"took":"163ms","records":7`) {
		t.Errorf("got %s", out.String())
	}
}

func TestConfigNamesEveryProblem(t *testing.T) {
	c := telemetry.Config{Listen: "nowhere", OTLPEndpoint: "collector:4318", TraceRatio: 2, LogLevel: "loud", LogFormat: "xml"}
	err := c.Validate()
	for _, want := range []string{"telemetry.listen", "telemetry.otlp_endpoint", "telemetry.trace_ratio", "telemetry.log_level", "telemetry.log_format"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
	c = telemetry.Config{TraceRatio: 0.1}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "telemetry.otlp_endpoint") {
		t.Errorf("traces that go nowhere: %v", err)
	}
}

func TestAddressInUseSaysWhatToDo(t *testing.T) {
	first := newTelemetry(t, telemetry.Config{Listen: "127.0.0.1:0"})
	defer first.Close(t.Context())
	_, err := telemetry.New(t.Context(), telemetry.Config{Listen: first.Addr()}, slog.New(slog.DiscardHandler), "test")
	if err == nil || !strings.Contains(err.Error(), "free the address or set another") {
		t.Errorf("got %v", err)
	}
}
