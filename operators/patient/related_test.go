package patient

import (
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// brief is the newest decision about a contact that was delivered, with what it says.
func (s *site) brief(contact string) (d schemas.NextBestAction) {
	s.tb.Helper()
	for _, r := range s.all(s.config.Emit.Topics.Actions) {
		var v schemas.NextBestAction
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if v.ContactRef.V == contact && v.Delivered && !v.Cancelled {
			d = v.Clone()
		}
	}
	return d
}

// TestMotherOnRecordCalls tells what the agent reads where the health record has the mother's number as one of somebody
// who acts for her child, and the call says nothing of that.
func TestMotherOnRecordCalls(t *testing.T) {
	s := newWholeSite(t)
	mother := phone("+12025550142")
	s.relate(schemas.IdentityLink{EventID: "l1", OccurredAt: t0, Op: schemas.LinkOpLink, Identifier: mother, Subject: mrn("leo"), Relation: "parent", MayKnow: "scheduling"})
	s.link(schemas.LinkOpLink, "l2", t0, cookie("leo"), mrn("leo"))
	s.quiet()
	at := t0 + 10*schemas.Hour
	step := func(v schemas.Touchpoint) {
		s.touch(v, 0)
		s.quiet()
	}
	step(webStep("w1", at-6*schemas.Minute, schemas.WebEventFormError, "booking/form", "R01", cookie("leo")))
	step(callStep("c1", at, schemas.CallEventQueued, "k1", mother))
	d := s.brief("k1")
	if want := "A parent is calling for the patient and may be told about appointments only. Verify who is calling. A booking form failed on the website six minutes before the call."; d.PersonRef.Reveal() != s.owner(mrn("leo")) || !strings.HasPrefix(d.Brief.Reveal(), want) {
		t.Errorf("about %s: %s\nwant %s", d.PersonRef.Reveal(), d.Brief.Reveal(), want)
	}
	step(callStep("c2", at+schemas.Minute, schemas.CallEventEnded, "k1", mother))

	// Of two children the number tells nothing, until she says whose mother calls.
	s.relate(schemas.IdentityLink{EventID: "l3", OccurredAt: at, Op: schemas.LinkOpLink, Identifier: mother, Subject: mrn("mia"), Relation: "parent", MayKnow: "all"})
	s.quiet()
	at += schemas.Hour
	step(callStep("c3", at, schemas.CallEventQueued, "k2", mother))
	d = s.brief("k2")
	if want := "It is not certain who is calling; verify identity first. No history is shown. May be calling for somebody else; ask for whom."; !strings.HasPrefix(d.Brief.Reveal(), want) {
		t.Errorf("got  %s\nwant %s", d.Brief.Reveal(), want)
	}
	step(callStep("c4", at+schemas.Minute, schemas.CallEventAnswered, "k2", mother, mrn("mia")))
	d = s.brief("k2")
	if want := "A parent is calling for the patient and may be told everything. Verify who is calling."; d.PersonRef.Reveal() != s.owner(mrn("mia")) || !strings.HasPrefix(d.Brief.Reveal(), want) {
		t.Errorf("about %s: %s\nwant %s", d.PersonRef.Reveal(), d.Brief.Reveal(), want)
	}
	if strings.Contains(d.Brief.Reveal(), "booking") {
		t.Errorf("the other child's step is told: %s", d.Brief.Reveal())
	}
}
