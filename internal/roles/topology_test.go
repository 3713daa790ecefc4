package roles

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// registry panics where it is asked while a record is processed.
type registry struct {
	schemas.SchemaTexts
	processing bool
	down       error
}

func (r *registry) SchemaText(ctx context.Context, id int32) (string, error) {
	if r.processing {
		panic("the registry was asked while a record was processed")
	}
	if r.down != nil {
		return "", r.down
	}
	return r.SchemaTexts.SchemaText(ctx, id)
}

// TestRegistryIsAskedBeforeARecordIsProcessed: a foreign schema is got by prepare; what the registry
// does not know is unknown_schema, until it does; what cannot be asked is an error of prepare.
func TestRegistryIsAskedBeforeARecordIsProcessed(t *testing.T) {
	r := &registry{SchemaTexts: schemas.SchemaTexts{70: schemas.TouchpointSchema}}
	ids, known := schemas.IDs{schemas.TopicTouchpointsWeb: 1}, schemas.NewKnownSchemas(r)
	all := prepare(ids, known, time.Minute)
	get := func(records []pipeline.Record) error {
		if missing := all(records); missing != nil {
			return missing(t.Context())
		}
		return nil
	}
	resolve, err := resolver(ids, known)
	if err != nil {
		t.Fatal(err)
	}
	process := func(id int32) error {
		r.processing = true
		defer func() { r.processing = false }()
		var v schemas.Touchpoint
		return resolve(schemas.AppendFramed(nil, id, &schemas.Touchpoint{}), &v)
	}
	batch := func(ids ...int32) (records []pipeline.Record) {
		for _, id := range ids {
			records = append(records, pipeline.Record{Topic: schemas.TopicTouchpointsWeb, Value: schemas.AppendFramed(nil, id, &schemas.Touchpoint{})})
		}
		return append(records, pipeline.Record{Value: []byte("no frame")}, pipeline.Record{})
	}
	if err := get(batch(1, 70, 71)); err != nil {
		t.Fatal(err)
	}
	if err := process(70); err != nil {
		t.Errorf("a schema that was asked for: %v", err)
	}
	var bad *schemas.RecordError
	if err := process(71); !errors.As(err, &bad) || bad.Code != schemas.RejectUnknownSchema {
		t.Errorf("got %v, want unknown_schema", err)
	}
	r.SchemaTexts[71] = schemas.TouchpointSchema
	if err := get(batch(71)); err != nil || process(71) != nil {
		t.Errorf("a schema that has come since: %v", err)
	}
	r.down = errors.New("connection refused")
	if err := get(batch(1, 70, 71)); err != nil {
		t.Errorf("what is known needs no registry: %v", err)
	}
	if err := get(batch(72)); !errors.Is(err, r.down) {
		t.Errorf("got %v, want that the registry is down", err)
	}
}
