package pipeline

import "testing"

// restorable is a task with timers and a vector, and no store of its own.
func restorable(tb testing.TB) *Task {
	tb.Helper()
	topology := &Topology{
		Channels: []Channel{{Name: "c"}},
		Roles: []Role{
			{Name: "carried", Sources: []Source{{Topic: "mid", Carried: true}}, Changelog: "log", New: func(*Setup) (Processor, error) { return silent{}, nil }},
			{Name: "source", Sources: []Source{{Topic: "in"}}, WatermarksTo: "mid", New: func(*Setup) (Processor, error) { return silent{}, nil }},
		},
	}
	t, err := NewTask(topology, &topology.Roles[0], TopicPartition{Topic: "mid"}, Environment{}, &kept{})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

type silent struct{}

func (silent) Process(*Context, *Record) error { return nil }
func (silent) OnTimer(*Context, Timer) error   { return nil }

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
