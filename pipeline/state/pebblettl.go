package state

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"github.com/attune-health/attune/pipeline"
)

// Values on disk are indexed by the time at which their TTL ends, in the batches that have the values. The
// index may hold more: what a restore has replaced is found out when its time has come. Entries in
// memory are the lifetimes' to remove, so that a watermark reads only of the index what is due, and of
// the values those that go.

// expiryKey is a key of the index. It holds until the next call.
func (c *pebbleCopy) expiryKey(store []byte, due pipeline.Time, key []byte) []byte {
	k := binary.BigEndian.AppendUint32(append(c.key[:0], expirySpace), c.meta.id)
	k = binary.BigEndian.AppendUint64(append(k, store...), uint64(due)^1<<63)
	c.key = append(k, key...)
	return c.key
}

// index says when a value is due, or that it no longer is then. never is not said. It goes into the
// batch that has the value, so that the two cannot be of different commits.
func (c *pebbleCopy) index(store []byte, due pipeline.Time, key []byte, there bool) {
	if c.failure != nil || due == never {
		return
	}
	if c.batch == nil {
		c.batch = c.pebble.db.NewBatch()
	}
	var err error
	if at := c.expiryKey(store, due, key); there {
		err = c.batch.Set(at, nil, nil)
	} else {
		err = c.batch.Delete(at, nil)
	}
	if err != nil {
		_ = c.fail(err) // it keeps it
	}
}

// eachDue goes through the index after one time up to another.
func (c *pebbleCopy) eachDue(store []byte, after, to pipeline.Time, f func(due pipeline.Time, key []byte)) error {
	if after > pipeline.MinTime {
		after++
	}
	it, err := c.pebble.db.NewIter(&pebble.IterOptions{
		LowerBound: append([]byte(nil), c.expiryKey(store, after, nil)...),
		UpperBound: append([]byte(nil), c.expiryKey(store, min(to, never-1)+1, nil)...),
	})
	if err != nil {
		return err
	}
	skip := 5 + len(store)
	for ok := it.First(); ok && c.failure == nil; ok = it.Next() {
		k := it.Key()[skip:]
		f(pipeline.Time(binary.BigEndian.Uint64(k)^1<<63), k[8:])
	}
	return it.Close()
}

// expires implements pebbleStore.
func (d *onDisk[V]) expires() pipeline.Time {
	if d.m.ttl == nil {
		return 0
	}
	return d.m.ttl.after
}

// fill sets an entry to what is on disk.
func (d *onDisk[V]) fill(e *entry[V], value []byte) error {
	d.indexed(e, value)
	return d.m.fill(e, value)
}

// indexed notes when an entry is due according to its value on disk.
func (d *onDisk[V]) indexed(e *entry[V], value []byte) {
	if t := d.m.ttl; t != nil {
		at, _, _ := splitWritten(value) // what is wrong with it is found when it is decoded
		t.set(e, at)
		t.lives[e.life].indexed = t.due(at)
	}
}

// index indexes a value that is being restored.
func (d *onDisk[V]) index(key, value []byte) {
	if t := d.m.ttl; t != nil {
		at, _, _ := splitWritten(value)
		d.copy.index(d.prefix, t.due(at), key, true)
	}
}

// reindex brings the index to what is about to be written of an entry.
func (d *onDisk[V]) reindex(e *entry[V]) {
	t := d.m.ttl
	if t == nil || e.life == 0 {
		return // never stored, and gone again
	}
	l, due := &t.lives[e.life], never
	if !e.deleted {
		due = t.due(l.at)
	}
	if due != l.indexed {
		d.copy.index(d.prefix, l.indexed, bytesOf(e.key), false)
		d.copy.index(d.prefix, due, bytesOf(e.key), true)
		l.indexed = due
	}
}

// expire removes what is on disk only and due after one time up to another, and returns how many keys
// that were. What has no time yet comes into memory. An entry of the index whose value has been written
// since is out of date; it is removed here, which is cheaper than looking for it at each write.
func (d *onDisk[V]) expire(after, to pipeline.Time) (n int) {
	t := d.m.ttl
	err := d.copy.eachDue(d.prefix, after, to, func(due pipeline.Time, key []byte) {
		if e := d.m.entries[string(key)]; e != nil {
			if t.lives[e.life].indexed != due {
				d.copy.index(d.prefix, due, key, false)
			}
			return
		}
		value := d.copy.get(d.prefix, key)
		at, _, _ := splitWritten(value)
		switch {
		case value == nil || t.due(at) != due:
			d.copy.index(d.prefix, due, key, false)
		case at == pipeline.MinTime:
			d.load(alias(key))
		default:
			d.m.Delete(alias(key))
			n++
		}
	})
	if err != nil {
		_ = d.copy.fail(err) // it keeps it
	}
	return n
}
