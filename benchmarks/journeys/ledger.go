package journeys

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/attune-health/attune/schemas"
)

// Entry is one line of a ledger: what was produced, in the terms in which it is
// counted. It holds no identifier of a patient.
type Entry struct {
	// Event id; empty for raw bytes.
	ID    string `json:"id"`
	Topic string `json:"topic"`
	// Touchpoint, link, consent or raw.
	Kind string `json:"kind"`
	// Arrival, simulated clock, Unix milliseconds.
	At int64 `json:"at"`
	// Event time, Unix milliseconds.
	Occurred int64 `json:"occurred"`
	// Channel of the touchpoint.
	Channel string `json:"channel"`
	// Event of the touchpoint body.
	Event string `json:"event"`
	// 0 is the first delivery.
	Copy int `json:"copy"`
	// Why the pipeline must reject it.
	Bad string `json:"bad,omitempty"`
	// Size of the value, as hashed.
	Bytes int `json:"bytes"`
	// First 16 hex digits of the value's SHA-256.
	SHA string `json:"sha"`
	// First 8 hex digits of the key's SHA-256.
	Key string `json:"key,omitempty"`
	// Reason of the body.
	Reason string `json:"reason"`
	// Priority of the call.
	Priority int32 `json:"priority"`
	// The contact center's own id.
	Contact string `json:"contact"`
	// Known at the disposition, like the following.
	Queued    bool  `json:"queued"`
	Abandoned bool  `json:"abandoned"`
	Answered  bool  `json:"answered"`
	WaitMs    int64 `json:"wait_ms"`
	TalkMs    int64 `json:"talk_ms"`
	// What the best predictor says, at the disposition.
	Best string `json:"best,omitempty"`
	// The probability that it is right.
	P float64 `json:"p,omitempty"`
}

// Disposition says whether the entry ends a contact.
func (e *Entry) Disposition() bool {
	return e.Kind == kindNames[KindTouchpoint] && e.Channel == "call" && e.Event == "disposition"
}

var kindNames = [...]string{KindTouchpoint: "touchpoint", KindLink: "link", KindConsent: "consent", KindRaw: "raw"}

// EntryOf describes an event whose value was produced as these bytes.
func EntryOf(e *Event, value []byte) Entry {
	x := Entry{}
	switch e.Kind {
	case KindTouchpoint:
		x = TouchpointEntry(e.Touchpoint)
	case KindLink:
		x.ID, x.Occurred = e.Link.EventID, int64(e.Link.OccurredAt)
	case KindConsent:
		x.ID, x.Occurred = e.Consent.EventID, int64(e.Consent.OccurredAt)
	}
	x.Topic, x.Kind, x.At = e.Topic, kindNames[e.Kind], int64(e.At)
	x.Copy, x.Bad, x.Best, x.P = e.Truth.Copy, string(e.Truth.Bad), e.Truth.Best, e.Truth.P
	x.Seal(e.Key, value)
	return x
}

// TouchpointEntry describes a touchpoint; Topic, At, Copy and Bad are left to
// the caller.
func TouchpointEntry(t *schemas.Touchpoint) Entry {
	x := Entry{ID: t.EventID, Kind: kindNames[KindTouchpoint], Channel: t.Channel.String(), Occurred: int64(t.OccurredAt), Contact: t.ContactID.V}
	switch t.Body.Kind {
	case schemas.TouchpointBodyWeb:
		x.Event, x.Reason = t.Body.Web.Event.String(), t.Body.Web.Reason
	case schemas.TouchpointBodyApp:
		x.Event, x.Reason = t.Body.App.Event.String(), t.Body.App.Reason
	case schemas.TouchpointBodyCall:
		c := &t.Body.Call
		x.Event, x.Reason, x.Priority = c.Event.String(), c.Reason, c.Priority
		x.Queued, x.Abandoned, x.Answered = c.Queued, c.Abandoned, c.Answered
		x.WaitMs, x.TalkMs = c.WaitMs, c.TalkMs
	case schemas.TouchpointBodyEhr:
		x.Event, x.Reason = t.Body.Ehr.Event.String(), t.Body.Ehr.Reason
	}
	return x
}

// Seal notes size and hash of a record as produced.
func (e *Entry) Seal(key, value []byte) {
	sum := sha256.Sum256(value)
	e.Bytes, e.SHA = len(value), hex.EncodeToString(sum[:8])
	if e.Key = ""; key != nil {
		sum = sha256.Sum256(key)
		e.Key = hex.EncodeToString(sum[:4])
	}
}

// Ledger writes down what was produced, one JSON object a line, so that somebody
// who trusts neither the simulator nor the pipeline can count again.
type Ledger struct {
	w   *bufio.Writer
	buf []byte
}

// NewLedger makes a ledger that writes to w. The caller closes w, after Flush.
func NewLedger(w io.Writer) *Ledger { return &Ledger{w: bufio.NewWriterSize(w, 1<<16)} }

// Append writes one entry.
func (l *Ledger) Append(e *Entry) error {
	l.buf = append(e.append(l.buf[:0]), '\n')
	if _, err := l.w.Write(l.buf); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

// Flush hands everything to the underlying writer.
func (l *Ledger) Flush() error {
	if err := l.w.Flush(); err != nil {
		return fmt.Errorf("flush ledger: %w", err)
	}
	return nil
}

// append writes the entry as encoding/json would, several times as fast.
func (e *Entry) append(b []byte) []byte {
	b = appendText(b, `{"id":`, e.ID)
	b = appendText(b, `,"topic":`, e.Topic)
	b = appendText(b, `,"kind":`, e.Kind)
	b = strconv.AppendInt(append(b, `,"at":`...), e.At, 10)
	b = strconv.AppendInt(append(b, `,"occurred":`...), e.Occurred, 10)
	b = appendText(b, `,"channel":`, e.Channel)
	b = appendText(b, `,"event":`, e.Event)
	b = strconv.AppendInt(append(b, `,"copy":`...), int64(e.Copy), 10)
	b = appendUnlessEmpty(b, `,"bad":`, e.Bad)
	b = strconv.AppendInt(append(b, `,"bytes":`...), int64(e.Bytes), 10)
	b = appendText(b, `,"sha":`, e.SHA)
	b = appendUnlessEmpty(b, `,"key":`, e.Key)
	b = appendText(b, `,"reason":`, e.Reason)
	b = strconv.AppendInt(append(b, `,"priority":`...), int64(e.Priority), 10)
	b = appendText(b, `,"contact":`, e.Contact)
	b = strconv.AppendBool(append(b, `,"queued":`...), e.Queued)
	b = strconv.AppendBool(append(b, `,"abandoned":`...), e.Abandoned)
	b = strconv.AppendBool(append(b, `,"answered":`...), e.Answered)
	b = strconv.AppendInt(append(b, `,"wait_ms":`...), e.WaitMs, 10)
	b = strconv.AppendInt(append(b, `,"talk_ms":`...), e.TalkMs, 10)
	b = appendUnlessEmpty(b, `,"best":`, e.Best)
	if e.P != 0 {
		b = strconv.AppendFloat(append(b, `,"p":`...), e.P, 'g', -1, 64)
	}
	return append(b, '}')
}

func appendUnlessEmpty(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendText(b, name, value)
}

// appendText quotes plain text itself, and leaves everything else to the library.
func appendText(b []byte, name, value string) []byte {
	b = append(b, name...)
	for i := range len(value) {
		if c := value[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := json.Marshal(value)
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, value...)
	return append(b, '"')
}

// ReadLedger calls each with every entry, in order; the entry is each's to keep.
func ReadLedger(r io.Reader, each func(Entry) error) error {
	d := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	d.DisallowUnknownFields()
	for n := 1; ; n++ {
		var e Entry
		switch err := d.Decode(&e); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read ledger: entry %d: %w", n, err)
		}
		if err := each(e); err != nil {
			return err
		}
	}
}
