// Command backlog measures how long builds of attune take to catch up on a day that lies in the source topics,
// in one process and in three: real processes on one embedded broker, the builds in turn. The build that wrote the
// day reads its own schemas, and the other one has to resolve them: measure both ways.
//
//	go run ./benchmarks/backlog -builds before=/tmp/a,after=/tmp/b -writer /tmp/a -repeats 3
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// measurement is what was asked for.
type measurement struct {
	builds  string
	writer  string
	repeats int
	rate    float64
	span    time.Duration
	dir     string
	broker  string
	url     string
	cluster *kafka.Cluster
	runs    int
}

func main() {
	var m measurement
	flag.StringVar(&m.builds, "builds", "", "name=path of each build's attune, by commas")
	flag.StringVar(&m.writer, "writer", "", "path of the attune whose simulator writes the day")
	flag.IntVar(&m.repeats, "repeats", 3, "runs of each build and number of processes")
	flag.Float64Var(&m.rate, "rate", 1.5, "touchpoints per second of simulated time")
	flag.DurationVar(&m.span, "span", 24*time.Hour, "simulated time")
	flag.Parse()
	if err := m.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "backlog:", err)
		os.Exit(1)
	}
}

// run starts the servers, writes the day, and has each build read it.
func (m *measurement) run(ctx context.Context) (err error) {
	if m.dir, err = os.MkdirTemp("", "attune-backlog-"); err != nil {
		return err
	}
	defer os.RemoveAll(m.dir)
	b, err := embedded.StartBroker(ctx, embedded.BrokerConfig{Dir: filepath.Join(m.dir, "kafka")})
	if err != nil {
		return err
	}
	defer b.Close()
	registry, err := embedded.StartRegistry(ctx, embedded.RegistryConfig{Dir: filepath.Join(m.dir, "registry")})
	if err != nil {
		return err
	}
	defer registry.Close()
	m.broker, m.url = b.Addr(), registry.URL()
	builds := strings.Split(m.builds, ",")
	// The oldest build first, so that each schema gets a later version only.
	for _, build := range builds {
		_, path, _ := strings.Cut(build, "=")
		if out, err := exec.Command(path, "schemas", "register", "--registry", m.url).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", build, err, out)
		}
	}
	if err := m.write(ctx); err != nil {
		return err
	}
	for range m.repeats {
		for _, processes := range []int{1, 3} {
			for _, build := range builds {
				if err := m.catchUp(ctx, build, processes); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// config is that of one generation of topics.
func (m *measurement) config(generation string) *config.Config {
	c := config.Default()
	c.Kafka.Brokers, c.Registry.URL = []string{m.broker}, m.url
	c.Topics.Partitions, c.Topics.Replication, c.Topics.Generation = 4, 1, generation
	c.Run.Clock = "log"
	return &c
}

// write fills the source topics.
func (m *measurement) write(ctx context.Context) (err error) {
	c := m.config("")
	if m.cluster, err = connect.Kafka(ctx, c); err != nil {
		return err
	}
	if _, err := connect.CreateTopics(ctx, m.cluster, c); err != nil {
		return err
	}
	file := filepath.Join(m.dir, "write.yaml")
	if err := os.WriteFile(file, m.yaml("writer", ""), 0o600); err != nil {
		return err
	}
	out, err := exec.Command(m.writer, "simulate", "--config", file, "--patients", "20000", "--rate", fmt.Sprint(m.rate), "--seed", "7",
		"--start", "2026-03-02T00:00:00Z", "--for", m.span.String(), "--speed", "0").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	fmt.Printf("%s", out)
	return nil
}

// yaml is the configuration of one process.
func (m *measurement) yaml(instance, generation string) []byte {
	return fmt.Appendf(nil, "instance: %s\nkafka: {brokers: [%q]}\nregistry: {url: %q}\ntopics: {partitions: 4, replication: 1, generation: %q}\nrun: {clock: log, identity_key: \"a measurement, no secret\"}\ntelemetry: {listen: \"127.0.0.1:0\"}\n",
		instance, m.broker, m.url, generation)
}

// catchUp has a build read everything into topics of its own, and prints how long that took: from the first
// commit until nothing is left to read.
func (m *measurement) catchUp(ctx context.Context, build string, processes int) error {
	m.runs++
	generation := fmt.Sprintf("g%d", m.runs)
	c := m.config(generation)
	if _, err := connect.CreateTopics(ctx, m.cluster, c); err != nil {
		return err
	}
	name, path, _ := strings.Cut(build, "=")
	var running []*exec.Cmd
	began := time.Now()
	for i := range processes {
		file := filepath.Join(m.dir, fmt.Sprintf("%s-%d.yaml", generation, i))
		if err := os.WriteFile(file, m.yaml(fmt.Sprintf("p%d", i), generation), 0o600); err != nil {
			return err
		}
		log, err := os.Create(file + ".log")
		if err != nil {
			return err
		}
		cmd := exec.Command(path, "run", "--config", file)
		cmd.Stderr, cmd.Stdout = log, log
		if err := cmd.Start(); err != nil {
			return err
		}
		running = append(running, cmd)
	}
	first, last, err := m.await(ctx, c, generation)
	cpu := time.Duration(0)
	for _, cmd := range running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
	}
	for _, cmd := range running {
		_ = cmd.Wait()
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if err != nil {
		return err
	}
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%s processes %d: first commit after %.1f s, then %.1f s, CPU %.1f s, load %.4s\n", name, processes, first.Sub(began).Seconds(), last.Sub(first).Seconds(), cpu.Seconds(), load)
	return nil
}

// await waits for the first commit, and until the group has read everything, also what it has written itself.
func (m *measurement) await(ctx context.Context, c *config.Config, generation string) (first, last time.Time, err error) {
	sources := append(schemas.TouchpointTopics(), schemas.TopicIdentityLinks, schemas.TopicConsents)
	own := schemas.InGeneration(schemas.TopicIdentified, generation)
	quiet := 0
	for deadline := time.Now().Add(8 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		lags, err := m.cluster.Lag(ctx, schemas.InGeneration(c.Run.Group, generation), append(sources, own)...)
		if err != nil {
			return first, last, err
		}
		left, done := int64(0), int64(0)
		for i := range lags {
			left += lags[i].Lag()
			done += max(0, lags[i].Committed)
		}
		if first.IsZero() && done > 0 {
			first = time.Now()
		}
		switch {
		case left > 0 || done == 0:
			quiet = 0
		case quiet == 0:
			last = time.Now()
			quiet++
		default:
			if quiet++; quiet > 10 {
				return first, last, nil
			}
		}
	}
	return first, last, errors.New("still not caught up after eight minutes")
}
