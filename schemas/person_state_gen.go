// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// PersonState: What is kept of a person as a whole: which shards are theirs, what they allow, what was decided for them. A shard of kind person.
type PersonState struct {
	// Fingerprints of the shards that are here, ascending.
	Shards []string
	// Where not empty a tombstone: the owner that took the last shard, and what is kept here with it.
	MovedTo PersonRef
	// A persona is out under this name.
	Published bool
	// What decisions depend on.
	Policy PolicyState
	// Kept by aggregate, so that each distinct person counts once. Of this name only: it does not move.
	Counted []CountedCell
}

// AppendAvro appends the Avro binary form to dst.
func (v *PersonState) AppendAvro(dst []byte) []byte {
	if len(v.Shards) > 0 {
		dst = appendLong(dst, int64(len(v.Shards)))
		for n1 := range v.Shards {
			dst = appendString(dst, string(v.Shards[n1]))
		}
	}
	dst = append(dst, 0)
	dst = appendString(dst, string(v.MovedTo))
	dst = appendBool(dst, v.Published)
	dst = v.Policy.AppendAvro(dst)
	if len(v.Counted) > 0 {
		dst = appendLong(dst, int64(len(v.Counted)))
		for n2 := range v.Counted {
			dst = v.Counted[n2].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *PersonState) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *PersonState) decodeAvro(src []byte, i int) (_ int, err error) {
	v.Shards = v.Shards[:0]
	for {
		var n3 int
		if n3, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "PersonState.shards", Problem: Problem(i)}
		}
		if n3 == 0 {
			break
		}
		v.Shards = reserve(v.Shards, n3)
		for range n3 {
			v.Shards = extend(v.Shards)
			item4 := &v.Shards[len(v.Shards)-1]
			if *item4, i = readString(src, i); i < 0 {
				return 0, &DecodeError{Field: "PersonState.shards", Problem: Problem(i)}
			}
		}
	}
	var x5 string
	if x5, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PersonState.moved_to", Problem: Problem(i)}
	}
	v.MovedTo = PersonRef(x5)
	if v.Published, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "PersonState.published", Problem: Problem(i)}
	}
	if i, err = v.Policy.decodeAvro(src, i); err != nil {
		return 0, err
	}
	v.Counted = v.Counted[:0]
	for {
		var n6 int
		if n6, i = readBlock(src, i, 3); i < 0 {
			return 0, &DecodeError{Field: "PersonState.counted", Problem: Problem(i)}
		}
		if n6 == 0 {
			break
		}
		v.Counted = reserve(v.Counted, n6)
		for range n6 {
			v.Counted = extend(v.Counted)
			item7 := &v.Counted[len(v.Counted)-1]
			if i, err = (*item7).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *PersonState) Clone() PersonState {
	c := *v
	c.Shards = slices.Clone(c.Shards)
	for n8 := range c.Shards {
		c.Shards[n8] = cloneString(c.Shards[n8])
	}
	c.MovedTo = cloneString(c.MovedTo)
	c.Policy = c.Policy.Clone()
	c.Counted = slices.Clone(c.Counted)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *PersonState) Reset() {
	v.Shards = v.Shards[:0]
	v.MovedTo = ""
	v.Published = false
	v.Policy.Reset()
	v.Counted = v.Counted[:0]
}

// CountedCell: A cell of an aggregate that has counted the person.
type CountedCell struct {
	// 64-bit hash of aggregate, window and dimensions.
	Cell int64
	// Channel whose watermark the window waits for.
	Channel Channel
	// Once that watermark has passed this, the window takes nothing more.
	Until Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *CountedCell) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.Cell))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	dst = appendLong(dst, int64(v.Until))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *CountedCell) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *CountedCell) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Cell, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedCell.cell", Problem: Problem(i)}
	}
	var x9 int
	if x9, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "CountedCell.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x9)
	var x10 int64
	if x10, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "CountedCell.until", Problem: Problem(i)}
	}
	v.Until = Millis(x10)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *CountedCell) Clone() CountedCell {
	c := *v
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *CountedCell) Reset() {
	*v = CountedCell{}
}

// PersonStateSchema is the self-contained Avro schema of PersonState.
const PersonStateSchema = `{"type":"record","name":"PersonState","namespace":"health.attune","doc":"What is kept of a person as a whole: which shards are theirs, what they allow, what was decided for them. A shard of kind person.","fields":[{"name":"shards","type":{"type":"array","items":"string"},"doc":"Fingerprints of the shards that are here, ascending.","default":[]},{"name":"moved_to","type":"string","doc":"Where not empty a tombstone: the owner that took the last shard, and what is kept here with it.","default":"","attune.type":"person_ref"},{"name":"published","type":"boolean","doc":"A persona is out under this name.","default":false},{"name":"policy","type":{"type":"record","name":"PolicyState","doc":"What decisions about one person depend on besides the persona. State only: of the shard of kind person.","fields":[{"name":"consents","type":{"type":"array","items":{"type":"record","name":"ConsentEntry","doc":"What was said last for one channel and purpose.","fields":[{"name":"channel","type":"string","doc":"sms, push, email, voice or all."},{"name":"purpose","type":"string","doc":"care, service, outreach or all."},{"name":"status","type":{"type":"enum","name":"ConsentStatus","symbols":["unknown","granted","denied","do_not_contact"],"default":"unknown"},"doc":"What was said."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time from which it holds."}]}},"doc":"One per channel and purpose.","default":[]},{"name":"do_not_contact","type":"boolean","doc":"The patient asked for no outreach at all, on any channel.","default":false},{"name":"do_not_contact_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest word on it.","default":0},{"name":"deceased","type":"boolean","doc":"The health record says so.","default":false},{"name":"time_zone","type":"string","doc":"IANA zone; empty where unknown.","default":""},{"name":"adult","type":"int","doc":"0 unknown, 1 of age, 2 under age.","default":0},{"name":"facts_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the consent record that said zone and age last.","default":0},{"name":"preferred_channel","type":"string","doc":"As stated, or empty.","default":""},{"name":"sent","type":{"type":"array","items":{"type":"record","name":"SentAction","doc":"Outreach that was decided, for the caps.","fields":[{"name":"action","type":"string","doc":"Catalogue id."},{"name":"channel","type":"string","doc":"Channel."},{"name":"purpose","type":"string","doc":"Purpose."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the decision."},{"name":"rejected","type":"boolean","doc":"The patient turned it down.","default":false},{"name":"seen","type":"boolean","doc":"An outcome says that it reached somebody.","default":false}]}},"doc":"The last forty-five days, oldest first, at most sixty-four.","default":[]},{"name":"open","type":["null",{"type":"record","name":"OpenDecision","doc":"The decision that was evaluated last.","fields":[{"name":"decision_id","type":"string","doc":"Its id."},{"name":"action","type":"string","doc":"Catalogue id."},{"name":"treatment","type":"string","doc":"Its treatment."},{"name":"channel","type":"string","doc":"Its channel."},{"name":"contact_ref","type":"string","doc":"The contact center's own id of the contact that it belongs to, or empty.","default":""},{"name":"delivered","type":"boolean","doc":"Contact centers were told."},{"name":"closed","type":"boolean","doc":"An outcome or the end of the contact has closed it.","default":false},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the decision."},{"name":"expires_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time after which it is void."},{"name":"duties","type":"long","doc":"Its duties, a bit each.","default":0},{"name":"facts","type":"long","doc":"Its facts, a bit each.","default":0},{"name":"flags","type":"int","doc":"Its red flags, a bit per kind.","default":0},{"name":"top","type":"string","doc":"Its likeliest reason.","default":""},{"name":"failures","type":"int","doc":"Digital steps that it knew to have failed.","default":0},{"name":"withheld","type":"string","doc":"The action that a limit or the holdout took away, and its rule; or empty.","default":""},{"name":"contact_key","type":"string","doc":"Key of the contact that it belongs to, or empty.","default":""}]}],"doc":"The decision evaluated last, delivered or not.","default":null},{"name":"arm","type":"string","doc":"Experiment arm, drawn once.","default":""},{"name":"arm_mixed","type":"boolean","doc":"A move brought a person of another arm.","default":false},{"name":"published","type":["null",{"type":"record","name":"PublishedPrediction","doc":"What contact-predictions said last.","fields":[{"name":"top","type":"string","doc":"Top reason."},{"name":"urgency","type":"double","doc":"Urgency."},{"name":"p_15m","type":"double","doc":"As published."},{"name":"p_2h","type":"double","doc":"As published."},{"name":"p_24h","type":"double","doc":"As published."},{"name":"p_7d","type":"double","doc":"As published."}]}],"doc":"What contact-predictions said last.","default":null},{"name":"starts","type":{"type":"array","items":{"type":"record","name":"ContactStart","doc":"The prediction made at the start of a contact, kept for its label.","fields":[{"name":"contact_ref","type":"string","doc":"Key of the contact."},{"name":"top","type":"string","doc":"Top reason."},{"name":"commonest","type":"string","doc":"The commonest reason as the model knew it.","default":""},{"name":"prediction_id","type":"string","doc":"The prediction."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time."},{"name":"model_version","type":"string","doc":"Its model."},{"name":"reasons","type":{"type":"array","items":"double"},"doc":"Probability per reason, in the order of the taxonomy."},{"name":"features","type":{"type":"array","items":"int"},"doc":"Active features, ascending."},{"name":"feature_space","type":"long","doc":"Fingerprint of the feature space that the numbers are of; 0 from a build that wrote none.","default":0}]}},"doc":"Of contacts whose reason is awaited, oldest first, at most four.","default":[]},{"name":"exposures","type":{"type":"array","items":{"type":"record","name":"Exposure","doc":"A moment from which the time to the next contact is measured.","fields":[{"name":"band","type":"int","doc":"Band of the contact-rate tables."},{"name":"horizon","type":"int","doc":"Number of the horizon: what came is told when it has passed, not before, or contacts would be told sooner than their absence.","default":0},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"contact_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the first contact since, 0 for none.","default":0}]}},"doc":"At most one per band and horizon.","default":[]},{"name":"flags","type":{"type":"array","items":{"type":"record","name":"OpenFlag","doc":"A red flag that was raised and that nobody has answered yet.","fields":[{"name":"kind","type":"int","doc":"As in signals."},{"name":"source","type":"int","doc":"As in signals."},{"name":"event_id","type":"string","doc":"The touchpoint that showed it."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that touchpoint."},{"name":"raised_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the decision that raised it, or carried it into another contact."},{"name":"contact_ref","type":"string","doc":"Key of the contact in which it was raised or carried last, or empty.","default":""},{"name":"carried_by","type":{"type":"array","items":"string"},"doc":"The decisions that carried it, newest last, at most eight: an outcome of one of them answers it.","default":[]},{"name":"answered_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the outcome that says what became of it; 0 while it is open.","default":0},{"name":"accepted","type":"boolean","doc":"That outcome says that the service took over.","default":false}]}},"doc":"At most one per kind; answered ones are kept so that the same touchpoint does not raise them again.","default":[]},{"name":"moments","type":{"type":"array","items":{"type":"record","name":"OpenMoment","doc":"A moment that hazards are learned from, kept until a contact came or the longest horizon has passed.","fields":[{"name":"event_id","type":"string","doc":"The touchpoint that made it."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time."},{"name":"band","type":"int","doc":"Band of the contact-rate tables then."},{"name":"features","type":{"type":"array","items":"int"},"doc":"What was known, as tokens of moments."},{"name":"feature_space","type":"long","doc":"Fingerprint of the space of moments that the tokens are of."},{"name":"model_version","type":"string","doc":"The model then."},{"name":"interval","type":"int","doc":"The interval between two horizons whose outcome is told next.","default":0},{"name":"contact_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the first contact since, 0 for none.","default":0}]}},"doc":"One touchpoint in ten makes one, at most eight are open.","default":[]}]},"doc":"What decisions depend on."},{"name":"counted","type":{"type":"array","items":{"type":"record","name":"CountedCell","doc":"A cell of an aggregate that has counted the person.","fields":[{"name":"cell","type":"long","doc":"64-bit hash of aggregate, window and dimensions."},{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["unknown","web","app","call","ehr"],"default":"unknown"},"doc":"Channel whose watermark the window waits for.","default":"unknown"},{"name":"until","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Once that watermark has passed this, the window takes nothing more."}]}},"doc":"Kept by aggregate, so that each distinct person counts once. Of this name only: it does not move.","default":[]}]}`
