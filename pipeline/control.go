package pipeline

import "encoding/binary"

// WatermarkHeader marks a control record in a topic that carries watermarks. It is the record's
// only header; application records there never have it.
const WatermarkHeader = "attune_watermark"

// SourceMark is what one source partition says of itself in a control record: its watermark
// (MinTime: none yet), whether it is idle, whether the watermark was forced by the end of the
// input, how many partitions its topic has, and the table position that its task has applied.
type SourceMark struct {
	Topic     string
	Partition int32
	Of        int32
	Watermark Time
	Idle      bool
	Forced    bool
	Table     int64
}

const (
	controlVersion = 1
	maxPartitions  = 1 << 16 // of one source topic; bounds what a decoder allocates

	flagIdle   = 1 << 0
	flagForced = 1 << 1
	flagSpoken = 1 << 2 // a watermark follows
	flagTable  = 1 << 3 // a table position follows
)

// AppendControl encodes marks, which must be grouped by topic:
//
//	version
//	per topic: name, of, count, then per source: partition, flags [, watermark] [, table position]
func AppendControl(dst []byte, marks []SourceMark) []byte {
	dst = append(dst, controlVersion)
	for len(marks) > 0 {
		n := 1
		for n < len(marks) && marks[n].Topic == marks[0].Topic {
			n++
		}
		dst = appendString(dst, marks[0].Topic)
		dst = binary.AppendUvarint(dst, uint64(marks[0].Of))
		dst = binary.AppendUvarint(dst, uint64(n))
		for i := range marks[:n] {
			dst = appendMark(dst, &marks[i])
		}
		marks = marks[n:]
	}
	return dst
}

func appendMark(dst []byte, m *SourceMark) []byte {
	var flags byte
	if m.Idle {
		flags |= flagIdle
	}
	if m.Forced {
		flags |= flagForced
	}
	if m.Watermark != MinTime {
		flags |= flagSpoken
	}
	if m.Table != 0 {
		flags |= flagTable
	}
	dst = append(binary.AppendUvarint(dst, uint64(m.Partition)), flags)
	if m.Watermark != MinTime {
		dst = binary.AppendVarint(dst, int64(m.Watermark))
	}
	if m.Table != 0 {
		dst = binary.AppendVarint(dst, m.Table)
	}
	return dst
}

// DecodeControl yields the marks of a control record's value. What precedes an error has been
// yielded. The topic's string is made once per group.
func DecodeControl(b []byte, yield func(SourceMark)) error {
	r := reader{b: b}
	if v := r.byte(); r.err == nil && v != controlVersion {
		return Invalid("control-version", nil)
	}
	for r.err == nil && len(r.b) > 0 {
		decodeMarks(&r, yield)
	}
	if r.err != nil {
		return Invalid("control-record", r.err)
	}
	return nil
}

func decodeMarks(r *reader, yield func(SourceMark)) {
	m := SourceMark{Topic: string(r.bytes()), Of: r.int31()}
	if m.Of > maxPartitions {
		r.fail()
	}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		m.Partition = r.int31()
		flags := r.byte()
		m.Idle, m.Forced, m.Watermark, m.Table = flags&flagIdle != 0, flags&flagForced != 0, MinTime, 0
		if flags&flagSpoken != 0 {
			m.Watermark = Time(r.varint())
		}
		if flags&flagTable != 0 {
			m.Table = r.varint()
		}
		if m.Partition >= m.Of {
			r.fail()
		}
		if r.err == nil {
			yield(m)
		}
	}
}

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
