package patient

import (
	"testing"
	"time"

	causes "github.com/attune-health/attune/benchmarks/world"
)

// A world whose prediction can be judged is one that the product takes in as it is: no record is
// rejected, and none is late but facts of the weeks before patients live, which come first.
func TestWorldIsTakenInAsItIs(t *testing.T) {
	g, err := causes.New(causes.Config{Patients: 3000, Seed: 5, Duration: 10 * 24 * time.Hour, DuplicateShare: -1})
	if err != nil {
		t.Fatal(err)
	}
	j := newJob(t, 1000)
	j.generator = g
	const n, before = 6000, 2500
	topics, earlier := &j.config.Emit.Topics, 0
	for fed := 0; fed < n; fed += 500 {
		if fed == before {
			earlier = j.wrote[topics.Late].records
		}
		j.feed(500)
		j.drain()
	}
	if rejected := j.wrote[topics.Rejected].records; rejected > 0 {
		t.Errorf("%d of %d touchpoints are rejected", rejected, n)
	}
	if late := j.wrote[topics.Late].records - earlier; late > (n-before)/50 {
		t.Errorf("%d of %d touchpoints are late", late, n)
	}
	if predictions := j.wrote[topics.Predictions].records; predictions < n/10 {
		t.Errorf("%d predictions of %d touchpoints", predictions, n)
	}
}
