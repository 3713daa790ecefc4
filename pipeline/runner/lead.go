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
	// leadRounds is how many rounds of commit and table a lead lasts: one is under way, one is collected, and what
	// follows from a third is carried out.
	leadRounds = 3
	// growth is by how much a lead grows in a round at most.
	growth = 4
)

// lead keeps sources that tables are made of ahead of the sources whose tasks look things up there. Read beside
// each other in a backlog, a record would be looked up before what was known long before it is in the table: a commit
// and a fetch are hours of such a log.
//
//	links   ── 12:00 ── 12:05 ── 12:20 ──      read until 10 minutes, or three rounds, ahead of the others
//	              └ commit ─► table            a round
//	web     ── 11:59 ──│ 12:01                 waits until the link of 12:00 is in the table
//
// It leads by no more than it needs: what was not known yet when a call came must not help to foretell it.
type lead struct {
	// open is when the first of the records became known that were processed and are not sealed, sealed that of those in
	// a commit, checking that of those that are committed and on their way into the table; MaxTime for none.
	open, sealed, checking pipeline.Time
	// from is how far the others had come when the round began, by how far ahead the source is read.
	from, by pipeline.Time
	// applied tells that the round is over. It has room for one; nil while there was none.
	applied chan struct{}
	stop    context.CancelFunc
}

func newLead() lead {
	return lead{open: pipeline.MaxTime, sealed: pipeline.MaxTime, checking: pipeline.MaxTime, by: leastLead}
}

// reset forgets what is under way, and waits for its goroutine.
func (d *lead) reset() {
	if d.checking != pipeline.MaxTime && d.applied != nil {
		d.stop()
		<-d.applied
	}
	d.open, d.sealed, d.checking = pipeline.MaxTime, pipeline.MaxTime, pipeline.MaxTime
}

// read notes that a record was processed that became known at a time.
func (d *lead) read(known pipeline.Time) { d.open = min(d.open, known) }

// seal notes that what was processed is in a commit.
func (d *lead) seal() { d.sealed, d.open = min(d.sealed, d.open), pipeline.MaxTime }

// follow waits, beside the loop, until the process's tables have what is committed. A table that does not get there
// holds up nobody for long.
func (d *lead) follow(r *Runner, others pipeline.Time) {
	if d.sealed == pipeline.MaxTime || d.checking != pipeline.MaxTime {
		return
	}
	d.checking, d.sealed, d.from = d.sealed, pipeline.MaxTime, others
	ctx, stop := context.WithTimeout(context.Background(), holdFor)
	done := make(chan struct{}, 1)
	d.applied, d.stop = done, stop
	go func() {
		defer func() { done <- struct{}{} }()
		ctx := pipeline.WithCaller(ctx, "lead")
		if ends, err := r.cfg.Cluster.EndOffsets(ctx, r.tables.tps); err == nil {
			_ = r.tables.wait(ctx, ends)
		}
	}()
}

// isApplied notes that what was followed is in the tables, or was given up.
func (d *lead) isApplied(others pipeline.Time) {
	d.stop()
	d.checking = pipeline.MaxTime
	if isTime(d.from) && isTime(others) {
		// It grows by steps: a log whose first records are of long ago seems to move by years at once.
		d.by = min(max(leastLead, leadRounds*(others-d.from)), growth*d.by)
	}
}

// limit is the time before which things became known that may be looked up: all from before it is in the tables.
func (d *lead) limit() pipeline.Time {
	if first := min(d.open, d.sealed, d.checking); first != pipeline.MaxTime {
		return first - 1
	}
	return pipeline.MaxTime
}

// readAhead gives the decoded records of a lane that leads the places in the order of time that they take. Their order
// is that of the log, and what became known long before the one in front of it was not there earlier: a master index
// tells of patients once they come.
func (l *lane) readAhead() {
	for i := range l.n {
		if known := l.known[i]; known > l.told && (l.told == pipeline.MinTime || known <= l.told+leap || l.seconded(i)) {
			l.told = known
		}
		l.known[i] = l.told - l.by
	}
}

// seconded reports whether another of the records that follow bears a time out that leaps ahead. Without any to ask it
// is believed: a wrong clock would stop a source for as long as it is ahead, one that is believed too late reads on.
func (l *lane) seconded(i int) bool {
	for _, known := range l.known[i+1 : l.n] {
		if known >= l.known[i]-leap {
			return true
		}
	}
	return i+1 == l.n
}
