package kafka

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
)

func TestTopicsAreCreatedDescribedAndDeleted(t *testing.T) {
	r := newRig(t)
	plain, compact := r.name("plain"), r.name("compact")
	existing, err := r.c.CreateTopics(r.ctx(), []TopicSpec{{Name: plain, Partitions: 3, ReplicationFactor: 1, Config: map[string]string{"retention.ms": "3600000"}}})
	r.must(err)
	if len(existing) != 0 {
		t.Errorf("existing %v", existing)
	}
	existing, err = r.c.CreateTopics(r.ctx(), []TopicSpec{
		{Name: plain, Partitions: 5},
		{Name: compact, Partitions: 2, Config: map[string]string{"cleanup.policy": "compact", "retention.ms": "-1"}},
	})
	r.must(err)
	if d := cmp.Diff(existing, []string{plain}); d != "" {
		t.Error(d)
	}
	infos, err := r.c.DescribeTopics(r.ctx(), plain, compact)
	r.must(err)
	if len(infos) != 2 || infos[0].Name != compact || infos[0].Partitions != 2 || infos[0].Config["cleanup.policy"] != "compact" || infos[0].Retention() != -1 {
		t.Errorf("described %+v", infos)
	}
	if infos[1].Partitions != 3 || infos[1].ReplicationFactor != 1 || infos[1].Retention() != time.Hour || infos[1].Config["cleanup.policy"] != "delete" {
		t.Errorf("described %+v", infos[1])
	}
	id, err := r.c.TopicID(r.ctx(), plain)
	r.must(err)
	if id == [16]byte{} || id != infos[1].ID {
		t.Errorf("id %x and %x", id, infos[1].ID)
	}
	all, err := r.c.DescribeTopics(r.ctx())
	r.must(err)
	if len(all) < 2 {
		t.Errorf("%d topics in all", len(all))
	}
	r.must(r.c.DeleteTopics(r.ctx(), []string{plain, r.name("nowhere")}))
	r.must(retry(r.ctx(), time.Minute, func() error { // brokers delete in the background
		if _, err := r.c.PartitionCount(r.ctx(), plain); err == nil {
			return codeUnknownTopic
		}
		return nil
	}))
	var unknown *UnknownTopicError
	if _, err := r.c.DescribeTopics(r.ctx(), plain); !errors.As(err, &unknown) || unknown.Topic != plain {
		t.Errorf("describe: %v", err)
	}
	if _, err := r.c.TopicID(r.ctx(), plain); !errors.As(err, &unknown) {
		t.Errorf("id: %v", err)
	}
}

func TestRefusedTopicSaysWhy(t *testing.T) {
	r := newRig(t)
	_, err := r.c.CreateTopics(r.ctx(), []TopicSpec{{Name: r.name("bad"), Partitions: 1, ReplicationFactor: 100}})
	var code Code
	if !errors.As(err, &code) || code.passes() {
		t.Errorf("create: %v", err)
	}
}

func TestLagCountsFromTheCommitOrTheStart(t *testing.T) {
	r := newRig(t)
	in := r.topic("in", 2)
	p := r.producer(pipeline.ProducerConfig{})
	r.send(p, in, 0, "a", "b", "c")
	r.send(p, in, 1, "d")
	group := r.name("g")
	r.must(r.c.commitOffsets(r.ctx(), group, -1, "", r.offsets(in, 1)))
	lag, err := r.c.Lag(r.ctx(), group, in)
	r.must(err)
	want := []PartitionLag{{tp(in, 0), 1, 0, 3, 3}, {tp(in, 1), -1, 0, 1, 1}}
	if d := cmp.Diff(lag, want); d != "" {
		t.Error(d)
	}
	if lag[0].Lag() != 2 || lag[1].Lag() != 1 {
		t.Errorf("lags %d and %d", lag[0].Lag(), lag[1].Lag())
	}
}

func TestLagOfAGroupThatIsNotThereYet(t *testing.T) {
	r := newRig(t)
	in := r.topic("in", 1)
	r.send(r.producer(pipeline.ProducerConfig{}), in, 0, "a", "b")
	lag, err := r.c.Lag(r.ctx(), r.name("nobody"), in)
	r.must(err)
	if len(lag) != 1 || lag[0].Committed != -1 || lag[0].Lag() != 2 {
		t.Errorf("got %+v", lag)
	}
}

func TestClusterNamesItsVersionAndFeatures(t *testing.T) {
	r := newRig(t)
	if r.c.Version() == "unknown" || len(r.c.Features()) == 0 {
		t.Errorf("version %s, features %v", r.c.Version(), r.c.Features())
	}
}

// An open transaction: the end is past it, the stable offset before it.
func TestEndOffsetsPassOpenTransactions(t *testing.T) {
	r := newRig(t)
	out := r.topic("out", 1)
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
	r.send(p, out, 0, "a")
	r.read(out) // its marker is written
	r.append(p, out, 0, "b", "c")
	r.must(p.Seal(nil).(*transaction).fill(r.ctx(), nil))
	at := []pipeline.TopicPartition{tp(out, 0)}
	start, err := r.c.StartOffsets(r.ctx(), at)
	r.must(err)
	stable, err := r.c.StableOffsets(r.ctx(), at)
	r.must(err)
	end, err := r.c.EndOffsets(r.ctx(), at)
	r.must(err)
	if start[at[0]] != 0 || stable[at[0]] != 2 || end[at[0]] != 4 {
		t.Errorf("start %v, stable %v, end %v", start, stable, end)
	}
	r.must(p.Init(r.ctx())) // aborts it
	if d := cmp.Diff(r.read(out), []string{"a"}); d != "" {
		t.Error(d)
	}
}

// TestTopicIsForgottenWhileItIsLookedUpThenItIsFoundAllTheSame: whoever counts partitions forgets what is known of the topic
// first, and nobody else may take that for a topic that is not there.
func TestTopicIsForgottenWhileItIsLookedUpThenItIsFoundAllTheSame(t *testing.T) {
	r := newRig(t)
	topic := r.topic("forgotten", 3)
	done := make(chan struct{})
	var forgets sync.WaitGroup
	for range 2 {
		forgets.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					r.c.forgetTopic(topic)
				}
			}
		})
	}
	for range 500 {
		if n, err := r.c.PartitionCount(r.ctx(), topic); err != nil || n != 3 {
			t.Errorf("%d partitions: %v", n, err)
			break
		}
	}
	close(done)
	forgets.Wait()
}
