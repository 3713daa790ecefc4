package state

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/attune-health/attune/pipeline"
)

// onDisk is the part of a Map whose values are in the task's copy of the changelog. Map.entries holds
// those in use, decoded: what the copy does not have yet is pinned there, the rest goes in the order
// of a clock's hand when there is too much of it. An entry goes through
//
//	clean ─► dirty ─Changes─► sealed ─committed─► clean ─evict─► gone
//
// and what is dirty may be sealed as well, of the commit before.
type onDisk[V any] struct {
	m    *Map[V]
	copy *pebbleCopy
	// prefix is what changelog keys of the store begin with.
	prefix []byte
	// count is how many keys there are, on disk or in memory.
	count int
	// bytes is what the clean entries are thought to take, in memory.
	bytes int64
	// ring are the entries in memory, hand is where the clock stands.
	ring []*entry[V]
	hand int
	// sealed are the entries of commits that the copy has not written.
	sealed []*entry[V]
	// before is how many of them were there before the last seal.
	before int
	// generation counts the evictions; see Map.Generation.
	generation uint64
}

// entryBytes is what an entry takes beside its key and what its value points to: itself, a slot of
// the map, one of the ring, and the allocator's rounding.
func (d *onDisk[V]) entryBytes() int64 {
	n := int64(unsafe.Sizeof(entry[V]{})) + 64
	if d.m.ttl != nil {
		n += int64(unsafe.Sizeof(life[V]{}))
	}
	return n
}

// keepIn makes the Map keep its values in a copy.
func (m *Map[V]) keepIn(c *pebbleCopy) {
	m.disk = &onDisk[V]{m: m, copy: c, prefix: append([]byte(m.name), 0)}
	c.attach(m.disk)
}

// Name implements pebbleStore.
func (d *onDisk[V]) Name() string { return d.m.name }

// Len implements pebbleStore.
func (d *onDisk[V]) Len() int { return d.count }

// opened implements pebbleStore.
func (d *onDisk[V]) opened(count int) { d.count = count }

// use returns the value of a key whose entry is e, or not here.
func (d *onDisk[V]) use(e *entry[V], key string) *V {
	if e == nil {
		if e = d.load(key); e == nil {
			return nil
		}
	}
	if e.deleted {
		return nil
	}
	e.used = true
	return &e.value
}

// load brings an entry from disk, nil where there is none. A value that cannot be read makes the copy
// fail, and with it the step: there is no way to return an error from a Get.
func (d *onDisk[V]) load(key string) *entry[V] {
	value := d.copy.get(d.prefix, bytesOf(key))
	if value == nil {
		return nil
	}
	e := d.insert(key)
	e.stored = true
	d.resize(e, len(value))
	if err := d.fill(e, value); err != nil && d.copy.failure == nil {
		d.copy.failure = pipeline.Corruptf("store %s: %w", d.m.name, err)
	}
	return e
}

// bytesOf is what s consists of, not to be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// insert makes the entry of a key in memory. key is copied.
func (d *onDisk[V]) insert(key string) *entry[V] {
	e := &entry[V]{key: strings.Clone(key)}
	d.m.entries[e.key] = e
	d.ring = append(d.ring, e)
	d.bytes += d.entryBytes() + int64(len(key))
	return e
}

// resize notes how long a value is, encoded. Decoded it takes about twice as much.
func (d *onDisk[V]) resize(e *entry[V], size int) {
	d.bytes += 2 * (int64(size) - int64(e.size))
	e.size = uint32(size)
}

// create returns the entry of a key, with a zero value where there was none.
func (d *onDisk[V]) create(e *entry[V], key string) *entry[V] {
	if e == nil {
		e = d.load(key)
	}
	if e == nil {
		e = d.insert(key)
		d.count++
	} else if e.deleted {
		e.deleted = false
		d.count++
	}
	e.used = true
	return e
}

// delete removes a key. One that is on disk only gets an entry, to hold its tombstone until the copy
// has it; its value is not decoded.
func (d *onDisk[V]) delete(e *entry[V], key string) {
	if e == nil {
		value := d.copy.get(d.prefix, bytesOf(key))
		if value == nil {
			return
		}
		e = d.insert(key)
		e.stored = true
		d.indexed(e, value)
	}
	if e.deleted {
		return
	}
	var zero V
	e.deleted, e.value = true, zero
	d.count--
	d.m.changed.mark(e)
}

// restore takes a changelog record that the copy is about to take. It counts keys, and forgets what is
// in memory: the copy knows better.
func (d *onDisk[V]) restore(key, value []byte) {
	if d.copy.has(d.prefix, key) {
		d.count--
	}
	if value != nil {
		d.count++
		d.index(key, value)
	}
	if e := d.m.entries[string(key)]; e != nil {
		d.drop(e)
	}
}

// seal pins what is about to be yielded until the copy has it.
func (d *onDisk[V]) seal() {
	d.before = len(d.sealed)
	for _, e := range d.m.changed.list {
		d.reindex(e)
		e.sealed = true
		d.bytes -= 2 * int64(e.size) // drain sets it anew
		e.size = 0
		d.sealed = append(d.sealed, e)
	}
}

// committed says that the copy has all that was sealed.
func (d *onDisk[V]) committed() {
	for i, e := range d.sealed {
		d.sealed[i] = nil
		e.sealed = false
		if e.deleted && !e.dirty && !e.gone {
			d.drop(e)
		}
	}
	d.sealed = d.sealed[:0]
}

// drop forgets an entry. The ring loses it when the hand comes by.
func (d *onDisk[V]) drop(e *entry[V]) {
	delete(d.m.entries, e.key)
	d.m.ttl.release(e)
	var zero V
	e.deleted, e.gone, e.value = true, true, zero
}

// evict makes room. It is called with all pointers out of use. The hand goes round at most twice: once
// to take the marks of use, once to drop what was not used since. What is dirty or sealed stays, since
// the copy does not have it, so that a large commit may exceed the bound. An entry that is overdue
// stays too, or nobody would remove it.
func (d *onDisk[V]) evict() {
	for _, e := range d.sealed[d.before:] {
		d.bytes += 2 * int64(e.size)
	}
	entries, bytes := d.copy.pebble.share()
	before := d.generation
	for steps := 2 * len(d.ring); steps > 0 && (len(d.ring) > entries || d.bytes > bytes); steps-- {
		if d.hand >= len(d.ring) {
			d.hand = 0
		}
		e := d.ring[d.hand]
		switch {
		case e.gone:
			d.remove(e)
		case e.dirty || e.sealed || d.m.ttl.isOverdue(e):
			d.hand++
		case e.used:
			e.used = false
			d.hand++
		default:
			d.drop(e)
			d.remove(e)
			d.generation = before + 1
		}
	}
}

// remove takes the entry under the hand out of the ring.
func (d *onDisk[V]) remove(e *entry[V]) {
	last := len(d.ring) - 1
	d.ring[d.hand], d.ring[last] = d.ring[last], nil
	d.ring = d.ring[:last]
	d.bytes -= d.entryBytes() + int64(len(e.key)) + 2*int64(e.size)
}

// each goes through the keys in order: those on disk, and among them those that are not there yet.
// What is read for it does not stay in memory, unless f changes it.
func (d *onDisk[V]) each(f func(key string, v *V) bool) {
	var pinned []*entry[V]
	for _, list := range [][]*entry[V]{d.m.changed.list, d.sealed} {
		for _, e := range list {
			if !e.gone {
				pinned = append(pinned, e)
			}
		}
	}
	sortByKey(pinned)
	it, err := d.copy.iterate(d.copy.pebble.db, d.m.name)
	if err != nil {
		return
	}
	defer func() {
		if err := it.Close(); err != nil {
			_ = d.copy.fail(err) // it keeps it
		}
	}()
	skip := 5 + len(d.prefix)
	ok := it.First()
	last, first := "", true
	for ok || len(pinned) > 0 {
		if len(pinned) > 0 && (!ok || pinned[0].key <= alias(it.Key()[skip:])) {
			e := pinned[0]
			pinned = pinned[1:]
			if !first && e.key == last { // dirty and sealed
				continue
			}
			last, first = e.key, false
			if !e.deleted && !f(e.key, &e.value) {
				return
			}
			continue
		}
		if key := alias(it.Key()[skip:]); first || key != last {
			if !d.visit(key, it.Value(), f) {
				return
			}
		}
		ok = it.Next()
	}
}

// visit shows f an entry that is on disk, and clean if it is in memory too.
func (d *onDisk[V]) visit(key string, value []byte, f func(key string, v *V) bool) bool {
	if e := d.m.entries[key]; e != nil {
		return e.deleted || f(e.key, &e.value)
	}
	e := &entry[V]{key: strings.Clone(key), stored: true}
	if err := d.fill(e, value); err != nil {
		d.m.ttl.release(e)
		if d.copy.failure == nil {
			d.copy.failure = pipeline.Corruptf("store %s: %w", d.m.name, err)
		}
		return false
	}
	d.m.entries[e.key] = e
	more := f(e.key, &e.value)
	if !e.dirty {
		delete(d.m.entries, e.key)
		d.m.ttl.release(e)
		e.deleted, e.gone = true, true
		return more
	}
	d.ring = append(d.ring, e)
	d.bytes += d.entryBytes() + int64(len(e.key))
	d.resize(e, len(value))
	return more
}

// share is what one store may keep in memory: an even part. Stores of all tasks count alike, since
// nobody knows which will be busy.
func (p *Pebble) share() (entries int, bytes int64) {
	n := max(1, p.maps.Load())
	return int(p.cfg.CacheEntries / n), p.cfg.CacheBytes / 2 / n
}

var _ pipeline.VersionedStore = (*Map[int])(nil)

// String is for tests and debuggers. It has no key and no value.
func (d *onDisk[V]) String() string {
	return fmt.Sprintf("%s: %d keys, %d in memory, about %d bytes", d.m.name, d.count, len(d.m.entries), d.bytes)
}
