package simulation

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// The topology has two hops, as the product has. Ingest keeps no state; it reads web and ehr, each a
// channel of its own, looks keys up in the table of links, and writes to mid with watermarks. Patient
// reads mid and keeps state of every kind, timers, windows and a model that is broadcast.
func newTopology(s *settings) *pipeline.Topology {
	var times func(*pipeline.Record) (known, event pipeline.Time)
	if s.Backlog {
		times = touchTimes
	}
	return &pipeline.Topology{
		Name: "simulated", LiveWithin: 1000,
		Channels: []pipeline.Channel{
			{Name: "web", OutOfOrderness: s.Bound, IdleAfter: s.IdleAfter},
			{Name: "ehr", OutOfOrderness: 3 * s.Bound, IdleAfter: 2 * s.IdleAfter},
		},
		Roles: []pipeline.Role{
			{
				Name:         "ingest",
				Sources:      []pipeline.Source{{Topic: "web", Channel: 0, Priority: 1, Times: times}, {Topic: "ehr", Channel: 1, Times: times}},
				Tables:       []pipeline.TableSource{{Topic: "links", New: func() pipeline.Table { return make(links) }}},
				WatermarksTo: "mid",
				New:          newIngest,
			},
			{
				Name:       "patient",
				Sources:    []pipeline.Source{{Topic: "mid", Carried: true, Channel: pipeline.NoChannel}},
				Broadcasts: []string{"models"},
				Changelog:  "patient-changelog",
				New:        newPatient,
			},
		},
	}
}

// links is the table: the last record of each key.
type links map[string]string

func (l links) Apply(r *pipeline.Record) error {
	if len(r.Key) == 0 {
		return pipeline.Invalid("no-key", nil)
	}
	l[string(r.Key)] = string(r.Value)
	return nil
}

// touch is a record of web or ehr: "id key time [urgent]".
type touch struct {
	id, key string
	at      pipeline.Time
	urgent  bool
}

var errFields = errors.New("fields")

func parseTouch(value []byte) (touch, error) {
	f := strings.Fields(string(value))
	if len(f) < 3 {
		return touch{}, errFields
	}
	at, err := strconv.ParseInt(f[2], 10, 64)
	return touch{f[0], f[1], pipeline.Time(at), len(f) > 3}, err
}

type ingest struct {
	mid, rejected pipeline.Output
	links         links
	panics        []int
}

func newIngest(s *pipeline.Setup) (pipeline.Processor, error) {
	p := &ingest{mid: s.Output("mid"), rejected: s.Output("rejected")}
	p.links, _ = s.Table("links").(links)
	return p, nil
}

func (p *ingest) Process(c *pipeline.Context, r *pipeline.Record) error {
	t, err := parseTouch(r.Value)
	if err != nil {
		return pipeline.Invalid("unreadable", err)
	}
	if t.key == "panic" {
		p.panics[1]++
	}
	c.ObserveEventTime(t.at)
	c.Emit(p.mid, []byte(t.key), fmt.Appendf(nil, "%s %s %d %s %d %d link=%s@%d", t.id, t.key, t.at, r.Topic, r.Partition, r.Offset,
		p.links[t.key], c.TablePosition("links")))
	if t.urgent {
		c.Urgent()
	}
	return nil
}

func (p *ingest) OnFailure(c *pipeline.Context, r *pipeline.Record, _ error) error {
	c.Emit(p.rejected, r.Key, fmt.Appendf(nil, "%s %d %d %s", r.Topic, r.Partition, r.Offset, r.Value))
	return nil
}

// What patient does with event times, in milliseconds.
const (
	windowSize = 500
	silence    = 1500
	seenFor    = 3000 // ids are remembered for so long

	windowEnds, keyIsSilent, idIsOld = uint8(1), uint8(2), uint8(3)

	webOnly, allChannels = pipeline.Channels(1), pipeline.Channels(3)

	earlyEvery = 300 // of processing time
)

// person is what patient keeps of a key.
type person struct {
	Count    int64
	Chain    uint64 // of all ids, in order
	Newest   pipeline.Time
	Silences int64
}

// pane is one window of one key.
type pane struct {
	N        int64
	Chain    uint64
	Revision int64
	Changed  bool
}

func chain(h uint64, id string) uint64 {
	f := fnv.New64a()
	_, _ = fmt.Fprintf(f, "%x %s", h, id) // never fails
	return f.Sum64()
}

// waits is what a key's windows wait for.
func waits(key string) pipeline.Channels {
	if key[len(key)-1]%3 == 0 {
		return webOnly
	}
	return allChannels
}

type patient struct {
	out, late, windows, early, silences, personas, duplicates, dumps pipeline.Output

	people *state.Map[person]
	panes  *state.Map[pane]
	seen   *state.Map[int64]
	total  *state.Value[int64]

	model   int64
	emitted pipeline.Time
	changed []string // keys whose persona is to be emitted
}

func newPatient(s *pipeline.Setup) (pipeline.Processor, error) {
	return &patient{
		out: s.Output("out"), late: s.Output("late"), windows: s.Output("windows"), early: s.Output("early"), silences: s.Output("silences"),
		personas: s.Output("personas"), duplicates: s.Output("duplicates"), dumps: s.Output("dumps"),
		people: state.NewMap(s, "people", textCodec[person]{}),
		panes:  state.NewMap(s, "panes", textCodec[pane]{}),
		seen:   state.NewMap(s, "seen", textCodec[int64]{}),
		total:  state.NewValue(s, "total", textCodec[int64]{}),
	}, nil
}

func (p *patient) Process(c *pipeline.Context, r *pipeline.Record) error {
	if string(r.Key) == "dump" {
		c.EmitTo(p.dumps, r.Partition, nil, p.dump(c, string(r.Value)))
		return nil
	}
	t, err := parseTouch(r.Value)
	if err != nil {
		return err
	}
	if p.seen.Get(t.id) != nil {
		c.Emit(p.duplicates, r.Key, r.Value)
		return nil
	}
	p.seen.Put(t.id, int64(t.at))
	c.SetTimer(pipeline.Timer{At: t.at + seenFor, Kind: idIsOld, Key: t.id})
	*p.total.Get()++
	p.total.MarkDirty()
	who := p.people.GetOrCreate(t.key)
	who.Count++
	who.Chain = chain(who.Chain, t.id)
	who.Newest = max(who.Newest, t.at)
	p.changed = append(p.changed, t.key)
	c.SetTimer(pipeline.Timer{At: who.Newest + silence, Channels: allChannels, Kind: keyIsSilent, Key: t.key})
	w, _ := c.Watermark(waits(t.key))
	c.Emit(p.out, r.Key, fmt.Appendf(nil, "%s count=%d chain=%x watermark=%d model=%d", r.Value, who.Count, who.Chain, w, p.model))
	p.window(c, t, w)
	return nil
}

func (p *patient) window(c *pipeline.Context, t touch, w pipeline.Time) {
	end := t.at - t.at%windowSize + windowSize
	if end <= w {
		c.Emit(p.late, []byte(t.key), fmt.Appendf(nil, "%s %d watermark=%d", t.id, t.at, w))
		return
	}
	key := fmt.Sprintf("%s@%d", t.key, end)
	pane := p.panes.GetOrCreate(key)
	pane.N, pane.Chain, pane.Changed = pane.N+1, chain(pane.Chain, t.id), true
	c.SetTimer(pipeline.Timer{At: end, Channels: waits(t.key), Kind: windowEnds, Key: key})
}

func (p *patient) OnTimer(c *pipeline.Context, t pipeline.Timer) error {
	switch t.Kind {
	case windowEnds:
		pane := p.panes.Get(t.Key)
		if pane == nil {
			return fmt.Errorf("timer of window %s: no pane", t.Key)
		}
		key, _, _ := strings.Cut(t.Key, "@")
		c.Emit(p.windows, []byte(key), fmt.Appendf(nil, "%s n=%d chain=%x", t.Key, pane.N, pane.Chain))
		p.panes.Delete(t.Key)
	case keyIsSilent:
		who := p.people.Get(t.Key)
		if who == nil {
			return fmt.Errorf("timer of key %s: no person", t.Key)
		}
		who.Silences++
		p.people.MarkDirty(t.Key)
		p.changed = append(p.changed, t.Key)
		c.Emit(p.silences, []byte(t.Key), fmt.Appendf(nil, "%s since %d count=%d", t.Key, t.At, who.Count))
	case idIsOld:
		p.seen.Delete(t.Key)
	}
	return nil
}

func (p *patient) OnBroadcast(_ *pipeline.Context, r *pipeline.Record) error {
	n, err := strconv.ParseInt(string(r.Value), 10, 64)
	p.model = n
	return err
}

// OnTick emits panes that have changed before their window ends.
func (p *patient) OnTick(c *pipeline.Context) error {
	if c.Now() < p.emitted+earlyEvery {
		return nil
	}
	p.emitted = c.Now()
	p.panes.Range(func(name string, pane *pane) bool {
		if !pane.Changed {
			return true
		}
		pane.Changed = false
		pane.Revision++
		p.panes.MarkDirty(name)
		key, _, _ := strings.Cut(name, "@")
		c.Emit(p.early, []byte(key), fmt.Appendf(nil, "%s %d %d %d", name, c.Epoch(), pane.Revision, pane.N))
		return true
	})
	return nil
}

// OnCommit emits the personas that have changed, once each.
func (p *patient) OnCommit(c *pipeline.Context) error {
	done := make(map[string]bool)
	for _, key := range p.changed {
		if !done[key] {
			done[key] = true
			who := p.people.Get(key)
			c.Emit(p.personas, []byte(key), fmt.Appendf(nil, "%s %d %d %x", key, who.Count, who.Silences, who.Chain))
		}
	}
	p.changed = p.changed[:0]
	return nil
}

// dump writes down the whole state.
func (p *patient) dump(c *pipeline.Context, id string) []byte {
	b := fmt.Appendf(nil, "dump %s total=%d\n", id, *p.total.Get())
	p.people.Range(func(key string, who *person) bool {
		at, set := c.TimerAt(keyIsSilent, key)
		b = fmt.Appendf(b, "person %s %d %x %d %d timer=%d,%t\n", key, who.Count, who.Chain, who.Newest, who.Silences, at, set)
		return true
	})
	p.panes.Range(func(key string, pane *pane) bool {
		at, set := c.TimerAt(windowEnds, key)
		b = fmt.Appendf(b, "pane %s %d %x timer=%d,%t\n", key, pane.N, pane.Chain, at, set)
		return true
	})
	p.seen.Range(func(key string, v *int64) bool {
		at, set := c.TimerAt(idIsOld, key)
		b = fmt.Appendf(b, "seen %s %d timer=%d,%t\n", key, *v, at, set)
		return true
	})
	return b
}

// textCodec keeps values as text.
type textCodec[V any] struct{}

func (textCodec[V]) AppendValue(dst []byte, v *V) []byte {
	switch v := any(v).(type) {
	case *int64:
		return strconv.AppendInt(dst, *v, 10)
	case *person:
		return fmt.Appendf(dst, "%d %d %d %d", v.Count, v.Chain, v.Newest, v.Silences)
	case *pane:
		return fmt.Appendf(dst, "%d %d %d %t", v.N, v.Chain, v.Revision, v.Changed)
	}
	panic("unknown type")
}

func (textCodec[V]) DecodeValue(src []byte, v *V) (err error) {
	switch v := any(v).(type) {
	case *int64:
		*v, err = strconv.ParseInt(string(src), 10, 64)
	case *person:
		_, err = fmt.Sscan(string(src), &v.Count, &v.Chain, &v.Newest, &v.Silences)
	case *pane:
		_, err = fmt.Sscan(string(src), &v.N, &v.Chain, &v.Revision, &v.Changed)
	}
	return err
}
