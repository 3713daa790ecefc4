package main

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// deleteRecords does what retention does that is shorter than a downtime.
func (p *plant) deleteRecords(topic string, partition int32, to int64) {
	p.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(p.parts.Broker.Addr()))
	if err != nil {
		p.t.Fatal(err)
	}
	defer client.Close()
	rq := kmsg.NewPtrDeleteRecordsRequest()
	rq.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Partition: partition, Offset: to}}}}
	rs, err := rq.RequestWith(p.t.Context(), client)
	if err != nil || rs.Topics[0].Partitions[0].ErrorCode != 0 {
		p.t.Fatalf("delete records: %+v, %v", rs, err)
	}
}

// passes waits until INGEST has sent a touchpoint on.
func (p *plant) passes(id string) {
	p.t.Helper()
	await(p.t, time.Minute, id+" passes", func() bool { _, ok := p.identified()[id]; return ok })
}

// While run and sink are down, retention takes records that they had not read. What was lost is said with what to
// do, the others go on, and with on_data_loss: resume the partition itself.
func TestRetentionTakesWhatWasNotReadThenOnlyThatPartitionWaitsUntilSomebodyDecides(t *testing.T) {
	t.Parallel()
	listen := "telemetry: {listen: '127.0.0.1:0'}\n"
	p := newPlant(t, listen)
	run, sink := start(t, "run", "--config", p.config), start(t, "sink", "--config", p.config)
	web := func(name string, partition int32) int64 {
		return p.send(schemas.TopicTouchpointsWeb, partition, nil, p.framed(schemas.TopicTouchpointsWeb, step(name)))
	}
	web("read", 0)
	p.passes("test/read")
	await(t, time.Minute, "the sink has a position", func() bool {
		committed, err := p.cluster.Committed(t.Context(), config.Default().Sink.Group, []pipeline.TopicPartition{{Topic: schemas.TopicIdentified}, {Topic: schemas.TopicIdentified, Partition: 1}})
		return err == nil && len(committed) > 0
	})
	sink.stop(t)
	run.stop(t)

	web("lost-1", 0)
	next := web("lost-2", 0) + 1
	p.deleteRecords(schemas.TopicTouchpointsWeb, 0, next)
	web("kept", 0)
	run = start(t, "run", "--config", p.config)
	run.says(t, "task has stopped")
	run.says(t, "offsets 1 to 2, 2 records at most, are lost")
	run.says(t, "set on_data_loss to resume")
	web("beside", 1)
	p.passes("test/beside")
	if code, text := run.page(t, "/readyz"); code != 503 || !strings.Contains(text, "ingest of touchpoints.web/0") {
		t.Errorf("ready: %d %s", code, text)
	}
	if _, ok := p.identified()["test/kept"]; ok {
		t.Error("it went on behind what is lost, and nobody has said that it may")
	}
	run.stop(t)

	// The sink has not read what INGEST sent on, and retention takes that, too.
	spans, err := p.cluster.Spans(t.Context(), schemas.TopicIdentified)
	if err != nil {
		t.Fatal(err)
	}
	for tp, span := range spans {
		p.deleteRecords(tp.Topic, tp.Partition, span.To)
	}
	sink = start(t, "sink", "--config", p.config)
	sink.says(t, "partition has stopped")
	if code, text := sink.page(t, "/readyz"); code != 503 || !strings.Contains(text, "are lost") {
		t.Errorf("ready: %d %s", code, text)
	}
	sink.stop(t)

	writeFile(t, p.config, strings.NewReplacer("workers: 2", "workers: 2, on_data_loss: resume", "flush_interval: 100ms", "flush_interval: 100ms, on_data_loss: resume").Replace(p.text(listen)))
	run, sink = start(t, "run", "--config", p.config), start(t, "sink", "--config", p.config)
	run.says(t, "records are lost, and passed over")
	sink.says(t, "records are lost, and passed over")
	p.passes("test/kept")
	web("after", 0)
	p.passes("test/after")
	if _, text := run.page(t, "/metrics"); !strings.Contains(text, `attune_lost_records_total{topic="touchpoints.web"} 2`) {
		t.Error("the loss is not counted")
	}
	run.stop(t)
	sink.stop(t)
}
