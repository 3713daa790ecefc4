package patient

import (
	"reflect"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

const t0 = schemas.Millis(testStart)

func TestAnonymousJourneyThenLinkThenCallIsLastResort(t *testing.T) {
	s := newSite(t)
	s.touch(webStep("w1", t0, schemas.WebEventFormStart, "refill/form", "R03", cookie("c1")), 0)
	s.touch(webStep("w2", t0+schemas.Minute, schemas.WebEventFormError, "refill/form", "R03", cookie("c1")), 0)
	s.touch(webStep("w3", t0+2*schemas.Minute, schemas.WebEventExit, "refill/form", "R03", cookie("c1")), 0)
	s.quiet()
	s.link(schemas.LinkOpLink, "l1", t0+3*schemas.Minute, cookie("c1"), mrn("m1"))
	s.quiet()
	s.link(schemas.LinkOpLink, "l2", t0+3*schemas.Minute, phone("p1"), mrn("m1"))
	s.quiet()
	s.touch(callStep("k1", t0+5*schemas.Minute, schemas.CallEventQueued, "call-1", phone("p1")), 0)
	s.touch(callStep("k2", t0+6*schemas.Minute, schemas.CallEventAnswered, "call-1", phone("p1")), 0)
	s.quiet()

	first := s.sighted("k1")
	if len(first) != 1 || !first[0].fired || first[0].phase != person.ContactStarted || len(first[0].failed) != 2 {
		t.Fatalf("first touchpoint of the call: got %+v, want last-resort fired with two failed steps", first)
	}
	if got := first[0].failed[0]; got.Kind != schemas.FailureKindFormError || got.Page.Reveal() != "refill/form" || got.Reason != "R03" {
		t.Errorf("first failed step: got kind %v reason %s", got.Kind, got.Reason)
	}
	if second := s.sighted("k2"); len(second) != 1 || second[0].fired || !second[0].active {
		t.Errorf("second touchpoint of the call: got %+v, want active, not fired again", second)
	}
	personas := s.personas()
	p, ok := personas[s.owner(mrn("m1"))]
	if len(personas) != 1 || !ok || p.Touchpoints != 5 || p.Calls != 1 {
		t.Fatalf("personas: got %d, of the patient %d touchpoints and %d calls; want 1, 5, 1", len(personas), p.Touchpoints, p.Calls)
	}
	if len(p.OpenLoops) != 1 || p.OpenLoops[0].Kind != person.LoopFailedForm || p.OpenLoops[0].Reason != "R03" {
		t.Errorf("open loops: got %v", p.OpenLoops)
	}
}

func TestLinkArrivesWhileTheCallIsInTheQueue(t *testing.T) {
	s := newSite(t)
	s.touch(webStep("w1", t0, schemas.WebEventLoginFailed, "login", "R09", cookie("c1")), 0)
	s.touch(callStep("k1", t0+5*schemas.Minute, schemas.CallEventQueued, "call-1", mrn("m1")), 0)
	s.quiet()
	if k := s.sighted("k1"); len(k) != 1 || k[0].fired {
		t.Fatalf("before the link: got %+v, want one sighting, not fired", k)
	}
	s.link(schemas.LinkOpLink, "l1", t0+6*schemas.Minute, cookie("c1"), mrn("m1"))
	s.quiet()
	fired := 0
	for _, x := range *s.seen {
		if x.fired {
			fired++
			if x.trigger != person.TriggerMoved || !strings.HasPrefix(x.id, "moved/") || len(x.failed) != 1 {
				t.Errorf("fired by %+v, want the arrival of the shard", x)
			}
		}
	}
	if fired != 1 {
		t.Errorf("fired %d times, want once", fired)
	}
}

func TestFailureThatThePatientGotOverIsNoLastResort(t *testing.T) {
	s := newSite(t)
	s.touch(webStep("w1", t0, schemas.WebEventFormError, "refill/form", "R03", mrn("m1")), 0)
	s.touch(webStep("w2", t0+schemas.Minute, schemas.WebEventFormSubmit, "refill/form", "R03", mrn("m1")), 0)
	s.quiet()
	s.touch(callStep("k1", t0+5*schemas.Minute, schemas.CallEventQueued, "call-1", mrn("m1")), 0)
	s.quiet()
	if k := s.sighted("k1"); len(k) != 1 || k[0].fired {
		t.Errorf("got %+v, want not fired", k)
	}
}

func TestCallAnsweredAtOnceCountsButNothingFires(t *testing.T) {
	s := newSite(t)
	s.touch(webStep("w1", t0, schemas.WebEventFormError, "refill/form", "R03", mrn("m1")), 0)
	s.quiet()
	s.touch(callStep("k1", t0+5*schemas.Minute, schemas.CallEventAnswered, "call-1", mrn("m1")), 0)
	s.touch(callStep("k2", t0+9*schemas.Minute, schemas.CallEventDisposition, "call-1", mrn("m1")), 0)
	s.quiet()
	for _, id := range []string{"k1", "k2"} {
		if k := s.sighted(id); len(k) != 1 || k[0].fired || !k[0].active {
			t.Errorf("%s: got %+v, want active, not fired", id, k)
		}
	}
}

// The caller's number is known first, then the record number that they type in: one contact.
func TestContactAcrossTwoIdentifiersOfAPersonIsOne(t *testing.T) {
	s := newSite(t)
	s.link(schemas.LinkOpLink, "l1", t0, phone("p1"), mrn("m1"))
	s.quiet()
	s.touch(callStep("k1", t0+schemas.Minute, schemas.CallEventSelfService, "call-1", phone("p1")), 0)
	s.touch(callStep("k2", t0+2*schemas.Minute, schemas.CallEventQueued, "call-1", phone("p1"), mrn("m1")), 0)
	s.touch(callStep("k3", t0+3*schemas.Minute, schemas.CallEventAbandoned, "call-1", mrn("m1")), 0)
	s.touch(callStep("k4", t0+3*schemas.Minute, schemas.CallEventEnded, "call-1", mrn("m1")), 0)
	s.quiet()
	for id, phase := range map[string]person.ContactPhase{"k1": person.ContactStarted, "k2": person.ContactInProgress, "k3": person.ContactEnded, "k4": person.ContactNone} {
		if k := s.sighted(id); len(k) != 1 || k[0].phase != phase {
			t.Errorf("%s: got %+v, want phase %d", id, k, phase)
		}
	}
	if p := s.personas()[s.owner(mrn("m1"))]; p.Calls != 1 {
		t.Errorf("got %d calls, want 1", p.Calls)
	}
}

func TestUnlinkTakesTheJourneyBack(t *testing.T) {
	s := newSite(t)
	s.touch(webStep("w1", t0, schemas.WebEventPageView, "home", "", cookie("c1")), 0)
	s.touch(webStep("w2", t0+schemas.Minute, schemas.WebEventPageView, "home", "", mrn("m1")), 0)
	s.link(schemas.LinkOpLink, "l1", t0+2*schemas.Minute, cookie("c1"), mrn("m1"))
	s.quiet()
	if p := s.personas()[s.owner(mrn("m1"))]; p.Touchpoints != 2 {
		t.Fatalf("linked: got %d touchpoints, want 2", p.Touchpoints)
	}
	s.link(schemas.LinkOpUnlink, "l2", t0+3*schemas.Minute, cookie("c1"), mrn("m1"))
	s.touch(webStep("w3", t0+4*schemas.Minute, schemas.WebEventPageView, "home", "", cookie("c1")), 0)
	s.quiet()
	personas := s.personas()
	if p := personas[s.owner(mrn("m1"))]; p.Touchpoints != 1 {
		t.Errorf("unlinked, the patient: got %d touchpoints, want 1", p.Touchpoints)
	}
	if p := personas[s.owner(cookie("c1"))]; p.Touchpoints != 2 {
		t.Errorf("unlinked, the cookie: got %d touchpoints, want 2", p.Touchpoints)
	}
}

func TestLinksThatCannotBe(t *testing.T) {
	s := newSite(t)
	s.link(schemas.LinkOpMerge, "l1", t0, mrn("m2"), mrn("m1"))
	s.link(schemas.LinkOpUnlink, "l2", t0, cookie("c1"), mrn("m1"))
	s.link(schemas.LinkOpLink, "l3", t0, cookie("null"), mrn("m1"))
	s.link(schemas.LinkOpLink, "l4", t0, cookie("c1"), mrn("m1"))
	s.link(schemas.LinkOpLink, "l5", t0, cookie("c1"), mrn("m1"))
	s.quiet()
	rejected := s.rejected(s.config.Emit.Topics.Rejected)
	for id, want := range map[string]string{"l1": emit.ReasonUnsupportedOp, "l2": emit.ReasonNotLinked, "l3": emit.ReasonAbsurdIdentifier} {
		if got := rejected[id]; len(got) != 1 || got[0].Reason != want {
			t.Errorf("%s: got %v, want one with reason %s", id, len(got), want)
		}
	}
	if n := len(s.all(s.config.Emit.Topics.Identity)); n != 2 {
		t.Errorf("identity entries: got %d, want 2: a link repeated moves nothing", n)
	}
	if s.owner(cookie("c1")) != s.owner(mrn("m1")) {
		t.Error("the cookie is not the patient's")
	}
}

func TestMessageUnansweredPastItsTimeIsAFailedStep(t *testing.T) {
	s := newSite(t)
	s.touch(appStep("a1", t0, schemas.AppEventMessageSent, "inbox", "R06", mrn("m1")), 0)
	s.end(25 * schemas.Hour)
	personas := s.personas()
	if p := personas[s.owner(mrn("m1"))]; p.Effort == 0 || p.Frustration == 0 || len(p.OpenLoops) != 1 {
		t.Errorf("overdue: effort %v, frustration %v, loops %v", p.Effort, p.Frustration, p.OpenLoops)
	}
	found := false
	for _, x := range *s.seen {
		found = found || x.trigger == person.TriggerTimer && strings.HasPrefix(x.id, "overdue/")
	}
	if !found {
		t.Error("the chain did not run when the message fell due")
	}
}

// TestJourneyIsEmptiedThenNothingOfTheOneBeforeIsLeft but what is filled anew wherever it is used, and
// keeps its memory until then.
func TestJourneyIsEmptiedThenNothingOfTheOneBeforeIsLeft(t *testing.T) {
	kept := map[string]bool{"Persona": true, "Prediction": true, "Decision": true, "recents": true, "Recents": true, "Names": true}
	var j person.Journey
	v := reflect.ValueOf(&j).Elem()
	fillFields(v)
	j.Empty()
	for i := range v.NumField() {
		name, left := v.Type().Field(i).Name, v.Field(i)
		if kept[name] || left.IsZero() || left.Kind() == reflect.Slice && left.Len() == 0 {
			continue
		}
		t.Errorf("%s is left", name)
	}
}

// fillFields sets every field of a struct to something.
func fillFields(v reflect.Value) {
	for i := range v.NumField() {
		f := reflect.NewAt(v.Field(i).Type(), v.Field(i).Addr().UnsafePointer()).Elem() // unexported ones, too
		switch f.Kind() {
		case reflect.Struct:
			fillFields(f)
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		case reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Float64:
			f.SetFloat(1)
		default:
			f.Set(reflect.ValueOf(1).Convert(f.Type()))
		}
	}
}
