package window

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// sessions are windows that their records make. A session is known downstream by its key and start; its end
// may move, and then it is the same one with a higher version. When a record joins it to an earlier one, or
// comes before its start, it is another: the one that was known is retracted, and the one that took its
// place emitted, in the same commit.
//
//	      A           B
//	──x──x──        x──x──        emitted as A and B
//	──x──x──────x───x──x──        A with the value of both, B retracted
//
// Whether a record is late depends on that record alone: it is late when a session of it alone would be
// beyond allowed lateness. So the sessions depend on which records were taken, and not on their order.
//
// The places of a key's sessions are in memory. Their values belong to the store, which may move them to
// disk at a commit.
type sessions[A, E any] struct {
	base[A, E]
	// gap is Session.Gap, in milliseconds.
	gap pipeline.Time
	// values are by start and key.
	values *state.Map[A]
	// marks are those of sessions, by start and key.
	marks *state.Map[mark]
	// keys have the revision of each key. It belongs to the key, not to a session: one that is
	// retracted and begins anew would otherwise repeat revisions.
	keys *state.Map[mark]
	// owners are by key. They are an index over marks and keys, which fill builds again after a restore.
	owners map[string]*owner
	// filled: owners hold what was restored.
	filled bool
}

// owner is one key with its sessions. It lives as long as any of them is kept.
type owner struct {
	key string
	// mark has the key's revision; keys stores it.
	mark mark
	// due is the time of its timer, 0 where it is not known.
	due pipeline.Time
	// waits: for an early emission.
	waits bool
	// sessions are in the order of their starts; they do not overlap.
	sessions []*session
}

// session is one session; its end is in the mark.
type session struct {
	start pipeline.Time
	mark
}

// newSessions declares the stores of sessions.
func newSessions[A, E any](s *pipeline.Setup, b base[A, E], by Session) *sessions[A, E] {
	name := "window-" + b.c.Name
	return &sessions[A, E]{
		base: b, gap: by.Gap, values: state.NewMap(s, name, b.Codec), marks: state.NewMap(s, name+"-marks", markCodec{}),
		keys: state.NewMap(s, name+"-keys", markCodec{}), owners: make(map[string]*owner),
	}
}

// ownerOf is the owner of a key, a new one where there was none.
func (w *sessions[A, E]) ownerOf(key string) *owner {
	o := w.owners[key]
	if o == nil {
		o = &owner{key: strings.Clone(key)}
		w.owners[o.key] = o
	}
	return o
}

// value is the value of a session, about to change. It may be on disk: the pointer must not be held over a
// commit.
func (w *sessions[A, E]) value(o *owner, s *session) *A {
	return w.values.GetOrCreate(w.placed(s.start, o.key))
}

// keep stores what a session has beside its value. What is not kept is lost at the next restore.
func (w *sessions[A, E]) keep(o *owner, s *session) { w.marks.Put(w.placed(s.start, o.key), s.mark) }

// IsLate implements Windows. It asks for the session that the record would be alone: whether another
// record has come that it would join must not matter.
func (w *sessions[A, E]) IsLate(at, judged pipeline.Time) bool {
	return judged >= at+w.gap+w.c.Lateness
}

// IsGone implements Windows.
func (w *sessions[A, E]) IsGone(ctx *pipeline.Context, at pipeline.Time) bool {
	now, _ := ctx.Watermark(w.c.Channels)
	return now >= at+w.gap+w.c.Lateness+w.c.Retain
}

// keptUntil is when a session is forgotten. The gap at the end is for records that are in time by
// themselves and join the session only at its end: forgotten earlier, it would begin anew with them, and
// replace the whole downstream by a part.
func (w *sessions[A, E]) keptUntil(s *session) pipeline.Time {
	return s.end + w.c.Lateness + w.c.Retain + w.gap
}

// Add implements Windows. A record between two sessions makes one of them. It counts as late if any of
// those that it joined had ended, since their panes are out.
func (w *sessions[A, E]) Add(ctx *pipeline.Context, r Arrival, e *E) (taken bool, err error) {
	w.fill()
	key := aliasKey(r.Key)
	now, _ := ctx.Watermark(w.c.Channels)
	if w.IsLate(r.At, r.Judged) || w.IsGone(ctx, r.At) {
		ctx.Count(countDropped, w.c.Name)
		return false, w.drop(ctx, w.owners[key], r.At)
	}
	o := w.ownerOf(key)
	own := Window{r.At, r.At + w.gap}
	// Without a neighbour the record is a session of its own. Else it may lengthen one, or join several.
	i, n := o.within(own)
	if n == 0 {
		o.sessions = slices.Insert(o.sessions, i, &session{own.Start, mark{end: own.End, closed: now >= own.End}})
		return true, w.fold(ctx, o, o.sessions[i], e, now >= own.End, false)
	}
	late := now >= own.End
	for _, x := range o.sessions[i : i+n] {
		late = late || x.closed
	}
	s, retracted, err := w.join(ctx, o, i, n, own.Start)
	if err != nil {
		return true, err
	}
	s.end = max(s.end, own.End)
	s.closed = now >= s.end
	return true, w.fold(ctx, o, s, e, late, retracted)
}

// fold takes a record into a session, and emits it at once if it has ended, or another was retracted
// for it.
func (w *sessions[A, E]) fold(ctx *pipeline.Context, o *owner, s *session, e *E, late, retracted bool) error {
	w.Fold(w.value(o, s), e)
	if late {
		s.late++
	}
	if s.closed {
		w.remind(ctx, o.key, w.keptUntil(s), &o.due)
	} else {
		w.remind(ctx, o.key, s.end, &o.due)
	}
	return w.changedOne(ctx, o, s, retracted)
}

// changedOne emits a session that has changed, now or with the next early emission. After a retraction
// it comes at once: downstream would otherwise have neither of the two.
func (w *sessions[A, E]) changedOne(ctx *pipeline.Context, o *owner, s *session, retracted bool) error {
	switch {
	case s.closed:
		return w.sendSession(ctx, o, s, Late)
	case retracted:
		return w.sendSession(ctx, o, s, Early)
	}
	s.changed = true
	w.keep(o, s)
	w.await(ctx, o)
	return nil
}

// await lets a key wait for an early emission.
func (w *sessions[A, E]) await(ctx *pipeline.Context, o *owner) {
	if w.c.Early > 0 && !o.waits {
		o.waits = true
		w.wait(ctx, o.key)
	}
}

// within are the sessions that a record's own would join: n of them from the i-th on, or none, and
// then i is the place of a new one.
func (o *owner) within(own Window) (i, n int) {
	i = len(o.sessions)
	// The newest are the likeliest, so that the search goes backward from them.
	for i > 0 && o.sessions[i-1].end > own.Start {
		i--
	}
	for i+n < len(o.sessions) && o.sessions[i+n].start < own.End {
		n++
	}
	return i, n
}

// join makes one session of the n from the i-th on. It begins at start or earlier. join reports whether it
// removed one that was known downstream. Values are merged in the order of time, so that a restored task
// gives the same bytes. Where the first session already begins early enough, nothing moves.
func (w *sessions[A, E]) join(ctx *pipeline.Context, o *owner, i, n int, start pipeline.Time) (s *session, retracted bool, err error) {
	s = o.sessions[i]
	// The usual case: the record falls into a session or lengthens it at its end. Nothing is copied.
	if n == 1 && s.start <= start {
		return s, false, nil
	}
	// The joined session has another start than the first one had, or more in it. It is known downstream
	// only if it keeps the first one's start.
	joined := &session{min(s.start, start), mark{end: s.end, known: s.known && s.start <= start}}
	// The value is stored by start: it moves to the new one.
	if start < s.start {
		w.Merge(w.value(o, joined), w.value(o, s))
	}
	// The others are merged in and removed, the first one only removed where its start has moved.
	for k, x := range o.sessions[i : i+n] {
		joined.late, joined.dropped, joined.end = joined.late+x.late, joined.dropped+x.dropped, x.end
		if x.start == joined.start {
			continue
		}
		if k > 0 {
			w.Merge(w.value(o, joined), w.value(o, x))
		}
		retracted = retracted || x.known
		if err := w.remove(ctx, o, x); err != nil {
			return nil, false, err
		}
	}
	o.sessions[i] = joined
	o.sessions = slices.Delete(o.sessions, i+1, i+n)
	return joined, retracted, nil
}

// remove deletes a session that has become part of another, and retracts it if it is known.
func (w *sessions[A, E]) remove(ctx *pipeline.Context, o *owner, s *session) error {
	w.forget(o, s)
	if !s.known {
		return nil
	}
	var nothing A
	return w.sendValue(ctx, o, Pane[A]{Window: Window{s.start, s.end}, Value: &nothing, Trigger: Retracted})
}

// forget deletes what is kept of a session. It leaves the owner: the caller drops it from the list.
func (w *sessions[A, E]) forget(o *owner, s *session) {
	key := w.placed(s.start, o.key)
	w.values.Delete(key)
	w.marks.Delete(key)
}

// drop counts a record that was not taken in the session that it would have joined, if there is one.
func (w *sessions[A, E]) drop(ctx *pipeline.Context, o *owner, at pipeline.Time) error {
	if o == nil {
		return nil
	}
	i, n := o.within(Window{at, at + w.gap})
	if n == 0 {
		return nil
	}
	o.sessions[i].dropped++
	return w.changedOne(ctx, o, o.sessions[i], false)
}

// OnTimer closes the sessions that have ended, and forgets those that are kept no longer. A key has one
// timer, for whatever of it is next. It goes by the timer's time and not by the watermark, which may be
// far ahead, so that keys close in the order of time.
func (w *sessions[A, E]) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	if t.Kind != w.c.TimerKind {
		return nil
	}
	w.fill()
	o := w.owners[t.Key]
	if o == nil {
		return nil
	}
	// The timer has fired and is gone. kept is the same array: sessions that stay move to its front.
	o.due = 0
	next := pipeline.MaxTime
	kept := o.sessions[:0]
	for _, s := range o.sessions {
		if !s.closed && s.end <= t.At {
			s.closed = true
			if err := w.sendSession(ctx, o, s, OnTime); err != nil {
				return err
			}
		}
		switch {
		case !s.closed:
			next = min(next, s.end)
		case w.keptUntil(s) <= t.At:
			w.forget(o, s)
			continue
		default:
			next = min(next, w.keptUntil(s))
		}
		kept = append(kept, s)
	}
	clear(o.sessions[len(kept):])
	o.sessions = kept
	// With its last session the key goes, its revision included. Should it return, revisions begin at 1
	// again: consumers take Version within a start, and the old starts are beyond any record that is taken.
	if len(kept) == 0 {
		delete(w.owners, o.key)
		w.keys.Delete(o.key)
		return nil
	}
	w.remind(ctx, o.key, next, &o.due)
	return nil
}

// OnTick implements Windows. It emits the sessions that have changed and not ended.
func (w *sessions[A, E]) OnTick(ctx *pipeline.Context) error {
	if w.c.Early == 0 {
		return nil
	}
	w.fill()
	return w.waiting(ctx, func(key string) error {
		o := w.owners[key]
		if o == nil {
			return nil
		}
		o.waits = false
		for _, s := range o.sessions {
			if !s.changed || s.closed {
				continue
			}
			w.emitting()
			if err := w.sendSession(ctx, o, s, Early); err != nil {
				return err
			}
		}
		return nil
	})
}

// sendSession emits a session as it is. Mark and revision are stored first: a crash after the emission
// loses both or neither, as they are in one commit.
func (w *sessions[A, E]) sendSession(ctx *pipeline.Context, o *owner, s *session, t Trigger) error {
	s.changed, s.known = false, true
	w.keep(o, s)
	v := w.values.Get(w.placed(s.start, o.key))
	return w.sendValue(ctx, o, Pane[A]{Window: Window{s.start, s.end}, Value: v, Trigger: t, Late: s.late, Dropped: s.dropped})
}

// sendValue emits a pane of the key with its next revision. The buffer of the last pane's key is kept for
// this one.
func (w *sessions[A, E]) sendValue(ctx *pipeline.Context, o *owner, p Pane[A]) error {
	o.mark.revision++
	w.keys.Put(o.key, o.mark)
	p.Key, p.Revision = w.out.Key, o.mark.revision
	w.out = p
	return w.send(ctx, o.key)
}

// fill finds the sessions that were restored, once, with the first call after a restore. Stores are filled
// after New, so that New cannot do it.
func (w *sessions[A, E]) fill() {
	if w.filled {
		return
	}
	w.filled = true
	w.marks.Range(func(placed string, m *mark) bool {
		start, key := splitPlaced(placed)
		o := w.ownerOf(key)
		// Range is in the order of starts.
		o.sessions = append(o.sessions, &session{start, *m})
		if m.changed && !m.closed && w.c.Early > 0 && !o.waits {
			o.waits = true
			w.changed = append(w.changed, o.key)
		}
		return true
	})
	w.keys.Range(func(key string, m *mark) bool {
		w.ownerOf(key).mark = *m
		return true
	})
}
