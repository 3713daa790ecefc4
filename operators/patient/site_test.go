package patient

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/operators/predict/train"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// site is a topology of IDENTITY, INGEST and PATIENT up to last-resort, on a net, with helpers that
// produce touchpoints and links and read what came of them.
type site struct {
	*net
	config   siteConfig
	keys     *identify.Pseudonyms
	seen     *[]sighting
	patients map[int32]*patient // by partition, as they were restored last
	linked   int                // links so far, to name them
}

// sighting is what the end of the chain saw of one trigger.
type sighting struct {
	id      string
	trigger person.Trigger
	phase   person.ContactPhase
	fired   bool
	active  bool
	failed  []schemas.FailedStep
	late    bool
	touch   int64
}

const testStart = pipeline.Time(1_767_600_000_000) // 2026-01-05 08:00 UTC

// probe is the last step of the chain in tests.
type probe struct{ site *site }

func (p probe) Process(_ *pipeline.Context, j *person.Journey) error {
	if p.site.seen == nil {
		return nil
	}
	s := sighting{id: string([]byte(j.TriggerID)), trigger: j.Trigger, phase: j.ContactPhase, fired: j.LastResort.Fired, active: j.LastResort.Active,
		late: j.Late, touch: j.Persona.Touchpoints}
	for i := range j.LastResort.Steps {
		s.failed = append(s.failed, j.LastResort.Steps[i].Clone())
	}
	*p.site.seen = append(*p.site.seen, s)
	return nil
}

func (p probe) LateWindows(_ *pipeline.Context, dst []string, _ schemas.Channel, at, judged pipeline.Time) ([]string, bool) {
	if judged != pipeline.MinTime && at < judged-pipeline.Time(schemas.Hour) {
		return append(dst, "hour"), false
	}
	return dst, false
}

// siteConfig is what the roles of a site are made with.
type siteConfig struct {
	Config
	Identify identify.Config
	Train    train.Config
}

func (c *siteConfig) setDefaults() {
	c.Config.SetDefaults()
	c.Identify.SetDefaults()
	c.Train.SetDefaults()
}

func testConfig() siteConfig {
	c := siteConfig{}
	c.Emit.Schemas = emit.SchemaIDs{Touchpoint: 1, Consent: 2, ActionOutcome: 3, IdentityLink: 4, Identified: 5, IdentityEntry: 6, Persona: 7, RejectedRecord: 8}
	c.Identify.SiteKey = []byte("a key of the tests, not secret")
	c.Identify.LogClock = true
	c.setDefaults()
	return c
}

const (
	testPatients = 3 // partitions of the identified topic
	testSources  = 2 // partitions of each source topic
)

func newSite(tb testing.TB) *site {
	tb.Helper()
	return newSiteOf(tb, testConfig())
}

func newSiteOf(tb testing.TB, config siteConfig) *site {
	tb.Helper()
	s := &site{config: config, keys: identify.NewPseudonyms(&config.Identify), seen: new([]sighting), patients: map[int32]*patient{}}
	c := s.config
	t := &c.Emit.Topics
	topology := &pipeline.Topology{
		Name: "test",
		Channels: []pipeline.Channel{
			{Name: "web", OutOfOrderness: 5000, IdleAfter: 1000}, {Name: "app", OutOfOrderness: 5000, IdleAfter: 1000},
			{Name: "call", OutOfOrderness: 60000, IdleAfter: 1000}, {Name: "ehr", OutOfOrderness: 3600000, IdleAfter: 1000},
		},
		Roles: []pipeline.Role{
			{Name: "identity", Sources: []pipeline.Source{{Topic: t.IdentityLinks, Channel: pipeline.NoChannel}}, Changelog: "identity-changelog", New: identify.NewIdentity(c.Emit, c.Identify)},
			{Name: "ingest", Sources: []pipeline.Source{
				{Topic: t.Touchpoints[schemas.ChannelWeb], Channel: 0}, {Topic: t.Touchpoints[schemas.ChannelApp], Channel: 1}, {Topic: t.Touchpoints[schemas.ChannelCall], Channel: 2}, {Topic: t.Touchpoints[schemas.ChannelEhr], Channel: 3},
				{Topic: t.Consents, Channel: pipeline.NoChannel}, {Topic: t.ActionOutcomes, Channel: pipeline.NoChannel},
			}, Tables: []pipeline.TableSource{{Topic: t.Identity, New: func() pipeline.Table { return identify.NewIdentityTable() }}}, WatermarksTo: t.Identified, New: identify.NewIngest(c.Emit, c.Taxonomy, c.Identify)},
			{Name: "patient", Sources: []pipeline.Source{{Topic: t.Identified, Carried: true}}, Changelog: "patient-changelog",
				New: func(setup *pipeline.Setup) (pipeline.Processor, error) {
					p := newPatient(setup, &c.Config)
					s.patients[setup.Task().Source.Partition] = p
					p.setSteps(append(ownSteps(setup, &c.Config, p), probe{s}))
					return p, nil
				}},
		},
	}
	parts := map[string]int32{t.Identified: testPatients, t.Rejected: testPatients, t.Late: testPatients, t.Personas: testPatients, "patient-changelog": testPatients}
	for _, topic := range []string{t.Touchpoints[schemas.ChannelWeb], t.Touchpoints[schemas.ChannelApp], t.Touchpoints[schemas.ChannelCall], t.Touchpoints[schemas.ChannelEhr], t.Consents} {
		parts[topic] = testSources
	}
	s.net = newNet(tb, topology, parts)
	return s
}

func (s *site) topic(c schemas.Channel) string {
	return s.config.Emit.Topics.Touchpoints[c]
}

func cookie(v string) schemas.Identifier {
	return schemas.Identifier{Kind: schemas.IdentifierKindCookie, Value: schemas.Protected(v)}
}

func mrn(v string) schemas.Identifier {
	return schemas.Identifier{Kind: schemas.IdentifierKindMrn, Value: schemas.Protected(v)}
}

// phone is a number that a short name stands for.
func phone(name string) schemas.Identifier {
	number := fmt.Sprintf("+1555%07d", exact.Hash64(name)%10_000_000)
	return schemas.Identifier{Kind: schemas.IdentifierKindPhone, Value: schemas.Protected(number)}
}

func webStep(id string, at schemas.Millis, e schemas.WebEvent, page, reason string, ids ...schemas.Identifier) schemas.Touchpoint {
	t := schemas.Touchpoint{EventID: id, OccurredAt: at, ReceivedAt: at, Channel: schemas.ChannelWeb, Identifiers: ids}
	t.Body.Kind = schemas.TouchpointBodyWeb
	t.Body.Web = schemas.Web{Event: e, Page: schemas.Protected(page), Reason: reason, Results: -1}
	return t
}

func callStep(id string, at schemas.Millis, e schemas.CallEvent, contact string, ids ...schemas.Identifier) schemas.Touchpoint {
	t := schemas.Touchpoint{EventID: id, OccurredAt: at, ReceivedAt: at, Channel: schemas.ChannelCall, Identifiers: ids, ContactID: schemas.Some(contact)}
	t.Body.Kind = schemas.TouchpointBodyCall
	t.Body.Call = schemas.Call{Event: e, Queue: "main"}
	return t
}

func appStep(id string, at schemas.Millis, e schemas.AppEvent, screen, reason string, ids ...schemas.Identifier) schemas.Touchpoint {
	t := schemas.Touchpoint{EventID: id, OccurredAt: at, ReceivedAt: at, Channel: schemas.ChannelApp, Identifiers: ids}
	t.Body.Kind = schemas.TouchpointBodyApp
	t.Body.App = schemas.App{Event: e, Screen: schemas.Protected(screen), Reason: reason, Results: -1}
	return t
}

func ehrStep(id string, at schemas.Millis, e schemas.EhrEvent, reason string, ids ...schemas.Identifier) schemas.Touchpoint {
	t := schemas.Touchpoint{EventID: id, OccurredAt: at, ReceivedAt: at, Channel: schemas.ChannelEhr, Identifiers: ids}
	t.Body.Kind = schemas.TouchpointBodyEhr
	t.Body.Ehr = schemas.Ehr{Event: e, Reason: reason}
	return t
}

func (s *site) touch(t schemas.Touchpoint, partition int32) {
	s.produce(s.topic(t.Channel), partition, nil, t.AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.Touchpoint)),
		pipeline.Header{Key: "attune_clock", Value: []byte("log")})
}

func (s *site) link(op schemas.LinkOp, id string, at schemas.Millis, identifier, subject schemas.Identifier) {
	s.relate(schemas.IdentityLink{EventID: id, OccurredAt: at, Op: op, Identifier: identifier, Subject: subject, Source: "test"})
}

// relate writes a link, which may have a relation.
func (s *site) relate(l schemas.IdentityLink) {
	s.produce(s.config.Emit.Topics.IdentityLinks, 0, nil, l.AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.IdentityLink)))
}

// personas returns the newest persona of each person that has one.
func (s *site) personas() map[string]schemas.Persona {
	s.tb.Helper()
	newest := map[string]schemas.Persona{}
	for _, r := range s.all(s.config.Emit.Topics.Personas) {
		if r.Value == nil {
			delete(newest, string(r.Key))
			continue
		}
		var p schemas.Persona
		if err := schemas.DecodeWhole(&p, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		newest[string(r.Key)] = p.Clone()
	}
	return newest
}

// owner is whose an identifier is, by the identity topic.
func (s *site) owner(id schemas.Identifier) string {
	table := identify.NewIdentityTable()
	for _, r := range s.all(s.config.Emit.Topics.Identity) {
		if err := table.Apply(&r); err != nil {
			s.tb.Fatal(err)
		}
	}
	shard, _ := s.keys.Of(id.Kind, id.Value.Reveal())
	if owner, _, _ := table.Find(&shard); owner != 0 {
		return string(table.Ref(owner))
	}
	return s.pseudonym(id)
}

// pseudonym is whose an identifier is that no link has named.
func (s *site) pseudonym(id schemas.Identifier) string {
	_, pseudonym := s.keys.Of(id.Kind, id.Value.Reveal())
	return string(identify.AppendRef(nil, pseudonym))
}

// rejected returns the rejected records of a topic by event id.
func (s *site) rejected(topic string) map[string][]schemas.RejectedRecord {
	s.tb.Helper()
	found := map[string][]schemas.RejectedRecord{}
	for _, r := range s.all(topic) {
		var v schemas.RejectedRecord
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		found[v.EventID] = append(found[v.EventID], v.Clone())
	}
	return found
}

// sighted returns the sightings of a trigger.
func (s *site) sighted(id string) (found []sighting) {
	for _, x := range *s.seen {
		if x.id == id {
			found = append(found, x)
		}
	}
	return found
}
