package state

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/attune-health/attune/pipeline"
)

// Map is a keyed store of one task: like all of a task it is used by one goroutine, and takes no lock.
// Its values are in memory, or in the task's copy of the changelog where that is on disk; operators do
// not know which, and what they see is the same. On disk the values in use are in memory too, and a
// pointer that was handed out is valid until the next Changes or Trim, which is to say the next commit
// of the task, or as long as Generation stays the same. In memory pointers are valid until their key is
// deleted, by whom or by its TTL. The strings of new keys are copied, so that they may alias a record.
//
// A change in place is only seen if it is said, by MarkDirty or Changed; GetOrCreate and Put say it
// themselves. One that is not said is lost at the next restore.
type Map[V any] struct {
	valueCodec[V]
	name string
	// entries are by key: all of them, or those in use where values are on disk.
	entries map[string]*entry[V]
	// changed are those that the next Changes yields.
	changed changedKeys[V]
	// free are entries for new keys, so that a store whose keys come and go allocates nothing.
	free []*entry[V]
	// sorted is scratch of Range.
	sorted []*entry[V]
	// disk is nil where all values are in memory.
	disk *onDisk[V]
	// ttl is nil where keys stay until they are deleted.
	ttl *lifetimes[V]
}

// NewMap makes the store and registers it with the task under name, which is part of each changelog key
// and must not change. It is called in Role.New only.
func NewMap[V any](s *pipeline.Setup, name string, c Codec[V]) *Map[V] {
	return NewExpiringMap(s, name, c, TTL{})
}

// NewExpiringMap is NewMap for keys that go when they have not been written for some event time. A TTL
// whose After is below a millisecond, but not 0, is a mistake of the program, and panics.
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

// newMap makes a Map that no task has, in memory.
func newMap[V any](name string, c Codec[V]) *Map[V] {
	return &Map[V]{valueCodec: newValueCodec(c), name: name, entries: make(map[string]*entry[V])}
}

// expireBy gives the Map a TTL, before its first key.
func (m *Map[V]) expireBy(t *lifetimes[V]) { m.ttl, m.changed.ttl = t, t }

// Name is the store's name in the changelog.
func (m *Map[V]) Name() string { return m.name }

// Len is the number of keys, on disk included.
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
// must be valid: it looks nothing up. A pointer from before the last commit panics where that is
// noticed, since what was written through it is in no store.
func (m *Map[V]) Changed(v *V) {
	e := (*entry[V])(unsafe.Pointer(v))
	if !e.deleted {
		m.changed.mark(e)
	} else if e.gone {
		panic("store " + m.name + ": a value was changed by a pointer from before the last commit")
	}
}

// Delete removes key. Without such a key it does nothing. Its tombstone is written with the next
// checkpoint, if the changelog ever had a value.
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

// Range calls f in the order of keys until it returns false. Keys are sorted, since what is emitted
// must not depend on the order of a map. It goes through all keys each time, so it is not for the
// record path. f may delete the key that it is given and change its value, after saying so.
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

// sortByKey sorts by the bytes of the keys.
func sortByKey[V any](list []*entry[V]) {
	slices.SortFunc(list, func(a, b *entry[V]) int { return strings.Compare(a.key, b.key) })
}

// Changes yields what changed since the last call, in the order in which it first did. The slices are
// valid until yield returns. The task calls it for a checkpoint.
func (m *Map[V]) Changes(yield func(key, value []byte)) {
	if m.disk != nil {
		m.disk.seal()
		m.changed.drain(&m.valueCodec, yield, func(*entry[V]) {})
		m.disk.evict()
		return
	}
	m.changed.drain(&m.valueCodec, yield, m.reuse)
}

// Trim makes room where the values are on disk. A task calls it at commits that write no checkpoint;
// otherwise the memory would grow until the next one.
func (m *Map[V]) Trim() {
	if m.disk != nil {
		m.disk.before = len(m.disk.sealed)
		m.disk.evict()
	}
}

// Restore takes one changelog record: the key's new value, or nil for none. An older value of a key may
// come first, and is replaced. Where values are on disk they are not decoded: a restore then needs
// little memory, however large the state is (I10).
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

// fill sets an entry to what was stored, and its life to when it was last written.
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

// insert makes the entry of a new key in memory. key is kept.
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

// reuse keeps a deleted entry for the next key, once its tombstone is out. Not more of them than a
// commit is likely to need: the rest is the garbage collector's.
func (m *Map[V]) reuse(e *entry[V]) {
	m.ttl.release(e)
	*e = entry[V]{}
	if len(m.free) < 1024 {
		m.free = append(m.free, e)
	}
}
