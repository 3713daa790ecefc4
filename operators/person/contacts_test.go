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
