package kafka

import (
	"context"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

var (
	_ pipeline.StandbyGroup = (*group)(nil)
	_ pipeline.GroupMembers = (*generation)(nil)
)

// groupStable is the state of a group in which every member has its assignment.
const groupStable = "Stable"

// Holds implements pipeline.StandbyGroup.
func (g *group) Holds(sources []pipeline.TopicPartition) { g.balancer.hold(sources) }

// Members implements pipeline.GroupMembers. The coordinator is asked: only the leader of the group has
// been told of the others.
func (g *generation) Members(ctx context.Context) ([]pipeline.GroupMember, error) {
	var w writer
	w.array(1)
	w.string(g.GroupID())
	w.bool(false) // operations allowed
	c := g.group.c
	rq := call{key: apiDescribeGroups, version: 3, body: w.b}
	var state string
	var members []pipeline.GroupMember
	err := c.coordinated(ctx, c.cfg.RetryTimeout, coordinator{kindGroup, g.GroupID()}, rq, func(r *reader) error {
		members = nil
		return readDescribeGroups(r, func(s string) { state = s }, func(m describedMember) {
			found := m.groupMember()
			c.names.allIn(found.Assigned)
			c.names.allIn(found.Holds)
			members = append(members, found)
		}, func(Operations) {})
	})
	if err != nil {
		return nil, wrap("describe group "+g.GroupID(), err)
	}
	if state != groupStable || !slices.ContainsFunc(members, func(m pipeline.GroupMember) bool { return m.ID == g.member }) {
		return nil, pipeline.Transient("group-unsettled", nil)
	}
	return members, nil
}

// describedMember is a member in an answer to DescribeGroups. The bytes alias the answer.
type describedMember struct {
	id, client           string
	metadata, assignment []byte
}

// groupMember decodes what the member is assigned and what it holds: nothing where that cannot be read.
func (m *describedMember) groupMember() pipeline.GroupMember {
	out := pipeline.GroupMember{ID: m.id, Assigned: readAssignment(m.assignment)}
	if c, err := readClaim(readUserData(m.metadata)); err == nil {
		out.Holds = c.holds
	}
	return out
}

// readAssignment decodes the consumer protocol's assignment.
func readAssignment(b []byte) []pipeline.TopicPartition {
	r := reader{b: b}
	r.int16() // version
	var out []pipeline.TopicPartition
	for n := r.array(6); n > 0; n-- {
		topic := r.string()
		for p := r.array(4); p > 0; p-- {
			out = append(out, pipeline.TopicPartition{Topic: topic, Partition: r.int32()})
		}
	}
	if r.bad {
		return nil
	}
	return out
}

// readUserData finds the user data in the consumer protocol's subscription.
func readUserData(b []byte) []byte {
	r := reader{b: b}
	r.int16() // version
	for n := r.array(2); n > 0; n-- {
		r.string() // topic
	}
	data := r.raw(true)
	if r.bad {
		return nil
	}
	return data
}
