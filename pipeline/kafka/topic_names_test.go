package kafka

import (
	"strings"
	"testing"
)

func TestTopicNamesAreTranslatedBothWays(t *testing.T) {
	n := newNames(&Config{TopicPrefix: "p.", TopicNames: []string{"web=clicks", "app=p.mobile"}})
	for ours, theirs := range map[string]string{"web": "clicks", "app": "p.mobile", "call": "p.call", "p.call": "p.p.call"} {
		if got := n.out(ours); got != theirs {
			t.Errorf("%s is %s there, want %s", ours, got, theirs)
		}
		if got, known := n.in(theirs); got != ours || !known {
			t.Errorf("%s is %s here (%v), want %s", theirs, got, known, ours)
		}
	}
	// None of ours: a topic without the prefix, and what the prefix would make of one that has another name.
	for _, theirs := range []string{"call", "p.web", "other"} {
		if got, known := n.in(theirs); known {
			t.Errorf("%s is taken for our %s", theirs, got)
		}
	}
	var none *topicNames
	if got, known := none.in("web"); got != "web" || !known || none.out("web") != "web" {
		t.Errorf("without a configuration web is %s, %v", got, known)
	}
}

func TestTopicNamesThatCannotBeAreRefused(t *testing.T) {
	for want, c := range map[string]Config{
		`"a b." has characters other than`:    {TopicPrefix: "a b."},
		`"web" is not OUR_NAME=YOUR_NAME`:     {TopicNames: []string{"web"}},
		`web="" is no name`:                   {TopicNames: []string{"web="}},
		"app=x: one of the two names":         {TopicNames: []string{"web=x", "app=x"}},
		"web=y: one of the two names":         {TopicNames: []string{"web=x", "web=y"}},
		"p.app is what topic_prefix makes of": {TopicPrefix: "p.", TopicNames: []string{"web=p.app"}},
		`has more than 249 characters`:        {TopicNames: []string{"web=" + strings.Repeat("x", 250)}},
	} {
		if err := c.validateNames(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	swap := Config{TopicPrefix: "p.", TopicNames: []string{"web=p.app", "app=p.web"}}
	if err := swap.validateNames(); err != nil {
		t.Errorf("two that change names: %v", err)
	}
}
