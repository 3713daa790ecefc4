package patient

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestBusyShardStillKnowsWhatItHasSeen sends a kiosk's touchpoints, each twice, some of them much
// later, past the number of ids that it remembers.
func TestBusyShardStillKnowsWhatItHasSeen(t *testing.T) {
	c := testConfig()
	c.Observe.MaxSeen = 1000
	s := newSiteOf(t, c)
	step := func(i int) {
		s.touch(webStep(fmt.Sprint("e", i), t0+schemas.Millis(i), schemas.WebEventPageView, "p", "", cookie("kiosk")), 0)
		s.quiet()
	}
	const n = 3000
	for i := range n {
		step(i)
		step(i)
		if i >= 700 { // still remembered: a quarter of a thousand goes at once
			step(i - 700)
		}
	}
	if got, want := len(s.rejected(s.config.Emit.Topics.Rejected)), n; got != want {
		t.Errorf("%d events have a duplicate, want %d", got, want)
	}
	if p := s.personas()[s.owner(cookie("kiosk"))]; p.Touchpoints != n {
		t.Errorf("persona: %d touchpoints, want %d", p.Touchpoints, n)
	}
}

// TestRestoredShardForgetsTheSameIDs sends a kiosk's touchpoints, in rushes so that ids expire both in
// short and in full lists. One site lives on, the other is restored after each commit: the capacity of
// its lists is another, and everything it writes must be the same.
func TestRestoredShardForgetsTheSameIDs(t *testing.T) {
	run := func(restored bool) *site {
		c := testConfig()
		c.Observe.MaxSeen = 100
		c.Person.DuplicateTTL = 10 * schemas.Minute
		s := newSiteOf(t, c)
		draw, at := rand.New(rand.NewPCG(1, 2)), t0
		for i := range 2500 {
			pace := 60 * schemas.Second
			if i/200%2 == 0 {
				pace = 5 * schemas.Second
			}
			at += schemas.Millis(draw.Int64N(int64(pace)))
			s.touch(webStep(fmt.Sprint("e", i), at, schemas.WebEventPageView, "p", "", cookie("kiosk")), int32(i%testSources))
			if back := i - 60 - draw.IntN(60); back > 0 { // an id that may have been forgotten
				s.touch(webStep(fmt.Sprint("e", back), at, schemas.WebEventPageView, "p", "", cookie("kiosk")), int32(i%testSources))
			}
			if draw.IntN(20) > 0 {
				continue
			}
			s.quiet()
			for _, task := range s.tasks {
				if restored && task.role.Name == "patient" {
					s.restore(task)
				}
			}
		}
		s.quiet()
		return s
	}
	once, often := run(false), run(true)
	topics := &once.config.Emit.Topics
	if n := len(once.all(topics.Rejected)); n < 100 {
		t.Errorf("%d duplicates are too few to tell", n)
	}
	for p := range int32(testPatients) {
		for _, topic := range []string{topics.Rejected, topics.Personas, "patient-changelog"} {
			at := pipeline.TopicPartition{Topic: topic, Partition: p}
			a, b := once.logs[at], often.logs[at]
			for i := range min(len(a), len(b)) {
				if bytes.HasPrefix(a[i].Key, []byte("~task")) { // says how often the task was restored
					continue
				}
				if !bytes.Equal(a[i].Key, b[i].Key) || !bytes.Equal(a[i].Value, b[i].Value) {
					t.Fatalf("%v: record %d of %q differs after a restore", at, i, a[i].Key)
				}
			}
			if len(a) != len(b) {
				t.Errorf("%v: %d records, and %d with restores", at, len(a), len(b))
			}
		}
	}
}
