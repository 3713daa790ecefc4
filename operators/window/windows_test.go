package window

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// sum is the accumulator of the tests.
type sum struct{ n, total int64 }

type sumCodec struct{}

func (sumCodec) AppendValue(dst []byte, v *sum) []byte {
	return binary.AppendVarint(binary.AppendVarint(dst, v.n), v.total)
}

func (sumCodec) DecodeValue(src []byte, v *sum) error {
	n, used := binary.Varint(src)
	total, _ := binary.Varint(src[max(used, 0):])
	*v = sum{n, total}
	return nil
}

// arrival is a record of the tests: event time, key, value.
type arrival struct {
	at    pipeline.Time
	key   string
	value int64
}

func (a arrival) bytes() []byte {
	return fmt.Appendf(nil, "%d %s %d", a.at, a.key, a.value)
}

func parseArrival(b []byte) (a arrival) {
	if _, err := fmt.Sscanf(string(b), "%d %s %d", &a.at, &a.key, &a.value); err != nil {
		panic(err)
	}
	return a
}

// emission is a pane as the tests write it out.
type emission struct {
	start, end      pipeline.Time
	key             string
	trigger         Trigger
	epoch, revision int32
	n, total        int64
	late, dropped   int64
	watermark       pipeline.Time
}

func parseEmission(b []byte) (e emission) {
	if _, err := fmt.Sscanf(string(b), "%d %d %s %d %d %d %d %d %d %d %d", &e.start, &e.end, &e.key, &e.trigger, &e.epoch, &e.revision,
		&e.n, &e.total, &e.late, &e.dropped, &e.watermark); err != nil {
		panic(err)
	}
	return e
}

// summing is a processor that sums by window and key. judged collects the watermark that each record
// met, as an oracle needs it.
type summing struct {
	w      *Windows[sum, arrival]
	judged map[int64]pipeline.Time // by offset
}

func (s *summing) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	a := parseArrival(r.Value)
	at, _ := ctx.Watermark(1)
	s.judged[r.Offset] = at
	ctx.ObserveEventTime(a.at)
	_, err := s.w.Add(ctx, Arrival{At: a.at, Judged: at, Key: []byte(a.key)}, &a)
	return err
}

func (s *summing) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return s.w.OnTimer(ctx, t) }
func (s *summing) OnTick(ctx *pipeline.Context) error                    { return s.w.OnTick(ctx) }

func newSummingDriver(t *testing.T, c Config, judged map[int64]pipeline.Time) *pipelinetest.Driver {
	t.Helper()
	topology := &pipeline.Topology{
		Name: "test", Channels: []pipeline.Channel{{Name: "in", OutOfOrderness: 5000, IdleAfter: 60_000}},
		Roles: []pipeline.Role{{
			Name: "sum", Sources: []pipeline.Source{{Topic: "in", Channel: 0}}, Changelog: "changelog",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				out := s.Output("out")
				w, err := New(s, c, sumCodec{}, func(v *sum, a *arrival) { v.n, v.total = v.n+1, v.total+a.value }, func(ctx *pipeline.Context, p *Pane[sum]) error {
					ctx.Emit(out, p.Key, fmt.Appendf(nil, "%d %d %s %d %d %d %d %d %d %d %d", p.Start, p.End, p.Key, p.Trigger, ctx.Epoch(), p.Revision,
						p.Value.n, p.Value.total, p.Late, p.Dropped, p.Watermark))
					return nil
				})
				return &summing{w, judged}, err
			},
		}},
	}
	return pipelinetest.New(t, topology, pipelinetest.Options{})
}

type cell struct {
	start pipeline.Time
	key   string
}

// oracle sums what was not late, record by record, and counts what was, from the watermarks met.
func oracle(records []arrival, judged map[int64]pipeline.Time, c Config) (want map[cell]sum, dropped map[cell]int64) {
	want, dropped = map[cell]sum{}, map[cell]int64{}
	size := c.Assigner.(Tumbling).Size
	for i, a := range records {
		start := a.at - a.at%size
		k := cell{start, a.key}
		if judged[int64(i)] >= start+size+c.Lateness {
			dropped[k]++
			continue
		}
		want[k] = sum{want[k].n + 1, want[k].total + a.value}
	}
	return want, dropped
}

func disorder(seed uint64, n int) []arrival {
	r := rand.New(rand.NewPCG(seed, 3))
	at := pipeline.Time(1_000_000_000)
	list := make([]arrival, n)
	for i := range list {
		at += pipeline.Time(r.IntN(900))
		back := pipeline.Time(0)
		switch r.IntN(20) {
		case 0, 1, 2, 3:
			back = pipeline.Time(r.IntN(8_000))
		case 4:
			back = pipeline.Time(r.IntN(60_000))
		}
		list[i] = arrival{at - back, fmt.Sprintf("k%d", r.IntN(3)), int64(r.IntN(100))}
	}
	return list
}

// TestWindowsEqualTheOracleUnderDisorder compares the newest pane of every window and key with a
// naive sum, with commits, ticks and kills anywhere.
func TestWindowsEqualTheOracleUnderDisorder(t *testing.T) {
	for seed := range uint64(12) {
		c := Config{Name: "sums", Assigner: Tumbling{Size: 10_000}, Lateness: 15_000, Early: 300, TimerKind: 3}
		records, judged := disorder(seed, 800), map[int64]pipeline.Time{}
		d := newSummingDriver(t, c, judged)
		r := rand.New(rand.NewPCG(seed, 4))
		for _, a := range records {
			d.ProduceTo("in", 0, nil, a.bytes())
			switch r.IntN(12) {
			case 0:
				d.Commit()
			case 1:
				d.Advance(time.Duration(r.IntN(400)) * time.Millisecond)
			case 2:
				d.Process()
				if seed%3 == 2 {
					d.Kill("in", 0)
				}
			}
		}
		d.Commit()
		d.EndInput(time.Minute)
		check(t, seed, d, records, judged, c)
	}
}

func check(t *testing.T, seed uint64, d *pipelinetest.Driver, records []arrival, judged map[int64]pipeline.Time, c Config) {
	t.Helper()
	want, dropped := oracle(records, judged, c)
	newest := map[cell]emission{}
	onTime := map[cell]int{}
	for _, r := range d.ReadAll("out") {
		e := parseEmission(r.Value)
		k := cell{e.start, e.key}
		if old, ok := newest[k]; ok && (e.revision <= old.revision || e.epoch < old.epoch || e.n < old.n || e.trigger < old.trigger) {
			t.Errorf("seed %d: %+v follows %+v", seed, e, old)
		}
		if e.trigger == OnTime {
			onTime[k]++
		}
		if (e.trigger == Early) != (e.watermark < e.end) {
			t.Errorf("seed %d: %+v", seed, e)
		}
		newest[k] = e
	}
	for _, k := range slices.SortedFunc(maps.Keys(want), func(a, b cell) int { return int(a.start - b.start) }) {
		e := newest[k]
		if (sum{e.n, e.total}) != want[k] || e.dropped != dropped[k] || onTime[k] > 1 {
			t.Errorf("seed %d: window %v: got %+v with %d on time, want %+v and %d dropped", seed, k, e, onTime[k], want[k], dropped[k])
		}
	}
	for k, e := range newest {
		if _, ok := want[k]; !ok && (e.n != 0 || e.dropped != dropped[k]) {
			t.Errorf("seed %d: window %v should not be there: %+v", seed, k, e)
		}
	}
	if seed == 0 && len(dropped) == 0 {
		t.Error("nothing was late: the test tests nothing")
	}
}

// TestWatermarkPassesThenLateRecordArrives tells the life of one window.
func TestWatermarkPassesThenLateRecordArrives(t *testing.T) {
	c := Config{Name: "sums", Assigner: Tumbling{Size: 10_000}, Lateness: 15_000, Retain: 30_000, Early: 1000, TimerKind: 3}
	d := newSummingDriver(t, c, map[int64]pipeline.Time{})
	step := func(at pipeline.Time, value int64) {
		d.ProduceTo("in", 0, nil, arrival{at, "k", value}.bytes())
		d.Commit()
	}
	expect := func(what string, want ...string) {
		t.Helper()
		var got []string
		for _, r := range d.Read("out") {
			if e := parseEmission(r.Value); e.start == 100_000 {
				got = append(got, fmt.Sprintf("%d: %d of %d, late %d, dropped %d, revision %d", e.trigger, e.total, e.n, e.late, e.dropped, e.revision))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	step(101_000, 1)
	expect("nothing yet")
	d.Advance(1100 * time.Millisecond)
	expect("early", "1: 1 of 1, late 0, dropped 0, revision 1")
	d.Advance(3 * time.Second)
	expect("unchanged, so not again")
	step(109_999, 2)
	step(115_000, 100)
	expect("the watermark is at the end: on time", "2: 3 of 2, late 0, dropped 0, revision 2")
	step(102_000, 4)
	expect("late, but allowed", "3: 7 of 3, late 1, dropped 0, revision 3")
	d.KillAll()
	step(130_000, 100)
	step(103_000, 8)
	expect("beyond allowed lateness", "3: 7 of 3, late 1, dropped 1, revision 4")
	step(160_000, 100)
	step(104_000, 16)
	expect("the pane is gone")
}

func TestTumblingWindowsHaveNoGaps(t *testing.T) {
	for _, w := range []Tumbling{{Size: 1}, {Size: 7}, {Size: 3600_000}, {Size: 60, Offset: 13}} {
		for at := pipeline.Time(-200); at < 200; at++ {
			win := w.Assign(at)
			if at < win.Start || at >= win.End || win.End-win.Start != w.Size || w.Assign(win.Start) != win || w.Assign(win.End-1) != win || w.Assign(win.End) == win {
				t.Fatalf("%+v: %d is in %+v", w, at, win)
			}
		}
	}
}

func TestConfigNamesItsProblems(t *testing.T) {
	for _, c := range []Config{{}, {Name: "x"}, {Name: "x", Assigner: Tumbling{}}, {Name: "x", Assigner: Tumbling{Size: 1}, Lateness: -1}} {
		if c.Validate() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}
