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
		var n5 int
		if n5, i = readBlock(src, i, 10); i < 0 {
			return 0, &DecodeError{Field: "Signals.reason_weights", Problem: Problem(i)}
		}
		if n5 == 0 {
			break
		}
		v.ReasonWeights = reserve(v.ReasonWeights, n5)
		for range n5 {
			v.ReasonWeights = extend(v.ReasonWeights)
			item6 := &v.ReasonWeights[len(v.ReasonWeights)-1]
			if i, err = (*item6).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.ContactCount, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Signals.contact_count", Problem: Problem(i)}
	}
	v.Viewed = v.Viewed[:0]
	for {
		var n7 int
		if n7, i = readBlock(src, i, 3); i < 0 {
			return 0, &DecodeError{Field: "Signals.viewed", Problem: Problem(i)}
		}
		if n7 == 0 {
			break
		}
		v.Viewed = reserve(v.Viewed, n7)
		for range n7 {
			v.Viewed = extend(v.Viewed)
			item8 := &v.Viewed[len(v.Viewed)-1]
			if i, err = (*item8).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Facts = v.Facts[:0]
	for {
		var n9 int
		if n9, i = readBlock(src, i, 5); i < 0 {
			return 0, &DecodeError{Field: "Signals.facts", Problem: Problem(i)}
		}
		if n9 == 0 {
			break
		}
		v.Facts = reserve(v.Facts, n9)
		for range n9 {
			v.Facts = extend(v.Facts)
			item10 := &v.Facts[len(v.Facts)-1]
			if i, err = (*item10).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.RedFlag, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Signals.red_flag", Problem: Problem(i)}
	}
	var x11 int64
	if x11, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Signals.red_flag_at", Problem: Problem(i)}
	}
	v.RedFlagAt = Millis(x11)
	var x12 int64
	if x12, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Signals.login_at", Problem: Problem(i)}
	}
	v.LoginAt = Millis(x12)
	v.RedFlags = v.RedFlags[:0]
	for {
		var n13 int
		if n13, i = readBlock(src, i, 8); i < 0 {
			return 0, &DecodeError{Field: "Signals.red_flags", Problem: Problem(i)}
		}
		if n13 == 0 {
			break
		}
		v.RedFlags = reserve(v.RedFlags, n13)
		for range n13 {
			v.RedFlags = extend(v.RedFlags)
			item14 := &v.RedFlags[len(v.RedFlags)-1]
			if i, err = (*item14).decodeAvro(src, i); err != nil {
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
	for n15 := range c.ReasonWeights {
		c.ReasonWeights[n15] = c.ReasonWeights[n15].Clone()
	}
	c.Viewed = slices.Clone(c.Viewed)
	for n16 := range c.Viewed {
		c.Viewed[n16] = c.Viewed[n16].Clone()
	}
	c.Facts = slices.Clone(c.Facts)
	for n17 := range c.Facts {
		c.Facts[n17] = c.Facts[n17].Clone()
	}
	c.RedFlags = slices.Clone(c.RedFlags)
	for n18 := range c.RedFlags {
		c.RedFlags[n18] = c.RedFlags[n18].Clone()
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
	var x19 int64
	if x19, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.at", Problem: Problem(i)}
	}
	v.At = Millis(x19)
	var x20 int64
	if x20, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.left_at", Problem: Problem(i)}
	}
	v.LeftAt = Millis(x20)
	if v.ReadMs, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.read_ms", Problem: Problem(i)}
	}
	if v.StepsAfter, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.steps_after", Problem: Problem(i)}
	}
	var x21 string
	if x21, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "FlagSign.about", Problem: Problem(i)}
	}
	v.About = Protected(x21)
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
}

// AppendAvro appends the Avro binary form to dst.
func (v *HealthFact) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Event), 22)
	dst = appendString(dst, string(v.Reason))
	dst = appendBool(dst, v.Critical)
	dst = appendLong(dst, int64(v.At))
	dst = appendLong(dst, int64(v.DueAt))
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
	var x22 int
	if x22, i = readIndex(src, i, 22); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.event", Problem: Problem(i)}
	}
	v.Event = EhrEvent(x22)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.reason", Problem: Problem(i)}
	}
	if v.Critical, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.critical", Problem: Problem(i)}
	}
	var x23 int64
	if x23, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.at", Problem: Problem(i)}
	}
	v.At = Millis(x23)
	var x24 int64
	if x24, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "HealthFact.due_at", Problem: Problem(i)}
	}
	v.DueAt = Millis(x24)
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
	var x25 int64
	if x25, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonWeight.at", Problem: Problem(i)}
	}
	v.At = Millis(x25)
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
	var x26 int64
	if x26, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ViewedReason.at", Problem: Problem(i)}
	}
	v.At = Millis(x26)
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
const SignalsSchema = `{"type":"record","name":"Signals","namespace":"health.attune","doc":"What one shard's touchpoints have shown, as predictions and decisions use it. State only: it moves with its shard.","fields":[{"name":"reason_weights","type":{"type":"array","items":{"type":"record","name":"ReasonWeight","doc":"Decayed count of contacts of one reason.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"weight","type":"double","doc":"Decayed count at the time of the newest."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest."}]}},"doc":"One per reason that occurred.","default":[]},{"name":"contact_count","type":"long","doc":"Contacts whose reason became known.","default":0},{"name":"viewed","type":{"type":"array","items":{"type":"record","name":"ViewedReason","doc":"Pages or screens of one reason that were looked at.","fields":[{"name":"reason","type":"string","doc":"Reason code."},{"name":"times","type":"int","doc":"How often within a day of each other."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest."}]}},"doc":"One per reason.","default":[]},{"name":"facts","type":{"type":"array","items":{"type":"record","name":"HealthFact","doc":"A fact of the health record that may lead to a contact.","fields":[{"name":"event","type":{"type":"enum","name":"EhrEvent","symbols":["unknown","appointment_booked","appointment_changed","appointment_cancelled","appointment_no_show","order_placed","referral_status","result_final","result_pending","prescription","refill_due","refill_requested","refill_completed","admission","discharge","statement","claim_denied","message_answered","coverage_changed","need_recorded","account_locked","deceased"],"default":"unknown"},"doc":"What happened."},{"name":"reason","type":"string","doc":"Contact reason that the site ties to it, or empty.","default":""},{"name":"critical","type":"boolean","doc":"Abnormal and critical: not to be shown before a clinician has seen it.","default":false},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"due_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it falls due; 0 where it does not.","default":0}]}},"doc":"The newest of each kind.","default":[]},{"name":"red_flag","type":"int","doc":"Newest red flag: 1 urgent, 2 emergency.","default":0},{"name":"red_flag_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time.","default":0},{"name":"login_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Newest successful login.","default":0},{"name":"red_flags","type":{"type":"array","items":{"type":"record","name":"FlagSign","doc":"A touchpoint that may be a sign of danger.","fields":[{"name":"kind","type":"int","doc":"1 urgent, 2 emergency, 3 self-harm, 4 poison, 5 critical result."},{"name":"source","type":"int","doc":"1 page, 2 search, 3 form, 4 chatbot, 5 message, 6 voice menu, 7 health record."},{"name":"event_id","type":"string","doc":"The touchpoint."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time."},{"name":"left_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Page: event time of the next step of the same shard; 0 where none came.","default":0},{"name":"read_ms","type":"int","doc":"Page: how long it was looked at, as the next step says; 0 where none came.","default":0},{"name":"steps_after","type":"int","doc":"Page: further steps since that were about something else.","default":0},{"name":"about","type":"string","doc":"Health record: which result, as its code says; empty where it says nothing.","default":"","attune.tag":"phi"}]}},"doc":"By event time, newest last, at most eight.","default":[]}]}`
