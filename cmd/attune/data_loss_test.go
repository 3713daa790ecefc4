package main

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

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

// plantUnreadable writes a batch of two records to partition 0 whose checksum is right, and whose first record is
// longer than the batch.
func (p *plant) plantUnreadable(topic string) {
	p.t.Helper()
	// The versions before topics went by id.
	client, err := kgo.NewClient(kgo.SeedBrokers(p.parts.Broker.Addr()), kgo.MaxVersions(kversion.V3_9_0()))
	if err != nil {
		p.t.Fatal(err)
	}
	defer client.Close()
	body := append([]byte{0x7f}, make([]byte, 20)...)
	b := kmsg.RecordBatch{Length: int32(49 + len(body)), PartitionLeaderEpoch: -1, Magic: 2, LastOffsetDelta: 1, FirstTimestamp: 1000, MaxTimestamp: 1000,
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 2, Records: body}
	bytes := b.AppendTo(nil)
	binary.BigEndian.PutUint32(bytes[17:], crc32.Checksum(bytes[21:], crc32.MakeTable(crc32.Castagnoli)))
	rq := kmsg.NewPtrProduceRequest()
	rq.Acks, rq.TimeoutMillis = -1, 5000
	rq.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: bytes}}}}
	rs, err := rq.RequestWith(p.t.Context(), client)
	if err != nil || rs.Topics[0].Partitions[0].ErrorCode != 0 {
		p.t.Fatalf("produce: %+v, %v", rs, err)
	}
}

// A batch of a source cannot be read by anybody. The partition waits before it and says so, the others go on; with
// on_data_loss: resume the batch is set aside whole, also where it comes again after a kill, and the partition goes on.
func TestBatchOfASourceCannotBeReadThenItIsSetAsideAndNothingEnds(t *testing.T) {
	t.Parallel()
	listen := "telemetry: {listen: '127.0.0.1:0'}\n"
	p := newPlant(t, listen)
	web := func(name string, partition int32) {
		p.send(schemas.TopicTouchpointsWeb, partition, nil, p.framed(schemas.TopicTouchpointsWeb, step(name)))
	}
	web("before", 0)
	p.plantUnreadable(schemas.TopicTouchpointsWeb)
	p.next[pipeline.TopicPartition{Topic: schemas.TopicTouchpointsWeb}] += 2
	web("behind", 0)
	web("beside", 1)
	run := start(t, "run", "--config", p.config)
	run.says(t, "offsets 1 to 2 cannot be read")
	run.says(t, "set on_data_loss to resume")
	p.passes("test/before")
	p.passes("test/beside")
	if code, text := run.page(t, "/readyz"); code != 503 || !strings.Contains(text, "ingest of touchpoints.web/0") {
		t.Errorf("ready: %d %s", code, text)
	}
	if _, ok := p.identified()["test/behind"]; ok {
		t.Error("it went on behind the batch, and nobody has said that it may")
	}
	run.stop(t)

	writeFile(t, p.config, strings.NewReplacer("workers: 2", "workers: 2, on_data_loss: resume").Replace(p.text(listen)))
	run = start(t, "run", "--config", p.config)
	run.says(t, "records are lost, and passed over")
	p.passes("test/behind")
	if _, text := run.page(t, "/metrics"); !strings.Contains(text, `attune_lost_records_total{topic="touchpoints.web"} 2`) {
		t.Error("the loss is not counted")
	}
	run.stop(t)
	var set []schemas.RejectedRecord
	p.each(schemas.TopicTouchpointsRejected, func(r *pipeline.Record) {
		v := decoded[schemas.RejectedRecord](t, r.Value)
		set = append(set, v)
	})
	if len(set) != 1 || set[0].Reason != pipeline.ReasonUnreadable || set[0].Offset != 1 || set[0].Size != 82 {
		t.Errorf("set aside: %d, the first with %+v", len(set), set)
	}
}
