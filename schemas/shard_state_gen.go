// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
	"slices"
)

// ShardState: What one identifier's shard knows of its patient at one owner: self-contained, moved whole by links. A persona is the fold of the shards of a person.
type ShardState struct {
	// The move that brought the shard here, 0 for the pseudonym; -1 where it has not arrived yet.
	Epoch int32
	// Where not 0 a tombstone: the move that took the shard away.
	MovedEpoch int32
	// The owner that it went to.
	MovedTo PersonRef
	// Touchpoints folded in.
	Touchpoints int64
	// Event time of the newest touchpoint.
	AsOf Millis
	// Event time to which the decayed figures are stated.
	DecayedAt Millis
	// Decayed count.
	WebActivity float64
	// Decayed count.
	AppActivity float64
	// Decayed count.
	CallActivity float64
	// Decayed count.
	EhrActivity float64
	// Decayed weighted failures, transfers and repeats.
	Effort float64
	// Decayed weighted frustration signals, of a shorter half-life; frustration is its image in 0 to 1.
	Strain float64
	// Language last stated.
	Language string
	// Event time of that.
	LanguageAt Millis
	// Event time of the record's word that the patient has died; 0 where alive.
	DeceasedAt Millis
	// Phone contacts begun.
	Calls int64
	// Sessions whose gap the watermark has passed.
	SessionsClosed int64
	// By start.
	Sessions []OpenSession
	// By event time, newest last, at most sixteen.
	Recent []RecentStep
	// By event time, newest last, at most eight.
	Failed []FailedStep
	// By since, newest last, at most eight.
	Loops []ShardLoop
	// By event time, at most sixteen.
	Closings []Closing
	// Recorded social needs, by code.
	Needs []Need
	// By event time, newest last, at most eight.
	Reasons []PastReason
	// By start, at most eight.
	Contacts []OpenContact
	// What predictions and decisions keep of the shard.
	Signals Signals
	// In order of acceptance.
	Seen []SeenEvent
	// By event time, for as long as a contact may begin after them or become the person's.
	FailedSteps []CountedStep
	// By start, for as long as another contact may be a repeat of them.
	ContactParts []ContactPart
	// What whoever has the identifier is to a patient for whom they may act, as the record last said: a relationship, or none; empty: it has said nothing.
	ActsAs string
	// Event time of that.
	ActsAsAt Millis
	// By event time, for as long as a contact may begin after them or become the person's; at most 1024.
	DigitalSteps []TiedStep
	// Steps later than that are kept with all that a contact's fact says of them: 0, all. -1: a build that kept less had the shard last, and none later than as_of is known.
	KeptFrom Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *ShardState) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.Epoch))
	dst = appendLong(dst, int64(v.MovedEpoch))
	dst = appendString(dst, string(v.MovedTo))
	dst = appendLong(dst, int64(v.Touchpoints))
	dst = appendLong(dst, int64(v.AsOf))
	dst = appendLong(dst, int64(v.DecayedAt))
	dst = appendDouble(dst, v.WebActivity)
	dst = appendDouble(dst, v.AppActivity)
	dst = appendDouble(dst, v.CallActivity)
	dst = appendDouble(dst, v.EhrActivity)
	dst = appendDouble(dst, v.Effort)
	dst = appendDouble(dst, v.Strain)
	dst = appendString(dst, string(v.Language))
	dst = appendLong(dst, int64(v.LanguageAt))
	dst = appendLong(dst, int64(v.DeceasedAt))
	dst = appendLong(dst, int64(v.Calls))
	dst = appendLong(dst, int64(v.SessionsClosed))
	if len(v.Sessions) > 0 {
		dst = appendLong(dst, int64(len(v.Sessions)))
		for n1 := range v.Sessions {
			dst = v.Sessions[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Recent) > 0 {
		dst = appendLong(dst, int64(len(v.Recent)))
		for n2 := range v.Recent {
			dst = v.Recent[n2].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Failed) > 0 {
		dst = appendLong(dst, int64(len(v.Failed)))
		for n3 := range v.Failed {
			dst = v.Failed[n3].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Loops) > 0 {
		dst = appendLong(dst, int64(len(v.Loops)))
		for n4 := range v.Loops {
			dst = v.Loops[n4].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Closings) > 0 {
		dst = appendLong(dst, int64(len(v.Closings)))
		for n5 := range v.Closings {
			dst = v.Closings[n5].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Needs) > 0 {
		dst = appendLong(dst, int64(len(v.Needs)))
		for n6 := range v.Needs {
			dst = v.Needs[n6].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Reasons) > 0 {
		dst = appendLong(dst, int64(len(v.Reasons)))
		for n7 := range v.Reasons {
			dst = v.Reasons[n7].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Contacts) > 0 {
		dst = appendLong(dst, int64(len(v.Contacts)))
		for n8 := range v.Contacts {
			dst = v.Contacts[n8].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = v.Signals.AppendAvro(dst)
	if len(v.Seen) > 0 {
		dst = appendLong(dst, int64(len(v.Seen)))
		for n9 := range v.Seen {
			dst = v.Seen[n9].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.FailedSteps) > 0 {
		dst = appendLong(dst, int64(len(v.FailedSteps)))
		for n10 := range v.FailedSteps {
			dst = v.FailedSteps[n10].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.ContactParts) > 0 {
		dst = appendLong(dst, int64(len(v.ContactParts)))
		for n11 := range v.ContactParts {
			dst = v.ContactParts[n11].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendString(dst, string(v.ActsAs))
	dst = appendLong(dst, int64(v.ActsAsAt))
	if len(v.DigitalSteps) > 0 {
		dst = appendLong(dst, int64(len(v.DigitalSteps)))
		for n12 := range v.DigitalSteps {
			dst = v.DigitalSteps[n12].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.KeptFrom))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ShardState) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ShardState) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Epoch, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.epoch", Problem: Problem(i)}
	}
	if v.MovedEpoch, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.moved_epoch", Problem: Problem(i)}
	}
	var x13 string
	if x13, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.moved_to", Problem: Problem(i)}
	}
	v.MovedTo = PersonRef(x13)
	if v.Touchpoints, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.touchpoints", Problem: Problem(i)}
	}
	var x14 int64
	if x14, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.as_of", Problem: Problem(i)}
	}
	v.AsOf = Millis(x14)
	var x15 int64
	if x15, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.decayed_at", Problem: Problem(i)}
	}
	v.DecayedAt = Millis(x15)
	if v.WebActivity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.web_activity", Problem: Problem(i)}
	}
	if v.AppActivity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.app_activity", Problem: Problem(i)}
	}
	if v.CallActivity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.call_activity", Problem: Problem(i)}
	}
	if v.EhrActivity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.ehr_activity", Problem: Problem(i)}
	}
	if v.Effort, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.effort", Problem: Problem(i)}
	}
	if v.Strain, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.strain", Problem: Problem(i)}
	}
	if v.Language, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.language", Problem: Problem(i)}
	}
	var x16 int64
	if x16, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.language_at", Problem: Problem(i)}
	}
	v.LanguageAt = Millis(x16)
	var x17 int64
	if x17, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.deceased_at", Problem: Problem(i)}
	}
	v.DeceasedAt = Millis(x17)
	if v.Calls, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.calls", Problem: Problem(i)}
	}
	if v.SessionsClosed, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.sessions_closed", Problem: Problem(i)}
	}
	v.Sessions = v.Sessions[:0]
	for {
		var n18 int
		if n18, i = readBlock(src, i, 4); i < 0 {
			return 0, &DecodeError{Field: "ShardState.sessions", Problem: Problem(i)}
		}
		if n18 == 0 {
			break
		}
		v.Sessions = reserve(v.Sessions, n18)
		for range n18 {
			v.Sessions = extend(v.Sessions)
			item19 := &v.Sessions[len(v.Sessions)-1]
			if i, err = (*item19).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Recent = v.Recent[:0]
	for {
		var n20 int
		if n20, i = readBlock(src, i, 6); i < 0 {
			return 0, &DecodeError{Field: "ShardState.recent", Problem: Problem(i)}
		}
		if n20 == 0 {
			break
		}
		v.Recent = reserve(v.Recent, n20)
		for range n20 {
			v.Recent = extend(v.Recent)
			item21 := &v.Recent[len(v.Recent)-1]
			if i, err = (*item21).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Failed = v.Failed[:0]
	for {
		var n22 int
		if n22, i = readBlock(src, i, 5); i < 0 {
			return 0, &DecodeError{Field: "ShardState.failed", Problem: Problem(i)}
		}
		if n22 == 0 {
			break
		}
		v.Failed = reserve(v.Failed, n22)
		for range n22 {
			v.Failed = extend(v.Failed)
			item23 := &v.Failed[len(v.Failed)-1]
			if i, err = (*item23).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Loops = v.Loops[:0]
	for {
		var n24 int
		if n24, i = readBlock(src, i, 6); i < 0 {
			return 0, &DecodeError{Field: "ShardState.loops", Problem: Problem(i)}
		}
		if n24 == 0 {
			break
		}
		v.Loops = reserve(v.Loops, n24)
		for range n24 {
			v.Loops = extend(v.Loops)
			item25 := &v.Loops[len(v.Loops)-1]
			if i, err = (*item25).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Closings = v.Closings[:0]
	for {
		var n26 int
		if n26, i = readBlock(src, i, 4); i < 0 {
			return 0, &DecodeError{Field: "ShardState.closings", Problem: Problem(i)}
		}
		if n26 == 0 {
			break
		}
		v.Closings = reserve(v.Closings, n26)
		for range n26 {
			v.Closings = extend(v.Closings)
			item27 := &v.Closings[len(v.Closings)-1]
			if i, err = (*item27).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Needs = v.Needs[:0]
	for {
		var n28 int
		if n28, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "ShardState.needs", Problem: Problem(i)}
		}
		if n28 == 0 {
			break
		}
		v.Needs = reserve(v.Needs, n28)
		for range n28 {
			v.Needs = extend(v.Needs)
			item29 := &v.Needs[len(v.Needs)-1]
			if i, err = (*item29).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Reasons = v.Reasons[:0]
	for {
		var n30 int
		if n30, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "ShardState.reasons", Problem: Problem(i)}
		}
		if n30 == 0 {
			break
		}
		v.Reasons = reserve(v.Reasons, n30)
		for range n30 {
			v.Reasons = extend(v.Reasons)
			item31 := &v.Reasons[len(v.Reasons)-1]
			if i, err = (*item31).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Contacts = v.Contacts[:0]
	for {
		var n32 int
		if n32, i = readBlock(src, i, 18); i < 0 {
			return 0, &DecodeError{Field: "ShardState.contacts", Problem: Problem(i)}
		}
		if n32 == 0 {
			break
		}
		v.Contacts = reserve(v.Contacts, n32)
		for range n32 {
			v.Contacts = extend(v.Contacts)
			item33 := &v.Contacts[len(v.Contacts)-1]
			if i, err = (*item33).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if i, err = v.Signals.decodeAvro(src, i); err != nil {
		return 0, err
	}
	v.Seen = v.Seen[:0]
	for {
		var n34 int
		if n34, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "ShardState.seen", Problem: Problem(i)}
		}
		if n34 == 0 {
			break
		}
		v.Seen = reserve(v.Seen, n34)
		for range n34 {
			v.Seen = extend(v.Seen)
			item35 := &v.Seen[len(v.Seen)-1]
			if i, err = (*item35).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.FailedSteps = v.FailedSteps[:0]
	for {
		var n36 int
		if n36, i = readBlock(src, i, 6); i < 0 {
			return 0, &DecodeError{Field: "ShardState.failed_steps", Problem: Problem(i)}
		}
		if n36 == 0 {
			break
		}
		v.FailedSteps = reserve(v.FailedSteps, n36)
		for range n36 {
			v.FailedSteps = extend(v.FailedSteps)
			item37 := &v.FailedSteps[len(v.FailedSteps)-1]
			if i, err = (*item37).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.ContactParts = v.ContactParts[:0]
	for {
		var n38 int
		if n38, i = readBlock(src, i, 24); i < 0 {
			return 0, &DecodeError{Field: "ShardState.contact_parts", Problem: Problem(i)}
		}
		if n38 == 0 {
			break
		}
		v.ContactParts = reserve(v.ContactParts, n38)
		for range n38 {
			v.ContactParts = extend(v.ContactParts)
			item39 := &v.ContactParts[len(v.ContactParts)-1]
			if i, err = (*item39).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.ActsAs, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.acts_as", Problem: Problem(i)}
	}
	var x40 int64
	if x40, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.acts_as_at", Problem: Problem(i)}
	}
	v.ActsAsAt = Millis(x40)
	v.DigitalSteps = v.DigitalSteps[:0]
	for {
		var n41 int
		if n41, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "ShardState.digital_steps", Problem: Problem(i)}
		}
		if n41 == 0 {
			break
		}
		v.DigitalSteps = reserve(v.DigitalSteps, n41)
		for range n41 {
			v.DigitalSteps = extend(v.DigitalSteps)
			item42 := &v.DigitalSteps[len(v.DigitalSteps)-1]
			if i, err = (*item42).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	var x43 int64
	if x43, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardState.kept_from", Problem: Problem(i)}
	}
	v.KeptFrom = Millis(x43)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ShardState) Clone() ShardState {
	c := *v
	c.MovedTo = cloneString(c.MovedTo)
	c.Language = cloneString(c.Language)
	c.Sessions = slices.Clone(c.Sessions)
	c.Recent = slices.Clone(c.Recent)
	for n44 := range c.Recent {
		c.Recent[n44] = c.Recent[n44].Clone()
	}
	c.Failed = slices.Clone(c.Failed)
	for n45 := range c.Failed {
		c.Failed[n45] = c.Failed[n45].Clone()
	}
	c.Loops = slices.Clone(c.Loops)
	for n46 := range c.Loops {
		c.Loops[n46] = c.Loops[n46].Clone()
	}
	c.Closings = slices.Clone(c.Closings)
	for n47 := range c.Closings {
		c.Closings[n47] = c.Closings[n47].Clone()
	}
	c.Needs = slices.Clone(c.Needs)
	for n48 := range c.Needs {
		c.Needs[n48] = c.Needs[n48].Clone()
	}
	c.Reasons = slices.Clone(c.Reasons)
	for n49 := range c.Reasons {
		c.Reasons[n49] = c.Reasons[n49].Clone()
	}
	c.Contacts = slices.Clone(c.Contacts)
	for n50 := range c.Contacts {
		c.Contacts[n50] = c.Contacts[n50].Clone()
	}
	c.Signals = c.Signals.Clone()
	c.Seen = slices.Clone(c.Seen)
	c.FailedSteps = slices.Clone(c.FailedSteps)
	for n51 := range c.FailedSteps {
		c.FailedSteps[n51] = c.FailedSteps[n51].Clone()
	}
	c.ContactParts = slices.Clone(c.ContactParts)
	for n52 := range c.ContactParts {
		c.ContactParts[n52] = c.ContactParts[n52].Clone()
	}
	c.ActsAs = cloneString(c.ActsAs)
	c.DigitalSteps = slices.Clone(c.DigitalSteps)
	for n53 := range c.DigitalSteps {
		c.DigitalSteps[n53] = c.DigitalSteps[n53].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ShardState) Reset() {
	v.Epoch = 0
	v.MovedEpoch = 0
	v.MovedTo = ""
	v.Touchpoints = 0
	v.AsOf = 0
	v.DecayedAt = 0
	v.WebActivity = 0
	v.AppActivity = 0
	v.CallActivity = 0
	v.EhrActivity = 0
	v.Effort = 0
	v.Strain = 0
	v.Language = ""
	v.LanguageAt = 0
	v.DeceasedAt = 0
	v.Calls = 0
	v.SessionsClosed = 0
	v.Sessions = v.Sessions[:0]
	v.Recent = v.Recent[:0]
	v.Failed = v.Failed[:0]
	v.Loops = v.Loops[:0]
	v.Closings = v.Closings[:0]
	v.Needs = v.Needs[:0]
	v.Reasons = v.Reasons[:0]
	v.Contacts = v.Contacts[:0]
	v.Signals.Reset()
	v.Seen = v.Seen[:0]
	v.FailedSteps = v.FailedSteps[:0]
	v.ContactParts = v.ContactParts[:0]
	v.ActsAs = ""
	v.ActsAsAt = 0
	v.DigitalSteps = v.DigitalSteps[:0]
	v.KeptFrom = 0
}

// Closing: Something finished: it closes loops of its kind and reason that began before it, in this shard and, in the fold, in others.
type Closing struct {
	// Kind of the loops that it closes.
	Kind string
	// Their reason; empty closes any.
	Reason string
	// Their reference; empty closes any.
	Ref Protected
	// Event time.
	At Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *Closing) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Kind))
	dst = appendString(dst, string(v.Reason))
	dst = appendString(dst, string(v.Ref))
	dst = appendLong(dst, int64(v.At))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Closing) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Closing) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Kind, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Closing.kind", Problem: Problem(i)}
	}
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Closing.reason", Problem: Problem(i)}
	}
	var x54 string
	if x54, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Closing.ref", Problem: Problem(i)}
	}
	v.Ref = Protected(x54)
	var x55 int64
	if x55, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Closing.at", Problem: Problem(i)}
	}
	v.At = Millis(x55)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Closing) Clone() Closing {
	c := *v
	c.Kind = cloneString(c.Kind)
	c.Reason = cloneString(c.Reason)
	c.Ref = cloneString(c.Ref)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Closing) Reset() {
	*v = Closing{}
}

// ContactPart: What the shard's own touchpoints say of a contact: it is the sum of the parts in all of a person's shards.
type ContactPart struct {
	// The contact center's own id, or empty.
	ContactID string
	// Earliest event time.
	StartedAt Millis
	// Latest event time.
	LastAt Millis
	// Latest event time of an end or abandonment, 0 for none.
	EndedAt Millis
	// Event time of the disposition in force, 0 for none.
	ConcludedAt Millis
	// Its event id, empty where none has come.
	ConcludedBy string
	// From the disposition.
	Reason string
	// From the disposition, or the highest so far.
	Priority int32
	// Last queue or line.
	Queue string
	// Event time of that.
	QueueAt Millis
	// As the disposition says, or else as the steps do.
	Queued bool
	// Likewise.
	Abandoned bool
	// Likewise.
	Answered bool
	// Likewise.
	WaitMs int64
	// Likewise.
	TalkMs int64
	// Of the fact that was emitted last, 0 for none.
	Revision int32
	// 64-bit hash of what it said.
	Emitted int64
	// Null where no cell has counted the part.
	Counted Opt[CountedContact]
	// As in the contact; empty from a build that wrote none.
	ContactKey string
	// Language that its touchpoints stated last.
	Language string
	// Event time of that.
	LanguageAt Millis
	// Who calls for the patient, as they said last.
	Relation string
	// Event time of that.
	RelationAt Millis
	// Earliest event time of an end, an abandonment or a disposition, 0 for none: a correction may be in force that came later.
	OverAt Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *ContactPart) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.ContactID))
	dst = appendLong(dst, int64(v.StartedAt))
	dst = appendLong(dst, int64(v.LastAt))
	dst = appendLong(dst, int64(v.EndedAt))
	dst = appendLong(dst, int64(v.ConcludedAt))
	dst = appendString(dst, string(v.ConcludedBy))
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.Priority))
	dst = appendString(dst, string(v.Queue))
	dst = appendLong(dst, int64(v.QueueAt))
	dst = appendBool(dst, v.Queued)
	dst = appendBool(dst, v.Abandoned)
	dst = appendBool(dst, v.Answered)
	dst = appendLong(dst, int64(v.WaitMs))
	dst = appendLong(dst, int64(v.TalkMs))
	dst = appendLong(dst, int64(v.Revision))
	dst = appendLong(dst, int64(v.Emitted))
	if v.Counted.OK {
		dst = append(dst, 2)
		dst = v.Counted.V.AppendAvro(dst)
	} else {
		dst = append(dst, 0)
	}
	dst = appendString(dst, string(v.ContactKey))
	dst = appendString(dst, string(v.Language))
	dst = appendLong(dst, int64(v.LanguageAt))
	dst = appendString(dst, string(v.Relation))
	dst = appendLong(dst, int64(v.RelationAt))
	dst = appendLong(dst, int64(v.OverAt))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ContactPart) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ContactPart) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.ContactID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.contact_id", Problem: Problem(i)}
	}
	var x56 int64
	if x56, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.started_at", Problem: Problem(i)}
	}
	v.StartedAt = Millis(x56)
	var x57 int64
	if x57, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.last_at", Problem: Problem(i)}
	}
	v.LastAt = Millis(x57)
	var x58 int64
	if x58, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.ended_at", Problem: Problem(i)}
	}
	v.EndedAt = Millis(x58)
	var x59 int64
	if x59, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.concluded_at", Problem: Problem(i)}
	}
	v.ConcludedAt = Millis(x59)
	if v.ConcludedBy, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.concluded_by", Problem: Problem(i)}
	}
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.reason", Problem: Problem(i)}
	}
	if v.Priority, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.priority", Problem: Problem(i)}
	}
	if v.Queue, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.queue", Problem: Problem(i)}
	}
	var x60 int64
	if x60, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.queue_at", Problem: Problem(i)}
	}
	v.QueueAt = Millis(x60)
	if v.Queued, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.queued", Problem: Problem(i)}
	}
	if v.Abandoned, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.abandoned", Problem: Problem(i)}
	}
	if v.Answered, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.answered", Problem: Problem(i)}
	}
	if v.WaitMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.wait_ms", Problem: Problem(i)}
	}
	if v.TalkMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.talk_ms", Problem: Problem(i)}
	}
	if v.Revision, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.revision", Problem: Problem(i)}
	}
	if v.Emitted, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.emitted", Problem: Problem(i)}
	}
	var x61 int
	if x61, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.counted", Problem: Problem(i)}
	}
	if v.Counted.OK = x61 != 0; v.Counted.OK {
		if i, err = v.Counted.V.decodeAvro(src, i); err != nil {
			return 0, err
		}
	} else {
		v.Counted = Opt[CountedContact]{}
	}
	if v.ContactKey, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.contact_key", Problem: Problem(i)}
	}
	if v.Language, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.language", Problem: Problem(i)}
	}
	var x62 int64
	if x62, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.language_at", Problem: Problem(i)}
	}
	v.LanguageAt = Millis(x62)
	if v.Relation, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.relation", Problem: Problem(i)}
	}
	var x63 int64
	if x63, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.relation_at", Problem: Problem(i)}
	}
	v.RelationAt = Millis(x63)
	var x64 int64
	if x64, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactPart.over_at", Problem: Problem(i)}
	}
	v.OverAt = Millis(x64)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ContactPart) Clone() ContactPart {
	c := *v
	c.ContactID = cloneString(c.ContactID)
	c.ConcludedBy = cloneString(c.ConcludedBy)
	c.Reason = cloneString(c.Reason)
	c.Queue = cloneString(c.Queue)
	c.Counted.V = c.Counted.V.Clone()
	c.ContactKey = cloneString(c.ContactKey)
	c.Language = cloneString(c.Language)
	c.Relation = cloneString(c.Relation)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ContactPart) Reset() {
	*v = ContactPart{}
}

// CountedContact: What a cell of the aggregate has counted for a contact.
type CountedContact struct {
	// Event time of the disposition: its window.
	At Millis
	// Its event id.
	By string
	// It came too late: no cell has it.
	Late bool
	// Dimension.
	Reason string
	// Dimension.
	Priority int32
	// Counted so.
	Queued bool
	// Counted so.
	Abandoned bool
	// Counted so.
	Answered bool
	// Counted so.
	WaitMs int64
	// Counted so.
	TalkMs int64
	// Counted so.
	LastResort bool
	// Counted so.
	Repeat bool
	// Counted so.
	FailedSteps int32
}

// AppendAvro appends the Avro binary form to dst.
func (v *CountedContact) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.At))
	dst = appendString(dst, string(v.By))
	dst = appendBool(dst, v.Late)
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.Priority))
	dst = appendBool(dst, v.Queued)
	dst = appendBool(dst, v.Abandoned)
	dst = appendBool(dst, v.Answered)
	dst = appendLong(dst, int64(v.WaitMs))
	dst = appendLong(dst, int64(v.TalkMs))
	dst = appendBool(dst, v.LastResort)
	dst = appendBool(dst, v.Repeat)
	dst = appendLong(dst, int64(v.FailedSteps))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *CountedContact) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *CountedContact) decodeAvro(src []byte, i int) (_ int, err error) {
	var x65 int64
	if x65, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.at", Problem: Problem(i)}
	}
	v.At = Millis(x65)
	if v.By, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.by", Problem: Problem(i)}
	}
	if v.Late, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.late", Problem: Problem(i)}
	}
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.reason", Problem: Problem(i)}
	}
	if v.Priority, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.priority", Problem: Problem(i)}
	}
	if v.Queued, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.queued", Problem: Problem(i)}
	}
	if v.Abandoned, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.abandoned", Problem: Problem(i)}
	}
	if v.Answered, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.answered", Problem: Problem(i)}
	}
	if v.WaitMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.wait_ms", Problem: Problem(i)}
	}
	if v.TalkMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.talk_ms", Problem: Problem(i)}
	}
	if v.LastResort, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.last_resort", Problem: Problem(i)}
	}
	if v.Repeat, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.repeat", Problem: Problem(i)}
	}
	if v.FailedSteps, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedContact.failed_steps", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *CountedContact) Clone() CountedContact {
	c := *v
	c.By = cloneString(c.By)
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *CountedContact) Reset() {
	*v = CountedContact{}
}

// CountedStep: A touchpoint that by itself says that a digital step failed: what figures count before a contact.
type CountedStep struct {
	// The touchpoint.
	EventID string
	// Event time.
	At Millis
	// Where.
	Channel Channel
	// What failed.
	Kind FailureKind
	// Contact reason it is tied to, or empty.
	Reason string
	// Page or screen; empty from a build that kept none.
	Page Protected
}

// AppendAvro appends the Avro binary form to dst.
func (v *CountedStep) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.At))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	dst = appendIndex(dst, uint8(v.Kind), 12)
	dst = appendString(dst, string(v.Reason))
	dst = appendString(dst, string(v.Page))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *CountedStep) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *CountedStep) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedStep.event_id", Problem: Problem(i)}
	}
	var x66 int64
	if x66, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedStep.at", Problem: Problem(i)}
	}
	v.At = Millis(x66)
	var x67 int
	if x67, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "CountedStep.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x67)
	var x68 int
	if x68, i = readIndex(src, i, 12); i < 0 {
		return 0, &DecodeError{Field: "CountedStep.kind", Problem: Problem(i)}
	}
	v.Kind = FailureKind(x68)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedStep.reason", Problem: Problem(i)}
	}
	var x69 string
	if x69, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedStep.page", Problem: Problem(i)}
	}
	v.Page = Protected(x69)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *CountedStep) Clone() CountedStep {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.Reason = cloneString(c.Reason)
	c.Page = cloneString(c.Page)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *CountedStep) Reset() {
	*v = CountedStep{}
}

// FailedStep: A digital step that did not get the patient where they wanted.
type FailedStep struct {
	// Event time.
	At Millis
	// Where.
	Channel Channel
	// What failed.
	Kind FailureKind
	// Page or screen.
	Page Protected
	// Contact reason it is tied to, or empty.
	Reason string
}

// AppendAvro appends the Avro binary form to dst.
func (v *FailedStep) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.At))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	dst = appendIndex(dst, uint8(v.Kind), 12)
	dst = appendString(dst, string(v.Page))
	dst = appendString(dst, string(v.Reason))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *FailedStep) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *FailedStep) decodeAvro(src []byte, i int) (_ int, err error) {
	var x70 int64
	if x70, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "FailedStep.at", Problem: Problem(i)}
	}
	v.At = Millis(x70)
	var x71 int
	if x71, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "FailedStep.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x71)
	var x72 int
	if x72, i = readIndex(src, i, 12); i < 0 {
		return 0, &DecodeError{Field: "FailedStep.kind", Problem: Problem(i)}
	}
	v.Kind = FailureKind(x72)
	var x73 string
	if x73, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "FailedStep.page", Problem: Problem(i)}
	}
	v.Page = Protected(x73)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "FailedStep.reason", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *FailedStep) Clone() FailedStep {
	c := *v
	c.Page = cloneString(c.Page)
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *FailedStep) Reset() {
	*v = FailedStep{}
}

// FailureKind: see the schema.
type FailureKind uint8

// The symbols of FailureKind.
const (
	FailureKindUnknown           FailureKind = 0
	FailureKindFormError         FailureKind = 1
	FailureKindFormAbandoned     FailureKind = 2
	FailureKindLoginFailed       FailureKind = 3
	FailureKindPaymentFailed     FailureKind = 4
	FailureKindSearchEmpty       FailureKind = 5
	FailureKindChatbotFailed     FailureKind = 6
	FailureKindHandoffRefused    FailureKind = 7
	FailureKindVideoFailed       FailureKind = 8
	FailureKindRageClick         FailureKind = 9
	FailureKindArticleTwice      FailureKind = 10
	FailureKindMessageUnanswered FailureKind = 11
)

// FailureKindCount is how many symbols FailureKind has.
const FailureKindCount = 12

// String is the symbol.
func (e FailureKind) String() string {
	switch e {
	case FailureKindUnknown:
		return "unknown"
	case FailureKindFormError:
		return "form_error"
	case FailureKindFormAbandoned:
		return "form_abandoned"
	case FailureKindLoginFailed:
		return "login_failed"
	case FailureKindPaymentFailed:
		return "payment_failed"
	case FailureKindSearchEmpty:
		return "search_empty"
	case FailureKindChatbotFailed:
		return "chatbot_failed"
	case FailureKindHandoffRefused:
		return "handoff_refused"
	case FailureKindVideoFailed:
		return "video_failed"
	case FailureKindRageClick:
		return "rage_click"
	case FailureKindArticleTwice:
		return "article_twice"
	case FailureKindMessageUnanswered:
		return "message_unanswered"
	}
	return fmt.Sprintf("FailureKind(%d)", uint8(e))
}

// ParseFailureKind finds the value of a symbol; ok is false where there is none.
func ParseFailureKind(symbol string) (e FailureKind, ok bool) {
	switch symbol {
	case "unknown":
		return FailureKindUnknown, true
	case "form_error":
		return FailureKindFormError, true
	case "form_abandoned":
		return FailureKindFormAbandoned, true
	case "login_failed":
		return FailureKindLoginFailed, true
	case "payment_failed":
		return FailureKindPaymentFailed, true
	case "search_empty":
		return FailureKindSearchEmpty, true
	case "chatbot_failed":
		return FailureKindChatbotFailed, true
	case "handoff_refused":
		return FailureKindHandoffRefused, true
	case "video_failed":
		return FailureKindVideoFailed, true
	case "rage_click":
		return FailureKindRageClick, true
	case "article_twice":
		return FailureKindArticleTwice, true
	case "message_unanswered":
		return FailureKindMessageUnanswered, true
	}
	return FailureKindUnknown, false
}

// MarshalText is the symbol.
func (e FailureKind) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *FailureKind) UnmarshalText(text []byte) error {
	v, ok := ParseFailureKind(string(text))
	if !ok {
		return &DecodeError{Field: "FailureKind", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// OpenContact: A phone contact in progress, or one whose reason is still awaited.
type OpenContact struct {
	// The contact center's own id, or empty.
	ContactID string
	// Event time of its first touchpoint.
	StartedAt Millis
	// Event time of its newest touchpoint.
	LastAt Millis
	// Queue or line it stands or stood in.
	Queue string
	// The contact center's own priority.
	Priority int32
	// Over; only its reason is awaited.
	Ended bool
	// Its reason has become known, or that it has none.
	Labelled bool
	// An agent has taken it.
	Answered bool
	// The caller hung up in the queue.
	Abandoned bool
	// How often it was transferred.
	Transfers int32
	// Digital attempts had failed before it.
	LastResort bool
	// Who calls for the patient, or empty.
	Relation string
	// What that person may be told, or empty.
	MayKnow string
	// How the call proved who calls, or empty.
	Authenticated string
	// Reason that the caller has chosen in the voice menu, or empty.
	Menu string
	// Event id of the touchpoint that it began with: no other contact has it. Empty from a build that wrote none.
	ContactKey string
	// Event time of its first end, abandonment or disposition; 0 where none has come.
	OverAt Millis
	// What the caller is to a patient for whom they may act, where the call has not told for whom; or empty.
	ActsAs string
}

// AppendAvro appends the Avro binary form to dst.
func (v *OpenContact) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.ContactID))
	dst = appendLong(dst, int64(v.StartedAt))
	dst = appendLong(dst, int64(v.LastAt))
	dst = appendString(dst, string(v.Queue))
	dst = appendLong(dst, int64(v.Priority))
	dst = appendBool(dst, v.Ended)
	dst = appendBool(dst, v.Labelled)
	dst = appendBool(dst, v.Answered)
	dst = appendBool(dst, v.Abandoned)
	dst = appendLong(dst, int64(v.Transfers))
	dst = appendBool(dst, v.LastResort)
	dst = appendString(dst, string(v.Relation))
	dst = appendString(dst, string(v.MayKnow))
	dst = appendString(dst, string(v.Authenticated))
	dst = appendString(dst, string(v.Menu))
	dst = appendString(dst, string(v.ContactKey))
	dst = appendLong(dst, int64(v.OverAt))
	dst = appendString(dst, string(v.ActsAs))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *OpenContact) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *OpenContact) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.ContactID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.contact_id", Problem: Problem(i)}
	}
	var x74 int64
	if x74, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.started_at", Problem: Problem(i)}
	}
	v.StartedAt = Millis(x74)
	var x75 int64
	if x75, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.last_at", Problem: Problem(i)}
	}
	v.LastAt = Millis(x75)
	if v.Queue, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.queue", Problem: Problem(i)}
	}
	if v.Priority, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.priority", Problem: Problem(i)}
	}
	if v.Ended, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.ended", Problem: Problem(i)}
	}
	if v.Labelled, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.labelled", Problem: Problem(i)}
	}
	if v.Answered, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.answered", Problem: Problem(i)}
	}
	if v.Abandoned, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.abandoned", Problem: Problem(i)}
	}
	if v.Transfers, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.transfers", Problem: Problem(i)}
	}
	if v.LastResort, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.last_resort", Problem: Problem(i)}
	}
	if v.Relation, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.relation", Problem: Problem(i)}
	}
	if v.MayKnow, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.may_know", Problem: Problem(i)}
	}
	if v.Authenticated, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.authenticated", Problem: Problem(i)}
	}
	if v.Menu, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.menu", Problem: Problem(i)}
	}
	if v.ContactKey, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.contact_key", Problem: Problem(i)}
	}
	var x76 int64
	if x76, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.over_at", Problem: Problem(i)}
	}
	v.OverAt = Millis(x76)
	if v.ActsAs, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenContact.acts_as", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *OpenContact) Clone() OpenContact {
	c := *v
	c.ContactID = cloneString(c.ContactID)
	c.Queue = cloneString(c.Queue)
	c.Relation = cloneString(c.Relation)
	c.MayKnow = cloneString(c.MayKnow)
	c.Authenticated = cloneString(c.Authenticated)
	c.Menu = cloneString(c.Menu)
	c.ContactKey = cloneString(c.ContactKey)
	c.ActsAs = cloneString(c.ActsAs)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *OpenContact) Reset() {
	*v = OpenContact{}
}

// OpenSession: A session that may still grow.
type OpenSession struct {
	// First touchpoint.
	Start Millis
	// Last touchpoint.
	Last Millis
	// How many.
	Touchpoints int32
	// Failed digital steps among them.
	Failed int32
}

// AppendAvro appends the Avro binary form to dst.
func (v *OpenSession) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.Start))
	dst = appendLong(dst, int64(v.Last))
	dst = appendLong(dst, int64(v.Touchpoints))
	dst = appendLong(dst, int64(v.Failed))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *OpenSession) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *OpenSession) decodeAvro(src []byte, i int) (_ int, err error) {
	var x77 int64
	if x77, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenSession.start", Problem: Problem(i)}
	}
	v.Start = Millis(x77)
	var x78 int64
	if x78, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenSession.last", Problem: Problem(i)}
	}
	v.Last = Millis(x78)
	if v.Touchpoints, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenSession.touchpoints", Problem: Problem(i)}
	}
	if v.Failed, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenSession.failed", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *OpenSession) Clone() OpenSession {
	c := *v
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *OpenSession) Reset() {
	*v = OpenSession{}
}

// PastReason: The reason of a contact, once known.
type PastReason struct {
	// Code of the taxonomy.
	Reason string
	// Event time at which it became known.
	At Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *PastReason) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.At))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *PastReason) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *PastReason) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PastReason.reason", Problem: Problem(i)}
	}
	var x79 int64
	if x79, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "PastReason.at", Problem: Problem(i)}
	}
	v.At = Millis(x79)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *PastReason) Clone() PastReason {
	c := *v
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *PastReason) Reset() {
	*v = PastReason{}
}

// RecentStep: A touchpoint, remembered shortly.
type RecentStep struct {
	// Event time.
	At Millis
	// Where.
	Channel Channel
	// Number of the body's event symbol.
	Event int32
	// Page, screen, queue or code.
	Page Protected
	// Contact reason it is tied to, or empty.
	Reason string
	// How many results a search had, and one; 0 for any other step.
	Found int32
}

// AppendAvro appends the Avro binary form to dst.
func (v *RecentStep) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.At))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	dst = appendLong(dst, int64(v.Event))
	dst = appendString(dst, string(v.Page))
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.Found))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *RecentStep) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *RecentStep) decodeAvro(src []byte, i int) (_ int, err error) {
	var x80 int64
	if x80, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "RecentStep.at", Problem: Problem(i)}
	}
	v.At = Millis(x80)
	var x81 int
	if x81, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "RecentStep.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x81)
	if v.Event, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "RecentStep.event", Problem: Problem(i)}
	}
	var x82 string
	if x82, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RecentStep.page", Problem: Problem(i)}
	}
	v.Page = Protected(x82)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RecentStep.reason", Problem: Problem(i)}
	}
	if v.Found, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "RecentStep.found", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *RecentStep) Clone() RecentStep {
	c := *v
	c.Page = cloneString(c.Page)
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *RecentStep) Reset() {
	*v = RecentStep{}
}

// SeenEvent: An accepted event, for as long as a duplicate may come.
type SeenEvent struct {
	// 64-bit hash of its id.
	Hash int64
	// Its event time.
	OccurredAt Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *SeenEvent) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.Hash))
	dst = appendLong(dst, int64(v.OccurredAt))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *SeenEvent) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *SeenEvent) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Hash, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "SeenEvent.hash", Problem: Problem(i)}
	}
	var x83 int64
	if x83, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "SeenEvent.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x83)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *SeenEvent) Clone() SeenEvent {
	c := *v
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *SeenEvent) Reset() {
	*v = SeenEvent{}
}

// ShardLoop: Something begun and, as far as this shard knows, not finished.
type ShardLoop struct {
	// As in the persona's open loops.
	Kind string
	// Its contact reason, or empty.
	Reason string
	// What it is about, such as a message thread or a page, or empty.
	Ref Protected
	// Event time at which it began.
	Since Millis
	// Event time at which it is overdue; 0 where never.
	DueAt Millis
	// The watermark has passed due_at.
	Overdue bool
}

// AppendAvro appends the Avro binary form to dst.
func (v *ShardLoop) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Kind))
	dst = appendString(dst, string(v.Reason))
	dst = appendString(dst, string(v.Ref))
	dst = appendLong(dst, int64(v.Since))
	dst = appendLong(dst, int64(v.DueAt))
	dst = appendBool(dst, v.Overdue)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ShardLoop) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ShardLoop) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Kind, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardLoop.kind", Problem: Problem(i)}
	}
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardLoop.reason", Problem: Problem(i)}
	}
	var x84 string
	if x84, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardLoop.ref", Problem: Problem(i)}
	}
	v.Ref = Protected(x84)
	var x85 int64
	if x85, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardLoop.since", Problem: Problem(i)}
	}
	v.Since = Millis(x85)
	var x86 int64
	if x86, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardLoop.due_at", Problem: Problem(i)}
	}
	v.DueAt = Millis(x86)
	if v.Overdue, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardLoop.overdue", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ShardLoop) Clone() ShardLoop {
	c := *v
	c.Kind = cloneString(c.Kind)
	c.Reason = cloneString(c.Reason)
	c.Ref = cloneString(c.Ref)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ShardLoop) Reset() {
	*v = ShardLoop{}
}

// TiedStep: A step on web or app that is tied to a contact reason, failed or not.
type TiedStep struct {
	// Event time.
	At Millis
	// The reason.
	Reason string
}

// AppendAvro appends the Avro binary form to dst.
func (v *TiedStep) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.At))
	dst = appendString(dst, string(v.Reason))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *TiedStep) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *TiedStep) decodeAvro(src []byte, i int) (_ int, err error) {
	var x87 int64
	if x87, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "TiedStep.at", Problem: Problem(i)}
	}
	v.At = Millis(x87)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TiedStep.reason", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *TiedStep) Clone() TiedStep {
	c := *v
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *TiedStep) Reset() {
	*v = TiedStep{}
}

// ShardStateSchema is the self-contained Avro schema of ShardState.
const ShardStateSchema = `{"type":"record","name":"ShardState","namespace":"health.attune","doc":"What one identifier's shard knows of its patient at one owner: self-contained, moved whole by links. A persona is the fold of the shards of a person.","fields":[{"name":"epoch","type":"int","doc":"The move that brought the shard here, 0 for the pseudonym; -1 where it has not arrived yet.","default":0},{"name":"moved_epoch","type":"int","doc":"Where not 0 a tombstone: the move that took the shard away.","default":0},{"name":"moved_to","type":"string","doc":"The owner that it went to.","default":"","attune.type":"person_ref"},{"name":"touchpoints","type":"long","doc":"Touchpoints folded in.","default":0},{"name":"as_of","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest touchpoint.","default":0},{"name":"decayed_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time to which the decayed figures are stated.","default":0},{"name":"web_activity","type":"double","doc":"Decayed count.","default":0},{"name":"app_activity","type":"double","doc":"Decayed count.","default":0},{"name":"call_activity","type":"double","doc":"Decayed count.","default":0},{"name":"ehr_activity","type":"double","doc":"Decayed count.","default":0},{"name":"effort","type":"double","doc":"Decayed weighted failures, transfers and repeats.","default":0},{"name":"strain","type":"double","doc":"Decayed weighted frustration signals, of a shorter half-life; frustration is its image in 0 to 1.","default":0},{"name":"language","type":"string","doc":"Language last stated.","default":""},{"name":"language_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that.","default":0},{"name":"deceased_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the record's word that the patient has died; 0 where alive.","default":0},{"name":"calls","type":"long","doc":"Phone contacts begun.","default":0},{"name":"sessions_closed","type":"long","doc":"Sessions whose gap the watermark has passed.","default":0},{"name":"sessions","type":{"type":"array","items":{"type":"record","name":"OpenSession","doc":"A session that may still grow.","fields":[{"name":"start","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"First touchpoint."},{"name":"last","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Last touchpoint."},{"name":"touchpoints","type":"int","doc":"How many."},{"name":"failed","type":"int","doc":"Failed digital steps among them."}]}},"doc":"By start.","default":[]},{"name":"recent","type":{"type":"array","items":{"type":"record","name":"RecentStep","doc":"A touchpoint, remembered shortly.","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["unknown","web","app","call","ehr"],"default":"unknown"},"doc":"Where.","default":"unknown"},{"name":"event","type":"int","doc":"Number of the body's event symbol."},{"name":"page","type":"string","doc":"Page, screen, queue or code.","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason it is tied to, or empty."},{"name":"found","type":"int","doc":"How many results a search had, and one; 0 for any other step.","default":0}]}},"doc":"By event time, newest last, at most sixteen.","default":[]},{"name":"failed","type":{"type":"array","items":{"type":"record","name":"FailedStep","doc":"A digital step that did not get the patient where they wanted.","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"channel","type":"health.attune.Channel","doc":"Where.","default":"unknown"},{"name":"kind","type":{"type":"enum","name":"FailureKind","symbols":["unknown","form_error","form_abandoned","login_failed","payment_failed","search_empty","chatbot_failed","handoff_refused","video_failed","rage_click","article_twice","message_unanswered"],"default":"unknown"},"doc":"What failed.","default":"unknown"},{"name":"page","type":"string","doc":"Page or screen.","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason it is tied to, or empty."}]}},"doc":"By event time, newest last, at most eight.","default":[]},{"name":"loops","type":{"type":"array","items":{"type":"record","name":"ShardLoop","doc":"Something begun and, as far as this shard knows, not finished.","fields":[{"name":"kind","type":"string","doc":"As in the persona's open loops."},{"name":"reason","type":"string","doc":"Its contact reason, or empty."},{"name":"ref","type":"string","doc":"What it is about, such as a message thread or a page, or empty.","attune.tag":"phi"},{"name":"since","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time at which it began."},{"name":"due_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time at which it is overdue; 0 where never."},{"name":"overdue","type":"boolean","doc":"The watermark has passed due_at."}]}},"doc":"By since, newest last, at most eight.","default":[]},{"name":"closings","type":{"type":"array","items":{"type":"record","name":"Closing","doc":"Something finished: it closes loops of its kind and reason that began before it, in this shard and, in the fold, in others.","fields":[{"name":"kind","type":"string","doc":"Kind of the loops that it closes."},{"name":"reason","type":"string","doc":"Their reason; empty closes any."},{"name":"ref","type":"string","doc":"Their reference; empty closes any.","attune.tag":"phi"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."}]}},"doc":"By event time, at most sixteen.","default":[]},{"name":"needs","type":{"type":"array","items":{"type":"record","name":"Need","doc":"A social need and how it is known.","fields":[{"name":"code","type":"string","doc":"Gravity category.","attune.tag":"phi"},{"name":"provenance","type":"string","doc":"self-reported, observed, administrative or derived; never guessed."}]}},"doc":"Recorded social needs, by code.","default":[]},{"name":"reasons","type":{"type":"array","items":{"type":"record","name":"PastReason","doc":"The reason of a contact, once known.","fields":[{"name":"reason","type":"string","doc":"Code of the taxonomy."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time at which it became known."}]}},"doc":"By event time, newest last, at most eight.","default":[]},{"name":"contacts","type":{"type":"array","items":{"type":"record","name":"OpenContact","doc":"A phone contact in progress, or one whose reason is still awaited.","fields":[{"name":"contact_id","type":"string","doc":"The contact center's own id, or empty."},{"name":"started_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its first touchpoint."},{"name":"last_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its newest touchpoint."},{"name":"queue","type":"string","doc":"Queue or line it stands or stood in.","default":""},{"name":"priority","type":"int","doc":"The contact center's own priority.","default":0},{"name":"ended","type":"boolean","doc":"Over; only its reason is awaited.","default":false},{"name":"labelled","type":"boolean","doc":"Its reason has become known, or that it has none.","default":false},{"name":"answered","type":"boolean","doc":"An agent has taken it.","default":false},{"name":"abandoned","type":"boolean","doc":"The caller hung up in the queue.","default":false},{"name":"transfers","type":"int","doc":"How often it was transferred.","default":0},{"name":"last_resort","type":"boolean","doc":"Digital attempts had failed before it.","default":false},{"name":"relation","type":"string","doc":"Who calls for the patient, or empty.","default":""},{"name":"may_know","type":"string","doc":"What that person may be told, or empty.","default":""},{"name":"authenticated","type":"string","doc":"How the call proved who calls, or empty.","default":""},{"name":"menu","type":"string","doc":"Reason that the caller has chosen in the voice menu, or empty.","default":""},{"name":"contact_key","type":"string","doc":"Event id of the touchpoint that it began with: no other contact has it. Empty from a build that wrote none.","default":""},{"name":"over_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its first end, abandonment or disposition; 0 where none has come.","default":0},{"name":"acts_as","type":"string","doc":"What the caller is to a patient for whom they may act, where the call has not told for whom; or empty.","default":""}]}},"doc":"By start, at most eight.","default":[]},{"name":"signals","type":{"type":"record","name":"Signals","doc":"What one shard's touchpoints have shown, as predictions and decisions use it. State only: it moves with its shard.","fields":[{"name":"reason_weights","type":{"type":"array","items":{"type":"record","name":"ReasonWeight","doc":"Decayed count of contacts of one reason.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"weight","type":"double","doc":"Decayed count at the time of the newest."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest."}]}},"doc":"One per reason that occurred.","default":[]},{"name":"contact_count","type":"long","doc":"Contacts whose reason became known.","default":0},{"name":"viewed","type":{"type":"array","items":{"type":"record","name":"ViewedReason","doc":"Pages or screens of one reason that were looked at.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"times","type":"int","doc":"How often within a day of each other."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest."}]}},"doc":"One per reason.","default":[]},{"name":"facts","type":{"type":"array","items":{"type":"record","name":"HealthFact","doc":"A fact of the health record that may lead to a contact.","fields":[{"name":"event","type":{"type":"enum","name":"EhrEvent","symbols":["unknown","appointment_booked","appointment_changed","appointment_cancelled","appointment_no_show","order_placed","referral_status","result_final","result_pending","prescription","refill_due","refill_requested","refill_completed","admission","discharge","statement","claim_denied","message_answered","coverage_changed","need_recorded","account_locked","deceased"],"default":"unknown"},"doc":"What happened."},{"name":"reason","type":"string","doc":"Contact reason that the site ties to it, or empty.","default":""},{"name":"critical","type":"boolean","doc":"Abnormal and critical: not to be shown before a clinician has seen it.","default":false},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"due_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it falls due; 0 where it does not.","default":0},{"name":"known_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it was received: a record may be hours behind. 0 from a build that did not keep it.","default":0}]}},"doc":"The newest of each kind.","default":[]},{"name":"red_flag","type":"int","doc":"Newest red flag: 1 urgent, 2 emergency.","default":0},{"name":"red_flag_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time.","default":0},{"name":"login_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Newest successful login.","default":0},{"name":"red_flags","type":{"type":"array","items":{"type":"record","name":"FlagSign","doc":"A touchpoint that may be a sign of danger.","fields":[{"name":"kind","type":"int","doc":"1 urgent, 2 emergency, 3 self-harm, 4 poison, 5 critical result."},{"name":"source","type":"int","doc":"1 page, 2 search, 3 form, 4 chatbot, 5 message, 6 voice menu, 7 health record."},{"name":"event_id","type":"string","doc":"The touchpoint."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time."},{"name":"left_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Page: event time of the next step of the same shard; 0 where none came.","default":0},{"name":"read_ms","type":"int","doc":"Page: how long it was looked at, as the next step says; 0 where none came.","default":0},{"name":"steps_after","type":"int","doc":"Page: further steps since that were about something else.","default":0},{"name":"about","type":"string","doc":"Health record: which result, as its code says; empty where it says nothing.","default":"","attune.tag":"phi"}]}},"doc":"By event time, newest last, at most eight.","default":[]},{"name":"history","type":{"type":"array","items":{"type":"record","name":"ContactHistory","doc":"How the contacts of a shard went, for predictions.","fields":[{"name":"past","type":{"type":"array","items":{"type":"record","name":"PastContact","doc":"A contact whose reason is known.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"started_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its first touchpoint."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its disposition."},{"name":"outcome","type":"int","doc":"0 answered, 1 abandoned in the queue, 2 ended in the menu."},{"name":"wait_ms","type":"long","doc":"Wait in the queue."},{"name":"talk_ms","type":"long","doc":"Time with an agent."}]}},"doc":"By disposition, newest last, at most four.","default":[]},{"name":"counts","type":{"type":"array","items":{"type":"record","name":"ReasonCount","doc":"Decayed counts of contacts of one reason, by half-life.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"day","type":"double","doc":"Half-life of a day."},{"name":"week","type":"double","doc":"Of seven days."},{"name":"month","type":"double","doc":"Of thirty days."},{"name":"quarter","type":"double","doc":"Of ninety days."}]}},"doc":"One per reason that occurred.","default":[]},{"name":"counted_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time to which the counts are stated.","default":0},{"name":"unanswered","type":"double","doc":"Decayed count of contacts that nobody answered, with a half-life of a day.","default":0},{"name":"unanswered_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest of them; 0 for none.","default":0},{"name":"follows","type":{"type":"array","items":{"type":"record","name":"ReasonPair","doc":"How often a contact of one reason followed one of another.","fields":[{"name":"reason","type":"string","doc":"Of the earlier contact."},{"name":"next","type":"string","doc":"Of the later one."},{"name":"weight","type":"double","doc":"Decayed count: nine tenths with each further contact after that reason."}]}},"doc":"Pairs that occurred, at most sixteen.","default":[]}]}},"doc":"One where a contact of known reason is over, else none.","default":[]}]},"doc":"What predictions and decisions keep of the shard."},{"name":"seen","type":{"type":"array","items":{"type":"record","name":"SeenEvent","doc":"An accepted event, for as long as a duplicate may come.","fields":[{"name":"hash","type":"long","doc":"64-bit hash of its id."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time."}]}},"doc":"In order of acceptance.","default":[]},{"name":"failed_steps","type":{"type":"array","items":{"type":"record","name":"CountedStep","doc":"A touchpoint that by itself says that a digital step failed: what figures count before a contact.","fields":[{"name":"event_id","type":"string","doc":"The touchpoint."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"channel","type":"health.attune.Channel","doc":"Where.","default":"unknown"},{"name":"kind","type":"health.attune.FailureKind","doc":"What failed.","default":"unknown"},{"name":"reason","type":"string","doc":"Contact reason it is tied to, or empty."},{"name":"page","type":"string","doc":"Page or screen; empty from a build that kept none.","default":"","attune.tag":"phi"}]}},"doc":"By event time, for as long as a contact may begin after them or become the person's.","default":[]},{"name":"contact_parts","type":{"type":"array","items":{"type":"record","name":"ContactPart","doc":"What the shard's own touchpoints say of a contact: it is the sum of the parts in all of a person's shards.","fields":[{"name":"contact_id","type":"string","doc":"The contact center's own id, or empty."},{"name":"started_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Earliest event time."},{"name":"last_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Latest event time."},{"name":"ended_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Latest event time of an end or abandonment, 0 for none.","default":0},{"name":"concluded_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the disposition in force, 0 for none.","default":0},{"name":"concluded_by","type":"string","doc":"Its event id, empty where none has come.","default":""},{"name":"reason","type":"string","doc":"From the disposition.","default":""},{"name":"priority","type":"int","doc":"From the disposition, or the highest so far.","default":0},{"name":"queue","type":"string","doc":"Last queue or line.","default":""},{"name":"queue_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that.","default":0},{"name":"queued","type":"boolean","doc":"As the disposition says, or else as the steps do.","default":false},{"name":"abandoned","type":"boolean","doc":"Likewise.","default":false},{"name":"answered","type":"boolean","doc":"Likewise.","default":false},{"name":"wait_ms","type":"long","doc":"Likewise.","default":0},{"name":"talk_ms","type":"long","doc":"Likewise.","default":0},{"name":"revision","type":"int","doc":"Of the fact that was emitted last, 0 for none.","default":0},{"name":"emitted","type":"long","doc":"64-bit hash of what it said.","default":0},{"name":"counted","type":["null",{"type":"record","name":"CountedContact","doc":"What a cell of the aggregate has counted for a contact.","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the disposition: its window."},{"name":"by","type":"string","doc":"Its event id."},{"name":"late","type":"boolean","doc":"It came too late: no cell has it.","default":false},{"name":"reason","type":"string","doc":"Dimension."},{"name":"priority","type":"int","doc":"Dimension."},{"name":"queued","type":"boolean","doc":"Counted so."},{"name":"abandoned","type":"boolean","doc":"Counted so."},{"name":"answered","type":"boolean","doc":"Counted so."},{"name":"wait_ms","type":"long","doc":"Counted so."},{"name":"talk_ms","type":"long","doc":"Counted so."},{"name":"last_resort","type":"boolean","doc":"Counted so."},{"name":"repeat","type":"boolean","doc":"Counted so."},{"name":"failed_steps","type":"int","doc":"Counted so."}]}],"doc":"Null where no cell has counted the part.","default":null},{"name":"contact_key","type":"string","doc":"As in the contact; empty from a build that wrote none.","default":""},{"name":"language","type":"string","doc":"Language that its touchpoints stated last.","default":""},{"name":"language_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that.","default":0},{"name":"relation","type":"string","doc":"Who calls for the patient, as they said last.","default":""},{"name":"relation_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that.","default":0},{"name":"over_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Earliest event time of an end, an abandonment or a disposition, 0 for none: a correction may be in force that came later.","default":0}]}},"doc":"By start, for as long as another contact may be a repeat of them.","default":[]},{"name":"acts_as","type":"string","doc":"What whoever has the identifier is to a patient for whom they may act, as the record last said: a relationship, or none; empty: it has said nothing.","default":""},{"name":"acts_as_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that.","default":0},{"name":"digital_steps","type":{"type":"array","items":{"type":"record","name":"TiedStep","doc":"A step on web or app that is tied to a contact reason, failed or not.","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"reason","type":"string","doc":"The reason."}]}},"doc":"By event time, for as long as a contact may begin after them or become the person's; at most 1024.","default":[]},{"name":"kept_from","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Steps later than that are kept with all that a contact's fact says of them: 0, all. -1: a build that kept less had the shard last, and none later than as_of is known.","default":-1}]}`
