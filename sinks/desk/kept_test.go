package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// logNamed is the identity of a log whose topics all have this id.
func logNamed(id string) string {
	return strings.Join(TopicsIn("").List(), "="+id+" ") + "=" + id
}

// away runs a desk that has no Kafka, on what another has kept in dir.
func (r *rig) away(dir string, change ...func(*Config)) {
	r.Helper()
	cluster := r.cluster
	r.cluster = nil
	r.desk = r.start(dir, change...)
	r.cluster, r.url = cluster, strings.TrimSuffix(r.desk.URL(), "/")
}

func (r *rig) join(id string) {
	r.Helper()
	byRecord, byTopic := schemaIDs()
	if err := r.desk.Join(r.Context(), Log{Cluster: r.cluster, Identity: logNamed(id), SchemaIDs: byRecord, IDs: byTopic}); err != nil {
		r.Fatal(err)
	}
}

// keeps is what a desk has kept in a directory that has caught up with a decision, and stopped.
func (r *rig) keeps(person, contact string) (dir string) {
	r.Helper()
	dir = r.TempDir()
	d, stop := r.stoppable(dir, func(c *Config) { c.Identity = logNamed("first") })
	r.desk = d
	r.decide(decision(contact+"-1", person, contact))
	r.shows(contact, contact+"-1")
	await(r, "it has noted how far it is", func() bool { at, err := d.store.until(); return err == nil && !at.IsZero() })
	stop()
	return dir
}

func (r *rig) problem(method, path string, body any) (p problem) {
	r.Helper()
	a := r.ask(method, path, body)
	if err := json.Unmarshal(a.body, &p); err != nil {
		r.Fatalf("answered %s: %v", a, err)
	}
	return p
}

// A desk that starts while Kafka is away says since when it is not current, writes nothing that it cannot, and goes on by itself.
func TestKafkaIsAwayThenTheDeskHasWhatItKeptAndGoesOn(t *testing.T) {
	r := newRig(t)
	call := "away-call-" + strings.ToLower(rand.Text())
	dir := r.keeps("awayperson", call)
	stopped := time.Now()
	r.away(dir)

	var health struct{ Desk Behind }
	r.ask("GET", "/v1/health", nil).into(t, &health)
	if d := health.Desk; d.Current || d.Ms < 0 || d.AsOf == nil || d.AsOf.After(stopped) || stopped.Sub(*d.AsOf) > time.Minute {
		t.Errorf("it says of itself %+v", health.Desk)
	}
	if r.desk.HasCaughtUp() {
		t.Error("it says that it has caught up")
	}
	if v, err := r.desk.server.answers.contact(call, r.desk.Behind()); err != nil || v == nil || v.Decision == nil || v.Decision.DecisionID != call+"-1" {
		t.Errorf("of what it has kept it knows %+v (%v)", v, err)
	}
	began := time.Now()
	p := r.problem("POST", "/v1/contacts/"+call+"/feedback", map[string]any{"decision_id": call + "-1", "outcome": "accepted"})
	if p.Status != http.StatusServiceUnavailable || !strings.HasSuffix(p.Type, "/no-broker") || p.Desk == nil || p.Desk.AsOf == nil || time.Since(began) > 2*time.Second {
		t.Errorf("feedback is answered %+v after %v", p, time.Since(began))
	}
	var shown contactAnswer
	r.ask("GET", "/v1/contacts/"+call, nil).into(t, &shown)
	if shown.Decision == nil || shown.Decision.DecisionID != call+"-1" || shown.Desk.Current || shown.Desk.AsOf == nil {
		t.Errorf("what it has kept is shown as %+v", shown)
	}
	var looked lookupAnswer
	r.ask("POST", "/v1/lookup", map[string]any{"contact_ref": call}).into(t, &looked)
	if got := join(looked.Degraded); got != "desk_behind" || looked.Contact == nil || looked.Desk.AsOf == nil {
		t.Errorf("a lookup is answered %s, and %+v", got, looked)
	}
	if a := r.ask("GET", "/contact?contact_ref="+call, nil); a.status != http.StatusOK {
		t.Errorf("the page is answered %s", a)
	}

	r.decide(decision(call+"-2", "awayperson", call))
	r.join("first")
	r.shows(call, call+"-2")
	await(t, "it is current", func() bool { return r.desk.Behind().Current && r.desk.HasCaughtUp() })
	if a := r.ask("POST", "/v1/contacts/"+call+"/feedback", map[string]any{"decision_id": call + "-1", "outcome": "accepted"}); a.status != http.StatusOK {
		t.Errorf("once Kafka answers feedback is answered %s", a)
	}
	await(t, "no read waits", func() bool { return r.desk.WaitingReads() == 0 })
	reads := map[string]int{}
	for _, a := range written[schemas.AccessAudit](r, schemas.TopicAccessAudit) {
		if a.ContactRef.V == call {
			reads[a.What]++
		}
	}
	if reads["lookup"] != 1 || reads["contact"] != 1 {
		t.Errorf("%v were written down of what was shown", reads)
	}
	n := 0
	for _, o := range written[schemas.ActionOutcome](r, schemas.TopicActionOutcomes) {
		if o.DecisionID == call+"-1" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d outcomes were written, want the one that was taken", n)
	}
}

// What was kept is of a log that is not there any more: nothing of it is shown once Kafka answers.
func TestKafkaAnswersWithOtherTopicsThenWhatWasKeptGoes(t *testing.T) {
	r := newRig(t)
	call := "other-log-call-" + strings.ToLower(rand.Text())
	r.away(r.keeps("otherperson", call))
	if err := r.desk.store.write([]func(*changes) error{func(c *changes) error { return c.erase("nobody", 1) }}, map[pipeline.TopicPartition]int64{{Topic: "t"}: 7}); err != nil {
		t.Fatal(err)
	}
	kept, err := r.desk.store.Adopt(logNamed("second"))
	if err != nil || kept {
		t.Fatalf("kept: %v (%v)", kept, err)
	}
	positions, _ := r.desk.store.Positions(t.Context())
	until, _ := r.desk.store.until()
	v, err := r.desk.server.answers.contact(call, Behind{})
	if err != nil || v != nil || len(positions) != 0 || len(r.desk.store.erased) != 0 || !until.IsZero() {
		t.Errorf("it still shows %+v, has %v and %v, until %v (%v)", v, positions, r.desk.store.erased, until, err)
	}
	r.join("second")
	r.shows(call, call+"-1") // read anew
}

// A desk that has never run comes up, too, and says that it knows nothing.
func TestKafkaIsAwayAndNothingIsKeptThenTheDeskKnowsNothing(t *testing.T) {
	r := newRig(t)
	r.away(t.TempDir())
	a := r.ask("GET", "/v1/health", nil)
	if !bytes.Contains(a.body, []byte(`"desk":{"current":false,"behind_ms":-1,"as_of":null}`)) {
		t.Errorf("it says %s", a)
	}
	if p := r.problem("GET", "/v1/contacts/any", nil); p.Status != http.StatusServiceUnavailable || !strings.HasSuffix(p.Type, "/behind") {
		t.Errorf("of a contact it says %+v", p)
	}
	r.join("first")
	await(t, "it is current", func() bool { return r.desk.Behind().Current })
}

// A store that does not say of which topics it is cannot be shown before Kafka has said so.
func TestKafkaIsAwayAndTheStoreIsOfOtherTopicsThenItIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	closeTest(t, openTest(t, dir)) // of a log that is not named by topics
	if s, err := OpenKept(dir, TopicsIn("").List(), testCache); !errors.Is(err, ErrUnknownLog) {
		t.Errorf("got %v, %v", s, err)
	}
	s, err := OpenStore(dir, logNamed("first"), testCache)
	if err != nil {
		t.Fatal(err)
	}
	closeTest(t, s)
	if s, err := OpenKept(dir, TopicsIn("g2").List(), testCache); !errors.Is(err, ErrUnknownLog) {
		t.Errorf("another generation's: %v, %v", s, err)
	}
	if s, err = OpenKept(dir, TopicsIn("").List(), testCache); err != nil {
		t.Fatal(err)
	}
	closeTest(t, s)
}

// A webhook whose desk has not reached Kafka waits: what it tells has to be written down first.
func TestKafkaIsAwayThenWebhooksWait(t *testing.T) {
	r := newRig(t)
	r.away(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- (&webhook{name: "crm", server: r.desk.server}).run(ctx) }()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The agent reads on the page since when it is not current and, where unwritten reads are refused, that nothing can be shown; it
// goes on without being loaded again.
func TestKafkaIsAwayThenThePageSaysSoAndGoesOn(t *testing.T) {
	ctx := browser(t)
	r := newRig(t)
	call := "away-page-" + strings.ToLower(rand.Text())
	r.away(r.keeps("awaypageperson", call), func(c *Config) { c.RefuseUnwrittenReads = true })
	do(t, ctx, chromedp.Navigate(r.url+"/contact?contact_ref="+call+"&lang=en"))
	until(t, ctx, `document.getElementById('currency').textContent.startsWith('Not current: nothing newer than ')`)
	until(t, ctx, `document.getElementById('waiting').textContent.includes('no connection to Kafka')`)
	do(t, ctx, chromedp.Navigate(r.url+"/health?lang=es"))
	until(t, ctx, `document.getElementById('currency').textContent.startsWith('No está al día: no se muestra nada posterior a ')`)
	do(t, ctx, chromedp.Navigate(r.url+"/contact?contact_ref="+call+"&lang=en"))
	until(t, ctx, `document.getElementById('currency').textContent.startsWith('Not current')`)
	r.join("first")
	until(t, ctx, `!document.getElementById('decision').hidden && document.getElementById('currency').textContent === 'Up to date'`)
}
