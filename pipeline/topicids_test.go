package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommitsNameTheTopicsThatTheyRestOn(t *testing.T) {
	role := &Role{Changelog: "state", Tables: []TableSource{{Topic: "table"}}, Broadcasts: []string{"models"}}
	// What a role with state reads is named in commits of all: those of its own readers are deleted with it.
	topology := &Topology{Roles: []Role{{Sources: []Source{{Topic: "links"}}, Changelog: "other"}, {Sources: []Source{{Topic: "clicks"}}}}}
	s := &Setup{env: Environment{TopicID: func(topic string) [16]byte {
		if topic == "models" {
			return [16]byte{} // the cluster gives none
		}
		return [16]byte{0xfb, 1, byte(len(topic))}
	}}}
	meta := string(appendMetadata(nil, 3, &sourceClock{watermark: 7})) + topicsOf(topology, role, "source", s)
	want := map[string][16]byte{"source": {0xfb, 1, 6}, "state": {0xfb, 1, 5}, "table": {0xfb, 1, 5}, "links": {0xfb, 1, 5}}
	if diff := cmp.Diff(TopicIDs(meta), want); diff != "" {
		t.Errorf("%s (-got +want)\n%s", meta, diff)
	}
	// Whoever does not know the field passes over it.
	clock := sourceClock{watermark: MinTime}
	if epoch, err := parseMetadata(meta, &clock); err != nil || epoch != 3 || clock.watermark != 7 {
		t.Errorf("%s: epoch %d, watermark %d: %v", meta, epoch, clock.watermark, err)
	}
	for _, of := range []string{"", "v1 epoch=3", "v1 topics=", "v1 topics=a:b,c", "set by hand"} {
		if got := TopicIDs(of); len(got) != 0 {
			t.Errorf("%q: got %v", of, got)
		}
	}
}
