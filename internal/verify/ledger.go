package verify

import (
	"hash/fnv"
	"slices"

	"github.com/attune-health/attune/schemas"
)

// Produced is one touchpoint that a source has sent, with what the pipeline must make of it.
type Produced struct {
	EventID string
	Topic   string
	Channel schemas.Channel
	// Copies is how often it was sent.
	Copies int
	// Refuse is the reason for which it must be rejected, or empty.
	Refuse string

	// What the copies said. There is more than one if a source used an event id twice.
	variants []variant
}

// variant is what one or several copies of a touchpoint said.
type variant struct {
	// Unix ms.
	occurredAt int64
	// Empty outside a contact.
	contactID string
	// Digest of its row in ClickHouse.
	row uint64
	// Digest of the part that may pass INGEST.
	digest uint64
	call   schemas.Call
	isCall bool
}

// variant finds what was sent, nil if it was not.
func (p *Produced) variant(digest uint64) *variant {
	for i := range p.variants {
		if p.variants[i].digest == digest {
			return &p.variants[i]
		}
	}
	return nil
}

// conflict says whether copies have different event times: all but one must then be rejected.
func (p *Produced) conflict() bool {
	return slices.ContainsFunc(p.variants, func(v variant) bool { return v.occurredAt != p.variants[0].occurredAt })
}

// Ledger is what a source has sent. The zero value is ready. It is not safe for concurrent use.
type Ledger struct {
	// By event id.
	touchpoints map[string]*Produced
	// Records that hold no readable touchpoint, by topic.
	anonymous map[string]int
	links     int
	consents  int
	// Action outcomes by event id: digest of their row in ClickHouse.
	outcomes map[string]uint64
	scratch  []byte
	total    int
}

// Touchpoint notes that t was sent to topic. refuse is the reason for which the pipeline must
// reject it, or empty.
func (l *Ledger) Touchpoint(topic string, t *schemas.Touchpoint, refuse string) {
	if l.touchpoints == nil {
		l.touchpoints = map[string]*Produced{}
	}
	l.total++
	p := l.touchpoints[t.EventID]
	if p == nil {
		p = &Produced{EventID: clone(t.EventID), Topic: topic, Channel: t.Channel, Refuse: refuse}
		l.touchpoints[p.EventID] = p
	}
	p.Copies++
	passes := disclosed(*t)
	var d uint64
	if d, l.scratch = digest(&passes, l.scratch); p.variant(d) != nil {
		return
	}
	v := variant{occurredAt: int64(t.OccurredAt), row: touchpointRow(&passes), digest: d}
	if t.ContactID.OK {
		v.contactID = clone(t.ContactID.V)
	}
	if t.Body.Kind == schemas.TouchpointBodyCall {
		v.isCall, v.call = true, t.Body.Call.Clone()
	}
	if p.Refuse == "" && v.isCall && v.call.Phantom {
		p.Refuse = "phantom"
	}
	p.variants = append(p.variants, v)
}

// Unreadable notes that bytes which are no touchpoint were sent to topic. They must be rejected.
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
func (l *Ledger) Outcome(o *schemas.ActionOutcome) {
	if l.outcomes == nil {
		l.outcomes = map[string]uint64{}
	}
	l.outcomes[clone(o.EventID)] = outcomeRow(o)
}

func (l *Ledger) hasOutcome(eventID string) bool {
	_, ok := l.outcomes[eventID]
	return ok
}

// Produced is how many touchpoint records were sent, copies and unreadable ones included.
func (l *Ledger) Produced() int { return l.total }

// digest is over a touchpoint's Avro form.
func digest(t *schemas.Touchpoint, scratch []byte) (uint64, []byte) {
	scratch = t.AppendAvro(scratch[:0])
	h := fnv.New64a()
	h.Write(scratch)
	return h.Sum64(), scratch
}

func clone[S ~string](s S) S { return S(append([]byte(nil), s...)) }
