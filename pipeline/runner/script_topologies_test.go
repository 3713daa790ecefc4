package runner_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"strings"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/state"
)

// topics begins the world anew, over another topology.
func (s *script) topics() string {
	partitions := make(map[string]int32)
	for line := range strings.Lines(s.td.Input) {
		var topic string
		var n int32
		_, err := fmt.Sscan(line, &topic, &n)
		s.must(err)
		partitions[topic] = n
	}
	s.create(s.text("of"), partitions)
	return ""
}

func (s *script) create(topology string, partitions map[string]int32) {
	usual := map[string]int32{}
	switch topology {
	case "two-hops":
		s.topology, usual = enginetest.TwoHops, maps.Clone(enginetest.Partitions)
	case "overloaded":
		s.topology = func() *pipeline.Topology { return overloaded(s.measures.age) }
		usual = map[string]int32{"calls": 1, "views": 2, "work": 2, "work-changelog": 2}
	case "looked-up":
		s.topology, usual = lookedUp, map[string]int32{"links": 1, "pages": 2, "names": 1, "work": 2, "wrong": 1}
	case "keep":
		s.topology, usual = keeping, map[string]int32{"in": 2, "keep-changelog": 2}
	default:
		s.td.Fatalf(s.t, "no topology %q", topology)
	}
	maps.Copy(usual, partitions)
	s.b = pipelinetest.NewBroker()
	for topic, n := range usual {
		s.b.CreateTopic(topic, n)
	}
	s.produced = newProduced(s.b, 1)
}

func (s *script) load() string {
	if s.td.HasArg("records") {
		if seed := s.number("seed", 0); seed > 0 {
			s.produced.rand = rand.New(rand.NewPCG(uint64(seed), 1))
		}
		s.produced.some(s.number("records", 0))
		return ""
	}
	var list []flow
	for line := range strings.Lines(s.td.Input) {
		var f flow
		var every string
		_, err := fmt.Sscan(line, &f.topic, &f.n, &every)
		s.must(err)
		f.every, err = time.ParseDuration(every)
		s.must(err)
		list = append(list, f)
	}
	const step = 5 * time.Millisecond
	for at := step; at <= s.duration("for"); at += step {
		pass(step)
		for i := range list {
			if at%list[i].every == 0 {
				s.flow(&list[i])
			}
		}
	}
	return ""
}

// backlog writes records of a past, evenly spread over it: their topics, how many of each, and how much later than those
// of other topics they became known. The value is a key, which each topic has once, and that time.
func (s *script) backlog() string {
	span := s.duration("of")
	for line := range strings.Lines(s.td.Input) {
		var topic, later string
		var records int
		_, err := fmt.Sscan(line, &topic, &records, &later)
		s.must(err)
		by, err := time.ParseDuration(later)
		s.must(err)
		n, err := s.b.Client().PartitionCount(s.t.Context(), topic)
		s.must(err)
		for i := range records {
			at := time.UnixMilli(int64(hourBegins)).Add(span/time.Duration(records)*time.Duration(i) + by)
			key := fmt.Sprint(i)
			s.b.Produce(pipeline.TopicPartition{Topic: topic, Partition: int32(i) % n}, []byte(key), fmt.Appendf(nil, "%s %d", key, at.UnixMilli()))
		}
	}
	return ""
}

// lookedUp is a topology with a table that one role makes and another looks its records up in. Each page has a link of the
// same key. A page that is looked up before it is told of in the topic wrong.
func lookedUp() *pipeline.Topology {
	times := func(r *pipeline.Record) (known, event pipeline.Time) {
		_, at := keyed(r)
		return at, at
	}
	return &pipeline.Topology{
		Name: "looked-up", Channels: []pipeline.Channel{{Name: "all"}}, LiveWithin: 60_000, Clock: pipeline.ClockLog,
		Roles: []pipeline.Role{
			{Name: "name", Sources: []pipeline.Source{{Topic: "links", Channel: pipeline.NoChannel, Priority: 1, Times: times, Leads: true}},
				New: func(s *pipeline.Setup) (pipeline.Processor, error) { return &link{s.Output("names")}, nil }},
			{Name: "look-up", Sources: []pipeline.Source{{Topic: "pages", Times: times}}, WatermarksTo: "work",
				Tables: []pipeline.TableSource{{Topic: "names", New: func() pipeline.Table { return links{} }}},
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					return &lookUp{s.Table("names").(links), s.Output("work"), s.Output("wrong")}, nil
				}},
			{Name: "work", Sources: []pipeline.Source{{Topic: "work", Carried: true, Priority: 1}},
				New: func(*pipeline.Setup) (pipeline.Processor, error) { return ignore{}, nil }},
		},
	}
}

// keyed is what a record of a backlog says.
func keyed(r *pipeline.Record) (key string, at pipeline.Time) {
	_, _ = fmt.Sscan(string(r.Value), &key, &at) // the script has written it
	return key, at
}

type link struct{ out pipeline.Output }

func (l *link) Process(c *pipeline.Context, r *pipeline.Record) error {
	c.Emit(l.out, r.Key, r.Value)
	return nil
}

// links is a table of when each link became known.
type links map[string]pipeline.Time

func (l links) Apply(r *pipeline.Record) error {
	key, at := keyed(r)
	l[key] = at
	return nil
}

type lookUp struct {
	links      links
	out, wrong pipeline.Output
}

func (l *lookUp) Process(c *pipeline.Context, r *pipeline.Record) error {
	key, at := keyed(r)
	c.Emit(l.out, r.Key, r.Value)
	if _, ok := l.links[key]; !ok {
		c.Emit(l.wrong, nil, fmt.Appendf(nil, "%s of %d was looked up before its link", key, at))
	}
	return nil
}

type ignore struct{}

func (ignore) Process(*pipeline.Context, *pipeline.Record) error { return nil }

// flow is so many records whenever so much time has passed.
type flow struct {
	topic string
	n     int
	every time.Duration
	sent  int
}

// flow writes them: their value tells when, their key begins with the topic's first four letters.
func (s *script) flow(f *flow) {
	n, err := s.b.Client().PartitionCount(s.t.Context(), f.topic)
	s.must(err)
	for range f.n {
		key := fmt.Appendf(nil, "%.4s-%d", f.topic+"....", f.sent)
		value := binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixMicro()))
		s.b.Produce(pipeline.TopicPartition{Topic: f.topic, Partition: int32(f.sent) % n}, key, value)
		f.sent++
	}
}

// keptKeys is how many keys a task of the topology keep has; each has a value of keptBytes.
const (
	keptKeys  = 1000
	keptBytes = 500
)

// keeping is a topology with much state and little output: each record of its source touches every key.
func keeping() *pipeline.Topology {
	return &pipeline.Topology{
		Name: "keep", Channels: []pipeline.Channel{{Name: "all"}},
		Roles: []pipeline.Role{{Name: "keep", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "keep-changelog",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				return &keeper{state.NewMap(s, "blobs", blobs{})}, nil
			}}},
	}
}

type keeper struct{ blobs *state.Map[[]byte] }

func (k *keeper) Process(_ *pipeline.Context, r *pipeline.Record) error {
	for i := range keptKeys {
		blob := k.blobs.GetOrCreate(fmt.Sprintf("key-%d", i))
		if *blob == nil {
			*blob = make([]byte, keptBytes)
		}
		copy(*blob, r.Value)
	}
	return nil
}

type blobs struct{}

func (blobs) AppendValue(dst []byte, v *[]byte) []byte { return append(dst, *v...) }
func (blobs) DecodeValue(src []byte, v *[]byte) error {
	*v = append([]byte(nil), src...)
	return nil
}

// watchedCluster looks at the heap after each answer to a fetch.
type watchedCluster struct {
	*pipelinetest.Client
	measures *measures
}

func (c *watchedCluster) NewFetcher(f pipeline.FetcherConfig) pipeline.Fetcher {
	return &watchedFetcher{c.Client.NewFetcher(f), c.measures}
}

type watchedFetcher struct {
	pipeline.Fetcher
	measures *measures
}

func (f *watchedFetcher) Poll(ctx context.Context) ([]pipeline.Chunk, error) {
	chunks, err := f.Fetcher.Poll(ctx)
	f.measures.mu.Lock()
	defer f.measures.mu.Unlock()
	f.measures.heap = max(f.measures.heap, liveHeap())
	return chunks, err
}

// liveHeap is what a collection leaves of the heap.
func liveHeap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
