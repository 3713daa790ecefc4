// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// DecisionInput: Everything a decision was made from, kept for the audit period.
type DecisionInput struct {
	// The decision, delivered or not.
	Decision NextBestAction
	// As it stood.
	Persona Persona
	// As it stood.
	Prediction Prediction
	// Sorted by name.
	PolicyFacts []PolicyFact
}

// AppendAvro appends the Avro binary form to dst.
func (v *DecisionInput) AppendAvro(dst []byte) []byte {
	dst = v.Decision.AppendAvro(dst)
	dst = v.Persona.AppendAvro(dst)
	dst = v.Prediction.AppendAvro(dst)
	if len(v.PolicyFacts) > 0 {
		dst = appendLong(dst, int64(len(v.PolicyFacts)))
		for n1 := range v.PolicyFacts {
			dst = v.PolicyFacts[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *DecisionInput) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *DecisionInput) decodeAvro(src []byte, i int) (_ int, err error) {
	if i, err = v.Decision.decodeAvro(src, i); err != nil {
		return 0, err
	}
	if i, err = v.Persona.decodeAvro(src, i); err != nil {
		return 0, err
	}
	if i, err = v.Prediction.decodeAvro(src, i); err != nil {
		return 0, err
	}
	v.PolicyFacts = v.PolicyFacts[:0]
	for {
		var n2 int
		if n2, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "DecisionInput.policy_facts", Problem: Problem(i)}
		}
		if n2 == 0 {
			break
		}
		v.PolicyFacts = reserve(v.PolicyFacts, n2)
		for range n2 {
			v.PolicyFacts = extend(v.PolicyFacts)
			item3 := &v.PolicyFacts[len(v.PolicyFacts)-1]
			if i, err = (*item3).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *DecisionInput) Clone() DecisionInput {
	c := *v
	c.Decision = c.Decision.Clone()
	c.Persona = c.Persona.Clone()
	c.Prediction = c.Prediction.Clone()
	c.PolicyFacts = slices.Clone(c.PolicyFacts)
	for n4 := range c.PolicyFacts {
		c.PolicyFacts[n4] = c.PolicyFacts[n4].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *DecisionInput) Reset() {
	v.Decision.Reset()
	v.Persona.Reset()
	v.Prediction.Reset()
	v.PolicyFacts = v.PolicyFacts[:0]
}

// PolicyFact: A fact that a rule looked at.
type PolicyFact struct {
	// consent.sms.care, time_zone, adult and so on.
	Name string
	// As it stood; unknown where it was not known.
	Value string
}

// AppendAvro appends the Avro binary form to dst.
func (v *PolicyFact) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Name))
	dst = appendString(dst, string(v.Value))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *PolicyFact) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *PolicyFact) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Name, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyFact.name", Problem: Problem(i)}
	}
	if v.Value, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "PolicyFact.value", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *PolicyFact) Clone() PolicyFact {
	c := *v
	c.Name = cloneString(c.Name)
	c.Value = cloneString(c.Value)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *PolicyFact) Reset() {
	*v = PolicyFact{}
}

// DecisionInputSchema is the self-contained Avro schema of DecisionInput.
const DecisionInputSchema = `{"type":"record","name":"DecisionInput","namespace":"health.attune","doc":"Everything a decision was made from, kept for the audit period.","fields":[{"name":"decision","type":{"type":"record","name":"NextBestAction","doc":"One decision with one chosen action.","fields":[{"name":"decision_id","type":"string","doc":"Deterministic: policy, trigger, ordinal. The same after a replay."},{"name":"supersedes","type":["null","string"],"doc":"The open decision that this one replaces.","default":null},{"name":"cancelled","type":"boolean","doc":"The superseded action is withdrawn and nothing takes its place.","default":false},{"name":"delivered","type":"boolean","doc":"False for do-nothing and holdouts, which contact centers do not see.","default":true},{"name":"person_ref","type":"string","doc":"Who."},{"name":"contact_ref","type":["null","string"],"doc":"The contact center's own call id; null outside a contact, and where the call has no id.","default":null},{"name":"as_of","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the trigger."},{"name":"expires_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time after which it must not be used."},{"name":"trigger_id","type":"string","doc":"Event id or timer that caused it."},{"name":"prediction_id","type":"string","doc":"The prediction it rests on."},{"name":"policy_version","type":"string","doc":"Catalogue and rules."},{"name":"model_version","type":"string","doc":"Model of the prediction."},{"name":"taxonomy_version","type":"string","doc":"Reasons."},{"name":"reasons","type":{"type":"array","items":{"type":"record","name":"ReasonProbability","doc":"A reason and its probability given a contact.","fields":[{"name":"code","type":"string","doc":"Reason code of the taxonomy."},{"name":"p","type":"double","doc":"Probability."}]}},"doc":"At most three: first the reason that is named, then the others, most probable first."},{"name":"p_15m","type":"double","doc":"Probability of a contact within 15 minutes."},{"name":"p_24h","type":"double","doc":"Within 24 hours."},{"name":"urgency","type":"double","doc":"0 to 1."},{"name":"effort","type":"double","doc":"The persona's effort."},{"name":"frustration","type":"double","doc":"The persona's frustration."},{"name":"last_resort","type":"boolean","doc":"Digital attempts failed before this contact.","default":false},{"name":"action","type":{"type":"record","name":"ChosenAction","doc":"An action of the catalogue with its treatment.","fields":[{"name":"id","type":"string","doc":"Catalogue id, such as A02."},{"name":"treatment","type":"string","doc":"Variant, such as the queue it routes to.","default":""},{"name":"channel","type":"string","doc":"Where it is to happen.","default":""},{"name":"score","type":"double","doc":"Arbitration score."},{"name":"propensity","type":"double","doc":"Probability with which the policy chose it."},{"name":"service","type":"string","doc":"Who helps, for what safety demands: emergency_services, crisis_line, poison_control, nurse; else empty.","default":""},{"name":"number","type":"string","doc":"How that service is reached, as the site's catalogue says for the patient's language, such as 911; or empty.","default":""}]},"doc":"The action."},{"name":"alternatives","type":{"type":"array","items":"health.attune.ChosenAction"},"doc":"At most three, best first."},{"name":"receipt","type":{"type":"array","items":{"type":"record","name":"Removal","doc":"An action that was not chosen, and why.","fields":[{"name":"action","type":"string","doc":"Catalogue id."},{"name":"stage","type":{"type":"enum","name":"DecisionStage","symbols":["unknown","safety","eligibility","applicability","suitability","contact_policy","arbitration","holdout"],"default":"unknown"},"doc":"The stage that removed it.","default":"unknown"},{"name":"rule","type":"string","doc":"The rule of that stage."}]}},"doc":"Every other action of the catalogue."},{"name":"evidence","type":{"type":"array","items":{"type":"record","name":"Evidence","doc":"What speaks for the top reason.","fields":[{"name":"feature","type":"string","doc":"Name of the feature."},{"name":"weight","type":"double","doc":"Log-odds it adds to the top reason."},{"name":"text","type":"string","doc":"In words."},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time, where it is one event.","default":0}]}},"doc":"In words, strongest first."},{"name":"brief","type":"string","doc":"What the agent should know before saying hello.","default":"","attune.tag":"phi"},{"name":"arm","type":"string","doc":"Experiment arm.","default":""},{"name":"degraded","type":{"type":"array","items":"string"},"doc":"What was missing: no_model, identity_conflict and so on."},{"name":"ingested_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Wall clock at which the trigger was taken in, for latency only.","default":0},{"name":"duties","type":{"type":"array","items":{"type":"record","name":"Duty","doc":"Something that has to be done along with the action, whatever the action is.","fields":[{"name":"code","type":"string","doc":"emergency, crisis_line, poison_control, nurse, interpreter, verify_identity, condolence, clinician_first, authority."},{"name":"service","type":"string","doc":"Who helps, as in the action; or empty.","default":""},{"name":"number","type":"string","doc":"How that service is reached, as in the action; or empty.","default":""},{"name":"value","type":"string","doc":"What it is about: the language of an interpreter, the relation of a caller; or empty.","default":""},{"name":"because","type":"string","doc":"The kind of red flag, or the code of the fact, that demands it.","default":""}]}},"doc":"The most urgent first; without what the action itself does.","default":[]},{"name":"facts","type":{"type":"array","items":{"type":"record","name":"DecisionFact","doc":"Something that whoever takes the contact has to know first.","fields":[{"name":"code","type":"string","doc":"identity_conflict, deceased, minor, proxy, repeat, hung_up, language, interpreter, do_not_contact, critical_result, unknown_caller, authenticated, prefers, appointment, acts_for_others."},{"name":"value","type":"string","doc":"repeat: reason; proxy: relation; language and interpreter: BCP 47 tag; authenticated: how; prefers: channel; else empty.","default":""},{"name":"detail","type":"string","doc":"proxy: what the caller may be told (all, scheduling, billing, none or a code of the site); else empty.","default":""},{"name":"n","type":"int","doc":"repeat: the how-manieth contact about this within seven days, 2 or more; else 0.","default":0},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of what shows it, or 0.","default":0},{"name":"event_id","type":"string","doc":"Touchpoint that shows it, or empty.","default":""}]}},"doc":"In the order in which a brief tells them.","default":[]},{"name":"red_flags","type":{"type":"array","items":{"type":"record","name":"RedFlag","doc":"A sign of danger that nobody has answered yet.","fields":[{"name":"kind","type":"string","doc":"emergency, self_harm, poison, urgent, critical_result."},{"name":"source","type":"string","doc":"What showed it: search, page, chatbot, form, message, ivr, health_record."},{"name":"event_id","type":"string","doc":"The touchpoint that showed it.","default":""},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of that touchpoint."}]}},"doc":"The gravest first; each stays until an outcome says what became of it.","default":[]},{"name":"news","type":{"type":"array","items":"string"},"doc":"What has changed since the superseded decision, to be said first: flag:<kind>, duty:<code>, fact:<code>, failed_step, reason, action, treatment, withdrawn:<action>.","default":[]},{"name":"exposed","type":"string","doc":"The action about which the experiment's draw decided: the chosen one in the arm treatment, the one withheld in the arm holdout; empty where the draw decided nothing.","default":""},{"name":"contact_key","type":"string","doc":"The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.","default":""}]},"doc":"The decision, delivered or not."},{"name":"persona","type":{"type":"record","name":"Persona","doc":"What is known of how a patient prefers and tries to be served, as of an event time.","fields":[{"name":"person_ref","type":"string","doc":"Who."},{"name":"as_of","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest touchpoint in it; of a patient without one, of the newest consent."},{"name":"touchpoints","type":"long","doc":"Touchpoints folded in."},{"name":"web_activity","type":"double","doc":"Decayed count of web touchpoints, half-life seven days."},{"name":"app_activity","type":"double","doc":"Decayed count of app touchpoints."},{"name":"call_activity","type":"double","doc":"Decayed count of calls."},{"name":"ehr_activity","type":"double","doc":"Decayed count of health-record facts."},{"name":"effort","type":"double","doc":"Weighted failures, transfers and repeats, decayed; 0 is effortless."},{"name":"frustration","type":"double","doc":"0 to 1."},{"name":"sessions","type":"long","doc":"Sessions so far."},{"name":"calls","type":"long","doc":"Phone contacts so far."},{"name":"last_reason","type":"string","doc":"Reason of the last contact whose reason became known.","default":""},{"name":"stated_channel","type":"string","doc":"Preferred channel as stated, or empty.","default":""},{"name":"inferred_channel","type":"string","doc":"Preferred channel as inferred, or empty.","default":""},{"name":"language","type":"string","doc":"Stated language, or empty.","default":""},{"name":"open_loops","type":{"type":"array","items":{"type":"record","name":"OpenLoop","doc":"Something begun and not finished.","fields":[{"name":"kind","type":"string","doc":"failed_form, unanswered_message, failed_login, pending_result, refill_due and so on."},{"name":"reason","type":"string","doc":"Its contact reason, or empty.","default":""},{"name":"since","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time at which it began."}]}},"doc":"Newest last, at most eight."},{"name":"needs","type":{"type":"array","items":{"type":"record","name":"Need","doc":"A social need and how it is known.","fields":[{"name":"code","type":"string","doc":"Gravity category.","attune.tag":"phi"},{"name":"provenance","type":"string","doc":"self-reported, observed, administrative or derived; never guessed."}]}},"doc":"Recorded social needs."}]},"doc":"As it stood."},{"name":"prediction","type":{"type":"record","name":"Prediction","doc":"Whether, when and why a patient will make contact.","fields":[{"name":"prediction_id","type":"string","doc":"Deterministic: of the trigger and ordinal."},{"name":"person_ref","type":"string","doc":"Who."},{"name":"as_of","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the trigger."},{"name":"trigger_id","type":"string","doc":"Event id of the touchpoint, or the timer, that caused it."},{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["unknown","web","app","call","ehr"],"default":"unknown"},"doc":"Channel of the trigger.","default":"unknown"},{"name":"contact_ref","type":["null","string"],"doc":"The contact center's own call id, within a contact that has one.","default":null},{"name":"phase","type":{"type":"enum","name":"PredictionPhase","symbols":["update","contact_start","contact_end"],"default":"update"},"doc":"Where in the contact it was made.","default":"update"},{"name":"model_version","type":"string","doc":"The model that made it."},{"name":"taxonomy_version","type":"string","doc":"The reasons it chose from."},{"name":"reasons","type":{"type":"array","items":"health.attune.ReasonProbability"},"doc":"Whole distribution: first the reason that is named, then the others, most probable first."},{"name":"p_15m","type":"double","doc":"Probability of a contact within 15 minutes."},{"name":"p_2h","type":"double","doc":"Within 2 hours."},{"name":"p_24h","type":"double","doc":"Within 24 hours."},{"name":"p_7d","type":"double","doc":"Within 7 days."},{"name":"urgency","type":"double","doc":"0 to 1."},{"name":"effort","type":"double","doc":"The persona's effort then."},{"name":"frustration","type":"double","doc":"The persona's frustration then."},{"name":"evidence","type":{"type":"array","items":"health.attune.Evidence"},"doc":"Strongest first, at most five."},{"name":"features","type":{"type":"array","items":"int"},"doc":"Active feature numbers of the taxonomy's feature space, ascending."},{"name":"feature_space","type":"long","doc":"Fingerprint of the feature space that the numbers are of; 0 from a build that wrote none.","default":0},{"name":"expires_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time until which the probabilities of horizons hold if nothing is heard of the person: the end of the first interval in which a contact was likely enough to matter; 0 from a build that wrote none.","default":0},{"name":"not_known","type":{"type":"array","items":"string"},"doc":"What the prediction had to do without: reason (it tells hardly more than the usual mix does: none is to be named), model, contacts, digital_steps, health_record, contact_center.","default":[]},{"name":"contact_key","type":"string","doc":"The contact, which no other has: event id of the touchpoint that it began with; empty outside a contact.","default":""}]},"doc":"As it stood."},{"name":"policy_facts","type":{"type":"array","items":{"type":"record","name":"PolicyFact","doc":"A fact that a rule looked at.","fields":[{"name":"name","type":"string","doc":"consent.sms.care, time_zone, adult and so on."},{"name":"value","type":"string","doc":"As it stood; unknown where it was not known."}]}},"doc":"Sorted by name."}]}`
