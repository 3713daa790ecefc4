package inspect

import (
	"testing"
)

func TestTailConcealsWhatIsNoNameInWhatSourcesWrote(t *testing.T) {
	for in, want := range map[string]string{
		`{"queue":"billing/en","reason":"R03"}`:                  `{"queue":"[redacted]","reason":"R03"}`,
		`{"note":"ask \"J\" Doe","reason":"for Jane Doe"}`:       `{"note":"[redacted]","reason":"[redacted]"}`,
		`{"reason":"8812345","dwell_ms":120000}`:                 `{"reason":"[redacted]","dwell_ms":120000}`,
		`{"event_id":"web/8812345","page":"[redacted]"}`:         `{"event_id":"web/8812345","page":"[redacted]"}`,
		`{"event_id":"mailto:j@x.example","agent":null}`:         `{"event_id":"[redacted]","agent":null}`,
		`{"body":{"Web":{"page":"a\\","event":"exit"}},"x":[1]}`: `{"body":{"Web":{"page":"[redacted]","event":"exit"}},"x":[1]}`,
		`{"occurred_at":"2026-03-02T14:00:00.123Z"}`:             `{"occurred_at":"2026-03-02T14:00:00.123Z"}`,
	} {
		if got := string(conceal([]byte(in))); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
