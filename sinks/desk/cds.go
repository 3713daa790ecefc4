package desk

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/attune-health/attune/schemas"
)

// CDS Hooks 2.0 (https://cds-hooks.hl7.org/2.0/): an EHR asks what is best done for the patient whose record is open, and
// gets the next best action as a card.

// cdsServices is where an EHR finds what it may ask.
const cdsServices = "/cds-services"

// maxSummary is the length that the standard allows a card's summary, and one more.
const maxSummary = 140

// cdsHooks are the moments at which an EHR may ask; each has a service.
var cdsHooks = []struct{ hook, title, description string }{
	{"patient-view", "Next best action", "What is best done for this patient now, and why."},
	{"appointment-book", "Next best action at booking", "What is best done for this patient besides the appointment."},
	{"encounter-discharge", "Next best action at discharge", "What is best done for this patient after the encounter."},
}

type cdsDiscovery struct {
	Services []cdsService `json:"services"`
}

type cdsService struct {
	ID          string            `json:"id"`
	Hook        string            `json:"hook"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Prefetch    map[string]string `json:"prefetch,omitempty"`
}

// cdsCall is what an EHR sends. Of what it sends more we read nothing.
type cdsCall struct {
	Hook    string `json:"hook"`
	Context struct {
		PatientID string `json:"patientId"`
	} `json:"context"`
	Prefetch struct {
		Patient *struct {
			Identifier []struct {
				System string `json:"system"`
				Value  string `json:"value"`
			} `json:"identifier"`
		} `json:"patient"`
	} `json:"prefetch"`
}

type cdsCards struct {
	Cards []cdsCard `json:"cards"`
}

type cdsCard struct {
	UUID              string          `json:"uuid"`
	Summary           string          `json:"summary"`
	Detail            string          `json:"detail,omitempty"`
	Indicator         string          `json:"indicator"`
	Source            cdsSource       `json:"source"`
	Suggestions       []cdsSuggestion `json:"suggestions,omitempty"`
	SelectionBehavior string          `json:"selectionBehavior,omitempty"`
	OverrideReasons   []cdsCoding     `json:"overrideReasons"`
	Links             []cdsLink       `json:"links,omitempty"`
}

type cdsSource struct {
	Label string `json:"label"`
}

type cdsSuggestion struct {
	Label         string `json:"label"`
	UUID          string `json:"uuid"`
	IsRecommended bool   `json:"isRecommended"`
}

type cdsCoding struct {
	Code    string `json:"code"`
	System  string `json:"system"`
	Display string `json:"display"`
}

type cdsLink struct {
	Label string `json:"label"`
	URL   string `json:"url"`
	Type  string `json:"type"`
}

// cdsFeedback is what became of cards. What somebody typed in is not read: a patient's words do not belong here.
type cdsFeedback struct {
	Feedback []struct {
		Card           string `json:"card"`
		Outcome        string `json:"outcome"`
		OverrideReason struct {
			Reason struct {
				Code string `json:"code"`
			} `json:"reason"`
		} `json:"overrideReason"`
	} `json:"feedback"`
}

// declineReasons are why an action is declined, on the page as on a card.
var declineReasons = []string{"not_relevant", "already_done", "caller_refused", "not_possible", "something_else"}

const overrideSystem = "https://attune.health/override-reasons"

// cdsDiscover lists the services. A desk that cannot find a patient has none.
func (s *server) cdsDiscover(a *asked) error {
	out, language := cdsDiscovery{Services: []cdsService{}}, s.pages.languageOf(a.Request)
	if s.cfg.Shard != nil {
		for _, h := range cdsHooks {
			v := cdsService{ID: "attune-" + h.hook, Hook: h.hook, Title: phrase(language, h.title), Description: phrase(language, h.description)}
			if s.cfg.CDS.PatientSystem != "" {
				v.Prefetch = map[string]string{"patient": "Patient/{{context.patientId}}"}
			}
			out.Services = append(out.Services, v)
		}
	}
	return a.json(out)
}

// cdsHook is the hook of the service that was asked.
func (s *server) cdsHook(a *asked) (string, error) {
	hook, ours := strings.CutPrefix(a.PathValue("id"), "attune-")
	for _, h := range cdsHooks {
		if ours && h.hook == hook && s.cfg.Shard != nil {
			return hook, nil
		}
	}
	return "", notFound("service", "GET /cds-services lists the services; there are none without run.identity_key.")
}

// readCDS reads a body of the standard, which may have more than we know of.
func (a *asked) readCDS(v any) error {
	if err := json.NewDecoder(a.Body).Decode(v); err != nil {
		return badBody(err, "The body is not what CDS Hooks 2.0 describes.")
	}
	return nil
}

// cdsAsk answers with at most one card.
func (s *server) cdsAsk(a *asked) error {
	hook, err := s.cdsHook(a)
	if err != nil {
		return err
	}
	var in cdsCall
	if err := a.readCDS(&in); err != nil {
		return err
	}
	if in.Hook != hook || in.Context.PatientID == "" {
		return badRequest("hook is that of the service, and context has a patientId.")
	}
	id, err := s.cdsPatient(&in)
	if err != nil {
		return err
	}
	who, err := s.answers.owner(s.cfg.Shard(s.cfg.patientKind(), id))
	if err != nil {
		return err
	}
	out := cdsCards{Cards: []cdsCard{}}
	d, ref, err := s.answers.newest(who)
	if err != nil {
		return err
	}
	if d != nil && s.cardable(d) {
		if err := s.audit(a, "cds", "", who); err != nil {
			return err
		}
		out.Cards = append(out.Cards, s.card(d, ref, s.pages.languageOf(a.Request)))
	}
	return a.json(out)
}

// cdsPatient is the identifier by which attune knows the patient.
func (s *server) cdsPatient(in *cdsCall) (string, error) {
	if s.cfg.CDS.PatientSystem == "" {
		return in.Context.PatientID, nil
	}
	if in.Prefetch.Patient != nil {
		for _, i := range in.Prefetch.Patient.Identifier {
			if i.System == s.cfg.CDS.PatientSystem && i.Value != "" {
				return i.Value, nil
			}
		}
	}
	return "", newProblem(http.StatusPreconditionFailed, "prefetch", "The patient's identifier is missing.", "Send prefetch.patient with an identifier of the system that desk.cds.patient_system names.")
}

// cardable says whether a decision may stand beside a patient's record: it holds, asks for something, and it is certain
// whose it is.
func (s *server) cardable(d *decisionAnswer) bool {
	doubt := slices.ContainsFunc(d.Facts, func(f factAnswer) bool { return f.Code == "identity_conflict" || f.Code == "deceased" })
	return !doubt && !d.Expired && !d.Cancelled && !s.cfg.Words.IsNothing(d.Action.ID)
}

func (s *server) card(made *decisionAnswer, contact, language string) cdsCard {
	said := made.inLanguage(language, s.cfg.Words)
	d := &said
	c := cdsCard{
		UUID: d.DecisionID, Summary: summary(d), Detail: detail(d, language, s.cfg.Words.Language()), Indicator: "info", Source: cdsSource{"attune"}, SelectionBehavior: "at-most-one",
		Suggestions: []cdsSuggestion{{sentence(d.Action.Words), d.DecisionID, true}},
	}
	switch {
	case len(d.RedFlags) > 0:
		c.Indicator = "critical"
	case d.LastResort || len(d.Duties) > 0:
		c.Indicator = "warning"
	}
	for _, code := range declineReasons {
		c.OverrideReasons = append(c.OverrideReasons, cdsCoding{code, overrideSystem, texts[language]["reason_"+code]})
	}
	if contact != "" && s.cfg.PublicURL != "" {
		page := strings.TrimSuffix(s.cfg.PublicURL, "/") + "/contact?" + url.Values{"contact_ref": {contact}}.Encode()
		c.Links = []cdsLink{{texts[language]["contact"], page, "absolute"}}
	}
	return c
}

// summary is what to do and, where there is room, what it is about.
func summary(d *decisionAnswer) string {
	do := sentence(cmp.Or(d.Action.Words, d.Action.ID))
	if len(d.Reasons) > 0 {
		if with := do + " (" + d.Reasons[0].Words + ")"; utf8.RuneCountInString(with) < maxSummary {
			return with
		}
	}
	return shorten(do, maxSummary-1)
}

// shorten cuts a text between two words.
func shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	cut := string(runes[:most-1])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + "…"
}

func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// detail is Markdown: the brief, and what speaks for it. Both are written as the decision is made, in one language; in
// another one stands what the decision's codes say.
func detail(d *decisionAnswer, language, briefs string) string {
	first, more := d.Brief, d.Evidence
	if language != cmp.Or(briefs, "en") {
		first, more = sentence(d.Action.Words)+".", d.inShort(language)
	} else if language != "en" {
		more = nil // what speaks for a decision is told in English
	}
	var b strings.Builder
	b.WriteString(plainMarkdown(first))
	for i, e := range more {
		if i == 0 {
			b.WriteByte('\n')
		}
		b.WriteString("\n- " + plainMarkdown(e))
	}
	return b.String()
}

var markdown = strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>", "#", "\\#", "\n", " ")

// plainMarkdown is a text that Markdown leaves as it is.
func plainMarkdown(text string) string { return markdown.Replace(text) }

// cdsReport writes what became of cards as feedback of a contact is written: a repeat is harmless. A card that was
// dismissed is a decision that was rejected; of one that is not known any more nothing is written.
func (s *server) cdsReport(a *asked) error {
	if _, err := s.cdsHook(a); err != nil {
		return err
	}
	var in cdsFeedback
	if err := a.readCDS(&in); err != nil {
		return err
	}
	if len(in.Feedback) == 0 {
		return badRequest("feedback is a list of what became of cards.")
	}
	var letters []letter
	for _, f := range in.Feedback {
		l, known, err := s.cdsOutcome(f.Card, f.Outcome, f.OverrideReason.Reason.Code)
		if err != nil {
			return err
		}
		if known {
			letters = append(letters, l)
		}
	}
	if len(letters) == 0 {
		return s.missing(notFound("card", "No card of this feedback is known: a card's uuid is the id of a decision, which is kept for desk.retention."))
	}
	if err := s.send(a.Context(), sendTimeout, letters...); err != nil {
		return notWritten(err)
	}
	return a.json(struct{}{})
}

func (s *server) cdsOutcome(card, outcome, code string) (l letter, known bool, err error) {
	f := feedbackCall{DecisionID: card}
	switch outcome {
	case "accepted":
		f.Outcome = outcome
	case "overridden":
		f.Outcome, f.Reason = "rejected", "not_given"
		if schemas.IsName(code) {
			f.Reason = code
		}
	default:
		return l, false, badRequest("outcome of a card is accepted or overridden.")
	}
	var d schemas.NextBestAction
	at, ok, err := s.answers.store.record(key(keyDecision, card), &d)
	if err != nil || !ok {
		return l, false, err
	}
	return s.outcomeOf(&d, at, &f), true, nil
}

// holder is who has an identifier, and whether that is a person to whom it was linked.
func (a *answers) holder(shardOf func(schemas.IdentifierKind, string) (string, string), id *schemas.Identifier) (who string, linked bool, err error) {
	shard, pseudonym := shardOf(id.Kind, id.Value.Reveal())
	who, err = a.owner(shard, pseudonym)
	return who, who != pseudonym, err
}

// owner is who has an identifier, by its shard; its pseudonym where nobody was linked to it.
func (a *answers) owner(shard, pseudonym string) (string, error) {
	v, err := a.store.get(key(keyOwner, shard))
	if err != nil || len(v) <= 4 {
		return pseudonym, err
	}
	return string(v[4:]), nil
}

// newest is the last decision about a person, with the contact that it belongs to; nil where there is none.
func (a *answers) newest(who string) (d *decisionAnswer, contact string, err error) {
	err = a.store.decisions(who, func(e entry) (bool, error) {
		var v schemas.NextBestAction
		at, ok, err := a.store.record(key(keyDecision, e.ID), &v)
		if err == nil && ok {
			answer := a.decision(&v, at)
			d, contact = &answer, v.ContactRef.V
		}
		return !ok, err
	})
	return d, contact, err
}
