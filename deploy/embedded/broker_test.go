package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/attune-health/attune/deploy/embedded"
)

func TestBrokerClosedThenStartedKeepsRecords(t *testing.T) {
	dir := t.TempDir()
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	client := &kafka.Client{Addr: kafka.TCP(broker.Addr())}
	created, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: "t", NumPartitions: 2, ReplicationFactor: 1}}})
	if err := errors.Join(err, created.Errors["t"]); err != nil {
		t.Fatal(err)
	}
	if err := writeOne(t.Context(), broker.Addr(), "t", "kept"); err != nil {
		t.Fatal(err)
	}
	metadata, err := client.Metadata(t.Context(), &kafka.MetadataRequest{Topics: []string{"absent"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := metadata.Topics[0].Error; !errors.Is(err, kafka.UnknownTopicOrPartition) {
		t.Errorf("topic that nobody created: got %v, want UnknownTopicOrPartition", err)
	}
	if err := broker.Close(); err != nil {
		t.Fatal(err)
	}

	broker, err = embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	if got := readOne(t, broker.Addr()); got != "kept" {
		t.Errorf("value after restart = %q, want %q", got, "kept")
	}
}

// The process that holds the broker is killed right after a record was acknowledged.
func TestBrokerKilledThenStartedKeepsAcknowledgedRecords(t *testing.T) {
	if dir := os.Getenv("EMBEDDED_TEST_BROKER"); dir != "" {
		broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := broker.Cluster().CreateTopic("t", 2, nil); err != nil {
			t.Fatal(err)
		}
		if err := writeOne(t.Context(), broker.Addr(), "t", "acknowledged"); err != nil {
			t.Fatal(err)
		}
		fmt.Println("pid", os.Getpid())
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	runUntilKilled(t, "EMBEDDED_TEST_BROKER="+dir)
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	if got := readOne(t, broker.Addr()); got != "acknowledged" {
		t.Errorf("value after restart = %q, want %q", got, "acknowledged")
	}
}

func TestSecondBrokerOnOneDirectoryIsRefused(t *testing.T) {
	dir := t.TempDir()
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := embedded.StartBroker(ctx, embedded.BrokerConfig{Dir: dir}); !errors.Is(err, embedded.ErrInUse) {
		t.Errorf("second start: got %v, want ErrInUse", err)
	}
}

// writeOne writes one record to partition 1.
func writeOne(ctx context.Context, addr, topic, value string) error {
	client := &kafka.Client{Addr: kafka.TCP(addr)}
	answer, err := client.Produce(ctx, &kafka.ProduceRequest{
		Topic: topic, Partition: 1, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes([]byte(value))}),
	})
	if err != nil {
		return err
	}
	return answer.Error
}

// readOne reads the first record of partition 1 of topic t.
func readOne(t *testing.T, addr string) string {
	t.Helper()
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{addr}, Topic: "t", Partition: 1, MaxWait: 100 * time.Millisecond})
	defer reader.Close()
	record, err := reader.ReadMessage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(record.Value)
}
