package patient

import (
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// factsOf are the revisions of a contact's fact, in their order.
func (s *site) factsOf(contact string) (list []schemas.ContactFact) {
	s.tb.Helper()
	for _, r := range s.all(s.config.Emit.Topics.ContactFacts) {
		var v schemas.ContactFact
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if string(r.Key) != v.PersonRef.Reveal() {
			s.tb.Errorf("contact %s revision %d: the key is not its person", v.ContactID, v.Revision)
		}
		if v.ContactID == contact {
			list = append(list, v.Clone())
		}
	}
	slices.SortFunc(list, func(a, b schemas.ContactFact) int { return int(a.Revision - b.Revision) })
	return list
}

func wantFacts(t *testing.T, got []schemas.ContactFact, want ...string) {
	t.Helper()
	var have []string
	for i, f := range got {
		if int(f.Revision) != i+1 {
			t.Errorf("revision %d is the %d.", f.Revision, i+1)
		}
		text := fmt.Sprintf("%d failed", f.FailedSteps)
		for _, x := range []struct {
			is   bool
			word string
		}{{f.Concluded, "concluded " + f.Reason}, {f.Abandoned, "abandoned"}, {f.LastResort, "last resort"}, {f.Repeat, "repeat"}, {f.Final, "final"}} {
			if x.is {
				text += ", " + x.word
			}
		}
		have = append(have, text)
	}
	if !slices.Equal(have, want) {
		t.Errorf("got  %q\nwant %q", have, want)
	}
}

// call writes a call from its start to its disposition, ten minutes later.
func (s *site) call(contact string, at schemas.Millis, reason string, who ...schemas.Identifier) {
	s.touch(callStep(contact+"/1", at, schemas.CallEventQueued, contact, who...), 0)
	s.touch(callStep(contact+"/2", at+9*schemas.Minute, schemas.CallEventEnded, contact, who...), 0)
	c := callStep(contact+"/3", at+10*schemas.Minute, schemas.CallEventDisposition, contact, who...)
	c.Body.Call.Reason, c.Body.Call.Queued, c.Body.Call.Answered = reason, true, true
	s.touch(c, 0)
	s.quiet()
}

// pass moves the watermarks of channels to a time: somebody else does something there.
func (s *site) pass(at schemas.Millis, channels ...schemas.Channel) {
	for p := range int32(testSources) {
		for _, ch := range channels {
			id, who := fmt.Sprintf("pass/%d/%d/%d", ch, p, at), phone("5550199")
			switch ch {
			case schemas.ChannelWeb:
				s.touch(webStep(id, at+5000, schemas.WebEventPageView, "home", "", who), p)
			case schemas.ChannelApp:
				s.touch(appStep(id, at+5000, schemas.AppEventScreenView, "home", "", who), p)
			default:
				s.touch(callStep(id, at+60000, schemas.CallEventQueued, "call-"+id, who), p)
			}
		}
	}
	s.quiet()
}

// cellOf is the newest version of the only cell of contacts, with what emitted it.
func (s *site) cellOf(reason string) (newest schemas.Aggregate) {
	s.tb.Helper()
	for _, r := range s.all(s.config.Emit.Topics.Aggregates) {
		var v schemas.Aggregate
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if v.Aggregate == "contacts" && v.Reason == reason {
			newest = v.Clone()
		}
	}
	return newest
}

func TestStepArrivesAfterTheCallThatItPrecededThenContactAndCellAreCorrectedAtOnce(t *testing.T) {
	s := newWholeSite(t)
	at := t0 + 10*schemas.Hour
	s.call("c1", at, "R03", mrn("m1"))
	wantFacts(t, s.factsOf("c1"), "0 failed", "0 failed, concluded R03")
	s.touch(webStep("w1", at-20*schemas.Hour, schemas.WebEventFormError, "refill/form", "R03", mrn("m1")), 0)
	s.quiet()
	s.touch(webStep("w2", at+schemas.Minute, schemas.WebEventFormError, "refill/form", "R03", mrn("m1")), 0)
	s.quiet()
	got := s.factsOf("c1")
	wantFacts(t, got, "0 failed", "0 failed, concluded R03", "1 failed, concluded R03, last resort")
	if last := got[len(got)-1]; last.LastFailedEvent != "w1" || last.LastFailedKind != schemas.FailureKindFormError || last.StartedAt != at || last.EndedAt != at+9*schemas.Minute || last.ConcludedAt != at+10*schemas.Minute {
		t.Errorf("got %+v", last)
	}
	s.end(3 * schemas.Hour)
	wantFacts(t, s.factsOf("c1"), "0 failed", "0 failed, concluded R03", "1 failed, concluded R03, last resort", "1 failed, concluded R03, last resort, final")
	if v := s.cellOf("R03"); v.Contacts != 1 || v.LastResort != 1 || v.FailedSteps != 1 || v.Touchpoints != 1 {
		t.Errorf("got %+v, want one contact, a last resort", v)
	}
}

func TestCallsHavePassedTheWindowAndTheWebHasNotThenItIsNotFinal(t *testing.T) {
	s := newWholeSite(t)
	at := t0 + 10*schemas.Hour
	s.call("c1", at, "R03", mrn("m1"))
	s.pass(at+3*schemas.Hour, schemas.ChannelCall, schemas.ChannelApp)
	s.pass(at, schemas.ChannelWeb)
	if v := s.cellOf("R03"); v.Revision != 0 {
		t.Errorf("got a pane %v, want none before the web has passed", v.Pane)
	}
	s.touch(webStep("w1", at-schemas.Minute, schemas.WebEventLoginFailed, "login", "R03", mrn("m1")), 0)
	s.pass(at+3*schemas.Hour, schemas.ChannelWeb)
	wantFacts(t, s.factsOf("c1"), "0 failed", "0 failed, concluded R03", "1 failed, concluded R03, last resort", "1 failed, concluded R03, last resort, final")
	if v := s.cellOf("R03"); v.Pane != schemas.PaneOnTime || v.LastResort != 1 || v.Revision != 1 {
		t.Errorf("got %+v, want one pane, on time, with the last resort", v)
	}
}

func TestLinkComesAfterTheCallIsConcludedThenTheContactIsCorrected(t *testing.T) {
	s := newWholeSite(t)
	at := t0 + 10*schemas.Hour
	s.touch(webStep("w1", at-schemas.Hour, schemas.WebEventLoginFailed, "login", "R03", cookie("c1")), 0)
	s.call("c1", at, "R03", phone("p1"))
	s.call("c0", at-schemas.Hour, "R03", mrn("m1"))
	before := s.factsOf("c1")
	s.link(schemas.LinkOpLink, "l1", at+schemas.Hour, phone("p1"), mrn("m1"))
	s.link(schemas.LinkOpLink, "l2", at+schemas.Hour, cookie("c1"), mrn("m1"))
	s.quiet()
	got := s.factsOf("c1")
	last := got[len(got)-1]
	if !last.LastResort || !last.Repeat || last.PreviousAt != at-schemas.Hour || last.PersonRef != schemas.PersonRef(s.owner(mrn("m1"))) || last.PersonRef == before[0].PersonRef {
		t.Errorf("linked: got %+v, want a last resort and a repeat of the patient's", last)
	}
	s.link(schemas.LinkOpUnlink, "l3", at+2*schemas.Hour, cookie("c1"), mrn("m1"))
	s.quiet()
	got = s.factsOf("c1")
	if last = got[len(got)-1]; last.LastResort || !last.Repeat || last.FailedSteps != 0 {
		t.Errorf("unlinked: got %+v, want no last resort", last)
	}
	s.end(3 * schemas.Hour)
	sum := s.said().Cells
	for k, v := range sum {
		if v.LastResort != 0 {
			t.Errorf("%+v: %d last resorts, want none", k, v.LastResort)
		}
	}
	for i, f := range s.factsOf("c1") {
		if int(f.Revision) != i+1 {
			t.Errorf("revision %d is the %d.: they must rise over moves", f.Revision, i+1)
		}
	}
}

func TestContactEndsWithoutADispositionThenItIsKnownAndNotCounted(t *testing.T) {
	s := newWholeSite(t)
	at := t0 + 10*schemas.Hour
	s.touch(callStep("k1", at, schemas.CallEventQueued, "c1", mrn("m1")), 0)
	hungUp := callStep("k2", at+schemas.Minute, schemas.CallEventAbandoned, "c1", mrn("m1"))
	hungUp.Body.Call.WaitMs = 60_000
	s.touch(hungUp, 0)
	s.end(3 * schemas.Hour)
	got := s.factsOf("c1")
	wantFacts(t, got, "0 failed, abandoned", "0 failed, abandoned, final")
	if f := got[0]; !f.Queued || f.Answered || f.WaitMs != 60_000 || f.ConcludedAt != 0 || f.EndedAt != at+schemas.Minute {
		t.Errorf("got %+v", f)
	}
	if v := s.cellOf(""); v.Contacts != 0 {
		t.Errorf("got %+v, want no contact counted", v)
	}
}

func TestDispositionIsCorrectedThenTheContactChangesItsCell(t *testing.T) {
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		s := newWholeSite(t)
		at := t0 + 10*schemas.Hour
		s.touch(callStep("k1", at, schemas.CallEventAnswered, "c1", mrn("m1")), 0)
		said := []schemas.Touchpoint{disposition("k2", at+schemas.Minute, "c1", "R01"), disposition("k3", at+5*schemas.Minute, "c1", "R03")}
		for _, i := range order {
			said[i].Identifiers = []schemas.Identifier{mrn("m1")}
			s.touch(said[i], 0)
			s.quiet()
		}
		s.end(3 * schemas.Hour)
		if was, is := s.cellOf("R01"), s.cellOf("R03"); was.Contacts != 0 || was.Persons != 0 || was.TalkMs != 0 || is.Contacts != 1 || is.Persons != 1 || is.TalkMs != 200_000 {
			t.Errorf("order %v: got %+v and %+v, want the contact in the second only", order, was, is)
		}
	}
}

func TestStepOfTheDayBeforeArrivesWhileTheCallIsInTheQueueThenLastResortFires(t *testing.T) {
	s := newSite(t)
	at := t0 + 30*schemas.Hour
	s.touch(callStep("k1", at, schemas.CallEventQueued, "c1", mrn("m1")), 0)
	s.quiet()
	s.touch(webStep("w1", at-20*schemas.Hour, schemas.WebEventLoginFailed, "login", "R03", mrn("m1")), 0)
	s.quiet()
	if w := s.sighted("w1"); len(w) != 1 || !w[0].fired || len(w[0].failed) != 1 {
		t.Errorf("got %+v, want fired", w)
	}
}

// TestContactFromABuildWithoutPartsThenItsStartIsKept: a call may be in the queue while a site is upgraded.
func TestContactFromABuildWithoutPartsThenItsStartIsKept(t *testing.T) {
	var p person.Person
	st := &schemas.ShardState{}
	p.Shards = []person.Owned{{State: st}}
	tp := callStep("k2", 9000, schemas.CallEventEnded, "c1")
	j := person.Journey{Shard: st, Who: &p, Touchpoint: &tp, Names: person.Names{}}
	j.KeepContactPart(&schemas.OpenContact{ContactID: "c1", StartedAt: 5000})
	later := callStep("k3", 9500, schemas.CallEventDisposition, "c1")
	j.Touchpoint = &later
	j.KeepContactPart(&schemas.OpenContact{ContactID: "c1", StartedAt: 4000})
	if got := st.ContactParts; len(got) != 1 || got[0].StartedAt != 5000 || got[0].EndedAt != 9000 || got[0].ConcludedAt != 9500 {
		t.Errorf("got %+v", got)
	}
}

// TestTimeHasPassedThenNothingIsKeptForFigures: what is kept for figures goes once no contact can rest on it.
func TestTimeHasPassedThenNothingIsKeptForFigures(t *testing.T) {
	s := newWholeSite(t)
	var tasks []*patient
	build := s.topology.Roles[2].New
	s.topology.Roles[2].New = func(setup *pipeline.Setup) (pipeline.Processor, error) {
		built, err := build(setup)
		if err == nil {
			tasks = append(tasks, built.(*patient))
		}
		return built, err
	}
	s.net = newNet(t, s.topology, s.parts)
	s.touch(webStep("w1", t0, schemas.WebEventLoginFailed, "login", "R03", mrn("m1")), 0)
	s.call("c1", t0+schemas.Hour, "R03", mrn("m1"))
	kept := func() (steps, parts int) {
		for _, p := range tasks {
			if who := p.Person(s.owner(mrn("m1"))); who != nil {
				steps, parts = steps+len(who.Shards[0].State.FailedSteps), parts+len(who.Shards[0].State.ContactParts)
			}
		}
		return steps, parts
	}
	if steps, parts := kept(); steps != 1 || parts != 1 {
		t.Errorf("got %d steps and %d parts, want one each", steps, parts)
	}
	s.end(50 * schemas.Day)
	if steps, parts := kept(); steps != 0 || parts != 0 {
		t.Errorf("got %d steps and %d parts after their time, want none", steps, parts)
	}
}
