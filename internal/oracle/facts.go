package oracle

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Log reads topics.
type Log interface {
	// Each calls fn with every record of a topic, partition by partition, in order.
	Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error
}

// Facts is what was sent, as JSON lines for the tables of tables.sql.
type Facts struct {
	sent, links, refused, dropped bytes.Buffer
	salt                          [16]byte
}

// NewFacts returns facts of nothing.
func NewFacts() *Facts {
	f := &Facts{}
	rand.Read(f.salt[:])
	return f
}

// ReadFacts reads what lies in the topics of touchpoints and links, and what was refused and late.
func ReadFacts(ctx context.Context, log Log) (*Facts, error) {
	f := NewFacts()
	var touchpoint schemas.Touchpoint
	for _, topic := range schemas.TouchpointTopics() {
		if err := log.Each(ctx, topic, func(r *pipeline.Record) error {
			if payload, ok := framed(r); ok {
				touchpoint.Reset()
				if _, err := touchpoint.DecodeAvro(payload); err == nil {
					return f.Touchpoint(r, &touchpoint)
				}
			}
			return nil // whatever it is, it is no touchpoint
		}); err != nil {
			return nil, err
		}
	}
	if err := log.Each(ctx, schemas.TopicIdentityLinks, f.link); err != nil {
		return nil, err
	}
	if err := log.Each(ctx, schemas.TopicTouchpointsRejected, f.refuse); err != nil {
		return nil, err
	}
	return f, log.Each(ctx, schemas.TopicTouchpointsLate, f.late)
}

// framed is what follows the schema id.
func framed(r *pipeline.Record) ([]byte, bool) {
	if len(r.Value) < 5 || r.Value[0] != 0 {
		return nil, false
	}
	return r.Value[5:], true
}

// Touchpoint notes a touchpoint that lies at the place of r.
func (f *Facts) Touchpoint(r *pipeline.Record, t *schemas.Touchpoint) error {
	row := sentRow{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, EventID: t.EventID, At: int64(t.OccurredAt),
		Channel: t.Channel.String(), ContactID: t.ContactID.V, Identifiers: []named{}, Results: -1}
	for i := range t.Identifiers {
		if id := &t.Identifiers[i]; names(id.Value.Reveal()) {
			row.Identifiers = append(row.Identifiers, named{id.Kind.String(), f.hash(id)})
		}
	}
	switch t.Body.Kind {
	case schemas.TouchpointBodyWeb:
		b := &t.Body.Web
		row.Event, row.Reason, row.Results = b.Event.String(), b.Reason, b.Results
	case schemas.TouchpointBodyApp:
		b := &t.Body.App
		row.Event, row.Reason, row.Results = b.Event.String(), b.Reason, b.Results
	case schemas.TouchpointBodyCall:
		b := &t.Body.Call
		row.Event, row.Reason, row.Priority, row.WaitMs, row.TalkMs = b.Event.String(), b.Reason, b.Priority, b.WaitMs, b.TalkMs
		row.Queued, row.Answered, row.Abandoned, row.Phantom = b.Queued, b.Answered, b.Abandoned, b.Phantom
	case schemas.TouchpointBodyEhr:
		row.Event, row.Reason = t.Body.Ehr.Event.String(), t.Body.Ehr.Reason
	}
	return line(&f.sent, row)
}

type sentRow struct {
	Topic       string  `json:"topic"`
	Partition   int32   `json:"partition"`
	Offset      int64   `json:"offset"`
	EventID     string  `json:"event_id"`
	At          int64   `json:"at"`
	Channel     string  `json:"channel"`
	ContactID   string  `json:"contact_id"`
	Identifiers []named `json:"identifiers"`
	Event       string  `json:"event"`
	Reason      string  `json:"reason"`
	Results     int32   `json:"results"`
	Priority    int32   `json:"priority"`
	WaitMs      int64   `json:"wait_ms"`
	TalkMs      int64   `json:"talk_ms"`
	Queued      bool    `json:"queued"`
	Answered    bool    `json:"answered"`
	Abandoned   bool    `json:"abandoned"`
	Phantom     bool    `json:"phantom"`
}

type named struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

type linkRow struct {
	Place      int64  `json:"place"`
	Op         string `json:"op"`
	Identifier string `json:"identifier"`
	Subject    string `json:"subject"`
}

type refusedRow struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

type droppedRow struct {
	EventID string `json:"event_id"`
}

// hash stands for an identifier. Kinds are told apart beside it.
func (f *Facts) hash(id *schemas.Identifier) string {
	h := sha256.New()
	h.Write(f.salt[:])
	h.Write([]byte(id.Value.Reveal()))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (f *Facts) key(id *schemas.Identifier) string { return id.Kind.String() + ":" + f.hash(id) }

func (f *Facts) link(r *pipeline.Record) error {
	payload, ok := framed(r)
	if !ok {
		return nil
	}
	var l schemas.IdentityLink
	if _, err := l.DecodeAvro(payload); err != nil || !names(l.Identifier.Value.Reveal()) || !names(l.Subject.Value.Reveal()) {
		return nil
	}
	return line(&f.links, linkRow{Place: r.Offset, Op: l.Op.String(), Identifier: f.key(&l.Identifier), Subject: f.key(&l.Subject)})
}

// refuse notes which source record was refused. Copies and phantoms the oracle finds by itself.
func (f *Facts) refuse(r *pipeline.Record) error {
	var v schemas.RejectedRecord
	if err := decode(r, &v); err != nil {
		return err
	}
	if v.Reason == "duplicate" || v.Reason == "phantom" || !slices.Contains(schemas.TouchpointTopics(), v.Topic) {
		return nil
	}
	return line(&f.refused, refusedRow{v.Topic, v.Partition, v.Offset})
}

// late notes what a window of contacts could not take any more.
func (f *Facts) late(r *pipeline.Record) error {
	var v schemas.RejectedRecord
	if err := decode(r, &v); err != nil {
		return err
	}
	if !slices.Contains(v.Windows, "contacts") {
		return nil
	}
	return line(&f.dropped, droppedRow{v.EventID})
}

func decode(r *pipeline.Record, into schemas.Record) error {
	into.Reset()
	payload, ok := framed(r)
	if !ok {
		return fmt.Errorf("%s/%d@%d: not in Confluent framing", r.Topic, r.Partition, r.Offset)
	}
	if err := schemas.DecodeWhole(into, payload); err != nil {
		return fmt.Errorf("%s/%d@%d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	return nil
}

func line(to *bytes.Buffer, row any) error {
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	to.Write(text)
	return to.WriteByte('\n')
}
