package patient

import (
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// saidOf are the keys of contacts of which something was said, in order: at their start in predictions, and as
// a last resort by a delivered decision.
func (s *site) saidOf() (started, decided []string) {
	s.tb.Helper()
	for _, r := range s.all(s.config.Emit.Topics.Predictions) {
		var p schemas.Prediction
		if err := schemas.DecodeWhole(&p, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if p.Phase == schemas.PredictionPhaseContactStart {
			started = append(started, p.Clone().ContactKey)
		}
	}
	for _, r := range s.all(s.config.Emit.Topics.Actions) {
		var d schemas.NextBestAction
		if err := schemas.DecodeWhole(&d, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if d.Delivered && d.LastResort && d.ContactKey != "" && !slices.Contains(decided, d.ContactKey) {
			decided = append(decided, d.Clone().ContactKey)
		}
	}
	return started, decided
}

// inForce are the keys of the contacts that are in force, in order, with the reason of each.
func (s *site) inForce() (list []string) {
	s.tb.Helper()
	last := map[string]schemas.ContactFact{}
	for _, r := range s.all(s.config.Emit.Topics.ContactFacts) {
		var v schemas.ContactFact
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if old, ok := last[v.ContactKey]; !ok || v.Revision > old.Revision {
			last[v.ContactKey] = v.Clone()
		}
	}
	for key, v := range last {
		if !v.Withdrawn {
			list = append(list, key+" "+v.Reason)
		}
	}
	slices.Sort(list)
	return list
}

// oneCall is a call after a failed step, with the id that the telephone system gives it.
func (s *site) oneCall(name, id string, at schemas.Millis, reason string, who ...schemas.Identifier) {
	s.touch(webStep(name+"/w", at-schemas.Minute, schemas.WebEventFormError, "refill/form", "R03", who...), 0)
	for i, e := range []schemas.CallEvent{schemas.CallEventQueued, schemas.CallEventAnswered, schemas.CallEventEnded, schemas.CallEventDisposition} {
		t := callStep(fmt.Sprintf("%s/%d", name, i), at+schemas.Millis(i)*schemas.Minute, e, id, who...)
		if e == schemas.CallEventDisposition {
			t.Body.Call.Reason, t.Body.Call.Queued, t.Body.Call.Answered = reason, true, true
		}
		if t.ContactID.V == "" {
			t.ContactID.OK = false
		}
		s.touch(t, 0)
		s.quiet()
	}
}

func TestIdIsMissingOrUsedAgainThenEachCallIsAContact(t *testing.T) {
	for _, id := range []string{"", "7"} {
		t.Run("id "+id, func(t *testing.T) {
			s := newWholeSite(t)
			for n := range 3 {
				s.oneCall(fmt.Sprint("pbx/", n), id, t0+10*schemas.Hour+schemas.Millis(n)*20*schemas.Minute, "R03", mrn("m1"))
			}
			want := []string{"pbx/0/0", "pbx/1/0", "pbx/2/0"}
			if started, decided := s.saidOf(); !slices.Equal(started, want) || !slices.Equal(decided, want) {
				t.Errorf("got starts %q, decisions %q, want %q", started, decided, want)
			}
			s.end(3 * schemas.Hour)
			if got := s.inForce(); !slices.Equal(got, []string{"pbx/0/0 R03", "pbx/1/0 R03", "pbx/2/0 R03"}) {
				t.Errorf("got facts %q", got)
			}
			if v := s.cellOf("R03"); v.Contacts != 3 || v.LastResort != 3 || v.Persons != 1 {
				t.Errorf("got %+v, want 3 contacts of one person, all last resorts", v)
			}
		})
	}
}

func TestTwoPatientsHaveOneIdThenEachHasAContact(t *testing.T) {
	s := newWholeSite(t)
	s.oneCall("pbx/a", "7", t0+10*schemas.Hour, "R03", mrn("m1"))
	s.oneCall("pbx/b", "7", t0+10*schemas.Hour, "R05", mrn("m2"))
	if got := s.inForce(); !slices.Equal(got, []string{"pbx/a/0 R03", "pbx/b/0 R05"}) {
		t.Errorf("got %q", got)
	}
}

func TestDispositionFollowsADispositionThenTheSourceSaysWhetherItIsACorrection(t *testing.T) {
	for name, tt := range map[string]struct {
		id, second string
		want       []string
	}{
		"the same source":        {"7", "pbx/2", []string{"pbx/1 R07"}},
		"another source":         {"7", "other/2", []string{"other/2 R07", "pbx/1 R03"}},
		"no id to correct it by": {"", "pbx/2", []string{"pbx/1 R03", "pbx/2 R07"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWholeSite(t)
			for i, x := range []struct{ event, reason string }{{"pbx/1", "R03"}, {tt.second, "R07"}} {
				c := callStep(x.event, t0+10*schemas.Hour+schemas.Millis(i)*schemas.Minute, schemas.CallEventDisposition, tt.id, mrn("m1"))
				c.Body.Call.Reason, c.ContactID.OK = x.reason, tt.id != ""
				s.touch(c, 0)
				s.quiet()
			}
			if got := s.inForce(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestEndGotLostThenTheNextCallOfTheIdIsAnother: also where nothing has said that the first was over.
func TestEndGotLostThenTheNextCallOfTheIdIsAnother(t *testing.T) {
	for _, id := range []string{"", "7"} {
		s := newWholeSite(t)
		first := callStep("pbx/0", t0+schemas.Hour, schemas.CallEventQueued, id, mrn("m1"))
		first.ContactID.OK = id != ""
		s.touch(first, 0)
		s.quiet()
		s.oneCall("pbx/b", id, t0+6*schemas.Hour, "R03", mrn("m1"))
		if started, _ := s.saidOf(); !slices.Equal(started, []string{"pbx/0", "pbx/b/0"}) {
			t.Errorf("id %q: got starts %q", id, started)
		}
		if got := s.inForce(); !slices.Equal(got, []string{"pbx/b/0 R03"}) {
			t.Errorf("id %q: got %q", id, got)
		}
	}
}

// TestTwoHalvesOfACallBecomeOnePersonsThenOneOfThemIsWithdrawn: the steps of a call may name two identifiers
// that are linked only later. Until then each person has a contact.
func TestTwoHalvesOfACallBecomeOnePersonsThenOneOfThemIsWithdrawn(t *testing.T) {
	s := newWholeSite(t)
	at := t0 + 10*schemas.Hour
	s.touch(callStep("pbx/0", at, schemas.CallEventQueued, "7", phone("5550142")), 0)
	s.touch(callStep("pbx/1", at+schemas.Minute, schemas.CallEventEnded, "7", phone("5550142")), 0)
	s.quiet()
	c := callStep("pbx/2", at+2*schemas.Minute, schemas.CallEventDisposition, "7", mrn("m1"))
	c.Body.Call.Reason = "R03"
	s.touch(c, 0)
	s.quiet()
	if got := s.inForce(); !slices.Equal(got, []string{"pbx/0 ", "pbx/2 R03"}) {
		t.Errorf("before the link: got %q", got)
	}
	s.link(schemas.LinkOpLink, "l1", at+3*schemas.Minute, phone("5550142"), mrn("m1"))
	s.quiet()
	if got := s.inForce(); !slices.Equal(got, []string{"pbx/2 R03"}) {
		t.Errorf("after the link: got %q", got)
	}
	s.link(schemas.LinkOpUnlink, "l2", at+4*schemas.Minute, phone("5550142"), mrn("m1"))
	s.quiet()
	if got := s.inForce(); !slices.Equal(got, []string{"pbx/0 ", "pbx/2 R03"}) {
		t.Errorf("after the end of the link: got %q", got)
	}
}
