package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/attune-health/attune/pipeline"
)

// longestAway is how old a position may be. Brokers keep the tombstones of a compacted topic for
// delete.retention.ms, a day by default, so that whatever was deleted after a younger position is still
// told. An older copy might keep a key whose tombstone is gone.
const longestAway = pipeline.Time(12 * time.Hour / time.Millisecond)

// restoreBatch is how many bytes are restored before they are written: it bounds the memory of a
// restore (I10).
const restoreBatch = 1 << 20

// layoutVersion stands for how this package lays values out. Who changes that raises it, and old copies
// are read anew from the changelogs.
const layoutVersion = 1

// pebbleCopy is a task's share of the database: its changelog partition as far as it is committed. What
// a commit changes is held in a batch from Seal until the commit stands, so that the database never has
// anything that the changelog has not (I13, I14).
//
//	Open ─► Restore... ─► Commit ─► Append... ─► Seal ─► Commit ─► Append...
//	        (written as it comes)   (held)              (written)
//
// One goroutine calls it, the task's. After an error it is void; a new copy takes up what was written.
type pebbleCopy struct {
	pebble *Pebble
	// name is the task's, part of metaKey.
	name string
	// meta is what will be written with the next batch.
	meta copyMeta
	// maps are the stores whose values are here.
	maps []pebbleStore
	// restoring: from Open to the first Commit. Records of the changelog are committed, and are written
	// as they come.
	restoring bool
	// openedAt is when the restore began: the position that it reaches is of that time.
	openedAt pipeline.Time
	// batch is being collected; nil for nothing so far.
	batch *pebble.Batch
	// read is over what is written, nil until it is asked.
	read *pebble.Iterator
	// restored are the keys in batch while restoring, and whether they have a value: the iterator does
	// not see them.
	restored map[string]bool
	// sealed is of the commit under way, nil for none; counts are the keys of each store as they were
	// when it was sealed, without what the next commit has changed already.
	sealed *pebble.Batch
	counts map[string]int
	// key and buf are used anew for each call.
	key []byte
	buf []byte
	// failure is the first error. Stores look at it instead of returning it.
	failure error
}

// pebbleStore is a store that keeps its values in the copy. Name and Len are those of pipeline.Store.
type pebbleStore interface {
	Name() string
	Len() int
	// opened says that the copy has been opened: it holds so many keys of the store.
	opened(count int)
	// committed says that what was sealed is written.
	committed()
	// expires is by which TTL its index is made, in milliseconds; 0 where there is none.
	expires() pipeline.Time
}

// Open implements pipeline.Copy. It keeps what is stored where that is the beginning of this changelog
// for certain, and drops it otherwise: a copy is worth the time of a restore, and no more.
func (c *pebbleCopy) Open(log pipeline.ChangelogSpan) (int64, error) {
	c.meta = copyMeta{id: c.pebble.id(c.name), topicID: log.TopicID, layout: c.layout(log), counts: map[string]int{}}
	c.restoring, c.openedAt = true, log.Now
	old, err := c.stored()
	if err != nil {
		return 0, err
	}
	from := log.Start
	if c.isPartOf(old, log) {
		from = old.position.Offset
		c.meta.position, c.meta.counts = old.position, old.counts
	} else if err := c.wipe(); err != nil {
		return 0, err
	}
	for _, m := range c.maps {
		m.opened(c.meta.counts[m.Name()])
	}
	c.batch, c.restored = c.pebble.db.NewBatch(), make(map[string]bool)
	return from, nil
}

// isPartOf says whether what is stored is the beginning of the changelog for certain: of the same topic
// and layout; with nothing missing between its position and the start of the changelog; not beyond the
// end, which a topic that lost records would be; and young enough for tombstones. A position from the
// future says that a clock was wrong, and proves nothing.
func (c *pebbleCopy) isPartOf(old copyMeta, log pipeline.ChangelogSpan) bool {
	return old.id == c.meta.id && old.topicID == log.TopicID && log.TopicID != [16]byte{} && old.layout == c.meta.layout &&
		log.Start <= old.position.Offset && old.position.Offset <= log.End &&
		log.Now-longestAway < old.position.At && old.position.At <= log.Now+longestAway
}

// layout tells whether what is stored was laid out as this build does it, the index of TTLs included.
func (c *pebbleCopy) layout(log pipeline.ChangelogSpan) [16]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d\x00%s\x00", layoutVersion, log.Topic)
	for _, name := range slices.Sorted(slices.Values(log.Stores)) {
		fmt.Fprintf(h, "%s\x00", name)
	}
	for _, m := range c.maps {
		if after := m.expires(); after != 0 {
			fmt.Fprintf(h, "%s\x00%d\x00", m.Name(), after)
		}
	}
	return [16]byte(h.Sum(nil)[:16])
}

// stored is what the database says of the task's share, the zero value for none.
func (c *pebbleCopy) stored() (copyMeta, error) {
	value, closer, err := c.pebble.db.Get(c.metaKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return copyMeta{}, nil
	}
	if err != nil {
		return copyMeta{}, c.fail(err)
	}
	defer closer.Close()
	m, err := decodeMeta(value)
	if err != nil {
		return copyMeta{}, nil // as good as none
	}
	return m, nil
}

// wipe drops the task's share, values and index, by one range deletion each.
func (c *pebbleCopy) wipe() error {
	b := c.pebble.db.NewBatch()
	for _, space := range []byte{valueSpace, expirySpace} {
		from := binary.BigEndian.AppendUint32([]byte{space}, c.meta.id)
		to := binary.BigEndian.AppendUint32([]byte{space}, c.meta.id+1)
		if err := b.DeleteRange(from, to, nil); err != nil {
			return c.fail(err)
		}
	}
	if err := b.Delete(c.metaKey(), nil); err != nil {
		return c.fail(err)
	}
	return c.write(b)
}

// metaKey is the key of the task's copyMeta.
func (c *pebbleCopy) metaKey() []byte { return append([]byte{metaSpace}, c.name...) }

// valueKey is the key of a changelog key. It holds until the next call.
func (c *pebbleCopy) valueKey(parts ...[]byte) []byte {
	c.key = binary.BigEndian.AppendUint32(append(c.key[:0], valueSpace), c.meta.id)
	for _, p := range parts {
		c.key = append(c.key, p...)
	}
	return c.key
}

// Each implements pipeline.Copy. Stores whose values are here have nothing to take.
func (c *pebbleCopy) Each(store string, f func(key, value []byte) error) error {
	if slices.ContainsFunc(c.maps, func(m pebbleStore) bool { return m.Name() == store }) {
		return nil
	}
	it, err := c.iterate(c.pebble.db, store)
	if err != nil {
		return err
	}
	skip := 5 + len(store) + 1
	for it.First(); it.Valid(); it.Next() {
		if err := f(it.Key()[skip:], it.Value()); err != nil {
			return errors.Join(err, it.Close())
		}
	}
	if err := it.Close(); err != nil {
		return c.fail(err)
	}
	return nil
}

// iterate goes through the keys of one store. The zero byte behind the name ends it, so that no store's
// keys begin with those of another.
func (c *pebbleCopy) iterate(from pebble.Reader, store string) (*pebble.Iterator, error) {
	lower := bytes.Clone(c.valueKey([]byte(store), []byte{0}))
	upper := bytes.Clone(lower)
	upper[len(upper)-1] = 1
	it, err := from.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return nil, c.fail(err)
	}
	return it, nil
}

// Restore implements pipeline.Copy. The position goes with each batch: a restore that is broken off is
// gone on with from there.
func (c *pebbleCopy) Restore(key, value []byte, next int64) {
	c.set(key, value)
	c.restored[string(key)] = value != nil
	c.meta.position = pipeline.CopyPosition{Offset: next, At: c.openedAt}
	if c.failure == nil && c.batch.Len() >= restoreBatch {
		c.failure = c.writeWith(c.batch, c.sizes())
		c.batch = c.pebble.db.NewBatch()
		clear(c.restored)
	}
}

// Append implements pipeline.Copy.
func (c *pebbleCopy) Append(key, value []byte) { c.set(key, value) }

// set adds a change to the batch. After an error it does nothing.
func (c *pebbleCopy) set(key, value []byte) {
	if c.failure != nil {
		return
	}
	if c.batch == nil {
		c.batch = c.pebble.db.NewBatch()
	}
	var err error
	if value == nil {
		err = c.batch.Delete(c.valueKey(key), nil)
	} else {
		err = c.batch.Set(c.valueKey(key), value, nil)
	}
	if err != nil {
		c.failure = c.fail(err)
	}
}

// Seal implements pipeline.Copy.
func (c *pebbleCopy) Seal() {
	c.sealed, c.batch, c.counts = c.batch, nil, c.sizes()
}

func (c *pebbleCopy) sizes() map[string]int {
	counts := make(map[string]int, len(c.maps))
	for _, m := range c.maps {
		counts[m.Name()] = m.Len()
	}
	return counts
}

// Commit implements pipeline.Copy. It writes what was sealed, or what a restore has left in the batch,
// with the position. A position may be older than what is written: what lies between is restored once
// more, which changes nothing.
func (c *pebbleCopy) Commit(at pipeline.CopyPosition) error {
	if c.failure != nil {
		return c.failure
	}
	if c.restoring {
		c.restoring, c.restored = false, nil
		c.sealed, c.batch, c.counts = c.batch, nil, c.sizes()
	}
	if at != (pipeline.CopyPosition{}) {
		c.meta.position.Offset = max(c.meta.position.Offset, at.Offset)
		c.meta.position.At = at.At
	}
	b := c.sealed
	c.sealed = nil
	if b != nil {
		if c.failure = c.writeWith(b, c.counts); c.failure != nil {
			return c.failure
		}
	}
	for _, m := range c.maps {
		m.committed()
	}
	return c.release()
}

// writeWith writes a batch together with what it makes of the copy, in one write: values and position
// are never of different moments.
func (c *pebbleCopy) writeWith(b *pebble.Batch, counts map[string]int) error {
	c.meta.counts = counts
	c.buf = c.meta.append(c.buf[:0])
	if err := b.Set(c.metaKey(), c.buf, nil); err != nil {
		return c.fail(err)
	}
	return c.write(b)
}

// write applies a batch. The iterator is closed before, since it would not see what is new.
func (c *pebbleCopy) write(b *pebble.Batch) error {
	if err := c.release(); err != nil {
		return err
	}
	if err := c.pebble.apply(b); err != nil {
		return err
	}
	return b.Close()
}

// release closes the iterator, which holds on to files that compactions have replaced.
func (c *pebbleCopy) release() error {
	if c.read == nil {
		return nil
	}
	err := c.read.Close()
	if c.read = nil; err != nil {
		return c.fail(err)
	}
	return nil
}

// Err implements pipeline.Copy.
func (c *pebbleCopy) Err() error { return c.failure }

// fail makes an error the database's as well: all tasks of the process share its fate.
func (c *pebbleCopy) fail(err error) error {
	c.pebble.fail(err)
	c.failure = c.pebble.err()
	return c.failure
}

// attach registers a store whose values are here.
func (c *pebbleCopy) attach(s pebbleStore) {
	c.maps = append(c.maps, s)
	c.pebble.maps.Add(1)
}

// get returns the value of a changelog key as it is written, nil where there is none. It holds until
// the next call. Reads go through one iterator, which is made anew after each write: other than a
// database's Get it asks the filters of the lowest level too, so that a key that is nowhere costs no
// read of the disk.
func (c *pebbleCopy) get(store, key []byte) []byte {
	if c.failure != nil {
		return nil
	}
	if c.read == nil {
		it, err := c.pebble.db.NewIter(&pebble.IterOptions{UseL6Filters: true})
		if err != nil {
			_ = c.fail(err) // it keeps it
			return nil
		}
		c.read = it
	}
	at := c.valueKey(store, key)
	if c.read.SeekPrefixGE(at) && bytes.Equal(c.read.Key(), at) {
		value, err := c.read.ValueAndErr()
		if err == nil {
			return value[:len(value):len(value)]
		}
		_ = c.fail(err) // it keeps it
		return nil
	}
	if err := c.read.Error(); err != nil {
		_ = c.fail(err) // it keeps it
	}
	return nil
}

// has says whether there is a value of a key, while restoring.
func (c *pebbleCopy) has(store, key []byte) bool {
	c.buf = append(append(c.buf[:0], store...), key...)
	if has, ok := c.restored[alias(c.buf)]; ok {
		return has
	}
	return c.get(store, key) != nil
}
