package desk

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/consume"
)

// maxBatch is how many records are written at once while a desk catches up.
const maxBatch = 4000

// batch is records on their way into the store. It implements consume.Replica.
type batch struct {
	store   *Store
	readers *readers
	// What each record does, in order. Fetch buffers are gone when they run.
	do []func(*changes) error
	// awaited: somebody waits for what one of them changes.
	awaited   bool
	positions map[pipeline.TopicPartition]int64
}

var _ consume.Replica = (*batch)(nil)

// readers decode records. They belong to the goroutine that polls.
type readers struct {
	topics                                              Topics
	action, prediction, persona, identified, identities *schemas.Decoder
}

func newReaders(cfg *Config) (*readers, error) {
	var problems []error
	decoder := func(record string) *schemas.Decoder {
		d, err := schemas.NewDecoder(record, cfg.SchemaIDs[record], cfg.Schemas)
		problems = append(problems, err)
		return d
	}
	r := &readers{topics: cfg.Topics, action: decoder("NextBestAction"), prediction: decoder("Prediction"), persona: decoder("Persona"),
		identified: decoder("Identified"), identities: decoder("IdentityEntry")}
	return r, errors.Join(problems...)
}

// Add implements consume.Batch.
func (b *batch) Add(ctx context.Context, r *pipeline.Record) error {
	at := Place{At: r.Timestamp, Partition: r.Partition, Offset: r.Offset}
	switch r.Topic {
	case b.readers.topics.Actions:
		return take(ctx, b, b.readers.action, r, func(v *schemas.NextBestAction) func(*changes) error { return b.action(v, at) })
	case b.readers.topics.Predictions:
		return take(ctx, b, b.readers.prediction, r, func(v *schemas.Prediction) func(*changes) error { return b.prediction(v, at) })
	case b.readers.topics.Personas:
		return take(ctx, b, b.readers.persona, r, func(v *schemas.Persona) func(*changes) error { return persona(v, at) })
	case b.readers.topics.Identity:
		return take(ctx, b, b.readers.identities, r, func(v *schemas.IdentityEntry) func(*changes) error {
			shard, who, epoch := strings.Clone(v.Shard), strings.Clone(v.PersonRef.Reveal()), v.Epoch
			return func(c *changes) error { return c.owner(shard, who, epoch) }
		})
	case b.readers.topics.Identified:
		return take(ctx, b, b.readers.identified, r, func(v *schemas.Identified) func(*changes) error { return b.identified(v, at) })
	}
	return nil
}

// take decodes a record, and notes what it does: a func with memory of its own, or nil. A reference with a zero byte
// would be taken for two.
func take[V any, P interface {
	*V
	schemas.Record
}](ctx context.Context, b *batch, d *schemas.Decoder, r *pipeline.Record, what func(*V) func(*changes) error) error {
	if bytes.IndexByte(r.Key, 0) >= 0 {
		return &schemas.RecordError{Code: schemas.RejectUndecodable, Detail: "key"}
	}
	var v V
	if err := d.Decode(ctx, schemas.WithFrame(r.Headers, r.Value), P(&v)); err != nil {
		return err
	}
	if err := usable(P(&v)); err != nil {
		return err
	}
	if do := what(&v); do != nil {
		b.do = append(b.do, do)
	}
	return nil
}

// usable refuses references that the store's keys cannot hold.
func usable(r schemas.Record) error {
	var refs []string
	switch v := r.(type) {
	case *schemas.NextBestAction:
		refs = []string{v.DecisionID, v.PersonRef.Reveal(), v.ContactRef.V}
	case *schemas.Prediction:
		refs = []string{v.PersonRef.Reveal(), v.ContactRef.V}
	case *schemas.Persona:
		refs = []string{v.PersonRef.Reveal()}
	case *schemas.IdentityEntry:
		refs = []string{v.Shard, v.PersonRef.Reveal()}
	case *schemas.Identified:
		refs = []string{v.Shard, v.PersonRef.Reveal(), v.Payload.Touchpoint.ContactID.V, v.Payload.Touchpoint.EventID}
	}
	for _, ref := range refs {
		if strings.IndexByte(ref, 0) >= 0 {
			return &schemas.RecordError{Code: schemas.RejectUndecodable, Detail: "a reference has a zero byte"}
		}
	}
	return nil
}

// Erase implements consume.Replica. A persona's tombstone says that a person is to be forgotten, or has become part of
// another.
func (b *batch) Erase(r *pipeline.Record) {
	switch ref, at := string(r.Key), r.Timestamp; r.Topic {
	case b.readers.topics.Personas:
		b.do = append(b.do, func(c *changes) error { return c.erase(ref, at) })
	case b.readers.topics.Identity:
		b.do = append(b.do, func(c *changes) error { return c.disown(ref) })
	}
}

// Reached implements consume.Replica.
func (b *batch) Reached(tp pipeline.TopicPartition, next int64) { b.positions[tp] = next }

// hears notes that a contact changes.
func (b *batch) hears(contact string) {
	b.awaited = b.awaited || contact != "" && b.store.hub.awaits(contact)
}

// Full implements consume.Batch: whoever waits for a decision waits no longer than it takes to write it.
func (b *batch) Full() bool { return b.awaited || len(b.do) >= maxBatch }

// Deliver implements consume.Batch.
func (b *batch) Deliver(context.Context, consume.Refuse) error {
	do := b.do
	for len(do) > maxBatch {
		if err := b.store.write(do[:maxBatch], nil); err != nil {
			return err
		}
		do = do[maxBatch:]
	}
	return b.store.write(do, b.positions)
}

// Reset implements consume.Batch.
func (b *batch) Reset() {
	clear(b.do)
	b.do, b.awaited = b.do[:0], false
	clear(b.positions)
}
