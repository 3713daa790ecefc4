package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// swapped makes every batch that has the mark come as another one.
type swapped struct {
	mark []byte
	by   []byte
	// The position of the mark in the batch that is replaced.
	at int
}

func (s *swapped) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	return &swappedConn{conn, s}, err
}

type swappedConn struct {
	net.Conn
	s *swapped
}

// Read implements net.Conn. Offset, length and leader epoch stay the broker's.
func (c *swappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if i := bytes.Index(p[:n], c.s.mark); i >= c.s.at {
		copy(p[i-c.s.at+16:n], c.s.by[16:])
	}
	return n, err
}

// plant writes a batch of two records to a topic that comes as bad when it is read by the cluster it returns.
func (r *rig) plant(topic string, bad []byte) *Cluster {
	r.t.Helper()
	s := &swapped{mark: []byte("the mark"), by: bad}
	var good []byte
	for pad := 0; len(good) < len(bad); pad++ {
		good = makeBatch(r.t, 0, compressNone, 0, producerState{-1, -1}, values(string(s.mark)+strings.Repeat(".", pad), "y")...)
	}
	if len(good) != len(bad) {
		r.t.Fatalf("no batch is %d bytes long, but %d", len(bad), len(good))
	}
	s.at = bytes.Index(good, s.mark)
	// The leader of a topic that is a moment old may not know yet that it is.
	r.must(retry(r.ctx(), 0, func() error {
		node, err := r.c.leader(r.ctx(), topic, 0)
		if err != nil {
			return err
		}
		return newProducer(r.c, pipeline.ProducerConfig{}).produceTo(r.ctx(), node, []*outgoing{{TopicPartition: tp(topic, 0), wire: good}})
	}))
	c, err := newCluster(Config{Brokers: r.brokers, MaxDecompressedBytes: testLimit})
	r.must(err)
	r.t.Cleanup(func() { _ = c.Close() })
	c.transport.Dial = s.dial
	r.must(c.hello(r.ctx()))
	return c
}

// readings is what a fetcher has brought: values, and the batches that could not be read.
type readings struct {
	values     []string
	unreadable []pipeline.Record
	at         map[pipeline.TopicPartition]int64
}

// readUntil polls until done.
func (r *rig) readUntil(f pipeline.Fetcher, done func(*readings) bool) *readings {
	r.t.Helper()
	got := &readings{at: map[pipeline.TopicPartition]int64{}}
	for !done(got) {
		chunks, err := f.Poll(r.ctx())
		r.must(err)
		for _, ch := range chunks {
			var rec pipeline.Record
			for ch.Next(&rec) {
				if rec.Unreadable {
					rec.Value = slices.Clone(rec.Value)
					got.unreadable = append(got.unreadable, rec)
				} else {
					got.values = append(got.values, string(rec.Value))
				}
			}
			r.must(ch.Err())
			got.at[ch.Info().TopicPartition] = ch.Info().NextOffset
			ch.Release()
		}
	}
	return got
}

// A batch in the middle of a partition is as it was written, and cannot be read. The partition waits before it, or
// goes on behind it and hands it over whole; the others go on.
func TestBatchCannotBeReadThenOnlyItsPartitionWaitsOrGoesOnBehindIt(t *testing.T) {
	malformed := makeBatch(t, 0, compressNone, 0, producerState{-1, -1}, values("a value of some length", "y")...)
	malformed[batchHeader] = 0x7f // the first record is longer than the batch
	for name, bad := range map[string][]byte{
		"zstd that is none": batchOf(t, compressZstd, []byte(strings.Repeat("this is no frame. ", 5)), 2),
		"gzip cut short":    batchOf(t, compressGzip, zeros(t, compressGzip, 100_000)[:60], 2),
		"gzip that expands": batchOf(t, compressGzip, zeros(t, compressGzip, 2*testLimit), 2),
		"an unknown codec":  batchOf(t, 5, []byte(strings.Repeat("whatever it is. ", 5)), 2),
		"malformed record":  resum(malformed),
	} {
		for _, resume := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, resume=%v", name, resume), func(t *testing.T) {
				r := newRig(t)
				a, b := r.topic("a", 1), r.topic("b", 1)
				p := r.producer(pipeline.ProducerConfig{})
				r.send(p, a, 0, "a0", "a1")
				c := r.plant(a, bad)
				r.send(p, a, 0, "a4")
				r.send(p, a, 0, "a5")
				told := make(chan pipeline.Loss, 10)
				f := c.NewFetcher(pipeline.FetcherConfig{Resume: resume, Lost: func(l pipeline.Loss) bool { told <- l; return true }})
				defer f.Close()
				f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0, tp(b, 0): 0})
				want, at := []string{"a0", "a1"}, int64(2)
				if resume {
					want, at = []string{"a0", "a1", "a4", "a5"}, 6
				}
				got := r.readUntil(f, func(g *readings) bool { return g.at[tp(a, 0)] == at })
				r.send(p, b, 0, "b0")
				beside := r.readUntil(f, func(g *readings) bool { return len(g.values) > 0 })
				if !slices.Equal(got.values, want) || !slices.Equal(beside.values, []string{"b0"}) {
					t.Errorf("read %v and %v, want %v", got.values, beside.values, want)
				}
				l := <-told
				if l.TopicPartition != tp(a, 0) || l.From != 2 || l.To != 4 || l.Resumed != resume || !strings.Contains(l.Err.Error(), "offsets 2 to 3 cannot be read") {
					t.Errorf("told %+v", l)
				}
				if len(told) > 0 {
					t.Errorf("told again: %+v", <-told)
				}
				if resume && (len(got.unreadable) != 1 || got.unreadable[0].Offset != 2 || !bytes.Equal(got.unreadable[0].Value[batchHeader:], bad[batchHeader:])) {
					t.Errorf("handed over: %+v", got.unreadable)
				}
			})
		}
	}
}

func TestBatchCannotBeReadAndNobodyHearsThenItIsCorrupt(t *testing.T) {
	r := newRig(t)
	a := r.topic("a", 1)
	c := r.plant(a, batchOf(t, 5, []byte(strings.Repeat("whatever it is. ", 5)), 2))
	spans, err := r.c.Spans(r.ctx(), a)
	r.must(err)
	err = c.Scan(r.ctx(), spans, func(*pipeline.Record) error { return nil })
	if u, ok := errors.AsType[*UnreadableError](err); pipeline.KindOf(err) != pipeline.KindCorrupt || !ok || u.To != 2 {
		t.Errorf("scan: %v", err)
	}
}

// damager changes a byte of what comes from the broker wherever a mark is in it, as often as it is armed.
type damager struct {
	mark []byte
	left atomic.Int32
}

func (d *damager) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	return &damagedConn{conn, d}, err
}

type damagedConn struct {
	net.Conn
	d *damager
}

// Read implements net.Conn.
func (c *damagedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if i := bytes.Index(p[:n], c.d.mark); i >= 0 && c.d.left.Add(-1) >= 0 {
		p[i] ^= 0x40
	}
	return n, err
}

// What was damaged on its way is whole when it is fetched again. What stays damaged is lost.
func TestBatchComesDamagedThenItIsFetchedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		times int32
		lost  bool
	}{"once": {1, false}, "always": {1000, true}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			a := r.topic("a", 1)
			p := r.producer(pipeline.ProducerConfig{})
			r.send(p, a, 0, "before")
			r.send(p, a, 0, "to be damaged")
			r.send(p, a, 0, "behind")
			cluster, err := newCluster(Config{Brokers: r.brokers})
			r.must(err)
			defer cluster.Close()
			d := &damager{mark: []byte("to be damaged")}
			d.left.Store(c.times)
			cluster.transport.Dial = d.dial
			r.must(cluster.hello(r.ctx()))
			var lost []pipeline.Loss
			parked, goesOn := make(chan error, 100), make(chan bool, 100)
			f := cluster.NewFetcher(pipeline.FetcherConfig{Resume: true, Lost: func(l pipeline.Loss) bool { lost = append(lost, l); return true },
				Parked: func(_ pipeline.TopicPartition, _ int, err error) {
					if err == nil {
						goesOn <- true
					} else {
						parked <- err
					}
				}})
			defer f.Close()
			f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0})
			got := r.readUntil(f, func(g *readings) bool { return g.at[tp(a, 0)] == 3 })
			want, refetched := []string{"before", "to be damaged", "behind"}, 1
			if c.lost {
				want, refetched = []string{"before", "behind"}, refetches
			}
			if !slices.Equal(got.values, want) {
				t.Errorf("read %v, want %v", got.values, want)
			}
			if len(parked) != refetched || len(goesOn) == 0 {
				t.Errorf("parked %d times, went on %d times, want %d", len(parked), len(goesOn), refetched)
			}
			if c.lost != (len(lost) == 1) || c.lost && (lost[0].From != 1 || lost[0].To != 2 || len(got.unreadable) != 1) {
				t.Errorf("lost %+v, unreadable %d", lost, len(got.unreadable))
			}
		})
	}
}
