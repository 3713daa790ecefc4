package pipelinetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// group is a consumer group with the eager protocol: when its membership changes, every generation
// is revoked, and the next one begins once every member has come back.
type group struct {
	id      string
	number  int32
	members []*member
	topics  []string
	// Instance that had a partition last.
	owners map[pipeline.TopicPartition]string
}

type member struct {
	client   *Client
	group    *group
	id       string
	instance string
	stay     bool
	// Closed, but stays.
	gone  bool
	holds []pipeline.TopicPartition
	// In Next.
	waiting bool
	current *generation
	// Closed if the member expires before its generation begins.
	next chan *generation
}

// NewGroup implements pipeline.Cluster.
func (c *Client) NewGroup(_ context.Context, cfg pipeline.GroupConfig) (pipeline.Group, error) {
	m := &member{client: c, instance: cfg.Instance, stay: cfg.Stay}
	err := c.do(Join, func() error {
		g := c.broker.groups[cfg.GroupID]
		if g == nil {
			g = &group{id: cfg.GroupID, topics: cfg.Topics, owners: make(map[pipeline.TopicPartition]string)}
			c.broker.groups[cfg.GroupID] = g
		}
		m.group = g
		return nil
	})
	return m, asTransient(err)
}

// Next joins the group, or comes back to it. A member that expires while it waits joins again.
func (m *member) Next(ctx context.Context) (pipeline.Generation, error) {
	for {
		var next chan *generation
		err := m.client.do(Join, func() error {
			m.join()
			next = m.next
			return nil
		})
		if err != nil {
			return nil, asTransient(err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case g, ok := <-next:
			if ok {
				return g, nil
			}
		}
	}
}

func (m *member) join() {
	m.waiting, m.next = true, make(chan *generation, 1)
	m.group.members = slices.DeleteFunc(m.group.members, func(o *member) bool { return o.gone && o.instance == m.instance })
	if !slices.Contains(m.group.members, m) {
		m.client.broker.members++
		m.id = fmt.Sprintf("%s-%d", m.instance, m.client.broker.members)
		m.group.members = append(m.group.members, m)
	}
	m.group.revoke()
	m.group.complete(m.client.broker)
}

// Holds implements pipeline.StandbyGroup.
func (m *member) Holds(sources []pipeline.TopicPartition) {
	m.client.broker.mu.Lock()
	defer m.client.broker.mu.Unlock()
	m.holds = slices.Clone(sources)
}

// sessionTimeout is after how long a member that stays has left.
const sessionTimeout = 6 * time.Second

// Close leaves the group.
func (m *member) Close() error {
	return m.client.do(Join, func() error {
		if m.stay {
			b := m.client.broker
			m.gone, m.waiting = true, false
			time.AfterFunc(sessionTimeout, func() {
				b.mu.Lock()
				defer b.mu.Unlock()
				m.group.remove(m, b)
			})
			return nil
		}
		m.group.remove(m, m.client.broker)
		return nil
	})
}

func (g *group) remove(m *member, b *Broker) {
	if !slices.Contains(g.members, m) {
		return
	}
	g.members = slices.DeleteFunc(g.members, func(o *member) bool { return o == m })
	if m.waiting {
		m.waiting = false
		close(m.next)
	}
	g.revoke()
	g.complete(b)
}

// revoke tells every member that works on a generation to give it up.
func (g *group) revoke() {
	for _, m := range g.members {
		if m.current != nil {
			m.current.revoke()
		}
	}
}

// complete begins the next generation once every member waits for it.
func (g *group) complete(b *Broker) {
	for _, m := range g.members {
		if !m.waiting {
			return
		}
	}
	if len(g.members) == 0 {
		return
	}
	g.number++
	assigned := g.assign(b)
	peers := make([]pipeline.GroupMember, len(g.members))
	for i, m := range g.members {
		peers[i] = pipeline.GroupMember{ID: m.id, Assigned: assigned[i], Holds: m.holds}
	}
	for i, m := range g.members {
		m.waiting = false
		m.current = &generation{member: m, number: g.number, memberID: m.id, assigned: assigned[i], peers: peers, done: make(chan struct{})}
		m.next <- m.current
	}
}

// assign gives every member its even share of each topic: of four partitions three members get two, one and one.
// As far as that allows, partitions stay where they were, or go to members with standbys.
func (g *group) assign(b *Broker) [][]pipeline.TopicPartition {
	out := make([][]pipeline.TopicPartition, len(g.members))
	for _, topic := range g.topics {
		n := len(b.topic(topic).partitions)
		least, larger := n/len(g.members), n%len(g.members) // so many members have one more
		share := make([]int, len(g.members))
		give := func(i int, tp pipeline.TopicPartition) bool {
			if i < 0 || share[i] > least || share[i] == least && larger == 0 {
				return false
			}
			if share[i] == least {
				larger--
			}
			share[i]++
			out[i] = append(out[i], tp)
			return true
		}
		var homeless []pipeline.TopicPartition
		for p := range n {
			tp := pipeline.TopicPartition{Topic: topic, Partition: int32(p)}
			if !give(slices.IndexFunc(g.members, func(m *member) bool { return m.instance == g.owners[tp] }), tp) {
				homeless = append(homeless, tp)
			}
		}
		for _, tp := range homeless {
			i := slices.IndexFunc(g.members, func(m *member) bool { return slices.Contains(m.holds, tp) })
			if !give(i, tp) {
				i = slices.Index(share, slices.Min(share))
				give(i, tp)
			}
			g.owners[tp] = g.members[i].instance
		}
	}
	return out
}

// generation is one member's part of one generation of the group.
type generation struct {
	member   *member
	number   int32
	memberID string
	assigned []pipeline.TopicPartition
	peers    []pipeline.GroupMember
	once     sync.Once
	done     chan struct{}
}

func (g *generation) revoke()                             { g.once.Do(func() { close(g.done) }) }
func (g *generation) ID() int32                           { return g.number }
func (g *generation) MemberID() string                    { return g.memberID }
func (g *generation) GroupID() string                     { return g.member.group.id }
func (g *generation) Assigned() []pipeline.TopicPartition { return g.assigned }
func (g *generation) Done() <-chan struct{}               { return g.done }

// Members implements pipeline.GroupMembers.
func (g *generation) Members(context.Context) ([]pipeline.GroupMember, error) { return g.peers, nil }

// End lets the group begin the next generation.
func (g *generation) End() {
	b := g.member.client.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	if g.member.current == g {
		g.member.current = nil
	}
}

// CommitOffsets implements pipeline.Generation.
func (g *generation) CommitOffsets(_ context.Context, offsets []pipeline.OffsetCommit) error {
	c := g.member.client
	return asTransient(c.do(CommitOffsets, func() error {
		if err := c.broker.checkGeneration(g); err != nil {
			return err
		}
		c.broker.commit(g.GroupID(), offsets)
		c.broker.wake()
		return nil
	}))
}

// checkGeneration refuses members that the group does not know, and generations that are over.
func (b *Broker) checkGeneration(g pipeline.Generation) error {
	gr := b.groups[g.GroupID()]
	known := gr != nil && slices.ContainsFunc(gr.members, func(m *member) bool { return m.id == g.MemberID() })
	if !known || gr.number != g.ID() {
		return pipeline.Fenced(pipeline.ReasonGenerationFenced, nil)
	}
	return nil
}

// Expire ends a member's session, as a long pause does: the group goes on without the member at
// once, and the member learns of it only after the given time.
func (b *Broker) Expire(groupID, instance string, learns time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.groups[groupID]
	for _, m := range g.members {
		if m.instance != instance {
			continue
		}
		if gen := m.current; gen != nil {
			time.AfterFunc(learns, gen.revoke)
		}
		g.remove(m, b)
		return
	}
}

// Rebalance begins a new generation with the same members.
func (b *Broker) Rebalance(groupID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.groups[groupID].revoke()
}

// sortedPartitions lists the partitions of a set of positions, in order.
func sortedPartitions(positions map[pipeline.TopicPartition]int64) []pipeline.TopicPartition {
	tps := make([]pipeline.TopicPartition, 0, len(positions))
	for tp := range positions {
		tps = append(tps, tp)
	}
	slices.SortFunc(tps, compareTP)
	return tps
}
