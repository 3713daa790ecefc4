package config

import (
	"time"

	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/pipeline/kafka"
)

// RunConfig has the processor's settings.
type RunConfig struct {
	// Group is the consumer group, and the prefix of transactional ids.
	Group string `yaml:"group"`
	// Workers is how many tasks are worked on at once. 0 is one per core.
	Workers int `yaml:"workers"`
	// CommitInterval is the time between ordinary commits: how late output may be.
	CommitInterval time.Duration `yaml:"commit_interval"`
	// CheckpointInterval is the time between the checkpoints of a task's state. After a failure the
	// commits since the last one are replayed. 0: state is saved with every commit.
	CheckpointInterval time.Duration `yaml:"checkpoint_interval"`
	// OnReplayDifference is what becomes of a task whose replay comes out otherwise than what was sent, as it may
	// after a kill when another build or other settings go on: stop (that task, until somebody decides; the others
	// go on), or resume with what the replay makes.
	OnReplayDifference string `yaml:"on_replay_difference"`
	// OnDataLoss is what becomes of a task whose source has lost records that it had not read, as retention does
	// that is shorter than a downtime, or has a batch that cannot be read: stop (that task, until somebody decides;
	// the others go on), or resume behind them.
	OnDataLoss string `yaml:"on_data_loss"`
	// UrgentInterval is the least time between urgent commits.
	UrgentInterval time.Duration `yaml:"urgent_interval"`
	// Delivery is exactly-once or at-least-once.
	Delivery string `yaml:"delivery"`
	// Compression of what is written is none, gzip, snappy, lz4 or zstd.
	Compression string `yaml:"compression"`
	// IdentityKey protects the identifier index: at least 16 secret bytes, such as
	// ${file:/run/secrets/identity_key}. It is required outside the demo. With another key anonymous
	// journeys begin anew.
	IdentityKey kafka.Secret `yaml:"identity_key"`
	// Identifiers says to which of its identifiers a touchpoint belongs: the first kind of this list
	// that it has. Kinds left out are never used; an empty list is the default. A change moves journeys
	// to other shards.
	Identifiers []string `yaml:"identifiers"`
	// Taxonomy is health, bank, or a file of contact reasons.
	Taxonomy string `yaml:"taxonomy"`
	// Model is the kind of model that says why patients call: softmax or naive-bayes. What one has learned
	// the other cannot use: it begins anew, and finds its own again when it is chosen again.
	Model string `yaml:"model"`
	// Catalogue is a file of actions. Empty is the built-in one.
	Catalogue string `yaml:"catalogue"`
	// Wording is en, es, or a file of the texts that briefs are made of. Empty is the built-in one in the
	// catalogue's language.
	Wording string `yaml:"wording"`
	// Limit bounds the web and app touchpoints of one identifier; more are rejected as over_limit.
	Limit observe.LimitConfig `yaml:"limit"`
	// Standbys is how many other instances follow the state of each task, so that they can take it over
	// in seconds. A standby needs as much memory as the task. It must be the same in all instances.
	Standbys int `yaml:"standbys"`
	// StayOnStop is for rolling restarts: an instance that stops may come back under its name within
	// session_timeout before others take over its tasks.
	StayOnStop bool `yaml:"stay_on_stop"`
	// Clock is broker, which ignores the header attune_clock, or log, which follows it, for simulate
	// and import.
	Clock string `yaml:"clock"`

	// TickInterval is the time between ticks of processing time: how exact timers of processing time
	// are.
	TickInterval time.Duration `yaml:"tick_interval"`
	// LagInterval is the time between looks at the ends of the sources. A channel does not count as
	// silent before one.
	LagInterval time.Duration `yaml:"lag_interval"`
	// CommitTimeout is after how long a commit counts as failed.
	CommitTimeout time.Duration `yaml:"commit_timeout"`
	// DrainTimeout bounds the last commit before partitions are given up. It must be below rebalance_timeout.
	DrainTimeout time.Duration `yaml:"drain_timeout"`
	// RestartBackoff is the first pause after a failed commit; it doubles up to 5 s.
	RestartBackoff time.Duration `yaml:"restart_backoff"`
	// MaxPending is the bytes of output after which a worker commits early. It commits at fewer if a
	// commit of that size takes longer than half of commit_interval.
	MaxPending int `yaml:"max_pending"`
	// MaxBacklog is how much work, measured in the time that it takes, may be waiting before less
	// urgent sources are read on: how long a call may wait behind page views.
	MaxBacklog time.Duration `yaml:"max_backlog"`
	// LiveWithin is for how long after a call's step its caller may still be on the phone. Such steps go before
	// everything else; what is older is read in the order of time, with the other channels. It means nothing
	// where clock is log: all is read in the order of time.
	LiveWithin time.Duration `yaml:"live_within"`
	// TransactionTimeout is after how long the broker aborts a transaction whose instance is gone.
	TransactionTimeout time.Duration `yaml:"transaction_timeout"`
	// SessionTimeout is how long an instance may be without a heartbeat before the broker considers it
	// dead. The broker's group.min.session.timeout.ms bounds it.
	SessionTimeout time.Duration `yaml:"session_timeout"`
	// HeartbeatInterval is the time between heartbeats. It must be below session_timeout.
	HeartbeatInterval time.Duration `yaml:"heartbeat_interval"`
	// RebalanceTimeout is how long a rebalance waits for an instance.
	RebalanceTimeout time.Duration `yaml:"rebalance_timeout"`
	// FetchWait is how long a broker may wait for new records before it answers a fetch.
	FetchWait time.Duration `yaml:"fetch_wait"`
	// FetchBytes bounds the answer to a fetch.
	FetchBytes int `yaml:"fetch_bytes"`
	// FetchPartitionBytes bounds one partition in the answer to a fetch.
	FetchPartitionBytes int `yaml:"fetch_partition_bytes"`
	// OpenTransactionLimit is for how long a transaction may keep records from being read until the partition counts as
	// parked: more than the sources' own commit interval, where they write in transactions.
	OpenTransactionLimit time.Duration `yaml:"open_transaction_limit"`
	// BatchBytes closes a batch of one partition that is written.
	BatchBytes int `yaml:"batch_bytes"`
	// RequestBytes bounds one request of batches.
	RequestBytes int `yaml:"request_bytes"`
}
