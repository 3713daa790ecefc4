package runner

import (
	"cmp"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

// planStandbys shares out standbys, n for each stateful partition, to members that do not own it. All
// members come to the same plan, since it depends on nothing but the arguments, in any order. Who has
// a standby keeps it, unless that would leave the tasks of an owner that is lost unevenly spread.
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

type standbyPlan struct {
	members []pipeline.GroupMember
	owner   map[pipeline.TopicPartition]int
	topics  map[string]int // stateful partitions
	total   []int          // standbys of each member
	load    map[standbyLoad]int
	out     map[string][]pipeline.TopicPartition
}

// standbyLoad is what a member would have of a topic if an owner were lost.
type standbyLoad struct {
	topic         string
	owner, member int
}

// round gives each partition one more standby.
func (p *standbyPlan) round(all []pipeline.TopicPartition) {
	p.load = make(map[standbyLoad]int)
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

func (p *standbyPlan) give(tp pipeline.TopicPartition, i int) {
	p.out[p.members[i].ID] = append(p.out[p.members[i].ID], tp)
	p.total[i]++
	p.load[standbyLoad{tp.Topic, p.owner[tp], i}]++
}

// best is the member to stand by for a partition: of those that hold it already and have room, or of
// all; -1 where there is none.
func (p *standbyPlan) best(tp pipeline.TopicPartition, holders bool) int {
	owner, best := p.owner[tp], -1
	of := func(i int) int { return p.load[standbyLoad{tp.Topic, owner, i}] }
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
