package state

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/attune-health/attune/pipeline"
)

// Map is a keyed store. Its values are in memory, or in the task's copy of the changelog where that is
// on disk; then those in use are in memory too, and a pointer that was handed out is valid until the
// next Changes or Trim, which is to say the next commit of the task, or as long as Generation stays the same.
// In memory pointers are valid until their key is deleted, by whom or by its TTL. The strings of new keys are copied, so
// that they may alias a record.
type Map[V any] struct {
	valueCodec[V]
	name    string
	entries map[string]*entry[V]
	changed changedKeys[V]
	free    []*entry[V]
	sorted  []*entry[V]
	disk    *onDisk[V]    // nil where all values are in memory
	ttl     *lifetimes[V] // nil where keys stay until they are deleted
}

// NewMap makes the store and registers it with the task under name.
func NewMap[V any](s *pipeline.Setup, name string, c Codec[V]) *Map[V] {
	return NewExpiringMap(s, name, c, TTL{})
}

// NewExpiringMap is NewMap for keys that go when they have not been written for some event time.
func NewExpiringMap[V any](s *pipeline.Setup, name string, c Codec[V], ttl TTL) *Map[V] {
	m := newMap(name, c)
	if ttl.After != 0 {
		m.expireBy(newLifetimes[V](ttl, s.EventTime))
	}
	if copied, ok := s.Copy().(*pebbleCopy); ok {
		m.keepIn(copied)
	}
	s.Register(m)
	return m
}

func newMap[V any](name string, c Codec[V]) *Map[V] {
	return &Map[V]{valueCodec: newValueCodec(c), name: name, entries: make(map[string]*entry[V])}
}

func (m *Map[V]) expireBy(t *lifetimes[V]) { m.ttl, m.changed.ttl = t, t }

// Name is the store's name in the changelog.
func (m *Map[V]) Name() string { return m.name }

// Len is the number of keys.
func (m *Map[V]) Len() int {
	if m.disk != nil {
		return m.disk.count
	}
	return len(m.entries)
}

// Generation changes when pointers that were handed out before are no longer valid, deleted keys
// apart, but for those that went by their TTL. In memory without a TTL it is always 0.
func (m *Map[V]) Generation() uint64 {
	n := uint64(0)
	if m.disk != nil {
		n = m.disk.generation
	}
	if m.ttl != nil {
		n += m.ttl.generation
	}
	return n
}

// Get returns the value of key, nil where there is none. In memory it allocates nothing.
func (m *Map[V]) Get(key string) *V {
	e := m.entries[key]
	if m.disk != nil {
		return m.disk.use(e, key)
	}
	if e != nil {
		return &e.value
	}
	return nil
}

// GetBytes is Get for a key in bytes, without making a string of them.
func (m *Map[V]) GetBytes(key []byte) *V {
	e := m.entries[string(key)]
	if m.disk != nil {
		return m.disk.use(e, alias(key))
	}
	if e != nil {
		return &e.value
	}
	return nil
}

// alias is a string over b, for lookups.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// GetOrCreate returns the value of key, a zero one where there was none, and marks it dirty.
func (m *Map[V]) GetOrCreate(key string) *V {
	e := m.entries[key]
	if m.disk != nil {
		e = m.disk.create(e, key)
	} else if e == nil {
		e = m.insert(strings.Clone(key))
	}
	m.changed.mark(e)
	return &e.value
}

// Put sets the value of key.
func (m *Map[V]) Put(key string, v V) { *m.GetOrCreate(key) = v }

// MarkDirty says that the value of key was changed in place. Without such a key it does nothing.
func (m *Map[V]) MarkDirty(key string) {
	if e := m.entries[key]; e != nil && !e.deleted {
		m.changed.mark(e)
	}
}

// Changed is MarkDirty for who has the value's pointer, which this Map must have handed out and which
// must be valid: it looks nothing up.
func (m *Map[V]) Changed(v *V) {
	e := (*entry[V])(unsafe.Pointer(v))
	if !e.deleted {
		m.changed.mark(e)
	} else if e.gone {
		panic("store " + m.name + ": a value was changed by a pointer from before the last commit")
	}
}

// Delete removes key.
func (m *Map[V]) Delete(key string) {
	e := m.entries[key]
	if m.disk != nil {
		m.disk.delete(e, key)
		return
	}
	if e == nil {
		return
	}
	delete(m.entries, key)
	e.deleted = true
	m.changed.mark(e)
}

// Range calls f in the order of keys until it returns false. It goes through all keys each time, so
// it is not for the record path. f may delete the key that it is given and change its value.
func (m *Map[V]) Range(f func(key string, v *V) bool) {
	if m.disk != nil {
		m.disk.each(f)
		return
	}
	sorted := m.sorted[:0]
	m.sorted = nil // f may call Range
	for _, e := range m.entries {
		sorted = append(sorted, e)
	}
	sortByKey(sorted)
	for _, e := range sorted {
		if !e.deleted && !f(e.key, &e.value) {
			break
		}
	}
	clear(sorted)
	m.sorted = sorted
}

func sortByKey[V any](list []*entry[V]) {
	slices.SortFunc(list, func(a, b *entry[V]) int { return strings.Compare(a.key, b.key) })
}

// Changes yields what changed since the last call, in the order in which it first did. The slices
// are valid until yield returns.
func (m *Map[V]) Changes(yield func(key, value []byte)) {
	if m.disk != nil {
		m.disk.seal()
		m.changed.drain(&m.valueCodec, yield, func(*entry[V]) {})
		m.disk.evict()
		return
	}
	m.changed.drain(&m.valueCodec, yield, m.reuse)
}

// Trim makes room where the values are on disk.
func (m *Map[V]) Trim() {
	if m.disk != nil {
		m.disk.before = len(m.disk.sealed)
		m.disk.evict()
	}
}

// Restore takes one changelog record: the key's new value, or nil for none.
func (m *Map[V]) Restore(key, value []byte) error {
	if m.disk != nil {
		m.disk.restore(key, value)
		return nil
	}
	e := m.entries[string(key)]
	if value == nil {
		if e != nil {
			delete(m.entries, e.key)
			m.ttl.release(e)
		}
		return nil
	}
	if e == nil {
		e = m.insert(string(key))
	}
	e.stored = true
	var fresh V
	e.value = fresh
	if err := m.fill(e, value); err != nil {
		return fmt.Errorf("store %s: %w", m.name, err)
	}
	return nil
}

// fill sets an entry to what was stored.
func (m *Map[V]) fill(e *entry[V], value []byte) error {
	if m.ttl != nil {
		at, rest, err := splitWritten(value)
		if m.ttl.set(e, at); err != nil {
			return err
		}
		value = rest
	}
	return m.decode(value, &e.value)
}

func (m *Map[V]) insert(key string) *entry[V] {
	var e *entry[V]
	if n := len(m.free); n > 0 {
		e, m.free = m.free[n-1], m.free[:n-1]
	} else {
		e = new(entry[V])
	}
	e.key = key
	m.entries[key] = e
	return e
}

// reuse keeps a deleted entry for the next key, once its tombstone is out.
func (m *Map[V]) reuse(e *entry[V]) {
	m.ttl.release(e)
	*e = entry[V]{}
	if len(m.free) < 1024 {
		m.free = append(m.free, e)
	}
}
