package runner_test

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// slow is a processor of an overloaded job: it takes its time over each record, in virtual time, and
//
// sends it on, or looks how long it was under way.
type slow struct {
	out   pipeline.Output
	takes time.Duration
	age   func(key string, age time.Duration)
}

func (p *slow) Process(c *pipeline.Context, r *pipeline.Record) error {
	<-time.After(p.takes)
	if p.age != nil {
		sent := time.UnixMicro(int64(binary.BigEndian.Uint64(r.Value)))
		p.age(string(r.Key[:4]), time.Since(sent))
		return nil
	}
	c.Emit(p.out, r.Key, r.Value)
	if r.Topic == "calls" {
		c.Urgent()
	}
	return nil
}

// overloaded has calls and page views, which cost ten microseconds to take in and a millisecond to
//
// work on: a thousand a second are as many as one worker can do.
func overloaded(age func(string, time.Duration)) *pipeline.Topology {
	return &pipeline.Topology{
		Name: "overloaded", Channels: []pipeline.Channel{{Name: "all"}},
		Roles: []pipeline.Role{
			{Name: "ingest", Sources: []pipeline.Source{{Topic: "calls", Priority: 1}, {Topic: "views"}}, WatermarksTo: "work",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					return &slow{out: s.Output("work"), takes: 10 * time.Microsecond}, nil
				}},
			{Name: "work", Sources: []pipeline.Source{{Topic: "work", Carried: true, Priority: 1}}, Changelog: "work-changelog",
				New: func(*pipeline.Setup) (pipeline.Processor, error) {
					return &slow{takes: time.Millisecond, age: age}, nil
				}},
		},
	}
}

// TestI8TwiceTheLoadThenCallsAreAnsweredWithinABound sends twice as many page views as can be worked
//
// on, and some calls among them, for twenty seconds. Page views grow old in their topic. No call may:
// what is under way before it is bounded by the time that it takes.
func TestI8TwiceTheLoadThenCallsAreAnsweredWithinABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pipelinetest.NewBroker()
		for topic, n := range map[string]int32{"calls": 1, "views": 2, "work": 2, "work-changelog": 2} {
			b.CreateTopic(topic, n)
		}
		var oldest, oldestView time.Duration
		calls, views := 0, 0
		one := start(t, b, "one", func(c *runner.Config) {
			c.Workers = 1
			c.Cluster.(*pipelinetest.Client).ChunkRecords = 100_000 // a fetch brings what there is
			c.Topology = overloaded(func(key string, age time.Duration) {
				if key == "call" {
					oldest, calls = max(oldest, age), calls+1
				} else {
					oldestView, views = max(oldestView, age), views+1
				}
			})
		})
		send := func(topic string, partition int32, key string) {
			b.Produce(pipeline.TopicPartition{Topic: topic, Partition: partition}, []byte(key), binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixMicro())))
		}
		for i := range 4000 { // every 5 ms ten page views, every 50 ms a call
			pass(5 * time.Millisecond)
			for v := range 10 {
				send("views", int32(v%2), "view-"+string(rune('a'+v)))
			}
			if i%10 == 0 {
				send("calls", 0, "call-"+string(rune('a'+i%26)))
			}
		}
		one.stop(t)
		t.Logf("%d calls, oldest %v; %d views, oldest %v", calls, oldest, views, oldestView)
		if calls < 380 || oldest > time.Second {
			t.Errorf("%d of 400 calls, the oldest after %v: want all within a second", calls, oldest)
		}
		if views < 15_000 || oldestView < 5*time.Second {
			t.Errorf("%d views, the oldest after %v: want the worker busy, and twice the load", views, oldestView)
		}
	})
}
