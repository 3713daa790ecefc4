// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
	"slices"
)

// Prediction: Whether, when and why a patient will make contact.
type Prediction struct {
	// Deterministic: of the trigger and ordinal.
	PredictionID string
	// Who.
	PersonRef PersonRef
	// Event time of the trigger.
	AsOf Millis
	// Event id of the touchpoint, or the timer, that caused it.
	TriggerID string
	// Channel of the trigger.
	Channel Channel
	// The contact center's own call id, within a contact that has one.
	ContactRef Opt[string]
	// Where in the contact it was made.
	Phase PredictionPhase
	// The model that made it.
	ModelVersion string
	// The reasons it chose from.
	TaxonomyVersion string
	// Whole distribution: first the reason that is named, then the others, most probable first.
	Reasons []ReasonProbability
	// Probability of a contact within 15 minutes.
	P15m float64
	// Within 2 hours.
	P2h float64
	// Within 24 hours.
	P24h float64
	// Within 7 days.
	P7d float64
	// 0 to 1.
	Urgency float64
	// The persona's effort then.
	Effort float64
	// The persona's frustration then.
	Frustration float64
	// Strongest first, at most five.
	Evidence []Evidence
	// Active feature numbers of the taxonomy's feature space, ascending.
	Features []int32
	// Fingerprint of the feature space that the numbers are of; 0 from a build that wrote none.
	FeatureSpace int64
	// Event time until which the probabilities of horizons hold if nothing is heard of the person: the end of the first interval in which a contact was likely enough to matter; 0 from a build that wrote none.
	ExpiresAt Millis
	// What the prediction had to do without: reason (it tells hardly more than the usual mix does: none is to be named), model, contacts, digital_steps, health_record, contact_center.
	NotKnown []string
	// The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.
	ContactKey string
}

// AppendAvro appends the Avro binary form to dst.
func (v *Prediction) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.PredictionID))
	dst = appendString(dst, string(v.PersonRef))
	dst = appendLong(dst, int64(v.AsOf))
	dst = appendString(dst, string(v.TriggerID))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	if v.ContactRef.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.ContactRef.V))
	} else {
		dst = append(dst, 0)
	}
	dst = appendIndex(dst, uint8(v.Phase), 3)
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
	dst = appendDouble(dst, v.P2h)
	dst = appendDouble(dst, v.P24h)
	dst = appendDouble(dst, v.P7d)
	dst = appendDouble(dst, v.Urgency)
	dst = appendDouble(dst, v.Effort)
	dst = appendDouble(dst, v.Frustration)
	if len(v.Evidence) > 0 {
		dst = appendLong(dst, int64(len(v.Evidence)))
		for n2 := range v.Evidence {
			dst = v.Evidence[n2].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if len(v.Features) > 0 {
		dst = appendLong(dst, int64(len(v.Features)))
		for n3 := range v.Features {
			dst = appendLong(dst, int64(v.Features[n3]))
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.FeatureSpace))
	dst = appendLong(dst, int64(v.ExpiresAt))
	if len(v.NotKnown) > 0 {
		dst = appendLong(dst, int64(len(v.NotKnown)))
		for n4 := range v.NotKnown {
			dst = appendString(dst, string(v.NotKnown[n4]))
		}
	}
	dst = append(dst, 0)
	dst = appendString(dst, string(v.ContactKey))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Prediction) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Prediction) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.PredictionID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.prediction_id", Problem: Problem(i)}
	}
	var x5 string
	if x5, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x5)
	var x6 int64
	if x6, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.as_of", Problem: Problem(i)}
	}
	v.AsOf = Millis(x6)
	if v.TriggerID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.trigger_id", Problem: Problem(i)}
	}
	var x7 int
	if x7, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "Prediction.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x7)
	var x8 int
	if x8, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "Prediction.contact_ref", Problem: Problem(i)}
	}
	if v.ContactRef.OK = x8 != 0; v.ContactRef.OK {
		if v.ContactRef.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "Prediction.contact_ref", Problem: Problem(i)}
		}
	} else {
		v.ContactRef = Opt[string]{}
	}
	var x9 int
	if x9, i = readIndex(src, i, 3); i < 0 {
		return 0, &DecodeError{Field: "Prediction.phase", Problem: Problem(i)}
	}
	v.Phase = PredictionPhase(x9)
	if v.ModelVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.model_version", Problem: Problem(i)}
	}
	if v.TaxonomyVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.taxonomy_version", Problem: Problem(i)}
	}
	v.Reasons = v.Reasons[:0]
	for {
		var n10 int
		if n10, i = readBlock(src, i, 9); i < 0 {
			return 0, &DecodeError{Field: "Prediction.reasons", Problem: Problem(i)}
		}
		if n10 == 0 {
			break
		}
		v.Reasons = reserve(v.Reasons, n10)
		for range n10 {
			v.Reasons = extend(v.Reasons)
			item11 := &v.Reasons[len(v.Reasons)-1]
			if i, err = (*item11).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.P15m, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.p_15m", Problem: Problem(i)}
	}
	if v.P2h, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.p_2h", Problem: Problem(i)}
	}
	if v.P24h, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.p_24h", Problem: Problem(i)}
	}
	if v.P7d, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.p_7d", Problem: Problem(i)}
	}
	if v.Urgency, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.urgency", Problem: Problem(i)}
	}
	if v.Effort, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.effort", Problem: Problem(i)}
	}
	if v.Frustration, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.frustration", Problem: Problem(i)}
	}
	v.Evidence = v.Evidence[:0]
	for {
		var n12 int
		if n12, i = readBlock(src, i, 11); i < 0 {
			return 0, &DecodeError{Field: "Prediction.evidence", Problem: Problem(i)}
		}
		if n12 == 0 {
			break
		}
		v.Evidence = reserve(v.Evidence, n12)
		for range n12 {
			v.Evidence = extend(v.Evidence)
			item13 := &v.Evidence[len(v.Evidence)-1]
			if i, err = (*item13).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	v.Features = v.Features[:0]
	for {
		var n14 int
		if n14, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "Prediction.features", Problem: Problem(i)}
		}
		if n14 == 0 {
			break
		}
		v.Features = reserve(v.Features, n14)
		for range n14 {
			v.Features = extend(v.Features)
			item15 := &v.Features[len(v.Features)-1]
			if *item15, i = readInt(src, i); i < 0 {
				return 0, &DecodeError{Field: "Prediction.features", Problem: Problem(i)}
			}
		}
	}
	if v.FeatureSpace, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.feature_space", Problem: Problem(i)}
	}
	var x16 int64
	if x16, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.expires_at", Problem: Problem(i)}
	}
	v.ExpiresAt = Millis(x16)
	v.NotKnown = v.NotKnown[:0]
	for {
		var n17 int
		if n17, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "Prediction.not_known", Problem: Problem(i)}
		}
		if n17 == 0 {
			break
		}
		v.NotKnown = reserve(v.NotKnown, n17)
		for range n17 {
			v.NotKnown = extend(v.NotKnown)
			item18 := &v.NotKnown[len(v.NotKnown)-1]
			if *item18, i = readString(src, i); i < 0 {
				return 0, &DecodeError{Field: "Prediction.not_known", Problem: Problem(i)}
			}
		}
	}
	if v.ContactKey, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Prediction.contact_key", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Prediction) Clone() Prediction {
	c := *v
	c.PredictionID = cloneString(c.PredictionID)
	c.PersonRef = cloneString(c.PersonRef)
	c.TriggerID = cloneString(c.TriggerID)
	c.ContactRef.V = cloneString(c.ContactRef.V)
	c.ModelVersion = cloneString(c.ModelVersion)
	c.TaxonomyVersion = cloneString(c.TaxonomyVersion)
	c.Reasons = slices.Clone(c.Reasons)
	for n19 := range c.Reasons {
		c.Reasons[n19] = c.Reasons[n19].Clone()
	}
	c.Evidence = slices.Clone(c.Evidence)
	for n20 := range c.Evidence {
		c.Evidence[n20] = c.Evidence[n20].Clone()
	}
	c.Features = slices.Clone(c.Features)
	c.NotKnown = slices.Clone(c.NotKnown)
	for n21 := range c.NotKnown {
		c.NotKnown[n21] = cloneString(c.NotKnown[n21])
	}
	c.ContactKey = cloneString(c.ContactKey)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Prediction) Reset() {
	v.PredictionID = ""
	v.PersonRef = ""
	v.AsOf = 0
	v.TriggerID = ""
	v.Channel = 0
	v.ContactRef = Opt[string]{}
	v.Phase = 0
	v.ModelVersion = ""
	v.TaxonomyVersion = ""
	v.Reasons = v.Reasons[:0]
	v.P15m = 0
	v.P2h = 0
	v.P24h = 0
	v.P7d = 0
	v.Urgency = 0
	v.Effort = 0
	v.Frustration = 0
	v.Evidence = v.Evidence[:0]
	v.Features = v.Features[:0]
	v.FeatureSpace = 0
	v.ExpiresAt = 0
	v.NotKnown = v.NotKnown[:0]
	v.ContactKey = ""
}

// Evidence: What speaks for the top reason.
type Evidence struct {
	// Name of the feature.
	Feature string
	// Log-odds it adds to the top reason.
	Weight float64
	// In words.
	Text string
	// Event time, where it is one event.
	At Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *Evidence) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Feature))
	dst = appendDouble(dst, v.Weight)
	dst = appendString(dst, string(v.Text))
	dst = appendLong(dst, int64(v.At))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Evidence) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Evidence) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Feature, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Evidence.feature", Problem: Problem(i)}
	}
	if v.Weight, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Evidence.weight", Problem: Problem(i)}
	}
	if v.Text, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Evidence.text", Problem: Problem(i)}
	}
	var x22 int64
	if x22, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Evidence.at", Problem: Problem(i)}
	}
	v.At = Millis(x22)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Evidence) Clone() Evidence {
	c := *v
	c.Feature = cloneString(c.Feature)
	c.Text = cloneString(c.Text)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Evidence) Reset() {
	*v = Evidence{}
}

// PredictionPhase: see the schema.
type PredictionPhase uint8

// The symbols of PredictionPhase.
const (
	PredictionPhaseUpdate       PredictionPhase = 0
	PredictionPhaseContactStart PredictionPhase = 1
	PredictionPhaseContactEnd   PredictionPhase = 2
)

// PredictionPhaseCount is how many symbols PredictionPhase has.
const PredictionPhaseCount = 3

// String is the symbol.
func (e PredictionPhase) String() string {
	switch e {
	case PredictionPhaseUpdate:
		return "update"
	case PredictionPhaseContactStart:
		return "contact_start"
	case PredictionPhaseContactEnd:
		return "contact_end"
	}
	return fmt.Sprintf("PredictionPhase(%d)", uint8(e))
}

// ParsePredictionPhase finds the value of a symbol; ok is false where there is none.
func ParsePredictionPhase(symbol string) (e PredictionPhase, ok bool) {
	switch symbol {
	case "update":
		return PredictionPhaseUpdate, true
	case "contact_start":
		return PredictionPhaseContactStart, true
	case "contact_end":
		return PredictionPhaseContactEnd, true
	}
	return PredictionPhaseUpdate, false
}

// MarshalText is the symbol.
func (e PredictionPhase) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *PredictionPhase) UnmarshalText(text []byte) error {
	v, ok := ParsePredictionPhase(string(text))
	if !ok {
		return &DecodeError{Field: "PredictionPhase", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// ReasonProbability: A reason and its probability given a contact.
type ReasonProbability struct {
	// Reason code of the taxonomy.
	Code string
	// Probability.
	P float64
}

// AppendAvro appends the Avro binary form to dst.
func (v *ReasonProbability) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Code))
	dst = appendDouble(dst, v.P)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ReasonProbability) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ReasonProbability) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Code, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonProbability.code", Problem: Problem(i)}
	}
	if v.P, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "ReasonProbability.p", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ReasonProbability) Clone() ReasonProbability {
	c := *v
	c.Code = cloneString(c.Code)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ReasonProbability) Reset() {
	*v = ReasonProbability{}
}

// PredictionSchema is the self-contained Avro schema of Prediction.
const PredictionSchema = `{"type":"record","name":"Prediction","namespace":"health.attune","doc":"Whether, when and why a patient will make contact.","fields":[{"name":"prediction_id","type":"string","doc":"Deterministic: of the trigger and ordinal."},{"name":"person_ref","type":"string","doc":"Who."},{"name":"as_of","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the trigger."},{"name":"trigger_id","type":"string","doc":"Event id of the touchpoint, or the timer, that caused it."},{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["unknown","web","app","call","ehr"],"default":"unknown"},"doc":"Channel of the trigger.","default":"unknown"},{"name":"contact_ref","type":["null","string"],"doc":"The contact center's own call id, within a contact that has one.","default":null},{"name":"phase","type":{"type":"enum","name":"PredictionPhase","symbols":["update","contact_start","contact_end"],"default":"update"},"doc":"Where in the contact it was made.","default":"update"},{"name":"model_version","type":"string","doc":"The model that made it."},{"name":"taxonomy_version","type":"string","doc":"The reasons it chose from."},{"name":"reasons","type":{"type":"array","items":{"type":"record","name":"ReasonProbability","doc":"A reason and its probability given a contact.","fields":[{"name":"code","type":"string","doc":"Reason code of the taxonomy."},{"name":"p","type":"double","doc":"Probability."}]}},"doc":"Whole distribution: first the reason that is named, then the others, most probable first."},{"name":"p_15m","type":"double","doc":"Probability of a contact within 15 minutes."},{"name":"p_2h","type":"double","doc":"Within 2 hours."},{"name":"p_24h","type":"double","doc":"Within 24 hours."},{"name":"p_7d","type":"double","doc":"Within 7 days."},{"name":"urgency","type":"double","doc":"0 to 1."},{"name":"effort","type":"double","doc":"The persona's effort then."},{"name":"frustration","type":"double","doc":"The persona's frustration then."},{"name":"evidence","type":{"type":"array","items":{"type":"record","name":"Evidence","doc":"What speaks for the top reason.","fields":[{"name":"feature","type":"string","doc":"Name of the feature."},{"name":"weight","type":"double","doc":"Log-odds it adds to the top reason."},{"name":"text","type":"string","doc":"In words."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time, where it is one event.","default":0}]}},"doc":"Strongest first, at most five."},{"name":"features","type":{"type":"array","items":"int"},"doc":"Active feature numbers of the taxonomy's feature space, ascending."},{"name":"feature_space","type":"long","doc":"Fingerprint of the feature space that the numbers are of; 0 from a build that wrote none.","default":0},{"name":"expires_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time until which the probabilities of horizons hold if nothing is heard of the person: the end of the first interval in which a contact was likely enough to matter; 0 from a build that wrote none.","default":0},{"name":"not_known","type":{"type":"array","items":"string"},"doc":"What the prediction had to do without: reason (it tells hardly more than the usual mix does: none is to be named), model, contacts, digital_steps, health_record, contact_center.","default":[]},{"name":"contact_key","type":"string","doc":"The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.","default":""}]}`
