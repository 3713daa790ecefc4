package main

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/schemas"
)

// quota bounds attune's client id from now on; 0 takes the bound away.
func (s *siteRig) quota(t *testing.T, key string, value float64) {
	t.Helper()
	client := "attune"
	entity := kmsg.NewAlterClientQuotasRequestEntryEntity()
	entity.Type, entity.Name = "client-id", &client
	op := kmsg.NewAlterClientQuotasRequestEntryOp()
	op.Key, op.Value, op.Remove = key, value, value == 0
	entry := kmsg.NewAlterClientQuotasRequestEntry()
	entry.Entity, entry.Ops = append(entry.Entity, entity), append(entry.Ops, op)
	rq := kmsg.NewPtrAlterClientQuotasRequest()
	rq.Entries = append(rq.Entries, entry)
	rs, err := rq.RequestWith(t.Context(), s.client)
	if err != nil || rs.Entries[0].ErrorCode != 0 {
		t.Fatalf("quota: %+v, %v", rs, err)
	}
}

// views writes page views of as many people, a batch each: one that exceeds what a quota allows in its whole window is never
// read.
func (s *siteRig) views(t *testing.T, who string, n int) {
	t.Helper()
	for i := range n {
		s.view(t, fmt.Sprint(who, i), time.Now(), time.Now())
	}
}

var throttledSeconds = regexp.MustCompile(`attune_kafka_throttled_seconds_total\{[^}]*api="(\w+)"[^}]*\} (\S+)`)

// throttled is by how much brokers have slowed it down, in seconds by API.
func (r *role) throttled(t *testing.T) map[string]float64 {
	t.Helper()
	_, metrics := r.page(t, "/metrics")
	out := map[string]float64{}
	for _, m := range throttledSeconds.FindAllStringSubmatch(metrics, -1) {
		seconds, err := strconv.ParseFloat(m[2], 64)
		check(t, err)
		out[m[1]] += seconds
	}
	return out
}

// TestQuotasAreSetWhileItRunsThenItSaysSoKeepsThemAndGoesOn: somebody bounds what attune may write, read and ask for. Within ten
// seconds it says which quota slows it down and what to do. It keeps to the pauses, also where one is longer than a transaction may
// be open; nothing fails by them, and nothing is lost.
func TestQuotasAreSetWhileItRunsThenItSaysSoKeepsThemAndGoesOn(t *testing.T) {
	t.Parallel()
	s := newSiteRigOn(t, embeddedtest.ApacheConfig{Config: map[string]string{"quota.window.num": "3"}})
	text, err := os.ReadFile(s.file)
	check(t, err)
	writeFile(t, s.file, strings.Replace(string(text), "checkpoint_interval: 1s", "checkpoint_interval: 1s, transaction_timeout: 3s, commit_timeout: 4s, batch_bytes: 16384", 1)+
		"telemetry: {listen: '127.0.0.1:0'}\n")
	run := start(t, "run", "--config", s.file)
	run.ready(t)
	sent := 0
	for _, q := range []struct {
		key   string
		rate  float64
		views int
		// The API that meets it first, any where there is none, and what is said.
		api, said string
	}{
		{"producer_byte_rate", 40_000, 60, "Produce", "producer_byte_rate"},
		{"consumer_byte_rate", 15_000, 120, "Fetch", "consumer_byte_rate"},
		{"request_percentage", 1, 10, "", "quota=request_percentage"},
	} {
		before := run.throttled(t)
		s.quota(t, q.key, q.rate)
		s.views(t, q.key, q.views)
		began := time.Now()
		run.says(t, q.said)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s is said after %v", q.key, took)
		}
		if code, page := run.page(t, "/readyz"); code != http.StatusOK {
			t.Errorf("%s: not ready: %s", q.key, page)
		}
		// All comes, as slowly as it must; the last as soon as nothing holds it up any more.
		sent += q.views
		if q.api == "" {
			s.quota(t, q.key, 0)
		}
		await(t, time.Minute, "it goes on", func() bool { return s.records(t, schemas.TopicPersonas) >= sent })
		after := run.throttled(t)
		t.Logf("%s: all after %v, pauses %v", q.key, time.Since(began), after)
		if q.api != "" && after[q.api] <= before[q.api] {
			t.Errorf("%s: no pauses are counted: %v, then %v", q.key, before, after)
		}
		s.quota(t, q.key, 0)
	}
	run.stop(t)
	log, err := os.ReadFile(run.log)
	check(t, err)
	if strings.Contains(string(log), "worker restarts") || strings.Contains(string(log), "level=ERROR") {
		t.Errorf("something failed by the quotas:\n%s", log)
	}
	if n := s.records(t, schemas.TopicPersonas); n != sent {
		t.Errorf("%d personas, want %d", n, sent)
	}
}
