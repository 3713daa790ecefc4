// Command desk measures a desk as a contact center would use it: `attune desk` as a process on one core, with so many
// personas and calls, on an embedded broker. It prints how soon the desk is up to date, at first and after a kill, the
// memory that it takes, and how long snapshots, lookups and decisions on open streams take.
//
//	go run ./benchmarks/desk -personas 1000000 -streams 5000
//
// With -fresh it also asks for calls that nobody has heard of, for which `attune run` decides beside it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// measurement is what was asked for, and what runs.
type measurement struct {
	personas, calls, streams  int
	snapshotRate, lookupRate  int
	decisionRate              int
	freshRate, shown          int
	span                      time.Duration
	processes                 int
	dir, program, config, url string
	cluster                   *kafka.Cluster
	ids                       schemas.IDs
	desk                      *process.Process
	client                    *http.Client
}

func main() {
	var m measurement
	flag.IntVar(&m.personas, "personas", 1_000_000, "personas in the topic")
	flag.IntVar(&m.calls, "calls", 5000, "calls with a decision")
	flag.IntVar(&m.streams, "streams", 5000, "streams open at once")
	flag.IntVar(&m.snapshotRate, "snapshots", 2000, "snapshots per second")
	flag.IntVar(&m.lookupRate, "lookups", 500, "lookups per second")
	flag.IntVar(&m.decisionRate, "decisions", 500, "decisions per second for calls whose streams are open; 0: one as soon as the other is written")
	flag.IntVar(&m.shown, "shown", 100, "decisions for a call whose page is open in Chromium")
	flag.IntVar(&m.freshRate, "fresh", 0, "lookups per second of new calls, for which attune run decides, on the other core")
	flag.IntVar(&m.processes, "cores", 1, "GOMAXPROCS of the desk")
	flag.DurationVar(&m.span, "for", 20*time.Second, "for how long each is asked")
	flag.Parse()
	if err := m.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "desk:", err)
		os.Exit(1)
	}
}

func (m *measurement) run(ctx context.Context) (err error) {
	if m.dir, err = os.MkdirTemp("", "attune-desk-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(m.dir)
	m.program = filepath.Join(m.dir, "attune")
	if out, err := exec.Command("go", "build", "-o", m.program, "./cmd/attune").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
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
	if err := m.prepare(ctx, b.Addr(), registry.URL()); err != nil {
		return err
	}
	defer m.cluster.Close()
	defer func() {
		if m.desk != nil {
			err = errors.Join(err, m.desk.Kill())
		}
	}()
	began := time.Now()
	if err := m.fill(ctx); err != nil {
		return err
	}
	fmt.Printf("%d personas and %d calls written in %v\n", m.personas, m.calls, time.Since(began).Round(time.Second))
	for _, when := range []string{"from nothing", "killed and started again"} {
		took, err := m.start(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("up to date %s: %v; resident %d MiB\n", when, took.Round(10*time.Millisecond), m.resident())
		if when == "from nothing" {
			if err := m.desk.Kill(); err != nil {
				return err
			}
		}
	}
	m.ask("snapshots", m.snapshotRate, func(int) (string, string, string) {
		return http.MethodGet, fmt.Sprintf("/v1/contacts/bench-call-%d", rand.IntN(m.calls)), ""
	})
	m.ask("lookups without waiting", m.lookupRate, func(n int) (string, string, string) {
		return http.MethodPost, "/v1/lookup", fmt.Sprintf(`{"contact_ref": "bench-call-%d", "phone": "+1 212 555 %04d", "queue": "pharmacy"}`, rand.IntN(m.calls), n%10000)
	})
	if err := m.follow(ctx); err != nil {
		return err
	}
	if err := m.screen(ctx); err != nil {
		return err
	}
	return m.fresh(ctx)
}

// prepare makes topics, schemas and the configuration.
func (m *measurement) prepare(ctx context.Context, broker, registry string) error {
	port := 0
	if err := process.TakePorts(&port); err != nil {
		return err
	}
	m.url = "http://" + process.Loopback(port)
	m.config = filepath.Join(m.dir, "attune.yaml")
	// The wait of a lookup is the shortest there is: nobody decides here.
	text := fmt.Sprintf("instance: bench\ntelemetry: {listen: '127.0.0.1:0'}\nkafka: {brokers: [%q]}\nregistry: {url: %q, cache_dir: %q}\ntopics: {partitions: 4, replication: 1}\nrun: {identity_key: \"a key that only benchmarks use\"}\ndesk: {listen: %q, dir: %q, wait: 1ms, requests_per_second: 100000}\n",
		broker, registry, filepath.Join(m.dir, "schemas"), process.Loopback(port), filepath.Join(m.dir, "desk"))
	if err := os.WriteFile(m.config, []byte(text), 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{{"topics", "create"}, {"schemas", "register"}} {
		if out, err := exec.Command(m.program, append(args, "--config", m.config)...).CombinedOutput(); err != nil {
			return fmt.Errorf("attune %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	c, err := config.Read([]byte(text))
	if err != nil {
		return err
	}
	if m.cluster, err = connect.Kafka(ctx, &c); err != nil {
		return err
	}
	client, err := connect.Registry(&c)
	if err != nil {
		return err
	}
	m.ids, err = client.IDs(ctx)
	m.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: 10 * time.Second}
	return err
}

// write writes n records, each made by its number.
func (m *measurement) write(ctx context.Context, topic string, n int, make func(int) (key string, r schemas.Record)) error {
	p := m.cluster.NewProducer(pipeline.ProducerConfig{})
	defer p.Close()
	if err := p.Init(ctx); err != nil {
		return err
	}
	var buf []byte
	for i := range n {
		key, r := make(i)
		buf = schemas.AppendFramed(buf[:0], m.ids[topic], r)
		out := pipeline.OutRecord{Topic: topic, Partition: pipeline.Partition([]byte(key), 4), Timestamp: time.Now().UnixMilli(), Key: []byte(key), Value: buf}
		if err := p.Append(&out); err != nil {
			return err
		}
		if i%5000 == 4999 || i == n-1 {
			if err := p.Seal(nil).Commit(ctx, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill writes the personas of a site, and calls in progress with a decision each.
func (m *measurement) fill(ctx context.Context) error {
	now := schemas.Millis(time.Now().UnixMilli())
	err := m.write(ctx, schemas.TopicPersonas, m.personas, func(i int) (string, schemas.Record) {
		ref := fmt.Sprintf("person-%016x", i)
		return ref, &schemas.Persona{PersonRef: schemas.PersonRef(ref), AsOf: now, Touchpoints: int64(i % 90), Calls: int64(i % 7), Effort: float64(i%10) / 10, Frustration: float64(i%9) / 9, Language: []string{"en", "es", ""}[i%3], StatedChannel: []string{"", "sms", "voice"}[i%3]}
	})
	if err != nil {
		return err
	}
	return m.decide(ctx, m.calls, func(i int) int { return i }, func(*schemas.NextBestAction) {})
}

// decide writes n decisions, each for the call of a number, with what change makes of it.
func (m *measurement) decide(ctx context.Context, n int, call func(int) int, change func(*schemas.NextBestAction)) error {
	return m.write(ctx, schemas.TopicActions, n, func(i int) (string, schemas.Record) {
		c, at := call(i), schemas.Millis(time.Now().UnixMilli())
		ref := fmt.Sprintf("person-%016x", c)
		d := &schemas.NextBestAction{
			DecisionID: fmt.Sprintf("bench-%d-%d", c, time.Now().UnixNano()), Delivered: true, PersonRef: schemas.PersonRef(ref), AsOf: at, ExpiresAt: at.Add(time.Hour), TriggerID: "cc/" + strconv.Itoa(c),
			ContactRef: schemas.Some(fmt.Sprintf("bench-call-%d", c)), ContactKey: fmt.Sprintf("cc/%d", c), LastResort: true,
			Reasons: []schemas.ReasonProbability{{Code: "R03", P: 0.6}, {Code: "R07", P: 0.2}, {Code: "R01", P: 0.1}},
			Action:  schemas.ChosenAction{ID: "A01", Treatment: "pharmacy", Channel: "voice", Score: 0.8, Propensity: 1}, Alternatives: []schemas.ChosenAction{{ID: "A02", Score: 0.5}},
			Brief: "A refill form failed twice on the website, the last time two minutes before the call. Probably about a refill (60%). Put through to the pharmacy.",
		}
		change(d)
		return ref, d
	})
}

// start starts the desk, and returns how long it took until it was up to date.
func (m *measurement) start(ctx context.Context) (time.Duration, error) {
	cmd := exec.Command(m.program, "desk", "--config", m.config)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(m.processes))
	began := time.Now()
	var err error
	if m.desk, err = process.Start(process.Config{Cmd: cmd, Log: filepath.Join(m.dir, "desk.log")}); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	err = process.Poll(ctx, 20*time.Millisecond, func() (bool, error) {
		if ended, err := m.desk.Ended(); ended {
			return false, fmt.Errorf("the desk ended: %w: %s", err, m.desk.LogEnd())
		}
		a, err := m.client.Get(m.url + "/v1/health")
		if err != nil {
			return false, nil
		}
		defer a.Body.Close()
		var v struct {
			Desk struct{ Current bool }
		}
		return json.NewDecoder(a.Body).Decode(&v) == nil && v.Desk.Current, nil
	})
	return time.Since(began), err
}

// resident is the memory of the desk in MiB, CPU the seconds that it has taken.
func (m *measurement) resident() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.desk.Pid()))
	for line := range strings.Lines(string(text)) {
		if after, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(after)[0])
			return kb >> 10
		}
	}
	return 0
}

func (m *measurement) cpu() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.desk.Pid()))
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return float64(user+system) / 100
}

// ask asks at a rate, and prints how long answers took from when they were due.
func (m *measurement) ask(what string, rate int, request func(n int) (method, path, body string)) {
	m.askFor(what, rate, request, func(answer io.ReadCloser) {
		_, _ = io.Copy(io.Discard, answer)
		_ = answer.Close()
	})
}

// askFor is ask that reads the answers.
func (m *measurement) askFor(what string, rate int, request func(n int) (method, path, body string), read func(io.ReadCloser)) {
	const askers = 128
	due := make(chan time.Time, rate)
	var mu sync.Mutex
	var took []time.Duration
	var failed, n atomic.Int64
	var g sync.WaitGroup
	for range askers {
		g.Go(func() {
			for at := range due {
				method, path, body := request(int(n.Add(1)))
				q, err := http.NewRequest(method, m.url+path, strings.NewReader(body))
				if err != nil {
					failed.Add(1)
					continue
				}
				a, err := m.client.Do(q)
				if err != nil || a.StatusCode != http.StatusOK {
					failed.Add(1)
					if err == nil {
						_ = a.Body.Close()
					}
					continue
				}
				read(a.Body)
				mu.Lock()
				took = append(took, time.Since(at))
				mu.Unlock()
			}
		})
	}
	cpu, began := m.cpu(), time.Now()
	for i := range int(m.span.Seconds()) * rate {
		at := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(at))
		due <- at
	}
	close(due)
	g.Wait()
	fmt.Printf("%s, %d/s for %v: %s; not answered %d; the desk took %.0f %% of a core\n", what, rate, m.span, spread(took), failed.Load(), 100*(m.cpu()-cpu)/time.Since(began).Seconds())
}

func spread(took []time.Duration) string {
	if len(took) == 0 {
		return "nothing"
	}
	slices.Sort(took)
	at := func(p float64) time.Duration {
		return took[min(len(took)-1, int(p*float64(len(took))))].Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("p50 %v, p99 %v, largest %v of %d", at(.5), at(.99), took[len(took)-1].Round(10*time.Microsecond), len(took))
}

// follow opens the streams, decides for calls one after another, and prints how long decisions took to streams.
func (m *measurement) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: m.streams}}
	var mu sync.Mutex
	sent := map[int]time.Time{}
	var took []time.Duration
	var open, failed atomic.Int64
	var g sync.WaitGroup
	gate := make(chan struct{}, 64)
	for i := range m.streams {
		gate <- struct{}{}
		g.Go(func() {
			call := i % m.calls
			q, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/v1/contacts/bench-call-%d/events", m.url, call), nil)
			if err != nil {
				failed.Add(1)
				<-gate
				return
			}
			a, err := client.Do(q)
			<-gate
			if err != nil || a.StatusCode != http.StatusOK {
				failed.Add(1)
				return
			}
			defer a.Body.Close()
			open.Add(1)
			lines := bufio.NewScanner(a.Body)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				if lines.Text() != "event: decision" {
					continue
				}
				mu.Lock()
				if at, ok := sent[call]; ok {
					took = append(took, time.Since(at))
				}
				mu.Unlock()
			}
		})
	}
	if err := process.Poll(ctx, 50*time.Millisecond, func() (bool, error) { return int(open.Load()+failed.Load()) == m.streams, nil }); err != nil {
		return err
	}
	fmt.Printf("%d streams open, %d refused; resident %d MiB\n", open.Load(), failed.Load(), m.resident())
	cpu, began := m.cpu(), time.Now()
	decided := 0
	for time.Since(began) < m.span {
		if m.decisionRate > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(decided) * time.Second / time.Duration(m.decisionRate))))
		}
		call := rand.IntN(min(m.calls, m.streams))
		if err := m.decide(ctx, 1, func(int) int {
			mu.Lock()
			sent[call] = time.Now()
			mu.Unlock()
			return call
		}, func(*schemas.NextBestAction) {}); err != nil {
			return err
		}
		decided++
	}
	time.Sleep(2 * time.Second)
	mu.Lock()
	defer mu.Unlock()
	fmt.Printf("%d decisions to %d streams, from before they were written: %s; the desk took %.0f %% of a core; resident %d MiB\n", decided, open.Load(), spread(took), 100*(m.cpu()-cpu)/time.Since(began).Seconds(), m.resident())
	cancel()
	g.Wait()
	return nil
}
