package operators

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// persona folds a touchpoint into its shard, and then the person's shards into the Journey. What a
// shard keeps is ordered by event time, so that it does not depend on the order of arrival; only
// signals that look back (a second failed login, a redial) see what had arrived by then.
type persona struct {
	config  *PersonaConfig
	folder  *folder
	timers  *shardTimers
	patient *patient
	names   names
}

const (
	maxRecent   = 16
	maxFailed   = 8
	maxLoops    = 8
	maxClosings = 16
	maxReasons  = 8
)

func (p *persona) process(ctx *pipeline.Context, j *Journey) error {
	if j.Touchpoint != nil {
		p.apply(ctx, j)
	}
	if j.Trigger != TriggerOutcome {
		p.patient.change(j.who)
	}
	p.folder.fold(j)
	return nil
}

// apply folds the touchpoint into its shard.
func (p *persona) apply(ctx *pipeline.Context, j *Journey) {
	st, t := j.Shard, j.Touchpoint
	p.decay(st, t.OccurredAt)
	weight := decayed(float64(st.DecayedAt-t.OccurredAt), float64(p.config.ActivityHalfLife))
	p.count(st, t, weight)
	e := p.effectOf(j)
	st.Effort += float64(e.effort * weight)
	st.Strain += float64(e.strain * decayed(float64(st.DecayedAt-t.OccurredAt), float64(p.config.StrainHalfLife)))
	if e.failure != schemas.FailureKindUnknown {
		p.fail(j, &e)
	}
	if e.opens != "" {
		p.open(j, schemas.ShardLoop{Kind: e.opens, Reason: e.reason, Ref: e.ref, Since: t.OccurredAt, DueAt: e.due})
		if at, ok := p.timers.overdue(st); ok {
			p.timers.set(ctx, timerOverdue, j.shard(), at)
		}
	}
	for _, kind := range e.closes {
		p.close(j, schemas.Closing{Kind: kind, Reason: e.reason, Ref: e.ref, At: t.OccurredAt})
	}
	p.remember(st, schemas.RecentStep{At: t.OccurredAt, Channel: t.Channel, Event: e.event, Page: e.page, Reason: e.reason})
}

// decay states the shard's decayed figures as of a newer event time.
func (p *persona) decay(st *schemas.ShardState, at schemas.Millis) {
	if st.DecayedAt == 0 {
		st.DecayedAt = at
	}
	if at <= st.DecayedAt {
		return
	}
	passed := float64(at - st.DecayedAt)
	f := decayed(passed, float64(p.config.ActivityHalfLife))
	st.WebActivity *= f
	st.AppActivity *= f
	st.CallActivity *= f
	st.EhrActivity *= f
	st.Effort *= f
	st.Strain *= decayed(passed, float64(p.config.StrainHalfLife))
	st.DecayedAt = at
}

func (p *persona) count(st *schemas.ShardState, t *schemas.Touchpoint, weight float64) {
	st.Touchpoints++
	st.AsOf = max(st.AsOf, t.OccurredAt)
	if t.Language.OK && t.Language.V != "" && t.OccurredAt >= st.LanguageAt {
		st.Language, st.LanguageAt = p.names.keep(t.Language.V), t.OccurredAt
	}
	switch t.Channel {
	case schemas.ChannelWeb:
		st.WebActivity += weight
	case schemas.ChannelApp:
		st.AppActivity += weight
	case schemas.ChannelCall:
		st.CallActivity += weight
	case schemas.ChannelEhr:
		st.EhrActivity += weight
	}
}

// fail keeps a failed digital step.
func (p *persona) fail(j *Journey, e *effect) {
	st, at := j.Shard, j.Touchpoint.OccurredAt
	if j.Session != nil {
		j.Session.Failed++
	}
	f := schemas.FailedStep{At: at, Channel: j.Touchpoint.Channel, Kind: e.failure, Page: e.page, Reason: e.reason}
	i := len(st.Failed)
	for i > 0 && st.Failed[i-1].At > at {
		i--
	}
	st.Failed = insertBounded(st.Failed, i, f, maxFailed)
	j.who.lists.hasFailed = false
}

func (p *persona) remember(st *schemas.ShardState, r schemas.RecentStep) {
	i := len(st.Recent)
	for i > 0 && st.Recent[i-1].At > r.At {
		i--
	}
	st.Recent = insertBounded(st.Recent, i, r, maxRecent)
}

// insertBounded inserts v at i into a list whose first is the oldest, dropping that where the list
// is full. A v that is older than all of a full list is not kept.
func insertBounded[T any](list []T, i int, v T, bound int) []T {
	if len(list) < bound {
		return slices.Insert(list, i, v)
	}
	if i == 0 {
		return list
	}
	copy(list, list[1:i])
	list[i-1] = v
	return list
}

// open begins a loop, unless what closes it is known already (touchpoints come in any order) or it
// is open: the same thing failing again does not begin anew.
func (p *persona) open(j *Journey, l schemas.ShardLoop) {
	st := j.Shard
	for i := range st.Closings {
		if closes(&st.Closings[i], &l) {
			return
		}
	}
	j.who.lists.hasLoops = false
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
	st.Loops = insertBounded(st.Loops, i, l, maxLoops)
}

// close ends the loops that a closing matches and keeps it: for loops of other shards, and for those
// whose beginning has yet to arrive.
func (p *persona) close(j *Journey, c schemas.Closing) {
	st, lists := j.Shard, &j.who.lists
	st.Loops = slices.DeleteFunc(st.Loops, func(l schemas.ShardLoop) bool { return closes(&c, &l) })
	lists.closed(&c)
	for i := range st.Closings {
		if o := &st.Closings[i]; o.Kind == c.Kind && o.Reason == c.Reason && o.Ref == c.Ref {
			if o.At < c.At {
				st.Closings = append(slices.Delete(st.Closings, i, i+1), schemas.Closing{})
				p.insertClosing(st, c)
			}
			return
		}
	}
	if len(st.Closings) == maxClosings { // one is dropped, and what it had closed may be open again
		lists.hasLoops, lists.hasFailed = false, false
	}
	st.Closings = append(st.Closings, schemas.Closing{})
	p.insertClosing(st, c)
}

// insertClosing puts c in its place; the last element of the list is free.
func (p *persona) insertClosing(st *schemas.ShardState, c schemas.Closing) {
	list := st.Closings[:len(st.Closings)-1]
	i := len(list)
	for i > 0 && list[i-1].At > c.At {
		i--
	}
	st.Closings = insertBounded(list, i, c, maxClosings)
}

// answeredByContact are the loops that a phone contact about their reason closes.
func answeredByContact(kind string) bool {
	switch kind {
	case loopFailedForm, loopFailedPayment, loopFailedSearch, loopFailedChatbot, loopUnansweredMessage, loopCallbackOwed:
		return true
	}
	return false
}

// closes says whether a closing ends a loop: it is of its kind, the loop began before it, and they are
// about the same. A failed step is about its reason, for the patient may well succeed on another page;
// anything else is about its reference, such as one message, where both name one.
func closes(c *schemas.Closing, l *schemas.ShardLoop) bool {
	switch {
	case l.Since > c.At:
		return false
	case c.Kind == closingContact:
		return c.Reason == l.Reason && answeredByContact(l.Kind)
	case c.Kind != l.Kind:
		return false
	case l.Kind == loopFailedLogin || l.Kind == loopAccountLocked:
		return true
	case c.Ref != "" && l.Ref != "" && (c.Ref == l.Ref || !strings.HasPrefix(l.Kind, "failed_")):
		return c.Ref == l.Ref
	}
	return c.Reason == l.Reason && (c.Reason != "" || c.Ref == "" || l.Ref == "")
}

// need keeps a social need. What was said by the patient is not overwritten by what was derived.
func (p *persona) need(j *Journey, code, provenance string) {
	if code == "" {
		return
	}
	if provenance == "" {
		provenance = "derived" // never more than is known
	}
	st := j.Shard
	j.who.lists.hasFacts = false
	i, found := slices.BinarySearchFunc(st.Needs, code, func(n schemas.Need, c string) int { return strings.Compare(n.Code.Reveal(), c) })
	switch {
	case !found:
		st.Needs = slices.Insert(st.Needs, i, schemas.Need{Code: schemas.Protected(p.names.keep(code)), Provenance: p.names.keep(provenance)})
	case trust(provenance) > trust(st.Needs[i].Provenance):
		st.Needs[i].Provenance = p.names.keep(provenance)
	}
}

func trust(provenance string) int {
	switch provenance {
	case "self-reported":
		return 3
	case "observed":
		return 2
	case "administrative":
		return 1
	}
	return 0
}

// learnReason keeps the reason of a contact, once known.
func (p *persona) learnReason(j *Journey, reason string, at schemas.Millis) {
	st := j.Shard
	j.who.lists.hasFacts = false
	i := len(st.Reasons)
	for i > 0 && st.Reasons[i-1].At > at {
		i--
	}
	st.Reasons = insertBounded(st.Reasons, i, schemas.PastReason{Reason: p.names.keep(reason), At: at}, maxReasons)
}
