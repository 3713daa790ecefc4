package person

import (
	"slices"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Folder folds the shards of a person into one persona. The fold is pure: it changes no shard, so
// that a shard can be taken out again. What it has found out about a shard it keeps with the person,
// so that the next touchpoint touches one shard only: figures and foldedLists. Lists that it hands out
// last until the next fold.
type Folder struct {
	Config   *Config
	Taxonomy *schemas.Taxonomy

	shards    []*schemas.ShardState
	failed    [MaxFailed]schemas.FailedStep
	published schemas.Persona
}

// Keep takes the lists of a journey back for reuse.
func (f *Folder) Keep(*Journey) { f.shards = f.shards[:0] }

// States lists the shards of a person.
func (f *Folder) States(who *Person) []*schemas.ShardState {
	f.shards = f.shards[:0]
	for i := range who.Shards {
		f.shards = append(f.shards, who.Shards[i].State)
	}
	return f.shards
}

// Fold fills in what the journey says of the person as of then: of the trigger, or of the contact
// under way that a late trigger has reached.
func (f *Folder) Fold(j *Journey) {
	who := j.Who
	who.Refresh()
	f.Persona(&j.Persona, who, schemas.Millis(j.AsOf))
	j.Failed = f.failedBefore(who, schemas.Millis(j.AsOf))
	l := &who.lists
	j.Reasons, j.Overdue, j.Deceased = l.reasons, l.overdue, false
	for i := range who.Shards {
		j.Deceased = j.Deceased || who.Shards[i].figures.deceased
	}
}

// Publish folds a person as of the newest touchpoint, for the personas topic.
func (f *Folder) Publish(who *Person) *schemas.Persona {
	who.Refresh()
	f.Persona(&f.published, who, 0)
	return &f.published
}

// Newest is the event time of the newest touchpoint of a person.
func (f *Folder) Newest(who *Person) pipeline.Time {
	who.Refresh()
	var at schemas.Millis
	for i := range who.Shards {
		at = max(at, who.Shards[i].figures.asOf)
	}
	return pipeline.Time(at)
}

// Persona adds up counts and decayed figures, the latter as of at or the newest touchpoint, and takes
// in the lists.
func (f *Folder) Persona(v *schemas.Persona, who *Person, at schemas.Millis) {
	loops, needs := v.OpenLoops[:0], v.Needs[:0]
	*v = schemas.Persona{PersonRef: schemas.PersonRef(who.Ref), StatedChannel: who.State.Policy.PreferredChannel}
	for i := range who.Shards {
		v.AsOf = max(v.AsOf, who.Shards[i].figures.asOf)
	}
	v.Frustration = Frustration(f.addUp(v, who, max(at, v.AsOf)))
	v.InferredChannel = Inferred(v)
	l := f.listsOf(who)
	if n := len(l.reasons); n > 0 {
		v.LastReason = l.reasons[n-1].Reason
	}
	for _, o := range NewestOf(l.loops, MaxLoops) {
		loops = append(loops, schemas.OpenLoop{Kind: o.Kind, Reason: o.Reason, Since: o.Since})
	}
	v.OpenLoops, v.Needs = loops, append(needs, l.needs...)
}

// addUp adds up the shards' figures in their order and returns the strain.
func (f *Folder) addUp(v *schemas.Persona, who *Person, at schemas.Millis) (strain float64) {
	languageAt := schemas.Millis(0)
	for i := range who.Shards {
		g := &who.Shards[i].figures
		if g.touchpoints == 0 {
			continue
		}
		passed := float64(at - g.decayedAt)
		d := exact.Decayed(passed, float64(f.Config.ActivityHalfLife))
		v.WebActivity += float64(g.web * d)
		v.AppActivity += float64(g.app * d)
		v.CallActivity += float64(g.call * d)
		v.EhrActivity += float64(g.ehr * d)
		v.Effort += float64(g.effort * d)
		strain += float64(g.strain * exact.Decayed(passed, float64(f.Config.StrainHalfLife)))
		v.Touchpoints += int64(g.touchpoints)
		v.Calls += int64(g.calls)
		v.Sessions += int64(g.sessions)
		if g.hasLanguage && g.languageAt >= languageAt {
			v.Language, languageAt = who.Shards[i].State.Language, g.languageAt
		}
	}
	return strain
}

// Frustration maps strain to 0..1: two signals of weight one make a half.
func Frustration(strain float64) float64 {
	return 1 - exact.Decayed(strain, 2)
}

// Inferred is the channel that most of a patient's recent touchpoints came by, if there are enough.
func Inferred(v *schemas.Persona) string {
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
		if Closes(&st.Closings[i], l) {
			return true
		}
	}
	return false
}

// AddNeed adds a need to a list that has each once, with what vouches for it most.
func AddNeed(needs []schemas.Need, n *schemas.Need) []schemas.Need {
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

// MarkOverdue marks the loops of a shard that are past their due time, and says whether one of them
// is still open. A message that nobody answered in time is a failed digital step.
func (f *Folder) MarkOverdue(who *Person, i int, now schemas.Millis) (open bool) {
	st := who.Shards[i].State
	shards := f.States(who)
	for n := range st.Loops {
		l := &st.Loops[n]
		if l.DueAt == 0 || l.Overdue || l.DueAt > now {
			continue
		}
		l.Overdue = true
		who.lists.hasLoops = false
		if closedElsewhere(shards, st, l) {
			continue
		}
		open = true
		if l.Kind == LoopUnansweredMessage {
			f.unanswered(st, l)
			who.lists.hasFailed = false
		}
	}
	return open
}

func (f *Folder) unanswered(st *schemas.ShardState, l *schemas.ShardLoop) {
	st.Effort += exact.Decayed(float64(st.DecayedAt-l.DueAt), float64(f.Config.ActivityHalfLife))
	st.Strain += exact.Decayed(float64(st.DecayedAt-l.DueAt), float64(f.Config.StrainHalfLife))
	s := schemas.FailedStep{At: l.DueAt, Channel: schemas.ChannelApp, Kind: schemas.FailureKindMessageUnanswered, Reason: l.Reason}
	n, _ := slices.BinarySearchFunc(st.Failed, s.At+1, func(x schemas.FailedStep, at schemas.Millis) int { return int(x.At - at) })
	st.Failed = insertBounded(st.Failed, n, s, MaxFailed)
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
