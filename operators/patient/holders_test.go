package patient

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/schemas"
)

func device(v string) schemas.Identifier {
	return schemas.Identifier{Kind: schemas.IdentifierKindDevice, Value: schemas.Protected(v)}
}

// identifiedOf is what INGEST sent on of an event, nil where it sent nothing.
func (s *site) identifiedOf(event string) *schemas.Identified {
	s.tb.Helper()
	for _, v := range s.identified() {
		if v.Payload.Kind == schemas.IdentifiedPayloadTouchpoint && v.Payload.Touchpoint.EventID == event {
			return &v
		}
	}
	return nil
}

func (s *site) links(op schemas.LinkOp, at schemas.Millis, identifier schemas.Identifier, subjects ...schemas.Identifier) {
	for _, subject := range subjects {
		s.link(op, fmt.Sprint("l", s.linked), at, identifier, subject)
		s.linked++
	}
	s.quiet()
}

// change starts the site again with another configuration, where it had ended.
func (s *site) change(config siteConfig) {
	s.tb.Helper()
	next := newSiteOf(s.tb, config)
	next.logs, next.now = s.logs, s.now
	for n, t := range next.tasks {
		t.committed = s.tasks[n].committed
		next.restore(t)
	}
	s.net, s.config, s.keys = next.net, config, next.keys
}

func TestPhoneOfTwoPatientsIsAConflictUntilSomethingTellsThemApart(t *testing.T) {
	s := newSite(t)
	s.links(schemas.LinkOpLink, t0, phone("p1"), mrn("m1"), mrn("m2"))
	s.links(schemas.LinkOpLink, t0, cookie("c1"), mrn("m1"))
	call := func(id string, ids ...schemas.Identifier) *schemas.Identified {
		s.touch(callStep(id, t0+schemas.Hour, schemas.CallEventQueued, "call-"+id, ids...), 0)
		s.quiet()
		return s.identifiedOf(id)
	}
	check := func(got *schemas.Identified, owner string, conflict bool) {
		t.Helper()
		if got == nil || got.PersonRef.Reveal() != owner || got.IdentityConflict != conflict {
			t.Errorf("got %+v, want it of %s, conflict %t", got, owner, conflict)
		}
	}
	nobody := s.pseudonym(phone("p1"))
	check(call("k1", phone("p1")), nobody, true)
	check(call("k2", phone("p1"), mrn("m1")), s.owner(mrn("m1")), false)
	check(call("k3", phone("p1"), cookie("c1")), s.owner(mrn("m1")), false) // the weaker one says who it is
	check(call("k4", phone("p1"), cookie("strange")), nobody, true)
	s.links(schemas.LinkOpUnlink, t0, phone("p1"), mrn("m1"))
	check(call("k5", phone("p1")), s.owner(mrn("m2")), false)
	s.links(schemas.LinkOpUnlink, t0, phone("p1"), mrn("m1")) // not any more
	if got := s.rejected(s.config.Emit.Topics.Rejected)["l4"]; len(got) != 1 || got[0].Reason != emit.ReasonNotLinked {
		t.Errorf("unlinked twice: got %v", got)
	}
	s.links(schemas.LinkOpUnlink, t0, phone("p1"), mrn("m2"))
	check(call("k6", phone("p1")), nobody, false)
}

func TestLastLinkWinsWhereTheSiteSaysSoAndForDevices(t *testing.T) {
	config := testConfig()
	config.Identify.LastLinkWins = true
	s := newSiteOf(t, config)
	s.links(schemas.LinkOpLink, t0, phone("p1"), mrn("m1"), mrn("m2"))
	plain := newSite(t)
	plain.links(schemas.LinkOpLink, t0, device("d1"), mrn("m1"), mrn("m2"))
	if s.owner(phone("p1")) != s.owner(mrn("m2")) || plain.owner(device("d1")) != plain.owner(mrn("m2")) {
		t.Error("the newest link does not hold")
	}
}

func TestDeviceOfFarTooManyIsQuarantinedUntilSomebodyReleasesIt(t *testing.T) {
	config := testConfig()
	config.Identify.Guard = identify.GuardConfig{Persons: 3, Within: schemas.Day}
	s := newSiteOf(t, config)
	kiosk := device("kiosk-7")
	view := func(id string, ids ...schemas.Identifier) *schemas.Identified {
		s.touch(webStep(id, t0+schemas.Hour, schemas.WebEventPageView, "home", "", ids...), 0)
		s.quiet()
		return s.identifiedOf(id)
	}
	s.links(schemas.LinkOpLink, t0, kiosk, mrn("m1"), mrn("m2"), mrn("m3"), mrn("m1"))
	if got := view("e1", kiosk); got == nil || got.PersonRef.Reveal() != s.owner(mrn("m1")) {
		t.Fatalf("three persons: got %+v", got)
	}
	s.links(schemas.LinkOpLink, t0+2*schemas.Day, kiosk, mrn("m4")) // the others are long ago
	if got := view("e2", kiosk); got == nil || got.PersonRef.Reveal() != s.owner(mrn("m4")) {
		t.Fatalf("the fourth two days later: got %+v", got)
	}
	s.links(schemas.LinkOpLink, t0+2*schemas.Day, kiosk, mrn("m5"), mrn("m6"), mrn("m7"), mrn("m8"))
	if got := view("e3", kiosk); got != nil {
		t.Errorf("quarantined: got %+v", got)
	}
	if got := s.rejected(s.config.Emit.Topics.Rejected)["e3"]; len(got) != 1 || got[0].Detail != "identifiers: quarantined" {
		t.Errorf("quarantined: got %v", got)
	}
	if got := view("e4", kiosk, cookie("c1")); got == nil || got.PersonRef.Reveal() != s.owner(cookie("c1")) {
		t.Errorf("another identifier: got %+v", got)
	}
	if p := s.personas()[s.owner(mrn("m7"))]; p.Touchpoints != 0 {
		t.Errorf("the last patient has %d touchpoints of strangers", p.Touchpoints)
	}
	s.links(schemas.LinkOpRelease, t0+2*schemas.Day, kiosk, kiosk)
	s.links(schemas.LinkOpLink, t0+2*schemas.Day, kiosk, mrn("n1"), mrn("n2"), mrn("n3"), mrn("n4"), mrn("n5"))
	if got := view("e5", kiosk); got == nil || got.PersonRef.Reveal() != s.owner(mrn("n5")) {
		t.Errorf("released: got %+v", got)
	}
}

func TestQuarantineByHand(t *testing.T) {
	s := newSite(t)
	s.links(schemas.LinkOpQuarantine, t0, cookie("strange"), cookie("strange"))
	s.links(schemas.LinkOpLink, t0, cookie("strange"), mrn("m1"))
	s.links(schemas.LinkOpLink, t0, phone("p1"), mrn("m2"))
	s.links(schemas.LinkOpQuarantine, t0, mrn("m2"), mrn("m2"))
	for i, ids := range [][]schemas.Identifier{{cookie("strange")}, {mrn("m2")}, {phone("p1")}, {mrn("m2"), phone("p1")}} {
		s.touch(webStep(fmt.Sprint("e", i), t0, schemas.WebEventPageView, "home", "", ids...), 0)
	}
	s.quiet()
	for i, want := range []bool{false, false, true, true} {
		if got := s.identifiedOf(fmt.Sprint("e", i)) != nil; got != want {
			t.Errorf("e%d: sent on %t, want %t", i, got, want)
		}
	}
	s.links(schemas.LinkOpRelease, t0, mrn("m2"), mrn("m2"))
	s.touch(webStep("e9", t0, schemas.WebEventPageView, "home", "", mrn("m2")), 0)
	s.quiet()
	if got := s.identifiedOf("e9"); got == nil || got.PersonRef.Reveal() != s.owner(phone("p1")) {
		t.Errorf("released: got %+v, want it of the same person", got)
	}
	if p := s.personas()[s.owner(phone("p1"))]; p.Touchpoints != 3 {
		t.Errorf("released: %d touchpoints have reached the person, want 3", p.Touchpoints)
	}
}

// A site that hashed identifiers as written goes over: who was known stays known, under both spellings,
// and what is linked later takes the former journey along.
func TestFormerSpellingsAreLinkedToTheForm(t *testing.T) {
	typed := func(v string) schemas.Identifier {
		return schemas.Identifier{Kind: schemas.IdentifierKindEmail, Value: schemas.Protected(v)}
	}
	const upper, lower = "Ana.Ruiz@Example.org", "ana.ruiz@example.org"
	before := testConfig()
	before.Identify.Form = identify.FormAsWritten
	after := testConfig()
	after.Identify.FormerForm = identify.FormAsWritten

	s := newSiteOf(t, before)
	view := func(id string, ids ...schemas.Identifier) *schemas.Identified {
		s.touch(webStep(id, t0+schemas.Hour, schemas.WebEventPageView, "home", "", ids...), 0)
		s.quiet()
		return s.identifiedOf(id)
	}
	s.links(schemas.LinkOpLink, t0, typed(upper), mrn("MRN5e\u0301"))
	view("e1", typed(upper))
	anonymous := typed("Eva@Example.org")
	view("e2", anonymous)
	patient := s.owner(mrn("MRN5e\u0301"))

	s.change(after)
	if got := view("e3", typed(upper)); got == nil || got.PersonRef.Reveal() != patient {
		t.Errorf("the spelling that was linked: got %+v, want it of the patient", got)
	}
	s.links(schemas.LinkOpLink, t0, typed(upper), mrn("MRN5e\u0301")) // said again
	for i, spelling := range []string{upper, lower, " " + lower} {
		if got := view(fmt.Sprint("e4-", i), typed(spelling)); got == nil || got.PersonRef.Reveal() != patient {
			t.Errorf("%q after the link: got %+v, want it of the patient", spelling, got)
		}
	}
	if got := view("e5", mrn("MRN5\u00e9")); got == nil || got.PersonRef.Reveal() != patient {
		t.Errorf("the other spelling of the record number: got %+v", got)
	}
	s.links(schemas.LinkOpLink, t0, mrn("MRN5\u00e9"), mrn("m3")) // a merge of two patients
	if s.owner(mrn("MRN5\u00e9")) != patient {
		t.Error("the patient whom the spelling was minted for was linked away")
	}
	s.links(schemas.LinkOpLink, t0, anonymous, mrn("m2"))
	if p := s.personas()[s.owner(mrn("m2"))]; p.Touchpoints != 1 {
		t.Errorf("the journey before the link: %d touchpoints, want 1", p.Touchpoints)
	}
	s.links(schemas.LinkOpUnlink, t0, typed(upper), mrn("MRN5\u00e9"))
	if got := view("e6", typed(upper)); got == nil || got.PersonRef.Reveal() == patient {
		t.Errorf("unlinked: got %+v", got)
	}
}

// A session in which a patient has logged in links its browser and device, where the site allows it, and
// one that is read again long afterwards does not.
func TestAuthenticatedSessionLinksItsBrowserWhereTheSiteAllowsIt(t *testing.T) {
	config := testConfig()
	config.Identify.LinkAuthenticatedSessions = true
	for name, c := range map[string]struct {
		config  siteConfig
		change  func(*schemas.Touchpoint)
		linking bool
	}{
		"logged in":       {config, func(*schemas.Touchpoint) {}, true},
		"not allowed":     {testConfig(), func(*schemas.Touchpoint) {}, false},
		"no session":      {config, func(v *schemas.Touchpoint) { v.SessionID = schemas.Opt[schemas.Protected]{} }, false},
		"empty session":   {config, func(v *schemas.Touchpoint) { v.SessionID.V = "" }, false},
		"phone only":      {config, func(v *schemas.Touchpoint) { v.Identifiers[1] = phone("p1") }, false},
		"of last month":   {config, func(v *schemas.Touchpoint) { v.OccurredAt -= 30 * schemas.Day }, false},
		"nobody's cookie": {config, func(v *schemas.Touchpoint) { v.Identifiers[0] = cookie("undefined") }, false},
	} {
		s := newSiteOf(t, c.config)
		now := schemas.Millis(s.now)
		s.touch(webStep("e1", now, schemas.WebEventFormError, "refill/form", "R03", cookie("c1")), 0)
		s.quiet()
		v := webStep("e2", now, schemas.WebEventLogin, "home", "", cookie("c1"), mrn("m1"))
		v.SessionID = schemas.Some(schemas.Protected("s1"))
		c.change(&v)
		s.touch(v, 0)
		s.quiet()
		if got := s.owner(cookie("c1")) == s.owner(mrn("m1")); got != c.linking {
			t.Errorf("%s: linked %t, want %t", name, got, c.linking)
		}
		if p := s.personas()[s.owner(mrn("m1"))]; c.linking && p.Touchpoints != 2 {
			t.Errorf("%s: the patient has %d touchpoints, want the anonymous one, too", name, p.Touchpoints)
		}
		v.EventID = "e3"
		s.touch(v, 0)
		s.quiet()
		if n := len(s.all(s.config.Emit.Topics.IdentityLinks)); n != map[bool]int{true: 1, false: 0}[c.linking] {
			t.Errorf("%s: %d links", name, n)
		}
	}
}
