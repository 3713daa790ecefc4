package kafka

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
)

// spread checks what every assignment must be: each partition of a subscribed topic with exactly one
// member, one that subscribes; topics even among their subscribers.
func spread(t *testing.T, members []member, counts map[string]int32, got map[string][]pipeline.TopicPartition) {
	t.Helper()
	owners := map[pipeline.TopicPartition]string{}
	for _, m := range members {
		for _, p := range got[m.id] {
			if o, taken := owners[p]; taken {
				t.Fatalf("%v is with %s and %s", p, o, m.id)
			}
			if !slices.Contains(m.topics, p.Topic) {
				t.Fatalf("%s gets %v without subscribing", m.id, p)
			}
			owners[p] = m.id
		}
	}
	for topic, n := range counts {
		var shares []int
		for _, m := range members {
			if slices.Contains(m.topics, topic) {
				shares = append(shares, len(slices.DeleteFunc(slices.Clone(got[m.id]), func(p pipeline.TopicPartition) bool { return p.Topic != topic })))
			}
		}
		if len(shares) == 0 {
			continue
		}
		if slices.Max(shares)-slices.Min(shares) > 1 {
			t.Fatalf("%s: shares %v", topic, shares)
		}
		for p := range n {
			if _, ok := owners[tp(topic, p)]; !ok {
				t.Fatalf("nobody has %s/%d", topic, p)
			}
		}
	}
}

func totals(got map[string][]pipeline.TopicPartition) []int {
	var out []int
	for _, owned := range got {
		out = append(out, len(owned))
	}
	return out
}

func remember(members []member, got map[string][]pipeline.TopicPartition, generation int32) {
	for i := range members {
		members[i].claim = claim{generation: generation, owned: got[members[i].id]}
	}
}

func moved(before, after map[string][]pipeline.TopicPartition) int {
	owners := map[pipeline.TopicPartition]string{}
	for id, owned := range before {
		for _, p := range owned {
			owners[p] = id
		}
	}
	n := 0
	for id, owned := range after {
		for _, p := range owned {
			if owners[p] != id {
				n++
			}
		}
	}
	return n
}

func TestAssignmentIsEvenStickyAndDeterministic(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		counts := map[string]int32{}
		for i := range 1 + rng.IntN(6) {
			counts[fmt.Sprint("topic", i)] = int32(1 + rng.IntN(30))
		}
		topics := slices.Collect(maps.Keys(counts))
		var members []member
		join := func() { members = append(members, member{id: fmt.Sprintf("m%016x", rng.Uint64()), topics: topics}) }
		for range 1 + rng.IntN(8) {
			join()
		}
		for generation := range int32(8) {
			got := assign(members, counts)
			spread(t, members, counts, got)
			if n := totals(got); slices.Max(n)-slices.Min(n) > 1 {
				t.Fatalf("totals %v", n)
			}
			rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
			if d := cmp.Diff(assign(members, counts), got); d != "" {
				t.Fatalf("the order of members matters: %s", d)
			}
			remember(members, got, generation)
			if again := assign(members, counts); moved(got, again) != 0 {
				t.Fatalf("%d partitions moved though nothing has changed", moved(got, again))
			}
			switch {
			case len(members) > 1 && rng.IntN(2) == 0:
				members = members[1:]
			default:
				join()
			}
		}
	}
}

func TestAssignmentMovesOnlyWhatItMust(t *testing.T) {
	counts := map[string]int32{"identified": 24}
	members := []member{{id: "a", topics: []string{"identified"}}, {id: "b", topics: []string{"identified"}}}
	before := assign(members, counts)
	remember(members, before, 1)
	members = append(members, member{id: "c", topics: []string{"identified"}})
	after := assign(members, counts)
	if n := moved(before, after); n != 8 {
		t.Errorf("a third member takes 8 partitions, but %d moved", n)
	}
	remember(members, after, 2)
	left := assign(members[:2], counts)
	if n := moved(after, left); n != 8 {
		t.Errorf("the third member leaves 8 partitions, but %d moved", n)
	}
}

// Twice as many instances as partitions: the ones over have nothing, nobody has two of a topic, and
// topics with few partitions do not all land on the first members.
func TestAssignmentWithMoreInstancesThanPartitions(t *testing.T) {
	for _, factor := range []int{1, 2, 3} {
		counts := map[string]int32{"identified": 4, "web": 4, "call": 4, "links": 1}
		var members []member
		for i := range 4 * factor {
			members = append(members, member{id: fmt.Sprint("m", i), topics: slices.Collect(maps.Keys(counts))})
		}
		got := assign(members, counts)
		spread(t, members, counts, got)
		if n := totals(got); slices.Max(n)-slices.Min(n) > 1 {
			t.Errorf("%d members: totals %v", len(members), n)
		}
	}
}

func TestAssignmentWithDifferentSubscriptions(t *testing.T) {
	counts := map[string]int32{"web": 4, "call": 4, "orphan": 2}
	members := []member{{id: "old", topics: []string{"web"}}, {id: "new1", topics: []string{"web", "call"}}, {id: "new2", topics: []string{"web", "call", "missing"}}}
	delete(counts, "orphan")
	spread(t, members, counts, assign(members, counts))
}

// The sequence: a owns p in generation 5 and stalls; the group gives p to b in 6; a comes back and
// claims it still.
func TestNewerClaimWins(t *testing.T) {
	topics := []string{"t"}
	members := []member{
		{id: "a", topics: topics, claim: claim{generation: 5, owned: []pipeline.TopicPartition{tp("t", 0), tp("t", 1)}}},
		{id: "b", topics: topics, claim: claim{generation: 6, owned: []pipeline.TopicPartition{tp("t", 0), tp("t", 1)}}},
	}
	got := assign(members, map[string]int32{"t": 2})
	if len(got["a"]) != 1 || len(got["b"]) != 1 || got["b"][0] != tp("t", 0) {
		t.Errorf("assigned %v", got)
	}
}

func TestClaimSurvivesItsEncoding(t *testing.T) {
	want := claim{7, []pipeline.TopicPartition{tp("call", 3), tp("web", 0), tp("web", 11)}, []pipeline.TopicPartition{tp("web", 5)}}
	got, err := readClaim(appendClaim(nil, want))
	if err != nil || cmp.Diff(got, want, cmp.AllowUnexported(claim{})) != "" {
		t.Errorf("got %v, %v", got, err)
	}
	if c, err := readClaim(appendClaim(nil, claim{})); err != nil || len(c.owned) != 0 {
		t.Errorf("empty claim: %v, %v", c, err)
	}
}

// TestOwnerIsLostThenItsPartitionsGoToWhoHasStandbys: of three members with two partitions of each
// topic one is lost. Each of the others gets those that it has standbys for, and keeps its own.
func TestOwnerIsLostThenItsPartitionsGoToWhoHasStandbys(t *testing.T) {
	topics := []string{"web", "call"}
	own := func(first int32) (tps []pipeline.TopicPartition) {
		for _, topic := range topics {
			tps = append(tps, tp(topic, first), tp(topic, first+1))
		}
		return tps
	}
	members := []member{ // the one with 0 and 1 is lost
		{id: "a", topics: topics, claim: claim{generation: 5, owned: own(2), holds: []pipeline.TopicPartition{tp("web", 1), tp("call", 0)}}},
		{id: "b", topics: topics, claim: claim{generation: 5, owned: own(4), holds: []pipeline.TopicPartition{tp("web", 0), tp("call", 1), tp("call", 2)}}},
	}
	got := assign(members, map[string]int32{"web": 6, "call": 6})
	for _, m := range members {
		for _, want := range append(slices.Clone(m.claim.owned), m.claim.holds...) {
			if want != tp("call", 2) && !slices.Contains(got[m.id], want) {
				t.Errorf("%s did not get %v: %v", m.id, want, got[m.id])
			}
		}
	}
	// With one partition there is one left over: it goes to the member with its standby.
	members = []member{{id: "a", topics: topics}, {id: "b", topics: topics, claim: claim{holds: []pipeline.TopicPartition{tp("web", 0)}}}}
	if got := assign(members, map[string]int32{"web": 1}); len(got["b"]) != 1 {
		t.Errorf("a partition whose standby b has: %v", got)
	}
}

// A claim of before there were standbys is read.
func TestClaimWithoutStandbysIsRead(t *testing.T) {
	b := appendClaim(nil, claim{generation: 3, owned: []pipeline.TopicPartition{tp("web", 1)}})
	c, err := readClaim(b[:len(b)-1])
	if err != nil || len(c.owned) != 1 || len(c.holds) != 0 {
		t.Errorf("got %v, %v", c, err)
	}
}
