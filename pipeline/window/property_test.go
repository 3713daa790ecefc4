package window

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// identity is what a window's newest version replaces the older ones of.
type identity struct {
	start pipeline.Time
	key   string
}

// truth is what a window must hold in the end.
type truth struct {
	end           pipeline.Time
	sum           sum
	late, dropped int64
}

// streams is how many random streams each assigner is put through.
const streams = 1500

// stream is a random configuration, the records of it, and what a run of them met.
type stream struct {
	c       Config
	records []arrival
	met     map[int64]met
	out     []emission
}

// disorder draws records: mostly in order, some a little late, some very, some held after they were
// judged, with gaps in between.
func disorder(r *rand.Rand, n int) []arrival {
	at := pipeline.Time(1_699_164_000_000) // an hour before clocks go back in New York
	list := make([]arrival, n)
	for i := range list {
		at += pipeline.Time(r.IntN(3000))
		if r.IntN(20) == 0 {
			at += pipeline.Time(r.IntN(120_000))
		}
		back, held := pipeline.Time(0), pipeline.Time(0)
		switch r.IntN(20) {
		case 0, 1, 2, 3:
			back = pipeline.Time(r.IntN(8_000))
		case 4, 5:
			back = pipeline.Time(r.IntN(60_000))
		case 6:
			back = pipeline.Time(r.IntN(400_000))
		}
		if r.IntN(4) == 0 {
			held = pipeline.Time(r.IntN(50_000))
		}
		list[i] = arrival{at - back, fmt.Sprintf("k%d", r.IntN(2)), int64(r.IntN(100)), held}
	}
	return list
}

// run puts a stream through the windows, with commits, ticks and kills anywhere.
func (s *stream) run(t *testing.T, r *rand.Rand) {
	t.Helper()
	s.met = map[int64]met{}
	d := newRig(t, s.c, s.met)
	kills := r.IntN(2) == 0
	for _, a := range s.records {
		d.ProduceTo("in", 0, nil, a.bytes())
		switch r.IntN(10) {
		case 0:
			d.Commit()
		case 1:
			d.Advance(time.Duration(r.IntN(400)) * time.Millisecond)
		case 2:
			d.Process()
			if kills {
				d.Kill("in", 0)
			}
		}
	}
	d.Commit()
	d.EndInput(72 * time.Hour)
	s.out = emissions(d)
}

func emissions(d *pipelinetest.Driver) (list []emission) {
	for _, r := range d.ReadAll("out") {
		list = append(list, parseEmission(r.Value))
	}
	return list
}

// newest checks every emission against the one before it of the same window, and returns the last.
func (s *stream) newest(t *testing.T) map[identity]emission {
	t.Helper()
	_, sessions := s.c.Assigner.(Session)
	last, onTime := map[identity]emission{}, map[identity]bool{}
	for i, e := range s.out {
		k := identity{e.start, e.key}
		old, again := last[k]
		if again && e.version <= old.version {
			t.Errorf("version %d of %v follows %d", e.version, k, old.version)
		}
		if again && (e.n < old.n || e.late < old.late || e.dropped < old.dropped) && e.trigger != Retracted {
			t.Errorf("%+v follows %+v", e, old)
		}
		if again && e.revision <= old.revision {
			t.Errorf("revision %d of %v follows %d: it is part of the state", e.revision, k, old.revision)
		}
		if onTime[k] && e.trigger == OnTime && !sessions {
			t.Errorf("%+v is the second on time", e)
		}
		onTime[k] = onTime[k] || e.trigger == OnTime
		if e.trigger == Retracted {
			s.replaced(t, i)
		}
		if again && old.trigger == Retracted {
			t.Errorf("%+v was retracted before", e)
		}
		if e.trigger == Early != (e.watermark < e.end) && e.trigger != Retracted {
			t.Errorf("trigger %d at watermark %d of a window that ends at %d", e.trigger, e.watermark, e.end)
		}
		if e.trigger == Retracted && (e.n != 0 || e.total != 0) {
			t.Errorf("%+v is retracted, but holds something", e)
		}
		last[k] = e
	}
	return last
}

// replaced checks that what took the place of the retracted i-th comes right after.
func (s *stream) replaced(t *testing.T, i int) {
	t.Helper()
	for _, e := range s.out[i+1:] {
		if e.key == s.out[i].key && e.trigger != Retracted {
			if e.start > s.out[i].start || e.end < s.out[i].end || e.n == 0 {
				t.Errorf("%+v came after %+v was retracted", e, s.out[i])
			}
			return
		}
	}
	t.Errorf("nothing came after %+v was retracted", s.out[i])
}

// compare holds the newest version of each window against the truth.
func (s *stream) compare(t *testing.T, want map[identity]truth) {
	t.Helper()
	got := s.newest(t)
	for k, v := range want {
		e := got[k]
		if (truth{e.end, sum{e.n, e.total}, e.late, e.dropped}) != v {
			t.Errorf("window %v: got %+v, want %+v", k, e, v)
		}
	}
	for k, e := range got {
		if _, ok := want[k]; !ok && e.trigger != Retracted {
			t.Errorf("window %v should not be there: %+v", k, e)
		}
	}
}

// naive puts every record into every window that windowsOf names for it, in the plainest way.
func (s *stream) naive(t *testing.T, windowsOf func(pipeline.Time) []Window) map[identity]truth {
	t.Helper()
	want := map[identity]truth{}
	for i := range s.records {
		m, taken, late := s.met[int64(i)], false, true
		for _, win := range windowsOf(m.at) {
			k := identity{win.Start, m.key}
			v := want[k]
			v.end = win.End
			tooLate := m.judged >= win.End+s.c.Lateness
			late = late && tooLate
			if m.now >= win.End+s.c.Lateness+s.c.Retain {
				continue // nothing is left of the window
			}
			if tooLate {
				v.dropped++
			} else {
				taken = true
				v.sum = sum{v.sum.n + 1, v.sum.total + m.value}
				if m.now >= win.End {
					v.late++
				}
			}
			want[k] = v
		}
		if taken != m.taken || late != m.late {
			t.Errorf("record %d, %+v: taken %v, late %v, want %v and %v", i, m.arrival, m.taken, m.late, taken, late)
		}
	}
	return want
}

// each runs random streams, and at the end checks that they had in them what is to be tested.
func each(t *testing.T, assigner func(r *rand.Rand) Assigner, check func(t *testing.T, s *stream, r *rand.Rand)) {
	t.Helper()
	n := streams
	if testing.Short() {
		n /= 10
	}
	counts := map[Trigger]int{}
	var late, dropped int64
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 4))
		s := &stream{c: Config{
			Name: "sums", Assigner: assigner(r), Lateness: pipeline.Time(r.IntN(30_000)), Retain: pipeline.Time(1 + r.IntN(100_000)), TimerKind: 3,
		}}
		if r.IntN(2) == 0 {
			s.c.Early = pipeline.Time(100 + r.IntN(400))
		}
		s.records = disorder(r, 20+r.IntN(60))
		if _, ok := s.c.Assigner.(Calendar); ok {
			s.stretch()
		}
		s.run(t, r)
		check(t, s, r)
		for _, e := range s.out {
			counts[e.trigger]++
			late, dropped = late+e.late, dropped+e.dropped
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, s.c)
		}
	}
	if counts[Early] == 0 || counts[OnTime] == 0 || counts[Late] == 0 || late == 0 || dropped == 0 {
		t.Errorf("emitted by trigger: %v, late %d, dropped %d: too little was tested", counts, late, dropped)
	}
	if _, ok := assigner(rand.New(rand.NewPCG(0, 4))).(Session); ok && counts[Retracted] == 0 {
		t.Error("no session was joined to another that was emitted")
	}
}

func TestTumblingWindowsEqualTheNaiveOnes(t *testing.T) {
	each(t, func(r *rand.Rand) Assigner {
		return Tumbling{Size: pipeline.Time(1 + r.IntN(20_000)), Offset: pipeline.Time(r.IntN(5000))}
	}, func(t *testing.T, s *stream, _ *rand.Rand) {
		w := s.c.Assigner.(Tumbling)
		s.compare(t, s.naive(t, func(at pipeline.Time) []Window {
			start := at - (at-w.Offset)%w.Size
			return []Window{{start, start + w.Size}}
		}))
	})
}

func TestSlidingWindowsEqualTheNaiveOnes(t *testing.T) {
	each(t, func(r *rand.Rand) Assigner {
		slide := pipeline.Time(500 + r.IntN(5000))
		size := slide * pipeline.Time(1+r.IntN(8))
		if r.IntN(2) == 0 {
			size += pipeline.Time(r.IntN(int(slide)))
		}
		return Sliding{Size: size, Slide: slide, Offset: pipeline.Time(r.IntN(5000))}
	}, func(t *testing.T, s *stream, _ *rand.Rand) {
		w := s.c.Assigner.(Sliding)
		s.compare(t, s.naive(t, func(at pipeline.Time) (list []Window) {
			for start := at - (at-w.Offset)%w.Slide; start > at-w.Size; start -= w.Slide {
				list = append(list, Window{start, start + w.Size})
			}
			return list
		}))
	})
}

func TestCalendarWindowsEqualTheNaiveOnes(t *testing.T) {
	zone := location(t, "America/New_York")
	known := map[string][]Window{} // byLabel is slow
	each(t, func(r *rand.Rand) Assigner {
		return Calendar{Unit: Hour + Unit(r.IntN(2)), Zone: zone}
	}, func(t *testing.T, s *stream, _ *rand.Rand) {
		layout := "2006-01-02"
		if s.c.Assigner.(Calendar).Unit == Hour {
			layout = "2006-01-02 15 -07"
		}
		s.compare(t, s.naive(t, func(at pipeline.Time) []Window {
			i := slices.IndexFunc(known[layout], func(w Window) bool { return w.Start <= at && at < w.End })
			if i < 0 {
				known[layout] = append(known[layout], byLabel(at, zone, layout))
				i = len(known[layout]) - 1
			}
			return known[layout][i : i+1]
		}))
	})
}

// stretch makes seconds of minutes, so that a stream goes over several hours and days.
func (s *stream) stretch() {
	first := s.records[0].at
	for i := range s.records {
		s.records[i].at = first + (s.records[i].at-first)*60
		s.records[i].held *= 60
	}
	s.c.Lateness, s.c.Retain = s.c.Lateness*60, s.c.Retain*60
}

// byLabel finds a calendar window by trying: the moments around at whose local time reads the same
// by layout, to the minute.
func byLabel(at pipeline.Time, zone *time.Location, layout string) Window {
	label := func(t pipeline.Time) string { return time.UnixMilli(int64(t)).In(zone).Format(layout) }
	const minute = 60_000
	start := at - at%minute
	for label(start-1) == label(at) {
		start -= minute
	}
	end := at - at%minute + minute
	for label(end) == label(at) {
		end += minute
	}
	return Window{start, end}
}

func TestSessionsEqualTheNaiveOnes(t *testing.T) {
	each(t, func(r *rand.Rand) Assigner { return Session{Gap: pipeline.Time(500 + r.IntN(8000))} },
		func(t *testing.T, s *stream, _ *rand.Rand) { s.compare(t, s.naiveSessions(t)) })
}

// naiveSession is the records, by their numbers, whose distance is below the gap.
type naiveSession struct {
	Window
	records []int
}

// naiveSessions takes the records that were not late, in the order in which they came, looks for the
// sessions among all taken before, and counts who is late and dropped by that. In the end it looks
// for them once more.
func (s *stream) naiveSessions(t *testing.T) map[identity]truth {
	t.Helper()
	gap := s.c.Assigner.(Session).Gap
	takenBy := map[string][]int{}
	late, dropped := map[int]int64{}, map[int]int64{}
	for i := range s.records {
		m := s.met[int64(i)]
		tooLate := m.judged >= m.at+gap+s.c.Lateness
		taken := !tooLate && m.now < m.at+gap+s.c.Lateness+s.c.Retain
		if taken != m.taken || tooLate != m.late {
			t.Errorf("record %d: taken %v, late %v, want %v and %v", i, m.taken, m.late, taken, tooLate)
		}
		isLate, counted := m.now >= m.at+gap, false
		for _, n := range s.sessionsOf(takenBy[m.key], gap) {
			if n.End <= m.at || n.Start >= m.at+gap || m.now >= n.End+s.c.Lateness+s.c.Retain+gap {
				continue
			}
			isLate = isLate || m.now >= n.End
			if !taken && !counted {
				counted = true
				dropped[n.records[0]]++
			}
		}
		if taken {
			takenBy[m.key] = append(takenBy[m.key], i)
			late[i] = int64(b2i(isLate))
		}
	}
	want := map[identity]truth{}
	for key, taken := range takenBy {
		for _, n := range s.sessionsOf(taken, gap) {
			v := truth{end: n.End}
			for _, i := range n.records {
				v.sum = sum{v.sum.n + 1, v.sum.total + s.records[i].value}
				v.late, v.dropped = v.late+late[i], v.dropped+dropped[i]
			}
			want[identity{n.Start, key}] = v
		}
	}
	return want
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sessionsOf sorts records by time and cuts them where there is a gap.
func (s *stream) sessionsOf(records []int, gap pipeline.Time) (list []naiveSession) {
	sorted := slices.Clone(records)
	slices.SortFunc(sorted, func(a, b int) int { return int(s.records[a].at - s.records[b].at) })
	for _, i := range sorted {
		at := s.records[i].at
		if len(list) == 0 || at >= list[len(list)-1].End {
			list = append(list, naiveSession{Window: Window{at, at}})
		}
		n := &list[len(list)-1]
		n.End, n.records = at+gap, append(n.records, i)
	}
	return list
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
