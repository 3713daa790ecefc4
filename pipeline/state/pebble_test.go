package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/attune-health/attune/pipeline"
)

var testTask = pipeline.TaskID{Role: "keeper", Source: pipeline.TopicPartition{Topic: "in"}}

func testSpan(end int64) pipeline.ChangelogSpan {
	return pipeline.ChangelogSpan{Topic: "log", TopicID: [16]byte{1}, Stores: []string{"m"}, End: end, Now: 1_700_000_000_000}
}

// openCopied gives a store in a task's copy, as it is on disk, and where the changelog is to be read from.
func openCopied(t testing.TB, p *Pebble, end int64) (*Map[string], *pebbleCopy, int64) {
	t.Helper()
	c := p.Copy(testTask).(*pebbleCopy)
	m := newMap("m", stringCodec{})
	m.keepIn(c)
	from, err := c.Open(testSpan(end))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Commit(pipeline.CopyPosition{Offset: end, At: testSpan(end).Now}); err != nil {
		t.Fatal(err)
	}
	return m, c, from
}

func mustOpen(t testing.TB, cfg PebbleConfig) *Pebble {
	t.Helper()
	if cfg.FreeBytes == 0 {
		cfg.FreeBytes = 1
	}
	cfg.CacheBytes = 16 << 20
	p, err := OpenPebble(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// commitAll is a commit that the changelog has taken.
func commitAll(m *Map[string], c *pebbleCopy, at int64) error {
	m.Changes(func(key, value []byte) { c.Append(append([]byte("m\x00"), key...), value) })
	c.Seal()
	return c.Commit(pipeline.CopyPosition{Offset: at, At: testSpan(at).Now})
}

func TestFullDiskIsAnErrorAndNothingIsSpoilt(t *testing.T) {
	var full errorfs.Toggle
	full.Injector = errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileSync:
			return &os.PathError{Op: "write", Path: op.Path, Err: syscall.ENOSPC}
		}
		return nil
	})
	mem := vfs.NewCrashableMem()
	p := mustOpen(t, PebbleConfig{Dir: "state", FS: errorfs.Wrap(mem, &full)})
	p.cfg.FlushBytes = 10_000
	m, c, _ := openCopied(t, p, 0)
	put := func(i int) error {
		m.Put(fmt.Sprint("k", i), strings.Repeat("v", 1000))
		return commitAll(m, c, int64(i))
	}
	for i := range 100 {
		if err := put(i); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.db.Flush(); err != nil {
		t.Fatal(err)
	}
	full.On()
	var err error
	for i := 100; i < 100_000 && err == nil; i++ {
		err = put(i)
	}
	if !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "state directory state") || !errors.Is(c.Err(), ErrDiskFull) {
		t.Fatalf("got %v", err)
	}
	full.Off()
	after := mem.CrashClone(vfs.CrashCloneCfg{}) // what the next process finds
	_ = p.Close()                                // what it could not write is told above
	p = mustOpen(t, PebbleConfig{Dir: "state", FS: after})
	m, _, from := openCopied(t, p, 1_000_000)
	if from < 99 || m.Len() < 100 || m.Get("k99") == nil {
		t.Errorf("after the disk was full: %d keys, position %d", m.Len(), from)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// smallDisk has little room left.
type smallDisk struct{ vfs.FS }

func (smallDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: 100 << 20, TotalBytes: 1 << 40}, nil
}

func TestRoomIsLeftOnTheDisk(t *testing.T) {
	p := mustOpen(t, PebbleConfig{Dir: "state", FreeBytes: 101 << 20, FS: smallDisk{vfs.NewMem()}})
	m, c, _ := openCopied(t, p, 0)
	p.cfg.FlushBytes = 100
	m.Put("k", strings.Repeat("v", 1000))
	if err := commitAll(m, c, 1); !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "100 MiB are free, 101 MiB must be") {
		t.Errorf("got %v", err)
	}
	_ = p.Close() // it has failed
}

func TestWhatCannotBeReadIsThrownAwayAtTheNextStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	p := mustOpen(t, PebbleConfig{Dir: dir})
	m, c, _ := openCopied(t, p, 0)
	for i := range 1000 {
		m.Put(fmt.Sprint("k", i), strings.Repeat("v", 1000))
	}
	if err := commitAll(m, c, 1000); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	tables, _ := filepath.Glob(filepath.Join(dir, "*.sst"))
	if len(tables) == 0 {
		t.Fatal("no tables")
	}
	for _, name := range tables {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := len(b) / 4; i < len(b)/2; i += 100 { // behind what says whose it is
			b[i] ^= 0xff
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p = mustOpen(t, PebbleConfig{Dir: dir})
	c = p.Copy(testTask).(*pebbleCopy)
	m = newMap("m", stringCodec{})
	m.keepIn(c)
	_, err := c.Open(testSpan(1000))
	if err == nil {
		for i := range 1000 {
			m.Get(fmt.Sprint("k", i))
		}
		err = c.Err()
	}
	if pipeline.KindOf(err) != pipeline.KindCorrupt {
		t.Errorf("got %v, want an error of kind corrupt", err)
	}
	_ = p.Close() // it has failed
	p = mustOpen(t, PebbleConfig{Dir: dir})
	if m, _, from := openCopied(t, p, 1000); from != 0 || m.Len() != 0 {
		t.Errorf("after the next start: %d keys, position %d", m.Len(), from)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// TestTableIsCutOffThenTheDatabaseIsMadeAnew: Pebble does not call this corruption, and yet refuses to
// open the database, which would keep the process from starting for good.
func TestTableIsCutOffThenTheDatabaseIsMadeAnew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	p := mustOpen(t, PebbleConfig{Dir: dir})
	m, c, _ := openCopied(t, p, 0)
	m.Put("k", strings.Repeat("v", 10_000))
	if err := commitAll(m, c, 10); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	tables, _ := filepath.Glob(filepath.Join(dir, "*.sst"))
	if len(tables) != 1 {
		t.Fatalf("%d tables", len(tables))
	}
	if err := os.Truncate(tables[0], 100); err != nil {
		t.Fatal(err)
	}
	p = mustOpen(t, PebbleConfig{Dir: dir})
	if m, _, from := openCopied(t, p, 10); from != 0 || m.Len() != 0 {
		t.Errorf("%d keys, position %d", m.Len(), from)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// TestDirectoryIsInUseThenNothingInItIsDeleted: whoever has it open goes on with it.
func TestDirectoryIsInUseThenNothingInItIsDeleted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	p := mustOpen(t, PebbleConfig{Dir: dir})
	m, c, _ := openCopied(t, p, 0)
	m.Put("k", "v")
	if err := commitAll(m, c, 10); err != nil {
		t.Fatal(err)
	}
	if other, err := OpenPebble(PebbleConfig{Dir: dir, CacheBytes: 16 << 20, FreeBytes: 1}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("opened twice: %v, %v", other, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	p = mustOpen(t, PebbleConfig{Dir: dir})
	if m, _, from := openCopied(t, p, 10); from != 10 || m.Get("k") == nil {
		t.Errorf("after the other one: %d keys, position %d", m.Len(), from)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestCopyIsOnlyKeptWhereItIsCertain(t *testing.T) {
	mem := vfs.NewMem()
	p := mustOpen(t, PebbleConfig{Dir: "state", FS: mem})
	m, c, _ := openCopied(t, p, 10)
	m.Put("k", "v")
	if err := commitAll(m, c, 20); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	const minute = 60_000
	for name, c := range map[string]struct {
		change func(s *pipeline.ChangelogSpan)
		kept   bool
	}{
		"as it was":               {func(*pipeline.ChangelogSpan) {}, true},
		"eleven hours later":      {func(s *pipeline.ChangelogSpan) { s.Now += 11 * 60 * minute }, true},
		"thirteen hours later":    {func(s *pipeline.ChangelogSpan) { s.Now += 13 * 60 * minute }, false},
		"another topic of a name": {func(s *pipeline.ChangelogSpan) { s.TopicID[3]++ }, false},
		"no topic id":             {func(s *pipeline.ChangelogSpan) { s.TopicID = [16]byte{} }, false},
		"another topic":           {func(s *pipeline.ChangelogSpan) { s.Topic = "log2" }, false},
		"another store":           {func(s *pipeline.ChangelogSpan) { s.Stores = append(s.Stores, "n") }, false},
		"log ends before":         {func(s *pipeline.ChangelogSpan) { s.End = 19 }, false},
		"log begins after":        {func(s *pipeline.ChangelogSpan) { s.Start = 21 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			after := vfs.NewMem()
			if _, err := vfs.Clone(mem, after, "state", "state"); err != nil {
				t.Fatal(err)
			}
			p := mustOpen(t, PebbleConfig{Dir: "state", FS: after})
			cp := p.Copy(testTask).(*pebbleCopy)
			m := newMap("m", stringCodec{})
			m.keepIn(cp)
			span := testSpan(30)
			c.change(&span)
			from, err := cp.Open(span)
			want := span.Start
			if c.kept {
				want = 20
			}
			if err != nil || from != want || (m.Get("k") != nil) != c.kept || (m.Len() == 1) != c.kept {
				t.Errorf("got %d, %d keys, %v, want %d", from, m.Len(), err, want)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
