package state

import "unsafe"

// Codec turns values into bytes and back. AppendValue gives the same bytes for equal values, so that two
// runs over the same inputs have equal changelogs. DecodeValue gets a zero value and must copy what it
// keeps of src. A codec without a schema says itself, usually in a first byte, by which version of it the
// bytes were written. A value may encode to no bytes, as those of a set kept as a Map do: its key stays,
// and DecodeValue is called with an empty src. An error of DecodeValue ends the task as corrupt, and must
// not hold what it has read.
type Codec[V any] interface {
	AppendValue(dst []byte, v *V) []byte
	DecodeValue(src []byte, v *V) error
}

// SchemaCodec is a Codec whose values have a schema. The store keeps it in the changelog, and with
// each value one byte that says which schema it was written with, so that AppendValue adds no version.
type SchemaCodec[V any] interface {
	Codec[V]
	// Schema is what AppendValue writes and DecodeValue reads.
	Schema() string
	// Resolve returns what turns values of another schema into values of this one, or why that cannot
	// be. What translate returns need not outlast DecodeValue.
	Resolve(writer string) (translate func(src []byte) ([]byte, error), err error)
}

// AheadCodec is a Codec of values that lie in several places of memory. Ahead looks at what v points to,
// for several values in a row before the first of them is appended, so that a core fetches all that at
// once. It returns something made of what it has looked at, so that looking is not left out.
type AheadCodec[V any] interface {
	Codec[V]
	Ahead(v *V) byte
}

// changedKeys are the entries that became dirty, in the order in which they did, which is the order of
// the changelog: it follows from the inputs, while the order of a map would differ from run to run.
type changedKeys[V any] struct {
	list []*entry[V]
	// ttl is nil where keys do not expire.
	ttl *lifetimes[V]
	// key and buf are what drain yields, and are used anew for each entry.
	key []byte
	buf []byte
	// seen is made of what was looked at ahead, so that the compiler does not leave the looking out.
	seen byte
}

// entry is one key's place in a store. It stays in the list of changed keys when it is deleted, as
// the tombstone that is still to be written.
type entry[V any] struct {
	// value is the first field: Map.Changed finds the entry by a pointer to it.
	value V
	key   string
	// dirty: it is in the list of changed keys.
	dirty bool
	// stored: the changelog has a value for it, so that its deletion must be written.
	stored bool
	// deleted: it has no value, and waits for its tombstone to be written.
	deleted bool
	// life is the number of its life in lifetimes, 0 for none.
	life uint32

	// Of stores whose values are on disk.
	// sealed: it is in a commit that is not yet written.
	sealed bool
	// used: since the hand of the cache's clock last passed.
	used bool
	// gone: it is no longer in the store, and deleted as well. No pointer to it may be used.
	gone bool
	// size is the length of its encoded value, for an estimate of memory.
	size uint32
}

// mark notes a change. Changed many times between two commits, an entry is written once.
func (c *changedKeys[V]) mark(e *entry[V]) {
	if c.ttl != nil {
		c.ttl.marked(e)
	}
	if !e.dirty {
		e.dirty = true
		c.list = append(c.list, e)
	}
}

// drain yields every change once and forgets it. done gets the deleted entries, for reuse. An entry
// that was made and deleted between two commits leaves no record. Entries are looked at a few at a time
// before they are encoded: they lie all over memory, and one after the other each would cost a miss.
func (c *changedKeys[V]) drain(codec *valueCodec[V], yield func(key, value []byte), done func(*entry[V])) {
	for i, e := range c.list {
		if i%aheadEntries == 0 {
			c.ahead(codec, c.list[i:min(i+aheadEntries, len(c.list))])
		}
		c.list[i] = nil
		e.dirty = false
		c.key = append(c.key[:0], e.key...)
		switch {
		case !e.deleted:
			c.buf = c.buf[:0]
			if c.ttl != nil {
				c.buf = appendWritten(c.buf, c.ttl.lives[e.life].at)
			}
			if c.buf = codec.append(c.buf, &e.value); c.buf == nil {
				c.buf = []byte{} // a nil value would be a tombstone
			}
			e.stored, e.size = true, uint32(len(c.buf))
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

const (
	// aheadEntries is how many entries are looked at before they are written.
	aheadEntries = 16
	// cacheLine is how much memory comes at a time.
	cacheLine = 64
)

// ahead looks at entries that are about to be written. First at the entries themselves, then at what
// they point to: the addresses of the second round come with the first.
func (c *changedKeys[V]) ahead(codec *valueCodec[V], list []*entry[V]) {
	for _, e := range list {
		for at := uintptr(0); at < unsafe.Sizeof(*e); at += cacheLine {
			c.seen += *(*byte)(unsafe.Add(unsafe.Pointer(e), at))
		}
	}
	for _, e := range list {
		if e.key != "" {
			c.seen += e.key[0]
		}
		if codec.ahead != nil && !e.deleted {
			c.seen += codec.ahead.Ahead(&e.value)
		}
	}
}
