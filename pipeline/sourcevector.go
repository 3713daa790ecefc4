package pipeline

// sourceVector is what a task knows of the sources whose watermarks its own source carries: the last
// word of each. It is part of the task's state, in the engine's record, so that a restored task knows
// at once what it knew (I6), and does not wait until each source speaks again.
type sourceVector struct {
	topics []vectorTopic
	// marks is scratch of append.
	marks []SourceMark
}

// vectorTopic is the part of one source topic. Few topics are carried, so that they are searched one
// after the other.
type vectorTopic struct {
	topic string
	// channel is the one that the topic's watermarks belong to, or NoChannel.
	channel int
	// sources has one for each partition, and none before the first control record of the topic.
	sources []vectorSource
}

// vectorSource is the last word of one partition.
type vectorSource struct {
	watermark Time
	// table is the table position that the source's task had applied.
	table int64
	// heard: it has spoken at all. Until then it holds its channel (I2).
	heard        bool
	idle, forced bool
}

// basis is what the source's watermark rests on.
func (s *vectorSource) basis() Basis {
	switch {
	case s.forced:
		return BasisForced
	case s.idle:
		return BasisIdle
	}
	return BasisReal
}

// newSourceVector lists the source topics of all roles whose watermarks go to carrier. How many
// partitions they have is learned from the control records: the task has no other way to know, and they
// may grow.
func newSourceVector(t *Topology, carrier string) sourceVector {
	var v sourceVector
	for i := range t.Roles {
		if t.Roles[i].WatermarksTo != carrier {
			continue
		}
		for _, s := range t.Roles[i].Sources {
			v.topics = append(v.topics, vectorTopic{topic: s.Topic, channel: s.Channel})
		}
	}
	return v
}

// apply takes one source's mark and reports whether anything changed. Watermarks never go back (I3):
// after a take-over a source may speak of less than before. A topic that the topology no longer has is
// passed over. Partitions that are new begin unheard, and hold their channel.
func (v *sourceVector) apply(m SourceMark) bool {
	t := v.find(m.Topic)
	if t == nil || m.Partition >= m.Of {
		return false
	}
	for len(t.sources) < int(m.Of) {
		t.sources = append(t.sources, vectorSource{watermark: MinTime})
	}
	s := &t.sources[m.Partition]
	old := *s
	s.heard, s.idle = true, m.Idle
	s.table = max(s.table, m.Table)
	if m.Watermark >= s.watermark {
		s.watermark, s.forced = m.Watermark, m.Forced
	}
	return *s != old
}

// find is the topic's entry, nil for a topic that is not carried.
func (v *sourceVector) find(topic string) *vectorTopic {
	for i := range v.topics {
		if v.topics[i].topic == topic {
			return &v.topics[i]
		}
	}
	return nil
}

// channelState is what the sources of one channel are together.
type channelState uint8

const (
	// channelSilent: a source has not spoken, so that there is no watermark yet.
	channelSilent channelState = iota
	// channelIdle: every source is idle.
	channelIdle
	// channelActive: at least one source speaks.
	channelActive
)

// channel is the minimum over all sources of channel ch that are not idle. A source that has not
// spoken, and has not said that it is idle, holds everything (I2). Where all are idle it is the
// maximum: what the last to become idle would have led to, in whichever order they did. The minimum
// there would depend on that order, and two runs would differ. A channel without sources is silent.
func (v *sourceVector) channel(ch int) (Time, Basis, channelState) {
	var all channelMinimum
	all.low, all.high, all.basis = MaxTime, MinTime, BasisReal
	for i := range v.topics {
		if t := &v.topics[i]; t.channel == ch && !all.add(t) {
			return MinTime, BasisReal, channelSilent
		}
	}
	if all.state == channelIdle {
		return all.high, all.highBasis, channelIdle
	}
	return all.low, all.basis, all.state
}

// channelMinimum adds up the sources of a channel: low over those that are active, high over all.
type channelMinimum struct {
	low, high        Time
	basis, highBasis Basis
	state            channelState
}

// add takes the sources of one topic. False: one has not spoken, or the topic has not been heard of.
func (m *channelMinimum) add(t *vectorTopic) bool {
	m.state = max(m.state, channelIdle)
	for i := range t.sources {
		s := &t.sources[i]
		if !s.heard || !s.idle && s.watermark == MinTime {
			return false
		}
		if s.watermark >= m.high {
			m.high, m.highBasis = s.watermark, s.basis()
		}
		if s.idle {
			m.basis = max(m.basis, BasisIdle)
			continue
		}
		m.state = channelActive
		m.basis = max(m.basis, s.basis())
		m.low = min(m.low, s.watermark)
	}
	return len(t.sources) > 0
}

// tablePosition is the minimum over all sources, 0 where one has not spoken: what all of them have
// applied for certain.
func (v *sourceVector) tablePosition() int64 {
	low := int64(-1)
	for i := range v.topics {
		if len(v.topics[i].sources) == 0 {
			return 0
		}
		for j := range v.topics[i].sources {
			s := &v.topics[i].sources[j]
			if !s.heard {
				return 0
			}
			if low < 0 || s.table < low {
				low = s.table
			}
		}
	}
	return max(low, 0)
}

// append encodes the whole vector as a control record would. Sources that were not heard are left out,
// and are unheard again after a restore.
func (v *sourceVector) append(dst []byte) []byte {
	v.marks = v.marks[:0]
	for i := range v.topics {
		t := &v.topics[i]
		for p := range t.sources {
			if s := &t.sources[p]; s.heard {
				v.marks = append(v.marks, SourceMark{t.topic, int32(p), int32(len(t.sources)), s.watermark, s.idle, s.forced, s.table})
			}
		}
	}
	return AppendControl(dst, v.marks)
}
