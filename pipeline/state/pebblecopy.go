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
// delete.retention.ms, a day by default, so that whatever was deleted after a younger position is
// still told.
const longestAway = pipeline.Time(12 * time.Hour / time.Millisecond)

// restoreBatch is how much is restored before it is written.
const restoreBatch = 1 << 20

// layoutVersion stands for how this package lays values out.
const layoutVersion = 1

// pebbleCopy is a task's share of the database: its changelog partition as far as it is committed.
//
//	Open ─► Restore... ─► Commit ─► Append... ─► Seal ─► Commit ─► Append...
//	        (written as it comes)   (held)              (written)
type pebbleCopy struct {
	pebble    *Pebble
	name      string
	meta      copyMeta
	maps      []pebbleStore // whose values are here
	restoring bool
	openedAt  pipeline.Time
	batch     *pebble.Batch    // being collected
	read      *pebble.Iterator // over what is written, nil until it is asked
	restored  map[string]bool  // keys in batch while restoring, and whether they have a value
	sealed    *pebble.Batch    // of the commit under way, nil for none
	counts    map[string]int   // as they were when it was sealed
	key       []byte
	buf       []byte
	failure   error
}

// pebbleStore is a store that keeps its values in the copy.
type pebbleStore interface {
	Name() string
	Len() int
	opened(count int)       // the copy has been opened: it holds so many keys of the store
	committed()             // what was sealed is written
	expires() pipeline.Time // by which TTL its index is made, 0 where there is none
}

// Open implements pipeline.Copy.
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

// isPartOf says whether what is stored is the beginning of the changelog for certain.
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

// Restore implements pipeline.Copy.
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

// Commit implements pipeline.Copy.
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

// writeWith writes a batch together with what it makes of the copy.
func (c *pebbleCopy) writeWith(b *pebble.Batch, counts map[string]int) error {
	c.meta.counts = counts
	c.buf = c.meta.append(c.buf[:0])
	if err := b.Set(c.metaKey(), c.buf, nil); err != nil {
		return c.fail(err)
	}
	return c.write(b)
}

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
