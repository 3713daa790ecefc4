package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
)

// loser loses connections: before a request of the armed API is sent, or after the broker has
// answered it.
type loser struct {
	key    atomic.Int32 // -1: none
	before atomic.Bool
	hits   atomic.Int32
}

func (l *loser) arm(key int16, before bool) {
	l.before.Store(before)
	l.key.Store(int32(key))
}

func (l *loser) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &losingConn{Conn: conn, l: l}, nil
}

type losingConn struct {
	net.Conn
	l    *loser
	lose atomic.Bool
}

// Write implements net.Conn. A request begins with its size and its API key.
func (c *losingConn) Write(p []byte) (int, error) {
	if key := c.l.key.Load(); key >= 0 && len(p) > 8 && int32(binary.BigEndian.Uint16(p[4:])) == key && c.l.key.CompareAndSwap(key, -1) {
		c.l.hits.Add(1)
		if c.l.before.Load() {
			_ = c.Close() // the error below says it
			return 0, io.ErrClosedPipe
		}
		c.lose.Store(true)
	}
	return c.Conn.Write(p)
}

// Read implements net.Conn.
func (c *losingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil && c.lose.Load() {
		_ = c.Close() // the error below says it
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// Every request of a commit is lost once on its way there and once on its way back: each record and
// each offset arrives once all the same.
func TestLostRequestsAndAnswersAreMadeUpFor(t *testing.T) {
	bothVersions(t, func(t *testing.T, r *rig) {
		in, out := r.topic("in", 1), r.topic("out", 1)
		c, err := newCluster(Config{Brokers: r.brokers})
		r.must(err)
		defer c.Close()
		l := new(loser)
		l.key.Store(-1)
		c.transport.Dial = l.dial
		r.must(c.hello(r.ctx()))
		v1 := !r.c.versions.transactions2()
		if v1 {
			c.versions.features["transaction.version"] = 1
		}
		p := c.NewProducer(pipeline.ProducerConfig{TransactionalID: r.name("w")})
		r.must(p.Init(r.ctx()))
		g := fixedGeneration{group: r.name("g"), id: -1}
		var want []string
		commit := func() {
			v := fmt.Sprint("v", len(want))
			want = append(want, v)
			r.append(p, out, 0, v)
			r.must(p.Seal(r.offsets(in, int64(len(want)))).Commit(r.ctx(), g))
		}
		commit()
		keys := []int16{apiProduce, apiTxnOffsetCommit, apiEndTxn}
		if v1 {
			keys = append(keys, apiAddPartitionsToTxn, apiAddOffsetsToTxn)
		}
		for _, key := range keys {
			for _, before := range []bool{true, false} {
				l.arm(key, before)
				commit()
				commit()
			}
		}
		for _, before := range []bool{true, false} {
			l.arm(apiInitProducerID, before)
			r.must(p.Init(r.ctx()))
			commit()
		}
		if d := cmp.Diff(r.read(out), want); d != "" {
			t.Error(d)
		}
		if got := r.committed(g.group, in); got != int64(len(want)) {
			t.Errorf("committed %d, want %d", got, len(want))
		}
		if got := int(l.hits.Load()); got != 2*len(keys)+2 {
			t.Errorf("%d connections lost, want %d", got, 2*len(keys)+2)
		}
	})
}
