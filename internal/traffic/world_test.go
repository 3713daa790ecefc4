package traffic

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/benchmarks/world"
	"github.com/attune-health/attune/schemas"
)

// liveToEnd plays a world and returns the bytes of its records.
func liveToEnd(t *testing.T, s Simulation, w World) (*Lived, []byte) {
	t.Helper()
	f, err := s.Live(w)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for {
		i, err := f.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if i.At < f.start {
			t.Fatalf("a record of the history is due at %d, before the start", i.At)
		}
		all = i.record.AppendAvro(all)
	}
	if err := f.flush(); err != nil {
		t.Fatal(err)
	}
	return f, all
}

func TestAWorldWritesTheTruthAndSaysWhatIsAttainable(t *testing.T) {
	t.Parallel()
	patients := 300
	if testing.Short() {
		patients = 60 // one goroutine
	}
	s := Simulation{Patients: patients, Seed: 7, Start: "2026-03-02T14:00:00Z", Duration: 20 * 24 * time.Hour}
	var truth bytes.Buffer
	f, watched := liveToEnd(t, s, World{Truth: &truth, Moments: 4})
	if _, plain := liveToEnd(t, s, World{}); !bytes.Equal(plain, watched) {
		t.Error("writing the truth changes what is sent")
	}
	contacts, moments, within := 0, 0, 0
	for line := range strings.Lines(truth.String()) {
		var m struct {
			EventID string    `json:"event_id"`
			At      int64     `json:"at"`
			Patient uint32    `json:"patient"`
			Contact string    `json:"contact"`
			Reason  string    `json:"reason"`
			Reasons []float64 `json:"reasons"`
			Within  []float64 `json:"within"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		sum := 0.0
		for _, p := range m.Reasons {
			sum += p
		}
		if len(m.Reasons) != 13 || sum < .999999 || sum > 1.000001 || m.EventID == "" || (m.Reason == "") != (m.Contact == "") {
			t.Fatalf("a moment that cannot be: %s", line)
		}
		if m.Contact != "" {
			contacts++
			continue
		}
		moments++
		if m.Within != nil {
			within++
			if m.Within[0] > m.Within[1] || m.Within[2] > m.Within[3] {
				t.Errorf("a longer horizon has a smaller probability: %s", line)
			}
		}
	}
	if contacts < patients/30 || moments < patients/3 || within != moments {
		t.Errorf("%d contacts, %d other moments, %d with horizons", contacts, moments, within)
	}
	if said := f.Attainable(); !strings.Contains(said, "top-1") || !strings.Contains(said, "within 24h") {
		t.Errorf("said of what is attainable: %s", said)
	}
}

func TestAWorldRefusesWhatItCannotBe(t *testing.T) {
	t.Parallel()
	for flag, w := range map[string]World{
		"want kind:after:for": {Shocks: []string{"flu"}},
		"surge- and a reason": {Shocks: []string{"surge:1h:1h"}},
		"war":                 {Shocks: []string{"war:1h:1h"}},
		"history":             {History: time.Hour},
	} {
		s := Simulation{Patients: 10, Start: "2026-03-02T14:00:00Z"}
		if _, err := s.Live(w); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%+v: %v does not say %q", w, err, flag)
		}
	}
	p := Production{}
	if err := p.Simulate(t.Context(), nil, &Simulation{}, WorldEpisodes, World{Site: 2}, ""); err == nil || !strings.Contains(err.Error(), "--world causes") {
		t.Errorf("a site of episodes: %v", err)
	}
	if err := p.Simulate(t.Context(), nil, &Simulation{}, "flat", World{}, ""); err == nil || !strings.Contains(err.Error(), `"flat"`) {
		t.Errorf("an unknown world: %v", err)
	}
	if s, err := shockOf("surge-R11:96h:72h"); err != nil || s.Reason != 10 || schemas.Millis(s.After.Hours()) != 96 {
		t.Errorf("surge-R11:96h:72h is %+v, %v", s, err)
	}
}

// What is written to a file comes out of it as the feed has it, in its order.
func TestAWorldIsWrittenAsALog(t *testing.T) {
	t.Parallel()
	s := Simulation{Patients: 50, Seed: 3, Start: "2026-03-02T14:00:00Z", Duration: 24 * time.Hour}
	_, want := liveToEnd(t, s, World{})
	for _, name := range []string{"log.jsonl", "log.jsonl.gz"} {
		f, err := s.Live(World{})
		if err != nil {
			t.Fatal(err)
		}
		p := Production{Output: filepath.Join(t.TempDir(), name), Told: io.Discard}
		if err := p.Run(t.Context(), nil, f); err != nil {
			t.Fatal(err)
		}
		r := Recording{Format: "touchpoints-jsonl", Order: "file"}
		log, err := r.Feed([]string{p.Output})
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for {
			i, err := log.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || i.record == nil || i.topic == "" {
				t.Fatalf("topic %q, record %v, %v", i.topic, i.record != nil, err)
			}
			got = i.record.AppendAvro(got)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d, or others", name, len(got), len(want))
		}
	}
}

// The history and what comes after it are the whole feed.
func TestAWorldsHistoryEndsWhereItGoesLive(t *testing.T) {
	t.Parallel()
	s := Simulation{Patients: 500, Seed: 7, Start: "2026-03-02T14:00:00Z", Duration: 24 * time.Hour}
	judged := 0
	whole, all := liveToEnd(t, s, World{LateNews: true})
	f, err := s.Live(World{LateNews: true, Judged: func(m *world.Moment) {
		if judged++; m.At < whole.Start() || m.Contact == "" {
			t.Errorf("a moment of %d at %s is judged", m.Patient, m.At)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	var parts []byte
	counts := [2]int{}
	for k, feed := range []Feed{f.History(), f} {
		for {
			i, err := feed.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if early := i.At < f.Start(); early != (k == 0) || i.At < schemas.MillisOf(f.Begins()) {
				t.Fatalf("part %d has a record of %s", k, i.At)
			}
			counts[k]++
			parts = i.record.AppendAvro(parts)
		}
	}
	if !bytes.Equal(parts, all) || counts[0] == 0 || counts[1] == 0 || judged == 0 {
		t.Errorf("%d bytes in parts of %d and %d records, %d in one; %d moments judged", len(parts), counts[0], counts[1], len(all), judged)
	}
}
