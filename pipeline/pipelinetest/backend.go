package pipelinetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// Backend is a kind of state storage, as TestBackend drives it.
type Backend struct {
	// Store declares the store of strings in a task.
	Store func(s *pipeline.Setup) RangedStore
	// Expiring is Store with a TTL of ExpiringAfter, by the watermark over all channels.
	Expiring func(s *pipeline.Setup) RangedStore
	// Start begins a process on what the previous one has left. give returns the copy of a task's
	// changelog, or is nil if there are none. stop ends the process; kill is the death of the
	// machine, which loses everything not yet on disk.
	Start func(tb testing.TB) (give func(pipeline.TaskID) pipeline.Copy, stop func(kill bool))
}

// RangedStore is a KeyedStore whose keys can be listed.
type RangedStore interface {
	KeyedStore
	Range(f func(key, value string) bool)
}

// TestBackend is the contract of state through commits, failures, restarts and restores. It drives
// one task and compares it with a model.
func TestBackend(t *testing.T, newBackend func() Backend) {
	seeds := uint64(30)
	if testing.Short() {
		seeds = 6
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("Lives/seed=%d", seed), func(t *testing.T) { testLives(t, newLife(t, newBackend()), seed) })
		t.Run(fmt.Sprintf("Expiring/seed=%d", seed), func(t *testing.T) { testLives(t, newAgingLife(t, newBackend()), seed) })
	}
	t.Run("LargeValues", func(t *testing.T) { testLargeValues(t, newBackend()) })
	t.Run("EmptyValues", func(t *testing.T) { testEmptyValues(t, newLife(t, newBackend())) })
	t.Run("EmptyValuesThatExpire", func(t *testing.T) { testExpiringEmptyValues(t, newAgingLife(t, newBackend())) })
	t.Run("CommitFailsThenNothingOfItIsSeen", func(t *testing.T) { testCommitFails(t, newBackend()) })
	t.Run("DeletedInChangelogWhileAway", func(t *testing.T) { testDeletedWhileAway(t, newBackend()) })
}

// life is one task in its process, with its changelog and what its store must hold.
type life struct {
	tb      testing.TB
	backend Backend
	give    func(pipeline.TaskID) pipeline.Copy
	stop    func(kill bool)
	// By offset. An entry whose key is "" is a marker, or compacted away.
	log      []change
	appended pending
	task     *pipeline.Task
	store    RangedStore
	// The model as it was committed.
	committed map[string]string
	live      map[string]string
	now       pipeline.Time
	// Records of the last restore.
	restored int
	offset   pipeline.OffsetCommit
	// Of the commit that was sealed.
	next pipeline.OffsetCommit
	// nil for a store without a TTL.
	aging *aging
}

var lifeTask = pipeline.TopicPartition{Topic: "in", Partition: 0}

func newLife(tb testing.TB, b Backend) *life {
	return startLife(&life{tb: tb, backend: b})
}

func startLife(l *life) *life {
	l.committed, l.now, l.offset.TopicPartition = map[string]string{}, 1_700_000_000_000, lifeTask
	l.begin()
	return l
}

func (l *life) begin() {
	l.give, l.stop = l.backend.Start(l.tb)
	l.restore()
}

func (l *life) topology() *pipeline.Topology {
	t := &pipeline.Topology{Name: "lives", Roles: []pipeline.Role{{
		Name: "keeper", Sources: []pipeline.Source{{Topic: "in", Channel: pipeline.NoChannel}}, Changelog: "log",
		New: func(s *pipeline.Setup) (pipeline.Processor, error) {
			l.store = l.backend.Store(s)
			return keeper{}, nil
		},
	}}}
	if l.aging != nil {
		l.aging.arrange(l, t)
	}
	return t
}

type keeper struct{}

func (keeper) Process(*pipeline.Context, *pipeline.Record) error { return nil }

// restore makes the task anew, as the runner does.
func (l *life) restore() {
	l.tb.Helper()
	t := l.topology()
	env := pipeline.Environment{
		Partitions: func(string) (int32, error) { return 1, nil },
		TopicID:    func(string) [16]byte { return [16]byte{7} },
		Copy:       l.give,
		Count:      l.aging.count,
	}
	l.appended.records = nil
	task, err := pipeline.NewTask(t, &t.Roles[0], lifeTask, env, &l.appended)
	l.check(err)
	l.task = task
	from, err := task.OpenCopy(pipeline.ChangelogSpan{End: int64(len(l.log)), Now: l.now})
	l.check(err)
	l.restored = 0
	for o := from; o < int64(len(l.log)); o++ {
		if c := l.log[o]; c.key != "" {
			l.check(task.Restore(&pipeline.Record{Topic: "log", Offset: o, Key: []byte(c.key), Value: clone(c.value)}))
			l.restored++
		}
	}
	l.check(task.Committed(pipeline.CopyPosition{Offset: int64(len(l.log)), At: l.now}))
	l.check(task.Resume(l.offset))
	l.live = maps.Clone(l.committed)
	l.aging.restored()
}

func (l *life) check(err error) {
	l.tb.Helper()
	if err != nil {
		l.tb.Fatal(err)
	}
}

// seal collects a commit and puts it into the changelog. The task does not learn of it yet.
func (l *life) seal() {
	l.tb.Helper()
	l.now += 100
	l.check(l.task.Step(&pipeline.Input{Kind: pipeline.InputCommit, Now: l.now}))
	l.next = l.task.Offset()
	l.task.Sealed()
}

func (l *life) write() {
	for _, r := range l.appended.records {
		l.log = append(l.log, change{string(r.Key), clone(r.Value)})
	}
	l.log = append(l.log, change{}) // the marker
	l.appended.records = nil
	l.committed, l.offset = maps.Clone(l.live), l.next
	l.aging.committed()
}

func (l *life) commit(at pipeline.CopyPosition) {
	l.tb.Helper()
	l.seal()
	l.write()
	l.check(l.task.Committed(at))
}

// compact leaves the newest record of each key.
func (l *life) compact() {
	newest := map[string]int{}
	for i, c := range l.log {
		newest[c.key] = i
	}
	for i, c := range l.log {
		if newest[c.key] != i {
			l.log[i] = change{}
		}
	}
}

// verify compares store and model: by key, in order and in number.
func (l *life) verify() {
	l.tb.Helper()
	same(l.tb, l.store, l.live)
	l.aging.verify(l.tb)
	var got []string
	l.store.Range(func(key, value string) bool {
		got = append(got, key+"="+value)
		return true
	})
	var want []string
	for _, k := range slices.Sorted(maps.Keys(l.live)) {
		want = append(want, k+"="+l.live[k])
	}
	if !slices.Equal(got, want) {
		l.tb.Fatalf("range: got %q, want %q", got, want)
	}
	for _, k := range []string{"", "never", "k", "zz"} {
		if _, ok := l.live[k]; ok {
			continue
		}
		if v, ok := l.store.Get(k); ok {
			l.tb.Fatalf("a key that is not there has value %q", v)
		}
	}
}

// testLives lets a task work, commit, fail, die and start again.
func testLives(t *testing.T, l *life, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 17))
	defer func() { l.stop(false) }()
	var looked pipeline.CopyPosition
	keys := 5 + r.IntN(400)
	for range 60 {
		for range r.IntN(40) {
			l.work(r, keys)
		}
		if r.IntN(4) == 0 {
			l.verify()
		}
		switch r.IntN(14) {
		case 0: // the commit fails, or the generation ends
			l.seal()
			l.restore()
		case 1: // it dies before the commit
			l.die(true)
		case 2: // it dies once the broker has the commit
			l.seal()
			l.write()
			l.die(true)
		case 3:
			l.commit(looked)
			l.die(false)
		case 4: // the answer to a commit is lost
			l.seal()
			l.write()
			l.restore()
		case 5:
			l.compact()
		case 7, 8, 9: // work goes on while the commit is under way
			l.seal()
			l.write()
			for range r.IntN(20) {
				l.work(r, keys)
			}
			l.verify()
			l.check(l.task.Committed(looked))
		case 6:
			looked = pipeline.CopyPosition{Offset: int64(len(l.log)), At: l.now}
			fallthrough
		default:
			l.commit(looked)
		}
		l.verify()
	}
}

func (l *life) die(kill bool) {
	l.tb.Helper()
	l.stop(kill)
	l.begin()
}

// work does something at random.
func (l *life) work(r *rand.Rand, keys int) {
	if l.aging != nil {
		l.aging.work(l, r, keys)
		return
	}
	l.random(r, keys)
}

// random returns the key that it wrote, "" for none.
func (l *life) random(r *rand.Rand, keys int) (written string) {
	key, value := fmt.Sprint("k", r.IntN(keys)), maybeEmpty(r, strings.Repeat(fmt.Sprint(r.IntN(1000)), 1+r.IntN(30)))
	switch r.IntN(6) {
	case 0:
		l.store.Delete(key)
		delete(l.live, key)
	case 1, 2:
		if _, ok := l.live[key]; ok {
			l.live[key], written = value, key
		}
		l.store.Change(key, value)
	case 3:
		v, ok := l.store.Get(key)
		if w, found := l.live[key]; v != w || ok != found {
			l.tb.Fatalf("%s: got %q, %v, want %q", key, v, ok, w)
		}
	default:
		l.store.Put(key, value)
		l.live[key], written = value, key
	}
	return written
}

func testLargeValues(t *testing.T, b Backend) {
	l := newLife(t, b)
	defer func() { l.stop(false) }()
	for i := range 20 {
		key := fmt.Sprint("k", i)
		l.live[key] = strings.Repeat(key, 100_000)
		l.store.Put(key, l.live[key])
		l.commit(pipeline.CopyPosition{})
	}
	l.verify()
	l.die(true)
	l.verify()
}

// testEmptyValues keeps a set as keys without values. They must survive every way to lose memory: a
// failed commit, a clean end and a kill, with the copy of the changelog and without.
func testEmptyValues(t *testing.T, l *life) {
	defer func() { l.stop(false) }()
	for round := range 4 {
		for i := range 50 {
			key := fmt.Sprint("member-", round, "-", i)
			l.live[key] = ""
			l.store.Put(key, "")
		}
		delete(l.live, "member-0-7")
		l.store.Delete("member-0-7")
		l.commit(pipeline.CopyPosition{Offset: int64(len(l.log)), At: l.now})
		l.verify()
		switch round {
		case 0:
			l.restore()
		case 1:
			l.die(false)
		default:
			l.die(true)
		}
		l.verify()
	}
}

// testExpiringEmptyValues: with a TTL the time of the last write stands before a value, so a value
// always has bytes on the wire, but has none when it reaches the codec.
func testExpiringEmptyValues(t *testing.T, l *life) {
	defer func() { l.stop(false) }()
	put := func(key string) {
		l.aging.do = func(ctx *pipeline.Context) {
			ctx.ObserveEventTime(l.aging.at)
			l.store.Put(key, "")
		}
		l.check(l.task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Now: l.now, Record: &pipeline.Record{Topic: "in", Offset: l.task.Position()}}))
	}
	put("old")
	l.live["old"] = ""
	l.commit(pipeline.CopyPosition{})
	l.die(true)
	same(t, l.store, map[string]string{"old": ""})
	l.aging.at += 2*agingAfter + agingBound
	put("young")
	l.live = map[string]string{"young": ""}
	l.commit(pipeline.CopyPosition{})
	l.die(true)
	same(t, l.store, map[string]string{"young": ""})
}

func testCommitFails(t *testing.T, b Backend) {
	l := newLife(t, b)
	defer func() { l.stop(false) }()
	l.store.Put("a", "1")
	l.live["a"] = "1"
	l.commit(pipeline.CopyPosition{})
	l.store.Put("a", "2")
	l.store.Put("b", "1")
	l.seal()
	l.restore()
	l.verify()
	l.store.Delete("a")
	l.seal()
	l.die(false) // cleanly, but the commit never came about
	l.verify()
}

// testDeletedWhileAway: another instance deletes a key, and its tombstone is compacted away while
// this instance's disk still has the key.
func testDeletedWhileAway(t *testing.T, b Backend) {
	for _, away := range []pipeline.Time{hour, 25 * hour} {
		t.Run(fmt.Sprint(away/hour, "h"), func(t *testing.T) {
			l := newLife(t, b)
			defer func() { l.stop(false) }()
			for _, k := range []string{"a", "b"} {
				l.store.Put(k, "1")
				l.live[k] = "1"
			}
			l.commit(pipeline.CopyPosition{})
			l.commit(pipeline.CopyPosition{Offset: int64(len(l.log)), At: l.now})
			l.stop(false)
			l.now += away
			delete(l.committed, "a")
			l.log = append(l.log, change{key: "kept\x00a"}, change{})
			if l.compact(); away > 24*hour {
				l.log[len(l.log)-2] = change{}
			}
			l.begin()
			l.verify()
		})
	}
}

const hour = pipeline.Time(3_600_000)
