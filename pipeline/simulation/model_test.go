package simulation

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
)

// model computes what patient must make of one partition of mid, from the committed order of its
// records alone. It shares nothing with the engine but the control records' format.
type model struct {
	partition int32
	settings  *settings

	sources map[string][]source // by topic
	marks   map[string]int64    // watermark of web and ehr

	total   int64
	people  map[string]*modelPerson
	panes   map[string]*modelPane
	seen    map[string]int64
	timers  map[timerName]int64
	fired   int
	outputs map[string][]string // by topic, in order
	errs    []string
}

type source struct {
	heard, idle bool
	watermark   int64
}

type modelPerson struct {
	count, silences, newest int64
	chain                   uint64
}

type modelPane struct {
	n     int64
	chain uint64
}

type timerName struct {
	kind uint8
	key  string
}

const never = math.MinInt64

func newModel(s *settings, partition int32) *model {
	return &model{
		partition: partition, settings: s, sources: make(map[string][]source), marks: map[string]int64{"web": never, "ehr": never},
		people: make(map[string]*modelPerson), panes: make(map[string]*modelPane), seen: make(map[string]int64),
		timers: make(map[timerName]int64), outputs: make(map[string][]string),
	}
}

func (m *model) emit(topic, format string, args ...any) {
	m.outputs[topic] = append(m.outputs[topic], fmt.Sprintf(format, args...))
}

// take computes one record of mid.
func (m *model) take(r *pipeline.Record) {
	switch {
	case isControl(r):
		for _, mark := range decodeControl(r.Value) {
			m.mark(mark)
		}
		m.raise()
	case string(r.Key) == "dump":
		m.emit("dumps", "%s", m.dump(string(r.Value)))
	default:
		m.touch(string(r.Value))
	}
	m.fire()
}

func isControl(r *pipeline.Record) bool {
	return len(r.Headers) > 0 && r.Headers[0].Key == "attune_watermark"
}

// controlMark is one source's word in a control record.
type controlMark struct {
	topic         string
	partition, of int
	idle, forced  bool
	watermark     int64
}

// decodeControl reads a control record as its format is described.
func decodeControl(b []byte) (marks []controlMark) {
	next := func() int {
		v, n := binary.Uvarint(b)
		b = b[n:]
		return int(v)
	}
	signed := func() int64 {
		v, n := binary.Varint(b)
		b = b[n:]
		return v
	}
	b = b[1:] // version
	for len(b) > 0 {
		n := next()
		topic := string(b[:n])
		b = b[n:]
		of := next()
		for count := next(); count > 0; count-- {
			m := controlMark{topic: topic, partition: next(), of: of, watermark: never}
			flags := b[0]
			b = b[1:]
			m.idle, m.forced = flags&1 != 0, flags&2 != 0
			if flags&4 != 0 {
				m.watermark = signed()
			}
			if flags&8 != 0 {
				signed() // table position
			}
			marks = append(marks, m)
		}
	}
	return marks
}

func (m *model) mark(c controlMark) {
	if m.sources[c.topic] == nil {
		m.sources[c.topic] = slices.Repeat([]source{{watermark: never}}, c.of)
	}
	s := &m.sources[c.topic][c.partition]
	s.heard, s.idle, s.watermark = true, c.idle, max(s.watermark, c.watermark)
}

// raise moves the watermark of each channel to the minimum of its sources that are not idle, or, if
// all are, to the maximum. One that has not spoken holds it.
func (m *model) raise() {
	for _, channel := range []string{"web", "ehr"} {
		sources := m.sources[channel]
		low, high, active := int64(math.MaxInt64), int64(never), false
		silent := len(sources) < 2
		for _, s := range sources {
			silent = silent || !s.heard || !s.idle && s.watermark == never
			high = max(high, s.watermark)
			if !s.idle {
				active, low = true, min(low, s.watermark)
			}
		}
		switch {
		case silent:
		case active:
			m.marks[channel] = max(m.marks[channel], low)
		default:
			m.marks[channel] = max(m.marks[channel], high)
		}
	}
}

// watermark is what timers and windows of a key wait for.
func (m *model) watermark(onlyWeb bool) int64 {
	if onlyWeb {
		return m.marks["web"]
	}
	return min(m.marks["web"], m.marks["ehr"])
}

func onlyWeb(key string) bool { return key[len(key)-1]%3 == 0 }

func (m *model) touch(value string) {
	var id, key string
	var at int64
	if _, err := fmt.Sscan(value, &id, &key, &at); err != nil {
		m.errs = append(m.errs, fmt.Sprintf("mid has %q: %v", value, err))
		return
	}
	if _, ok := m.seen[id]; ok {
		m.emit("duplicates", "%s", value)
		return
	}
	m.seen[id] = at
	m.timers[timerName{idIsOld, id}] = at + seenFor
	m.total++
	who := m.people[key]
	if who == nil {
		who = &modelPerson{}
		m.people[key] = who
	}
	who.count, who.chain, who.newest = who.count+1, chain(who.chain, id), max(who.newest, at)
	m.timers[timerName{keyIsSilent, key}] = who.newest + silence
	w := m.watermark(onlyWeb(key))
	m.emit("out", "%s count=%d chain=%x watermark=%d", value, who.count, who.chain, w)
	end := at - at%windowSize + windowSize
	if end <= w {
		m.emit("late", "%s %d watermark=%d", id, at, w)
		return
	}
	window := fmt.Sprintf("%s@%d", key, end)
	p := m.panes[window]
	if p == nil {
		p = &modelPane{}
		m.panes[window] = p
	}
	p.n, p.chain = p.n+1, chain(p.chain, id)
	m.timers[timerName{windowEnds, window}] = end
}

// fire fires what is due, by time, kind and key.
func (m *model) fire() {
	var due []timerName
	for name, at := range m.timers {
		key, _, _ := strings.Cut(name.key, "@")
		if at <= m.watermark(name.kind == windowEnds && onlyWeb(key)) {
			due = append(due, name)
		}
	}
	slices.SortFunc(due, func(a, b timerName) int {
		return cmp.Or(cmp.Compare(m.timers[a], m.timers[b]), cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key))
	})
	for _, name := range due {
		at := m.timers[name]
		delete(m.timers, name)
		m.fired++
		switch name.kind {
		case windowEnds:
			p := m.panes[name.key]
			delete(m.panes, name.key)
			m.emit("windows", "%s n=%d chain=%x", name.key, p.n, p.chain)
		case keyIsSilent:
			m.people[name.key].silences++
			m.emit("silences", "%s since %d count=%d", name.key, at, m.people[name.key].count)
		case idIsOld:
			delete(m.seen, name.key)
		}
	}
}

// dump is what patient's dump must be.
func (m *model) dump(id string) string {
	var b strings.Builder
	timer := func(kind uint8, key string) string {
		at, ok := m.timers[timerName{kind, key}]
		return fmt.Sprintf("timer=%d,%t", at, ok)
	}
	fmt.Fprintf(&b, "dump %s total=%d\n", id, m.total)
	for _, key := range slices.Sorted(maps.Keys(m.people)) {
		who := m.people[key]
		fmt.Fprintf(&b, "person %s %d %x %d %d %s\n", key, who.count, who.chain, who.newest, who.silences, timer(keyIsSilent, key))
	}
	for _, key := range slices.Sorted(maps.Keys(m.panes)) {
		fmt.Fprintf(&b, "pane %s %d %x %s\n", key, m.panes[key].n, m.panes[key].chain, timer(windowEnds, key))
	}
	for _, key := range slices.Sorted(maps.Keys(m.seen)) {
		fmt.Fprintf(&b, "seen %s %d %s\n", key, m.seen[key], timer(idIsOld, key))
	}
	return b.String()
}
