package demo

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// screen is a bytes.Buffer that several goroutines may write.
type screen struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// resultIn reads what a demo wrote.
func resultIn(t *testing.T, out string) (r Result) {
	t.Helper()
	ok(t, json.Unmarshal([]byte(out), &r))
	return r
}

// smallDemo is a demo of a minute of patients as fast as it goes, in this process.
func smallDemo(out io.Writer) *Demo {
	return &Demo{
		Simulation: traffic.Simulation{Patients: 20_000, Rate: 50, Seed: 7, Start: "2026-03-02T14:00:00Z", Duration: time.Minute},
		World:      traffic.WorldEpisodes, JSON: true, Out: out, Progress: io.Discard,
	}
}

func TestDemoRejectsBadRecordsWithTheirReasons(t *testing.T) {
	t.Parallel()
	var out screen
	d := smallDemo(&out)
	d.Simulation.BadShare = 0.2
	want := map[string]int{}
	f, err := d.Simulation.Feed()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for e, ok := f.Generator.Next(); ok; e, ok = f.Generator.Next() {
		if e.Truth.Bad != "" {
			want[string(e.Truth.Bad)]++
			total++
		}
	}
	got := map[string]int{}
	d.tamper = func(string) {
		var rejected schemas.RejectedRecord
		err := connect.Log{Cluster: d.cluster}.Each(t.Context(), schemas.TopicTouchpointsRejected, func(r *pipeline.Record) error {
			_, payload, err := schemas.ParseFrame(r.Value)
			if err != nil {
				return err
			}
			if err := schemas.DecodeWhole(&rejected, payload); err != nil {
				return err
			}
			if rejected.Reason != "duplicate" {
				got[strings.Clone(rejected.Reason)]++
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := resultIn(t, out.String())
	if tp := r.Touchpoints; !r.Reconciled || tp.Produced == 0 || tp.Produced != tp.Processed+tp.Duplicate+tp.Late+tp.Rejected {
		t.Errorf("not reconciled, or touchpoints without a fate: %+v", r)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("rejected by reason (-got +want):\n%s", diff)
	}
	if r.Touchpoints.Rejected != total || len(want) < 7 {
		t.Errorf("%d rejected, %d bad records of %d kinds were sent", r.Touchpoints.Rejected, total, len(want))
	}
}

// TestMain lets the test binary be the child process that the embedded ClickHouse needs.
func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	os.Exit(m.Run())
}
