//go:build record

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

const (
	seedsOfTarget = 6
	seedBytes     = 2 << 10
)

// engineSeeds are what the engine left in Apache Kafka, by fuzz target.
type engineSeeds map[string][]string

// add keeps a seed unless there is one as long, or enough of its kind.
func (s engineSeeds) add(target, kind, seed string) {
	kept := 0
	for _, other := range s[target+"/"+kind] {
		if kept++; len(other) == len(seed) {
			return
		}
	}
	if kept < seedsOfTarget && len(seed) < seedBytes {
		s[target+"/"+kind] = append(s[target+"/"+kind], seed)
	}
}

// record sorts a record of any topic. What is not the engine's own is left out.
func (s engineSeeds) record(r *pipeline.Record) {
	store, _, ok := strings.Cut(string(r.Key), "\x00")
	switch {
	case len(r.Headers) > 0 && r.Headers[0].Key == pipeline.WatermarkHeader:
		s.add("FuzzControl", "mark", fmt.Sprintf("[]byte(%q)\n", r.Value))
	case ok && store == "~order":
		s.add("FuzzOrder", "order", fmt.Sprintf("[]byte(%q)\n", r.Value))
		fallthrough
	case ok && (store == "~task" || store == "~timer" || store == "~schema"):
		s.add("FuzzRestore", store[1:], fmt.Sprintf("[]byte(%q)\n[]byte(%q)\n", r.Key, r.Value))
	}
}

// TestRecordEngineRecords stores what a processor writes for itself: checkpoints, order records, timers,
// control records and the metadata of its offsets, as Apache Kafka gives them back. It is built with the
// tag record only.
func TestRecordEngineRecords(t *testing.T) {
	r, _, _ := apacheRig(t)
	r.config.Run.CheckpointInterval = 2 * time.Second
	run := start(t, "run", "--config", r.file(t))
	patients, _ := r.simulate(t, patientLoad...)
	r.grows(t, schemas.TopicActions, 200)
	patients.stop(t)
	found := engineSeeds{}
	infos, err := r.cluster.DescribeTopics(t.Context())
	check(t, err)
	for i := range infos {
		spans, err := r.cluster.Spans(t.Context(), infos[i].Name)
		check(t, err)
		check(t, r.cluster.Scan(t.Context(), spans, func(rec *pipeline.Record) error { found.record(rec); return nil }))
		found.offsets(t, r.cluster, r.config.RunGroup(), infos[i].Name, infos[i].Partitions)
	}
	run.stop(t)
	for name, seeds := range found {
		target, kind, _ := strings.Cut(name, "/")
		dir := filepath.Join("..", "..", "pipeline", "testdata", "fuzz", target)
		check(t, os.MkdirAll(dir, 0o755))
		for i, seed := range seeds {
			check(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("apache-%s-%d", kind, i)), []byte("go test fuzz v1\n"+seed), 0o644))
		}
	}
	if len(found) < 6 {
		t.Errorf("only %d kinds of records found", len(found))
	}
}

func (s engineSeeds) offsets(t *testing.T, c *kafka.Cluster, group, topic string, partitions int32) {
	t.Helper()
	var all []pipeline.TopicPartition
	for p := range partitions {
		all = append(all, pipeline.TopicPartition{Topic: topic, Partition: p})
	}
	committed, err := c.Committed(t.Context(), group, all)
	check(t, err)
	for _, o := range committed {
		s.add("FuzzMetadata", "offset", fmt.Sprintf("string(%q)\n", o.Metadata))
	}
}
