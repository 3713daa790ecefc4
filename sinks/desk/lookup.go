package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/attune-health/attune/schemas"
)

// lookupCall is the start of a call: what a contact center knows when it rings.
type lookupCall struct {
	// ContactRef is the contact center's own id of the call.
	ContactRef string `json:"contact_ref"`
	// Identifiers are who calls, as far as is known.
	Identifiers []lookupIdentifier `json:"identifiers"`
	// Phone is short for an identifier of this kind.
	Phone string `json:"phone"`
	// Queue or line, and the language that the caller chose; or empty.
	Queue    string `json:"queue"`
	Language string `json:"language"`
	// StartedAt is when the call began; or null for now.
	StartedAt *time.Time `json:"started_at"`
}

type lookupIdentifier struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// lookupAnswer is what is known when the phone rings. It always comes: Degraded says what is missing.
type lookupAnswer struct {
	Degraded []string       `json:"degraded"`
	WaitedMs int64          `json:"waited_ms"`
	Contact  *contactAnswer `json:"contact"`
	Desk     Behind         `json:"desk"`
}

// Bounds of a lookup.
const (
	maxIdentifiers = 8
	maxIdentifier  = 256
	// Two lookups of one call within this are one call, where no start is given.
	sameCall = 10 * time.Minute
)

// lookup writes the call's first touchpoint, waits for the decision that it causes, and answers.
func (s *server) lookup(a *asked) error {
	var in lookupCall
	if err := a.body(&in); err != nil {
		return err
	}
	out, err := s.lookUp(a, &in)
	if err != nil {
		return err
	}
	return a.json(out)
}

func (s *server) lookUp(a *asked, in *lookupCall) (*lookupAnswer, error) {
	if in.ContactRef == "" || len(in.ContactRef) > 200 {
		return nil, badRequest("contact_ref is the contact center's id of the call, 1 to 200 bytes.")
	}
	began := time.Now()
	w, end := s.desk.store.hub.wait(in.ContactRef)
	defer end()
	out := &lookupAnswer{Degraded: []string{}}
	if err := s.begin(a, in, out); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(a.Context(), s.cfg.Wait)
	defer cancel()
	v, err := s.awaitDecision(waiting, in.ContactRef, w)
	if err != nil {
		return nil, err
	}
	if err := a.seesContact(v); err != nil {
		return nil, err
	}
	out.Contact, out.Desk, out.WaitedMs = v, s.desk.Behind(), time.Since(began).Milliseconds()
	if v == nil || v.Decision == nil {
		out.Degraded = append(out.Degraded, "no_decision_yet")
	} else {
		out.Degraded = append(out.Degraded, v.Decision.Degraded...)
	}
	if !out.Desk.Current {
		out.Degraded = append(out.Degraded, "desk_behind")
	}
	if v != nil {
		if err := s.audit(a, "lookup", in.ContactRef, v.PersonRef); err != nil {
			s.failed("write down a lookup", errors.Unwrap(err))
			out.Contact, out.Degraded = nil, append(out.Degraded, "read_not_written")
		}
	}
	return out, nil
}

// begin writes the first touchpoint, where that is the desk's to do. A broker that does not take it costs the caller
// the decision, and not the answer.
func (s *server) begin(a *asked, in *lookupCall, out *lookupAnswer) error {
	t, err := in.touchpoint(time.Now())
	if err != nil {
		return err
	}
	letters, err := s.link(t)
	if err != nil {
		return err
	}
	if s.cfg.WritesCalls {
		letters = append(letters, letter{topic: schemas.TopicTouchpointsCall, key: in.ContactRef, id: t.EventID, at: t.OccurredAt, record: t})
	}
	if len(letters) == 0 {
		return nil
	}
	if !a.caller.may(ScopeContactWrite) {
		out.Degraded = append(out.Degraded, "call_not_written")
		return nil
	}
	if err := s.send(a.Context(), s.cfg.Wait, letters...); err != nil {
		s.failed("write the beginning of a call", err)
		out.Degraded = append(out.Degraded, "call_not_written")
	}
	return nil
}

// touchpoint is the call's first. A lookup that is repeated has the same event id.
func (in *lookupCall) touchpoint(now time.Time) (*schemas.Touchpoint, error) {
	began, bucket := now, strconv.FormatInt(now.UnixMilli()/sameCall.Milliseconds(), 10)
	if in.StartedAt != nil {
		began, bucket = *in.StartedAt, in.StartedAt.UTC().Format(time.RFC3339Nano)
	}
	t := &schemas.Touchpoint{
		EventID: schemas.EventID(source, digest("lookup", in.ContactRef, bucket)), OccurredAt: schemas.MillisOf(began), ReceivedAt: schemas.MillisOf(now),
		Channel: schemas.ChannelCall, ContactID: schemas.Some(in.ContactRef),
		Body: schemas.TouchpointBody{Kind: schemas.TouchpointBodyCall, Call: schemas.Call{Event: schemas.CallEventQueued, Queue: in.Queue}},
	}
	if in.Queue != "" && !schemas.IsName(in.Queue) {
		return nil, badRequest("queue is a name: letters, digits and / _ - . : +.")
	}
	if in.Language != "" {
		t.Language = schemas.Some(in.Language)
	}
	identifiers := slices.Clone(in.Identifiers)
	if in.Phone != "" {
		identifiers = append(identifiers, lookupIdentifier{"phone", in.Phone})
	}
	if len(identifiers) > maxIdentifiers {
		return nil, badRequest("At most 8 identifiers.")
	}
	for _, i := range identifiers {
		kind, ok := schemas.ParseIdentifierKind(i.Kind)
		if !ok || kind == schemas.IdentifierKindUnknown || len(i.Value) > maxIdentifier {
			return nil, badRequest("kind of an identifier is one of run.identifiers, its value at most 256 bytes.")
		}
		t.Identifiers = append(t.Identifiers, schemas.Identifier{Kind: kind, Value: schemas.Protected(i.Value)})
	}
	return t, nil
}

// link gives the call to the person whom its strongest identifier names, in the site's order. A record or member number
// names a person by itself. A telephone number does only where it is one person's already: a link would else make a
// person of the number, which no patient could be given any more.
func (s *server) link(t *schemas.Touchpoint) ([]letter, error) {
	if !s.cfg.LinksCalls || s.cfg.Shard == nil {
		return nil, nil
	}
	call := schemas.Identifier{Kind: schemas.IdentifierKindContact, Value: schemas.Protected(t.ContactID.V)}
	has, _, err := s.answers.holder(s.cfg.Shard, &call)
	if err != nil {
		return nil, err
	}
	for _, kind := range s.cfg.IdentifierOrder {
		if kind == schemas.IdentifierKindContact {
			break
		}
		for i := range t.Identifiers {
			subject := &t.Identifiers[i]
			if subject.Kind != kind {
				continue
			}
			who, linked, err := s.answers.holder(s.cfg.Shard, subject)
			if err != nil || linked && who == has {
				return nil, err
			}
			if !linked && kind != schemas.IdentifierKindMrn && kind != schemas.IdentifierKindMember {
				continue
			}
			shard, _ := s.cfg.Shard(kind, subject.Value.Reveal())
			v := &schemas.IdentityLink{EventID: schemas.EventID(source, digest("link", t.ContactID.V, shard)), OccurredAt: t.OccurredAt, Op: schemas.LinkOpLink, Identifier: call, Subject: *subject, Source: source}
			return []letter{{topic: schemas.TopicIdentityLinks, key: t.ContactID.V, id: v.EventID, at: v.OccurredAt, record: v}}, nil
		}
	}
	return nil, nil
}

// awaitDecision is the contact once there is a decision, or as it is when the time is over.
func (s *server) awaitDecision(ctx context.Context, ref string, w *waiter) (*contactAnswer, error) {
	for {
		v, err := s.answers.contact(ref, s.desk.Behind())
		if err != nil || v != nil && v.Decision != nil && !v.Decision.Expired {
			return v, err
		}
		select {
		case <-w.changed:
		case <-ctx.Done():
			return v, nil
		}
	}
}

// connectCall is what a flow of Amazon Connect sends to the function that it invokes.
type connectCall struct {
	Details struct {
		ContactData struct {
			ContactID        string `json:"ContactId"`
			InitialContactID string `json:"InitialContactId"`
			CustomerEndpoint struct {
				Address string `json:"Address"`
				Type    string `json:"Type"`
			} `json:"CustomerEndpoint"`
			LanguageCode string `json:"LanguageCode"`
			Queue        *struct {
				Name string `json:"Name"`
			} `json:"Queue"`
		} `json:"ContactData"`
		Parameters map[string]string `json:"Parameters"`
	} `json:"Details"`
	Name string `json:"Name"`
}

// flat is an answer for flows and data actions: strings alone, whatever is missing empty.
type flat map[string]string

func flatten(v *lookupAnswer) flat {
	f := flat{"known": "false", "degraded": join(v.Degraded), "brief": "", "reason": "", "reason_words": "", "reason_p": "", "action": "", "action_words": "", "treatment": "",
		"decision_id": "", "person_ref": "", "urgent": "false", "verify": "false", "last_resort": "false", "language": ""}
	if v.Contact == nil {
		return f
	}
	f["person_ref"] = v.Contact.PersonRef
	if p := v.Contact.Persona; p != nil {
		f["language"] = p.Language
	}
	d := v.Contact.Decision
	if d == nil {
		return f
	}
	f["known"], f["brief"], f["decision_id"] = "true", d.Brief, d.DecisionID
	if !d.Cancelled {
		f["action"], f["action_words"], f["treatment"] = d.Action.ID, d.Action.Words, d.Action.Treatment
	}
	if len(d.Reasons) > 0 {
		r := d.Reasons[0]
		f["reason"], f["reason_words"], f["reason_p"] = r.Code, r.Words, strconv.FormatFloat(r.P, 'f', 2, 64)
	}
	f["urgent"], f["verify"], f["last_resort"] = strconv.FormatBool(len(d.RedFlags) > 0), strconv.FormatBool(v.Contact.verify()), strconv.FormatBool(d.LastResort)
	return f
}

func join(codes []string) string { return strings.Join(codes, ",") }

// lookupConnect is lookup for Amazon Connect: one more key in Parameters names an identifier by its kind.
func (s *server) lookupConnect(a *asked) error {
	var in connectCall
	d := json.NewDecoder(a.Body) // a flow sends more than we read
	if err := d.Decode(&in); err != nil {
		return badRequest("The body is what a flow of Amazon Connect sends to a function.")
	}
	c := &in.Details.ContactData
	call := lookupCall{ContactRef: cmp.Or(c.InitialContactID, c.ContactID), Language: c.LanguageCode}
	if c.CustomerEndpoint.Type == "TELEPHONE_NUMBER" {
		call.Phone = c.CustomerEndpoint.Address
	}
	if c.Queue != nil && schemas.IsName(c.Queue.Name) {
		call.Queue = c.Queue.Name
	}
	for kind, value := range in.Details.Parameters {
		if k, ok := schemas.ParseIdentifierKind(kind); ok && k != schemas.IdentifierKindUnknown {
			call.Identifiers = append(call.Identifiers, lookupIdentifier{kind, value})
		}
	}
	return s.answerFlat(a, &call)
}

// genesysCall is the input contract of a data action of Genesys Cloud.
type genesysCall struct {
	ConversationID string `json:"conversationId"`
	ANI            string `json:"ani"`
	MemberNumber   string `json:"memberNumber"`
	QueueName      string `json:"queueName"`
	Language       string `json:"language"`
}

// lookupGenesys is lookup for a data action of Genesys Cloud.
func (s *server) lookupGenesys(a *asked) error {
	var in genesysCall
	if err := a.body(&in); err != nil {
		return err
	}
	call := lookupCall{ContactRef: in.ConversationID, Phone: strings.TrimPrefix(in.ANI, "tel:"), Language: in.Language}
	if schemas.IsName(in.QueueName) {
		call.Queue = in.QueueName
	}
	if in.MemberNumber != "" {
		call.Identifiers = []lookupIdentifier{{"member", in.MemberNumber}}
	}
	return s.answerFlat(a, &call)
}

func (s *server) answerFlat(a *asked, call *lookupCall) error {
	out, err := s.lookUp(a, call)
	if err != nil {
		return err
	}
	return a.json(flatten(out))
}
