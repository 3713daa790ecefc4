package patient

import (
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestClockOfASourceRunsAheadThenItsWatermarkStaysBehindTheBroker: a device whose clock is a few
// minutes ahead is believed, but nothing has happened later than the broker received it: its
// touchpoints move the watermark no further, and those of other devices are not late.
func TestClockOfASourceRunsAheadThenItsWatermarkStaysBehindTheBroker(t *testing.T) {
	s := newSite(t)
	now := schemas.Millis(testStart)
	give := func(id string, at schemas.Millis) {
		v := webStep(id, at, schemas.WebEventPageView, "home", "", cookie(id))
		s.produce(s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], 0, nil, v.AppendAvro(emit.AppendFrame(nil, 1)))
		s.quiet()
	}
	source := pipeline.TopicPartition{Topic: s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb]}
	for _, c := range []struct {
		id   string
		at   schemas.Millis
		want pipeline.Time
	}{
		{"right", now - 1000, pipeline.Time(now - 1000 - 5000)},
		{"ahead", now + 3*schemas.Minute, pipeline.Time(now - 5000)},
		{"further", now + 4*schemas.Minute, pipeline.Time(now - 5000)},
		{"slow", now - 2000, pipeline.Time(now - 5000)},
	} {
		give(c.id, c.at)
		for _, task := range s.tasks {
			if task.source == source && task.task.SourceWatermark() != c.want {
				t.Errorf("after %s: got a watermark %d ms from the broker's time, want %d", c.id, task.task.SourceWatermark()-testStart, c.want-testStart)
			}
		}
	}
	if n := len(s.all(s.config.Emit.Topics.Rejected)) + len(s.all(s.config.Emit.Topics.Late)); n != 0 {
		t.Errorf("%d rejected or late, want none", n)
	}
}

// TestTopicHasTheTimesOfProducersThenTheWatermarkStaysBehindThePresent: Kafka makes topics that keep the times of
// producers. One whose clock is ahead moves nothing, and one that counts in seconds is not refused.
func TestTopicHasTheTimesOfProducersThenTheWatermarkStaysBehindThePresent(t *testing.T) {
	s := newSite(t)
	source := pipeline.TopicPartition{Topic: s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb]}
	now := schemas.Millis(testStart)
	give := func(id string, at schemas.Millis, stamp int64) {
		v := webStep(id, at, schemas.WebEventPageView, "home", "", cookie("visitor "+id))
		s.produce(source.Topic, 0, nil, v.AppendAvro(emit.AppendFrame(nil, 1)))
		log := s.logs[source]
		log[len(log)-1].Timestamp, log[len(log)-1].Claimed = stamp, true
		s.quiet()
	}
	give("ahead", now+55*schemas.Minute, int64(now+55*schemas.Minute))
	give("right", now-1000, int64(now-1000))
	give("seconds", now-500, int64(now)/1000)
	for _, task := range s.tasks {
		if got := task.task.SourceWatermark(); task.source == source && got != testStart-5000 {
			t.Errorf("got a watermark %d ms from the present, want -5000", got-testStart)
		}
	}
	give("tomorrow", now+schemas.Day, int64(now+schemas.Day))
	if n := len(s.all(s.config.Emit.Topics.Late)); n != 0 {
		t.Errorf("%d are late, want none", n)
	}
	if got := s.rejected(s.config.Emit.Topics.Rejected); len(got) != 1 || len(got["tomorrow"]) != 1 {
		t.Errorf("got %v, want the one of tomorrow rejected", got)
	}
}
