package patient

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// aggregateCell is the identity of an aggregate row.
type aggregateCell struct {
	aggregate string
	start     schemas.Millis
	channel   schemas.Channel
	reason    string
	priority  int32
	partition int32
}

// newWholeSite is a site with the whole chain, and without a probe.
func newWholeSite(t *testing.T) *site {
	s := newSite(t)
	s.seen = nil
	c := s.config
	s.topology.Roles[2].New = New(c.Config)
	s.topology.Roles[2].Broadcasts = []string{c.Emit.Topics.Models}
	parts := map[string]int32{c.Emit.Topics.Identified: testPatients, c.Emit.Topics.Rejected: testPatients, c.Emit.Topics.Late: testPatients, c.Emit.Topics.Personas: testPatients,
		"patient-changelog": testPatients, c.Emit.Topics.Aggregates: testPatients, c.Emit.Topics.ContactFacts: testPatients, c.Emit.Topics.Predictions: testPatients, c.Emit.Topics.Actions: testPatients, c.Emit.Topics.DecisionInputs: testPatients}
	for _, topic := range []string{c.Emit.Topics.Touchpoints[schemas.ChannelWeb], c.Emit.Topics.Touchpoints[schemas.ChannelApp], c.Emit.Topics.Touchpoints[schemas.ChannelCall], c.Emit.Topics.Touchpoints[schemas.ChannelEhr], c.Emit.Topics.Consents} {
		parts[topic] = testSources
	}
	s.net = newNet(t, s.topology, parts)
	return s
}

// TestAggregatesEqualARecount counts what the identified topic holds, naively, without what
// touchpoints.late proves late for a window, and compares the newest version of every cell.
func TestAggregatesEqualARecount(t *testing.T) {
	for seed := range uint64(4) {
		s := newWholeSite(t)
		r := rand.New(rand.NewPCG(seed, 11))
		at := schemas.Millis(testStart)
		for i := range 700 {
			at += schemas.Millis(r.IntN(30_000))
			s.touch(randomTouch(r, i, at-schemas.Millis(r.IntN(20)/18)*schemas.Millis(r.IntN(3*3600_000))), int32(r.IntN(testSources)))
			for range r.IntN(6) {
				s.shake(r)
			}
		}
		s.quiet()
		s.end(3 * schemas.Hour)
		s.quiet()
		compareAggregates(t, s)
	}
}

// TestLastShardGoesAndComesBackThenThePersonIsCountedOnceInAWindow: a person whom nothing is left of for a
// while is still the same person in the windows that are open.
func TestLastShardGoesAndComesBackThenThePersonIsCountedOnceInAWindow(t *testing.T) {
	s := newWholeSite(t)
	at := schemas.Millis(testStart)
	s.touch(webStep("e1", at, schemas.WebEventPageView, "home", "", cookie("c1")), 0)
	s.quiet()
	s.link(schemas.LinkOpLink, "l1", at, cookie("c1"), mrn("m1"))
	s.quiet()
	s.link(schemas.LinkOpUnlink, "l2", at, cookie("c1"), mrn("m1"))
	s.quiet()
	s.touch(webStep("e2", at+schemas.Second, schemas.WebEventPageView, "home", "", cookie("c1")), 0)
	s.quiet()
	s.end(3 * schemas.Hour)
	s.quiet()
	var newest schemas.Aggregate
	for _, r := range s.all(s.config.Emit.Topics.Aggregates) {
		var v schemas.Aggregate
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			t.Fatal(err)
		}
		if v.Channel == schemas.ChannelWeb {
			newest = v.Clone()
		}
	}
	if newest.Touchpoints != 2 || newest.Persons != 1 {
		t.Errorf("got %d touchpoints of %d persons, want 2 of 1", newest.Touchpoints, newest.Persons)
	}
}

func randomTouch(r *rand.Rand, i int, at schemas.Millis) schemas.Touchpoint {
	id, who := fmt.Sprintf("agg/%d", i), phone(fmt.Sprintf("555010%d", r.IntN(9)))
	switch r.IntN(4) {
	case 0:
		return webStep(id, at, schemas.WebEventPageView, "home", "", who)
	case 1:
		return ehrStep(id, at, schemas.EhrEventStatement, "R07", who)
	}
	tp := callStep(id, at, schemas.CallEventDisposition, fmt.Sprintf("call-%d", i), who)
	c := &tp.Body.Call
	c.Reason, c.Priority = pick(r, []string{"R01", "R03"}), int32(r.IntN(2))
	c.Queued, c.WaitMs, c.TalkMs = r.IntN(3) > 0, int64(r.IntN(90_000)), int64(r.IntN(300_000))
	c.Answered = c.Queued && r.IntN(4) > 0
	c.Abandoned = c.Queued && !c.Answered
	return tp
}

// recount sums up the identified topic in the plainest way.
// counted is what a cell says, in the order of Aggregate's fields.
type counted struct {
	Touchpoints, Contacts, Queued, Abandoned, Answered, WaitMs, WaitAnsweredMs, TalkMs, LastResort, Persons int64
}

func recount(t *testing.T, s *site) map[aggregateCell]counted {
	t.Helper()
	late := map[string][]string{}
	for id, list := range s.rejected(s.config.Emit.Topics.Late) {
		late[id] = list[0].Windows
	}
	want := map[aggregateCell]counted{}
	people := map[aggregateCell]map[schemas.PersonRef]bool{}
	for _, r := range s.all(s.config.Emit.Topics.Identified) {
		var in schemas.Identified
		if err := schemas.DecodeWhole(&in, r.Value[emit.FrameSize:]); err != nil {
			t.Fatal(err)
		}
		tp := &in.Payload.Touchpoint
		call := &tp.Body.Call
		contact := tp.Channel == schemas.ChannelCall
		for name, size := range map[string]schemas.Millis{"contacts": schemas.Hour, "touchpoints": schemas.Minute} {
			if slices.Contains(late[tp.EventID], name) || name == "contacts" && !contact {
				continue
			}
			k := aggregateCell{aggregate: name, start: tp.OccurredAt - tp.OccurredAt%size, channel: tp.Channel, partition: r.Partition}
			if name == "contacts" {
				k.reason, k.priority = call.Reason, call.Priority
			}
			v := want[k]
			v.Touchpoints++
			if contact {
				v.Contacts++
				v.Queued, v.Abandoned, v.Answered = v.Queued+int64(b2i(call.Queued)), v.Abandoned+int64(b2i(call.Abandoned)), v.Answered+int64(b2i(call.Answered))
				if call.Queued {
					v.WaitMs += call.WaitMs
				}
				if call.Answered {
					v.WaitAnsweredMs, v.TalkMs = v.WaitAnsweredMs+call.WaitMs, v.TalkMs+call.TalkMs
				}
			}
			if people[k] == nil {
				people[k] = map[schemas.PersonRef]bool{}
			}
			people[k][in.PersonRef] = true
			v.Persons = int64(len(people[k]))
			want[k] = v
		}
	}
	return want
}

func compareAggregates(t *testing.T, s *site) {
	t.Helper()
	want := recount(t, s)
	got := map[aggregateCell]counted{}
	versions := map[aggregateCell]int64{}
	lates, dropped := int64(0), int64(0)
	for _, r := range s.all(s.config.Emit.Topics.Aggregates) {
		var v schemas.Aggregate
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			t.Fatal(err)
		}
		k := aggregateCell{v.Aggregate, v.WindowStart, v.Channel, string([]byte(v.Reason)), v.Priority, v.Partition}
		version := int64(v.Epoch)<<32 + int64(v.Revision)
		if version <= versions[k] || v.Partition != r.Partition {
			t.Errorf("%+v: version %d after %d, on partition %d", k, version, versions[k], r.Partition)
		}
		versions[k] = version
		got[k] = counted{v.Touchpoints, v.Contacts, v.Queued, v.Abandoned, v.Answered, v.WaitMs, v.WaitAnsweredMs, v.TalkMs, 0, v.Persons}
		lates, dropped = lates+v.Late, dropped+v.Dropped
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%+v: got %+v, want %+v", k, got[k], v)
		}
	}
	for k, v := range got {
		if _, ok := want[k]; !ok && v != (counted{}) {
			t.Errorf("%+v: got %+v, which should not be there", k, v)
		}
	}
	if lates == 0 || dropped == 0 || len(want) < 100 {
		t.Errorf("%d cells, %d late, %d dropped: too little was tested", len(want), lates, dropped)
	}
}
