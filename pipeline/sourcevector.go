package pipeline

// sourceVector is what a task knows of the sources whose watermarks its own source carries.
type sourceVector struct {
	topics []vectorTopic
	marks  []SourceMark // scratch of append
}

type vectorTopic struct {
	topic   string
	channel int
	sources []vectorSource // one per partition, none before the first control record of the topic
}

type vectorSource struct {
	watermark    Time
	table        int64
	heard        bool
	idle, forced bool
}

func (s *vectorSource) basis() Basis {
	switch {
	case s.forced:
		return BasisForced
	case s.idle:
		return BasisIdle
	}
	return BasisReal
}

// newSourceVector lists the source topics of all roles whose watermarks go to carrier.
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

// apply takes one source's mark and reports whether anything changed. Watermarks never go back. A
// topic that the topology no longer has is passed over.
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
	channelSilent channelState = iota // a source has not spoken: no watermark yet
	channelIdle                       // every source is idle
	channelActive
)

// channel is the minimum over all sources of channel ch that are not idle. A source that has not
// spoken, and has not said that it is idle, holds everything. Where all are idle it is the maximum:
// what the last to become idle would have led to, in whichever order they did.
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

type channelMinimum struct {
	low, high        Time
	basis, highBasis Basis
	state            channelState
}

// add takes the sources of one topic. False: one has not spoken.
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

// tablePosition is the minimum over all sources, 0 where one has not spoken.
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

// append encodes the whole vector as a control record would.
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
