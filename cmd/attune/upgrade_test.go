package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// anotherBuild is this program as another build: builds outside a repository are told apart by their bytes.
func anotherBuild(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "attune")
	from, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if _, err := to.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// A site goes over to a new build instance by instance, and back, and an instance of either build is killed on the
// way. Whoever is left repeats what the other build had sent, comes to the same, and goes on.
func TestRollingUpgradeAndRollbackWithKillsOnApacheKafka(t *testing.T) {
	t.Parallel()
	r, _, _ := apacheRig(t)
	upgraded := anotherBuild(t)
	files := [2]string{r.file(t), r.file(t)}
	sink := start(t, "sink", "--config", r.file(t))
	a, b := start(t, "run", "--config", files[0]), start(t, "run", "--config", files[1])
	patients, ledger := r.simulate(t, patientLoad...)
	r.grows(t, schemas.TopicActions, 20)

	// over: the first instance is replaced, the second is killed before it is.
	a.stop(t)
	a = startOf(t, upgraded, "run", "--config", files[0])
	a.says(t, "assigned")
	r.grows(t, schemas.TopicActions, 20)
	b.kill(t)
	a.says(t, "new_build=true")
	b = startOf(t, upgraded, "run", "--config", files[1])
	b.says(t, "assigned")
	r.grows(t, schemas.TopicActions, 20)

	// and back: both are killed, one after the other.
	a.kill(t)
	a = start(t, "run", "--config", files[0])
	a.says(t, "assigned")
	r.grows(t, schemas.TopicActions, 20)
	b.kill(t)
	a.says(t, "new_build=true")
	b = start(t, "run", "--config", files[1])
	r.grows(t, schemas.TopicActions, 20)
	patients.stop(t)
	r.settles(t, r.ledgerOf(t, ledger), false)
	a.stop(t)
	b.stop(t)
	sink.stop(t)
}

// Somebody starts an instance with another identity key where one was killed. What it would make of the same input
// is something else: its tasks stop, and say so. With the right key nothing is amiss.
func TestSettingsThatChangeTheOutputsAfterAKillThenTasksStopAndNothingIsLost(t *testing.T) {
	t.Parallel()
	r, _ := embeddedRig(t)
	right := r.file(t)
	r.config.Run.IdentityKey = "a key of somebody else"
	wrong := r.file(t)
	r.config.Run.IdentityKey = "a key that only tests use"
	run, sink := start(t, "run", "--config", right), start(t, "sink", "--config", r.file(t))
	patients, ledger := r.simulate(t, patientLoad...)
	r.grows(t, schemas.TopicActions, 30)
	run.kill(t)
	run = start(t, "run", "--config", wrong)
	run.says(t, "task has stopped")
	run.says(t, "This build made it with other settings")
	run.says(t, "on_replay_difference")
	run.stop(t)
	run = start(t, "run", "--config", right)
	r.grows(t, schemas.TopicActions, 30)
	patients.stop(t)
	r.settles(t, r.ledgerOf(t, ledger), false)
	run.stop(t)
	sink.stop(t)
}
