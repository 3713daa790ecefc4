package runner

import (
	"context"
	"time"

	"github.com/attune-health/attune/pipeline"
)

const (
	// leastLead is how far a source that leads is always read ahead of the others, in the time at which things became
	// known: a backlog begins with a step as large as this.
	leastLead = pipeline.Time(10 * time.Minute / time.Millisecond)
	// leadTwice is how much further than they move until a record is in the tables the others are led: some records
	// take longer than the last one did.
	leadTwice = 2
	// leadOfOthers is the same where other processes are led: they hear of it as late as this one hears of them.
	leadOfOthers = 3
	// A log that is read slower than watchedSpeed times real time, but for watchedJitter, is not behind, and may be watched.
	// How fast it was read says less: what waits for tables is slow.
	watchedSpeed  = 10
	watchedJitter = time.Second / 4
	// growth is by how much a lead grows at once, at most.
	growth = 4
)

// lead keeps sources that tables are made of ahead of the sources whose tasks look things up there. Read beside
// each other in a backlog, a record would be looked up before what was known long before it is in the table: a commit
// and a fetch are hours of such a log.
//
//	links   ── 12:00 ── 12:05 ── 12:20 ──      ahead of the others by twice what they move
//	              └ commit ─► table            in the time that this takes, and 10 minutes at least
//	web     ── 11:59 ──│ 12:01                 waits until the link of 12:00 is in the table
//
// It leads by no more than it needs: what was not known yet when a call came must not help to foretell it.
type lead struct {
	// open are records that were processed and are not sealed, sealed those in a commit, checking those that are committed
	// and on their way into the tables.
	open, sealed, checking led
	// by is how far ahead the source is read.
	by pipeline.Time
	// heard is until when other processes say that tables may be trusted, trusted the same once it was checked that this
	// process's have come as far.
	heard, trusted pipeline.Time
	// following: a round is under way.
	following bool
	// applied tells that the round is over. It has room for one; nil while there was none.
	applied chan struct{}
	stop    context.CancelFunc
}

// led is records of a source that leads.
type led struct {
	// first is when the first of them became known, MaxTime where there are none.
	first pipeline.Time
	// from is how far the others had come then.
	from pipeline.Time
}

var nothingLed = led{pipeline.MaxTime, pipeline.MaxTime}

// with are the records of both.
func (l led) with(other led) led { return led{min(l.first, other.first), min(l.from, other.from)} }

func newLead() lead {
	return lead{open: nothingLed, sealed: nothingLed, checking: nothingLed, by: leastLead, trusted: pipeline.MaxTime}
}

// rest ends the goroutine. What it followed is to be followed anew: the next session must not look up before it, either.
func (d *lead) rest() {
	if d.following {
		d.stop()
		<-d.applied
		d.sealed, d.checking, d.following = d.sealed.with(d.checking), nothingLed, false
	}
}

// forget is for what is void. A restore waits for tables by itself.
func (d *lead) forget() { d.open, d.sealed = nothingLed, nothingLed }

// read notes that a record was processed that became known at a time, when the others had come so far.
func (d *lead) read(known, others pipeline.Time) { d.open = d.open.with(led{known, others}) }

// seal notes that what was processed is in a commit.
func (d *lead) seal() { d.sealed, d.open = d.sealed.with(d.open), nothingLed }

// follow waits, beside the loop, until the process's tables have what is committed, here and as far as was heard of others.
// A table that does not get there holds up nobody for long.
func (d *lead) follow(w *worker) {
	heard := w.run.pace.led(w.run.cfg.Now())
	if d.following || heard == d.trusted && (d.sealed == nothingLed || w.commits.state == commitSent) {
		return
	}
	d.following, d.heard = true, heard
	// What is with the broker is followed next.
	if w.commits.state == commitNone {
		d.checking, d.sealed = d.sealed, nothingLed
	}
	ctx, stop := context.WithTimeout(context.Background(), holdFor)
	done := make(chan struct{}, 1)
	d.applied, d.stop = done, stop
	run := w.run
	go func() {
		defer func() { done <- struct{}{} }()
		ctx := pipeline.WithCaller(ctx, "lead")
		if ends, err := run.cfg.Cluster.EndOffsets(ctx, run.tables.tps); err == nil {
			_ = run.tables.wait(ctx, ends) // the time is over: whatever waits has waited long enough
		}
	}()
}

// isApplied notes that what was followed is in the tables, or was given up. The others of this process have come as far as
// own; theirs is what has become of the others of all processes since what is heard by now was said.
func (d *lead) isApplied(own, theirs pipeline.Time) {
	d.stop()
	d.following, d.trusted = false, d.heard
	by := leadOfOthers * theirs
	if isTime(d.checking.from) && isTime(own) {
		by = max(by, leadTwice*(own-d.checking.from))
	}
	// It grows by steps: a log whose first records are of long ago seems to move by years at once.
	d.by = min(max(leastLead, by), growth*d.by)
	d.checking = nothingLed
}

// limit is the time before which things became known that may be looked up: all from before it is in the tables.
func (d *lead) limit() pipeline.Time {
	if first := min(d.open.first, d.sealed.first, d.checking.first); first != pipeline.MaxTime {
		return min(d.trusted, first-1)
	}
	return d.trusted
}

// led is until when the records of lanes that lead have been read, in the time at which they became known; MaxTime where
// they have no more.
func (m *merge) led(w *worker, now time.Time) pipeline.Time {
	led := pipeline.MaxTime
	for _, l := range m.lanes {
		switch {
		case !l.leads:
		case l.at >= 0:
			led = min(led, l.head()+l.by-1)
		case l.hasMore(w) && now.Sub(l.since) < holdFor:
			led = min(led, max(l.told, pipeline.MinTime+1)-1)
		}
	}
	return led
}

// readAhead gives the decoded records of a lane that leads the places in the order of time that they take. Their order
// is that of the log, and what became known long before the one in front of it was not there earlier: a master index
// tells of patients once they come.
func (l *lane) readAhead() {
	for i := range l.n {
		known, votes := l.known[i], 1
		if known > l.told && !(isTime(l.told) && known <= l.told+leap) {
			votes = l.votes(i)
		}
		switch {
		case votes > 0:
			l.told = max(l.told, known)
		// The one before it leapt as far: that one is right. This one is still to be borne out.
		case votes == 0 && known >= l.leapt-leap:
			l.told, l.leapt = max(l.told, min(known, l.leapt)), known
		case votes == 0:
			l.leapt = known
		}
		// Before anything is known of the lane its records go first.
		l.known[i] = max(l.told, pipeline.MinTime+l.by) - l.by
	}
}

// votes is how many of the records that follow bear a time out that leaps ahead, less those that are later than all before
// and do not. What nobody bears out is not believed yet: a wrong clock would hold back the source, and with it what the
// tables lack, for as long as it is ahead. One that is believed too late only goes earlier than its turn.
func (l *lane) votes(i int) (votes int) {
	for _, known := range l.known[i+1 : l.n] {
		switch {
		case known >= l.known[i]-leap:
			votes++
		case known > l.told:
			votes--
		}
	}
	return votes
}
