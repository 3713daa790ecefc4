// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// Signals: What one shard's touchpoints have shown, as predictions and decisions use it. State only: it moves with its shard.
type Signals struct {
	// One per reason that occurred.
	ReasonWeights []ReasonWeight
	// Contacts whose reason became known.
	ContactCount int64
	// One per reason.
	Viewed []ViewedReason
	// The newest of each kind.
	Facts []HealthFact
	// Newest red flag: 1 urgent, 2 emergency.
	RedFlag int32
	// Its event time.
	RedFlagAt Millis
	// Newest successful login.
	LoginAt Millis
	// By event time, newest last, at most eight.
	RedFlags []FlagSign
	// One where a contact of known reason is over, else none.
	History []ContactHistory
}

// AppendAvro appends the Avro binary form to dst.
func (v *Signals) AppendAvro(dst []byte) []byte {
	if len(v.ReasonWeights) > 0 {
		dst = appendLong(dst, int64(len(v.ReasonWeights)))
		for n1 := range v.ReasonWeights {
			dst = v.ReasonWeights[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.ContactCount))
	if len(v.Viewed) > 0 {
		dst = appendLong(dst, int64(len(v.Viewed)))
		for n2 := range v.Viewed {
			dst = v.Viewed[n2].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Facts) > 0 {
		dst = appendLong(dst, int64(len(v.Facts)))
		for n3 := range v.Facts {
			dst = v.Facts[n3].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.RedFlag))
	dst = appendLong(dst, int64(v.RedFlagAt))
	dst = appendLong(dst, int64(v.LoginAt))
	if len(v.RedFlags) > 0 {
		dst = appendLong(dst, int64(len(v.RedFlags)))
		for n4 := range v.RedFlags {
			dst = v.RedFlags[n4].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.History) > 0 {
		dst = appendLong(dst, int64(len(v.History)))
		for n5 := range v.History {
			dst = v.History[n5].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Signals) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Signals) decodeAvro(src []byte, i int) (_ int, err error) {
	v.ReasonWeights = v.ReasonWeights[:0]
	for {
		var n6 int
		if n6, i = readBlock(src, i, 10); i < 0 {
			return 0, &DecodeError{Field: "Signals.reason_weights", Problem: Problem(i)}
		}
		if n6 == 0 {
			break
		}
		v.ReasonWeights = reserve(v.ReasonWeights, n6)
		for range n6 {
			v.ReasonWeights = extend(v.ReasonWeights)
			item7 := &v.ReasonWeights[len(v.ReasonWeights)-1]
			if i, err = (*item7).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.ContactCount, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Signals.contact_count", Problem: Problem(i)}
	}
	v.Viewed = v.Viewed[:0]
	for {
		var n8 int
		if n8, i = readBlock(src, i, 3); i < 0 {
			return 0, &DecodeError{Field: "Signals.viewed", Problem: Problem(i)}
		}
		if n8 == 0 {
			break
		}
		v.Viewed = reserve(v.Viewed, n8)
		for range n8 {
			v.Viewed = extend(v.Viewed)
			item9 := &v.Viewed[len(v.Viewed)-1]
			if i, err = (*item9).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Facts = v.Facts[:0]
	for {
		var n10 int
		if n10, i = readBlock(src, i, 6); i < 0 {
			return 0, &DecodeError{Field: "Signals.facts", Problem: Problem(i)}
		}
		if n10 == 0 {
			break
		}
		v.Facts = reserve(v.Facts, n10)
		for range n10 {
			v.Facts = extend(v.Facts)
			item11 := &v.Facts[len(v.Facts)-1]
			if i, err = (*item11).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.RedFlag, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Signals.red_flag", Problem: Problem(i)}
	}
	var x12 int64
	if x12, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Signals.red_flag_at", Problem: Problem(i)}
	}
	v.RedFlagAt = Millis(x12)
	var x13 int64
	if x13, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Signals.login_at", Problem: Problem(i)}
	}
	v.LoginAt = Millis(x13)
	v.RedFlags = v.RedFlags[:0]
	for {
		var n14 int
		if n14, i = readBlock(src, i, 8); i < 0 {
			return 0, &DecodeError{Field: "Signals.red_flags", Problem: Problem(i)}
		}
		if n14 == 0 {
			break
		}
		v.RedFlags = reserve(v.RedFlags, n14)
		for range n14 {
			v.RedFlags = extend(v.RedFlags)
			item15 := &v.RedFlags[len(v.RedFlags)-1]
			if i, err = (*item15).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.History = v.History[:0]
	for {
		var n16 int
		if n16, i = readBlock(src, i, 13); i < 0 {
			return 0, &DecodeError{Field: "Signals.history", Problem: Problem(i)}
		}
		if n16 == 0 {
			break
		}
		v.History = reserve(v.History, n16)
		for range n16 {
			v.History = extend(v.History)
			item17 := &v.History[len(v.History)-1]
			if i, err = (*item17).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Signals) Clone() Signals {
	c := *v
	c.ReasonWeights = slices.Clone(c.ReasonWeights)
	for n18 := range c.ReasonWeights {
		c.ReasonWeights[n18] = c.ReasonWeights[n18].Clone()
	}
	c.Viewed = slices.Clone(c.Viewed)
	for n19 := range c.Viewed {
		c.Viewed[n19] = c.Viewed[n19].Clone()
	}
	c.Facts = slices.Clone(c.Facts)
	for n20 := range c.Facts {
		c.Facts[n20] = c.Facts[n20].Clone()
	}
	c.RedFlags = slices.Clone(c.RedFlags)
	for n21 := range c.RedFlags {
		c.RedFlags[n21] = c.RedFlags[n21].Clone()
	}
	c.History = slices.Clone(c.History)
	for n22 := range c.History {
		c.History[n22] = c.History[n22].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Signals) Reset() {
	v.ReasonWeights = v.ReasonWeights[:0]
	v.ContactCount = 0
	v.Viewed = v.Viewed[:0]
	v.Facts = v.Facts[:0]
	v.RedFlag = 0
	v.RedFlagAt = 0
	v.LoginAt = 0
	v.RedFlags = v.RedFlags[:0]
	v.History = v.History[:0]
}

// ContactHistory: How the contacts of a shard went, for predictions.
type ContactHistory struct {
	// By disposition, newest last, at most four.
	Past []PastContact
	// One per reason that occurred.
	Counts []ReasonCount
	// Event time to which the counts are stated.
	CountedAt Millis
	// Decayed count of contacts that nobody answered, with a half-life of a day.
	Unanswered float64
	// Event time of the newest of them; 0 for none.
	UnansweredAt Millis
	// Pairs that occurred, at most sixteen.
	Follows []ReasonPair
}

// AppendAvro appends the Avro binary form to dst.
func (v *ContactHistory) AppendAvro(dst []byte) []byte {
	if len(v.Past) > 0 {
		dst = appendLong(dst, int64(len(v.Past)))
		for n23 := range v.Past {
			dst = v.Past[n23].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Counts) > 0 {
		dst = appendLong(dst, int64(len(v.Counts)))
		for n24 := range v.Counts {
			dst = v.Counts[n24].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.CountedAt))
	dst = appendDouble(dst, v.Unanswered)
	dst = appendLong(dst, int64(v.UnansweredAt))
	if len(v.Follows) > 0 {
		dst = appendLong(dst, int64(len(v.Follows)))
		for n25 := range v.Follows {
			dst = v.Follows[n25].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ContactHistory) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ContactHistory) decodeAvro(src []byte, i int) (_ int, err error) {
	v.Past = v.Past[:0]
	for {
		var n26 int
		if n26, i = readBlock(src, i, 6); i < 0 {
			return 0, &DecodeError{Field: "ContactHistory.past", Problem: Problem(i)}
		}
		if n26 == 0 {
			break
		}
		v.Past = reserve(v.Past, n26)
		for range n26 {
			v.Past = extend(v.Past)
			item27 := &v.Past[len(v.Past)-1]
			if i, err = (*item27).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Counts = v.Counts[:0]
	for {
		var n28 int
		if n28, i = readBlock(src, i, 33); i < 0 {
			return 0, &DecodeError{Field: "ContactHistory.counts", Problem: Problem(i)}
		}
		if n28 == 0 {
			break
		}
		v.Counts = reserve(v.Counts, n28)
		for range n28 {
			v.Counts = extend(v.Counts)
			item29 := &v.Counts[len(v.Counts)-1]
			if i, err = (*item29).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	var x30 int64
	if x30, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactHistory.counted_at", Problem: Problem(i)}
	}
	v.CountedAt = Millis(x30)
	if v.Unanswered, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactHistory.unanswered", Problem: Problem(i)}
	}
	var x31 int64
	if x31, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactHistory.unanswered_at", Problem: Problem(i)}
	}
	v.UnansweredAt = Millis(x31)
	v.Follows = v.Follows[:0]
	for {
		var n32 int
		if n32, i = readBlock(src, i, 10); i < 0 {
			return 0, &DecodeError{Field: "ContactHistory.follows", Problem: Problem(i)}
		}
		if n32 == 0 {
			break
		}
		v.Follows = reserve(v.Follows, n32)
		for range n32 {
			v.Follows = extend(v.Follows)
			item33 := &v.Follows[len(v.Follows)-1]
			if i, err = (*item33).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ContactHistory) Clone() ContactHistory {
	c := *v
	c.Past = slices.Clone(c.Past)
	for n34 := range c.Past {
		c.Past[n34] = c.Past[n34].Clone()
	}
	c.Counts = slices.Clone(c.Counts)
	for n35 := range c.Counts {
		c.Counts[n35] = c.Counts[n35].Clone()
	}
	c.Follows = slices.Clone(c.Follows)
	for n36 := range c.Follows {
		c.Follows[n36] = c.Follows[n36].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ContactHistory) Reset() {
	v.Past = v.Past[:0]
	v.Counts = v.Counts[:0]
	v.CountedAt = 0
	v.Unanswered = 0
	v.UnansweredAt = 0
	v.Follows = v.Follows[:0]
}

// FlagSign: A touchpoint that may be a sign of danger.
type FlagSign struct {
	// 1 urgent, 2 emergency, 3 self-harm, 4 poison, 5 critical result.
	Kind int32
	// 1 page, 2 search, 3 form, 4 chatbot, 5 message, 6 voice menu, 7 health record.
	Source int32
	// The touchpoint.
	EventID string
	// Its event time.
	At Millis
	// Page: event time of the next step of the same shard; 0 where none came.
	LeftAt Millis
	// Page: how long it was looked at, as the next step says; 0 where none came.
	ReadMs int32
	// Page: further steps since that were about something else.
	StepsAfter int32
	// Health record: which result, as its code says; empty where it says nothing.
	About Protected
}

// AppendAvro appends the Avro binary form to dst.
func (v *FlagSign) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.Kind))
	dst = appendLong(dst, int64(v.Source))
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.At))
	dst = appendLong(dst, int64(v.LeftAt))
	dst = appendLong(dst, int64(v.ReadMs))
	dst = appendLong(dst, int64(v.StepsAfter))
	dst = appendString(dst, string(v.About))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *FlagSign) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *FlagSign) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Kind, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.kind", Problem: Problem(i)}
	}
	if v.Source, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.source", Problem: Problem(i)}
	}
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.event_id", Problem: Problem(i)}
	}
	var x37 int64
	if x37, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.at", Problem: Problem(i)}
	}
	v.At = Millis(x37)
	var x38 int64
	if x38, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.left_at", Problem: Problem(i)}
	}
	v.LeftAt = Millis(x38)
	if v.ReadMs, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.read_ms", Problem: Problem(i)}
	}
	if v.StepsAfter, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.steps_after", Problem: Problem(i)}
	}
	var x39 string
	if x39, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.about", Problem: Problem(i)}
	}
	v.About = Protected(x39)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *FlagSign) Clone() FlagSign {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.About = cloneString(c.About)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *FlagSign) Reset() {
	*v = FlagSign{}
}

// HealthFact: A fact of the health record that may lead to a contact.
type HealthFact struct {
	// What happened.
	Event EhrEvent
	// Contact reason that the site ties to it, or empty.
	Reason string
	// Abnormal and critical: not to be shown before a clinician has seen it.
	Critical bool
	// Event time.
	At Millis
	// When it falls due; 0 where it does not.
	DueAt Millis
	// When it was received: a record may be hours behind. 0 from a build that did not keep it.
	KnownAt Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *HealthFact) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Event), 22)
	dst = appendString(dst, string(v.Reason))
	dst = appendBool(dst, v.Critical)
	dst = appendLong(dst, int64(v.At))
	dst = appendLong(dst, int64(v.DueAt))
	dst = appendLong(dst, int64(v.KnownAt))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *HealthFact) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *HealthFact) decodeAvro(src []byte, i int) (_ int, err error) {
	var x40 int
	if x40, i = readIndex(src, i, 22); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.event", Problem: Problem(i)}
	}
	v.Event = EhrEvent(x40)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.reason", Problem: Problem(i)}
	}
	if v.Critical, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.critical", Problem: Problem(i)}
	}
	var x41 int64
	if x41, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.at", Problem: Problem(i)}
	}
	v.At = Millis(x41)
	var x42 int64
	if x42, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.due_at", Problem: Problem(i)}
	}
	v.DueAt = Millis(x42)
	var x43 int64
	if x43, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.known_at", Problem: Problem(i)}
	}
	v.KnownAt = Millis(x43)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *HealthFact) Clone() HealthFact {
	c := *v
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *HealthFact) Reset() {
	*v = HealthFact{}
}

// PastContact: A contact whose reason is known.
type PastContact struct {
	// Reason code.
	Reason string
	// Event time of its first touchpoint.
	StartedAt Millis
	// Event time of its disposition.
	At Millis
	// 0 answered, 1 abandoned in the queue, 2 ended in the menu.
	Outcome int32
	// Wait in the queue.
	WaitMs int64
	// Time with an agent.
	TalkMs int64
}

// AppendAvro appends the Avro binary form to dst.
func (v *PastContact) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.StartedAt))
	dst = appendLong(dst, int64(v.At))
	dst = appendLong(dst, int64(v.Outcome))
	dst = appendLong(dst, int64(v.WaitMs))
	dst = appendLong(dst, int64(v.TalkMs))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *PastContact) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *PastContact) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PastContact.reason", Problem: Problem(i)}
	}
	var x44 int64
	if x44, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "PastContact.started_at", Problem: Problem(i)}
	}
	v.StartedAt = Millis(x44)
	var x45 int64
	if x45, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "PastContact.at", Problem: Problem(i)}
	}
	v.At = Millis(x45)
	if v.Outcome, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "PastContact.outcome", Problem: Problem(i)}
	}
	if v.WaitMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "PastContact.wait_ms", Problem: Problem(i)}
	}
	if v.TalkMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "PastContact.talk_ms", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *PastContact) Clone() PastContact {
	c := *v
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *PastContact) Reset() {
	*v = PastContact{}
}

// ReasonCount: Decayed counts of contacts of one reason, by half-life.
type ReasonCount struct {
	// Reason code.
	Reason string
	// Half-life of a day.
	Day float64
	// Of seven days.
	Week float64
	// Of thirty days.
	Month float64
	// Of ninety days.
	Quarter float64
}

// AppendAvro appends the Avro binary form to dst.
func (v *ReasonCount) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Reason))
	dst = appendDouble(dst, v.Day)
	dst = appendDouble(dst, v.Week)
	dst = appendDouble(dst, v.Month)
	dst = appendDouble(dst, v.Quarter)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ReasonCount) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ReasonCount) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonCount.reason", Problem: Problem(i)}
	}
	if v.Day, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonCount.day", Problem: Problem(i)}
	}
	if v.Week, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonCount.week", Problem: Problem(i)}
	}
	if v.Month, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonCount.month", Problem: Problem(i)}
	}
	if v.Quarter, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonCount.quarter", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ReasonCount) Clone() ReasonCount {
	c := *v
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ReasonCount) Reset() {
	*v = ReasonCount{}
}

// ReasonPair: How often a contact of one reason followed one of another.
type ReasonPair struct {
	// Of the earlier contact.
	Reason string
	// Of the later one.
	Next string
	// Decayed count: nine tenths with each further contact after that reason.
	Weight float64
}

// AppendAvro appends the Avro binary form to dst.
func (v *ReasonPair) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Reason))
	dst = appendString(dst, string(v.Next))
	dst = appendDouble(dst, v.Weight)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ReasonPair) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ReasonPair) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonPair.reason", Problem: Problem(i)}
	}
	if v.Next, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonPair.next", Problem: Problem(i)}
	}
	if v.Weight, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonPair.weight", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ReasonPair) Clone() ReasonPair {
	c := *v
	c.Reason = cloneString(c.Reason)
	c.Next = cloneString(c.Next)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ReasonPair) Reset() {
	*v = ReasonPair{}
}

// ReasonWeight: Decayed count of contacts of one reason.
type ReasonWeight struct {
	// Reason code.
	Reason string
	// Decayed count at the time of the newest.
	Weight float64
	// Event time of the newest.
	At Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *ReasonWeight) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Reason))
	dst = appendDouble(dst, v.Weight)
	dst = appendLong(dst, int64(v.At))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ReasonWeight) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ReasonWeight) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonWeight.reason", Problem: Problem(i)}
	}
	if v.Weight, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonWeight.weight", Problem: Problem(i)}
	}
	var x46 int64
	if x46, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonWeight.at", Problem: Problem(i)}
	}
	v.At = Millis(x46)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ReasonWeight) Clone() ReasonWeight {
	c := *v
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ReasonWeight) Reset() {
	*v = ReasonWeight{}
}

// ViewedReason: Pages or screens of one reason that were looked at.
type ViewedReason struct {
	// Reason code.
	Reason string
	// How often within a day of each other.
	Times int32
	// Event time of the newest.
	At Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *ViewedReason) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.Times))
	dst = appendLong(dst, int64(v.At))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ViewedReason) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ViewedReason) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ViewedReason.reason", Problem: Problem(i)}
	}
	if v.Times, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "ViewedReason.times", Problem: Problem(i)}
	}
	var x47 int64
	if x47, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ViewedReason.at", Problem: Problem(i)}
	}
	v.At = Millis(x47)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ViewedReason) Clone() ViewedReason {
	c := *v
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ViewedReason) Reset() {
	*v = ViewedReason{}
}

// SignalsSchema is the self-contained Avro schema of Signals.
const SignalsSchema = `{"type":"record","name":"Signals","namespace":"health.attune","doc":"What one shard's touchpoints have shown, as predictions and decisions use it. State only: it moves with its shard.","fields":[{"name":"reason_weights","type":{"type":"array","items":{"type":"record","name":"ReasonWeight","doc":"Decayed count of contacts of one reason.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"weight","type":"double","doc":"Decayed count at the time of the newest."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest."}]}},"doc":"One per reason that occurred.","default":[]},{"name":"contact_count","type":"long","doc":"Contacts whose reason became known.","default":0},{"name":"viewed","type":{"type":"array","items":{"type":"record","name":"ViewedReason","doc":"Pages or screens of one reason that were looked at.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"times","type":"int","doc":"How often within a day of each other."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest."}]}},"doc":"One per reason.","default":[]},{"name":"facts","type":{"type":"array","items":{"type":"record","name":"HealthFact","doc":"A fact of the health record that may lead to a contact.","fields":[{"name":"event","type":{"type":"enum","name":"EhrEvent","symbols":["unknown","appointment_booked","appointment_changed","appointment_cancelled","appointment_no_show","order_placed","referral_status","result_final","result_pending","prescription","refill_due","refill_requested","refill_completed","admission","discharge","statement","claim_denied","message_answered","coverage_changed","need_recorded","account_locked","deceased"],"default":"unknown"},"doc":"What happened."},{"name":"reason","type":"string","doc":"Contact reason that the site ties to it, or empty.","default":""},{"name":"critical","type":"boolean","doc":"Abnormal and critical: not to be shown before a clinician has seen it.","default":false},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"due_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it falls due; 0 where it does not.","default":0},{"name":"known_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was received: a record may be hours behind. 0 from a build that did not keep it.","default":0}]}},"doc":"The newest of each kind.","default":[]},{"name":"red_flag","type":"int","doc":"Newest red flag: 1 urgent, 2 emergency.","default":0},{"name":"red_flag_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time.","default":0},{"name":"login_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Newest successful login.","default":0},{"name":"red_flags","type":{"type":"array","items":{"type":"record","name":"FlagSign","doc":"A touchpoint that may be a sign of danger.","fields":[{"name":"kind","type":"int","doc":"1 urgent, 2 emergency, 3 self-harm, 4 poison, 5 critical result."},{"name":"source","type":"int","doc":"1 page, 2 search, 3 form, 4 chatbot, 5 message, 6 voice menu, 7 health record."},{"name":"event_id","type":"string","doc":"The touchpoint."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time."},{"name":"left_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Page: event time of the next step of the same shard; 0 where none came.","default":0},{"name":"read_ms","type":"int","doc":"Page: how long it was looked at, as the next step says; 0 where none came.","default":0},{"name":"steps_after","type":"int","doc":"Page: further steps since that were about something else.","default":0},{"name":"about","type":"string","doc":"Health record: which result, as its code says; empty where it says nothing.","default":"","attune.tag":"phi"}]}},"doc":"By event time, newest last, at most eight.","default":[]},{"name":"history","type":{"type":"array","items":{"type":"record","name":"ContactHistory","doc":"How the contacts of a shard went, for predictions.","fields":[{"name":"past","type":{"type":"array","items":{"type":"record","name":"PastContact","doc":"A contact whose reason is known.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"started_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its first touchpoint."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its disposition."},{"name":"outcome","type":"int","doc":"0 answered, 1 abandoned in the queue, 2 ended in the menu."},{"name":"wait_ms","type":"long","doc":"Wait in the queue."},{"name":"talk_ms","type":"long","doc":"Time with an agent."}]}},"doc":"By disposition, newest last, at most four.","default":[]},{"name":"counts","type":{"type":"array","items":{"type":"record","name":"ReasonCount","doc":"Decayed counts of contacts of one reason, by half-life.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"day","type":"double","doc":"Half-life of a day."},{"name":"week","type":"double","doc":"Of seven days."},{"name":"month","type":"double","doc":"Of thirty days."},{"name":"quarter","type":"double","doc":"Of ninety days."}]}},"doc":"One per reason that occurred.","default":[]},{"name":"counted_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time to which the counts are stated.","default":0},{"name":"unanswered","type":"double","doc":"Decayed count of contacts that nobody answered, with a half-life of a day.","default":0},{"name":"unanswered_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest of them; 0 for none.","default":0},{"name":"follows","type":{"type":"array","items":{"type":"record","name":"ReasonPair","doc":"How often a contact of one reason followed one of another.","fields":[{"name":"reason","type":"string","doc":"Of the earlier contact."},{"name":"next","type":"string","doc":"Of the later one."},{"name":"weight","type":"double","doc":"Decayed count: nine tenths with each further contact after that reason."}]}},"doc":"Pairs that occurred, at most sixteen.","default":[]}]}},"doc":"One where a contact of known reason is over, else none.","default":[]}]}`
