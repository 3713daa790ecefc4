package journeys

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/schemas"
)

// sums are what a verifier recomputes from a ledger.
type sums struct {
	Channel                              map[string]int
	Unique, Copies, Bad                  int
	Contacts, Queued, Abandoned, Answers map[string]int // by hour, reason and priority
	Wait                                 map[string]int64
	PerMinute                            map[int64]int
}

func newSums() *sums {
	return &sums{map[string]int{}, 0, 0, 0, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int64{}, map[int64]int{}}
}

func (s *sums) touchpoint(e *Event) {
	tp := e.Touchpoint
	s.PerMinute[int64(e.At)/60_000]++
	if e.Truth.Bad != "" {
		s.Bad++
		return
	}
	s.Channel[tp.Channel.String()]++
	if e.Truth.Copy > 0 {
		s.Copies++
		return
	}
	s.Unique++
	c := &tp.Body.Call
	if c.Event != schemas.CallEventDisposition {
		return
	}
	s.contact(tp.OccurredAt.String()[:13]+c.Reason+string(rune('0'+c.Priority)), c.Queued, c.Abandoned, c.Answered, c.WaitMs)
}

func (s *sums) contact(k string, queued, abandoned, answered bool, wait int64) {
	s.Contacts[k]++
	s.Queued[k] += one(queued)
	s.Abandoned[k] += one(abandoned)
	s.Answers[k] += one(answered)
	s.Wait[k] += wait
}

func (s *sums) entry(x *Entry) {
	if x.Kind != "touchpoint" && x.Kind != "raw" {
		return
	}
	s.PerMinute[x.At/60_000]++
	if x.Bad != "" {
		s.Bad++
		return
	}
	s.Channel[x.Channel]++
	if x.Copy > 0 {
		s.Copies++
		return
	}
	s.Unique++
	if x.Disposition() {
		s.contact(schemas.Millis(x.Occurred).String()[:13]+x.Reason+string(rune('0'+x.Priority)), x.Queued, x.Abandoned, x.Answered, x.WaitMs)
	}
}

func TestLedgerAllowsToCountAgain(t *testing.T) {
	var text bytes.Buffer
	l := NewLedger(&text)
	want := newSums()
	secrets := map[string]bool{}
	var value []byte
	play(t, Config{Seed: 12, Rate: 50, Patients: 2000, Duration: 20 * time.Minute, BadShare: 0.005}, 0, func(e *Event) {
		value = valueOf(value[:0], e)
		x := EntryOf(e, value)
		if err := l.Append(&x); err != nil {
			t.Fatal(err)
		}
		if e.Kind == KindTouchpoint || e.Kind == KindRaw {
			want.touchpoint(e)
		}
		if e.Kind == KindTouchpoint {
			for _, id := range e.Touchpoint.Identifiers {
				if id.Kind != schemas.IdentifierKindContact {
					secrets[strings.Clone(id.Value.Reveal())] = true
				}
			}
		}
	})
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	written := text.String()
	got := newSums()
	if err := ReadLedger(&text, func(e Entry) error { got.entry(&e); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recomputed from the ledger (-want +got):\n%s", diff)
	}
	tested := 0
	for secret := range secrets {
		if tested++; tested > 50 {
			break
		}
		if strings.Contains(written, secret) {
			t.Fatal("the ledger holds a patient's identifier")
		}
	}
}

func TestLedgerLineIsTheEntryInJSON(t *testing.T) {
	for _, e := range []Entry{
		{},
		{ID: "a/b\"\\\x01é", Topic: "t", Kind: "touchpoint", At: 1, Occurred: -2, Channel: "call", Event: "disposition", Copy: 1, Bad: "absurd_time", Bytes: 3,
			SHA: "ab", Key: "cd", Reason: "R03", Priority: 2, Contact: "c", Queued: true, Abandoned: true, Answered: true, WaitMs: 4, TalkMs: 5, Best: "R03", P: 0.25},
	} {
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.append(nil); string(got) != string(want) {
			t.Errorf("line %s, want %s", got, want)
		}
		var again Entry
		if err := json.Unmarshal(want, &again); err != nil || again != e {
			t.Errorf("read back %+v: %v", again, err)
		}
	}
}

func TestLedgerThatBreaksOffIsAnError(t *testing.T) {
	for _, text := range []string{`{"id":"a"`, `{"nonsense":1}`, `[]`} {
		if err := ReadLedger(strings.NewReader(text), func(Entry) error { return nil }); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestOutcomeIsAFunctionOfTheDecision(t *testing.T) {
	a := schemas.NextBestAction{DecisionID: "d1", PersonRef: "p", AsOf: 1000, Action: schemas.ChosenAction{ID: "A02"}}
	first, second := Respond(&a), Respond(&a)
	if first != second || first.DecisionID != "d1" || first.Action != "A02" || first.OccurredAt <= a.AsOf || first.Outcome == schemas.OutcomeUnknown {
		t.Errorf("outcome %+v", first)
	}
	seen := map[schemas.Outcome]bool{}
	for i := range 500 {
		a.DecisionID = strings.Repeat("x", i)
		seen[Respond(&a).Outcome] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d kinds of outcome, want 5", len(seen))
	}
}

func BenchmarkLedger(b *testing.B) {
	g, err := New(Config{Rate: 2000})
	if err != nil {
		b.Fatal(err)
	}
	l := NewLedger(discard{})
	var value []byte
	b.ReportAllocs()
	for b.Loop() {
		e, _ := g.Next()
		value = valueOf(value[:0], &e)
		x := EntryOf(&e, value)
		if err := l.Append(&x); err != nil {
			b.Fatal(err)
		}
	}
}

// discard writes nowhere.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
