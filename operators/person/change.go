package person

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// AddFailed keeps a failed digital step in the shard.
func (j *Journey) AddFailed(f schemas.FailedStep) {
	st := j.Shard
	i := len(st.Failed)
	for i > 0 && st.Failed[i-1].At > f.At {
		i--
	}
	st.Failed = insertBounded(st.Failed, i, f, MaxFailed)
	j.Who.lists.hasFailed = false
}

// Remember keeps a step among the shard's last ones.
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
	for i := range st.Closings {
		if Closes(&st.Closings[i], &l) {
			return
		}
	}
	j.Who.lists.hasLoops = false
	for i := range st.Loops {
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
// whose beginning has yet to arrive.
func (j *Journey) CloseLoops(c schemas.Closing) {
	st, lists := j.Shard, &j.Who.lists
	st.Loops = slices.DeleteFunc(st.Loops, func(l schemas.ShardLoop) bool { return Closes(&c, &l) })
	lists.closed(&c)
	for i := range st.Closings {
		if o := &st.Closings[i]; o.Kind == c.Kind && o.Reason == c.Reason && o.Ref == c.Ref {
			if o.At < c.At {
				st.Closings = append(slices.Delete(st.Closings, i, i+1), schemas.Closing{})
				insertClosing(st, c)
			}
			return
		}
	}
	if len(st.Closings) == maxClosings { // one is dropped, and what it had closed may be open again
		lists.hasLoops, lists.hasFailed = false, false
	}
	st.Closings = append(st.Closings, schemas.Closing{})
	insertClosing(st, c)
}

// insertClosing puts c in its place; the last element of the list is free.
func insertClosing(st *schemas.ShardState, c schemas.Closing) {
	list := st.Closings[:len(st.Closings)-1]
	i := len(list)
	for i > 0 && list[i-1].At > c.At {
		i--
	}
	st.Closings = insertBounded(list, i, c, maxClosings)
}

// AddNeed keeps a social need. What was said by the patient is not overwritten by what was derived.
func (j *Journey) AddNeed(code, provenance string) {
	if code == "" {
		return
	}
	if provenance == "" {
		provenance = "derived" // never more than is known
	}
	st := j.Shard
	j.Who.lists.hasFacts = false
	i, found := slices.BinarySearchFunc(st.Needs, code, func(n schemas.Need, c string) int { return strings.Compare(n.Code.Reveal(), c) })
	switch {
	case !found:
		st.Needs = slices.Insert(st.Needs, i, schemas.Need{Code: schemas.Protected(j.Names.Keep(code)), Provenance: j.Names.Keep(provenance)})
	case trust(provenance) > trust(st.Needs[i].Provenance):
		st.Needs[i].Provenance = j.Names.Keep(provenance)
	}
}

// LearnReason keeps the reason of a contact, once known.
func (j *Journey) LearnReason(reason string, at schemas.Millis) {
	st := j.Shard
	j.Who.lists.hasFacts = false
	i := len(st.Reasons)
	for i > 0 && st.Reasons[i-1].At > at {
		i--
	}
	st.Reasons = insertBounded(st.Reasons, i, schemas.PastReason{Reason: j.Names.Keep(reason), At: at}, MaxReasons)
}
