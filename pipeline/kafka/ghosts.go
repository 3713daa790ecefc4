package kafka

import (
	"context"
	"errors"
)

// evict removes members of our own name that a group still has: ghosts, which only the session timeout
// would end, and for which every rebalance waits until then. There are two ways to become one. A process
// that was killed leaves one behind for the next of its name. And where a connection breaks while we
// join, the broker may have made us a member whose id we never hear of, and kafka-go forgets the id
// that it had.
//
// It is called where this process is no member itself. Another process of the same name, if there is
// one by mistake, loses its generation once, and rejoins; that they fence each other then tells.
func (c *Cluster) evict(ctx context.Context, group, clientID string) error {
	var w writer
	w.array(1)
	w.string(group)
	w.bool(false) // operations allowed
	var ghosts []string
	rq := call{key: apiDescribeGroups, version: 3, body: w.b}
	err := c.coordinated(ctx, c.cfg.DialTimeout, coordinator{kindGroup, group}, rq, func(r *reader) error {
		ghosts = nil
		return readDescribeGroups(r, func(string) {}, func(m describedMember) {
			if m.client == clientID {
				ghosts = append(ghosts, m.id)
			}
		})
	})
	if err != nil || len(ghosts) == 0 {
		return err
	}
	w = writer{}
	w.string(group)
	w.array(len(ghosts))
	for _, id := range ghosts {
		w.string(id)
		w.null() // group instance
	}
	rq = call{key: apiLeaveGroup, version: 3, body: w.b}
	return c.coordinated(ctx, c.cfg.DialTimeout, coordinator{kindGroup, group}, rq, readLeaveGroup)
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

// exorcise evicts our ghosts, if there may be any, before we join. An error means that the broker could not
// be asked, and joining would not succeed either; one that does not let us is left alone.
func (g *group) exorcise(ctx context.Context) error {
	if !g.haunted.Load() {
		return nil
	}
	var code Code
	if err := g.c.evict(ctx, g.cfg.GroupID, g.clientID); err != nil && (!errors.As(err, &code) || code.passes()) {
		return err
	}
	g.haunted.Store(false)
	return nil
}
