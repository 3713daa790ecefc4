package clickhouse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// proxy stands between the sink and ClickHouse. While it holds, bytes to the server wait; cut ends all connections.
type proxy struct {
	t      testing.TB
	l      net.Listener
	target string
	hold   atomic.Pointer[chan struct{}] // closed to go on
	bytes  atomic.Int64                  // to the server
	onByte atomic.Pointer[func(total int64)]

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, l: l, target: target, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); p.cut() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func (p *proxy) addr() string { return p.l.Addr().String() }

func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns[client], p.conns[server] = true, true
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	_, _ = io.Copy(gate{p, server}, client)
	_ = server.Close()
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

// gate holds writes back.
type gate struct {
	p *proxy
	w io.Writer
}

func (g gate) Write(b []byte) (int, error) {
	if hold := g.p.hold.Load(); hold != nil {
		<-*hold
	}
	total := g.p.bytes.Add(int64(len(b)))
	if f := g.p.onByte.Load(); f != nil {
		(*f)(total)
	}
	return g.w.Write(b)
}

func (p *proxy) stall() (goOn func()) {
	hold := make(chan struct{})
	p.hold.Store(&hold)
	return sync.OnceFunc(func() { p.hold.Store(nil); close(hold) })
}

// putMany puts touchpoints [from, to) and returns their ids.
func (r *rig) putMany(from, to int) {
	r.Helper()
	for i := from; i < to; i++ {
		v := busyTouchpoint(i)
		r.put(schemas.TopicIdentified, v.PersonRef.Reveal(), v)
		if i%500 == 499 {
			r.send()
		}
	}
	r.send()
}

const (
	allTouchpoints  = "SELECT count() FROM {db}.current_touchpoints"
	uniqTouchpoints = "SELECT uniqExact(event_id) FROM {db}.touchpoints"
)

// intact fails unless touchpoints [0, n) are there, each once.
func (r *rig) intact(c *Client, n int) {
	r.Helper()
	r.await(c, uint64(n), uniqTouchpoints)
	if got := count(r, c, allTouchpoints); got != uint64(n) {
		r.Errorf("%d rows through the view, want %d", got, n)
	}
	type row struct {
		at            time.Time
		event, person string
		wait          int64
	}
	rows := map[string]row{}
	err := c.Each(r.ctx, "SELECT event_id, occurred_at, event, person_ref, wait_ms FROM {db}.current_touchpoints", func(s Scanner) error {
		var id string
		var x row
		err := s.Scan(&id, &x.at, &x.event, &x.person, &x.wait)
		rows[id] = x
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	for i := range n {
		v := busyTouchpoint(i)
		t := &v.Payload.Touchpoint
		want := row{t.OccurredAt.Time(), eventOf(t.Body), v.PersonRef.Reveal(), t.Body.Call.WaitMs}
		if got := rows[t.EventID]; !got.at.Equal(want.at) || got.event != want.event || got.person != want.person || got.wait != want.wait {
			r.Fatalf("touchpoint %d is %v, want %v", i, got, want)
		}
	}
}

func eventOf(b schemas.TouchpointBody) string {
	switch b.Kind {
	case schemas.TouchpointBodyWeb:
		return b.Web.Event.String()
	case schemas.TouchpointBodyApp:
		return b.App.Event.String()
	case schemas.TouchpointBodyCall:
		return b.Call.Event.String()
	default:
		return b.Ehr.Event.String()
	}
}

func TestServerKilledWhileInsertingThenRestarted(t *testing.T) {
	own, err := embedded.StartClickHouse(testContext(t), embedded.ClickHouseConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	p := newProxy(t, own.NativeAddr())
	r := newRig(t, p.addr())
	r.cfg.BatchRows = 200
	var failures atomic.Int64
	r.cfg.Events.InsertFailed = func(string, int, error) { failures.Add(1) }
	_, stop := r.start()
	const rounds, each = 12, 500
	for round := range rounds {
		// The kill falls into an insert: it happens when the next bytes are on their way to the server.
		killed := make(chan struct{})
		from := p.bytes.Load()
		var once sync.Once
		f := func(total int64) {
			if total > from+int64(6_000*(round%4+1)) {
				once.Do(func() {
					if err := own.Kill(); err != nil {
						t.Error(err)
					}
					close(killed)
				})
			}
		}
		p.onByte.Store(&f)
		r.putMany(round*each, (round+1)*each)
		<-killed
		p.onByte.Store(nil)
		if own, err = own.Restart(r.ctx); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = own.Kill() })
	r.cfg.Addr = []string{own.NativeAddr()}
	r.intact(r.client(), rounds*each)
	stop()
	if failures.Load() == 0 {
		t.Error("no insert failed: the kills did not fall into inserts")
	}
	c := r.client()
	t.Logf("%d attempts failed, %d rows were written for %d touchpoints", failures.Load(), count(t, c, "SELECT count() FROM {db}.touchpoints"), rounds*each)
}

// TestColumnIsChangedUnderTheSinkThenRowsWaitAndNoneIsLost: somebody alters the table that the sink writes to. It says which
// column it is, converts nothing, rejects nothing, and goes on once the column is as it was.
func TestColumnIsChangedUnderTheSinkThenRowsWaitAndNoneIsLost(t *testing.T) {
	for name, x := range map[string]struct{ change, mend, want string }{
		"type that cannot be filled":       {"MODIFY COLUMN page String", "MODIFY COLUMN page LowCardinality(String)", ".touchpoints.page has become String and should be LowCardinality(String)"},
		"type that values would be cut to": {"MODIFY COLUMN received_at DateTime('UTC')", "MODIFY COLUMN received_at DateTime64(3, 'UTC')", ".touchpoints.received_at has become DateTime('UTC') and should be DateTime64(3, 'UTC')"},
		"number of another size":           {"MODIFY COLUMN wait_ms Int32", "MODIFY COLUMN wait_ms Int64", ".touchpoints.wait_ms has become Int32 and should be Int64"},
		"gone":                             {"DROP COLUMN authenticated", "ADD COLUMN authenticated String", "a column that attune writes is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, sharedServer(t).NativeAddr())
			told := make(chan string, 10_000)
			r.cfg.Events.InsertFailed = func(_ string, _ int, err error) { told <- err.Error() }
			_, stop := r.start()
			r.putMany(0, 100)
			c := r.client()
			r.await(c, 100, uniqTouchpoints)
			exec(t, c, "ALTER TABLE {db}.touchpoints "+x.change+" SETTINGS mutations_sync = 2")
			r.putMany(100, 300)
			if got := <-told; !strings.Contains(got, x.want) {
				t.Errorf("it says %q, want %q", got, x.want)
			}
			exec(t, c, "ALTER TABLE {db}.touchpoints "+x.mend+" SETTINGS mutations_sync = 2")
			r.putMany(300, 400)
			r.intact(c, 400)
			if n := count(t, c, "SELECT countIf(toUnixTimestamp64Milli(received_at) % 1000 != 0) FROM {db}.touchpoints"); n == 0 {
				t.Error("no time has milliseconds: a poor test")
			}
			stop()
		})
	}
}

// TestIdleConnectionsAreCutThenTheNextInsertHasAnother: a proxy, or a firewall, ends connections on which nothing happens.
func TestIdleConnectionsAreCutThenTheNextInsertHasAnother(t *testing.T) {
	p := newProxy(t, sharedServer(t).NativeAddr())
	r := newRig(t, p.addr())
	_, stop := r.start()
	r.cfg.Addr = []string{sharedServer(t).NativeAddr()}
	c := r.client()
	for i := range 5 {
		r.putMany(i*100, (i+1)*100)
		r.await(c, uint64((i+1)*100), uniqTouchpoints)
		p.cut()
	}
	r.intact(c, 500)
	stop()
}

func TestConnectionsCutAgainAndAgain(t *testing.T) {
	p := newProxy(t, sharedServer(t).NativeAddr())
	r := newRig(t, p.addr())
	r.cfg.BatchRows = 100
	_, stop := r.start()
	var cuts atomic.Int64
	f := func(total int64) {
		if n := cuts.Load(); n < 8 && total/100_000 > n {
			cuts.Add(1)
			p.cut()
		}
	}
	p.onByte.Store(&f)
	r.putMany(0, 3000)
	r.cfg.Addr = []string{sharedServer(t).NativeAddr()}
	r.intact(r.client(), 3000)
	stop()
	if cuts.Load() < 5 {
		t.Errorf("only %d cuts", cuts.Load())
	}
}

func TestSlowServerHoldsOffsetsBackAndNothingElse(t *testing.T) {
	p := newProxy(t, sharedServer(t).NativeAddr())
	r := newRig(t, p.addr())
	r.cfg.BatchRows, r.cfg.MaxInFlight = 50, 2
	s, stop := r.start()
	r.putMany(0, 100)
	direct := r.cfg
	direct.Addr = []string{sharedServer(t).NativeAddr()}
	c := openClient(t, direct)
	r.await(c, 100, uniqTouchpoints)
	awaitTrue(t, func() bool { return r.committed() == 100 }) // nothing more is to be committed
	goOn := p.stall()
	r.putMany(100, 6000)
	// Everything that the sink may hold is held when no batch is free; nothing more is polled and nothing committed.
	awaitTrue(t, func() bool { return s.consumer.Free() == 0 })
	if got := r.committed(); got != 100 {
		t.Errorf("offsets of %d records are committed, 100 are in", got)
	}
	goOn()
	r.intact(c, 6000)
	stop()
}

func partitionsOf(topic string) []pipeline.TopicPartition {
	var out []pipeline.TopicPartition
	for i := range int32(testPartitions) {
		out = append(out, pipeline.TopicPartition{Topic: topic, Partition: i})
	}
	return out
}

// committed is how many touchpoints the sink has committed the offsets of.
func (r *rig) committed() (sum int64) {
	r.Helper()
	offsets, err := r.cluster.Committed(r.ctx, "attune-sink", partitionsOf(schemas.TopicIdentified))
	if err != nil {
		r.Fatal(err)
	}
	for _, o := range offsets {
		sum += o.Offset
	}
	return sum
}

func awaitTrue(t testing.TB, f func() bool) {
	t.Helper()
	ctx := testContext(t)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not happen")
		}
	}
}

func TestStoppedWhileServerIsSilentThenStartedAgain(t *testing.T) {
	p := newProxy(t, sharedServer(t).NativeAddr())
	r := newRig(t, p.addr())
	r.cfg.HandOver = 300 * time.Millisecond
	s, stop := r.start()
	goOn := p.stall()
	r.putMany(0, 500)
	awaitTrue(t, func() bool { return s.consumer.Free() < s.cfg.MaxInFlight })
	stop() // returns although the server does not answer
	goOn()
	_, stop = r.start()
	r.intact(r.client(), 500)
	stop()
}

func TestEverythingReadTwiceIsThereOnce(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	r.putMany(0, 1000)
	for _, group := range []string{"first", "second"} {
		r.cfg.Group = group
		_, stop := r.start()
		c := r.client()
		r.await(c, map[string]uint64{"first": 1000, "second": 2000}[group], "SELECT count() FROM {db}.touchpoints")
		stop()
		r.intact(c, 1000)
	}
}

func TestAddedMemberTakesOverWithoutLoss(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	r.cfg.BatchRows = 100
	var assigned atomic.Int64
	r.cfg.Events.Assigned = func([]pipeline.TopicPartition) { assigned.Add(1) }
	_, stopFirst := r.start()
	r.putMany(0, 1000)
	_, stopSecond := r.start()
	r.putMany(1000, 2000)
	awaitTrue(t, func() bool { return assigned.Load() >= 3 }) // the first twice, the second once
	stopFirst()
	r.putMany(2000, 3000)
	r.intact(r.client(), 3000)
	stopSecond()
}

func TestFirstCopyOfATouchpointStays(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	for i := range 3 {
		v := touchpoint("src/same", "p1", noon, web(schemas.WebEventPageView, fmt.Sprintf("page-%d", i), "R03"))
		r.put(schemas.TopicIdentified, "p1", v)
		r.send()
	}
	_, stop := r.start()
	c := r.client()
	r.await(c, 3, "SELECT count() FROM {db}.touchpoints")
	expect(t, c, "SELECT page FROM {db}.current_touchpoints", `{"page": "page-0"}`)
	exec(t, c, "OPTIMIZE TABLE {db}.touchpoints FINAL")
	expect(t, c, "SELECT page FROM {db}.touchpoints", `{"page": "page-0"}`)
	stop()
}

func TestLaterAggregateReplacesEarlierInWhateverOrderTheyArrive(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	for _, v := range []*schemas.Aggregate{
		aggregate(1, 1, 900, noon, "R03", 4), aggregate(1, 2, 3, noon, "R03", 7), aggregate(1, 2, 2, noon, "R03", 5), // epoch counts before revision
		aggregate(2, 1, 1, noon, "R03", 10), aggregate(3, 1, 1, noon, "R04", 3), aggregate(3, 1, 2, noon, "R04", 0), // emptied
		aggregate(1, 1, 1, noon+3_600_000, "R03", 1),
	} {
		r.put(schemas.TopicAggregates, "k", v)
		r.send()
	}
	other := aggregate(1, 9, 9, noon, "R03", 1000)
	other.Log = "another log"
	r.put(schemas.TopicAggregates, "k", other)
	r.send()
	_, stop := r.start()
	c := r.client()
	r.await(c, 8, "SELECT count() FROM {db}.aggregates")
	stop()
	expect(t, c, "SELECT * FROM {db}.contacts_by_reason WHERE hour = '2026-03-02 12:00:00'", `{"channel": "call", "reason": "R03", "priority": 2,
		"contacts": 17, "queued": 17, "abandoned": 3, "answered": 14, "wait_seconds": 765, "wait_answered_seconds": 510, "talk_seconds": 2040, "last_resort": 8, "persons": 17}`)
	if n := count(t, c, "SELECT count() FROM {db}.contacts_by_reason"); n != 2 {
		t.Errorf("%d rows of contacts_by_reason, want 2", n)
	}
	ctx := context.Background()
	if err := c.SetCurrent(ctx, "another log"); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "SELECT sum(contacts) AS n FROM {db}.contacts_by_reason", `{"n": 1000}`)
}

func TestBrokerAwayForLongerThanItsRetriesThenBack(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	impatient, err := kafka.Dial(r.ctx, kafka.Config{Brokers: []string{r.broker.Addr()}, RetryTimeout: 300 * time.Millisecond, RequestTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = impatient.Close() })
	var trouble atomic.Int64
	r.cfg.Events.ReadFailed = func(error) { trouble.Add(1) }
	r.cfg.Events.CommitFailed = func(error) { trouble.Add(1) }
	patient := r.cluster
	r.cluster = impatient
	_, stop := r.start()
	r.cluster = patient
	r.putMany(0, 500)
	c := r.client()
	r.await(c, 500, uniqTouchpoints)
	if err := r.broker.Close(); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, func() bool { return trouble.Load() >= 3 })
	if r.broker, err = embedded.StartBroker(r.ctx, r.brokerConfig); err != nil {
		t.Fatal(err)
	}
	r.putMany(500, 1000)
	r.intact(c, 1000)
	stop()
}

// A server that is full, or behind with its merges, refuses inserts until that is over.
func TestServerThatRefusesInsertsForAWhile(t *testing.T) {
	r := newRig(t, sharedServer(t).NativeAddr())
	var refused atomic.Int64
	r.cfg.Events.InsertFailed = func(_ string, _ int, err error) {
		if exceptionCode(err) == 252 {
			refused.Add(1)
		}
	}
	c := r.client()
	if err := c.Apply(r.ctx); err != nil {
		t.Fatal(err)
	}
	r.putMany(0, 10)
	_, stop := r.start()
	r.await(c, 10, uniqTouchpoints)
	exec(t, c, "ALTER TABLE {db}.touchpoints MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1000")
	r.putMany(10, 500)
	r.put(schemas.TopicAggregates, "k", aggregate(1, 1, 1, noon, "R03", 4))
	r.send()
	awaitTrue(t, func() bool { return refused.Load() > 3 })
	exec(t, c, "ALTER TABLE {db}.touchpoints RESET SETTING parts_to_throw_insert")
	r.intact(c, 500)
	stop()
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(nil) // for its certificate
	server.StartTLS()
	t.Cleanup(server.Close)
	p := newProxy(t, sharedServer(t).NativeAddr())
	l, err := tls.Listen("tcp", "127.0.0.1:0", server.TLS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	cfg := testConfig(l.Addr().String())
	if _, err := Open(testContext(t), cfg); err == nil || !strings.Contains(err.Error(), "native protocol") {
		t.Errorf("without TLS: %v", err)
	}
	cfg.TLS = func() (*tls.Config, error) { return &tls.Config{}, nil }
	if _, err := Open(testContext(t), cfg); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with TLS and no root: %v", err)
	}
	cfg.TLS = func() (*tls.Config, error) { return &tls.Config{RootCAs: roots}, nil }
	openClient(t, cfg)
	cfg.DSN, cfg.Addr = "clickhouse://"+l.Addr().String(), nil
	openClient(t, cfg)
}
