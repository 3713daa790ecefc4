package person

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// drawPerson has contacts in several shards, some of them in more than one.
func drawPerson(r *rand.Rand) *Person {
	who := &Person{Ref: "p", State: &schemas.PersonState{}}
	each := r.IntN(50)
	for range 1 + r.IntN(3) {
		st := &schemas.ShardState{}
		for range each {
			id := fmt.Sprint(r.IntN(3 * each))
			if findPart(st.ContactParts, id, id) >= 0 {
				continue
			}
			p := schemas.ContactPart{ContactID: id, ContactKey: id, StartedAt: schemas.Millis(r.IntN(20)) * schemas.Day, Reason: fmt.Sprint("R0", r.IntN(4))}
			if r.IntN(4) > 0 {
				p.ConcludedBy, p.ConcludedAt = "e/"+id, p.StartedAt+schemas.Hour
			}
			st.ContactParts = append(st.ContactParts, p)
			placePart(st, len(st.ContactParts)-1)
		}
		who.Shards = append(who.Shards, Owned{State: st})
	}
	return who
}

// plainPrevious is when the last contact began that o repeats, by looking at all of them.
func plainPrevious(list []Contact, f *schemas.ContactFact, o *Contact) (at schemas.Millis, found bool) {
	for i := range list {
		x := &list[i]
		earlier := x.Started < o.Started || x.Started == o.Started && x.ID < o.ID
		if f.Concluded && x.Concluded() && earlier && x.Head.Reason == f.Reason && x.Started > o.Started-RepeatWithin {
			at, found = max(at, x.Started), true
		}
	}
	return at, found
}

// TestContactsOfManyAreThoseOfAPlainSearch: whatever is searched by index or order gives what a search of
// everything gives.
func TestContactsOfManyAreThoseOfAPlainSearch(t *testing.T) {
	var c Contacts
	for seed := range uint64(300) {
		who := drawPerson(rand.New(rand.NewPCG(seed, 1)))
		parts := map[string]int{}
		for i := range who.Shards {
			for n := range who.Shards[i].State.ContactParts {
				parts[who.Shards[i].State.ContactParts[n].ContactID]++
			}
		}
		list := c.Of(who)
		if len(list) != len(parts) {
			t.Fatalf("seed %d: got %d contacts, want %d", seed, len(list), len(parts))
		}
		for i := range list {
			o := &list[i]
			n := 0
			c.Each(o, func(shard int, p *schemas.ContactPart) {
				if n++; p.ContactID != o.ID || &who.Shards[shard].State.ContactParts[findPart(who.Shards[shard].State.ContactParts, o.ID, o.ID)] != p {
					t.Fatalf("seed %d: contact %s has a part of another", seed, o.ID)
				}
			})
			var f schemas.ContactFact
			c.Fact(&f, o, schemas.Hour)
			if at, found := plainPrevious(list, &f, o); n != parts[o.ID] || f.Repeat != found || f.PreviousAt != at {
				t.Fatalf("seed %d: contact %s: got %d parts, repeat %v of %d; want %d, %v of %d", seed, o.ID, n, f.Repeat, f.PreviousAt, parts[o.ID], found, at)
			}
		}
	}
}

// TestShardOfABuildThatKeptLessThenItsContactsSayNothingOfSteps: from a day after the newest step that such a build
// has seen, facts say all.
func TestShardOfABuildThatKeptLessThenItsContactsSayNothingOfSteps(t *testing.T) {
	const seen = 10 * schemas.Day
	old := &schemas.ShardState{AsOf: seen, KeptFrom: -1, FailedSteps: []schemas.CountedStep{{EventID: "e1", At: seen}}}
	for name, who := range map[string]*Person{
		"not touched since": {Ref: "p", Shards: []Owned{{State: old}, {State: &schemas.ShardState{}}}},
		"touched since":     {Ref: "p", Shards: []Owned{{State: &schemas.ShardState{AsOf: 20 * schemas.Day, KeptFrom: seen, FailedSteps: old.FailedSteps}}, {State: &schemas.ShardState{}}}},
	} {
		st := who.Shards[1].State
		for _, at := range []schemas.Millis{seen, seen + schemas.Day, seen + schemas.Day + 1} {
			st.ContactParts = append(st.ContactParts, schemas.ContactPart{ContactID: fmt.Sprint(at), ContactKey: fmt.Sprint(at), StartedAt: at, ConcludedBy: "e2", Reason: "R01", Language: "es"})
			st.DigitalSteps = append(st.DigitalSteps, schemas.TiedStep{At: at, Reason: "R01"})
		}
		var c Contacts
		var f schemas.ContactFact
		for i := range c.Of(who) {
			o := &c.list[i]
			c.Fact(&f, o, schemas.Day)
			if whole := o.Started > seen+schemas.Day; f.SelfContained != whole || (f.DigitalAt != 0) != whole || (f.Language != "") != whole || len(f.Steps) > 0 || f.FailedSteps != int32(is(o.Started == seen)) {
				t.Errorf("%s: of the contact at %d: %+v", name, o.Started, f)
			}
		}
	}
	Takeover(old)
	if old.KeptFrom != seen {
		t.Errorf("taken over from %d, want %d", old.KeptFrom, seen)
	}
}

func is(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestManyFailedStepsThenTheNewestAreListed has more than a fact lists, in two shards.
func TestManyFailedStepsThenTheNewestAreListed(t *testing.T) {
	who := &Person{Ref: "p", Shards: []Owned{{State: &schemas.ShardState{}}, {State: &schemas.ShardState{}}}}
	for i := range 2 * maxStepsBefore {
		st := who.Shards[i%2].State
		st.FailedSteps = append(st.FailedSteps, schemas.CountedStep{EventID: fmt.Sprintf("e%04d", i), At: schemas.Millis(i)})
	}
	who.Shards[0].State.ContactParts = []schemas.ContactPart{{ContactID: "c", ContactKey: "c", StartedAt: schemas.Hour, ConcludedBy: "e"}}
	var c Contacts
	var f schemas.ContactFact
	c.Fact(&f, &c.Of(who)[0], schemas.Day)
	if len(f.Steps) != maxStepsBefore || f.FailedSteps != 2*maxStepsBefore || f.Steps[0].At != maxStepsBefore || f.Steps[maxStepsBefore-1].EventID != f.LastFailedEvent {
		t.Errorf("%d of %d are listed, from %d", len(f.Steps), f.FailedSteps, f.Steps[0].At)
	}
	if n := testing.AllocsPerRun(100, func() { c.Fact(&f, &c.Of(who)[0], schemas.Day) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
