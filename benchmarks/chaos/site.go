package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/pipeline/kafka"
)

const (
	// processors is how many `attune run` there are.
	processors = 3
	// partitions is how many every per-patient topic has.
	partitions = 4

	processorGroup = "attune"
	sinkGroup      = "attune-sink"
	// identityKey is no secret: the patients are simulated.
	identityKey = "chaos: this is not a secret"
)

// site is everything that runs. Each lane breaks a part of it, one fault at a time.
type site struct {
	*options
	report *report

	brokers         []*embeddedtest.Apache
	brokerProxies   []*proxy
	registry        *embedded.Registry
	clickhouse      *embedded.ClickHouse
	clickhouseProxy *proxy

	// other is another build of attune, empty where one was named.
	other string

	runs []*role
	// The run that joins and leaves.
	guest     *role
	sink      *role
	simulator *process.Process
	// File system of the last run's state alone; empty where there is none.
	disk string

	around *surroundings

	// Past the proxies.
	observer *kafka.Cluster
	// Past the proxies, and not ours.
	stranger stranger
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

// ledger is the file in which the simulator writes what it sends.
func (s *site) ledger() string { return s.path("sent.jsonl") }

// start starts everything but the simulator.
func (s *site) start(ctx context.Context) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{{"attune", s.build}, {"Apache Kafka", s.startBrokers}, {"registry and ClickHouse", s.startTables}, {"topics", s.prepare}, {"roles", s.startRoles}} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		s.report.say("%s: ready after %v", step.name, time.Since(began).Round(100*time.Millisecond))
	}
	return nil
}

// build makes two builds from this tree, unless one was named: whoever takes over from a process that was killed is
// mostly another build than that was.
func (s *site) build(ctx context.Context) error {
	if s.attune != "" {
		return nil
	}
	s.attune, s.other = s.path("attune"), s.path("attune-other")
	for _, args := range [][]string{{"-o", s.attune}, {"-o", s.other, "-buildvcs=false", "-ldflags=-X main.version=other"}} {
		cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, args...), "github.com/attune-health/attune/cmd/attune")...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w: %s", err, out)
		}
	}
	return nil
}

// startBrokers starts brokers that direct clients to the proxies before them.
func (s *site) startBrokers(ctx context.Context) error {
	cfgs := make([]embeddedtest.ApacheConfig, s.options.brokers)
	for i := range cfgs {
		cfgs[i] = embeddedtest.ApacheConfig{Dir: s.path(fmt.Sprintf("kafka-%d", i+1)), Heap: s.heap, Config: map[string]string{
			// Several brokers share a core or two with everything else: a slow one is not dead.
			"broker.session.timeout.ms": brokerSession,
		}}
		maps.Copy(cfgs[i].Config, authorized)
		if err := process.TakePorts(&cfgs[i].Port); err != nil {
			return err
		}
		p, err := newProxy(ctx, process.Loopback(cfgs[i].Port))
		if err != nil {
			return err
		}
		s.brokerProxies = append(s.brokerProxies, p)
		cfgs[i].Advertised = p.addr()
	}
	var err error
	s.brokers, err = embeddedtest.StartApacheCluster(ctx, cfgs...)
	return err
}

// brokerSession is how long a broker may be silent to its cluster, in milliseconds.
const brokerSession = "3000"

func (s *site) startTables(ctx context.Context) error {
	var err error
	if s.registry, err = embedded.StartRegistry(ctx, embedded.RegistryConfig{Dir: s.path("registry")}); err != nil {
		return err
	}
	if s.clickhouse, err = embedded.StartClickHouse(ctx, embedded.ClickHouseConfig{Dir: s.path("clickhouse")}); err != nil {
		return err
	}
	s.clickhouseProxy, err = newProxy(ctx, s.clickhouse.NativeAddr())
	return err
}

// prepare creates topics and schemas, and connects the observers.
func (s *site) prepare(ctx context.Context) error {
	var direct []string
	for _, b := range s.brokers {
		direct = append(direct, b.DirectAddr())
	}
	var err error
	if s.around, err = newSurroundings(ctx, s.registry.URL(), direct); err != nil {
		return err
	}
	config, err := s.config("operator")
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"topics", "create", "--config", config, "--partitions", fmt.Sprint(partitions), "--replication", fmt.Sprint(len(s.brokers))},
		{"schemas", "register", "--config", config},
	} {
		if out, err := exec.CommandContext(ctx, s.attune, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("attune %s: %w: %s", strings.Join(args[:2], " "), err, out)
		}
	}
	if s.observer, err = kafka.Dial(ctx, kafka.Config{Brokers: direct, RequestTimeout: time.Second, RetryTimeout: time.Second}); err != nil {
		return err
	}
	s.stranger.addrs = direct
	s.stranger.client, err = kgo.NewClient(kgo.SeedBrokers(direct...))
	return err
}

// config writes a configuration for one more process and returns its file. State is in memory in one
// run and on disk in two.
func (s *site) config(name string) (string, error) {
	state := "{backend: memory}"
	switch name {
	case "run-2":
		state = fmt.Sprintf("{backend: pebble, dir: %q, cache_mb: 32}", s.path("state"))
	case "run-3":
		dir := s.disk
		if dir == "" {
			dir = s.path("state")
		}
		state = fmt.Sprintf("{backend: pebble, dir: %q, cache_mb: 32}", dir)
	}
	var brokers []string
	for _, p := range s.brokerProxies {
		brokers = append(brokers, p.addr())
	}
	// A name is one process's on this machine, and others may make chaos here.
	text := fmt.Sprintf(`instance: "chaos-%d-%s"
kafka: {brokers: [%s], max_decompressed_bytes: %d, sasl: {mechanism: PLAIN, username: %s, password: %s}}
registry: {url: %q, cache_dir: %q}
run: {group: %s, identity_key: %q, on_data_loss: resume}
state: %s
sink: {group: %s, flush_interval: 200ms, on_data_loss: resume}
clickhouse: {addr: [%q]}
`, os.Getpid(), name, strings.Join(brokers, ", "), mostExpanded, user, password, s.around.front.url, s.path("schemas"), processorGroup, identityKey, state, sinkGroup, s.clickhouseProxy.addr())
	file := s.path(name + ".yaml")
	return file, os.WriteFile(file, []byte(text), 0o600)
}

func (s *site) role(name, command string) (*role, error) {
	config, err := s.config(name)
	builds := []string{s.attune}
	if command == "run" && s.other != "" {
		builds = append(builds, s.other)
	}
	return &role{name: name, builds: builds, args: []string{command, "--config", config}, log: s.path(name + ".log"), died: s.report.died}, err
}

func (s *site) startRoles(ctx context.Context) error {
	var err error
	s.mountDisk()
	for i := range processors {
		r, err := s.role(fmt.Sprintf("run-%d", i+1), "run")
		if err != nil {
			return err
		}
		r.mayEnd = endedForDisk
		s.runs = append(s.runs, r)
	}
	if s.guest, err = s.role("run-guest", "run"); err != nil {
		return err
	}
	if s.sink, err = s.role("sink", "sink"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for _, r := range append(s.runs, s.sink) {
		if err := r.start(); err != nil {
			return err
		}
	}
	for _, r := range append(s.runs, s.sink) {
		if err := r.says(ctx, "assigned"); err != nil {
			return fmt.Errorf("%s does not join its group: %w", r.name, err)
		}
	}
	return nil
}

// simulate sends patients until it is told to stop.
func (s *site) simulate() error {
	config, err := s.config("simulator")
	if err != nil {
		return err
	}
	cmd := exec.Command(s.attune, "simulate", "--config", config, "--ledger", s.ledger(), "--seed", fmt.Sprint(s.seed),
		"--rate", fmt.Sprint(s.rate), "--bad-share", "0.02")
	s.simulator, err = process.Start(process.Config{Cmd: cmd, Log: s.path("simulator.log")})
	return err
}

// endPatients lets the simulator send what is on its way, and ends it.
func (s *site) endPatients(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*ending)
	defer cancel()
	if err := s.simulator.Stop(ctx); err != nil {
		return fmt.Errorf("simulator: %w; %s", err, s.simulator.LogEnd())
	}
	return nil
}

// close ends everything that still runs, in whatever state.
func (s *site) close() error {
	var errs []error
	end := func(ok bool, f func() error) {
		if ok {
			errs = append(errs, f())
		}
	}
	if s.simulator != nil {
		errs = append(errs, s.simulator.Kill())
	}
	for _, r := range append(s.runs, s.guest, s.sink) {
		if r != nil {
			errs = append(errs, r.kill())
			r.watch.Wait()
		}
	}
	if s.stranger.client != nil {
		s.stranger.client.Close()
	}
	end(s.around != nil, func() error { return s.around.close() })
	end(s.observer != nil, func() error { return s.observer.Close() })
	for _, p := range append(s.brokerProxies, s.clickhouseProxy) {
		if p != nil {
			errs = append(errs, p.close())
		}
	}
	end(s.clickhouse != nil, func() error { return s.clickhouse.Kill() })
	for _, b := range s.brokers {
		errs = append(errs, b.Kill())
	}
	end(s.registry != nil, func() error { return s.registry.Close() })
	errs = append(errs, s.unmountDisk())
	return errors.Join(errs...)
}
