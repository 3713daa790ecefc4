package window

import (
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// panes are the windows of a Partitioning. Each has a pane, under its start and key, and one timer: for the
// window's end first, and then for when the pane is removed. Each record is in one window, so that folding
// is all that it costs.
type panes[A, E any] struct {
	base[A, E]
	by    Partitioning
	store *state.Map[pane[A]]
	// last is the window that was assigned last: a calendar is slow to ask, and records of one time
	// come together.
	last Window
	// filled: changed holds all of them; not so after a restore.
	filled bool
}

// newPanes declares the store of the panes. Its name is in changelog keys, hence Config.Name must stay.
func newPanes[A, E any](s *pipeline.Setup, b base[A, E], by Partitioning) *panes[A, E] {
	return &panes[A, E]{base: b, by: by, store: state.NewMap(s, "window-"+b.c.Name, codecOf(b.Codec))}
}

// assign is the window of an event time.
func (w *panes[A, E]) assign(t pipeline.Time) Window {
	if t < w.last.Start || t >= w.last.End {
		w.last = w.by.Assign(t)
	}
	return w.last
}

// IsLate implements Windows. A record at the watermark is on time; so a window has ended when the watermark
// has reached its End, which is not in it.
func (w *panes[A, E]) IsLate(at, judged pipeline.Time) bool {
	return judged >= w.assign(at).End+w.c.Lateness
}

// IsGone implements Windows. A window that is kept no longer takes nothing: a new pane would hold this record
// alone and replace the whole, downstream too.
func (w *panes[A, E]) IsGone(ctx *pipeline.Context, at pipeline.Time) bool {
	settled, _ := ctx.Watermark(w.c.Channels | pipeline.Settled)
	return settled >= w.goes(w.assign(at))
}

// goes is when a window is kept no longer.
func (w *panes[A, E]) goes(win Window) pipeline.Time { return win.End + w.c.Lateness + w.c.Retain }

// Add implements Windows. Whether a record is late is decided by the watermark that judged it; whether its
// window is gone, by the task's own. So a record that waited elsewhere is taken as long as its window is
// kept.
func (w *panes[A, E]) Add(ctx *pipeline.Context, r Arrival, e *E) (taken bool, err error) {
	win := w.assign(r.At)
	now, _ := ctx.Watermark(w.c.Channels)
	late := r.Judged >= win.End+w.c.Lateness
	gone := now >= w.goes(win) && w.IsGone(ctx, r.At) // settled is never after now
	if late || gone {
		ctx.Count(countDropped, w.c.Name)
	}
	if gone {
		return false, nil
	}
	key := w.placed(win.Start, aliasKey(r.Key))
	p := w.store.GetOrCreate(key)
	// The window is new to this task. Its timer is set for its end. Where the watermark is past that
	// already, no on-time pane will come: the pane counts as closed, and the timer for its removal takes
	// the place.
	if !p.known {
		p.known = true
		ctx.SetTimer(pipeline.Timer{At: win.End, Channels: w.c.Channels, Kind: w.c.TimerKind, Key: key})
		p.closed = now >= win.End
		if p.closed {
			w.setEnd(ctx, key, win)
		}
	}
	// A record that is late by its judgement is counted, and its value left out; the pane says so below.
	switch {
	case late:
		p.dropped++
	default:
		w.Fold(&p.value, e)
		if p.closed {
			p.late++
		}
	}
	if p.closed {
		return !late, w.sendPane(ctx, win, key, p, Late)
	}
	// The first change since the last emission puts the key on the list. It is cloned, as it aliases
	// scratch.
	if !p.changed {
		p.changed = true
		if w.c.Early > 0 {
			w.wait(ctx, strings.Clone(key))
		}
	}
	return !late, nil
}

// setEnd sets the timer that removes a pane. It replaces the one of the window's end: kind and key are the
// same. It waits for what is settled, since a record that was judged in time may still be under way where the
// watermark has leapt.
func (w *panes[A, E]) setEnd(ctx *pipeline.Context, key string, win Window) {
	ctx.SetTimer(pipeline.Timer{At: w.goes(win), Channels: w.c.Channels | pipeline.Settled, Kind: w.c.TimerKind, Key: key})
}

// OnTimer implements Windows. A pane has one timer, which comes twice: at the window's end, and when it
// is no longer kept. Where the watermark jumps over both, they fire one after the other.
func (w *panes[A, E]) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	if t.Kind != w.c.TimerKind {
		return nil
	}
	p := w.store.Get(t.Key)
	if p == nil {
		return nil
	}
	if p.closed {
		w.store.Delete(t.Key)
		return nil
	}
	p.closed = true
	w.store.Changed(p)
	win := w.windowOf(t.Key)
	w.setEnd(ctx, t.Key, win)
	return w.sendPane(ctx, win, t.Key, p, OnTime)
}

// OnTick implements Windows. A pane that ended meanwhile is passed over: its on-time pane has said more.
func (w *panes[A, E]) OnTick(ctx *pipeline.Context) error {
	if w.c.Early == 0 {
		return nil
	}
	if !w.filled {
		w.fill()
	}
	return w.waiting(ctx, func(key string) error {
		p := w.store.Get(key)
		if p == nil || !p.changed || p.closed {
			return nil
		}
		w.emitting()
		w.store.Changed(p)
		return w.sendPane(ctx, w.windowOf(key), key, p, Early)
	})
}

// fill finds the panes that had changed when the task's state was last committed. It reads the whole
// store, once after a restore.
func (w *panes[A, E]) fill() {
	w.filled, w.changed = true, w.changed[:0]
	w.store.Range(func(key string, p *pane[A]) bool {
		if p.changed && !p.closed {
			w.changed = append(w.changed, key)
		}
		return true
	})
}

// windowOf is the window of a store's key.
func (w *panes[A, E]) windowOf(key string) Window {
	start, _ := splitPlaced(key)
	return w.by.At(start)
}

// sendPane emits a pane. The caller has marked it as changed in the store.
func (w *panes[A, E]) sendPane(ctx *pipeline.Context, win Window, key string, p *pane[A], t Trigger) error {
	p.revision++
	p.changed = false
	w.out.Window, w.out.Value, w.out.Trigger, w.out.Revision = win, &p.value, t, p.revision
	w.out.Late, w.out.Dropped = p.late, p.dropped
	return w.send(ctx, key[8:])
}
