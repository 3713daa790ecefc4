package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// interrupted is a rig whose task has committed a checkpoint, then records, ticks, a broadcast and
//
// the end of the input in three commits that are none, and then died.
func interrupted(t *testing.T, change func(r *rig)) *rig {
	r := newRig(t)
	if change != nil {
		change(r)
	}
	r.record("a 1000000 1", 0)
	r.commit(true)
	r.now += 100
	r.record("a 1000100 2", 0)
	r.record("b 1000150 3", 1)
	r.model("one")
	r.record("a 1000200 4", 0)
	r.commit(false)
	r.now += 600
	r.tick(false)
	r.commit(false)
	r.record("a 1002000 4", 2)
	r.step(&pipeline.Input{Kind: pipeline.InputEnd, Forced: 1_010_000})
	r.commit(false)
	if r.orders() != 3 {
		t.Fatalf("%d order records, want 3", r.orders())
	}
	return r
}

// refusal restores, and wants a refusal of a kind that says all of want, and nothing of a record.
func (r *rig) refusal(kind pipeline.Kind, want ...string) {
	r.t.Helper()
	err := r.restore()
	if err == nil || pipeline.KindOf(err) != kind {
		r.t.Fatalf("got %v, want a refusal of kind %v", err, kind)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			r.t.Errorf("got %q, want it to say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "1000200") {
		r.t.Errorf("got %q: that has a record's value", err)
	}
}

func TestProcessorIsNotDeterministicThenReplayStopsAndNamesTheCommit(t *testing.T) {
	chance := int64(0)
	r := interrupted(t, func(r *rig) { r.chance = &chance })
	chance = 7
	r.refusal(pipeline.KindRefused, "task curious/in/0", "commit 1 after checkpoint 1 of epoch 1 (offsets 1 to 5)", "is not what was sent", "The same build and settings made it", "keep the topics as evidence")
}

func TestOrderRecordIsMissingThenTaskIsNotRestored(t *testing.T) {
	for i, want := range []string{"want commit 1 after checkpoint 1", "want commit 2 after checkpoint 1", "the rest of them is missing"} {
		r := interrupted(t, nil)
		nth := 0
		r.changelog = slices.DeleteFunc(r.changelog, func(record pipeline.Record) bool {
			if !strings.HasPrefix(string(record.Key), "~order") {
				return false
			}
			nth++
			return nth == i+1
		})
		r.refusal(pipeline.KindCorrupt, want, "task curious/in/0")
	}
}

// refused: it is no order record, or one of something else than what was sent.
func refused(err error) bool {
	return pipeline.KindOf(err) == pipeline.KindCorrupt || pipeline.ReasonOf(err) == pipeline.ReasonReplayDiffers
}

func TestOrderRecordIsCorruptThenTaskIsNotRestored(t *testing.T) {
	for i := range interrupted(t, nil).changelog {
		r := interrupted(t, nil)
		record := &r.changelog[i]
		if !strings.HasPrefix(string(record.Key), "~order") {
			continue
		}
		whole := slices.Clone(record.Value)
		for at := range whole {
			record.Value = slices.Clone(whole)
			record.Value[at] ^= 0x15
			if err := r.restore(); !refused(err) {
				t.Errorf("byte %d of record %d changed: got %v", at, i, err)
			}
			record.Value = whole[:at]
			if err := r.restore(); !refused(err) {
				t.Errorf("record %d cut at %d: got %v", i, at, err)
			}
		}
	}
}

func TestSourceHasForgottenWhatIsToBeReplayedThenErrorSaysWhatToDo(t *testing.T) {
	for _, gone := range [][]int{{1}, {2, 3}, {4}, {1, 2, 3, 4}} {
		r := interrupted(t, nil)
		var kept []pipeline.Record
		for i, record := range r.source {
			if !slices.Contains(gone, i) {
				kept = append(kept, record)
			}
		}
		r.source = kept
		r.refusal(pipeline.KindRefused, "records of the source are gone", "retention.ms of in")
		r.env.OnReplayDifference = pipeline.ReplayResumes
		if err := r.restore(); err != nil || r.task.Replayed().Differences == 0 {
			t.Errorf("resumed: %v, %+v", err, r.task.Replayed())
		}
	}
}

func TestBroadcastIsCompactedAwayThenErrorSaysWhatToDo(t *testing.T) {
	r := interrupted(t, nil)
	r.models = nil
	r.refusal(pipeline.KindRefused, "broadcast models/0 offset 0 is gone", "min.compaction.lag.ms")
}

func TestAnotherBuildThatMakesTheSameThenItsReplayIsTaken(t *testing.T) {
	for name, change := range map[string]func(r *rig){
		"build":    func(r *rig) { r.env.Build = 2 },
		"settings": func(r *rig) { r.topology.Settings = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			r := interrupted(t, nil)
			change(r)
			if err := r.restore(); err != nil {
				t.Fatal(err)
			}
			if got := r.task.Replayed(); !got.NewBuild || got.Commits != 3 || got.Offsets == 0 || got.Differences != 0 {
				t.Errorf("got %+v", got)
			}
			r.commit(true)
			if err := r.restore(); err != nil || r.task.Replayed().Commits != 0 {
				t.Errorf("after a checkpoint of its own: %v, %+v", err, r.task.Replayed())
			}
		})
	}
}

func TestAnotherBuildThatMakesSomethingElseThenItIsToldWhoMadeWhat(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *rig)
		want   string
	}{
		"build":              {func(r *rig) { r.env.Build = 2 }, "Another build made it: start that one again"},
		"settings":           {func(r *rig) { r.topology.Settings = 2 }, "This build made it with other settings: start"},
		"build and settings": {func(r *rig) { r.env.Build, r.topology.Settings = 2, 2 }, "Another build with other settings made it: start"},
	} {
		t.Run(name, func(t *testing.T) {
			chance := int64(0)
			r := interrupted(t, func(r *rig) { r.chance = &chance })
			chance = 7
			c.change(r)
			r.refusal(pipeline.KindRefused, c.want, "1 of 3 since the last checkpoint", "stop it cleanly", "run.on_replay_difference")
		})
	}
}

// TestBroadcastComesAfterTheLastCommitThenItIsTakenAfterTheReplay: what the task had not seen when it
// committed must not change what it does again.
func TestBroadcastComesAfterTheLastCommitThenItIsTakenAfterTheReplay(t *testing.T) {
	r := interrupted(t, nil)
	r.models = append(r.models, pipeline.Record{Topic: "models", Offset: 9, Value: []byte("two")})
	if err := r.restore(); err != nil || r.task.Replayed().Differences > 0 || r.processor.factor != "two" {
		t.Errorf("got %v, %+v, factor %q, want two", err, r.task.Replayed(), r.processor.factor)
	}
	if len(r.out) == 0 || !strings.Contains(string(r.out[0].Value), "epoch=2") || !strings.HasSuffix(string(r.out[0].Value), "broadcast 9") {
		t.Errorf("%d outputs, want that of the broadcast first, of the new epoch", len(r.out))
	}
}

// standing asks a task that was restored from the changelog alone where it stood.
func (r *rig) standing() (pipeline.OffsetCommit, bool) {
	r.t.Helper()
	task, err := pipeline.NewTask(r.topology, &r.topology.Roles[0], pipeline.TopicPartition{Topic: "in"}, r.env, r)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range r.changelog {
		if err := task.Restore(&r.changelog[i]); err != nil {
			r.t.Fatal(err)
		}
	}
	return task.Standing()
}

func TestGroupForgetsThenTaskStandsWhereItsChangelogSays(t *testing.T) {
	r := interrupted(t, nil)
	for _, when := range []string{"between checkpoints", "at a checkpoint"} {
		forgotten := r.committed
		stood, ok := r.standing()
		if !ok || stood.Offset != forgotten.Offset || stood.TopicPartition != (pipeline.TopicPartition{Topic: "in"}) {
			t.Fatalf("%s: got %+v, %v, the group had %+v", when, stood, ok, forgotten)
		}
		r.committed = stood
		if err := r.restore(); err != nil || r.task.Position() != forgotten.Offset || r.task.Replayed().Differences > 0 {
			t.Errorf("%s: %v, at %d", when, err, r.task.Position())
		}
		r.commit(true)
		if got, _ := r.standing(); got.Metadata != r.committed.Metadata {
			t.Errorf("%s: got %q, the group has %q", when, got.Metadata, r.committed.Metadata)
		}
	}
}

func TestTaskHasNeverCommittedThenItStandsNowhere(t *testing.T) {
	if c, ok := newRig(t).standing(); ok {
		t.Errorf("got %+v", c)
	}
}

func TestOffsetWasMovedFromOutsideThenTaskGoesOnThere(t *testing.T) {
	r := interrupted(t, nil)
	r.committed.Metadata, r.committed.Offset = "", 1
	if err := r.restore(); err != nil || r.task.Position() != 1 || r.task.Replayed().Commits != 3 {
		t.Errorf("got %v, at %d, %+v", err, r.task.Position(), r.task.Replayed())
	}
}

func TestEpochOfTheReplayIsTheOneOfItsCommits(t *testing.T) {
	r := interrupted(t, nil) // outputs have the epoch in them, so that the hash would differ
	if err := r.restore(); err != nil || r.task.Epoch() != 2 {
		t.Errorf("got %v, epoch %d, want 2", err, r.task.Epoch())
	}
	r.record("a 1003000 1", 0)
	r.commit(false)
	if r.orders() != 0 {
		t.Error("the first commit of an epoch is no checkpoint")
	}
}
