package person

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// AddFailed keeps a failed digital step in the shard, in the order of event time. It looks from the end:
// nearly all are the newest.
func (j *Journey) AddFailed(f schemas.FailedStep) {
	st := j.Shard
	i := len(st.Failed)
	for i > 0 && st.Failed[i-1].At > f.At {
		i--
	}
	st.Failed = insertBounded(st.Failed, i, f, MaxFailed)
	// The list over all shards is folded anew with the next journey that asks for it.
	j.Who.lists.hasFailed = false
}

// Remember keeps a step among the shard's last ones. No cache rests on them: recents looks them up.
func (j *Journey) Remember(r schemas.RecentStep) {
	st := j.Shard
	i := len(st.Recent)
	for i > 0 && st.Recent[i-1].At > r.At {
		i--
	}
	st.Recent = insertBounded(st.Recent, i, r, MaxRecent)
}

// OpenLoop begins a loop, unless what closes it is known already (touchpoints come in any order) or it
// is open: the same thing failing again does not begin anew.
func (j *Journey) OpenLoop(l schemas.ShardLoop) {
	st := j.Shard
	// A closing may have arrived before what it closes.
	for i := range st.Closings {
		if Closes(&st.Closings[i], &l) {
			return
		}
	}
	// The list changes from here on, even where only its beginning moves.
	j.Who.lists.hasLoops = false
	for i := range st.Loops {
		// The same thing is open: it began at the earlier of the two.
		if o := &st.Loops[i]; o.Kind == l.Kind && o.Reason == l.Reason && o.Ref == l.Ref {
			o.Since = min(o.Since, l.Since)
			return
		}
	}
	i := len(st.Loops)
	for i > 0 && st.Loops[i-1].Since > l.Since {
		i--
	}
	st.Loops = insertBounded(st.Loops, i, l, MaxLoops)
}

// CloseLoops ends the loops that a closing matches and keeps it: for loops of other shards, and for those
// whose beginning has yet to arrive. A closing that is there already only moves to the newer time, so that
// success after success does not push the others out.
func (j *Journey) CloseLoops(c schemas.Closing) {
	st, lists := j.Shard, &j.Who.lists
	// Own loops are removed for good. Those of other shards stay in their states, and the fold leaves them
	// out.
	st.Loops = slices.DeleteFunc(st.Loops, func(l schemas.ShardLoop) bool { return Closes(&c, &l) })
	lists.closed(&c)
	for i := range st.Closings {
		if o := &st.Closings[i]; o.Kind == c.Kind && o.Reason == c.Reason && o.Ref == c.Ref {
			// A newer closing takes the older one's place; an older one changes nothing.
			if o.At < c.At {
				st.Closings = append(slices.Delete(st.Closings, i, i+1), schemas.Closing{})
				insertClosing(st, c)
			}
			return
		}
	}
	// One is dropped, and what it had closed may be open again.
	if len(st.Closings) == maxClosings {
		lists.hasLoops, lists.hasFailed = false, false
	}
	st.Closings = append(st.Closings, schemas.Closing{})
	insertClosing(st, c)
}

// insertClosing puts c in its place in the order of time, which closedBy relies on; the last element of the
// list is free.
func insertClosing(st *schemas.ShardState, c schemas.Closing) {
	list := st.Closings[:len(st.Closings)-1]
	i := len(list)
	for i > 0 && list[i-1].At > c.At {
		i--
	}
	st.Closings = insertBounded(list, i, c, maxClosings)
}

// AddNeed keeps a social need, in the order of codes. Whoever vouches for it most stands: what a patient
// has said is not overwritten by what was derived.
func (j *Journey) AddNeed(code, provenance string) {
	if code == "" {
		return
	}
	if provenance == "" {
		// Never more than is known.
		provenance = "derived"
	}
	st := j.Shard
	j.Who.lists.hasFacts = false
	// A list in the order of codes has each code once, and is the same in whatever order needs came.
	i, found := slices.BinarySearchFunc(st.Needs, code, func(n schemas.Need, c string) int { return strings.Compare(n.Code.Reveal(), c) })
	switch {
	case !found:
		st.Needs = slices.Insert(st.Needs, i, schemas.Need{Code: schemas.Protected(j.Names.Keep(code)), Provenance: j.Names.Keep(provenance)})
	// The need stays where it is, vouched for by more.
	case trust(provenance) > trust(st.Needs[i].Provenance):
		st.Needs[i].Provenance = j.Names.Keep(provenance)
	}
}

// LearnReason keeps the reason of a contact, once known: the newest tells what the patient called about
// last. It is a word of the taxonomy, of which there is one copy.
func (j *Journey) LearnReason(reason string, at schemas.Millis) {
	st := j.Shard
	j.Who.lists.hasFacts = false
	i := len(st.Reasons)
	for i > 0 && st.Reasons[i-1].At > at {
		i--
	}
	st.Reasons = insertBounded(st.Reasons, i, schemas.PastReason{Reason: j.Names.Keep(reason), At: at}, MaxReasons)
}
