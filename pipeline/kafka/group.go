package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/attune-health/attune/pipeline"
)

var (
	_ pipeline.Group      = (*group)(nil)
	_ pipeline.Generation = (*generation)(nil)
)

const (
	joinPause = 100 * time.Millisecond
	// leaveLimit is how long Close waits for an orderly leave before it cuts the connections.
	leaveLimit = 3 * time.Second
)

// group wraps kafka-go's ConsumerGroup, whose loop joins, heartbeats and rejoins.
type group struct {
	c        *Cluster
	cfg      pipeline.GroupConfig
	balancer *balancer
	cg       *kafkago.ConsumerGroup
	clientID string
	// Members of our name may be left over: see exorcise.
	haunted atomic.Bool

	// Ends with Close.
	open      context.Context
	shut      context.CancelFunc
	evictions sync.WaitGroup

	mu      sync.Mutex
	current *generation
	conns   map[net.Conn]struct{}
	cut     bool
}

// NewGroup becomes a member of a group at the first Next. It checks that the topics exist.
func (c *Cluster) NewGroup(ctx context.Context, gc pipeline.GroupConfig) (pipeline.Group, error) {
	gc.SetDefaults()
	for _, t := range gc.Topics {
		if _, err := c.PartitionCount(ctx, t); err != nil {
			return nil, fmt.Errorf("group %s: %w", gc.GroupID, err)
		}
	}
	g := &group{c: c, cfg: gc, balancer: &balancer{names: c.names}, clientID: c.cfg.ClientID, conns: map[net.Conn]struct{}{}}
	if gc.Instance != "" {
		g.clientID += "-" + gc.Instance
		g.haunted.Store(true)
	}
	g.open, g.shut = context.WithCancel(context.Background())
	cg, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID:                    gc.GroupID,
		Brokers:               c.cfg.Brokers,
		Topics:                c.names.all(gc.Topics),
		Dialer:                &kafkago.Dialer{ClientID: g.clientID, Timeout: c.cfg.DialTimeout, SASLMechanism: c.sasl, DialFunc: g.dialSecure},
		GroupBalancers:        []kafkago.GroupBalancer{g.balancer},
		SessionTimeout:        time.Duration(gc.SessionTimeout) * time.Millisecond,
		HeartbeatInterval:     time.Duration(gc.Heartbeat) * time.Millisecond,
		RebalanceTimeout:      time.Duration(gc.RebalanceTimeout) * time.Millisecond,
		JoinGroupBackoff:      joinPause,
		WatchPartitionChanges: true,
		StartOffset:           kafkago.FirstOffset,
		Timeout:               c.cfg.RequestTimeout,
	})
	if err != nil {
		g.shut()
		return nil, fmt.Errorf("group %s: %w", gc.GroupID, err)
	}
	g.cg = cg
	return g, nil
}

// dial opens a connection that Close can cut: kafka-go's own Close would wait for a JoinGroup that
// the broker answers when the slowest member has rejoined.
func (g *group) dial(ctx context.Context, network, address string) (net.Conn, error) {
	g.mu.Lock()
	cut := g.cut
	g.mu.Unlock()
	if cut {
		return nil, errClosed
	}
	if err := g.exorcise(ctx); err != nil {
		return nil, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cut {
		return nil, errors.Join(errClosed, conn.Close())
	}
	tracked := &trackedConn{Conn: conn, g: g}
	g.conns[tracked] = struct{}{}
	return tracked, nil
}

// dialSecure is dial, with TLS if it is configured. Close cuts the connection below.
func (g *group) dialSecure(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := g.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return g.c.secure(ctx, conn, address)
}

type trackedConn struct {
	net.Conn
	g *group
}

// Close implements net.Conn.
func (t *trackedConn) Close() error {
	t.g.mu.Lock()
	delete(t.g.conns, t)
	t.g.mu.Unlock()
	return t.Conn.Close()
}

// Next implements pipeline.Group. It retries what passes by itself for RetryTimeout, and then
// returns it as an error of KindTransient. It is always right to call Next again.
func (g *group) Next(ctx context.Context) (pipeline.Generation, error) {
	var since time.Time
	for {
		gen, err := g.cg.Next(ctx)
		if err == nil {
			return g.begin(gen), nil
		}
		var k kafkago.Error
		switch {
		case errors.Is(err, kafkago.ErrGroupClosed):
			return nil, errClosed
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &k):
			err = Code(k)
		}
		if since.IsZero() {
			since = time.Now()
		}
		var code Code
		answered := errors.As(err, &code)
		rejoins := answered && code.fenced() // with a new member id, or in a later round
		if !answered && g.cfg.Instance != "" {
			g.haunted.Store(true)
		}
		if !rejoins && !retryable(err) || time.Since(since) > g.c.cfg.RetryTimeout {
			if rejoins {
				err = pipeline.Transient("group-unsettled", err)
			}
			return nil, wrap("join group "+g.cfg.GroupID, g.c.denied(err, "Read", "group", g.cfg.GroupID))
		}
	}
}

func (g *group) begin(gen *kafkago.Generation) *generation {
	out := &generation{group: g, id: gen.ID, member: gen.MemberID, done: make(chan struct{}), ended: make(chan struct{})}
	for theirs, partitions := range gen.Assignments {
		topic, _ := g.c.names.in(theirs)
		for _, p := range partitions {
			out.assigned = append(out.assigned, pipeline.TopicPartition{Topic: topic, Partition: int32(p.ID)})
		}
	}
	slices.SortFunc(out.assigned, compareTP)
	g.balancer.own(gen.ID, out.assigned)
	g.mu.Lock()
	g.current = out
	g.mu.Unlock()
	gen.Start(func(ctx context.Context) { // kafka-go rejoins when this has returned
		select {
		case <-ctx.Done():
		case <-out.ended:
		}
		close(out.done)
		<-out.ended
	})
	return out
}

func compareTP(a, b pipeline.TopicPartition) int {
	return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

// Close implements pipeline.Group. It ends the current generation and leaves the group; or it stays
// a member, until its session times out or another member of its name evicts it.
func (g *group) Close() error {
	defer g.evictions.Wait()
	defer g.shut()
	if g.cfg.Stay {
		g.cutOff()
	}
	g.mu.Lock()
	current := g.current
	g.mu.Unlock()
	if current != nil {
		current.End()
	}
	left := make(chan error, 1)
	go func() { left <- g.cg.Close() }()
	timer := time.NewTimer(leaveLimit)
	defer timer.Stop()
	select {
	case err := <-left:
		return err
	case <-timer.C:
	}
	g.cutOff()
	return <-left
}

// cutOff closes all connections and refuses new ones.
func (g *group) cutOff() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut = true
	for conn := range g.conns {
		_ = conn.(*trackedConn).Conn.Close() // its reader meets the error
	}
}

// generation is one assignment.
type generation struct {
	group    *group
	id       int32
	member   string
	assigned []pipeline.TopicPartition
	done     chan struct{}
	ended    chan struct{}
	once     sync.Once
}

// ID implements pipeline.Generation.
func (g *generation) ID() int32 { return g.id }

// MemberID implements pipeline.Generation.
func (g *generation) MemberID() string { return g.member }

// GroupID implements pipeline.Generation.
func (g *generation) GroupID() string { return g.group.cfg.GroupID }

// Assigned implements pipeline.Generation.
func (g *generation) Assigned() []pipeline.TopicPartition { return slices.Clone(g.assigned) }

// Done implements pipeline.Generation. When it is closed, heartbeats have stopped: the owner has
// until the session timeout to finish.
func (g *generation) Done() <-chan struct{} { return g.done }

// End implements pipeline.Generation.
func (g *generation) End() { g.once.Do(func() { close(g.ended) }) }

// CommitOffsets implements pipeline.Generation.
func (g *generation) CommitOffsets(ctx context.Context, offsets []pipeline.OffsetCommit) error {
	return g.group.c.commitOffsets(ctx, g.GroupID(), g.id, g.member, offsets)
}
