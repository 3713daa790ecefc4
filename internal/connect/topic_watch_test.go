package connect

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// topicsUnderWatch is the product's topics on a broker of their own, and a watch over them with what it tells.
func topicsUnderWatch(t *testing.T) (*config.Config, *kafka.Cluster, *topicWatch, chan string) {
	t.Helper()
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	c := config.Default()
	c.Kafka.Brokers, c.Topics.Partitions, c.Topics.Replication = []string{broker.Addr()}, 2, 1
	cluster, err := Kafka(t.Context(), &c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Close() })
	if _, err := CreateTopics(t.Context(), cluster, &c); err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 10)
	w, err := WatchTopics(t.Context(), cluster, &c, func(topic, problem string) { told <- topic + ": " + problem })
	if err != nil {
		t.Fatal(err)
	}
	w.every = 10 * time.Millisecond
	return &c, cluster, w, told
}

func addPartitions(t *testing.T, c *config.Config, topic string, n int32) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Kafka.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	grow := kmsg.NewPtrCreatePartitionsRequest()
	one := kmsg.NewCreatePartitionsRequestTopic()
	one.Topic, one.Count = topic, n
	grow.Topics, grow.TimeoutMillis = append(grow.Topics, one), 5000
	res, err := grow.RequestWith(t.Context(), client)
	if err != nil || len(res.Topics) != 1 || res.Topics[0].ErrorCode != 0 {
		t.Fatalf("create partitions: %+v, %v", res, err)
	}
}

func TestTopicsThatChangeUnderTheProcessEndItWithWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, c *config.Config, cluster *kafka.Cluster) error
		want   []string
	}{
		"deleted": {func(t *testing.T, _ *config.Config, cluster *kafka.Cluster) error {
			return cluster.DeleteTopics(t.Context(), []string{schemas.TopicPatientChangelog})
		}, []string{schemas.TopicPatientChangelog, "was deleted: what it held is gone", "attune reprocess"}},
		"an input deleted": {func(t *testing.T, _ *config.Config, cluster *kafka.Cluster) error {
			return cluster.DeleteTopics(t.Context(), []string{schemas.TopicTouchpointsWeb})
		}, []string{schemas.TopicTouchpointsWeb, "was deleted", "attune topics create"}},
		"created again": {func(t *testing.T, c *config.Config, cluster *kafka.Cluster) error {
			if err := cluster.DeleteTopics(t.Context(), []string{schemas.TopicIdentified}); err != nil {
				return err
			}
			_, err := CreateTopics(t.Context(), cluster, c)
			return err
		}, []string{schemas.TopicIdentified, "created again", "attune reprocess"}},
		"more partitions": {func(t *testing.T, c *config.Config, _ *kafka.Cluster) error {
			addPartitions(t, c, schemas.TopicPersonas, 5)
			return nil
		}, []string{schemas.TopicPersonas, "has 5 partitions and had 2", "attune reprocess"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, cluster, w, _ := topicsUnderWatch(t)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- w.Run(ctx) }()
			if err := c.change(t, config, cluster); err != nil {
				t.Fatal(err)
			}
			err := <-done
			if e, ok := errors.AsType[*exit.Error](err); !ok || e.Code != exit.CodeUnavailable {
				t.Fatalf("got %v, want an end as of what is unavailable", err)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

func TestInputTopicMayGrowUnderTheProcess(t *testing.T) {
	t.Parallel()
	config, _, w, _ := topicsUnderWatch(t)
	addPartitions(t, config, schemas.TopicTouchpointsWeb, 5)
	if err := w.look(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOutputTopicIsDeletedAndCreatedAgainThenItIsToldAndNothingEnds(t *testing.T) {
	t.Parallel()
	config, cluster, w, told := topicsUnderWatch(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	hears := func(want string) {
		t.Helper()
		select {
		case got := <-told:
			if !strings.HasPrefix(got, schemas.TopicActions+": ") || !strings.Contains(got, want) {
				t.Errorf("told %q, want it to say %q", got, want)
			}
		case err := <-done:
			t.Fatalf("the watch has ended: %v", err)
		case <-time.After(time.Minute):
			t.Fatalf("not told that %q", want)
		}
	}
	if err := cluster.DeleteTopics(ctx, []string{schemas.TopicActions}); err != nil {
		t.Fatal(err)
	}
	hears("attune topics create, and it goes on")
	if _, err := CreateTopics(ctx, cluster, config); err != nil {
		t.Fatal(err)
	}
	hears("deleted and created again")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(told) > 0 {
		t.Errorf("told again: %q", <-told)
	}
}
