// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// TrainingExample: A prediction's features with the reason that became known.
type TrainingExample struct {
	// The prediction that is scored, or empty for a contact without one.
	PredictionID string
	// Who.
	PersonRef PersonRef
	// The contact center's own id of the contact, where it has one.
	ContactRef Opt[string]
	// Event time of the prediction.
	PredictedAt Millis
	// Event time at which the reason became known.
	LabelledAt Millis
	// The reason: a code of the taxonomy.
	Reason string
	// Top reason that had been predicted.
	Predicted string
	// Probability that had been given to the reason.
	P float64
	// The commonest reason so far, as the model knew it.
	Commonest string
	// Model of the prediction.
	ModelVersion string
	// Reasons.
	TaxonomyVersion string
	// Active feature numbers, ascending.
	Features []int32
	// For examples of whether a contact came: band of the contact-rate tables; -1 for examples of a reason.
	ExposureBand int32
	// For the same: event time until the contact; -1 where none came before labelled_at.
	ContactAfterMs int64
	// Fingerprint of the feature space that the numbers are of; 0 from a build that wrote none.
	FeatureSpace int64
	// How the contact went: 0 answered, 1 abandoned in the queue, 2 ended in the menu; -1 where it was no contact.
	Outcome int32
	// Its wait in the queue.
	WaitMs int64
	// For examples of whether a contact came that carry the features of their moment: number of the interval between two horizons that labelled_at ends, in which a contact came or not; -1 for all others.
	Interval int32
	// The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.
	ContactKey string
	// How much it counts: a half where the contact had two reasons, each of which is an example.
	Weight float64
}

// AppendAvro appends the Avro binary form to dst.
func (v *TrainingExample) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.PredictionID))
	dst = appendString(dst, string(v.PersonRef))
	if v.ContactRef.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.ContactRef.V))
	} else {
		dst = append(dst, 0)
	}
	dst = appendLong(dst, int64(v.PredictedAt))
	dst = appendLong(dst, int64(v.LabelledAt))
	dst = appendString(dst, string(v.Reason))
	dst = appendString(dst, string(v.Predicted))
	dst = appendDouble(dst, v.P)
	dst = appendString(dst, string(v.Commonest))
	dst = appendString(dst, string(v.ModelVersion))
	dst = appendString(dst, string(v.TaxonomyVersion))
	if len(v.Features) > 0 {
		dst = appendLong(dst, int64(len(v.Features)))
		for n1 := range v.Features {
			dst = appendLong(dst, int64(v.Features[n1]))
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.ExposureBand))
	dst = appendLong(dst, int64(v.ContactAfterMs))
	dst = appendLong(dst, int64(v.FeatureSpace))
	dst = appendLong(dst, int64(v.Outcome))
	dst = appendLong(dst, int64(v.WaitMs))
	dst = appendLong(dst, int64(v.Interval))
	dst = appendString(dst, string(v.ContactKey))
	dst = appendDouble(dst, v.Weight)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *TrainingExample) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *TrainingExample) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.PredictionID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.prediction_id", Problem: Problem(i)}
	}
	var x2 string
	if x2, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x2)
	var x3 int
	if x3, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.contact_ref", Problem: Problem(i)}
	}
	if v.ContactRef.OK = x3 != 0; v.ContactRef.OK {
		if v.ContactRef.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "TrainingExample.contact_ref", Problem: Problem(i)}
		}
	} else {
		v.ContactRef = Opt[string]{}
	}
	var x4 int64
	if x4, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.predicted_at", Problem: Problem(i)}
	}
	v.PredictedAt = Millis(x4)
	var x5 int64
	if x5, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.labelled_at", Problem: Problem(i)}
	}
	v.LabelledAt = Millis(x5)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.reason", Problem: Problem(i)}
	}
	if v.Predicted, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.predicted", Problem: Problem(i)}
	}
	if v.P, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.p", Problem: Problem(i)}
	}
	if v.Commonest, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.commonest", Problem: Problem(i)}
	}
	if v.ModelVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.model_version", Problem: Problem(i)}
	}
	if v.TaxonomyVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.taxonomy_version", Problem: Problem(i)}
	}
	v.Features = v.Features[:0]
	for {
		var n6 int
		if n6, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "TrainingExample.features", Problem: Problem(i)}
		}
		if n6 == 0 {
			break
		}
		v.Features = reserve(v.Features, n6)
		for range n6 {
			v.Features = extend(v.Features)
			item7 := &v.Features[len(v.Features)-1]
			if *item7, i = readInt(src, i); i < 0 {
				return 0, &DecodeError{Field: "TrainingExample.features", Problem: Problem(i)}
			}
		}
	}
	if v.ExposureBand, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.exposure_band", Problem: Problem(i)}
	}
	if v.ContactAfterMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.contact_after_ms", Problem: Problem(i)}
	}
	if v.FeatureSpace, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.feature_space", Problem: Problem(i)}
	}
	if v.Outcome, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.outcome", Problem: Problem(i)}
	}
	if v.WaitMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.wait_ms", Problem: Problem(i)}
	}
	if v.Interval, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.interval", Problem: Problem(i)}
	}
	if v.ContactKey, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.contact_key", Problem: Problem(i)}
	}
	if v.Weight, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "TrainingExample.weight", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *TrainingExample) Clone() TrainingExample {
	c := *v
	c.PredictionID = cloneString(c.PredictionID)
	c.PersonRef = cloneString(c.PersonRef)
	c.ContactRef.V = cloneString(c.ContactRef.V)
	c.Reason = cloneString(c.Reason)
	c.Predicted = cloneString(c.Predicted)
	c.Commonest = cloneString(c.Commonest)
	c.ModelVersion = cloneString(c.ModelVersion)
	c.TaxonomyVersion = cloneString(c.TaxonomyVersion)
	c.Features = slices.Clone(c.Features)
	c.ContactKey = cloneString(c.ContactKey)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *TrainingExample) Reset() {
	v.PredictionID = ""
	v.PersonRef = ""
	v.ContactRef = Opt[string]{}
	v.PredictedAt = 0
	v.LabelledAt = 0
	v.Reason = ""
	v.Predicted = ""
	v.P = 0
	v.Commonest = ""
	v.ModelVersion = ""
	v.TaxonomyVersion = ""
	v.Features = v.Features[:0]
	v.ExposureBand = 0
	v.ContactAfterMs = 0
	v.FeatureSpace = 0
	v.Outcome = 0
	v.WaitMs = 0
	v.Interval = 0
	v.ContactKey = ""
	v.Weight = 0
}

// TrainingExampleSchema is the self-contained Avro schema of TrainingExample.
const TrainingExampleSchema = `{"type":"record","name":"TrainingExample","namespace":"health.attune","doc":"A prediction's features with the reason that became known.","fields":[{"name":"prediction_id","type":"string","doc":"The prediction that is scored, or empty for a contact without one."},{"name":"person_ref","type":"string","doc":"Who."},{"name":"contact_ref","type":["null","string"],"doc":"The contact center's own id of the contact, where it has one.","default":null},{"name":"predicted_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the prediction."},{"name":"labelled_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time at which the reason became known."},{"name":"reason","type":"string","doc":"The reason: a code of the taxonomy."},{"name":"predicted","type":"string","doc":"Top reason that had been predicted.","default":""},{"name":"p","type":"double","doc":"Probability that had been given to the reason.","default":0},{"name":"commonest","type":"string","doc":"The commonest reason so far, as the model knew it.","default":""},{"name":"model_version","type":"string","doc":"Model of the prediction.","default":""},{"name":"taxonomy_version","type":"string","doc":"Reasons.","default":""},{"name":"features","type":{"type":"array","items":"int"},"doc":"Active feature numbers, ascending."},{"name":"exposure_band","type":"int","doc":"For examples of whether a contact came: band of the contact-rate tables; -1 for examples of a reason.","default":-1},{"name":"contact_after_ms","type":"long","doc":"For the same: event time until the contact; -1 where none came before labelled_at.","default":-1},{"name":"feature_space","type":"long","doc":"Fingerprint of the feature space that the numbers are of; 0 from a build that wrote none.","default":0},{"name":"outcome","type":"int","doc":"How the contact went: 0 answered, 1 abandoned in the queue, 2 ended in the menu; -1 where it was no contact.","default":-1},{"name":"wait_ms","type":"long","doc":"Its wait in the queue.","default":0},{"name":"interval","type":"int","doc":"For examples of whether a contact came that carry the features of their moment: number of the interval between two horizons that labelled_at ends, in which a contact came or not; -1 for all others.","default":-1},{"name":"contact_key","type":"string","doc":"The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.","default":""},{"name":"weight","type":"double","doc":"How much it counts: a half where the contact had two reasons, each of which is an example.","default":1}]}`
