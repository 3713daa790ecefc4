package runner

import (
	"cmp"
	"time"

	"github.com/attune-health/attune/pipeline"
)

const (
	// holdFor is how long the merge waits for a partition that has more, or had not been looked at yet: a
	// partition whose broker does not answer holds up nobody for longer.
	holdFor = 2 * time.Second
	// holdEmpty is how long after its last chunk the merge waits for a partition that has no more, where a recorded log is being
	// written while it is read: what is written to all partitions in the order of time does not arrive so.
	holdEmpty = 200 * time.Millisecond
	// fast is from how many times the speed of time on a log counts as being written from a record. Slower
	// than that somebody may be watching: a wait would show, and the order is off by a few seconds only.
	fast = 1000
	// leap is by how much a record may be ahead of most that follow it in its partition before its time is
	// not believed: it would hold up the others for as long.
	leap = pipeline.Time(time.Hour / time.Millisecond)
)

// merge puts the records of several partitions into the order in which they became known. Within a partition
// their order is that of the log. It is a heap of the lanes that have a record ready, the earliest first:
//
//	web/0   ── 12:01 12:04 12:09 ...        ready
//	web/1   ── (a request is under way)     empty, and has more: what is later than its last waits for it
//	call/0  ── 12:02 12:30 ...              ready
//	ehr/0   ──                              empty, and has no more: holds up nobody
type merge struct {
	// lanes are all that are merged, heads those of them that are in the heap.
	lanes []*lane
	heads []*lane
	// newest became known last of what was processed, pace is how fast it moves: what is read much faster than
	// time passes is a log that is caught up with, and nobody watches.
	newest pipeline.Time
	pace   gauge
	// lead keeps sources that tables are made of ahead of the others.
	lead lead
}

// timed is what a merged lane has besides.
type timed struct {
	// times is the source's way to read when a record became known and when it happened; nil: not merged.
	times func(*pipeline.Record) (known, event pipeline.Time)
	// urgent: the source has priority, so that its records may be taken before their turn.
	urgent bool
	// rank is the lane's number among those that are merged. It decides between equal times.
	rank int
	// at is the place in merge.heads, -1 while no record is ready.
	at int
	// known and event are the times of the lane's decoded records.
	known, event [aheadRecords]pipeline.Time
	// last is when what was processed last became known: what comes next is taken to be no earlier.
	last pipeline.Time
	// since is since when no record is ready.
	since time.Time
	// heard: a chunk has arrived since the feed began. more: the log had more than the last one, so that the next
	// one is on its way.
	heard, more bool
	// arrived is when the last chunk did.
	arrived time.Time
	// leads: tables are made of the lane. by is how far the decoded records are ahead of their time, told the newest
	// time of any, leapt that of the last one that was too far ahead to be believed.
	leads           bool
	by, told, leapt pipeline.Time
}

// add takes a lane that has nothing ready yet.
func (m *merge) add(l *lane, now time.Time) {
	// The first of a generation: how far the one before had come is no measure for what is assigned now.
	if len(m.lanes) == 0 {
		m.newest = pipeline.MinTime
	}
	l.rank, l.at, l.since = len(m.lanes), -1, now
	l.last, l.told, l.leapt = pipeline.MinTime, pipeline.MinTime, pipeline.MaxTime
	m.lanes = append(m.lanes, l)
}

// head is when the lane's next record became known.
func (l *lane) head() pipeline.Time { return l.known[l.next] }

// read fills in the times of the decoded records. None became known after now, where time is the broker's.
func (l *lane) read(latest pipeline.Time) {
	for i := range l.n {
		l.known[i], l.event[i] = l.times(&l.records[i])
		l.known[i] = min(l.known[i], latest)
	}
	if l.leads {
		l.readAhead()
		return
	}
	last := l.last
	for i := range l.n {
		// The first record of all has no predecessor to be measured against, and is looked at like one that leaps.
		if last == pipeline.MinTime || l.known[i] > last+leap {
			l.known[i] = believed(l.known[i:l.n], last)
		}
		last = l.known[i]
	}
}

// believed is the first of several times of a partition's records, in their order, or, where most of the
// others are long before it, the first of those.
func believed(known []pipeline.Time, last pipeline.Time) pipeline.Time {
	// A real gap in a log, such as a night, has later records after it, too. After a wrong clock they go back.
	before, first := 0, known[0]
	for _, t := range known[1:] {
		if t <= known[0]-leap {
			if before++; before == 1 {
				first = t
			}
		}
	}
	if 2*before <= len(known)-1 {
		return known[0]
	}
	return max(first, last)
}

// update gives a lane its place, after what it has ready has changed. Its next record may be earlier than the one
// before: sources write in order of time by and large only.
func (m *merge) update(l *lane) {
	switch ready := l.ready(); {
	case ready && l.at < 0:
		l.at = len(m.heads)
		m.heads = append(m.heads, l)
		m.up(l.at)
	case ready:
		m.down(l.at)
		m.up(l.at)
	case l.at >= 0:
		m.remove(l)
	}
}

func (m *merge) remove(l *lane) {
	i, end := l.at, len(m.heads)-1
	m.swap(i, end)
	m.heads[end] = nil
	m.heads = m.heads[:end]
	l.at = -1
	// The last one has its place now. It comes from another branch, and may belong above or below.
	if i < end {
		m.down(i)
		m.up(i)
	}
}

// before orders lanes by their next record. Of equal times that of the lower rank goes first: two runs that read the
// same take it in the same order.
func (m *merge) before(i, j int) bool {
	a, b := m.heads[i], m.heads[j]
	return cmp.Or(cmp.Compare(a.head(), b.head()), cmp.Compare(a.rank, b.rank)) < 0
}

func (m *merge) swap(i, j int) {
	m.heads[i], m.heads[j] = m.heads[j], m.heads[i]
	m.heads[i].at, m.heads[j].at = i, j
}

func (m *merge) up(i int) {
	for i > 0 && m.before(i, (i-1)/2) {
		m.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (m *merge) down(i int) {
	for {
		least := i
		for j := 2*i + 1; j <= 2*i+2 && j < len(m.heads); j++ {
			if m.before(j, least) {
				least = j
			}
		}
		if least == i {
			return
		}
		m.swap(i, least)
		i = least
	}
}

// first is the lane whose next record is the earliest, nil where none is ready that became known by limit.
func (m *merge) first(limit pipeline.Time) *lane {
	if len(m.heads) == 0 || m.heads[0].head() > limit {
		return nil
	}
	return m.heads[0]
}

// run is how many records of the first lane, n at most, are not after those of any other, nor after limit. They are
// processed at once: a heap that were asked for each record would cost as much as some of them do.
func (m *merge) run(limit pipeline.Time, n int) int {
	l := m.heads[0]
	// The second earliest is one of the two below the first.
	for i := 1; i <= 2 && i < len(m.heads); i++ {
		limit = min(limit, m.heads[i].head())
	}
	k := 1
	for k < n && l.next+k < l.n && l.known[l.next+k] <= limit {
		k++
	}
	return k
}

// live is the earliest lane with a record that somebody may wait for. Only the next record of a lane is asked:
// what lies behind old calls of its own partition waits for them, or a person's calls would change places.
func (m *merge) live(t *pipeline.Topology, now pipeline.Time) (first *lane) {
	for _, l := range m.lanes {
		if l.urgent && l.ready() && t.Live(l.event[l.next], now) && (first == nil || l.head() < first.head()) {
			first = l
		}
	}
	return first
}

// limit is the time by which a record may have become known if it is to be processed now: no lane that has
// nothing ready will have an earlier one.
func (m *merge) limit(w *worker, now time.Time) pipeline.Time {
	if len(m.lanes) < w.merging && now.Sub(w.began) < holdFor {
		return pipeline.MinTime // of those that are not restored yet nothing is known
	}
	limit := pipeline.MaxTime
	for _, l := range m.lanes {
		// A lane with a record ready holds up others by that record, in the heap.
		if l.at < 0 && l.last < limit && m.awaits(w, l, now) {
			limit = l.last
		}
	}
	if lead := min(m.lead.limit(), w.run.pace.led(now)); lead < limit {
		limit = min(limit, max(lead, m.watched(w, now)))
	}
	return limit
}

// watched is the time by which what became known does not wait for tables, since somebody may wait for it: all that is
// there is live, or a log is read about as fast as time passes.
func (m *merge) watched(w *worker, now time.Time) pipeline.Time {
	t := w.run.cfg.Topology
	if t.Clock == pipeline.ClockLog {
		// A record of a wrong clock, which comes where nothing else is at hand, is no measure for those of before.
		if !isTime(m.pace.known) || m.earliest() < m.pace.known-leap {
			return pipeline.MinTime
		}
		// Longer ago than that the log was silent.
		passed := min(now.Sub(m.pace.at), watchedJitter)
		return m.pace.known + pipeline.Time((watchedJitter + watchedSpeed*passed).Milliseconds())
	}
	if !t.Live(m.earliest(), pipeline.Time(now.UnixMilli())) {
		return pipeline.MinTime
	}
	return pipeline.MaxTime
}

// earliest is when the earliest record at hand became known, but for those that lead; MaxTime where there is none.
func (m *merge) earliest() pipeline.Time {
	at := pipeline.MaxTime
	for _, l := range m.heads {
		if !l.leads {
			at = min(at, l.head())
		}
	}
	return at
}

// awaits reports whether others wait for a lane that has nothing ready.
func (m *merge) awaits(w *worker, l *lane, now time.Time) bool {
	if l.hasMore(w) {
		return now.Sub(l.since) < holdFor
	}
	// It has no more for now. A live source that is silent must not stop the others.
	return m.pace.speed >= fast && w.run.cfg.Topology.Clock == pipeline.ClockLog && now.Sub(l.arrived) < holdEmpty
}

// hasMore reports whether a lane that has nothing ready may have more in its log.
func (l *lane) hasMore(w *worker) bool {
	switch {
	// Its next record is there, or on its way.
	case l.preparing || l.more:
		return true
	// Whether it has any is only known once a fetch has answered, or the end of its log is known to be reached.
	case !l.heard:
		return w.run.ends.caughtUp(l.tp, l.task.task.Position()) == pipeline.MinTime
	}
	return false
}

// reached is what became known before everything that is still to be processed, MaxTime where nothing is. It is
// said to the other processes, which read no further than a little ahead of it.
func (m *merge) reached(w *worker, now time.Time) pipeline.Time {
	at := m.limit(w, now)
	if len(m.heads) > 0 {
		at = min(at, m.heads[0].head())
	}
	return at
}
