package state

import (
	"encoding/binary"
	"fmt"
)

// valueCodec writes values with the number of their schema, where they have one, and reads those that
// were written with other schemas. So a new build reads the state of an old one, and each value is
// written anew when it next changes; nothing has to be migrated at once.
type valueCodec[V any] struct {
	codec Codec[V]
	// schemas is the same codec, nil where values have no schema.
	schemas SchemaCodec[V]
	// ahead is the same, nil where it looks at nothing ahead.
	ahead AheadCodec[V]
	// number is that of our schema in this changelog, 0 before it is known. Numbers are per changelog
	// partition.
	number uint32
	// last is the highest number in the changelog.
	last uint32
	// kept: the changelog has our schema, or has it with this commit.
	kept bool
	// others are the schemas of other builds, by number.
	others map[uint32]reading
}

// reading is how values of another schema are read, or why they cannot be.
type reading struct {
	// translate turns a value into one of our schema.
	translate func(src []byte) ([]byte, error)
	err       error
}

// newValueCodec looks once at what the codec can do.
func newValueCodec[V any](c Codec[V]) valueCodec[V] {
	s, _ := c.(SchemaCodec[V])
	a, _ := c.(AheadCodec[V])
	return valueCodec[V]{codec: c, schemas: s, ahead: a}
}

// Schema implements pipeline.VersionedStore.
func (c *valueCodec[V]) Schema() string {
	if c.schemas == nil {
		return ""
	}
	return c.schemas.Schema()
}

// NewSchema implements pipeline.VersionedStore.
func (c *valueCodec[V]) NewSchema() (number uint32, schema string, ok bool) {
	if c.kept || c.schemas == nil {
		return 0, "", false
	}
	c.kept = true
	return c.ours(), c.schemas.Schema(), true
}

// ours is the number of our schema. A new one follows all that the changelog has: a number that was
// used twice would make old values read by the wrong schema.
func (c *valueCodec[V]) ours() uint32 {
	if c.number == 0 {
		c.last++
		c.number = c.last
	}
	return c.number
}

// RestoreSchema implements pipeline.VersionedStore.
func (c *valueCodec[V]) RestoreSchema(number uint32, schema string) error {
	if c.schemas == nil {
		return nil // values that once had a schema are the codec's to recognise
	}
	c.last = max(c.last, number)
	if schema == c.schemas.Schema() {
		c.number, c.kept = number, true
		return nil
	}
	translate, err := c.schemas.Resolve(schema)
	if c.others == nil {
		c.others = make(map[uint32]reading)
	}
	c.others[number] = reading{translate, err}
	return nil // an error matters where there are values of it
}

// append encodes a value behind its schema's number.
func (c *valueCodec[V]) append(dst []byte, v *V) []byte {
	if c.schemas != nil {
		dst = binary.AppendUvarint(dst, uint64(c.ours()))
	}
	return c.codec.AppendValue(dst, v)
}

// decode decodes a value by the schema that it was written with. v is zero. An error means that the
// state cannot be read by this build; "attune state check" says so before a deployment.
func (c *valueCodec[V]) decode(src []byte, v *V) error {
	if c.schemas == nil {
		return c.codec.DecodeValue(src, v)
	}
	if len(src) > 0 && src[0] == timed { // it was written when its store had a TTL
		var err error
		if _, src, err = splitWritten(src); err != nil {
			return err
		}
	}
	n, size := binary.Uvarint(src)
	if size <= 0 || n == 0 || n > 1<<31 {
		return fmt.Errorf("value without the number of its schema")
	}
	if uint32(n) == c.number {
		return c.codec.DecodeValue(src[size:], v)
	}
	other, ok := c.others[uint32(n)]
	switch {
	case !ok:
		return fmt.Errorf("schema %d of a value is not in the changelog", n)
	case other.err != nil:
		return fmt.Errorf("schema %d: %w", n, other.err)
	}
	ours, err := other.translate(src[size:])
	if err != nil {
		return fmt.Errorf("schema %d: %w", n, err)
	}
	return c.codec.DecodeValue(ours, v)
}
