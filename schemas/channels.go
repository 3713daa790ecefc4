package schemas

import (
	"strings"
	"time"
)

// ChannelSpec is what the product knows of a channel by which patients and their care are heard of.
type ChannelSpec struct {
	Channel Channel
	// Topic is where source systems write its touchpoints.
	Topic string
	// Body is the branch of Touchpoint.Body that its touchpoints have, Reason reads the branch's contact reason.
	Body   TouchpointBodyKind
	Reason func(*TouchpointBody) string
	// OutOfOrderness is by default how far its watermark trails the newest event time: about what such
	// systems need to deliver nearly everything.
	OutOfOrderness time.Duration
	// IdleAfter is by default the processing time without records after which a partition no longer
	// holds its watermark back.
	IdleAfter time.Duration
	// Priority is which records are taken first where several channels have some; above 0, a record is
	// also committed without waiting for others, because somebody waits in a queue.
	Priority int
	// ByPatient says that patients make themselves felt by it. What waits for a patient's steps waits for
	// these channels only, and only their touchpoints belong to sessions: a health record may be hours behind.
	ByPatient bool
	// Digital says that its touchpoints are steps that patients take on their own, which may fail and are limited in rate.
	Digital bool
	// Occasion says in a brief where a step of it was taken, if the site's wording has no text for the channel.
	Occasion string
}

// Name is what the channel is called in configuration, metrics and stores.
func (c *ChannelSpec) Name() string { return c.Channel.String() }

// channels is the table of channels, in the order of their numbers. It is the only place that knows
// how many there are. The number of a row is that of its watermark: rows are only ever added, at the end.
var channels = [...]ChannelSpec{
	{
		Channel: ChannelWeb, Topic: TopicTouchpointsWeb,
		Body: TouchpointBodyWeb, Reason: func(b *TouchpointBody) string { return b.Web.Reason },
		OutOfOrderness: 5 * time.Second, IdleAfter: 10 * time.Second, ByPatient: true, Digital: true, Occasion: "on the website",
	},
	{
		Channel: ChannelApp, Topic: TopicTouchpointsApp,
		Body: TouchpointBodyApp, Reason: func(b *TouchpointBody) string { return b.App.Reason },
		OutOfOrderness: 5 * time.Second, IdleAfter: 10 * time.Second, ByPatient: true, Digital: true, Occasion: "in the app",
	},
	{
		Channel: ChannelCall, Topic: TopicTouchpointsCall,
		Body: TouchpointBodyCall, Reason: func(b *TouchpointBody) string { return b.Call.Reason },
		OutOfOrderness: 2 * time.Minute, IdleAfter: 10 * time.Second, Priority: 1, ByPatient: true, Occasion: "after a call",
	},
	{
		Channel: ChannelEhr, Topic: TopicTouchpointsEhr,
		Body: TouchpointBodyEhr, Reason: func(b *TouchpointBody) string { return b.Ehr.Reason },
		OutOfOrderness: 2 * time.Hour, IdleAfter: 10 * time.Second, Occasion: "news in the health record",
	},
}

// Channels lists the channels in the order of their numbers. The list is shared and must not be changed.
func Channels() []ChannelSpec { return channels[:] }

// Spec is the channel's row of the table, nil for ChannelUnknown and for what has no row.
func (e Channel) Spec() *ChannelSpec {
	if e == ChannelUnknown || int(e) > len(channels) {
		return nil
	}
	return &channels[e-1]
}

// IsDigital says whether its touchpoints are steps that patients take on their own.
func (e Channel) IsDigital() bool {
	s := e.Spec()
	return s != nil && s.Digital
}

// IsByPatient says whether patients make themselves felt by it.
func (e Channel) IsByPatient() bool {
	s := e.Spec()
	return s != nil && s.ByPatient
}

// TouchpointTopics lists the topics of the channels in the order of their numbers.
func TouchpointTopics() []string {
	topics := make([]string, len(channels))
	for i := range channels {
		topics[i] = channels[i].Topic
	}
	return topics
}

// ChannelNames lists the names of the channels in words.
func ChannelNames() string {
	var b strings.Builder
	for i := range channels {
		switch {
		case i > 0 && i == len(channels)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(channels[i].Name())
	}
	return b.String()
}

// TouchpointTopic is the topic of a channel's touchpoints, empty for ChannelUnknown.
func TouchpointTopic(c Channel) string {
	if s := c.Spec(); s != nil {
		return s.Topic
	}
	return ""
}

// ChannelOf is the channel whose touchpoints a topic carries, or ChannelUnknown.
func ChannelOf(topic string) Channel {
	for i := range channels {
		if channels[i].Topic == topic {
			return channels[i].Channel
		}
	}
	return ChannelUnknown
}
