package pipelinetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// KeyedStore is a store of strings by key, as TestStore drives it. Its codec encodes the empty string to
// no bytes.
type KeyedStore interface {
	pipeline.Store
	Get(key string) (value string, ok bool)
	Put(key, value string)
	Change(key, value string) // in place, then marked dirty
	Delete(key string)
}

// TestStore is the contract of keyed stores. open returns an empty one.
func TestStore(t *testing.T, open func() KeyedStore) {
	t.Run("PutThenChanges", func(t *testing.T) { testPutThenChanges(t, open()) })
	t.Run("DeleteThenChanges", func(t *testing.T) { testDeleteThenChanges(t, open()) })
	t.Run("DeleteThenPutAgain", func(t *testing.T) { testDeleteThenPutAgain(t, open()) })
	t.Run("RestoreThenDelete", func(t *testing.T) { testRestoreThenDelete(t, open()) })
	t.Run("EmptyValueIsKept", func(t *testing.T) { testEmptyValue(t, open) })
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("RandomSteps/seed=%d", seed), func(t *testing.T) { testRandomSteps(t, open, seed) })
	}
}

// change is one yielded change; value nil is a tombstone.
type change struct {
	key   string
	value []byte
}

func changes(s pipeline.Store) []change {
	var out []change
	s.Changes(func(key, value []byte) { out = append(out, change{string(key), clone(value)}) })
	return out
}

func keys(list []change) []string {
	var out []string
	for _, c := range list {
		k := c.key
		if c.value == nil {
			k = "-" + k
		}
		out = append(out, k)
	}
	return out
}

func want(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func testPutThenChanges(t *testing.T, s KeyedStore) {
	for _, k := range []string{"c", "a", "b"} {
		s.Put(k, "1")
	}
	s.Change("a", "2")
	want(t, "changes, in the order of the first change", keys(changes(s)), []string{"c", "a", "b"})
	want(t, "changes again", keys(changes(s)), nil)
	s.Change("b", "3")
	want(t, "changes after one more", keys(changes(s)), []string{"b"})
	if v, ok := s.Get("b"); !ok || v != "3" {
		t.Errorf("b: got %q, %v", v, ok)
	}
	if s.Len() != 3 {
		t.Errorf("length: got %d, want 3", s.Len())
	}
}

func testDeleteThenChanges(t *testing.T, s KeyedStore) {
	s.Put("a", "1")
	changes(s)
	s.Put("b", "1")
	s.Delete("a")
	s.Delete("b")
	s.Delete("never")
	want(t, "changes: no tombstone for what was never written", keys(changes(s)), []string{"-a"})
	if _, ok := s.Get("a"); ok || s.Len() != 0 {
		t.Errorf("a is still there, or length is %d", s.Len())
	}
	s.Change("a", "2")
	want(t, "changes of a key that is gone", keys(changes(s)), nil)
}

func testDeleteThenPutAgain(t *testing.T, s KeyedStore) {
	s.Put("a", "1")
	changes(s)
	s.Delete("a")
	s.Put("a", "2")
	list := changes(s)
	if n := len(list); n == 0 || list[n-1].value == nil {
		t.Errorf("changes: got %q, want a value last", keys(list))
	}
	if v, _ := s.Get("a"); v != "2" {
		t.Errorf("a: got %q, want 2", v)
	}
}

func testRestoreThenDelete(t *testing.T, s KeyedStore) {
	s.Put("a", "1")
	for _, c := range changes(s) {
		value := clone(c.value)
		if err := s.Restore([]byte("z"), value); err != nil {
			t.Fatal(err)
		}
		for i := range value {
			value[i] = 0xff // the caller's buffer
		}
	}
	if v, ok := s.Get("z"); !ok || v != "1" {
		t.Errorf("z after restore: got %q, %v", v, ok)
	}
	want(t, "changes after restore", keys(changes(s)), nil)
	s.Delete("z")
	want(t, "changes", keys(changes(s)), []string{"-z"})
}

// testEmptyValue: a value without bytes must not read as a deletion, whether the buffer was used
// before or not.
func testEmptyValue(t *testing.T, open func() KeyedStore) {
	s, restored := open(), open()
	for _, k := range []string{"a", "b"} {
		s.Put(k, "")
		s.Put(k+"-full", "1")
		for _, c := range changes(s) {
			if c.value == nil {
				t.Errorf("%s: got a tombstone", c.key)
			}
			if err := restored.Restore([]byte(c.key), c.value); err != nil {
				t.Fatal(err)
			}
		}
	}
	same(t, restored, map[string]string{"a": "", "a-full": "1", "b": "", "b-full": "1"})
	restored.Delete("a")
	want(t, "changes", keys(changes(restored)), []string{"-a"})
}

// testRandomSteps compares a store with a map, and restores a second store after every round of
// changes.
func testRandomSteps(t *testing.T, open func() KeyedStore, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	s, model := open(), make(map[string]string)
	var log []change
	for range 50 {
		for range r.IntN(20) {
			randomStep(r, s, model)
		}
		log = append(log, changes(s)...)
		restored := open()
		for _, c := range log {
			if err := restored.Restore([]byte(c.key), c.value); err != nil {
				t.Fatal(err)
			}
		}
		same(t, s, model)
		same(t, restored, model)
		if r.IntN(5) == 0 {
			s = restored
		}
	}
}

// maybeEmpty is no value at all one time in six.
func maybeEmpty(r *rand.Rand, value string) string {
	if r.IntN(6) == 0 {
		return ""
	}
	return value
}

func randomStep(r *rand.Rand, s KeyedStore, model map[string]string) {
	key, value := fmt.Sprint("k", r.IntN(12)), maybeEmpty(r, fmt.Sprint(r.IntN(1000)))
	switch r.IntN(4) {
	case 0:
		s.Delete(key)
		delete(model, key)
	case 1:
		if _, ok := model[key]; ok {
			model[key] = value
		}
		s.Change(key, value)
	default:
		s.Put(key, value)
		model[key] = value
	}
}

func same(t testing.TB, s KeyedStore, model map[string]string) {
	t.Helper()
	if s.Len() != len(model) {
		t.Fatalf("length: got %d, want %d", s.Len(), len(model))
	}
	for _, k := range slices.Sorted(maps.Keys(model)) {
		if v, ok := s.Get(k); !ok || v != model[k] {
			t.Fatalf("%s: got %q, %v, want %q", k, v, ok, model[k])
		}
	}
}
