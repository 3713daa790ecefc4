// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
	"slices"
)

// NextBestAction: One decision with one chosen action.
type NextBestAction struct {
	// Deterministic: policy, trigger, ordinal. The same after a replay.
	DecisionID string
	// The open decision that this one replaces.
	Supersedes Opt[string]
	// The superseded action is withdrawn and nothing takes its place.
	Cancelled bool
	// False for do-nothing and holdouts, which contact centers do not see.
	Delivered bool
	// Who.
	PersonRef PersonRef
	// The contact center's own call id; null outside a contact, and where the call has no id.
	ContactRef Opt[string]
	// Event time of the trigger.
	AsOf Millis
	// Event time after which it must not be used.
	ExpiresAt Millis
	// Event id or timer that caused it.
	TriggerID string
	// The prediction it rests on.
	PredictionID string
	// Catalogue and rules.
	PolicyVersion string
	// Model of the prediction.
	ModelVersion string
	// Reasons.
	TaxonomyVersion string
	// At most three: first the reason that is named, then the others, most probable first.
	Reasons []ReasonProbability
	// Probability of a contact within 15 minutes.
	P15m float64
	// Within 24 hours.
	P24h float64
	// 0 to 1.
	Urgency float64
	// The persona's effort.
	Effort float64
	// The persona's frustration.
	Frustration float64
	// Digital attempts failed before this contact.
	LastResort bool
	// The action.
	Action ChosenAction
	// At most three, best first.
	Alternatives []ChosenAction
	// Every other action of the catalogue.
	Receipt []Removal
	// In words, strongest first.
	Evidence []Evidence
	// What the agent should know before saying hello.
	Brief Protected
	// Experiment arm.
	Arm string
	// What was missing: no_model, identity_conflict and so on.
	Degraded []string
	// Wall clock at which the trigger was taken in, for latency only.
	IngestedAt Millis
	// The most urgent first; without what the action itself does.
	Duties []Duty
	// In the order in which a brief tells them.
	Facts []DecisionFact
	// The gravest first; each stays until an outcome says what became of it.
	RedFlags []RedFlag
	// What has changed since the superseded decision, to be said first: flag:<kind>, duty:<code>, fact:<code>, failed_step, reason, action, treatment, withdrawn:<action>.
	News []string
	// The action about which the experiment's draw decided: the chosen one in the arm treatment, the one withheld in the arm holdout; empty where the draw decided nothing.
	Exposed string
	// The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.
	ContactKey string
}

// AppendAvro appends the Avro binary form to dst.
func (v *NextBestAction) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.DecisionID))
	if v.Supersedes.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.Supersedes.V))
	} else {
		dst = append(dst, 0)
	}
	dst = appendBool(dst, v.Cancelled)
	dst = appendBool(dst, v.Delivered)
	dst = appendString(dst, string(v.PersonRef))
	if v.ContactRef.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.ContactRef.V))
	} else {
		dst = append(dst, 0)
	}
	dst = appendLong(dst, int64(v.AsOf))
	dst = appendLong(dst, int64(v.ExpiresAt))
	dst = appendString(dst, string(v.TriggerID))
	dst = appendString(dst, string(v.PredictionID))
	dst = appendString(dst, string(v.PolicyVersion))
	dst = appendString(dst, string(v.ModelVersion))
	dst = appendString(dst, string(v.TaxonomyVersion))
	if len(v.Reasons) > 0 {
		dst = appendLong(dst, int64(len(v.Reasons)))
		for n1 := range v.Reasons {
			dst = v.Reasons[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendDouble(dst, v.P15m)
	dst = appendDouble(dst, v.P24h)
	dst = appendDouble(dst, v.Urgency)
	dst = appendDouble(dst, v.Effort)
	dst = appendDouble(dst, v.Frustration)
	dst = appendBool(dst, v.LastResort)
	dst = v.Action.AppendAvro(dst)
	if len(v.Alternatives) > 0 {
		dst = appendLong(dst, int64(len(v.Alternatives)))
		for n2 := range v.Alternatives {
			dst = v.Alternatives[n2].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Receipt) > 0 {
		dst = appendLong(dst, int64(len(v.Receipt)))
		for n3 := range v.Receipt {
			dst = v.Receipt[n3].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Evidence) > 0 {
		dst = appendLong(dst, int64(len(v.Evidence)))
		for n4 := range v.Evidence {
			dst = v.Evidence[n4].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendString(dst, string(v.Brief))
	dst = appendString(dst, string(v.Arm))
	if len(v.Degraded) > 0 {
		dst = appendLong(dst, int64(len(v.Degraded)))
		for n5 := range v.Degraded {
			dst = appendString(dst, string(v.Degraded[n5]))
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.IngestedAt))
	if len(v.Duties) > 0 {
		dst = appendLong(dst, int64(len(v.Duties)))
		for n6 := range v.Duties {
			dst = v.Duties[n6].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Facts) > 0 {
		dst = appendLong(dst, int64(len(v.Facts)))
		for n7 := range v.Facts {
			dst = v.Facts[n7].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.RedFlags) > 0 {
		dst = appendLong(dst, int64(len(v.RedFlags)))
		for n8 := range v.RedFlags {
			dst = v.RedFlags[n8].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.News) > 0 {
		dst = appendLong(dst, int64(len(v.News)))
		for n9 := range v.News {
			dst = appendString(dst, string(v.News[n9]))
		}
	}
	dst = append(dst, 0)
	dst = appendString(dst, string(v.Exposed))
	dst = appendString(dst, string(v.ContactKey))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *NextBestAction) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *NextBestAction) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.DecisionID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.decision_id", Problem: Problem(i)}
	}
	var x10 int
	if x10, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.supersedes", Problem: Problem(i)}
	}
	if v.Supersedes.OK = x10 != 0; v.Supersedes.OK {
		if v.Supersedes.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.supersedes", Problem: Problem(i)}
		}
	} else {
		v.Supersedes = Opt[string]{}
	}
	if v.Cancelled, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.cancelled", Problem: Problem(i)}
	}
	if v.Delivered, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.delivered", Problem: Problem(i)}
	}
	var x11 string
	if x11, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x11)
	var x12 int
	if x12, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.contact_ref", Problem: Problem(i)}
	}
	if v.ContactRef.OK = x12 != 0; v.ContactRef.OK {
		if v.ContactRef.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.contact_ref", Problem: Problem(i)}
		}
	} else {
		v.ContactRef = Opt[string]{}
	}
	var x13 int64
	if x13, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.as_of", Problem: Problem(i)}
	}
	v.AsOf = Millis(x13)
	var x14 int64
	if x14, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.expires_at", Problem: Problem(i)}
	}
	v.ExpiresAt = Millis(x14)
	if v.TriggerID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.trigger_id", Problem: Problem(i)}
	}
	if v.PredictionID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.prediction_id", Problem: Problem(i)}
	}
	if v.PolicyVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.policy_version", Problem: Problem(i)}
	}
	if v.ModelVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.model_version", Problem: Problem(i)}
	}
	if v.TaxonomyVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.taxonomy_version", Problem: Problem(i)}
	}
	v.Reasons = v.Reasons[:0]
	for {
		var n15 int
		if n15, i = readBlock(src, i, 9); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.reasons", Problem: Problem(i)}
		}
		if n15 == 0 {
			break
		}
		v.Reasons = reserve(v.Reasons, n15)
		for range n15 {
			v.Reasons = extend(v.Reasons)
			item16 := &v.Reasons[len(v.Reasons)-1]
			if i, err = (*item16).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.P15m, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.p_15m", Problem: Problem(i)}
	}
	if v.P24h, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.p_24h", Problem: Problem(i)}
	}
	if v.Urgency, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.urgency", Problem: Problem(i)}
	}
	if v.Effort, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.effort", Problem: Problem(i)}
	}
	if v.Frustration, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.frustration", Problem: Problem(i)}
	}
	if v.LastResort, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.last_resort", Problem: Problem(i)}
	}
	if i, err = v.Action.decodeAvro(src, i); err != nil {
		return 0, err
	}
	v.Alternatives = v.Alternatives[:0]
	for {
		var n17 int
		if n17, i = readBlock(src, i, 21); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.alternatives", Problem: Problem(i)}
		}
		if n17 == 0 {
			break
		}
		v.Alternatives = reserve(v.Alternatives, n17)
		for range n17 {
			v.Alternatives = extend(v.Alternatives)
			item18 := &v.Alternatives[len(v.Alternatives)-1]
			if i, err = (*item18).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Receipt = v.Receipt[:0]
	for {
		var n19 int
		if n19, i = readBlock(src, i, 3); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.receipt", Problem: Problem(i)}
		}
		if n19 == 0 {
			break
		}
		v.Receipt = reserve(v.Receipt, n19)
		for range n19 {
			v.Receipt = extend(v.Receipt)
			item20 := &v.Receipt[len(v.Receipt)-1]
			if i, err = (*item20).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Evidence = v.Evidence[:0]
	for {
		var n21 int
		if n21, i = readBlock(src, i, 11); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.evidence", Problem: Problem(i)}
		}
		if n21 == 0 {
			break
		}
		v.Evidence = reserve(v.Evidence, n21)
		for range n21 {
			v.Evidence = extend(v.Evidence)
			item22 := &v.Evidence[len(v.Evidence)-1]
			if i, err = (*item22).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	var x23 string
	if x23, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.brief", Problem: Problem(i)}
	}
	v.Brief = Protected(x23)
	if v.Arm, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.arm", Problem: Problem(i)}
	}
	v.Degraded = v.Degraded[:0]
	for {
		var n24 int
		if n24, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.degraded", Problem: Problem(i)}
		}
		if n24 == 0 {
			break
		}
		v.Degraded = reserve(v.Degraded, n24)
		for range n24 {
			v.Degraded = extend(v.Degraded)
			item25 := &v.Degraded[len(v.Degraded)-1]
			if *item25, i = readString(src, i); i < 0 {
				return 0, &DecodeError{Field: "NextBestAction.degraded", Problem: Problem(i)}
			}
		}
	}
	var x26 int64
	if x26, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.ingested_at", Problem: Problem(i)}
	}
	v.IngestedAt = Millis(x26)
	v.Duties = v.Duties[:0]
	for {
		var n27 int
		if n27, i = readBlock(src, i, 5); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.duties", Problem: Problem(i)}
		}
		if n27 == 0 {
			break
		}
		v.Duties = reserve(v.Duties, n27)
		for range n27 {
			v.Duties = extend(v.Duties)
			item28 := &v.Duties[len(v.Duties)-1]
			if i, err = (*item28).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Facts = v.Facts[:0]
	for {
		var n29 int
		if n29, i = readBlock(src, i, 6); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.facts", Problem: Problem(i)}
		}
		if n29 == 0 {
			break
		}
		v.Facts = reserve(v.Facts, n29)
		for range n29 {
			v.Facts = extend(v.Facts)
			item30 := &v.Facts[len(v.Facts)-1]
			if i, err = (*item30).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.RedFlags = v.RedFlags[:0]
	for {
		var n31 int
		if n31, i = readBlock(src, i, 4); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.red_flags", Problem: Problem(i)}
		}
		if n31 == 0 {
			break
		}
		v.RedFlags = reserve(v.RedFlags, n31)
		for range n31 {
			v.RedFlags = extend(v.RedFlags)
			item32 := &v.RedFlags[len(v.RedFlags)-1]
			if i, err = (*item32).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.News = v.News[:0]
	for {
		var n33 int
		if n33, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "NextBestAction.news", Problem: Problem(i)}
		}
		if n33 == 0 {
			break
		}
		v.News = reserve(v.News, n33)
		for range n33 {
			v.News = extend(v.News)
			item34 := &v.News[len(v.News)-1]
			if *item34, i = readString(src, i); i < 0 {
				return 0, &DecodeError{Field: "NextBestAction.news", Problem: Problem(i)}
			}
		}
	}
	if v.Exposed, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.exposed", Problem: Problem(i)}
	}
	if v.ContactKey, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "NextBestAction.contact_key", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *NextBestAction) Clone() NextBestAction {
	c := *v
	c.DecisionID = cloneString(c.DecisionID)
	c.Supersedes.V = cloneString(c.Supersedes.V)
	c.PersonRef = cloneString(c.PersonRef)
	c.ContactRef.V = cloneString(c.ContactRef.V)
	c.TriggerID = cloneString(c.TriggerID)
	c.PredictionID = cloneString(c.PredictionID)
	c.PolicyVersion = cloneString(c.PolicyVersion)
	c.ModelVersion = cloneString(c.ModelVersion)
	c.TaxonomyVersion = cloneString(c.TaxonomyVersion)
	c.Reasons = slices.Clone(c.Reasons)
	for n35 := range c.Reasons {
		c.Reasons[n35] = c.Reasons[n35].Clone()
	}
	c.Action = c.Action.Clone()
	c.Alternatives = slices.Clone(c.Alternatives)
	for n36 := range c.Alternatives {
		c.Alternatives[n36] = c.Alternatives[n36].Clone()
	}
	c.Receipt = slices.Clone(c.Receipt)
	for n37 := range c.Receipt {
		c.Receipt[n37] = c.Receipt[n37].Clone()
	}
	c.Evidence = slices.Clone(c.Evidence)
	for n38 := range c.Evidence {
		c.Evidence[n38] = c.Evidence[n38].Clone()
	}
	c.Brief = cloneString(c.Brief)
	c.Arm = cloneString(c.Arm)
	c.Degraded = slices.Clone(c.Degraded)
	for n39 := range c.Degraded {
		c.Degraded[n39] = cloneString(c.Degraded[n39])
	}
	c.Duties = slices.Clone(c.Duties)
	for n40 := range c.Duties {
		c.Duties[n40] = c.Duties[n40].Clone()
	}
	c.Facts = slices.Clone(c.Facts)
	for n41 := range c.Facts {
		c.Facts[n41] = c.Facts[n41].Clone()
	}
	c.RedFlags = slices.Clone(c.RedFlags)
	for n42 := range c.RedFlags {
		c.RedFlags[n42] = c.RedFlags[n42].Clone()
	}
	c.News = slices.Clone(c.News)
	for n43 := range c.News {
		c.News[n43] = cloneString(c.News[n43])
	}
	c.Exposed = cloneString(c.Exposed)
	c.ContactKey = cloneString(c.ContactKey)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *NextBestAction) Reset() {
	v.DecisionID = ""
	v.Supersedes = Opt[string]{}
	v.Cancelled = false
	v.Delivered = false
	v.PersonRef = ""
	v.ContactRef = Opt[string]{}
	v.AsOf = 0
	v.ExpiresAt = 0
	v.TriggerID = ""
	v.PredictionID = ""
	v.PolicyVersion = ""
	v.ModelVersion = ""
	v.TaxonomyVersion = ""
	v.Reasons = v.Reasons[:0]
	v.P15m = 0
	v.P24h = 0
	v.Urgency = 0
	v.Effort = 0
	v.Frustration = 0
	v.LastResort = false
	v.Action = ChosenAction{}
	v.Alternatives = v.Alternatives[:0]
	v.Receipt = v.Receipt[:0]
	v.Evidence = v.Evidence[:0]
	v.Brief = ""
	v.Arm = ""
	v.Degraded = v.Degraded[:0]
	v.IngestedAt = 0
	v.Duties = v.Duties[:0]
	v.Facts = v.Facts[:0]
	v.RedFlags = v.RedFlags[:0]
	v.News = v.News[:0]
	v.Exposed = ""
	v.ContactKey = ""
}

// ChosenAction: An action of the catalogue with its treatment.
type ChosenAction struct {
	// Catalogue id, such as A02.
	ID string
	// Variant, such as the queue it routes to.
	Treatment string
	// Where it is to happen.
	Channel string
	// Arbitration score.
	Score float64
	// Probability with which the policy chose it.
	Propensity float64
	// Who helps, for what safety demands: emergency_services, crisis_line, poison_control, nurse; else empty.
	Service string
	// How that service is reached, as the site's catalogue says for the patient's language, such as 911; or empty.
	Number string
}

// AppendAvro appends the Avro binary form to dst.
func (v *ChosenAction) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.ID))
	dst = appendString(dst, string(v.Treatment))
	dst = appendString(dst, string(v.Channel))
	dst = appendDouble(dst, v.Score)
	dst = appendDouble(dst, v.Propensity)
	dst = appendString(dst, string(v.Service))
	dst = appendString(dst, string(v.Number))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ChosenAction) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ChosenAction) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.ID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ChosenAction.id", Problem: Problem(i)}
	}
	if v.Treatment, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ChosenAction.treatment", Problem: Problem(i)}
	}
	if v.Channel, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ChosenAction.channel", Problem: Problem(i)}
	}
	if v.Score, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ChosenAction.score", Problem: Problem(i)}
	}
	if v.Propensity, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ChosenAction.propensity", Problem: Problem(i)}
	}
	if v.Service, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ChosenAction.service", Problem: Problem(i)}
	}
	if v.Number, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ChosenAction.number", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ChosenAction) Clone() ChosenAction {
	c := *v
	c.ID = cloneString(c.ID)
	c.Treatment = cloneString(c.Treatment)
	c.Channel = cloneString(c.Channel)
	c.Service = cloneString(c.Service)
	c.Number = cloneString(c.Number)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ChosenAction) Reset() {
	*v = ChosenAction{}
}

// DecisionFact: Something that whoever takes the contact has to know first.
type DecisionFact struct {
	// identity_conflict, deceased, minor, proxy, repeat, hung_up, language, interpreter, do_not_contact, critical_result, unknown_caller, authenticated, prefers, appointment, acts_for_others.
	Code string
	// repeat: reason; proxy: relation; language and interpreter: BCP 47 tag; authenticated: how; prefers: channel; else empty.
	Value string
	// proxy: what the caller may be told (all, scheduling, billing, none or a code of the site); else empty.
	Detail string
	// repeat: the how-manieth contact about this within seven days, 2 or more; else 0.
	N int32
	// Event time of what shows it, or 0.
	At Millis
	// Touchpoint that shows it, or empty.
	EventID string
}

// AppendAvro appends the Avro binary form to dst.
func (v *DecisionFact) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Code))
	dst = appendString(dst, string(v.Value))
	dst = appendString(dst, string(v.Detail))
	dst = appendLong(dst, int64(v.N))
	dst = appendLong(dst, int64(v.At))
	dst = appendString(dst, string(v.EventID))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *DecisionFact) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *DecisionFact) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Code, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "DecisionFact.code", Problem: Problem(i)}
	}
	if v.Value, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "DecisionFact.value", Problem: Problem(i)}
	}
	if v.Detail, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "DecisionFact.detail", Problem: Problem(i)}
	}
	if v.N, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "DecisionFact.n", Problem: Problem(i)}
	}
	var x44 int64
	if x44, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "DecisionFact.at", Problem: Problem(i)}
	}
	v.At = Millis(x44)
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "DecisionFact.event_id", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *DecisionFact) Clone() DecisionFact {
	c := *v
	c.Code = cloneString(c.Code)
	c.Value = cloneString(c.Value)
	c.Detail = cloneString(c.Detail)
	c.EventID = cloneString(c.EventID)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *DecisionFact) Reset() {
	*v = DecisionFact{}
}

// DecisionStage: see the schema.
type DecisionStage uint8

// The symbols of DecisionStage.
const (
	DecisionStageUnknown       DecisionStage = 0
	DecisionStageSafety        DecisionStage = 1
	DecisionStageEligibility   DecisionStage = 2
	DecisionStageApplicability DecisionStage = 3
	DecisionStageSuitability   DecisionStage = 4
	DecisionStageContactPolicy DecisionStage = 5
	DecisionStageArbitration   DecisionStage = 6
	DecisionStageHoldout       DecisionStage = 7
)

// DecisionStageCount is how many symbols DecisionStage has.
const DecisionStageCount = 8

// String is the symbol.
func (e DecisionStage) String() string {
	switch e {
	case DecisionStageUnknown:
		return "unknown"
	case DecisionStageSafety:
		return "safety"
	case DecisionStageEligibility:
		return "eligibility"
	case DecisionStageApplicability:
		return "applicability"
	case DecisionStageSuitability:
		return "suitability"
	case DecisionStageContactPolicy:
		return "contact_policy"
	case DecisionStageArbitration:
		return "arbitration"
	case DecisionStageHoldout:
		return "holdout"
	}
	return fmt.Sprintf("DecisionStage(%d)", uint8(e))
}

// ParseDecisionStage finds the value of a symbol; ok is false where there is none.
func ParseDecisionStage(symbol string) (e DecisionStage, ok bool) {
	switch symbol {
	case "unknown":
		return DecisionStageUnknown, true
	case "safety":
		return DecisionStageSafety, true
	case "eligibility":
		return DecisionStageEligibility, true
	case "applicability":
		return DecisionStageApplicability, true
	case "suitability":
		return DecisionStageSuitability, true
	case "contact_policy":
		return DecisionStageContactPolicy, true
	case "arbitration":
		return DecisionStageArbitration, true
	case "holdout":
		return DecisionStageHoldout, true
	}
	return DecisionStageUnknown, false
}

// MarshalText is the symbol.
func (e DecisionStage) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *DecisionStage) UnmarshalText(text []byte) error {
	v, ok := ParseDecisionStage(string(text))
	if !ok {
		return &DecodeError{Field: "DecisionStage", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// Duty: Something that has to be done along with the action, whatever the action is.
type Duty struct {
	// emergency, crisis_line, poison_control, nurse, interpreter, verify_identity, condolence, clinician_first, authority.
	Code string
	// Who helps, as in the action; or empty.
	Service string
	// How that service is reached, as in the action; or empty.
	Number string
	// What it is about: the language of an interpreter, the relation of a caller; or empty.
	Value string
	// The kind of red flag, or the code of the fact, that demands it.
	Because string
}

// AppendAvro appends the Avro binary form to dst.
func (v *Duty) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Code))
	dst = appendString(dst, string(v.Service))
	dst = appendString(dst, string(v.Number))
	dst = appendString(dst, string(v.Value))
	dst = appendString(dst, string(v.Because))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Duty) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Duty) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Code, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Duty.code", Problem: Problem(i)}
	}
	if v.Service, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Duty.service", Problem: Problem(i)}
	}
	if v.Number, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Duty.number", Problem: Problem(i)}
	}
	if v.Value, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Duty.value", Problem: Problem(i)}
	}
	if v.Because, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Duty.because", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Duty) Clone() Duty {
	c := *v
	c.Code = cloneString(c.Code)
	c.Service = cloneString(c.Service)
	c.Number = cloneString(c.Number)
	c.Value = cloneString(c.Value)
	c.Because = cloneString(c.Because)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Duty) Reset() {
	*v = Duty{}
}

// RedFlag: A sign of danger that nobody has answered yet.
type RedFlag struct {
	// emergency, self_harm, poison, urgent, critical_result.
	Kind string
	// What showed it: search, page, chatbot, form, message, ivr, health_record.
	Source string
	// The touchpoint that showed it.
	EventID string
	// Event time of that touchpoint.
	At Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *RedFlag) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Kind))
	dst = appendString(dst, string(v.Source))
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.At))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *RedFlag) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *RedFlag) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Kind, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RedFlag.kind", Problem: Problem(i)}
	}
	if v.Source, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RedFlag.source", Problem: Problem(i)}
	}
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RedFlag.event_id", Problem: Problem(i)}
	}
	var x45 int64
	if x45, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "RedFlag.at", Problem: Problem(i)}
	}
	v.At = Millis(x45)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *RedFlag) Clone() RedFlag {
	c := *v
	c.Kind = cloneString(c.Kind)
	c.Source = cloneString(c.Source)
	c.EventID = cloneString(c.EventID)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *RedFlag) Reset() {
	*v = RedFlag{}
}

// Removal: An action that was not chosen, and why.
type Removal struct {
	// Catalogue id.
	Action string
	// The stage that removed it.
	Stage DecisionStage
	// The rule of that stage.
	Rule string
}

// AppendAvro appends the Avro binary form to dst.
func (v *Removal) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Action))
	dst = appendIndex(dst, uint8(v.Stage), 8)
	dst = appendString(dst, string(v.Rule))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Removal) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Removal) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Action, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Removal.action", Problem: Problem(i)}
	}
	var x46 int
	if x46, i = readIndex(src, i, 8); i < 0 {
		return 0, &DecodeError{Field: "Removal.stage", Problem: Problem(i)}
	}
	v.Stage = DecisionStage(x46)
	if v.Rule, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Removal.rule", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Removal) Clone() Removal {
	c := *v
	c.Action = cloneString(c.Action)
	c.Rule = cloneString(c.Rule)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Removal) Reset() {
	*v = Removal{}
}

// NextBestActionSchema is the self-contained Avro schema of NextBestAction.
const NextBestActionSchema = `{"type":"record","name":"NextBestAction","namespace":"health.attune","doc":"One decision with one chosen action.","fields":[{"name":"decision_id","type":"string","doc":"Deterministic: policy, trigger, ordinal. The same after a replay."},{"name":"supersedes","type":["null","string"],"doc":"The open decision that this one replaces.","default":null},{"name":"cancelled","type":"boolean","doc":"The superseded action is withdrawn and nothing takes its place.","default":false},{"name":"delivered","type":"boolean","doc":"False for do-nothing and holdouts, which contact centers do not see.","default":true},{"name":"person_ref","type":"string","doc":"Who."},{"name":"contact_ref","type":["null","string"],"doc":"The contact center's own call id; null outside a contact, and where the call has no id.","default":null},{"name":"as_of","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the trigger."},{"name":"expires_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time after which it must not be used."},{"name":"trigger_id","type":"string","doc":"Event id or timer that caused it."},{"name":"prediction_id","type":"string","doc":"The prediction it rests on."},{"name":"policy_version","type":"string","doc":"Catalogue and rules."},{"name":"model_version","type":"string","doc":"Model of the prediction."},{"name":"taxonomy_version","type":"string","doc":"Reasons."},{"name":"reasons","type":{"type":"array","items":{"type":"record","name":"ReasonProbability","doc":"A reason and its probability given a contact.","fields":[{"name":"code","type":"string","doc":"Reason code of the taxonomy."},{"name":"p","type":"double","doc":"Probability."}]}},"doc":"At most three: first the reason that is named, then the others, most probable first."},{"name":"p_15m","type":"double","doc":"Probability of a contact within 15 minutes."},{"name":"p_24h","type":"double","doc":"Within 24 hours."},{"name":"urgency","type":"double","doc":"0 to 1."},{"name":"effort","type":"double","doc":"The persona's effort."},{"name":"frustration","type":"double","doc":"The persona's frustration."},{"name":"last_resort","type":"boolean","doc":"Digital attempts failed before this contact.","default":false},{"name":"action","type":{"type":"record","name":"ChosenAction","doc":"An action of the catalogue with its treatment.","fields":[{"name":"id","type":"string","doc":"Catalogue id, such as A02."},{"name":"treatment","type":"string","doc":"Variant, such as the queue it routes to.","default":""},{"name":"channel","type":"string","doc":"Where it is to happen.","default":""},{"name":"score","type":"double","doc":"Arbitration score."},{"name":"propensity","type":"double","doc":"Probability with which the policy chose it."},{"name":"service","type":"string","doc":"Who helps, for what safety demands: emergency_services, crisis_line, poison_control, nurse; else empty.","default":""},{"name":"number","type":"string","doc":"How that service is reached, as the site's catalogue says for the patient's language, such as 911; or empty.","default":""}]},"doc":"The action."},{"name":"alternatives","type":{"type":"array","items":"health.attune.ChosenAction"},"doc":"At most three, best first."},{"name":"receipt","type":{"type":"array","items":{"type":"record","name":"Removal","doc":"An action that was not chosen, and why.","fields":[{"name":"action","type":"string","doc":"Catalogue id."},{"name":"stage","type":{"type":"enum","name":"DecisionStage","symbols":["unknown","safety","eligibility","applicability","suitability","contact_policy","arbitration","holdout"],"default":"unknown"},"doc":"The stage that removed it.","default":"unknown"},{"name":"rule","type":"string","doc":"The rule of that stage."}]}},"doc":"Every other action of the catalogue."},{"name":"evidence","type":{"type":"array","items":{"type":"record","name":"Evidence","doc":"What speaks for the top reason.","fields":[{"name":"feature","type":"string","doc":"Name of the feature."},{"name":"weight","type":"double","doc":"Log-odds it adds to the top reason."},{"name":"text","type":"string","doc":"In words."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time, where it is one event.","default":0}]}},"doc":"In words, strongest first."},{"name":"brief","type":"string","doc":"What the agent should know before saying hello.","default":"","attune.tag":"phi"},{"name":"arm","type":"string","doc":"Experiment arm.","default":""},{"name":"degraded","type":{"type":"array","items":"string"},"doc":"What was missing: no_model, identity_conflict and so on."},{"name":"ingested_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Wall clock at which the trigger was taken in, for latency only.","default":0},{"name":"duties","type":{"type":"array","items":{"type":"record","name":"Duty","doc":"Something that has to be done along with the action, whatever the action is.","fields":[{"name":"code","type":"string","doc":"emergency, crisis_line, poison_control, nurse, interpreter, verify_identity, condolence, clinician_first, authority."},{"name":"service","type":"string","doc":"Who helps, as in the action; or empty.","default":""},{"name":"number","type":"string","doc":"How that service is reached, as in the action; or empty.","default":""},{"name":"value","type":"string","doc":"What it is about: the language of an interpreter, the relation of a caller; or empty.","default":""},{"name":"because","type":"string","doc":"The kind of red flag, or the code of the fact, that demands it.","default":""}]}},"doc":"The most urgent first; without what the action itself does.","default":[]},{"name":"facts","type":{"type":"array","items":{"type":"record","name":"DecisionFact","doc":"Something that whoever takes the contact has to know first.","fields":[{"name":"code","type":"string","doc":"identity_conflict, deceased, minor, proxy, repeat, hung_up, language, interpreter, do_not_contact, critical_result, unknown_caller, authenticated, prefers, appointment, acts_for_others."},{"name":"value","type":"string","doc":"repeat: reason; proxy: relation; language and interpreter: BCP 47 tag; authenticated: how; prefers: channel; else empty.","default":""},{"name":"detail","type":"string","doc":"proxy: what the caller may be told (all, scheduling, billing, none or a code of the site); else empty.","default":""},{"name":"n","type":"int","doc":"repeat: the how-manieth contact about this within seven days, 2 or more; else 0.","default":0},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of what shows it, or 0.","default":0},{"name":"event_id","type":"string","doc":"Touchpoint that shows it, or empty.","default":""}]}},"doc":"In the order in which a brief tells them.","default":[]},{"name":"red_flags","type":{"type":"array","items":{"type":"record","name":"RedFlag","doc":"A sign of danger that nobody has answered yet.","fields":[{"name":"kind","type":"string","doc":"emergency, self_harm, poison, urgent, critical_result."},{"name":"source","type":"string","doc":"What showed it: search, page, chatbot, form, message, ivr, health_record."},{"name":"event_id","type":"string","doc":"The touchpoint that showed it.","default":""},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that touchpoint."}]}},"doc":"The gravest first; each stays until an outcome says what became of it.","default":[]},{"name":"news","type":{"type":"array","items":"string"},"doc":"What has changed since the superseded decision, to be said first: flag:<kind>, duty:<code>, fact:<code>, failed_step, reason, action, treatment, withdrawn:<action>.","default":[]},{"name":"exposed","type":"string","doc":"The action about which the experiment's draw decided: the chosen one in the arm treatment, the one withheld in the arm holdout; empty where the draw decided nothing.","default":""},{"name":"contact_key","type":"string","doc":"The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.","default":""}]}`
