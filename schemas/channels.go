package schemas

import (
	"strings"
	"time"
)

// ChannelSpec is all that the product knows of one channel: a way in which patients, or systems
// about their care, are heard.
type ChannelSpec struct {
	Channel Channel
	// Topic is where source systems write its touchpoints.
	Topic string
	// Body is the branch of Touchpoint.Body that its touchpoints have, Reason reads the branch's contact reason.
	Body   TouchpointBodyKind
	Reason func(*TouchpointBody) string
	// Activity is the field of a persona, ShardActivity that of a state, which counts the channel's touchpoints.
	Activity      func(*Persona) *float64
	ShardActivity func(*ShardState) *float64
	// OutOfOrderness is the default of how far the channel's watermark trails its newest event
	// time: about as long as such systems need to deliver nearly everything.
	OutOfOrderness time.Duration
	// IdleAfter is the default of the processing time without records after which a partition no
	// longer holds its watermark back.
	IdleAfter time.Duration
	// Priority orders the channels from which records are taken first when several have some. Above
	// 0, a record is also committed at once, because somebody waits in a queue.
	Priority int
	// ByPatient says that patients themselves act on it. Timers that wait for a patient's steps
	// wait for these channels only, and only their touchpoints belong to sessions: a health record
	// may be hours behind.
	ByPatient bool
	// Digital says that its touchpoints are steps that patients take on their own, which may fail and are limited in rate.
	Digital bool
	// Occasion says in a brief where a step of it was taken, if the site's wording has no text for the
	// channel.
	Occasion string
}

// Name is the channel's name in configuration, metrics and stores.
func (c *ChannelSpec) Name() string { return c.Channel.String() }

// channels is the table of channels, in the order of their numbers. It is the only place that knows
// how many there are. The number of a row is also that of its watermark, which is in restored
// state: add rows at the end only.
var channels = [...]ChannelSpec{
	{
		Channel: ChannelWeb, Topic: TopicTouchpointsWeb,
		Body: TouchpointBodyWeb, Reason: func(b *TouchpointBody) string { return b.Web.Reason },
		Activity: func(p *Persona) *float64 { return &p.WebActivity }, ShardActivity: func(st *ShardState) *float64 { return &st.WebActivity },
		OutOfOrderness: 5 * time.Second, IdleAfter: 10 * time.Second, ByPatient: true, Digital: true, Occasion: "on the website",
	},
	{
		Channel: ChannelApp, Topic: TopicTouchpointsApp,
		Body: TouchpointBodyApp, Reason: func(b *TouchpointBody) string { return b.App.Reason },
		Activity: func(p *Persona) *float64 { return &p.AppActivity }, ShardActivity: func(st *ShardState) *float64 { return &st.AppActivity },
		OutOfOrderness: 5 * time.Second, IdleAfter: 10 * time.Second, ByPatient: true, Digital: true, Occasion: "in the app",
	},
	{
		Channel: ChannelCall, Topic: TopicTouchpointsCall,
		Body: TouchpointBodyCall, Reason: func(b *TouchpointBody) string { return b.Call.Reason },
		Activity: func(p *Persona) *float64 { return &p.CallActivity }, ShardActivity: func(st *ShardState) *float64 { return &st.CallActivity },
		OutOfOrderness: 2 * time.Minute, IdleAfter: 10 * time.Second, Priority: 1, ByPatient: true, Occasion: "after a call",
	},
	{
		Channel: ChannelEhr, Topic: TopicTouchpointsEhr,
		Body: TouchpointBodyEhr, Reason: func(b *TouchpointBody) string { return b.Ehr.Reason },
		Activity: func(p *Persona) *float64 { return &p.EhrActivity }, ShardActivity: func(st *ShardState) *float64 { return &st.EhrActivity },
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

// IsByPatient says whether patients themselves act on it.
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
