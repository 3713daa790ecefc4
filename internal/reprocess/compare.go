package reprocess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// class is why a decision of one generation is not that of the other.
type class string

const (
	// A channel lagged behind the decision in one of the generations, or behind another of the same contact. It is
	// mostly the live one; a reprocess on a busy machine may lag too, and says so.
	classBehind class = "behind"
	// Other touchpoints, consents or links of the patient had been read by then, or the prediction had other
	// features for it: live, one came after the decision that it preceded, by less than a decision tells. A
	// reprocess reads all links first.
	classOrder class = "order"
	// Another version of catalogue or taxonomy made it.
	classPolicy class = "policy"
	// The same evidence and other odds, or made in one generation only by a model that it has learned: models
	// depend on the order of what they learn from.
	classModel class = "model"
	// Another decision for the patient differs within a day, and it is known why: open decisions and what
	// the contact policy counts are the patient's.
	classFollows class = "follows"
	// One generation says so of a patient that nothing is to be done, and told nobody.
	classUntold class = "untold"
	// One generation has it, and nothing of this explains why: mostly the order in which links, consents and
	// steps were read, which leaves no trace where there is no decision.
	classAlone class = "alone"
	// It is from before the history that was reprocessed, or later than what both generations have got to.
	classOutside class = "outside"
	// Both have read the same and decide otherwise, or one has not decided for a contact at all.
	classUnexplained class = "unexplained"
)

// classes are in the order in which they are told.
var classes = []class{classUnexplained, classAlone, classBehind, classOrder, classPolicy, classModel, classFollows, classUntold, classOutside}

// felt is how long another decision is felt by open decisions and contact policy.
const felt = schemas.Millis(24 * time.Hour / time.Millisecond)

// difference is a decision that is not the same in both generations.
type difference struct {
	id string
	*decision
	class class
	// person of the next generation, if that has it: a link may be read earlier there.
	other string
	// in is where it is: in both, or in one only.
	in      string
	aspects []string
}

// comparison holds two generations side by side. The present one stays in memory, about 400 bytes for
// each decision; of the next one only what differs does.
type comparison struct {
	names   names
	present map[string]*decision
	// added are the decisions of the next generation that the present one has not.
	added map[string]*decision
	// lagged are the contacts with a decision behind which a channel lagged.
	lagged map[string]bool
	// of are the present generation and the next one.
	of [2]extent

	same        int
	differences []difference
	facts       [2]facts
}

// extent is what a generation spans.
type extent struct {
	contacts, policies map[string]bool
	first, last        schemas.Millis
}

func (e *extent) add(d *decision) {
	e.contacts[d.contact], e.policies[d.policy] = true, true
	if e.first == 0 || d.asOf < e.first {
		e.first = d.asOf
	}
	e.last = max(e.last, d.asOf)
}

func newComparison() *comparison {
	c := &comparison{names: names{}, present: map[string]*decision{}, added: map[string]*decision{}, lagged: map[string]bool{}}
	for i := range c.of {
		c.of[i], c.facts[i] = extent{contacts: map[string]bool{}, policies: map[string]bool{}}, facts{}
	}
	return c
}

// compare reads what both generations have decided and said of contacts. Another build may have written
// the present one.
func compare(ctx context.Context, cluster *kafka.Cluster, source schemas.SchemaSource, present, next *config.Config) (*comparison, error) {
	return compareIn(ctx, connect.Log{Cluster: cluster}, source, present, next)
}

// reader reads whole topics.
type reader interface {
	Each(ctx context.Context, topic string, visit func(*pipeline.Record) error) error
}

func compareIn(ctx context.Context, log reader, source schemas.SchemaSource, present, next *config.Config) (*comparison, error) {
	c := newComparison()
	for i, g := range []*config.Config{present, next} {
		add := c.addPresent
		if i == 1 {
			add = c.addNext
		}
		if err := each(ctx, log, source, g.Own(schemas.TopicDecisionInputs), "DecisionInput", &schemas.DecisionInput{}, add); err != nil {
			return nil, err
		}
		err := each(ctx, log, source, g.Own(schemas.TopicContactFacts), "ContactFact", &schemas.ContactFact{}, func(f *schemas.ContactFact) { c.facts[i].add(f, c.names) })
		if err != nil {
			return nil, err
		}
		c.facts[i] = c.facts[i].named()
	}
	c.conclude()
	return c, nil
}

// each decodes a topic, whatever schemas its records were written with.
func each[P schemas.Record](ctx context.Context, log reader, source schemas.SchemaSource, topic, record string, v P, visit func(P)) error {
	decoder, err := schemas.NewDecoder(record, nil, source)
	if err != nil {
		return err
	}
	err = log.Each(ctx, topic, func(r *pipeline.Record) error {
		if err := decoder.Decode(ctx, r.Value, v); err != nil {
			return fmt.Errorf("%s/%d offset %d: %w", r.Topic, r.Partition, r.Offset, err)
		}
		visit(v)
		return nil
	})
	var broken *schemas.RecordError
	if err != nil && !errors.As(err, &broken) && ctx.Err() == nil {
		return exit.Unavailable(err)
	}
	return err
}

func (c *comparison) addPresent(in *schemas.DecisionInput) {
	d := decisionOf(in, c.names)
	c.present[c.names.of(in.Decision.DecisionID)] = d
	c.add(0, d)
}

// add notes what a decision says of its generation.
func (c *comparison) add(generation int, d *decision) {
	c.of[generation].add(d)
	if d.behind && d.contact != "" {
		c.lagged[d.contact] = true
	}
}

// addNext is called after the present generation has been read.
func (c *comparison) addNext(in *schemas.DecisionInput) {
	d := decisionOf(in, c.names)
	c.add(1, d)
	id := c.names.of(in.Decision.DecisionID)
	old := c.present[id]
	switch {
	case old == nil:
		c.added[id] = d
		return
	case old.both: // delivered twice
		return
	}
	old.both = true
	if aspects := old.differing(d); len(aspects) > 0 {
		c.differences = append(c.differences, difference{id: id, decision: old, class: c.cause(old, d), other: d.person, in: "both", aspects: aspects})
	} else {
		c.same++
	}
}

// cause says why a decision that both generations have differs.
func (c *comparison) cause(old, d *decision) class {
	switch {
	case old.behind || d.behind || c.lagged[old.contact]:
		return classBehind
	case old.policy != d.policy:
		return classPolicy
	case old.read != d.read || old.features != d.features:
		return classOrder
	case old.odds != d.odds:
		return classModel
	}
	return classUnexplained
}

// conclude adds the decisions that only one generation has (what comes late has a decision of its own,
// which is not needed where it is not late), and finds what follows from what.
func (c *comparison) conclude() {
	for id, d := range c.present {
		if !d.both {
			c.differences = append(c.differences, difference{id: id, decision: d, class: c.causeAlone(d, 1), other: d.person, in: "present"})
		}
	}
	for id, d := range c.added {
		c.differences = append(c.differences, difference{id: id, decision: d, class: c.causeAlone(d, 0), other: d.person, in: "next"})
	}
	known := map[string][]schemas.Millis{}
	for i := range c.differences {
		if d := &c.differences[i]; !slices.Contains([]class{classUnexplained, classAlone, classUntold, classOutside}, d.class) {
			for _, person := range []string{d.person, d.other} {
				known[person] = append(known[person], d.asOf)
			}
		}
	}
	for i := range c.differences {
		d := &c.differences[i]
		near := func(at schemas.Millis) bool { return at-felt <= d.asOf && d.asOf <= at+felt }
		if (d.class == classUnexplained && d.in == "both" || d.class == classAlone) && slices.ContainsFunc(known[d.person], near) {
			d.class = classFollows
		}
	}
}

// causeAlone says why the other generation has no such decision. Each contact has one, whatever the model,
// but a contact whose end was read before its start.
func (c *comparison) causeAlone(d *decision, other int) class {
	_, counted := c.facts[other][d.contact]
	switch {
	case c.lagged[d.contact]:
		return classBehind
	case d.asOf < c.of[1].first || d.asOf > min(c.of[0].last, c.of[1].last):
		return classOutside
	case !c.of[other].policies[d.policy]:
		return classPolicy
	case d.contact != "" && !c.of[other].contacts[d.contact] && counted:
		return classOrder
	case d.contact != "" && !c.of[other].contacts[d.contact]:
		return classUnexplained
	case d.moved:
		return classOrder
	case d.learned:
		return classModel
	case !d.delivered:
		return classUntold
	}
	return classAlone
}

// count is how many differences are of a class.
func (c *comparison) count(of class) int {
	n := 0
	for i := range c.differences {
		if c.differences[i].class == of {
			n++
		}
	}
	return n
}

// contactsDiffer counts the contacts that are final in both generations, and lists those of which they
// say different things. A contact that only one of them has is among these, if it is final there and the
// other has got as far.
func (c *comparison) contactsDiffer() (final int, differing []string) {
	for id, f := range c.facts[0] {
		g, ok := c.facts[1][id]
		switch {
		case !f.final, ok && !g.final, !ok && f.startedAt < c.of[1].first:
			continue
		case f.differs(&g): // whose digest is 0 where there is none
			differing = append(differing, id)
		}
		final++
	}
	for id, g := range c.facts[1] {
		if _, ok := c.facts[0][id]; !ok && g.final {
			final++
			differing = append(differing, id)
		}
	}
	slices.Sort(differing)
	return final, differing
}
