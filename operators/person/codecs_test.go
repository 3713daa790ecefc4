package person

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/attune-health/attune/schemas"
)

// TestStateOfTheBuildBeforeIsRead: a shard may be under way while a site is upgraded.
func TestStateOfTheBuildBeforeIsRead(t *testing.T) {
	var v schemas.MovedState
	v.Person.OK = true
	v.Person.V.Policy.Starts = []schemas.ContactStart{{ContactRef: "k1", Top: "R01", Features: []int32{3, 5}, FeatureSpace: 77}, {ContactRef: "k2", Reasons: []float64{1}}}
	v.Person.V.Policy.Exposures = []schemas.Exposure{{Band: 3, At: 9}}
	v.Person.V.Policy.Moments = []schemas.OpenMoment{{EventID: "e9", At: 9, Features: []int32{7}, Interval: 1}}
	v.Shard = schemas.Some(schemas.ShardState{
		Recent:       []schemas.RecentStep{{At: 4, Found: 2}},
		Contacts:     []schemas.OpenContact{{ContactID: "k1", StartedAt: 3, Priority: 2, ContactKey: "e1", OverAt: 8, ActsAs: "parent"}},
		ContactParts: []schemas.ContactPart{{ContactID: "k1", StartedAt: 3}},
		FailedSteps:  []schemas.CountedStep{{EventID: "e2", At: 2, Reason: "R01", Page: "refill"}},
		DigitalSteps: []schemas.TiedStep{{At: 2, Reason: "R01"}},
		Signals: schemas.Signals{RedFlags: []schemas.FlagSign{{Kind: 5, Source: 7, EventID: "e1", About: "potassium"}},
			History: []schemas.ContactHistory{{Past: []schemas.PastContact{{Reason: "R01"}}}}},
		ActsAs: "parent", ActsAsAt: 5,
	})
	// What is written first, and of which version it is.
	said := map[byte][]int{6: {6, 7, 8}}
	for version := range byte(StateVersion) {
		if version > 0 && version != 6 {
			said[version] = []int{int(version)}
		}
	}
	for said, versions := range said {
		for _, version := range versions {
			readPast(t, v, said, version)
		}
	}
}

func readPast(t *testing.T, v schemas.MovedState, said byte, version int) {
	t.Helper()
	schema, err := os.ReadFile(fmt.Sprintf("../../schemas/history/moved_state/v%d.avsc", version))
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
	if err := DecodeState(append([]byte{said}, old...), &got); err != nil {
		t.Fatalf("version %d, said to be %d: %v", version, said, err)
	}
	want := v.Clone()
	want.Shard.V.KeptFrom, want.Shard.V.DigitalSteps, want.Shard.V.FailedSteps = -1, nil, nil
	if version > 2 {
		want.Shard.V.FailedSteps = []schemas.CountedStep{{EventID: "e2", At: 2, Reason: "R01"}}
	}
	if version < 9 {
		want.Shard.V.Contacts[0].ActsAs = ""
	}
	if version < 8 {
		want.Shard.V.Recent[0].Found = 0
	}
	if version < 7 {
		want.Shard.V.Contacts[0].ContactKey, want.Shard.V.Contacts[0].OverAt = "", 0
	}
	if version < 6 {
		want.Person.V.Policy.Moments = nil
	}
	if version < 5 {
		want.Shard.V.ActsAs, want.Shard.V.ActsAsAt, want.Shard.V.Signals.History = "", 0, nil
	}
	switch {
	case version < 3:
		want.Shard.V.ContactParts, want.Shard.V.Signals.RedFlags = nil, nil
	case version < 4:
		want.Shard.V.Signals.RedFlags[0].About = ""
	}
	if version < 2 {
		want.Person.V.Policy.Starts[0].FeatureSpace = 0
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("version %d, said to be %d: -wrote +read:\n%s", version, said, d)
	}
}

// TestStateVersionIsTheSchemasVersion: a state that has changed and is called as before would be misread by whoever gets
// it from a build before.
func TestStateVersionIsTheSchemasVersion(t *testing.T) {
	files, err := os.ReadDir("../../schemas/history/moved_state")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != StateVersion {
		t.Errorf("states say that they are of version %d, and the history of MovedState has %d", StateVersion, len(files))
	}
}
