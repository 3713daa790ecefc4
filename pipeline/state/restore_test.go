package state_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// personas keeps person states, as PATIENT does.
type personas struct{}

func (personas) AppendValue(dst []byte, v *schemas.PersonState) []byte { return v.AppendAvro(dst) }
func (personas) DecodeValue(src []byte, v *schemas.PersonState) error {
	if err := schemas.DecodeWhole(v, src); err != nil {
		return err
	}
	*v = v.Clone()
	return nil
}

type idle struct{}

func (idle) Process(*pipeline.Context, *pipeline.Record) error { return nil }

const restoredPartitions = 4

// TestRestoreFromABroker restores RESTORE_KEYS personas from an embedded broker into memory, into an
// empty directory, and from a directory that has them already, and says how long each took.
func TestRestoreFromABroker(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("RESTORE_KEYS"))
	if n == 0 {
		n = 20_000
	}
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	cluster, err := kafka.Dial(t.Context(), kafka.Config{Brokers: []string{broker.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	fillChangelog(t, cluster, n)
	restore(t, cluster, "memory", n, nil, n)
	dir := t.TempDir()
	for _, run := range []struct {
		name string
		read int
	}{{"pebble, empty", n}, {"pebble, as left", 100}} {
		p, err := state.OpenPebble(state.PebbleConfig{Dir: dir, FreeBytes: 1})
		if err != nil {
			t.Fatal(err)
		}
		restore(t, cluster, run.name, n, p.Copy, run.read)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func fillChangelog(t *testing.T, cluster *kafka.Cluster, n int) {
	t.Helper()
	specs := []kafka.TopicSpec{{Name: "in", Partitions: restoredPartitions, ReplicationFactor: 1}, {Name: "log", Partitions: restoredPartitions, ReplicationFactor: 1}}
	if _, err := cluster.CreateTopics(t.Context(), specs); err != nil {
		t.Fatal(err)
	}
	p := cluster.NewProducer(pipeline.ProducerConfig{})
	if err := p.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	bytes := 0
	for i := range n {
		x := uint64(i) * 0x9e3779b97f4a7c15
		v := schemas.PersonState{Shards: []string{fmt.Sprintf("%032x", x), fmt.Sprintf("%032x", x+1)}, Published: true}
		for c := range 6 {
			v.Counted = append(v.Counted, schemas.CountedCell{Cell: int64(x) + int64(c), Until: 1_700_000_000_000})
		}
		key, value := fmt.Appendf([]byte("persons\x00"), "%032x", x), v.AppendAvro(nil)
		bytes += len(key) + len(value)
		if err := p.Append(&pipeline.OutRecord{Topic: "log", Partition: int32(i % restoredPartitions), Key: key, Value: value}); err != nil {
			t.Fatal(err)
		}
		if p.Pending() > 4<<20 || i == n-1 {
			if err := p.Seal(nil).Commit(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d personas, %d bytes each", n, bytes/n)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// restore runs a runner until its tasks are ready. It checks how much was read of the changelog.
func restore(t *testing.T, cluster *kafka.Cluster, name string, n int, copies func(pipeline.TaskID) pipeline.Copy, want int) {
	t.Helper()
	id, err := cluster.TopicID(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	var ready atomic.Int32
	var total, keys atomic.Int64
	var began, took atomic.Int64
	totals := make([]atomic.Int64, restoredPartitions)
	stores := make([]*state.Map[schemas.PersonState], restoredPartitions)
	topology := &pipeline.Topology{Name: "restore", Roles: []pipeline.Role{{
		Name: "keeper", Sources: []pipeline.Source{{Topic: "in", Channel: pipeline.NoChannel}}, Changelog: "log",
		New: func(s *pipeline.Setup) (pipeline.Processor, error) {
			began.CompareAndSwap(0, time.Now().UnixNano())
			stores[s.Task().Source.Partition] = state.NewMap(s, "persons", personas{})
			return idle{}, nil
		},
	}}}
	before := cpu()
	runner, err := runner.New(runner.Config{
		Topology: topology, Cluster: cluster, Group: "restore, " + name, Instance: "one", Copy: copies,
		TopicID: func(string) [16]byte { return id },
		Events: runner.Events{
			Restore: func(id pipeline.TaskID, _, total int64) { totals[id.Source.Partition].Store(total) },
			TaskReady: func(id pipeline.TaskID) {
				keys.Add(int64(stores[id.Source.Partition].Len()))
				if ready.Add(1) == restoredPartitions {
					took.Store(time.Now().UnixNano() - began.Load())
					stop()
				}
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Run(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range totals {
		total.Add(totals[i].Load())
	}
	d := time.Duration(took.Load())
	t.Logf("%s: %d keys in %v, %.0f records/s, %d records read, %v of processor time, broker included", name, keys.Load(), d.Round(time.Millisecond), float64(total.Load())/d.Seconds(), total.Load(), (cpu() - before).Round(time.Millisecond))
	if keys.Load() != int64(n) {
		t.Errorf("%s: %d keys, want %d", name, keys.Load(), n)
	}
	if read := total.Load(); want == n && read < int64(n) || want < n && read > int64(want) {
		t.Errorf("%s: %d records read, want %d (no fewer where that is all, else no more)", name, read, want)
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
