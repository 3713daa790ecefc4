package traffic

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
)

// The same seed and start give the same touchpoints, whatever the speed.
func TestSimulationIsAFunctionOfItsFlags(t *testing.T) {
	t.Parallel()
	first := Simulation{Patients: 1000, Rate: 50, Seed: 7, Start: "2026-03-02T14:00:00Z", Duration: time.Minute}
	second := first
	second.Speed, second.Duration = 20, 3*time.Second
	var texts [2]string
	for i, s := range []Simulation{first, second} {
		f, err := s.Feed()
		if err != nil {
			t.Fatal(err)
		}
		var ledger strings.Builder
		l := journeys.NewLedger(&ledger)
		for {
			item, err := f.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			value := item.raw
			if item.record != nil {
				value = item.record.AppendAvro(nil)
			}
			e := item.entry(value)
			if err := l.Append(&e); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Flush(); err != nil {
			t.Fatal(err)
		}
		texts[i] = ledger.String()
	}
	if texts[0] != texts[1] || texts[0] == "" {
		t.Errorf("%d and %d bytes of ledger differ", len(texts[0]), len(texts[1]))
	}
}
