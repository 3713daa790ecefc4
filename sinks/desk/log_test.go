package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"

	attune "github.com/attune-health/attune"
)

// began is the broker's time of the first record of a log.
var began = time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)

// testLog is topics in memory: what a broker has, by partition.
type testLog struct {
	ids        map[string][]int32
	partitions map[pipeline.TopicPartition][]pipeline.Record
	clock      int64
}

func newLog() *testLog {
	l := &testLog{ids: map[string][]int32{}, partitions: map[pipeline.TopicPartition][]pipeline.Record{}, clock: began.UnixMilli()}
	for i, d := range schemas.Definitions() {
		l.ids[d.Name] = []int32{int32(i + 1)}
	}
	return l
}

// put appends a record, a millisecond after the one before; nil is a tombstone.
func (l *testLog) put(topic, record, key string, v schemas.Record) {
	const n = 3
	tp := pipeline.TopicPartition{Topic: topic, Partition: pipeline.Partition([]byte(key), n)}
	l.clock++
	r := pipeline.Record{Topic: topic, Partition: tp.Partition, Offset: int64(len(l.partitions[tp])), Timestamp: l.clock, Key: []byte(key)}
	if v != nil {
		r.Value = schemas.AppendFramed(nil, l.ids[record][0], v)
	}
	l.partitions[tp] = append(l.partitions[tp], r)
}

func (l *testLog) decide(d *schemas.NextBestAction) {
	l.put(schemas.TopicActions, "NextBestAction", d.PersonRef.Reveal(), d)
}

func (l *testLog) step(person, shard string, epoch int32, t *schemas.Touchpoint) {
	v := &schemas.Identified{PersonRef: schemas.PersonRef(person), Shard: shard, Epoch: epoch, JudgedBy: -1, Payload: schemas.IdentifiedPayload{Kind: schemas.IdentifiedPayloadTouchpoint, Touchpoint: *t}}
	l.put(schemas.TopicIdentified, "Identified", person, v)
}

func (l *testLog) config() *Config {
	return &Config{Topics: TopicsIn(""), SchemaIDs: l.ids, Schemas: schemas.SchemaTexts{}}
}

// decision is a decision as the product makes them, about a refill.
func decision(id, person, contact string) *schemas.NextBestAction {
	at := schemas.MillisOf(began)
	d := &schemas.NextBestAction{
		DecisionID: id, Delivered: true, PersonRef: schemas.PersonRef(person), AsOf: at, ExpiresAt: at.Add(time.Hour), TriggerID: "cc/1", ContactKey: contact,
		Reasons: []schemas.ReasonProbability{{Code: "R03", P: 0.67}}, Action: schemas.ChosenAction{ID: "A01", Treatment: "pharmacy", Channel: "voice", Score: 0.8, Propensity: 1},
		Alternatives: []schemas.ChosenAction{{ID: "A02", Score: 0.5}}, Receipt: []schemas.Removal{{Action: "A02", Stage: schemas.DecisionStageArbitration}, {Action: "A04", Stage: schemas.DecisionStageContactPolicy, Rule: "quiet_hours"}},
		Brief: "A refill form failed twice on the website. Probably about a refill (67%). Put through to the pharmacy.", LastResort: true,
	}
	if contact != "" {
		d.ContactRef = schemas.Some(contact)
	}
	return d
}

// callStep is a step of a call.
func callStep(id, contact string, event schemas.CallEvent, second int) *schemas.Touchpoint {
	return &schemas.Touchpoint{EventID: id, OccurredAt: schemas.MillisOf(began.Add(time.Duration(second) * time.Second)), Channel: schemas.ChannelCall, ContactID: schemas.Some(contact),
		Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: schemas.Call{Event: event, Queue: "pharmacy"}}}
}

// someStep is the n-th step of a person, the same each time.
func someStep(person string, n int, contacts []string) *schemas.Touchpoint {
	return callStep(fmt.Sprintf("cc/%s/%d", person, n), contacts[n%len(contacts)], schemas.CallEvent(1+n*7%8), n*37%600)
}

// siteWords are those of the built-in catalogue.
func siteWords(t testing.TB) *decide.Words {
	t.Helper()
	c := attune.Config{}.Effective()
	return decide.NewWords(c.Catalogue, c.Taxonomy)
}

// feeder reads a log into a store as a consumer does: some records of one partition at a time.
type feeder struct {
	t     testing.TB
	log   *testLog
	store *Store
	batch *batch
}

func newFeeder(t testing.TB, l *testLog, s *Store) *feeder {
	t.Helper()
	r, err := newReaders(l.config())
	if err != nil {
		t.Fatal(err)
	}
	return &feeder{t: t, log: l, store: s, batch: &batch{store: s, readers: r, positions: map[pipeline.TopicPartition]int64{}}}
}

// some delivers up to n records of a partition from where the store is, and says whether there were any. whole: with the
// position after them; without it the next read brings them again.
func (f *feeder) some(tp pipeline.TopicPartition, n int, whole bool) bool {
	f.t.Helper()
	at, err := f.store.Positions(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	records := f.log.partitions[tp][at[tp]:]
	records = records[:min(n, len(records))]
	for i := range records {
		if records[i].Value == nil {
			f.batch.Erase(&records[i])
		} else if err := f.batch.Add(context.Background(), &records[i]); err != nil {
			f.t.Fatal(err)
		}
	}
	if whole && len(records) > 0 {
		f.batch.Reached(tp, at[tp]+int64(len(records)))
	}
	if err := f.batch.Deliver(context.Background(), nil); err != nil {
		f.t.Fatal(err)
	}
	f.batch.Reset()
	return len(records) > 0
}

// places are the partitions of the log, in order.
func (l *testLog) places() []pipeline.TopicPartition {
	var tps []pipeline.TopicPartition
	for tp := range l.partitions {
		tps = append(tps, tp)
	}
	slices.SortFunc(tps, func(a, b pipeline.TopicPartition) int {
		return slices.Compare([]string{a.Topic, fmt.Sprint(a.Partition)}, []string{b.Topic, fmt.Sprint(b.Partition)})
	})
	return tps
}

// all reads the rest, a partition after the other.
func (f *feeder) all() {
	f.t.Helper()
	for _, tp := range f.log.places() {
		for f.some(tp, 1000, true) {
			continue
		}
	}
}

// shown is everything that a desk would answer about these persons and contacts, as text.
func shown(t testing.TB, s *Store, persons, contacts []string) string {
	t.Helper()
	a := &answers{store: s, words: siteWords(t), now: func() time.Time { return began.Add(time.Minute) }}
	out := map[string]any{}
	for _, ref := range contacts {
		v, err := a.contact(ref, Behind{})
		if err != nil {
			t.Fatal(err)
		}
		out["contact "+ref] = v
	}
	for _, ref := range persons {
		p, err := a.person(ref, Behind{})
		if err != nil {
			t.Fatal(err)
		}
		j, err := a.journey(ref, "", pageSteps, Behind{})
		if err != nil {
			t.Fatal(err)
		}
		out["person "+ref], out["journey "+ref] = p, j
	}
	l, err := a.live(Behind{})
	if err != nil {
		t.Fatal(err)
	}
	out["live"] = l
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// busyLog has persons who call, are decided about, are linked, and one who is forgotten.
func busyLog(r *rand.Rand) (l *testLog, persons, contacts []string) {
	l = newLog()
	for i := range 6 {
		persons, contacts = append(persons, fmt.Sprintf("person%d", i)), append(contacts, fmt.Sprintf("call-%d", i))
	}
	for i := range 400 {
		who := r.IntN(len(persons))
		p, c := persons[who], contacts[r.IntN(len(contacts))]
		switch r.IntN(6) {
		case 0:
			n := r.IntN(20) // some are sent again
			d := decision(fmt.Sprintf("decision-%s-%d", p, n), p, contacts[n%len(contacts)])
			d.Brief = schemas.Protected(fmt.Sprintf("Brief %d.", n))
			l.decide(d)
		case 1:
			l.put(schemas.TopicPersonas, "Persona", p, &schemas.Persona{PersonRef: schemas.PersonRef(p), AsOf: schemas.MillisOf(began), Calls: int64(i), Language: "es"})
		case 2:
			v := &schemas.Prediction{PredictionID: fmt.Sprint(i), PersonRef: schemas.PersonRef(p), ContactRef: schemas.Some(c)}
			l.put(schemas.TopicPredictions, "Prediction", p, v)
		case 3:
			l.step(p, fmt.Sprintf("shard%d", who), 0, someStep(p, r.IntN(25), contacts))
		case 4:
			l.step(p, fmt.Sprintf("shard%d", who), 0, &schemas.Touchpoint{EventID: fmt.Sprintf("web/%d", i), OccurredAt: schemas.MillisOf(began.Add(time.Duration(i) * time.Second)), Channel: schemas.ChannelWeb,
				Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventFormError, Page: "refill/form", Reason: "R03"}}})
		case 5:
			if who < 4 && i > 200 {
				shard := fmt.Sprintf("shard%d", who)
				l.put(schemas.TopicIdentity, "IdentityEntry", shard, &schemas.IdentityEntry{Shard: shard, PersonRef: schemas.PersonRef(persons[(who+1)%4]), Epoch: int32(i)})
			}
		}
	}
	// Nobody's shard was moved to or from this one.
	l.put(schemas.TopicPersonas, "", persons[5], nil)
	l.step(persons[5], "shard5", 0, callStep("cc/again", contacts[5], schemas.CallEventQueued, 700))
	return l, persons, contacts
}
