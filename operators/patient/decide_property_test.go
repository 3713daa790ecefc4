package patient

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/schemas"
)

// chaos makes random lives: touchpoints of all channels, consents, outcomes, in nearly any order.
type chaos struct {
	r      *rand.Rand
	rig    *rig
	at     schemas.Millis
	said   map[string][]schemas.Consent // per person, in order of arrival
	called map[string]string            // the contact in progress
	calls  int
	last   schemas.NextBestAction // the newest that contact centers saw

	checked *policyChecker
}

var (
	chaosReasons = []string{"R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08", "R09", "R13", ""}
	chaosPages   = []string{"refill/form", "symptoms/urgent", "symptoms/emergency", "symptoms/suicide", "bill", "slots", "home"}
	chaosZones   = []string{"America/New_York", "America/Los_Angeles", "Pacific/Auckland", "", "Nowhere/Land"}
)

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (c *chaos) step() {
	c.at += schemas.Millis(c.r.ExpFloat64() * float64(20*schemas.Minute))
	who := fmt.Sprintf("p-%d", c.r.IntN(12))
	at := c.at - schemas.Millis(c.r.IntN(60))*schemas.Second*schemas.Millis(c.r.IntN(2))
	reason := pick(c.r, chaosReasons)
	switch c.r.IntN(12) {
	case 0, 1, 2:
		c.rig.touch(who, webStep("", at, schemas.WebEvent(1+c.r.IntN(17)), pick(c.r, chaosPages), reason))
	case 3, 4:
		c.rig.touch(who, appStep("", at, schemas.AppEvent(1+c.r.IntN(23)), pick(c.r, chaosPages), reason))
	case 5, 6:
		e := ehrStep("", at, schemas.EhrEvent(1+c.r.IntN(20)), reason)
		e.Body.Ehr.Code = schemas.Protected(pick(c.r, append(evidence.NeedCodes[:], "elder-abuse")))
		e.Body.Ehr.Status = pick(c.r, []string{"", "", "", "abnormal_critical"})
		c.rig.touch(who, e)
	case 7, 8, 9:
		c.call(who, at, reason)
	case 10:
		c.consent(who, at)
	default:
		if a := &c.last; a.DecisionID != "" {
			o := schemas.Outcome(1 + c.r.IntN(7))
			c.checked.answered(a, o)
			c.rig.outcome(a.PersonRef.Reveal(), a.DecisionID, at, o)
		}
	}
	if c.r.IntN(400) == 0 {
		c.rig.touch(who, ehrStep("", at, schemas.EhrEventDeceased, ""))
	}
}

func (c *chaos) call(who string, at schemas.Millis, reason string) {
	id := c.called[who]
	if id == "" {
		c.calls++
		id = fmt.Sprintf("call-%d", c.calls)
		c.called[who] = id
		c.rig.touch(who, callStep("", at, schemas.CallEventQueued, id))
		return
	}
	e := pick(c.r, []schemas.CallEvent{schemas.CallEventAnswered, schemas.CallEventTransferred, schemas.CallEventEnded, schemas.CallEventAbandoned, schemas.CallEventDisposition})
	tp := callStep("", at, e, id)
	tp.Body.Call.Reason = reason
	c.rig.touch(who, tp)
	if e >= schemas.CallEventEnded || e == schemas.CallEventAbandoned {
		delete(c.called, who)
	}
}

func (c *chaos) consent(who string, at schemas.Millis) {
	v := schemas.Consent{OccurredAt: at, Channel: pick(c.r, []string{"sms", "push", "email", "voice", "all", "all"}), Purpose: pick(c.r, []string{"care", "service", "outreach", "all", "all"}),
		Status: pick(c.r, []schemas.ConsentStatus{schemas.ConsentStatusGranted, schemas.ConsentStatusGranted, schemas.ConsentStatusGranted, schemas.ConsentStatusDenied, schemas.ConsentStatusDoNotContact, schemas.ConsentStatusUnknown})}
	if v.Status == schemas.ConsentStatusDoNotContact && c.r.IntN(4) > 0 {
		v.Status = schemas.ConsentStatusGranted
	}
	if c.r.IntN(2) == 0 {
		v.TimeZone, v.Adult = schemas.Some(pick(c.r, chaosZones)), schemas.Some(c.r.IntN(8) > 0)
	}
	c.said[who] = append(c.said[who], v)
	c.rig.consent(who, v)
}

// mayReach is a naive reading of the consents that somebody gave: whether any allows the outreach,
// and none that no later and more specific word undoes forbids it.
func mayReach(said []schemas.Consent, channel, purpose string) bool {
	if channel == "outbound_voice" {
		channel = "voice"
	}
	covers := func(c *schemas.Consent) bool {
		return (c.Channel == channel || c.Channel == "all") && (c.Purpose == purpose || c.Purpose == "all")
	}
	var stop schemas.Millis = -1
	yes := false
	for i := range said {
		if said[i].Status == schemas.ConsentStatusDoNotContact {
			stop = max(stop, said[i].OccurredAt)
		}
		yes = yes || covers(&said[i]) && said[i].Status == schemas.ConsentStatusGranted
	}
	undone := func(no *schemas.Consent) bool {
		return slices.ContainsFunc(said, func(c schemas.Consent) bool {
			return c.Status == schemas.ConsentStatusGranted && c.OccurredAt > no.OccurredAt && covers(&c) &&
				(no.Channel == "all" || no.Channel == c.Channel) && (no.Purpose == "all" || no.Purpose == c.Purpose)
		})
	}
	for i := range said {
		if covers(&said[i]) && said[i].Status == schemas.ConsentStatusDenied && !undone(&said[i]) {
			return false
		}
	}
	lifted := slices.ContainsFunc(said, func(c schemas.Consent) bool {
		return c.Status == schemas.ConsentStatusGranted && c.Channel == "all" && c.Purpose == "all" && c.OccurredAt > stop
	})
	return yes && (stop < 0 || lifted)
}

// TestRandomLivesNeverBreakPolicy checks every decision of random lives against naive readings of the
// rules.
func TestRandomLivesNeverBreakPolicy(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		r := newRig(t, nil)
		c := &chaos{r: rand.New(rand.NewPCG(seed, 7)), rig: r, at: noon, said: map[string][]schemas.Consent{}, called: map[string]string{}}
		checked := newPolicyChecker(t, r.config.Catalogue)
		c.checked = checked
		for range 1500 {
			c.step()
			checked.all(c)
		}
		t.Logf("seed %d: %d decisions, %d outreach: %v", seed, checked.decisions, checked.outreach, checked.by)
		if checked.outreach == 0 || checked.decisions < 100 {
			t.Errorf("seed %d: %d decisions, %d of them outreach: nothing was tested", seed, checked.decisions, checked.outreach)
		}
	}
}

type policyChecker struct {
	t                   *testing.T
	catalogue           *decide.Catalogue
	actions             map[string]*decide.Action
	by                  map[string]int
	decisions, outreach int
	sent                map[string][]schemas.Millis
	live                map[string]string
	raised              map[string]map[string]bool // by person: contacts and kinds of red flags
	raisedBy            map[string][]string        // by decision
}

func newPolicyChecker(t *testing.T, c *decide.Catalogue) *policyChecker {
	p := &policyChecker{t: t, catalogue: c, actions: map[string]*decide.Action{}, sent: map[string][]schemas.Millis{}, live: map[string]string{}, by: map[string]int{}, raised: map[string]map[string]bool{}, raisedBy: map[string][]string{}}
	for i := range c.Actions {
		p.actions[c.Actions[i].ID] = &c.Actions[i]
	}
	return p
}

func (p *policyChecker) all(c *chaos) {
	p.t.Helper()
	list := decodeAll[schemas.DecisionInput](p.t, c.rig.take(c.rig.config.Emit.Topics.DecisionInputs))
	for i := range list {
		p.decisions++
		p.receipt(&list[i])
		p.outreachRules(&list[i], c)
		p.order(&list[i])
		p.flags(&list[i])
		p.chain(&list[i].Decision)
		if list[i].Decision.Delivered {
			c.last = list[i].Decision
		}
		p.by[list[i].Decision.Action.ID]++
	}
}

// receipt: every other action once, each with a stage and a rule; probabilities add up.
func (p *policyChecker) receipt(in *schemas.DecisionInput) {
	p.t.Helper()
	d := &in.Decision
	seen := map[string]bool{d.Action.ID: true}
	for _, x := range d.Receipt {
		if seen[x.Action] || p.actions[x.Action] == nil || x.Stage == schemas.DecisionStageUnknown || x.Rule == "" {
			p.t.Errorf("receipt of %s: %+v", d.DecisionID, x)
		}
		seen[x.Action] = true
	}
	if len(seen) != len(p.actions) {
		p.t.Errorf("receipt of %s names %d actions of %d", d.DecisionID, len(seen), len(p.actions))
	}
	sum := 0.0
	for i, x := range in.Prediction.Reasons {
		sum += x.P
		if i > 0 && x.P > in.Prediction.Reasons[i-1].P || x.P < 0 {
			p.t.Errorf("reasons of %s are not sorted", d.PredictionID)
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		p.t.Errorf("reasons of %s add up to %v", d.PredictionID, sum)
	}
	q := &in.Prediction
	if q.P15m > q.P2h || q.P2h > q.P24h || q.P24h > q.P7d || q.P7d > 1 || q.Urgency < 0 || q.Urgency > 1 {
		p.t.Errorf("horizons of %s: %v %v %v %v, urgency %v", q.PredictionID, q.P15m, q.P2h, q.P24h, q.P7d, q.Urgency)
	}
}

// outreachRules: somebody allowed it, it is day there, they are of age, and not too often.
func (p *policyChecker) outreachRules(in *schemas.DecisionInput, c *chaos) {
	p.t.Helper()
	d := &in.Decision
	if !decide.OutreachName(d.Action.Channel) || d.Cancelled {
		return
	}
	p.outreach++
	who := d.PersonRef.Reveal()
	a, said := p.actions[d.Action.ID], c.said[who]
	if !mayReach(said, d.Action.Channel, a.Purpose) {
		p.t.Errorf("%s by %s for %s without consent: %+v", a.ID, d.Action.Channel, a.Purpose, said)
	}
	policyFacts := map[string]string{}
	for _, f := range in.PolicyFacts {
		policyFacts[f.Name] = f.Value
	}
	zone, err := time.LoadLocation(policyFacts["time_zone"])
	if err != nil || policyFacts["time_zone"] == "" {
		p.t.Errorf("%s in zone %q", a.ID, policyFacts["time_zone"])
		return
	}
	until := d.ExpiresAt.Time().In(zone)
	if h := d.AsOf.Time().In(zone).Hour(); h < 8 || h >= 21 {
		p.t.Errorf("%s at %d o'clock", a.ID, h)
	}
	if h := until.Hour(); (h >= 21 && until.Minute()+until.Second() > 0) || h < 8 {
		p.t.Errorf("%s is good until %v", a.ID, until)
	}
	if policyFacts["adult"] != "yes" || policyFacts["identity_conflict"] == "yes" || policyFacts["deceased"] == "yes" {
		p.t.Errorf("%s to %v", a.ID, policyFacts)
	}
	if a.Class == decide.ClassDefault {
		p.sent[who] = append(p.sent[who], d.AsOf)
		week := 0
		for _, at := range p.sent[who] {
			if d.AsOf-at < 7*schemas.Day {
				week++
			}
		}
		if week > 3 {
			p.t.Errorf("%d outreaches in a week", week)
		}
	}
}

// order: do not contact and deceased before emergency before nurse before the rest, and what is
// always allowed is.
func (p *policyChecker) order(in *schemas.DecisionInput) {
	p.t.Helper()
	d := &in.Decision
	policyFacts := map[string]string{}
	for _, f := range in.PolicyFacts {
		policyFacts[f.Name] = f.Value
	}
	inContact := policyFacts["in_contact"] == "yes"
	stopped := policyFacts["do_not_contact"] == "yes" || policyFacts["deceased"] == "yes"
	a := p.actions[d.Action.ID]
	switch {
	case inContact && !d.Cancelled && policyFacts["red_flag"] != "none" && a.Role != roleOf[policyFacts["red_flag"]]:
		p.t.Errorf("%s in a contact whose first red flag is %s", a.ID, policyFacts["red_flag"])
	case !inContact && (d.Action.Channel == "voice" || d.Action.Channel == "desktop"), inContact && (d.Action.Channel == "web" || d.Action.Channel == "app"):
		p.t.Errorf("%s on %s, in contact: %v: nobody is there", a.ID, d.Action.Channel, inContact)
	case stopped && !inContact && a.Role == decide.RoleNone:
		p.t.Errorf("%s although all outreach is stopped", a.ID)
	case stopped && decide.OutreachName(d.Action.Channel):
		p.t.Errorf("%s by %s although all outreach is stopped", a.ID, d.Action.Channel)
	case policyFacts["deceased"] == "yes" && !inContact && a.Role != decide.RoleStop:
		p.t.Errorf("%s for a patient who has died", a.ID)
	case d.Arm == decide.ArmHoldout && (a.Purpose == "service" || a.Purpose == "outreach") && a.Class == decide.ClassDefault && !d.Cancelled:
		p.t.Errorf("%s for the holdout", a.ID)
	case d.Exposed != "" && p.actions[d.Exposed].Purpose != "service" && p.actions[d.Exposed].Purpose != "outreach":
		p.t.Errorf("%s is part of the experiment", d.Exposed)
	case d.Exposed != "" && (d.Arm == decide.ArmHoldout) == (d.Action.ID == d.Exposed):
		p.t.Errorf("%s chosen, exposed to %s in arm %s", a.ID, d.Exposed, d.Arm)
	}
}

// chain: what is superseded is what was decided last.
func (p *policyChecker) chain(d *schemas.NextBestAction) {
	p.t.Helper()
	who := d.PersonRef.Reveal()
	if d.Supersedes.OK && d.Supersedes.V != p.live[who] {
		p.t.Errorf("%s supersedes %s, not %s", d.DecisionID, d.Supersedes.V, p.live[who])
	}
	if d.Cancelled && (!d.Supersedes.OK || d.Action.ID != "A00") {
		p.t.Errorf("%s is cancelled, supersedes %v, action %s", d.DecisionID, d.Supersedes.OK, d.Action.ID)
	}
	p.live[who] = ""
	if d.Delivered && !d.Cancelled {
		p.live[who] = d.DecisionID
	}
}

// roleOf is who answers each red flag.
var roleOf = map[string]decide.Role{
	"emergency": decide.RoleEmergency, "self_harm": decide.RoleEmergency, "poison": decide.RoleEmergency,
	"urgent": decide.RoleNurse, "critical_result": decide.RoleNurse,
}

// flags: what was raised in a contact is in every decision of that contact until an outcome says what
// became of it.
func (p *policyChecker) flags(in *schemas.DecisionInput) {
	p.t.Helper()
	d := &in.Decision
	who := d.PersonRef.Reveal()
	now := map[string]bool{}
	for _, f := range d.RedFlags {
		now[f.Kind] = true
		p.raisedBy[d.DecisionID] = append(p.raisedBy[d.DecisionID], f.Kind)
	}
	if !d.ContactRef.OK {
		return
	}
	for x := range p.raised[who] {
		if contact, kind, _ := strings.Cut(x, " "); contact == d.ContactRef.V && !now[kind] {
			p.t.Errorf("%s in %s of %s: flag %s is gone without an outcome", d.DecisionID, contact, who, kind)
		}
	}
	if p.raised[who] == nil {
		p.raised[who] = map[string]bool{}
	}
	for kind := range now {
		p.raised[who][d.ContactRef.V+" "+kind] = true
	}
}

// answered takes back the flags of a person that an outcome has answered.
func (p *policyChecker) answered(d *schemas.NextBestAction, o schemas.Outcome) {
	if o != schemas.OutcomeAccepted && o != schemas.OutcomeRejected && o != schemas.OutcomeOverridden {
		return
	}
	raised := p.raised[d.PersonRef.Reveal()]
	for _, kind := range p.raisedBy[d.DecisionID] {
		maps.DeleteFunc(raised, func(x string, _ bool) bool { return strings.HasSuffix(x, " "+kind) })
	}
}
