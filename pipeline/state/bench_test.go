package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// benchValue is about as long as a persona's person state.
type benchValue struct{ b [160]byte }

type benchCodec struct{}

func (benchCodec) AppendValue(dst []byte, v *benchValue) []byte { return append(dst, v.b[:]...) }
func (benchCodec) DecodeValue(src []byte, v *benchValue) error {
	copy(v.b[:], src)
	return nil
}

// benchKey looks like a person_ref: 32 hex digits in no order.
func benchKey(i int) string {
	x := uint64(i) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%016x%016x", x, x^0xabcdef)
}

// filled is a store of n keys, on disk if p is not nil.
func filled(tb testing.TB, p *Pebble, n int) (*Map[benchValue], *pebbleCopy) {
	m := newMap("m", benchCodec{})
	yield := func([]byte, []byte) {}
	commit := func(int) error { m.Changes(yield); return nil }
	var c *pebbleCopy
	if p != nil {
		c = p.Copy(testTask).(*pebbleCopy)
		m.keepIn(c)
		if _, err := c.Open(testSpan(0)); err != nil {
			tb.Fatal(err)
		}
		if err := c.Commit(pipeline.CopyPosition{}); err != nil {
			tb.Fatal(err)
		}
		commit = func(at int) error { return commitBench(m, c, int64(at)) }
	}
	for i := range n {
		v := m.GetOrCreate(benchKey(i))
		binary.LittleEndian.PutUint64(v.b[:], uint64(i))
		if i%5000 == 4999 || i == n-1 {
			if err := commit(i + 1); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return m, c
}

func commitBench(m *Map[benchValue], c *pebbleCopy, at int64) error {
	m.Changes(func(key, value []byte) { c.Append(append([]byte("m\x00"), key...), value) })
	c.Seal()
	return c.Commit(pipeline.CopyPosition{Offset: at, At: 1})
}

// reportCPU reports the processor time of the whole process, Pebble's own goroutines included: on a
// machine that others use it says more than the clock.
func reportCPU(b *testing.B) func() {
	begin := cpuTime()
	return func() { b.ReportMetric(float64(cpuTime()-begin)/float64(b.N), "cpu-ns/op") }
}

func cpuTime() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkGet reads keys of a store that exist in memory, that are on disk only, and that are nowhere.
func BenchmarkGet(b *testing.B) {
	const n = 200_000
	keys, strangers := make([]string, n), make([]string, 4096)
	for i := range keys {
		keys[i] = benchKey(i)
	}
	for i := range strangers {
		strangers[i] = benchKey(i + 10*n)
	}
	run := func(name string, m *Map[benchValue], keys []string, after func(i int)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for i := 0; b.Loop(); i++ {
				m.Get(keys[i*7919%len(keys)])
				if after != nil && i%1000 == 999 {
					after(i)
				}
			}
		})
	}
	m, _ := filled(b, nil, n)
	run("memory/hit", m, keys[:1000], nil)
	run("memory/miss", m, strangers, nil)
	p, err := OpenPebble(PebbleConfig{Dir: b.TempDir(), CacheBytes: 32 << 20, FreeBytes: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	m, c := filled(b, p, n)
	if err := p.db.Flush(); err != nil {
		b.Fatal(err)
	}
	evict := func(i int) {
		if err := commitBench(m, c, int64(i)); err != nil {
			b.Fatal(err)
		}
	}
	run("pebble/cached", m, keys[:1000], evict)
	run("pebble/missing", m, strangers, evict)
	run("pebble/read", m, keys, evict)
}

// BenchmarkChange changes a value and commits every 1000.
func BenchmarkChange(b *testing.B) {
	const n = 200_000
	keys := make([]string, n)
	for i := range keys {
		keys[i] = benchKey(i)
	}
	run := func(name string, m *Map[benchValue], commit func(i int)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for i := 0; b.Loop(); i++ {
				v := m.Get(keys[i*7919%len(keys)])
				v.b[9]++
				m.Changed(v)
				if i%1000 == 999 {
					commit(i)
				}
			}
		})
	}
	m, _ := filled(b, nil, n)
	run("memory", m, func(int) { m.Changes(func([]byte, []byte) {}) })
	p, err := OpenPebble(PebbleConfig{Dir: b.TempDir(), CacheBytes: 32 << 20, FreeBytes: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	m, c := filled(b, p, n)
	run("pebble", m, func(i int) {
		if err := commitBench(m, c, int64(i)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkRestore restores records one after the other, as the engine does.
func BenchmarkRestore(b *testing.B) {
	key, value := []byte(nil), bytes.Repeat([]byte{7}, 160)
	run := func(name string, m *Map[benchValue], c *pebbleCopy) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for i := 0; b.Loop(); i++ {
				key = append(append(key[:0], "m\x00"...), benchKey(i)...)
				if err := m.Restore(key[2:], value); err != nil {
					b.Fatal(err)
				}
				if c != nil {
					c.Restore(key, value, int64(i))
				}
			}
		})
	}
	run("memory", newMap("m", benchCodec{}), nil)
	p, err := OpenPebble(PebbleConfig{Dir: b.TempDir(), CacheBytes: 64 << 20, FreeBytes: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	c := p.Copy(testTask).(*pebbleCopy)
	m := newMap("m", benchCodec{})
	m.keepIn(c)
	if _, err := c.Open(testSpan(0)); err != nil {
		b.Fatal(err)
	}
	run("pebble", m, c)
}

// BenchmarkWipe drops a task's share of 200,000 keys.
func BenchmarkWipe(b *testing.B) {
	p, err := OpenPebble(PebbleConfig{Dir: b.TempDir(), CacheBytes: 32 << 20, FreeBytes: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	_, c := filled(b, p, 200_000)
	for b.Loop() {
		if err := c.wipe(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestMemoryIsBoundedWhateverTheNumberOfKeys fills a store on disk with STATE_KEYS keys and works on it.
// The memory of the process, not only the heap, stays within the cache and a constant.
func TestMemoryIsBoundedWhateverTheNumberOfKeys(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("STATE_KEYS"))
	if n == 0 {
		n = 200_000
		if testing.Short() {
			n = 50_000
		}
	}
	const cache = 64 << 20
	p, err := OpenPebble(PebbleConfig{Dir: t.TempDir(), CacheBytes: cache, FreeBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	before := residentBytes(t)
	m, c := filled(t, p, n)
	for i := range n / 4 {
		k := int(uint64(i) * 2654435761 % uint64(n))
		v := m.Get(benchKey(k))
		if v == nil || binary.LittleEndian.Uint64(v.b[:]) != uint64(k) {
			t.Fatalf("key %d is not as it was written", k)
		}
		v.b[20]++
		m.Changed(v)
		if i%5000 == 4999 {
			if err := commitBench(m, c, int64(n+i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	grown := residentBytes(t) - before
	t.Logf("%d keys: %v, memory grew by %d MiB, on disk %d MiB, %d bytes a key", n, m.disk, grown>>20, p.DirBytes()>>20, p.DirBytes()/int64(n))
	if limit := int64(3*cache) * shadow; grown > limit {
		t.Errorf("memory grew by %d MiB, want at most %d", grown>>20, limit>>20)
	}
	if m.Len() != n {
		t.Errorf("%d keys, want %d", m.Len(), n)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// residentBytes is what the process takes of the machine's memory.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("the size of this process is not known here")
	}
	fields := bytes.Fields(text)
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
