// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// Model: One numbered version of the contact-reason model, whole. Key: name/version; name/current names the version in force.
type Model struct {
	// Such as contact-reason.
	Name string
	// Name of this version; for name/current the version in force, with empty tables.
	Version string
	// Reasons.
	TaxonomyVersion string
	// Event time of the newest label in it.
	AsOf Millis
	// Labels learned.
	Examples int64
	// Reason codes, in table order.
	Reasons []string
	// Decayed count per reason.
	ClassWeight []float64
	// Size of the feature space.
	Features int32
	// Decayed count, reason-major: reasons x features.
	FeatureWeight []float64
	// Contact-rate tables, in the operators' own order.
	ContactRate []float64
	// Weight of each block of features, learned against their dependence; empty is the default of the code.
	BlockWeight []float64
	// Fingerprint of the feature space that the tables are of; 0 from a build that wrote none.
	FeatureSpace int64
	// Rows of a model with hashed features, in the family's own form.
	Table []byte
	// Whether and when a contact comes: the hazards of the intervals between horizons, in their own form; empty of a model that counts rates.
	Hazards []byte
	// By how much its log loss of late was smaller than that of the usual mix of reasons alone, in nats: a model of little skill names no reason. 1 where that is not measured.
	Skill float64
	// Share of late labels whose reason the taxonomy lacks: the model leaves room for that. 0 where it is too small to matter.
	Unknown float64
}

// AppendAvro appends the Avro binary form to dst.
func (v *Model) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Name))
	dst = appendString(dst, string(v.Version))
	dst = appendString(dst, string(v.TaxonomyVersion))
	dst = appendLong(dst, int64(v.AsOf))
	dst = appendLong(dst, int64(v.Examples))
	if len(v.Reasons) > 0 {
		dst = appendLong(dst, int64(len(v.Reasons)))
		for n1 := range v.Reasons {
			dst = appendString(dst, string(v.Reasons[n1]))
		}
	}
	dst = append(dst, 0)
	if len(v.ClassWeight) > 0 {
		dst = appendLong(dst, int64(len(v.ClassWeight)))
		for n2 := range v.ClassWeight {
			dst = appendDouble(dst, v.ClassWeight[n2])
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.Features))
	if len(v.FeatureWeight) > 0 {
		dst = appendLong(dst, int64(len(v.FeatureWeight)))
		for n3 := range v.FeatureWeight {
			dst = appendDouble(dst, v.FeatureWeight[n3])
		}
	}
	dst = append(dst, 0)
	if len(v.ContactRate) > 0 {
		dst = appendLong(dst, int64(len(v.ContactRate)))
		for n4 := range v.ContactRate {
			dst = appendDouble(dst, v.ContactRate[n4])
		}
	}
	dst = append(dst, 0)
	if len(v.BlockWeight) > 0 {
		dst = appendLong(dst, int64(len(v.BlockWeight)))
		for n5 := range v.BlockWeight {
			dst = appendDouble(dst, v.BlockWeight[n5])
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.FeatureSpace))
	dst = appendBytes(dst, v.Table)
	dst = appendBytes(dst, v.Hazards)
	dst = appendDouble(dst, v.Skill)
	dst = appendDouble(dst, v.Unknown)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Model) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Model) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Name, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.name", Problem: Problem(i)}
	}
	if v.Version, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.version", Problem: Problem(i)}
	}
	if v.TaxonomyVersion, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.taxonomy_version", Problem: Problem(i)}
	}
	var x6 int64
	if x6, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.as_of", Problem: Problem(i)}
	}
	v.AsOf = Millis(x6)
	if v.Examples, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.examples", Problem: Problem(i)}
	}
	v.Reasons = v.Reasons[:0]
	for {
		var n7 int
		if n7, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "Model.reasons", Problem: Problem(i)}
		}
		if n7 == 0 {
			break
		}
		v.Reasons = reserve(v.Reasons, n7)
		for range n7 {
			v.Reasons = extend(v.Reasons)
			item8 := &v.Reasons[len(v.Reasons)-1]
			if *item8, i = readString(src, i); i < 0 {
				return 0, &DecodeError{Field: "Model.reasons", Problem: Problem(i)}
			}
		}
	}
	v.ClassWeight = v.ClassWeight[:0]
	for {
		var n9 int
		if n9, i = readBlock(src, i, 8); i < 0 {
			return 0, &DecodeError{Field: "Model.class_weight", Problem: Problem(i)}
		}
		if n9 == 0 {
			break
		}
		v.ClassWeight = reserve(v.ClassWeight, n9)
		for range n9 {
			v.ClassWeight = extend(v.ClassWeight)
			item10 := &v.ClassWeight[len(v.ClassWeight)-1]
			if *item10, i = readDouble(src, i); i < 0 {
				return 0, &DecodeError{Field: "Model.class_weight", Problem: Problem(i)}
			}
		}
	}
	if v.Features, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.features", Problem: Problem(i)}
	}
	v.FeatureWeight = v.FeatureWeight[:0]
	for {
		var n11 int
		if n11, i = readBlock(src, i, 8); i < 0 {
			return 0, &DecodeError{Field: "Model.feature_weight", Problem: Problem(i)}
		}
		if n11 == 0 {
			break
		}
		v.FeatureWeight = reserve(v.FeatureWeight, n11)
		for range n11 {
			v.FeatureWeight = extend(v.FeatureWeight)
			item12 := &v.FeatureWeight[len(v.FeatureWeight)-1]
			if *item12, i = readDouble(src, i); i < 0 {
				return 0, &DecodeError{Field: "Model.feature_weight", Problem: Problem(i)}
			}
		}
	}
	v.ContactRate = v.ContactRate[:0]
	for {
		var n13 int
		if n13, i = readBlock(src, i, 8); i < 0 {
			return 0, &DecodeError{Field: "Model.contact_rate", Problem: Problem(i)}
		}
		if n13 == 0 {
			break
		}
		v.ContactRate = reserve(v.ContactRate, n13)
		for range n13 {
			v.ContactRate = extend(v.ContactRate)
			item14 := &v.ContactRate[len(v.ContactRate)-1]
			if *item14, i = readDouble(src, i); i < 0 {
				return 0, &DecodeError{Field: "Model.contact_rate", Problem: Problem(i)}
			}
		}
	}
	v.BlockWeight = v.BlockWeight[:0]
	for {
		var n15 int
		if n15, i = readBlock(src, i, 8); i < 0 {
			return 0, &DecodeError{Field: "Model.block_weight", Problem: Problem(i)}
		}
		if n15 == 0 {
			break
		}
		v.BlockWeight = reserve(v.BlockWeight, n15)
		for range n15 {
			v.BlockWeight = extend(v.BlockWeight)
			item16 := &v.BlockWeight[len(v.BlockWeight)-1]
			if *item16, i = readDouble(src, i); i < 0 {
				return 0, &DecodeError{Field: "Model.block_weight", Problem: Problem(i)}
			}
		}
	}
	if v.FeatureSpace, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.feature_space", Problem: Problem(i)}
	}
	if v.Table, i = readBytes(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.table", Problem: Problem(i)}
	}
	if v.Hazards, i = readBytes(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.hazards", Problem: Problem(i)}
	}
	if v.Skill, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.skill", Problem: Problem(i)}
	}
	if v.Unknown, i = readDouble(src, i); i < 0 {
		return 0, &DecodeError{Field: "Model.unknown", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Model) Clone() Model {
	c := *v
	c.Name = cloneString(c.Name)
	c.Version = cloneString(c.Version)
	c.TaxonomyVersion = cloneString(c.TaxonomyVersion)
	c.Reasons = slices.Clone(c.Reasons)
	for n17 := range c.Reasons {
		c.Reasons[n17] = cloneString(c.Reasons[n17])
	}
	c.ClassWeight = slices.Clone(c.ClassWeight)
	c.FeatureWeight = slices.Clone(c.FeatureWeight)
	c.ContactRate = slices.Clone(c.ContactRate)
	c.BlockWeight = slices.Clone(c.BlockWeight)
	c.Table = slices.Clone(c.Table)
	c.Hazards = slices.Clone(c.Hazards)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Model) Reset() {
	v.Name = ""
	v.Version = ""
	v.TaxonomyVersion = ""
	v.AsOf = 0
	v.Examples = 0
	v.Reasons = v.Reasons[:0]
	v.ClassWeight = v.ClassWeight[:0]
	v.Features = 0
	v.FeatureWeight = v.FeatureWeight[:0]
	v.ContactRate = v.ContactRate[:0]
	v.BlockWeight = v.BlockWeight[:0]
	v.FeatureSpace = 0
	v.Table = nil
	v.Hazards = nil
	v.Skill = 0
	v.Unknown = 0
}

// ModelSchema is the self-contained Avro schema of Model.
const ModelSchema = `{"type":"record","name":"Model","namespace":"health.attune","doc":"One numbered version of the contact-reason model, whole. Key: name/version; name/current names the version in force.","fields":[{"name":"name","type":"string","doc":"Such as contact-reason."},{"name":"version","type":"string","doc":"Name of this version; for name/current the version in force, with empty tables."},{"name":"taxonomy_version","type":"string","doc":"Reasons."},{"name":"as_of","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest label in it."},{"name":"examples","type":"long","doc":"Labels learned."},{"name":"reasons","type":{"type":"array","items":"string"},"doc":"Reason codes, in table order."},{"name":"class_weight","type":{"type":"array","items":"double"},"doc":"Decayed count per reason."},{"name":"features","type":"int","doc":"Size of the feature space."},{"name":"feature_weight","type":{"type":"array","items":"double"},"doc":"Decayed count, reason-major: reasons x features."},{"name":"contact_rate","type":{"type":"array","items":"double"},"doc":"Contact-rate tables, in the operators' own order."},{"name":"block_weight","type":{"type":"array","items":"double"},"doc":"Weight of each block of features, learned against their dependence; empty is the default of the code.","default":[]},{"name":"feature_space","type":"long","doc":"Fingerprint of the feature space that the tables are of; 0 from a build that wrote none.","default":0},{"name":"table","type":"bytes","doc":"Rows of a model with hashed features, in the family's own form.","default":""},{"name":"hazards","type":"bytes","doc":"Whether and when a contact comes: the hazards of the intervals between horizons, in their own form; empty of a model that counts rates.","default":""},{"name":"skill","type":"double","doc":"By how much its log loss of late was smaller than that of the usual mix of reasons alone, in nats: a model of little skill names no reason. 1 where that is not measured.","default":1},{"name":"unknown","type":"double","doc":"Share of late labels whose reason the taxonomy lacks: the model leaves room for that. 0 where it is too small to matter.","default":0}]}`
