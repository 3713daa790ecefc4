package decide

import (
	"errors"
	"fmt"
	"slices"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// When is one condition of a catalogue, as written: everything that it names must hold. It is made
// of few typed predicates rather than of a language: each is a comparison, and all of a catalogue
// are tried for every touchpoint.
// A field that is not written asks nothing: the zero value holds for everybody.
type When struct {
	// InContact: a phone contact is in progress.
	InContact *bool `yaml:"in_contact"`
	// Waiting: in it, no agent has taken the call yet.
	Waiting *bool `yaml:"waiting"`
	// Answered: in it, an agent has.
	Answered *bool `yaml:"answered"`
	// LastResort: in it, digital attempts had failed before.
	LastResort *bool `yaml:"last_resort"`
	// DigitalFirst: a digital step failed within 24 hours.
	DigitalFirst *bool `yaml:"digital_first"`
	// JustFailed: one failed within 15 minutes.
	JustFailed *bool `yaml:"just_failed"`
	// LiveWeb: the patient is at a page. A step lately was not the leaving one, and no call came since.
	LiveWeb *bool `yaml:"live_web"`
	// LiveApp: likewise in the app.
	LiveApp *bool `yaml:"live_app"`
	// LoggedIn: a login within 15 minutes. It says who is at the portal, and not who calls.
	LoggedIn *bool `yaml:"logged_in"`
	// Abandoned: hung up in the queue within 30 minutes, and did not call again.
	Abandoned *bool `yaml:"abandoned"`
	// CriticalResult: a result that a clinician must see first.
	CriticalResult *bool `yaml:"critical_result"`
	// LanguageStated: a language other than the agents' was chosen.
	LanguageStated *bool `yaml:"language_stated"`
	// PrefersOther: the patient stated a preferred channel, and is on the phone instead.
	PrefersOther *bool `yaml:"prefers_other"`
	// SameReason: a failed step was about the likeliest reason.
	SameReason *bool `yaml:"same_reason"`
	// Authenticated: the call itself proved who calls, or a session's token did. A caller's number does not.
	Authenticated *bool `yaml:"authenticated"`
	// Called: a phone contact ended within two hours: too late for what was to spare it.
	Called *bool `yaml:"called"`
	// Deceased: the health record says so.
	Deceased *bool `yaml:"deceased"`
	// Relation: somebody else calls for the patient.
	Relation *bool `yaml:"relation"`
	// ToTell: there is a fact that an agent has to know first.
	ToTell *bool `yaml:"to_tell"`

	// Reasons are together at least PMin probable.
	Reasons []string `yaml:"reasons"`
	PMin    float64  `yaml:"p_min"`
	// TopMin: the likeliest reason is at least so probable.
	TopMin float64 `yaml:"top_min"`
	// Loops: one of these is open.
	Loops []string `yaml:"loops"`
	// Facts: one of these is fresh in the health record.
	Facts []string `yaml:"facts"`
	// Needs: one of these is recorded. They are never inferred.
	Needs []string `yaml:"needs"`
	// Failed: the last digital step failed in one of these ways.
	Failed []string `yaml:"failed"`
	// Flag: a red flag of this kind is open.
	Flag string `yaml:"flag"`

	// OverdueMin counts open loops past their time.
	OverdueMin int `yaml:"overdue_min"`
	// FailuresMin counts digital steps that failed within 24 hours.
	FailuresMin int `yaml:"failures_min"`
	// RepeatsMin counts contacts about the likeliest reason within seven days.
	RepeatsMin int `yaml:"repeats_min"`

	FrustrationMin float64 `yaml:"frustration_min"`
	// 0: no bound
	FrustrationMax float64 `yaml:"frustration_max"`
	UrgencyMin     float64 `yaml:"urgency_min"`
	// 0: no bound
	UrgencyMax float64 `yaml:"urgency_max"`
	P15mMin    float64 `yaml:"p_15m_min"`
	P24hMin    float64 `yaml:"p_24h_min"`
}

// The bits of facts.state.
const (
	// The order is that of the list in compile, which counts on it.
	stateInContact = 1 << iota
	// stateWaiting: no agent has taken the call yet.
	stateWaiting
	stateAnswered
	// stateLastResort: the call follows digital attempts that failed.
	stateLastResort
	// stateDigitalFirst: a step failed within 24 hours, and stateJustFailed within 15 minutes.
	stateDigitalFirst
	stateJustFailed
	// stateLiveWeb and stateLiveApp: the patient is there now, so that something can be shown.
	stateLiveWeb
	stateLiveApp
	// stateLoggedIn: a login within 15 minutes.
	stateLoggedIn
	// stateAbandoned: hung up in the queue, and no call since.
	stateAbandoned
	// stateCritical: a result that a clinician has to tell.
	stateCritical
	stateLanguage
	statePrefersOther
	stateSameReason
	// stateAuthenticated: the patient has proved who they are. A proxy never has.
	stateAuthenticated
	// stateCalled: a phone contact ended within two hours.
	stateCalled
	stateDeceased
	stateRelation
	// stateToTell is set last, when the facts are known.
	stateToTell
)

// facts is what conditions look at.
// There is one for each step, filled by factsOf for every decision.
type facts struct {
	// Evidence is predict's, as of the same event. It is read only.
	*evidence.Evidence
	// state has a bit for each yes-or-no that conditions ask for.
	state uint64
	// p is the distribution over reasons: the model's, or own where the caller has chosen in the menu.
	p *[schemas.MaxReasons]float64
	// top is the likeliest reason.
	top int
	// urgency is 0 to 1; p15m and p24h are the probabilities of a contact within 15 minutes and 24 hours.
	urgency, p15m, p24h float64
	// doNotContact and deceased are what stops outreach, whatever the channel.
	doNotContact, deceased bool
	// identityConflict: the record names two persons. Nothing that is kept of either may show.
	identityConflict bool

	// menu is the reason that the caller chose in the voice menu, or -1.
	menu int
	// flags are the red flags that are open, a bit per kind. Evidence.Standing is what shows now; these stay.
	flags uint8
	// settled: a service has taken over in this contact. What an agent is told after that gets in its way.
	settled bool
	// known are the facts, and duties the duties, a bit each: two decisions are compared by them.
	// These bits are kept in the state of the decision, so that their order must not change.
	known  uint64
	duties uint64
	// own is what p points to where the menu was heard: predict's distribution is the model's, and is left as it
	// is.
	own [schemas.MaxReasons]float64
}

// condition is When made ready. A zero field does not matter.
// Names have become bits and numbers, so that a condition costs some comparisons.
type condition struct {
	// mask picks the bits of state that the condition names, want is what they must be.
	mask, want uint64
	// reasons to failed are sets, a bit each. An empty set asks nothing.
	reasons     uint64
	pMin        float64
	topMin      float64
	loops       uint64
	facts       uint64
	needs       uint32
	failed      uint64
	flag        schemas.Flag
	overdueMin  int
	failuresMin int
	repeatsMin  int

	// A maximum of 0 is no bound, since nobody writes a condition that only calm of exactly 0 meets.
	frustrationMin, frustrationMax float64
	urgencyMin, urgencyMax         float64
	p15mMin, p24hMin               float64
}

// holds reports whether all of it is true.
// A distribution is asked last, since it is summed.
func (c *condition) holds(f *facts) bool {
	switch {
	// The cheapest first: most conditions fail at the states.
	case f.state&c.mask != c.want,
		c.loops != 0 && f.LoopSet&c.loops == 0,
		c.facts != 0 && f.Evidence.Facts&c.facts == 0,
		c.needs != 0 && f.Needs&c.needs == 0,
		c.failed != 0 && (f.FailedDay < 0 || c.failed&(1<<f.FailedKind) == 0),
		c.flag != schemas.FlagNone && f.flags&(1<<c.flag) == 0,
		f.Overdue < c.overdueMin, f.Failures < c.failuresMin, int(f.Repeats[f.top]) < c.repeatsMin,
		f.Frustration < c.frustrationMin, c.frustrationMax > 0 && f.Frustration > c.frustrationMax,
		f.urgency < c.urgencyMin, c.urgencyMax > 0 && f.urgency > c.urgencyMax,
		f.p15m < c.p15mMin, f.p24h < c.p24hMin, f.p[f.top] < c.topMin:
		return false
	}
	return c.reasons == 0 || f.probability(c.reasons) >= c.pMin
}

// probability of a set of reasons.
// It is 0 to 1, but for rounding.
func (f *facts) probability(reasons uint64) float64 {
	sum := 0.0
	// From the lowest number: a sum in another order may differ in its last bit, and with it a decision.
	for r := 0; reasons != 0; r, reasons = r+1, reasons>>1 {
		if reasons&1 != 0 {
			sum += f.p[r]
		}
	}
	return sum
}

// compile makes a condition ready, or returns every problem of it.
func (w *When) compile(t *schemas.Taxonomy) (condition, error) {
	c := condition{
		pMin: w.PMin, topMin: w.TopMin, overdueMin: w.OverdueMin, failuresMin: w.FailuresMin, repeatsMin: w.RepeatsMin,
		frustrationMin: w.FrustrationMin, frustrationMax: w.FrustrationMax, urgencyMin: w.UrgencyMin, urgencyMax: w.UrgencyMax,
		p15mMin: w.P15mMin, p24hMin: w.P24hMin,
	}
	for i, b := range []*bool{w.InContact, w.Waiting, w.Answered, w.LastResort, w.DigitalFirst, w.JustFailed, w.LiveWeb, w.LiveApp,
		w.LoggedIn, w.Abandoned, w.CriticalResult, w.LanguageStated, w.PrefersOther, w.SameReason, w.Authenticated, w.Called, w.Deceased, w.Relation, w.ToTell} {
		if b == nil {
			continue
		}
		c.mask |= 1 << i
		if *b {
			c.want |= 1 << i
		}
	}
	// All that is wrong is told at once: who writes a catalogue does not want to find one error per
	// start.
	var errs []error
	set := func(what string, names []string, index func(string) int) (bits uint64) {
		for _, n := range names {
			i := index(n)
			if i < 0 {
				errs = append(errs, fmt.Errorf("%s %q: unknown", what, n))
				continue
			}
			bits |= 1 << i
		}
		return bits
	}
	c.reasons = set("reason", w.Reasons, t.Index)
	c.loops = set("loop", w.Loops, func(n string) int { return slices.Index(person.LoopKinds[:], n) })
	c.needs = uint32(set("need", w.Needs, func(n string) int { return slices.Index(evidence.NeedCodes[:], n) }))
	c.facts = set("fact", w.Facts, ehrEventIndex)
	c.failed = set("failed", w.Failed, failureIndex)
	if err := c.flag.UnmarshalText([]byte(w.Flag)); err != nil {
		errs = append(errs, err)
	}
	// Without a bound reasons would say nothing, and the condition would hold for everybody.
	if len(w.Reasons) > 0 && w.PMin <= 0 {
		errs = append(errs, errors.New("reasons: without p_min"))
	}
	return c, errors.Join(errs...)
}

// ehrEventIndex is the number of a kind of fact, or -1.
func ehrEventIndex(name string) int {
	e, ok := schemas.ParseEhrEvent(name)
	if !ok {
		return -1
	}
	return int(e)
}

// failureIndex is the number of a kind of failure, or -1.
func failureIndex(name string) int {
	k, ok := schemas.ParseFailureKind(name)
	if !ok {
		return -1
	}
	return int(k)
}
