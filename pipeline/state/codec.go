package state

// Codec turns values into bytes and back. The bytes are kept in the changelog: their version is the
// codec's business, usually a first byte. DecodeValue must copy what it keeps of src.
type Codec[V any] interface {
	AppendValue(dst []byte, v *V) []byte
	DecodeValue(src []byte, v *V) error
}

// changedKeys is the order in which entries became dirty, which is the order of the changelog.
type changedKeys[V any] struct {
	list []*entry[V]
	key  []byte
	buf  []byte
}

// entry is one key's place in a store. It stays in the list of changed keys when it is deleted, as
// the tombstone that is still to be written.
type entry[V any] struct {
	value   V // first: Map.Changed finds the entry by it
	key     string
	dirty   bool // in the list of changed keys
	stored  bool // the changelog has a value for it
	deleted bool
}

func (c *changedKeys[V]) mark(e *entry[V]) {
	if !e.dirty {
		e.dirty = true
		c.list = append(c.list, e)
	}
}

// drain yields every change once and forgets it. done gets the deleted entries, for reuse.
func (c *changedKeys[V]) drain(codec Codec[V], yield func(key, value []byte), done func(*entry[V])) {
	for i, e := range c.list {
		c.list[i] = nil
		e.dirty = false
		c.key = append(c.key[:0], e.key...)
		switch {
		case !e.deleted:
			c.buf = codec.AppendValue(c.buf[:0], &e.value)
			e.stored = true
			yield(c.key, c.buf)
		case e.stored:
			e.stored = false
			yield(c.key, nil)
			done(e)
		default:
			done(e)
		}
	}
	c.list = c.list[:0]
}
