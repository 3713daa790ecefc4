package state

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/attune-health/attune/pipeline"
)

// Map is a keyed store of one task: like all of a task it is used by one goroutine, and takes no lock. Its
// values are in memory, or in the task's copy of the changelog on disk; operators do not know which, and
// see the same in both. On disk the values in use are in memory too, and a pointer that was handed out is
// valid until the next Changes or Trim, which is to say the next commit of the task, or as long as
// Generation stays the same. In memory pointers are valid until their key is deleted, by Delete or by its
// TTL. The strings of new keys are copied, so that they may alias a record.
//
// A change in place must be reported, by MarkDirty or Changed; GetOrCreate and Put report it themselves. A
// change that is not reported is lost at the next restore.
type Map[V any] struct {
	valueCodec[V]
	// name begins the store's changelog keys.
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

// expireBy gives the Map a TTL, before its first key: an entry without a life would never expire.
func (m *Map[V]) expireBy(t *lifetimes[V]) { m.ttl, m.changed.ttl = t, t }

// Name is the store's name in the changelog.
func (m *Map[V]) Name() string { return m.name }

// Len is the number of keys, those on disk included.
func (m *Map[V]) Len() int {
	if m.disk != nil {
		return m.disk.count
	}
	return len(m.entries)
}

// Generation changes when pointers that were handed out before may be invalid: after entries were moved to
// disk, and after a TTL has removed keys. Delete does not change it. In memory without a TTL it is always
// 0.
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

// GetBytes is Get for a key in bytes. A lookup in a Go map by string(key) makes no string, so that it
// allocates nothing.
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

// alias is a string over b, for lookups only. It changes with b, so that it must not be kept as a key.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// GetOrCreate returns the value of key, a zero one where there was none, and marks it dirty. To look only,
// call Get: with GetOrCreate each look would be written to the changelog.
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

// Changed is MarkDirty for a caller that has the value's pointer: it saves the look-up. This Map must have
// handed the pointer out, and it must be valid. A pointer from before the last commit panics where that is
// noticed, since what was written through it is in no store.
func (m *Map[V]) Changed(v *V) {
	// The value is the entry's first field, so that they have one address.
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
	// f may call Range, which then makes a list of its own.
	m.sorted = nil
	for _, e := range m.entries {
		sorted = append(sorted, e)
	}
	sortByKey(sorted)
	for _, e := range sorted {
		if !e.deleted && !f(e.key, &e.value) {
			break
		}
	}
	// The list is kept for the next call, but no entries with it: they could not be freed.
	clear(sorted)
	m.sorted = sorted
}

// sortByKey sorts by the bytes of the keys, as Pebble does, so that Range has one order in both.
func sortByKey[V any](list []*entry[V]) {
	slices.SortFunc(list, func(a, b *entry[V]) int { return strings.Compare(a.key, b.key) })
}

// Changes yields what changed since the last call, in the order in which it first did. The slices are valid
// until yield returns. The task calls it at a commit; what it has yielded counts as written, so that a task
// whose commit fails must be restored, not gone on with.
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
	// A tombstone. A key without an entry was written and deleted further back in the topic.
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
	// The record replaces an older one of the key: nothing of that may show through.
	var fresh V
	e.value = fresh
	if err := m.fill(e, value); err != nil {
		return fmt.Errorf("store %s: %w", m.name, err)
	}
	return nil
}

// fill sets an entry to what was stored, and its life to when it was last written. The life is set even
// where the time cannot be read, as every entry must have one.
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

// reuse keeps a deleted entry for the next key, once its tombstone is out; before that, the list of changes
// points to it. It keeps no more of them than a commit is likely to need: the garbage collector has the
// rest.
func (m *Map[V]) reuse(e *entry[V]) {
	m.ttl.release(e)
	*e = entry[V]{}
	if len(m.free) < 1024 {
		m.free = append(m.free, e)
	}
}
