package kafka

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// joinLook is the time between two looks at whether our join has arrived.
	joinLook = 20 * time.Millisecond
	// joinPatience is after how long ghosts are evicted in any case: the group may be too full to let us
	// join.
	joinPatience = 3 * time.Second
)

// exorcise looks, before we join, for ghosts: members of our own name that the group still has. Only the
// session timeout would end them, and until then every rebalance waits for them. A member becomes a ghost
// in two ways. A process that is killed, or stays a member when it ends, leaves its member to the next
// process of its name. And if the connection breaks while we join, the broker may have made us a member
// whose id we never learn, and kafka-go forgets the id that it had.
//
// It is called while this process is not a member. If by mistake another process runs under the same name,
// that one loses its generation once and rejoins; the two then fence each other, which says what is wrong.
//
// It returns an error if the broker does not answer, since joining would fail as well. A broker that does
// not let us look is no error: ghosts are then left to their session timeout.
func (g *group) exorcise(ctx context.Context) error {
	if !g.haunted.Load() {
		return nil
	}
	ghosts, err := g.c.named(ctx, g.cfg.GroupID, g.clientID)
	var code Code
	if err != nil && (!errors.As(err, &code) || code.passes()) {
		return err
	}
	g.haunted.Store(false)
	if len(ghosts) > 0 {
		g.evictions.Go(func() { g.replace(ghosts) })
	}
	return nil
}

// replace evicts ghosts when our own join has arrived, and not before. Otherwise this could happen:
//
//	the others have begun to rejoin, for any reason, and wait for the ghost
//	the ghost is evicted: now all have come, a generation begins, and they restore what it had
//	we join: another generation, in which tasks move back, and others move
//
// If it fails, the ghosts end with their sessions.
func (g *group) replace(ghosts []string) {
	ctx := g.open
	look := time.NewTicker(joinLook)
	defer look.Stop()
	for until := time.Now().Add(joinPatience); time.Now().Before(until); {
		members, err := g.c.named(ctx, g.cfg.GroupID, g.clientID)
		if err == nil && slices.ContainsFunc(members, func(id string) bool { return !slices.Contains(ghosts, id) }) {
			break
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
	_ = g.c.evict(ctx, g.cfg.GroupID, ghosts)
}

// named lists the members of a group that have a client id.
func (c *Cluster) named(ctx context.Context, group, clientID string) ([]string, error) {
	var w writer
	w.array(1)
	w.string(group)
	w.bool(false) // operations allowed
	var ids []string
	rq := call{key: apiDescribeGroups, version: 3, body: w.b}
	err := c.coordinated(ctx, c.cfg.DialTimeout, coordinator{kindGroup, group}, rq, func(r *reader) error {
		ids = nil
		return readDescribeGroups(r, func(string) {}, func(m describedMember) {
			if m.client == clientID {
				ids = append(ids, m.id)
			}
		}, func(Operations) {})
	})
	return ids, err
}

// evict removes members from a group.
func (c *Cluster) evict(ctx context.Context, group string, ids []string) error {
	var w writer
	w.string(group)
	w.array(len(ids))
	for _, id := range ids {
		w.string(id)
		w.null() // group instance
	}
	rq := call{key: apiLeaveGroup, version: 3, body: w.b}
	return c.coordinated(ctx, c.cfg.RetryTimeout, coordinator{kindGroup, group}, rq, readLeaveGroup)
}

func readDescribeGroups(r *reader, state func(string), visit func(m describedMember), allowed func(Operations)) error {
	var worst error
	r.int32() // throttle
	for n := r.array(22); n > 0; n-- {
		worst = worse(worst, codeErr(r.int16()))
		r.string() // group
		state(r.string())
		for range 2 {
			r.string() // kind and name of the protocol
		}
		for left := r.array(14); left > 0; left-- {
			m := describedMember{id: r.string(), client: r.string()}
			r.string() // host
			m.metadata, m.assignment = r.raw(true), r.raw(true)
			if !r.bad {
				visit(m)
			}
		}
		allowed(allowedOf(r.int32()))
	}
	return worse(worst, r.err())
}

// readLeaveGroup reads the answer. A member that had left already is no error.
func readLeaveGroup(r *reader) error {
	r.int32() // throttle
	worst := codeErr(r.int16())
	for n := r.array(6); n > 0; n-- {
		r.string()
		r.string()
		if code := Code(r.int16()); code != codeUnknownMember {
			worst = worse(worst, codeErr(int16(code)))
		}
	}
	return worse(worst, r.err())
}
