package pipeline

import (
	"strings"
	"testing"
)

func TestTopologyNamesEveryProblem(t *testing.T) {
	role := func(name string, sources ...Source) Role {
		return Role{Name: name, Sources: sources, New: func(*Setup) (Processor, error) { return silent{}, nil }}
	}
	topology := &Topology{Channels: make([]Channel, 1), Roles: []Role{
		role("twice", Source{Topic: "a"}),
		role("twice", Source{Topic: "a"}),
		role("far", Source{Topic: "b", Channel: 3}),
		role("sourceless"),
		role("passes", Source{Topic: "c", Carried: true}),
		role("two", Source{Topic: "d"}, Source{Topic: "e"}),
		role("listens", Source{Topic: "f"}),
	}}
	topology.Roles[4].WatermarksTo = "x"
	topology.Roles[5].Changelog = "y"
	topology.Roles[6].Broadcasts = []string{"a"}
	err := topology.Validate()
	if err == nil {
		t.Fatal("valid")
	}
	for _, want := range []string{"role twice: declared twice", "source a is a source of role twice already", "no channel 3",
		"needs a name, a New and a source", "passes carried watermarks on", "a changelog and 2 sources", "broadcast a is a source"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in %q", want, err)
		}
	}
}

func TestStoreNamesAreChecked(t *testing.T) {
	s := &Setup{}
	for _, name := range []string{"ok", "ok", "", "~task", "a\x00b"} {
		s.Register(namedStore(name))
	}
	if len(s.stores) != 1 || len(s.errs) != 4 {
		t.Errorf("%d stores, %v", len(s.stores), s.errs)
	}
}

type namedStore string

func (n namedStore) Name() string                    { return string(n) }
func (n namedStore) Changes(func(key, value []byte)) {}
func (n namedStore) Restore(key, value []byte) error { return nil }
func (n namedStore) Len() int                        { return 0 }
