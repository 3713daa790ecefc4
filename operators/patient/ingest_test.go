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
	shard, _ := s.keys.Of(schemas.IdentifierKindMrn, "planted-mrn")
	if len(got) != 1 || got[0].Shard != string(identify.AppendShard(nil, shard)) || got[0].Epoch != 0 {
		t.Error("the touchpoint is not of its record number's shard")
	}
}

// TestCallIdThatTellsWhoCalledIsConcealed: by one id from the first step to a disposition that names the
// record number alone.
func TestCallIdThatTellsWhoCalledIsConcealed(t *testing.T) {
	s := newSite(t)
	const id = "PJSIP/+12065550107-2a"
	s.touch(callStep("e1", t0, schemas.CallEventQueued, id, phone("(206) 555-0107"), mrn("m1")), 0)
	s.touch(callStep("e2", t0+schemas.Minute, schemas.CallEventDisposition, id, mrn("m1")), 0)
	s.touch(callStep("e3", t0+schemas.Minute, schemas.CallEventQueued, "1764424800.17", phone("(206) 555-0107")), 0)
	s.quiet()
	got := s.identified()
	if len(got) != 3 {
		t.Fatalf("%d records", len(got))
	}
	first, second, third := got[0].Payload.Touchpoint.ContactID.V, got[1].Payload.Touchpoint.ContactID.V, got[2].Payload.Touchpoint.ContactID.V
	if !strings.HasPrefix(first, "concealed-") || first != second || third != "1764424800.17" {
		t.Errorf("contacts %q, %q, %q", first, second, third)
	}
}

// An event id that tells who it is about is replaced by one that a duplicate has as well.
func TestEventIDThatTellsWhoItIsAboutIsConcealed(t *testing.T) {
	s := newSite(t)
	for _, id := range []string{"sip/2063418107.queued", "sip/2063418107.queued", "queued-1764424800.17"} {
		s.touch(callStep(id, t0, schemas.CallEventQueued, "c", schemas.Identifier{Kind: schemas.IdentifierKindPhone, Value: "+1 (206) 341-8107"}), 0)
	}
	s.quiet()
	got := s.identified()
	if len(got) != 3 {
		t.Fatalf("%d records", len(got))
	}
	first, second, third := got[0].Payload.Touchpoint.EventID, got[1].Payload.Touchpoint.EventID, got[2].Payload.Touchpoint.EventID
	if !strings.HasPrefix(first, "concealed-") || first != second || third != "queued-1764424800.17" {
		t.Errorf("event ids %q, %q, %q", first, second, third)
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
