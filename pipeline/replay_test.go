package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/state"
)

// curious is a processor that lets everything that a handler may look at into its outputs: processing
//
// time, epoch, watermarks, what was broadcast, and the order of it all.
type curious struct {
	out    pipeline.Output
	counts *state.Map[int64]
	early  *state.Value[int64] // when OnTick is to emit, 0 for never
	factor string              // of the last broadcast, not in a store
	fresh  []string            // keys since the last commit
	chance *int64              // makes it nondeterministic, if not nil
}

const bothWays = pipeline.Channels(1)

func newCurious(s *pipeline.Setup) *curious {
	return &curious{out: s.Output("out"), counts: state.NewMap(s, "counts", enginetest.Int64Codec{}), early: state.NewValue(s, "early", enginetest.Int64Codec{})}
}

func (p *curious) emit(c *pipeline.Context, format string, args ...any) {
	mark, basis := c.Watermark(bothWays)
	c.Emit(p.out, []byte("key"), fmt.Appendf(nil, "now=%d epoch=%d mark=%d/%d factor=%s "+format,
		append([]any{c.Now(), c.Epoch(), mark, basis, p.factor}, args...)...), pipeline.Header{Key: "h", Value: []byte("v")})
}

func (p *curious) Process(c *pipeline.Context, r *pipeline.Record) error {
	key, at, n, err := enginetest.Parse(r.Value)
	if err != nil {
		return pipeline.Invalid("unreadable", err)
	}
	c.ObserveEventTime(at)
	*p.counts.GetOrCreate(key) += int64(n)
	if p.chance != nil {
		*p.chance++
		*p.counts.Get(key) += *p.chance
	}
	p.fresh = append(p.fresh, key)
	if *p.early.Get() == 0 {
		p.early.Put(int64(c.Now()) + 500)
	}
	c.SetTimer(pipeline.Timer{At: at + 700, Channels: bothWays, Kind: 1, Key: key})
	p.emit(c, "record %s=%d", key, *p.counts.Get(key))
	return nil
}

func (p *curious) OnTimer(c *pipeline.Context, t pipeline.Timer) error {
	p.emit(c, "timer %s at %d", t.Key, t.At)
	return nil
}

func (p *curious) OnTick(c *pipeline.Context) error {
	if due := *p.early.Get(); due > 0 && int64(c.Now()) >= due {
		p.early.Delete()
		p.emit(c, "early")
	}
	return nil
}

func (p *curious) OnBroadcast(c *pipeline.Context, r *pipeline.Record) error {
	p.factor = string(r.Value)
	p.emit(c, "broadcast %d", r.Offset)
	return nil
}

func (p *curious) OnCommit(c *pipeline.Context) error {
	if len(p.fresh) > 0 {
		p.emit(c, "%d since the last commit", len(p.fresh))
		mark, _ := c.Watermark(bothWays)
		c.SetTimer(pipeline.Timer{At: mark, Channels: bothWays, Kind: 2, Key: "committed"})
	}
	p.fresh = p.fresh[:0]
	return nil
}

func (p *curious) OnFailure(c *pipeline.Context, r *pipeline.Record, _ error) error {
	p.emit(c, "refused %d", r.Offset)
	return nil
}

// rig runs one task over a source, a broadcast topic and a changelog, all in memory.
type rig struct {
	t         testing.TB
	topology  *pipeline.Topology
	env       pipeline.Environment
	task      *pipeline.Task
	processor *curious
	chance    *int64
	source    []pipeline.Record
	models    []pipeline.Record
	taken     int // of models, by the task
	changelog []pipeline.Record
	out       []pipeline.OutRecord // since the last commit
	committed pipeline.OffsetCommit
	saved     string // what the task knew at its last commit
	seen      int    // models that it had taken then
	now       pipeline.Time
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, now: 1_000_000, env: pipeline.Environment{Orders: true, Build: 1, Partitions: func(string) (int32, error) { return 3, nil }}}
	r.topology = &pipeline.Topology{
		Name: "replay", Clock: pipeline.ClockBroker, Channels: []pipeline.Channel{{Name: "in", OutOfOrderness: 300, IdleAfter: 900}},
		Roles: []pipeline.Role{{
			Name: "curious", Sources: []pipeline.Source{{Topic: "in"}}, Broadcasts: []string{"models"}, Changelog: "log",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				r.processor = newCurious(s)
				r.processor.chance = r.chance
				return r.processor, nil
			},
		}},
	}
	r.committed.Topic = "in"
	if err := r.restore(); err != nil {
		t.Fatal(err)
	}
	return r
}

// Append implements pipeline.Appender.
func (r *rig) Append(o *pipeline.OutRecord) error {
	c := *o
	c.Key, c.Value = slices.Clone(o.Key), slices.Clone(o.Value)
	r.out = append(r.out, c)
	return nil
}

// restore makes the task anew from what was committed.
func (r *rig) restore() error {
	r.out, r.taken = nil, 0
	task, err := pipeline.NewTask(r.topology, &r.topology.Roles[0], pipeline.TopicPartition{Topic: "in"}, r.env, r)
	if err != nil {
		return err
	}
	r.task = task
	for i := range r.changelog {
		if err := task.Restore(&r.changelog[i]); err != nil {
			return err
		}
	}
	if err := task.Resume(r.committed); err != nil {
		return err
	}
	if err := r.broadcast(); err != nil {
		return err
	}
	from, to, replaying := task.Unreplayed()
	if !replaying {
		return nil
	}
	for i := range r.source {
		if record := r.source[i]; record.Offset >= from && record.Offset < to {
			if err := task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Record: &record}); err != nil {
				return err
			}
		}
	}
	if len(r.out) > 0 {
		r.t.Errorf("the replay sent %d outputs", len(r.out))
	}
	return task.Step(&pipeline.Input{Kind: pipeline.InputReplayed, Now: r.now})
}

func (r *rig) step(in *pipeline.Input) {
	r.t.Helper()
	in.Now = r.now
	if err := r.task.Step(in); err != nil {
		r.t.Fatal(err)
	}
}

// broadcast gives the task what it has not had.
func (r *rig) broadcast() error {
	for ; r.taken < len(r.models); r.taken++ {
		if err := r.task.Step(&pipeline.Input{Kind: pipeline.InputBroadcast, Now: r.now, Record: &r.models[r.taken]}); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) model(value string) {
	r.t.Helper()
	offset := int64(0)
	if n := len(r.models); n > 0 {
		offset = r.models[n-1].Offset + 2
	}
	r.models = append(r.models, pipeline.Record{Topic: "models", Offset: offset, Value: []byte(value)})
	if err := r.broadcast(); err != nil {
		r.t.Fatal(err)
	}
}

// record produces a record behind gap offsets that hold none, and lets the task take it.
func (r *rig) record(value string, gap int) {
	r.t.Helper()
	offset := r.task.Position() + int64(gap)
	r.source = append(r.source, pipeline.Record{Topic: "in", Offset: offset, Value: []byte(value)})
	record := r.source[len(r.source)-1]
	r.step(&pipeline.Input{Kind: pipeline.InputRecord, Record: &record})
}

func (r *rig) tick(caughtUp bool) {
	r.t.Helper()
	in := pipeline.Input{Kind: pipeline.InputTick, CaughtUp: pipeline.MinTime}
	if caughtUp {
		in.CaughtUp = r.now
	}
	r.step(&in)
}

// commit commits as a worker does: nothing where the task was not touched.
func (r *rig) commit(checkpoint bool) {
	r.t.Helper()
	if !r.task.Touched() && !checkpoint {
		return
	}
	r.step(&pipeline.Input{Kind: pipeline.InputCommit, Order: !checkpoint})
	r.committed = r.task.Offset()
	r.task.Sealed()
	for _, o := range r.out {
		if o.Topic == "log" {
			r.changelog = append(r.changelog, pipeline.Record{Topic: "log", Offset: int64(len(r.changelog)), Key: o.Key, Value: o.Value})
		}
	}
	r.out, r.saved, r.seen = nil, r.known(), r.taken
}

// known is all that a task of the rig knows.
func (r *rig) known() string {
	var b strings.Builder
	r.processor.counts.Range(func(key string, n *int64) bool {
		fmt.Fprintf(&b, "%s=%d ", key, *n)
		return true
	})
	mark, basis := r.task.Watermark(0)
	fmt.Fprintf(&b, "early=%d factor=%s mark=%d/%d position=%d timers=%d newest=%d own=%d", *r.processor.early.Get(), r.processor.factor,
		mark, basis, r.task.Position(), r.task.Timers(), r.task.Newest(), r.task.SourceWatermark())
	return b.String()
}

// orders counts the order records after the last checkpoint.
func (r *rig) orders() (n int) {
	for i := range r.changelog {
		switch {
		case strings.HasPrefix(string(r.changelog[i].Key), "~task"):
			n = 0
		case strings.HasPrefix(string(r.changelog[i].Key), "~order"):
			n++
		}
	}
	return n
}

// random lets the task take one input, drawn by draw.
func (r *rig) random(draw *rand.Rand) {
	r.t.Helper()
	r.now += pipeline.Time(draw.IntN(200))
	switch draw.IntN(12) {
	case 0:
		r.model(fmt.Sprint("model-", len(r.models)))
	case 1:
		r.task.SkipTo(r.task.Position() + int64(draw.IntN(2)))
	case 2:
		r.record("unreadable", draw.IntN(3))
	case 3, 4, 5, 6:
		r.tick(draw.IntN(4) > 0)
	case 7:
		if draw.IntN(10) == 0 {
			r.step(&pipeline.Input{Kind: pipeline.InputEnd, Forced: r.now + 5000})
			return
		}
		r.now += 1000 // long enough to be idle
		r.tick(true)
		r.tick(true)
	default:
		r.record(fmt.Sprintf("key-%d %d %d", draw.IntN(5), int(r.now)-draw.IntN(2000), draw.IntN(100)), draw.IntN(3))
	}
}

// TestTaskDiesAnywhereThenReplayBringsItToItsLastCommit kills a task again and again. The engine
//
// compares the replayed outputs by their hash; what the task knows afterwards is compared here.
func TestTaskDiesAnywhereThenReplayBringsItToItsLastCommit(t *testing.T) {
	replayed := 0
	for seed := range uint64(60) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			draw := rand.New(rand.NewPCG(seed, 5))
			r := newRig(t)
			for range 600 {
				r.random(draw)
				switch draw.IntN(40) {
				case 0, 1, 2, 3, 4, 5, 6:
					r.commit(false)
				case 7:
					r.commit(true)
				case 8:
					replayed += r.orders()
					r.die()
				}
			}
		})
	}
	if replayed < 1000 {
		t.Errorf("%d commits were replayed: the test does not test much", replayed)
	}
}

// die restores the task, and checks that it is what it was at its last commit. What came after that
//
// never was.
func (r *rig) die() {
	r.t.Helper()
	epoch := r.task.Epoch()
	r.source = slices.DeleteFunc(r.source, func(record pipeline.Record) bool { return record.Offset >= r.committed.Offset })
	r.models = r.models[:r.seen]
	if err := r.restore(); err != nil {
		r.t.Fatal(err)
	}
	if got := r.task.Replayed(); got.Commits != r.orders() || got.Differences != 0 {
		r.t.Errorf("replayed %+v, want %d commits", got, r.orders())
	}
	if r.committed.Metadata == "" {
		return // never committed
	}
	if got := r.task.Epoch(); got != epoch+1 && got != epoch {
		r.t.Errorf("epoch %d after %d", got, epoch)
	}
	if got := r.known(); got != r.saved {
		r.t.Errorf("after %d commits replayed\n got %s\nwant %s", r.orders(), got, r.saved)
	}
}
