package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// TopicSpec describes a topic to be created.
type TopicSpec struct {
	Name string
	// 0: the broker's default.
	Partitions int32
	// 0: the broker's default.
	ReplicationFactor int16
	// Such as cleanup.policy.
	Config map[string]string
}

// TopicInfo describes a topic that exists.
type TopicInfo struct {
	Name              string
	ID                [16]byte
	Partitions        int32
	ReplicationFactor int
	// Effective values, defaults included.
	Config map[string]string
}

// Retention returns how long the topic keeps records, -1 for ever. Retention by size and compaction
// are not in it.
func (t *TopicInfo) Retention() time.Duration {
	ms, err := strconv.ParseInt(t.Config["retention.ms"], 10, 64)
	if err != nil || ms < 0 {
		return -1
	}
	return time.Duration(min(ms, int64(1<<63-1)/int64(time.Millisecond))) * time.Millisecond
}

// CreateTopics creates the topics that do not exist, and returns once every partition of all of
// them has a leader. It returns the names of those that existed already, and leaves them as they
// are.
func (c *Cluster) CreateTopics(ctx context.Context, specs []TopicSpec) (existing []string, err error) {
	if len(specs) == 0 {
		return nil, nil
	}
	w := writer{flex: true, names: c.names}
	w.array(len(specs))
	for _, s := range specs {
		w.topic(s.Name)
		w.int32(orDefault(s.Partitions))
		w.int16(orDefault(s.ReplicationFactor))
		w.array(0) // assignments
		w.array(len(s.Config))
		for _, k := range slices.Sorted(maps.Keys(s.Config)) {
			w.string(k)
			w.string(s.Config[k])
			w.tags()
		}
		w.tags()
	}
	w.int32(int32(c.cfg.RequestTimeout.Milliseconds()))
	w.bool(false) // validate only
	w.tags()
	created := map[string]bool{}
	rq := call{key: apiCreateTopics, version: 5, flex: true, body: w.b}
	err = c.controlled(ctx, rq, func(r *reader) error {
		existing = existing[:0]
		return readCreateTopics(r, func(name string, code Code) {
			if code == 0 {
				created[name] = true
			} else if !created[name] { // not by an attempt before, whose answer was lost
				existing = append(existing, name)
			}
		})
	})
	if err != nil {
		return nil, wrap("create topics", err)
	}
	for _, s := range specs {
		if err := c.awaitTopic(ctx, s.Name); err != nil {
			return existing, wrap("create topic "+s.Name, err)
		}
	}
	return existing, nil
}

func orDefault[T int16 | int32](n T) T {
	if n == 0 {
		return -1
	}
	return n
}

// readCreateTopics calls visit for each topic of the answer.
func readCreateTopics(r *reader, visit func(name string, code Code)) error {
	var worst error
	r.int32() // throttle
	for n := r.array(12); n > 0; n-- {
		name, code, text := r.topic(), Code(r.int16()), r.string()
		r.int32() // partitions
		r.int16() // replication factor
		for m := r.array(6); m > 0; m-- {
			r.string()
			r.string()
			r.bool()
			r.int8()
			r.bool()
			r.tags()
		}
		r.tags()
		switch {
		case r.bad:
		case code == 0 || code == codeTopicExists:
			visit(name, code)
		case text != "":
			worst = worse(worst, fmt.Errorf("%s: %w: %s", name, code, text))
		default:
			worst = worse(worst, fmt.Errorf("%s: %w", name, code))
		}
	}
	return worse(worst, r.err())
}

// awaitTopic waits until every partition has a leader: brokers create topics in the background.
func (c *Cluster) awaitTopic(ctx context.Context, name string) error {
	return retry(ctx, c.cfg.RetryTimeout, func() error {
		c.forgetTopic(name)
		t, err := c.topic(ctx, name)
		if err != nil {
			var unknown *UnknownTopicError
			if errors.As(err, &unknown) {
				return codeUnknownTopic
			}
			return err
		}
		if len(t.leaders) == 0 || slices.Contains(t.leaders, -1) {
			return codeLeaderNotAvailable
		}
		return nil
	})
}

// controlled sends rq to the controller, with retries.
func (c *Cluster) controlled(ctx context.Context, rq call, read func(r *reader) error) error {
	return retry(ctx, c.cfg.RetryTimeout, func() error {
		if _, err := c.metadata(ctx, []string{}); err != nil {
			return err
		}
		rq := rq
		c.layout.mu.Lock()
		rq.node = c.layout.controller
		c.layout.mu.Unlock()
		if err := c.roundTrip(ctx, &rq, c.cfg.RequestTimeout); err != nil {
			return err
		}
		r := rq.reader()
		return read(&r)
	})
}

// DeleteTopics deletes topics. Those that do not exist are no error.
func (c *Cluster) DeleteTopics(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	w := writer{names: c.names}
	w.array(len(names))
	for _, n := range names {
		w.topic(n)
		c.forgetTopic(n)
	}
	w.int32(int32(c.cfg.RequestTimeout.Milliseconds()))
	rq := call{key: apiDeleteTopics, version: 3, body: w.b}
	return wrap("delete topics", c.controlled(ctx, rq, readDeleteTopics))
}

func readDeleteTopics(r *reader) error {
	var worst error
	r.int32() // throttle
	for n := r.array(4); n > 0; n-- {
		name, code := r.topic(), Code(r.int16())
		if code != 0 && code != codeUnknownTopic {
			worst = worse(worst, fmt.Errorf("%s: %w", name, code))
		}
	}
	return worse(worst, r.err())
}

// DescribeTopics describes topics, all but the broker's own where names is empty. One that does not
// exist is an UnknownTopicError.
func (c *Cluster) DescribeTopics(ctx context.Context, names ...string) ([]TopicInfo, error) {
	if len(names) == 0 {
		names = nil
	}
	var out []TopicInfo
	err := retry(ctx, c.cfg.RetryTimeout, func() (err error) {
		out, err = c.describeTopics(ctx, names)
		return err
	})
	return out, wrap("describe topics", err)
}

func (c *Cluster) describeTopics(ctx context.Context, names []string) ([]TopicInfo, error) {
	layouts, err := c.metadata(ctx, names)
	if err != nil {
		return nil, err
	}
	var out []TopicInfo
	for _, t := range layouts {
		switch {
		case names == nil && (t.internal || t.foreign):
			continue
		case t.err == codeUnknownTopic:
			return nil, &UnknownTopicError{Topic: t.name, Partition: -1}
		case t.err != 0:
			return nil, c.denied(fmt.Errorf("topic %s: %w", t.name, t.err), "Describe", "topic", t.name)
		}
		out = append(out, TopicInfo{Name: t.name, ID: t.id, Partitions: int32(len(t.leaders)), ReplicationFactor: t.replicas, Config: map[string]string{}})
	}
	slices.SortFunc(out, func(a, b TopicInfo) int {
		return compareTP(pipeline.TopicPartition{Topic: a.Name}, pipeline.TopicPartition{Topic: b.Name})
	})
	return out, c.describeConfigs(ctx, out)
}

// describeConfigs fills in the topics' configs.
func (c *Cluster) describeConfigs(ctx context.Context, topics []TopicInfo) error {
	if len(topics) == 0 {
		return nil
	}
	w := writer{names: c.names}
	w.array(len(topics))
	for _, t := range topics {
		w.int8(2) // a topic
		w.topic(t.Name)
		w.array(-1) // all keys
	}
	w.bool(false) // synonyms
	rq := &call{key: apiDescribeConfigs, version: 2, node: anyBroker, body: w.b}
	if err := c.roundTrip(ctx, rq, 0); err != nil {
		return err
	}
	r := rq.reader()
	err := readDescribeConfigs(&r, func(topic, key, value string) {
		for i := range topics {
			if topics[i].Name == topic {
				topics[i].Config[key] = value
			}
		}
	})
	return c.denied(err, "DescribeConfigs", "topic", topics[0].Name)
}

func readDescribeConfigs(r *reader, visit func(topic, key, value string)) error {
	var worst error
	r.int32() // throttle
	for n := r.array(11); n > 0; n-- {
		code := Code(r.int16())
		r.string() // error text
		r.int8()   // kind of resource
		topic := r.topic()
		if code != 0 {
			worst = worse(worst, fmt.Errorf("%s: %w", topic, code))
		}
		for m := r.array(9); m > 0; m-- {
			key, value := r.string(), r.string()
			r.bool() // read only
			r.int8() // source
			r.bool() // sensitive
			for k := r.array(5); k > 0; k-- {
				r.string()
				r.string()
				r.int8()
			}
			if !r.bad {
				visit(topic, key, value)
			}
		}
	}
	return worse(worst, r.err())
}

// TopicID returns the UUID of a topic. A topic that was deleted and created again has another.
func (c *Cluster) TopicID(ctx context.Context, topic string) ([16]byte, error) {
	var id [16]byte
	c.forgetTopic(topic)
	err := retry(ctx, c.cfg.RetryTimeout, func() error {
		t, err := c.topic(ctx, topic)
		if err != nil {
			return err
		}
		id = t.id
		return nil
	})
	return id, wrap("id of "+topic, err)
}

// PartitionLag is how far a group is behind in one partition.
type PartitionLag struct {
	pipeline.TopicPartition
	// -1: nothing committed yet.
	Committed int64
	// First offset there is.
	Start int64
	// Last stable offset, where read-committed readers stop.
	Stable int64
	// High watermark.
	End int64
}

// Lag returns the number of offsets from the committed one, or the start, to the last stable
// offset. Transaction markers count: it is 0 only for a group that commits positions after them.
func (l *PartitionLag) Lag() int64 { return max(0, l.Stable-max(l.Committed, l.Start)) }

// Lag returns the group's lag in every partition of the topics, in order. It does not wait for
// offsets of open transactions; they count as not committed.
func (c *Cluster) Lag(ctx context.Context, group string, topics ...string) ([]PartitionLag, error) {
	var tps []pipeline.TopicPartition
	for _, t := range topics {
		n, err := c.PartitionCount(ctx, t)
		if err != nil {
			return nil, err
		}
		for p := range n {
			tps = append(tps, pipeline.TopicPartition{Topic: t, Partition: p})
		}
	}
	committed, err := c.offsetFetch(ctx, group, tps, false)
	if err != nil {
		return nil, err
	}
	start, err := c.StartOffsets(ctx, tps)
	if err != nil {
		return nil, err
	}
	stable, err := c.StableOffsets(ctx, tps)
	if err != nil {
		return nil, err
	}
	end, err := c.EndOffsets(ctx, tps)
	if err != nil {
		return nil, err
	}
	out := make([]PartitionLag, len(tps))
	for i, tp := range tps {
		out[i] = PartitionLag{TopicPartition: tp, Committed: -1, Start: start[tp], Stable: stable[tp], End: end[tp]}
		if o, ok := committed[tp]; ok {
			out[i].Committed = o.Offset
		}
	}
	return out, nil
}
