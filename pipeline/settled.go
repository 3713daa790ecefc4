package pipeline

import (
	"encoding/binary"
	"slices"
)

// settledMarks are watermarks as they were a while ago. A record that another task has judged, and has passed
// on since, is under way for as long as a commit and a fetch take; in a backlog event time leaps by days
// meanwhile. What is forgotten by these marks is not missed by such a record:
//
//	control records, by when they were written   12:00:00  12:00:30  12:01:00
//	the watermark after them                     day 1     day 5     day 9
//	settled, where UnderWay is 30 s              -         -         day 1
//
// They follow the times at which control records were written, and no clock of the task, so that they are the
// same in a replay, and stand while the task stands.
type settledMarks struct {
	// times is what is settled, next what will be once a control record comes that is later than since by
	// Topology.UnderWay.
	times, next []Time
	since       Time
	// dirty: the changelog has an earlier state.
	dirty bool
}

// newSettledMarks begins n channels of which nothing is settled.
func newSettledMarks(n int) settledMarks {
	unspoken := []Time{MinTime}
	return settledMarks{times: slices.Repeat(unspoken, n), next: slices.Repeat(unspoken, n)}
}

// pass notes that a control record was written at a time, when the channels had come to now, and reports whether
// more is settled by it. After a clock was set back it counts anew.
func (s *settledMarks) pass(written, underWay Time, now []Time) bool {
	if d := written - s.since; len(s.times) == 0 || d >= 0 && d < underWay {
		return false
	}
	more := !slices.Equal(s.times, s.next)
	copy(s.times, s.next)
	copy(s.next, now)
	s.since, s.dirty = written, true
	return more
}

// append encodes the marks: version, since, count of channels, then per channel its name, what is settled and
// what is next.
func (s *settledMarks) append(b []byte, channels []Channel) []byte {
	b = append(b, settledVersion)
	b = binary.AppendVarint(b, int64(s.since))
	b = binary.AppendUvarint(b, uint64(len(s.times)))
	for i := range s.times {
		b = appendString(b, channels[i].Name)
		b = binary.AppendVarint(b, int64(s.times[i]))
		b = binary.AppendVarint(b, int64(s.next[i]))
	}
	return b
}

// restore takes in what append has written. An error is KindCorrupt.
func (s *settledMarks) restore(value []byte, channels []Channel) error {
	r := reader{b: value}
	if v := r.byte(); r.err == nil && v != settledVersion {
		return Corruptf("settled watermarks of version %d", v)
	}
	s.since = Time(r.varint())
	for n := r.count(); n > 0 && r.err == nil; n-- {
		name, settled, next := r.bytes(), Time(r.varint()), Time(r.varint())
		for i := range channels {
			if r.err == nil && i < len(s.times) && channels[i].Name == string(name) {
				s.times[i], s.next[i] = settled, next
			}
		}
	}
	if r.err != nil {
		return Corruptf("settled watermarks %w", r.err)
	}
	return nil
}

// settledVersion begins the record. Builds that do not know the record pass over it.
const settledVersion = 1
