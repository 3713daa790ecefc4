package schemas

import (
	"strings"
	"testing"
)

func TestEveryChannelHasARowAtItsNumber(t *testing.T) {
	if len(Channels()) != ChannelCount-1 {
		t.Fatalf("%d rows, want one for each of %d channels", len(Channels()), ChannelCount-1)
	}
	topics, bodies := map[string]bool{}, map[TouchpointBodyKind]bool{}
	for i, c := range Channels() {
		if int(c.Channel) != i+1 || c.Channel.Spec() != &Channels()[i] {
			t.Errorf("row %d is that of %v", i, c.Channel)
		}
		if topics[c.Topic] || bodies[c.Body] || c.Reason == nil || c.Activity == nil || c.ShardActivity == nil || c.Occasion == "" || c.OutOfOrderness <= 0 || c.IdleAfter <= 0 {
			t.Errorf("%s: its row lacks something, or has what is another's: %+v", c.Name(), c.Topic)
		}
		topics[c.Topic], bodies[c.Body] = true, true
	}
	for _, c := range []Channel{ChannelUnknown, ChannelCount, 255} {
		if c.Spec() != nil || c.IsDigital() || c.IsByPatient() || TouchpointTopic(c) != "" {
			t.Errorf("%v has a row", c)
		}
	}
	if got := ChannelNames(); !strings.HasPrefix(got, "web, app, call") || !strings.Contains(got, " or ") {
		t.Errorf("got %q", got)
	}
}
