package pipeline

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Schemas in the changelog: the key is ~schema, a zero byte, the store's name, a zero byte and the
// schema's number; the value is the schema.

// appendSchemaKey encodes the key of a schema within ~schema. Each store numbers its schemas by itself,
// so that two stores can change apart.
func appendSchemaKey(b []byte, store string, number uint32) []byte {
	return binary.AppendUvarint(append(append(b, store...), 0), uint64(number))
}

// parseSchemaKey decodes it; store aliases key. A key of another form is an error: values that name the
// number could not be read.
func parseSchemaKey(key []byte) (store []byte, number uint32, err error) {
	i := bytes.IndexByte(key, 0)
	if i < 0 {
		return nil, 0, errors.New("schema key without a store")
	}
	n, size := binary.Uvarint(key[i+1:])
	if size <= 0 || size != len(key)-i-1 || n == 0 || n > 1<<31 {
		return nil, 0, errors.New("schema key without a number")
	}
	return key[:i], uint32(n), nil
}

// schema writes the store's schema, where the changelog does not have it. It goes before the values of
// the same commit. Compaction keeps it for ever, since its key is written once and never deleted, and
// old values that nobody touches keep their meaning.
func (w *changelogWriter) schema(s VersionedStore) {
	number, text, ok := s.NewSchema()
	if !ok {
		return
	}
	w.store(schemaStore)
	w.value = append(w.value[:0], text...)
	w.append(appendSchemaKey(nil, s.Name(), number), w.value)
}

// restoreSchema gives a schema to its store. One of a store that the role no longer declares is passed
// over, as its values are.
func (t *Task) restoreSchema(key, value []byte) error {
	store, number, err := parseSchemaKey(key)
	if err != nil || value == nil {
		return err
	}
	for _, s := range t.setup.stores {
		if v, ok := s.(VersionedStore); ok && s.Name() == string(store) {
			return v.RestoreSchema(number, string(value))
		}
	}
	return nil
}
