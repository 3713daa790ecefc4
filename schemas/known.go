package schemas

import (
	"context"
	"errors"
	"sync"
)

// KnownSchemas keeps apart asking for schemas, which may wait for a registry, from reading them, which
// never does. As a SchemaSource it knows what has been asked for, and nothing else. Any number of
// goroutines may use it.
type KnownSchemas struct {
	source SchemaSource
	texts  sync.Map // schema id -> text
}

// NewKnownSchemas knows nothing yet. It asks source.
func NewKnownSchemas(source SchemaSource) *KnownSchemas { return &KnownSchemas{source: source} }

// Ask makes sure that the schema of a framed value is known, if there is one. That the source knows of
// none is no error, and it is asked again next time: the schema may have come. An error is the
// source's, and trying again may help.
func (k *KnownSchemas) Ask(ctx context.Context, id int32) error {
	if k.Has(id) {
		return nil
	}
	text, err := k.source.SchemaText(ctx, id)
	switch {
	case errors.Is(err, ErrUnknownSchema):
		return nil
	case err != nil:
		return err
	}
	k.texts.Store(id, text)
	return nil
}

// Has reports whether the schema is known.
func (k *KnownSchemas) Has(id int32) bool {
	_, ok := k.texts.Load(id)
	return ok
}

// SchemaText returns the text of a schema that was asked for, at once.
func (k *KnownSchemas) SchemaText(_ context.Context, id int32) (string, error) {
	text, ok := k.texts.Load(id)
	if !ok {
		return "", ErrUnknownSchema
	}
	return text.(string), nil
}
