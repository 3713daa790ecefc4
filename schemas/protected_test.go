package schemas

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// planted is what must not show, in any of its likely disguises.
const planted = "MRN-77341902"

// leaks lists the forms in which planted shows in the text.
func leaks(text string) []string {
	var found []string
	for _, form := range []string{
		planted,
		fmt.Sprintf("%x", planted), fmt.Sprintf("%X", planted),
		strings.Trim(fmt.Sprint([]byte(planted)), "[]"),
		strings.Trim(fmt.Sprintf("%#v", []byte(planted)), "[]byte{}"),
		"TVJOLTc3MzQxOTAy", // base64
	} {
		if strings.Contains(text, form) {
			found = append(found, form)
		}
	}
	return found
}

type holder struct {
	ID     Protected
	Ref    PersonRef
	Bytes  ProtectedBytes
	Opt    Opt[Protected]
	Nested []Identifier
	ByRef  map[PersonRef]Protected `json:"-"` // encoding/json writes keys of string kinds as they are
}

func plantedHolder() holder {
	return holder{
		ID: planted, Ref: planted, Bytes: ProtectedBytes(planted), Opt: Some[Protected](planted),
		Nested: []Identifier{{Kind: IdentifierKindMrn, Value: planted}}, ByRef: map[PersonRef]Protected{planted: planted},
	}
}

func TestPrintingRedactsWithEveryVerb(t *testing.T) {
	h := plantedHolder()
	values := map[string]any{
		"Protected": h.ID, "PersonRef": h.Ref, "ProtectedBytes": h.Bytes, "Opt": h.Opt, "struct": h, "pointer": &h,
		"slice": []Protected{planted}, "pointer to string": &h.ID, "any": []any{h.ID, h.Ref},
	}
	for name, value := range values {
		for _, verb := range []string{"v", "+v", "#v", "s", "q", "d", "x", "X", "#x", "t", "c", "U", "o", "b", "e", "g", "08d", "-20s", "T"} {
			if found := leaks(fmt.Sprintf("%"+verb, value)); found != nil {
				t.Errorf("%s with %%%s shows it as %q", name, verb, found)
			}
		}
	}
	if found := leaks(fmt.Sprintln(h, &h) + fmt.Sprint(h.ID, h.Ref, h.Bytes)); found != nil {
		t.Errorf("shown as %q", found)
	}
}

func TestErrorsAndPanicsRedact(t *testing.T) {
	h := plantedHolder()
	err := errors.Join(fmt.Errorf("identify %v: %w", h.ID, errors.New("no shard")), fmt.Errorf("%s", h.Ref))
	if found := leaks(err.Error()); found != nil {
		t.Errorf("an error shows it as %q", found)
	}
}

func TestLogsRedact(t *testing.T) {
	h := plantedHolder()
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(handler)
		log.Info("x", "id", h.ID, "ref", h.Ref, "bytes", h.Bytes, "opt", h.Opt, "all", h, "pointer", &h)
		log.With("id", h.ID).WithGroup("g").Info("x", slog.Any("ref", h.Ref), slog.Group("h", "id", h.ID))
	}
	if found := leaks(out.String()); found != nil {
		t.Errorf("a log shows it as %q", found)
	}
}

func TestMarshallingRedacts(t *testing.T) {
	h := plantedHolder()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if found := leaks(string(text)); found != nil {
		t.Errorf("JSON shows it as %q: %s", found, text)
	}
	text, err = xml.Marshal(Identifier{Value: planted})
	if err != nil {
		t.Fatal(err)
	}
	if found := leaks(string(text)); found != nil {
		t.Errorf("XML shows it as %q", found)
	}
}

func TestEveryRecordRedactsItsTaggedFields(t *testing.T) {
	v := exampleTouchpoint()
	v.Identifiers[0].Value = planted
	v.SessionID = Some[Protected](planted)
	v.Body.Web.Page = planted
	id := Identified{PersonRef: planted, Payload: IdentifiedPayload{Kind: IdentifiedPayloadShardMoved,
		ShardMoved: ShardMoved{From: planted, State: ProtectedBytes(planted)}}}
	rejected := RejectedRecord{Key: Some(ProtectedBytes(planted)), Value: Some(ProtectedBytes(planted)),
		Headers: []RecordHeader{{Key: "k", Value: ProtectedBytes(planted)}}}
	for _, value := range []any{v, &v, id, &id, rejected, &rejected} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if found := leaks(fmt.Sprintf("%v %+v %#v %d %x ", value, value, value, value, value) + string(text)); found != nil {
			t.Errorf("%T shows it as %q", value, found)
		}
	}
}

// Conversion is what redaction cannot stop: the value is there for codecs. Reveal is the way that readers can search for.
func TestConversionAndRevealGiveTheValue(t *testing.T) {
	h := plantedHolder()
	if h.ID.Reveal() != planted || string(h.ID) != planted || h.Ref.Reveal() != planted || string(h.Bytes.Reveal()) != planted {
		t.Error("the value is gone")
	}
}
