package simulation

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// group is the consumer group, with an eager protocol: in a rebalance every member is told to give
// up its generation, and the next begins when all have come back, or late ones have been dropped.
type group struct {
	world   *world
	number  int32
	members []*member
	joining bool
	joins   int
	ids     int
	owners  map[pipeline.TopicPartition]string // name of the process that had a partition last
}

// member is one member as the coordinator knows it.
type member struct {
	id      string
	client  *client
	waiting *request // its JoinGroup
	hand    func(g *generation)
	current *generation
	holds   []pipeline.TopicPartition
}

func newGroup(w *world) *group {
	return &group{world: w, owners: make(map[pipeline.TopicPartition]string)}
}

// generation is one member's part in one generation. done is closed by the world.
type generation struct {
	client   *client
	join     *request // its answer brings it
	number   int32
	memberID string
	assigned []pipeline.TopicPartition
	peers    []pipeline.GroupMember
	once     sync.Once
	done     chan struct{}
}

func (g *generation) ID() int32                           { return g.number }
func (g *generation) MemberID() string                    { return g.memberID }
func (g *generation) GroupID() string                     { return "g" }
func (g *generation) Assigned() []pipeline.TopicPartition { return slices.Clone(g.assigned) }
func (g *generation) Done() <-chan struct{}               { return g.done }
func (g *generation) End()                                {}

// Members implements pipeline.GroupMembers.
func (g *generation) Members(context.Context) ([]pipeline.GroupMember, error) { return g.peers, nil }

func (g *group) member(id string) *member {
	for _, m := range g.members {
		if m.id == id {
			return m
		}
	}
	return nil
}

// join takes a member's JoinGroup, which the coordinator answers when the generation begins.
func (g *group) join(r *request, id string, holds []pipeline.TopicPartition, hand func(*generation)) {
	m := g.member(id)
	if m == nil {
		g.ids++
		m = &member{id: fmt.Sprintf("%s-%d", r.client.name, g.ids), client: r.client}
		g.members = append(g.members, m)
	}
	m.waiting, m.hand, m.holds = r, hand, holds
	g.rebalance()
	g.complete()
}

// rebalance begins to collect the members for the next generation.
func (g *group) rebalance() {
	if g.joining {
		return
	}
	g.joining = true
	g.joins++
	joins := g.joins
	for _, m := range g.members {
		g.tell(m.current)
	}
	g.world.after(g.world.settings.RebalanceTimeout, func() {
		if g.joining && g.joins == joins {
			g.drop(func(m *member) bool { return m.waiting == nil || m.waiting.abandoned() })
			g.complete()
		}
	})
}

// tell lets a heartbeat learn that its generation is over, not before it has begun.
func (g *group) tell(gen *generation) {
	if gen != nil {
		g.world.after(g.world.between(0, g.world.settings.Heartbeat), func() { g.revoke(gen) })
	}
}

func (g *group) revoke(gen *generation) {
	switch c := gen.client; {
	case c.dead:
	case c.frozen():
		g.world.after(time.Until(c.thaw)+time.Millisecond, func() { g.revoke(gen) })
	case !gen.join.handed && !gen.join.abandoned():
		g.world.after(g.world.settings.Latency, func() { g.revoke(gen) })
	default:
		gen.once.Do(func() { close(gen.done) })
	}
}

func (g *group) drop(which func(*member) bool) {
	g.members = slices.DeleteFunc(g.members, func(m *member) bool {
		if !which(m) {
			return false
		}
		g.world.note("group drops %s", m.id)
		g.tell(m.current)
		if m.waiting != nil {
			g.world.reply(m.waiting, codeUnknownMember)
		}
		return true
	})
}

// remove is the end of a member: it leaves, or its session expires.
func (g *group) remove(m *member) {
	if !slices.Contains(g.members, m) {
		return
	}
	g.drop(func(o *member) bool { return o == m })
	g.rebalance()
	g.complete()
}

// expire ends the sessions of a client that does not send heartbeats any more.
func (g *group) expire(c *client) {
	for _, m := range g.members {
		if m.client == c {
			g.world.after(g.world.settings.SessionTimeout, func() { g.remove(m) })
		}
	}
}

// complete begins the next generation if every member waits for it.
func (g *group) complete() {
	if !g.joining || len(g.members) == 0 {
		return
	}
	for _, m := range g.members {
		if m.waiting == nil {
			return
		}
	}
	g.joining = false
	g.number++
	assigned := g.assign()
	peers := make([]pipeline.GroupMember, len(g.members))
	for i, m := range g.members {
		peers[i] = pipeline.GroupMember{ID: m.id, Assigned: assigned[i], Holds: m.holds}
	}
	for i, m := range g.members {
		gen := &generation{client: m.client, join: m.waiting, number: g.number, memberID: m.id, assigned: assigned[i], peers: peers, done: make(chan struct{})}
		r, hand := m.waiting, m.hand
		m.current, m.waiting = gen, nil
		hand(gen)
		g.world.reply(r, nil)
		if r.abandoned() {
			g.expire(m.client)
		}
	}
	g.world.note("generation %d of %d members", g.number, len(g.members))
}

// assign gives every member its even share of each topic and leaves partitions where they were, or
// gives them to members with standbys, as far as that goes.
func (g *group) assign() [][]pipeline.TopicPartition {
	out := make([][]pipeline.TopicPartition, len(g.members))
	for _, topic := range g.world.job.sources() {
		n := len(g.world.cluster.topics[topic])
		share := make([]int, len(g.members))
		give := func(i int, tp pipeline.TopicPartition) {
			share[i]++
			out[i] = append(out[i], tp)
			g.owners[tp] = g.members[i].client.name
		}
		var homeless []pipeline.TopicPartition
		for p := range n {
			tp := pipeline.TopicPartition{Topic: topic, Partition: int32(p)}
			i := slices.IndexFunc(g.members, func(m *member) bool { return m.client.name == g.owners[tp] })
			if i < 0 || share[i] >= (n+len(g.members)-1)/len(g.members) {
				homeless = append(homeless, tp)
				continue
			}
			give(i, tp)
		}
		for _, tp := range homeless {
			i := slices.IndexFunc(g.members, func(m *member) bool { return slices.Contains(m.holds, tp) })
			if i < 0 || share[i] >= (n+len(g.members)-1)/len(g.members) {
				i = slices.Index(share, slices.Min(share))
			}
			give(i, tp)
		}
	}
	return out
}

// refuses is what the coordinator says to offsets of a member that it does not know, or of a
// generation that is over.
func (g *group) refuses(gen pipeline.Generation) error {
	switch {
	case g.member(gen.MemberID()) == nil:
		return codeUnknownMember
	case gen.ID() != g.number:
		return codeIllegalGeneration
	}
	return nil
}
