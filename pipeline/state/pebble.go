package state

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/attune-health/attune/pipeline"
)

// PebbleConfig describes the state that a process keeps on disk. Dir must be given.
type PebbleConfig struct {
	// Dir is this process's alone. All in it may be deleted while no process uses it: the changelogs
	// have it too.
	Dir string
	// CacheBytes bounds the memory for state: half for decoded values, the rest for Pebble's blocks and
	// what it has not yet written. What a commit changes is held beyond that until it is written.
	// Default 256 MiB, least 16 MiB.
	CacheBytes int64
	// CacheEntries bounds the decoded values by number. Default 1 per 256 bytes of CacheBytes.
	CacheEntries int64
	// FreeBytes is how much of the disk is left free: with less the process ends with an error, rather
	// than with a disk that is full. Default 256 MiB.
	FreeBytes uint64
	// FlushBytes is how much is written before it is put on disk: what a crash may cost, and is then read
	// from the changelogs. Default half of what Pebble holds in memory.
	FlushBytes int
	// FS is where Dir is. Default the machine's file system; tests have one that crashes.
	FS vfs.FS
	// OnlyFlush keeps Pebble from doing anything by itself but what it is asked for: it does not compact.
	// It is for tests that must repeat to the byte: whether a compaction begins before the database is
	// closed, and so which files there are, is for the scheduler to decide.
	OnlyFlush bool
}

// SetDefaults fills in what is zero.
func (c *PebbleConfig) SetDefaults() {
	if c.CacheBytes == 0 {
		c.CacheBytes = 256 << 20
	}
	if c.CacheEntries == 0 {
		c.CacheEntries = c.CacheBytes / 256
	}
	if c.FreeBytes == 0 {
		c.FreeBytes = 256 << 20
	}
	if c.FlushBytes == 0 {
		c.FlushBytes = int(c.memtable() / 2)
	}
	if c.FS == nil {
		c.FS = vfs.Default
	}
}

// memtable is how much Pebble holds in memory before it puts it on disk by itself.
func (c *PebbleConfig) memtable() int64 { return min(max(c.CacheBytes/16, 2<<20), 64<<20) }

// Validate returns every problem of the configuration.
func (c *PebbleConfig) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("state: no directory"))
	}
	if c.CacheBytes != 0 && c.CacheBytes < 16<<20 {
		errs = append(errs, fmt.Errorf("state: a cache of %d bytes is below 16 MiB", c.CacheBytes))
	}
	if c.FlushBytes < 0 {
		errs = append(errs, errors.New("state: a negative number of bytes to flush"))
	}
	if c.CacheEntries < 0 {
		errs = append(errs, errors.New("state: a negative number of cache entries"))
	}
	return errors.Join(errs...)
}

// ErrDiskFull says that the disk of the state directory has too little room left.
var ErrDiskFull = errors.New("disk full")

// Pebble holds the state of all tasks of a process in one Pebble database, which has no log of its own:
// after a crash it is as it was at some commit of the last seconds, and the position in it, which is
// written together with the values, says at which. The rest is read from the changelogs, so that a
// write-ahead log would cost a second write of everything and save a few seconds. Tasks share one
// memtable, one cache and one compaction; a task's share is dropped by one range deletion.
//
// Any goroutine may call its methods; a copy belongs to its task. After the first failure nothing is
// written any more, and every task that needs the disk ends with it.
type Pebble struct {
	// cfg has its defaults; db and cache are as long-lived as the Pebble.
	cfg   PebbleConfig
	db    *pebble.DB
	cache *pebble.Cache

	// mu guards what follows, up to flushed.
	mu sync.Mutex
	// copies has the newest copy of each task. An older one is void.
	copies map[pipeline.TaskID]*pebbleCopy
	// ids are the numbers that stand for tasks in keys, by task name; nextID is the next one. They are
	// never given out twice, since the range of a dropped task may still hold something.
	ids    map[string]uint32
	nextID uint32
	// unflushed is how many bytes were written since the last flush was asked for.
	unflushed int
	// flushed is closed when the last flush that was asked for is done; nil for none.
	flushed <-chan struct{}

	// maps is how many stores share the cache of decoded values.
	maps atomic.Int64
	// failure is the first failure, failed is closed with it.
	failure atomic.Pointer[error]
	failed  chan struct{}
	// fatal: Pebble itself has given up, and gaveUp is closed.
	fatal  atomic.Bool
	gaveUp chan struct{}
}

// brokenMark is the file that tells the next start that the database cannot be read. The process that
// finds out cannot delete a database that it has open.
const brokenMark = "BROKEN"

// OpenPebble opens the directory, which it creates where there is none. A database that cannot be read
// is deleted: the changelogs have all that was in it, and the tasks read it from there. One that
// another process has open is left alone, and is an error, as are a full disk and what the operating
// system refuses: there the files may be whole. Close ends it.
func OpenPebble(cfg PebbleConfig) (*Pebble, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.SetDefaults()
	if _, err := cfg.FS.Stat(cfg.FS.PathJoin(cfg.Dir, brokenMark)); err == nil {
		if err := cfg.FS.RemoveAll(cfg.Dir); err != nil {
			return nil, fmt.Errorf("state directory %s: %w", cfg.Dir, err)
		}
	}
	if err := cfg.FS.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("state directory %s: %w", cfg.Dir, err)
	}
	if err := checkUnused(cfg); err != nil {
		return nil, fmt.Errorf("state directory %s: %w", cfg.Dir, err)
	}
	p, err := openPebble(cfg)
	if isUnreadable(err) {
		if err := cfg.FS.RemoveAll(cfg.Dir); err != nil {
			return nil, fmt.Errorf("state directory %s: %w", cfg.Dir, err)
		}
		p, err = openPebble(cfg)
	}
	if isDiskFull(err) {
		return nil, diskFull(cfg.Dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("state directory %s: %w", cfg.Dir, err)
	}
	return p, nil
}

// diskFull says what to do: the files are whole, so that only room is missing.
func diskFull(dir string, err error) error {
	return fmt.Errorf("state directory %s: %w: make room and start again; nothing is lost: %w", dir, ErrDiskFull, err)
}

// openPebble opens the database and reads which tasks it has.
func openPebble(cfg PebbleConfig) (*Pebble, error) {
	p := &Pebble{
		cfg: cfg, copies: make(map[pipeline.TaskID]*pebbleCopy), ids: make(map[string]uint32),
		nextID: 1, failed: make(chan struct{}), gaveUp: make(chan struct{}), cache: pebble.NewCache(cfg.CacheBytes / 4),
	}
	err := p.unlessGivenUp(func() (err error) {
		p.db, err = pebble.Open(cfg.Dir, p.options())
		return err
	})
	if err != nil {
		p.cache.Unref()
		return nil, err
	}
	if err := p.load(); err != nil {
		_ = p.Close() // the first error is the one that matters
		return nil, err
	}
	return p, nil
}

// options are Pebble's. The log is off, see Pebble; the bloom filters spare a read for most keys that
// are new.
func (p *Pebble) options() *pebble.Options {
	o := &pebble.Options{
		FS: p.cfg.FS, Cache: p.cache, DisableWAL: true, FormatMajorVersion: pebble.FormatNewest,
		MemTableSize: uint64(p.cfg.memtable()),
		// Pebble would hold writers up without end where a flush or a compaction cannot go on. apply does
		// it instead, and hears of failures.
		MemTableStopWritesThreshold: 64,
		L0StopWritesThreshold:       1000,
		L0CompactionThreshold:       2,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		MaxOpenFiles:                1000,
		Logger:                      pebbleLogger{p},
		EventListener: &pebble.EventListener{
			BackgroundError: p.fail,
			DataCorruption:  func(info pebble.DataCorruptionInfo) { p.fail(info.Details) }, // the default ends the process
		},
	}
	if p.cfg.OnlyFlush {
		o.DisableAutomaticCompactions, o.DisableTableStats = true, true
		o.L0StopWritesThreshold = math.MaxInt32 // nothing would let writers go on
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// pebbleLogger passes over what Pebble tells, and keeps why it gives up.
type pebbleLogger struct{ p *Pebble }

func (pebbleLogger) Infof(string, ...any)  {}
func (pebbleLogger) Errorf(string, ...any) {}

// Fatalf must not return. It is called by Pebble's own goroutines, and by that which opens or closes the
// database, when it cannot write its manifest. The caller stands still for good, with the locks that it
// has: had it let go of them, Pebble's other goroutines would go on with what it left half done.
func (l pebbleLogger) Fatalf(format string, args ...any) {
	why := &givenUp{text: fmt.Sprintf(format, args...)}
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			why.cause = err
		}
	}
	l.p.fail(why)
	if l.p.fatal.CompareAndSwap(false, true) {
		close(l.p.gaveUp)
	}
	select {}
}

// givenUp is why Pebble gives up, in its words.
type givenUp struct {
	text  string
	cause error
}

// Error implements error.
func (g *givenUp) Error() string { return g.text }

// Unwrap gives the cause.
func (g *givenUp) Unwrap() error { return g.cause }

// unlessGivenUp calls f and waits for it, or until Pebble has given up. Then f may never return: it
// stands in Fatalf, or waits for a lock of what does. Every call that takes one of Pebble's locks goes
// through here; reads take none.
func (p *Pebble) unlessGivenUp(f func() error) error {
	returned := make(chan error, 1)
	var apart sync.WaitGroup // not waited for: see above
	apart.Go(func() { returned <- f() })
	select {
	case err := <-returned:
		return err
	case <-p.gaveUp:
		return p.err()
	}
}

// isCorrupt recognises what Pebble itself calls corruption.
func isCorrupt(err error) bool {
	return errors.Is(err, pebble.ErrCorruption) || err != nil && pebble.IsCorruptionError(err)
}

// checkUnused checks that no other database has the directory open: what that one has must stay. It
// comes before anything that may delete it.
func checkUnused(cfg PebbleConfig) error {
	lock, err := pebble.LockDirectory(cfg.Dir, cfg.FS)
	if err != nil {
		return fmt.Errorf("in use: %w", err)
	}
	return lock.Close()
}

// isUnreadable says that a database cannot be opened for what is in its files. Pebble does not mark all
// such errors as corruption: a table that was cut off is one of another size. What the operating system
// refuses is no such error, unless it is that a file is missing.
func isUnreadable(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	var number syscall.Errno
	switch {
	case err == nil:
		return false
	case isCorrupt(err), errors.Is(err, fs.ErrNotExist):
		return true
	}
	return !errors.As(err, &path) && !errors.As(err, &link) && !errors.As(err, &call) && !errors.As(err, &number)
}

// fail keeps the first failure: nothing is written after it. A corrupt database is marked for the next
// start; meanwhile the error ends the process, since tasks may have read from it already.
func (p *Pebble) fail(err error) {
	if isCorrupt(err) {
		if f, e := p.cfg.FS.Create(p.cfg.FS.PathJoin(p.cfg.Dir, brokenMark), vfs.WriteCategoryUnspecified); e == nil {
			_ = f.Close() // the mark is its name
		}
		err = pipeline.Corruptf("state directory %s cannot be read; it is restored from the changelogs at the next start: %w", p.cfg.Dir, err)
	} else if isDiskFull(err) {
		err = diskFull(p.cfg.Dir, err)
	} else {
		err = fmt.Errorf("state directory %s: %w", p.cfg.Dir, err)
	}
	if p.failure.CompareAndSwap(nil, &err) {
		close(p.failed)
	}
}

// err is the first failure, nil for none.
func (p *Pebble) err() error {
	if err := p.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// Copy gives the task's copy of its changelog, for runner.Config.Copy. It takes the place of
// the one that the task had before.
func (p *Pebble) Copy(id pipeline.TaskID) pipeline.Copy {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.copies[id]; old != nil {
		p.maps.Add(-int64(len(old.maps)))
		old.maps = nil
		_ = old.release() // it is void
	}
	c := &pebbleCopy{pebble: p, name: id.String()}
	p.copies[id] = c
	return c
}

// apply writes a batch, and waits where too much of what was written before is not on disk. The wait is
// what holds tasks up when the disk is slower than they are.
func (p *Pebble) apply(b *pebble.Batch) error {
	if err := p.err(); err != nil {
		return err
	}
	size := b.Len()
	if err := p.unlessGivenUp(func() error { return p.db.Apply(b, pebble.NoSync) }); err != nil {
		p.fail(err)
		return p.err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unflushed += size; p.unflushed < p.cfg.FlushBytes {
		return nil
	}
	return p.flush()
}

// flush asks for what is in memory to be written, once that of the time before is. p.mu is held.
func (p *Pebble) flush() error {
	if err := p.checkRoom(); err != nil {
		return err
	}
	if p.flushed != nil {
		select {
		case <-p.flushed:
		case <-p.failed:
			return p.err()
		}
	}
	var done <-chan struct{}
	err := p.unlessGivenUp(func() (err error) {
		done, err = p.db.AsyncFlush()
		return err
	})
	if err != nil {
		p.fail(err)
		return p.err()
	}
	p.flushed, p.unflushed = done, 0
	return nil
}

// checkRoom fails while there still is some room: Pebble that meets a full disk in the middle of a
// compaction gives up in ways that cannot be told apart from a broken disk.
func (p *Pebble) checkRoom() error {
	usage, err := p.cfg.FS.GetDiskUsage(p.cfg.Dir)
	if err != nil {
		return nil // it cannot be asked everywhere
	}
	if usage.AvailBytes < p.cfg.FreeBytes {
		p.fail(fmt.Errorf("%w: %d MiB are free, %d MiB must be", ErrDiskFull, usage.AvailBytes>>20, p.cfg.FreeBytes>>20))
	}
	return p.err()
}

// Close writes what is in memory and closes the database. No task may use it any more. After a failure
// nothing is written; the database is then as it was at some earlier commit.
func (p *Pebble) Close() error {
	defer p.cache.Unref()
	if p.fatal.Load() {
		return nil // whoever used the database last has heard of it
	}
	err := p.unlessGivenUp(func() error {
		var errs []error
		for _, c := range p.copies {
			errs = append(errs, c.release())
		}
		if p.err() == nil {
			errs = append(errs, p.db.Flush())
		}
		return errors.Join(append(errs, p.db.Close())...)
	})
	if isDiskFull(err) && !errors.Is(err, ErrDiskFull) {
		err = diskFull(p.cfg.Dir, err)
	}
	return err
}

// load reads which tasks have a share of the database. A share that does not decode makes the whole
// database unreadable, since its number may belong to anybody.
func (p *Pebble) load() error {
	it, err := p.db.NewIter(&pebble.IterOptions{LowerBound: []byte{metaSpace}, UpperBound: []byte{metaSpace + 1}})
	if err != nil {
		return err
	}
	for it.First(); it.Valid(); it.Next() {
		m, err := decodeMeta(it.Value())
		if err != nil {
			return errors.Join(fmt.Errorf("%w: %w", pebble.ErrCorruption, err), it.Close())
		}
		p.ids[string(it.Key()[1:])] = m.id
		p.nextID = max(p.nextID, m.id+1)
	}
	return it.Close()
}

// id is the number that stands for a task in keys.
func (p *Pebble) id(name string) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, ok := p.ids[name]
	if !ok {
		id = p.nextID
		p.nextID++
		p.ids[name] = id
	}
	return id
}

// Tasks lists the names of the tasks that have a share of the database.
func (p *Pebble) Tasks() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.ids))
}

// DirBytes is how much the directory takes on disk.
func (p *Pebble) DirBytes() int64 {
	total := int64(0)
	_ = filepath.WalkDir(p.cfg.Dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}
