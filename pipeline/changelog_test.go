package pipeline

import (
	"bytes"
	"strings"
	"testing"
)

// restorable is a task with timers and a vector, and no store of its own.
func restorable(tb testing.TB) *Task {
	tb.Helper()
	topology := &Topology{
		Channels: []Channel{{Name: "c"}},
		Roles: []Role{
			{Name: "carried", Sources: []Source{{Topic: "mid", Carried: true}}, Changelog: "log", Broadcasts: []string{"models"}, New: func(*Setup) (Processor, error) { return silent{}, nil }},
			{Name: "source", Sources: []Source{{Topic: "in"}}, WatermarksTo: "mid", New: func(*Setup) (Processor, error) { return silent{}, nil }},
		},
	}
	t, err := NewTask(topology, &topology.Roles[0], TopicPartition{Topic: "mid"}, Environment{Orders: true}, &kept{})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

type silent struct{}

func (silent) Process(*Context, *Record) error     { return nil }
func (silent) OnTimer(*Context, Timer) error       { return nil }
func (silent) OnBroadcast(*Context, *Record) error { return nil }

type kept struct{ keys, values []string }

func (k *kept) Append(r *OutRecord) error {
	k.keys, k.values = append(k.keys, string(r.Key)), append(k.values, string(r.Value))
	return nil
}

// FuzzRestore: what is no changelog record of ours is refused as corrupt, without a panic; what is
// accepted leaves a task that can go on and commit.
func FuzzRestore(f *testing.F) {
	t := restorable(f)
	t.broadcastAt("models", 3).next = 17
	t.vector.apply(SourceMark{Topic: "in", Partition: 1, Of: 2, Watermark: 5})
	f.Add([]byte("~task\x00"), t.appendState(nil))
	f.Add([]byte("~timer\x00\x01key"), appendTimerValue(nil, &timer{Timer: Timer{At: 7, Channels: 1}}))
	f.Add([]byte("gone\x00key"), []byte("value"))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		task := restorable(t)
		if err := task.Restore(&Record{Key: key, Value: value}); err != nil {
			if KindOf(err) != KindCorrupt {
				t.Errorf("kind %v: %v", KindOf(err), err)
			}
			return
		}
		if err := task.Resume(OffsetCommit{}); err != nil {
			t.Fatal(err)
		}
		for _, in := range []Input{{Kind: InputTick}, {Kind: InputCommit}} {
			if err := task.Step(&in); err != nil {
				t.Errorf("step %d: %v", in.Kind, err)
			}
		}
	})
}

// FuzzOrder: an order record of any bytes after a checkpoint is refused as corrupt, or replayed to an
// end, without a panic and without giving the task more records than it says.
func FuzzOrder(f *testing.F) {
	saved, orders := committedOrders(f)
	for _, o := range orders {
		f.Add([]byte(o))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, policy := range []OnReplayDifference{ReplayStops, ReplayResumes} {
			task := restorable(t)
			task.setup.env.OnReplayDifference = policy
			for _, r := range [][2]string{{"~task\x00", saved}, {"~order\x00\x01", string(value)}} {
				if err := task.Restore(&Record{Key: []byte(r[0]), Value: []byte(r[1])}); err != nil {
					wantCorrupt(t, err)
					return
				}
			}
			if err := task.Resume(OffsetCommit{}); err != nil {
				wantCorrupt(t, err)
				return
			}
			wantCorrupt(t, replayAll(task))
		}
	})
}

// committedOrders runs a task past a checkpoint and some commits, and returns what it wrote.
func committedOrders(tb testing.TB) (saved string, orders []string) {
	task := restorable(tb)
	for i, in := range []Input{
		{Kind: InputCommit}, {Kind: InputRecord, Record: &Record{Topic: "mid", Offset: 1}}, {Kind: InputTick},
		{Kind: InputBroadcast, Record: &Record{Topic: "models", Offset: 4}}, {Kind: InputCommit, Order: true},
		{Kind: InputRecord, Record: &Record{Topic: "mid", Offset: 7}}, {Kind: InputCommit, Order: true},
	} {
		in.Now = Time(1000 * i)
		if err := task.Step(&in); err != nil {
			tb.Fatal(err)
		}
	}
	out := task.writer.out.(*kept)
	for i, key := range out.keys {
		switch {
		case strings.HasPrefix(key, engineStore):
			saved = out.values[i]
		case strings.HasPrefix(key, orderStore):
			orders = append(orders, out.values[i])
		}
	}
	return saved, orders
}

// replayAll gives a task eight source records and a broadcast, whatever it asks for.
func replayAll(task *Task) error {
	inputs := []Input{{Kind: InputBroadcast, Record: &Record{Topic: "models", Offset: 4}}}
	for i := range int64(8) {
		inputs = append(inputs, Input{Kind: InputRecord, Record: &Record{Topic: "mid", Offset: i}})
	}
	for _, in := range append(inputs, Input{Kind: InputReplayed}) {
		if err := task.Step(&in); err != nil {
			return err
		}
	}
	return nil
}

func wantCorrupt(t *testing.T, err error) {
	t.Helper()
	if err != nil && KindOf(err) != KindCorrupt && ReasonOf(err) != ReasonReplayDiffers {
		t.Errorf("kind %v: %v", KindOf(err), err)
	}
}

func TestOutputHashTellsEverythingApart(t *testing.T) {
	out, other := &output{topic: "a"}, &output{topic: "b"}
	out.hash.text(out.topic)
	other.hash.text(other.topic)
	header := func(key, value string) []Header { return []Header{{Key: key, Value: []byte(value)}} }
	long := []byte("a value that is longer than two words of the hash are")
	seen := make(map[outputHash]int)
	for i, emit := range []func(h *outputHash){
		func(*outputHash) {},
		func(h *outputHash) { h.emitted(out, 0, nil, nil, nil) },
		func(h *outputHash) { h.emitted(other, 0, nil, nil, nil) },
		func(h *outputHash) { h.emitted(out, 1, nil, nil, nil) },
		func(h *outputHash) { h.emitted(out, 0, []byte{}, nil, nil) },
		func(h *outputHash) { h.emitted(out, 0, nil, []byte{}, nil) },
		func(h *outputHash) { h.emitted(out, 0, []byte("ab"), []byte("c"), nil) },
		func(h *outputHash) { h.emitted(out, 0, []byte("a"), []byte("bc"), nil) },
		func(h *outputHash) { h.emitted(out, 0, []byte("bc"), []byte("a"), nil) },
		func(h *outputHash) { h.emitted(out, 0, nil, nil, header("k", "v")) },
		func(h *outputHash) { h.emitted(out, 0, nil, nil, header("kv", "")) },
		func(h *outputHash) { h.emitted(out, 0, nil, nil, header("a name of header", "v")) },
		func(h *outputHash) { h.emitted(out, 0, nil, nil, nil); h.emitted(out, 1, nil, nil, nil) },
		func(h *outputHash) { h.emitted(out, 1, nil, nil, nil); h.emitted(out, 0, nil, nil, nil) },
		func(h *outputHash) { h.emitted(out, 0, nil, make([]byte, 16), nil) },
		func(h *outputHash) { h.emitted(out, 0, nil, make([]byte, 17), nil) },
	} {
		var h outputHash
		emit(&h)
		if other, ok := seen[h]; ok {
			t.Errorf("%d has the hash of %d", i, other)
		}
		seen[h] = i
	}
	for n := range len(long) + 1 {
		for bit := range 8 * n {
			changed := bytes.Clone(long[:n])
			changed[bit/8] ^= 1 << (bit % 8)
			var a, b outputHash
			a.bytes(long[:n])
			if b.bytes(changed); a == b {
				t.Errorf("%d bytes: bit %d makes no difference", n, bit)
			}
		}
	}
}

func TestEngineStateIsWrittenAndRestored(t *testing.T) {
	a := restorable(t)
	a.epoch = 6
	a.vector.apply(SourceMark{Topic: "in", Partition: 1, Of: 2, Watermark: 5, Idle: true, Table: 3})
	a.marks.raise(0, 44, BasisForced)
	a.broadcastAt("models", 3).next = 17
	a.timers.set(Timer{At: 99, Channels: 1, Kind: 2, Key: "k"})
	if err := a.Step(&Input{Kind: InputCommit}); err != nil {
		t.Fatal(err)
	}
	out := a.writer.out.(*kept)
	b := restorable(t)
	for i := range out.keys {
		if err := b.Restore(&Record{Key: []byte(out.keys[i]), Value: []byte(out.values[i])}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Resume(OffsetCommit{Offset: 12}); err != nil {
		t.Fatal(err)
	}
	if b.epoch != 7 || b.position != 12 || b.broadcastAt("models", 3).replay != 17 {
		t.Errorf("epoch %d, position %d, broadcasts %v", b.epoch, b.position, b.broadcasts)
	}
	if w, basis := b.Watermark(0); w != 44 || basis != BasisForced {
		t.Errorf("watermark %d, %d", w, basis)
	}
	if at, ok := b.timers.at(2, "k"); !ok || at != 99 {
		t.Errorf("timer %d, %v", at, ok)
	}
	if s := b.vector.topics[0].sources; len(s) != 2 || s[1] != (vectorSource{watermark: 5, table: 3, heard: true, idle: true}) {
		t.Errorf("sources %+v", s)
	}
}

// full takes nothing that is as large as that of a store's key.
type full struct{ kept }

func (f *full) Append(r *OutRecord) error {
	if bytes.HasPrefix(r.Key, []byte("~timer")) {
		return Invalid("record-too-large", nil)
	}
	return f.kept.Append(r)
}

// One state is larger than can be sent: it is left out and told, and the commit has the rest.
func TestStateIsTooLargeToBeSentThenItAloneIsLeftOut(t *testing.T) {
	topology := &Topology{Channels: []Channel{{Name: "c"}}, Roles: []Role{{Name: "r", Sources: []Source{{Topic: "in"}}, Changelog: "log",
		New: func(*Setup) (Processor, error) { return setter{}, nil }}}}
	var refused []TopicPartition
	out := &full{}
	task, err := NewTask(topology, &topology.Roles[0], TopicPartition{Topic: "in"}, Environment{OutputRefused: func(tp TopicPartition, size int) { refused = append(refused, tp) }}, out)
	if err != nil {
		t.Fatal(err)
	}
	if err := task.Resume(OffsetCommit{}); err != nil {
		t.Fatal(err)
	}
	for _, in := range []Input{{Kind: InputRecord, Record: &Record{Topic: "in"}}, {Kind: InputCommit}} {
		if err := task.Step(&in); err != nil {
			t.Fatal(err)
		}
	}
	if len(refused) != 1 || refused[0] != (TopicPartition{Topic: "log"}) || len(out.keys) == 0 {
		t.Errorf("refused %v, kept %q", refused, out.keys)
	}
}

// setter sets a timer for each record.
type setter struct{ silent }

func (setter) Process(c *Context, _ *Record) error {
	c.SetTimer(Timer{Key: "k", At: 1 << 50, Channels: 1})
	return nil
}
