package main

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/schemas"
)

// clusterRig is a rig on three Apache Kafka brokers: each topic has a replica on each, and two of them must have what
// is acknowledged.
func clusterRig(t *testing.T) (*rig, []*embeddedtest.Apache) {
	t.Helper()
	embeddedtest.RequireJava(t)
	var cfgs [3]embeddedtest.ApacheConfig
	for i := range cfgs {
		cfgs[i] = embeddedtest.ApacheConfig{Dir: t.TempDir(), Heap: "256m"}
	}
	brokers, err := embeddedtest.StartApacheCluster(t.Context(), cfgs[:]...)
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Kafka.Brokers = nil
	for _, b := range brokers {
		t.Cleanup(func() { check(t, b.Kill()) })
		c.Kafka.Brokers = append(c.Kafka.Brokers, b.Addr())
	}
	clickhouse, err := embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, clickhouse.Kill()) })
	c.Registry.URL, c.ClickHouse.Addr = newRegistry(t).URL(), []string{clickhouse.NativeAddr()}
	return newRig(t, c, clickhouse.HTTPAddr()), brokers
}

// replicated waits until every replica of every topic has what is acknowledged, as whoever restarts brokers in turn
// does before the next.
func (r *rig) replicated(t *testing.T, client *kgo.Client) {
	t.Helper()
	await(t, 2*time.Minute, "all replicas are in sync", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		rs, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, client)
		if err != nil || len(rs.Brokers) < len(r.config.Kafka.Brokers) {
			return false
		}
		for i := range rs.Topics {
			for _, p := range rs.Topics[i].Partitions {
				if len(p.ISR) < len(r.config.Kafka.Brokers) {
					return false
				}
			}
		}
		return len(rs.Topics) > 0
	})
}

// Each of three brokers is stopped and started again in its turn, as an upgrade of Kafka or of its machines does it,
// under two processors and a sink. Nobody ends, and each record counts once.
func TestBrokersAreRestartedInTurnThenNothingIsLostAndNothingEnds(t *testing.T) {
	t.Parallel()
	r, brokers := clusterRig(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(r.config.Kafka.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	roles := []*role{start(t, "run", "--config", r.file(t)), start(t, "run", "--config", r.file(t)), start(t, "sink", "--config", r.file(t))}
	// Fewer than the other tests send: three brokers have two cores with all the rest.
	patients, ledger := r.simulate(t, "--rate", "6", "--speed", "10")
	r.grows(t, schemas.TopicActions, 20)
	for _, b := range brokers {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		if err := b.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		r.grows(t, schemas.TopicActions, 10) // two of three are enough
		if err := b.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.replicated(t, client)
		r.grows(t, schemas.TopicActions, 10)
	}
	patients.stop(t)
	r.settles(t, r.ledgerOf(t, ledger), false)
	for _, role := range roles {
		if ended, err := role.Ended(); ended {
			t.Errorf("a role ended: %v: %s", err, role.LogEnd())
		}
		role.stop(t)
	}
}
