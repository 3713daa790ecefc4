package state

import (
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// Value is a store of a single value, zero until it is set. It is always in memory, and its pointer
// stays valid as long as the Value. Like all of a task it is used by one goroutine.
type Value[V any] struct {
	valueCodec[V]
	name    string
	entry   entry[V]
	changed changedKeys[V]
	// present: it has been set, and not deleted since.
	present bool
}

// NewValue makes the store and registers it with the task under name.
func NewValue[V any](s *pipeline.Setup, name string, c Codec[V]) *Value[V] {
	v := newValue(name, c)
	s.Register(v)
	return v
}

// newValue makes a Value that no task has.
func newValue[V any](name string, c Codec[V]) *Value[V] {
	return &Value[V]{valueCodec: newValueCodec(c), name: name}
}

// Name is the store's name in the changelog.
func (v *Value[V]) Name() string { return v.name }

// Len is 1 where the value has been set, else 0.
func (v *Value[V]) Len() int {
	if v.present {
		return 1
	}
	return 0
}

// Get returns the value, for reading, or for changing it before MarkDirty.
func (v *Value[V]) Get() *V { return &v.entry.value }

// Put sets the value.
func (v *Value[V]) Put(value V) {
	v.entry.value = value
	v.MarkDirty()
}

// MarkDirty says that the value was changed in place. Without it the change is lost at the next
// restore.
func (v *Value[V]) MarkDirty() {
	v.present = true
	v.entry.deleted = false
	v.changed.mark(&v.entry)
}

// Delete sets the value back to zero, as if it had never been set.
func (v *Value[V]) Delete() {
	var zero V
	v.entry.value, v.present = zero, false
	v.entry.deleted = true
	v.changed.mark(&v.entry)
}

// Changes yields the value if it changed since the last call, under the empty key.
func (v *Value[V]) Changes(yield func(key, value []byte)) {
	v.changed.drain(&v.valueCodec, yield, func(*entry[V]) {})
}

// Restore takes one changelog record. A later one replaces it.
func (v *Value[V]) Restore(_, value []byte) error {
	var zero V
	v.entry.value, v.present, v.entry.stored = zero, value != nil, value != nil
	if value == nil {
		return nil
	}
	if err := v.decode(value, &v.entry.value); err != nil {
		return fmt.Errorf("store %s: %w", v.name, err)
	}
	return nil
}
