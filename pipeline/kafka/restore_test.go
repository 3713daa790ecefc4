package kafka

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/pipeline/state"
)

// TestI10RestoreThenMemoryNeverExceedsSteadyStatePlusAConstant restores a changelog of 80 MiB, eight
// times what is in the end kept of it, and looks at the heap whenever something was fetched. The broker
// is another process. What lives then is never more than what lives when all is restored and the tasks
// run, plus what fetches and the growth of the stores' maps may take. Garbage comes on top,
// by what GOGC says, in both.
func TestI10RestoreThenMemoryNeverExceedsSteadyStatePlusAConstant(t *testing.T) {
	const (
		partitions = 4
		keys       = 50_000
		updates    = 8
		constant   = 8 << 20
	)
	r := newChildRig(t)
	source, log := r.topic("in", partitions), r.topic("log", partitions)
	out := r.c.NewProducer(pipeline.ProducerConfig{})
	r.must(out.Init(r.ctx()))
	value := make([]byte, 200)
	for n := range keys * updates {
		key := n % keys
		value[0], value[100] = byte(n), byte(key)
		r.must(out.Append(&pipeline.OutRecord{Topic: log, Partition: int32(key % partitions), Key: fmt.Appendf(nil, "blobs\x00key-%06d", key), Value: value}))
		if out.Pending() > 4<<20 {
			r.must(out.Seal(nil).Commit(r.ctx(), nil))
		}
	}
	r.must(out.Seal(nil).Commit(r.ctx(), nil))
	r.must(out.Close())

	heap := &heapWatch{Cluster: r.c}
	heap.live()
	heap.live() // what pools hold of other tests goes with the second collection
	ready := make(chan pipeline.TaskID, partitions)
	run, err := runner.New(runner.Config{
		Topology: &pipeline.Topology{
			Channels: []pipeline.Channel{{Name: "c", IdleAfter: 1000}},
			Roles: []pipeline.Role{{Name: "keep", Sources: []pipeline.Source{{Topic: source}}, Changelog: log,
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					return &keeper{state.NewMap(s, "blobs", blobs{})}, nil
				}}},
		},
		Cluster: heap, Group: r.name("g"), Instance: "i", Workers: 2,
		Fetch:  pipeline.FetcherConfig{MaxBytes: 1 << 20, PartBytes: 256 << 10},
		Events: runner.Events{TaskReady: func(id pipeline.TaskID) { ready <- id }},
	})
	r.must(err)
	ctx, stop := context.WithCancel(r.ctx())
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx) }()
	for range partitions {
		select {
		case <-ready:
		case err := <-ended:
			t.Fatalf("run: %v", err)
		}
	}
	steady, peak, looks := heap.live(), heap.peak, heap.looks
	stop()
	r.must(<-ended)
	run = nil
	heap.live() // as above
	held := steady - heap.live()
	t.Logf("heap: at most %d KiB in %d looks during the restore, %d KiB after it, of which the tasks hold %d", peak>>10, looks, steady>>10, held>>10)
	if looks < 20 {
		t.Errorf("%d looks at the heap, want one per MiB at least", looks)
	}
	if held < keys*200 {
		t.Errorf("the tasks hold %d bytes, want at least the %d of their values", held, keys*200)
	}
	if peak > steady+constant {
		t.Errorf("the restore had %d KiB on the heap, steady state has %d KiB: more than %d KiB above", peak>>10, steady>>10, constant>>10)
	}
}

// heapWatch looks at the heap after each answer to a fetch.
type heapWatch struct {
	pipeline.Cluster
	mu    sync.Mutex
	peak  int
	looks int
}

// live is what a collection leaves of the heap.
func (h *heapWatch) live() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func (h *heapWatch) NewFetcher(c pipeline.FetcherConfig) pipeline.Fetcher {
	return &watchedFetcher{h.Cluster.NewFetcher(c), h}
}

type watchedFetcher struct {
	pipeline.Fetcher
	heap *heapWatch
}

func (f *watchedFetcher) Poll(ctx context.Context) ([]pipeline.Chunk, error) {
	chunks, err := f.Fetcher.Poll(ctx)
	f.heap.mu.Lock()
	defer f.heap.mu.Unlock()
	f.heap.looks++
	f.heap.peak = max(f.heap.peak, f.heap.live())
	return chunks, err
}

type keeper struct{ blobs *state.Map[[]byte] }

func (*keeper) Process(*pipeline.Context, *pipeline.Record) error { return nil }

type blobs struct{}

func (blobs) AppendValue(dst []byte, v *[]byte) []byte { return append(dst, *v...) }
func (blobs) DecodeValue(src []byte, v *[]byte) error {
	*v = append([]byte(nil), src...)
	return nil
}
