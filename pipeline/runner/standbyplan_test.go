package runner

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// groupOf has members that share out n partitions of each topic.
func groupOf(members int, topics map[string]int) []pipeline.GroupMember {
	all := make([]pipeline.GroupMember, members)
	for i := range all {
		all[i].ID = fmt.Sprint("m", i)
	}
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		for p := range topics[topic] {
			m := &all[p%members]
			m.Assigned = append(m.Assigned, pipeline.TopicPartition{Topic: topic, Partition: int32(p)})
		}
	}
	return all
}

// TestStandbysAreSharedOutEvenlyAndStayWhereTheyAre: whichever member is lost, none of the others has
// standbys for more of its tasks than its share of them; nobody stands by for itself; what a member
// holds it keeps; and the order of members makes no difference.
func TestStandbysAreSharedOutEvenlyAndStayWhereTheyAre(t *testing.T) {
	stateful := func(tp pipeline.TopicPartition) bool { return tp.Topic != "stateless" }
	for members := 2; members <= 6; members++ {
		for n := 1; n <= 3; n++ {
			group := groupOf(members, map[string]int{"a": 12, "b": 7, "stateless": 4})
			plan := planStandbys(group, n, stateful)
			checkStandbys(t, group, plan, n)
			for i := range group {
				group[i].Holds = plan[group[i].ID]
			}
			rand.New(rand.NewPCG(1, uint64(members))).Shuffle(members, func(i, j int) { group[i], group[j] = group[j], group[i] })
			if again := planStandbys(group, n, stateful); !sameStandbys(plan, again) {
				t.Errorf("%d members, %d standbys: %v became %v", members, n, plan, again)
			}
		}
	}
	if plan := planStandbys(groupOf(1, map[string]int{"a": 3}), 1, stateful); len(plan) != 0 {
		t.Errorf("a member alone stands by: %v", plan)
	}
}

func checkStandbys(t *testing.T, group []pipeline.GroupMember, plan map[string][]pipeline.TopicPartition, n int) {
	t.Helper()
	n = min(n, len(group)-1)
	count := make(map[pipeline.TopicPartition]int)
	for id, list := range plan {
		for _, tp := range list {
			count[tp]++
			for _, m := range group {
				if m.ID == id && slices.Contains(m.Assigned, tp) {
					t.Errorf("%s stands by for its own %v", id, tp)
				}
			}
		}
	}
	if len(count) != 12+7 {
		t.Errorf("%d partitions have standbys, want 19", len(count))
	}
	for tp, got := range count {
		if got != n {
			t.Errorf("%v has %d standbys, want %d", tp, got, n)
		}
	}
	for _, lost := range group {
		for id, list := range plan {
			of := 0
			for _, tp := range list {
				if tp.Topic == "a" && slices.Contains(lost.Assigned, tp) {
					of++
				}
			}
			if most := n * ((12+len(group)-1)/len(group) + len(group) - 2) / (len(group) - 1); of > max(most, n) {
				t.Errorf("%d members, %d standbys: %s stands by for %d partitions of a of %s, want at most %d", len(group), n, id, of, lost.ID, most)
			}
		}
	}
}

func sameStandbys(a, b map[string][]pipeline.TopicPartition) bool {
	for _, plan := range []map[string][]pipeline.TopicPartition{a, b} {
		for _, list := range plan {
			slices.SortFunc(list, compareTP)
		}
	}
	return reflect.DeepEqual(a, b)
}
