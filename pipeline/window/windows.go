package window

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unsafe"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// Windows keeps the windows of one aggregate for one task: A is the accumulator, E what is folded into
// it. Like all of a task they are used by one goroutine. Whoever has them passes on the timers of
// Config.TimerKind, and each tick; without its timers a window never closes, and without ticks nothing
// is emitted early. Values, counts and timers are the task's state, and survive a restart. An error
// comes from emit, and ends the step.
type Windows[A, E any] interface {
	// Add takes a record, and reports whether it was taken into the value of a window. A record that
	// was not is counted in each of its windows that is kept, and by Context.Count.
	Add(ctx *pipeline.Context, r Arrival, e *E) (taken bool, err error)
	// IsLate reports whether a record of event time at is beyond the allowed lateness of all its
	// windows, by the watermark that judges it.
	IsLate(at, judged pipeline.Time) bool
	// IsGone reports whether no window of a record of event time at is kept any more: in time or late, it
	// changes nothing, and nothing says so but Context.Count.
	IsGone(ctx *pipeline.Context, at pipeline.Time) bool
	// OnTimer closes a window, or forgets it. Timers of another kind it passes over.
	OnTimer(ctx *pipeline.Context, t pipeline.Timer) error
	// OnTick emits, every so much processing time, what has changed and has not ended.
	OnTick(ctx *pipeline.Context) error
}

// Arrival says where a record belongs.
type Arrival struct {
	// At is the record's event time.
	At pipeline.Time
	// Judged is the watermark that judges it late or not, as a rule Context.Watermark(Config.Channels)
	// before the record was observed. There is no default: 0 is a watermark of 1970, by which nothing
	// is ever late.
	Judged pipeline.Time
	// Key is the record's within the window; it is copied.
	Key []byte
}

// Emit gets each pane, on the task's goroutine. It may keep nothing of it: key and value are used anew. An
// error ends the step.
type Emit[A any] = func(ctx *pipeline.Context, p *Pane[A]) error

// New makes the windows and registers their stores with the task, so that it is called in Role.New only.
// emit gets each pane. An error is one of configuration.
func New[A, E any](s *pipeline.Setup, c Config, a Aggregate[A, E], emit Emit[A]) (Windows[A, E], error) {
	c.setDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := a.validate(&c); err != nil {
		return nil, err
	}
	s.TimerKinds("windows "+c.Name, c.TimerKind, 1)
	s.Span("windows "+c.Name, longest(c.Assigner)+c.Lateness)
	b := base[A, E]{c: c, Aggregate: a, emit: emit, due: state.NewValue(s, "window-"+c.Name+"-due", timeCodec{})}
	switch by := c.Assigner.(type) {
	case Sliding:
		return newSliding(s, b, by), nil
	case Session:
		return newSessions(s, b, by), nil
	case Partitioning:
		return newPanes(s, b, by), nil
	}
	return nil, fmt.Errorf("windows %s: assigner %T is none of this package and not Partitioning", c.Name, c.Assigner)
}

// countDropped counts records that no window took, by the name of the windows.
const countDropped = "window_dropped_records"

// base is what all windows have.
type base[A, E any] struct {
	Aggregate[A, E]
	c Config
	// emit is the caller's.
	emit Emit[A]
	// due is when the next early emission is; 0 says that nothing waits. It is in a store so that a
	// replay emits at the same ticks.
	due *state.Value[pipeline.Time]
	// changed are the keys that wait for it.
	changed []string
	// out and key are used anew for each pane and each lookup.
	out Pane[A]
	key []byte
}

// wait puts a key on the list for the next early emission, which is due Config.Early after the first key
// was put there. The time is in a store, so that a replay emits at the same ticks.
func (b *base[A, E]) wait(ctx *pipeline.Context, key string) {
	b.changed = append(b.changed, key)
	if *b.due.Get() == 0 {
		b.due.Put(ctx.Now() + b.c.Early)
	}
}

// waiting yields, when an early emission is due, the keys that wait for it, in order.
func (b *base[A, E]) waiting(ctx *pipeline.Context, yield func(key string) error) error {
	if due := *b.due.Get(); due == 0 || ctx.Now() < due {
		return nil
	}
	// Sorted, because after a restore the keys come from the store and not in the order of their changes: a
	// replay must emit the same bytes in the same order.
	slices.Sort(b.changed)
	for i, key := range b.changed {
		// The array is used again; a string left in it would keep its key's bytes alive.
		b.changed[i] = ""
		if err := yield(key); err != nil {
			return err
		}
	}
	b.changed = b.changed[:0]
	return nil
}

// emitting says that an early emission is under way. It is called only where something is emitted: a
// tick that emits nothing must leave no trace.
func (b *base[A, E]) emitting() { b.due.Delete() }

// remind sets the timer of a key, unless an earlier one is set. due is what the caller knows of it:
// when it is set for, 0 where that is not known.
func (b *base[A, E]) remind(ctx *pipeline.Context, key string, at pipeline.Time, due *pipeline.Time) {
	if *due == 0 {
		if old, ok := ctx.TimerAt(b.c.TimerKind, key); ok {
			*due = old
		}
	}
	if *due == 0 || at < *due {
		ctx.SetTimer(pipeline.Timer{At: at, Channels: b.c.Channels, Kind: b.c.TimerKind, Key: key})
		*due = at
	}
}

// send emits b.out, of which the caller has set Window, Value, Trigger, Revision, Late and Dropped.
func (b *base[A, E]) send(ctx *pipeline.Context, key string) error {
	p := &b.out
	p.Key = append(p.Key[:0], key...)
	p.Version = int64(ctx.Epoch())<<32 | int64(p.Revision)
	p.Watermark, p.Basis = ctx.Watermark(b.c.Channels)
	return b.emit(ctx, p)
}

// placed is the store's key of what begins at start: the time, encoded so that bytes are in the order of
// times, then the record's key. It is valid until the next call.
func (b *base[A, E]) placed(start pipeline.Time, key string) string {
	b.key = append(binary.BigEndian.AppendUint64(b.key[:0], uint64(start)^1<<63), key...)
	return aliasKey(b.key)
}

// splitPlaced undoes placed.
func splitPlaced(placed string) (start pipeline.Time, key string) {
	return pipeline.Time(binary.BigEndian.Uint64([]byte(placed[:8])) ^ 1<<63), placed[8:]
}

// aliasKey is a string over b, for lookups only: stores and timers clone the keys that they keep.
func aliasKey(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
