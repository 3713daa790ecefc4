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
	// joinPatience is after which ghosts are evicted all the same: the group may be too full to let us join.
	joinPatience = 3 * time.Second
)

// exorcise, before we join, looks for members of our own name that the group still has: ghosts, which only
// the session timeout would end, and for which every rebalance waits until then. There are two ways to
// become one. A process that was killed, or that stays a member when it ends, leaves one behind for the
// next of its name. And where a connection breaks while we join, the broker may have made us a member whose
// id we never hear of, and kafka-go forgets the id that it had.
//
// It is called where this process is no member itself. Another process of the same name, if there is
// one by mistake, loses its generation once, and rejoins; that they fence each other then tells.
//
// An error means that the broker could not be asked, and joining would not succeed either; one that does not
// let us is left alone.
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

// replace evicts ghosts as soon as our own join has arrived, and not before:
//
//	the others have begun to rejoin, for any reason, and wait for the ghost
//	the ghost is evicted: now all have come, a generation begins, and they restore what it had
//	we join: another generation, in which tasks move back, and others move
//
// Where it fails, the ghosts end with their sessions.
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
		})
	})
	return ids, err
}

// evict lets members leave a group.
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

func readDescribeGroups(r *reader, state func(string), visit func(m describedMember)) error {
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
		r.int32() // operations allowed
	}
	return worse(worst, r.err())
}

// readLeaveGroup reads what came of it. That a member had gone already is as good.
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
