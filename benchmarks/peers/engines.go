package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/attune-health/attune/deploy/embeddedtest"
)

// engine is one that runs the touchpoint job, with its settings.
type engine struct {
	name    string
	title   string
	command func(b *bench, r *jobRun) (*exec.Cmd, error)
}

// versions are those of the broker and of the engines on Java.
var versions = map[string]string{"broker": "4.3.1", "kafka-streams": "4.3.1", "flink": "1.20.3"}

var engines = []engine{
	{"attune", "attune, state in memory, exactly once", attuneCommand(order{})},
	{"attune-urgent", "attune, the same, actions committed at once", attuneCommand(order{Urgent: true})},
	{"attune-each-commit", "attune, the same, each commit a checkpoint", attuneCommand(order{EachCommit: true})},
	{"kafka-streams", "Kafka Streams, state in memory, exactly once", streamsCommand("memory")},
	{"kafka-streams-rocksdb", "Kafka Streams, RocksDB, exactly once", streamsCommand("rocksdb")},
	{"flink", "Flink, HashMap state, exactly once", flinkCommand},
}

func engineNames() []string {
	var names []string
	for _, e := range engines {
		names = append(names, e.name)
	}
	return names
}

// jobRun is one run of one engine.
type jobRun struct {
	name   string // of group, transactional ids and topics
	topics jobTopics
	dir    string // its own, removed after it
}

// threads is how many cores the engines are told to use.
const threads = 2

func attuneCommand(variant order) func(b *bench, r *jobRun) (*exec.Cmd, error) {
	return func(b *bench, r *jobRun) (*exec.Cmd, error) {
		o := variant
		o.Job, o.Topics, o.Group = "touchpoints", r.topics, r.name
		return childCommand(b.order(o, r.dir))
	}
}

// order adds to what a child is to do what all of them are told.
func (b *bench) order(o order, dir string) order {
	o.Broker, o.Commit, o.Checkpoint = b.broker.Addr(), b.options.Commit, b.options.Checkpoint
	o.Profile, o.Stats = b.options.Profile, filepath.Join(dir, "stats.json")
	return o
}

// childCommand runs a job on attune's engine in a process of its own.
func childCommand(o order) (*exec.Cmd, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, childArgument, string(text))
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(threads))
	return cmd, nil
}

// javaOptions are those of all engines on Java: a heap that nobody fills, as few log lines as they allow.
var javaOptions = []string{"-Xmx3g", "-XX:+UseG1GC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"}

func streamsCommand(store string) func(b *bench, r *jobRun) (*exec.Cmd, error) {
	return func(b *bench, r *jobRun) (*exec.Cmd, error) {
		return b.java("kafka-streams", javaOptions, map[string]string{
			"input": r.topics.Input, "actions": r.topics.Actions, "aggregates": r.topics.Aggregates, "store": store,
			"streams.bootstrap.servers":    b.broker.Addr(),
			"streams.application.id":       r.name,
			"streams.state.dir":            r.dir,
			"streams.num.stream.threads":   strconv.Itoa(threads),
			"streams.commit.interval.ms":   strconv.FormatInt(b.options.Commit.Milliseconds(), 10),
			"streams.processing.guarantee": "exactly_once_v2",
		})
	}
}

func flinkCommand(b *bench, r *jobRun) (*exec.Cmd, error) {
	options := javaOptions
	for _, p := range []string{"lang", "net", "io", "nio", "lang.reflect", "text", "time", "util", "util.concurrent", "util.concurrent.atomic", "util.concurrent.locks", "lang.invoke"} {
		options = append(options[:len(options):len(options)], "--add-opens=java.base/java."+p+"=ALL-UNNAMED")
	}
	options = append(options, "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED")
	return b.java("flink", options, map[string]string{
		"input": r.topics.Input, "actions": r.topics.Actions, "aggregates": r.topics.Aggregates,
		"brokers": b.broker.Addr(), "group": r.name, "parallelism": strconv.Itoa(threads),
		"flink.state.backend.type":               "hashmap",
		"flink.execution.checkpointing.interval": b.options.Checkpoint.String(),
		"flink.execution.checkpointing.dir":      "file://" + r.dir,
	})
}

//go:embed java
var javaSources embed.FS

// java is a command that runs the job on an engine, compiled before the first run of it.
func (b *bench) java(name string, options []string, properties map[string]string) (*exec.Cmd, error) {
	path := b.classes[name]
	if path == "" {
		return nil, fmt.Errorf("%s is not compiled", name)
	}
	args := append([]string(nil), options...)
	for k, v := range properties {
		args = append(args, "-D"+k+"="+v)
	}
	return exec.Command("java", append(args, "-cp", path, "Touchpoints")...), nil
}

// compile fetches an engine's jars and compiles the job for it.
func (b *bench) compile(ctx context.Context, name string) error {
	pom, err := javaSources.ReadFile("java/" + name + "/pom.xml")
	if err != nil {
		return err
	}
	jars, err := embeddedtest.Jars(ctx, "", "peer-"+name, strings.ReplaceAll(string(pom), "VERSION", versions[name]))
	if err != nil {
		return fmt.Errorf("jars of %s: %w", name, err)
	}
	classes := filepath.Join(b.dir, name)
	if err := os.MkdirAll(classes, 0o755); err != nil {
		return err
	}
	args := []string{"-cp", jars + "/*", "-d", classes}
	for _, source := range []string{"Persona.java", name + "/Touchpoints.java"} {
		text, err := javaSources.ReadFile("java/" + source)
		if err != nil {
			return err
		}
		file := filepath.Join(classes, filepath.Base(source))
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
		args = append(args, file)
	}
	if out, err := exec.CommandContext(ctx, "javac", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("compile the job for %s: %w\n%s", name, err, out)
	}
	b.classes[name] = classes + ":" + jars + "/*"
	return nil
}

// compileAll compiles what the engines to be measured need.
func (b *bench) compileAll(ctx context.Context) error {
	for _, name := range strings.Split(b.options.Engines, ",") {
		name = strings.TrimSuffix(name, "-rocksdb")
		if strings.HasPrefix(name, "attune") || b.classes[name] != "" {
			continue
		}
		progress("compiling the job for %s", name)
		if err := b.compile(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
