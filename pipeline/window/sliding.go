package window

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// sliding windows share slices: the time between two moments at which a window begins or ends. A record is
// folded into one slice, however many windows it is in; a window's value is merged from its slices when it
// is emitted. So a window of a day that slides by a minute costs a record one fold and not 1440. This is
// stream slicing, as in Scotty (Traub and others, 2018), over a tree of partial aggregates.
//
//	windows   ├──────────── 0 ────────────┤
//	                ├──────────── 1 ────────────┤
//	                      ├──────────── 2 ────────────┤
//	slices    ├─0───┼─1───┼─2───┼─3───┼─4───┼─5───┼───
//
// A note holds what a window does not share with others. Only few windows have one: those that took late
// records, or left some out. A late record may be left out by some of its windows and taken by others.
// Folded into the slice it would show in the former too, so their values are frozen first.
//
// The slices of a key are found by a tree in memory. Their values belong to the store, which may move them
// to disk at a commit; then they are loaded again.
type sliding[A, E any] struct {
	base[A, E]
	// by is the assigner.
	by Sliding
	// slices are by start and key.
	slices *state.Map[A]
	// frozen are values of windows that no longer follow from slices, by start and key.
	frozen *state.Map[A]
	// notes are of windows, by start and key.
	notes *state.Map[mark]
	// keys have the revision of each key, and whether it waits for an early emission.
	keys *state.Map[mark]
	// tracks are by key.
	tracks map[string]*track[A]
	// filled: tracks hold what was restored.
	filled bool
	// sum is where windows are merged. What is emitted of it is valid during the call only.
	sum A
}

// track is where the slices and notes of one key are.
type track[A any] struct {
	key  string
	mark mark
	// due is the time of its timer, 0 where it is not known.
	due  pipeline.Time
	tree tree[A]
	// notes are in the order of windows.
	notes []note
}

// note is what a window has of its own: how many records were late or dropped, and whether its value
// is frozen.
type note struct {
	window int64
	mark
}

// newSliding declares the stores of sliding windows.
func newSliding[A, E any](s *pipeline.Setup, b base[A, E], by Sliding) *sliding[A, E] {
	name := "window-" + b.c.Name
	return &sliding[A, E]{
		base: b, by: by, slices: state.NewMap(s, name, b.Codec), frozen: state.NewMap(s, name+"-frozen", b.Codec),
		notes: state.NewMap(s, name+"-notes", markCodec{}), keys: state.NewMap(s, name+"-keys", markCodec{}), tracks: make(map[string]*track[A]),
	}
}

// trackOf is the track of a key, a new one where there was none.
func (w *sliding[A, E]) trackOf(key string) *track[A] {
	t := w.tracks[key]
	if t == nil {
		t = &track[A]{key: strings.Clone(key)}
		t.tree.load = func(n *node[A]) *A { return w.load(t, n) }
		w.tracks[t.key] = t
	}
	return t
}

// load is the value of a slice. A store on disk takes its pointers back at commits; its generation says so,
// and the node remembers with which one its pointer was had.
func (w *sliding[A, E]) load(t *track[A], n *node[A]) *A {
	if generation := w.slices.Generation(); n.value == nil || n.generation != generation {
		n.value, n.generation = w.slices.Get(w.placed(w.by.sliceStart(n.number()), t.key)), generation
	}
	return n.value
}

// at is window number k. Windows are counted from Offset, those before it with negative numbers.
func (w Sliding) at(k int64) Window {
	start := w.Offset + pipeline.Time(k)*w.Slide
	return Window{start, start + w.Size}
}

// begun is the last window that begins at t or before, ended the last one that ends at t or before. So the
// windows of a time are those from ended+1 to begun.
func (w Sliding) begun(t pipeline.Time) int64 { return floor(t-w.Offset, w.Slide) }
func (w Sliding) ended(t pipeline.Time) int64 { return floor(t-w.Offset-w.Size, w.Slide) }

// slice is the number of the slice that t is in. Where the size is no multiple of the slide, the end of a
// window cuts each slide in two, and slices are counted in halves: even numbers begin with a window, odd
// ones where a window ends.
func (w Sliding) slice(t pipeline.Time) int64 {
	k, cut := w.begun(t), w.Size%w.Slide
	switch {
	case cut == 0:
		return k
	case t < w.at(k).Start+cut:
		return 2 * k
	}
	return 2*k + 1
}

// sliceStart is where slice i begins.
func (w Sliding) sliceStart(i int64) pipeline.Time {
	cut := w.Size % w.Slide
	if cut == 0 {
		return w.at(i).Start
	}
	return w.at(i>>1).Start + pipeline.Time(i&1)*cut
}

// slicesOf are the slices of window k: from first until before end.
func (w Sliding) slicesOf(k int64) (first, end int64) {
	win := w.at(k)
	return w.slice(win.Start), w.slice(win.End)
}

// IsLate implements Windows: a record is late when its last window is over. Before that some window takes
// it, and those that do not count it as dropped.
func (w *sliding[A, E]) IsLate(at, judged pipeline.Time) bool {
	return w.by.begun(at) <= w.by.ended(bounded(judged)-w.c.Lateness)
}

// IsGone implements Windows.
func (w *sliding[A, E]) IsGone(ctx *pipeline.Context, at pipeline.Time) bool {
	now, _ := ctx.Watermark(w.c.Channels)
	return w.by.begun(at) <= w.by.ended(bounded(now)-w.c.Lateness-w.c.Retain)
}

// Add implements Windows. A record is in several windows: the first may be forgotten, the next closed to
// late records, and the last still open. The first ignore it, the next count it as dropped, and all others
// share one fold.
func (w *sliding[A, E]) Add(ctx *pipeline.Context, r Arrival, e *E) (taken bool, err error) {
	w.fill()
	now, _ := ctx.Watermark(w.c.Channels)
	now = bounded(now)
	// gone is the last window that is forgotten. The record's windows that are still kept run from "from"
	// to "to": those up to late leave it out, and those after late take it.
	gone := w.by.ended(now - w.c.Lateness - w.c.Retain)
	from, to := max(w.by.ended(r.At), gone)+1, w.by.begun(r.At)
	late := min(max(w.by.ended(bounded(r.Judged)-w.c.Lateness), from-1), to)
	taken = late < to
	if !taken {
		ctx.Count(countDropped, w.c.Name)
	}
	if from > to {
		return false, nil
	}
	// Values first, then the timer, then the panes of windows that have ended, in the order of time.
	t := w.trackOf(aliasKey(r.Key))
	closed := w.by.ended(now)
	for k := from; k <= late; k++ {
		w.drop(t, k, taken)
	}
	if taken {
		w.take(t, r.At, e, late+1, closed)
	}
	if to > closed {
		w.remind(ctx, t.key, w.by.at(max(from, closed+1)).End, &t.due)
		w.await(ctx, t)
	} else {
		w.remind(ctx, t.key, w.keptUntil(to), &t.due)
	}
	for k := from; k <= min(to, closed); k++ {
		if err := w.sendWindow(ctx, t, k, Late); err != nil {
			return taken, err
		}
	}
	return taken, nil
}

// await lets a key wait for an early emission.
func (w *sliding[A, E]) await(ctx *pipeline.Context, t *track[A]) {
	if w.c.Early > 0 && !t.mark.changed {
		t.mark.changed = true
		w.keys.Put(t.key, t.mark)
		w.wait(ctx, t.key)
	}
}

// drop counts a record that window k leaves out, and freezes its value if others take the record. It is
// called before the record is folded, so that the frozen value is without it.
func (w *sliding[A, E]) drop(t *track[A], k int64, taken bool) {
	n := t.note(k)
	n.dropped++
	if taken && !n.frozen {
		n.frozen = true
		w.merge(t, k)
		w.frozen.Put(w.placed(w.by.at(k).Start, t.key), w.sum)
		// The store has the sum now. Merging into it again would change what is frozen.
		var fresh A
		w.sum = fresh
	}
	w.keep(t, n)
}

// take folds a record into its slice and, of its windows from k on, into the values of those that are
// frozen: they no longer follow from slices. Windows that have ended count it as late.
func (w *sliding[A, E]) take(t *track[A], at pipeline.Time, e *E, k, closed int64) {
	i, to := w.by.slice(at), w.by.begun(at)
	if n := t.tree.change(i); n != nil {
		v := w.load(t, n)
		w.slices.Changed(v)
		w.Fold(v, e)
	} else {
		v := w.slices.GetOrCreate(w.placed(w.by.sliceStart(i), t.key))
		n = t.tree.insert(i)
		n.value, n.generation = v, w.slices.Generation()
		w.Fold(v, e)
	}
	// Only windows with a note can be frozen; the usual key has none.
	if len(t.notes) > 0 {
		for i, _ := t.find(k); i < len(t.notes) && t.notes[i].window <= to; i++ {
			if t.notes[i].frozen {
				w.Fold(w.frozen.GetOrCreate(w.placed(w.by.at(t.notes[i].window).Start, t.key)), e)
			}
		}
	}
	for ; k <= min(to, closed); k++ {
		n := t.note(k)
		n.late++
		w.keep(t, n)
	}
}

// note is the note of window k, a new one where there was none.
func (t *track[A]) note(k int64) *note {
	i, found := t.find(k)
	if !found {
		t.notes = slices.Insert(t.notes, i, note{window: k})
	}
	return &t.notes[i]
}

// find is where the note of window k is, or would be.
func (t *track[A]) find(k int64) (int, bool) {
	return slices.BinarySearchFunc(t.notes, k, func(n note, k int64) int { return cmp.Compare(n.window, k) })
}

// keep stores a note.
func (w *sliding[A, E]) keep(t *track[A], n *note) {
	w.notes.Put(w.placed(w.by.at(n.window).Start, t.key), n.mark)
}

// merge sets w.sum to the value of window k by its slices. The old value is dropped, not reused: what
// was emitted may share memory with it.
func (w *sliding[A, E]) merge(t *track[A], k int64) {
	var fresh A
	w.sum = fresh
	first, end := w.by.slicesOf(k)
	t.tree.sum(&w.sum, first, end, w.Merge)
}

// OnTimer emits the window that ends, forgets what is kept no longer, and looks ahead. A key has one
// timer, however many windows are open.
func (w *sliding[A, E]) OnTimer(ctx *pipeline.Context, timer pipeline.Timer) error {
	if timer.Kind != w.c.TimerKind {
		return nil
	}
	w.fill()
	t := w.tracks[timer.Key]
	if t == nil {
		return nil
	}
	t.due = 0
	// The timer may have been set for forgetting only. A window is emitted if it ends at this very time and
	// has anything in it.
	k := w.by.ended(timer.At)
	if next, ok := w.next(t, k-1); ok && next == k && w.by.at(k).End == timer.At {
		if err := w.sendWindow(ctx, t, k, OnTime); err != nil {
			return err
		}
	}
	w.forget(t, timer.At)
	if t.tree.n == 0 && len(t.notes) == 0 {
		delete(w.tracks, t.key)
		w.keys.Delete(t.key)
		return nil
	}
	// All that had changed has ended.
	if _, open := w.next(t, k); t.mark.changed && !open {
		t.mark.changed = false
		w.keys.Put(t.key, t.mark)
	}
	w.remind(ctx, t.key, w.wake(t, k), &t.due)
	return nil
}

// wake is when the next window after k ends, or the first slice or note may be forgotten.
func (w *sliding[A, E]) wake(t *track[A], k int64) pipeline.Time {
	// The first slice goes when the last window that holds it does.
	at := pipeline.MaxTime
	if first, ok := t.tree.first(-1 << 62); ok {
		at = w.keptUntil(w.by.begun(w.by.sliceStart(first)))
	}
	if len(t.notes) > 0 {
		at = min(at, w.keptUntil(t.notes[0].window))
	}
	if next, ok := w.next(t, k); ok {
		at = min(at, w.by.at(next).End)
	}
	return at
}

// next is the first window after k that has a slice or a note. Windows without records are passed over, so
// that a key that is silent for a year costs nothing.
func (w *sliding[A, E]) next(t *track[A], k int64) (next int64, ok bool) {
	k++
	first, _ := w.by.slicesOf(k)
	if i, found := t.tree.first(first); found {
		next, ok = max(k, w.by.ended(w.by.sliceStart(i))+1), true
	}
	if i, _ := t.find(k); i < len(t.notes) && (!ok || t.notes[i].window < next) {
		next, ok = t.notes[i].window, true
	}
	return next, ok
}

// keptUntil is when window k is forgotten.
func (w *sliding[A, E]) keptUntil(k int64) pipeline.Time {
	return w.by.at(k).End + w.c.Lateness + w.c.Retain
}

// forget drops the slices and notes of windows that are kept no longer. A slice stays until the last window
// that holds it is forgotten: a late record may still ask for its sum.
func (w *sliding[A, E]) forget(t *track[A], now pipeline.Time) {
	for {
		first, ok := t.tree.first(-1 << 62)
		if !ok {
			break
		}
		start := w.by.sliceStart(first)
		if w.keptUntil(w.by.begun(start)) > now {
			break
		}
		t.tree.remove(first)
		w.slices.Delete(w.placed(start, t.key))
	}
	n := 0
	for ; n < len(t.notes) && w.keptUntil(t.notes[n].window) <= now; n++ {
		key := w.placed(w.by.at(t.notes[n].window).Start, t.key)
		w.notes.Delete(key)
		w.frozen.Delete(key)
	}
	t.notes = slices.Delete(t.notes, 0, n)
}

// OnTick implements Windows. For each key that has changed it emits the window that ends next. A record is
// in up to Size/Slide windows: emitting all of them would be that many panes for every change. The others
// follow when they are the next.
func (w *sliding[A, E]) OnTick(ctx *pipeline.Context) error {
	if w.c.Early == 0 {
		return nil
	}
	w.fill()
	now, _ := ctx.Watermark(w.c.Channels)
	return w.waiting(ctx, func(key string) error {
		t := w.tracks[key]
		if t == nil || !t.mark.changed {
			return nil
		}
		next, ok := w.next(t, w.by.ended(bounded(now)))
		if !ok {
			return nil
		}
		w.emitting()
		t.mark.changed = false
		return w.sendWindow(ctx, t, next, Early)
	})
}

// sendWindow emits window k as it is, frozen or merged. A window without a note took no late record and
// left none out: its value follows from its slices alone.
func (w *sliding[A, E]) sendWindow(ctx *pipeline.Context, t *track[A], k int64, by Trigger) error {
	t.mark.revision++
	w.keys.Put(t.key, t.mark)
	p := &w.out
	p.Window, p.Trigger, p.Revision, p.Late, p.Dropped, p.Value = w.by.at(k), by, t.mark.revision, 0, 0, nil
	if i, found := t.find(k); found {
		n := &t.notes[i]
		p.Late, p.Dropped = n.late, n.dropped
		if n.frozen {
			p.Value = w.frozen.Get(w.placed(p.Start, t.key))
		}
	}
	if p.Value == nil {
		w.merge(t, k)
		p.Value = &w.sum
	}
	return w.send(ctx, t.key)
}

// fill finds the tracks of what was restored, once, with the first call after a restore. The tree comes out
// as it was, since its shape depends only on which slices there are.
func (w *sliding[A, E]) fill() {
	if w.filled {
		return
	}
	w.filled = true
	w.slices.Range(func(placed string, _ *A) bool {
		start, key := splitPlaced(placed)
		w.trackOf(key).tree.insert(w.by.slice(start))
		return true
	})
	w.notes.Range(func(placed string, m *mark) bool {
		start, key := splitPlaced(placed)
		t := w.trackOf(key)
		// Range is in the order of starts.
		t.notes = append(t.notes, note{w.by.begun(start), *m})
		return true
	})
	w.keys.Range(func(key string, m *mark) bool {
		t := w.trackOf(key)
		t.mark = *m
		if m.changed {
			w.changed = append(w.changed, t.key)
		}
		return true
	})
}
