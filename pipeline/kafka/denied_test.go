package kafka

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/pipeline"
)

// saidWithin is how soon somebody must hear of what is wrong.
const saidWithin = 10 * time.Second

// The bootstrap address answers, and directs its clients to where nobody is.
func testAdvertisedAddressLeadsNowhere(t *testing.T, broker *embeddedtest.Apache) {
	began := time.Now()
	c, err := Dial(t.Context(), Config{Brokers: []string{broker.LostAddr()}})
	if err == nil {
		_ = c.Close()
		t.Fatal("connected")
	}
	for _, want := range []string{"broker 1 is advertised as kafka-0.internal.invalid:29092", "advertised.listeners"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in: %v", want, err)
		}
	}
	if took := time.Since(began); took > saidWithin {
		t.Errorf("said after %v", took)
	}
}

// raw asks the broker as its administrator.
func raw(t *testing.T, broker *embeddedtest.Apache, rq kmsg.Request) kmsg.Response {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	rs, err := client.Request(t.Context(), rq)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// deny denies alice everything on a resource, and returns what takes that back.
func deny(t *testing.T, broker *embeddedtest.Apache, kind kmsg.ACLResourceType, name string) (allow func()) {
	t.Helper()
	creation := kmsg.NewCreateACLsRequestCreation()
	creation.ResourceType, creation.ResourceName, creation.ResourcePatternType = kind, name, kmsg.ACLResourcePatternTypeLiteral
	creation.Principal, creation.Host, creation.Operation, creation.PermissionType = "User:alice", "*", kmsg.ACLOperationAll, kmsg.ACLPermissionTypeDeny
	rq := kmsg.NewPtrCreateACLsRequest()
	rq.Creations = append(rq.Creations, creation)
	if rs := raw(t, broker, rq).(*kmsg.CreateACLsResponse); rs.Results[0].ErrorCode != 0 {
		t.Fatalf("create ACL: %v", Code(rs.Results[0].ErrorCode))
	}
	return func() {
		t.Helper()
		filter := kmsg.NewDeleteACLsRequestFilter()
		filter.ResourceType, filter.ResourceName, filter.ResourcePatternType = kind, &name, kmsg.ACLResourcePatternTypeLiteral
		filter.Operation, filter.PermissionType = kmsg.ACLOperationAny, kmsg.ACLPermissionTypeAny
		rq := kmsg.NewPtrDeleteACLsRequest()
		rq.Filters = append(rq.Filters, filter)
		raw(t, broker, rq)
	}
}

// fails calls f until it fails as denied, which the broker does once it has heard of the ACL.
func fails(t *testing.T, f func() error) error {
	t.Helper()
	for end := time.Now().Add(saidWithin); time.Now().Before(end); {
		if err := f(); errors.As(err, new(*DeniedError)) {
			return err
		}
	}
	t.Fatal("nothing is denied")
	return nil
}

// What was allowed is taken away: it is said which operation on what, the others go on, and it goes on by itself.
func testACLsAreTakenAwayAndGivenBack(t *testing.T, broker *embeddedtest.Apache) {
	user, password := broker.User()
	c, err := Dial(t.Context(), Config{Brokers: []string{broker.SASLAddr()}, SASL: SASL{Mechanism: "PLAIN", Username: user, Password: Secret(password)}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := &rig{t: t, c: c, brokers: []string{broker.SASLAddr()}, suffix: fmt.Sprint(time.Now().UnixNano())}
	a, b := r.topic("a", 1), r.topic("b", 1)
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
	admin := &rig{t: t, brokers: []string{broker.Addr()}, suffix: r.suffix}
	admin.c = admin.dial()
	others := admin.producer(pipeline.ProducerConfig{})
	said := func(err error, words ...string) {
		t.Helper()
		for _, w := range append(words, "kafka-acls --add --allow-principal User:alice") {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("no word of %q in: %v", w, err)
			}
		}
	}

	t.Run("read", func(t *testing.T) {
		parked := make(chan error, 1000)
		f := r.fetcher(pipeline.FetcherConfig{Parked: func(_ pipeline.TopicPartition, _ int, err error) { parked <- err }})
		f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0, tp(b, 0): 0})
		admin.send(others, a, 0, "a0")
		r.drain(f, 1)
		allow := deny(t, broker, kmsg.ACLResourceTypeTopic, a)
		got := make(chan []string)
		go func() {
			v, _ := r.drain(f, 2)
			got <- v
		}()
		said(<-parked, "not allowed to Read topic "+a, "--operation Read --topic "+a)
		admin.send(others, a, 0, "a1")
		admin.send(others, b, 0, "b0")
		allow()
		v := <-got
		if slices.Sort(v); !slices.Equal(v, []string{"a1", "b0"}) {
			t.Errorf("read %v", v)
		}
	})
	t.Run("write", func(t *testing.T) {
		allow := deny(t, broker, kmsg.ACLResourceTypeTopic, b)
		send := func() error {
			if err := p.Init(r.ctx()); err != nil {
				return err
			}
			r.append(p, b, 0, "b1")
			return p.Seal(nil).Commit(r.ctx(), nil)
		}
		err := fails(t, send)
		said(err, "not allowed to Write topic "+b)
		if pipeline.KindOf(err) != pipeline.KindTransient {
			t.Errorf("it is not tried again: %v", err)
		}
		allow()
		waitFor(t, send)
	})
	t.Run("transactional id", func(t *testing.T) {
		allow := deny(t, broker, kmsg.ACLResourceTypeTransactionalId, r.name("w"))
		said(fails(t, func() error { return p.Init(r.ctx()) }), "Write transactional-id "+r.name("w"))
		allow()
		waitFor(t, func() error { return p.Init(r.ctx()) })
	})
	t.Run("group", func(t *testing.T) {
		allow := deny(t, broker, kmsg.ACLResourceTypeGroup, r.name("g"))
		said(fails(t, func() error {
			_, err := c.Committed(r.ctx(), r.name("g"), []pipeline.TopicPartition{tp(a, 0)})
			return err
		}), "Read group "+r.name("g"))
		group, err := c.NewGroup(r.ctx(), pipeline.GroupConfig{GroupID: r.name("g"), Topics: []string{a}})
		r.must(err)
		defer group.Close()
		_, err = group.Next(r.ctx())
		said(err, "Read group "+r.name("g"))
		allow()
		waitFor(t, func() error {
			gen, err := group.Next(r.ctx())
			if err == nil {
				gen.End()
			}
			return err
		})
	})
	t.Run("describe", func(t *testing.T) {
		allow := deny(t, broker, kmsg.ACLResourceTypeTopic, a)
		said(fails(t, func() error { _, err := c.DescribeTopics(r.ctx(), a); return err }), "not allowed to Describe")
		allow()
	})
}

// waitFor calls f until it succeeds.
func waitFor(t *testing.T, f func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(saidWithin); time.Now().Before(end); {
		if err = f(); err == nil {
			return
		}
	}
	t.Errorf("it does not go on: %v", err)
}

// quota limits a client to so many bytes a second.
func quota(t *testing.T, broker *embeddedtest.Apache, client, key string, value float64) {
	t.Helper()
	entity := kmsg.NewAlterClientQuotasRequestEntryEntity()
	entity.Type, entity.Name = "client-id", &client
	op := kmsg.NewAlterClientQuotasRequestEntryOp()
	op.Key, op.Value = key, value
	entry := kmsg.NewAlterClientQuotasRequestEntry()
	entry.Entity, entry.Ops = append(entry.Entity, entity), append(entry.Ops, op)
	rq := kmsg.NewPtrAlterClientQuotasRequest()
	rq.Entries = append(rq.Entries, entry)
	if rs := raw(t, broker, rq).(*kmsg.AlterClientQuotasResponse); rs.Entries[0].ErrorCode != 0 {
		t.Fatalf("quota: %v", Code(rs.Entries[0].ErrorCode))
	}
}

// Several readers of one client id are far beyond their quota. The pauses are told and kept: everything arrives, in about
// the time that the quota allows. A pause that is longer than a transaction may be open ends none.
func testQuotaIsKept(t *testing.T, broker *embeddedtest.Apache) {
	const client, rate = "slow", 100_000
	r := &rig{t: t, brokers: []string{broker.Addr()}, suffix: fmt.Sprint(time.Now().UnixNano())}
	r.c = r.dial()
	a := r.topic("a", 3)
	// A batch that exceeds what the quota allows in its whole window would never come.
	p := r.producer(pipeline.ProducerConfig{MaxBatchBytes: 10_000})
	text := strings.Repeat("x", 1000)
	for part := range int32(3) {
		for i := range 100 {
			r.append(p, a, part, fmt.Sprint(i, text))
		}
	}
	r.must(p.Seal(nil).Commit(r.ctx(), nil))
	quota(t, broker, client, "consumer_byte_rate", rate)
	quota(t, broker, client, "producer_byte_rate", rate)
	c, err := Dial(r.ctx(), Config{Brokers: r.brokers, ClientID: client})
	r.must(err)
	defer c.Close()
	told := make(chan string, 10_000)
	c.Throttled(func(api string, pause time.Duration) { told <- api })
	began := time.Now()
	done := make(chan int)
	for part := range int32(3) {
		f := c.NewFetcher(pipeline.FetcherConfig{PartBytes: 20_000})
		defer f.Close()
		f.Assign(map[pipeline.TopicPartition]int64{tp(a, part): 0})
		go func() {
			v, _ := r.drain(f, 100)
			done <- len(v)
		}()
	}
	for range 3 {
		if n := <-done; n != 100 {
			t.Errorf("%d records", n)
		}
	}
	took := time.Since(began)
	slow := c.NewProducer(pipeline.ProducerConfig{TransactionalID: r.name("slow"), TransactionTimeout: 1000})
	r.must(slow.Init(r.ctx()))
	for i, n := range []int{50, 600, 50} {
		for range n {
			r.append(slow, a, 0, fmt.Sprint(i, text))
		}
		r.must(slow.Seal(nil).Commit(r.ctx(), nil))
	}
	if spent := time.Since(began) - took; spent < 2*time.Second {
		t.Errorf("700,000 bytes were written in %v", spent)
	}
	heard := map[string]int{}
	for len(told) > 0 {
		heard[<-told]++
	}
	t.Logf("read in %v, produced in %v, pauses %v", took, time.Since(began)-took, heard)
	if heard["Fetch"] == 0 || heard["Produce"] == 0 || heard["Fetch"] > 200 {
		t.Errorf("pauses: %v", heard)
	}
}
