package state

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"github.com/attune-health/attune/pipeline"
)

// Values on disk are indexed by the time at which their TTL ends, in the batches that have the values. The
// index may hold outdated entries, of values that a restore has replaced; expire finds them when their time
// comes. Entries in memory are removed by lifetimes. So a watermark reads only the part of the index that is
// due, and only the values that go.

// expiryKey is a key of the index, in the order of store and time. The sign bit is flipped, so that times
// before 1970 come first. It holds until the next call.
func (c *pebbleCopy) expiryKey(store []byte, due pipeline.Time, key []byte) []byte {
	k := binary.BigEndian.AppendUint32(append(c.key[:0], expirySpace), c.meta.id)
	k = binary.BigEndian.AppendUint64(append(k, store...), uint64(due)^1<<63)
	c.key = append(k, key...)
	return c.key
}

// index adds the entry of a value that is due at a time, or removes it where there is false. Nothing is due
// at never. The entry goes into the batch that has the value, so that the two cannot be of different
// commits.
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
		// fail keeps the error.
		_ = c.fail(err)
	}
}

// eachDue goes through the index after one time up to another, that one included. f may write to the copy:
// its iterator sees the database as it was.
func (c *pebbleCopy) eachDue(store []byte, after, to pipeline.Time, f func(due pipeline.Time, key []byte)) error {
	if after > pipeline.MinTime {
		// The lower bound of an iterator is in it, the time after is not.
		after++
	}
	it, err := c.pebble.db.NewIter(&pebble.IterOptions{
		LowerBound: append([]byte(nil), c.expiryKey(store, after, nil)...),
		UpperBound: append([]byte(nil), c.expiryKey(store, min(to, never-1)+1, nil)...),
	})
	if err != nil {
		return err
	}
	// Space and task id, then the store's prefix.
	skip := 5 + len(store)
	for ok := it.First(); ok && c.failure == nil; ok = it.Next() {
		k := it.Key()[skip:]
		f(pipeline.Time(binary.BigEndian.Uint64(k)^1<<63), k[8:])
	}
	return it.Close()
}

// expire removes the keys that are only on disk and due after one time up to another, and returns how many.
// A value without a time comes into memory. An entry of the index whose value has been written since is out
// of date; removing it here is cheaper than looking for it at each write.
func (d *onDisk[V]) expires() pipeline.Time {
	if d.m.ttl == nil {
		return 0
	}
	return d.m.ttl.after
}

// fill sets an entry to what is on disk, and notes the due time under which the index has it.
func (d *onDisk[V]) fill(e *entry[V], value []byte) error {
	d.indexed(e, value)
	return d.m.fill(e, value)
}

// indexed notes when an entry is due according to its value on disk.
func (d *onDisk[V]) indexed(e *entry[V], value []byte) {
	if t := d.m.ttl; t != nil {
		// What is wrong with the value is found when it is decoded.
		at, _, _ := splitWritten(value)
		t.set(e, at)
		t.lives[e.life].indexed = t.due(at)
	}
}

// index indexes a value that is being restored. The entry of the value before stays, and is found to be out
// of date when its time comes: looking for it would cost a read for each restored record.
func (d *onDisk[V]) index(key, value []byte) {
	if t := d.m.ttl; t != nil {
		at, _, _ := splitWritten(value)
		d.copy.index(d.prefix, t.due(at), key, true)
	}
}

// reindex brings the index to what is about to be written of an entry. It is called by seal, so that index
// and value are in one batch.
func (d *onDisk[V]) reindex(e *entry[V]) {
	t := d.m.ttl
	if t == nil || e.life == 0 {
		// It was never stored, and is gone again.
		return
	}
	// The index is written only where the due time has moved on, which the coarse steps of due make rare.
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
		// Entries in memory are in a list of the wheel, which removes them. Only an outdated index entry
		// goes here.
		if e := d.m.entries[string(key)]; e != nil {
			if t.lives[e.life].indexed != due {
				d.copy.index(d.prefix, due, key, false)
			}
			return
		}
		value := d.copy.get(d.prefix, key)
		at, _, _ := splitWritten(value)
		// Out of date, without a time, or due: of these only the last is removed.
		switch {
		case value == nil || t.due(at) != due:
			d.copy.index(d.prefix, due, key, false)
		// sweep gives it the time of the watermark.
		case at == pipeline.MinTime:
			d.load(alias(key))
		default:
			d.m.Delete(alias(key))
			n++
		}
	})
	if err != nil {
		// fail keeps the error.
		_ = d.copy.fail(err)
	}
	return n
}
