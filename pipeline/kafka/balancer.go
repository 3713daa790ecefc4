package kafka

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"sync"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/attune-health/attune/pipeline"
)

var _ kafkago.GroupBalancer = (*balancer)(nil)

// balancer shares out partitions: each topic evenly (members differ by one partition at most), and
// all topics together evenly. Within that, each partition goes to the member that had it, or to one
// that has a standby for it. Members tell the leader in their user data what they have.
type balancer struct {
	// names: members speak of topics as the cluster does.
	names *topicNames
	mu    sync.Mutex
	claim claim
}

// claim is what a member owned last, and in which generation: if two claim a partition, the newer
// claim counts. Also which tasks it has standbys for.
type claim struct {
	generation int32
	owned      []pipeline.TopicPartition
	holds      []pipeline.TopicPartition
}

// own remembers the assignment, for the claim at the next rebalance.
func (b *balancer) own(generation int32, owned []pipeline.TopicPartition) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claim.generation, b.claim.owned = generation, slices.Clone(owned)
}

// hold remembers for which tasks this member has standbys.
func (b *balancer) hold(sources []pipeline.TopicPartition) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claim.holds = slices.Clone(sources)
}

// ProtocolName implements kafka-go's GroupBalancer.
func (b *balancer) ProtocolName() string { return "attune-sticky" }

// UserData implements kafka-go's GroupBalancer.
func (b *balancer) UserData() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return appendClaim(nil, claim{b.claim.generation, b.names.allOut(b.claim.owned), b.names.allOut(b.claim.holds)}), nil
}

// AssignGroups implements kafka-go's GroupBalancer.
func (b *balancer) AssignGroups(members []kafkago.GroupMember, partitions []kafkago.Partition) kafkago.GroupMemberAssignments {
	in := make([]member, len(members))
	for i, m := range members {
		c, _ := readClaim(m.UserData) // what cannot be read claims nothing
		in[i] = member{id: m.ID, topics: m.Topics, claim: c}
	}
	counts := map[string]int32{}
	for _, p := range partitions {
		counts[p.Topic] = max(counts[p.Topic], int32(p.ID)+1)
	}
	out := kafkago.GroupMemberAssignments{}
	for id, owned := range assign(in, counts) {
		out[id] = map[string][]int{}
		for _, tp := range owned {
			out[id][tp.Topic] = append(out[id][tp.Topic], int(tp.Partition))
		}
	}
	return out
}

// member is a group member as the assignment sees it.
type member struct {
	id     string
	topics []string
	claim  claim
}

// assign computes the assignment. It is a pure function of its arguments, independent of their
// order, so that every member could compute the same.
func assign(members []member, counts map[string]int32) map[string][]pipeline.TopicPartition {
	members = slices.Clone(members)
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.id, b.id) })
	out := make(map[string][]pipeline.TopicPartition, len(members))
	for _, m := range members {
		out[m.id] = nil
	}
	a := assignment{members: members, owners: claims(members), holders: holders(members), totals: make([]int32, len(members)), quotas: map[string][]int32{}}
	topics := slices.Sorted(maps.Keys(counts))
	for _, t := range topics {
		a.share(t, counts[t])
	}
	a.level(topics)
	for _, t := range topics {
		for p, i := range a.place(t, counts[t]) {
			if i >= 0 {
				out[members[i].id] = append(out[members[i].id], pipeline.TopicPartition{Topic: t, Partition: int32(p)})
			}
		}
	}
	return out
}

// assignment is the work of one assign. Members are named by their index.
type assignment struct {
	members []member
	// Who had it.
	owners map[pipeline.TopicPartition]int
	// Who has a standby.
	holders map[pipeline.TopicPartition][]int
	// Partitions of all topics so far.
	totals []int32
	// By topic: how many each gets, -1 if not subscribed.
	quotas map[string][]int32
}

// claims settles who had each partition: the newest generation wins, then the first id.
func claims(members []member) map[pipeline.TopicPartition]int {
	owners := map[pipeline.TopicPartition]int{}
	for i, m := range members {
		for _, tp := range m.claim.owned {
			if j, ok := owners[tp]; !ok || m.claim.generation > members[j].claim.generation {
				owners[tp] = i
			}
		}
	}
	return owners
}

func holders(members []member) map[pipeline.TopicPartition][]int {
	holders := map[pipeline.TopicPartition][]int{}
	for i, m := range members {
		for _, tp := range m.claim.holds {
			holders[tp] = append(holders[tp], i)
		}
	}
	return holders
}

// share decides how many partitions of a topic each subscriber gets: all the same, and some one
// more if partitions are left over. Those go to the members that had more; then to those with more
// standbys for partitions that lost their owner; then to those that have least of the other topics.
func (a *assignment) share(topic string, n int32) {
	had, held := make([]int32, len(a.members)), make([]int32, len(a.members))
	for p := range n {
		tp := pipeline.TopicPartition{Topic: topic, Partition: p}
		if i, ok := a.owners[tp]; ok {
			had[i]++
			continue
		}
		for _, i := range a.holders[tp] {
			held[i]++
		}
	}
	quota := make([]int32, len(a.members))
	var subscribed []int
	for i, m := range a.members {
		quota[i] = -1
		if slices.Contains(m.topics, topic) {
			subscribed = append(subscribed, i)
		}
	}
	a.quotas[topic] = quota
	if len(subscribed) == 0 {
		return
	}
	base, extra := n/int32(len(subscribed)), int(n)%len(subscribed)
	slices.SortStableFunc(subscribed, func(i, j int) int {
		return cmp.Or(cmp.Compare(min(had[j], base+1), min(had[i], base+1)), cmp.Compare(held[j], held[i]), cmp.Compare(a.totals[i], a.totals[j]))
	})
	for k, i := range subscribed {
		quota[i] = base
		if k < extra {
			quota[i]++
		}
		a.totals[i] += quota[i]
	}
}

// level evens out the totals: it moves left-over partitions from a member with two more in all to
// the other one. Each move brings two totals nearer, so it ends. If all subscribe to the same
// topics, it ends with totals that differ by one at most, since the member with more has a
// left-over that the other has not.
func (a *assignment) level(topics []string) {
	for a.moveOne(topics) {
	}
}

func (a *assignment) moveOne(topics []string) bool {
	for from := range a.members {
		for to := range a.members {
			if a.totals[from]-a.totals[to] < 2 {
				continue
			}
			for _, t := range topics {
				q := a.quotas[t]
				if q[to] >= 0 && q[from] > q[to] {
					q[from]--
					q[to]++
					a.totals[from]--
					a.totals[to]++
					return true
				}
			}
		}
	}
	return false
}

// place assigns the partitions of a topic: first to the members that had them, within the quotas,
// then to members with standbys for them, then the rest in order. -1 is nobody.
func (a *assignment) place(topic string, n int32) []int {
	left := slices.Clone(a.quotas[topic])
	out := make([]int, n)
	for p := range n {
		out[p] = -1
		if i, ok := a.owners[pipeline.TopicPartition{Topic: topic, Partition: p}]; ok && left[i] > 0 {
			out[p] = i
			left[i]--
		}
	}
	for p := range out {
		for _, i := range a.holders[pipeline.TopicPartition{Topic: topic, Partition: int32(p)}] {
			if out[p] < 0 && left[i] > 0 {
				out[p] = i
				left[i]--
			}
		}
	}
	i := 0
	for p := range out {
		if out[p] >= 0 {
			continue
		}
		for i < len(left) && left[i] <= 0 {
			i++
		}
		if i == len(left) {
			break
		}
		out[p] = i
		left[i]--
	}
	return out
}

// claimVersion begins the user data, so that members of different builds understand each other.
const claimVersion = 1

// appendClaim encodes a claim: version, generation, then for each topic its name and the partitions
// owned, then the same for standbys. Claims of older builds lack the last part.
func appendClaim(b []byte, c claim) []byte {
	b = append(b, claimVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(c.generation))
	return appendPartitions(appendPartitions(b, c.owned), c.holds)
}

func appendPartitions(b []byte, tps []pipeline.TopicPartition) []byte {
	topics := byTopic(tps, itself)
	w := writer{b: b, flex: true}
	w.array(len(topics))
	for _, t := range topics {
		w.string(t[0].Topic)
		w.array(len(t))
		for _, tp := range t {
			w.int32(tp.Partition)
		}
	}
	return w.b
}

// readClaim decodes what appendClaim wrote.
func readClaim(b []byte) (claim, error) {
	r := reader{b: b, flex: true}
	if r.int8() != claimVersion {
		return claim{}, errShort
	}
	c := claim{generation: r.int32(), owned: readPartitions(&r)}
	if len(r.b) > 0 {
		c.holds = readPartitions(&r)
	}
	if r.bad {
		return claim{}, errShort
	}
	return c, nil
}

func readPartitions(r *reader) []pipeline.TopicPartition {
	var tps []pipeline.TopicPartition
	for n := r.array(2); n > 0; n-- {
		topic := r.string()
		for m := r.array(4); m > 0; m-- {
			tps = append(tps, pipeline.TopicPartition{Topic: topic, Partition: r.int32()})
		}
	}
	return tps
}
