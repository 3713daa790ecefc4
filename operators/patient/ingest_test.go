package patient

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// identified returns what INGEST has sent on, in order.
func (s *site) identified() (list []schemas.Identified) {
	s.tb.Helper()
	for _, r := range s.all(s.config.Emit.Topics.Identified) {
		var v schemas.Identified
		if err := schemas.DecodeWhole(&v, r.Value[emit.FrameSize:]); err != nil {
			s.tb.Fatal(err)
		}
		if string(r.Key) != v.PersonRef.Reveal() {
			s.tb.Fatal("a record is not keyed by its person_ref")
		}
		list = append(list, v.Clone())
	}
	return list
}

func TestIngestRejects(t *testing.T) {
	good := func() schemas.Touchpoint {
		return webStep("e1", t0, schemas.WebEventPageView, "home", "R03", cookie("c1"))
	}
	for name, c := range map[string]struct {
		change func(*schemas.Touchpoint)
		reason string
	}{
		"nothing wrong":         {func(*schemas.Touchpoint) {}, ""},
		"no event id":           {func(v *schemas.Touchpoint) { v.EventID = "" }, emit.ReasonMissingEventID},
		"event id too long":     {func(v *schemas.Touchpoint) { v.EventID = strings.Repeat("x", 600) }, emit.ReasonTooLarge},
		"event id in Latin-1":   {func(v *schemas.Touchpoint) { v.EventID = "Stra\xdfe/1" }, emit.ReasonUndecodable},
		"contact id in Latin-1": {func(v *schemas.Touchpoint) { v.ContactID = schemas.Some("caf\xe9-0042") }, emit.ReasonUndecodable},
		"contact id too long":   {func(v *schemas.Touchpoint) { v.ContactID = schemas.Some(strings.Repeat("k", 600)) }, emit.ReasonTooLarge},
		"contact id in UTF-8":   {func(v *schemas.Touchpoint) { v.ContactID = schemas.Some("café-0042") }, ""},
		"1970":                  {func(v *schemas.Touchpoint) { v.OccurredAt = 0 }, emit.ReasonAbsurdTime},
		"a year ahead":          {func(v *schemas.Touchpoint) { v.OccurredAt += 366 * schemas.Day }, emit.ReasonAbsurdTime},
		"a minute ahead":        {func(v *schemas.Touchpoint) { v.OccurredAt += schemas.Minute }, ""},
		"channel of another":    {func(v *schemas.Touchpoint) { v.Channel = schemas.ChannelApp }, emit.ReasonUnknownChannel},
		"channel unknown":       {func(v *schemas.Touchpoint) { v.Channel = schemas.ChannelUnknown }, emit.ReasonUnknownChannel},
		"body of another":       {func(v *schemas.Touchpoint) { v.Body.Kind = schemas.TouchpointBodyCall }, emit.ReasonWrongType},
		"reason unknown":        {func(v *schemas.Touchpoint) { v.Body.Web.Reason = "R99" }, emit.ReasonUnknownReason},
		"no reason":             {func(v *schemas.Touchpoint) { v.Body.Web.Reason = "" }, ""},
		"no identifier":         {func(v *schemas.Touchpoint) { v.Identifiers = nil }, emit.ReasonMissingIdentifier},
		"identifier empty":      {func(v *schemas.Touchpoint) { v.Identifiers[0].Value = "" }, emit.ReasonAbsurdIdentifier},
		"identifier NULL":       {func(v *schemas.Touchpoint) { v.Identifiers[0].Value = "NULL" }, emit.ReasonAbsurdIdentifier},
		"identifier 00000":      {func(v *schemas.Touchpoint) { v.Identifiers[0].Value = "00000" }, emit.ReasonAbsurdIdentifier},
		"identifier too long":   {func(v *schemas.Touchpoint) { v.Identifiers[0].Value = schemas.Protected(strings.Repeat("y", 300)) }, emit.ReasonAbsurdIdentifier},
		"kind unknown":          {func(v *schemas.Touchpoint) { v.Identifiers[0].Kind = schemas.IdentifierKindUnknown }, emit.ReasonAbsurdIdentifier},
		"one good of two":       {func(v *schemas.Touchpoint) { v.Identifiers = append(v.Identifiers, mrn("0")) }, ""},
		"nobody but a contact":  {func(v *schemas.Touchpoint) { v.Identifiers, v.ContactID = nil, schemas.Some("call-1") }, ""},
		"page larger than fits": {func(v *schemas.Touchpoint) { v.Body.Web.Page = schemas.Protected(strings.Repeat("z", 300<<10)) }, emit.ReasonTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			v := good()
			c.change(&v)
			value := v.AppendAvro(emit.AppendFrame(nil, 1))
			s.produce(s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], 1, []byte("key"), value, pipeline.Header{Key: "ce_id", Value: []byte("e1")})
			s.quiet()
			if got := len(s.identified()); got != map[bool]int{true: 1, false: 0}[c.reason == ""] {
				t.Fatalf("sent on: %d records", got)
			}
			for _, list := range s.rejected(s.config.Emit.Topics.Rejected) {
				r := list[0]
				if r.Reason != c.reason || r.Topic != s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb] || r.Partition != 1 || r.Offset != 0 {
					t.Errorf("got %s at %s/%d offset %d, want %s", r.Reason, r.Topic, r.Partition, r.Offset, c.reason)
				}
				if !bytes.Equal(r.Value.V, value) || string(r.Key.V) != "key" || len(r.Headers) != 1 || r.Headers[0].Key != "ce_id" {
					t.Error("the record is not there whole")
				}
				if strings.Contains(r.Detail, "c1") {
					t.Errorf("the detail shows a value: %s", r.Detail)
				}
			}
		})
	}
}

func TestIngestRejectsBytesThatAreNoTouchpoint(t *testing.T) {
	v := webStep("e1", t0, schemas.WebEventPageView, "home", "", cookie("c1"))
	good := v.AppendAvro(emit.AppendFrame(nil, 1))
	for reason, values := range map[string][][]byte{
		emit.ReasonUndecodable:   {{}, {0, 0}, {1, 0, 0, 0, 1}, good[:len(good)-3], append(bytes.Clone(good), 0), emit.AppendFrame(nil, 1)},
		emit.ReasonUnknownSchema: {emit.AppendFrame(nil, 77)},
		emit.ReasonTombstone:     {nil},
	} {
		for i, value := range values {
			s := newSite(t)
			s.produce(s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], 0, nil, value)
			s.touch(v, 0)
			s.quiet()
			if n := len(s.identified()); n != 1 {
				t.Errorf("%s %d: the record after it: %d sent on, want 1", reason, i, n)
			}
			if got := s.rejected(s.config.Emit.Topics.Rejected)[""]; len(got) != 1 || got[0].Reason != reason {
				t.Errorf("%s %d: got %d rejected", reason, i, len(got))
			}
		}
	}
}

func TestRecordTooLargeForTheRejectedTopicLeavesPointerHashAndPrefix(t *testing.T) {
	s := newSite(t)
	value := bytes.Repeat([]byte("q"), 2<<20)
	s.produce(s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], 1, nil, value)
	s.quiet()
	got := s.rejected(s.config.Emit.Topics.Rejected)[""]
	sum := sha256.Sum256(value)
	if len(got) != 1 || got[0].Reason != emit.ReasonTooLarge || got[0].Size != int64(len(value)) || len(got[0].Value.V) != emit.PrefixBytes || !bytes.Equal(got[0].Sha256.V, sum[:]) || got[0].Partition != 1 {
		t.Errorf("got %d records", len(got))
	}
}

func TestIngestTakesOffIdentifiers(t *testing.T) {
	s := newSite(t)
	v := webStep("e1", t0, schemas.WebEventPageView, "home", "", cookie("planted-cookie"), mrn("planted-mrn"))
	v.SessionID = schemas.Some(schemas.Protected("planted-session"))
	s.touch(v, 0)
	s.quiet()
	for _, topic := range []string{s.config.Emit.Topics.Identified, s.config.Emit.Topics.Personas, s.config.Emit.Topics.Identity} {
		for _, r := range s.all(topic) {
			if bytes.Contains(r.Value, []byte("planted")) || bytes.Contains(r.Key, []byte("planted")) {
				t.Errorf("%s holds an identifier", topic)
			}
		}
	}
	got := s.identified()
	shard, _ := identify.NewPseudonyms(&s.config.Identify).Of(schemas.IdentifierKindMrn, "planted-mrn")
	if len(got) != 1 || got[0].Shard != string(identify.AppendShard(nil, shard)) || got[0].Epoch != 0 {
		t.Error("the touchpoint is not of its record number's shard")
	}
}

func TestIdentifiersOfTwoPersonsConflict(t *testing.T) {
	s := newSite(t)
	s.link(schemas.LinkOpLink, "l1", t0, cookie("c1"), mrn("m1"))
	s.link(schemas.LinkOpLink, "l2", t0, phone("p2"), mrn("m2"))
	s.link(schemas.LinkOpLink, "l3", t0, cookie("c3"), mrn("m1"))
	s.link(schemas.LinkOpUnlink, "l4", t0, cookie("c3"), mrn("m1"))
	s.quiet()
	for i, ids := range [][]schemas.Identifier{
		{mrn("m1"), cookie("c1")},     // the same person
		{mrn("m1"), phone("p2")},      // another's phone
		{mrn("m1"), cookie("new")},    // nobody's yet
		{cookie("new"), phone("new")}, // nobody's at all
		{mrn("m1"), cookie("c3")},     // unlinked: nobody's again
	} {
		s.touch(webStep(fmt.Sprint("e", i), t0, schemas.WebEventPageView, "home", "", ids...), 0)
	}
	s.quiet()
	conflicts := map[string]bool{}
	for _, v := range s.identified() {
		if v.Payload.Kind == schemas.IdentifiedPayloadTouchpoint {
			conflicts[v.Payload.Touchpoint.EventID] = v.IdentityConflict
		}
	}
	for i, want := range []bool{false, true, false, false, false} {
		if got := conflicts[fmt.Sprint("e", i)]; got != want {
			t.Errorf("case %d: got conflict %v, want %v", i, got, want)
		}
	}
}

func TestAnotherSchemaIsResolved(t *testing.T) {
	failing := errors.New("registry is away")
	for name, c := range map[string]struct {
		err    error
		reason string
		stops  bool
	}{
		"resolved":   {nil, "", false},
		"wrong type": {&schemas.RecordError{Code: schemas.RejectWrongType}, emit.ReasonWrongType, false},
		"unknown":    {fmt.Errorf("ask: %w", &schemas.RecordError{Code: schemas.RejectUnknownSchema}), emit.ReasonUnknownSchema, false},
		"registry":   {failing, "", true},
	} {
		config := testConfig()
		v := webStep("e1", t0, schemas.WebEventPageView, "home", "", cookie("c1"))
		config.Identify.Resolve = func(_ []byte, into schemas.Record) error {
			if c.err == nil {
				*into.(*schemas.Touchpoint) = v.Clone()
			}
			return c.err
		}
		var out schemas.Touchpoint
		p, err := identify.DecodeFramed(config.Identify.Resolve, 1, emit.AppendFrame(nil, 9), &out)
		if (err != nil) != c.stops || p.Reason != c.reason || c.stops && !errors.Is(err, failing) {
			t.Errorf("%s: got problem %q and error %v", name, p.Reason, err)
		}
		if c.err == nil && out.EventID != "e1" {
			t.Errorf("%s: the touchpoint was not read", name)
		}
	}
}

// A log is judged by itself: its times lie years behind the broker's, and one that leaps ahead of
// them moves no watermark.
func TestTimesOfARecordedLogAreJudgedByTheLog(t *testing.T) {
	s := newSite(t)
	then := schemas.Millis(915_148_800_000) // 1999
	s.touch(webStep("e1", then, schemas.WebEventPageView, "home", "", cookie("c1")), 0)
	s.touch(webStep("e2", then+400*schemas.Day, schemas.WebEventPageView, "home", "", cookie("c1")), 0)
	s.touch(webStep("e3", then+40*schemas.Day, schemas.WebEventPageView, "home", "", cookie("c1")), 0)
	s.quiet()
	rejected := s.rejected(s.config.Emit.Topics.Rejected)
	if len(rejected) != 1 || len(rejected["e2"]) != 1 || rejected["e2"][0].Reason != emit.ReasonAbsurdTime {
		t.Errorf("got %d rejected, want the second alone", len(rejected))
	}
	for _, task := range s.tasks {
		if task.source == (pipeline.TopicPartition{Topic: s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb]}) {
			if got, want := task.task.SourceWatermark(), pipeline.Time(then+40*schemas.Day)-5000; got != want {
				t.Errorf("watermark: got %d, want %d", got, want)
			}
		}
	}
}

func FuzzIngest(f *testing.F) {
	v := webStep("e1", t0, schemas.WebEventPageView, "home", "R03", cookie("c1"), mrn("m1"))
	f.Add(v.AppendAvro(emit.AppendFrame(nil, 1)))
	f.Add([]byte{0, 0, 0, 0, 1, 2})
	f.Fuzz(func(t *testing.T, value []byte) {
		s := newSite(t)
		s.produce(s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], 0, nil, value)
		s.quiet()
		if n := len(s.identified()) + len(s.all(s.config.Emit.Topics.Rejected)); n != 1 {
			t.Errorf("got %d fates, want one", n)
		}
	})
}
