package consume

import (
	"context"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// everything is the assignment of a replica: all partitions of all topics, for ever.
type everything struct{ partitions []pipeline.TopicPartition }

func (c *Consumer) everything(ctx context.Context) (pipeline.Generation, error) {
	var all everything
	for _, topic := range c.cfg.Topics {
		n, err := c.cluster.PartitionCount(ctx, topic)
		if err != nil {
			return nil, fmt.Errorf("look up topic %s: %w", topic, err)
		}
		for p := range n {
			all.partitions = append(all.partitions, pipeline.TopicPartition{Topic: topic, Partition: p})
		}
	}
	return all, nil
}

func (e everything) ID() int32                           { return 0 }
func (e everything) MemberID() string                    { return "" }
func (e everything) GroupID() string                     { return "" }
func (e everything) Assigned() []pipeline.TopicPartition { return e.partitions }

// Done never fires: nobody takes partitions away.
func (e everything) Done() <-chan struct{} { return nil }
func (e everything) End()                  {}

// CommitOffsets does nothing: the backend has the positions already.
func (e everything) CommitOffsets(context.Context, []pipeline.OffsetCommit) error { return nil }
