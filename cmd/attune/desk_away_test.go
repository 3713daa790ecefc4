package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// deskState is what a desk says of itself.
type deskState struct {
	Current  bool       `json:"current"`
	BehindMs int64      `json:"behind_ms"`
	AsOf     *time.Time `json:"as_of"`
}

func stateOf(t *testing.T, desk string) deskState {
	t.Helper()
	status, text := ask(t, "GET", desk+"/v1/health", nil)
	var v struct{ Desk deskState }
	if err := json.Unmarshal(text, &v); err != nil || status != http.StatusOK {
		t.Fatalf("/v1/health answers %d %s: %v", status, text, err)
	}
	return v.Desk
}

// TestKafkaIsAwayThenADeskComesUpAndGoesOn: Apache Kafka is stopped, desks are started, one of which has something kept and
// one has nothing, and Kafka is started again. Somebody with a wrong password is told at once.
func TestKafkaIsAwayThenADeskComesUpAndGoesOn(t *testing.T) {
	t.Parallel()
	embeddedtest.RequireJava(t)
	broker, err := embeddedtest.StartApacheKafka(t.Context(), embeddedtest.ApacheConfig{Dir: t.TempDir(), Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, broker.Kill()) })
	c := config.Default()
	c.Kafka.Brokers, c.Registry.URL = []string{broker.Addr()}, newRegistry(t).URL()
	r := newRig(t, c, "")
	file := func(more string) string {
		f := r.file(t)
		appendFile(t, f, fmt.Sprintf("telemetry: {listen: '127.0.0.1:0'}\ndesk: {listen: '127.0.0.1:0', dir: %q}\n%s", t.TempDir(), more))
		return f
	}
	known, unknown := file(""), file("")
	client, err := connect.Registry(&r.config)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := client.IDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(id string) {
		at := schemas.Millis(time.Now().UnixMilli())
		d := &schemas.NextBestAction{DecisionID: id, Delivered: true, PersonRef: "awayperson", AsOf: at, ExpiresAt: at.Add(time.Hour), TriggerID: "cc/1", ContactKey: "cc/1", ContactRef: schemas.Some("away-call"),
			Reasons: []schemas.ReasonProbability{{Code: "R03", P: 0.67}}, Action: schemas.ChosenAction{ID: "A01", Treatment: "pharmacy", Channel: "voice", Score: 0.8, Propensity: 1}, Brief: "A refill form failed."}
		p := r.cluster.NewProducer(pipeline.ProducerConfig{})
		defer p.Close()
		record := pipeline.OutRecord{Topic: schemas.TopicActions, Timestamp: int64(at), Key: []byte("awayperson"), Value: schemas.AppendFramed(nil, ids[schemas.TopicActions], d)}
		await(t, time.Minute, id+" is written", func() bool {
			return p.Init(t.Context()) == nil && p.Append(&record) == nil && p.Seal(nil).Commit(t.Context(), nil) == nil
		})
	}
	shows := func(desk, id string) func() bool {
		return func() bool {
			status, text := ask(t, "GET", desk+"/v1/contacts/away-call", nil)
			return status == http.StatusOK && strings.Contains(string(text), id)
		}
	}
	send("away-1")
	first := start(t, "desk", "--config", known)
	desk := deskOf(t, first)
	await(t, time.Minute, "the decision is shown", shows(desk, "away-1"))
	first.ready(t)
	await(t, time.Minute, "it is current", func() bool { return stateOf(t, desk).Current })
	first.stop(t) // what it had noted of the time is on the disk
	check(t, broker.Kill())

	away := time.Now()
	var desks []string
	var roles []*role
	for _, f := range []string{known, unknown} {
		began := time.Now()
		d := start(t, "desk", "--config", f)
		desks, roles = append(desks, deskOf(t, d)), append(roles, d)
		t.Logf("without Kafka it answers after %v", time.Since(began).Round(time.Millisecond))
	}
	if s := stateOf(t, desks[0]); s.Current || s.AsOf == nil || s.BehindMs < 0 {
		t.Errorf("the one that has something says %+v", s)
	}
	if s := stateOf(t, desks[1]); s.Current || s.AsOf != nil || s.BehindMs != -1 {
		t.Errorf("the one that has nothing says %+v", s)
	}
	for i, want := range []string{"shows what was committed until 20", "knows nothing yet"} {
		if code, text := roles[i].page(t, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, want) {
			t.Errorf("/readyz of %d answers %d %q, want %q", i, code, text, want)
		}
	}
	status, text := ask(t, "POST", desks[0]+"/v1/contacts/away-call/feedback", map[string]any{"decision_id": "away-1", "outcome": "accepted"})
	if status != http.StatusServiceUnavailable || !strings.Contains(string(text), "/no-broker") || !strings.Contains(string(text), `"as_of":"20`) {
		t.Errorf("feedback is answered %d %s", status, text)
	}
	// Who is shown something meanwhile is written down once Kafka is there.
	if !shows(desks[0], "away-1")() {
		t.Error("what was kept is not shown while Kafka is away")
	}
	roles[0].kill(t)
	roles[0] = start(t, "desk", "--config", known)
	desks[0] = deskOf(t, roles[0])
	if !shows(desks[0], "away-1")() {
		t.Error("what was kept is not shown after a kill while Kafka is away")
	}
	reads := func() (n int) {
		err := connect.Log{Cluster: r.cluster}.Each(t.Context(), schemas.TopicAccessAudit, func(record *pipeline.Record) error {
			if a := decoded[schemas.AccessAudit](t, record.Value); a.ContactRef.V == "away-call" && a.OccurredAt >= schemas.MillisOf(away) {
				n++
			}
			return nil
		})
		if err != nil {
			return -1 // the broker is not there yet
		}
		return n
	}
	if err := broker.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, "both reads are on access-audit", func() bool { return reads() == 2 })
	send("away-2")
	for i, d := range desks {
		await(t, time.Minute, "it shows what came meanwhile", shows(d, "away-2"))
		await(t, time.Minute, "it is current", func() bool { return stateOf(t, d).Current })
		roles[i].ready(t)
		roles[i].stop(t)
	}

	refused := file("")
	text2 := strings.Replace(string(readFile(t, refused)), "brokers: ["+broker.Addr()+"]", "brokers: ["+broker.SASLAddr()+"]\n  sasl: {mechanism: PLAIN, username: alice, password: wrong}", 1)
	writeFile(t, refused, text2)
	began := time.Now()
	d := start(t, "desk", "--config", refused)
	<-d.Done()
	if log := string(readFile(t, d.log)); !strings.Contains(log, "log-in refused") || strings.Contains(log, "desk listens") {
		t.Errorf("with a wrong password it says %s", log)
	}
	t.Logf("a wrong password is told after %v", time.Since(began).Round(time.Millisecond))
}
