package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Keys of the store begin with what they are of. Parts are separated by a zero byte, which no reference has.
const (
	keyMeta     = 'm' // identity, and the log that it stands for; until when everything is known; position of topic and partition
	keyContact  = 'c' // contact_ref → contact
	keyLive     = 'l' // contact_ref, while the contact is not over
	keyDecision = 'd' // decision_id → place, NextBestAction
	keyForecast = 'f' // contact_ref → place, Prediction
	keyPerson   = 'p' // person_ref, place → decision_id
	keyPersona  = 'v' // person_ref → place, Persona
	keyErased   = 'x' // person_ref → broker's time of the tombstone
	keyCalls    = 'k' // person_ref, contact_ref → broker's time of the newest record
	keyOwner    = 'o' // shard → epoch, person_ref
	keyShard    = 's' // person_ref, shard
	keyStep     = 'j' // shard, event time, event id → place, what is shown of the Touchpoint
	keyHook     = 'h' // name of a webhook that has begun
	keyQueue    = 'q' // name of a webhook, number → event that waits for it
	keyDead     = 'z' // name of a webhook, number → event that it has not taken
	keyDue      = 't' // hour of the broker, key: what retention looks at
)

// layout stands for how the store lays values out. Who changes that raises it, and the topics are read anew.
const layout = 2

// hour is the grain of retention, by the broker's clock.
const hour = int64(time.Hour / time.Millisecond)

// maxRecent bounds what the store remembers: some megabytes.
const maxRecent = 1 << 15

func key(kind byte, parts ...string) []byte {
	return append([]byte{kind}, strings.Join(parts, "\x00")...)
}

// Store is what a desk knows, on disk. Any goroutine may read; one at a time writes.
type Store struct {
	db    *pebble.DB
	cache *pebble.Cache
	hub   hub

	// mu is held while a batch, or retention, reads and writes. It guards recent and erased.
	mu sync.Mutex
	// recent is what the store has for the last keys, so that they need be neither read nor written again.
	recent recent[string]
	// queues are those of webhooks, and queued the number of the last event in them.
	queues map[string]*queue
	queued uint64
	// erased is keyErased in memory: each record asks.
	erased map[string]int64
	// unsynced: something was written that may not be on the disk.
	unsynced atomic.Bool
	// positions are those of the store, and what behind looks at.
	positions struct {
		sync.Mutex
		at map[pipeline.TopicPartition]int64
	}
}

// OpenStore opens the store of a log; one of another log, or of another layout, is made anew.
func OpenStore(dir, identity string, cacheBytes int64) (*Store, error) {
	return openStore(dir, identity, cacheBytes, vfs.Default)
}

// OpenKept opens the store of a log that does not answer. Adopt says later which one it is.
func OpenKept(dir string, topics []string, cacheBytes int64) (*Store, error) {
	return openAny(dir, cacheBytes, vfs.Default, func(s *Store) error { return s.takeUpKept(topics) })
}

func openStore(dir, identity string, cacheBytes int64, files vfs.FS) (*Store, error) {
	return openAny(dir, cacheBytes, files, func(s *Store) error { return s.takeUp(identity) })
}

func openAny(dir string, cacheBytes int64, files vfs.FS, takeUp func(*Store) error) (*Store, error) {
	dir = files.PathJoin(dir, fmt.Sprintf("layout-%d", layout))
	if err := makeDir(files, dir); err != nil {
		return nil, fmt.Errorf("desk directory: %w", err)
	}
	s := &Store{cache: pebble.NewCache(cacheBytes / 2), erased: map[string]int64{}, recent: recent[string]{most: maxRecent}}
	s.positions.at = map[pipeline.TopicPartition]int64{}
	options := &pebble.Options{FS: files, Cache: s.cache, FormatMajorVersion: pebble.FormatNewest, MemTableSize: uint64(min(cacheBytes/8, 32<<20)), Logger: quiet{}, Merger: greatest}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	var err error
	if s.db, err = pebble.Open(dir, options); err != nil {
		s.cache.Unref()
		return nil, fmt.Errorf("desk directory %s: %w", dir, err)
	}
	if err := takeUp(s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// makeDir makes a directory that is there after a loss of power, too. What lies above it may be another's.
func makeDir(files vfs.FS, dir string) error {
	if err := files.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for parent := files.PathDir(dir); ; parent = files.PathDir(parent) {
		d, err := files.OpenDir(parent)
		if err == nil {
			err = errors.Join(d.Sync(), d.Close())
		}
		if errors.Is(err, fs.ErrPermission) || parent == files.PathDir(parent) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// greatest keeps the greatest value that a key was given, until it is set or deleted. Values that begin with a place, or
// a time, need no look at what there is: the later one wins, in whatever order they come.
var greatest = &pebble.Merger{Name: "attune.desk.greatest", Merge: func(_, v []byte) (pebble.ValueMerger, error) {
	return &greatestValue{bytes.Clone(v)}, nil
}}

type greatestValue struct{ v []byte }

// MergeNewer implements pebble.ValueMerger.
func (g *greatestValue) MergeNewer(v []byte) error {
	if bytes.Compare(v, g.v) > 0 {
		g.v = append(g.v[:0], v...)
	}
	return nil
}

// MergeOlder implements pebble.ValueMerger.
func (g *greatestValue) MergeOlder(v []byte) error { return g.MergeNewer(v) }

// Finish implements pebble.ValueMerger.
func (g *greatestValue) Finish(bool) ([]byte, io.Closer, error) { return g.v, nil, nil }

// quiet drops what Pebble tells: a line about a key would hold a reference.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// Fatalf must not return; Pebble gives up where its files cannot be written.
func (quiet) Fatalf(format string, _ ...any) { panic("desk: Pebble gives up: " + format) }

// fingerprint is of the log, the layout, and the schemas that values are kept in.
func fingerprint(identity string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\x00%s", layout, identity)
	for _, name := range []string{"NextBestAction", "Prediction", "Persona", "Touchpoint"} {
		d, _ := schemas.DefinitionOf(name)
		fmt.Fprintf(h, "\x00%s", d.Schema)
	}
	return string(h.Sum(nil)[:16])
}

// Positions are the next records to read.
func (s *Store) Positions(context.Context) (map[pipeline.TopicPartition]int64, error) {
	s.positions.Lock()
	defer s.positions.Unlock()
	out := make(map[pipeline.TopicPartition]int64, len(s.positions.at))
	for tp, offset := range s.positions.at {
		out[tp] = offset
	}
	return out, nil
}

func (s *Store) reached(at map[pipeline.TopicPartition]int64) {
	s.positions.Lock()
	defer s.positions.Unlock()
	for tp, offset := range at {
		s.positions.at[tp] = offset
	}
}

func positionKey(tp pipeline.TopicPartition) []byte {
	return binary.BigEndian.AppendUint32(key(keyMeta, "position", tp.Topic, ""), uint32(tp.Partition))
}

// Sync puts on the disk what was written. Writes do not wait for it: what a crash costs is read again.
func (s *Store) Sync() error {
	if !s.unsynced.Swap(false) {
		return nil
	}
	if err := s.db.LogData(nil, pebble.Sync); err != nil {
		return fmt.Errorf("write the desk's store: %w", err)
	}
	return nil
}

// Close closes the files.
func (s *Store) Close() error {
	err := s.db.Close()
	s.cache.Unref()
	return err
}

// get is a copy of a value, nil where there is none.
func (s *Store) get(k []byte) ([]byte, error) {
	v, closer, err := s.db.Get(k)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the desk's store: %w", err)
	}
	defer closer.Close()
	return append([]byte{}, v...), nil
}

// scan calls each with the keys that begin with prefix, in order, until it returns false. They are valid during the
// call.
func (s *Store) scan(prefix []byte, each func(k, v []byte) (more bool, err error)) error {
	return s.iterate(prefix, func(i *pebble.Iterator) error {
		for ok := i.First(); ok; ok = i.Next() {
			if more, err := each(i.Key(), i.Value()); err != nil || !more {
				return err
			}
		}
		return nil
	})
}

// scanBack is scan from the last key on.
func (s *Store) scanBack(prefix []byte, each func(k, v []byte) (more bool, err error)) error {
	return s.iterate(prefix, func(i *pebble.Iterator) error {
		for ok := i.Last(); ok; ok = i.Prev() {
			if more, err := each(i.Key(), i.Value()); err != nil || !more {
				return err
			}
		}
		return nil
	})
}

func (s *Store) iterate(prefix []byte, do func(*pebble.Iterator) error) error {
	i, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return fmt.Errorf("read the desk's store: %w", err)
	}
	err = do(i)
	return errors.Join(err, i.Close())
}

// after is the first key that does not begin with prefix.
func after(prefix []byte) []byte {
	end := append([]byte{}, prefix...)
	end[len(end)-1]++
	return end
}

// load reads a value that is kept as JSON; ok is false where there is none.
func (s *Store) load(k []byte, v any) (ok bool, err error) {
	text, err := s.get(k)
	if err != nil || text == nil {
		return false, err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return false, fmt.Errorf("read the desk's store: %w", err)
	}
	return true, nil
}

// decisions calls each with the decisions of a person, newest first, until it returns false.
func (s *Store) decisions(ref string, each func(entry) (more bool, err error)) error {
	prefix := key(keyPerson, ref, "")
	return s.scanBack(prefix, func(k, v []byte) (bool, error) {
		at, _, err := placeOf(k[len(prefix):])
		if err != nil {
			return false, err
		}
		return each(entry{Place: at, ID: string(v), Person: ref})
	})
}

// record reads a value that is kept as a place and Avro.
func (s *Store) record(k []byte, v schemas.Record) (at Place, ok bool, err error) {
	value, err := s.get(k)
	if err != nil || value == nil {
		return Place{}, false, err
	}
	at, rest, err := placeOf(value)
	if err == nil {
		err = schemas.DecodeWhole(v, rest)
	}
	if err != nil {
		return Place{}, false, fmt.Errorf("read the desk's store: %w", err)
	}
	return at, true, nil
}
