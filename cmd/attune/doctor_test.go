package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/attune-health/attune/internal/doctor"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// diagnosis is what doctor says: its lines by their first word.
func diagnosis(t *testing.T, p *plant, code int) (problems, warnings []string) {
	t.Helper()
	s := try(t, "doctor", "--config", p.config)
	if s.code != code {
		t.Errorf("exit code %d, want %d: %s%s", s.code, code, s.stdout, s.stderr)
	}
	for line := range strings.Lines(s.stdout) {
		kind, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "problem":
			problems = append(problems, strings.TrimSpace(text))
		case "warning":
			warnings = append(warnings, strings.TrimSpace(text))
		case "ok":
		default:
			t.Errorf("doctor says more than a line about one thing: %q", line)
		}
	}
	return problems, warnings
}

// linesOf is what doctor says of a configuration.
func linesOf(t *testing.T, file string, code int) []string {
	t.Helper()
	s := try(t, "doctor", "--config", file)
	if s.code != code {
		t.Errorf("exit code %d, want %d: %s%s", s.code, code, s.stdout, s.stderr)
	}
	return strings.Split(s.stdout, "\n")
}

// wantLine demands exactly one line that holds all of the words.
func wantLine(t *testing.T, lines []string, words ...string) {
	t.Helper()
	found := 0
	for _, line := range lines {
		holds := true
		for _, w := range words {
			holds = holds && strings.Contains(line, w)
		}
		if holds {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d lines say %q: %q", found, words, lines)
	}
}

func wantCount(t *testing.T, lines []string, n int) {
	t.Helper()
	if len(lines) != n {
		t.Errorf("got %d, want %d: %q", len(lines), n, lines)
	}
}

func TestDoctorNamesEachProblemAndWhatToDo(t *testing.T) {
	t.Parallel()
	const listen = "telemetry: {listen: '127.0.0.1:0'}\n"
	p := newPlant(t, listen)

	t.Run("tables missing", func(t *testing.T) {
		problems, _ := diagnosis(t, p, exit.CodeFailed)
		wantCount(t, problems, 1)
		wantLine(t, problems, "has no database attune", "run attune sink")
	})
	sinks := start(t, "sink", "--config", p.config)
	sinks.ready(t)
	sinks.stop(t)
	t.Run("all is well", func(t *testing.T) {
		problems, warnings := diagnosis(t, p, exit.CodeOK)
		wantCount(t, problems, 0)
		for _, w := range warnings {
			if !strings.Contains(w, "transactions version 2") {
				t.Errorf("warned without need: %s", w)
			}
		}
	})
	t.Run("clocks", func(t *testing.T) { doctorOnClocks(t, p) })
	t.Run("transactions", func(t *testing.T) { doctorOnTransactions(t, p) })
	t.Run("configuration", func(t *testing.T) { doctorOnConfig(t, p) })
	t.Run("registry", func(t *testing.T) { doctorOnRegistry(t, p) })
	t.Run("lag", func(t *testing.T) { doctorOnLag(t, p) })
	t.Run("topics", func(t *testing.T) { doctorOnTopics(t, p) })
}

// doctorOnConfig: what cannot be reached or does not let us in. The rest is checked all the same.
func doctorOnConfig(t *testing.T, p *plant) {
	defer p.configure("")
	whole := p.text("")
	replaced := func(old, new string) {
		t.Helper()
		p.configure("")
		text := strings.Replace(whole, old, new, 1)
		if text == whole {
			t.Fatalf("%q is not in the configuration", old)
		}
		writeFile(t, p.config, text)
	}
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"wrong password", `addr: ["` + p.parts.ClickHouse.NativeAddr(), `password: wrong, addr: ["` + p.parts.ClickHouse.NativeAddr(), []string{`"default" is not let in`, "check user name and password"}},
		{"unknown user", `addr: ["` + p.parts.ClickHouse.NativeAddr(), `username: nobody, addr: ["` + p.parts.ClickHouse.NativeAddr(), []string{`"nobody" is not let in`}},
		{"no ClickHouse", p.parts.ClickHouse.NativeAddr(), "127.0.0.1:1", []string{"127.0.0.1:1", "unreachable"}},
		{"not ClickHouse", p.parts.ClickHouse.NativeAddr(), p.parts.Broker.Addr(), []string{p.parts.Broker.Addr()}},
		{"no broker", p.parts.Broker.Addr(), "127.0.0.1:1", []string{"127.0.0.1:1"}},
		{"old broker", p.parts.Broker.Addr(), oldKafka(t), []string{"Kafka 2.8 or newer is needed"}},
		{"no registry", p.parts.Registry.URL(), "http://127.0.0.1:1", []string{"127.0.0.1:1"}},
		{"short key", "not a secret: of a test", "short", []string{"run.identity_key has 5 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			replaced(c.old, c.new)
			problems, _ := diagnosis(t, p, exit.CodeFailed)
			wantCount(t, problems, 1)
			wantLine(t, problems, c.want...)
		})
	}
	t.Run("broker that may lose the end of a transaction", func(t *testing.T) {
		other, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.MaxVersions(kversion.V4_4_0()))
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		replaced(p.parts.Broker.Addr(), other.ListenAddrs()[0])
		_, warnings := diagnosis(t, p, exit.CodeFailed)
		wantLine(t, warnings, "Apache Kafka 4.4", "KAFKA-20734", "Run 4.2")
	})
	t.Run("unknown role", func(t *testing.T) {
		p.configure("")
		if s := try(t, "doctor", "--config", p.config, "--role", "nobody"); s.code != exit.CodeUsage || !strings.Contains(s.stderr, "run, sink or desk") {
			t.Errorf("exit code %d: %s%s", s.code, s.stdout, s.stderr)
		}
	})
	t.Run("unknown key", func(t *testing.T) {
		p.configure("nonsense: 1\n")
		if s := try(t, "doctor", "--config", p.config); s.code != exit.CodeUsage || s.stdout != "" || !strings.Contains(s.stderr, "nonsense") {
			t.Errorf("exit code %d: %s%s", s.code, s.stdout, s.stderr)
		}
	})
}

// doctorOnClocks: the embedded broker keeps the times that it is given, as if they were those of its clock.
func doctorOnClocks(t *testing.T, p *plant) {
	p.sendAt(schemas.Millis(time.Now().Add(55*time.Minute).UnixMilli()), schemas.TopicTouchpointsLate, 0, nil, []byte("x"))
	_, warnings := diagnosis(t, p, exit.CodeOK)
	wantLine(t, warnings, "the clock of broker", "ahead of ours at least", "NTP")
	p.recreate(schemas.TopicTouchpointsLate, 2, map[string]string{"message.timestamp.type": "LogAppendTime"})
}

// doctorOnTransactions: a transaction that nobody ends holds up the readers of our topic, and one of a source is its
// writer's to end.
func doctorOnTransactions(t *testing.T, p *plant) {
	open := func(topic string) *kgo.Client {
		client, err := kgo.NewClient(kgo.SeedBrokers(p.parts.Broker.Addr()), kgo.TransactionalID("left open in "+topic), kgo.TransactionTimeout(10*time.Minute), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Partition: 1, Value: []byte("x")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		return client
	}
	writers := []*kgo.Client{open(schemas.TopicPersonas), open(schemas.TopicTouchpointsWeb)}
	problems, warnings := diagnosis(t, p, exit.CodeFailed)
	wantCount(t, problems, 1)
	wantLine(t, problems, schemas.TopicPersonas+"/1", "open for 12s at least", "abort --topic "+schemas.TopicPersonas+" --partition 1 --start-offset 0")
	wantLine(t, warnings, schemas.TopicTouchpointsWeb+"/1", "transaction.timeout.ms")
	for _, w := range writers {
		if err := w.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
			t.Fatal(err)
		}
	}
	problems, _ = diagnosis(t, p, exit.CodeOK)
	wantCount(t, problems, 0)
}

func doctorOnRegistry(t *testing.T, p *plant) {
	subject := schemas.SubjectOf(schemas.TopicPersonas)
	for _, query := range []string{"", "?permanent=true"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, p.parts.Registry.URL()+"/subjects/"+subject+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	problems, _ := diagnosis(t, p, exit.CodeFailed)
	wantCount(t, problems, 1)
	wantLine(t, problems, subject, "not registered", "attune schemas register")

	p.register(subject, `{"type":"record","name":"Persona","namespace":"health.attune","fields":[{"name":"person_ref","type":"int"}]}`)
	problems, _ = diagnosis(t, p, exit.CodeFailed)
	wantCount(t, problems, 1)
	wantLine(t, problems, subject, "not compatible")
}

// doctorOnLag: what the sink has not read is close to being deleted.
func doctorOnLag(t *testing.T, p *plant) {
	const hour = "3600000"
	p.recreate(schemas.TopicPredictions, 2, map[string]string{"cleanup.policy": "delete", "retention.ms": hour})
	old := pipeline.OutRecord{Topic: schemas.TopicPredictions, Timestamp: time.Now().Add(-50 * time.Minute).UnixMilli(), Value: []byte("x")}
	if err := p.producer.Append(&old); err != nil {
		t.Fatal(err)
	}
	if err := p.producer.Seal(nil).Commit(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, warnings := diagnosis(t, p, exit.CodeFailed) // the registry's problem is still there
	wantLine(t, warnings, schemas.TopicPredictions, "50m", "of 1h0m0s retention", "start attune sink, or raise retention.ms")

	// What retention took before it was read is not "0 records behind".
	client := &kafkago.Client{Addr: kafkago.TCP(p.parts.Broker.Addr())}
	res, err := client.OffsetCommit(t.Context(), &kafkago.OffsetCommitRequest{GroupID: "attune-sink", GenerationID: -1,
		Topics: map[string][]kafkago.OffsetCommit{schemas.TopicPredictions: {{Partition: 1, Offset: 99}}}})
	if err != nil || res.Topics[schemas.TopicPredictions][0].Error != nil {
		t.Fatal(err, res)
	}
	problems, _ := diagnosis(t, p, exit.CodeFailed)
	wantLine(t, problems, "group attune-sink", schemas.TopicPredictions+"/1: offset 99", "--reset-offsets --to-offset 0")
}

// doctorOnTopics: every way in which a topic is not as it should be, all in one answer.
func doctorOnTopics(t *testing.T, p *plant) {
	p.recreate(schemas.TopicModels, 1, map[string]string{"cleanup.policy": "compact", "min.compaction.lag.ms": "60000"})
	_, warnings := diagnosis(t, p, exit.CodeFailed)
	wantLine(t, warnings, schemas.TopicModels, "min.compaction.lag.ms 60000", "set 604800000")

	p.recreate(schemas.TopicTouchpointsApp, 2, map[string]string{"message.timestamp.type": "CreateTime"})
	_, warnings = diagnosis(t, p, exit.CodeFailed)
	wantLine(t, warnings, schemas.TopicTouchpointsApp, "CreateTime", "set LogAppendTime")

	// One of these two is read again after a restart.
	p.recreate(schemas.TopicIdentified, 2, map[string]string{"retention.ms": "3600000"})
	p.recreate(schemas.TopicTouchpointsLate, 2, map[string]string{"retention.ms": "3600000"})
	_, warnings = diagnosis(t, p, exit.CodeFailed)
	wantLine(t, warnings, "retention.ms 3600000", "set 604800000")
	wantLine(t, warnings, schemas.TopicIdentified, "retention.ms 3600000")

	p.recreate(schemas.TopicTrainingExamples, 0, nil)
	p.recreate(schemas.TopicIdentityLinks, 2, nil)
	p.recreate(schemas.TopicDecisionInputs, 3, nil)
	p.recreate(schemas.TopicPersonas, 2, map[string]string{"cleanup.policy": "delete", "max.message.bytes": "100000"})
	p.recreate(schemas.TopicTouchpointsRejected, 2, map[string]string{"max.message.bytes": "1048588"})
	problems, _ := diagnosis(t, p, exit.CodeFailed)
	wantLine(t, problems, schemas.TopicTrainingExamples, "missing", "attune topics create")
	wantLine(t, problems, schemas.TopicIdentityLinks, "has 2 partitions, must have 1")
	wantLine(t, problems, schemas.TopicDecisionInputs, "has 3 partitions", "must be equal")
	wantLine(t, problems, schemas.TopicPersonas, "cleanup.policy delete, must be compact")
	wantLine(t, problems, schemas.TopicPersonas, "max.message.bytes 100000", "set run.batch_bytes to 100000")
	wantLine(t, problems, schemas.TopicTouchpointsRejected, "max.message.bytes 1048588", "must have")
	if s := try(t, "run", "--config", p.config); s.code != exit.CodeUnavailable || !strings.Contains(s.stderr, "attune topics create") {
		t.Errorf("run: exit code %d: %s", s.code, s.stderr)
	}
	if s := try(t, "topics", "check", "--config", p.config); s.code != exit.CodeFailed {
		t.Errorf("topics check: exit code %d: %s", s.code, s.stderr)
	}
	must(t, "topics", "create", "--config", p.config) // makes what is missing, leaves the rest
	problems, _ = diagnosis(t, p, exit.CodeFailed)
	for _, line := range problems {
		if strings.Contains(line, "missing") {
			t.Errorf("still: %s", line)
		}
	}
}

// One document has every check with its state, also those that could not be made.
func TestDoctorAsJSON(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "attune.yaml")
	writeFile(t, file, "kafka: {brokers: ['127.0.0.1:1']}\nregistry: {url: 'http://127.0.0.1:1'}\nclickhouse: {addr: ['127.0.0.1:1']}\n")
	s := try(t, "doctor", "--config", file, "--json")
	var report doctor.Report
	if err := json.Unmarshal([]byte(s.stdout), &report); err != nil || s.code != exit.CodeFailed {
		t.Fatalf("code %d, %v: %s%s", s.code, err, s.stdout, s.stderr)
	}
	if len(report.Checks) != len(doctor.Checks()) || report.Problems != 4 {
		t.Errorf("%d checks, %d problems", len(report.Checks), report.Problems)
	}
	want := map[string]doctor.State{"identity-key": doctor.StateProblem, "kafka": doctor.StateProblem, "topics": doctor.StateSkipped, "positions": doctor.StateSkipped, "registry": doctor.StateProblem, "clickhouse": doctor.StateProblem}
	for _, c := range report.Checks {
		if w, ok := want[c.Name]; ok && c.State != w {
			t.Errorf("%s is %s, want %s", c.Name, c.State, w)
		}
		if c.State == doctor.StateProblem && (len(c.Findings) == 0 || c.Remedy == "") {
			t.Errorf("%s says nothing", c.Name)
		}
	}
}
