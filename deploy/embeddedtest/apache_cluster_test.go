package embeddedtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/embeddedtest"
)

// One of three brokers is killed, and what the others take has a majority; started again, it is told of it.
func TestOneBrokerOfAClusterIsKilledAndStartedAgain(t *testing.T) {
	embeddedtest.RequireJava(t)
	var cfgs [3]embeddedtest.ApacheConfig
	for i := range cfgs {
		// Nobody listens there: what clients of Addr are told is all that matters.
		cfgs[i] = embeddedtest.ApacheConfig{Dir: t.TempDir(), Heap: "256m", Advertised: fmt.Sprintf("127.0.0.1:%d", i+1)}
	}
	brokers, err := embeddedtest.StartApacheCluster(t.Context(), cfgs[:]...)
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	for _, b := range brokers {
		t.Cleanup(func() {
			if err := b.Kill(); err != nil {
				t.Error(err)
			}
		})
		direct = append(direct, b.DirectAddr())
		if got := ports(t, b.Addr()); len(got) != 3 || got[0]+got[1]+got[2] != 1+2+3 {
			t.Errorf("clients of %s are sent to ports %v", b.Addr(), got)
		}
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(direct...), kgo.DefaultProduceTopic("t"), kgo.ConsumeTopics("t"), kgo.RecordDeliveryTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	create := kmsg.NewPtrCreateTopicsRequest()
	create.Topics = []kmsg.CreateTopicsRequestTopic{{Topic: "t", NumPartitions: 1, ReplicationFactor: -1}}
	created, err := create.RequestWith(t.Context(), client)
	if err != nil || created.Topics[0].ErrorCode != 0 || created.Topics[0].ReplicationFactor != 3 {
		t.Fatalf("create topic: %+v, %v", created, err)
	}
	if err := brokers[0].Kill(); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), kgo.StringRecord("kept")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := brokers[0].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := brokers[1].Kill(); err != nil {
		t.Fatal(err)
	}
	for {
		fetches := client.PollFetches(t.Context())
		if t.Context().Err() != nil {
			t.Fatal(fetches.Err())
		}
		if records := fetches.Records(); len(records) > 0 {
			if got := string(records[0].Value); got != "kept" {
				t.Errorf("value = %q, want %q", got, "kept")
			}
			return
		}
	}
}

// ports are those that a broker sends its clients to.
func ports(t *testing.T, addr string) (out []int32) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	request := kmsg.NewPtrMetadataRequest()
	request.Topics = []kmsg.MetadataRequestTopic{}
	answer, err := request.RequestWith(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range answer.Brokers {
		out = append(out, b.Port)
	}
	return out
}
