package pipeline_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// TestScripts tells what the engine does in scripts over enginetest.TwoHops, whose tasks are driven by
// hand. docs/invariants.md names the script of an invariant. Rewrite them with -rewrite.
//
//	produce     lines "topic partition value": into the source topics
//	fetch       the tasks take everything that is there
//	tick        by=duration: processing time goes on, in ticks of 100 ms
//	commit      every task commits, until nothing is left to do
//	kill        [task=topic/partition]: what is not committed is lost, the task is restored; without, all are
//	zombie      task=topic/partition: killed and restored twice in a row: what the first did not commit is gone
//	end         margin=duration: the end of the input
//	read        topic=name: the committed records since the last read, sorted
//	state       task=topic/partition: position, epoch, timers and watermarks
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			d := enginetest.NewDriver(t)
			datadriven.RunTest(t, path, func(t *testing.T, td *datadriven.TestData) string { return script(t, d, td) })
		})
	}
}

func script(t *testing.T, d *pipelinetest.Driver, td *datadriven.TestData) string {
	t.Helper()
	switch td.Cmd {
	case "produce":
		for line := range strings.Lines(td.Input) {
			var topic string
			var partition int32
			n, err := fmt.Sscan(line, &topic, &partition)
			if err != nil || n != 2 {
				td.Fatalf(t, "want topic, partition and value: %q", line)
			}
			_, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			_, value, _ := strings.Cut(rest, " ")
			key, _, _ := strings.Cut(value, " ")
			d.ProduceTo(topic, partition, []byte(key), []byte(value))
		}
	case "fetch":
		d.Process()
	case "tick":
		d.Advance(durationOf(t, td, "by"))
	case "commit":
		d.Commit()
	case "kill":
		if !td.HasArg("task") {
			d.KillAll()
		} else {
			d.Kill(taskOf(t, td))
		}
	case "zombie":
		topic, partition := taskOf(t, td)
		d.Kill(topic, partition)
		d.Kill(topic, partition)
	case "end":
		d.EndInput(durationOf(t, td, "margin"))
	case "read":
		var topic string
		td.ScanArgs(t, "topic", &topic)
		return listing(d.Read(topic))
	case "state":
		task := d.Task(taskOf(t, td))
		fast, fastBasis := task.Watermark(0)
		slow, slowBasis := task.Watermark(1)
		return fmt.Sprintf("position=%d epoch=%d timers=%d fast=%s slow=%s\n", task.Position(), task.Epoch(), task.Timers(),
			markOf(fast, fastBasis), markOf(slow, slowBasis))
	default:
		td.Fatalf(t, "no such command")
	}
	return ""
}

func listing(records []pipeline.Record) string {
	var lines []string
	for _, r := range records {
		line := string(r.Value)
		for _, h := range r.Headers {
			line += fmt.Sprintf(" [%s: %s]", h.Key, strings.Split(string(h.Value), " at ")[0])
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	if len(lines) == 0 {
		return "nothing\n"
	}
	return strings.Join(lines, "\n") + "\n"
}

func markOf(w pipeline.Time, basis pipeline.Basis) string {
	if w == pipeline.MinTime {
		return "none"
	}
	return fmt.Sprintf("%d/%s", w, [...]string{"", "real", "idle", "forced"}[basis])
}

func taskOf(t *testing.T, td *datadriven.TestData) (topic string, partition int32) {
	t.Helper()
	var name string
	td.ScanArgs(t, "task", &name)
	if _, err := fmt.Sscanf(strings.ReplaceAll(name, "/", " "), "%s %d", &topic, &partition); err != nil {
		td.Fatalf(t, "task %q: %v", name, err)
	}
	return topic, partition
}

func durationOf(t *testing.T, td *datadriven.TestData, arg string) time.Duration {
	t.Helper()
	var text string
	td.ScanArgs(t, arg, &text)
	by, err := time.ParseDuration(text)
	if err != nil {
		td.Fatalf(t, "%s: %v", arg, err)
	}
	return by
}
