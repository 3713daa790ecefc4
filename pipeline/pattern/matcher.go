package pattern

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"unsafe"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// Record is one that a pattern may be made of. The bytes are copied where they are kept.
type Record struct {
	// Key is what the sequence is sought for, At the event time.
	Key []byte
	At  pipeline.Time
	// Symbol is that of the record's name: Matcher.Symbol.
	Symbol Symbol
	// ID says which record it is, for the match. Empty: never a duplicate.
	ID []byte
}

// Refused says why a record was not taken.
type Refused uint8

// The reasons.
const (
	// TooLate: behind the watermark; its turn is over.
	TooLate Refused = iota + 1
	// Full: as many records of its key wait as may.
	Full
	// Duplicate: a record of its id, name and time waits.
	Duplicate
)

// String is the reason as the counter has it.
func (r Refused) String() string {
	switch r {
	case TooLate:
		return "too_late"
	case Full:
		return "full"
	case Duplicate:
		return "duplicate"
	}
	return "unknown"
}

// The counters of patterns.
const (
	countRefused = "pattern_refused_records"
	// countDropped counts partial matches that were let go for one more: the key has as many as it may.
	countDropped = "pattern_dropped_partials"
	countMatches = "pattern_matches"
)

// Match is a sequence that was found. It is valid during the call that gets it.
type Match struct {
	Key []byte
	// Start is the time of the first record; End that of the last record, or the end of the last span.
	Start, End pipeline.Time
	// Found are the records, in order; a step with "not" has none.
	Found []Found
	// Watermark is that of Config.Channels when the match was found, Basis what it rests on.
	Watermark pipeline.Time
	Basis     pipeline.Basis
}

// Found is a record of a match.
type Found struct {
	At pipeline.Time
	ID []byte
}

// Matcher searches for one pattern, for one task. Like all of a task it is used by one goroutine. The
// functions that it was made with must not call it. What waits and what is begun is in a store and in
// timers, and survives a restart.
type Matcher struct {
	c       Config
	machine *machine
	keys    *state.Map[key]
	emit    func(ctx *pipeline.Context, m *Match) error
	refused func(ctx *pipeline.Context, r *Record, why Refused) error
	// bytes are of records that are gone, for those to come; lists and spare are the same for partial
	// matches and keys. Without them each record would allocate.
	bytes [][]byte
	lists [][]found
	spare []key
	out   Match
}

const maxSpare = 4096

// New makes the search and registers its store with the task. emit gets each match, refused each
// record that is not taken.
func New(s *pipeline.Setup, c Config, emit func(*pipeline.Context, *Match) error, refused func(*pipeline.Context, *Record, Refused) error) (*Matcher, error) {
	c.setDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s.TimerKinds("pattern "+c.Name, c.TimerKind, 1)
	m, err := compile(c.Sequence)
	if err != nil {
		return nil, fmt.Errorf("pattern %s: %w", c.Name, err)
	}
	s.Span("pattern "+c.Name, m.longest()+1)
	if len(m.states) == 0 {
		return nil, fmt.Errorf("pattern %s: of one step: every %s would be a match; add a step", c.Name, m.names[0])
	}
	return &Matcher{c: c, machine: m, keys: state.NewMap(s, "pattern-"+c.Name, keyCodec{m}), emit: emit, refused: refused}, nil
}

// Symbol is what stands for a name, false where the pattern does not have it: such records need not be
// added. It is to be called once per name, not per record.
func (m *Matcher) Symbol(name string) (Symbol, bool) {
	i := slices.Index(m.machine.names, name)
	return Symbol(max(i, 0)), i >= 0
}

// Add takes a record; it is processed when its turn has come. One that is late, a duplicate, or too
// many for its key goes to refused, and is no error.
func (m *Matcher) Add(ctx *pipeline.Context, r *Record) error {
	if w, _ := ctx.Watermark(m.c.Channels); r.At < w {
		return m.refuse(ctx, r, TooLate)
	}
	k := m.keys.GetBytes(r.Key)
	if k == nil {
		k = m.create(r.Key)
	}
	w := waiting{r.At, r.Symbol, r.ID}
	i := sort.Search(len(k.waiting), func(i int) bool { return k.waiting[i].compare(&w) >= 0 })
	switch {
	case len(r.ID) > 0 && i < len(k.waiting) && k.waiting[i].compare(&w) == 0:
		return m.refuse(ctx, r, Duplicate)
	case len(k.waiting) >= m.c.MaxWaiting:
		return m.refuse(ctx, r, Full)
	}
	w.id = m.copy(r.ID)
	k.waiting = append(k.waiting, waiting{})
	copy(k.waiting[i+1:], k.waiting[i:])
	k.waiting[i] = w
	m.keys.Changed(k)
	t := m.timer(aliasKey(r.Key), r.At)
	if at, ok := ctx.TimerAt(t.Kind, t.Key); !ok || at > t.At {
		ctx.SetTimer(t)
	}
	return nil
}

// create makes the state of a key, of lists that are free.
func (m *Matcher) create(of []byte) *key {
	k := m.keys.GetOrCreate(aliasKey(of))
	if n := len(m.spare); n > 0 {
		*k, m.spare[n-1] = m.spare[n-1], key{}
		m.spare = m.spare[:n-1]
	}
	return k
}

// refuse counts a record that is not taken and hands it to the caller (I7).
func (m *Matcher) refuse(ctx *pipeline.Context, r *Record, why Refused) error {
	ctx.Count(countRefused, why.String())
	return m.refused(ctx, r, why)
}

// timer fires when everything up to and at a time is known.
func (m *Matcher) timer(key string, at pipeline.Time) pipeline.Timer {
	return pipeline.Timer{At: later(at, 1), Channels: m.c.Channels, Kind: m.c.TimerKind, Key: key}
}

// OnTimer processes what has come to its turn. Timers of other kinds it passes over. It goes by the
// timer's time, not by the watermark, so that matches of all keys come in the order of time.
func (m *Matcher) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	if t.Kind != m.c.TimerKind {
		return nil
	}
	k := m.keys.Get(t.Key)
	if k == nil {
		return nil
	}
	m.keys.Changed(k)
	m.out.Key = unsafe.Slice(unsafe.StringData(t.Key), len(t.Key))
	for at := m.machine.due(k); at < t.At; at = m.machine.due(k) {
		if err := m.step(ctx, k, at); err != nil {
			return err
		}
	}
	if k.empty() {
		if len(m.spare) < maxSpare {
			m.spare = append(m.spare, *k)
		}
		*k = key{}
		m.keys.Delete(t.Key)
		return nil
	}
	ctx.SetTimer(m.timer(t.Key, m.machine.due(k)))
	return nil
}

// step does what is due at one time: first the records of that time, then the states that end with it,
// so that a record at the very end of its time counts.
func (m *Matcher) step(ctx *pipeline.Context, k *key, at pipeline.Time) error {
	n := 0
	for n < len(k.waiting) && k.waiting[n].at == at {
		n++
	}
	if n > 0 {
		matched, err := m.records(ctx, k, k.waiting[:n])
		if err != nil {
			return err
		}
		if !matched || m.c.After == Each {
			m.begin(ctx, k, k.waiting[:n])
		}
		m.removeWaiting(k, n)
	}
	return m.deadlines(ctx, k, at)
}

// records leads partial matches on, or ends them, by the records of one time.
func (m *Matcher) records(ctx *pipeline.Context, k *key, now []waiting) (matched bool, err error) {
	keep := 0
	for i := range k.partials {
		p := &k.partials[i]
		f := m.meet(p, now)
		if f == isMatch {
			matched = true
			if err := m.give(ctx, p, now[0].at); err != nil {
				return true, err
			}
			if m.c.After == Once {
				keep = 0
				break
			}
		}
		if f == goesOn {
			k.partials[keep], k.partials[i] = k.partials[i], k.partials[keep]
			keep++
		}
	}
	m.removePartials(k, keep)
	return matched, nil
}

// fate is what a time has made of a partial match.
type fate uint8

const (
	// The fates.
	goesOn fate = iota
	isMatch
	isGone
)

// meet leads a partial match on by the record that it awaits; where that does not come at this time, a
// forbidden one ends it.
func (m *Matcher) meet(p *partial, now []waiting) fate {
	s := &m.machine.states[p.state]
	gone := false
	for i := range now {
		if int(now[i].symbol) == s.awaits {
			p.found = append(p.found, found{now[i].at, m.copy(now[i].id)})
			p.state, p.point = p.state+1, now[i].at
			if p.state == len(m.machine.states) {
				return isMatch
			}
			return goesOn
		}
		gone = gone || s.forbids&(1<<now[i].symbol) != 0
	}
	if gone {
		return isGone
	}
	return goesOn
}

// begin makes a partial match of every record that fits the first step. It comes after the records have
// led others on, so that no record is two steps of one match.
func (m *Matcher) begin(ctx *pipeline.Context, k *key, now []waiting) {
	for i := range now {
		if now[i].symbol != 0 {
			continue
		}
		if len(k.partials) >= m.c.MaxPartial {
			ctx.Count(countDropped, m.c.Name)
			m.removeFirst(k)
		}
		p := partial{point: now[i].at}
		if n := len(m.lists); n > 0 {
			p.found, m.lists = m.lists[n-1], m.lists[:n-1]
		} else {
			p.found = make([]found, 0, len(m.machine.states)+1)
		}
		p.found = append(p.found, found{now[i].at, m.copy(now[i].id)})
		k.partials = append(k.partials, p)
	}
}

// deadlines ends the states whose time is over: one that waited for a record ends its partial match,
// one that waited for the time to pass leads on.
func (m *Matcher) deadlines(ctx *pipeline.Context, k *key, at pipeline.Time) error {
	keep := 0
	for i := range k.partials {
		p := &k.partials[i]
		f := goesOn
		if m.machine.deadline(p) <= at {
			if f = isGone; m.machine.states[p.state].awaits < 0 {
				p.point, p.state, f = at, p.state+1, goesOn
			}
			if p.state == len(m.machine.states) {
				f = isMatch
			}
		}
		if f == isMatch {
			if err := m.give(ctx, p, at); err != nil {
				return err
			}
			if m.c.After == Once {
				keep = 0
				break
			}
		}
		if f == goesOn {
			k.partials[keep], k.partials[i] = k.partials[i], k.partials[keep]
			keep++
		}
	}
	m.removePartials(k, keep)
	return nil
}

// give emits a partial match that is complete.
func (m *Matcher) give(ctx *pipeline.Context, p *partial, end pipeline.Time) error {
	m.out.Start, m.out.End, m.out.Found = p.found[0].at, end, m.out.Found[:0]
	for i := range p.found {
		m.out.Found = append(m.out.Found, Found{p.found[i].at, p.found[i].id})
	}
	m.out.Watermark, m.out.Basis = ctx.Watermark(m.c.Channels)
	ctx.Count(countMatches, m.c.Name)
	return m.emit(ctx, &m.out)
}

// copy takes the bytes of an id into ones that are free.
func (m *Matcher) copy(b []byte) []byte {
	if n := len(m.bytes); n > 0 && len(b) > 0 {
		spare := m.bytes[n-1]
		m.bytes = m.bytes[:n-1]
		return append(spare, b...)
	}
	return bytes.Clone(b)
}

// free keeps bytes for the next copy, removeWaiting drops the first n records that wait.
func (m *Matcher) free(b []byte) {
	if cap(b) > 0 && len(m.bytes) < maxSpare {
		m.bytes = append(m.bytes, b[:0])
	}
}

func (m *Matcher) removeWaiting(k *key, n int) {
	for i := range k.waiting[:n] {
		m.free(k.waiting[i].id)
	}
	rest := copy(k.waiting, k.waiting[n:])
	clear(k.waiting[rest:])
	k.waiting = k.waiting[:rest]
}

// removePartials keeps the first n.
func (m *Matcher) removePartials(k *key, n int) {
	for i := n; i < len(k.partials); i++ {
		m.release(&k.partials[i])
	}
	k.partials = k.partials[:n]
}

// removeFirst lets the partial match go that began first.
func (m *Matcher) removeFirst(k *key) {
	m.release(&k.partials[0])
	k.partials = append(k.partials[:0], k.partials[1:]...)
}

// release takes back what a partial match has.
func (m *Matcher) release(p *partial) {
	for i := range p.found {
		m.free(p.found[i].id)
	}
	clear(p.found)
	if len(m.lists) < maxSpare {
		m.lists = append(m.lists, p.found[:0])
	}
	*p = partial{}
}

// aliasKey is a string over b, for lookups only: stores and timers clone the keys that they keep.
func aliasKey(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
