package desk

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/attune-health/attune/schemas"
)

// feedbackCall is what an agent, or a desktop, says of a contact.
type feedbackCall struct {
	// DecisionID is the decision that it is about; a disposition is about the contact.
	DecisionID string `json:"decision_id"`
	// Outcome is shown, accepted, rejected, overridden or disposition.
	Outcome string `json:"outcome"`
	// Action is what was done instead, where it was overridden.
	Action string `json:"action"`
	// Reason is why it was rejected or overridden, a code of the site; of a disposition the contact reason.
	Reason string `json:"reason"`
	// TalkMs is the time with the agent, for a disposition.
	TalkMs whole `json:"talk_ms"`
}

// feedbackAnswer says under which event id it was written. The same feedback sent again has the same id, and counts
// once.
type feedbackAnswer struct {
	EventID string `json:"event_id"`
	Desk    Behind `json:"desk"`
}

// body reads a JSON body, of which every field must be known: a typing error would else go unheard.
func (a *asked) body(v any) error {
	d := json.NewDecoder(a.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return badBody(err, "The body is not JSON as /openapi.json describes it.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("The body is one JSON object.")
	}
	return nil
}

// badBody is what is wrong with a body that cannot be read.
func badBody(err error, detail string) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return badRequest(detail)
}

// whole is an integer, which JSON may write with a fraction of zero.
type whole int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *whole) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return fmt.Errorf("%.20q is no integer", text)
	}
	*n = whole(f)
	return nil
}

// notWritten is that the broker did not take what a caller has said.
func notWritten(err error) error {
	return unwritten("not-written", "The feedback could not be written.", "Send it again: it counts once, however often it arrives.", err)
}

// feedback writes what became of a decision, and answers when the broker has it.
func (s *server) feedback(a *asked) error {
	ref, err := a.ref("contact_ref")
	if err != nil {
		return err
	}
	var f feedbackCall
	if err := a.body(&f); err != nil {
		return err
	}
	if f.Reason != "" && !schemas.IsName(f.Reason) || f.Action != "" && !schemas.IsName(f.Action) {
		return badRequest("reason and action are codes: letters, digits and / _ - . : +, at most 64, without long numbers. A patient's words do not belong there.")
	}
	if err := s.answersContact(a, ref); err != nil {
		return err
	}
	var l letter
	if f.Outcome == "disposition" {
		l, err = s.disposition(ref, &f)
	} else {
		l, err = s.outcome(ref, &f)
	}
	if err != nil {
		return err
	}
	if err := s.send(a.Context(), sendTimeout, l); err != nil {
		return notWritten(err)
	}
	return a.json(feedbackAnswer{l.id, s.desk.Behind()})
}

// answersContact says whether a caller may say something of a contact.
func (s *server) answersContact(a *asked, ref string) error {
	if a.caller.seesAll() {
		return nil
	}
	v, err := s.answers.contact(ref, Behind{})
	if err != nil {
		return err
	}
	return a.seesContact(v)
}

// outcomes are those that an agent can report.
var outcomes = map[string]schemas.Outcome{
	"shown": schemas.OutcomeShown, "accepted": schemas.OutcomeAccepted, "rejected": schemas.OutcomeRejected, "overridden": schemas.OutcomeOverridden,
}

// outcome is the record of what became of a decision of this contact.
func (s *server) outcome(ref string, f *feedbackCall) (letter, error) {
	o, ok := outcomes[f.Outcome]
	if !ok {
		return letter{}, badRequest("outcome is shown, accepted, rejected, overridden or disposition.")
	}
	if (o == schemas.OutcomeRejected || o == schemas.OutcomeOverridden) && f.Reason == "" {
		return letter{}, badRequest("A decision that is rejected or overridden needs a reason, so that the next one is better.")
	}
	var d schemas.NextBestAction
	at, ok, err := s.answers.store.record(key(keyDecision, f.DecisionID), &d)
	if err != nil {
		return letter{}, err
	}
	if !ok || d.ContactRef.V != ref {
		return letter{}, s.missing(notFound("decision", "This contact has no decision of this decision_id. Take it from the snapshot that was shown."))
	}
	return s.outcomeOf(&d, at, f), nil
}

// outcomeOf is the record of what became of a decision. Its id is made of the decision's: a repeat is harmless.
func (s *server) outcomeOf(d *schemas.NextBestAction, at Place, f *feedbackCall) letter {
	v := &schemas.ActionOutcome{
		EventID: schemas.EventID(source, d.DecisionID+"-"+f.Outcome), DecisionID: d.DecisionID, PersonRef: d.PersonRef,
		OccurredAt: s.answers.eventTime(d.AsOf, at.At), Outcome: outcomes[f.Outcome], Action: cmp.Or(f.Action, d.Action.ID), Reason: f.Reason,
	}
	return letter{topic: schemas.TopicActionOutcomes, key: d.PersonRef.Reveal(), id: v.EventID, at: v.OccurredAt, record: v}
}

// eventTime is now, on the clock of the event of which the broker heard then. Recorded traffic has clocks of its own.
func (a *answers) eventTime(event schemas.Millis, heard int64) schemas.Millis {
	return event + schemas.Millis(max(0, a.now().UnixMilli()-heard))
}

// disposition is the touchpoint that ends a contact with its reason.
func (s *server) disposition(ref string, f *feedbackCall) (letter, error) {
	if !s.cfg.Words.Knows(f.Reason) {
		return letter{}, badRequest("The reason of a disposition is a code of the site's taxonomy.")
	}
	if !s.cfg.WritesCalls {
		return letter{}, newProblem(http.StatusConflict, "calls-come-from-elsewhere", "Dispositions come from the contact center.", "Set desk.writes_calls where it sends none; a contact that two systems end would be counted wrongly.")
	}
	var c contact
	ok, err := s.answers.store.load(key(keyContact, ref), &c)
	if err != nil {
		return letter{}, err
	}
	if !ok || len(c.Steps) == 0 {
		return letter{}, s.missing(noContact)
	}
	last := c.Steps[len(c.Steps)-1]
	v := &schemas.Touchpoint{
		EventID: schemas.EventID(source, digest("disposition", ref, c.key())), OccurredAt: s.answers.eventTime(last.At, last.Seen), ReceivedAt: schemas.MillisOf(time.Now()),
		Channel: schemas.ChannelCall, ContactID: schemas.Some(ref),
		Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: schemas.Call{Event: schemas.CallEventDisposition, Queue: c.call().Queue, Reason: f.Reason, TalkMs: max(0, int64(f.TalkMs)), Queued: true, Answered: true}},
	}
	return letter{topic: schemas.TopicTouchpointsCall, key: ref, id: v.EventID, at: v.OccurredAt, record: v}, nil
}

// key is what tells this contact from others of its ref.
func (c *contact) key() string {
	if n := len(c.Decisions); n > 0 {
		return c.Decisions[n-1].Key
	}
	return ""
}

// digest is an id made of parts, the same for the same parts.
func digest(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		b.WriteString(p)
		b.WriteByte(0)
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:16])
}
