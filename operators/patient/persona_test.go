package patient

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// loops are the kinds of a persona's open loops.
func loops(p schemas.Persona) (kinds []string) {
	for _, l := range p.OpenLoops {
		kinds = append(kinds, l.Kind)
	}
	return kinds
}

func message(id string, at schemas.Millis, e schemas.AppEvent, thread string) schemas.Touchpoint {
	t := appStep(id, at, e, "inbox", "R06", mrn("m1"))
	t.Body.App.MessageID = schemas.Some(thread)
	return t
}

func coded(t schemas.Touchpoint, code string) schemas.Touchpoint {
	t.Body.Ehr.Code = schemas.Protected(code)
	return t
}

func answered(t schemas.Touchpoint, reason string) schemas.Touchpoint {
	t.Body.Call.Answered, t.Body.Call.Reason = true, reason
	return t
}

func TestOpenLoops(t *testing.T) {
	m, c := mrn("m1"), cookie("c1") // linked
	for name, x := range map[string]struct {
		steps []schemas.Touchpoint
		want  []string
	}{
		"form error":                       {[]schemas.Touchpoint{webStep("1", t0, schemas.WebEventFormError, "refill", "R03", m)}, []string{person.LoopFailedForm}},
		"the same error twice":             {[]schemas.Touchpoint{webStep("1", t0, schemas.WebEventFormError, "refill", "R03", m), webStep("2", t0+schemas.Minute, schemas.WebEventFormError, "refill", "R03", m)}, []string{person.LoopFailedForm}},
		"error, then submitted":            {[]schemas.Touchpoint{webStep("1", t0, schemas.WebEventFormError, "refill", "R03", m), webStep("2", t0+schemas.Minute, schemas.WebEventFormSubmit, "refill/2", "R03", m)}, nil},
		"submitted, then another reason":   {[]schemas.Touchpoint{webStep("1", t0, schemas.WebEventFormError, "refill", "R03", m), webStep("2", t0+schemas.Minute, schemas.WebEventFormSubmit, "book", "R01", m)}, []string{person.LoopFailedForm}},
		"submitted before the error":       {[]schemas.Touchpoint{webStep("2", t0, schemas.WebEventFormSubmit, "refill", "R03", m), webStep("1", t0+schemas.Minute, schemas.WebEventFormError, "refill", "R03", m)}, []string{person.LoopFailedForm}},
		"out of order":                     {[]schemas.Touchpoint{webStep("2", t0+schemas.Minute, schemas.WebEventFormSubmit, "refill", "R03", m), webStep("1", t0, schemas.WebEventFormError, "refill", "R03", m)}, nil},
		"closed on another shard":          {[]schemas.Touchpoint{coded(ehrStep("1", t0, schemas.EhrEventRefillDue, "R03", m), "drug"), webStep("2", t0+schemas.Minute, schemas.WebEventLoginFailed, "login", "", c), webStep("3", t0+2*schemas.Minute, schemas.WebEventLogin, "login", "", m)}, []string{person.LoopRefillDue}},
		"login":                            {[]schemas.Touchpoint{webStep("1", t0, schemas.WebEventLoginFailed, "login", "", m), webStep("2", t0+schemas.Minute, schemas.WebEventLogin, "home", "R09", m)}, nil},
		"two messages, one answered":       {[]schemas.Touchpoint{message("1", t0, schemas.AppEventMessageSent, "a"), message("2", t0+schemas.Minute, schemas.AppEventMessageSent, "b"), message("3", t0+2*schemas.Minute, schemas.AppEventMessageAnswered, "a")}, []string{person.LoopUnansweredMessage}},
		"result":                           {[]schemas.Touchpoint{coded(ehrStep("1", t0, schemas.EhrEventResultPending, "R04", m), "x"), coded(ehrStep("2", t0, schemas.EhrEventResultPending, "R04", m), "y"), coded(ehrStep("3", t0+schemas.Minute, schemas.EhrEventResultFinal, "R04", m), "x")}, []string{person.LoopPendingResult}},
		"refill due, then requested":       {[]schemas.Touchpoint{coded(ehrStep("1", t0, schemas.EhrEventRefillDue, "R03", m), "drug"), coded(ehrStep("2", t0+schemas.Minute, schemas.EhrEventRefillRequested, "R03", m), "drug")}, []string{person.LoopRefillRequested}},
		"refill completed":                 {[]schemas.Touchpoint{coded(ehrStep("1", t0, schemas.EhrEventRefillDue, "R03", m), "drug"), coded(ehrStep("2", t0+schemas.Minute, schemas.EhrEventRefillRequested, "R03", m), "drug"), coded(ehrStep("3", t0+schemas.Hour, schemas.EhrEventRefillCompleted, "R03", m), "drug")}, nil},
		"answered by phone":                {[]schemas.Touchpoint{webStep("1", t0, schemas.WebEventFormError, "refill", "R03", c), callStep("2", t0+schemas.Minute, schemas.CallEventQueued, "k", m), answered(callStep("3", t0+9*schemas.Minute, schemas.CallEventDisposition, "k", m), "R03")}, nil},
		"answered by phone, other reason":  {[]schemas.Touchpoint{webStep("1", t0, schemas.WebEventFormError, "refill", "R03", c), callStep("2", t0+schemas.Minute, schemas.CallEventQueued, "k", m), answered(callStep("3", t0+9*schemas.Minute, schemas.CallEventDisposition, "k", m), "R07")}, []string{person.LoopFailedForm}},
		"order, then booked":               {[]schemas.Touchpoint{ehrStep("1", t0, schemas.EhrEventOrderPlaced, "R01", m), ehrStep("2", t0+schemas.Hour, schemas.EhrEventAppointmentBooked, "R01", m)}, nil},
		"form error, then exit":            {[]schemas.Touchpoint{webStep("1", t0, schemas.WebEventFormError, "refill", "R03", m), webStep("2", t0+schemas.Minute, schemas.WebEventExit, "home", "", m)}, []string{person.LoopFailedForm}},
		"a callback owed and then a call":  {[]schemas.Touchpoint{callStep("1", t0, schemas.CallEventCallbackRequested, "k", m), callStep("2", t0+schemas.Hour, schemas.CallEventAnswered, "k", m)}, nil},
		"search with and without anything": {[]schemas.Touchpoint{found(webStep("1", t0, schemas.WebEventSearch, "search", "R01", m), 3), found(webStep("2", t0+schemas.Minute, schemas.WebEventSearch, "search", "R01", m), 0)}, []string{person.LoopFailedSearch}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.link(schemas.LinkOpLink, "l1", t0, c, m)
			s.quiet()
			for _, step := range x.steps {
				s.touch(step, 0)
				s.quiet()
			}
			p := s.personas()[s.owner(m)]
			if got := loops(p); !slices.Equal(got, x.want) {
				t.Errorf("got open loops %v, want %v", got, x.want)
			}
			if int(p.Touchpoints) != len(x.steps) {
				t.Errorf("got %d touchpoints, want %d", p.Touchpoints, len(x.steps))
			}
		})
	}
}

func found(t schemas.Touchpoint, results int32) schemas.Touchpoint {
	t.Body.Web.Results = results
	return t
}

// Frustration signals of the design's table, each by itself: more of them means more frustration.
func TestFrustrationSignals(t *testing.T) {
	m := mrn("m1")
	for name, steps := range map[string][]schemas.Touchpoint{
		"rage click":              {webStep("1", t0, schemas.WebEventRageClick, "p", "", m)},
		"dead click":              {webStep("1", t0, schemas.WebEventDeadClick, "p", "", m)},
		"quick back":              {webStep("1", t0, schemas.WebEventQuickBack, "p", "", m)},
		"repeated login failure":  {webStep("1", t0, schemas.WebEventLoginFailed, "p", "", m), webStep("2", t0+schemas.Minute, schemas.WebEventLoginFailed, "p", "", m)},
		"form error, then exit":   {webStep("1", t0, schemas.WebEventFormError, "p", "", m), webStep("2", t0+schemas.Minute, schemas.WebEventExit, "p", "", m)},
		"same article twice":      {webStep("1", t0, schemas.WebEventArticleView, "a", "", m), webStep("2", t0+schemas.Hour, schemas.WebEventArticleView, "a", "", m)},
		"nothing found":           {found(webStep("1", t0, schemas.WebEventSearch, "s", "", m), 0)},
		"handoff refused":         {appStep("1", t0, schemas.AppEventChatbotHandoffRefused, "bot", "", m)},
		"abandoned and redialled": {callStep("1", t0, schemas.CallEventQueued, "k1", m), callStep("2", t0+schemas.Minute, schemas.CallEventAbandoned, "k1", m), callStep("3", t0+schemas.Hour, schemas.CallEventQueued, "k2", m)},
	} {
		s := newSite(t)
		last := 0.0
		for i, step := range steps {
			s.touch(step, 0)
			s.quiet()
			p := s.personas()[s.owner(m)]
			if i == len(steps)-1 && (p.Frustration <= last || p.Effort <= 0) {
				t.Errorf("%s: frustration %v after %v, effort %v", name, p.Frustration, last, p.Effort)
			}
			last = p.Frustration
		}
	}
	s := newSite(t)
	s.touch(webStep("1", t0, schemas.WebEventArticleView, "a", "", m), 0)
	s.touch(webStep("2", t0+schemas.Minute, schemas.WebEventArticleView, "b", "", m), 0)
	s.touch(webStep("3", t0+2*schemas.Minute, schemas.WebEventExit, "b", "", m), 0)
	s.quiet()
	if p := s.personas()[s.owner(m)]; p.Frustration != 0 || p.Effort != 0 {
		t.Errorf("a calm visit: frustration %v, effort %v", p.Frustration, p.Effort)
	}
}

func TestPersonaFigures(t *testing.T) {
	s := newSite(t)
	m := mrn("m1")
	x := webStep("1", t0, schemas.WebEventPageView, "p", "", m)
	x.Language = schemas.Some("es")
	s.touch(x, 0)
	x = webStep("2", t0+7*schemas.Day, schemas.WebEventPageView, "p", "", m)
	x.Language = schemas.Some("en")
	s.touch(x, 0)
	x = webStep("3", t0+schemas.Day, schemas.WebEventPageView, "p", "", m) // out of order: its language is older
	x.Language = schemas.Some("es")
	s.touch(x, 0)
	s.touch(coded(ehrStep("4", t0+7*schemas.Day, schemas.EhrEventNeedRecorded, "R13", m), "transportation-insecurity"), 0)
	disposition := callStep("5", t0+7*schemas.Day, schemas.CallEventDisposition, "k", m)
	disposition.Body.Call.Reason = "R04"
	s.touch(disposition, 0)
	s.quiet()
	got := s.personas()[s.owner(m)]
	want := schemas.Persona{
		PersonRef: schemas.PersonRef(s.owner(m)), AsOf: t0 + 7*schemas.Day, Touchpoints: 5, WebActivity: 0.5 + 1 + 0.552, CallActivity: 1, EhrActivity: 1,
		Sessions: 3, Calls: 1, LastReason: "R04", InferredChannel: "web", Language: "en",
		Needs: []schemas.Need{{Code: "transportation-insecurity", Provenance: "derived"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 0.001), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(schemas.Persona{}, "PersonRef", "Effort", "Needs")); diff != "" {
		t.Errorf("persona (-want +got):\n%s", diff)
	}
	if len(got.Needs) != 1 || got.Needs[0] != want.Needs[0] {
		t.Error("needs differ")
	}
}

// The fold does not change a shard, and a person's figures are the sum of the shards', so that taking
// a shard out again takes out exactly what it had brought.
func TestFoldLeavesShardsAsTheyAre(t *testing.T) {
	s := newSite(t)
	rnd := rand.New(rand.NewPCG(5, 5))
	config := s.config
	f := person.Folder{Config: &config.Person, Taxonomy: config.Taxonomy}
	var shards []*schemas.ShardState
	for i := range 3 {
		p := &patient{config: &config.Config, folder: f, contacts: observe.Contacts{Silence: config.Observe.ContactSilence, Ttl: config.Person.ContactTTL}, timers: person.ShardTimers{Config: &config.Person}}
		st := &schemas.ShardState{}
		for k := range 30 {
			x := drawTouchpoint(rnd, fmt.Sprintf("%d-%d", i, k), t0+schemas.Millis(rnd.IntN(1000))*schemas.Minute, mrn("m1"))
			j := &person.Journey{Names: person.Names{}, Touchpoint: &x, Shard: st, Shards: []*schemas.ShardState{st}, At: pipeline.Time(x.OccurredAt), Who: personOf(st)}
			if x.Channel == schemas.ChannelEhr {
				x.Body.Ehr.Event = schemas.EhrEventOrderPlaced
			}
			if err := p.contacts.Process(nil, j); err != nil {
				t.Fatal(err)
			}
			step := &observe.Persona{Config: &config.Person, Folder: &p.folder, Timers: &p.timers, Changes: &p.changes, MessageSLA: config.Observe.MessageSLA, Names: person.Names{}}
			step.Apply(nil, j)
		}
		shards = append(shards, st)
	}
	var before []schemas.ShardState
	sum := schemas.Persona{}
	for _, st := range shards {
		before = append(before, st.Clone())
		var one schemas.Persona
		who := personOf(st)
		who.Refresh()
		f.Persona(&one, who, t0+1000*schemas.Minute)
		sum.Touchpoints, sum.Calls, sum.Effort, sum.WebActivity = sum.Touchpoints+one.Touchpoints, sum.Calls+one.Calls, sum.Effort+one.Effort, sum.WebActivity+one.WebActivity
	}
	j := &person.Journey{Shards: shards, AsOf: pipeline.Time(t0 + 1000*schemas.Minute), Person: &schemas.PersonState{}, Who: personOf(shards...)}
	f.Fold(j)
	got := schemas.Persona{Touchpoints: j.Persona.Touchpoints, Calls: j.Persona.Calls, Effort: j.Persona.Effort, WebActivity: j.Persona.WebActivity}
	if diff := cmp.Diff(sum, got, cmpopts.EquateApprox(0, 1e-9), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("fold is not the sum of its shards (-sum +fold):\n%s", diff)
	}
	for i, st := range shards {
		var a, b []byte
		if a, b = before[i].AppendAvro(nil), st.AppendAvro(nil); string(a) != string(b) {
			t.Errorf("shard %d was changed by the fold", i)
		}
	}
	var recent []schemas.RecentStep
	for walk := j.Recent(); ; {
		r := walk.Next()
		if r == nil {
			break
		}
		recent = append(recent, *r)
	}
	if !slices.IsSortedFunc(recent, func(a, b schemas.RecentStep) int { return int(b.At - a.At) }) || len(recent) != person.MaxRecent {
		t.Errorf("recent touchpoints: %d, or out of order", len(recent))
	}
}

func personOf(shards ...*schemas.ShardState) *person.Person {
	who := &person.Person{State: &schemas.PersonState{}}
	for i, st := range shards {
		who.Shards = append(who.Shards, person.Owned{Name: fmt.Sprint(i), State: st})
	}
	return who
}
