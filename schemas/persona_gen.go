// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// Persona: What is known of how a patient prefers and tries to be served, as of an event time.
type Persona struct {
	// Who.
	PersonRef PersonRef
	// Event time of the newest touchpoint in it; of a patient without one, of the newest consent.
	AsOf Millis
	// Touchpoints folded in.
	Touchpoints int64
	// Decayed count of web touchpoints, half-life seven days.
	WebActivity float64
	// Decayed count of app touchpoints.
	AppActivity float64
	// Decayed count of calls.
	CallActivity float64
	// Decayed count of health-record facts.
	EhrActivity float64
	// Weighted failures, transfers and repeats, decayed; 0 is effortless.
	Effort float64
	// 0 to 1.
	Frustration float64
	// Sessions so far.
	Sessions int64
	// Phone contacts so far.
	Calls int64
	// Reason of the last contact whose reason became known.
	LastReason string
	// Preferred channel as stated, or empty.
	StatedChannel string
	// Preferred channel as inferred, or empty.
	InferredChannel string
	// Stated language, or empty.
	Language string
	// Newest last, at most eight.
	OpenLoops []OpenLoop
	// Recorded social needs.
	Needs []Need
}

// AppendAvro appends the Avro binary form to dst.
func (v *Persona) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.PersonRef))
	dst = appendLong(dst, int64(v.AsOf))
	dst = appendLong(dst, int64(v.Touchpoints))
	dst = appendDouble(dst, v.WebActivity)
	dst = appendDouble(dst, v.AppActivity)
	dst = appendDouble(dst, v.CallActivity)
	dst = appendDouble(dst, v.EhrActivity)
	dst = appendDouble(dst, v.Effort)
	dst = appendDouble(dst, v.Frustration)
	dst = appendLong(dst, int64(v.Sessions))
	dst = appendLong(dst, int64(v.Calls))
	dst = appendString(dst, string(v.LastReason))
	dst = appendString(dst, string(v.StatedChannel))
	dst = appendString(dst, string(v.InferredChannel))
	dst = appendString(dst, string(v.Language))
	if len(v.OpenLoops) > 0 {
		dst = appendLong(dst, int64(len(v.OpenLoops)))
		for n1 := range v.OpenLoops {
			dst = v.OpenLoops[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Needs) > 0 {
		dst = appendLong(dst, int64(len(v.Needs)))
		for n2 := range v.Needs {
			dst = v.Needs[n2].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Persona) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Persona) decodeAvro(src []byte, i int) (_ int, err error) {
	var x3 string
	if x3, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x3)
	var x4 int64
	if x4, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.as_of", Problem: Problem(i)}
	}
	v.AsOf = Millis(x4)
	if v.Touchpoints, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.touchpoints", Problem: Problem(i)}
	}
	if v.WebActivity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.web_activity", Problem: Problem(i)}
	}
	if v.AppActivity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.app_activity", Problem: Problem(i)}
	}
	if v.CallActivity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.call_activity", Problem: Problem(i)}
	}
	if v.EhrActivity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.ehr_activity", Problem: Problem(i)}
	}
	if v.Effort, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.effort", Problem: Problem(i)}
	}
	if v.Frustration, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.frustration", Problem: Problem(i)}
	}
	if v.Sessions, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.sessions", Problem: Problem(i)}
	}
	if v.Calls, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.calls", Problem: Problem(i)}
	}
	if v.LastReason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.last_reason", Problem: Problem(i)}
	}
	if v.StatedChannel, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.stated_channel", Problem: Problem(i)}
	}
	if v.InferredChannel, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.inferred_channel", Problem: Problem(i)}
	}
	if v.Language, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Persona.language", Problem: Problem(i)}
	}
	v.OpenLoops = v.OpenLoops[:0]
	for {
		var n5 int
		if n5, i = readBlock(src, i, 3); i < 0 {
			return 0, &DecodeError{Field: "Persona.open_loops", Problem: Problem(i)}
		}
		if n5 == 0 {
			break
		}
		v.OpenLoops = reserve(v.OpenLoops, n5)
		for range n5 {
			v.OpenLoops = extend(v.OpenLoops)
			item6 := &v.OpenLoops[len(v.OpenLoops)-1]
			if i, err = (*item6).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Needs = v.Needs[:0]
	for {
		var n7 int
		if n7, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "Persona.needs", Problem: Problem(i)}
		}
		if n7 == 0 {
			break
		}
		v.Needs = reserve(v.Needs, n7)
		for range n7 {
			v.Needs = extend(v.Needs)
			item8 := &v.Needs[len(v.Needs)-1]
			if i, err = (*item8).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Persona) Clone() Persona {
	c := *v
	c.PersonRef = cloneString(c.PersonRef)
	c.LastReason = cloneString(c.LastReason)
	c.StatedChannel = cloneString(c.StatedChannel)
	c.InferredChannel = cloneString(c.InferredChannel)
	c.Language = cloneString(c.Language)
	c.OpenLoops = slices.Clone(c.OpenLoops)
	for n9 := range c.OpenLoops {
		c.OpenLoops[n9] = c.OpenLoops[n9].Clone()
	}
	c.Needs = slices.Clone(c.Needs)
	for n10 := range c.Needs {
		c.Needs[n10] = c.Needs[n10].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Persona) Reset() {
	v.PersonRef = ""
	v.AsOf = 0
	v.Touchpoints = 0
	v.WebActivity = 0
	v.AppActivity = 0
	v.CallActivity = 0
	v.EhrActivity = 0
	v.Effort = 0
	v.Frustration = 0
	v.Sessions = 0
	v.Calls = 0
	v.LastReason = ""
	v.StatedChannel = ""
	v.InferredChannel = ""
	v.Language = ""
	v.OpenLoops = v.OpenLoops[:0]
	v.Needs = v.Needs[:0]
}

// Need: A social need and how it is known.
type Need struct {
	// Gravity category.
	Code Protected
	// self-reported, observed, administrative or derived; never guessed.
	Provenance string
}

// AppendAvro appends the Avro binary form to dst.
func (v *Need) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Code))
	dst = appendString(dst, string(v.Provenance))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Need) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Need) decodeAvro(src []byte, i int) (_ int, err error) {
	var x11 string
	if x11, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Need.code", Problem: Problem(i)}
	}
	v.Code = Protected(x11)
	if v.Provenance, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Need.provenance", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Need) Clone() Need {
	c := *v
	c.Code = cloneString(c.Code)
	c.Provenance = cloneString(c.Provenance)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Need) Reset() {
	*v = Need{}
}

// OpenLoop: Something begun and not finished.
type OpenLoop struct {
	// failed_form, unanswered_message, failed_login, pending_result, refill_due and so on.
	Kind string
	// Its contact reason, or empty.
	Reason string
	// Event time at which it began.
	Since Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *OpenLoop) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Kind))
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.Since))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *OpenLoop) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *OpenLoop) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Kind, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenLoop.kind", Problem: Problem(i)}
	}
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenLoop.reason", Problem: Problem(i)}
	}
	var x12 int64
	if x12, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenLoop.since", Problem: Problem(i)}
	}
	v.Since = Millis(x12)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *OpenLoop) Clone() OpenLoop {
	c := *v
	c.Kind = cloneString(c.Kind)
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *OpenLoop) Reset() {
	*v = OpenLoop{}
}

// PersonaSchema is the self-contained Avro schema of Persona.
const PersonaSchema = `{"type":"record","name":"Persona","namespace":"health.attune","doc":"What is known of how a patient prefers and tries to be served, as of an event time.","fields":[{"name":"person_ref","type":"string","doc":"Who."},{"name":"as_of","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest touchpoint in it; of a patient without one, of the newest consent."},{"name":"touchpoints","type":"long","doc":"Touchpoints folded in."},{"name":"web_activity","type":"double","doc":"Decayed count of web touchpoints, half-life seven days."},{"name":"app_activity","type":"double","doc":"Decayed count of app touchpoints."},{"name":"call_activity","type":"double","doc":"Decayed count of calls."},{"name":"ehr_activity","type":"double","doc":"Decayed count of health-record facts."},{"name":"effort","type":"double","doc":"Weighted failures, transfers and repeats, decayed; 0 is effortless."},{"name":"frustration","type":"double","doc":"0 to 1."},{"name":"sessions","type":"long","doc":"Sessions so far."},{"name":"calls","type":"long","doc":"Phone contacts so far."},{"name":"last_reason","type":"string","doc":"Reason of the last contact whose reason became known.","default":""},{"name":"stated_channel","type":"string","doc":"Preferred channel as stated, or empty.","default":""},{"name":"inferred_channel","type":"string","doc":"Preferred channel as inferred, or empty.","default":""},{"name":"language","type":"string","doc":"Stated language, or empty.","default":""},{"name":"open_loops","type":{"type":"array","items":{"type":"record","name":"OpenLoop","doc":"Something begun and not finished.","fields":[{"name":"kind","type":"string","doc":"failed_form, unanswered_message, failed_login, pending_result, refill_due and so on."},{"name":"reason","type":"string","doc":"Its contact reason, or empty.","default":""},{"name":"since","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time at which it began."}]}},"doc":"Newest last, at most eight."},{"name":"needs","type":{"type":"array","items":{"type":"record","name":"Need","doc":"A social need and how it is known.","fields":[{"name":"code","type":"string","doc":"Gravity category.","attune.tag":"phi"},{"name":"provenance","type":"string","doc":"self-reported, observed, administrative or derived; never guessed."}]}},"doc":"Recorded social needs."}]}`
