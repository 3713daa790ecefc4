package inspect

import (
	"testing"

	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/schemas"
)

// finder finds the identifiers of a record in its references.
func finder(record string) func(string) bool {
	c := identify.Config{IdentifierOrder: []schemas.IdentifierKind{schemas.IdentifierKindMrn, schemas.IdentifierKindPhone}, PhoneRegion: "US"}
	c.SetDefaults()
	f, ids := identify.NewFinder(&c), identifiersIn([]byte(record))
	return func(reference string) bool { return f.Holds(ids, reference) }
}

func TestTailConcealsWhatIsNoNameInWhatSourcesWrote(t *testing.T) {
	for in, want := range map[string]string{
		`{"queue":"billing/en","reason":"R03"}`:                                                      `{"queue":"[redacted]","reason":"R03"}`,
		`{"note":"ask \"J\" Doe","reason":"for Jane Doe"}`:                                           `{"note":"[redacted]","reason":"[redacted]"}`,
		`{"reason":"8812345","dwell_ms":120000}`:                                                     `{"reason":"[redacted]","dwell_ms":120000}`,
		`{"event_id":"web/8812345","page":"[redacted]"}`:                                             `{"event_id":"web/8812345","page":"[redacted]"}`,
		`{"event_id":"mailto:j@x.example","agent":null}`:                                             `{"event_id":"[redacted]","agent":null}`,
		`{"body":{"Web":{"page":"a\\","event":"exit"}},"x":[1]}`:                                     `{"body":{"Web":{"page":"[redacted]","event":"exit"}},"x":[1]}`,
		`{"occurred_at":"2026-03-02T14:00:00.123Z"}`:                                                 `{"occurred_at":"2026-03-02T14:00:00.123Z"}`,
		`{"event_id":"call-5550109876-1","identifiers":[{"kind":"phone","value":"+15550109876"}]}`:   `{"event_id":"[redacted]","identifiers":[{"kind":"phone","value":"[redacted]"}]}`,
		`{"event_id":"call-17","subject":{"kind":"mrn","value":"8812345"},"contact_id":"c/8812345"}`: `{"event_id":"call-17","subject":{"kind":"mrn","value":"[redacted]"},"contact_id":"[redacted]"}`,
	} {
		if got := string(conceal([]byte(in), finder(in))); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
