package patient

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// plainFold is what the fold of a person is, said as plainly as can be: from all of the shards' states,
// with nothing kept. What the task keeps between touchpoints must give the same to the last bit, or a
// restored task would repeat other outputs.
type plainFold struct {
	persona schemas.Persona
	failed  []schemas.FailedStep
	recent  []schemas.RecentStep
	reasons []schemas.PastReason
	overdue int
}

func foldPlainly(c *person.Config, ref schemas.PersonRef, state *schemas.PersonState, shards []*schemas.ShardState, at schemas.Millis) plainFold {
	var f plainFold
	v := &f.persona
	v.PersonRef, v.StatedChannel = ref, state.Policy.PreferredChannel
	for _, st := range shards {
		v.AsOf = max(v.AsOf, st.AsOf)
	}
	now := max(at, v.AsOf)
	strain, languageAt := 0.0, schemas.Millis(0)
	var loops []schemas.ShardLoop
	for _, st := range shards {
		if st.Touchpoints > 0 {
			d := exact.Decayed(float64(now-st.DecayedAt), float64(c.ActivityHalfLife))
			v.WebActivity += float64(st.WebActivity * d)
			v.AppActivity += float64(st.AppActivity * d)
			v.CallActivity += float64(st.CallActivity * d)
			v.EhrActivity += float64(st.EhrActivity * d)
			v.Effort += float64(st.Effort * d)
			strain += float64(st.Strain * exact.Decayed(float64(now-st.DecayedAt), float64(c.StrainHalfLife)))
			v.Touchpoints += st.Touchpoints
			v.Calls += st.Calls
			v.Sessions += st.SessionsClosed + int64(len(st.Sessions))
			if st.Language != "" && st.LanguageAt >= languageAt {
				v.Language, languageAt = st.Language, st.LanguageAt
			}
		}
		for i := range st.Loops {
			if !slices.ContainsFunc(shards, func(other *schemas.ShardState) bool { return other != st && closedPlainly(other, &st.Loops[i]) }) {
				loops = append(loops, st.Loops[i])
			}
		}
		for i := range st.Failed {
			if s := st.Failed[i]; s.At <= at && at-s.At < c.LastResort && !undonePlainly(shards, &s) {
				f.failed = append(f.failed, s)
			}
		}
		for i := range st.Needs {
			v.Needs = person.AddNeed(v.Needs, &st.Needs[i])
		}
		f.recent = append(f.recent, st.Recent...)
		f.reasons = append(f.reasons, st.Reasons...)
	}
	v.Frustration = person.Frustration(strain)
	v.InferredChannel = person.Inferred(v)
	slices.SortStableFunc(f.failed, func(a, b schemas.FailedStep) int { return int(a.At - b.At) })
	slices.SortStableFunc(f.recent, func(a, b schemas.RecentStep) int { return int(a.At - b.At) })
	if len(shards) > 1 {
		slices.SortStableFunc(loops, func(a, b schemas.ShardLoop) int { return int(a.Since - b.Since) })
		slices.SortStableFunc(f.reasons, func(a, b schemas.PastReason) int { return int(a.At - b.At) })
	}
	for _, l := range loops {
		if l.Overdue {
			f.overdue++
		}
	}
	for _, l := range person.NewestOf(loops, person.MaxLoops) {
		v.OpenLoops = append(v.OpenLoops, schemas.OpenLoop{Kind: l.Kind, Reason: l.Reason, Since: l.Since})
	}
	f.failed, f.recent, f.reasons = person.NewestOf(f.failed, person.MaxFailed), person.NewestOf(f.recent, person.MaxRecent), person.NewestOf(f.reasons, person.MaxReasons)
	if n := len(f.reasons); n > 0 {
		v.LastReason = f.reasons[n-1].Reason
	}
	return f
}

func closedPlainly(st *schemas.ShardState, l *schemas.ShardLoop) bool {
	return slices.ContainsFunc(st.Closings, func(c schemas.Closing) bool { return person.Closes(&c, l) })
}

func undonePlainly(shards []*schemas.ShardState, s *schemas.FailedStep) bool {
	kind := person.UndoneBy(s.Kind)
	l := schemas.ShardLoop{Kind: kind, Reason: s.Reason, Ref: s.Page, Since: s.At}
	return kind != "" && slices.ContainsFunc(shards, func(st *schemas.ShardState) bool { return closedPlainly(st, &l) })
}

// plainSignals collects the evidence that signals give, from the shards.
func plainSignals(e *evidence.Evidence, shards []*schemas.ShardState, t *schemas.Taxonomy) {
	for _, st := range shards {
		s := &st.Signals
		for _, w := range s.ReasonWeights {
			if r := t.Index(w.Reason); r >= 0 {
				add := float64(w.Weight * exact.Decayed(float64(e.At-w.At), person.ShareHalfLife))
				e.Share[r] += add
				e.Weight += add
			}
		}
		e.Contacts += s.ContactCount
		for _, v := range s.Viewed {
			if r, age := t.Index(v.Reason), e.At-v.At; r >= 0 && age <= schemas.Day {
				e.ViewedDay |= 1 << r
				if age <= evidence.ViewedNow {
					e.ViewedNow |= 1 << r
				}
			}
		}
		for _, f := range s.Facts {
			if e.At-f.At > evidence.FactFresh && !(f.DueAt != 0 && f.DueAt-e.At <= evidence.FactAhead && e.At-f.DueAt <= schemas.Day) {
				continue
			}
			e.Facts |= 1 << uint(f.Event)
			e.FactAt[f.Event] = max(e.FactAt[f.Event], f.At)
			e.Critical = e.Critical || f.Critical
			if r := t.Index(f.Reason); r >= 0 {
				e.FactReasons |= 1 << r
			}
		}
		for _, x := range s.RedFlags {
			e.Critical = e.Critical || schemas.Flag(x.Kind) == schemas.FlagCriticalResult && e.At-x.At <= evidence.FactFresh
		}
		e.LoginAt = max(e.LoginAt, s.LoginAt)
	}
}

// foldCheck is a step behind predict that compares what the task has kept with the plain fold.
type foldCheck struct {
	tb      testing.TB
	config  *siteConfig
	predict *predict.Step
	patient *patient
	checked int
	shards  int // of them, those of several shards
}

func (c *foldCheck) Process(ctx *pipeline.Context, j *person.Journey) error {
	if !j.Predicted || j.ContactPhase == person.ContactDisposition { // the reason is kept once the prediction is made without it
		return nil
	}
	c.checked++
	if len(j.Shards) > 1 {
		c.shards++
	}
	want := foldPlainly(&c.config.Person, j.PersonRef, j.Person, j.Shards, schemas.Millis(j.AsOf))
	got := plainFold{persona: j.Persona, failed: j.Failed, reasons: j.Reasons, overdue: j.Overdue}
	for walk := j.Recent(); ; {
		r := walk.Next()
		if r == nil {
			break
		}
		got.recent = append(got.recent, *r)
	}
	slices.Reverse(got.recent)
	e := c.predict.E
	plain := evidence.Evidence{At: e.At}
	plainSignals(&plain, j.Shards, c.config.Taxonomy)
	signals := evidence.Evidence{At: e.At, Share: e.Share, Weight: e.Weight, Contacts: e.Contacts, ViewedNow: e.ViewedNow, ViewedDay: e.ViewedDay,
		Facts: e.Facts, FactAt: e.FactAt, Critical: e.Critical, FactReasons: e.FactReasons, LoginAt: e.LoginAt}
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"persona", got.persona.AppendAvro(nil), want.persona.AppendAvro(nil)}, {"failed", words(got.failed), words(want.failed)},
		{"recent", words(got.recent), words(want.recent)}, {"reasons", words(got.reasons), words(want.reasons)}, {"overdue", got.overdue, want.overdue},
		{"signals", words([]evidence.Evidence{signals}), words([]evidence.Evidence{plain})},
	} {
		if !reflect.DeepEqual(x.got, x.want) {
			c.tb.Fatalf("trigger %d of %d shards, %s:\ngot  %v\nwant %v", j.Trigger, len(j.Shards), x.what, x.got, x.want)
		}
	}
	c.timers(ctx, j)
	c.moments(j)
	return nil
}

// moments demands that the open moments that are kept are the state's.
func (c *foldCheck) moments(j *person.Journey) {
	if m := j.Who.Moments; m.Has {
		plain := person.Moments{}
		if *plain.Open(&j.Person.Policy) != m.Bands {
			c.tb.Fatalf("moments %v of %v", m.Bands, j.Person.Policy.Exposures)
		}
	}
}

// timers demands that what a shard knows of its timers is what is set.
func (c *foldCheck) timers(ctx *pipeline.Context, j *person.Journey) {
	for i := range j.Who.Shards {
		o := &j.Who.Shards[i]
		for k, at := range o.Armed {
			if set, ok := ctx.TimerAt(uint8(k)+person.TimerSession, o.Key); at != 0 && (ok != (at != math.MaxInt64) || ok && schemas.Millis(set) != at) {
				c.tb.Fatalf("timer %d: is set to %d, %v, and known for %d", k, set, ok, at)
			}
		}
	}
}

func words[T any](list []T) string {
	var b strings.Builder
	for _, x := range list {
		fmt.Fprintf(&b, "%#v\n", reveal(x))
	}
	return b.String()
}

// reveal is a value whose protected strings are plain ones.
func reveal(x any) any {
	switch v := x.(type) {
	case schemas.FailedStep:
		return [...]any{v.At, v.Channel, v.Kind, v.Page.Reveal(), v.Reason}
	case schemas.RecentStep:
		return [...]any{v.At, v.Channel, v.Event, v.Page.Reveal(), v.Reason}
	}
	return x
}

// checked puts a foldCheck behind predict in a PATIENT processor.
func (c *foldCheck) into(p *patient) {
	for i, s := range p.steps {
		if x, ok := s.(*predict.Step); ok {
			c.predict, c.patient = x, p
			p.steps = slices.Insert(p.steps, i+1, Step(c))
			return
		}
	}
}

// TestFoldThatIsKeptIsThePlainFold: over the simulator's patients, with links, moves, forwarded and held
// touchpoints, and late ones.
func TestFoldThatIsKeptIsThePlainFold(t *testing.T) {
	j := newJob(t, 60)
	check := &foldCheck{tb: t, config: &j.config}
	check.into(j.patient)
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		j.feed(200)
		j.drain()
		j.settle()
	}
	if check.checked < rounds*180 || check.shards < rounds*100 {
		t.Errorf("only %d were checked, %d of several shards", check.checked, check.shards)
	}
}

// TestFoldOfAnyJourneyIsThePlainFold: a few persons whose shards go to and fro, whose touchpoints are
// of all kinds, and in no order of time.
func TestFoldOfAnyJourneyIsThePlainFold(t *testing.T) {
	for seed := range foldSeeds() {
		j := newJob(t, 1)
		check := &foldCheck{tb: t, config: &j.config}
		check.into(j.patient)
		anyJourney(j, rand.New(rand.NewPCG(seed, 9)))
		if check.shards < 700 {
			t.Errorf("seed %d: only %d of several shards", seed, check.shards)
		}
	}
}

// TestFoldAnewGivesTheSameBytes: a task that forgets at each commit what it had kept, as a restored one
// does, writes the same as one that does not, changelog included.
func TestFoldAnewGivesTheSameBytes(t *testing.T) {
	for seed := range foldSeeds() {
		var sums [2][]byte
		for forgets := range sums {
			j := newJob(t, 1)
			j.sum = sha256.New()
			if forgets == 1 {
				j.settled = func() { clear(j.patient.People) }
			}
			anyJourney(j, rand.New(rand.NewPCG(seed, 11)))
			sums[forgets] = j.sum.Sum(nil)
		}
		if !slices.Equal(sums[0], sums[1]) {
			t.Errorf("seed %d: another output", seed)
		}
	}
}

func foldSeeds() uint64 {
	if testing.Short() {
		return 1
	}
	return 10
}

// anyJourney gives PATIENT records of three persons and nine shards.
func anyJourney(j *job, rnd *rand.Rand) {
	owner, epoch := map[string]int{}, map[string]int32{}
	at := t0
	for n := range 1000 {
		at += schemas.Millis(rnd.IntN(40)) * schemas.Minute
		shard := fmt.Sprint("s", rnd.IntN(9))
		in := schemas.Identified{PersonRef: schemas.PersonRef(fmt.Sprint("p", owner[shard])), Shard: shard, Epoch: epoch[shard], JudgedBy: emit.NotJudged, IngestedAt: 77}
		if rnd.IntN(30) == 0 {
			owner[shard], epoch[shard] = rnd.IntN(3), epoch[shard]+1
			in.Epoch, in.Payload.Kind = epoch[shard], schemas.IdentifiedPayloadMoveShard
			in.Payload.MoveShard.To = schemas.PersonRef(fmt.Sprint("p", owner[shard]))
		} else {
			in.Payload.Kind = schemas.IdentifiedPayloadTouchpoint
			in.Payload.Touchpoint = anyTouchpoint(rnd, n, at-schemas.Millis(rnd.IntN(3)*rnd.IntN(3000))*schemas.Minute)
		}
		j.put(&in)
		if rnd.IntN(40) == 0 {
			j.watermarks(at)
		}
		if rnd.IntN(10) == 0 {
			j.drain()
			j.settle()
		}
	}
	j.drain()
	j.settle()
}

// anyTouchpoint draws one of few words, so that much of it is about the same.
func anyTouchpoint(rnd *rand.Rand, n int, at schemas.Millis) schemas.Touchpoint {
	id := fmt.Sprintf("any/%d", n)
	reason := []string{"", "R03", "R05"}[rnd.IntN(3)]
	page := []string{"refill/form", "billing/pay", "results"}[rnd.IntN(3)]
	switch rnd.IntN(4) {
	case 0:
		return webStep(id, at, schemas.WebEvent(1+rnd.IntN(17)), page, reason)
	case 1:
		return appStep(id, at, schemas.AppEvent(1+rnd.IntN(23)), page, reason)
	case 2:
		e := ehrStep(id, at, schemas.EhrEvent(1+rnd.IntN(20)), reason)
		e.Body.Ehr.DueAt = at + schemas.Millis(rnd.IntN(100))*schemas.Hour
		if e.Body.Ehr.Event == schemas.EhrEventNeedRecorded {
			e.Body.Ehr.Code = "food-insecurity"
		}
		return e
	default:
		c := callStep(id, at, schemas.CallEvent(1+rnd.IntN(8)), fmt.Sprint("c", n/8))
		c.Body.Call.Reason, c.Body.Call.Answered = reason, rnd.IntN(2) == 0
		return c
	}
}
