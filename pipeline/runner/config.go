package runner

import (
	"errors"
	"runtime"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// Delivery is what a crash may do to outputs.
type Delivery uint8

const (
	// ExactlyOnce: outputs, offsets and state are committed in one transaction.
	ExactlyOnce Delivery = iota
	// AtLeastOnce: no transactions; outputs and state are written before the offsets, so that what
	// lies after the last commit is done again after a crash.
	AtLeastOnce
)

// Config describes a runner. Topology, Cluster, Group and Instance must be given; zero values of the
// rest take the defaults in brackets. It is read when the runner is made, and not again.
type Config struct {
	// Topology is what runs. All members of the group must have the same roles and names.
	Topology *pipeline.Topology
	// Cluster is the broker. All I/O goes through it.
	Cluster pipeline.Cluster
	// Group is the consumer group whose members share out the source partitions.
	Group string
	// Instance is unlike that of any other process, and the same over restarts: it is part of every
	// transactional id, by which a process aborts what it left open when it died. Two processes of one
	// name fence each other.
	Instance string
	// Workers is how many goroutines run tasks, each with a producer of its own [one per core].
	Workers int
	// Delivery is what a crash may do to outputs [ExactlyOnce].
	Delivery Delivery

	// CommitInterval is the time between ordinary commits. It bounds the latency of outputs that are
	// not urgent, on each hop, and each commit costs the broker some requests [100 ms].
	CommitInterval time.Duration
	// CheckpointInterval is the time between a task's checkpoints. The commits between two write order
	// records, and are replayed after a failure. 0: each commit is a checkpoint, as it is wherever
	// delivery is not exactly once [0].
	CheckpointInterval time.Duration
	// UrgentInterval is the least time from the end of a commit to the next. Without it a stream of
	// calls would have a commit each [5 ms].
	UrgentInterval time.Duration
	// TickInterval is the time between ticks of processing time [100 ms].
	TickInterval time.Duration
	// LagInterval is the time between looks at the ends of the sources; a source becomes idle no sooner
	// than one after its last record [1 s].
	LagInterval time.Duration
	// EndMargin is what EndInput adds to the newest event time: the longest window plus allowed
	// lateness. With less, windows that end later stay open and their values never come;
	// Events.EndMarginShort tells of it [0].
	EndMargin time.Duration

	// CommitTimeout: a commit that takes longer counts as failed. Its outcome is not known then, so that
	// the worker initialises its producer anew and restores its tasks [15 s].
	CommitTimeout time.Duration
	// DrainTimeout is for the last commit of a generation; it must be less than the rebalance timeout,
	// or the group goes on without this member and the commit is refused [10 s].
	DrainTimeout time.Duration
	// RestartBackoff is the first pause after a failed commit; it doubles up to 5 s [100 ms].
	RestartBackoff time.Duration
	// MaxPending is the bytes of output after which a worker commits early, or waits. Less will do where a
	// commit of that size takes longer than half of CommitInterval [16 MiB].
	MaxPending int
	// MaxBacklog bounds the work, in time that it will take, that records of sources without priority may
	// bring before more of them are taken: how long a call may wait behind page views [300 ms].
	MaxBacklog time.Duration

	// Fetch is how sources, changelogs and tables are read.
	Fetch pipeline.FetcherConfig
	// Producer is for the workers' producers. TransactionalID and Last are set by the runner.
	Producer pipeline.ProducerConfig
	// Member is the member's. GroupID, Instance and Topics are set by the runner.
	Member pipeline.GroupConfig

	// Copy gives a task's copy of its changelog on this machine, where restores begin and stores may
	// keep values; nil keeps all state in memory. What it gives replaces what it gave before for the task.
	Copy func(id pipeline.TaskID) pipeline.Copy

	// Standbys is how many other members of the group follow the changelog of each task, ready to go on with
	// it when its owner is lost. Each needs memory as the task does. All members should agree [0].
	Standbys int

	// Build identifies the program, so that a replay can say whose commits they were; 0: not known.
	Build uint64
	// OnReplayDifference is what becomes of a task whose replay comes out otherwise than what was sent
	// [pipeline.ReplayStops: that task stops, the others go on].
	OnReplayDifference pipeline.OnReplayDifference

	// Events hears what the engine tells of itself.
	Events Events
	// Now is the clock. Tests have one that stands still between steps [time.Now].
	Now func() time.Time
	// TopicID gives a topic's UUID, zero where the cluster has none: a local copy is then never
	// trusted. It may be nil.
	TopicID func(topic string) [16]byte
}

// SetDefaults fills in what is zero. CheckpointInterval, EndMargin and Standbys stay 0, which has a
// meaning of its own.
func (c *Config) SetDefaults() {
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.CommitInterval, 100 * time.Millisecond},
		{&c.UrgentInterval, 5 * time.Millisecond},
		{&c.TickInterval, 100 * time.Millisecond},
		{&c.LagInterval, time.Second},
		{&c.CommitTimeout, 15 * time.Second},
		{&c.DrainTimeout, 10 * time.Second},
		{&c.RestartBackoff, 100 * time.Millisecond},
		{&c.MaxBacklog, 300 * time.Millisecond},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.MaxPending == 0 {
		c.MaxPending = 16 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Validate returns every problem of the configuration, the topology's included; nil for none.
func (c *Config) Validate() error {
	var errs []error
	if c.Topology == nil {
		errs = append(errs, errors.New("no topology"))
	} else {
		errs = append(errs, c.Topology.Validate())
	}
	if c.Cluster == nil {
		errs = append(errs, errors.New("no cluster"))
	}
	if c.Group == "" {
		errs = append(errs, errors.New("no group"))
	}
	if c.Instance == "" && c.Delivery == ExactlyOnce {
		errs = append(errs, errors.New("no instance: exactly once needs a name that is this process's alone"))
	}
	for _, d := range []time.Duration{c.CommitInterval, c.CheckpointInterval, c.UrgentInterval, c.TickInterval, c.LagInterval, c.CommitTimeout, c.DrainTimeout} {
		if d < 0 {
			errs = append(errs, errors.New("a negative interval or timeout"))
			break
		}
	}
	if c.Standbys < 0 {
		errs = append(errs, errors.New("a negative number of standbys"))
	}
	return errors.Join(errs...)
}
