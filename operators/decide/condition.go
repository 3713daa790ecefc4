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
type When struct {
	InContact      *bool `yaml:"in_contact"`      // a phone contact is in progress
	Waiting        *bool `yaml:"waiting"`         // in it, no agent has taken the call yet
	Answered       *bool `yaml:"answered"`        // in it, an agent has
	LastResort     *bool `yaml:"last_resort"`     // in it, digital attempts had failed before
	DigitalFirst   *bool `yaml:"digital_first"`   // a digital step failed within 24 hours
	JustFailed     *bool `yaml:"just_failed"`     // within 15 minutes
	LiveWeb        *bool `yaml:"live_web"`        // a web step within 15 minutes, and no phone contact
	LiveApp        *bool `yaml:"live_app"`        // likewise, app
	LoggedIn       *bool `yaml:"logged_in"`       // a login within 15 minutes
	Abandoned      *bool `yaml:"abandoned"`       // hung up in the queue within 30 minutes, and did not call again
	CriticalResult *bool `yaml:"critical_result"` // a result that a clinician must see first
	LanguageStated *bool `yaml:"language_stated"` // a language other than English was chosen
	PrefersOther   *bool `yaml:"prefers_other"`   // a preferred channel was stated that is not the trigger's
	SameReason     *bool `yaml:"same_reason"`     // a failed step was about the likeliest reason
	Authenticated  *bool `yaml:"authenticated"`   // the call itself proved who calls, or a session's token did
	Called         *bool `yaml:"called"`          // a phone contact ended within two hours
	Deceased       *bool `yaml:"deceased"`        // the health record says so
	Relation       *bool `yaml:"relation"`        // somebody else calls for the patient
	ToTell         *bool `yaml:"to_tell"`         // there is a fact that an agent has to know first

	Reasons []string `yaml:"reasons"` // together at least p_min probable
	PMin    float64  `yaml:"p_min"`
	TopMin  float64  `yaml:"top_min"` // the likeliest reason is at least so probable
	Loops   []string `yaml:"loops"`   // one of these is open
	Facts   []string `yaml:"facts"`   // one of these is fresh in the health record
	Needs   []string `yaml:"needs"`   // one of these is recorded
	Failed  []string `yaml:"failed"`  // the last digital step failed in one of these ways
	Flag    string   `yaml:"flag"`    // a red flag of this kind is open

	OverdueMin  int `yaml:"overdue_min"`  // open loops past their time
	FailuresMin int `yaml:"failures_min"` // digital steps failed within 24 hours
	RepeatsMin  int `yaml:"repeats_min"`  // contacts about the likeliest reason within seven days

	FrustrationMin float64 `yaml:"frustration_min"`
	FrustrationMax float64 `yaml:"frustration_max"` // 0: no bound
	UrgencyMin     float64 `yaml:"urgency_min"`
	UrgencyMax     float64 `yaml:"urgency_max"` // 0: no bound
	P15mMin        float64 `yaml:"p_15m_min"`
	P24hMin        float64 `yaml:"p_24h_min"`
}

// The bits of facts.state.
const (
	stateInContact = 1 << iota
	stateWaiting
	stateAnswered
	stateLastResort
	stateDigitalFirst
	stateJustFailed
	stateLiveWeb
	stateLiveApp
	stateLoggedIn
	stateAbandoned
	stateCritical
	stateLanguage
	statePrefersOther
	stateSameReason
	stateAuthenticated
	stateCalled
	stateDeceased
	stateRelation
	stateToTell
)

// facts is what conditions look at.
type facts struct {
	*evidence.Evidence
	state                  uint64
	p                      *[schemas.MaxReasons]float64
	top                    int
	urgency, p15m, p24h    float64
	doNotContact, deceased bool
	identityConflict       bool

	menu    int                         // reason that the caller chose in the voice menu, or -1
	flags   uint8                       // red flags that are open, a bit per kind
	settled bool                        // a service has taken over in this contact
	known   uint64                      // facts, a bit each
	duties  uint64                      // likewise
	own     [schemas.MaxReasons]float64 // what p points to where the menu was heard
}

// condition is When made ready. A zero field does not matter.
type condition struct {
	mask, want  uint64 // of state
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

	frustrationMin, frustrationMax float64
	urgencyMin, urgencyMax         float64
	p15mMin, p24hMin               float64
}

// holds reports whether all of it is true.
func (c *condition) holds(f *facts) bool {
	switch {
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
func (f *facts) probability(reasons uint64) float64 {
	sum := 0.0
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
	if len(w.Reasons) > 0 && w.PMin <= 0 {
		errs = append(errs, errors.New("reasons: without p_min"))
	}
	return c, errors.Join(errs...)
}

func ehrEventIndex(name string) int {
	e, ok := schemas.ParseEhrEvent(name)
	if !ok {
		return -1
	}
	return int(e)
}

func failureIndex(name string) int {
	k, ok := schemas.ParseFailureKind(name)
	if !ok {
		return -1
	}
	return int(k)
}
