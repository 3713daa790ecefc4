package runner_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// names is a table, price list a broadcast: Quote reads orders, looks the name up in the table and
// takes the price from the last price list that it was sent.
func sideInputs() *pipeline.Topology {
	return &pipeline.Topology{
		Name: "side-inputs",
		Roles: []pipeline.Role{{
			Name:       "quote",
			Sources:    []pipeline.Source{{Topic: "orders", Channel: pipeline.NoChannel}},
			Broadcasts: []string{"prices"},
			Tables:     []pipeline.TableSource{{Topic: "names", New: func() pipeline.Table { return names{} }}},
			Changelog:  "quote-changelog",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				return &quote{names: s.Table("names").(names), out: s.Output("quotes")}, nil
			},
		}},
	}
}

type names map[string]string

func (n names) Apply(r *pipeline.Record) error {
	if len(r.Key) == 0 {
		return pipeline.Invalid("no-key", nil)
	}
	n[string(r.Key)] = string(r.Value)
	return nil
}

type quote struct {
	names names
	price string
	out   pipeline.Output
}

func (q *quote) Process(c *pipeline.Context, r *pipeline.Record) error {
	c.Emit(q.out, r.Key, fmt.Appendf(nil, "%s %s %s table=%d", r.Value, q.names[string(r.Value)], q.price, c.TablePosition("names")))
	return nil
}

// OnBroadcast tells of each new price, which must come out once however often the task is restored.
func (q *quote) OnBroadcast(c *pipeline.Context, r *pipeline.Record) error {
	q.price = string(r.Value)
	c.Emit(q.out, nil, fmt.Appendf(nil, "price %s", r.Value))
	return nil
}

func TestTableAndBroadcastAreReadThenFirstRecordIsProcessed(t *testing.T) {
	d := pipelinetest.New(t, sideInputs(), pipelinetest.Options{})
	d.Produce("orders", nil, []byte("apple"))
	d.Produce("prices", nil, []byte("10"))
	d.Produce("prices", nil, []byte("12"))
	d.Produce("names", []byte("apple"), []byte("Boskoop"))
	d.Produce("names", nil, []byte("nameless"))
	d.Commit()
	enginetest.SameSet(t, "quotes", enginetest.Values(d.Read("quotes")), []string{"price 10", "price 12", "apple Boskoop 12 table=2"})
	d.KillAll()
	d.Produce("orders", nil, []byte("apple"))
	d.Commit()
	enginetest.SameSet(t, "quotes after a restore", enginetest.Values(d.Read("quotes")), []string{"apple Boskoop 12 table=2"})
}

func TestRunnerReadsTableAndBroadcastThenFollowsThem(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := pipelinetest.NewBroker()
		for topic, n := range map[string]int32{"orders": 3, "quote-changelog": 3, "prices": 1, "names": 2, "quotes": 1} {
			b.CreateTopic(topic, n)
		}
		send := func(topic string, partition int32, key, value string) {
			b.Produce(pipeline.TopicPartition{Topic: topic, Partition: partition}, []byte(key), []byte(value))
		}
		for i := range 1000 {
			send("names", int32(i%2), fmt.Sprint("n", i), fmt.Sprint("name", i))
			send("prices", 0, "", fmt.Sprint(i))
		}
		send("orders", 0, "", "n999")
		change := func(c *runner.Config) { c.Topology = sideInputs() }
		run := start(t, b, "one", change)
		run.quiet(t)
		quotes := func() map[string]int {
			got := make(map[string]int)
			for _, v := range enginetest.Values(b.Read("quotes")) {
				if !strings.HasPrefix(v, "price ") {
					v, _, _ = strings.Cut(v, " table")
				}
				got[v]++
			}
			return got
		}
		if got := quotes()["n999 name999 999"]; got != 1 {
			t.Errorf("first quote: %v", slices.Sorted(maps.Keys(quotes())))
		}
		send("names", 0, "pear", "Conference")
		send("prices", 0, "", "new")
		pass(time.Second)
		send("orders", 1, "", "pear")
		b.Rebalance("g")
		run.quiet(t)
		two := start(t, b, "two", change)
		pass(time.Second)
		send("orders", 2, "", "pear")
		pass(time.Second)
		run.stop(t)
		two.quiet(t)
		got := quotes()
		if got["pear Conference new"] != 2 {
			t.Errorf("quotes of pear: %d, want 2", got["pear Conference new"])
		}
		for v, n := range got {
			if strings.HasPrefix(v, "price ") && n != 3 {
				t.Errorf("%s came out %d times, want once for each of 3 tasks", v, n)
			}
		}
		two.stop(t)
	})
}

// TestBatchOfATableOrABroadcastCannotBeReadThenNothingEnds: where losses stop what they concern, tasks that run go on with
// what they have, and so do new ones without the broadcast's rest; those that wait for the table's wait until it is mended.
// Where losses are passed over everything goes on behind the batch.
func TestBatchOfATableOrABroadcastCannotBeReadThenNothingEnds(t *testing.T) {
	for _, resume := range []bool{false, true} {
		for _, damaged := range []string{"names", "prices"} {
			t.Run(fmt.Sprintf("%s/resume=%v", damaged, resume), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { readDamaged(t, damaged, resume) })
			})
		}
	}
}

func readDamaged(t *testing.T, damaged string, resume bool) {
	b := pipelinetest.NewBroker()
	for _, topic := range []string{"orders", "quote-changelog", "prices", "names", "quotes"} {
		b.CreateTopic(topic, 1)
	}
	send := func(topic, key, value string) {
		b.Produce(pipeline.TopicPartition{Topic: topic}, []byte(key), []byte(value))
	}
	var mu sync.Mutex
	var lost, stood []string
	change := func(c *runner.Config) {
		c.Topology = sideInputs()
		c.Fetch.Resume = resume
		c.Events.Lost = func(id pipeline.TaskID, l pipeline.Loss) {
			mu.Lock()
			defer mu.Unlock()
			lost = append(lost, fmt.Sprintf("%s %s %d-%d", id.Role, l.Topic, l.From, l.To))
		}
		c.Events.TaskStopped = func(id pipeline.TaskID, err error) {
			mu.Lock()
			defer mu.Unlock()
			stood = append(stood, id.Role+" "+id.Source.Topic)
		}
	}
	send("names", "n", "old name")
	send("prices", "", "1")
	run := start(t, b, "one", change)
	pass(time.Second)
	b.Damage(pipeline.TopicPartition{Topic: damaged}, 1)
	for _, what := range []string{"broken", "behind"} {
		send("names", what, "name "+what)
		send("prices", "", "price "+what)
	}
	pass(time.Second)
	order := func(name string) { send("orders", "", name); pass(time.Second) }
	order("n")
	order("behind")
	// Whoever counts what stands begins anew with each generation, and must hear of it again.
	mu.Lock()
	told := len(stood)
	mu.Unlock()
	b.Rebalance("g")
	pass(5 * time.Second)
	mu.Lock()
	if again := len(stood) > told; again == resume {
		t.Errorf("told again after a rebalance: %v", again)
	}
	mu.Unlock()
	run.stop(t)
	two := start(t, b, "two", change)
	pass(5 * time.Second)
	order("again")
	waits := damaged == "names" && !resume
	if waits {
		b.Damage(pipeline.TopicPartition{Topic: damaged}, 0)
		two.stop(t)
		two = start(t, b, "three", change)
		pass(5 * time.Second)
	}
	pass(5 * time.Second)
	two.stop(t)

	name, price := "name behind", "price behind"
	if damaged == "names" && !resume {
		name = ""
	}
	if damaged == "prices" && !resume {
		price = "1"
	}
	var quoted []string
	for _, v := range enginetest.Values(b.Read("quotes")) {
		if v, _, _ = strings.Cut(v, " table"); !strings.HasPrefix(v, "price ") {
			quoted = append(quoted, v)
		}
	}
	want := []string{"n old name " + price, "behind " + name + " " + price, "again  " + price}
	if !slices.Equal(quoted, want) {
		t.Errorf("quotes are %q, want %q", quoted, want)
	}
	wantLost, wantStood := []string{"quote " + damaged + " 1-2"}, []string(nil)
	if !resume {
		wantLost, wantStood = nil, []string{"quote " + damaged}
	}
	if lost, stood = slices.Compact(lost), slices.Compact(stood); !slices.Equal(lost, wantLost) || !slices.Equal(stood, wantStood) {
		t.Errorf("lost %q, stood %q, want %q and %q", lost, stood, wantLost, wantStood)
	}
}
