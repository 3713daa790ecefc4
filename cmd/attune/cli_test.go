package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// edited is a configuration file with one part replaced.
func edited(t *testing.T, file, old, new string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%q is not in %s", old, text)
	}
	changed := filepath.Join(t.TempDir(), "attune.yaml")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return changed
}

// What cannot be written is not done, whichever command it is: a disk is full, or a pipe is broken.
func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"schemas", "show", "Touchpoint"}, {"schemas", "list"}, {"version"}, {"config"}} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		cmd := command(t.Context(), args...)
		cmd.Stdout = full
		err = cmd.Run()
		check(t, full.Close())
		if ended, ok := errors.AsType[*exec.ExitError](err); !ok || ended.ExitCode() != exit.CodeFailed {
			t.Errorf("attune %v: %v, want exit code 1", args, err)
		}
	}
}

// What is wrong at the start is said in one line, with what to do, and with the exit code of its kind.
func TestWhatIsWrongIsSaidInOneLineAtTheStart(t *testing.T) {
	t.Parallel()
	r, parts := embeddedRig(t)
	file := r.file(t)
	native, broker := parts.ClickHouse.NativeAddr(), parts.Broker.Addr()
	first := start(t, "run", "--config", file)
	first.says(t, "assigned")
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"unknown command":        {[]string{"dance"}, exit.CodeUsage, `unknown command "dance"`},
		"unknown flag":           {[]string{"run", "--fast"}, exit.CodeUsage, "unknown flag: --fast"},
		"missing argument":       {[]string{"tail"}, exit.CodeUsage, "accepts 1 arg"},
		"group":                  {[]string{"topics"}, exit.CodeUsage, "needs one of: "},
		"unknown key":            {[]string{"run", "--config", edited(t, file, "run:", "speed: 3\nrun:")}, exit.CodeUsage, "field speed not found"},
		"missing file":           {[]string{"run", "--config", "/no/such/file.yaml"}, exit.CodeUsage, "no such file"},
		"no identity key":        {[]string{"run", "--config", edited(t, file, `identity_key: "a key that only tests use"`, "identity_key: ''")}, exit.CodeUsage, "run.identity_key is not set"},
		"unknown role":           {[]string{"run", "--config", file, "--with", "boards"}, exit.CodeUsage, `"boards" is not a role`},
		"unreachable broker":     {[]string{"run", "--config", edited(t, file, broker, "127.0.0.1:1")}, exit.CodeUnavailable, "127.0.0.1:1"},
		"old broker":             {[]string{"run", "--config", edited(t, file, broker, oldKafka(t))}, exit.CodeUnavailable, "Kafka 2.8 or newer is needed"},
		"no registry":            {[]string{"run", "--config", edited(t, edited(t, file, parts.Registry.URL(), "http://127.0.0.1:1"), "instance: ", "instance: no-registry #")}, exit.CodeUnavailable, "schema registry"},
		"same instance":          {[]string{"run", "--config", file}, exit.CodeUsage, "give this one another name (instance), or none"},
		"unreachable clickhouse": {[]string{"sink", "--config", edited(t, file, native, "127.0.0.1:1")}, exit.CodeUnavailable, "127.0.0.1:1"},
		"wrong password":         {[]string{"sink", "--config", edited(t, file, "clickhouse: {", "clickhouse: {username: nobody, password: wrong, ")}, exit.CodeUnavailable, "password"},
		"old clickhouse":         {[]string{"sink", "--config", edited(t, file, native, oldClickHouse(t))}, exit.CodeUnavailable, "is too old: attune needs"},
		"http port":              {[]string{"sink", "--config", edited(t, file, native, parts.ClickHouse.HTTPAddr())}, exit.CodeUnavailable, "native protocol"},
		"demo format":            {[]string{"demo", "--format", "technion-bank"}, exit.CodeUsage, "--format goes with --import"},
		"unknown format":         {[]string{"demo", "--format", "x", "--import", file}, exit.CodeUsage, "technion-bank"},
		"bad start":              {[]string{"simulate", "--start", "yesterday"}, exit.CodeUsage, "--start"},
		"query nothing":          {[]string{"query", "--data", t.TempDir(), "SELECT 1"}, exit.CodeUsage, "holds no data of a demo"},
		"sql after a comment":    {[]string{"query", "--clickhouse", "clickhouse://default@" + native + "/default", "-- what is wrong?\nSELECT FROM"}, exit.CodeFailed, "code: 47"},
		"sql after --":           {[]string{"query", "--clickhouse", "clickhouse://default@" + native + "/default", "--what is wrong?\nSELECT FROM"}, exit.CodeFailed, "code: 47"},
		"wrong sql":              {[]string{"query", "--clickhouse", "clickhouse://default@" + native + "/default", "SELECT FROM"}, exit.CodeFailed, "code: 47"},
		"unknown topic":          {[]string{"tail", "no-such-topic", "--config", file}, exit.CodeUnavailable, "no-such-topic"},
		"unknown record":         {[]string{"schemas", "show", "Nothing"}, exit.CodeUsage, "attune schemas list names them"},
	} {
		t.Run(name, func(t *testing.T) {
			s := try(t, c.args...)
			lines := strings.Split(strings.TrimSpace(s.stderr), "\n")
			last := lines[len(lines)-1]
			for _, l := range lines[:len(lines)-1] {
				if !strings.Contains(l, "level=") {
					t.Errorf("more than one line: %q", s.stderr)
				}
			}
			if s.code != c.code || !strings.HasPrefix(last, "attune: ") || !strings.Contains(last, c.want) || s.stdout != "" {
				t.Errorf("exit code %d, want %d and %q in: %s%s", s.code, c.code, c.want, s.stderr, s.stdout)
			}
		})
	}
	first.stop(t)
}

// oldClickHouse answers the native handshake as Debian's ClickHouse 18.16 does.
func oldClickHouse(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	text := func(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	hello := text([]byte{0}, "ClickHouse")
	for _, n := range []uint64{18, 16, 54412} {
		hello = binary.AppendUvarint(hello, n)
	}
	hello = append(text(text(hello, "Etc/UTC"), "old"), 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				if _, err := in.ReadByte(); err != nil {
					return
				}
				for _, err := conn.Write(hello); err == nil; _, err = in.ReadByte() {
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestTopicsAreCreatedAndChecked(t *testing.T) {
	t.Parallel()
	right := []string{"--brokers", newBroker(t).Addr()}
	if got := must(t, append([]string{"topics", "create", "--partitions", "4", "--replication", "1"}, right...)...); !strings.HasSuffix(got, ", there already 0\n") {
		t.Errorf("create says %q", got)
	}
	if got := must(t, append([]string{"topics", "check"}, right...)...); got != "all topics are as they should be\n" {
		t.Errorf("check says %q", got)
	}
	if got := must(t, append([]string{"topics", "create", "--replication", "1"}, right...)...); !strings.HasPrefix(got, "created 0, ") {
		t.Errorf("create again says %q", got)
	}
	c := config.Default()
	c.Kafka.Brokers = []string{newBroker(t).Addr()}
	empty := []string{"--brokers", c.Kafka.Brokers[0]}
	cluster, err := connect.Kafka(t.Context(), &c)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	wrong := []kafka.TopicSpec{{Name: schemas.TopicPersonas, Partitions: 3, ReplicationFactor: 1}, {Name: schemas.TopicIdentityLinks, Partitions: 2, ReplicationFactor: 1}}
	if _, err := cluster.CreateTopics(t.Context(), wrong); err != nil {
		t.Fatal(err)
	}
	s := try(t, append([]string{"topics", "check"}, empty...)...)
	for _, want := range []string{
		"topic touchpoints.web is missing; run attune topics create",
		"topic personas has cleanup.policy delete, must be compact",
		"topic identity-links has 2 partitions, must have 1",
	} {
		if s.code == exit.CodeOK || !strings.Contains(s.stderr, want) {
			t.Errorf("exit code %d, no %q in %s", s.code, want, s.stderr)
		}
	}
	try(t, append([]string{"topics", "create", "--partitions", "4", "--replication", "1"}, empty...)...)
	if s := try(t, append([]string{"topics", "check"}, empty...)...); s.code == exit.CodeOK || !strings.Contains(s.stderr, "they must be equal") {
		t.Errorf("exit code %d with a wrong partition count: %s", s.code, s.stderr)
	}
}

func TestSchemasAreListedShownRegisteredAndChecked(t *testing.T) {
	t.Parallel()
	registry := []string{"--registry", newRegistry(t).URL()}
	if got := must(t, "schemas", "list"); !regexp.MustCompile(`(?m)^next-best-actions +NextBestAction +next-best-actions-value`).MatchString(got) {
		t.Errorf("list says %s", got)
	}
	for _, name := range []string{"Touchpoint", "touchpoints.web"} {
		var schema struct{ Name string }
		if err := json.Unmarshal([]byte(must(t, "schemas", "show", name)), &schema); err != nil || schema.Name != "Touchpoint" {
			t.Errorf("show %s: %q, %v", name, schema.Name, err)
		}
	}
	if s := try(t, append([]string{"schemas", "check"}, registry...)...); s.code != exit.CodeFailed || !strings.Contains(s.stderr, "is not registered; run attune schemas register") {
		t.Errorf("check before: exit code %d: %s", s.code, s.stderr)
	}
	must(t, append([]string{"schemas", "register"}, registry...)...)
	if got := must(t, append([]string{"schemas", "check"}, registry...)...); strings.Count(got, "registered, id ") < 15 {
		t.Errorf("check after: %s", got)
	}
}

func TestTailRedactsUnlessToldToReveal(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Kafka.Brokers, c.Registry.URL = []string{newBroker(t).Addr()}, newRegistry(t).URL()
	r := newRig(t, c, "")
	file := r.file(t)
	run := start(t, "run", "--config", file)
	patients, _ := r.simulate(t, "--rate", "50", "--speed", "0", "--for", "10s")
	patients.ended(t)
	r.grows(t, schemas.TopicPersonas, 20)
	identifier := regexp.MustCompile(`MRN-\d{8}|\+1\d{8}|visitor-\w+`)
	hidden := must(t, "tail", schemas.TopicTouchpointsWeb, "-n", "20", "--config", file)
	if found := identifier.FindString(hidden); found != "" || !strings.Contains(hidden, "[redacted]") || strings.Count(hidden, "\n") != 20 {
		t.Errorf("%q in what tail shows, %d lines", found, strings.Count(hidden, "\n"))
	}
	if shown := must(t, "tail", schemas.TopicTouchpointsWeb, "-n", "20", "--reveal", "--config", file); !identifier.MatchString(shown) {
		t.Errorf("no identifier in what tail reveals: %s", shown)
	}
	var l struct {
		Topic     string
		Partition *int32
		Offset    *int64
		Key       any
		Headers   map[string]string
		Value     map[string]any
	}
	if err := json.Unmarshal([]byte(strings.SplitN(hidden, "\n", 2)[0]), &l); err != nil {
		t.Fatal(err)
	}
	if l.Topic != schemas.TopicTouchpointsWeb || l.Partition == nil || l.Offset == nil || l.Headers["ce_type"] == "" || l.Value["event_id"] == nil {
		t.Errorf("line %+v", l)
	}
	run.stop(t)
}

func TestHelpVersionAndCompletion(t *testing.T) {
	t.Parallel()
	help := must(t, "--help")
	for _, name := range []string{"demo", "run", "sink", "simulate", "import", "tail", "query", "explain", "model", "topics", "schemas", "doctor", "version", "completion"} {
		if !regexp.MustCompile(`(?m)^  ` + name + ` `).MatchString(help) {
			t.Errorf("help does not name %s", name)
		}
		if name != "completion" && name != "version" && name != "topics" && name != "schemas" && !strings.Contains(must(t, name, "--help"), "Examples:") {
			t.Errorf("%s --help has no examples", name)
		}
	}
	if got := must(t, "version"); !strings.HasPrefix(got, "attune ") {
		t.Errorf("version says %q", got)
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if got := must(t, "completion", shell); !strings.Contains(got, "attune") {
			t.Errorf("completion %s has %d bytes", shell, len(got))
		}
	}
	if got := must(t, "__complete", "topics", ""); !strings.Contains(got, "create") || !strings.Contains(got, "check") {
		t.Errorf("completion of topics: %q", got)
	}
}
