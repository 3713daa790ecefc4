package oracle_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/oracle"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

var allOrders = flag.Bool("orders", false, "TestWhateverArrivesWhen runs all orders of arrival, not only the quick ones")

// sentEvent is one record that a source sends, framed.
type sentEvent struct {
	sources.Event
	at schemas.Millis
}

// input is how many patients come for how long.
type input struct {
	name     string
	patients int
	rate     float64
	span     time.Duration
	seed     int64
}

func inputs() []input {
	return []input{{"hours", 3000, 0.5, 4 * time.Hour, 11}, {"days", 3000, 0.008, 9 * 24 * time.Hour, 11}}
}

// events are what simulated patients do, in the order in which sources deliver it.
func (in input) events(t *testing.T, ids schemas.IDs) []sentEvent {
	t.Helper()
	s := traffic.Simulation{Patients: in.patients, Rate: in.rate, Seed: in.seed, Start: "2026-03-02T14:00:00Z", Duration: in.span, BadShare: 0.02}
	feed, err := s.Feed()
	if err != nil {
		t.Fatal(err)
	}
	var events []sentEvent
	for e, ok := feed.Generator.Next(); ok; e, ok = feed.Generator.Next() {
		v := sentEvent{at: e.At}
		v.Topic, v.Key = e.Topic, slices.Clone(e.Key)
		var r schemas.Record
		switch e.Kind {
		case journeys.KindTouchpoint:
			r, v.ID, v.OccurredAt = e.Touchpoint, strings.Clone(e.Touchpoint.EventID), e.Touchpoint.OccurredAt
		case journeys.KindLink:
			r, v.ID, v.OccurredAt = e.Link, strings.Clone(e.Link.EventID), e.Link.OccurredAt
		case journeys.KindConsent:
			r, v.ID, v.OccurredAt = e.Consent, strings.Clone(e.Consent.EventID), e.Consent.OccurredAt
		default:
			v.Value, v.OccurredAt = slices.Clone(e.Raw), e.At
		}
		if r != nil {
			v.Value = schemas.AppendFramed(nil, ids[e.Topic], r)
		}
		events = append(events, v)
	}
	return events
}

// order is one way in which the same input arrives.
type order struct {
	name  string
	quick []string // inputs with which it runs without -orders
	// arrange puts the input into waves: each is sent whole, and processed before the next.
	arrange func(rnd *rand.Rand, events []sentEvent) [][]sentEvent
	// backlog is how many of the waves lie there before anybody reads.
	backlog int
	// processes read, one after the other killed between waves where kill says so.
	processes int
	kill      bool
	// hurry: no wave waits until the one before is processed.
	hurry bool
	// again reads everything once more into topics of another generation.
	again bool
}

func oneWave(_ *rand.Rand, events []sentEvent) [][]sentEvent { return [][]sentEvent{events} }

// first sends all records of some topics before the others.
func first(topics ...string) func(*rand.Rand, []sentEvent) [][]sentEvent {
	return func(_ *rand.Rand, events []sentEvent) [][]sentEvent {
		waves := make([][]sentEvent, 2)
		for _, e := range events {
			n := 1
			if slices.Contains(topics, e.Topic) {
				n = 0
			}
			waves[n] = append(waves[n], e)
		}
		return waves
	}
}

// behind delays a topic by that long, and sends the result in hours.
func behind(topic string, by schemas.Millis) func(*rand.Rand, []sentEvent) [][]sentEvent {
	return func(_ *rand.Rand, events []sentEvent) [][]sentEvent {
		events = slices.Clone(events)
		for i := range events {
			if events[i].Topic == topic {
				events[i].at += by
			}
		}
		slices.SortStableFunc(events, func(a, b sentEvent) int { return int(a.at - b.at) })
		return parts(6)(nil, events)
	}
}

// parts cuts into n waves.
func parts(n int) func(*rand.Rand, []sentEvent) [][]sentEvent {
	return func(_ *rand.Rand, events []sentEvent) [][]sentEvent {
		return slices.Collect(slices.Chunk(events, (len(events)+n-1)/n))
	}
}

// mixed shuffles touchpoints within blocks of each topic; the order of links is what decides whose an
// identifier is, and stays.
func mixed(block int, shuffle bool) func(*rand.Rand, []sentEvent) [][]sentEvent {
	return func(rnd *rand.Rand, events []sentEvent) [][]sentEvent {
		byTopic := map[string][]sentEvent{}
		for _, e := range events {
			byTopic[e.Topic] = append(byTopic[e.Topic], e)
		}
		for _, topic := range schemas.TouchpointTopics() {
			for from := 0; from < len(byTopic[topic]); from += block {
				part := byTopic[topic][from:min(from+block, len(byTopic[topic]))]
				if shuffle {
					rnd.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
				} else {
					slices.Reverse(part)
				}
			}
		}
		var out []sentEvent
		for _, e := range events { // topics take turns as they did
			out = append(out, byTopic[e.Topic][0])
			byTopic[e.Topic] = byTopic[e.Topic][1:]
		}
		return [][]sentEvent{out}
	}
}

func sorted(_ *rand.Rand, events []sentEvent) [][]sentEvent {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b sentEvent) int { return int(a.OccurredAt - b.OccurredAt) })
	return [][]sentEvent{events}
}

const (
	web, app, calls, ehr, links = schemas.TopicTouchpointsWeb, schemas.TopicTouchpointsApp, schemas.TopicTouchpointsCall, schemas.TopicTouchpointsEhr, schemas.TopicIdentityLinks
)

func orders() []order {
	return []order{
		{name: "a backlog", quick: []string{"hours"}, arrange: oneWave, backlog: 1},
		{name: "calls first", quick: []string{"hours"}, arrange: first(calls)},
		{name: "calls last", arrange: first(web, app, ehr, links, schemas.TopicConsents)},
		{name: "links last", quick: []string{"hours"}, arrange: first(web, app, calls, ehr, schemas.TopicConsents)},
		{name: "links first", arrange: first(links)},
		{name: "live", arrange: parts(12)},
		{name: "read while it is written", quick: []string{"days"}, arrange: parts(12), hurry: true},
		{name: "import, by event time", arrange: sorted, backlog: 1},
		{name: "import, in two parts", arrange: func(rnd *rand.Rand, e []sentEvent) [][]sentEvent { return parts(2)(rnd, sorted(rnd, e)[0]) }},
		{name: "web an hour behind", quick: []string{"hours"}, arrange: behind(web, schemas.Hour)},
		{name: "app an hour behind", arrange: behind(app, schemas.Hour)},
		{name: "calls an hour behind", arrange: behind(calls, schemas.Hour)},
		{name: "health record a day behind", arrange: behind(ehr, schemas.Day)},
		{name: "blocks reversed", arrange: mixed(50, false), backlog: 1},
		{name: "all reversed", arrange: mixed(1<<30, false), backlog: 1},
		{name: "shuffled in blocks", arrange: mixed(200, true), backlog: 1},
		{name: "shuffled per topic", quick: []string{"hours"}, arrange: mixed(1<<30, true), backlog: 1},
		{name: "two processes", arrange: parts(3), processes: 2},
		{name: "killed and taken over", quick: []string{"hours"}, arrange: parts(4), kill: true},
		{name: "killed with calls first", arrange: first(calls), kill: true},
		{name: "reprocessed", arrange: parts(4), again: true},
	}
}

// TestWhateverArrivesWhen sends the same input in many orders, and demands of contact-facts and
// contact-aggregates what the oracle says of it.
func TestWhateverArrivesWhen(t *testing.T) {
	server, err := embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	engine := &oracle.Engine{URL: "http://" + server.HTTPAddr()}
	for _, in := range inputs() {
		if !slices.ContainsFunc(orders(), func(o order) bool { return o.chosen(in) }) {
			continue
		}
		t.Run(in.name, func(t *testing.T) { in.inManyOrders(t, engine) })
	}
}

// chosen reports whether this run sends the input in the order. A short one leaves out orders in which what goes on
// at once is the same as in others.
func (o order) chosen(in input) bool {
	switch {
	case *allOrders:
		return true
	case testing.Short() && !o.kill && o.name != "a backlog":
		return false
	}
	return slices.Contains(o.quick, in.name)
}

func (in input) inManyOrders(t *testing.T, engine *oracle.Engine) {
	var figures []oracle.Totals
	for n, o := range orders() {
		if !o.chosen(in) {
			continue
		}
		t.Run(o.name, func(t *testing.T) {
			s := newSite(t)
			s.arrive(o, in.events(t, s.ids), rand.New(rand.NewPCG(uint64(n), 1)))
			figures = append(figures, s.agrees(engine, ""))
			if o.again {
				s.reprocess()
				figures = append(figures, s.agrees(engine, "again"))
			}
		})
	}
	for _, f := range figures {
		if f != figures[0] {
			t.Errorf("the figures depend on the order: %+v and %+v", figures[0], f)
		}
	}
	if f := figures[0]; f.LastResort < 50 || f.Repeat < 5 || f.FailedSteps <= f.LastResort || in.span > 8*24*time.Hour && f.Resolved == 0 {
		t.Errorf("too little to go wrong: %+v", f)
	}
}

// site is one installation, in this process, on a broker of its own.
type site struct {
	*testing.T
	ctx       context.Context
	config    config.Config
	cluster   *kafka.Cluster
	registry  *schemas.Registry
	ids       schemas.IDs
	processes []*process
}

// process is a processor that runs.
type process struct {
	*roles.Processor
	cluster *kafka.Cluster
	group   *errgroup.Group
	end     context.CancelFunc
}

func (s *site) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func newSite(t *testing.T) *site {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	t.Cleanup(cancel)
	s := &site{T: t, ctx: ctx}
	broker, err := embedded.StartBroker(ctx, embedded.BrokerConfig{Dir: t.TempDir()})
	s.check(err)
	t.Cleanup(func() { _ = broker.Close() })
	registry, err := embedded.StartRegistry(ctx, embedded.RegistryConfig{Dir: t.TempDir()})
	s.check(err)
	t.Cleanup(func() { _ = registry.Close() })
	c := config.Default()
	c.Kafka.Brokers, c.Registry.URL = []string{broker.Addr()}, registry.URL()
	c.Topics.Partitions, c.Topics.Replication = 4, 1
	c.Run.Clock, c.Run.IdentityKey = "log", "orders of arrival: not a secret"
	s.config = c
	s.cluster, err = connect.Kafka(ctx, &c)
	s.check(err)
	t.Cleanup(func() { _ = s.cluster.Close() })
	_, err = connect.CreateTopics(ctx, s.cluster, &c)
	s.check(err)
	s.registry, err = connect.Registry(&c)
	s.check(err)
	s.ids, err = s.registry.Register(ctx)
	s.check(err)
	t.Cleanup(func() {
		for _, p := range s.processes {
			p.stop()
		}
	})
	return s
}

// start adds a process.
func (s *site) start() {
	s.Helper()
	c := s.config
	c.Instance = fmt.Sprintf("orders-%d", time.Now().UnixNano())
	cluster, err := connect.Kafka(s.ctx, &c)
	s.check(err)
	p := &process{cluster: cluster}
	p.Processor, err = roles.NewProcessor(s.ctx, &c, cluster, s.registry, runner.Events{})
	s.check(err)
	ctx, end := context.WithCancel(s.ctx)
	p.group, p.end = &errgroup.Group{}, end
	p.group.Go(func() error { return p.Runner.Run(ctx) })
	s.processes = append(s.processes, p)
}

// stop ends it in order.
func (p *process) stop() {
	p.end()
	_ = p.group.Wait()
	_ = p.cluster.Close()
	_ = p.Release()
}

// kill takes its connections away first, so that it can neither commit nor say good-bye.
func (p *process) kill() {
	_ = p.cluster.Close()
	p.stop()
}

// arrive sends the input as an order says, and ends it.
func (s *site) arrive(o order, events []sentEvent, rnd *rand.Rand) {
	s.Helper()
	for n, wave := range o.arrange(rnd, events) {
		if n >= o.backlog && len(s.processes) == 0 {
			for range max(1, o.processes) {
				s.start()
			}
		}
		s.send(wave)
		if len(s.processes) == 0 {
			continue
		}
		if o.kill {
			s.await(func() bool { return s.processed() > 0 })
			s.processes[0].kill()
			s.processes = s.processes[1:]
			s.start()
		}
		if !o.hurry {
			s.check(s.processes[0].Runner.Quiet(s.ctx))
		}
	}
	if len(s.processes) == 0 {
		s.start()
	}
	s.finish()
}

// finish leaves one process, which ends the input.
func (s *site) finish() {
	s.Helper()
	for _, p := range s.processes[1:] {
		p.stop()
	}
	s.processes = s.processes[:1]
	r := s.processes[0].Runner
	for _, step := range []func(context.Context) error{r.Quiet, r.EndInput, r.Quiet} {
		s.check(step(s.ctx))
	}
}

// processed is how much has come out so far.
func (s *site) processed() (n int64) {
	spans, err := s.cluster.Spans(s.ctx, s.config.Own(schemas.TopicIdentified))
	s.check(err)
	for _, span := range spans {
		n += span.To - span.From
	}
	return n
}

func (s *site) await(ok func() bool) {
	s.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-s.ctx.Done():
			s.Fatal(s.ctx.Err())
		case <-tick.C:
		}
	}
}

func (s *site) send(events []sentEvent) {
	s.Helper()
	w, err := sources.NewWriter(s.ctx, s.cluster, s.ids, "journeys")
	s.check(err)
	for i := range events {
		s.check(w.Append(&events[i].Event, pipeline.Time(events[i].OccurredAt)))
		if w.Pending() > 200_000 {
			s.check(w.Flush(s.ctx))
		}
	}
	s.check(errors.Join(w.Flush(s.ctx), w.Close()))
}

// reprocess reads everything again into another generation of topics.
func (s *site) reprocess() {
	s.Helper()
	s.processes[0].stop()
	s.processes = nil
	s.config.Topics.Generation = "again"
	_, err := connect.CreateTopics(s.ctx, s.cluster, &s.config)
	s.check(err)
	s.start()
	s.finish()
}

// agrees compares what topics say with what the oracle says of the same source topics.
func (s *site) agrees(engine *oracle.Engine, generation string) oracle.Totals {
	s.Helper()
	log := generationOf{connect.Log{Cluster: s.cluster}, generation}
	facts, err := oracle.ReadFacts(s.ctx, log)
	s.check(err)
	answer, err := engine.Answer(s.ctx, facts)
	s.check(err)
	differences, err := answer.Compare(s.ctx, s.tables(log, answer))
	s.check(err)
	for _, d := range differences {
		s.Errorf("%s: %s", d.Of, d.Words)
	}
	return answer.Totals
}

// generationOf shows attune's own topics of a generation.
type generationOf struct {
	oracle.Log
	generation string
}

// Each implements Log.
func (g generationOf) Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error {
	for _, spec := range schemas.Topics(schemas.TopicConfig{}) {
		if spec.Name == topic && !spec.Input {
			topic = schemas.InGeneration(topic, g.generation)
		}
	}
	return g.Log.Each(ctx, topic, fn)
}

// tables is what topics say, in the form of the tables and views that are made of them. What views add
// to contact-facts is the oracle's own: no view is under test here.
func (s *site) tables(log oracle.Log, a *oracle.Answer) said {
	s.Helper()
	out := said{"copies": nil}
	truth, early := map[string]*oracle.Contact{}, 0
	for i := range a.Contacts {
		truth[a.Contacts[i].ContactID] = &a.Contacts[i]
	}
	for _, v := range s.newestFacts(log) {
		id, is := v.ContactID, strconv.FormatBool
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		steps, wait := number(int64(v.FailedSteps)), int64(0)
		var failed []string
		for i := range v.Steps {
			failed = append(failed, v.Steps[i].EventID)
		}
		if v.Concluded && v.Queued {
			wait = v.WaitMs
		}
		out["current_contact_facts"] = append(out["current_contact_facts"], []string{id, "1", is(v.Concluded), is(v.LastResort), steps, is(v.Repeat),
			is(v.Concluded && v.Queued), is(v.Concluded && v.Abandoned), is(v.Concluded && v.Answered), number(wait)})
		out["current_contact_facts by contact"] = append(out["current_contact_facts by contact"],
			[]string{id, number(int64(v.StartedAt)), is(v.Concluded), v.Reason, steps, is(v.Repeat), number(int64(v.DigitalAt)), strings.Join(failed, " "), is(v.SelfContained)})
		out["contacts"] = append(out["contacts"], []string{id, "1", is(v.Concluded), is(v.LastResort)})
		if v.LastResort {
			out["last_resort_contacts"] = append(out["last_resort_contacts"], []string{id, "1", steps, steps})
		}
		if c := truth[id]; c != nil && v.Concluded && v.Reason != "" {
			out["contact_resolution"] = append(out["contact_resolution"], []string{id, is(v.Repeat), is(c.Judged), is(c.Resolved)})
		}
		if !v.Final {
			early++
		}
	}
	if early > 0 {
		s.Errorf("%d contacts are not final at the end of the input", early)
	}
	out["current_aggregates"] = s.cells(log)
	return out
}

// newestFacts is what was said last of each contact.
func (s *site) newestFacts(log oracle.Log) map[string]schemas.ContactFact {
	newest := map[string]schemas.ContactFact{}
	var v schemas.ContactFact
	s.check(log.Each(s.ctx, schemas.TopicContactFacts, func(r *pipeline.Record) error {
		if err := schemas.DecodeWhole(&v, r.Value[5:]); err != nil {
			return err
		}
		old, ok := newest[v.ContactID]
		if !ok || v.Concluded && !old.Concluded || v.Concluded == old.Concluded && v.Revision >= old.Revision {
			c := v.Clone()
			newest[c.ContactID] = c
		}
		return nil
	}))
	return newest
}

// cells is the newest version of each window of contacts, summed over partitions.
func (s *site) cells(log oracle.Log) (rows [][]string) {
	type cell struct {
		window    schemas.Millis
		reason    string
		priority  int32
		partition int32
	}
	newest, sums := map[cell]schemas.Aggregate{}, map[cell][3]int64{}
	var v schemas.Aggregate
	s.check(log.Each(s.ctx, schemas.TopicAggregates, func(r *pipeline.Record) error {
		if err := schemas.DecodeWhole(&v, r.Value[5:]); err != nil {
			return err
		}
		if v.Aggregate == "contacts" {
			c := v.Clone()
			newest[cell{c.WindowStart, c.Reason, c.Priority, c.Partition}] = c
		}
		return nil
	}))
	for k, v := range newest {
		k.partition = 0
		sum := sums[k]
		sums[k] = [3]int64{sum[0] + v.Contacts, sum[1] + v.LastResort, sum[2] + v.Repeats}
	}
	for k, sum := range sums {
		if sum[0] != 0 {
			rows = append(rows, []string{strconv.FormatInt(int64(k.window), 10), k.reason, strconv.Itoa(int(k.priority)),
				strconv.FormatInt(sum[0], 10), strconv.FormatInt(sum[1], 10), strconv.FormatInt(sum[2], 10)})
		}
	}
	return rows
}
