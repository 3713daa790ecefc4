package pipeline

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// WatermarkHeader marks a control record in a topic that carries watermarks. It is the record's
// only header; application records there never have it.
const WatermarkHeader = "attune_watermark"

// SourceMark is what one source partition says of itself in a control record. It is the whole of what
// it has to say, not a change: who has missed earlier ones is up to date with the last.
type SourceMark struct {
	// Topic and Partition name the source, Of is how many partitions its topic has. Readers need that
	// number to know of sources that have not spoken yet (I2).
	Topic     string
	Partition int32
	Of        int32
	// Watermark is MinTime as long as the source has none.
	Watermark Time
	// Idle: the source was known to hold nothing more for long enough, and that is committed.
	Idle bool
	// Forced: the watermark comes from the end of the input, and not from records.
	Forced bool
	// Table is the position that the source's task has applied of its first table; 0 where it has none.
	Table int64
}

// The form of a control record. Flags that a reader does not know would change what follows, so that a
// new one needs a new version.
const (
	controlVersion = 1
	// maxPartitions is of one source topic; it bounds what a decoder allocates.
	maxPartitions = 1 << 16
	// maxTopics is of one control record.
	maxTopics = 1 << 10

	flagIdle   = 1 << 0
	flagForced = 1 << 1
	// flagSpoken: a watermark follows.
	flagSpoken = 1 << 2
	// flagTable: a table position follows.
	flagTable = 1 << 3
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

// appendMark encodes one mark; what a source does not have takes no bytes.
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

// DecodeControl yields the marks of a control record's value. What precedes an error has been yielded,
// and holds: marks do not depend on each other. The topic's string is made once per group. An error is
// KindInvalid; it costs this record, and the next one says everything anew.
func DecodeControl(b []byte, yield func(SourceMark)) error {
	r := reader{b: b}
	if v := r.byte(); r.err == nil && v != controlVersion {
		return Invalid("control-version", nil)
	}
	var topics []string
	for r.err == nil && len(r.b) > 0 {
		topic := string(r.bytes())
		// Two groups of a topic could not agree on how many partitions it has.
		if len(topics) == maxTopics || slices.Contains(topics, topic) {
			r.fail()
		}
		topics = append(topics, topic)
		decodeMarks(&r, topic, yield)
	}
	if r.err != nil {
		return Invalid("control-record", r.err)
	}
	return nil
}

// decodeMarks yields the marks of one topic. A partition that its topic does not have is an error: it
// would count as a source that never speaks.
func decodeMarks(r *reader, topic string, yield func(SourceMark)) {
	// Readers keep an entry for each partition, so that the number is bounded before it is believed.
	m := SourceMark{Topic: topic, Of: r.int31()}
	if m.Of > maxPartitions {
		r.fail()
	}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		m.Partition = r.int31()
		// What is absent must read as absent: the mark of the source before is in m still.
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

// Progress is how far a worker has come that reads its sources in the order of time: what became known
// before Known has been read. MaxTime: it is not behind. It travels in the header of control records, which
// readers of the marks do not look into.
type Progress struct {
	From  uint64 // names the worker
	Known Time
	// Led is until when what became known is in the tables with this commit, of sources that lead (Source.Leads); MaxTime: all
	// that there is, or the worker has no such source.
	Led Time
}

// ProgressOf returns the progress that a control record tells of, false where there is none.
func ProgressOf(r *Record) (p Progress, ok bool) {
	if !isControl(r) {
		return p, false
	}
	b := r.Headers[0].Value
	if n := len(b); n != progressSize && n != progressSize+8 || b[0] != controlVersion {
		return p, false
	}
	p = Progress{binary.BigEndian.Uint64(b[1:]), Time(binary.BigEndian.Uint64(b[9:])), MaxTime}
	if len(b) > progressSize {
		p.Led = Time(binary.BigEndian.Uint64(b[progressSize:]))
	}
	return p, true
}

// progressSize is without Led, which builds before it do not know: they wait for nobody who says it.
const progressSize = 1 + 8 + 8

// AppendProgress appends a control record with the encoded marks and the progress to every partition of topic.
func AppendProgress(out Appender, topic string, partitions int32, now Time, marks []byte, p Progress) error {
	header := binary.BigEndian.AppendUint64([]byte{controlVersion}, p.From)
	header = binary.BigEndian.AppendUint64(header, uint64(p.Known))
	if p.Led != MaxTime {
		header = binary.BigEndian.AppendUint64(header, uint64(p.Led))
	}
	return appendControls(out, topic, partitions, now, marks, header)
}

// AppendControlRecords appends a control record with the encoded marks to every partition of topic,
// since any of them may hold records of any source. They are appended behind the data of the same
// commit, so that a watermark never overtakes the records that it speaks of. An error comes from out.
func AppendControlRecords(out Appender, topic string, partitions int32, now Time, marks []byte) error {
	return appendControls(out, topic, partitions, now, marks, marks[:1])
}

func appendControls(out Appender, topic string, partitions int32, now Time, marks, header []byte) error {
	r := OutRecord{Topic: topic, Timestamp: int64(now), Value: marks, Headers: []Header{{Key: WatermarkHeader, Value: header}}}
	for r.Partition = 0; r.Partition < partitions; r.Partition++ {
		if err := out.Append(&r); err != nil {
			return fmt.Errorf("append control record to %s/%d: %w", topic, r.Partition, err)
		}
	}
	return nil
}
