package pipeline

import (
	"fmt"
)

// Copy is a task's copy of its changelog partition on this machine. It is a cache: what it holds is
// a part of the changelog from its beginning to some offset, and whatever is in doubt is thrown away
// and read again. Stores may keep their values in it. One goroutine, the task's, calls it.
//
// Nothing that is not committed is ever in it: what Append brings waits for Commit. After an error
// the copy is void, as its task is; a new one takes up what was last committed.
type Copy interface {
	// Open begins a restore: it returns the offset from which the changelog must be read, log.Start
	// where nothing could be kept.
	Open(log ChangelogSpan) (from int64, err error)
	// Each yields all that it holds under the name of a store whose values are kept elsewhere.
	Each(store string, f func(key, value []byte) error) error
	// Restore takes a record of the changelog that was read; next is the offset after it.
	Restore(key, value []byte, next int64)
	// Append takes a change of the commit that is being collected, Seal ends it.
	Append(key, value []byte)
	Seal()
	// Commit makes what was restored, or sealed, part of the copy.
	Commit(at CopyPosition) error
	// Err is why the copy, or a store that lives in it, can no longer be relied on.
	Err() error
}

// ChangelogSpan says what there is of a changelog partition when a restore begins.
type ChangelogSpan struct {
	Topic      string
	TopicID    [16]byte // zero where the cluster gives none: no copy can be trusted then
	Stores     []string // the names under which this build keeps state there
	Start, End int64
	Now        Time // processing time
}

// CopyPosition is an offset of the changelog before which there is nothing that the copy does not
// hold, and the processing time at which that was looked up. The copy may hold more: what lies
// behind the position is then restored once more, in its order, which changes nothing.
// The zero value says that nothing new is known.
type CopyPosition struct {
	Offset int64
	At     Time
}

// OpenCopy begins the restore of a task: it takes over what the task's copy of the changelog holds,
// and returns the offset from which Restore wants the rest.
func (t *Task) OpenCopy(log ChangelogSpan) (from int64, err error) {
	if t.copy == nil {
		return log.Start, nil
	}
	log.Topic, log.TopicID, log.Stores = t.role.Changelog, t.setup.TopicID(t.role.Changelog), t.heldNames()
	if from, err = t.copy.Open(log); err != nil {
		return 0, t.copyFailed(err)
	}
	for _, name := range log.Stores {
		err := t.copy.Each(name, func(key, value []byte) error { return t.restore([]byte(name), key, value) })
		if err != nil {
			return 0, t.copyFailed(err)
		}
	}
	return from, nil
}

// heldNames lists what the changelog holds: the engine's own, then the stores.
func (t *Task) heldNames() []string {
	names := []string{schemaStore, engineStore, settledStore, orderStore, timerStore}
	for _, s := range t.setup.stores {
		names = append(names, s.Name())
	}
	return names
}

func (t *Task) copyFailed(err error) error {
	return fmt.Errorf("task %v: copy of the changelog: %w", t.id, err)
}

// Committed says that what Sealed was called for, or all that was restored, stands in the changelog.
func (t *Task) Committed(at CopyPosition) error {
	if t.copy == nil {
		return nil
	}
	if err := t.copy.Commit(at); err != nil {
		return t.copyFailed(err)
	}
	return nil
}
