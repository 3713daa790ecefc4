package verify

import (
	"hash/fnv"

	"github.com/attune-health/attune/schemas"
)

// Produced is one touchpoint that a source has sent, with what the pipeline is to make of it.
type Produced struct {
	EventID    string
	Topic      string
	Channel    schemas.Channel
	OccurredAt int64  // Unix ms
	ContactID  string // empty outside a contact
	Row        uint64 // digest of its row in ClickHouse
	Digest     uint64 // of the touchpoint without identifiers and session
	Call       schemas.Call
	IsCall     bool
	Copies     int    // how often it was sent
	Refuse     string // the reason for which it must be rejected, or empty
	Conflict   bool   // sent with different event times
}

// Ledger is what a source has sent. The zero value is ready. It is not safe for concurrent use.
type Ledger struct {
	touchpoints map[string]*Produced // by event id
	anonymous   map[string]int       // records that hold no readable touchpoint, by topic
	links       int
	consents    int
	outcomes    map[string]int // action outcomes by event id
	scratch     []byte
	total       int
}

// Touchpoint notes that t was sent to topic. refuse is the reason for which the pipeline must
// reject it, empty where it must not.
func (l *Ledger) Touchpoint(topic string, t *schemas.Touchpoint, refuse string) {
	if l.touchpoints == nil {
		l.touchpoints = map[string]*Produced{}
	}
	l.total++
	if p, ok := l.touchpoints[t.EventID]; ok {
		p.Copies++
		p.Conflict = p.Conflict || p.OccurredAt != int64(t.OccurredAt)
		return
	}
	p := &Produced{
		EventID: clone(t.EventID), Topic: topic, Channel: t.Channel, OccurredAt: int64(t.OccurredAt),
		Row: touchpointRow(t), Digest: l.digest(t), Copies: 1, Refuse: refuse,
	}
	if t.ContactID.OK {
		p.ContactID = clone(t.ContactID.V)
	}
	if t.Body.Kind == schemas.TouchpointBodyCall {
		p.IsCall, p.Call = true, t.Body.Call.Clone()
	}
	if p.Refuse == "" && p.IsCall && p.Call.Phantom {
		p.Refuse = "phantom"
	}
	l.touchpoints[p.EventID] = p
}

// Unreadable notes that bytes which hold no touchpoint were sent to topic: they must be rejected.
func (l *Ledger) Unreadable(topic string) {
	if l.anonymous == nil {
		l.anonymous = map[string]int{}
	}
	l.total++
	l.anonymous[topic]++
}

// Link notes that an identity link was sent.
func (l *Ledger) Link() { l.links++ }

// Consent notes that a consent was sent.
func (l *Ledger) Consent() { l.consents++ }

// Outcome notes that an action outcome was sent.
func (l *Ledger) Outcome(eventID string) {
	if l.outcomes == nil {
		l.outcomes = map[string]int{}
	}
	l.outcomes[clone(eventID)]++
}

// Produced is how many touchpoint records were sent, copies and unreadable ones included.
func (l *Ledger) Produced() int { return l.total }

// digest is over everything that must pass INGEST unchanged.
func (l *Ledger) digest(t *schemas.Touchpoint) uint64 {
	var d uint64
	d, l.scratch = digest(t, l.scratch)
	return d
}

func digest(t *schemas.Touchpoint, scratch []byte) (uint64, []byte) {
	stripped := disclosed(*t)
	scratch = stripped.AppendAvro(scratch[:0])
	h := fnv.New64a()
	h.Write(scratch)
	return h.Sum64(), scratch
}

func clone[S ~string](s S) S { return S(append([]byte(nil), s...)) }
