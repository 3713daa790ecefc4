package window

import (
	"encoding/binary"
	"slices"
	"strings"
	"unsafe"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// Windows keeps the panes of one aggregate for one task: A is the accumulator, E what is folded into
// it. Like all of a task it is used by one goroutine.
type Windows[A, E any] struct {
	c       Config
	panes   *state.Map[pane[A]]
	fold    func(acc *A, e *E)
	emit    func(ctx *pipeline.Context, p *Pane[A]) error
	changed []string // keys of panes that wait for an early emission
	filled  bool     // changed holds all of them; not so after a restore
	due     *state.Value[pipeline.Time]
	out     Pane[A]
	key     []byte
}

// Arrival says where a record belongs.
type Arrival struct {
	At     pipeline.Time // event time
	Judged pipeline.Time // the watermark that judges it late or not
	Key    []byte        // of the record within the window; copied
}

// New makes the windows and registers their store with the task. fold takes a record into an
// accumulator that begins as A's zero value; emit gets each pane.
func New[A, E any](s *pipeline.Setup, c Config, codec state.Codec[A], fold func(*A, *E), emit func(*pipeline.Context, *Pane[A]) error) (*Windows[A, E], error) {
	c.setDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Windows[A, E]{
		c: c, due: state.NewValue(s, "window-"+c.Name+"-due", timeCodec{}), panes: state.NewMap(s, "window-"+c.Name, codecOf(codec)), fold: fold, emit: emit,
	}, nil
}

// IsLate reports whether a record of event time at is beyond allowed lateness, by the watermark that
// judges it.
func (w *Windows[A, E]) IsLate(at, judged pipeline.Time) bool {
	return judged >= w.c.Assigner.Assign(at).End+w.c.Lateness
}

// Add takes a record, and reports whether it was taken into the window's value. A record that was
// not is counted in the pane, if there is one.
func (w *Windows[A, E]) Add(ctx *pipeline.Context, r Arrival, e *E) (taken bool, err error) {
	win := w.c.Assigner.Assign(r.At)
	now, _ := ctx.Watermark(w.c.Channels)
	late := r.Judged >= win.End+w.c.Lateness
	if now >= win.End+w.c.Lateness+w.c.Retain {
		return false, nil // the pane is gone: a new one would replace the whole by a part
	}
	w.key = append(binary.BigEndian.AppendUint64(w.key[:0], uint64(win.Start)^1<<63), r.Key...)
	p := w.panes.GetOrCreate(aliasKey(w.key))
	if !p.known {
		p.known = true
		ctx.SetTimer(pipeline.Timer{At: win.End, Channels: w.c.Channels, Kind: w.c.TimerKind, Key: aliasKey(w.key)})
		p.closed = now >= win.End
		if p.closed {
			w.setEnd(ctx, aliasKey(w.key), win)
		}
	}
	switch {
	case late:
		p.dropped++
	default:
		w.fold(&p.value, e)
		if p.closed {
			p.late++
		}
	}
	if p.closed {
		return !late, w.send(ctx, aliasKey(w.key), p, Late)
	}
	if !p.changed {
		p.changed = true
		if w.c.Early > 0 {
			w.changed = append(w.changed, strings.Clone(aliasKey(w.key)))
			if *w.due.Get() == 0 {
				w.due.Put(ctx.Now() + w.c.Early)
			}
		}
	}
	return !late, nil
}

// setEnd sets the timer that removes a pane.
func (w *Windows[A, E]) setEnd(ctx *pipeline.Context, key string, win Window) {
	ctx.SetTimer(pipeline.Timer{At: win.End + w.c.Lateness + w.c.Retain, Channels: w.c.Channels, Kind: w.c.TimerKind, Key: key})
}

// OnTimer closes a window, or removes its pane.
func (w *Windows[A, E]) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	p := w.panes.Get(t.Key)
	if p == nil {
		return nil
	}
	if p.closed {
		w.panes.Delete(t.Key)
		return nil
	}
	p.closed = true
	w.panes.MarkDirty(t.Key)
	w.setEnd(ctx, t.Key, w.windowOf(t.Key))
	return w.send(ctx, t.Key, p, OnTime)
}

// OnTick emits the panes that have changed and whose windows have not ended, once the first of them
// has waited for as long as Config says. What it decides by is in stores, so that it comes out again
// when the task's commits are replayed.
func (w *Windows[A, E]) OnTick(ctx *pipeline.Context) error {
	if due := *w.due.Get(); due == 0 || ctx.Now() < due {
		return nil
	}
	if !w.filled {
		w.fill()
	}
	slices.Sort(w.changed)
	for i, key := range w.changed {
		w.changed[i] = ""
		p := w.panes.Get(key)
		if p == nil || !p.changed || p.closed {
			continue
		}
		w.panes.MarkDirty(key)
		w.due.Delete() // not where nothing is emitted: such a tick must leave no trace
		if err := w.send(ctx, key, p, Early); err != nil {
			return err
		}
	}
	w.changed = w.changed[:0]
	return nil
}

// fill finds the panes that had changed when the task's state was last committed.
func (w *Windows[A, E]) fill() {
	w.filled, w.changed = true, w.changed[:0]
	w.panes.Range(func(key string, p *pane[A]) bool {
		if p.changed && !p.closed {
			w.changed = append(w.changed, key)
		}
		return true
	})
}

func (w *Windows[A, E]) windowOf(key string) Window {
	return w.c.Assigner.At(pipeline.Time(binary.BigEndian.Uint64([]byte(key[:8])) ^ 1<<63))
}

func (w *Windows[A, E]) send(ctx *pipeline.Context, key string, p *pane[A], t Trigger) error {
	p.revision++
	p.changed = false
	at, basis := ctx.Watermark(w.c.Channels)
	w.out = Pane[A]{
		Window: w.windowOf(key), Key: append(w.out.Key[:0], key[8:]...), Value: &p.value, Trigger: t, Revision: p.revision,
		Basis: basis, Watermark: at, Late: p.late, Dropped: p.dropped,
	}
	return w.emit(ctx, &w.out)
}

// aliasKey is a string over b, for lookups only: stores and timers clone the keys that they keep.
func aliasKey(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
