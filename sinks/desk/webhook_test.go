package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/attune-health/attune/schemas"
)

const hookSecret = "sixteen bytes or more"

// receiver takes webhooks, and can be down.
type receiver struct {
	testing.TB
	*httptest.Server
	mu sync.Mutex
	// status is what it answers.
	status int
	// got are the ids, in order, and refs what they were about.
	got, refs []string
	tried     int
}

func newReceiver(t testing.TB, status int) *receiver {
	r := &receiver{TB: t, status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		r.Error(err)
	}
	id, at := q.Header.Get("webhook-id"), q.Header.Get("webhook-timestamp")
	if q.Header.Get("webhook-signature") != "v1,"+sign([]byte(hookSecret), id, at, body) {
		r.Errorf("the signature of %s is wrong", id)
	}
	if strings.Contains(q.URL.String(), "person") {
		r.Errorf("the address says who it is about: %s", q.URL)
	}
	var v hookBody
	if err := json.Unmarshal(body, &v); err != nil {
		r.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried++
	if r.status == http.StatusOK {
		ref := v.ContactRef + " " + v.Status
		if v.Decision != nil {
			ref = v.Decision.DecisionID
		}
		r.got, r.refs = append(r.got, id), append(r.refs, ref)
	}
	w.WriteHeader(r.status)
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) heard() (refs []string, tried int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.refs), r.tried
}

// hooksTo configures webhooks that are tried again at once.
func hooksTo(t testing.TB, lines map[string]*receiver) func(*Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(hookSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(c *Config) {
		c.hookPause = time.Millisecond
		for line, r := range lines {
			name, events, _ := strings.Cut(line, " ")
			c.Webhooks = append(c.Webhooks, fmt.Sprintf("%s %s/in %s %s", name, r.URL, file, events))
		}
	}
}

// begun waits until a desk's webhooks hear of what comes.
func (r *rig) begun(d *Desk) {
	r.Helper()
	await(r, "webhooks have begun", func() bool {
		d.store.mu.Lock()
		defer d.store.mu.Unlock()
		for _, q := range d.store.queues {
			if !q.begun {
				return false
			}
		}
		return true
	})
}

func TestReceiverIsDeadThenTheOtherHearsAll(t *testing.T) {
	healthy, dead := newReceiver(t, http.StatusOK), newReceiver(t, http.StatusOK)
	dead.Close()
	r := newRig(t, hooksTo(t, map[string]*receiver{"healthy decision+contact": healthy, "dead decision": dead}))
	r.begun(r.desk)
	r.call("hookperson", "hook-shard", callStep("hook/1", "hook-call", schemas.CallEventQueued, 1))
	await(t, "it has heard of the call", func() bool { refs, _ := healthy.heard(); return slices.Contains(refs, "hook-call waiting") })
	for i := range 5 {
		r.decide(decision(fmt.Sprintf("hook-%d", i), "hookperson", "hook-call"))
	}
	r.call("hookperson", "hook-shard", callStep("hook/2", "hook-call", schemas.CallEventAnswered, 2))
	await(t, "the healthy one has heard", func() bool {
		refs, _ := healthy.heard()
		n := 0
		for _, ref := range refs {
			if strings.HasPrefix(ref, "hook-") {
				n++
			}
		}
		return n == 7
	})
	refs, _ := healthy.heard()
	refs = slices.DeleteFunc(refs, func(ref string) bool { return !strings.HasPrefix(ref, "hook-") })
	if decisions := slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return strings.HasPrefix(ref, "hook-call") }); !slices.Equal(decisions, []string{"hook-0", "hook-1", "hook-2", "hook-3", "hook-4"}) {
		t.Errorf("it hears of decisions in the order %v", decisions)
	}
	if !slices.Contains(refs, "hook-call waiting") || !slices.Contains(refs, "hook-call answered") {
		t.Errorf("of calls it hears %v", refs)
	}
	var hooks hooksAnswer
	listed := r.ask("GET", "/v1/webhooks", nil)
	listed.into(t, &hooks)
	if err := checker(t, r.ask("GET", "/openapi.json", nil).body)("Webhooks", listed.body); err != nil {
		t.Error(err)
	}
	for _, h := range hooks.Webhooks {
		if h.Name == "dead" && h.Waiting < 5 || h.Name == "healthy" && h.Waiting > 0 || h.Dead > 0 {
			t.Errorf("listed is %+v", h)
		}
	}
	read := false
	for _, v := range written[schemas.AccessAudit](r, schemas.TopicAccessAudit) {
		read = read || v.PersonRef.Reveal() == "hookperson" && v.Who == "healthy" && v.What == "webhook"
	}
	if !read {
		t.Error("what was sent is on access-audit as nobody's read")
	}
}

// A receiver that is down hears of everything when it is back, also where the desk has restarted meanwhile.
func TestReceiverIsDownAndTheDeskRestartsThenNothingIsLost(t *testing.T) {
	to := newReceiver(t, http.StatusServiceUnavailable)
	hooks := hooksTo(t, map[string]*receiver{"crm decision": to})
	r := newRig(t)
	dir := t.TempDir()
	first, stop := r.stoppable(dir, hooks)
	r.begun(first)
	for i := range 4 {
		r.decide(decision(fmt.Sprintf("back-%d", i), "backperson", "back-call"))
	}
	await(t, "all are read, and some were tried", func() bool {
		v, err := first.server.answers.contact("back-call", Behind{})
		_, tried := to.heard()
		return err == nil && v != nil && len(v.History) == 4 && tried > 2
	})
	stop()
	r.start(dir, hooks)
	r.decide(decision("back-4", "backperson", "back-call"))
	to.answers(http.StatusOK)
	back := func() []string {
		refs, _ := to.heard()
		return slices.DeleteFunc(refs, func(ref string) bool { return !strings.HasPrefix(ref, "back-") })
	}
	await(t, "it has heard", func() bool { return len(back()) >= 5 })
	if got := back(); !slices.Equal(got, []string{"back-0", "back-1", "back-2", "back-3", "back-4"}) {
		t.Errorf("it hears %v", got)
	}
}

func TestReceiverRefusesThenItIsADeadLetterThatCanBeSentAgain(t *testing.T) {
	to := newReceiver(t, http.StatusBadRequest)
	var mu sync.Mutex
	outcomes := map[string]int{}
	r := newRig(t, hooksTo(t, map[string]*receiver{"crm decision": to}), func(c *Config) {
		c.Events.Hooked = func(hook, outcome string) {
			mu.Lock()
			defer mu.Unlock()
			outcomes[hook+" "+outcome]++
		}
	})
	r.begun(r.desk)
	r.decide(decision("refused-1", "refusedperson", "refused-call"))
	state := func() (h hookAnswer) {
		var v hooksAnswer
		r.ask("GET", "/v1/webhooks", nil).into(t, &v)
		return v.Webhooks[0]
	}
	await(t, "it is dead", func() bool { h := state(); return h.Dead >= 1 && h.Waiting == 0 })
	to.answers(http.StatusOK)
	if a := r.ask("POST", "/v1/webhooks/crm/replay", nil); a.status != http.StatusOK || bytes.Contains(a.body, []byte(`:0`)) {
		t.Errorf("replayed, it answers %s", a)
	}
	await(t, "it has heard", func() bool { refs, _ := to.heard(); return slices.Contains(refs, "refused-1") })
	await(t, "nothing is dead", func() bool { return state() == hookAnswer{Name: "crm"} })
	if a := r.ask("POST", "/v1/webhooks/other/replay", nil); a.status != http.StatusNotFound {
		t.Errorf("a webhook that there is not: %s", a)
	}
	mu.Lock()
	defer mu.Unlock()
	if outcomes["crm dead"] < 1 || outcomes["crm delivered"] < 1 {
		t.Errorf("counted is %v", outcomes)
	}
}

// What waits is lost with what it tells of, if at all, and is then read again.
func TestPowerIsLostThenEveryDecisionStillWaits(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		l := newLog()
		for i := range 150 {
			l.decide(decision(fmt.Sprintf("d%d", i), fmt.Sprintf("p%d", i%7), fmt.Sprintf("c%d", i%9)))
		}
		disk := vfs.NewCrashableMem()
		open := func() *feeder {
			s, err := openStore("desk", "log", testCache, disk)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.openQueues(map[string][]string{"crm": hookEvents}); err != nil {
				t.Fatal(err)
			}
			return newFeeder(t, l, s)
		}
		f := open()
		if err := f.store.beginQueue("crm"); err != nil {
			t.Fatal(err)
		}
		tps := l.places()
		for range 100 {
			f.some(tps[r.IntN(len(tps))], 1+r.IntN(5), true)
			if r.IntN(15) == 0 {
				after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: rand.New(rand.NewPCG(seed, r.Uint64()))})
				closeTest(t, f.store)
				disk = after
				f = open()
			}
		}
		f.all()
		waits := map[string]int{}
		for {
			k, h, err := f.store.next("crm")
			if err != nil {
				t.Fatal(err)
			}
			if h == nil {
				break
			}
			waits[h.Ref]++
			if err := f.store.done("crm", k, h, ""); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 150 {
			if n := waits[fmt.Sprintf("d%d", i)]; n != 1 {
				t.Errorf("seed %d: decision %d waits %d times", seed, i, n)
			}
		}
		closeTest(t, f.store)
	}
}

// What nobody takes does not wait for ever, a dead letter goes with retention, and a webhook that is no more configured
// leaves nothing behind.
func TestNobodyTakesAnEventThenItDoesNotStayForEver(t *testing.T) {
	to := newReceiver(t, http.StatusServiceUnavailable)
	r := newRig(t, hooksTo(t, map[string]*receiver{"crm decision": to}))
	r.begun(r.desk)
	s, w := r.desk.store, r.desk.server.webhooks[0]
	r.decide(decision("stale-1", "staleperson", "stale-call"))
	r.shows("stale-call", "stale-1")
	old := &hooked{Type: hookDecision, Ref: "stale-1", At: time.Now().Add(-hookPatience - time.Minute).UnixMilli()}
	if gaveUp, err := w.send(t.Context(), old); err == nil || gaveUp == "" {
		t.Errorf("after a day it is tried again (%v)", err)
	}
	young := &hooked{Type: hookDecision, Ref: "stale-1", At: time.Now().UnixMilli()}
	if gaveUp, err := w.send(t.Context(), young); err == nil || gaveUp != "" {
		t.Errorf("at once it is given up: %s (%v)", gaveUp, err)
	}
	gone := &hooked{Type: hookDecision, Ref: "forgotten", At: time.Now().UnixMilli()}
	if gaveUp, err := w.send(t.Context(), gone); err != nil || gaveUp != "" {
		t.Errorf("of what was forgotten it tells %s (%v)", gaveUp, err)
	}
	if err := s.done("crm", queueKey(keyQueue, "crm", 1<<40), old, "503"); err != nil {
		t.Fatal(err)
	}
	dead := func() int {
		n, err := s.count(key(keyDead, "crm", ""))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := dead(); n != 1 {
		t.Fatalf("%d dead letters", n)
	}
	if err := s.Sweep(t.Context(), time.Now().Add(-hookPatience+2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := dead(); n != 0 {
		t.Errorf("%d dead letters outlive retention", n)
	}
	l := newLog()
	l.decide(decision("d1", "p", "call"))
	other := openTest(t, t.TempDir())
	defer closeTest(t, other)
	if err := errors.Join(other.openQueues(map[string][]string{"crm": hookEvents, "kept": hookEvents}), other.beginQueue("crm"), other.beginQueue("kept")); err != nil {
		t.Fatal(err)
	}
	newFeeder(t, l, other).all()
	if err := other.openQueues(map[string][]string{"kept": hookEvents}); err != nil {
		t.Fatal(err)
	}
	left, err1 := other.count(key(keyQueue, "crm", ""))
	kept, err2 := other.count(key(keyQueue, "kept", ""))
	begun, err3 := other.get(key(keyHook, "crm"))
	if err := errors.Join(err1, err2, err3); err != nil || left != 0 || kept != 1 || begun != nil {
		t.Errorf("of a webhook that is gone %d events are left, of the other %d (%v)", left, kept, err)
	}
}

func TestWebhookThatCannotBeThenTheDeskDoesNotStart(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"crm https://crm.example.org", "desk.webhooks"},
		{"crm http://crm.example.org/in /run/secret decision", "https://"},
		{"crm https://crm.example.org/in /run/secret everything", "everything"},
		{"c\x00m https://crm.example.org/in /run/secret decision", "name"},
	} {
		cfg := Config{Webhooks: []string{c.line}}
		cfg.SetDefaults()
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.line, err, c.want)
		}
	}
	file := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &webhook{name: "crm", secretFile: file}
	if _, err := w.secret(); err == nil || strings.Contains(err.Error(), "short\"") {
		t.Errorf("a short secret: %v", err)
	}
}
