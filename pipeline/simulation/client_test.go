package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// client is one process's connection to the brokers. dead and thaw belong to the world.
type client struct {
	id    int // of all clients ever, in order
	name  string
	world *world
	dead  bool
	died  chan struct{}
	thaw  time.Time
}

var _ pipeline.Cluster = (*client)(nil)

func (w *world) newClient(name string) *client {
	w.clients++
	return &client{id: w.clients, name: name, world: w, died: make(chan struct{})}
}

// frozen reports whether the process is stopped, or cut off, for a while.
func (c *client) frozen() bool { return time.Now().Before(c.thaw) }

// kill is the death of the process: it says and hears nothing any more.
func (c *client) kill() {
	c.dead = true
	close(c.died)
}

// call sends a request and waits for its answer.
func (c *client) call(ctx context.Context, r *request) error {
	select {
	case <-c.died:
		return errKilled
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	r.client, r.caller, r.ctx, r.answer = c, pipeline.Caller(ctx), ctx, make(chan error, 1)
	c.world.park(r)
	select {
	case err := <-r.answer:
		return err
	case <-c.died:
		return errKilled
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retry calls until that succeeds or fails for good, or limit has passed, 0 for never.
func (c *client) retry(ctx context.Context, limit time.Duration, r func() *request) error {
	began := time.Now()
	for pause := 2*time.Millisecond + 7; ; pause = min(pause*17/10, 500*time.Millisecond) {
		err := c.call(ctx, r())
		if err == nil || !passes(err) || limit > 0 && time.Since(began) > limit {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-c.died:
			return errKilled
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// patience is for how long a client tries.
const patience = 3 * time.Second

func describe(tps []pipeline.TopicPartition) string {
	names := make([]string, len(tps))
	for i, tp := range tps {
		names[i] = name(tp)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// PartitionCount answers at once: the engine asks under a lock.
func (c *client) PartitionCount(_ context.Context, topic string) (int32, error) {
	if n := len(c.world.cluster.topics[topic]); n > 0 {
		return int32(n), nil
	}
	return 0, errors.New("topic " + topic + " does not exist")
}

// Committed waits while a transaction with offsets of the partitions is undecided.
func (c *client) Committed(ctx context.Context, _ string, tps []pipeline.TopicPartition) (map[pipeline.TopicPartition]pipeline.OffsetCommit, error) {
	var out map[pipeline.TopicPartition]pipeline.OffsetCommit
	tps = slices.Clone(tps)
	err := c.retry(ctx, 2*patience, func() *request {
		return &request{kind: fetchOffsets, detail: describe(tps), run: func() error {
			if c.world.cluster.unstable(tps) {
				return codeUnstableOffsets
			}
			out = make(map[pipeline.TopicPartition]pipeline.OffsetCommit)
			for _, tp := range tps {
				if o, ok := c.world.cluster.offsets[tp]; ok {
					out[tp] = o
				}
			}
			return nil
		}}
	})
	return out, asEngine(err)
}

// EndOffsets are read-uncommitted.
func (c *client) EndOffsets(ctx context.Context, tps []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	return c.list(ctx, "end ", tps, func(p *partition) int64 { return int64(len(p.entries)) })
}

func (c *client) StartOffsets(ctx context.Context, tps []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	return c.list(ctx, "start ", tps, func(*partition) int64 { return 0 })
}

func (c *client) list(ctx context.Context, which string, tps []pipeline.TopicPartition, of func(*partition) int64) (map[pipeline.TopicPartition]int64, error) {
	var out map[pipeline.TopicPartition]int64
	tps = slices.Clone(tps)
	err := c.retry(ctx, patience, func() *request {
		return &request{kind: listOffsets, detail: which + describe(tps), run: func() error {
			out = make(map[pipeline.TopicPartition]int64)
			for _, tp := range tps {
				out[tp] = of(c.world.cluster.partition(tp))
			}
			return nil
		}}
	})
	return out, asEngine(err)
}

// groupClient is a process's side of its membership.
type groupClient struct {
	client *client
	id     string // as member, once it is one
	holds  []pipeline.TopicPartition
}

func (c *client) NewGroup(context.Context, pipeline.GroupConfig) (pipeline.Group, error) {
	return &groupClient{client: c}, nil
}

// Next joins, or comes back. One that the group does not know any more joins anew.
func (g *groupClient) Next(ctx context.Context) (pipeline.Generation, error) {
	for {
		gen, err := g.join(ctx)
		var c code
		switch {
		case err == nil:
			g.id = gen.memberID
			return gen, nil
		case errors.As(err, &c) && c == codeUnknownMember:
			g.id = ""
		default:
			return nil, asEngine(err)
		}
	}
}

func (g *groupClient) join(ctx context.Context) (gen *generation, err error) {
	id, holds := g.id, g.holds
	err = g.client.retry(ctx, 0, func() *request {
		return &request{kind: joinGroup, detail: id, run: func() error { return nil },
			hold: func(r *request) {
				g.client.world.cluster.group.join(r, id, holds, func(n *generation) { gen = n })
			}}
	})
	return gen, err
}

// Holds implements pipeline.StandbyGroup.
func (g *groupClient) Holds(sources []pipeline.TopicPartition) { g.holds = sources }

// Close leaves the group.
func (g *groupClient) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	id := g.id
	_ = g.client.call(ctx, &request{kind: leaveGroup, detail: id, run: func() error {
		group := g.client.world.cluster.group
		if m := group.member(id); m != nil {
			group.remove(m)
		}
		return nil
	}}) // else the session expires
	return nil
}

// CommitOffsets is not used by the engine.
func (g *generation) CommitOffsets(context.Context, []pipeline.OffsetCommit) error {
	return errors.New("offsets outside of a transaction")
}
