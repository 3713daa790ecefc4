package person

import (
	"github.com/attune-health/attune/schemas"
)

// foldedLists are a person's lists over all shards, kept from one touchpoint to the next: most change
// none of them. Whoever changes what one is made of says so.
type foldedLists struct {
	hasLoops, hasFailed, hasFacts bool // what holds

	loops   []foldedLoop
	overdue int

	failed []schemas.FailedStep // those that nothing has undone, later than since
	since  schemas.Millis

	reasons []schemas.PastReason
	needs   []schemas.Need
}

// foldedLoop is a loop that no shard's closing ends, with its numbers for evidence.
type foldedLoop struct {
	schemas.ShardLoop
	Number uint8
	About  int8 // its reason, or -1
}

// forget says that nothing is known: the shards are others.
func (l *foldedLists) forget() { l.hasLoops, l.hasFailed, l.hasFacts = false, false, false }

// closed says that a shard has got one more closing.
func (l *foldedLists) closed(c *schemas.Closing) {
	for i := range l.loops {
		if Closes(c, &l.loops[i].ShardLoop) {
			l.hasLoops = false
			break
		}
	}
	for i := range l.failed {
		if s := &l.failed[i]; undoesStep(c, s) {
			l.hasFailed = false
			break
		}
	}
}

// listsOf brings loops, reasons and needs of a person up to date. A loop that another shard's closing
// ends is not open: the refill that the health record says is due was ordered on the web.
func (f *Folder) listsOf(who *Person) *foldedLists {
	l := &who.lists
	if l.hasLoops && l.hasFacts {
		return l
	}
	shards := f.States(who)
	if !l.hasLoops {
		f.foldLoops(l, shards)
	}
	if !l.hasFacts {
		l.foldFacts(shards)
	}
	return l
}

func (f *Folder) foldLoops(l *foldedLists, shards []*schemas.ShardState) {
	l.hasLoops, l.loops, l.overdue = true, l.loops[:0], 0
	for _, st := range shards {
		for i := range st.Loops {
			o := &st.Loops[i]
			if closedElsewhere(shards, st, o) {
				continue
			}
			l.loops = append(l.loops, foldedLoop{*o, uint8(loopKind(o.Kind)), int8(f.Taxonomy.Index(o.Reason))})
			if o.Overdue {
				l.overdue++
			}
		}
	}
	if len(shards) > 1 {
		insertionSort(l.loops, func(a, b *foldedLoop) bool { return a.Since < b.Since })
	}
}

func (l *foldedLists) foldFacts(shards []*schemas.ShardState) {
	l.hasFacts, l.reasons, l.needs = true, l.reasons[:0], l.needs[:0]
	for _, st := range shards {
		l.reasons = append(l.reasons, st.Reasons...)
		for i := range st.Needs {
			l.needs = AddNeed(l.needs, &st.Needs[i])
		}
	}
	if len(shards) > 1 {
		insertionSort(l.reasons, func(a, b *schemas.PastReason) bool { return a.At < b.At })
	}
	if n := len(l.reasons) - MaxReasons; n > 0 {
		l.reasons = append(l.reasons[:0], l.reasons[n:]...)
	}
}

// failedSlack is how much earlier than the newest a late touchpoint may be without folding anew.
const failedSlack = schemas.Hour

// failedBefore returns the failed digital steps of the time before at that nothing has undone since,
// newest last.
func (f *Folder) failedBefore(who *Person, at schemas.Millis) []schemas.FailedStep {
	l := &who.lists
	from := at - f.Config.LastResort
	if !l.hasFailed || from < l.since {
		f.foldFailed(l, f.States(who), from-failedSlack)
	}
	n := MaxFailed
	for i := len(l.failed) - 1; i >= 0 && n > 0; i-- {
		s := &l.failed[i]
		if s.At <= from {
			break
		}
		if s.At <= at {
			n--
			f.failed[n] = *s
		}
	}
	return f.failed[n:]
}

func (f *Folder) foldFailed(l *foldedLists, shards []*schemas.ShardState, since schemas.Millis) {
	l.hasFailed, l.failed, l.since = true, l.failed[:0], since
	for _, st := range shards {
		for i := range st.Failed {
			if s := &st.Failed[i]; s.At > since && !isUndone(shards, s) {
				l.failed = append(l.failed, *s)
			}
		}
	}
	if len(shards) > 1 {
		insertionSort(l.failed, func(a, b *schemas.FailedStep) bool { return a.At < b.At })
	}
}

func isUndone(shards []*schemas.ShardState, s *schemas.FailedStep) bool {
	l := loopOf(s)
	if l.Kind == "" {
		return false
	}
	for _, st := range shards {
		if closedBy(st, &l) {
			return true
		}
	}
	return false
}

// undoesStep reports whether a closing undoes a failed step.
func undoesStep(c *schemas.Closing, s *schemas.FailedStep) bool {
	l := loopOf(s)
	return l.Kind != "" && Closes(c, &l)
}

// loopOf is the loop that stands for a failed step, of no kind where nothing undoes it.
func loopOf(s *schemas.FailedStep) schemas.ShardLoop {
	return schemas.ShardLoop{Kind: UndoneBy(s.Kind), Reason: s.Reason, Ref: s.Page, Since: s.At}
}
