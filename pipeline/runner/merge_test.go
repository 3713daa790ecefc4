package runner_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// The hour is what the backlogs of these tests span: 09:00 to 10:00, hours before the tests' own time,
// which synctest begins in the year 2000.
const (
	hourBegins = pipeline.Time(946_684_800_000 - 15*3_600_000)
	hour       = pipeline.Time(3_600_000)
)

// channelSizes are topics of different sizes: records of the hour.
var channelSizes = []struct {
	topic      string
	partitions int32
	records    int
	priority   int
}{
	{"web", 3, 9000, 0}, {"app", 2, 2500, 0}, {"call", 1, 300, 1}, {"ehr", 2, 40, 0},
}

// seenRecord is one that came out of the second hop.
type seenRecord struct {
	topic string
	known pipeline.Time
	at    time.Time
}

// witness sees in which order the second hop gets the records.
type witness struct {
	mu   sync.Mutex
	seen map[int32][]seenRecord // by partition of work
}

func (w *witness) all() (list []seenRecord) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.seen {
		list = append(list, s...)
	}
	return list
}

// skew is by how much the second hop had, when it got a record, read ahead of it: of any topic, and of calls.
func (w *witness) skew() (all, calls pipeline.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, seen := range w.seen {
		ahead, call := pipeline.Time(0), pipeline.Time(0)
		for _, s := range seen {
			all, calls = max(all, ahead-s.known), max(calls, call-s.known)
			if ahead = max(ahead, s.known); s.topic == "call" {
				call = max(call, s.known)
			}
		}
	}
	return all, calls
}

type passOn struct {
	out     pipeline.Output
	takes   time.Duration
	witness *witness
}

// Process sends on "topic time", or notes it.
func (p *passOn) Process(c *pipeline.Context, r *pipeline.Record) error {
	if p.takes > 0 {
		<-time.After(p.takes)
	}
	if p.witness == nil {
		at, _ := timesOf(r)
		c.ObserveEventTime(at)
		c.Emit(p.out, r.Key, fmt.Appendf(nil, "%s %d", r.Topic, at))
		if r.Topic == "call" {
			c.UrgentFor(at)
		}
		return nil
	}
	topic, at, _ := strings.Cut(string(r.Value), " ")
	known, err := strconv.ParseInt(at, 10, 64)
	p.witness.mu.Lock()
	defer p.witness.mu.Unlock()
	p.witness.seen[r.Partition] = append(p.witness.seen[r.Partition], seenRecord{topic, pipeline.Time(known), time.Now()})
	return err
}

func timesOf(r *pipeline.Record) (known, event pipeline.Time) {
	at, _ := strconv.ParseInt(string(r.Value), 10, 64)
	return pipeline.Time(at), pipeline.Time(at)
}

// timedTopology has four topics that are merged, and a second hop.
func timedTopology(w *witness, takes time.Duration) *pipeline.Topology {
	var sources []pipeline.Source
	var channels []pipeline.Channel
	for i, c := range channelSizes {
		sources = append(sources, pipeline.Source{Topic: c.topic, Channel: i, Priority: c.priority, Times: timesOf})
		channels = append(channels, pipeline.Channel{Name: c.topic, OutOfOrderness: 5000, IdleAfter: 10_000})
	}
	return &pipeline.Topology{
		Name: "timed", Channels: channels, LiveWithin: 60_000, Clock: pipeline.ClockBroker,
		Roles: []pipeline.Role{
			{Name: "ingest", Sources: sources, WatermarksTo: "work", New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				return &passOn{out: s.Output("work"), takes: takes / 10}, nil
			}},
			{Name: "work", Sources: []pipeline.Source{{Topic: "work", Carried: true, Priority: 1}}, Changelog: "work-changelog",
				New: func(*pipeline.Setup) (pipeline.Processor, error) { return &passOn{takes: takes, witness: w}, nil }},
		},
	}
}

// timedBroker has an hour in each topic, evenly spread.
func timedBroker() (b *pipelinetest.Broker, records int) {
	b = pipelinetest.NewBroker()
	b.CreateTopic("work", 4)
	b.CreateTopic("work-changelog", 4)
	for _, c := range channelSizes {
		b.CreateTopic(c.topic, c.partitions)
		for i := range c.records {
			produceAt(b, c.topic, int32(i)%c.partitions, hourBegins+hour*pipeline.Time(i)/pipeline.Time(c.records))
		}
		records += c.records
	}
	return b, records
}

func produceAt(b *pipelinetest.Broker, topic string, partition int32, at pipeline.Time) {
	b.Produce(pipeline.TopicPartition{Topic: topic, Partition: partition}, fmt.Appendf(nil, "k%d", at%97), fmt.Append(nil, int64(at)))
}

// TestBacklogsOfDifferentSizesThenTheyAreReadInTheOrderOfTime: all of an hour lies in four topics, two of which
// have priority or next to nothing. The second hop sees it as it would have when it happened. Without Times the
// calls of the hour come first.
func TestBacklogsOfDifferentSizesThenTheyAreReadInTheOrderOfTime(t *testing.T) {
	for _, clock := range []pipeline.Clock{pipeline.ClockBroker, pipeline.ClockLog} {
		for _, merged := range []bool{true, false} {
			t.Run(fmt.Sprintf("clock=%d merged=%t", clock, merged), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, records := timedBroker()
					w := &witness{seen: map[int32][]seenRecord{}}
					one := start(t, b, "one", func(c *runner.Config) {
						c.Topology = timedTopology(w, 100*time.Microsecond)
						c.Topology.Clock = clock
						for i := range c.Topology.Roles[0].Sources {
							if !merged {
								c.Topology.Roles[0].Sources[i].Times = nil
							}
						}
					})
					one.quiet(t)
					one.stop(t)
					all, calls := w.skew()
					t.Logf("%d records: %v ahead at most, calls %v", len(w.all()), millis(all), millis(calls))
					if n := len(w.all()); n != records {
						t.Errorf("%d records, want %d", n, records)
					}
					if merged && all > 0 {
						t.Errorf("read %v ahead, calls %v; want the order of time", millis(all), millis(calls))
					}
					if !merged && calls < hour/2 {
						t.Errorf("calls %v ahead without the merge: the test shows nothing", millis(calls))
					}
				})
			})
		}
	}
}

func millis(t pipeline.Time) time.Duration { return time.Duration(t) * time.Millisecond }

// TestLiveCallArrivesInABacklogThenItGoesFirst: an hour of pages lies there, which takes seconds to read, and
// somebody rings. Calls of the hour itself have nobody waiting, and take their turn.
func TestLiveCallArrivesInABacklogThenItGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, records := timedBroker()
		b.CreateTopic("rings", 1)
		w := &witness{seen: map[int32][]seenRecord{}}
		one := start(t, b, "one", func(c *runner.Config) {
			c.Workers, c.Topology = 1, timedTopology(w, time.Millisecond)
			s := &c.Topology.Roles[0].Sources
			*s = append(*s, pipeline.Source{Topic: "rings", Channel: pipeline.NoChannel, Priority: 1, Times: timesOf})
		})
		pass(3 * time.Second)
		before := len(w.all())
		rang := pipeline.Time(time.Now().UnixMilli())
		produceAt(b, "rings", 0, rang)
		pass(2 * time.Second)
		seen := w.all() // once: partitions come in any order
		i := slices.IndexFunc(seen, func(s seenRecord) bool { return s.known == rang })
		if i < 0 {
			t.Fatalf("the call was not taken within two seconds; %d of %d records were", len(seen), records)
		}
		if took := seen[i].at.Sub(time.UnixMilli(int64(rang))); took > time.Second {
			t.Errorf("the call was taken after %v", took)
		}
		if before == 0 || before > records/2 {
			t.Errorf("%d of %d records were taken before: the test shows nothing", before, records)
		}
		one.quiet(t)
		one.stop(t)
		if n := len(w.all()); n != records+1 {
			t.Errorf("%d records, want %d", n, records+1)
		}
	})
}

// withheld is a cluster whose broker answers nothing about one partition.
type withheld struct {
	*pipelinetest.Client
	tp pipeline.TopicPartition
}

func (c withheld) NewFetcher(f pipeline.FetcherConfig) pipeline.Fetcher {
	return withheldFetcher{c.Client.NewFetcher(f), c.tp}
}

type withheldFetcher struct {
	pipeline.Fetcher
	tp pipeline.TopicPartition
}

func (f withheldFetcher) Poll(ctx context.Context) ([]pipeline.Chunk, error) {
	for {
		chunks, err := f.Fetcher.Poll(ctx)
		chunks = slices.DeleteFunc(chunks, func(c pipeline.Chunk) bool { return c.Info().TopicPartition == f.tp })
		if err != nil || len(chunks) > 0 {
			return chunks, err
		}
	}
}

// TestPartitionStaysSilentThenOthersDoNotWaitForLong: one partition holds the hour, and its broker does not
// answer; one has nothing at all. The rest is read, in order, after a moment.
func TestPartitionStaysSilentThenOthersDoNotWaitForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, records := timedBroker()
		b.CreateTopic("empty", 1)
		w := &witness{seen: map[int32][]seenRecord{}}
		silent := pipeline.TopicPartition{Topic: "app", Partition: 1}
		one := start(t, b, "one", func(c *runner.Config) {
			c.Topology = timedTopology(w, 0)
			c.Cluster = withheld{c.Cluster.(*pipelinetest.Client), silent}
			s := &c.Topology.Roles[0].Sources
			*s = append(*s, pipeline.Source{Topic: "empty", Channel: pipeline.NoChannel, Times: timesOf})
		})
		pass(10 * time.Second)
		one.stop(t)
		if n, want := len(w.all()), records-1250; n != want {
			t.Errorf("%d records within ten seconds, want %d", n, want)
		}
		if all, _ := w.skew(); all > 0 {
			t.Errorf("read %v ahead", millis(all))
		}
	})
}

// TestThreeProcessesAreBehindThenTheyStayTogether: each has partitions of its own. None reads far ahead of
// another, and all are as fast as they would be without that.
func TestThreeProcessesAreBehindThenTheyStayTogether(t *testing.T) {
	run := func(t *testing.T, merged bool) (took time.Duration, all pipeline.Time) {
		synctest.Test(t, func(t *testing.T) {
			b, records := timedBroker()
			w := &witness{seen: map[int32][]seenRecord{}}
			var processes []*process
			began := time.Now()
			for _, name := range []string{"one", "two", "three"} {
				processes = append(processes, start(t, b, name, func(c *runner.Config) {
					c.Workers, c.Topology = 1, timedTopology(w, time.Millisecond)
					for i := range c.Topology.Roles[0].Sources {
						if !merged {
							c.Topology.Roles[0].Sources[i].Times = nil
						}
					}
				}))
			}
			for range 6000 {
				if pass(10 * time.Millisecond); len(w.all()) >= records {
					break
				}
			}
			took = time.Since(began)
			all, _ = w.skew()
			for _, p := range processes {
				p.stop(t)
			}
			if n := len(w.all()); n != records {
				t.Errorf("%d records, want %d", n, records)
			}
		})
		return took, all
	}
	apart, skewApart := run(t, false)
	together, skew := run(t, true)
	speed := float64(hour) / float64(together.Milliseconds())
	t.Logf("apart: %v, %v ahead; together: %v at %.0f times real time, %v ahead", apart, millis(skewApart), together, speed, millis(skew))
	if bound := pipeline.Time(speed*2000) + 10_000; skew > bound {
		t.Errorf("read %v ahead, want no more than what is done in two seconds, %v", millis(skew), millis(bound))
	}
	if together > apart*11/10+time.Second/2 { // of listening
		t.Errorf("took %v, and %v without staying together", together, apart)
	}
}

// TestSourcesAreMergedThenOneWorkerHasThemAll: the order in which two workers send on would be that of their
// commits. The other worker has more of the tasks behind them.
func TestSourcesAreMergedThenOneWorkerHasThemAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pipelinetest.NewBroker()
		b.CreateTopic("work", 16)
		b.CreateTopic("work-changelog", 16)
		for _, c := range channelSizes {
			b.CreateTopic(c.topic, c.partitions)
		}
		var mu sync.Mutex
		tasks := map[string][2]int{} // by role and worker
		one := start(t, b, "one", func(c *runner.Config) {
			c.Workers, c.Topology = 2, timedTopology(&witness{seen: map[int32][]seenRecord{}}, 0)
			c.Events.TaskAssigned = func(id pipeline.TaskID, worker int, _ bool) {
				mu.Lock()
				defer mu.Unlock()
				n := tasks[id.Role]
				n[worker]++
				tasks[id.Role] = n
			}
		})
		pass(time.Second)
		one.stop(t)
		if got := tasks["ingest"]; got != [2]int{8, 0} {
			t.Errorf("sources by worker: %v", got)
		}
		if got := tasks["work"]; got != [2]int{6, 10} {
			t.Errorf("tasks behind them by worker: %v", got)
		}
	})
}

// TestRecordedLogIsWrittenWhileItIsReadThenItIsReadInTheOrderOfTime: the writer sends an hour in two seconds, and
// what it has for calls 80 ms after the rest. The reader keeps up with it, so that no partition ever has more.
func TestRecordedLogIsWrittenWhileItIsReadThenItIsReadInTheOrderOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pipelinetest.NewBroker()
		b.CreateTopic("work", 4)
		b.CreateTopic("work-changelog", 4)
		for _, c := range channelSizes {
			b.CreateTopic(c.topic, c.partitions)
		}
		w := &witness{seen: map[int32][]seenRecord{}}
		one := start(t, b, "one", func(c *runner.Config) {
			c.Topology = timedTopology(w, 0)
			c.Topology.Clock = pipeline.ClockLog
		})
		pass(time.Second)
		const steps = 100
		began, records := 0, 0
		for step := range steps {
			at := hourBegins + hour*pipeline.Time(step)/steps
			for i := range pipeline.Time(10) {
				produceAt(b, "web", 0, at+i*100)
				records++
			}
			if step >= 4 {
				produceAt(b, "call", 0, at-4*hour/steps+500)
				records++
			}
			if pass(20 * time.Millisecond); step == 20 {
				began = len(w.all()) // the speed is known by now
			}
		}
		one.quiet(t)
		one.stop(t)
		if n := len(w.all()); n != records {
			t.Errorf("%d records, want %d", n, records)
		}
		late := 0
		for _, seen := range w.seen {
			newest := pipeline.Time(0)
			for _, s := range seen {
				if s.known < newest {
					late++
				}
				newest = max(newest, s.known)
			}
		}
		t.Logf("%d records, %d of them out of order; %d at first", records, late, began)
		if late > 20 {
			t.Errorf("%d of %d records out of order", late, records)
		}
	})
}
