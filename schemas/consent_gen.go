// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
	"slices"
)

// Consent: What a patient allows, per channel and purpose, and the facts that outreach needs.
type Consent struct {
	// Unique for ever.
	EventID string
	// Event time from which it holds.
	OccurredAt Millis
	// Whose consent; empty past INGEST.
	Identifiers []Identifier
	// sms, push, email, voice, or all.
	Channel string
	// care, service, outreach, or all.
	Purpose string
	// What was said.
	Status ConsentStatus
	// IANA zone of the patient, where known.
	TimeZone Opt[string]
	// Of age, where known.
	Adult Opt[bool]
	// Stated preference, where given.
	PreferredChannel Opt[string]
}

// AppendAvro appends the Avro binary form to dst.
func (v *Consent) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.OccurredAt))
	if len(v.Identifiers) > 0 {
		dst = appendLong(dst, int64(len(v.Identifiers)))
		for n1 := range v.Identifiers {
			dst = v.Identifiers[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendString(dst, string(v.Channel))
	dst = appendString(dst, string(v.Purpose))
	dst = appendIndex(dst, uint8(v.Status), 4)
	if v.TimeZone.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.TimeZone.V))
	} else {
		dst = append(dst, 0)
	}
	if v.Adult.OK {
		dst = append(dst, 2)
		dst = appendBool(dst, v.Adult.V)
	} else {
		dst = append(dst, 0)
	}
	if v.PreferredChannel.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.PreferredChannel.V))
	} else {
		dst = append(dst, 0)
	}
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Consent) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Consent) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Consent.event_id", Problem: Problem(i)}
	}
	var x2 int64
	if x2, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Consent.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x2)
	v.Identifiers = v.Identifiers[:0]
	for {
		var n3 int
		if n3, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "Consent.identifiers", Problem: Problem(i)}
		}
		if n3 == 0 {
			break
		}
		v.Identifiers = reserve(v.Identifiers, n3)
		for range n3 {
			v.Identifiers = extend(v.Identifiers)
			item4 := &v.Identifiers[len(v.Identifiers)-1]
			if i, err = (*item4).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.Channel, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Consent.channel", Problem: Problem(i)}
	}
	if v.Purpose, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Consent.purpose", Problem: Problem(i)}
	}
	var x5 int
	if x5, i = readIndex(src, i, 4); i < 0 {
		return 0, &DecodeError{Field: "Consent.status", Problem: Problem(i)}
	}
	v.Status = ConsentStatus(x5)
	var x6 int
	if x6, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "Consent.time_zone", Problem: Problem(i)}
	}
	if v.TimeZone.OK = x6 != 0; v.TimeZone.OK {
		if v.TimeZone.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "Consent.time_zone", Problem: Problem(i)}
		}
	} else {
		v.TimeZone = Opt[string]{}
	}
	var x7 int
	if x7, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "Consent.adult", Problem: Problem(i)}
	}
	if v.Adult.OK = x7 != 0; v.Adult.OK {
		if v.Adult.V, i = readBool(src, i); i < 0 {
			return 0, &DecodeError{Field: "Consent.adult", Problem: Problem(i)}
		}
	} else {
		v.Adult = Opt[bool]{}
	}
	var x8 int
	if x8, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "Consent.preferred_channel", Problem: Problem(i)}
	}
	if v.PreferredChannel.OK = x8 != 0; v.PreferredChannel.OK {
		if v.PreferredChannel.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "Consent.preferred_channel", Problem: Problem(i)}
		}
	} else {
		v.PreferredChannel = Opt[string]{}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Consent) Clone() Consent {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.Identifiers = slices.Clone(c.Identifiers)
	for n9 := range c.Identifiers {
		c.Identifiers[n9] = c.Identifiers[n9].Clone()
	}
	c.Channel = cloneString(c.Channel)
	c.Purpose = cloneString(c.Purpose)
	c.TimeZone.V = cloneString(c.TimeZone.V)
	c.PreferredChannel.V = cloneString(c.PreferredChannel.V)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Consent) Reset() {
	v.EventID = ""
	v.OccurredAt = 0
	v.Identifiers = v.Identifiers[:0]
	v.Channel = ""
	v.Purpose = ""
	v.Status = 0
	v.TimeZone = Opt[string]{}
	v.Adult = Opt[bool]{}
	v.PreferredChannel = Opt[string]{}
}

// ConsentStatus: see the schema.
type ConsentStatus uint8

// The symbols of ConsentStatus.
const (
	ConsentStatusUnknown      ConsentStatus = 0
	ConsentStatusGranted      ConsentStatus = 1
	ConsentStatusDenied       ConsentStatus = 2
	ConsentStatusDoNotContact ConsentStatus = 3
)

// ConsentStatusCount is how many symbols ConsentStatus has.
const ConsentStatusCount = 4

// String is the symbol.
func (e ConsentStatus) String() string {
	switch e {
	case ConsentStatusUnknown:
		return "unknown"
	case ConsentStatusGranted:
		return "granted"
	case ConsentStatusDenied:
		return "denied"
	case ConsentStatusDoNotContact:
		return "do_not_contact"
	}
	return fmt.Sprintf("ConsentStatus(%d)", uint8(e))
}

// ParseConsentStatus finds the value of a symbol; ok is false where there is none.
func ParseConsentStatus(symbol string) (e ConsentStatus, ok bool) {
	switch symbol {
	case "unknown":
		return ConsentStatusUnknown, true
	case "granted":
		return ConsentStatusGranted, true
	case "denied":
		return ConsentStatusDenied, true
	case "do_not_contact":
		return ConsentStatusDoNotContact, true
	}
	return ConsentStatusUnknown, false
}

// MarshalText is the symbol.
func (e ConsentStatus) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *ConsentStatus) UnmarshalText(text []byte) error {
	v, ok := ParseConsentStatus(string(text))
	if !ok {
		return &DecodeError{Field: "ConsentStatus", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// ConsentSchema is the self-contained Avro schema of Consent.
const ConsentSchema = `{"type":"record","name":"Consent","namespace":"health.attune","doc":"What a patient allows, per channel and purpose, and the facts that outreach needs.","fields":[{"name":"event_id","type":"string","doc":"Unique for ever."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time from which it holds."},{"name":"identifiers","type":{"type":"array","items":{"type":"record","name":"Identifier","doc":"One thing a person or device is known by at the source.","fields":[{"name":"kind","type":{"type":"enum","name":"IdentifierKind","symbols":["unknown","mrn","member","phone","email","device","cookie","contact"],"default":"unknown"},"doc":"What sort of identifier this is.","default":"unknown"},{"name":"value","type":"string","doc":"The identifier itself, as the source writes it.","attune.tag":"identifier"}]}},"doc":"Whose consent; empty past INGEST."},{"name":"channel","type":"string","doc":"sms, push, email, voice, or all.","default":"","attune.tag":"consent-scope"},{"name":"purpose","type":"string","doc":"care, service, outreach, or all.","default":"","attune.tag":"consent-scope"},{"name":"status","type":{"type":"enum","name":"ConsentStatus","symbols":["unknown","granted","denied","do_not_contact"],"default":"unknown"},"doc":"What was said.","default":"unknown"},{"name":"time_zone","type":["null","string"],"doc":"IANA zone of the patient, where known.","default":null},{"name":"adult","type":["null","boolean"],"doc":"Of age, where known.","default":null},{"name":"preferred_channel","type":["null","string"],"doc":"Stated preference, where given.","default":null}]}`
