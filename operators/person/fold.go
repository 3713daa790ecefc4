package person

import (
	"slices"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Folder folds the shards of a person into one persona. The fold is pure: it changes no shard, so that a
// shard can be taken out again. What it has found out about a shard it keeps with the person, so that the
// next touchpoint touches one shard only: figures and foldedLists. Lists that it hands out last until the
// next fold. One task has one, as it has one goroutine.
type Folder struct {
	// Config has the half-lives.
	Config *Config
	// Taxonomy numbers the reasons of loops.
	Taxonomy *schemas.Taxonomy

	// shards, failed and published are used anew for each person.
	shards    []*schemas.ShardState
	failed    [MaxFailed]schemas.FailedStep
	published schemas.Persona
}

// Keep takes the lists of a journey back for reuse. The journey must not be used any more.
func (f *Folder) Keep(*Journey) { f.shards = f.shards[:0] }

// States lists the shards of a person, in the order of names. It lasts until the next call.
func (f *Folder) States(who *Person) []*schemas.ShardState {
	f.shards = f.shards[:0]
	for i := range who.Shards {
		f.shards = append(f.shards, who.Shards[i].State)
	}
	return f.shards
}

// Fold fills in what the journey says of the person as of then: of the trigger, or of the contact under way
// that a late trigger has reached. It comes after the touchpoint has been folded into its shard, so that
// the trigger is in it.
func (f *Folder) Fold(j *Journey) {
	who := j.Who
	who.Refresh()
	// The order matters: Persona brings the lists up to date that the rest is taken from.
	f.Persona(&j.Persona, who, schemas.Millis(j.AsOf))
	j.Failed = f.failedBefore(who, schemas.Millis(j.AsOf))
	l := &who.lists
	j.Reasons, j.Overdue, j.Deceased = l.reasons, l.overdue, false
	for i := range who.Shards {
		j.Deceased = j.Deceased || who.Shards[i].figures.deceased
	}
}

// Publish folds a person as of the newest touchpoint, for the personas topic: a persona there says the same
// however often it is written, and a restored task writes the same bytes.
func (f *Folder) Publish(who *Person) *schemas.Persona {
	who.Refresh()
	f.Persona(&f.published, who, 0)
	if f.published.AsOf == 0 {
		f.published.AsOf = lastSaid(&who.State.Policy)
	}
	return &f.published
}

// lastSaid is the event time of the newest consent. Of a patient without a touchpoint nothing else is known.
func lastSaid(s *schemas.PolicyState) schemas.Millis {
	at := max(s.DoNotContactAt, s.FactsAt)
	for i := range s.Consents {
		at = max(at, s.Consents[i].At)
	}
	return at
}

// Newest is the event time of the newest touchpoint of a person, 0 where there is none. It is the time of
// what happens without one, such as the arrival of a shard: the wall clock has no say.
func (f *Folder) Newest(who *Person) pipeline.Time {
	who.Refresh()
	var at schemas.Millis
	for i := range who.Shards {
		at = max(at, who.Shards[i].figures.asOf)
	}
	return pipeline.Time(at)
}

// Persona adds up counts and decayed figures, the latter as of at or the newest touchpoint, and takes in
// the lists. A trigger that is older than the newest touchpoint does not turn decay back. v keeps its
// lists' memory.
func (f *Folder) Persona(v *schemas.Persona, who *Person, at schemas.Millis) {
	loops, needs := v.OpenLoops[:0], v.Needs[:0]
	*v = schemas.Persona{PersonRef: schemas.PersonRef(who.Ref), StatedChannel: who.State.Policy.PreferredChannel}
	for i := range who.Shards {
		// First, since the decayed figures are stated as of it.
		v.AsOf = max(v.AsOf, who.Shards[i].figures.asOf)
	}
	v.Frustration = Frustration(f.addUp(v, who, max(at, v.AsOf)))
	v.InferredChannel = Inferred(v)
	// Lists are copied into v's own: those of the person are the cache.
	l := f.listsOf(who)
	if n := len(l.reasons); n > 0 {
		v.LastReason = l.reasons[n-1].Reason
	}
	for _, o := range NewestOf(l.loops, MaxLoops) {
		loops = append(loops, schemas.OpenLoop{Kind: o.Kind, Reason: o.Reason, Since: o.Since})
	}
	v.OpenLoops, v.Needs = loops, append(needs, l.needs...)
}

// addUp adds up the shards' figures in their order, which is that of names, and returns the strain. Sums of
// floats depend on their order, and personas are compared by bytes. The conversions keep products from
// being fused with sums (see package exact).
func (f *Folder) addUp(v *schemas.Persona, who *Person, at schemas.Millis) (strain float64) {
	languageAt := schemas.Millis(0)
	channels := schemas.Channels()
	for i := range who.Shards {
		g := &who.Shards[i].figures
		// A shard that has seen nothing has times of 0, and decay since 1970 would be no figure.
		if g.touchpoints == 0 {
			continue
		}
		passed := float64(at - g.decayedAt)
		d := exact.Decayed(passed, float64(f.Config.ActivityHalfLife))
		for i := range channels {
			*channels[i].Activity(v) += float64(g.activity[i] * d)
		}
		v.Effort += float64(g.effort * d)
		strain += float64(g.strain * exact.Decayed(passed, float64(f.Config.StrainHalfLife)))
		v.Touchpoints += int64(g.touchpoints)
		v.Calls += int64(g.calls)
		v.Sessions += int64(g.sessions)
		// The language that was heard last, of one time the last shard's.
		if g.hasLanguage && g.languageAt >= languageAt {
			v.Language, languageAt = who.Shards[i].State.Language, g.languageAt
		}
	}
	return strain
}

// Frustration maps strain to 0..1: two signals of weight one make a half, four make three quarters. It
// approaches 1 and never reaches it, so that one more failure always shows.
func Frustration(strain float64) float64 {
	return 1 - exact.Decayed(strain, 2)
}

// Inferred is the channel that most of a patient's recent touchpoints came by, of those on which patients act
// themselves, if there are enough: three, by decayed count. With fewer, a single visit would pass for a
// preference. The first row of the table wins a tie.
func Inferred(v *schemas.Persona) string {
	sum, best, name := 0.0, 0.0, ""
	channels := schemas.Channels()
	for i := range channels {
		if !channels[i].ByPatient {
			continue
		}
		n := *channels[i].Activity(v)
		sum += n
		if n > best {
			best, name = n, channels[i].Name()
		}
	}
	if sum < 3 || best < sum/2 {
		return ""
	}
	return name
}

// closedElsewhere says whether a closing of another shard ends the loop. Those of its own have ended it
// when they came.
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

// closedBy reports whether a closing of the shard ends the loop. They are in order: those before the loop
// began need not be looked at. Most persons have no closing that is newer, and cost one comparison.
func closedBy(st *schemas.ShardState, l *schemas.ShardLoop) bool {
	for i := len(st.Closings) - 1; i >= 0 && st.Closings[i].At >= l.Since; i-- {
		if Closes(&st.Closings[i], l) {
			return true
		}
	}
	return false
}

// AddNeed adds a need to a list that has each once, with what vouches for it most. The list of a person is
// short, so that it is searched.
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

// MarkOverdue marks the loops of a shard that are past their due time, and says whether one of them is
// still open. A message that nobody answered in time is a failed digital step: nothing was sent that could
// say so, hence a timer does. The mark is kept in the loop, so that each is told of once, also where the
// shard moves on.
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
		// It was answered by way of another identifier. The mark stays, so that the timer does not ask
		// again.
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

// unanswered adds a failed step to a shard, as of the time at which the answer was due. That may lie before
// what the figures are stated as of, so that its weight is decayed to there.
func (f *Folder) unanswered(st *schemas.ShardState, l *schemas.ShardLoop) {
	st.Effort += exact.Decayed(float64(st.DecayedAt-l.DueAt), float64(f.Config.ActivityHalfLife))
	st.Strain += exact.Decayed(float64(st.DecayedAt-l.DueAt), float64(f.Config.StrainHalfLife))
	s := schemas.FailedStep{At: l.DueAt, Channel: schemas.ChannelApp, Kind: schemas.FailureKindMessageUnanswered, Reason: l.Reason}
	// Behind those of the same time, as AddFailed does.
	n, _ := slices.BinarySearchFunc(st.Failed, s.At+1, func(x schemas.FailedStep, at schemas.Millis) int { return int(x.At - at) })
	st.Failed = insertBounded(st.Failed, n, s, MaxFailed)
}

// trust orders who vouches for a need: the patient, a person who saw it, a register, a computation.
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
