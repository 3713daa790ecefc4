package patient

import (
	"testing"
	"time"

	causes "github.com/attune-health/attune/benchmarks/world"
)

// A world whose prediction can be judged is one that the product takes in as it is: no record is
// rejected, and what is known before the first touchpoint comes in time.
func TestWorldIsTakenInAsItIs(t *testing.T) {
	g, err := causes.New(causes.Config{Patients: 3000, Seed: 5, Duration: 10 * 24 * time.Hour, DuplicateShare: -1})
	if err != nil {
		t.Fatal(err)
	}
	j := newJob(t, 1000)
	j.generator = g
	const n = 6000
	for range n / 500 {
		j.feed(500)
		j.drain()
	}
	topics := &j.config.Emit.Topics
	if rejected := j.wrote[topics.Rejected].records; rejected > 0 {
		t.Errorf("%d of %d touchpoints are rejected", rejected, n)
	}
	if late := j.wrote[topics.Late].records; late > n/50 {
		t.Errorf("%d of %d touchpoints are late", late, n)
	}
	if predictions := j.wrote[topics.Predictions].records; predictions < n/10 {
		t.Errorf("%d predictions of %d touchpoints", predictions, n)
	}
	t.Logf("late %d, predictions %d", j.wrote[topics.Late].records, j.wrote[topics.Predictions].records)
}
