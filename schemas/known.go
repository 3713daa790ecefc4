package schemas

import (
	"context"
	"errors"
	"sync"
)

// KnownSchemas separates asking for schemas, which may wait for a registry, from reading them,
// which never does. As a SchemaSource it knows only what has been asked for. Operators use it,
// since they must not do I/O. It is safe for concurrent use.
type KnownSchemas struct {
	source SchemaSource
	// Schema id -> text.
	texts sync.Map
}

// NewKnownSchemas returns one that knows nothing yet and asks source.
func NewKnownSchemas(source SchemaSource) *KnownSchemas { return &KnownSchemas{source: source} }

// Ask makes sure that the schema of an id is known, if the source has one. If it has none, that is
// no error, and Ask asks again next time: the schema may be registered by then. An error is the
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

// SchemaText returns the text of a schema that was asked for. It never waits.
func (k *KnownSchemas) SchemaText(_ context.Context, id int32) (string, error) {
	text, ok := k.texts.Load(id)
	if !ok {
		return "", ErrUnknownSchema
	}
	return text.(string), nil
}
