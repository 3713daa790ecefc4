package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/schemas"
)

// The answers of the API. openapi.json describes them, and a test compares.

// contactAnswer is all that an agent needs of one contact.
type contactAnswer struct {
	ContactRef string          `json:"contact_ref"`
	PersonRef  string          `json:"person_ref"`
	Call       callAnswer      `json:"call"`
	Decision   *decisionAnswer `json:"decision"`
	History    []historyAnswer `json:"history"`
	Persona    *personaAnswer  `json:"persona"`
	// EventID is where a stream of this contact goes on.
	EventID string `json:"event_id"`
	Desk    Behind `json:"desk"`
}

// callAnswer is how the call stands. SinceMs is the time since by the broker's clock.
type callAnswer struct {
	Status  string `json:"status"`
	Queue   string `json:"queue"`
	SinceMs int64  `json:"since_ms"`
}

// coded is a code with its words.
type coded struct {
	Code  string `json:"code"`
	Words string `json:"words"`
}

type reasonAnswer struct {
	coded
	P float64 `json:"p"`
}

type actionAnswer struct {
	ID        string `json:"id"`
	Words     string `json:"words"`
	Treatment string `json:"treatment"`
	Channel   string `json:"channel"`
	Service   string `json:"service"`
	Number    string `json:"number"`
}

type dutyAnswer struct {
	Code    string `json:"code"`
	Service string `json:"service"`
	Number  string `json:"number"`
	Value   string `json:"value"`
	Because string `json:"because"`
}

type factAnswer struct {
	Code   string `json:"code"`
	Value  string `json:"value"`
	Detail string `json:"detail"`
	N      int32  `json:"n"`
}

type flagAnswer struct {
	Kind   string `json:"kind"`
	Source string `json:"source"`
}

// decisionAnswer is one decision. Expired says that it must not be used any more.
type decisionAnswer struct {
	DecisionID   string         `json:"decision_id"`
	AsOf         time.Time      `json:"as_of"`
	Expired      bool           `json:"expired"`
	Cancelled    bool           `json:"cancelled"`
	Brief        string         `json:"brief"`
	Action       actionAnswer   `json:"action"`
	Reasons      []reasonAnswer `json:"reasons"`
	LastResort   bool           `json:"last_resort"`
	Urgency      float64        `json:"urgency"`
	RedFlags     []flagAnswer   `json:"red_flags"`
	Duties       []dutyAnswer   `json:"duties"`
	Facts        []factAnswer   `json:"facts"`
	News         []string       `json:"news"`
	Evidence     []string       `json:"evidence"`
	Alternatives []actionAnswer `json:"alternatives"`
	Degraded     []string       `json:"degraded"`
}

type historyAnswer struct {
	DecisionID string    `json:"decision_id"`
	EventID    string    `json:"event_id"`
	DecidedAt  time.Time `json:"decided_at"`
}

// valued is one thing that is known, with how it is known and as of when.
type valued struct {
	Name   string    `json:"name"`
	Value  any       `json:"value"`
	Source string    `json:"source"`
	AsOf   time.Time `json:"as_of"`
}

type personaAnswer struct {
	Language  string    `json:"language"`
	Prefers   string    `json:"prefers"`
	Calls     int64     `json:"calls"`
	Effort    float64   `json:"effort"`
	Frustrate float64   `json:"frustration"`
	AsOf      time.Time `json:"as_of"`
}

type personAnswer struct {
	PersonRef string       `json:"person_ref"`
	Known     []valued     `json:"known"`
	OpenLoops []loopAnswer `json:"open_loops"`
	Needs     []needAnswer `json:"needs"`
	Decisions []madeAnswer `json:"decisions"`
	Contacts  []string     `json:"contacts"`
	Desk      Behind       `json:"desk"`
}

// madeAnswer is a decision in a list: what was expected, and what was best done.
type madeAnswer struct {
	historyAnswer
	AsOf       time.Time     `json:"as_of"`
	ContactRef string        `json:"contact_ref"`
	Action     coded         `json:"action"`
	Reason     *reasonAnswer `json:"reason"`
	P15m       float64       `json:"p_15m"`
	P24h       float64       `json:"p_24h"`
	LastResort bool          `json:"last_resort"`
	Cancelled  bool          `json:"cancelled"`
}

type loopAnswer struct {
	Kind   string    `json:"kind"`
	Reason coded     `json:"reason"`
	Since  time.Time `json:"since"`
}

type needAnswer struct {
	Code       string `json:"code"`
	Provenance string `json:"provenance"`
}

type stepAnswer struct {
	EventID    string    `json:"event_id"`
	OccurredAt time.Time `json:"occurred_at"`
	Channel    string    `json:"channel"`
	Event      string    `json:"event"`
	Reason     *coded    `json:"reason"`
	ContactRef string    `json:"contact_ref"`
	Queue      string    `json:"queue"`
}

type journeyAnswer struct {
	PersonRef string       `json:"person_ref"`
	Steps     []stepAnswer `json:"steps"`
	// Next is the cursor of the page of older steps, or empty.
	Next string `json:"next"`
	Desk Behind `json:"desk"`
}

// receiptAnswer is one decision with what every other action lost to.
type receiptAnswer struct {
	PersonRef     string         `json:"person_ref"`
	ContactRef    string         `json:"contact_ref"`
	Decision      decisionAnswer `json:"decision"`
	Supersedes    string         `json:"supersedes"`
	PolicyVersion string         `json:"policy_version"`
	ModelVersion  string         `json:"model_version"`
	P15m          float64        `json:"p_15m"`
	P24h          float64        `json:"p_24h"`
	Score         float64        `json:"score"`
	Propensity    float64        `json:"propensity"`
	Weights       []weightAnswer `json:"weights"`
	Others        []lostAnswer   `json:"others"`
	Desk          Behind         `json:"desk"`
}

type weightAnswer struct {
	Words  string  `json:"words"`
	Weight float64 `json:"weight"`
}

type lostAnswer struct {
	Action string `json:"action"`
	Words  string `json:"words"`
	Why    string `json:"why"`
	// Stage and Rule are what removed it. Short is by how much it was worth less than the action that was chosen; null
	// where the receipt does not say.
	Stage string   `json:"stage"`
	Rule  string   `json:"rule"`
	Short *float64 `json:"short"`
}

// answers makes answers of what the store has.
type answers struct {
	store *Store
	words *decide.Words
	now   func() time.Time
}

func (a *answers) action(v *schemas.ChosenAction) actionAnswer {
	return actionAnswer{ID: v.ID, Words: a.words.Action(v.ID, v.Treatment), Treatment: v.Treatment, Channel: v.Channel, Service: v.Service, Number: v.Number}
}

func (a *answers) coded(code string) coded { return coded{code, a.words.Reason(code)} }

// decision is a decision for eyes. Whether it has expired is told by how long it was to hold, from when the broker
// had it: recorded traffic has clocks of its own.
func (a *answers) decision(v *schemas.NextBestAction, at Place) decisionAnswer {
	holds := v.ExpiresAt.Sub(v.AsOf)
	d := decisionAnswer{
		DecisionID: v.DecisionID, AsOf: v.AsOf.Time(), Expired: a.now().After(time.UnixMilli(at.At).Add(holds)), Cancelled: v.Cancelled,
		Brief: v.Brief.Reveal(), Action: a.action(&v.Action), LastResort: v.LastResort, Urgency: v.Urgency,
		Reasons: []reasonAnswer{}, RedFlags: []flagAnswer{}, Duties: []dutyAnswer{}, Facts: []factAnswer{}, Evidence: []string{}, Alternatives: []actionAnswer{},
		News: append([]string{}, v.News...), Degraded: append([]string{}, v.Degraded...),
	}
	for _, r := range v.Reasons {
		d.Reasons = append(d.Reasons, reasonAnswer{a.coded(r.Code), r.P})
	}
	for _, f := range v.RedFlags {
		d.RedFlags = append(d.RedFlags, flagAnswer{f.Kind, f.Source})
	}
	for _, x := range v.Duties {
		d.Duties = append(d.Duties, dutyAnswer{x.Code, x.Service, x.Number, x.Value, x.Because})
	}
	for _, f := range v.Facts {
		d.Facts = append(d.Facts, factAnswer{f.Code, f.Value, f.Detail, f.N})
	}
	for _, e := range v.Evidence {
		d.Evidence = append(d.Evidence, e.Text)
	}
	for i := range v.Alternatives {
		d.Alternatives = append(d.Alternatives, a.action(&v.Alternatives[i]))
	}
	return d
}

// contact is the snapshot of a contact; nil where nothing is known of it.
func (a *answers) contact(ref string, behind Behind) (*contactAnswer, error) {
	var c contact
	if ok, err := a.store.load(key(keyContact, ref), &c); err != nil || !ok {
		return nil, err
	}
	call := c.call()
	out := &contactAnswer{ContactRef: ref, PersonRef: c.person(), Call: callAnswer{Status: call.Status, Queue: call.Queue}, History: []historyAnswer{}, Desk: behind}
	if call.Seen > 0 {
		out.Call.SinceMs = max(0, a.now().UnixMilli()-call.Seen)
	}
	for _, e := range c.current() {
		out.History = append(out.History, historyOf(e))
	}
	if n := len(c.Decisions); n > 0 {
		var v schemas.NextBestAction
		at, ok, err := a.store.record(key(keyDecision, c.Decisions[n-1].ID), &v)
		if err != nil {
			return nil, err
		}
		if ok {
			d := a.decision(&v, at)
			out.Decision, out.EventID = &d, at.String()
		}
	}
	slices.Reverse(out.History)
	var err error
	if !out.concealed() {
		out.Persona, err = a.persona(out.PersonRef)
	}
	return out, err
}

// verify says that the identifiers of the call belong to different people.
func (c *contactAnswer) verify() bool {
	return c.Decision != nil && slices.ContainsFunc(c.Decision.Facts, func(f factAnswer) bool { return f.Code == "identity_conflict" })
}

// concealed: it is not certain who calls, or the patient has died. No history is shown then.
func (c *contactAnswer) concealed() bool {
	return c.Decision != nil && slices.ContainsFunc(c.Decision.Facts, func(f factAnswer) bool { return f.Code == "identity_conflict" || f.Code == "deceased" })
}

func historyOf(e entry) historyAnswer {
	return historyAnswer{e.ID, e.Place.String(), time.UnixMilli(e.Place.At).UTC()}
}

func (a *answers) persona(ref string) (*personaAnswer, error) {
	var v schemas.Persona
	_, ok, err := a.store.record(key(keyPersona, ref), &v)
	if err != nil || !ok {
		return nil, err
	}
	return &personaAnswer{Language: v.Language, Prefers: cmp.Or(v.StatedChannel, v.InferredChannel), Calls: v.Calls, Effort: v.Effort, Frustrate: v.Frustration, AsOf: v.AsOf.Time()}, nil
}

// person is what is known of a person; nil where nothing is.
func (a *answers) person(ref string, behind Behind) (*personAnswer, error) {
	var v schemas.Persona
	_, known, err := a.store.record(key(keyPersona, ref), &v)
	if err != nil {
		return nil, err
	}
	out := &personAnswer{PersonRef: ref, Known: []valued{}, OpenLoops: []loopAnswer{}, Needs: []needAnswer{}, Decisions: []madeAnswer{}, Contacts: []string{}, Desk: behind}
	if known {
		a.tellPersona(out, &v)
	}
	err = a.store.decisions(ref, func(e entry) (bool, error) {
		made, err := a.made(e)
		out.Decisions = append(out.Decisions, made)
		return len(out.Decisions) < maxPersonDecisions, err
	})
	if err != nil || !known && len(out.Decisions) == 0 {
		return nil, err
	}
	out.Contacts, err = a.calls(ref)
	return out, err
}

func (a *answers) made(e entry) (madeAnswer, error) {
	out := madeAnswer{historyAnswer: historyOf(e)}
	var v schemas.NextBestAction
	_, ok, err := a.store.record(key(keyDecision, e.ID), &v)
	if err != nil || !ok {
		return out, err
	}
	out.AsOf, out.ContactRef, out.Action = v.AsOf.Time(), v.ContactRef.V, coded{v.Action.ID, a.words.Action(v.Action.ID, v.Action.Treatment)}
	out.P15m, out.P24h, out.LastResort, out.Cancelled = v.P15m, v.P24h, v.LastResort, v.Cancelled
	if len(v.Reasons) > 0 {
		out.Reason = &reasonAnswer{a.coded(v.Reasons[0].Code), v.Reasons[0].P}
	}
	return out, nil
}

// calls are the contacts of a person.
func (a *answers) calls(ref string) ([]string, error) {
	out := []string{}
	prefix := key(keyCalls, ref, "")
	err := a.store.scan(prefix, func(k, _ []byte) (bool, error) {
		out = append(out, string(k[len(prefix):]))
		return len(out) < maxPersonDecisions, nil
	})
	return out, err
}

// tellPersona lists what the persona says, each with how it is known. Sensitive needs are left out: only those that
// rules may look at are told.
func (a *answers) tellPersona(out *personAnswer, v *schemas.Persona) {
	asOf := v.AsOf.Time()
	for _, x := range []valued{
		{"language", v.Language, "stated", asOf}, {"prefers", v.StatedChannel, "stated", asOf}, {"prefers", v.InferredChannel, "inferred", asOf},
		{"last_reason", a.words.Reason(v.LastReason), "disposition", asOf}, {"calls", v.Calls, "counted", asOf}, {"sessions", v.Sessions, "counted", asOf},
		{"touchpoints", v.Touchpoints, "counted", asOf}, {"effort", v.Effort, "computed", asOf}, {"frustration", v.Frustration, "computed", asOf},
	} {
		if x.Value != "" {
			out.Known = append(out.Known, x)
		}
	}
	for _, l := range v.OpenLoops {
		out.OpenLoops = append(out.OpenLoops, loopAnswer{l.Kind, a.coded(l.Reason), l.Since.Time()})
	}
	for _, n := range v.Needs {
		if evidence.NeedBit(n.Code.Reveal()) != 0 {
			out.Needs = append(out.Needs, needAnswer{n.Code.Reveal(), n.Provenance})
		}
	}
}

// receipt is a decision with everything that went into it; nil where it is not known, or another person's.
func (a *answers) receipt(person, id string, behind Behind) (*receiptAnswer, error) {
	var v schemas.NextBestAction
	at, ok, err := a.store.record(key(keyDecision, id), &v)
	if err != nil || !ok || v.PersonRef.Reveal() != person {
		return nil, err
	}
	out := &receiptAnswer{
		PersonRef: person, ContactRef: v.ContactRef.V, Decision: a.decision(&v, at), Supersedes: v.Supersedes.V, PolicyVersion: v.PolicyVersion, ModelVersion: v.ModelVersion,
		P15m: v.P15m, P24h: v.P24h, Score: v.Action.Score, Propensity: v.Action.Propensity, Weights: []weightAnswer{}, Others: []lostAnswer{}, Desk: behind,
	}
	for _, e := range v.Evidence {
		out.Weights = append(out.Weights, weightAnswer{e.Text, e.Weight})
	}
	scores := map[string]float64{}
	for _, x := range v.Alternatives {
		scores[x.ID] = x.Score
	}
	for _, r := range v.Receipt {
		lost := lostAnswer{Action: r.Action, Words: a.words.Action(r.Action, ""), Stage: r.Stage.String(), Rule: r.Rule}
		score, rated := scores[r.Action]
		if rated {
			short := v.Action.Score - score
			lost.Short = &short
		} else {
			score = -1
		}
		lost.Why = a.words.Lost(lost.Stage, r.Rule, score)
		out.Others = append(out.Others, lost)
	}
	return out, nil
}
