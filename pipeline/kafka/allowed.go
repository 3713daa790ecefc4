package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Operation is what an ACL allows, under Kafka's number.
type Operation int8

// Operations that attune needs of topics, groups and transactional ids.
const (
	OperationRead            Operation = 3
	OperationWrite           Operation = 4
	OperationDescribe        Operation = 8
	OperationDescribeConfigs Operation = 10
)

// String is Kafka's name of the operation.
func (o Operation) String() string {
	switch o {
	case OperationRead:
		return "Read"
	case OperationWrite:
		return "Write"
	case OperationDescribe:
		return "Describe"
	case OperationDescribeConfigs:
		return "DescribeConfigs"
	}
	return fmt.Sprint("operation ", int8(o))
}

// Operations are those that we are allowed on a resource, by ACLs or because there are none. nil: the broker does not say.
type Operations []Operation

// Without lists the operations that we would need as well. Where the broker does not say there are none.
func (o Operations) Without(need ...Operation) (missing []Operation) {
	for _, n := range need {
		if o != nil && !slices.Contains(o, n) {
			missing = append(missing, n)
		}
	}
	return missing
}

// allowedOf reads a set of operations, a bit each.
func allowedOf(bits int32) Operations {
	if bits == -1<<31 {
		return nil
	}
	out := Operations{}
	for _, o := range []Operation{OperationRead, OperationWrite, OperationDescribe, OperationDescribeConfigs} {
		if bits&(1<<o) != 0 {
			out = append(out, o)
		}
	}
	return out
}

// AllowedOnTopics says what we are allowed on topics, by name. On one that we may not even know of it is nothing.
func (c *Cluster) AllowedOnTopics(ctx context.Context, topics []string) (map[string]Operations, error) {
	layouts, err := c.describe(ctx, topics, true)
	if err != nil {
		return nil, wrap("ask what is allowed on topics", err)
	}
	out := map[string]Operations{}
	for _, t := range layouts {
		switch {
		case t.err.denied():
			out[t.name] = Operations{}
		case t.err == 0:
			out[t.name] = t.allowed
		}
	}
	return out, nil
}

// AllowedOnGroup says what we are allowed on a consumer group, whether there is one or not.
func (c *Cluster) AllowedOnGroup(ctx context.Context, group string) (allowed Operations, err error) {
	var w writer
	w.array(1)
	w.string(group)
	w.bool(true) // operations allowed
	rq := call{key: apiDescribeGroups, version: 3, body: w.b}
	err = c.coordinated(ctx, c.cfg.RetryTimeout, coordinator{kindGroup, group}, rq, func(r *reader) error {
		return readDescribeGroups(r, func(string) {}, func(describedMember) {}, func(o Operations) { allowed = o })
	})
	if errors.As(err, new(*DeniedError)) {
		return Operations{}, nil
	}
	return allowed, wrap("ask what is allowed on group "+group, err)
}

// MayWriteAs says whether we may write under a transactional id, by beginning to: there is no question for it. The id must
// be nobody's. The broker forgets it after transactional.id.expiration.ms.
func (c *Cluster) MayWriteAs(ctx context.Context, transactionalID string) (bool, error) {
	_, err := c.initProducer(ctx, transactionalID, 10_000)
	if errors.As(err, new(*DeniedError)) {
		return false, nil
	}
	return err == nil, wrap("begin to write as "+transactionalID, err)
}
