package person

import (
	"os"
	"testing"

	"github.com/attune-health/attune/schemas"
	"github.com/google/go-cmp/cmp"
)

// TestStateOfTheBuildBeforeIsRead: a shard may be under way while a site is upgraded.
func TestStateOfTheBuildBeforeIsRead(t *testing.T) {
	var v schemas.MovedState
	v.Person.OK = true
	v.Person.V.Policy.Starts = []schemas.ContactStart{{ContactRef: "k1", Top: "R01", Features: []int32{3, 5}, FeatureSpace: 77}, {ContactRef: "k2", Reasons: []float64{1}}}
	v.Person.V.Policy.Exposures = []schemas.Exposure{{Band: 3, At: 9}}
	schema, err := os.ReadFile("../../schemas/history/moved_state/v1.avsc")
	if err != nil {
		t.Fatal(err)
	}
	before, err := schemas.NewTranslator(string(schema), schemas.MovedStateSchema)
	if err != nil {
		t.Fatal(err)
	}
	old, err := before.Translate(v.AppendAvro(nil))
	if err != nil {
		t.Fatal(err)
	}
	var got schemas.MovedState
	if err := DecodeState(append([]byte{1}, old...), &got); err != nil {
		t.Fatal(err)
	}
	v.Person.V.Policy.Starts[0].FeatureSpace = 0
	if d := cmp.Diff(v.Person.V.Policy, got.Person.V.Policy); d != "" {
		t.Errorf("-wrote +read:\n%s", d)
	}
}
