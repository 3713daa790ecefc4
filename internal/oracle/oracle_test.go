package oracle

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestMain lets the test binary be the child process that the embedded ClickHouse needs.
func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	os.Exit(m.Run())
}

const noon = schemas.Millis(1_772_452_800_000) // 2026-03-02 12:00 UTC

// story is raw input, told by hand.
type story struct {
	t     *testing.T
	facts *Facts
	n     int64
}

func (s *story) id(kind schemas.IdentifierKind, value string) schemas.Identifier {
	return schemas.Identifier{Kind: kind, Value: schemas.Protected(value)}
}

func (s *story) put(v *schemas.Touchpoint) {
	s.t.Helper()
	s.n++
	if v.EventID == "" {
		v.EventID = fmt.Sprintf("e-%d", s.n)
	}
	if err := s.facts.Touchpoint(&pipeline.Record{Topic: "touchpoints." + v.Channel.String(), Offset: s.n}, v); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) web(cookie string, at schemas.Millis, event schemas.WebEvent, results int32) {
	s.put(&schemas.Touchpoint{OccurredAt: at, Channel: schemas.ChannelWeb, Identifiers: []schemas.Identifier{s.id(schemas.IdentifierKindCookie, cookie)},
		Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: event, Results: results}}})
}

func (s *story) call(contact string, at schemas.Millis, c schemas.Call, ids ...schemas.Identifier) {
	s.put(&schemas.Touchpoint{OccurredAt: at, Channel: schemas.ChannelCall, ContactID: schemas.Some(contact), Identifiers: ids,
		Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: c}})
}

func (s *story) link(op schemas.LinkOp, id, subject schemas.Identifier) {
	s.n++
	l := schemas.IdentityLink{EventID: fmt.Sprintf("l-%d", s.n), Op: op, Identifier: id, Subject: subject}
	if err := s.facts.link(&pipeline.Record{Topic: schemas.TopicIdentityLinks, Offset: s.n, Value: l.AppendAvro(make([]byte, 5))}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) rejected(reason, topic string, offset int64) {
	v := schemas.RejectedRecord{Reason: reason, Topic: topic, Offset: offset, EventID: "x"}
	if err := s.facts.refuse(&pipeline.Record{Value: v.AppendAvro(make([]byte, 5))}); err != nil {
		s.t.Fatal(err)
	}
}

func TestAnswersAreThoseOfTheDefinitions(t *testing.T) {
	const day = schemas.Day
	answered := schemas.Call{Event: schemas.CallEventDisposition, Reason: "R03", Queued: true, Answered: true, WaitMs: 20_000, TalkMs: 60_000}
	abandoned := schemas.Call{Event: schemas.CallEventDisposition, Reason: "R03", Queued: true, Abandoned: true, WaitMs: 90_000}
	started := schemas.Call{Event: schemas.CallEventSelfService}
	s := &story{t: t, facts: NewFacts()}
	anna, phone := s.id(schemas.IdentifierKindMrn, "anna"), s.id(schemas.IdentifierKindPhone, "+1")
	later := answered
	later.Reason = "R07"

	// Anna's cookie becomes hers only after the call; the phone was another patient's before.
	s.web("a", noon, schemas.WebEventFormError, -1)
	s.web("a", noon+1, schemas.WebEventSearch, 0)
	s.web("a", noon+2, schemas.WebEventSearch, 3)
	s.web("a", noon-day+10, schemas.WebEventLoginFailed, -1) // exactly 24 h before c1
	s.web("a", noon+11, schemas.WebEventRageClick, -1)       // after it
	s.call("c1", noon+10, started, phone)
	s.call("c1", noon+60_000, answered, phone)
	s.link(schemas.LinkOpLink, phone, s.id(schemas.IdentifierKindMrn, "bert"))
	s.link(schemas.LinkOpUnlink, phone, s.id(schemas.IdentifierKindMrn, "carl")) // not his
	s.link(schemas.LinkOpUnlink, phone, s.id(schemas.IdentifierKindMrn, "bert"))
	s.link(schemas.LinkOpLink, phone, anna)
	s.link(schemas.LinkOpLink, s.id(schemas.IdentifierKindCookie, "a"), anna)
	// She calls again, hangs up, and calls once more: about the same within 7 days, then about something else.
	s.call("c2", noon+3*day, abandoned, anna)
	s.call("c3", noon+3*day+5000, answered, anna, phone)
	s.call("c4", noon+4*day, later, anna)
	// A contact that is not concluded, of nobody known, at the time of a failed step of that very contact's person: nobody's.
	s.call("c5", noon+14*day, started)
	s.call("c5", noon+14*day+5000, schemas.Call{Event: schemas.CallEventEnded})
	s.call("c9", noon+15*day, started) // in progress
	// Two dispositions: the later one holds. A second copy and a phantom are nothing, nor is what was rejected.
	s.call("c6", noon+5*day, answered, s.id(schemas.IdentifierKindPhone, "+2"))
	s.call("c6", noon+5*day+1, later, s.id(schemas.IdentifierKindPhone, "+2"))
	s.put(&schemas.Touchpoint{EventID: "e-1", OccurredAt: noon, Channel: schemas.ChannelWeb, Identifiers: []schemas.Identifier{s.id(schemas.IdentifierKindCookie, "a")},
		Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventFormError}}})
	s.call("c7", noon+6*day, schemas.Call{Event: schemas.CallEventDisposition, Phantom: true})
	s.call("c8", noon+6*day, answered, anna)
	s.rejected("over_limit", "touchpoints.call", s.n)
	s.rejected("duplicate", "touchpoints.web", 1)

	// A switchboard is known for one, and by nothing else.
	for i := range schemas.Millis(257) {
		s.call(fmt.Sprintf("x%03d", i), noon+i*schemas.Minute, answered, s.id(schemas.IdentifierKindPhone, "+99"))
		s.call(fmt.Sprintf("y%03d", i), noon+i*schemas.Hour, answered, s.id(schemas.IdentifierKindPhone, "+98")) // not so often
	}

	server, err := embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: t.TempDir(), Progress: embedded.NewProgress(os.Stderr)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop(t.Context())
	got, err := (&Engine{URL: "http://" + server.HTTPAddr()}).Answer(t.Context(), s.facts)
	if err != nil {
		t.Fatal(err)
	}
	want := []Contact{
		{ContactID: "c1", Start: int64(noon + 10), Concluded: true, Reason: "R03", FailedSteps: 2, Steps: "e-1 e-2", Repeated: true, Judged: true},
		{ContactID: "c2", Start: int64(noon + 3*day), Concluded: true, Reason: "R03", Repeat: true, Repeated: true, Judged: true},
		{ContactID: "c3", Start: int64(noon + 3*day + 5000), Concluded: true, Reason: "R03", Repeat: true, Judged: true, Resolved: true},
		{ContactID: "c4", Start: int64(noon + 4*day), Concluded: true, Reason: "R07", Judged: true, Resolved: true},
		{ContactID: "c5", Start: int64(noon + 14*day)},
		{ContactID: "c6", Start: int64(noon + 5*day), Concluded: true, Reason: "R07", Judged: true, Resolved: true},
	}
	many := got.Contacts[len(got.Contacts)-514:]
	for i := range many {
		if many[i].Crowded != (i < 257) {
			t.Errorf("%s: crowded %v", many[i].ContactID, many[i].Crowded)
		}
	}
	got.Contacts = got.Contacts[:len(got.Contacts)-514]
	for i := range got.Contacts {
		c := &got.Contacts[i]
		c.Queued, c.Answered, c.Abandoned, c.WaitMs = false, false, false, 0 // the totals have them
	}
	if diff := cmp.Diff(got.Contacts, want); diff != "" {
		t.Errorf("contacts (-got +want):\n%s", diff)
	}
	const more = 514
	totals := Totals{Contacts: 6 + more, Concluded: 5 + more, LastResort: 1, FailedSteps: 2, WithReason: 5 + more, Repeat: 2 + more - 2, Judged: 5 + 257 + 169, Resolved: 3 + 1,
		Queued: 5 + more, Abandoned: 1, Answered: 4 + more, WaitMs: (4+more)*20_000 + 90_000, WaitAnsweredMs: (4 + more) * 20_000, TalkMs: (4 + more) * 60_000}
	if diff := cmp.Diff(got.Totals, totals); diff != "" {
		t.Errorf("totals (-got +want):\n%s", diff)
	}
	if len(got.Cells) < 4 || got.Cells[0].LastResort != 1 || got.Cells[0].Window != int64(noon) {
		t.Errorf("cells: %+v", got.Cells)
	}
}

// TestIdIsMissingOrUsedAgainThenTheOracleTellsContactsApart: by person, id and time, as docs/kpis.md says.
func TestIdIsMissingOrUsedAgainThenTheOracleTellsContactsApart(t *testing.T) {
	const minute = schemas.Minute
	queued, ended := schemas.Call{Event: schemas.CallEventQueued}, schemas.Call{Event: schemas.CallEventEnded}
	concluded := schemas.Call{Event: schemas.CallEventDisposition, Reason: "R03"}
	server, err := embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: t.TempDir(), Progress: embedded.NewProgress(os.Stderr)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop(t.Context())
	engine := &Engine{URL: "http://" + server.HTTPAddr()}
	for name, tt := range map[string]struct {
		tell func(s *story, anna, bert schemas.Identifier)
		want []schemas.Millis
	}{
		"after an end": {func(s *story, a, _ schemas.Identifier) { s.calls("7", a, queued, ended, concluded, queued, ended) }, []schemas.Millis{0, 3}},
		"without an id": {func(s *story, a, _ schemas.Identifier) {
			s.calls("", a, queued, concluded, queued, concluded, concluded)
		}, []schemas.Millis{0, 2, 4}},
		"of two persons": {func(s *story, a, b schemas.Identifier) {
			s.calls("7", a, queued, ended)
			s.calls("7", b, queued, ended)
		}, []schemas.Millis{0, 0}},
		"in the queue twice": {func(s *story, a, _ schemas.Identifier) { s.calls("7", a, queued, queued, ended) }, []schemas.Millis{0}},
		"a correction":       {func(s *story, a, _ schemas.Identifier) { s.calls("7", a, concluded, concluded) }, []schemas.Millis{0}},
		"another source": {func(s *story, a, _ schemas.Identifier) {
			s.calls("7", a, concluded)
			s.put(&schemas.Touchpoint{EventID: "other/1", OccurredAt: noon + minute, Channel: schemas.ChannelCall, ContactID: schemas.Some("7"), Identifiers: []schemas.Identifier{a},
				Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: concluded}})
		}, []schemas.Millis{0, 1}},
		"after a long silence": {func(s *story, a, _ schemas.Identifier) {
			s.call("7", noon-5*schemas.Hour, queued, a)
			s.calls("7", a, queued, ended)
		}, []schemas.Millis{0}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &story{t: t, facts: NewFacts()}
			tt.tell(s, s.id(schemas.IdentifierKindMrn, "anna"), s.id(schemas.IdentifierKindMrn, "bert"))
			a, err := engine.Answer(t.Context(), s.facts)
			if err != nil {
				t.Fatal(err)
			}
			var got []schemas.Millis
			for _, c := range a.Contacts {
				got = append(got, (schemas.Millis(c.Start)-noon)/minute)
			}
			if slices.Sort(got); !slices.Equal(got, tt.want) {
				t.Errorf("got contacts that began after %v minutes, want %v", got, tt.want)
			}
		})
	}
}

// calls tells steps of one id, a minute apart. An empty id is none.
func (s *story) calls(contact string, who schemas.Identifier, steps ...schemas.Call) {
	for i, c := range steps {
		s.put(&schemas.Touchpoint{OccurredAt: noon + schemas.Millis(i)*schemas.Minute, Channel: schemas.ChannelCall, ContactID: schemas.Opt[string]{V: contact, OK: contact != ""},
			Identifiers: []schemas.Identifier{who}, Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: c}})
	}
}
