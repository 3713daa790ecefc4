package desk

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

const testCache = 8 << 20

func openTest(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir, "log", testCache)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeTest(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// straight is what a desk shows that has read the log once, in one go.
func straight(t testing.TB, l *testLog, persons, contacts []string) string {
	t.Helper()
	s := openTest(t, t.TempDir())
	defer closeTest(t, s)
	newFeeder(t, l, s).all()
	return shown(t, s, persons, contacts)
}

// However partitions are interleaved and whatever is read again, a desk shows the same.
func TestPartitionsInAnyOrderAndReadAgainThenTheSameIsShown(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		l, persons, contacts := busyLog(r)
		want := straight(t, l, persons, contacts)
		s := openTest(t, t.TempDir())
		f := newFeeder(t, l, s)
		tps := l.places()
		for range 300 {
			f.some(tps[r.IntN(len(tps))], 1+r.IntN(9), r.IntN(3) > 0)
		}
		f.all()
		if diff := cmp.Diff(want, shown(t, s, persons, contacts)); diff != "" {
			t.Errorf("seed %d: read in another order it shows\n%s", seed, diff)
		}
		closeTest(t, s)
	}
}

// A machine that loses power keeps of the last writes what it has; position and content are lost together.
func TestPowerIsLostAnywhereThenTheSameIsShown(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 2))
		l, persons, contacts := busyLog(r)
		want := straight(t, l, persons, contacts)
		disk := vfs.NewCrashableMem()
		open := func() *feeder {
			s, err := openStore("desk", "log", testCache, disk)
			if err != nil {
				t.Fatal(err)
			}
			return newFeeder(t, l, s)
		}
		f := open()
		tps := l.places()
		for range 200 {
			f.some(tps[r.IntN(len(tps))], 1+r.IntN(5), true)
			if r.IntN(25) == 0 {
				after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: rand.New(rand.NewPCG(seed, r.Uint64()))})
				closeTest(t, f.store)
				disk = after
				f = open()
			}
		}
		f.all()
		if diff := cmp.Diff(want, shown(t, f.store, persons, contacts)); diff != "" {
			t.Errorf("seed %d: after losses of power it shows\n%s", seed, diff)
		}
		closeTest(t, f.store)
	}
}

func TestReopenedThenPositionsAreThoseOfTheContent(t *testing.T) {
	dir := t.TempDir()
	l := newLog()
	l.decide(decision("d1", "p", "call"))
	s := openTest(t, dir)
	newFeeder(t, l, s).all()
	closeTest(t, s)
	s = openTest(t, dir)
	defer closeTest(t, s)
	tp := l.places()[0]
	if at, _ := s.Positions(t.Context()); at[tp] != 1 {
		t.Errorf("it reads on at %d, want 1", at[tp])
	}
	if !strings.Contains(shown(t, s, nil, []string{"call"}), `"decision_id": "d1"`) {
		t.Error("the decision is not shown after a restart")
	}
}

func TestAnotherLogThenTheStoreBeginsAnew(t *testing.T) {
	dir := t.TempDir()
	l := newLog()
	l.decide(decision("d1", "p", "call"))
	s := openTest(t, dir)
	newFeeder(t, l, s).all()
	closeTest(t, s)
	s, err := OpenStore(dir, "another log", testCache)
	if err != nil {
		t.Fatal(err)
	}
	defer closeTest(t, s)
	if at, _ := s.Positions(t.Context()); len(at) != 0 {
		t.Errorf("it reads another log on at %v", at)
	}
	if strings.Contains(shown(t, s, nil, []string{"call"}), "d1") {
		t.Error("it shows what another log said")
	}
}

// The newest decision is the last in the log, not the one of the latest event time: a late touchpoint may cause one.
func TestDecisionIsSupersededThenTheLastOfTheLogIsShown(t *testing.T) {
	l := newLog()
	first, second := decision("d1", "p", "call"), decision("d2", "p", "call")
	second.Supersedes, second.AsOf = schemas.Some("d1"), first.AsOf-5000
	l.decide(first)
	l.decide(second)
	l.decide(first) // sent again
	s := openTest(t, t.TempDir())
	defer closeTest(t, s)
	newFeeder(t, l, s).all()
	a := &answers{store: s, words: siteWords(t), now: func() time.Time { return began }}
	v, err := a.contact("call", Behind{})
	if err != nil {
		t.Fatal(err)
	}
	if v.Decision.DecisionID != "d2" || len(v.History) != 2 {
		t.Errorf("shown is %s after %d decisions, want d2 after 2", v.Decision.DecisionID, len(v.History))
	}
}

// A person who is forgotten is gone, also where what was said before is read later.
func TestPersonIsForgottenThenNothingIsShown(t *testing.T) {
	l := newLog()
	l.decide(decision("d1", "p", "call"))
	l.step("p", "s", 0, callStep("cc/1", "call", schemas.CallEventQueued, 0))
	l.put(schemas.TopicPersonas, "Persona", "p", &schemas.Persona{PersonRef: "p", Language: "es"})
	l.put(schemas.TopicPersonas, "", "p", nil)
	for _, first := range []string{schemas.TopicPersonas, schemas.TopicActions} {
		s := openTest(t, t.TempDir())
		f := newFeeder(t, l, s)
		for _, tp := range l.places() {
			if tp.Topic == first {
				f.some(tp, 10, true)
			}
		}
		f.all()
		got := shown(t, s, []string{"p"}, []string{"call"})
		if strings.Contains(got, "d1") || strings.Contains(got, "cc/1") || strings.Contains(got, `"es"`) || !strings.Contains(got, `"queues": []`) {
			t.Errorf("%s first: shown is\n%s", first, got)
		}
		closeTest(t, s)
	}
}

func TestOldThenItGoes(t *testing.T) {
	l := newLog()
	l.decide(decision("old", "p", "call-old"))
	l.step("p", "s", 0, callStep("cc/old", "call-old", schemas.CallEventQueued, 0))
	l.clock += time.Hour.Milliseconds()
	l.decide(decision("young", "p", "call-young"))
	l.put(schemas.TopicPersonas, "Persona", "p", &schemas.Persona{PersonRef: "p", Language: "es"})
	s := openTest(t, t.TempDir())
	defer closeTest(t, s)
	newFeeder(t, l, s).all()
	if err := s.Sweep(t.Context(), began.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	got := shown(t, s, []string{"p"}, []string{"call-old", "call-young"})
	if strings.Contains(got, `"old"`) || strings.Contains(got, "cc/old") || !strings.Contains(got, `"contact call-old": null`) {
		t.Errorf("what is old is still shown:\n%s", got)
	}
	if !strings.Contains(got, `"young"`) || !strings.Contains(got, `"es"`) {
		t.Errorf("what is young, or the persona, has gone:\n%s", got)
	}
}

// A ref that is used again is another call: neither its standing nor its history is the old one's.
func TestRefIsUsedAgainThenItIsAnotherCall(t *testing.T) {
	l := newLog()
	first, second := decision("d1", "p", "call"), decision("d2", "q", "call")
	first.ContactKey, second.ContactKey = "cc/1", "cc/9"
	l.step("p", "s", 0, callStep("cc/1", "call", schemas.CallEventQueued, 0))
	l.decide(first)
	l.step("p", "s", 0, callStep("cc/2", "call", schemas.CallEventEnded, 60))
	l.step("q", "z", 0, callStep("cc/9", "call", schemas.CallEventQueued, 900))
	l.decide(second)
	s := openTest(t, t.TempDir())
	defer closeTest(t, s)
	newFeeder(t, l, s).all()
	a := &answers{store: s, words: siteWords(t), now: func() time.Time { return began }}
	v, err := a.contact("call", Behind{})
	if err != nil {
		t.Fatal(err)
	}
	if v.Call.Status != statusWaiting || v.PersonRef != "q" || len(v.History) != 1 {
		t.Errorf("shown is a call that is %s, of %s, with %d decisions; want waiting, q, 1", v.Call.Status, v.PersonRef, len(v.History))
	}
}

// What a link has shown to be another's steps goes along.
func TestShardMovesThenItsStepsGoAlong(t *testing.T) {
	l := newLog()
	l.step("visitor", "s", 0, callStep("cc/1", "call", schemas.CallEventQueued, 0))
	l.put(schemas.TopicIdentity, "IdentityEntry", "s", &schemas.IdentityEntry{Shard: "s", PersonRef: "patient", Epoch: 1})
	s := openTest(t, t.TempDir())
	defer closeTest(t, s)
	newFeeder(t, l, s).all()
	a := &answers{store: s, words: siteWords(t), now: func() time.Time { return began }}
	v, err := a.journey("patient", "", 10, Behind{})
	if err != nil || v == nil || len(v.Steps) != 1 {
		t.Errorf("the journey of the patient is %+v (%v), want the visitor's step", v, err)
	}
	if v, _ := a.journey("visitor", "", 10, Behind{}); v != nil {
		t.Errorf("the visitor still has %d steps", len(v.Steps))
	}
}

func TestUnreadableThenItIsRefused(t *testing.T) {
	l := newLog()
	s := openTest(t, filepath.Join(t.TempDir(), "new"))
	defer closeTest(t, s)
	f := newFeeder(t, l, s)
	zero := decision("d\x00", "p", "call")
	for name, value := range map[string][]byte{"no frame": []byte("no"), "half a record": {0, 0, 0, 0, byte(l.ids["NextBestAction"][0]), 2}, "a zero byte in an id": schemas.AppendFramed(nil, l.ids["NextBestAction"][0], zero)} {
		err := f.batch.Add(t.Context(), &pipeline.Record{Topic: schemas.TopicActions, Key: []byte("p"), Value: value})
		if _, bad := err.(*schemas.RecordError); !bad {
			t.Errorf("%s: got %v, want a *schemas.RecordError", name, err)
		}
	}
}

// A record that nobody waits for is gathered with others; one that somebody waits for is written at once.
func TestSomebodyWaitsThenTheBatchIsFull(t *testing.T) {
	l := newLog()
	l.decide(decision("d1", "p", "call"))
	s := openTest(t, t.TempDir())
	defer closeTest(t, s)
	f := newFeeder(t, l, s)
	record := &l.partitions[l.places()[0]][0]
	add := func() bool {
		if err := f.batch.Add(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		full := f.batch.Full()
		f.batch.Reset()
		return full
	}
	if add() {
		t.Error("it is written by itself, though nobody waits")
	}
	_, end := s.hub.wait("call")
	if !add() {
		t.Error("whoever waits for it must wait for others")
	}
	end()
	if add() {
		t.Error("it is written by itself, though nobody waits any more")
	}
}

// What was said of a forgotten person stays away after a restart, too, and no page lies in the store.
func TestReopenedThenWhoWasForgottenStaysForgotten(t *testing.T) {
	dir := t.TempDir()
	l := newLog()
	page := func(id string) *schemas.Touchpoint {
		return &schemas.Touchpoint{EventID: id, OccurredAt: schemas.MillisOf(began), Channel: schemas.ChannelWeb,
			Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventPageView, Page: "planted/page"}}}
	}
	l.step("p", "s", 0, page("web/1"))
	l.put(schemas.TopicPersonas, "", "p", nil)
	l.step("q", "z", 0, page("web/2"))
	s := openTest(t, dir)
	f := newFeeder(t, l, s)
	for _, tp := range l.places() {
		if tp.Topic == schemas.TopicPersonas {
			f.some(tp, 1, true)
		}
	}
	closeTest(t, s)
	s = openTest(t, dir)
	defer closeTest(t, s)
	newFeeder(t, l, s).all()
	got := shown(t, s, []string{"p", "q"}, nil)
	if strings.Contains(got, "web/1") || !strings.Contains(got, "web/2") {
		t.Errorf("shown is\n%s", got)
	}
	if err := s.scan([]byte{keyStep}, func(_, v []byte) (bool, error) {
		if bytes.Contains(v, []byte("planted")) {
			t.Error("the store has the page that somebody visited")
		}
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
}
