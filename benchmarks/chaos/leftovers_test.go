package main

import (
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/pipeline"
)

func TestStateThatIsNobodysIsNamed(t *testing.T) {
	const person = "somebody"
	home := pipeline.Partition([]byte(person), partitions)
	for _, c := range []struct {
		name, key, want string
		partition       int32
	}{
		{"at home", "persons\x00" + person, "", home},
		{"at another task", "persons\x00" + person, "1 keys belong to another task", (home + 1) % partitions},
		{"a shard at another task", "shards\x00" + person + "/s", "1 keys belong to another task", (home + 1) % partitions},
		{"of a store that is gone", "once\x00key", "1 keys are of stores that the task has not", home},
		{"a touchpoint that still waits", "held\x00" + person + "/s", "1 touchpoints still wait for a shard", home},
		{"a timer that was not taken up", "~timer\x00key", "1 timers were not taken up", home},
		{"the engine's own", "~task\x00", "", home},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, r := leftoverOf(t, c.partition), newReport(&options{})
			l.live[c.key] = true
			l.judge(r)
			got := strings.Join(r.differences, "\n")
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Contains(got, person) {
				t.Errorf("found %q, want %q, without the person", got, c.want)
			}
			if (r.wrong == 0) != (c.want == "") {
				t.Errorf("%d are wrong", r.wrong)
			}
		})
	}
}

// leftoverOf is an empty PATIENT task.
func leftoverOf(t *testing.T, partition int32) *leftover {
	t.Helper()
	c := config.Default()
	topology, err := roles.OfflineTopology(t.Context(), &c)
	if err != nil {
		t.Fatal(err)
	}
	for i := range topology.Roles {
		role := &topology.Roles[i]
		if role.Name != "patient" {
			continue
		}
		env := pipeline.Environment{Partitions: func(string) (int32, error) { return partitions, nil }}
		task, err := pipeline.NewTask(topology, role, pipeline.TopicPartition{Topic: role.Sources[0].Topic, Partition: partition}, env, nowhere{})
		if err != nil {
			t.Fatal(err)
		}
		return &leftover{task: task, partition: partition, of: partitions, live: map[string]bool{}}
	}
	t.Fatal("there is no PATIENT")
	return nil
}
