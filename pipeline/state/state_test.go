package state

import (
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline/pipelinetest"
)

type stringCodec struct{}

// stringCodec encodes the empty string to no bytes, others after their version.
func (stringCodec) AppendValue(dst []byte, v *string) []byte {
	if *v == "" {
		return dst
	}
	return append(append(dst, 1), *v...)
}

func (stringCodec) DecodeValue(src []byte, v *string) error {
	if *v = ""; len(src) > 0 {
		*v = string(src[1:])
	}
	return nil
}

type mapStore struct{ *Map[string] }

func (s mapStore) Get(key string) (string, bool) {
	if v := s.Map.Get(key); v != nil {
		return *v, true
	}
	return "", false
}

func (s mapStore) Change(key, value string) {
	if v := s.GetBytes([]byte(key)); v != nil {
		*v = value
		s.MarkDirty(key)
	}
}

func TestMapKeepsTheContractOfStores(t *testing.T) {
	pipelinetest.TestStore(t, func() pipelinetest.KeyedStore { return mapStore{newMap("m", stringCodec{})} })
}

func TestRangeGoesInOrderOfKeysAndMayDelete(t *testing.T) {
	m := newMap("m", stringCodec{})
	for _, k := range []string{"c", "a", "d", "b"} {
		m.Put(k, k)
	}
	var got []string
	m.Range(func(key string, v *string) bool {
		got = append(got, key)
		m.Delete(key)
		m.Delete("c")
		return key != "d"
	})
	if want := []string{"a", "b", "d"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if m.Len() != 0 {
		t.Errorf("length: got %d", m.Len())
	}
}

func TestValueIsSetChangedDeletedAndRestored(t *testing.T) {
	v := newValue("v", stringCodec{})
	var log [][]byte
	record := func() {
		v.Changes(func(key, value []byte) {
			if len(key) != 0 {
				t.Errorf("key %q", key)
			}
			log = append(log, slices.Clone(value))
		})
	}
	v.Put("one")
	*v.Get() = "two"
	v.MarkDirty()
	record()
	v.Delete()
	record()
	record()
	if len(log) != 2 || string(log[0]) != "\x01two" || log[1] != nil {
		t.Fatalf("changes: %q", log)
	}
	w := newValue("v", stringCodec{})
	if err := w.Restore(nil, log[0]); err != nil || *w.Get() != "two" || w.Len() != 1 {
		t.Errorf("restored: %q, %v", *w.Get(), err)
	}
	if err := w.Restore(nil, log[1]); err != nil || *w.Get() != "" || w.Len() != 0 {
		t.Errorf("restored deletion: %q, %v", *w.Get(), err)
	}
}

func TestEmptyValueIsStored(t *testing.T) {
	v, restored := newValue("v", stringCodec{}), newValue("v", stringCodec{})
	v.Put("")
	v.Changes(func(key, value []byte) {
		if err := restored.Restore(key, value); err != nil {
			t.Error(err)
		}
	})
	if restored.Len() != 1 {
		t.Errorf("length after the restore: got %d, want 1", restored.Len())
	}
}

type fixed struct{ n [4]int64 }
type fixedCodec struct{}

func (fixedCodec) AppendValue(dst []byte, v *fixed) []byte { return append(dst, byte(v.n[0])) }
func (fixedCodec) DecodeValue([]byte, *fixed) error        { return nil }

// steady is one round of a store in steady state: two reads, a change, a deletion and a new key, and
// the commit.
func steady(m *Map[fixed], keys []string, yield func(key, value []byte)) {
	m.Get(keys[0]).n[0]++
	m.MarkDirty(keys[0])
	m.Get(keys[1])
	m.Delete(keys[2])
	m.Changes(yield)
	m.GetOrCreate(keys[2])
	m.Changes(yield)
}

func TestSteadyStateAllocatesOnlyNewKeys(t *testing.T) {
	m := newMap("m", fixedCodec{})
	keys := []string{"a", "b", "c"}
	for _, k := range keys {
		m.Put(k, fixed{})
	}
	yield := func(_, _ []byte) {}
	steady(m, keys, yield)
	if n := testing.AllocsPerRun(1000, func() { steady(m, keys, yield) }); n > 1 {
		t.Errorf("%v allocations a round, want 1, the copy of the new key", n)
	}
}

func TestChangedByPointerIsMarkDirty(t *testing.T) {
	m := newMap("m", fixedCodec{})
	m.Put("a", fixed{})
	m.Put("b", fixed{})
	m.Changes(func(_, _ []byte) {})
	a, b := m.Get("a"), m.Get("b")
	a.n[0] = 7
	m.Changed(a)
	m.Changed(a)
	m.Delete("b")
	m.Changed(b) // too late: it stays deleted
	var got []string
	m.Changes(func(key, value []byte) { got = append(got, string(key)+string(value)) })
	if want := []string{"a\a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkMapChangeAndCommit(b *testing.B) {
	m := newMap("m", fixedCodec{})
	keys := make([]string, 1024)
	for i := range keys {
		keys[i] = "person-" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		m.Put(keys[i], fixed{})
	}
	yield := func(_, _ []byte) {}
	m.Changes(yield)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		k := keys[i%len(keys)]
		m.Get(k).n[0]++
		m.MarkDirty(k)
		if i%1000 == 999 {
			m.Changes(yield)
		}
	}
}

// aheadCodec notes which values have been looked at ahead, and refuses one that was not.
type aheadCodec struct {
	stringCodec
	tb   testing.TB
	seen map[string]int
}

func (c aheadCodec) Ahead(v *string) byte {
	c.seen[*v]++
	return 1
}

func (c aheadCodec) AppendValue(dst []byte, v *string) []byte {
	if c.seen[*v] != 1 {
		c.tb.Errorf("%s was looked at %d times before it is written", *v, c.seen[*v])
	}
	return c.stringCodec.AppendValue(dst, v)
}

func TestManyHaveChangedThenEachIsLookedAtOnceBeforeItIsWritten(t *testing.T) {
	c := aheadCodec{tb: t, seen: map[string]int{}}
	m := newMap("m", c)
	const n = 5*aheadEntries + 3
	for i := range n {
		m.Put(fmt.Sprint(i), fmt.Sprint("value ", i))
	}
	m.Delete("7")
	wrote := 0
	m.Changes(func(_, _ []byte) { wrote++ })
	if wrote != n-1 || len(c.seen) != n-1 {
		t.Errorf("wrote %d, looked at %d, want %d", wrote, len(c.seen), n-1)
	}
}
