package simulation

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/attune-health/attune"
	"github.com/attune-health/attune/operators/aggregate"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// productJob is the product's own topology. What it is for is the moves of shards from owner to owner,
// whose tasks lag behind each other and die; what all of the product must make of it is verified as well.
type productJob struct {
	world    *world
	config   attune.Config
	graph    *pipeline.Topology
	sent     int
	sends    []sent // that may be sent again
	contacts int
	open     []contact // that are in a queue
}

// sent is a touchpoint as it was sent.
type sent struct {
	topic string
	value []byte
}

type contact struct {
	id  string
	who schemas.Identifier
}

// identifiers of patients. Any may be linked to one of the last two.
var identifiers = []schemas.Identifier{
	{Kind: schemas.IdentifierKindCookie, Value: "c1"}, {Kind: schemas.IdentifierKindCookie, Value: "c2"}, {Kind: schemas.IdentifierKindDevice, Value: "d1"},
	{Kind: schemas.IdentifierKindPhone, Value: "+15550100001"}, {Kind: schemas.IdentifierKindMrn, Value: "m1"}, {Kind: schemas.IdentifierKindMrn, Value: "m2"},
}

// badReason is a touchpoint's reason that no taxonomy has.
const badReason = "R99"

func newProductJob(w *world) *productJob {
	s := &w.settings
	bound := func(times int) attune.Bound {
		return attune.Bound{OutOfOrderness: time.Duration(times) * time.Duration(s.Bound) * time.Millisecond, IdleAfter: time.Duration(s.IdleAfter) * time.Millisecond}
	}
	c := attune.Config{Channels: attune.Channels{"web": bound(1), "app": bound(1), "call": bound(2), "ehr": bound(3)}}
	c.Emit.Schemas = emit.SchemaIDs{Touchpoint: 1, Consent: 2, ActionOutcome: 3, IdentityLink: 4, Identified: 5, IdentityEntry: 6, Persona: 7,
		RejectedRecord: 8, Prediction: 9, NextBestAction: 10, DecisionInput: 11, Aggregate: 12, TrainingExample: 13, Model: 14}
	c.Identify.SiteKey = []byte("a key of the tests, not secret")
	c.Aggregate = aggregate.Config{ContactsSize: 2000, ContactsLateness: 300, TouchpointsSize: 1000, TouchpointsLateness: 100, Early: 150}
	c.Train.First = 3
	return &productJob{world: w, config: c}
}

func (j *productJob) topology() (*pipeline.Topology, error) {
	var err error
	if j.graph == nil { // it takes longer than all else in the life of most processes
		j.graph, err = attune.Topology(j.config)
	}
	return j.graph, err
}

func (j *productJob) sources() []string {
	return []string{
		schemas.TopicIdentityLinks, schemas.TopicTouchpointsCall, schemas.TopicTouchpointsWeb, schemas.TopicTouchpointsApp, schemas.TopicTouchpointsEhr,
		schemas.TopicConsents, schemas.TopicActionOutcomes, schemas.TopicIdentified, schemas.TopicTrainingExamples,
	}
}

func (j *productJob) partitions() map[string]int32 {
	p := j.world.settings.MidPartitions
	return map[string]int32{
		schemas.TopicIdentityLinks: 1, schemas.TopicTouchpointsCall: 1, schemas.TopicTouchpointsWeb: 2, schemas.TopicTouchpointsApp: 1, schemas.TopicTouchpointsEhr: 1,
		schemas.TopicConsents: 1, schemas.TopicActionOutcomes: 1, schemas.TopicTrainingExamples: 1, schemas.TopicModels: 1, schemas.TopicIdentity: 1,
		schemas.TopicIdentityChangelog: 1, schemas.TopicTrainerChangelog: 1,
		schemas.TopicIdentified: p, schemas.TopicPatientChangelog: p, schemas.TopicTouchpointsRejected: p, schemas.TopicTouchpointsLate: p, schemas.TopicPersonas: p,
		schemas.TopicPredictions: p, schemas.TopicActions: p, schemas.TopicDecisionInputs: p, schemas.TopicAggregates: p, schemas.TopicContactFacts: p,
	}
}

func (j *productJob) troubled() []string {
	return []string{
		schemas.TopicTouchpointsWeb, schemas.TopicTouchpointsCall, schemas.TopicIdentityLinks, schemas.TopicIdentified, schemas.TopicIdentified, schemas.TopicIdentified,
		schemas.TopicPatientChangelog, schemas.TopicIdentity, schemas.TopicIdentity, schemas.TopicModels,
	}
}

// write lets something come from outside. A link comes amid touchpoints of who is moved.
func (j *productJob) write() {
	w := j.world
	switch w.rand.IntN(9) {
	case 0, 1:
		who := identifiers[w.rand.IntN(len(identifiers))]
		for range w.rand.IntN(4) {
			w.after(w.between(0, 400*time.Millisecond), func() { j.touch(who) })
		}
		w.after(w.between(0, 200*time.Millisecond), func() { j.link(who) })
	case 2:
		j.consent()
	default:
		j.touch(identifiers[w.rand.IntN(len(identifiers))])
	}
}

func (j *productJob) now() schemas.Millis { return schemas.Millis(time.Now().UnixMilli()) }

func framed(schema int32, v schemas.Record) []byte {
	return v.AppendAvro(binary.BigEndian.AppendUint32([]byte{0}, uint32(schema)))
}

func (j *productJob) append(topic string, partition int32, value []byte) {
	w := j.world
	tp := pipeline.TopicPartition{Topic: topic, Partition: partition}
	w.note("input %s %q", name(tp), value)
	w.cluster.append(w.cluster.partition(tp), &pipeline.OutRecord{Timestamp: time.Now().UnixMilli(), Value: value}, nil)
}

func (j *productJob) link(who schemas.Identifier) {
	w := j.world
	j.sent++
	l := schemas.IdentityLink{EventID: fmt.Sprintf("l%d", j.sent), OccurredAt: j.now(), Op: schemas.LinkOpLink, Identifier: who,
		Subject: identifiers[4+w.rand.IntN(2)], Source: "test"}
	if w.chance(3) {
		l.Op = schemas.LinkOpUnlink
	}
	j.append(schemas.TopicIdentityLinks, 0, framed(j.config.Emit.Schemas.IdentityLink, &l))
}

func (j *productJob) consent() {
	j.sent++
	c := schemas.Consent{EventID: fmt.Sprintf("s%d", j.sent), OccurredAt: j.now(), Channel: "sms", Purpose: "care",
		Identifiers: []schemas.Identifier{identifiers[j.world.rand.IntN(len(identifiers))]}, Status: schemas.ConsentStatusGranted}
	j.append(schemas.TopicConsents, 0, framed(j.config.Emit.Schemas.Consent, &c))
}

// touch sends a touchpoint of somebody, or one that was sent before, or one that is of no use.
func (j *productJob) touch(who schemas.Identifier) {
	w := j.world
	if w.healed {
		return
	}
	switch n := w.rand.IntN(20); {
	case n < 2 && len(j.sends) > 0:
		s := j.sends[w.rand.IntN(len(j.sends))]
		j.append(s.topic, w.rand.Int32N(int32(len(w.cluster.topics[s.topic]))), s.value)
		return
	case n == 2:
		j.append(schemas.TopicTouchpointsWeb, 0, []byte("unreadable"))
		return
	}
	j.sent++
	at := j.now() - schemas.Millis(w.rand.Int64N(int64(w.settings.Bound)))
	if w.chance(12) {
		at -= schemas.Millis(w.rand.Int64N(6000)) // late, or not yet
	}
	t := j.draw(fmt.Sprintf("e%d", j.sent), at, who)
	topic := schemas.TouchpointTopic(t.Channel)
	value := framed(j.config.Emit.Schemas.Touchpoint, &t)
	j.append(topic, w.rand.Int32N(int32(len(w.cluster.topics[topic]))), value)
	j.sends = append(j.sends, sent{topic, value})
}

// draw makes a touchpoint.
func (j *productJob) draw(id string, at schemas.Millis, who schemas.Identifier) schemas.Touchpoint {
	w := j.world
	t := schemas.Touchpoint{EventID: id, OccurredAt: at, ReceivedAt: at, Identifiers: []schemas.Identifier{who}}
	switch w.rand.IntN(7) {
	case 0:
		t.Channel, t.Body.Kind = schemas.ChannelApp, schemas.TouchpointBodyApp
		t.Body.App = schemas.App{Event: schemas.AppEventScreenView, Screen: "inbox", Results: -1}
	case 1:
		t.Channel, t.Body.Kind = schemas.ChannelEhr, schemas.TouchpointBodyEhr
		t.Body.Ehr = schemas.Ehr{Event: schemas.EhrEventPrescription, Reason: "R03"}
	case 2, 3:
		j.call(&t, who)
	case 4:
		t.Channel, t.Body.Kind = schemas.ChannelWeb, schemas.TouchpointBodyWeb
		t.Body.Web = schemas.Web{Event: schemas.WebEventFormError, Page: "refill", Reason: pick(w.rand, "R02", "R03", "R03", badReason), Results: -1}
	default:
		t.Channel, t.Body.Kind = schemas.ChannelWeb, schemas.TouchpointBodyWeb
		t.Body.Web = schemas.Web{Event: schemas.WebEventPageView, Page: "home", Reason: "R02", Results: -1}
	}
	return t
}

// call is the beginning of a contact, or the end of one.
func (j *productJob) call(t *schemas.Touchpoint, who schemas.Identifier) {
	w := j.world
	t.Channel, t.Body.Kind = schemas.ChannelCall, schemas.TouchpointBodyCall
	t.Body.Call = schemas.Call{Event: schemas.CallEventQueued, Queue: "main"}
	if len(j.open) > 0 && w.chance(2) {
		c := j.open[0]
		j.open = j.open[1:]
		t.ContactID, t.Identifiers = schemas.Some(c.id), []schemas.Identifier{c.who}
		t.Body.Call = schemas.Call{Event: schemas.CallEventDisposition, Queue: "main", Reason: pick(w.rand, "R02", "R03"), WaitMs: 900, TalkMs: 5000, Queued: true, Answered: true}
		return
	}
	j.contacts++
	c := contact{fmt.Sprintf("call-%d", j.contacts), who}
	j.open = append(j.open, c)
	t.ContactID = schemas.Some(c.id)
}

// close ends event time: a touchpoint far in the future in every source partition.
func (j *productJob) close() {
	at := j.now() + 60_000
	for i, topic := range schemas.TouchpointTopics() {
		for p := range j.world.cluster.topics[topic] {
			t := schemas.Touchpoint{EventID: fmt.Sprintf("close-%s-%d", topic, p), OccurredAt: at, ReceivedAt: at, Identifiers: identifiers[:1]}
			switch t.Channel = [...]schemas.Channel{schemas.ChannelWeb, schemas.ChannelApp, schemas.ChannelCall, schemas.ChannelEhr}[i]; t.Channel {
			case schemas.ChannelWeb:
				t.Body.Kind, t.Body.Web = schemas.TouchpointBodyWeb, schemas.Web{Event: schemas.WebEventPageView, Page: "home", Results: -1}
			case schemas.ChannelApp:
				t.Body.Kind, t.Body.App = schemas.TouchpointBodyApp, schemas.App{Event: schemas.AppEventScreenView, Screen: "inbox", Results: -1}
			case schemas.ChannelCall:
				j.contacts++
				t.ContactID = schemas.Some(fmt.Sprintf("call-%d", j.contacts))
				t.Body.Kind, t.Body.Call = schemas.TouchpointBodyCall, schemas.Call{Event: schemas.CallEventQueued, Queue: "main"}
			case schemas.ChannelEhr:
				t.Body.Kind, t.Body.Ehr = schemas.TouchpointBodyEhr, schemas.Ehr{Event: schemas.EhrEventPrescription, Reason: "R03"}
			}
			j.append(topic, int32(p), framed(j.config.Emit.Schemas.Touchpoint, &t))
		}
	}
}

// dump does nothing: personas and windows say what the state is.
func (j *productJob) dump() {}

// produced is the engine's own job's to check.
func (j *productJob) produced(pipeline.OffsetCommit) {}
