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
								s.Leads = false
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

// TestTableStandsStillThenWhatIsLiveDoesNotWaitAndTheRestNotForLong: the broker answers nothing about the table. A page that
// somebody may have on the screen is looked up in what there is; one of a backlog waits two seconds for its link.
func TestTableStandsStillThenWhatIsLiveDoesNotWaitAndTheRestNotForLong(t *testing.T) {
	for _, c := range []struct {
		age         time.Duration
		least, most time.Duration
	}{
		{age: time.Second, most: 200 * time.Millisecond},
		{age: time.Hour, least: time.Second, most: 3 * time.Second},
	} {
		t.Run(c.age.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := pipelinetest.NewBroker()
				for topic, n := range map[string]int32{"links": 1, "pages": 1, "names": 1, "work": 1, "wrong": 1} {
					b.CreateTopic(topic, n)
				}
				one := start(t, b, "one", func(cfg *runner.Config) {
					cfg.Workers, cfg.Topology = 1, lookedUp()
					cfg.Topology.Clock = pipeline.ClockBroker
					cfg.Cluster = withheld{cfg.Cluster.(*pipelinetest.Client), pipeline.TopicPartition{Topic: "names"}}
				})
				pass(5 * time.Second)
				at := time.Now().Add(-c.age).UnixMilli()
				b.Produce(pipeline.TopicPartition{Topic: "links"}, []byte("k"), fmt.Appendf(nil, "k %d", at))
				pass(30 * time.Millisecond)
				b.Produce(pipeline.TopicPartition{Topic: "pages"}, []byte("k"), fmt.Appendf(nil, "k %d", at+10_000))
				began := time.Now()
				for pagesIn(b) == 0 && time.Since(began) < 10*time.Second {
					pass(10 * time.Millisecond)
				}
				if took := time.Since(began); took < c.least || took > c.most {
					t.Errorf("the page was looked up after %v, want %v to %v", took, c.least, c.most)
				}
				one.stop(t)
			})
		})
	}
}
