package pipeline

import (
	"context"
	"math"
)

// Time is event time or processing time in Unix milliseconds.
type Time int64

const (
	// MinTime is the watermark of a source that has said nothing yet.
	MinTime Time = math.MinInt64
	// MaxTime is later than any event.
	MaxTime Time = math.MaxInt64
)

// Channels is a set of watermark channels: bit i stands for channel i of Config.Channels. A
// channel is a named group of source partitions that share a bound on out-of-orderness.
type Channels uint32

// Settled, added to a set of channels, asks for their watermark as it was some time ago (Topology.UnderWay).
// Whatever another task had judged by it then, and passed on, has arrived since. So what can be said is said by
// the watermark, and what was kept for records that may still come is forgotten by the settled one. A task
// whose source carries no watermarks gets nothing from others: there it is the watermark.
const Settled Channels = 1 << 31

// Basis says what a watermark rests on; the weakest of the partitions that make it up counts.
type Basis uint8

const (
	// BasisReal: every source partition has spoken.
	BasisReal Basis = iota + 1
	// BasisIdle: at least one is left out because it committed that it is idle.
	BasisIdle
	// BasisForced: the runner ended the input.
	BasisForced
)

// Processor is the logic of one task. One goroutine calls it; it takes no lock, starts no
// goroutine, does no I/O and reads no clock: processing time is Context.Now. What it keeps between
// calls must be in stores declared in Role.New, or be derivable from them: after a failure a new
// Processor is made and the stores are restored to the last commit, by way of a checkpoint and a
// replay: what is emitted must be a function of the inputs and the stores alone.
//
// An error of KindInvalid sends the record to FailureHandler and the task goes on; any other
// error, or none to handle it, ends the task. A panic counts as KindInvalid the first time a
// record causes it.
type Processor interface {
	Process(ctx *Context, r *Record) error
}

// TimerHandler is called for each timer that the watermark has passed, in the order of time, kind
// and key, before any record that follows the watermark.
type TimerHandler interface {
	OnTimer(ctx *Context, t Timer) error
}

// WatermarkHandler is called after timers whenever the task's watermark of any channel has moved.
type WatermarkHandler interface {
	OnWatermark(ctx *Context) error
}

// TickHandler is called with each tick of processing time (about every 100 ms). A tick counts as one
// that did something where it emits, sets or clears a timer, or asks for a commit. One that does none
// of this must change nothing: it is not repeated in a replay.
type TickHandler interface {
	OnTick(ctx *Context) error
}

// BroadcastHandler receives the records of the role's broadcast topics; those that are there when
// the task begins come before its first record. A new Processor gets each topic from its start, so
// that what it keeps of it may live outside stores; what its task had taken before a restore comes
// again with Context.Replaying true, its outputs are discarded.
type BroadcastHandler interface {
	OnBroadcast(ctx *Context, r *Record) error
}

// AheadHandler is shown records shortly before they are processed, several at once, so that it can look
// at the state that they will need: what is far away in memory then comes for all of them together, and
// not for one after the other. It changes nothing and emits nothing. Not every record is shown before,
// and not every one that is shown is processed. A panic ends the look, and no more.
type AheadHandler interface {
	Ahead(records []Record)
}

// FailureHandler receives a record that Process could not use, with the reason. What Process had
// emitted or stored for the record stays.
type FailureHandler interface {
	OnFailure(ctx *Context, r *Record, reason error) error
}

// CommitHandler is called before each commit, to emit what is coalesced per commit.
type CommitHandler interface {
	OnCommit(ctx *Context) error
}

// Table is a topic held whole in memory by each process, shared by its tasks. The engine never
// calls Apply while a task of the process is inside Process.
type Table interface {
	Apply(r *Record) error
}

// Timer fires when the watermark over Channels (none: all) reaches At, at once where it has. Kind
// and Key together identify it: a timer set again moves. Timers are state: they survive a restart
// and fire even if the key stays silent.
type Timer struct {
	At       Time
	Channels Channels
	Kind     uint8
	Key      string
}

// Store is keyed state of one task, as the engine sees it; package state has the typed ones.
// Changes hands every key changed since the last call to yield. A nil value is a deletion, an empty one
// that is not nil a value. Restore is called with what Changes once yielded, newest value of a key only
// or all in order.
type Store interface {
	Name() string
	Changes(yield func(key, value []byte))
	Restore(key, value []byte) error
	Len() int
}

// TrimmedStore is a Store that keeps in memory a part of its values. Trim is called at commits that are
// no checkpoint; like Changes it may end the use of pointers that were handed out.
type TrimmedStore interface {
	Store
	Trim()
}

// ExpiringStore is a Store that removes keys by itself, in event time. What it removes is a change like
// any other. Whether a key is there is a function of what was written and of the watermarks that Expire
// was called with, so that it is the same again in a replay.
type ExpiringStore interface {
	Store
	// Expiry names the channels whose watermark removes keys, false where nothing is removed.
	Expiry() (ch Channels, ok bool)
	// Expire is called after the timers of every step with the watermark over those channels. It removes
	// what is due, and returns how many keys that were. Called again with the same it does nothing.
	Expire(watermark Time) int
}

// VersionedStore is a Store whose values begin with the number of the schema that they were written
// with. Schemas are numbered per changelog partition, from 1, and are kept in it before the first
// value that has their number: old values can be read by new code, and the changelog by itself.
type VersionedStore interface {
	Store
	// Schema is what this build writes with, empty where values have none.
	Schema() string
	// NewSchema returns the schema that the coming Changes write with, if the changelog does not have it.
	NewSchema() (number uint32, schema string, ok bool)
	// RestoreSchema is called with what the changelog has, before any value that has the number.
	RestoreSchema(number uint32, schema string) error
}

// Source is one input topic of a role: each of its partitions is a task's.
type Source struct {
	Topic string
	// Channel is the watermark channel that the records' event times drive (by
	// Context.ObserveEventTime), or NoChannel.
	Channel int
	// Carried is true where watermarks arrive as control records in the topic itself; Channel means
	// nothing then. Event time crosses topics once: a role with such a source has no WatermarksTo, and
	// what reads its outputs has no event time of it. A window of windows is a second operator in the
	// role of the first, which Process feeds with the panes.
	Carried bool
	// Priority: sources with a higher one are taken first when a worker is behind. Of a source with Times only
	// those records are that somebody may still wait for (Topology.Live).
	Priority int
	// Times says of a record when it became known, and when it happened. Sources that have it are read in
	// the order in which their records became known, across all their partitions: see runner.Config.
	// What cannot be read has the broker's timestamp. It is called before the record is processed, by the
	// task's goroutine, and changes nothing.
	Times func(r *Record) (known, event Time)
	// Leads: tables are made of the source. Of a backlog it is read ahead of the others that have Times, and these
	// wait until the tables have what was known before.
	Leads bool
}

// NoChannel marks a source without event time of its own.
const NoChannel = -1

// Role is one kind of task: what it reads and what it runs. Names are stable and kebab-case: they
// name state, changelogs and metrics.
type Role struct {
	// Name is stable: it is part of task names, metrics and the fingerprint.
	Name string
	// Sources are what the role reads; each partition is a task.
	Sources []Source
	// Broadcasts are topics that are read whole by every task. Their records are inputs of the task, in
	// a repeatable order.
	Broadcasts []string
	// Tables are held once per process. What they hold at a given record differs from run to run, so
	// that a role with tables and state writes a checkpoint in each commit.
	Tables []TableSource
	// Changelog is the topic that the state is restored from, with as many partitions as the source; empty
	// where there is no state. A role with a changelog has one source.
	Changelog string
	// WatermarksTo is the topic to whose partitions the role's sources carry their watermarks.
	WatermarksTo string
	// New declares outputs and stores and makes the Processor of one task. It is called at each restore
	// and must come to the same declarations each time. It does no I/O.
	New func(*Setup) (Processor, error)

	// Prepare, where it is set, is shown source records before a task takes them, and again before they
	// are replayed. Where Process needs something from outside for them, such as a writer's schema, it
	// returns what gets that, nil where nothing is missing: so Process never waits, and other partitions do
	// not wait either. Prepare itself does no I/O. Both are called outside of Step, with no lock held, by any
	// number of goroutines, and keep nothing of the records. An error means that asking again may help: the
	// partition is parked and get is called again, with longer and longer pauses, until it succeeds.
	Prepare func(records []Record) (get func(context.Context) error)
}

// PrepareFor calls Prepare where it is set, and gets what is missing.
func (r *Role) PrepareFor(ctx context.Context, records []Record) error {
	if get := r.Missing(records); get != nil {
		return get(ctx)
	}
	return nil
}

// Missing calls Prepare where it is set.
func (r *Role) Missing(records []Record) (get func(context.Context) error) {
	// A batch that cannot be read is the last record of its chunk, and needs nothing.
	if n := len(records); n > 0 && records[n-1].Unreadable {
		records = records[:n-1]
	}
	if r.Prepare == nil || len(records) == 0 {
		return nil
	}
	return r.Prepare(records)
}

// TableSource names a topic and makes the table that holds it.
type TableSource struct {
	Topic string
	New   func() Table
}

// Topology is the whole graph: its channels and roles.
type Topology struct {
	Name     string
	Clock    Clock
	Channels []Channel
	Roles    []Role
	// LiveWithin is for how long after something has happened somebody may wait for what comes of it, 0: for
	// ever. By ClockLog nobody does then: it is over.
	LiveWithin Time
	// UnderWay is how long, in milliseconds, a record may be on its way from one task to another, commit and
	// fetch and waiting included, and still finds what it needs there (Settled). 0: nothing is
	// kept for that.
	UnderWay Time
	// Settings identifies, if not 0, what else decides what the processors make of their inputs: a hash
	// of their configuration.
	Settings uint64
}

// Clock says what event times are compared with.
type Clock uint8

const (
	// ClockLog: the log itself. A channel whose sources are all idle holds its watermark.
	ClockLog Clock = iota
	// ClockBroker: the present. The watermark of a channel whose sources are all idle follows
	// processing time, at the distance of the channel's bound.
	ClockBroker
)

// Channel is a watermark channel.
type Channel struct {
	// Name is part of the engine's state, and must not change.
	Name string
	// OutOfOrderness is the bound, in milliseconds: the watermark trails the newest event time by this.
	// Records that are later than that may be late; a larger bound makes windows wait longer.
	OutOfOrderness Time
	// IdleAfter is for how many milliseconds of processing time without records a partition counts,
	// once it is known to hold none; after that it is idle and does not hold the channel back. 0:
	// never.
	IdleAfter Time
}
