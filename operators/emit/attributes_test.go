package emit

import (
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

func TestAttributesAreCloudEventsHeaders(t *testing.T) {
	a := Attributes{events: schemas.NewEventHeaders("/attune/patient", "NextBestAction")}
	want := map[string]string{
		"ce_id": "d1", "ce_source": "/attune/patient", "ce_type": "health.attune.NextBestAction",
		"ce_specversion": "1.0", "ce_time": "2026-03-02T14:00:00Z", "content-type": "application/avro",
	}
	for range 2 { // the buffers are used again
		got := a.Of("d1", 1772460000000)
		if len(got) != len(want) {
			t.Fatalf("%d headers, want %d", len(got), len(want))
		}
		for name, value := range want {
			if h, ok := schemas.FindHeader[pipeline.Header](got, name); !ok || string(h) != value {
				t.Errorf("%s is %q, want %q", name, h, value)
			}
		}
	}
}
