package person

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// BenchmarkContacts is what it costs to judge all contacts of a person anew, by their number.
func BenchmarkContacts(b *testing.B) {
	for _, n := range []int{2, 32, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			st := &schemas.ShardState{}
			for i := range n {
				at := schemas.Millis(i) * schemas.Hour
				st.ContactParts = append(st.ContactParts, schemas.ContactPart{
					ContactID: fmt.Sprintf("call-%06d", i), StartedAt: at, ConcludedAt: at, ConcludedBy: "e", Reason: fmt.Sprint("R0", i%4),
				})
			}
			who := &Person{Ref: "p", State: &schemas.PersonState{}, Shards: []Owned{{State: st}}}
			var c Contacts
			var f schemas.ContactFact
			for b.Loop() {
				list := c.Of(who)
				for i := range list {
					c.Fact(&f, &list[i], schemas.Hour)
					c.Each(&list[i], func(int, *schemas.ContactPart) {})
					c.Each(&list[i], func(int, *schemas.ContactPart) {})
				}
			}
		})
	}
}
