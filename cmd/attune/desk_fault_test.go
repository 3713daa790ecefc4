package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestDeskAndBrokerAreKilledThenNoFeedbackIsLostOrDoubledAndTheStreamHasNoGap: an agent's page follows a call and accepts
// each decision that comes, and sends what it has got no answer for again, while desk and Apache Kafka are killed.
func TestDeskAndBrokerAreKilledThenNoFeedbackIsLostOrDoubledAndTheStreamHasNoGap(t *testing.T) {
	t.Parallel()
	embeddedtest.RequireJava(t)
	broker, err := embeddedtest.StartApacheKafka(t.Context(), embeddedtest.ApacheConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, broker.Kill()) })
	c := config.Default()
	c.Kafka.Brokers, c.Registry.URL = []string{broker.Addr()}, newRegistry(t).URL()
	r := newRig(t, c, "")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file := r.file(t)
	appendFile(t, file, fmt.Sprintf("desk: {listen: %q, dir: %q}\n", address, t.TempDir()))
	client, err := connect.Registry(&r.config)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := client.IDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(n int) {
		at := schemas.Millis(time.Now().UnixMilli())
		d := &schemas.NextBestAction{DecisionID: fmt.Sprintf("fault-%02d", n), Delivered: true, PersonRef: "faultperson", AsOf: at, ExpiresAt: at.Add(time.Hour), TriggerID: "cc/1", ContactKey: "cc/1",
			ContactRef: schemas.Some("fault-call"), Reasons: []schemas.ReasonProbability{{Code: "R03", P: 0.67}}, Action: schemas.ChosenAction{ID: "A01", Treatment: "pharmacy", Channel: "voice", Score: 0.8, Propensity: 1}, Brief: "A refill form failed."}
		record := pipeline.OutRecord{Topic: schemas.TopicActions, Partition: 0, Timestamp: int64(at), Key: []byte("faultperson"), Value: schemas.AppendFramed(nil, ids[schemas.TopicActions], d)}
		await(t, time.Minute, "a decision is written", func() bool {
			// A producer of its own for each: one that a broker has left in the middle does not say whether it was written,
			// and a second copy of a decision is the same decision.
			p := r.cluster.NewProducer(pipeline.ProducerConfig{})
			defer p.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			return p.Init(ctx) == nil && p.Append(&record) == nil && p.Seal(nil).Commit(ctx, nil) == nil
		})
	}

	desk := start(t, "desk", "--config", file)
	desk.says(t, "desk listens")
	send(0)
	agent := &deskAgent{T: t, url: "http://" + address}
	await(t, time.Minute, "the first decision is there", agent.begin)
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { agent.follow(ctx) })
	t.Cleanup(func() { stop(); done.Wait() })

	last := 0
	more := func(n int) {
		for range n {
			last++
			send(last)
		}
	}
	again := func() {
		desk.kill(t)
		more(3) // somebody decides while nobody shows it
		desk = start(t, "desk", "--config", file)
	}
	for range 3 {
		more(4)
		again()
		agent.has(last)
		check(t, broker.Kill())
		desk.kill(t)
		if err := broker.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		desk = start(t, "desk", "--config", file)
		more(4)
		agent.has(last)
	}
	stop()
	done.Wait()

	var want []string
	for n := 1; n <= last; n++ {
		want = append(want, fmt.Sprintf("fault-%02d", n))
	}
	if diff := cmp.Diff(want, agent.seen); diff != "" {
		t.Errorf("the page saw (-want +got)\n%s", diff)
	}
	outcomes := map[string]map[string]bool{}
	err = connect.Log{Cluster: r.cluster}.Each(t.Context(), schemas.TopicActionOutcomes, func(rec *pipeline.Record) error {
		o := decoded[schemas.ActionOutcome](t, rec.Value)
		if outcomes[o.DecisionID] == nil {
			outcomes[o.DecisionID] = map[string]bool{}
		}
		outcomes[o.DecisionID][o.EventID] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range want {
		if len(outcomes[id]) != 1 {
			t.Errorf("%s has the outcomes %v, want one", id, outcomes[id])
		}
	}
	if len(outcomes) != len(want) {
		t.Errorf("outcomes of %d decisions, want %d", len(outcomes), len(want))
	}
}

// deskAgent is a page that follows a call, and accepts what comes.
type deskAgent struct {
	*testing.T
	url string

	mu   sync.Mutex
	seen []string
	last string // id of the newest event
}

// begin takes what is shown now as known.
func (a *deskAgent) begin() bool {
	answer, err := http.Get(a.url + "/v1/contacts/fault-call")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var v struct {
		EventID string `json:"event_id"`
	}
	a.last = ""
	if json.NewDecoder(answer.Body).Decode(&v) == nil {
		a.last = v.EventID
	}
	return a.last != ""
}

// has waits until the page has seen, and the desk has taken, so many decisions.
func (a *deskAgent) has(n int) {
	a.Helper()
	await(a.T, 2*time.Minute, fmt.Sprintf("%d decisions on the page", n), func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return len(a.seen) >= n
	})
}

// follow reads the stream, and comes back with the id of the newest event when it is cut off.
func (a *deskAgent) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := a.read(ctx); err != nil && ctx.Err() == nil {
			a.Error(err)
			return
		}
		pause(ctx)
	}
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond):
	}
}

func (a *deskAgent) read(ctx context.Context) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+"/v1/contacts/fault-call/events", nil)
	if err != nil {
		return err
	}
	q.Header.Set("Last-Event-ID", a.last)
	answer, err := http.DefaultClient.Do(q)
	if err != nil || answer.StatusCode != http.StatusOK {
		if err == nil {
			_ = answer.Body.Close()
		}
		return nil // it is away
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	var name, id, data string
	for lines.Scan() {
		switch field, value, _ := strings.Cut(lines.Text(), ": "); field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			data = value
		case "":
			if name == "resync" {
				return fmt.Errorf("the stream has a gap behind %s", a.last)
			}
			if name == "decision" {
				if err := a.take(ctx, id, data); err != nil {
					return err
				}
			}
			name, id, data = "", "", ""
		}
	}
	return nil
}

// take accepts a decision, twice, as a page would that has not heard the first answer.
func (a *deskAgent) take(ctx context.Context, id, data string) error {
	var v struct {
		DecisionID string `json:"decision_id"`
	}
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		return err
	}
	for range 2 {
		for !a.accept(ctx, v.DecisionID) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			pause(ctx)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen, a.last = append(a.seen, v.DecisionID), id
	return nil
}

func (a *deskAgent) accept(ctx context.Context, decision string) bool {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+"/v1/contacts/fault-call/feedback", strings.NewReader(fmt.Sprintf(`{"decision_id": %q, "outcome": "accepted"}`, decision)))
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func appendFile(t *testing.T, name, text string) {
	t.Helper()
	writeFile(t, name, string(readFile(t, name))+text)
}
