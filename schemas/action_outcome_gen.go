// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
)

// ActionOutcome: What became of a next best action.
type ActionOutcome struct {
	// Unique for ever.
	EventID string
	// The decision it answers.
	DecisionID string
	// As the action named the person.
	PersonRef PersonRef
	// Event time.
	OccurredAt Millis
	// What happened.
	Outcome Outcome
	// The catalogue's action id.
	Action string
	// Why it was overridden or rejected: a code of the site.
	Reason string
}

// AppendAvro appends the Avro binary form to dst.
func (v *ActionOutcome) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.EventID))
	dst = appendString(dst, string(v.DecisionID))
	dst = appendString(dst, string(v.PersonRef))
	dst = appendLong(dst, int64(v.OccurredAt))
	dst = appendIndex(dst, uint8(v.Outcome), 8)
	dst = appendString(dst, string(v.Action))
	dst = appendString(dst, string(v.Reason))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ActionOutcome) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ActionOutcome) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActionOutcome.event_id", Problem: Problem(i)}
	}
	if v.DecisionID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActionOutcome.decision_id", Problem: Problem(i)}
	}
	var x1 string
	if x1, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActionOutcome.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x1)
	var x2 int64
	if x2, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActionOutcome.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x2)
	var x3 int
	if x3, i = readIndex(src, i, 8); i < 0 {
		return 0, &DecodeError{Field: "ActionOutcome.outcome", Problem: Problem(i)}
	}
	v.Outcome = Outcome(x3)
	if v.Action, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActionOutcome.action", Problem: Problem(i)}
	}
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActionOutcome.reason", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ActionOutcome) Clone() ActionOutcome {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.DecisionID = cloneString(c.DecisionID)
	c.PersonRef = cloneString(c.PersonRef)
	c.Action = cloneString(c.Action)
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ActionOutcome) Reset() {
	*v = ActionOutcome{}
}

// Outcome: see the schema.
type Outcome uint8

// The symbols of Outcome.
const (
	OutcomeUnknown    Outcome = 0
	OutcomeDelivered  Outcome = 1
	OutcomeShown      Outcome = 2
	OutcomeAccepted   Outcome = 3
	OutcomeRejected   Outcome = 4
	OutcomeIgnored    Outcome = 5
	OutcomeExpired    Outcome = 6
	OutcomeOverridden Outcome = 7
)

// OutcomeCount is how many symbols Outcome has.
const OutcomeCount = 8

// String is the symbol.
func (e Outcome) String() string {
	switch e {
	case OutcomeUnknown:
		return "unknown"
	case OutcomeDelivered:
		return "delivered"
	case OutcomeShown:
		return "shown"
	case OutcomeAccepted:
		return "accepted"
	case OutcomeRejected:
		return "rejected"
	case OutcomeIgnored:
		return "ignored"
	case OutcomeExpired:
		return "expired"
	case OutcomeOverridden:
		return "overridden"
	}
	return fmt.Sprintf("Outcome(%d)", uint8(e))
}

// ParseOutcome finds the value of a symbol; ok is false where there is none.
func ParseOutcome(symbol string) (e Outcome, ok bool) {
	switch symbol {
	case "unknown":
		return OutcomeUnknown, true
	case "delivered":
		return OutcomeDelivered, true
	case "shown":
		return OutcomeShown, true
	case "accepted":
		return OutcomeAccepted, true
	case "rejected":
		return OutcomeRejected, true
	case "ignored":
		return OutcomeIgnored, true
	case "expired":
		return OutcomeExpired, true
	case "overridden":
		return OutcomeOverridden, true
	}
	return OutcomeUnknown, false
}

// MarshalText is the symbol.
func (e Outcome) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *Outcome) UnmarshalText(text []byte) error {
	v, ok := ParseOutcome(string(text))
	if !ok {
		return &DecodeError{Field: "Outcome", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// ActionOutcomeSchema is the self-contained Avro schema of ActionOutcome.
const ActionOutcomeSchema = `{"type":"record","name":"ActionOutcome","namespace":"health.attune","doc":"What became of a next best action.","fields":[{"name":"event_id","type":"string","doc":"Unique for ever."},{"name":"decision_id","type":"string","doc":"The decision it answers."},{"name":"person_ref","type":"string","doc":"As the action named the person."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"outcome","type":{"type":"enum","name":"Outcome","symbols":["unknown","delivered","shown","accepted","rejected","ignored","expired","overridden"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"action","type":"string","doc":"The catalogue's action id.","default":""},{"name":"reason","type":"string","doc":"Why it was overridden or rejected: a code of the site.","default":""}]}`
