package verify

import (
	"context"
	"hash/fnv"
	"math"
	"slices"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// personas demands that the newest persona of each person is the fold of exactly the touchpoints of
// the shards that are the person's at the end.
func (c *checker) personas(ctx context.Context) error {
	owner := map[string]schemas.PersonRef{}    // shard to its owner in the end
	owners := map[string][]schemas.PersonRef{} // and to all that it ever had by links
	var entry schemas.IdentityEntry
	err := c.Log.Each(ctx, "attune.identity", func(r *pipeline.Record) error {
		if r.Value == nil || decode(r, &entry) != nil {
			return nil
		}
		shard, person := clone(entry.Shard), clone(entry.PersonRef)
		owner[shard], owners[shard] = person, append(owners[shard], person)
		return nil
	})
	if err != nil {
		return err
	}
	c.findContacts(owner)
	want := map[schemas.PersonRef]*life{}
	c.digital = map[schemas.PersonRef][]int64{}
	c.accepted(func(p *Produced, v *variant, f *fate) {
		person := f.person
		if moved, ok := owner[f.shard]; ok {
			person = moved
		}
		if f.identifiedSomewhere && (p.Channel == schemas.ChannelWeb || p.Channel == schemas.ChannelApp) {
			for _, person := range append(owners[f.shard], f.person) {
				c.digital[person] = append(c.digital[person], v.occurredAt)
			}
		}
		if f.identifiedSomewhere {
			if want[person] == nil {
				want[person] = &life{}
			}
			want[person].add(p.Channel, v.occurredAt)
		}
	})
	got := map[schemas.PersonRef]schemas.Persona{}
	var persona schemas.Persona
	err = c.Log.Each(ctx, "personas", func(r *pipeline.Record) error {
		if r.Value == nil {
			delete(got, schemas.PersonRef(r.Key))
			return nil
		}
		if err := decode(r, &persona); err != nil {
			c.differ("personas", place(r), "cannot be decoded")
			return nil
		}
		if string(r.Key) != persona.PersonRef.Reveal() {
			c.differ("personas", "person "+hashed(persona.PersonRef), "at %s has another key", place(r))
		}
		got[clone(persona.PersonRef)] = persona.Clone()
		return nil
	})
	c.report.Personas = len(got)
	for person, l := range want {
		have := got[person]
		l.compare(&have, func(format string, args ...any) { c.differ("personas", "person "+hashed(person), format, args...) })
		delete(got, person)
	}
	for person, have := range got {
		(&life{}).compare(&have, func(format string, args ...any) { c.differ("personas", "person "+hashed(person), format, args...) })
	}
	return err
}

// life is what a persona must say about the touchpoints that it folds.
type life struct {
	newest   int64
	steps    []lived
	channels [schemas.ChannelCount]float64
}

type lived struct {
	channel schemas.Channel
	at      int64
}

func (l *life) add(channel schemas.Channel, at int64) {
	l.newest = max(l.newest, at)
	l.steps = append(l.steps, lived{channel, at})
}

// compare demands the number of touchpoints, the time of the newest, and for each channel the sum over
// its touchpoints of one half to the power of their age in weeks.
func (l *life) compare(p *schemas.Persona, differ func(format string, args ...any)) {
	if p.Touchpoints != int64(len(l.steps)) {
		differ("counts %d touchpoints, should be %d", p.Touchpoints, len(l.steps))
		return
	}
	if len(l.steps) > 0 && int64(p.AsOf) != l.newest {
		differ("is as of %d, its newest touchpoint of %d", p.AsOf, l.newest)
	}
	const week = 7 * 24 * 3600 * 1000
	for _, m := range l.steps {
		l.channels[m.channel] += math.Exp2(-float64(l.newest-m.at) / week)
	}
	for channel, got := range map[schemas.Channel]float64{schemas.ChannelWeb: p.WebActivity, schemas.ChannelApp: p.AppActivity, schemas.ChannelCall: p.CallActivity, schemas.ChannelEhr: p.EhrActivity} {
		if should := l.channels[channel]; math.Abs(got-should) > 1e-6*(1+should) {
			differ("has %s activity %v, should be %v", channel, got, should)
		}
	}
}

// predictions demands unique ids, distributions that add up to 1 but for reasons that the taxonomy lacks, and one start
// for every contact. What a version of the model leaves for those is the same in all that it predicts.
func (c *checker) predictions(ctx context.Context) error {
	c.predictionRows, c.starts = map[string]uint64{}, map[string]start{}
	sums := map[string]float64{} // by version
	var p schemas.Prediction
	err := c.Log.Each(ctx, "contact-predictions", func(r *pipeline.Record) error {
		if err := decode(r, &p); err != nil {
			c.differ("contact-predictions", place(r), "cannot be decoded")
			return nil
		}
		c.report.Predictions++
		if _, twice := c.predictionRows[p.PredictionID]; twice {
			c.twice("contact-predictions", "prediction "+p.PredictionID, "is there twice")
		}
		c.predictionRows[clone(p.PredictionID)] = predictionRow(&p)
		if p.Phase == schemas.PredictionPhaseContactStart {
			c.starts[clone(p.PredictionID)] = startOf(&p)
		}
		sum := 0.0
		for i, reason := range p.Reasons {
			sum += reason.P
			// The first is the one that is named, which need not be the most probable.
			if i > 1 && reason.P > p.Reasons[i-1].P {
				c.differ("contact-predictions", "prediction "+p.PredictionID, "reasons are not in order")
			}
		}
		// What is left is of reasons that the taxonomy lacks, of which nothing below .02 is said.
		if math.Abs(sum-1) > 1e-6 && !(sum > 0 && sum < 0.981) {
			c.differ("contact-predictions", "prediction "+p.PredictionID, "probabilities add up to %v", sum)
		}
		if of, ok := sums[p.ModelVersion]; !ok {
			sums[clone(p.ModelVersion)] = sum
		} else if math.Abs(sum-of) > 1e-6 {
			c.differ("contact-predictions", "prediction "+p.PredictionID, "probabilities add up to %v, and to %v in others of model %s", sum, of, p.ModelVersion)
		}
		if p.Phase != schemas.PredictionPhaseContactStart {
			return nil
		}
		if k := c.contactBy(p.ContactKey, p.ContactRef.V); k != nil {
			k.predicted++
		} else {
			c.differ("contact-predictions", contactName(p.ContactKey, p.ContactRef.V), "was predicted and never began")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range c.contacts {
		if n := k.predicted; !k.moved && (n > 1 || n == 0 && k.began) {
			c.differ("contact-predictions", k.name(), "has %d predictions at its start", n)
		}
	}
	return c.examples(ctx)
}

// start is what was predicted at a contact's start, as the example made of it must repeat it.
type start struct {
	person   schemas.PersonRef
	contact  string
	at       schemas.Millis
	top      string
	model    string
	features string
	p        map[string]float64
}

func startOf(p *schemas.Prediction) start {
	s := start{person: clone(p.PersonRef), contact: clone(p.ContactKey), at: p.AsOf, model: clone(p.ModelVersion),
		features: each(p.Features, func(f *int32) string { return number(*f) }), p: map[string]float64{}}
	for i, r := range p.Reasons {
		if i == 0 {
			s.top = clone(r.Code)
		}
		s.p[clone(r.Code)] = r.P
	}
	return s
}

// repeats says whether an example scores this prediction.
func (s *start) repeats(e *schemas.TrainingExample) bool {
	return s.contact == e.ContactKey && s.at == e.PredictedAt && s.top == e.Predicted && s.model == e.ModelVersion && s.p[e.Reason] == e.P
}

// sameFeatures says whether an example is learned with the features of this prediction. It need not be
// where a digital step of the day before, of an identifier that was ever the person's, may have arrived after the
// call had begun: then they are corrected.
func (c *checker) sameFeatures(s *start, e *schemas.TrainingExample) bool {
	if s.features == each(e.Features, func(f *int32) string { return number(*f) }) {
		return true
	}
	const day = 24 * 3600 * 1000
	return slices.ContainsFunc(c.digital[e.PersonRef], func(at int64) bool { return at <= int64(s.at) && at > int64(s.at)-day })
}

// examples demands one training example, with the right reason, for each reason that became known.
func (c *checker) examples(ctx context.Context) error {
	learned := map[*contact]bool{}
	var e schemas.TrainingExample
	err := c.Log.Each(ctx, "training-examples", func(r *pipeline.Record) error {
		if err := decode(r, &e); err != nil {
			c.differ("training-examples", place(r), "cannot be decoded")
			return nil
		}
		if e.ExposureBand >= 0 {
			return nil // how long after a moment a contact came: it has no label
		}
		if s, ok := c.starts[e.PredictionID]; e.PredictionID != "" && (!ok || !s.repeats(&e) || !c.sameFeatures(&s, &e)) {
			c.differ("training-examples", contactName(e.ContactKey, e.ContactRef.V), "at %s is not what prediction %s said", place(r), e.PredictionID)
		}
		k := c.contactBy(e.ContactKey, e.ContactRef.V)
		switch {
		case k == nil || len(k.reasons) == 0 || learned[k]:
			c.differ("training-examples", contactName(e.ContactKey, e.ContactRef.V), "at %s has no reason in the ledger, or is there twice", place(r))
		case !k.reasons[e.Reason]:
			c.differ("training-examples", k.name(), "is learned as %s, which no disposition says", e.Reason)
		}
		learned[k] = true
		return nil
	})
	for _, k := range c.contacts {
		if len(k.reasons) > 0 && !learned[k] {
			c.lost("training-examples", k.name(), "its reason was not learned")
		}
	}
	return err
}

// decisions demands that contact centers can read what was decided, each decision once.
func (c *checker) decisions(ctx context.Context) error {
	c.decisionRows = map[string]uint64{}
	delivered := map[string]uint64{}
	superseded := map[string]string{}
	var input schemas.DecisionInput
	err := c.Log.Each(ctx, "decision-inputs", func(r *pipeline.Record) error {
		if err := decode(r, &input); err != nil {
			c.differ("decision-inputs", place(r), "cannot be decoded")
			return nil
		}
		d := &input.Decision
		if _, twice := c.decisionRows[d.DecisionID]; twice {
			c.twice("decision-inputs", "decision "+d.DecisionID, "is there twice")
		}
		c.decisionRows[clone(d.DecisionID)] = decisionRow(d)
		if d.Delivered {
			delivered[clone(d.DecisionID)] = c.sum(d)
		}
		if d.Supersedes.OK {
			superseded[clone(d.DecisionID)] = clone(d.Supersedes.V)
		}
		return nil
	})
	if err != nil {
		return err
	}
	var d schemas.NextBestAction
	seen := map[string]bool{}
	err = c.Log.Each(ctx, "next-best-actions", func(r *pipeline.Record) error {
		if err := decode(r, &d); err != nil {
			c.differ("next-best-actions", place(r), "cannot be decoded")
			return nil
		}
		c.report.Decisions++
		c.report.ByAction[clone(d.Action.ID)]++
		want, ok := delivered[d.DecisionID]
		switch {
		case seen[d.DecisionID]:
			c.twice("next-best-actions", "decision "+d.DecisionID, "is there twice")
		case !ok:
			c.differ("next-best-actions", "decision "+d.DecisionID, "has no decision input")
		case want != c.sum(&d):
			c.differ("next-best-actions", "decision "+d.DecisionID, "is not what was decided")
		}
		seen[clone(d.DecisionID)] = true
		return nil
	})
	for id := range delivered {
		if !seen[id] {
			c.lost("next-best-actions", "decision "+id, "was decided and is missing")
		}
	}
	for id, old := range superseded {
		if _, ok := c.decisionRows[old]; !ok {
			c.differ("decision-inputs", "decision "+id, "supersedes %s, which is missing", old)
		}
	}
	return err
}

// sum is a digest of a record's Avro form.
func (c *checker) sum(v schemas.Record) uint64 {
	c.scratch = v.AppendAvro(c.scratch[:0])
	h := fnv.New64a()
	h.Write(c.scratch)
	return h.Sum64()
}

// hashed names a person without naming them.
func hashed(person schemas.PersonRef) string {
	h := fnv.New32a()
	h.Write([]byte(person.Reveal()))
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 8)
	for v, i := h.Sum32(), 0; i < 8; i++ {
		out = append(out, digits[v>>28])
		v <<= 4
	}
	return "#" + string(out)
}
