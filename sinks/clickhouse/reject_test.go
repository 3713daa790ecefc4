package clickhouse

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// rejects reads what lies in touchpoints.rejected.
func (r *rig) rejects(want int) []schemas.RejectedRecord {
	r.Helper()
	fetcher := r.cluster.NewFetcher(pipeline.FetcherConfig{})
	defer fetcher.Close()
	positions := map[pipeline.TopicPartition]int64{}
	for _, tp := range partitionsOf(schemas.TopicTouchpointsRejected) {
		positions[tp] = 0
	}
	fetcher.Assign(positions)
	var out []schemas.RejectedRecord
	for len(out) < want {
		chunks, err := fetcher.Poll(r.ctx)
		if err != nil {
			r.Fatalf("%d records rejected, want %d: %v", len(out), want, err)
		}
		for _, c := range chunks {
			var rec pipeline.Record
			for c.Next(&rec) {
				_, payload, err := schemas.ParseFrame(rec.Value)
				if err != nil {
					r.Fatal(err)
				}
				var v schemas.RejectedRecord
				if err := schemas.DecodeWhole(&v, bytes.Clone(payload)); err != nil {
					r.Fatal(err)
				}
				out = append(out, v)
			}
			c.Release()
		}
	}
	return out
}

func TestRecordsThatCannotBeReadAreRejectedAndTheOthersGoOn(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	var mu sync.Mutex
	heard := map[string]int{}
	r.cfg.Events.Rejected = func(_ pipeline.TopicPartition, _ int64, reason string) {
		mu.Lock()
		defer mu.Unlock()
		heard[reason]++
	}
	good := func(i int) { r.put(schemas.TopicIdentified, "k", busyTouchpoint(i)) }
	good(0)
	r.putBytes(schemas.TopicIdentified, "k", []byte("not framed"), pipeline.Header{Key: "ce_id", Value: []byte("7")})
	good(1)
	r.putBytes(schemas.TopicIdentified, "k", schemas.AppendFrame(nil, 9999))
	r.putBytes(schemas.TopicPredictions, "k", append(schemas.AppendFrame(nil, r.cfg.SchemaIDs["Prediction"][0]), 1, 2, 3))
	absurd := busyTouchpoint(5)
	absurd.Payload.Touchpoint.OccurredAt = 1 << 60
	r.put(schemas.TopicIdentified, "k", absurd)
	huge := append(schemas.AppendFrame(nil, r.cfg.SchemaIDs["Aggregate"][0]), bytes.Repeat([]byte{0xff}, 900<<10)...)
	r.putBytes(schemas.TopicAggregates, "k", huge)
	r.putBytes(schemas.TopicActionOutcomes, "k", []byte{7}) // INGEST rejects this one
	good(2)
	r.send()
	_, stop := r.start()
	c := r.client()
	r.await(c, 3, allTouchpoints)
	got := map[string]schemas.RejectedRecord{}
	for _, v := range r.rejects(5) {
		got[v.Topic+" "+v.Reason] = v
	}
	stop()
	for _, want := range []string{"attune.identified undecodable", "attune.identified unknown_schema", "contact-predictions undecodable",
		"attune.identified absurd_time", "contact-aggregates undecodable"} {
		if _, ok := got[want]; !ok {
			t.Errorf("no record %q was rejected; there are %d", want, len(got))
		}
	}
	v := got["attune.identified undecodable"]
	if string(v.Value.V.Reveal()) != "not framed" || string(v.Key.V.Reveal()) != "k" || v.Offset != 1 || v.Size != 10 || len(v.Headers) != 1 {
		t.Errorf("rejected record is not whole: offset %d, size %d, %d headers", v.Offset, v.Size, len(v.Headers))
	}
	if heard["undecodable"] != 4 || heard["unknown_schema"] != 1 || heard["absurd_time"] != 1 {
		t.Errorf("events heard: %v", heard)
	}
}

func TestRowsThatTheServerRefusesAreRejectedAndTheOthersGoOn(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	c := r.client()
	if err := c.Apply(r.ctx); err != nil {
		t.Fatal(err)
	}
	exec(t, c, "ALTER TABLE {db}.touchpoints ADD CONSTRAINT no_poison CHECK page != 'secret-poison-page'")
	var mu sync.Mutex
	var failures []error
	r.cfg.Events.InsertFailed = func(_ string, _ int, err error) {
		mu.Lock()
		defer mu.Unlock()
		failures = append(failures, err)
	}
	for i := range 60 {
		r.put(schemas.TopicIdentified, "k", busyTouchpoint(i))
		if i == 17 || i == 40 {
			r.put(schemas.TopicIdentified, "k", touchpoint("src/poison", "p1", noon, web(schemas.WebEventFormError, "secret-poison-page", "R03")))
		}
	}
	r.send()
	_, stop := r.start()
	r.await(c, 60, allTouchpoints)
	rejected := r.rejects(2)
	stop()
	for _, v := range rejected {
		if v.Reason != "refused_by_clickhouse" || v.Detail != "code 469" || !strings.Contains(string(v.Value.V.Reveal()), "secret-poison-page") || v.Offset != 18 && v.Offset != 42 {
			t.Errorf("rejected: %s %s at offset %d", v.Reason, v.Detail, v.Offset)
		}
	}
	if text := errors.Join(failures...).Error(); strings.Contains(text, "poison") {
		t.Errorf("an error quotes a value: %s", text)
	}
	offsets, err := r.cluster.Committed(r.ctx, "attune-sink", partitionsOf(schemas.TopicIdentified))
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, o := range offsets {
		sum += o.Offset
	}
	if sum != 62 {
		t.Errorf("offsets of %d records are committed, want 62", sum)
	}
}

func TestARowOfAFieldThatOnlyANewerAttuneKnowsIsRead(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	d, _ := schemas.DefinitionOf("ActionOutcome")
	newer := strings.Replace(d.Schema, `"fields":[`, `"fields":[{"name":"extra","type":"string"},`, 1)
	r.cfg.Schemas = schemas.SchemaTexts{777: newer}
	value := append(schemas.AppendFrame(nil, 777), 4, 'h', 'i')
	value = (&schemas.ActionOutcome{EventID: "o-9", DecisionID: "d-9", PersonRef: somebody, OccurredAt: noon, Outcome: schemas.OutcomeShown}).AppendAvro(value)
	r.putBytes(schemas.TopicActionOutcomes, "k", value)
	r.send()
	_, stop := r.start()
	c := r.client()
	r.await(c, 1, "SELECT count() FROM {db}.current_outcomes WHERE outcome = 'shown' AND decision_id = 'd-9'")
	stop()
}
