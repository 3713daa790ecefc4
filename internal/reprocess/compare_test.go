package reprocess

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// topics are records in memory, by topic.
type topics map[string][][]byte

func (t topics) Each(_ context.Context, topic string, visit func(*pipeline.Record) error) error {
	for i, value := range t[topic] {
		if err := visit(&pipeline.Record{Topic: topic, Offset: int64(i), Value: value}); err != nil {
			return err
		}
	}
	return nil
}

const (
	ownID   = 1
	otherID = 2
	factID  = 3
)

// schemaTexts are of this build, and of one that writes a field more.
func schemaTexts() schemas.SchemaTexts {
	i := strings.LastIndex(schemas.DecisionInputSchema, "]")
	other := schemas.DecisionInputSchema[:i] + `,{"name":"of_another_build","type":"string"}` + schemas.DecisionInputSchema[i:]
	return schemas.SchemaTexts{ownID: schemas.DecisionInputSchema, otherID: other, factID: schemas.ContactFactSchema}
}

// world is what two generations hold, for a test to change.
type world struct {
	present, next map[string]*schemas.DecisionInput
}

// add puts a decision for a contact into both generations.
func (w *world) add(id, person string, at schemas.Millis) {
	v := schemas.DecisionInput{Decision: schemas.NextBestAction{
		DecisionID: id, PersonRef: schemas.PersonRef(person), ContactRef: schemas.Some("contact-" + id), AsOf: at, Delivered: true,
		PolicyVersion: "1", Degraded: []string{"no_model"}, Action: schemas.ChosenAction{ID: "A02"}, Brief: "Calls about a refill."}}
	present, next := v.Clone(), v.Clone()
	w.present[id], w.next[id] = &present, &next
}

func (w *world) compare(t *testing.T, more topics) *comparison {
	t.Helper()
	all := topics{}
	maps.Copy(all, more)
	for _, d := range w.present {
		all["decision-inputs"] = append(all["decision-inputs"], append(schemas.AppendFramed(nil, otherID, d), 0))
	}
	for _, d := range w.next {
		all["decision-inputs.next"] = append(all["decision-inputs.next"], schemas.AppendFramed(nil, ownID, d))
	}
	present := config.Default()
	next := present
	next.Topics.Generation = "next"
	c, err := compareIn(t.Context(), all, schemaTexts(), &present, &next)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const hour = schemas.Millis(3_600_000)

// newWorld has decisions a, b and c an hour apart, of one patient and of two others, and ends with one that is equal.
func newWorld() *world {
	w := &world{map[string]*schemas.DecisionInput{}, map[string]*schemas.DecisionInput{}}
	w.add("first", "other", hour)
	w.add("a", "p", 2*hour)
	w.add("b", "p", 3*hour)
	w.add("c", "q", 4*hour)
	w.add("last", "other", 5*hour)
	return w
}

func TestDecisionsDifferThenEachIsSaidWhy(t *testing.T) {
	for name, x := range map[string]struct {
		change func(w *world)
		want   map[string]class
	}{
		"nothing": {func(*world) {}, nil},
		"what is as good as the same": {func(w *world) {
			w.next["a"].Decision.Urgency, w.next["a"].Decision.IngestedAt = 0.3, 7
		}, nil},
		"live was behind": {func(w *world) {
			w.present["a"].Decision.Degraded = []string{"no_model", "behind 40 s on web"}
			w.next["a"].Decision.LastResort = true
		}, map[string]class{"a": classBehind}},
		"the reprocess was behind": {func(w *world) {
			w.next["a"].Decision.Degraded = []string{"behind 30 s on web"}
			w.next["a"].Decision.Brief = "Activity on the website may be missing."
		}, map[string]class{"a": classBehind}},
		"live was behind, and caught up in the contact": {func(w *world) {
			w.present["a"].Decision.Degraded = []string{"behind 40 s on web"}
			w.present["b"].Decision.ContactRef = schemas.Some("contact-a")
			delete(w.next, "b")
			w.next["a"].Decision.Brief = "Tried online."
		}, map[string]class{"a": classBehind, "b": classBehind}},
		"live was behind, and the patient's next decision differs": {func(w *world) {
			w.present["a"].Decision.Degraded = []string{"behind 3 min on app"}
			w.next["a"].Decision.Action.ID, w.next["b"].Decision.Action.ID, w.next["c"].Decision.Action.ID = "A04", "A04", "A04"
		}, map[string]class{"a": classBehind, "b": classFollows, "c": classUnexplained}},
		"a day later it is not felt": {func(w *world) {
			w.present["a"].Decision.Degraded = []string{"behind 3 min on app"}
			w.present["b"].Decision.AsOf, w.next["b"].Decision.AsOf = 27*hour, 27*hour
			w.next["a"].Decision.Action.ID, w.next["b"].Decision.Action.ID = "A04", "A04"
		}, map[string]class{"a": classBehind, "b": classUnexplained}},
		"another touchpoint had been read": {func(w *world) {
			w.next["a"].Persona.Touchpoints, w.next["a"].Decision.Brief = 4, "Tried online."
		}, map[string]class{"a": classOrder}},
		"another catalogue": {func(w *world) {
			w.next["a"].Decision.PolicyVersion, w.next["a"].Decision.Action.ID = "2", "A04"
		}, map[string]class{"a": classPolicy}},
		"another model": {func(w *world) {
			w.next["a"].Prediction.P15m, w.next["a"].Decision.Action.ID = 0.5, "A04"
		}, map[string]class{"a": classModel}},
		"another identifier of the patient was known": {func(w *world) {
			w.next["a"].Prediction.P15m, w.next["a"].Prediction.Features, w.next["a"].Decision.Action.ID = 0.5, []int32{3}, "A04"
		}, map[string]class{"a": classOrder}},
		"a contact is not decided for": {func(w *world) { delete(w.next, "c") }, map[string]class{"c": classUnexplained}},
		"one more in a contact": {func(w *world) {
			w.present["b"].Decision.ContactRef, w.next["b"].Decision.ContactRef = schemas.Some("contact-a"), schemas.Some("contact-a")
			delete(w.next, "b")
		}, map[string]class{"b": classAlone}},
		"one more that nobody is told of": {func(w *world) {
			w.present["c"].Decision.ContactRef, w.present["c"].Decision.Delivered = schemas.Opt[string]{}, false
			delete(w.next, "c")
		}, map[string]class{"c": classUntold}},
		"from before the history":      {func(w *world) { delete(w.next, "first") }, map[string]class{"first": classOutside}},
		"newer than what was compared": {func(w *world) { delete(w.next, "last") }, map[string]class{"last": classOutside}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			x.change(w)
			c := w.compare(t, nil)
			got := map[string]class{}
			for _, d := range c.differences {
				got[d.id] = d.class
			}
			if len(got) != len(x.want) || !maps.Equal(got, x.want) && len(got) > 0 {
				t.Errorf("got %v, want %v", got, x.want)
			}
			bad := c.report(&strings.Builder{}, "next")
			if want := c.count(classUnexplained); bad != want {
				t.Errorf("%d are not explained, want %d", bad, want)
			}
		})
	}
}

func TestContactWasOverBeforeItsStartWasReadThenItIsTheOrder(t *testing.T) {
	w := newWorld()
	delete(w.next, "c")
	fact := schemas.AppendFramed(nil, factID, &schemas.ContactFact{ContactID: "contact-c", PersonRef: "q", StartedAt: 4 * hour})
	c := w.compare(t, topics{"contact-facts.next": {fact}})
	if len(c.differences) != 1 || c.differences[0].class != classOrder {
		t.Errorf("differences %+v", c.differences)
	}
}

func TestFinalFiguresOfAContactDifferThenItIsListed(t *testing.T) {
	fact := func(id string, revision int32, final, lastResort bool) []byte {
		return schemas.AppendFramed(nil, factID, &schemas.ContactFact{ContactID: id, PersonRef: "p", StartedAt: 2 * hour, Revision: revision, Final: final, LastResort: lastResort})
	}
	c := newWorld().compare(t, topics{
		"contact-facts": {
			fact("same", 1, false, false), fact("same", 2, true, true),
			fact("other", 1, true, false), fact("early", 1, false, false), fact("lost", 1, true, false),
		},
		"contact-facts.next": {
			fact("same", 1, true, true), // said once, and the same in the end
			fact("other", 1, true, true), fact("early", 1, true, true), fact("more", 1, true, false),
		},
	})
	final, differing := c.contactsDiffer()
	if got := strings.Join(differing, " "); got != "lost more other" || final != 4 {
		t.Errorf("%d final, %s differ", final, got)
	}
	var out strings.Builder
	if bad := c.report(&out, "next"); bad != 3 || !strings.Contains(out.String(), "contact other") {
		t.Errorf("%d are not explained: %s", bad, out.String())
	}
}
