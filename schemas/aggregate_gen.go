// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
)

// Aggregate: The whole value of one window and dimension set on one partition; a newer version replaces it.
type Aggregate struct {
	// Name, such as contacts or touchpoints.
	Aggregate string
	// Event time, inclusive.
	WindowStart Millis
	// Event time, exclusive.
	WindowEnd Millis
	// Dimension.
	Channel Channel
	// Dimension: reason code, or empty.
	Reason string
	// Dimension: the contact center's priority.
	Priority int32
	// Topic UUID of the log it was computed from.
	Log string
	// Partition of that log.
	Partition int32
	// Assignment count of the task.
	Epoch int32
	// Counts emissions within the epoch.
	Revision int32
	// What triggered it.
	Pane Pane
	// What the watermark rested on.
	Basis Basis
	// Watermark at emission.
	Watermark Millis
	// Touchpoints in the window.
	Touchpoints int64
	// Contacts whose outcome became known.
	Contacts int64
	// Of them, those that stood in a queue.
	Queued int64
	// Of the queued, those that hung up there.
	Abandoned int64
	// Contacts that an agent took.
	Answered int64
	// Sum over all that queued.
	WaitMs int64
	// Sum over those answered.
	WaitAnsweredMs int64
	// Sum of time with agents.
	TalkMs int64
	// Contacts after failed digital attempts; 0 in aggregate touchpoints.
	LastResort int64
	// Distinct persons of this partition.
	Persons int64
	// Late records and corrections taken into the window.
	Late int64
	// Late records beyond allowed lateness, left out.
	Dropped int64
	// Contacts of persons who had made contact for the same reason in the 7 days before.
	Repeats int64
	// Failed digital steps before contacts.
	FailedSteps int64
}

// AppendAvro appends the Avro binary form to dst.
func (v *Aggregate) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Aggregate))
	dst = appendLong(dst, int64(v.WindowStart))
	dst = appendLong(dst, int64(v.WindowEnd))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.Priority))
	dst = appendString(dst, string(v.Log))
	dst = appendLong(dst, int64(v.Partition))
	dst = appendLong(dst, int64(v.Epoch))
	dst = appendLong(dst, int64(v.Revision))
	dst = appendIndex(dst, uint8(v.Pane), 4)
	dst = appendIndex(dst, uint8(v.Basis), 4)
	dst = appendLong(dst, int64(v.Watermark))
	dst = appendLong(dst, int64(v.Touchpoints))
	dst = appendLong(dst, int64(v.Contacts))
	dst = appendLong(dst, int64(v.Queued))
	dst = appendLong(dst, int64(v.Abandoned))
	dst = appendLong(dst, int64(v.Answered))
	dst = appendLong(dst, int64(v.WaitMs))
	dst = appendLong(dst, int64(v.WaitAnsweredMs))
	dst = appendLong(dst, int64(v.TalkMs))
	dst = appendLong(dst, int64(v.LastResort))
	dst = appendLong(dst, int64(v.Persons))
	dst = appendLong(dst, int64(v.Late))
	dst = appendLong(dst, int64(v.Dropped))
	dst = appendLong(dst, int64(v.Repeats))
	dst = appendLong(dst, int64(v.FailedSteps))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Aggregate) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Aggregate) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Aggregate, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.aggregate", Problem: Problem(i)}
	}
	var x1 int64
	if x1, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.window_start", Problem: Problem(i)}
	}
	v.WindowStart = Millis(x1)
	var x2 int64
	if x2, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.window_end", Problem: Problem(i)}
	}
	v.WindowEnd = Millis(x2)
	var x3 int
	if x3, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x3)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.reason", Problem: Problem(i)}
	}
	if v.Priority, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.priority", Problem: Problem(i)}
	}
	if v.Log, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.log", Problem: Problem(i)}
	}
	if v.Partition, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.partition", Problem: Problem(i)}
	}
	if v.Epoch, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.epoch", Problem: Problem(i)}
	}
	if v.Revision, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.revision", Problem: Problem(i)}
	}
	var x4 int
	if x4, i = readIndex(src, i, 4); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.pane", Problem: Problem(i)}
	}
	v.Pane = Pane(x4)
	var x5 int
	if x5, i = readIndex(src, i, 4); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.basis", Problem: Problem(i)}
	}
	v.Basis = Basis(x5)
	var x6 int64
	if x6, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.watermark", Problem: Problem(i)}
	}
	v.Watermark = Millis(x6)
	if v.Touchpoints, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.touchpoints", Problem: Problem(i)}
	}
	if v.Contacts, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.contacts", Problem: Problem(i)}
	}
	if v.Queued, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.queued", Problem: Problem(i)}
	}
	if v.Abandoned, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.abandoned", Problem: Problem(i)}
	}
	if v.Answered, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.answered", Problem: Problem(i)}
	}
	if v.WaitMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.wait_ms", Problem: Problem(i)}
	}
	if v.WaitAnsweredMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.wait_answered_ms", Problem: Problem(i)}
	}
	if v.TalkMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.talk_ms", Problem: Problem(i)}
	}
	if v.LastResort, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.last_resort", Problem: Problem(i)}
	}
	if v.Persons, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.persons", Problem: Problem(i)}
	}
	if v.Late, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.late", Problem: Problem(i)}
	}
	if v.Dropped, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.dropped", Problem: Problem(i)}
	}
	if v.Repeats, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.repeats", Problem: Problem(i)}
	}
	if v.FailedSteps, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Aggregate.failed_steps", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Aggregate) Clone() Aggregate {
	c := *v
	c.Aggregate = cloneString(c.Aggregate)
	c.Reason = cloneString(c.Reason)
	c.Log = cloneString(c.Log)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Aggregate) Reset() {
	*v = Aggregate{}
}

// Basis: see the schema.
type Basis uint8

// The symbols of Basis.
const (
	BasisUnknown Basis = 0
	BasisReal    Basis = 1
	BasisIdle    Basis = 2
	BasisForced  Basis = 3
)

// BasisCount is how many symbols Basis has.
const BasisCount = 4

// String is the symbol.
func (e Basis) String() string {
	switch e {
	case BasisUnknown:
		return "unknown"
	case BasisReal:
		return "real"
	case BasisIdle:
		return "idle"
	case BasisForced:
		return "forced"
	}
	return fmt.Sprintf("Basis(%d)", uint8(e))
}

// ParseBasis finds the value of a symbol; ok is false where there is none.
func ParseBasis(symbol string) (e Basis, ok bool) {
	switch symbol {
	case "unknown":
		return BasisUnknown, true
	case "real":
		return BasisReal, true
	case "idle":
		return BasisIdle, true
	case "forced":
		return BasisForced, true
	}
	return BasisUnknown, false
}

// MarshalText is the symbol.
func (e Basis) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *Basis) UnmarshalText(text []byte) error {
	v, ok := ParseBasis(string(text))
	if !ok {
		return &DecodeError{Field: "Basis", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// Pane: see the schema.
type Pane uint8

// The symbols of Pane.
const (
	PaneUnknown Pane = 0
	PaneEarly   Pane = 1
	PaneOnTime  Pane = 2
	PaneLate    Pane = 3
)

// PaneCount is how many symbols Pane has.
const PaneCount = 4

// String is the symbol.
func (e Pane) String() string {
	switch e {
	case PaneUnknown:
		return "unknown"
	case PaneEarly:
		return "early"
	case PaneOnTime:
		return "on_time"
	case PaneLate:
		return "late"
	}
	return fmt.Sprintf("Pane(%d)", uint8(e))
}

// ParsePane finds the value of a symbol; ok is false where there is none.
func ParsePane(symbol string) (e Pane, ok bool) {
	switch symbol {
	case "unknown":
		return PaneUnknown, true
	case "early":
		return PaneEarly, true
	case "on_time":
		return PaneOnTime, true
	case "late":
		return PaneLate, true
	}
	return PaneUnknown, false
}

// MarshalText is the symbol.
func (e Pane) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *Pane) UnmarshalText(text []byte) error {
	v, ok := ParsePane(string(text))
	if !ok {
		return &DecodeError{Field: "Pane", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// AggregateSchema is the self-contained Avro schema of Aggregate.
const AggregateSchema = `{"type":"record","name":"Aggregate","namespace":"health.attune","doc":"The whole value of one window and dimension set on one partition; a newer version replaces it.","fields":[{"name":"aggregate","type":"string","doc":"Name, such as contacts or touchpoints."},{"name":"window_start","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time, inclusive."},{"name":"window_end","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time, exclusive."},{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["unknown","web","app","call","ehr"],"default":"unknown"},"doc":"Dimension.","default":"unknown"},{"name":"reason","type":"string","doc":"Dimension: reason code, or empty.","default":""},{"name":"priority","type":"int","doc":"Dimension: the contact center's priority.","default":0},{"name":"log","type":"string","doc":"Topic UUID of the log it was computed from."},{"name":"partition","type":"int","doc":"Partition of that log."},{"name":"epoch","type":"int","doc":"Assignment count of the task."},{"name":"revision","type":"int","doc":"Counts emissions within the epoch."},{"name":"pane","type":{"type":"enum","name":"Pane","symbols":["unknown","early","on_time","late"],"default":"unknown"},"doc":"What triggered it.","default":"unknown"},{"name":"basis","type":{"type":"enum","name":"Basis","symbols":["unknown","real","idle","forced"],"default":"unknown"},"doc":"What the watermark rested on.","default":"unknown"},{"name":"watermark","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Watermark at emission."},{"name":"touchpoints","type":"long","doc":"Touchpoints in the window."},{"name":"contacts","type":"long","doc":"Contacts whose outcome became known."},{"name":"queued","type":"long","doc":"Of them, those that stood in a queue."},{"name":"abandoned","type":"long","doc":"Of the queued, those that hung up there."},{"name":"answered","type":"long","doc":"Contacts that an agent took."},{"name":"wait_ms","type":"long","doc":"Sum over all that queued."},{"name":"wait_answered_ms","type":"long","doc":"Sum over those answered."},{"name":"talk_ms","type":"long","doc":"Sum of time with agents."},{"name":"last_resort","type":"long","doc":"Contacts after failed digital attempts; 0 in aggregate touchpoints."},{"name":"persons","type":"long","doc":"Distinct persons of this partition."},{"name":"late","type":"long","doc":"Late records and corrections taken into the window."},{"name":"dropped","type":"long","doc":"Late records beyond allowed lateness, left out."},{"name":"repeats","type":"long","doc":"Contacts of persons who had made contact for the same reason in the 7 days before.","default":0},{"name":"failed_steps","type":"long","doc":"Failed digital steps before contacts.","default":0}]}`
