package pipeline

import (
	"cmp"
	"context"
)

// TopicPartition names one partition of one topic.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// Header is one record header. Decoders intern Key; Value aliases the fetch buffer.
type Header struct {
	Key   string
	Value []byte
}

// Record is one record as it came from a source partition. Key, Value and Headers alias the fetch
// buffer: they are valid until the call that received the record returns. Timestamp is the
// broker's, in Unix milliseconds; event time lives in the value only.
type Record struct {
	Topic     string
	Partition int32
	// Claimed: Timestamp is what the producer says (CreateTime), and not when the broker took the record in.
	Claimed bool
	// Unreadable: Value is a record batch that cannot be decoded, whole and as the broker has it, and Offset its
	// first. It stands for all records of the batch. Only readers that resume after losses are given such.
	Unreadable bool
	Offset     int64
	Timestamp  int64
	Key        []byte
	Value      []byte
	Headers    []Header
}

// Chunk is what one fetch brought for one partition: record batches in wire form. Next decodes the
// next record that read-committed readers may see (no control records, no aborted ones) into r,
// reusing r.Headers, and reports false at the end or on an error, which Err then holds
// (KindCorrupt for a broken batch). NextOffset is the position after the whole chunk; it moves on
// even where every record of it was filtered. It holds once Next has returned false: a chunk that
// comes to a batch that cannot be read ends there. Release hands the buffer back to the fetcher: no
// record of the chunk may be used after it.
type Chunk interface {
	Next(r *Record) bool
	Err() error
	Info() ChunkInfo
	Release()
}

// StableChunk is a Chunk whose records may hold for longer than until the next one. Stable reports
// whether the next call of Next leaves valid the records that were decoded before, if they were decoded
// into others than the one that it is given.
type StableChunk interface {
	Chunk
	Stable() bool
}

// ApartChunk is a Chunk that shares memory with others. Apart gives it memory of its own, for what has not
// been decoded yet, so that others can be freed while it waits.
type ApartChunk interface {
	Chunk
	Apart()
}

// ChunkInfo places a chunk in its partition.
type ChunkInfo struct {
	TopicPartition
	// NextOffset is the position after the chunk.
	NextOffset int64
	// HighWatermark and LastStable are the partition's ends as the broker gave them with the fetch: of
	// all that is written, and of what no open transaction can still abort.
	HighWatermark int64
	LastStable    int64
	// Bytes is the size of the wire form: what the chunk holds of the fetcher's budget until Release.
	Bytes int
}

// Fetcher reads partitions read-committed: records of aborted transactions never come out of it (I12).
// Assign sets the positions to read from and drops partitions that it does not name; it may be called
// while Poll waits. A Poll that begins after it returns nothing fetched for an earlier assignment. Poll
// blocks until something is there or its context ends, and returns chunks whose bytes together are
// bounded; not calling it is the back-pressure. One goroutine calls Poll. Close ends what it has under
// way; chunks that were not released by then are void.
//
// Pause is the back-pressure of one partition: while it is paused no request asks for it. What is under
// way still comes. It may be called while Poll waits. Assign ends every pause.
type Fetcher interface {
	Assign(positions map[TopicPartition]int64)
	Pause(tp TopicPartition, paused bool)
	Poll(ctx context.Context) ([]Chunk, error)
	Close() error
}

// OutRecord is a record on its way out. The producer copies it into wire form at once.
type OutRecord struct {
	Topic string
	// Partition is the caller's choice; for keyed records it is what the func Partition says, since the
	// key's state lives there.
	Partition int32
	// Timestamp is the processing time of the step, in Unix milliseconds.
	Timestamp int64
	Key       []byte
	// Value: nil is a tombstone.
	Value   []byte
	Headers []Header
}

// OffsetCommit is the position up to which a source partition has been processed.
type OffsetCommit struct {
	TopicPartition
	// Offset is the next record to read.
	Offset int64
	// Metadata is opaque to the broker; a task keeps its epoch and its source's watermark in it, so
	// that they are committed with the position and not apart from it (I6).
	Metadata string
}

// Producer collects output records in wire form and sends them in transactions of one
// transactional id (with an empty id: idempotently, at least once). Append and Seal do no I/O and
// are called from the worker's goroutine only. Init must have returned before the first Append,
// and again after any error of Commit.
type Producer interface {
	Init(ctx context.Context) error
	Append(r *OutRecord) error
	// Pending is how many bytes were appended since the last Seal.
	Pending() int
	Seal(offsets []OffsetCommit) Transaction
	Close() error
}

// Transaction is what one Seal took. Commit sends it whole: outputs, offsets (fenced by the
// generation), end of transaction. It may run while the worker goes on appending; one at a time. After
// an error of kind Fenced or an indefinite one, the producer must be initialised anew and everything
// since the last successful commit is void (I13, I14).
type Transaction interface {
	Commit(ctx context.Context, g Generation) error
	Empty() bool
}

// RestingTransaction is a Transaction for which the broker may not be ready: it has asked for a pause, which may be longer than
// any commit should take. Rest waits for the end of it, and returns early only where ctx ends. Commit does the same, but then
// the pause counts as part of it.
type RestingTransaction interface {
	Rest(ctx context.Context) error
}

// Group is a member of the consumer group that shares out source partitions. Next joins, or
// rejoins after the generation before has ended, and blocks until there is an assignment.
type Group interface {
	Next(ctx context.Context) (Generation, error)
	Close() error
}

// Generation is one assignment. Done is closed when it must be given up: the owner then finishes
// or aborts its open transaction, which the broker still accepts, and calls End, which lets the
// group go on. CommitOffsets commits outside a transaction (for sinks that are not Kafka).
type Generation interface {
	ID() int32
	MemberID() string
	GroupID() string
	Assigned() []TopicPartition
	Done() <-chan struct{}
	End()
	CommitOffsets(ctx context.Context, offsets []OffsetCommit) error
}

// GroupMembers is what a Generation may know of the others in it. Standbys need it.
type GroupMembers interface {
	// Members lists all members of the generation, this one among them.
	Members(ctx context.Context) ([]GroupMember, error)
}

// GroupMember is a member of a generation.
type GroupMember struct {
	ID       string
	Assigned []TopicPartition
	// Holds are the sources of its standbys, by its own word.
	Holds []TopicPartition
}

// StandbyGroup is a Group whose assignment takes standbys into account.
type StandbyGroup interface {
	// Holds says of which sources this member has standbys. It counts from the next generation on.
	Holds(sources []TopicPartition)
}

// Cluster is the broker as a runner needs it. Any goroutine may call it, several at once. Errors of
// kind Transient are worth a retry; the caller does that, with its own backoff.
//
// Committed waits out pending transactional offsets (RequireStable) and leaves out partitions without a
// commit: an answer that ignored them would send a task back to before the commit of its predecessor.
// EndOffsets are read-uncommitted ends: a reader that has passed them has seen everything that was
// written before it asked.
type Cluster interface {
	PartitionCount(ctx context.Context, topic string) (int32, error)
	Committed(ctx context.Context, group string, partitions []TopicPartition) (map[TopicPartition]OffsetCommit, error)
	EndOffsets(ctx context.Context, partitions []TopicPartition) (map[TopicPartition]int64, error)
	StartOffsets(ctx context.Context, partitions []TopicPartition) (map[TopicPartition]int64, error)
	NewFetcher(c FetcherConfig) Fetcher
	NewProducer(c ProducerConfig) Producer
	NewGroup(ctx context.Context, c GroupConfig) (Group, error)
}

// FetcherConfig bounds a fetcher. Zero values take the defaults in brackets.
type FetcherConfig struct {
	// MaxWait is how long the broker may wait for data, in milliseconds [50].
	MaxWait int
	// MaxBytes bounds one response; a worker holds one response for each of its feeds, and is sent the
	// next one meanwhile [8 MiB].
	MaxBytes int
	// PartBytes bounds one partition in a response, so that a partition that is far behind leaves room
	// for others [1 MiB].
	PartBytes int
	// Spacing is the least time between two requests to a broker while its answers are small,
	// milliseconds: what comes meanwhile comes together. Whatever it carries, a request costs the broker
	// more than many records do [0].
	Spacing int
	// Lost hears of positions that are not in the log, and of batches that cannot be read, from the fetcher's own
	// goroutines or that of a chunk; it must return at once, and not call the fetcher. The partition is not read any
	// more until it has another position, and the others go on. Where it is nil, or returns false, Poll or the chunk
	// returns the error.
	Lost func(l Loss) bool
	// Resume: a partition of which the log has lost what comes next is read on from where its log starts, and one with
	// a batch that cannot be read behind that.
	Resume bool
	// OpenLimit is for how many milliseconds a transaction that others have open may hold up a partition until Parked
	// hears of it, and again each time it has done so for as long [60000].
	OpenLimit int
	// Parked hears of partitions that cannot be read for now, after each attempt, and with a nil err when they can.
	// It is called as Lost is. A partition that the broker refuses waits until it does no more; where Parked is nil,
	// Poll returns the error.
	Parked func(tp TopicPartition, attempt int, err error)
}

// Loss is that a position is not in the log, or that what is there cannot be read.
type Loss struct {
	TopicPartition
	// From is the position, To where the log starts, or the unreadable batch ends: what lies between is gone. To is
	// not after From where the log is another than the position was of, or a batch has no end that could be told.
	From, To int64
	// Resumed: reading goes on at To.
	Resumed bool
	// Unreadable: it is there, and cannot be read.
	Unreadable bool
	// Err says it in words, and what can be done.
	Err error
}

// SetDefaults fills in what is zero.
func (c *FetcherConfig) SetDefaults() {
	c.MaxWait = cmp.Or(c.MaxWait, 50)
	c.MaxBytes = cmp.Or(c.MaxBytes, 8<<20)
	c.PartBytes = cmp.Or(c.PartBytes, 1<<20)
	c.OpenLimit = cmp.Or(c.OpenLimit, 60_000)
}

// ProducerConfig describes a producer.
type ProducerConfig struct {
	// TransactionalID names the producer over restarts; whoever initialises it last fences the others.
	// Empty: idempotent, without transactions.
	TransactionalID string
	// TransactionTimeout is after how many milliseconds the broker aborts a transaction whose producer
	// has died. Until then whoever takes over waits [10000].
	TransactionTimeout int
	// Compression is none, gzip, snappy, lz4 or zstd [none].
	Compression string
	// MaxBatchBytes is the size at which a partition's batch is closed. One that the topic does not take is split [512 KiB].
	MaxBatchBytes int
	// MaxRequestBytes bounds one produce request; it must be below what the broker takes [8 MiB].
	MaxRequestBytes int
	// Last are topics that are written, where there are no transactions, when all others have been: what
	// remembers that records were processed must not outlive what came of them.
	Last []string
	// Refused hears of a record that its topic does not take, for its size in bytes; it must return at once. The
	// record is left out. Where it is nil, Commit returns an error of KindRefused.
	Refused func(tp TopicPartition, size int)
}

// SetDefaults fills in what is zero.
func (c *ProducerConfig) SetDefaults() {
	c.TransactionTimeout = cmp.Or(c.TransactionTimeout, 10_000)
	c.Compression = cmp.Or(c.Compression, "none")
	c.MaxBatchBytes = cmp.Or(c.MaxBatchBytes, 512<<10)
	c.MaxRequestBytes = cmp.Or(c.MaxRequestBytes, 8<<20)
}

// GroupConfig describes the member. Sticky balancing keeps partitions where they were and spreads
// each topic's partitions evenly.
type GroupConfig struct {
	// GroupID and Instance name the group and this member of it. A member that comes back under its
	// name is the same one.
	GroupID  string
	Instance string
	// Topics are the source topics, of all roles.
	Topics []string
	// SessionTimeout is after how many milliseconds without a heartbeat a member counts as gone, and
	// others get its partitions: how long a crash stops a partition [6000].
	SessionTimeout int
	// Heartbeat is the milliseconds between two; a rebalance is noticed by the next one [1000; 200
	// embedded].
	Heartbeat int
	// RebalanceTimeout is how many milliseconds members have to finish their commits and come back. Who
	// takes longer loses what is not committed [30000].
	RebalanceTimeout int
	// Stay: Close does not leave the group. Nobody takes over the partitions before the session times out,
	// so that a process that comes back under the same name until then has them again, and no task was
	// restored but its own.
	Stay bool
}

// SetDefaults fills in what is zero.
func (c *GroupConfig) SetDefaults() {
	c.SessionTimeout = cmp.Or(c.SessionTimeout, 6000)
	c.Heartbeat = cmp.Or(c.Heartbeat, 1000)
	c.RebalanceTimeout = cmp.Or(c.RebalanceTimeout, 30_000)
}
