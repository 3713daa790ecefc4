package patient

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// script is what sources write in one run, drawn from a seed: touchpoints of a few identifiers, with
// copies and bad ones among them, and links that move the identifiers about.
type script struct {
	touches []schemas.Touchpoint
	parts   []int32
	links   []schemas.IdentityLink
	bad     map[string]string // event id → reason
	copies  map[string]int
}

func (s *script) add(t schemas.Touchpoint, part int32) {
	s.touches, s.parts = append(s.touches, t), append(s.parts, part)
}

var scriptIdentifiers = []schemas.Identifier{cookie("c1"), cookie("c2"), cookie("c3"), phone("p1"), mrn("m1"), mrn("m2")}

func drawScript(rnd *rand.Rand) *script {
	s := &script{bad: map[string]string{}, copies: map[string]int{}}
	at := t0
	for i := range 60 {
		at += schemas.Millis(rnd.IntN(120)) * schemas.Second
		id := fmt.Sprintf("e%d", i)
		who := scriptIdentifiers[rnd.IntN(len(scriptIdentifiers))]
		t := drawTouchpoint(rnd, id, at, who)
		part := int32(rnd.IntN(testSources))
		switch rnd.IntN(12) {
		case 0:
			s.spoil(rnd, &t)
		case 1:
			s.copies[id]++
			s.add(t, part)
		case 2:
			s.copies[id]++
			s.add(t, 1-part) // the copy comes by another partition
		}
		s.add(t, part)
	}
	for i := range rnd.IntN(30) {
		op := schemas.LinkOpLink
		if rnd.IntN(3) == 0 {
			op = schemas.LinkOpUnlink
		}
		l := schemas.IdentityLink{EventID: fmt.Sprintf("l%d", i), OccurredAt: t0 + schemas.Millis(i)*schemas.Minute, Op: op,
			Identifier: scriptIdentifiers[rnd.IntN(len(scriptIdentifiers))], Subject: scriptIdentifiers[4+rnd.IntN(2)]}
		// Whose an identifier is does not hang on what its caller is to the patient.
		if l.Identifier.Kind == schemas.IdentifierKindPhone && rnd.IntN(2) == 0 {
			l.Relation = "parent"
		}
		s.links = append(s.links, l)
	}
	return s
}

func drawTouchpoint(rnd *rand.Rand, id string, at schemas.Millis, who schemas.Identifier) schemas.Touchpoint {
	switch rnd.IntN(5) {
	case 0:
		return callStep(id, at, schemas.CallEventQueued, "call-"+id, who)
	case 1:
		return appStep(id, at, schemas.AppEventScreenView, "inbox", "", who)
	case 2:
		return ehrStep(id, at, schemas.EhrEventPrescription, "R03", who)
	case 3:
		return webStep(id, at, schemas.WebEventFormError, "page-"+id, "", who)
	}
	return webStep(id, at, schemas.WebEventPageView, "home", "R02", who)
}

// spoil makes the touchpoint one that INGEST rejects.
func (s *script) spoil(rnd *rand.Rand, t *schemas.Touchpoint) {
	switch rnd.IntN(4) {
	case 0:
		t.OccurredAt = 1000
		s.bad[t.EventID] = emit.ReasonAbsurdTime
	case 1:
		t.Identifiers = nil
		t.ContactID = schemas.Opt[string]{}
		s.bad[t.EventID] = emit.ReasonMissingIdentifier
	case 2:
		t.Identifiers = []schemas.Identifier{cookie("0000")}
		t.ContactID = schemas.Opt[string]{}
		s.bad[t.EventID] = emit.ReasonAbsurdIdentifier
	case 3:
		t.Body = schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Reason: "R99"}}
		t.Channel = schemas.ChannelWeb
		s.bad[t.EventID] = emit.ReasonUnknownReason
	}
}

// owners is the oracle of the links: who each identifier is of at the end, named by any identifier of
// the group ("" for its own pseudonym), by the rules as protocols.md states them.
func (s *script) owners() map[schemas.Identifier]schemas.Identifier {
	person := map[schemas.Identifier]schemas.Identifier{} // identifier → subject that its person was minted for
	founder := map[schemas.Identifier]bool{}
	sharing := map[schemas.Identifier]map[schemas.Identifier]bool{} // phone → subjects that it is linked to
	for _, l := range s.links {
		subject, known := person[l.Subject]
		owner, has := person[l.Identifier]
		isPhone := l.Identifier.Kind == schemas.IdentifierKindPhone
		switch {
		case l.Op == schemas.LinkOpLink && founder[l.Identifier] && owner != subject:
		case l.Op == schemas.LinkOpLink:
			if !known {
				subject = l.Subject
				person[subject], founder[subject] = subject, true
			}
			person[l.Identifier] = subject
			if isPhone {
				if sharing[l.Identifier] == nil {
					sharing[l.Identifier] = map[schemas.Identifier]bool{}
				}
				sharing[l.Identifier][subject] = true
			}
		case isPhone:
			delete(sharing[l.Identifier], subject)
		case known && has && owner == subject && l.Identifier != l.Subject && !founder[l.Identifier]:
			delete(person, l.Identifier)
		}
		if isPhone {
			delete(person, l.Identifier)
			for only := range sharing[l.Identifier] {
				if len(sharing[l.Identifier]) == 1 {
					person[l.Identifier] = only
				}
			}
		}
	}
	return person
}

// TestMovesInAnyOrderGiveTheSamePersonas runs scripts under schedulers that let any task lag behind
// any other, and die, and compares every persona with what the touchpoints and the final links say,
// computed without operators. Each touchpoint must have exactly one fate.
func TestMovesInAnyOrderGiveTheSamePersonas(t *testing.T) {
	runs := 150
	if testing.Short() {
		runs = 25
	}
	held := 0
	for seed := range uint64(runs) {
		if runScript(t, seed) {
			held++
		}
		if t.Failed() {
			return
		}
	}
	if held < runs/10 {
		t.Errorf("records were held in %d runs of %d: the schedulers do not try what they are for", held, runs)
	}
}

func runScript(t *testing.T, seed uint64) (held bool) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 7))
	sc := drawScript(rnd)
	s := newSite(t)
	touches, links := 0, 0
	for touches < len(sc.touches) || links < len(sc.links) {
		switch k := rnd.IntN(9); {
		case k < 2 && links < len(sc.links):
			l := &sc.links[links]
			s.link(l.Op, l.EventID, l.OccurredAt, l.Identifier, l.Subject)
			links++
		case k < 6 && touches < len(sc.touches):
			s.touch(sc.touches[touches], sc.parts[touches])
			touches++
		default:
			for range rnd.IntN(60) {
				s.shake(rnd)
			}
		}
	}
	for range rnd.IntN(4000) {
		s.shake(rnd)
	}
	s.quiet()
	checkFates(t, s, sc, seed)
	checkPersonas(t, s, sc, seed)
	checkMovesAreVerified(t, s, rnd, seed)
	return checkNothingHeld(t, s, seed)
}

// checkFates: produced = rejected + duplicate + processed, and late is a copy of processed ones.
func checkFates(t *testing.T, s *site, sc *script, seed uint64) {
	t.Helper()
	rejected := s.rejected(s.config.Emit.Topics.Rejected)
	for i := range sc.touches {
		id := sc.touches[i].EventID
		if reason, ok := sc.bad[id]; ok {
			if len(rejected[id]) != 1+sc.copies[id] || rejected[id][0].Reason != reason {
				t.Errorf("seed %d: %s: got %d rejected, want %d of reason %s", seed, id, len(rejected[id]), 1+sc.copies[id], reason)
			}
			continue
		}
		if len(rejected[id]) != sc.copies[id] {
			t.Errorf("seed %d: %s: got %d rejected, want %d duplicates", seed, id, len(rejected[id]), sc.copies[id])
		}
		for _, r := range rejected[id] {
			if r.Reason != emit.ReasonDuplicate || r.Topic != s.topic(sc.touches[i].Channel) || r.Offset < 0 {
				t.Errorf("seed %d: %s: rejected as %s at %s offset %d", seed, id, r.Reason, r.Topic, r.Offset)
			}
		}
	}
}

// expected is a persona as the oracle has it: a plain sum over the touchpoints of a person.
type expected struct {
	touchpoints, calls int64
	web, effort        float64
	asOf               schemas.Millis
	failedForms        int
}

func (sc *script) personas(s *site) map[string]expected {
	owners := sc.owners()
	halfLife := float64(7 * schemas.Day)
	byOwner := map[string][]*schemas.Touchpoint{}
	done := map[string]bool{}
	for i := range sc.touches {
		x := &sc.touches[i]
		if _, bad := sc.bad[x.EventID]; bad || done[x.EventID] {
			continue
		}
		done[x.EventID] = true
		named := x.Identifiers[0]
		if subject, ok := owners[named]; ok {
			named = subject
		}
		byOwner[s.owner(named)] = append(byOwner[s.owner(named)], x)
	}
	out := map[string]expected{}
	for owner, list := range byOwner {
		e := expected{}
		for _, x := range list {
			e.asOf = max(e.asOf, x.OccurredAt)
		}
		for _, x := range list {
			w := math.Exp2(-float64(e.asOf-x.OccurredAt) / halfLife)
			e.touchpoints++
			switch {
			case x.Channel == schemas.ChannelCall:
				e.calls++
				e.effort += w
			case x.Channel == schemas.ChannelWeb:
				e.web += w
				if x.Body.Web.Event == schemas.WebEventFormError {
					e.effort += w
					e.failedForms++
				}
			}
		}
		out[owner] = e
	}
	return out
}

func checkPersonas(t *testing.T, s *site, sc *script, seed uint64) {
	t.Helper()
	got, want := s.personas(), sc.personas(s)
	for owner, w := range want {
		g, ok := got[owner]
		if !ok || g.Touchpoints != w.touchpoints || g.Calls != w.calls || g.AsOf != w.asOf {
			t.Errorf("seed %d: a persona (found %v): got %d touchpoints, %d calls as of %d, want %d, %d as of %d", seed, ok,
				g.Touchpoints, g.Calls, g.AsOf, w.touchpoints, w.calls, w.asOf)
			continue
		}
		if math.Abs(g.WebActivity-w.web) > 1e-9 || math.Abs(g.Effort-w.effort) > 1e-9 {
			t.Errorf("seed %d: a persona: got web activity %v and effort %v, want %v and %v", seed, g.WebActivity, g.Effort, w.web, w.effort)
		}
		if n := min(w.failedForms, person.MaxLoops); len(g.OpenLoops) != n {
			t.Errorf("seed %d: a persona: got %d open loops, want %d", seed, len(g.OpenLoops), n)
		}
	}
	for owner, g := range got {
		if _, ok := want[owner]; !ok && g.Touchpoints > 0 {
			t.Errorf("seed %d: a persona that nothing stands behind, of %d touchpoints", seed, g.Touchpoints)
		}
	}
}

// checkNothingHeld: when all is quiet nothing waits, and every task says the same after a restore.
// It reports whether anything ever was held.
func checkNothingHeld(t *testing.T, s *site, seed uint64) bool {
	t.Helper()
	held := map[string]bool{}
	for p := range int32(testPatients) {
		for _, r := range s.logs[pipeline.TopicPartition{Topic: "patient-changelog", Partition: p}] {
			if len(r.Key) > 5 && string(r.Key[:5]) == "held\x00" {
				held[string(r.Key)] = r.Value != nil
			}
		}
	}
	for _, waiting := range held {
		if waiting {
			t.Errorf("seed %d: a record is still held", seed)
		}
	}
	return len(held) > 0
}

// identifiedLog is attune.identified as a verifier reads it, without the record at an index.
type identifiedLog struct {
	records []pipeline.Record
	without int
}

// Each implements verify.Log.
func (l identifiedLog) Each(_ context.Context, _ string, fn func(*pipeline.Record) error) error {
	for i := range l.records {
		if i == l.without {
			continue
		}
		if err := fn(&l.records[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkMovesAreVerified: what tasks made of moves is what the verifier demands, and it misses whichever
// record of a move, or copy of a touchpoint that was passed on, is not there.
func checkMovesAreVerified(t *testing.T, s *site, rnd *rand.Rand, seed uint64) {
	t.Helper()
	records := s.all(s.config.Emit.Topics.Identified)
	verified := func(without int) *verify.Report {
		report, err := verify.Moves(t.Context(), identifiedLog{records, without})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if r := verified(-1); r.Found > 0 {
		t.Errorf("seed %d: %s", seed, strings.Join(r.Differences, "\n"))
	}
	ids := s.identified()
	copies := map[string]int{}
	source := func(id *schemas.Identified) string {
		return fmt.Sprintf("%s/%d@%d", id.SourceTopic, id.SourcePartition, id.SourceOffset)
	}
	for i := range ids {
		copies[source(&ids[i])]++
	}
	for i := range ids {
		id := &ids[i]
		touchpoint := id.Payload.Kind == schemas.IdentifiedPayloadTouchpoint
		if touchpoint && copies[source(id)] == 1 || rnd.IntN(4) > 0 {
			continue // the only copy of a touchpoint is missed by the ledger
		}
		r := verified(i)
		if names := strings.Join(r.Differences, "\n"); r.Found == 0 || touchpoint && !strings.Contains(names, source(id)) {
			t.Errorf("seed %d: without record %d of %d (%v): %s", seed, i, len(ids), id.Payload.Kind, names)
		}
	}
}
