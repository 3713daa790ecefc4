package telemetry_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
)

// TestTasksAreRestoredThenProgressIsToldOnceASecondAndSummedUp restores two tasks, at 1,000 and 500
// offsets a second.
func TestTasksAreRestoredThenProgressIsToldOnceASecondAndSummedUp(t *testing.T) {
	var log bytes.Buffer
	tel, err := telemetry.New(t.Context(), telemetry.Config{Listen: "127.0.0.1:0"}, slog.New(slog.NewTextHandler(&log, nil)), "test")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	events, err := tel.PipelineEvents(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	serve(t, tel)
	task := func(p int32) pipeline.TaskID {
		return pipeline.TaskID{Role: "patient", Source: pipeline.TopicPartition{Topic: "in", Partition: p}}
	}
	fast, slow, kept := task(1), task(2), task(3)
	events.TaskAssigned(fast, 0, false)
	events.TaskAssigned(slow, 1, false)
	events.TaskAssigned(kept, 1, true)
	events.TaskReady(kept)
	for i := range int64(20) {
		now = now.Add(100 * time.Millisecond)
		events.Restore(fast, 100*(i+1), 4000)
		events.Restore(slow, 50*(i+1), 4000)
	}
	_, page := get(t, tel, "/metrics")
	for _, want := range []string{
		`attune_restore_done_offsets{partition="1",role="patient",topic="in"} 2000`,
		`attune_restore_remaining_seconds{partition="1",role="patient",topic="in"} 2`,
		`attune_restore_remaining_seconds{partition="2",role="patient",topic="in"} 6`,
	} {
		if !strings.Contains(withoutScope(page), want) {
			t.Errorf("no %s in the metrics:\n%s", want, linesWith(page, "restore"))
		}
	}
	if n := strings.Count(log.String(), "msg=restoring"); n != 2 {
		t.Errorf("progress was told %d times in two seconds:\n%s", n, log.String())
	}
	if !strings.Contains(log.String(), "tasks=2 ready=0") || !strings.Contains(log.String(), "remaining=6") {
		t.Errorf("progress:\n%s", log.String())
	}
	events.Restored(fast, runner.Restored{Records: 4000, Keys: 3000})
	events.TaskReady(fast)
	if strings.Contains(log.String(), "msg=restored") {
		t.Error("summed up before the last task was ready")
	}
	now = now.Add(6 * time.Second)
	events.Restored(slow, runner.Restored{Records: 4000, Keys: 2000})
	events.TaskReady(slow)
	if want := "msg=restored tasks=2 keys=5000 records=8000 took=8s"; !strings.Contains(log.String(), want) {
		t.Errorf("no %q in the log:\n%s", want, log.String())
	}
}

// withoutScope takes the labels of the instrumentation scope out of a page.
func withoutScope(page string) string {
	var out strings.Builder
	for _, line := range strings.Split(page, "\n") {
		name, rest, ok := strings.Cut(line, "{")
		labels, value, _ := strings.Cut(rest, "}")
		if !ok {
			continue
		}
		var kept []string
		for _, l := range strings.Split(labels, ",") {
			if !strings.HasPrefix(l, "otel_") {
				kept = append(kept, l)
			}
		}
		out.WriteString(name + "{" + strings.Join(kept, ",") + "}" + value + "\n")
	}
	return out.String()
}

func linesWith(page, what string) string {
	var out []string
	for _, line := range strings.Split(page, "\n") {
		if strings.Contains(line, what) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
