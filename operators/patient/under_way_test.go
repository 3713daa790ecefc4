package patient

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// quietBut runs everything but one task, which lies behind.
func (n *net) quietBut(behind *netTask) {
	n.tb.Helper()
	for busy := true; busy; {
		busy = false
		for _, t := range n.tasks {
			if t == behind {
				continue
			}
			for n.learn(t) || n.step(t) {
				busy = true
			}
			busy = n.commit(t) || busy
		}
	}
}

// partitionOf is where the identified topic has an event.
func (s *site) partitionOf(event string) int32 {
	s.tb.Helper()
	for p := range int32(testPatients) {
		for _, r := range s.logs[pipeline.TopicPartition{Topic: s.config.Emit.Topics.Identified, Partition: p}] {
			var in schemas.Identified
			if len(r.Headers) > 0 && r.Headers[0].Key == pipeline.WatermarkHeader {
				continue
			}
			if err := schemas.DecodeWhole(&in, r.Value[emit.FrameSize:]); err != nil {
				s.tb.Fatal(err)
			}
			if in.Payload.Kind == schemas.IdentifiedPayloadTouchpoint && in.Payload.Touchpoint.EventID == event {
				return p
			}
		}
	}
	s.tb.Fatalf("%s is not in the identified topic", event)
	return 0
}

// minuteOf sums up the newest versions of the cell of web touchpoints of a minute over partitions.
func (s *site) minuteOf(at schemas.Millis) (touchpoints, persons int64) {
	s.tb.Helper()
	newest := map[int32]schemas.Aggregate{}
	for _, r := range s.all(s.config.Emit.Topics.Aggregates) {
		var v schemas.Aggregate
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if v.Aggregate == "touchpoints" && v.Channel == schemas.ChannelWeb && v.WindowStart <= at && at < v.WindowEnd {
			newest[v.Partition] = v.Clone()
		}
	}
	for _, v := range newest {
		touchpoints, persons = touchpoints+v.Touchpoints, persons+v.Persons
	}
	return touchpoints, persons
}

// heldForDays has two page views of one minute, and a copy of one of them, wait for their shard while event time
// goes on by four days, as it does in a fifth of a second where a log is read as fast as can be.
func heldForDays(t *testing.T, underWay pipeline.Time) (s *site, at schemas.Millis) {
	t.Helper()
	for n := range 20 {
		s = newWholeSite(t)
		s.topology.UnderWay = underWay
		s.net = newNet(t, s.topology, s.parts)
		who := cookie(fmt.Sprintf("c%d", n))
		s.touch(view("before", t0, who), 0)
		s.quiet()
		behind := s.task(s.config.Emit.Topics.Identified, s.partitionOf("before"))
		s.link(schemas.LinkOpLink, "l1", t0, who, mrn("m1"))
		s.quietBut(behind)
		at = t0 + 10*schemas.Minute
		for _, id := range []string{"w1", "w2", "w1"} {
			s.touch(view(id, at, who), 0)
			s.quietBut(behind)
		}
		if s.partitionOf("w1") == behind.source.Partition {
			continue // it waits in its partition, and not in state
		}
		for _, ch := range []schemas.Channel{schemas.ChannelWeb, schemas.ChannelApp, schemas.ChannelCall} {
			s.leap(at+4*schemas.Day, ch)
		}
		s.quietBut(behind)
		s.quiet()
		return s, at
	}
	t.Fatal("owners have one partition each time")
	return nil, 0
}

// leap writes what moves the watermark of a channel to a time.
func (s *site) leap(to schemas.Millis, ch schemas.Channel) {
	for p := range int32(testSources) {
		id, who := fmt.Sprintf("leap/%d/%d", ch, p), phone("5550199")
		switch ch {
		case schemas.ChannelWeb:
			s.touch(view(id, to+schemas.Hour, who), p)
		case schemas.ChannelApp:
			s.touch(appStep(id, to+schemas.Hour, schemas.AppEventScreenView, "home", "", who), p)
		default:
			s.touch(callStep(id, to+schemas.Hour, schemas.CallEventQueued, id, who), p)
		}
	}
}

func TestEventTimeLeapsByDaysWhileAShardMovesThenWhatWasHeldIsCountedOnce(t *testing.T) {
	s, at := heldForDays(t, 30_000)
	if late := s.rejected(s.config.Emit.Topics.Late); len(late) > 0 {
		t.Errorf("%d touchpoints are late for having been held", len(late))
	}
	if list := s.rejected(s.config.Emit.Topics.Rejected)["w1"]; len(list) != 1 || list[0].Reason != emit.ReasonDuplicate {
		t.Errorf("the copy: got %+v, want one duplicate", list)
	}
	if touchpoints, persons := s.minuteOf(at); touchpoints != 2 || persons != 1 {
		t.Errorf("the minute has %d touchpoints of %d persons, want 2 of 1", touchpoints, persons)
	}
}

// TestWindowIsGoneThenWhatComesForItSaysSo: where no time is allowed for what is under way, the window has gone,
// and the touchpoint is in the late topic, by the watermark that made it go.
func TestWindowIsGoneThenWhatComesForItSaysSo(t *testing.T) {
	s, at := heldForDays(t, 0)
	late := s.rejected(s.config.Emit.Topics.Late)["w1"]
	if len(late) == 0 || late[0].Detail != emit.DetailGone || len(late[0].Windows) != 1 || late[0].Windows[0] != "touchpoints" || late[0].Watermark < at+2*schemas.Day {
		t.Errorf("got %+v, want it gone for its minute", late)
	}
	if touchpoints, _ := s.minuteOf(at); touchpoints != 0 {
		t.Errorf("the minute has %d touchpoints, want none", touchpoints)
	}
}
