package roles

import (
	"runtime/debug"
	"testing"
)

func TestBuildIsTheSameTwiceAndAnotherFromOtherSources(t *testing.T) {
	one, err := buildID()
	if err != nil || one == 0 {
		t.Fatal(one, err)
	}
	if two, err := buildID(); err != nil || two != one {
		t.Errorf("got %x, then %x, %v", one, two, err)
	}
	info := func(revision, modified, goVersion string) *debug.BuildInfo {
		return &debug.BuildInfo{GoVersion: goVersion, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: modified}}}
	}
	clean := sourceID(info("abc", "false", "go1"))
	if clean == "" || clean == sourceID(info("abd", "false", "go1")) || clean == sourceID(info("abc", "false", "go2")) {
		t.Error("revision and compiler do not tell builds apart")
	}
	for _, unsure := range []*debug.BuildInfo{info("abc", "true", "go1"), info("", "false", "go1"), info("abc", "", "go1")} {
		if id := sourceID(unsure); id != "" {
			t.Errorf("%+v: identified by its sources alone: %q", unsure.Settings, id)
		}
	}
}
