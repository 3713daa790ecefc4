package operators

import (
	"math"
	"slices"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// folder folds the shards of a person into one persona. The fold is pure: it changes no shard, so
// that a shard can be taken out again. Lists that it hands out are its own and last until the next
// fold.
type folder struct {
	config *PersonaConfig

	shards    []*schemas.ShardState
	recent    [maxRecent]schemas.RecentStep
	heads     heads
	failed    [maxFailed]schemas.FailedStep
	reasons   []schemas.PastReason
	loops     []schemas.ShardLoop
	published schemas.Persona
}

// keep takes the lists of a journey back for reuse.
func (f *folder) keep(*Journey) { f.shards = f.shards[:0] }

// states lists the shards of a person.
func (f *folder) states(who *person) []*schemas.ShardState {
	f.shards = f.shards[:0]
	for i := range who.shards {
		f.shards = append(f.shards, who.shards[i].state)
	}
	return f.shards
}

// fold fills in what the journey says of the person, as of its trigger.
func (f *folder) fold(j *Journey) {
	at := schemas.Millis(j.At)
	f.figures(&j.Persona, j.Shards, at)
	f.lists(&j.Persona, j.Shards)
	j.Persona.PersonRef, j.Persona.StatedChannel = j.PersonRef, j.Person.Policy.PreferredChannel
	j.Recent = f.mergeRecent(j.Shards)
	j.Failed = f.mergeFailed(j.Shards, at)
	j.Reasons = f.reasons
	j.Overdue, j.Deceased = 0, false
	for i := range f.loops {
		if f.loops[i].Overdue {
			j.Overdue++
		}
	}
	for _, st := range j.Shards {
		j.Deceased = j.Deceased || st.DeceasedAt != 0
	}
}

// persona folds a person as of the newest touchpoint, for the personas topic.
func (f *folder) persona(who *person) *schemas.Persona {
	v := &f.published
	shards := f.states(who)
	f.figures(v, shards, 0)
	f.lists(v, shards)
	v.PersonRef, v.StatedChannel = schemas.PersonRef(who.ref), who.state.Policy.PreferredChannel
	return v
}

// newest is the event time of the newest touchpoint of a person.
func (f *folder) newest(who *person) pipeline.Time {
	var at schemas.Millis
	for i := range who.shards {
		at = max(at, who.shards[i].state.AsOf)
	}
	return pipeline.Time(at)
}

// figures adds up counts and decayed figures, the latter as of at or the newest touchpoint.
func (f *folder) figures(v *schemas.Persona, shards []*schemas.ShardState, at schemas.Millis) {
	loops, needs := v.OpenLoops[:0], v.Needs[:0]
	*v = schemas.Persona{OpenLoops: loops, Needs: needs}
	for _, st := range shards {
		v.AsOf = max(v.AsOf, st.AsOf)
	}
	at = max(at, v.AsOf)
	strain, languageAt := 0.0, schemas.Millis(0)
	for _, st := range shards {
		if st.Touchpoints == 0 {
			continue
		}
		passed := float64(at - st.DecayedAt)
		d := decayed(passed, float64(f.config.ActivityHalfLife))
		v.WebActivity += float64(st.WebActivity * d)
		v.AppActivity += float64(st.AppActivity * d)
		v.CallActivity += float64(st.CallActivity * d)
		v.EhrActivity += float64(st.EhrActivity * d)
		v.Effort += float64(st.Effort * d)
		strain += float64(st.Strain * decayed(passed, float64(f.config.StrainHalfLife)))
		v.Touchpoints += st.Touchpoints
		v.Calls += st.Calls
		v.Sessions += st.SessionsClosed + int64(len(st.Sessions))
		if st.Language != "" && st.LanguageAt >= languageAt {
			v.Language, languageAt = st.Language, st.LanguageAt
		}
	}
	v.Frustration = frustration(strain)
	v.InferredChannel = inferred(v)
}

// frustration maps strain to 0..1: two signals of weight one make a half.
func frustration(strain float64) float64 {
	return 1 - decayed(strain, 2)
}

// inferred is the channel that most of a patient's recent touchpoints came by, if there are enough.
func inferred(v *schemas.Persona) string {
	sum := v.WebActivity + v.AppActivity + v.CallActivity
	best, name := v.WebActivity, "web"
	if v.AppActivity > best {
		best, name = v.AppActivity, "app"
	}
	if v.CallActivity > best {
		best, name = v.CallActivity, "call"
	}
	if sum < 3 || best < sum/2 {
		return ""
	}
	return name
}

// lists merges open loops, needs and past reasons. A loop that another shard's closing ends is not
// open: the refill that the health record says is due was ordered on the web.
func (f *folder) lists(v *schemas.Persona, shards []*schemas.ShardState) {
	f.loops, f.reasons = f.loops[:0], f.reasons[:0]
	for _, st := range shards {
		for i := range st.Loops {
			if !closedElsewhere(shards, st, &st.Loops[i]) {
				f.loops = append(f.loops, st.Loops[i])
			}
		}
		f.reasons = append(f.reasons, st.Reasons...)
		for i := range st.Needs {
			v.Needs = addNeed(v.Needs, &st.Needs[i])
		}
	}
	if len(shards) > 1 {
		insertionSort(f.loops, func(a, b *schemas.ShardLoop) bool { return a.Since < b.Since })
		insertionSort(f.reasons, func(a, b *schemas.PastReason) bool { return a.At < b.At })
	}
	f.reasons = newestOf(f.reasons, maxReasons)
	if n := len(f.reasons); n > 0 {
		v.LastReason = f.reasons[n-1].Reason
	}
	for _, l := range newestOf(f.loops, maxLoops) {
		v.OpenLoops = append(v.OpenLoops, schemas.OpenLoop{Kind: l.Kind, Reason: l.Reason, Since: l.Since})
	}
}

func closedElsewhere(shards []*schemas.ShardState, own *schemas.ShardState, l *schemas.ShardLoop) bool {
	for _, st := range shards {
		if st == own {
			continue
		}
		if closedBy(st, l) {
			return true
		}
	}
	return false
}

// closedBy reports whether a closing of the shard ends the loop. They are in order: those before the
// loop began need not be looked at.
func closedBy(st *schemas.ShardState, l *schemas.ShardLoop) bool {
	for i := len(st.Closings) - 1; i >= 0 && st.Closings[i].At >= l.Since; i-- {
		if closes(&st.Closings[i], l) {
			return true
		}
	}
	return false
}

func addNeed(needs []schemas.Need, n *schemas.Need) []schemas.Need {
	for i := range needs {
		if needs[i].Code == n.Code {
			if trust(n.Provenance) > trust(needs[i].Provenance) {
				needs[i].Provenance = n.Provenance
			}
			return needs
		}
	}
	return append(needs, *n)
}

// mergeRecent returns the newest touchpoints, oldest first. With one shard it is the shard's own list;
// of several the newest are taken one by one, since few of all are wanted.
func (f *folder) mergeRecent(shards []*schemas.ShardState) []schemas.RecentStep {
	if len(shards) == 1 {
		return shards[0].Recent
	}
	f.heads.reset()
	for _, st := range shards {
		if n := len(st.Recent); n > 0 {
			f.heads.add(n, st.Recent[n-1].At)
		} else {
			f.heads.add(0, spent)
		}
	}
	n := maxRecent
	for n > 0 {
		i := f.heads.newest()
		if i < 0 {
			break
		}
		list := shards[i].Recent[:f.heads.left[i]]
		n--
		f.recent[n] = list[len(list)-1]
		if len(list) > 1 {
			f.heads.take(i, list[len(list)-2].At)
		} else {
			f.heads.take(i, spent)
		}
	}
	return f.recent[n:]
}

// mergeFailed returns the failed digital steps of the time before at that nothing has undone since,
// oldest first. They are looked at from the newest on, since few are wanted.
func (f *folder) mergeFailed(shards []*schemas.ShardState, at schemas.Millis) []schemas.FailedStep {
	f.heads.reset()
	for _, st := range shards {
		if n := len(st.Failed); n > 0 {
			f.heads.add(n, st.Failed[n-1].At)
		} else {
			f.heads.add(0, spent)
		}
	}
	n := maxFailed
	for n > 0 {
		i := f.heads.newest()
		if i < 0 || at-f.heads.at[i] >= f.config.LastResort {
			break
		}
		list := shards[i].Failed[:f.heads.left[i]]
		if s := &list[len(list)-1]; s.At <= at && !isUndone(shards, s) {
			n--
			f.failed[n] = *s
		}
		if len(list) > 1 {
			f.heads.take(i, list[len(list)-2].At)
		} else {
			f.heads.take(i, spent)
		}
	}
	return f.failed[n:]
}

// heads walks the lists of several shards together, from the newest element on: how many are left of
// each, and the time of the last of them.
type heads struct {
	left []int
	at   []schemas.Millis
}

// spent is the time of a list of which nothing is left.
const spent = schemas.Millis(math.MinInt64)

func (h *heads) reset() { h.left, h.at = h.left[:0], h.at[:0] }

func (h *heads) add(n int, at schemas.Millis) { h.left, h.at = append(h.left, n), append(h.at, at) }

// newest is the shard with the newest element left, the last of several, or -1.
func (h *heads) newest() int {
	newest, at := -1, spent+1
	for i, t := range h.at {
		if t >= at {
			newest, at = i, t
		}
	}
	return newest
}

// take takes a shard's newest element; next is the time of the one before it.
func (h *heads) take(i int, next schemas.Millis) { h.left[i], h.at[i] = h.left[i]-1, next }

func isUndone(shards []*schemas.ShardState, s *schemas.FailedStep) bool {
	kind := undoneBy(s.Kind)
	if kind == "" {
		return false
	}
	l := schemas.ShardLoop{Kind: kind, Reason: s.Reason, Ref: s.Page, Since: s.At}
	for _, st := range shards {
		if closedBy(st, &l) {
			return true
		}
	}
	return false
}

// markOverdue marks the loops of a shard that are past their due time, and says whether one of them
// is still open. A message that nobody answered in time is a failed digital step.
func (f *folder) markOverdue(who *person, i int, now schemas.Millis) (open bool) {
	st := who.shards[i].state
	shards := f.states(who)
	for n := range st.Loops {
		l := &st.Loops[n]
		if l.DueAt == 0 || l.Overdue || l.DueAt > now {
			continue
		}
		l.Overdue = true
		if closedElsewhere(shards, st, l) {
			continue
		}
		open = true
		if l.Kind == loopUnansweredMessage {
			f.unanswered(st, l)
		}
	}
	return open
}

func (f *folder) unanswered(st *schemas.ShardState, l *schemas.ShardLoop) {
	st.Effort += decayed(float64(st.DecayedAt-l.DueAt), float64(f.config.ActivityHalfLife))
	st.Strain += decayed(float64(st.DecayedAt-l.DueAt), float64(f.config.StrainHalfLife))
	s := schemas.FailedStep{At: l.DueAt, Channel: schemas.ChannelApp, Kind: schemas.FailureKindMessageUnanswered, Reason: l.Reason}
	n, _ := slices.BinarySearchFunc(st.Failed, s.At+1, func(x schemas.FailedStep, at schemas.Millis) int { return int(x.At - at) })
	st.Failed = insertBounded(st.Failed, n, s, maxFailed)
}

// insertionSort sorts a short list that is made of a few sorted ones, stably and without a closure
// over it.
func insertionSort[T any](list []T, less func(a, b *T) bool) {
	for i := 1; i < len(list); i++ {
		for k := i; k > 0 && less(&list[k], &list[k-1]); k-- {
			list[k], list[k-1] = list[k-1], list[k]
		}
	}
}

func newestOf[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }
