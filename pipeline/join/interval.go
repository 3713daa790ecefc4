package join

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// Pair is a left and a right record whose times are near enough; in a left join Right is nil where
// no partner can come any more. It is valid during the call that gets it.
type Pair struct {
	Left, Right *Record
	// Watermark is that of the channels of both sides, Basis what it rests on.
	Watermark pipeline.Time
	Basis     pipeline.Basis
}

// Interval joins two streams, for one task. Like all of a task it is used by one goroutine. The
// functions that it was made with must not call it. What it keeps is in a store and in timers, and
// survives a restart; which pairs come depends on the order of the records in the task's source alone.
type Interval struct {
	c IntervalConfig
	// all are the channels of both sides: a record goes when both have passed it.
	all pipeline.Channels
	// keys has the records of both sides of a key in one value.
	keys    *state.Map[sides]
	emit    func(ctx *pipeline.Context, p *Pair) error
	refused func(ctx *pipeline.Context, r *Record, why Refused) error
	// shelf, out, left and right are used anew, so that a pair allocates nothing.
	shelf shelf
	out   Pair
	left  Record
	right Record
	// leftKept is how long after its time a left record is kept, rightKept a right one, in
	// milliseconds.
	leftKept  pipeline.Time
	rightKept pipeline.Time
}

// NewInterval makes the join and registers its store with the task. emit gets each pair, refused
// each record that is not taken.
func NewInterval(s *pipeline.Setup, c IntervalConfig, emit func(*pipeline.Context, *Pair) error, refused func(*pipeline.Context, *Record, Refused) error) (*Interval, error) {
	c.setDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s.TimerKinds("join "+c.Name, c.TimerKind, 2)
	if c.Kind == Left {
		s.Span("join "+c.Name, c.Upper+c.Lateness+1)
	}
	// A record is kept until it can find no partner, and until a copy of it would be late: a copy that
	// came before would find those partners again that are still there.
	return &Interval{
		c: c, all: both(c.Left, c.Right), emit: emit, refused: refused,
		keys:     state.NewMap(s, "join-"+c.Name, sidesCodec{}),
		leftKept: max(c.Upper, 0) + c.Lateness + 1, rightKept: max(-c.Lower, 0) + c.Lateness + 1,
	}, nil
}

// AddLeft takes a record of the left stream and gives its pairs with the right ones that are there.
// Those that come later give theirs themselves, so that each pair comes once. A record that is late, a
// duplicate, or too many for its key goes to refused, and is no error.
func (j *Interval) AddLeft(ctx *pipeline.Context, r *Record) error {
	if w, _ := ctx.Watermark(j.c.Left); r.At < earlier(w, j.c.Lateness) {
		return j.refuse(ctx, r, TooLate)
	}
	s := j.sides(r.Key)
	if why := j.full(s.left, r); why != 0 {
		return j.refuse(ctx, r, why)
	}
	j.left = *r
	paired := int32(0)
	for i := s.right.from(shift(r.At, j.c.Lower)); i < len(s.right) && s.right[i].at <= shift(r.At, j.c.Upper); i++ {
		paired = 1
		s.right[i].view(&j.right, r.Key)
		if err := j.give(ctx, &j.right); err != nil {
			return err
		}
	}
	s.left = j.shelf.insert(s.left, r, paired)
	j.keys.Changed(s)
	if paired == 0 && j.c.Kind == Left {
		setEarlier(ctx, j.aloneTimer(aliasKey(r.Key), j.alone(r.At)))
	}
	setEarlier(ctx, j.goneTimer(aliasKey(r.Key), later(r.At, j.leftKept)))
	return nil
}

// AddRight takes a record of the right stream and gives its pairs with the left ones that are there.
func (j *Interval) AddRight(ctx *pipeline.Context, r *Record) error {
	if w, _ := ctx.Watermark(j.c.Right); r.At < earlier(w, j.c.Lateness) {
		return j.refuse(ctx, r, TooLate)
	}
	s := j.sides(r.Key)
	if why := j.full(s.right, r); why != 0 {
		return j.refuse(ctx, r, why)
	}
	j.right = *r
	for i := s.left.from(shift(r.At, -j.c.Upper)); i < len(s.left) && s.left[i].at <= shift(r.At, -j.c.Lower); i++ {
		s.left[i].answers = 1
		s.left[i].view(&j.left, r.Key)
		if err := j.give(ctx, &j.right); err != nil {
			return err
		}
	}
	s.right = j.shelf.insert(s.right, r, 0)
	j.keys.Changed(s)
	setEarlier(ctx, j.goneTimer(aliasKey(r.Key), later(r.At, j.rightKept)))
	return nil
}

// sides are what is kept of a key, empty where it is new.
func (j *Interval) sides(key []byte) *sides {
	if s := j.keys.GetBytes(key); s != nil {
		return s
	}
	return j.keys.GetOrCreate(aliasKey(key))
}

// full says why a record is not kept, 0 where it is.
func (j *Interval) full(l items, r *Record) Refused {
	switch {
	case l.has(r):
		return Duplicate
	case len(l) >= j.c.MaxKept:
		return Full
	}
	return 0
}

// refuse counts a record that is not taken and hands it to the caller (I7).
func (j *Interval) refuse(ctx *pipeline.Context, r *Record, why Refused) error {
	ctx.Count(countRefused, why.String())
	return j.refused(ctx, r, why)
}

// give emits j.left with right.
func (j *Interval) give(ctx *pipeline.Context, right *Record) error {
	w, basis := ctx.Watermark(j.all)
	j.out = Pair{Left: &j.left, Right: right, Watermark: w, Basis: basis}
	return j.emit(ctx, &j.out)
}

// alone is when no partner of a left record can come any more, by the watermark of the right side.
func (j *Interval) alone(at pipeline.Time) pipeline.Time {
	return shift(at, j.c.Upper+j.c.Lateness+1)
}

// aloneTimer waits for the right side only: the left record itself need not be passed.
func (j *Interval) aloneTimer(key string, at pipeline.Time) pipeline.Timer {
	return pipeline.Timer{At: at, Channels: j.c.Right, Kind: j.c.TimerKind, Key: key}
}

// goneTimer waits for both sides. Its kind is the higher one, so that of one time records are given
// alone before they go.
func (j *Interval) goneTimer(key string, at pipeline.Time) pipeline.Timer {
	return pipeline.Timer{At: at, Channels: j.all, Kind: j.c.TimerKind + 1, Key: key}
}

// OnTimer gives left records alone, and lets records go. Timers of other kinds it passes over.
//
// It goes by the timer's time, not by the watermark, which may be far ahead: timers fire in the order
// of time and kind, so that a record is given alone before it goes.
func (j *Interval) OnTimer(ctx *pipeline.Context, tm pipeline.Timer) error {
	s := j.keys.Get(tm.Key)
	switch {
	case s == nil:
		return nil
	case tm.Kind == j.c.TimerKind:
		return j.giveAlone(ctx, tm, s)
	case tm.Kind == j.c.TimerKind+1:
		j.letGo(ctx, tm, s)
	}
	return nil
}

// giveAlone gives the left records whose time has come and that were in no pair, each once.
func (j *Interval) giveAlone(ctx *pipeline.Context, tm pipeline.Timer, s *sides) error {
	for i := range s.left {
		it := &s.left[i]
		if it.answers > 0 {
			continue
		}
		if at := j.alone(it.at); at > tm.At {
			ctx.SetTimer(j.aloneTimer(tm.Key, at))
			return nil
		}
		it.answers = 1
		j.keys.Changed(s)
		it.view(&j.left, keyBytes(tm.Key))
		if err := j.give(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// letGo drops the records that can find no partner any more, and the key with its last one.
func (j *Interval) letGo(ctx *pipeline.Context, tm pipeline.Timer, s *sides) {
	s.left = j.shelf.removeFirst(s.left, s.left.from(earlier(tm.At, j.leftKept-1)))
	s.right = j.shelf.removeFirst(s.right, s.right.from(earlier(tm.At, j.rightKept-1)))
	next := pipeline.MaxTime
	if len(s.left) > 0 {
		next = later(s.left[0].at, j.leftKept)
	}
	if len(s.right) > 0 {
		next = min(next, later(s.right[0].at, j.rightKept))
	}
	if len(s.left)+len(s.right) > 0 {
		j.keys.Changed(s)
		ctx.SetTimer(j.goneTimer(tm.Key, next))
		return
	}
	j.shelf.putList(s.left)
	j.shelf.putList(s.right)
	s.left, s.right = nil, nil
	j.keys.Delete(tm.Key)
}

// sides are the records of one key.
type sides struct{ left, right items }

const sidesVersion = 1

// sidesCodec: a version byte, then the items of both sides.
type sidesCodec struct{}

func (sidesCodec) AppendValue(dst []byte, s *sides) []byte {
	return appendItems(appendItems(append(dst, sidesVersion), s.left), s.right)
}

func (sidesCodec) DecodeValue(src []byte, s *sides) error {
	d := decoder{b: src}
	d.version(sidesVersion)
	s.left = d.items()
	s.right = d.items()
	return d.done()
}
