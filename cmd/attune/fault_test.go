package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// patientLoad is what the fault tests send, ten seconds of patients in each second, until they are stopped: what
// is done to a processor must happen under load, however long a busy machine takes for it.
var patientLoad = []string{"--rate", "60", "--speed", "10"}

func TestRunIsKilledAndStartedAgain(t *testing.T) {
	for _, checkpoints := range []time.Duration{0, 10 * time.Second} {
		t.Run(fmt.Sprintf("checkpoints=%v", checkpoints), func(t *testing.T) {
			t.Parallel()
			r, _ := embeddedRig(t)
			r.config.Run.CheckpointInterval = checkpoints
			killedAndStarted(t, r)
		})
	}
}

// killedAndStarted kills the processor twice. What it does again must come out as it did.
func killedAndStarted(t *testing.T, r *rig) {
	file := r.file(t)
	run, sink := start(t, "run", "--config", file), start(t, "sink", "--config", r.file(t))
	patients, ledger := r.simulate(t, patientLoad...)
	r.grows(t, schemas.TopicActions, 30)
	run.kill(t)
	run = start(t, "run", "--config", file)
	if r.config.Run.CheckpointInterval > 0 {
		run.says(t, "replayed")
	}
	r.grows(t, schemas.TopicActions, 20)
	run.kill(t)
	patients.stop(t)
	run = start(t, "run", "--config", file)
	r.settles(t, r.ledgerOf(t, ledger), false)
	run.stop(t)
	sink.stop(t)
}

func TestSinkIsKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	r, _ := embeddedRig(t)
	file := r.file(t)
	start(t, "run", "--config", r.file(t))
	sink := start(t, "sink", "--config", file)
	patients, ledger := r.simulate(t, patientLoad...)
	for range 3 {
		sink.says(t, "sink assigned")
		r.grows(t, schemas.TopicIdentified, 300)
		sink.kill(t)
		sink = start(t, "sink", "--config", file)
	}
	patients.stop(t)
	r.settles(t, r.ledgerOf(t, ledger), false)
	sink.stop(t)
}

func TestClickHouseIsKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	r, parts := embeddedRig(t)
	run := start(t, "run", "--config", r.file(t))
	sink := start(t, "sink", "--config", r.file(t))
	patients, ledger := r.simulate(t, patientLoad...)
	sink.says(t, "sink assigned")
	r.grows(t, schemas.TopicIdentified, 500)
	if err := parts.ClickHouse.Kill(); err != nil {
		t.Fatal(err)
	}
	r.grows(t, schemas.TopicActions, 20) // nothing but the sink notices
	server, err := parts.ClickHouse.Restart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parts.ClickHouse = server
	r.grows(t, schemas.TopicIdentified, 300)
	patients.stop(t)
	r.settles(t, r.ledgerOf(t, ledger), false)
	if ended, err := sink.Ended(); ended {
		t.Errorf("the sink ended: %v", err)
	}
	run.stop(t)
	sink.stop(t)
}

// The cluster is somebody else's: topics have the names that it gives them, and all of it works as ever.
func TestSecondRunJoinsAndLeaves(t *testing.T) {
	t.Parallel()
	r, _ := embeddedRig(t, func(c *config.Config) {
		c.Kafka.TopicPrefix, c.Kafka.TopicNames = "site7.attune.", []string{"touchpoints.web=web.clicks.v2", "consents=privacy.consents"}
	})
	first := start(t, "run", "--config", r.file(t), "--with", "sink")
	patients, ledger := r.simulate(t, patientLoad...)
	r.grows(t, schemas.TopicActions, 20)
	second := start(t, "run", "--config", r.file(t))
	second.says(t, "assigned")
	r.grows(t, schemas.TopicActions, 20)
	second.stop(t)
	third := start(t, "run", "--config", r.file(t))
	third.says(t, "assigned")
	r.grows(t, schemas.TopicActions, 20)
	patients.stop(t)
	first.stop(t) // and the sink in it
	sink := start(t, "sink", "--config", r.file(t))
	r.settles(t, r.ledgerOf(t, ledger), false)
	third.stop(t)
	sink.stop(t)
	checkTopicsOfSite7(t, r)
}

// checkTopicsOfSite7 looks at the topics as the broker has them.
func checkTopicsOfSite7(t *testing.T, r *rig) {
	t.Helper()
	theirs, err := kafka.Dial(t.Context(), kafka.Config{Brokers: r.config.Kafka.Brokers})
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	topics, err := theirs.DescribeTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, topic := range topics {
		switch {
		case topic.Name == "web.clicks.v2" || topic.Name == "privacy.consents":
			named++
		case !strings.HasPrefix(topic.Name, "site7.attune."):
			t.Errorf("the broker has topic %s", topic.Name)
		}
	}
	if named != 2 || len(topics) != len(schemas.Topics(schemas.TopicConfig{})) {
		t.Errorf("%d topics, of which %d have names of their own", len(topics), named)
	}
}
