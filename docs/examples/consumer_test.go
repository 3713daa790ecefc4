package main

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/schemas"
)

// What a desk shows of the decisions of publish: nothing that was rolled back, nothing twice, nothing that has expired.
var wantLines = []string{
	"show call-7 A01 pharmacy [R03 0.83, R07 0.10] A refill form failed on the website just now. Probably about a refill (83%). Put through to the pharmacy.",
	"withdraw call-7 first",
	"show call-7 A16 nurse [R05 0.91] Possibly urgent (searched for symptoms just now). Connect to a nurse now and stay on the line.",
	"withdraw call-7 second",
	"show - A25 unlock [R09 0.70] Sign-in failed on the website just now. Probably about portal access (70%). Offer live help on the website now.",
}

func TestConsumersShowEachDecisionOnce(t *testing.T) {
	t.Run("embedded broker", func(t *testing.T) {
		broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { broker.Close() })
		testConsumers(t, broker.Addr())
	})
	t.Run("Apache Kafka", func(t *testing.T) {
		embeddedtest.RequireJava(t)
		broker, err := embeddedtest.StartApacheKafka(t.Context(), embeddedtest.ApacheConfig{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { broker.Kill() })
		testConsumers(t, broker.Addr())
	})
}

func testConsumers(t *testing.T, broker string) {
	registry, err := embedded.StartRegistry(t.Context(), embedded.RegistryConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { registry.Close() })
	client, err := schemas.NewRegistry(schemas.RegistryConfig{URL: registry.URL()})
	if err != nil {
		t.Fatal(err)
	}
	ids, err := client.Register(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	createTopics(t, broker)
	publish(t, broker, ids[schemas.TopicActions])

	for name, command := range programs(t) {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(linesOf(t, len(wantLines), command, broker, registry.URL()), wantLines); diff != "" {
				t.Errorf("lines (-got +want):\n%s", diff)
			}
		})
	}
	// They have committed what they dealt with, so the next ones go on from there.
	last := decision("last")
	last.Action.Treatment, last.Brief = "records", "called"
	transaction(t, broker, ids[schemas.TopicActions], true, last)
	for name, command := range programs(t) {
		t.Run(name+" again", func(t *testing.T) {
			got := linesOf(t, 1, command, broker, registry.URL())
			if diff := cmp.Diff(got, []string{"show - A01 records [] called"}); diff != "" {
				t.Errorf("lines (-got +want):\n%s", diff)
			}
			want := []string{"first", "second", "outreach", "last"}
			if diff := cmp.Diff(shownOutcomes(t, broker, "desk-"+name, len(want)), want); diff != "" {
				t.Errorf("outcomes (-got +want):\n%s", diff)
			}
		})
	}
}

// publish writes decisions as attune does: keyed, framed, in transactions, one of which is rolled back.
func publish(t *testing.T, broker string, id int32) {
	t.Helper()
	first := decision("first")
	first.ContactRef = schemas.Some("call-7")
	first.Reasons = []schemas.ReasonProbability{{Code: "R03", P: 0.83}, {Code: "R07", P: 0.10}}
	first.Action.Treatment = "pharmacy"
	first.Brief = "A refill form failed on the website just now. Probably about a refill (83%). Put through to the pharmacy."
	rolledBack := decision("rolled back")
	old := decision("old")
	old.ExpiresAt = old.AsOf
	second := decision("second")
	second.ContactRef, second.Supersedes = schemas.Some("call-7"), schemas.Some("first")
	second.Reasons = []schemas.ReasonProbability{{Code: "R05", P: 0.91}}
	second.Action.ID, second.Action.Treatment = "A16", "nurse"
	second.Brief = "Possibly urgent (searched for symptoms just now). Connect to a nurse now and stay on the line."
	third := decision("third")
	third.ContactRef, third.Supersedes, third.Cancelled, third.Action.ID = schemas.Some("call-7"), schemas.Some("second"), true, "A00"
	outreach := decision("outreach")
	outreach.Reasons = []schemas.ReasonProbability{{Code: "R09", P: 0.70}}
	outreach.Action.ID, outreach.Action.Treatment = "A25", "unlock"
	outreach.Brief = "Sign-in failed on the website just now. Probably about portal access (70%). Offer live help on the website now."

	transaction(t, broker, id, true, first)
	transaction(t, broker, id, false, rolledBack)
	transaction(t, broker, id, true, old, first, second)
	transaction(t, broker, id, true, third, outreach)
}

func decision(id string) *schemas.NextBestAction {
	now := schemas.Millis(time.Now().UnixMilli())
	return &schemas.NextBestAction{
		DecisionID: id, Delivered: true, PersonRef: "tpnb62prqf5jhjovr2ik6hnynq", AsOf: now - 1000, ExpiresAt: now + 3_600_000,
		Action: schemas.ChosenAction{ID: "A01"},
	}
}

func transaction(t *testing.T, broker string, id int32, commit bool, decisions ...*schemas.NextBestAction) {
	t.Helper()
	client := connect(t, broker, kgo.TransactionalID("attune-test"))
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, d := range decisions {
		record := &kgo.Record{Topic: schemas.TopicActions, Key: []byte(d.PersonRef.Reveal()), Value: schemas.AppendFramed(nil, id, d)}
		if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.EndTransaction(t.Context(), kgo.TransactionEndTry(commit)); err != nil {
		t.Fatal(err)
	}
}

// shownOutcomes returns the decisions that a desk said it had shown, in its order.
func shownOutcomes(t *testing.T, broker, desk string, n int) []string {
	t.Helper()
	client := connect(t, broker, kgo.ConsumeTopics(schemas.TopicActionOutcomes), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var decisions []string
	for len(decisions) < n {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %v: %v", decisions, err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			_, payload, err := schemas.ParseFrame(r.Value)
			if err != nil {
				t.Fatal(err)
			}
			var o schemas.ActionOutcome
			if err := schemas.DecodeWhole(&o, payload); err != nil {
				t.Fatal(err)
			}
			if o.EventID != desk+"/"+o.DecisionID+"-shown" {
				return // another desk's
			}
			if o.Outcome != schemas.OutcomeShown || o.Action == "" || o.PersonRef == "" || o.OccurredAt == 0 {
				t.Errorf("outcome of %s lacks something: %+v", o.DecisionID, o)
			}
			decisions = append(decisions, o.DecisionID)
		})
	}
	return decisions
}

func createTopics(t *testing.T, broker string) {
	t.Helper()
	client := connect(t, broker)
	request := kmsg.NewPtrCreateTopicsRequest()
	request.TimeoutMillis = 10_000
	for _, name := range []string{schemas.TopicActions, schemas.TopicActionOutcomes} {
		topic := kmsg.NewCreateTopicsRequestTopic()
		topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, 1, 1
		request.Topics = append(request.Topics, topic)
	}
	answer, err := request.RequestWith(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range answer.Topics {
		if topic.ErrorCode != 0 {
			t.Fatalf("create %s: code %d", topic.Topic, topic.ErrorCode)
		}
	}
}

func connect(t *testing.T, broker string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(broker))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
