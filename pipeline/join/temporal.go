package join

import (
	"bytes"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// Version is what a table says of a key from an event time on.
type Version struct {
	// Key is the table's, From the event time from which on it says this.
	Key  []byte
	From pipeline.Time
	// Deleted: there is nothing from then on.
	Deleted bool
	Value   []byte
}

// Answer is a probe with the version of the table that was valid at its time. It is valid during the
// call that gets it.
type Answer struct {
	// The record is the probe.
	Record
	// Found: false where the table has nothing for that time.
	Found bool
	// From is the version's time; of a deletion, too.
	From pipeline.Time
	// Value is for reading only, during the call.
	Value []byte
	// Revision is 1, and more with each correction.
	Revision int32
	// Complete: the table's watermark has passed the probe. Only a version that comes late changes the
	// answer.
	Complete bool
	// Basis is what that watermark rests on.
	Basis pipeline.Basis
}

// Temporal joins probes to a changing table, for one task. Like all of a task it is used by one
// goroutine. The functions that it was made with must not call it.
type Temporal struct {
	c TemporalConfig
	// all are the channels of both sides: versions go by the probes that may still come.
	all pipeline.Channels
	// histories has the versions of each key, waiting the probes that wait or can be corrected.
	histories *state.Map[history]
	waiting   *state.Map[probes]
	emit      func(ctx *pipeline.Context, a *Answer) error
	refused   func(ctx *pipeline.Context, probe *Record, why Refused) error
	shelf     shelf
	out       Answer
}

// NewTemporal makes the join and registers its stores with the task. emit gets each answer, refused
// each probe that gets none.
func NewTemporal(s *pipeline.Setup, c TemporalConfig, emit func(*pipeline.Context, *Answer) error, refused func(*pipeline.Context, *Record, Refused) error) (*Temporal, error) {
	c.setDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s.TimerKinds("join "+c.Name, c.TimerKind, 2)
	if c.Answer == Wait {
		s.Span("join "+c.Name, 1)
	}
	return &Temporal{
		c: c, all: both(c.Table, c.Probes), emit: emit, refused: refused,
		histories: state.NewMap(s, "join-"+c.Name+"-table", historyCodec{}),
		waiting:   state.NewMap(s, "join-"+c.Name+"-probes", probesCodec{}),
	}, nil
}

// Put takes a version of the table. Of two versions of one key and time the one that comes later
// stands. What was answered otherwise, and can still be corrected, is answered again. A version that is
// late is counted and taken: to leave it out would make later answers wrong too.
func (t *Temporal) Put(ctx *pipeline.Context, v *Version) error {
	if w, _ := ctx.Watermark(t.c.Table); v.From < w {
		ctx.Count(countLate, t.c.Name)
	}
	h := t.histories.GetBytes(v.Key)
	if h == nil {
		h = t.histories.GetOrCreate(aliasKey(v.Key))
	}
	i := h.at(v.From)
	if i >= 0 && h.versions[i].from == v.From {
		old := &h.versions[i]
		if old.deleted == v.Deleted && bytes.Equal(old.value, v.Value) {
			return nil
		}
		old.deleted, old.value = v.Deleted, append(old.value[:0], v.Value...)
	} else {
		i++
		h.insert(i, version{v.From, v.Deleted, t.shelf.copy(v.Value, nil)})
	}
	t.histories.Changed(h)
	t.setPrune(ctx, aliasKey(v.Key), h)
	return t.correct(ctx, v.Key, h, i)
}

// correct answers again what was answered while version i was not known: the probes between its time
// and that of the next version. Others have their answer from another version still.
func (t *Temporal) correct(ctx *pipeline.Context, key []byte, h *history, i int) error {
	p := t.waiting.GetBytes(key)
	if p == nil {
		return nil
	}
	from, until := h.versions[i].from, h.until(i)
	changed := false
	for k := p.kept.from(from); k < len(p.kept) && p.kept[k].at < until; k++ {
		it := &p.kept[k]
		if it.answers == 0 {
			continue
		}
		it.answers++
		changed = true
		it.view(&t.out.Record, key)
		if err := t.answer(ctx, h, it.answers); err != nil {
			return err
		}
	}
	if changed {
		t.waiting.Changed(p)
	}
	return nil
}

// Probe takes a probe: it is answered, kept to be answered, or refused. One that is answered at once is
// kept as well, as long as a version may come that changes the answer; where the key is full it is
// answered and counted as one that will not be corrected.
func (t *Temporal) Probe(ctx *pipeline.Context, r *Record) error {
	if w, _ := ctx.Watermark(t.all); r.At < earlier(w, t.c.Retention) {
		return t.refuse(ctx, r, TooLate)
	}
	w, _ := ctx.Watermark(t.c.Table)
	keep, wait := w <= later(r.At, t.c.Correct), t.c.Answer == Wait && w <= r.At
	if p := t.waiting.GetBytes(r.Key); keep && p != nil {
		switch {
		case p.kept.has(r):
			return t.refuse(ctx, r, Duplicate)
		case len(p.kept) >= t.c.MaxKept && wait:
			return t.refuse(ctx, r, Full)
		case len(p.kept) >= t.c.MaxKept:
			ctx.Count(countUncorrected, t.c.Name)
			keep = false
		}
	}
	if keep {
		t.keep(ctx, r, wait)
	}
	if wait {
		return nil
	}
	t.out.Record = *r
	return t.answer(ctx, t.histories.GetBytes(r.Key), 1)
}

// keep keeps a probe, with a timer for its answer, or for the end of corrections.
func (t *Temporal) keep(ctx *pipeline.Context, r *Record, wait bool) {
	answers, at := int32(1), later(r.At, t.c.Correct+1)
	if wait {
		answers, at = 0, later(r.At, 1)
	}
	p := t.waiting.GetOrCreate(aliasKey(r.Key))
	p.kept = t.shelf.insert(p.kept, r, answers)
	setEarlier(ctx, t.probeTimer(aliasKey(r.Key), at))
}

// answer emits t.out, whose probe is set. h may be nil.
func (t *Temporal) answer(ctx *pipeline.Context, h *history, revision int32) error {
	w, basis := ctx.Watermark(t.c.Table)
	t.out.Found, t.out.From, t.out.Value = false, pipeline.MinTime, nil
	t.out.Revision, t.out.Complete, t.out.Basis = revision, w > t.out.At, basis
	if h != nil {
		if i := h.at(t.out.At); i >= 0 {
			v := &h.versions[i]
			t.out.Found, t.out.From, t.out.Value = !v.deleted, v.from, v.value
		}
	}
	return t.emit(ctx, &t.out)
}

// refuse counts a probe that gets no answer and hands it to the caller (I7).
func (t *Temporal) refuse(ctx *pipeline.Context, r *Record, why Refused) error {
	ctx.Count(countRefused, why.String())
	return t.refused(ctx, r, why)
}

// OnTimer answers the probes that have waited, lets those go that can no longer be corrected, and
// prunes versions. Timers of other kinds it passes over.
func (t *Temporal) OnTimer(ctx *pipeline.Context, tm pipeline.Timer) error {
	switch tm.Kind {
	case t.c.TimerKind:
		return t.probesDue(ctx, tm)
	case t.c.TimerKind + 1:
		t.prune(ctx, tm)
	}
	return nil
}

// probesDue goes by the timer's time, not by the watermark, which may be far ahead: timers fire in the
// order of time, so that what a probe needs of the table is not pruned before it is answered.
func (t *Temporal) probesDue(ctx *pipeline.Context, tm pipeline.Timer) error {
	p := t.waiting.Get(tm.Key)
	if p == nil {
		return nil
	}
	t.waiting.Changed(p)
	h := t.histories.Get(tm.Key)
	gone, next := 0, pipeline.MaxTime
	for i := range p.kept {
		it := &p.kept[i]
		if it.answers == 0 && it.at < tm.At {
			it.answers = 1
			it.view(&t.out.Record, keyBytes(tm.Key))
			if err := t.answer(ctx, h, 1); err != nil {
				return err
			}
		}
		end := later(it.at, t.c.Correct+1)
		switch {
		case end <= tm.At:
			gone++
		case it.answers == 0:
			next = min(next, later(it.at, 1))
		default:
			next = min(next, end)
		}
	}
	p.kept = t.shelf.removeFirst(p.kept, gone)
	if len(p.kept) > 0 {
		ctx.SetTimer(t.probeTimer(tm.Key, next))
		return nil
	}
	t.shelf.putList(p.kept)
	p.kept = nil
	t.waiting.Delete(tm.Key)
	return nil
}

// probeTimer waits for the table only: that is what an answer depends on.
func (t *Temporal) probeTimer(key string, at pipeline.Time) pipeline.Timer {
	return pipeline.Timer{At: at, Channels: t.c.Table, Kind: t.c.TimerKind, Key: key}
}

// prune lets versions go that are superseded for every probe that may still come.
func (t *Temporal) prune(ctx *pipeline.Context, tm pipeline.Timer) {
	h := t.histories.Get(tm.Key)
	if h == nil {
		return
	}
	n := 0
	for n+1 < len(h.versions) && later(h.versions[n+1].from, t.c.Retention) <= tm.At {
		t.shelf.put(h.versions[n].value)
		n++
	}
	if n > 0 {
		rest := copy(h.versions, h.versions[n:])
		clear(h.versions[rest:])
		h.versions = h.versions[:rest]
		t.histories.Changed(h)
	}
	if len(h.versions) == 1 && t.forgotten(h) <= tm.At {
		t.histories.Delete(tm.Key)
		return
	}
	t.setPrune(ctx, tm.Key, h)
}

// setPrune sets the timer for the first version that can go. A version is superseded when the next one
// is the newest that the oldest probe can ask for.
func (t *Temporal) setPrune(ctx *pipeline.Context, key string, h *history) {
	at := t.forgotten(h)
	if len(h.versions) > 1 {
		at = later(h.versions[1].from, t.c.Retention)
	}
	if at != pipeline.MaxTime {
		setEarlier(ctx, pipeline.Timer{At: at, Channels: t.all, Kind: t.c.TimerKind + 1, Key: key})
	}
}

// forgotten is when a key goes that has nothing but a deletion left.
func (t *Temporal) forgotten(h *history) pipeline.Time {
	if last := &h.versions[len(h.versions)-1]; last.deleted && t.c.ForgetDeleted > 0 {
		return later(last.from, t.c.ForgetDeleted)
	}
	return pipeline.MaxTime
}
