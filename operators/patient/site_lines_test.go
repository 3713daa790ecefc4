package patient

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

func (s *siteScript) lines(input string, then func()) {
	s.tb.Helper()
	for line := range strings.Lines(input) {
		s.line(strings.Fields(line))
		then()
	}
}

// line is what a source writes after a time, mostly a touchpoint:
//
//	+40s web form_error who=cookie:c1,mrn:m1 page=refill/form reason=R03
//	+1m  link cookie:c1 mrn:m1          and so unlink and merge
//	+1m  link phone:p1 mrn:m1 relation=parent may_know=all
//	+0s  consent granted who=phone:p1
//	+0s  outcome accepted of=P1
//	+0s  bytes 0a0b                     hex, "tombstone" or "empty", in the web topic
//
// An id is e1, e2, ... by the number of the line, or what id= says; in= is the partition.
func (s *siteScript) line(f []string) {
	s.tb.Helper()
	s.n++
	s.at += s.duration(f[0])
	arg := map[string]string{"id": fmt.Sprint("e", s.n)}
	for _, a := range f[3:] {
		k, v, _ := strings.Cut(a, "=")
		arg[k] = v
	}
	who := s.identifiers(arg["who"])
	switch f[1] {
	case "link", "unlink", "merge":
		s.relate(schemas.IdentityLink{EventID: arg["id"], OccurredAt: s.at, Op: eventNamed[schemas.LinkOp](s.tb, f[1]), Identifier: s.identifier(f[2]),
			Subject: s.identifier(f[3]), Source: "test", Relation: arg["relation"], MayKnow: arg["may_know"]})
	case "consent":
		s.consent(arg["id"], s.at, who...)
	case "outcome":
		s.outcome(arg["id"], s.at, s.refNamed(arg["of"]))
	case "bytes":
		s.bytes(f[2])
	default:
		s.touchpoint(f[1], f[2], arg, who)
	}
}

func (s *siteScript) duration(text string) schemas.Millis {
	s.tb.Helper()
	d, err := time.ParseDuration(strings.TrimPrefix(text, "+"))
	if err != nil {
		s.tb.Fatal(err)
	}
	return schemas.Millis(d.Milliseconds())
}

func (s *siteScript) identifiers(list string) (ids []schemas.Identifier) {
	s.tb.Helper()
	for text := range strings.SplitSeq(list, ",") {
		if text != "" {
			ids = append(ids, s.identifier(text))
		}
	}
	return ids
}

func (s *siteScript) bytes(text string) {
	s.tb.Helper()
	var value []byte
	switch text {
	case "tombstone":
	case "empty":
		value = []byte{}
	default:
		var err error
		if value, err = hex.DecodeString(text); err != nil {
			s.tb.Fatal(err)
		}
	}
	s.produce(s.topic(schemas.ChannelWeb), 0, nil, value)
}

// touchpoint writes one, with the mistakes that arg asks for: at=date, channel=, body=, cut=n or pad=n
// bytes at the end, schema=id.
func (s *siteScript) touchpoint(channel, event string, arg map[string]string, who []schemas.Identifier) {
	s.tb.Helper()
	at := s.at
	if date, ok := arg["at"]; ok {
		day, err := time.Parse("2006-01-02", date)
		if err != nil {
			s.tb.Fatal(err)
		}
		at = schemas.Millis(day.UnixMilli())
	}
	t := s.composed(channel, event, at, arg)
	t.EventID, t.Identifiers = long(arg["id"]), who
	for _, name := range []string{"contact", "language", "session"} {
		if v, ok := arg[name]; ok {
			setOptional(&t, name, v)
		}
	}
	if contact, ok := arg["contact"]; ok {
		s.identifier("contact:" + contact)
	}
	topic := s.topic(t.Channel)
	s.spoil(&t, arg)
	schema := s.config.Emit.Schemas.Touchpoint
	if _, ok := arg["schema"]; ok {
		schema = int32(s.number(arg["schema"]))
	}
	value := t.AppendAvro(emit.AppendFrame(nil, schema))
	value = append(value[:len(value)-s.number(arg["cut"])], make([]byte, s.number(arg["pad"]))...)
	headers := []pipeline.Header{{Key: "ce_id", Value: []byte(t.EventID)}}
	if arg["clock"] != "broker" {
		headers = append(headers, pipeline.Header{Key: "attune_clock", Value: []byte("log")})
	}
	s.produce(topic, int32(s.number(arg["in"])), []byte("key"), value, headers...)
}

func (s *siteScript) number(text string) (n int) {
	s.tb.Helper()
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		s.tb.Fatal(err)
	}
	return n
}

// long makes so many letters of "long300".
func long(text string) string {
	if n, err := strconv.Atoi(strings.TrimPrefix(text, "long")); err == nil && strings.HasPrefix(text, "long") {
		return strings.Repeat("x", n)
	}
	return text
}

// composed is a touchpoint of a channel with its body.
func (s *siteScript) composed(channel, event string, at schemas.Millis, arg map[string]string) (t schemas.Touchpoint) {
	s.tb.Helper()
	switch channel {
	case "web":
		t = webStep("", at, eventNamed[schemas.WebEvent](s.tb, event), long(arg["page"]), arg["reason"])
		if n, ok := arg["results"]; ok {
			t.Body.Web.Results = int32(s.number(n))
		}
	case "app":
		t = appStep("", at, eventNamed[schemas.AppEvent](s.tb, event), arg["page"], arg["reason"])
		if v, ok := arg["message"]; ok {
			t.Body.App.MessageID = schemas.Some(v)
		}
	case "call":
		t = callStep("", at, eventNamed[schemas.CallEvent](s.tb, event), "")
		t.ContactID = schemas.Opt[string]{}
		t.Body.Call.Reason, t.Body.Call.Answered, t.Body.Call.Phantom = arg["reason"], arg["answered"] == "yes", arg["phantom"] == "yes"
		t.Body.Call.Relation = arg["relation"]
	case "ehr":
		t = ehrStep("", at, eventNamed[schemas.EhrEvent](s.tb, event), arg["reason"])
		t.Body.Ehr.Code = schemas.Protected(arg["code"])
	default:
		s.tb.Fatalf("no channel %q", channel)
	}
	return t
}

func setOptional(t *schemas.Touchpoint, name, v string) {
	switch name {
	case "contact":
		t.ContactID = schemas.Some(v)
	case "language":
		t.Language = schemas.Some(v)
	case "session":
		t.SessionID = schemas.Some(schemas.Protected(v))
	}
}

// spoil makes the touchpoint say that it is of another channel, or have another's body.
func (s *siteScript) spoil(t *schemas.Touchpoint, arg map[string]string) {
	if channel, ok := arg["channel"]; ok {
		t.Channel = eventNamed[schemas.Channel](s.tb, channel)
	}
	if body, ok := arg["body"]; ok {
		t.Body.Kind = eventNamed[schemas.Channel](s.tb, body).Spec().Body
	}
}
