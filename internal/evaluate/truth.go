package evaluate

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// Posterior is the best that anyone could have said at one moment, from what was observable then. The fields are
// those of a line of a truth file (docs/world.md).
type Posterior struct {
	EventID string         `json:"event_id"`
	At      schemas.Millis `json:"at"`
	Patient uint32         `json:"patient"`
	// Contact is the contact that begins at the moment, empty outside of contacts.
	Contact string `json:"contact"`
	// Reasons are the probabilities of reasons, in the taxonomy's order.
	Reasons []float64 `json:"reasons"`
	// Within are those of a contact within each horizon; empty where a contact begins.
	Within []float64 `json:"within"`
}

// Truth is a truth file: the posteriors of the moments of a log.
type Truth struct {
	contacts, events map[string]*Posterior
	// calls are when contacts of each patient began.
	calls map[uint32][]schemas.Millis
}

// ReadTruth reads a truth file, plain or gzip, whose posteriors are over so many reasons.
func ReadTruth(file string, reasons int) (*Truth, error) {
	t := NewTruth()
	err := sources.EachLine(file, func(number int, line []byte) error {
		if len(bytes.TrimSpace(line)) == 0 {
			return nil
		}
		var p Posterior
		if err := json.Unmarshal(line, &p); err != nil {
			return fmt.Errorf("line %d: not a moment: %w", number, err)
		}
		if len(p.Reasons) != reasons {
			return fmt.Errorf("line %d: probabilities of %d reasons, where the taxonomy has %d", number, len(p.Reasons), reasons)
		}
		t.Add(&p)
		return nil
	})
	return t, err
}

// NewTruth is one without a moment.
func NewTruth() *Truth {
	return &Truth{contacts: map[string]*Posterior{}, events: map[string]*Posterior{}, calls: map[uint32][]schemas.Millis{}}
}

// Add takes a moment, which the truth keeps.
func (t *Truth) Add(p *Posterior) {
	if p.Contact != "" {
		t.contacts[p.Contact] = p
		t.calls[p.Patient] = append(t.calls[p.Patient], p.At)
		return
	}
	t.events[p.EventID] = p
}

// OfContact is the posterior at the beginning of a contact, nil where the file has none.
func (t *Truth) OfContact(id string) *Posterior { return t.contacts[id] }

// OfEvent is the posterior after an event outside of contacts, nil where the file has none.
func (t *Truth) OfEvent(id string) *Posterior { return t.events[id] }
