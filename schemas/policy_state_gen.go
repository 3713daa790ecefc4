// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// PolicyState: What decisions about one person depend on besides the persona. State only: of the shard of kind person.
type PolicyState struct {
	// One per channel and purpose.
	Consents []ConsentEntry
	// The patient asked for no outreach at all, on any channel.
	DoNotContact bool
	// Event time of the newest word on it.
	DoNotContactAt Millis
	// The health record says so.
	Deceased bool
	// IANA zone; empty where unknown.
	TimeZone string
	// 0 unknown, 1 of age, 2 under age.
	Adult int32
	// Event time of the consent record that said zone and age last.
	FactsAt Millis
	// As stated, or empty.
	PreferredChannel string
	// The last forty-five days, oldest first, at most sixty-four.
	Sent []SentAction
	// The decision evaluated last, delivered or not.
	Open Opt[OpenDecision]
	// Experiment arm, drawn once.
	Arm string
	// A move brought a person of another arm.
	ArmMixed bool
	// What contact-predictions said last.
	Published Opt[PublishedPrediction]
	// Of contacts whose reason is awaited, oldest first, at most four.
	Starts []ContactStart
	// At most one per band and horizon.
	Exposures []Exposure
	// At most one per kind; answered ones are kept so that the same touchpoint does not raise them again.
	Flags []OpenFlag
	// One touchpoint in ten makes one, at most eight are open.
	Moments []OpenMoment
}

// AppendAvro appends the Avro binary form to dst.
func (v *PolicyState) AppendAvro(dst []byte) []byte {
	if len(v.Consents) > 0 {
		dst = appendLong(dst, int64(len(v.Consents)))
		for n1 := range v.Consents {
			dst = v.Consents[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendBool(dst, v.DoNotContact)
	dst = appendLong(dst, int64(v.DoNotContactAt))
	dst = appendBool(dst, v.Deceased)
	dst = appendString(dst, string(v.TimeZone))
	dst = appendLong(dst, int64(v.Adult))
	dst = appendLong(dst, int64(v.FactsAt))
	dst = appendString(dst, string(v.PreferredChannel))
	if len(v.Sent) > 0 {
		dst = appendLong(dst, int64(len(v.Sent)))
		for n2 := range v.Sent {
			dst = v.Sent[n2].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if v.Open.OK {
		dst = append(dst, 2)
		dst = v.Open.V.AppendAvro(dst)
	} else {
		dst = append(dst, 0)
	}
	dst = appendString(dst, string(v.Arm))
	dst = appendBool(dst, v.ArmMixed)
	if v.Published.OK {
		dst = append(dst, 2)
		dst = v.Published.V.AppendAvro(dst)
	} else {
		dst = append(dst, 0)
	}
	if len(v.Starts) > 0 {
		dst = appendLong(dst, int64(len(v.Starts)))
		for n3 := range v.Starts {
			dst = v.Starts[n3].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Exposures) > 0 {
		dst = appendLong(dst, int64(len(v.Exposures)))
		for n4 := range v.Exposures {
			dst = v.Exposures[n4].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Flags) > 0 {
		dst = appendLong(dst, int64(len(v.Flags)))
		for n5 := range v.Flags {
			dst = v.Flags[n5].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Moments) > 0 {
		dst = appendLong(dst, int64(len(v.Moments)))
		for n6 := range v.Moments {
			dst = v.Moments[n6].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *PolicyState) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *PolicyState) decodeAvro(src []byte, i int) (_ int, err error) {
	v.Consents = v.Consents[:0]
	for {
		var n7 int
		if n7, i = readBlock(src, i, 4); i < 0 {
			return 0, &DecodeError{Field: "PolicyState.consents", Problem: Problem(i)}
		}
		if n7 == 0 {
			break
		}
		v.Consents = reserve(v.Consents, n7)
		for range n7 {
			v.Consents = extend(v.Consents)
			item8 := &v.Consents[len(v.Consents)-1]
			if i, err = (*item8).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.DoNotContact, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.do_not_contact", Problem: Problem(i)}
	}
	var x9 int64
	if x9, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.do_not_contact_at", Problem: Problem(i)}
	}
	v.DoNotContactAt = Millis(x9)
	if v.Deceased, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.deceased", Problem: Problem(i)}
	}
	if v.TimeZone, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.time_zone", Problem: Problem(i)}
	}
	if v.Adult, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.adult", Problem: Problem(i)}
	}
	var x10 int64
	if x10, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.facts_at", Problem: Problem(i)}
	}
	v.FactsAt = Millis(x10)
	if v.PreferredChannel, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.preferred_channel", Problem: Problem(i)}
	}
	v.Sent = v.Sent[:0]
	for {
		var n11 int
		if n11, i = readBlock(src, i, 6); i < 0 {
			return 0, &DecodeError{Field: "PolicyState.sent", Problem: Problem(i)}
		}
		if n11 == 0 {
			break
		}
		v.Sent = reserve(v.Sent, n11)
		for range n11 {
			v.Sent = extend(v.Sent)
			item12 := &v.Sent[len(v.Sent)-1]
			if i, err = (*item12).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	var x13 int
	if x13, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.open", Problem: Problem(i)}
	}
	if v.Open.OK = x13 != 0; v.Open.OK {
		if i, err = v.Open.V.decodeAvro(src, i); err != nil {
			return 0, err
		}
	} else {
		v.Open = Opt[OpenDecision]{}
	}
	if v.Arm, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.arm", Problem: Problem(i)}
	}
	if v.ArmMixed, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.arm_mixed", Problem: Problem(i)}
	}
	var x14 int
	if x14, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "PolicyState.published", Problem: Problem(i)}
	}
	if v.Published.OK = x14 != 0; v.Published.OK {
		if i, err = v.Published.V.decodeAvro(src, i); err != nil {
			return 0, err
		}
	} else {
		v.Published = Opt[PublishedPrediction]{}
	}
	v.Starts = v.Starts[:0]
	for {
		var n15 int
		if n15, i = readBlock(src, i, 9); i < 0 {
			return 0, &DecodeError{Field: "PolicyState.starts", Problem: Problem(i)}
		}
		if n15 == 0 {
			break
		}
		v.Starts = reserve(v.Starts, n15)
		for range n15 {
			v.Starts = extend(v.Starts)
			item16 := &v.Starts[len(v.Starts)-1]
			if i, err = (*item16).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Exposures = v.Exposures[:0]
	for {
		var n17 int
		if n17, i = readBlock(src, i, 4); i < 0 {
			return 0, &DecodeError{Field: "PolicyState.exposures", Problem: Problem(i)}
		}
		if n17 == 0 {
			break
		}
		v.Exposures = reserve(v.Exposures, n17)
		for range n17 {
			v.Exposures = extend(v.Exposures)
			item18 := &v.Exposures[len(v.Exposures)-1]
			if i, err = (*item18).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Flags = v.Flags[:0]
	for {
		var n19 int
		if n19, i = readBlock(src, i, 9); i < 0 {
			return 0, &DecodeError{Field: "PolicyState.flags", Problem: Problem(i)}
		}
		if n19 == 0 {
			break
		}
		v.Flags = reserve(v.Flags, n19)
		for range n19 {
			v.Flags = extend(v.Flags)
			item20 := &v.Flags[len(v.Flags)-1]
			if i, err = (*item20).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Moments = v.Moments[:0]
	for {
		var n21 int
		if n21, i = readBlock(src, i, 8); i < 0 {
			return 0, &DecodeError{Field: "PolicyState.moments", Problem: Problem(i)}
		}
		if n21 == 0 {
			break
		}
		v.Moments = reserve(v.Moments, n21)
		for range n21 {
			v.Moments = extend(v.Moments)
			item22 := &v.Moments[len(v.Moments)-1]
			if i, err = (*item22).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *PolicyState) Clone() PolicyState {
	c := *v
	c.Consents = slices.Clone(c.Consents)
	for n23 := range c.Consents {
		c.Consents[n23] = c.Consents[n23].Clone()
	}
	c.TimeZone = cloneString(c.TimeZone)
	c.PreferredChannel = cloneString(c.PreferredChannel)
	c.Sent = slices.Clone(c.Sent)
	for n24 := range c.Sent {
		c.Sent[n24] = c.Sent[n24].Clone()
	}
	c.Open.V = c.Open.V.Clone()
	c.Arm = cloneString(c.Arm)
	c.Published.V = c.Published.V.Clone()
	c.Starts = slices.Clone(c.Starts)
	for n25 := range c.Starts {
		c.Starts[n25] = c.Starts[n25].Clone()
	}
	c.Exposures = slices.Clone(c.Exposures)
	c.Flags = slices.Clone(c.Flags)
	for n26 := range c.Flags {
		c.Flags[n26] = c.Flags[n26].Clone()
	}
	c.Moments = slices.Clone(c.Moments)
	for n27 := range c.Moments {
		c.Moments[n27] = c.Moments[n27].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *PolicyState) Reset() {
	v.Consents = v.Consents[:0]
	v.DoNotContact = false
	v.DoNotContactAt = 0
	v.Deceased = false
	v.TimeZone = ""
	v.Adult = 0
	v.FactsAt = 0
	v.PreferredChannel = ""
	v.Sent = v.Sent[:0]
	v.Open = Opt[OpenDecision]{}
	v.Arm = ""
	v.ArmMixed = false
	v.Published = Opt[PublishedPrediction]{}
	v.Starts = v.Starts[:0]
	v.Exposures = v.Exposures[:0]
	v.Flags = v.Flags[:0]
	v.Moments = v.Moments[:0]
}

// ConsentEntry: What was said last for one channel and purpose.
type ConsentEntry struct {
	// sms, push, email, voice or all.
	Channel string
	// care, service, outreach or all.
	Purpose string
	// What was said.
	Status ConsentStatus
	// Event time from which it holds.
	At Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *ConsentEntry) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Channel))
	dst = appendString(dst, string(v.Purpose))
	dst = appendIndex(dst, uint8(v.Status), 4)
	dst = appendLong(dst, int64(v.At))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ConsentEntry) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ConsentEntry) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Channel, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ConsentEntry.channel", Problem: Problem(i)}
	}
	if v.Purpose, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ConsentEntry.purpose", Problem: Problem(i)}
	}
	var x28 int
	if x28, i = readIndex(src, i, 4); i < 0 {
		return 0, &DecodeError{Field: "ConsentEntry.status", Problem: Problem(i)}
	}
	v.Status = ConsentStatus(x28)
	var x29 int64
	if x29, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ConsentEntry.at", Problem: Problem(i)}
	}
	v.At = Millis(x29)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ConsentEntry) Clone() ConsentEntry {
	c := *v
	c.Channel = cloneString(c.Channel)
	c.Purpose = cloneString(c.Purpose)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ConsentEntry) Reset() {
	*v = ConsentEntry{}
}

// ContactStart: The prediction made at the start of a contact, kept for its label.
type ContactStart struct {
	// Key of the contact.
	ContactRef string
	// Top reason.
	Top string
	// The commonest reason as the model knew it.
	Commonest string
	// The prediction.
	PredictionID string
	// Its event time.
	At Millis
	// Its model.
	ModelVersion string
	// Probability per reason, in the order of the taxonomy.
	Reasons []float64
	// Active features, ascending.
	Features []int32
	// Fingerprint of the feature space that the numbers are of; 0 from a build that wrote none.
	FeatureSpace int64
}

// AppendAvro appends the Avro binary form to dst.
func (v *ContactStart) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.ContactRef))
	dst = appendString(dst, string(v.Top))
	dst = appendString(dst, string(v.Commonest))
	dst = appendString(dst, string(v.PredictionID))
	dst = appendLong(dst, int64(v.At))
	dst = appendString(dst, string(v.ModelVersion))
	if len(v.Reasons) > 0 {
		dst = appendLong(dst, int64(len(v.Reasons)))
		for n30 := range v.Reasons {
			dst = appendDouble(dst, v.Reasons[n30])
		}
	}
	dst = append(dst, 0)
	if len(v.Features) > 0 {
		dst = appendLong(dst, int64(len(v.Features)))
		for n31 := range v.Features {
			dst = appendLong(dst, int64(v.Features[n31]))
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.FeatureSpace))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ContactStart) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ContactStart) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.ContactRef, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactStart.contact_ref", Problem: Problem(i)}
	}
	if v.Top, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactStart.top", Problem: Problem(i)}
	}
	if v.Commonest, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactStart.commonest", Problem: Problem(i)}
	}
	if v.PredictionID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactStart.prediction_id", Problem: Problem(i)}
	}
	var x32 int64
	if x32, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactStart.at", Problem: Problem(i)}
	}
	v.At = Millis(x32)
	if v.ModelVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactStart.model_version", Problem: Problem(i)}
	}
	v.Reasons = v.Reasons[:0]
	for {
		var n33 int
		if n33, i = readBlock(src, i, 8); i < 0 {
			return 0, &DecodeError{Field: "ContactStart.reasons", Problem: Problem(i)}
		}
		if n33 == 0 {
			break
		}
		v.Reasons = reserve(v.Reasons, n33)
		for range n33 {
			v.Reasons = extend(v.Reasons)
			item34 := &v.Reasons[len(v.Reasons)-1]
			if *item34, i = readDouble(src, i); i < 0 {
				return 0, &DecodeError{Field: "ContactStart.reasons", Problem: Problem(i)}
			}
		}
	}
	v.Features = v.Features[:0]
	for {
		var n35 int
		if n35, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "ContactStart.features", Problem: Problem(i)}
		}
		if n35 == 0 {
			break
		}
		v.Features = reserve(v.Features, n35)
		for range n35 {
			v.Features = extend(v.Features)
			item36 := &v.Features[len(v.Features)-1]
			if *item36, i = readInt(src, i); i < 0 {
				return 0, &DecodeError{Field: "ContactStart.features", Problem: Problem(i)}
			}
		}
	}
	if v.FeatureSpace, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactStart.feature_space", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ContactStart) Clone() ContactStart {
	c := *v
	c.ContactRef = cloneString(c.ContactRef)
	c.Top = cloneString(c.Top)
	c.Commonest = cloneString(c.Commonest)
	c.PredictionID = cloneString(c.PredictionID)
	c.ModelVersion = cloneString(c.ModelVersion)
	c.Reasons = slices.Clone(c.Reasons)
	c.Features = slices.Clone(c.Features)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ContactStart) Reset() {
	v.ContactRef = ""
	v.Top = ""
	v.Commonest = ""
	v.PredictionID = ""
	v.At = 0
	v.ModelVersion = ""
	v.Reasons = v.Reasons[:0]
	v.Features = v.Features[:0]
	v.FeatureSpace = 0
}

// Exposure: A moment from which the time to the next contact is measured.
type Exposure struct {
	// Band of the contact-rate tables.
	Band int32
	// Number of the horizon: what came is told when it has passed, not before, or contacts would be told sooner than their absence.
	Horizon int32
	// Event time.
	At Millis
	// Event time of the first contact since, 0 for none.
	ContactAt Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *Exposure) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.Band))
	dst = appendLong(dst, int64(v.Horizon))
	dst = appendLong(dst, int64(v.At))
	dst = appendLong(dst, int64(v.ContactAt))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Exposure) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Exposure) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Band, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Exposure.band", Problem: Problem(i)}
	}
	if v.Horizon, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Exposure.horizon", Problem: Problem(i)}
	}
	var x37 int64
	if x37, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Exposure.at", Problem: Problem(i)}
	}
	v.At = Millis(x37)
	var x38 int64
	if x38, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Exposure.contact_at", Problem: Problem(i)}
	}
	v.ContactAt = Millis(x38)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Exposure) Clone() Exposure {
	c := *v
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Exposure) Reset() {
	*v = Exposure{}
}

// OpenDecision: The decision that was evaluated last.
type OpenDecision struct {
	// Its id.
	DecisionID string
	// Catalogue id.
	Action string
	// Its treatment.
	Treatment string
	// Its channel.
	Channel string
	// The contact center's own id of the contact that it belongs to, or empty.
	ContactRef string
	// Contact centers were told.
	Delivered bool
	// An outcome or the end of the contact has closed it.
	Closed bool
	// Event time of the decision.
	At Millis
	// Event time after which it is void.
	ExpiresAt Millis
	// Its duties, a bit each.
	Duties int64
	// Its facts, a bit each.
	Facts int64
	// Its red flags, a bit per kind.
	Flags int32
	// Its likeliest reason.
	Top string
	// Digital steps that it knew to have failed.
	Failures int32
	// The action that a limit or the holdout took away, and its rule; or empty.
	Withheld string
	// Key of the contact that it belongs to, or empty.
	ContactKey string
}

// AppendAvro appends the Avro binary form to dst.
func (v *OpenDecision) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.DecisionID))
	dst = appendString(dst, string(v.Action))
	dst = appendString(dst, string(v.Treatment))
	dst = appendString(dst, string(v.Channel))
	dst = appendString(dst, string(v.ContactRef))
	dst = appendBool(dst, v.Delivered)
	dst = appendBool(dst, v.Closed)
	dst = appendLong(dst, int64(v.At))
	dst = appendLong(dst, int64(v.ExpiresAt))
	dst = appendLong(dst, int64(v.Duties))
	dst = appendLong(dst, int64(v.Facts))
	dst = appendLong(dst, int64(v.Flags))
	dst = appendString(dst, string(v.Top))
	dst = appendLong(dst, int64(v.Failures))
	dst = appendString(dst, string(v.Withheld))
	dst = appendString(dst, string(v.ContactKey))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *OpenDecision) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *OpenDecision) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.DecisionID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.decision_id", Problem: Problem(i)}
	}
	if v.Action, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.action", Problem: Problem(i)}
	}
	if v.Treatment, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.treatment", Problem: Problem(i)}
	}
	if v.Channel, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.channel", Problem: Problem(i)}
	}
	if v.ContactRef, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.contact_ref", Problem: Problem(i)}
	}
	if v.Delivered, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.delivered", Problem: Problem(i)}
	}
	if v.Closed, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.closed", Problem: Problem(i)}
	}
	var x39 int64
	if x39, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.at", Problem: Problem(i)}
	}
	v.At = Millis(x39)
	var x40 int64
	if x40, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.expires_at", Problem: Problem(i)}
	}
	v.ExpiresAt = Millis(x40)
	if v.Duties, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.duties", Problem: Problem(i)}
	}
	if v.Facts, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.facts", Problem: Problem(i)}
	}
	if v.Flags, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.flags", Problem: Problem(i)}
	}
	if v.Top, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.top", Problem: Problem(i)}
	}
	if v.Failures, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.failures", Problem: Problem(i)}
	}
	if v.Withheld, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.withheld", Problem: Problem(i)}
	}
	if v.ContactKey, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenDecision.contact_key", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *OpenDecision) Clone() OpenDecision {
	c := *v
	c.DecisionID = cloneString(c.DecisionID)
	c.Action = cloneString(c.Action)
	c.Treatment = cloneString(c.Treatment)
	c.Channel = cloneString(c.Channel)
	c.ContactRef = cloneString(c.ContactRef)
	c.Top = cloneString(c.Top)
	c.Withheld = cloneString(c.Withheld)
	c.ContactKey = cloneString(c.ContactKey)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *OpenDecision) Reset() {
	*v = OpenDecision{}
}

// OpenFlag: A red flag that was raised and that nobody has answered yet.
type OpenFlag struct {
	// As in signals.
	Kind int32
	// As in signals.
	Source int32
	// The touchpoint that showed it.
	EventID string
	// Event time of that touchpoint.
	At Millis
	// Event time of the decision that raised it, or carried it into another contact.
	RaisedAt Millis
	// Key of the contact in which it was raised or carried last, or empty.
	ContactRef string
	// The decisions that carried it, newest last, at most eight: an outcome of one of them answers it.
	CarriedBy []string
	// Event time of the outcome that says what became of it; 0 while it is open.
	AnsweredAt Millis
	// That outcome says that the service took over.
	Accepted bool
}

// AppendAvro appends the Avro binary form to dst.
func (v *OpenFlag) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.Kind))
	dst = appendLong(dst, int64(v.Source))
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.At))
	dst = appendLong(dst, int64(v.RaisedAt))
	dst = appendString(dst, string(v.ContactRef))
	if len(v.CarriedBy) > 0 {
		dst = appendLong(dst, int64(len(v.CarriedBy)))
		for n41 := range v.CarriedBy {
			dst = appendString(dst, string(v.CarriedBy[n41]))
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.AnsweredAt))
	dst = appendBool(dst, v.Accepted)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *OpenFlag) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *OpenFlag) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Kind, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenFlag.kind", Problem: Problem(i)}
	}
	if v.Source, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenFlag.source", Problem: Problem(i)}
	}
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenFlag.event_id", Problem: Problem(i)}
	}
	var x42 int64
	if x42, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenFlag.at", Problem: Problem(i)}
	}
	v.At = Millis(x42)
	var x43 int64
	if x43, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenFlag.raised_at", Problem: Problem(i)}
	}
	v.RaisedAt = Millis(x43)
	if v.ContactRef, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenFlag.contact_ref", Problem: Problem(i)}
	}
	v.CarriedBy = v.CarriedBy[:0]
	for {
		var n44 int
		if n44, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "OpenFlag.carried_by", Problem: Problem(i)}
		}
		if n44 == 0 {
			break
		}
		v.CarriedBy = reserve(v.CarriedBy, n44)
		for range n44 {
			v.CarriedBy = extend(v.CarriedBy)
			item45 := &v.CarriedBy[len(v.CarriedBy)-1]
			if *item45, i = readString(src, i); i < 0 {
				return 0, &DecodeError{Field: "OpenFlag.carried_by", Problem: Problem(i)}
			}
		}
	}
	var x46 int64
	if x46, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenFlag.answered_at", Problem: Problem(i)}
	}
	v.AnsweredAt = Millis(x46)
	if v.Accepted, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenFlag.accepted", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *OpenFlag) Clone() OpenFlag {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.ContactRef = cloneString(c.ContactRef)
	c.CarriedBy = slices.Clone(c.CarriedBy)
	for n47 := range c.CarriedBy {
		c.CarriedBy[n47] = cloneString(c.CarriedBy[n47])
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *OpenFlag) Reset() {
	v.Kind = 0
	v.Source = 0
	v.EventID = ""
	v.At = 0
	v.RaisedAt = 0
	v.ContactRef = ""
	v.CarriedBy = v.CarriedBy[:0]
	v.AnsweredAt = 0
	v.Accepted = false
}

// OpenMoment: A moment that hazards are learned from, kept until a contact came or the longest horizon has passed.
type OpenMoment struct {
	// The touchpoint that made it.
	EventID string
	// Its event time.
	At Millis
	// Band of the contact-rate tables then.
	Band int32
	// What was known, as tokens of moments.
	Features []int32
	// Fingerprint of the space of moments that the tokens are of.
	FeatureSpace int64
	// The model then.
	ModelVersion string
	// The interval between two horizons whose outcome is told next.
	Interval int32
	// Event time of the first contact since, 0 for none.
	ContactAt Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *OpenMoment) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.At))
	dst = appendLong(dst, int64(v.Band))
	if len(v.Features) > 0 {
		dst = appendLong(dst, int64(len(v.Features)))
		for n48 := range v.Features {
			dst = appendLong(dst, int64(v.Features[n48]))
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.FeatureSpace))
	dst = appendString(dst, string(v.ModelVersion))
	dst = appendLong(dst, int64(v.Interval))
	dst = appendLong(dst, int64(v.ContactAt))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *OpenMoment) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *OpenMoment) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenMoment.event_id", Problem: Problem(i)}
	}
	var x49 int64
	if x49, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenMoment.at", Problem: Problem(i)}
	}
	v.At = Millis(x49)
	if v.Band, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenMoment.band", Problem: Problem(i)}
	}
	v.Features = v.Features[:0]
	for {
		var n50 int
		if n50, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "OpenMoment.features", Problem: Problem(i)}
		}
		if n50 == 0 {
			break
		}
		v.Features = reserve(v.Features, n50)
		for range n50 {
			v.Features = extend(v.Features)
			item51 := &v.Features[len(v.Features)-1]
			if *item51, i = readInt(src, i); i < 0 {
				return 0, &DecodeError{Field: "OpenMoment.features", Problem: Problem(i)}
			}
		}
	}
	if v.FeatureSpace, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenMoment.feature_space", Problem: Problem(i)}
	}
	if v.ModelVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenMoment.model_version", Problem: Problem(i)}
	}
	if v.Interval, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenMoment.interval", Problem: Problem(i)}
	}
	var x52 int64
	if x52, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "OpenMoment.contact_at", Problem: Problem(i)}
	}
	v.ContactAt = Millis(x52)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *OpenMoment) Clone() OpenMoment {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.Features = slices.Clone(c.Features)
	c.ModelVersion = cloneString(c.ModelVersion)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *OpenMoment) Reset() {
	v.EventID = ""
	v.At = 0
	v.Band = 0
	v.Features = v.Features[:0]
	v.FeatureSpace = 0
	v.ModelVersion = ""
	v.Interval = 0
	v.ContactAt = 0
}

// PublishedPrediction: What contact-predictions said last.
type PublishedPrediction struct {
	// Top reason.
	Top string
	// Urgency.
	Urgency float64
	// As published.
	P15m float64
	// As published.
	P2h float64
	// As published.
	P24h float64
	// As published.
	P7d float64
}

// AppendAvro appends the Avro binary form to dst.
func (v *PublishedPrediction) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Top))
	dst = appendDouble(dst, v.Urgency)
	dst = appendDouble(dst, v.P15m)
	dst = appendDouble(dst, v.P2h)
	dst = appendDouble(dst, v.P24h)
	dst = appendDouble(dst, v.P7d)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *PublishedPrediction) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *PublishedPrediction) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Top, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PublishedPrediction.top", Problem: Problem(i)}
	}
	if v.Urgency, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "PublishedPrediction.urgency", Problem: Problem(i)}
	}
	if v.P15m, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "PublishedPrediction.p_15m", Problem: Problem(i)}
	}
	if v.P2h, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "PublishedPrediction.p_2h", Problem: Problem(i)}
	}
	if v.P24h, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "PublishedPrediction.p_24h", Problem: Problem(i)}
	}
	if v.P7d, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "PublishedPrediction.p_7d", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *PublishedPrediction) Clone() PublishedPrediction {
	c := *v
	c.Top = cloneString(c.Top)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *PublishedPrediction) Reset() {
	*v = PublishedPrediction{}
}

// SentAction: Outreach that was decided, for the caps.
type SentAction struct {
	// Catalogue id.
	Action string
	// Channel.
	Channel string
	// Purpose.
	Purpose string
	// Event time of the decision.
	At Millis
	// The patient turned it down.
	Rejected bool
	// An outcome says that it reached somebody.
	Seen bool
}

// AppendAvro appends the Avro binary form to dst.
func (v *SentAction) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Action))
	dst = appendString(dst, string(v.Channel))
	dst = appendString(dst, string(v.Purpose))
	dst = appendLong(dst, int64(v.At))
	dst = appendBool(dst, v.Rejected)
	dst = appendBool(dst, v.Seen)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *SentAction) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *SentAction) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Action, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "SentAction.action", Problem: Problem(i)}
	}
	if v.Channel, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "SentAction.channel", Problem: Problem(i)}
	}
	if v.Purpose, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "SentAction.purpose", Problem: Problem(i)}
	}
	var x53 int64
	if x53, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "SentAction.at", Problem: Problem(i)}
	}
	v.At = Millis(x53)
	if v.Rejected, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "SentAction.rejected", Problem: Problem(i)}
	}
	if v.Seen, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "SentAction.seen", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *SentAction) Clone() SentAction {
	c := *v
	c.Action = cloneString(c.Action)
	c.Channel = cloneString(c.Channel)
	c.Purpose = cloneString(c.Purpose)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *SentAction) Reset() {
	*v = SentAction{}
}

// PolicyStateSchema is the self-contained Avro schema of PolicyState.
const PolicyStateSchema = `{"type":"record","name":"PolicyState","namespace":"health.attune","doc":"What decisions about one person depend on besides the persona. State only: of the shard of kind person.","fields":[{"name":"consents","type":{"type":"array","items":{"type":"record","name":"ConsentEntry","doc":"What was said last for one channel and purpose.","fields":[{"name":"channel","type":"string","doc":"sms, push, email, voice or all."},{"name":"purpose","type":"string","doc":"care, service, outreach or all."},{"name":"status","type":{"type":"enum","name":"ConsentStatus","symbols":["unknown","granted","denied","do_not_contact"],"default":"unknown"},"doc":"What was said."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time from which it holds."}]}},"doc":"One per channel and purpose.","default":[]},{"name":"do_not_contact","type":"boolean","doc":"The patient asked for no outreach at all, on any channel.","default":false},{"name":"do_not_contact_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest word on it.","default":0},{"name":"deceased","type":"boolean","doc":"The health record says so.","default":false},{"name":"time_zone","type":"string","doc":"IANA zone; empty where unknown.","default":""},{"name":"adult","type":"int","doc":"0 unknown, 1 of age, 2 under age.","default":0},{"name":"facts_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the consent record that said zone and age last.","default":0},{"name":"preferred_channel","type":"string","doc":"As stated, or empty.","default":""},{"name":"sent","type":{"type":"array","items":{"type":"record","name":"SentAction","doc":"Outreach that was decided, for the caps.","fields":[{"name":"action","type":"string","doc":"Catalogue id."},{"name":"channel","type":"string","doc":"Channel."},{"name":"purpose","type":"string","doc":"Purpose."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the decision."},{"name":"rejected","type":"boolean","doc":"The patient turned it down.","default":false},{"name":"seen","type":"boolean","doc":"An outcome says that it reached somebody.","default":false}]}},"doc":"The last forty-five days, oldest first, at most sixty-four.","default":[]},{"name":"open","type":["null",{"type":"record","name":"OpenDecision","doc":"The decision that was evaluated last.","fields":[{"name":"decision_id","type":"string","doc":"Its id."},{"name":"action","type":"string","doc":"Catalogue id."},{"name":"treatment","type":"string","doc":"Its treatment."},{"name":"channel","type":"string","doc":"Its channel."},{"name":"contact_ref","type":"string","doc":"The contact center's own id of the contact that it belongs to, or empty.","default":""},{"name":"delivered","type":"boolean","doc":"Contact centers were told."},{"name":"closed","type":"boolean","doc":"An outcome or the end of the contact has closed it.","default":false},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the decision."},{"name":"expires_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time after which it is void."},{"name":"duties","type":"long","doc":"Its duties, a bit each.","default":0},{"name":"facts","type":"long","doc":"Its facts, a bit each.","default":0},{"name":"flags","type":"int","doc":"Its red flags, a bit per kind.","default":0},{"name":"top","type":"string","doc":"Its likeliest reason.","default":""},{"name":"failures","type":"int","doc":"Digital steps that it knew to have failed.","default":0},{"name":"withheld","type":"string","doc":"The action that a limit or the holdout took away, and its rule; or empty.","default":""},{"name":"contact_key","type":"string","doc":"Key of the contact that it belongs to, or empty.","default":""}]}],"doc":"The decision evaluated last, delivered or not.","default":null},{"name":"arm","type":"string","doc":"Experiment arm, drawn once.","default":""},{"name":"arm_mixed","type":"boolean","doc":"A move brought a person of another arm.","default":false},{"name":"published","type":["null",{"type":"record","name":"PublishedPrediction","doc":"What contact-predictions said last.","fields":[{"name":"top","type":"string","doc":"Top reason."},{"name":"urgency","type":"double","doc":"Urgency."},{"name":"p_15m","type":"double","doc":"As published."},{"name":"p_2h","type":"double","doc":"As published."},{"name":"p_24h","type":"double","doc":"As published."},{"name":"p_7d","type":"double","doc":"As published."}]}],"doc":"What contact-predictions said last.","default":null},{"name":"starts","type":{"type":"array","items":{"type":"record","name":"ContactStart","doc":"The prediction made at the start of a contact, kept for its label.","fields":[{"name":"contact_ref","type":"string","doc":"Key of the contact."},{"name":"top","type":"string","doc":"Top reason."},{"name":"commonest","type":"string","doc":"The commonest reason as the model knew it.","default":""},{"name":"prediction_id","type":"string","doc":"The prediction."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time."},{"name":"model_version","type":"string","doc":"Its model."},{"name":"reasons","type":{"type":"array","items":"double"},"doc":"Probability per reason, in the order of the taxonomy."},{"name":"features","type":{"type":"array","items":"int"},"doc":"Active features, ascending."},{"name":"feature_space","type":"long","doc":"Fingerprint of the feature space that the numbers are of; 0 from a build that wrote none.","default":0}]}},"doc":"Of contacts whose reason is awaited, oldest first, at most four.","default":[]},{"name":"exposures","type":{"type":"array","items":{"type":"record","name":"Exposure","doc":"A moment from which the time to the next contact is measured.","fields":[{"name":"band","type":"int","doc":"Band of the contact-rate tables."},{"name":"horizon","type":"int","doc":"Number of the horizon: what came is told when it has passed, not before, or contacts would be told sooner than their absence.","default":0},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"contact_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the first contact since, 0 for none.","default":0}]}},"doc":"At most one per band and horizon.","default":[]},{"name":"flags","type":{"type":"array","items":{"type":"record","name":"OpenFlag","doc":"A red flag that was raised and that nobody has answered yet.","fields":[{"name":"kind","type":"int","doc":"As in signals."},{"name":"source","type":"int","doc":"As in signals."},{"name":"event_id","type":"string","doc":"The touchpoint that showed it."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that touchpoint."},{"name":"raised_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the decision that raised it, or carried it into another contact."},{"name":"contact_ref","type":"string","doc":"Key of the contact in which it was raised or carried last, or empty.","default":""},{"name":"carried_by","type":{"type":"array","items":"string"},"doc":"The decisions that carried it, newest last, at most eight: an outcome of one of them answers it.","default":[]},{"name":"answered_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the outcome that says what became of it; 0 while it is open.","default":0},{"name":"accepted","type":"boolean","doc":"That outcome says that the service took over.","default":false}]}},"doc":"At most one per kind; answered ones are kept so that the same touchpoint does not raise them again.","default":[]},{"name":"moments","type":{"type":"array","items":{"type":"record","name":"OpenMoment","doc":"A moment that hazards are learned from, kept until a contact came or the longest horizon has passed.","fields":[{"name":"event_id","type":"string","doc":"The touchpoint that made it."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time."},{"name":"band","type":"int","doc":"Band of the contact-rate tables then."},{"name":"features","type":{"type":"array","items":"int"},"doc":"What was known, as tokens of moments."},{"name":"feature_space","type":"long","doc":"Fingerprint of the space of moments that the tokens are of."},{"name":"model_version","type":"string","doc":"The model then."},{"name":"interval","type":"int","doc":"The interval between two horizons whose outcome is told next.","default":0},{"name":"contact_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the first contact since, 0 for none.","default":0}]}},"doc":"One touchpoint in ten makes one, at most eight are open.","default":[]}]}`
