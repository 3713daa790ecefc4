package person

import (
	"github.com/attune-health/attune/schemas"
)

// foldedLists are a person's lists over all shards, kept from one touchpoint to the next: most change none
// of them. Whoever changes what one is made of says so, by setting its flag to false; one that is forgotten
// shows as a persona that does not follow its touchpoints.
type foldedLists struct {
	// What holds: loops and overdue; failed; reasons and needs.
	hasLoops, hasFailed, hasFacts bool

	// loops are the open ones, in the order of their beginnings.
	loops []foldedLoop
	// overdue is how many of them are past their due time.
	overdue int

	// failed are those that nothing has undone, later than since, in the order of time.
	failed []schemas.FailedStep
	// since is how far back failed reaches. A trigger that looks further back makes it fold anew.
	since schemas.Millis

	// reasons are those of earlier contacts, the newest last.
	reasons []schemas.PastReason
	// needs has each once, in the order in which shards name them.
	needs []schemas.Need
}

// foldedLoop is a loop that no shard's closing ends, with its numbers for evidence.
type foldedLoop struct {
	schemas.ShardLoop
	// Number is that of its kind in LoopKinds.
	Number uint8
	// About is the number of its reason, or -1.
	About int8
}

// forget says that nothing is known: the shards are others.
func (l *foldedLists) forget() { l.hasLoops, l.hasFailed, l.hasFacts = false, false, false }

// closed says that a shard has got one more closing. Most closings end nothing, and the lists hold: a login
// is a closing each time.
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

// listsOf brings loops, reasons and needs of a person up to date. A loop that another shard's closing ends
// is not open: the refill that the health record says is due was ordered on the web. It costs nothing where
// the lists hold.
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

// foldLoops collects the open loops of all shards. Lists of one shard are in order; those of several are
// sorted stably.
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

// foldFacts collects reasons and needs of all shards.
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
	// Each shard keeps as many: of all of them only the newest are kept.
	if n := len(l.reasons) - MaxReasons; n > 0 {
		l.reasons = append(l.reasons[:0], l.reasons[n:]...)
	}
}

// failedSlack is how much earlier than the newest a late touchpoint may be without folding anew. Records of
// several channels come out of order by minutes.
const failedSlack = schemas.Hour

// failedBefore returns the failed digital steps of the time before at that nothing has undone since, newest
// last. It has an array of its own: the cached list holds more than one trigger asks for. Later steps than
// at are left out, which a trigger that is late has behind it.
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

// foldFailed collects the failed steps of all shards that nothing has undone.
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

// isUndone says whether a closing of any shard undoes a failed step, its own included: other than a loop, a
// step is not removed when it is closed.
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

// undoesStep reports whether a closing undoes a failed step, as it would end the loop that the step opened.
func undoesStep(c *schemas.Closing, s *schemas.FailedStep) bool {
	l := loopOf(s)
	return l.Kind != "" && Closes(c, &l)
}

// loopOf is the loop that stands for a failed step, of no kind where nothing undoes it. Steps and loops are
// then closed by one rule, Closes.
func loopOf(s *schemas.FailedStep) schemas.ShardLoop {
	return schemas.ShardLoop{Kind: UndoneBy(s.Kind), Reason: s.Reason, Ref: s.Page, Since: s.At}
}
