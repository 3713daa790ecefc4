package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/pipeline"
)

// referee reads a topic with franz-go, read-committed, up to the ends.
func (r *rig) referee(topic string) []string {
	r.t.Helper()
	spans, err := r.c.Spans(r.ctx(), topic)
	r.must(err)
	ends, err := r.c.EndOffsets(r.ctx(), slices.Collect(maps.Keys(spans)))
	r.must(err)
	cl, err := kgo.NewClient(kgo.SeedBrokers(r.brokers...), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(50*time.Millisecond), kgo.KeepControlRecords())
	r.must(err)
	defer cl.Close()
	byPartition := map[int32][]string{}
	at := map[int32]int64{}
	short := func() bool {
		for p, end := range ends {
			if at[p.Partition] < end && end > 0 {
				return true
			}
		}
		return false
	}
	// The last thing in each log is a record or the marker of a transaction, and the referee sees both.
	for ctx := r.ctx(); short(); {
		fs := cl.PollFetches(ctx)
		r.must(ctx.Err())
		fs.EachRecord(func(rec *kgo.Record) {
			at[rec.Partition] = rec.Offset + 1
			if !rec.Attrs.IsControl() {
				byPartition[rec.Partition] = append(byPartition[rec.Partition], string(rec.Value))
			}
		})
	}
	out := []string{}
	for _, p := range slices.Sorted(maps.Keys(byPartition)) {
		out = append(out, byPartition[p]...)
	}
	return out
}

// Several transactional producers write to the same partitions, interleaved, and commit or abort by
// the dice, while a plain one writes between them.
func TestAbortedRecordsAreSkippedAsTheRefereeSkipsThem(t *testing.T) {
	r := newRig(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	out := r.topic("out", 2)
	client := func(opts ...kgo.Opt) *kgo.Client {
		cl, err := kgo.NewClient(append(opts, kgo.SeedBrokers(r.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))...)
		r.must(err)
		t.Cleanup(cl.Close)
		return cl
	}
	plain := client()
	var txs []*kgo.Client
	for i := range 3 {
		txs = append(txs, client(kgo.TransactionalID(r.name(fmt.Sprint("tx", i)))))
	}
	open := make([]bool, len(txs))
	end := func(i int) {
		r.must(txs[i].EndTransaction(r.ctx(), kgo.TransactionEndTry(rng.IntN(2) == 0)))
		open[i] = false
	}
	write := func(cl *kgo.Client, v string) {
		r.must(cl.ProduceSync(r.ctx(), &kgo.Record{Topic: out, Partition: rng.Int32N(2), Value: []byte(v)}).FirstErr())
	}
	for n := range 150 {
		i := rng.IntN(len(txs) + 1)
		switch {
		case i == len(txs):
			write(plain, fmt.Sprint("plain", n))
		case open[i] && rng.IntN(3) == 0:
			end(i)
		default:
			if !open[i] {
				r.must(txs[i].BeginTransaction())
				open[i] = true
			}
			write(txs[i], fmt.Sprint("tx", i, "-", n))
		}
	}
	for i := range txs {
		if open[i] {
			end(i)
		}
	}
	got, want := r.read(out), r.referee(out)
	if d := cmp.Diff(got, want); d != "" || len(got) == 0 {
		t.Errorf("%d records, referee has %d: %s", len(got), len(want), d)
	}
}

func TestRecordsOfAnotherClientAreReadWhole(t *testing.T) {
	r := newRig(t)
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			out := r.topic(name, 1)
			cl, err := kgo.NewClient(kgo.SeedBrokers(r.brokers...), kgo.ProducerBatchCompression(codec))
			r.must(err)
			defer cl.Close()
			at := time.UnixMilli(time.Now().UnixMilli() - 1000)
			var recs []*kgo.Record
			for i := range 200 {
				rec := &kgo.Record{Topic: out, Key: fmt.Append(nil, "key", i), Value: []byte(strings.Repeat("value ", i)), Timestamp: at.Add(time.Duration(i) * time.Millisecond),
					Headers: []kgo.RecordHeader{{Key: "ce_id", Value: fmt.Append(nil, i)}, {Key: "empty", Value: nil}}}
				if i%7 == 0 {
					rec.Key, rec.Value, rec.Headers = nil, nil, nil
				}
				recs = append(recs, rec)
			}
			r.must(cl.ProduceSync(r.ctx(), recs...).FirstErr())
			spans, err := r.c.Spans(r.ctx(), out)
			r.must(err)
			i := 0
			r.must(r.c.Scan(r.ctx(), spans, func(got *pipeline.Record) error {
				want := recs[i]
				i++
				if string(got.Key) != string(want.Key) || (got.Value == nil) != (want.Value == nil) || string(got.Value) != string(want.Value) ||
					got.Offset != want.Offset || got.Timestamp != want.Timestamp.UnixMilli() || got.Topic != out || len(got.Headers) != len(want.Headers) {
					t.Errorf("record %d: got %v, want %v", i, got, want)
				}
				for j, h := range got.Headers {
					if h.Key != want.Headers[j].Key || string(h.Value) != string(want.Headers[j].Value) {
						t.Errorf("record %d: header %v, want %v", i, h, want.Headers[j])
					}
				}
				return nil
			}))
			if i != len(recs) {
				t.Errorf("%d of %d records", i, len(recs))
			}
		})
	}
}

func TestOurRecordsAreReadWholeByAnotherClient(t *testing.T) {
	r := newRig(t)
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		out := r.topic("by-us-"+codec, 1)
		p := r.producer(pipeline.ProducerConfig{TransactionalID: codec, Compression: codec, MaxBatchBytes: 10_000})
		var want []string
		for i := range 500 {
			v := fmt.Sprint(strings.Repeat("v", i), i)
			r.must(p.Append(&pipeline.OutRecord{Topic: out, Key: []byte("k"), Value: []byte(v), Timestamp: int64(1_000_000 + i%17), Headers: []pipeline.Header{{Key: "h", Value: []byte("x")}, {Key: "n"}}}))
			want = append(want, v)
		}
		r.must(p.Append(&pipeline.OutRecord{Topic: out, Timestamp: 5}))
		r.must(p.Seal(nil).Commit(r.ctx(), nil))
		want = append(want, "")
		if d := cmp.Diff(r.referee(out), want); d != "" {
			t.Errorf("%s: %s", codec, d)
		}
	}
}

// drain polls until n records have come and returns their values and the positions after them.
func (r *rig) drain(f pipeline.Fetcher, n int) ([]string, map[pipeline.TopicPartition]int64) {
	r.t.Helper()
	var got []string
	at := map[pipeline.TopicPartition]int64{}
	for len(got) < n {
		chunks, err := f.Poll(r.ctx())
		r.must(err)
		for _, ch := range chunks {
			var rec pipeline.Record
			for ch.Next(&rec) {
				got = append(got, string(rec.Value))
			}
			r.must(ch.Err())
			at[ch.Info().TopicPartition] = ch.Info().NextOffset
			ch.Release()
		}
	}
	return got, at
}

func (r *rig) fetcher(fc pipeline.FetcherConfig) pipeline.Fetcher {
	f := r.c.NewFetcher(fc)
	r.t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestAssignReachesAPollThatWaits(t *testing.T) {
	r := newRig(t)
	a, b := r.topic("a", 1), r.topic("b", 1)
	p := r.producer(pipeline.ProducerConfig{})
	r.send(p, b, 0, "b0", "b1", "b2")
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0})
	got := make(chan []string)
	go func() {
		v, _ := r.drain(f, 2)
		got <- v
	}()
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0, tp(b, 0): 1})
	if d := cmp.Diff(<-got, []string{"b1", "b2"}); d != "" {
		t.Error(d)
	}
	// dropped partitions stay silent, and one that is set back is read again
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0})
	r.send(p, b, 0, "b3")
	r.send(p, a, 0, "a0")
	v, at := r.drain(f, 1)
	if d := cmp.Diff(v, []string{"a0"}); d != "" {
		t.Error(d)
	}
	at[tp(b, 0)] = 0
	f.Assign(at)
	if v, _ := r.drain(f, 4); cmp.Diff(v, []string{"b0", "b1", "b2", "b3"}) != "" {
		t.Errorf("read %v", v)
	}
}

// A partition that is paused is not asked for, and others are; when the pause ends, Poll goes on with it.
func TestPausedPartitionIsNotAskedFor(t *testing.T) {
	r := newRig(t)
	a, b := r.topic("a", 1), r.topic("b", 1)
	p := r.producer(pipeline.ProducerConfig{})
	r.send(p, a, 0, "a0")
	r.send(p, b, 0, "b0")
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0, tp(b, 0): 0})
	f.Pause(tp(a, 0), true)
	if v, _ := r.drain(f, 1); cmp.Diff(v, []string{"b0"}) != "" {
		t.Fatalf("read %v", v)
	}
	ctx, cancel := context.WithTimeout(r.ctx(), 300*time.Millisecond)
	defer cancel()
	if chunks, err := f.Poll(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%d chunks, %v, want nothing of a paused partition", len(chunks), err)
	}
	f.Pause(tp(a, 0), false)
	if v, _ := r.drain(f, 1); cmp.Diff(v, []string{"a0"}) != "" {
		t.Errorf("read %v", v)
	}
}

// Memory of its own: the chunk is read on as before, and the response may be used again.
func TestChunkThatIsApartNeedsItsResponseNoMore(t *testing.T) {
	r := newRig(t)
	a, b := r.topic("a", 1), r.topic("b", 1)
	p := r.producer(pipeline.ProducerConfig{})
	r.append(p, a, 0, slices.Repeat([]string{strings.Repeat("z", 1000)}, 20)...)
	r.append(p, b, 0, "b0", "b1")
	r.must(p.Seal(nil).Commit(r.ctx(), nil))
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0, tp(b, 0): 0})
	var chunks []pipeline.Chunk
	for len(chunks) < 2 {
		c, err := f.Poll(r.ctx())
		r.must(err)
		chunks = append(chunks, c...)
	}
	for _, c := range chunks {
		if c.Info().Topic != b {
			continue
		}
		before := c.(*chunk).buf
		c.(pipeline.ApartChunk).Apart()
		if c.(*chunk).buf == before {
			t.Error("the chunk still has its response")
		}
		var v pipeline.Record
		for _, want := range []string{"b0", "b1"} {
			if !c.Next(&v) || string(v.Value) != want {
				t.Errorf("read %q, %v, want %s", v.Value, c.Err(), want)
			}
		}
	}
	for _, c := range chunks {
		c.Release()
	}
}

// What comes soon after a small answer waits for the spacing, what is left of a large one does not, and
// Close waits for nothing.
func TestSmallAnswersAreSpaced(t *testing.T) {
	r := newRig(t)
	topic := r.topic("t", 1)
	p := r.producer(pipeline.ProducerConfig{MaxBatchBytes: 80 << 10})
	r.append(p, topic, 0, slices.Repeat([]string{strings.Repeat("z", 70<<10)}, 3)...)
	r.must(p.Seal(nil).Commit(r.ctx(), nil))
	f := r.fetcher(pipeline.FetcherConfig{PartBytes: 100 << 10, Spacing: int(time.Hour.Milliseconds())})
	f.Assign(map[pipeline.TopicPartition]int64{tp(topic, 0): 0})
	if v, _ := r.drain(f, 3); len(v) != 3 {
		t.Fatalf("read %d large records, want 3", len(v))
	}
	r.send(p, topic, 0, "first")
	if v, _ := r.drain(f, 1); cmp.Diff(v, []string{"first"}) != "" {
		t.Fatalf("read %v", v)
	}
	r.send(p, topic, 0, "second")
	ctx, cancel := context.WithTimeout(r.ctx(), 300*time.Millisecond)
	defer cancel()
	if chunks, err := f.Poll(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%d chunks, %v within the spacing", len(chunks), err)
	}
	r.must(f.Close())
}

// Responses are far smaller than what there is: no partition starves behind the others.
func TestNoPartitionStarvesBehindFullResponses(t *testing.T) {
	r := newRig(t)
	topics := []string{r.topic("x", 3), r.topic("y", 3)}
	p := r.producer(pipeline.ProducerConfig{MaxBatchBytes: 3000})
	positions := map[pipeline.TopicPartition]int64{}
	for _, topic := range topics {
		for part := range int32(3) {
			r.append(p, topic, part, slices.Repeat([]string{strings.Repeat("z", 500)}, 40)...)
			positions[tp(topic, part)] = 0
		}
	}
	r.must(p.Seal(nil).Commit(r.ctx(), nil))
	f := r.fetcher(pipeline.FetcherConfig{MaxBytes: 4000, PartBytes: 3500})
	f.Assign(positions)
	seen := map[pipeline.TopicPartition]int{}
	for polls, total := 0, 0; total < 240; polls++ {
		chunks, err := f.Poll(r.ctx())
		r.must(err)
		bytes := 0
		for _, ch := range chunks {
			var rec pipeline.Record
			for ch.Next(&rec) {
				seen[ch.Info().TopicPartition]++
				total++
			}
			bytes += ch.Info().Bytes
			ch.Release()
		}
		if bytes > 4000+3500 {
			t.Errorf("%d bytes in one poll", bytes)
		}
		if polls == 24 && len(seen) < 6 {
			t.Errorf("after %d polls only %d of 6 partitions were seen", polls, len(seen))
		}
	}
	for p, n := range seen {
		if n != 40 {
			t.Errorf("%v: %d records", p, n)
		}
	}
}

func TestPositionOutOfRangeIsToldOnce(t *testing.T) {
	r := newRig(t)
	a, b := r.topic("a", 1), r.topic("b", 1)
	p := r.producer(pipeline.ProducerConfig{})
	r.send(p, b, 0, "b0")
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 1000})
	_, err := f.Poll(r.ctx())
	var out *OutOfRangeError
	if !errors.As(err, &out) || out.Topic != a || out.Offset != 1000 || out.LogStart != 0 || pipeline.KindOf(err) != pipeline.KindCorrupt {
		t.Fatalf("poll: %v", err)
	}
	if !strings.Contains(err.Error(), "--topic "+a+":0 --reset-offsets --to-offset 0 ") {
		t.Errorf("no word on what to do: %v", err)
	}
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 0, tp(b, 0): 0})
	if v, _ := r.drain(f, 1); v[0] != "b0" {
		t.Errorf("read %v", v)
	}
}

// deleteRecords does what retention does.
func (r *rig) deleteRecords(topic string, partition int32, to int64) {
	r.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(r.brokers...))
	if err != nil {
		r.t.Fatal(err)
	}
	defer client.Close()
	rq := kmsg.NewPtrDeleteRecordsRequest()
	rq.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Partition: partition, Offset: to}}}}
	rs, err := rq.RequestWith(r.ctx(), client)
	if err != nil || rs.Topics[0].Partitions[0].ErrorCode != 0 {
		r.t.Fatalf("delete records: %+v, %v", rs, err)
	}
}

func TestRecordsAreLostThenTheirPartitionStopsOrResumesAndTheOthersGoOn(t *testing.T) {
	for _, resume := range []bool{false, true} {
		t.Run(fmt.Sprintf("resume=%v", resume), func(t *testing.T) {
			r := newRig(t)
			a, b := r.topic("a", 1), r.topic("b", 1)
			p := r.producer(pipeline.ProducerConfig{})
			for i := range 5 {
				r.send(p, a, 0, fmt.Sprintf("a%d", i))
			}
			r.deleteRecords(a, 0, 3)
			told := make(chan pipeline.Loss, 10)
			f := r.fetcher(pipeline.FetcherConfig{Resume: resume, Lost: func(l pipeline.Loss) bool { told <- l; return true }})
			f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 1, tp(b, 0): 0})
			if resume {
				if v, _ := r.drain(f, 2); v[0] != "a3" || v[1] != "a4" {
					t.Errorf("read %v", v)
				}
			}
			r.send(p, a, 0, "a5")
			r.send(p, b, 0, "b0")
			want := 1
			if resume {
				want = 2
			}
			v, _ := r.drain(f, want)
			if slices.Sort(v); v[len(v)-1] != "b0" || resume && v[0] != "a5" {
				t.Errorf("read %v", v)
			}
			l := <-told
			if l.TopicPartition != tp(a, 0) || l.From != 1 || l.To != 3 || l.Resumed != resume || !strings.Contains(l.Err.Error(), "offsets 1 to 2, 2 records at most, are lost") {
				t.Errorf("told %+v", l)
			}
			if len(told) > 0 {
				t.Errorf("told again: %+v", <-told)
			}
		})
	}
}

func TestPositionIsBeyondTheLogThenItIsNotResumed(t *testing.T) {
	r := newRig(t)
	a := r.topic("a", 1)
	r.send(r.producer(pipeline.ProducerConfig{}), a, 0, "a0")
	told := make(chan pipeline.Loss, 1)
	f := r.fetcher(pipeline.FetcherConfig{Resume: true, Lost: func(l pipeline.Loss) bool { told <- l; return false }})
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 1000})
	_, err := f.Poll(r.ctx())
	if _, ok := errors.AsType[*OutOfRangeError](err); !ok {
		t.Errorf("nobody took it, and poll says %v", err)
	}
	if l := <-told; l.Resumed || l.From != 1000 || l.To != 0 {
		t.Errorf("told %+v", l)
	}
}

func TestUnknownTopicIsToldAfterItsGrace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(r.name("nowhere"), 0): 0})
	_, err := f.Poll(r.ctx())
	var unknown *UnknownTopicError
	if !errors.As(err, &unknown) {
		t.Errorf("poll: %v", err)
	}
}

func TestTopicThatIsCreatedLaterIsRead(t *testing.T) {
	r := newRig(t)
	f := r.fetcher(pipeline.FetcherConfig{})
	late := tp(r.name("late"), 0)
	f.Assign(map[pipeline.TopicPartition]int64{late: 0})
	got := make(chan []string)
	go func() {
		v, _ := r.drain(f, 1)
		got <- v
	}()
	r.topic("late", 1)
	r.send(r.producer(pipeline.ProducerConfig{}), late.Topic, 0, "x")
	if v := <-got; v[0] != "x" {
		t.Errorf("read %v", v)
	}
}

func TestPollEndsWithItsContextAndWithClose(t *testing.T) {
	r := newRig(t)
	f := r.c.NewFetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(r.topic("quiet", 1), 0): 0})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.Poll(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("poll: %v", err)
	}
	closed := make(chan error)
	go func() {
		_, err := f.Poll(t.Context())
		closed <- err
	}()
	r.must(f.Close())
	if err := <-closed; !errors.Is(err, errClosed) {
		t.Errorf("poll after close: %v", err)
	}
}

// Partitions move between three brokers all the time: everything is read once, in order, and written
// once, in order.
func TestLeadersMove(t *testing.T) {
	r := fakeOnly(t, kfake.NumBrokers(3))
	out := r.topic("out", 3)
	stop := make(chan struct{})
	moving := make(chan struct{})
	go func() {
		defer close(moving)
		for i := int32(0); ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				if err := r.fake.MoveTopicPartition(out, i%3, (i/3)%3); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(out, 0): 0, tp(out, 1): 0, tp(out, 2): 0})
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range 50 {
			for part := range int32(3) {
				if err := p.Append(&pipeline.OutRecord{Topic: out, Partition: part, Value: fmt.Append(nil, part, "-", i)}); err != nil {
					t.Error(err)
				}
			}
			if err := p.Seal(nil).Commit(r.ctx(), nil); err != nil {
				t.Error(err)
			}
		}
	}()
	got, _ := r.drain(f, 150)
	<-written
	close(stop)
	<-moving
	next := map[string]int{}
	for _, v := range got {
		part, i, _ := strings.Cut(v, "-")
		if i != strconv.Itoa(next[part]) {
			t.Fatalf("%s after %d records of partition %s", v, next[part], part)
		}
		next[part]++
	}
	if len(got) != 150 {
		t.Errorf("%d records", len(got))
	}
}

// The broker goes away and comes back on its data, as after kill -9.
func TestBrokerRestarts(t *testing.T) {
	var port int
	if err := process.TakePorts(&port); err != nil {
		t.Fatal(err)
	}
	opts := []kfake.Opt{kfake.DataDir(t.TempDir()), kfake.Ports(port)}
	r := fakeOnly(t, opts...)
	in, out := r.topic("in", 1), r.topic("out", 1)
	p := r.producer(pipeline.ProducerConfig{TransactionalID: "w"})
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(out, 0): 0})
	g := fixedGeneration{group: r.name("g"), id: -1}
	var want []string
	for i := range int64(3) {
		v := fmt.Sprint("v", i)
		want = append(want, v)
		r.append(p, out, 0, v)
		r.must(p.Seal(r.offsets(in, i)).Commit(r.ctx(), g))
		if got, _ := r.drain(f, 1); got[0] != v {
			t.Fatalf("read %v, want %s", got, v)
		}
		r.fake.Close()
		process.AwaitPort(t.Context(), port)
		r.fake = newFake(t, opts...)
	}
	if d := cmp.Diff(r.read(out), want); d != "" {
		t.Error(d)
	}
	if got := r.committed(g.group, in); got != 2 {
		t.Errorf("committed %d", got)
	}
}

func TestFetchErrorsThatPassAreRetried(t *testing.T) {
	r := fakeOnly(t)
	out := r.topic("out", 2)
	p := r.producer(pipeline.ProducerConfig{})
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(out, 0): 0, tp(out, 1): 0})
	for i, e := range []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownTopicOrPartition, kerr.LeaderNotAvailable, kerr.FencedLeaderEpoch, kerr.UnknownLeaderEpoch, kerr.OffsetNotAvailable, kerr.KafkaStorageError} {
		h := r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: e, Count: 2})
		r.send(p, out, int32(i%2), e.Message)
		if got, _ := r.drain(f, 1); got[0] != e.Message {
			t.Errorf("read %v", got)
		}
		h.Remove()
	}
	r.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.TopicAuthorizationFailed})
	if _, err := f.Poll(r.ctx()); !errors.Is(err, Code(29)) || retryable(err) {
		t.Errorf("poll without permission: %v", err)
	}
}
