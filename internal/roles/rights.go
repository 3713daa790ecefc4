package roles

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
	"github.com/attune-health/attune/sinks/desk"
)

// Right is what a role must be allowed on one resource.
type Right struct {
	// Resource is Kafka's word: topic, group or transactional-id. Name is attune's own; of a transactional id it is the
	// beginning.
	Resource, Name string
	Operations     []kafka.Operation
}

// Rights are what a role (run, sink or desk) must be allowed, each resource once.
func Rights(ctx context.Context, c *config.Config, role string) ([]Right, error) {
	r := rights{}
	// The start looks at all topics, and at their settings.
	for _, t := range schemas.Topics(c.TopicConfig()) {
		r.need(kafka.OperationDescribe, t.Name)
		r.need(kafka.OperationDescribeConfigs, t.Name)
	}
	group := ""
	switch role {
	case "run":
		group = c.RunGroup()
		if err := r.run(ctx, c); err != nil {
			return nil, err
		}
		if c.Run.Delivery == "at-least-once" {
			break
		}
		r = append(r, Right{"transactional-id", group + "-", []kafka.Operation{kafka.OperationWrite, kafka.OperationDescribe}})
	case "sink":
		group = c.SinkGroup()
		r.need(kafka.OperationRead, clickhouse.TopicsIn(c.Topics.Generation).List()...)
		r.need(kafka.OperationWrite, c.Own(schemas.TopicTouchpointsRejected))
	case "desk":
		r.need(kafka.OperationRead, desk.TopicsIn(c.Topics.Generation).List()...)
		r.need(kafka.OperationWrite, schemas.TopicAccessAudit, schemas.TopicActionOutcomes)
		if c.Desk.WritesCalls {
			r.need(kafka.OperationWrite, schemas.TopicTouchpointsCall)
		}
		if c.Desk.LinksCalls {
			r.need(kafka.OperationWrite, schemas.TopicIdentityLinks)
		}
	default:
		return nil, fmt.Errorf("no role %q: run, sink or desk", role)
	}
	if group != "" {
		r = append(r, Right{"group", group, []kafka.Operation{kafka.OperationRead, kafka.OperationDescribe}})
	}
	return r, nil
}

type rights []Right

// need adds an operation on topics.
func (r *rights) need(o kafka.Operation, topics ...string) {
	for _, name := range topics {
		i := slices.IndexFunc(*r, func(x Right) bool { return x.Name == name })
		if i < 0 {
			*r = append(*r, Right{Resource: "topic", Name: name})
			i = len(*r) - 1
		}
		(*r)[i].Operations = append((*r)[i].Operations, o)
	}
}

// run adds what the topology reads and writes.
func (r *rights) run(ctx context.Context, c *config.Config) error {
	t, err := OfflineTopology(ctx, c)
	if err != nil {
		return err
	}
	read := map[string]bool{}
	for i := range t.Roles {
		role := &t.Roles[i]
		for _, s := range role.Sources {
			read[s.Topic] = true
		}
		for _, s := range role.Tables {
			read[s.Topic] = true
		}
		for _, topic := range role.Broadcasts {
			read[topic] = true
		}
		read[role.Changelog] = true
	}
	for _, topic := range schemas.Topics(c.TopicConfig()) {
		if read[topic.Name] {
			r.need(kafka.OperationRead, topic.Name)
		}
		if !topic.Input || topic.Name == schemas.TopicIdentityLinks && c.Graph.Identify.LinkAuthenticatedSessions {
			r.need(kafka.OperationWrite, topic.Name)
		}
	}
	return nil
}

// CheckRights compares what a role needs with what the cluster allows, and says of each resource what is missing and how
// it is given.
func CheckRights(ctx context.Context, cluster *kafka.Cluster, c *config.Config, role string) (missing []error, err error) {
	need, err := Rights(ctx, c, role)
	if err != nil {
		return nil, err
	}
	var topics []string
	for _, r := range need {
		if r.Resource == "topic" {
			topics = append(topics, r.Name)
		}
	}
	onTopics, err := cluster.AllowedOnTopics(ctx, topics)
	if err != nil {
		return nil, err
	}
	for _, r := range need {
		lacks, name, err := lacking(ctx, cluster, r, onTopics)
		if err != nil {
			return nil, err
		}
		if len(lacks) > 0 {
			missing = append(missing, rightMissing(cluster, role, r.Resource, name, lacks))
		}
	}
	return missing, nil
}

// lacking are the operations of a right that we are not allowed, and what the cluster calls the resource.
func lacking(ctx context.Context, cluster *kafka.Cluster, r Right, onTopics map[string]kafka.Operations) (lacks []kafka.Operation, name string, err error) {
	switch r.Resource {
	case "topic":
		// One that is not there is another check's.
		return onTopics[r.Name].Without(r.Operations...), cluster.TopicName(r.Name), nil
	case "group":
		allowed, err := cluster.AllowedOnGroup(ctx, r.Name)
		return allowed.Without(r.Operations...), r.Name, err
	}
	may, err := cluster.MayWriteAs(ctx, r.Name+"doctor")
	if err != nil || may {
		return nil, r.Name, err
	}
	return r.Operations, r.Name, nil
}

func rightMissing(cluster *kafka.Cluster, role, resource, name string, lacks []kafka.Operation) error {
	var words, flags []string
	for _, o := range lacks {
		words, flags = append(words, o.String()), append(flags, "--operation "+o.String())
	}
	pattern := ""
	if resource == "transactional-id" {
		pattern = " --resource-pattern-type prefixed"
	}
	return fmt.Errorf("attune %s must be allowed to %s %s %s: kafka-acls --add --allow-principal User:%s %s --%s %s%s (docs/acls.md)",
		role, strings.Join(words, " and "), resource, name, cluster.User(), strings.Join(flags, " "), resource, name, pattern)
}
