package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// heap is a log of one topic.
type heap [][]byte

// Each implements Log.
func (h heap) Each(_ context.Context, topic string, fn func(*pipeline.Record) error) error {
	for i, value := range h {
		if err := fn(&pipeline.Record{Topic: topic, Offset: int64(i), Value: value}); err != nil {
			return err
		}
	}
	return nil
}

func sentAs(kind string, value []byte) Sent {
	sum := sha256.Sum256(value)
	return Sent{Topic: schemas.TopicTouchpointsWeb, Kind: kind, SHA: hex.EncodeToString(sum[:8])}
}

func TestRecordsOfASourceAreLostAndDuplicated(t *testing.T) {
	touchpoint := schemas.AppendFramed(nil, 1, &schemas.Touchpoint{EventID: "e1"})
	bad, lost, alien := []byte("bad"), []byte("lost"), []byte("alien")
	sent := []Sent{sentAs("touchpoint", touchpoint), sentAs("touchpoint", touchpoint), sentAs("raw", bad), sentAs("raw", lost)}
	for _, c := range []struct {
		name             string
		log              heap
		lost, duplicated int
		names            string
		produced         int
	}{
		{"all there", heap{touchpoint, bad, lost, touchpoint}, 0, 0, "", 4},
		{"one lost", heap{touchpoint, bad, touchpoint}, 1, 0, "was sent 1 times more than it is there", 3},
		{"one too often", heap{touchpoint, bad, lost, touchpoint, touchpoint}, 0, 1, "touchpoints.web/0@4", 4},
		{"one of somebody else", heap{touchpoint, alien, bad, lost, touchpoint}, 0, 1, "touchpoints.web/0@1", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			ledger, report, err := LedgerOf(t.Context(), c.log, sent)
			if err != nil {
				t.Fatal(err)
			}
			if report.Lost != c.lost || report.Duplicated != c.duplicated || report.Found != c.lost+c.duplicated {
				t.Errorf("report = %+v, want %d lost, %d duplicated", report, c.lost, c.duplicated)
			}
			if got := strings.Join(report.Differences, "\n"); !strings.Contains(got, c.names) || strings.Contains(got, "e1") {
				t.Errorf("differences are %q, want one with %q", got, c.names)
			}
			if got := ledger.Produced(); got != c.produced {
				t.Errorf("ledger has %d records, want %d", got, c.produced)
			}
		})
	}
}
