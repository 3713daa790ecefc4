package consume

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Config says what is read, and how it is batched. Group, Topics and RejectedSchema are required.
type Config struct {
	// Group is the consumer group; Instance names this member. A replica has none.
	Group, Instance string
	// Topics are read, all by one group.
	Topics []string
	// Source is the CloudEvents source of rejected records [/attune/sink].
	Source string
	// Rejected is where unusable records go [touchpoints.rejected]. They are framed under RejectedSchema, the
	// registry's id of RejectedRecord.
	Rejected       string
	RejectedSchema int32
	// RejectedElsewhere are topics that another consumer reads and rejects from, too. Their unusable records are not
	// sent twice.
	RejectedElsewhere []string
	// FlushInterval is when a batch that is not full is delivered: how stale the backend may be [1 s].
	FlushInterval time.Duration
	// MaxInFlight is how many full batches may wait for the backend before polling stops [2].
	MaxInFlight int
	// RetryMin and RetryMax bound the pause between attempts [100 ms, 10 s].
	RetryMin, RetryMax time.Duration
	// HandOver bounds how long a consumer that is revoked or stops still tries to deliver its last batch [10 s].
	HandOver time.Duration
	// FetchTimeout bounds how long a refused record may take to be fetched again [60 s].
	FetchTimeout time.Duration
	// ResumeAfterLoss: a partition that has lost records before they were read is read on behind them. Otherwise it
	// waits for somebody, and the others go on.
	ResumeAfterLoss bool
	// FromStart: each partition is read from its beginning the first time that this consumer has it, whatever the group
	// has committed.
	FromStart bool
	// Positions makes the consumer read all partitions by itself, as a replica does: no group shares them out, reading
	// begins where Positions says and elsewhere at the beginning, batches are delivered one after another, and no offset
	// is committed. The batches must be Replicas.
	Positions func(ctx context.Context) (map[pipeline.TopicPartition]int64, error)
	// Events hears what happens.
	Events Events
}

func (c *Config) setDefaults() {
	if c.Source == "" {
		c.Source = "/attune/sink"
	}
	if c.Rejected == "" {
		c.Rejected = schemas.TopicTouchpointsRejected
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 2
	}
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{{&c.FlushInterval, time.Second}, {&c.RetryMin, 100 * time.Millisecond}, {&c.RetryMax, 10 * time.Second}, {&c.HandOver, 10 * time.Second}, {&c.FetchTimeout, time.Minute}} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
}

// Validate reports every problem.
func (c *Config) Validate() error {
	var errs []error
	if c.Group == "" && c.Positions == nil {
		errs = append(errs, errors.New("consume: Group is missing"))
	}
	if len(c.Topics) == 0 {
		errs = append(errs, errors.New("consume: Topics is empty"))
	}
	if c.RejectedSchema == 0 && c.rejects() {
		errs = append(errs, errors.New("consume: RejectedSchema is missing"))
	}
	if c.MaxInFlight < 1 {
		errs = append(errs, fmt.Errorf("consume: MaxInFlight is %d, must be at least 1", c.MaxInFlight))
	}
	if c.RetryMax < c.RetryMin {
		errs = append(errs, errors.New("consume: RetryMax is below RetryMin"))
	}
	return errors.Join(errs...)
}

// rejects says whether this consumer may have to send rejected records itself.
func (c *Config) rejects() bool {
	return len(c.Topics) == 0 || slices.ContainsFunc(c.Topics, func(topic string) bool { return !slices.Contains(c.RejectedElsewhere, topic) })
}
