package clickhouse

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/attune-health/attune/schemas"
)

// world is a random history, in records, that views are held against.
type world struct {
	rand        *rand.Rand
	touchpoints []*schemas.Identified
	moves       []*schemas.Identified
	predictions []*schemas.Prediction
	actions     []*schemas.NextBestAction
	inputs      []*schemas.DecisionInput
	outcomes    []*schemas.ActionOutcome
	aggregates  []*schemas.Aggregate
	facts       []*schemas.ContactFact
	// noon is that of its first day.
	noon schemas.Millis
	// zone is the site's.
	zone *time.Location
}

var worldReasons = []string{"R01", "R02", "R03", "R07"}

func newWorld(seed uint64, zone *time.Location, noon schemas.Millis) *world {
	w := &world{rand: rand.New(rand.NewPCG(seed, 1)), zone: zone, noon: noon}
	for p := range 150 {
		w.patient(p)
	}
	w.windows()
	w.know()
	return w
}

func (w *world) pick(n int) int { return w.rand.IntN(n) }

// patient makes digital steps, some under a cookie that is linked later, then contacts with predictions and actions.
func (w *world) patient(p int) {
	person := fmt.Sprintf("person-%d", p)
	cookie := fmt.Sprintf("cookie-%d", p)
	linked := p%3 == 0
	for s := range 12 {
		at := w.noon + schemas.Millis(w.pick(48*3600))*1000
		reason := worldReasons[w.pick(4)]
		var body schemas.TouchpointBody
		switch w.pick(5) {
		case 0:
			body = web(schemas.WebEventFormError, fmt.Sprintf("page-%d", s), reason)
		case 1:
			body = web(schemas.WebEventPageView, "home", "")
		case 2:
			body = app(schemas.AppEventSearch, "search", reason, int32(w.pick(2)))
		case 3:
			body = app([]schemas.AppEvent{schemas.AppEventChatbotFailed, schemas.AppEventChatbotResolved}[s%2], "bot", reason, -1)
		default:
			body = ehr(schemas.EhrEventResultFinal, "x", reason)
		}
		owner, shard := person, "shard-"+person
		if linked && w.pick(2) == 0 {
			owner, shard = "pseudo-"+cookie, cookie
		}
		v := touchpoint(fmt.Sprintf("e-%d-%d", p, s), owner, at, body)
		v.Shard = shard
		w.touchpoints = append(w.touchpoints, v)
	}
	if linked {
		for epoch, to := range []string{"wrong-person", person} {
			w.moves = append(w.moves, &schemas.Identified{PersonRef: schemas.PersonRef("pseudo-" + cookie), Shard: cookie, Epoch: int32(epoch + 1), JudgedBy: -1,
				Payload: schemas.IdentifiedPayload{Kind: schemas.IdentifiedPayloadMoveShard, MoveShard: schemas.MoveShard{To: schemas.PersonRef(to), At: w.noon + schemas.Millis(epoch)}}})
		}
	}
	for c := range 2 {
		w.contact(person, fmt.Sprintf("c-%d-%d", p, c))
	}
	w.before(person)
}

func (w *world) contact(person, id string) {
	at := w.noon + schemas.Millis(w.pick(60*3600))*1000
	if w.pick(3) == 0 {
		at += 8 * schemas.Day // so that what came of the others is known
	}
	reason := worldReasons[min(w.pick(7), 3)]
	wait := int64(w.pick(300)) * 1000
	answered := w.pick(4) > 0
	nth := len(w.inputs)
	add := func(n int, c schemas.Call) {
		if nth%10 == 3 {
			c.Relation = "caregiver"
		}
		v := withContact(touchpoint(fmt.Sprintf("%s-%d", id, n), person, at+schemas.Millis(n)*1000, call(c)), id)
		if said := []string{"es", "en", "", "vi"}[nth%3+nth%40/39*(3-nth%3)]; said != "" {
			v.Payload.Touchpoint.Language = schemas.Some(said)
		}
		w.touchpoints = append(w.touchpoints, v)
	}
	add(0, schemas.Call{Event: schemas.CallEventSelfService})
	if nth%9 == 4 { // the voice menu was enough
		add(1, schemas.Call{Event: schemas.CallEventDisposition, Reason: reason})
		w.inputs = append(w.inputs, &schemas.DecisionInput{Decision: *action("d-"+id, at, false)})
		return
	}
	add(1, schemas.Call{Event: schemas.CallEventQueued, Queue: "general", Priority: 1})
	if answered {
		add(2, schemas.Call{Event: schemas.CallEventAnswered, Queue: "pharmacy", Priority: 1, WaitMs: wait})
	} else {
		add(2, schemas.Call{Event: schemas.CallEventAbandoned, Queue: "general", Priority: 1, WaitMs: wait})
	}
	if w.pick(5) > 0 {
		add(3, schemas.Call{Event: schemas.CallEventDisposition, Priority: 1, Reason: reason, WaitMs: wait, TalkMs: 60_000, Queued: true, Answered: answered, Abandoned: !answered})
	}
	w.predict(person, id, at)
	d := action("d-"+id, at, w.pick(4) > 0)
	d.ContactKey = keyOf(id)
	d.PersonRef, d.ContactRef, d.LastResort = schemas.PersonRef(person), schemas.Some(id), w.pick(2) == 0
	d.Arm, d.Exposed = []string{"holdout", "treatment"}[int(is(d.Delivered))], []string{"A01", ""}[nth%5/4]
	d.Cancelled, d.Action.Propensity = nth%13 == 5, []float64{.9, 1}[nth%2]
	if d.Delivered {
		w.actions = append(w.actions, d)
	}
	w.inputs = append(w.inputs, &schemas.DecisionInput{Decision: *d})
	for n := range w.pick(3) {
		w.outcomes = append(w.outcomes, &schemas.ActionOutcome{EventID: fmt.Sprintf("o-%s-%d", id, n), DecisionID: d.DecisionID, PersonRef: somebody,
			OccurredAt: at + schemas.Millis(5000-n*700), Outcome: []schemas.Outcome{schemas.OutcomeDelivered, schemas.OutcomeShown, schemas.OutcomeAccepted,
				schemas.OutcomeRejected, schemas.OutcomeIgnored, schemas.OutcomeOverridden, schemas.OutcomeExpired}[(w.pick(3)+nth%3*2)%7]})
	}
}

func (w *world) predict(person, contact string, at schemas.Millis) {
	for n := range 1 + w.pick(3) {
		order := w.rand.Perm(4)
		left := 1.0
		v := prediction(fmt.Sprintf("pr-%s-%d", contact, n), contact, "", at+schemas.Millis(n))
		v.PersonRef, v.ModelVersion = schemas.PersonRef(person), []string{"nb-1", "nb-2"}[w.pick(2)]
		if v.ContactKey = keyOf(contact); v.ContactKey != "" {
			v.TriggerID = fmt.Sprintf("%s-%d", contact, n)
		}
		for i := range 3 { // one reason is left out
			p := left * (0.3 + 0.4*w.rand.Float64())
			left -= p
			v.Reasons = append(v.Reasons, schemas.ReasonProbability{Code: worldReasons[order[i]], P: p})
		}
		slices.SortFunc(v.Reasons, func(a, b schemas.ReasonProbability) int { return cmp.Compare(b.P, a.P) })
		if w.pick(4) == 0 { // a rare reason is named sooner
			v.Reasons = []schemas.ReasonProbability{v.Reasons[2], v.Reasons[0], v.Reasons[1]}
		}
		if n > 0 && w.pick(2) == 0 {
			v.Phase = schemas.PredictionPhaseUpdate
		}
		w.predictions = append(w.predictions, v)
	}
}

// before are predictions outside the starts of contacts.
func (w *world) before(person string) {
	for n := range w.pick(20) {
		v := prediction(fmt.Sprintf("before-%s-%d", person, n), "", "", w.noon+schemas.Millis(w.pick(60*3600))*1000)
		v.PersonRef, v.Phase = schemas.PersonRef(person), schemas.PredictionPhaseUpdate
		v.Reasons = []schemas.ReasonProbability{{Code: worldReasons[w.pick(2)], P: .9}}
		w.predictions = append(w.predictions, v)
	}
}

func (w *world) windows() {
	for h := range 5 {
		for _, reason := range worldReasons {
			for partition := range int32(3) {
				for revision := range int32(1 + w.pick(3)) {
					v := aggregate(partition, 1, revision, w.noon+schemas.Millis(h)*3_600_000, reason, int64(w.pick(9)))
					v.Basis = []schemas.Basis{schemas.BasisReal, schemas.BasisIdle, schemas.BasisForced}[w.pick(3)]
					v.Watermark = v.WindowEnd + schemas.Millis(w.pick(3)-1)*1000
					v.Late, v.Dropped = int64(w.pick(3)), int64(w.pick(2))
					w.aggregates = append(w.aggregates, v)
				}
			}
		}
	}
}

func (w *world) put(r *rig) {
	for range 2 { // all of it twice: nothing may count twice
		for _, v := range slices.Concat(w.moves, w.touchpoints) {
			r.put(schemas.TopicIdentified, v.PersonRef.Reveal(), v)
		}
		for _, v := range w.predictions {
			r.put(schemas.TopicPredictions, "k", v)
		}
		for _, v := range w.actions {
			r.put(schemas.TopicActions, "k", v)
		}
		for _, v := range w.inputs {
			r.put(schemas.TopicDecisionInputs, "k", v)
		}
		for _, v := range w.outcomes {
			r.put(schemas.TopicActionOutcomes, "k", v)
		}
		for _, v := range w.aggregates {
			r.put(schemas.TopicAggregates, "k", v)
		}
		for _, v := range w.facts {
			r.put(schemas.TopicContactFacts, "k", v)
		}
		r.send()
	}
}

// owner is who a touchpoint's shard belongs to in the end.
func (w *world) owner(v *schemas.Identified) string {
	owner, epoch := v.PersonRef.Reveal(), int32(0)
	for _, m := range w.moves {
		if m.Shard == v.Shard && m.Epoch > epoch {
			owner, epoch = m.Payload.MoveShard.To.Reveal(), m.Epoch
		}
	}
	return owner
}

type step struct {
	at   schemas.Millis
	id   string
	body schemas.TouchpointBody
}

func failed(b *schemas.TouchpointBody) bool {
	return b.Kind == schemas.TouchpointBodyWeb && b.Web.Event == schemas.WebEventFormError ||
		b.Kind == schemas.TouchpointBodyApp && (b.App.Event == schemas.AppEventChatbotFailed || b.App.Event == schemas.AppEventSearch && b.App.Results == 0)
}

// contactFacts is what the naive recomputation knows of a contact.
type contactFacts struct {
	person, reason, queue               string
	start, at                           schemas.Millis // at is when its reason became known
	wait, talk                          int64
	disposed, answered, abandoned, over bool
	repeat, queued                      bool
	steps                               []step
	// digital is when the last digital step for the reason was taken in the day before, 0 for none.
	digital            schemas.Millis
	language, relation string
}

// know says of each contact that is over what the steps of its person make of it: first without them, then as it is.
func (w *world) know() {
	for id, c := range w.contacts() {
		v := &schemas.ContactFact{ContactID: id, PersonRef: schemas.PersonRef(c.person), Channel: schemas.ChannelCall, StartedAt: c.start, Concluded: c.disposed,
			Reason: c.reason, ConcludedAt: c.at, Queue: c.queue, WaitMs: c.wait, TalkMs: c.talk, Queued: c.queued, Answered: c.answered, Abandoned: c.abandoned, Revision: 1}
		late := *v
		late.Revision, late.Final, late.Repeat = 2, true, c.repeat
		late.LastResort, late.FailedSteps = len(c.steps) > 0, int32(len(c.steps))
		v.ContactKey, late.ContactKey = keyOf(id), keyOf(id)
		if late.SelfContained = keyOf(id) != ""; late.SelfContained {
			late.DigitalAt, late.Language, late.Relation = c.digital, c.language, c.relation
			for _, x := range c.steps {
				late.Steps = append(late.Steps, schemas.StepBefore{At: x.at, Channel: channelOf(&x.body), Kind: kindOf(&x.body),
					Page: x.body.Web.Page + x.body.App.Screen, Reason: x.body.Web.Reason + x.body.App.Reason, EventID: x.id})
			}
		}
		w.facts = append(w.facts, &late, v) // the newer one first: revisions count, not the order
	}
}

// keyOf is the key of a contact, of which every third is of a build that had none and whose facts said less.
func keyOf(contact string) string {
	h := fnv.New32a()
	if h.Write([]byte(contact)); h.Sum32()%3 == 0 {
		return ""
	}
	return contact + "-0"
}

func channelOf(b *schemas.TouchpointBody) schemas.Channel {
	if b.Kind == schemas.TouchpointBodyWeb {
		return schemas.ChannelWeb
	}
	return schemas.ChannelApp
}

func kindOf(b *schemas.TouchpointBody) schemas.FailureKind {
	switch {
	case b.Kind == schemas.TouchpointBodyWeb:
		return schemas.FailureKindFormError
	case b.App.Event == schemas.AppEventSearch:
		return schemas.FailureKindSearchEmpty
	}
	return schemas.FailureKindChatbotFailed
}

// contacts recomputes those that are over.
func (w *world) contacts() map[string]*contactFacts {
	all := map[string]*contactFacts{}
	for _, v := range w.touchpoints {
		t := &v.Payload.Touchpoint
		id, ok := t.ContactID.V, t.ContactID.OK
		if !ok {
			continue
		}
		c := all[id]
		if c == nil {
			c = &contactFacts{person: w.owner(v), start: t.OccurredAt}
			all[id] = c
		}
		c.start = min(c.start, t.OccurredAt)
		// In the order of their times.
		c.language, c.relation = cmp.Or(t.Language.V, c.language), cmp.Or(t.Body.Call.Relation, c.relation)
		if b := &t.Body.Call; true {
			c.wait, c.talk, c.queued = max(c.wait, b.WaitMs), max(c.talk, b.TalkMs), c.queued || b.Queued || b.Event == schemas.CallEventQueued
			c.answered = c.answered || b.Answered || b.Event == schemas.CallEventAnswered
			c.abandoned = c.abandoned || b.Abandoned || b.Event == schemas.CallEventAbandoned
			c.over = c.over || b.Event == schemas.CallEventAbandoned || b.Event == schemas.CallEventDisposition
			if b.Event == schemas.CallEventDisposition {
				c.disposed, c.reason, c.at = true, b.Reason, t.OccurredAt
			}
			if b.Queue != "" {
				c.queue = b.Queue
			}
		}
	}
	maps.DeleteFunc(all, func(_ string, c *contactFacts) bool { return !c.over })
	for _, c := range all {
		for _, o := range all {
			c.repeat = c.repeat || c.disposed && o.disposed && o.person == c.person && o.reason == c.reason && o.start < c.start && o.start > c.start-7*schemas.Day
		}
		for _, v := range w.touchpoints {
			t := &v.Payload.Touchpoint
			if failed(&t.Body) && w.owner(v) == c.person && t.OccurredAt <= c.start && t.OccurredAt > c.start-schemas.Day {
				c.steps = append(c.steps, step{t.OccurredAt, t.EventID, t.Body})
			}
			isFor := c.disposed && t.Body.Web.Reason+t.Body.App.Reason == c.reason
			if isFor && w.owner(v) == c.person && t.OccurredAt <= c.start && t.OccurredAt >= c.start-schemas.Day {
				c.digital = max(c.digital, t.OccurredAt)
			}
		}
		slices.SortFunc(c.steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
	}
	return all
}

func TestViewsEqualNaiveRecomputation(t *testing.T) {
	// Neither the days nor the hours of this zone are UTC's.
	viewsEqual(t, "America/St_Johns", noon)
}

// TestClocksAreChangedThenNoHourAndNoDayIsLostOrMerged: an hour of the site's zone comes twice, or not at all, and its day
// has 25 or 23.
func TestClocksAreChangedThenNoHourAndNoDayIsLostOrMerged(t *testing.T) {
	for name, x := range map[string]struct {
		zone, noon string
		twice      uint64
	}{
		"an hour comes twice": {"America/New_York", "2026-10-31T08:00:00Z", 1},
		"an hour is left out": {"America/New_York", "2026-03-07T12:00:00Z", 0},
		"an hour comes twice, half an hour from those of UTC": {"America/St_Johns", "2026-10-31T12:00:00Z", 1},
		"an hour is left out, half an hour from those of UTC": {"America/St_Johns", "2026-03-07T12:00:00Z", 0},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, x.noon)
			if err != nil {
				t.Fatal(err)
			}
			c := viewsEqual(t, x.zone, schemas.Millis(at.UnixMilli()))
			if n := count(t, c, "SELECT toUInt64(uniqExact(hour) - uniqExact(formatDateTime(hour, '%F %H'))) FROM {db}.data_by_hour"); n != x.twice {
				t.Errorf("%d hours have a namesake, want %d", n, x.twice)
			}
		})
	}
}

// viewsEqual holds every view of a site in a zone against a plain recomputation.
func viewsEqual(t *testing.T, zone string, noon schemas.Millis) *Client {
	t.Helper()
	r := newRig(t, sharedServer(t).NativeAddr())
	r.cfg.TimeZone = zone
	in, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(42, in, noon)
	w.put(r)
	_, stop := r.start()
	c := r.client()
	total := 2 * (len(w.touchpoints) + len(w.predictions) + len(w.outcomes) + len(w.aggregates) + len(w.inputs) + len(w.facts))
	r.await(c, uint64(total), `SELECT (SELECT count() FROM {db}.touchpoints) + (SELECT count() FROM {db}.predictions) + (SELECT count() FROM {db}.actions)
		+ (SELECT count() FROM {db}.outcomes) + (SELECT count() FROM {db}.aggregates) + (SELECT count() FROM {db}.contact_facts)`)
	r.await(c, uint64(2*len(w.moves)), "SELECT count() FROM {db}.shard_moves")
	stop()
	t.Run("journey", func(t *testing.T) { w.checkJourney(t, c) })
	t.Run("contacts_by_reason", func(t *testing.T) { w.checkContactsByReason(t, c) })
	t.Run("window_completeness", func(t *testing.T) { w.checkCompleteness(t, c) })
	t.Run("last_resort_contacts", func(t *testing.T) { w.checkLastResort(t, c) })
	t.Run("contact_resolution", func(t *testing.T) { w.checkResolution(t, c) })
	t.Run("prediction_quality", func(t *testing.T) { w.checkQuality(t, c) })
	t.Run("foreseen_contacts", func(t *testing.T) { w.checkForeseen(t, c) })
	t.Run("prediction_cohorts", func(t *testing.T) { w.checkCohorts(t, c) })
	t.Run("actions_and_outcomes", func(t *testing.T) { w.checkActions(t, c) })
	w.checkIndicators(t, c)
	return c
}

// checkJourney counts each person's touchpoints, and asks for some of them by themselves: who owns what under a name of
// theirs, under another's, and who owns nothing any more.
func (w *world) checkJourney(t *testing.T, c *Client) {
	want, got := map[string]float64{}, map[string]float64{}
	for _, v := range w.touchpoints {
		want[w.owner(v)]++
	}
	for _, row := range rowsOf(t, c, "SELECT person_ref, count() AS n FROM {db}.journey GROUP BY person_ref") {
		got[row["person_ref"].(string)] = row["n"].(float64)
	}
	same(t, got, want)
	const all = "SELECT toUInt64(groupBitXor(cityHash64(*)) + count()) FROM {db}."
	for _, person := range []string{"person-0", "person-1", "person-3", "pseudo-cookie-0", "wrong-person", "nobody"} {
		same(t, count(t, c, "SELECT count() FROM {db}.journey_of(person_ref = '"+person+"')"), uint64(want[person]))
		same(t, count(t, c, all+"journey_of(person_ref = '"+person+"')"), count(t, c, all+"journey WHERE person_ref = '"+person+"'"))
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := gocmp.Diff(got, want, cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
		t.Errorf("-view +recomputation\n%s", diff)
	}
}

// newest is the aggregates that stay.
func (w *world) newest() []*schemas.Aggregate {
	type key struct {
		start     schemas.Millis
		reason    string
		partition int32
	}
	byKey := map[key]*schemas.Aggregate{}
	for _, v := range w.aggregates {
		k := key{v.WindowStart, v.Reason, v.Partition}
		if old := byKey[k]; old == nil || old.Revision < v.Revision {
			byKey[k] = v
		}
	}
	var all []*schemas.Aggregate
	for _, v := range byKey {
		all = append(all, v)
	}
	return all
}

func (w *world) checkContactsByReason(t *testing.T, c *Client) {
	want := map[string][4]float64{}
	for _, v := range w.newest() {
		k := v.WindowStart.Time().Format("2006-01-02 15:04") + v.Reason
		x := want[k]
		want[k] = [4]float64{x[0] + float64(v.Contacts), x[1] + float64(v.Abandoned), x[2] + float64(v.WaitMs)/1000, x[3] + float64(v.Persons)}
	}
	for k, v := range want {
		if v[0] == 0 {
			delete(want, k)
		}
	}
	got := map[string][4]float64{}
	err := c.Each(testContext(t), "SELECT formatDateTime(hour, '%Y-%m-%d %H:%i') || reason, toFloat64(contacts), toFloat64(abandoned), wait_seconds, toFloat64(persons) FROM {db}.contacts_by_reason", func(s Scanner) error {
		var k string
		var x [4]float64
		err := s.Scan(&k, &x[0], &x[1], &x[2], &x[3])
		got[k] = x
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, want)
}

func (w *world) checkCompleteness(t *testing.T, c *Client) {
	type facts struct {
		Open          map[int32]bool
		Weakest       schemas.Basis
		Late, Dropped int64
	}
	want := map[string]facts{}
	for _, v := range w.newest() {
		k := v.WindowStart.Time().Format("2006-01-02 15:04")
		f, ok := want[k]
		if !ok {
			f = facts{Open: map[int32]bool{}}
		}
		if v.Watermark < v.WindowEnd {
			f.Open[v.Partition] = true
		}
		f.Weakest = max(f.Weakest, v.Basis) // real, idle, forced: weaker is higher
		f.Late, f.Dropped = f.Late+v.Late, f.Dropped+v.Dropped
		want[k] = f
	}
	rows := rowsOf(t, c, "SELECT formatDateTime(window_start, '%Y-%m-%d %H:%i') AS k, * FROM {db}.window_completeness")
	if len(rows) != len(want) {
		t.Errorf("%d windows, want %d", len(rows), len(want))
	}
	for _, row := range rows {
		f := want[row["k"].(string)]
		same(t, []any{row["open_partitions"], row["complete"], row["basis"], row["late"], row["dropped"], row["partitions"]},
			[]any{float64(len(f.Open)), len(f.Open) == 0, f.Weakest.String(), float64(f.Late), float64(f.Dropped), 3.0})
	}
}

func (w *world) checkLastResort(t *testing.T, c *Client) {
	noticed := map[string]bool{}
	for _, d := range w.inputs {
		if d.Decision.LastResort {
			noticed[d.Decision.ContactRef.V] = true
		}
	}
	want := map[string][]any{}
	for id, f := range w.contacts() {
		if len(f.steps) == 0 {
			continue
		}
		sameReason, pages, events := 0, []any{}, []any{}
		for _, s := range f.steps {
			reason := s.body.Web.Reason + s.body.App.Reason
			if f.disposed && reason == f.reason {
				sameReason++
			}
			pages = append(pages, s.body.Web.Page.Reveal()+s.body.App.Screen.Reveal())
			events = append(events, cmp.Or(map[schemas.FailureKind]string{schemas.FailureKindSearchEmpty: "search"}[kindOf(&s.body)], kindOf(&s.body).String()))
		}
		last := f.steps[len(f.steps)-1].at
		want[id] = []any{f.person, f.reason, f.queue, f.answered, float64(len(f.steps)), float64(sameReason), f.start.Sub(last).Seconds(), pages, events, noticed[id], f.steps[0].at.Time().Format(time.RFC3339)}
	}
	got := map[string][]any{}
	for _, row := range rowsOf(t, c, "SELECT * FROM {db}.last_resort_contacts") {
		got[row["contact_id"].(string)] = []any{row["person_ref"], row["reason"], row["queue"], row["answered"], row["failed_steps"],
			row["same_reason_steps"], row["seconds_after_last"], row["steps.page"], row["steps.event"], row["noticed"], row["first_failed_at"]}
	}
	if len(want) < 10 {
		t.Fatalf("only %d last-resort contacts: a poor test", len(want))
	}
	same(t, got, want)
}

func (w *world) checkResolution(t *testing.T, c *Client) {
	all := w.contacts()
	newest := schemas.Millis(0)
	for _, f := range all {
		newest = max(newest, f.start)
	}
	want := map[string][]any{}
	for id, f := range all {
		if !f.disposed {
			continue
		}
		repeated := false
		for _, o := range all {
			repeated = repeated || o.disposed && o.person == f.person && o.reason == f.reason && o.start > f.start && o.start < f.start+7*schemas.Day
		}
		judged := f.start <= newest-7*schemas.Day
		want[id] = []any{f.reason, f.abandoned, f.repeat, repeated, judged, judged && !repeated && !f.abandoned}
	}
	got := map[string][]any{}
	for _, row := range rowsOf(t, c, "SELECT * FROM {db}.contact_resolution") {
		got[row["contact_id"].(string)] = []any{row["reason"], row["abandoned"], row["repeat"], row["repeated"], row["judged"], row["resolved"]}
	}
	same(t, got, want)
	for i, name := range map[int]string{1: "abandoned", 2: "repeats", 4: "judged", 5: "resolved"} {
		n := 0
		for _, row := range want {
			if row[i].(bool) {
				n++
			}
		}
		if n == 0 {
			t.Errorf("none is %s: a poor test", name)
		}
	}
}

// quality is one row of prediction_quality, day left out of the key since the first is checked by itself.
type quality struct{ N, Top1, Top3, LogLoss, Brier, Confidence, Base1, Base3, BaseLoss float64 }

func (w *world) checkQuality(t *testing.T, c *Client) {
	type scored struct {
		p      *schemas.Prediction
		reason string
	}
	var all []scored
	shares := map[string]float64{}
	for id, f := range w.contacts() {
		if !f.disposed {
			continue
		}
		first := w.start(id)
		if first == nil {
			continue
		}
		all = append(all, scored{first, f.reason})
		shares[f.reason]++
	}
	places := slices.SortedFunc(maps.Keys(shares), func(a, b string) int { return cmp.Or(cmp.Compare(shares[b], shares[a]), cmp.Compare(a, b)) })
	want := map[string]quality{}
	for _, s := range all {
		k := s.p.AsOf.Time().Format("2006-01-02") + s.p.ModelVersion + s.reason
		q := want[k]
		rank := slices.IndexFunc(s.p.Reasons, func(r schemas.ReasonProbability) bool { return r.Code == s.reason })
		truth := 0.0
		if rank >= 0 {
			truth = s.p.Reasons[rank].P
		}
		brier := 0.0
		for _, r := range worldReasons {
			p, y := 0.0, 0.0
			if i := slices.IndexFunc(s.p.Reasons, func(x schemas.ReasonProbability) bool { return x.Code == r }); i >= 0 {
				p = s.p.Reasons[i].P
			}
			if r == s.reason {
				y = 1
			}
			brier += (p - y) * (p - y)
		}
		place := slices.Index(places, s.reason)
		want[k] = quality{q.N + 1, q.Top1 + is(rank == 0), q.Top3 + is(truth > 0 && likelier(s.p, truth) < 3), q.LogLoss - math.Log(max(truth, 1e-6)), q.Brier + brier,
			q.Confidence + s.p.Reasons[0].P, q.Base1 + is(place == 0), q.Base3 + is(place < 3), q.BaseLoss - math.Log(shares[s.reason]/float64(len(all)))}
	}
	got := map[string]quality{}
	err := c.Each(testContext(t), `SELECT toString(toDate(quarter, 'UTC')) || model_version || reason AS k, toFloat64(sum(contacts)), toFloat64(sum(top_1)), toFloat64(sum(top_3)), sum(log_loss), sum(brier), sum(confidence),
		toFloat64(sum(baseline_top_1)), toFloat64(sum(baseline_top_3)), sum(baseline_log_loss) FROM {db}.prediction_quality GROUP BY k`, func(s Scanner) error {
		var k string
		var q quality
		err := s.Scan(&k, &q.N, &q.Top1, &q.Top3, &q.LogLoss, &q.Brier, &q.Confidence, &q.Base1, &q.Base3, &q.BaseLoss)
		got[k] = q
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 6 {
		t.Fatalf("only %d rows: a poor test", len(want))
	}
	same(t, got, want)
	bins := map[float64][2]float64{}
	for _, s := range all {
		r := likeliest(s.p)
		b := min(math.Floor(r.P*20), 19)
		bins[b] = [2]float64{bins[b][0] + is(r.Code == s.reason), bins[b][1] + r.P}
	}
	gotBins := map[float64][2]float64{}
	for _, row := range rowsOf(t, c, "SELECT bin, sum(top_1) AS hits, sum(confidence) AS sure FROM {db}.prediction_calibration GROUP BY bin") {
		gotBins[row["bin"].(float64)] = [2]float64{row["hits"].(float64), row["sure"].(float64)}
	}
	same(t, gotBins, bins)
}

// start is the first prediction made at a contact's start.
func (w *world) start(contact string) (first *schemas.Prediction) {
	for _, p := range w.predictions {
		if p.ContactRef.V == contact && p.Phase == schemas.PredictionPhaseContactStart && (first == nil || p.AsOf < first.AsOf) {
			first = p
		}
	}
	return first
}

func likelier(v *schemas.Prediction, p float64) (n int) {
	for _, r := range v.Reasons {
		n += int(is(r.P > p))
	}
	return n
}

func likeliest(v *schemas.Prediction) schemas.ReasonProbability {
	return slices.MaxFunc(v.Reasons, func(a, b schemas.ReasonProbability) int { return cmp.Compare(a.P, b.P) })
}

// foresight is one row of foreseen_contacts.
type foresight struct {
	day, model                       string
	Before                           int
	Attempted, Foreseen              bool
	Lead                             float64
	hit, hit3, likeliest, sure, loss float64
}

func (w *world) foresight() map[string]foresight {
	all, contacts := map[string]foresight{}, w.contacts()
	for id, c := range contacts {
		if !c.disposed {
			continue
		}
		p, x := w.start(id), foresight{}
		if p == nil {
			continue
		}
		for _, o := range contacts {
			x.Before += int(is(o.disposed && o.person == c.person && o.at < p.AsOf))
		}
		var said []*schemas.Prediction
		for _, o := range w.predictions {
			if o.PersonRef == p.PersonRef && o.Phase != schemas.PredictionPhaseContactStart && o.AsOf < p.AsOf {
				said = append(said, o)
			}
		}
		slices.SortStableFunc(said, func(a, b *schemas.Prediction) int { return cmp.Compare(a.AsOf, b.AsOf) })
		top, since := "", schemas.Millis(0)
		for _, o := range said {
			if o.Reasons[0].Code != top {
				top, since = o.Reasons[0].Code, o.AsOf
			}
		}
		x.Attempted = since > 0 && p.AsOf-since <= schemas.Day
		if x.Foreseen = x.Attempted && top == c.reason; x.Foreseen {
			x.Lead = p.AsOf.Sub(since).Seconds()
		}
		given := 0.0
		for _, r := range p.Reasons {
			given += r.P * is(r.Code == c.reason)
		}
		r := likeliest(p)
		x.day, x.model, x.hit, x.hit3 = p.AsOf.Time().In(w.zone).Format("2006-01-02"), p.ModelVersion, is(p.Reasons[0].Code == c.reason), is(given > 0 && likelier(p, given) < 3)
		x.likeliest, x.sure, x.loss = is(r.Code == c.reason), r.P, -math.Log(max(given, 1e-6))
		all[id] = x
	}
	return all
}

func (w *world) checkForeseen(t *testing.T, c *Client) {
	want, got, foreseen := map[string][]any{}, map[string][]any{}, 0
	for id, x := range w.foresight() {
		want[id] = []any{float64(x.Before), x.Attempted, x.Foreseen, x.Lead, x.hit == 1, x.hit3 == 1, x.loss, x.sure, x.likeliest == 1}
		foreseen += int(is(x.Foreseen && x.Lead > 0))
	}
	for _, row := range rowsOf(t, c, "SELECT * FROM {db}.foreseen_contacts") {
		got[row["contact_id"].(string)] = []any{row["contacts_before"], row["attempted"], row["foreseen"], row["lead_seconds"], row["top_1"], row["top_3"],
			row["log_loss"], row["likeliest"], row["likeliest_true"]}
	}
	if foreseen < 3 {
		t.Fatalf("only %d were foreseen: a poor test", foreseen)
	}
	same(t, got, want)
}

// qualityCell is what prediction_cohorts adds up.
type qualityCell struct{ N, Top1, Top3, Loss, Sure, Likeliest, Attempted, Foreseen, Lead float64 }

// checkCohorts hides small cells naively: the smallest of a day and model are left out until what is left out is 11 or more.
func (w *world) checkCohorts(t *testing.T, c *Client) {
	byDay := map[string]map[string]qualityCell{}
	for _, x := range w.foresight() {
		k, cohort := x.day+x.model, "contacts before: none"
		if x.Before > 0 {
			cohort = "contacts before: 1" // nobody has more
		}
		if byDay[k] == nil {
			byDay[k] = map[string]qualityCell{}
		}
		s := byDay[k][cohort]
		byDay[k][cohort] = qualityCell{s.N + 1, s.Top1 + x.hit, s.Top3 + x.hit3, s.Loss + x.loss, s.Sure + x.sure, s.Likeliest + x.likeliest,
			s.Attempted + is(x.Attempted), s.Foreseen + is(x.Foreseen), s.Lead + x.Lead}
	}
	want, small, with := map[string]qualityCell{}, 0, 0
	for k, cells := range byDay {
		hidden := 0.0
		for _, cohort := range slices.SortedFunc(maps.Keys(cells), func(a, b string) int { return cmp.Or(cmp.Compare(cells[a].N, cells[b].N), cmp.Compare(a, b)) }) {
			n := cells[cohort].N
			switch {
			case n < 11:
				small++
			case hidden > 0 && hidden < 11:
				with++
			default:
				want[k+cohort] = cells[cohort]
				continue
			}
			hidden += n
		}
	}
	got := map[string]qualityCell{}
	for _, row := range rowsOf(t, c, "SELECT toString(day) || model_version || cohort AS k, * FROM {db}.prediction_cohorts") {
		f := func(name string) float64 { return row[name].(float64) }
		got[row["k"].(string)] = qualityCell{f("contacts"), f("top_1"), f("top_3"), f("log_loss"), f("confidence"), f("likeliest_true"), f("attempted"), f("foreseen"), f("lead_seconds")}
	}
	if len(want) == 0 || small == 0 || with == 0 {
		t.Fatalf("%d cells are shown, %d are too small, %d left out with them: a poor test", len(want), small, with)
	}
	same(t, got, want)
}

func is(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (w *world) checkActions(t *testing.T, c *Client) {
	want := map[string][]any{}
	for _, in := range w.inputs {
		d := &in.Decision
		var own []*schemas.ActionOutcome
		for _, o := range w.outcomes {
			if o.DecisionID == d.DecisionID {
				own = append(own, o)
			}
		}
		slices.SortFunc(own, func(a, b *schemas.ActionOutcome) int { return cmp.Compare(a.OccurredAt, b.OccurredAt) })
		list, newest, seconds, shown, accepted := []any{}, "", 0.0, false, false
		for _, o := range own {
			list, newest, seconds = append(list, o.Outcome.String()), o.Outcome.String(), o.OccurredAt.Sub(d.AsOf).Seconds()
			shown = shown || o.Outcome != schemas.OutcomeDelivered && o.Outcome != schemas.OutcomeExpired
			accepted = accepted || o.Outcome == schemas.OutcomeAccepted
		}
		want[d.DecisionID] = []any{d.Delivered, d.LastResort, "A01", "R03", newest, seconds, shown, accepted, list}
	}
	got := map[string][]any{}
	for _, row := range rowsOf(t, c, "SELECT * FROM {db}.actions_and_outcomes") {
		got[row["decision_id"].(string)] = []any{row["delivered"], row["last_resort"], row["action_id"], row["reason"], row["outcome"], row["seconds_to_outcome"],
			row["shown"], row["accepted"], row["outcomes"]}
	}
	same(t, got, want)
}
