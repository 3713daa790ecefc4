package runner_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// TestLinksAreReadByAnotherProcessThenRecordsAreLookedUpAfterThem: a backlog of half a day is read by three processes at
// ten thousand times real time. Each page has a link of its own, ten seconds before it; one process reads links. It says
// how far the tables of all may be trusted, and the others keep to that.
func TestLinksAreReadByAnotherProcessThenRecordsAreLookedUpAfterThem(t *testing.T) {
	const pages, span = 6000, 12 * time.Hour
	for _, c := range []struct {
		name      string
		processes int
		pages     int32
		// links is how many partitions links have, the last of which has records: it goes to the last process.
		links int32
		// bound is how many pages may be looked up too early.
		bound int
	}{
		{"with pages", 3, 6, 1, pages / 1000},
		{"without any", 3, 2, 3, pages / 1000},
	} {
		for _, leads := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, leads=%t", c.name, leads), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := pipelinetest.NewBroker()
					for topic, n := range map[string]int32{"links": c.links, "pages": c.pages, "names": 1, "work": 4, "wrong": 1} {
						b.CreateTopic(topic, n)
					}
					for i := range pages {
						at := int64(hourBegins) + span.Milliseconds()*int64(i)/pages
						key := []byte(fmt.Sprint(i))
						b.Produce(pipeline.TopicPartition{Topic: "links", Partition: c.links - 1}, key, fmt.Appendf(nil, "%d %d", i, at))
						b.Produce(pipeline.TopicPartition{Topic: "pages", Partition: int32(i) % c.pages}, key, fmt.Appendf(nil, "%d %d", i, at+10_000))
					}
					began := time.Now()
					var all []*process
					for i := range c.processes {
						all = append(all, start(t, b, fmt.Sprint(i), func(c *runner.Config) {
							c.Workers, c.Topology, c.MaxPending = 1, lookedUp(), 1000
							if s := &c.Topology.Roles[0].Sources[0]; !leads {
								s.Times, s.Leads = nil, false
							}
							c.Cluster.(*pipelinetest.Client).Fault(commitTakes)
							c.Cluster.(*pipelinetest.Client).ChunkRecords = 200
						}))
					}
					for pagesIn(b) < pages && time.Since(began) < time.Minute {
						pass(100 * time.Millisecond)
					}
					took := time.Since(began)
					for _, p := range all {
						p.stop(t)
					}
					seen, wrong := pagesIn(b), len(b.Read("wrong"))
					t.Logf("%d pages in %v, %.0f times real time: %d looked up before their link", seen, took, span.Seconds()/took.Seconds(), wrong)
					if seen != pages {
						t.Errorf("%d pages, want %d", seen, pages)
					}
					if leads && wrong > c.bound {
						t.Errorf("%d of %d pages were looked up before their link", wrong, pages)
					}
					if !leads && wrong < 10*c.bound {
						t.Errorf("without a lead only %d of %d pages were looked up before their link: the test shows nothing", wrong, pages)
					}
				})
			})
		}
	}
}

// pagesIn is how many pages were looked up: control records have no key.
func pagesIn(b *pipelinetest.Broker) (n int) {
	for _, r := range b.Read("work") {
		if r.Key != nil {
			n++
		}
	}
	return n
}

// commitTakes is a broker that takes 50 ms for a commit.
func commitTakes(r pipelinetest.Request) (before, after error) {
	if r == pipelinetest.EndTransaction {
		<-time.After(50 * time.Millisecond)
	}
	return nil, nil
}
