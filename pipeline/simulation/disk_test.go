package simulation

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/pipeline/state"
)

// stateDir is where a process keeps its copies of the changelogs, on its own disk.
const stateDir = "state"

// disk is the file system of a machine, in memory. When the machine crashes, what was not synced is gone.
type disk struct {
	*vfs.MemFS
	spoilt   bool // not as a process has left it, which none has noticed yet
	tampered bool // was ever spoilt
}

// disks are what the names of processes find when they start, and what they have left at other times.
type disks struct {
	now   map[string]*disk
	shelf []*disk
}

// openState opens the copies of a process.
func (w *world) openState(p *process) error {
	if !w.settings.Disk {
		return nil
	}
	p.disk = w.diskOf(p.name)
	w.disks.now[p.name] = p.disk
	err := w.compact(p)
	if err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	p.state, err = state.OpenPebble(w.pebbleConfig(p.disk))
	return err
}

// withState lets a process keep its state on its disk.
func (w *world) withState(p *process, c runner.Config) runner.Config {
	if p.state != nil {
		c.Copy, c.TopicID = p.state.Copy, topicID
	}
	return c
}

func (w *world) pebbleConfig(d *disk) state.PebbleConfig {
	return state.PebbleConfig{Dir: stateDir, FS: d.MemFS, CacheBytes: 16 << 20, FreeBytes: 1, FlushBytes: w.settings.Flush, OnlyFlush: true}
}

// compact lets Pebble compact what a process finds, in some runs. While a process runs it does not: whether
// it begins to before the process ends, and so which files there are, would be for its goroutines to decide.
func (w *world) compact(p *process) error {
	if p.disk.tampered || !w.chance(2) {
		return nil
	}
	if files, err := p.disk.List(stateDir); err != nil || len(files) == 0 {
		return nil // there is none yet
	}
	w.met["disk compacted"]++
	w.note("%s finds its disk compacted", p.name)
	db, err := pebble.Open(stateDir, &pebble.Options{FS: p.disk.MemFS, FormatMajorVersion: pebble.FormatNewest, DisableWAL: true,
		DisableAutomaticCompactions: true, DisableTableStats: true, Logger: nothingToSay{}})
	if err != nil {
		return err
	}
	return errors.Join(db.Compact(context.Background(), []byte{0}, []byte{0xff}, false), db.Close())
}

// nothingToSay is a logger for Pebble.
type nothingToSay struct{}

func (nothingToSay) Infof(string, ...any)              {}
func (nothingToSay) Errorf(string, ...any)             {}
func (nothingToSay) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// topicID names a topic of this cluster.
func topicID(topic string) [16]byte {
	h := fnv.New128a()
	_, _ = h.Write([]byte(topic)) // never fails
	return [16]byte(h.Sum(nil))
}

// crash leaves what a process has on its disk: all of it if only the process has died, what was synced
// if the machine has.
func (w *world) crash(p *process) {
	if p.disk == nil || p.ghost {
		return
	}
	w.disks.now[p.name] = w.clone(p.disk)
}

func (w *world) clone(d *disk) *disk {
	kept := 0
	if w.chance(2) {
		kept = 100
	}
	left := &disk{d.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: kept, RNG: rand.New(rand.NewPCG(0, 0))}), d.spoilt, d.tampered}
	w.disks.shelf = append(w.disks.shelf, left)
	w.note("a disk is left, %d percent of what was not synced", kept)
	return left
}

// diskOf is the disk that a process starts with: mostly the one that its name has left.
func (w *world) diskOf(name string) *disk {
	d := w.disks.now[name]
	if d == nil {
		d = &disk{MemFS: vfs.NewCrashableMem()}
	}
	if !w.chance(3) {
		return d
	}
	switch kind := w.rand.IntN(8); {
	case kind == 0 && len(w.disks.shelf) > 0:
		w.met["disk of another time or process"]++
		w.note("%s gets a disk of another time or process", name)
		old := w.disks.shelf[w.rand.IntN(len(w.disks.shelf))]
		return &disk{old.CrashClone(vfs.CrashCloneCfg{}), old.spoilt, old.tampered}
	case kind == 1:
		w.met["disk of another cluster"]++
		return w.strangeDisk(name, "another cluster's ", 0)
	case kind == 2:
		w.met["disk ahead of its changelog"]++
		return w.strangeDisk(name, "", 1000)
	case kind == 3:
		w.met["disk empty"]++
		return &disk{MemFS: vfs.NewCrashableMem()}
	}
	w.spoil(d, name)
	return d
}

// spoil changes, or cuts off, all files of a kind.
func (w *world) spoil(d *disk, name string) {
	kind, cut, values := pick(w.rand, ".sst", ".sst", ".sst", "MANIFEST", "OPTIONS"), w.chance(5), !w.chance(3)
	files, err := d.List(stateDir)
	if err != nil {
		return // there is none yet
	}
	for _, file := range files {
		path := d.PathJoin(stateDir, file)
		data, err := readFile(d.MemFS, path)
		if err != nil || !strings.Contains(file, kind) || len(data) == 0 {
			continue
		}
		from, to := 0, len(data)
		switch {
		case kind == ".sst" && values:
			to = len(data) / 8 // it can be opened
		case kind == ".sst":
			from, to = len(data)/8, len(data)*7/8
		}
		for i := range data[from:to] {
			data[from+i] ^= 0x55
		}
		if cut {
			data = data[:len(data)/2]
		}
		if err := writeFile(d.MemFS, path, data); err != nil {
			w.fail("spoil %s: %v", file, err)
		}
		d.spoilt, d.tampered = true, true
	}
	if d.spoilt {
		w.met["disk spoilt"]++
		w.note("%s finds its %s spoilt, cut off: %t, values only: %t", name, kind, cut, values)
	}
}

func readFile(fs vfs.FS, path string) ([]byte, error) {
	info, err := fs.Stat(path)
	if err != nil || info.IsDir() {
		return nil, err
	}
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, info.Size())
	_, err = f.ReadAt(data, 0)
	return data, err
}

func writeFile(fs vfs.FS, path string, data []byte) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// strangeDisk is one on which every task has a copy that lacks half of its keys, though all else about it
// is as it should be, but for the id of its topic, or for the offset that it has come to.
func (w *world) strangeDisk(name, whose string, ahead int64) *disk {
	w.note("%s gets %sdisk, %d ahead", name, whose, ahead)
	d := &disk{MemFS: vfs.NewCrashableMem()}
	if err := w.fillStrangely(d, whose, ahead); err != nil {
		w.fail("strange disk: %v", err)
	}
	return d
}

func (w *world) fillStrangely(d *disk, whose string, ahead int64) error {
	p, err := state.OpenPebble(w.pebbleConfig(d))
	if err != nil {
		return err
	}
	t, err := w.job.topology()
	if err != nil {
		return err
	}
	env := pipeline.Environment{Copy: p.Copy,
		Partitions: func(topic string) (int32, error) { return w.job.partitions()[topic], nil },
		TopicID:    func(topic string) [16]byte { return topicID(whose + topic) }}
	for i := range t.Roles {
		role := &t.Roles[i]
		if role.Changelog == "" {
			continue
		}
		for _, log := range w.cluster.topics[role.Changelog] {
			source := pipeline.TopicPartition{Topic: role.Sources[0].Topic, Partition: log.tp.Partition}
			task, err := pipeline.NewTask(t, role, source, env, nowhere{})
			if err == nil {
				err = w.copyStrangely(task, log, ahead)
			}
			if err != nil {
				return err
			}
		}
	}
	return p.Close()
}

// copyStrangely restores a task from what half of the changelog's keys have.
func (w *world) copyStrangely(task *pipeline.Task, log *partition, ahead int64) error {
	now, end := pipeline.Time(time.Now().UnixMilli()), int64(len(log.entries))
	if _, err := task.OpenCopy(pipeline.ChangelogSpan{End: end + ahead, Now: now}); err != nil {
		return err
	}
	for _, r := range log.read() {
		if !strings.HasPrefix(string(r.Key), "~") && len(r.Key)%2 == 0 {
			continue
		}
		moved := *r
		moved.Offset += ahead
		if err := task.Restore(&moved); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return task.Committed(pipeline.CopyPosition{Offset: end + ahead, At: now})
}

// nowhere takes what a task emits that does not run.
type nowhere struct{}

// Append implements pipeline.Appender.
func (nowhere) Append(*pipeline.OutRecord) error { return nil }
