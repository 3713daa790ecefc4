package desk

import (
	_ "embed"
	"encoding/base64"
	"io"
	"log"
	"slices"
	"strconv"
	"strings"
)

//go:embed openapi.json
var openAPI []byte

// silent drops what net/http tells: lines about a connection have its address.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }

func (s *server) openAPI(a *asked) error {
	a.w.Header().Set("Content-Type", "application/json")
	_, err := a.w.Write(openAPI)
	return err
}

var noContact = notFound("contact", "Nothing has been heard of this contact. Check that contact_ref is the contact_id that your system writes to touchpoints.call; a call that has just begun may take a moment.")

// missing is that something is not known, which a desk that is behind cannot say.
func (s *server) missing(err error) error {
	if s.desk.Behind().Current {
		return err
	}
	return unavailable("behind", "The desk is behind, and does not know it yet.", "Ask again in a second, or another desk; /v1/health says how far behind it is.", nil)
}

func (s *server) contact(a *asked) error {
	ref, err := a.ref("contact_ref")
	if err != nil {
		return err
	}
	v, err := s.answers.contact(ref, s.desk.Behind())
	if err != nil {
		return err
	}
	if v == nil {
		return s.missing(noContact)
	}
	if err := a.seesContact(v); err != nil {
		return err
	}
	if err := s.audit(a, "contact", ref, v.PersonRef); err != nil {
		return err
	}
	return a.json(v)
}

var noPerson = notFound("person", "Nothing is known of this person_ref. It may have become part of another when a link told who it is.")

func (s *server) person(a *asked) error {
	ref, err := a.ref("person_ref")
	if err != nil {
		return err
	}
	v, err := s.answers.person(ref, s.desk.Behind())
	if err != nil {
		return err
	}
	if v == nil {
		return s.missing(noPerson)
	}
	if err := s.seesPerson(a, ref); err != nil {
		return err
	}
	if err := s.audit(a, "persona", "", ref); err != nil {
		return err
	}
	return a.json(v)
}

func (s *server) journey(a *asked) error {
	ref, err := a.ref("person_ref")
	if err != nil {
		return err
	}
	limit := pageSteps
	if text := a.URL.Query().Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > pageSteps {
			return badRequest("limit is 1 to " + strconv.Itoa(pageSteps) + ".")
		}
	}
	before, err := base64.RawURLEncoding.DecodeString(a.URL.Query().Get("before"))
	if err != nil {
		return badRequest("before is what an earlier page gave as next.")
	}
	v, err := s.answers.journey(ref, string(before), limit, s.desk.Behind())
	if err != nil {
		return err
	}
	if v == nil {
		return s.missing(noPerson)
	}
	if err := s.seesPerson(a, ref); err != nil {
		return err
	}
	if err := s.audit(a, "journey", "", ref); err != nil {
		return err
	}
	v.Next = base64.RawURLEncoding.EncodeToString([]byte(v.Next))
	return a.json(v)
}

func (s *server) receipt(a *asked) error {
	ref, err := a.ref("person_ref")
	if err != nil {
		return err
	}
	id, err := a.ref("id")
	if err != nil {
		return err
	}
	v, err := s.answers.receipt(ref, id, s.desk.Behind())
	if err != nil {
		return err
	}
	if v == nil {
		return s.missing(notFound("decision", "This person has no decision of this id, or it is older than desk.retention. ClickHouse may have it: attune explain."))
	}
	if err := s.seesPerson(a, ref); err != nil {
		return err
	}
	if err := s.audit(a, "decision", "", ref); err != nil {
		return err
	}
	return a.json(v)
}

// healthAnswer is how the desk itself is.
type healthAnswer struct {
	Desk     Behind       `json:"desk"`
	Streams  int          `json:"streams"`
	Instance string       `json:"instance"`
	Version  string       `json:"version"`
	Webhooks []hookAnswer `json:"webhooks"`
	Measures []Measure    `json:"measures"`
}

// States of a measure.
const (
	MeasureOK   = "ok"
	MeasureWarn = "warn"
	MeasureBad  = "bad"
)

// Measure is one figure of the process that the desk is part of.
type Measure struct {
	// Group is lost, time, lag, restore, rejected or late; Name says what it is, and Detail of which topic, or why.
	Group  string  `json:"group"`
	Name   string  `json:"name"`
	Detail string  `json:"detail"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	// State is ok, warn or bad.
	State string `json:"state"`
}

func (s *server) health(a *asked) error {
	s.streams.mu.Lock()
	open := s.streams.open
	s.streams.mu.Unlock()
	out := healthAnswer{Desk: s.desk.Behind(), Streams: open, Instance: s.cfg.Instance, Version: s.cfg.Version, Measures: []Measure{}}
	var err error
	if out.Webhooks, err = s.hooksNow(); err != nil {
		return err
	}
	if s.cfg.Measures != nil {
		if out.Measures, err = s.cfg.Measures(); err != nil {
			return err
		}
	}
	return a.json(out)
}

// live answers once, or as a stream where the client asks for one.
func (s *server) live(a *asked) error {
	if strings.Contains(a.Header.Get("Accept"), "text/event-stream") {
		return s.liveEvents(a)
	}
	v, err := s.room()
	if err != nil {
		return err
	}
	v = v.of(a.caller)
	if err := s.audit(a, "live", "", v.persons()...); err != nil {
		return err
	}
	return a.json(v)
}

// of is what a caller sees of the room.
func (l *liveAnswer) of(c *caller) *liveAnswer {
	if c.seesAll() {
		return l
	}
	seen := *l
	seen.Queues = slices.DeleteFunc(slices.Clone(l.Queues), func(q queueAnswer) bool { return !c.sees(q.Queue) })
	return &seen
}

func (l *liveAnswer) persons() []string {
	seen := map[string]bool{}
	var out []string
	for i := range l.Queues {
		for j := range l.Queues[i].Calls {
			if ref := l.Queues[i].Calls[j].PersonRef; !seen[ref] {
				seen[ref] = true
				out = append(out, ref)
			}
		}
	}
	return out
}
