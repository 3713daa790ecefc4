package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// layout is what we know of the leaders of partitions and the coordinators of groups and
// transactional ids. It is asked for once, and again after an answer has shown that it is wrong.
type layout struct {
	mu           sync.Mutex
	topics       map[string]*topicLayout
	coordinators map[coordinator]int32
	// The broker that takes CreateTopics and DeleteTopics.
	controller int32
	// The addresses that brokers are advertised under.
	brokers map[int32]string
}

// topicLayout is one topic of a metadata response.
type topicLayout struct {
	name     string
	err      Code
	id       [16]byte
	internal bool
	// foreign: it is none that we may mean.
	foreign bool
	// By partition; -1 where there is none.
	leaders  []int32
	replicas int
	// allowed is nil where it was not asked for, or the broker does not say.
	allowed Operations
}

// coordinator is a group or a transactional id whose coordinator is wanted.
type coordinator struct {
	// Of the FindCoordinator API.
	kind int8
	key  string
}

const (
	kindGroup       int8 = 0
	kindTransaction int8 = 1
)

// metadata asks any broker for topics; nil asks for all, an empty list for none.
func (c *Cluster) metadata(ctx context.Context, topics []string) ([]*topicLayout, error) {
	return c.describe(ctx, topics, false)
}

// describe is metadata, with what we may do with each topic if that is asked for.
func (c *Cluster) describe(ctx context.Context, topics []string, allowed bool) ([]*topicLayout, error) {
	w := writer{flex: true, names: c.names}
	if topics == nil {
		w.array(-1)
	} else {
		w.array(len(topics))
	}
	for _, t := range topics {
		w.b = append(w.b, make([]byte, 16)...) // by name, not by id
		w.topic(t)
		w.tags()
	}
	w.bool(false)   // create topics
	w.bool(false)   // operations allowed on the cluster
	w.bool(allowed) // operations allowed on topics
	w.tags()
	rq := &call{key: apiMetadata, version: 10, flex: true, node: anyBroker, body: w.b}
	if err := c.roundTrip(ctx, rq, 0); err != nil {
		return nil, err
	}
	out, controller, brokers, err := readMetadata(rq.reader())
	if err != nil {
		return nil, err
	}
	c.layout.mu.Lock()
	defer c.layout.mu.Unlock()
	c.layout.controller, c.layout.brokers = controller, brokers
	return out, nil
}

func readMetadata(r reader) (out []*topicLayout, controller int32, brokers map[int32]string, err error) {
	r.int32() // throttle
	brokers = map[int32]string{}
	for n := r.array(11); n > 0; n-- {
		id, host := r.int32(), r.string()
		brokers[id] = net.JoinHostPort(host, strconv.Itoa(int(r.int32())))
		r.string()
		r.tags()
	}
	r.string() // cluster id
	controller = r.int32()
	for n := r.array(26); n > 0; n-- {
		t := &topicLayout{err: Code(r.int16())}
		name, ours := r.names.in(r.string())
		t.name, t.foreign = name, !ours
		copy(t.id[:], r.take(16))
		t.internal = r.bool()
		t.readPartitions(&r)
		t.allowed = allowedOf(r.int32())
		r.tags()
		out = append(out, t)
	}
	return out, controller, brokers, r.err()
}

func (t *topicLayout) readPartitions(r *reader) {
	n := r.array(18)
	t.leaders = make([]int32, n)
	for i := range t.leaders {
		t.leaders[i] = -1
	}
	for range n {
		code, index, leader := Code(r.int16()), int(r.int32()), r.int32()
		r.int32() // leader epoch
		replicas := r.array(4)
		r.take(4 * replicas)
		r.take(4 * r.array(4)) // in-sync replicas
		r.take(4 * r.array(4)) // offline replicas
		r.tags()
		if index < 0 || index >= n {
			r.take(-1)
			return
		}
		t.replicas = max(t.replicas, replicas)
		// 5 LeaderNotAvailable comes with leader -1; 9 ReplicaNotAvailable concerns followers only.
		if code == 0 || code == codeReplicaNotAvailable {
			t.leaders[index] = leader
		}
	}
}

// refresh looks topics up again and remembers the answer, which it returns as well: somebody else may forget it at once.
func (c *Cluster) refresh(ctx context.Context, topics []string) ([]*topicLayout, error) {
	got, err := c.metadata(ctx, topics)
	if err != nil {
		return nil, err
	}
	c.layout.mu.Lock()
	defer c.layout.mu.Unlock()
	for _, t := range got {
		c.layout.topics[t.name] = t
	}
	return got, nil
}

// known returns the remembered leader of a partition, -1 for none.
func (c *Cluster) known(topic string, partition int32) int32 {
	c.layout.mu.Lock()
	defer c.layout.mu.Unlock()
	t := c.layout.topics[topic]
	if t == nil || int(partition) >= len(t.leaders) || partition < 0 {
		return -1
	}
	return t.leaders[partition]
}

// topic returns a topic's layout, and looks it up if it is not known.
func (c *Cluster) topic(ctx context.Context, name string) (*topicLayout, error) {
	c.layout.mu.Lock()
	t := c.layout.topics[name]
	c.layout.mu.Unlock()
	if t != nil && t.err == 0 {
		return t, nil
	}
	got, err := c.refresh(ctx, []string{name})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(got, func(t *topicLayout) bool { return t.name == name })
	if i < 0 {
		return nil, &UnknownTopicError{Topic: name, Partition: -1}
	}
	switch t = got[i]; {
	case t.err == codeUnknownTopic:
		return nil, &UnknownTopicError{Topic: name, Partition: -1}
	case t.err != 0:
		return nil, c.denied(fmt.Errorf("topic %s: %w", name, t.err), "Describe", "topic", name)
	}
	return t, nil
}

// forgetTopic makes the next use of the topic look it up again.
func (c *Cluster) forgetTopic(name string) {
	c.layout.mu.Lock()
	defer c.layout.mu.Unlock()
	delete(c.layout.topics, name)
}

// leader returns the leader of a partition, and looks it up if need be. A partition without a
// leader is an error that passes.
func (c *Cluster) leader(ctx context.Context, topic string, partition int32) (int32, error) {
	if node := c.known(topic, partition); node >= 0 {
		return node, nil
	}
	c.forgetTopic(topic)
	t, err := c.topic(ctx, topic)
	if err != nil {
		var unknown *UnknownTopicError
		if errors.As(err, &unknown) { // it may be in the middle of its creation
			return -1, fmt.Errorf("%w: %w", err, codeUnknownTopic)
		}
		return -1, err
	}
	if partition < 0 || int(partition) >= len(t.leaders) {
		return -1, fmt.Errorf("%w: %w", &UnknownTopicError{Topic: topic, Partition: partition}, codeUnknownTopic)
	}
	if t.leaders[partition] < 0 {
		return -1, codeLeaderNotAvailable
	}
	return t.leaders[partition], nil
}

// leaderless says why a partition cannot be fetched from, by the remembered layout.
func (c *Cluster) leaderless(topic string, partition int32) error {
	c.layout.mu.Lock()
	defer c.layout.mu.Unlock()
	t := c.layout.topics[topic]
	switch {
	case t == nil || t.err == codeUnknownTopic:
		return &UnknownTopicError{Topic: topic, Partition: -1}
	case t.err != 0:
		return t.err
	case partition < 0 || int(partition) >= len(t.leaders):
		return &UnknownTopicError{Topic: topic, Partition: partition}
	case t.leaders[partition] < 0:
		return codeLeaderNotAvailable
	}
	return nil
}

// find returns the broker that coordinates co.
func (c *Cluster) find(ctx context.Context, co coordinator) (int32, error) {
	c.layout.mu.Lock()
	node, ok := c.layout.coordinators[co]
	c.layout.mu.Unlock()
	if ok {
		return node, nil
	}
	var w writer
	w.string(co.key)
	w.int8(co.kind)
	rq := &call{key: apiFindCoordinator, version: 2, node: anyBroker, body: w.b}
	if err := c.roundTrip(ctx, rq, 0); err != nil {
		return 0, err
	}
	r := rq.reader()
	node, err := readFindCoordinator(&r)
	if err != nil {
		return 0, err
	}
	c.layout.mu.Lock()
	c.layout.coordinators[co] = node
	c.layout.mu.Unlock()
	return node, nil
}

func readFindCoordinator(r *reader) (node int32, err error) {
	r.int32() // throttle
	code := r.int16()
	r.string() // error text
	node = r.int32()
	return node, worse(codeErr(code), r.err())
}

func (c *Cluster) forgetCoordinator(co coordinator) {
	c.layout.mu.Lock()
	defer c.layout.mu.Unlock()
	delete(c.layout.coordinators, co)
}

// coordinated sends rq to the coordinator of co and calls read with the response, with the retry
// policy around both. rq's fields are read anew for each attempt.
func (c *Cluster) coordinated(ctx context.Context, limit time.Duration, co coordinator, rq call, read func(r *reader) error) error {
	return retry(ctx, limit, func() error {
		err := c.askCoordinator(ctx, co, rq, read)
		var code Code
		if err != nil && (!errors.As(err, &code) || code == codeNotCoordinator || code == codeCoordinatorNotAvailable || code == codeBrokerNotAvailable) {
			c.forgetCoordinator(co)
		}
		operation, resource := co.resource()
		return c.denied(err, operation, resource, co.key)
	})
}

func (c *Cluster) askCoordinator(ctx context.Context, co coordinator, rq call, read func(r *reader) error) error {
	node, err := c.find(ctx, co)
	if err != nil {
		return err
	}
	rq.node = node
	if err := c.roundTrip(ctx, &rq, 0); err != nil {
		return err
	}
	r := rq.reader()
	if err := read(&r); err != nil {
		return err
	}
	return r.err()
}

// worse returns the more serious error: one that does not pass before one that does.
func worse(a, b error) error {
	if a == nil || b != nil && retryable(a) && !retryable(b) {
		return b
	}
	return a
}
