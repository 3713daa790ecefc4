package runner

import (
	"cmp"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

// planStandbys shares out standbys, n for each stateful partition, to members that do not own it. All
// members come to the same plan, since it depends on nothing but the arguments, in any order: so nobody
// has to be asked, and no standby is followed twice or by nobody. Who has a standby keeps it, unless
// that would leave the tasks of an owner that is lost unevenly spread.
//
// With fewer than n+1 members each partition has a standby at all others. The result is by member id;
// members without standbys are not in it.
func planStandbys(members []pipeline.GroupMember, n int, stateful func(pipeline.TopicPartition) bool) map[string][]pipeline.TopicPartition {
	p := standbyPlan{members: slices.Clone(members), owner: make(map[pipeline.TopicPartition]int), topics: make(map[string]int), out: make(map[string][]pipeline.TopicPartition)}
	slices.SortFunc(p.members, func(a, b pipeline.GroupMember) int { return cmp.Compare(a.ID, b.ID) })
	p.total = make([]int, len(p.members))
	var all []pipeline.TopicPartition
	for i, m := range p.members {
		for _, tp := range m.Assigned {
			if stateful(tp) {
				all = append(all, tp)
				p.owner[tp] = i
				p.topics[tp.Topic]++
			}
		}
	}
	slices.SortFunc(all, compareTP)
	for range min(n, len(p.members)-1) {
		p.round(all)
	}
	return p.out
}

// standbyPlan is a plan in the making. Members are known by their index in the order of their ids.
type standbyPlan struct {
	// members are sorted by id, which every member sees alike.
	members []pipeline.GroupMember
	// owner is who runs the task of each stateful partition.
	owner map[pipeline.TopicPartition]int
	// topics is how many stateful partitions each topic has.
	topics map[string]int
	// total is how many standbys each member has been given, of all topics.
	total []int
	// load is how even the plan is: for each owner that may be lost, what each other member would have
	// to run of a topic afterwards, what it runs already included.
	load map[standbyLoad]int
	// out is the plan so far, by member id.
	out map[string][]pipeline.TopicPartition
}

// standbyLoad names what a member would have of a topic if an owner were lost. Topics are counted
// apart, because their tasks differ in weight.
type standbyLoad struct {
	topic         string
	owner, member int
}

// round gives each partition one more standby. First all who hold one keep it, where that is even
// enough; the rest is filled up afterwards. If both went together, a partition that nobody holds could
// take the room of a member that would then have to throw away what it has read.
func (p *standbyPlan) round(all []pipeline.TopicPartition) {
	p.load = make(map[standbyLoad]int)
	// To begin with, each member has what it runs itself, whichever owner may be lost.
	for _, tp := range all {
		for o := range p.members {
			p.load[standbyLoad{tp.Topic, o, p.owner[tp]}]++
		}
	}
	var left []pipeline.TopicPartition
	for _, tp := range all {
		if i := p.best(tp, true); i >= 0 {
			p.give(tp, i)
		} else {
			left = append(left, tp)
		}
	}
	for _, tp := range left {
		if i := p.best(tp, false); i >= 0 {
			p.give(tp, i)
		}
	}
}

// give notes that member i stands by for tp.
func (p *standbyPlan) give(tp pipeline.TopicPartition, i int) {
	p.out[p.members[i].ID] = append(p.out[p.members[i].ID], tp)
	p.total[i]++
	p.load[standbyLoad{tp.Topic, p.owner[tp], i}]++
}

// best is the member to stand by for a partition: of those that hold it already and have room, or of
// all; -1 where there is none. Room is an even share of the topic's partitions among the members that
// are left if the owner is lost, rounded up. Between equals the first by id is taken.
func (p *standbyPlan) best(tp pipeline.TopicPartition, holders bool) int {
	owner, best := p.owner[tp], -1
	of := func(i int) int { return p.load[standbyLoad{tp.Topic, owner, i}] }
	// The tasks of a lost owner go to the others; none of them should have to take more than its share.
	room := (p.topics[tp.Topic] + len(p.members) - 2) / (len(p.members) - 1)
	for i := range p.members {
		if i == owner || slices.Contains(p.out[p.members[i].ID], tp) {
			continue
		}
		if holders && (of(i) >= room || !slices.Contains(p.members[i].Holds, tp)) {
			continue
		}
		if best < 0 || cmp.Or(cmp.Compare(of(i), of(best)), cmp.Compare(p.total[i], p.total[best])) < 0 {
			best = i
		}
	}
	return best
}
