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

// Config describes a runner. Topology, Cluster, Group and Instance must be given; zero values
// of the rest take the defaults in brackets.
type Config struct {
	Topology *pipeline.Topology
	Cluster  pipeline.Cluster
	Group    string
	Instance string // unlike that of any other process: part of every transactional id
	Workers  int    // [one per core]
	Delivery Delivery

	CommitInterval time.Duration // between ordinary commits; bounds output latency [100 ms]
	// CheckpointInterval is the time between a task's checkpoints. The commits between two write order
	// records, and are replayed after a failure. 0: each commit is a checkpoint, as it is wherever
	// delivery is not exactly once [0].
	CheckpointInterval time.Duration
	UrgentInterval     time.Duration // least time from the end of a commit to the next [5 ms]
	TickInterval       time.Duration // between ticks of processing time [100 ms]
	LagInterval        time.Duration // between looks at the ends of the sources; idleness waits for one [1 s]
	EndMargin          time.Duration // longest window plus allowed lateness: what EndInput adds to the newest event time [0]

	CommitTimeout  time.Duration // a commit that takes longer counts as failed [15 s]
	DrainTimeout   time.Duration // for the last commit of a generation; less than the rebalance timeout [10 s]
	RestartBackoff time.Duration // first pause after a failed commit; doubles up to 5 s [100 ms]
	// MaxPending is the bytes of output after which a worker commits early, or waits. Less will do where a
	// commit of that size takes longer than half of CommitInterval [16 MiB].
	MaxPending int
	// MaxBacklog bounds the work, in time that it will take, that records of sources without priority may
	// bring before more of them are taken: how long a call may wait behind page views [300 ms].
	MaxBacklog time.Duration

	Fetch    pipeline.FetcherConfig
	Producer pipeline.ProducerConfig // TransactionalID and Last are set by the runner
	Member   pipeline.GroupConfig    // GroupID, Instance and Topics are set by the runner

	// Copy gives a task's copy of its changelog on this machine, where restores begin and stores may
	// keep values; nil keeps all state in memory. What it gives replaces what it gave before for the task.
	Copy func(id pipeline.TaskID) pipeline.Copy

	// Standbys is how many other members of the group follow the changelog of each task, ready to go on with
	// it when its owner is lost. Each needs memory as the task does. All members should agree [0].
	Standbys int

	// Build identifies the program, for whether what it replays is its own; 0: not compared.
	// AcceptNewBuild lets it replay what another build or configuration did, and go on where the result
	// differs.
	Build          uint64
	AcceptNewBuild bool

	Events  Events
	Now     func() time.Time // [time.Now]
	TopicID func(topic string) [16]byte
}

// SetDefaults fills in what is zero.
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

// Validate returns every problem of the configuration.
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
