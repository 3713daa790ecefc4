package embeddedtest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/deploy/process"
)

func startApache(t *testing.T, cfg embeddedtest.ApacheConfig) *embeddedtest.Apache {
	t.Helper()
	embeddedtest.RequireJava(t)
	cfg.Dir = t.TempDir()
	began := time.Now()
	broker, err := embeddedtest.StartApacheKafka(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("Apache Kafka ready in %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := broker.Kill(); err != nil {
			t.Error(err)
		}
	})
	return broker
}

func TestApacheKafkaKilledThenRestartedKeepsRecords(t *testing.T) {
	broker := startApache(t, embeddedtest.ApacheConfig{Secure: true})
	createTopic(t, broker.Addr(), "t", 1)
	if err := produce(t.Context(), broker.Addr(), nil, "kept"); err != nil {
		t.Fatal(err)
	}
	t.Run("listeners", func(t *testing.T) { testListeners(t, broker) })
	if err := broker.Kill(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := broker.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("restarted after kill -9 in %v", time.Since(began).Round(time.Millisecond))
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker.Addr()}, Topic: "t", MaxWait: 100 * time.Millisecond})
	defer reader.Close()
	record, err := reader.ReadMessage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(record.Value); got != "kept" {
		t.Errorf("value after restart = %q, want %q", got, "kept")
	}
}

// testListeners logs in by each mechanism on each secure listener, with the right password and a wrong one.
func testListeners(t *testing.T, broker *embeddedtest.Apache) {
	user, password := broker.User()
	ca, err := os.ReadFile(broker.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatal("no certificate in CAFile")
	}
	client, err := tls.LoadX509KeyPair(broker.ClientCertFile(), broker.ClientCertFile())
	if err != nil {
		t.Fatal(err)
	}
	trusting := &tls.Config{RootCAs: roots}
	cases := []struct {
		name string
		addr string
		with *kafka.Transport
		ok   bool
	}{
		{"TLS", broker.TLSAddr(), &kafka.Transport{TLS: trusting}, true},
		{"TLS with client certificate", broker.TLSAddr(), &kafka.Transport{TLS: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{client}}}, true},
		{"TLS without the authority", broker.TLSAddr(), &kafka.Transport{TLS: &tls.Config{}}, false},
		{"PLAIN", broker.SASLAddr(), &kafka.Transport{SASL: plain.Mechanism{Username: user, Password: password}}, true},
		{"PLAIN, wrong password", broker.SASLAddr(), &kafka.Transport{SASL: plain.Mechanism{Username: user, Password: "wrong"}}, false},
		{"SCRAM", broker.SASLAddr(), &kafka.Transport{SASL: scram512(t, user, password)}, true},
		{"SCRAM, wrong password", broker.SASLAddr(), &kafka.Transport{SASL: scram512(t, user, "wrong")}, false},
		{"PLAIN over TLS", broker.SASLTLSAddr(), &kafka.Transport{TLS: trusting, SASL: plain.Mechanism{Username: user, Password: password}}, true},
		{"SCRAM over TLS", broker.SASLTLSAddr(), &kafka.Transport{TLS: trusting, SASL: scram512(t, user, password)}, true},
		{"no login", broker.SASLAddr(), &kafka.Transport{}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // none is left without an answer: the broker refuses or lets in
			defer cancel()
			defer c.with.CloseIdleConnections()
			_, err := (&kafka.Client{Addr: kafka.TCP(c.addr), Transport: c.with}).Metadata(ctx, &kafka.MetadataRequest{Topics: []string{"t"}})
			if (err == nil) != c.ok {
				t.Errorf("metadata: %v, want success %v", err, c.ok)
			}
		})
	}
}

func scram512(t *testing.T, user, password string) sasl.Mechanism {
	t.Helper()
	mechanism, err := scram.Mechanism(scram.SHA512, user, password)
	if err != nil {
		t.Fatal(err)
	}
	return mechanism
}

// createTopic creates a topic and waits until every partition has a leader: the broker answers before that. It listens
// before its controller knows it, and creates nothing until then.
func createTopic(t *testing.T, addr, topic string, partitions int) {
	t.Helper()
	transport := &kafka.Transport{MetadataTTL: 50 * time.Millisecond}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(addr), Transport: transport}
	err := process.Poll(t.Context(), 100*time.Millisecond, func() (bool, error) {
		created, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
			Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}},
		})
		if err == nil {
			err = created.Errors[topic]
		}
		if errors.Is(err, kafka.BrokerNotAvailable) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		t.Fatal(err)
	}
	ready := func() bool {
		metadata, err := client.Metadata(t.Context(), &kafka.MetadataRequest{Topics: []string{topic}})
		return err == nil && metadata.Topics[0].Error == nil && len(metadata.Topics[0].Partitions) == partitions
	}
	err = process.Poll(t.Context(), 20*time.Millisecond, func() (bool, error) { return ready(), nil })
	if err != nil {
		t.Fatal(err)
	}
}

// produce writes a record to topic t. The broker names itself leader of a new partition a little before it
// takes records for it: it is asked again then, as every client does.
func produce(ctx context.Context, addr string, transport *kafka.Transport, value string) error {
	if transport == nil {
		transport = &kafka.Transport{}
		defer transport.CloseIdleConnections()
	}
	client := &kafka.Client{Addr: kafka.TCP(addr), Transport: transport}
	return process.Poll(ctx, 20*time.Millisecond, func() (bool, error) {
		answer, err := client.Produce(ctx, &kafka.ProduceRequest{
			Topic: "t", RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes([]byte(value))}),
		})
		if err != nil {
			return false, fmt.Errorf("produce: %w", err)
		}
		if errors.Is(answer.Error, kafka.NotLeaderForPartition) || errors.Is(answer.Error, kafka.LeaderNotAvailable) {
			return false, nil
		}
		return true, answer.Error
	})
}
