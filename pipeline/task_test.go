package pipeline_test

import (
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

func TestRecordsOfAllSourcesPassThenWindowCloses(t *testing.T) {
	d := newDriver(t)
	send(d, "fast", 0, "a", 1100, 1)
	send(d, "fast", 0, "a", 1200, 2)
	send(d, "fast", 1, "b", 1300, 4)
	d.Commit()
	if got, want := values(d.Read("out")), []string{"a 1100 1 sum=1", "a 1200 2 sum=3", "b 1300 4 sum=4"}; !sameSet(got, want) {
		t.Errorf("out: got %q, want %q", got, want)
	}
	if got := d.Read("windows"); len(got) != 0 {
		t.Errorf("windows before the slow channel spoke: %q", values(got))
	}
	for p := range int32(2) {
		send(d, "fast", p, "c", 9000, 1)
		send(d, "slow", p, "d", 9000, 1)
	}
	d.Commit()
	if got, want := values(d.Read("windows")), []string{"a@2000 n=3 basis=1", "b@2000 n=4 basis=1"}; !sameSet(got, want) {
		t.Errorf("windows: got %q, want %q", got, want)
	}
}

func TestI2SourceNeverSpokeHoldsTimeUntilItSaysThatItIsIdle(t *testing.T) {
	d := newDriver(t)
	send(d, "fast", 0, "a", 1100, 1)
	send(d, "fast", 0, "a", 9000, 1)
	d.Advance(time.Second)
	if w, _ := d.Task("mid", 0).Watermark(0); w != pipeline.MinTime {
		t.Errorf("fast watermark while fast/1 is silent: got %d, want none", w)
	}
	d.Advance(1200 * time.Millisecond)
	w, basis := d.Task("mid", 0).Watermark(0)
	if w != pipeline.MinTime && basis != pipeline.BasisIdle {
		t.Errorf("fast watermark: got %d of basis %d, want basis idle", w, basis)
	}
	if got := values(d.Read("windows")); len(got) != 0 {
		t.Errorf("windows while slow is silent: %q", got)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
