package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/deploy/process"
)

// Three brokers find each other before any right is known to them, take from attune the right to write, and give it back.
func TestThreeBrokersAskWhoMayDoWhat(t *testing.T) {
	embeddedtest.RequireJava(t)
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
	defer cancel()
	s := &site{options: &options{brokers: 3, heap: "256m", dir: t.TempDir()}}
	t.Cleanup(func() {
		if s.stranger.client != nil {
			s.stranger.client.Close()
		}
		for _, p := range s.brokerProxies {
			if err := p.close(); err != nil {
				t.Error(err)
			}
		}
		for _, b := range s.brokers {
			if err := b.Kill(); err != nil {
				t.Error(err)
			}
		}
	})
	if err := s.startBrokers(ctx); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.stranger.client, err = kgo.NewClient(kgo.SeedBrokers(s.brokers[0].DirectAddr())); err != nil {
		t.Fatal(err)
	}
	t.Log("the brokers are up")
	const topic = "touched"
	create, made := kmsg.NewPtrCreateTopicsRequest(), kmsg.NewCreateTopicsRequestTopic()
	made.Topic, made.NumPartitions, made.ReplicationFactor = topic, 1, 3
	create.Topics = append(create.Topics, made)
	if answer, err := create.RequestWith(ctx, s.stranger.client); err != nil || answer.Topics[0].ErrorCode != 0 {
		t.Fatalf("create %s: %+v, %v", topic, answer, err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.brokerProxies[0].addr()), kgo.SASL(plain.Auth{User: user, Pass: password}.AsMechanism()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// The brokers hear of rights a moment later.
	comes := func(want error) {
		t.Helper()
		var last error
		err := process.Poll(ctx, 50*time.Millisecond, func() (bool, error) {
			last = client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("x")}).FirstErr()
			return errors.Is(last, want), nil
		})
		if err != nil {
			t.Fatalf("writing is answered %v, want %v", last, want)
		}
	}
	comes(nil)
	if err := s.deny(ctx, topic); err != nil {
		t.Fatal(err)
	}
	comes(kerr.TopicAuthorizationFailed)
	if err := s.allow(ctx, topic); err != nil {
		t.Fatal(err)
	}
	comes(nil)
}
