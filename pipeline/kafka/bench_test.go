package kafka

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/attune-health/attune/pipeline"
)

// The benchmarks measure the client's own CPU: kfake runs in a child process, which is this binary
// with the variable below set. Rates depend on both and on the machine; "cpu-ns/record" is the figure.
const childVariable = "ATTUNE_KFAKE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := serveFake(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveFake runs kfake until its standard input ends, that is until its parent is gone.
func serveFake(dir string) error {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(dir))
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Println(c.ListenAddrs()[0])
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// newChildRig is newRig with kfake in a process of its own.
func newChildRig(b testing.TB) *rig {
	b.Helper()
	if os.Getenv(brokersVariable) != "" {
		return newRig(b)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+b.TempDir())
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = stdin.Close() // ends it
		_ = cmd.Wait()    // its exit says nothing about the benchmark
	})
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	r := &rig{t: b, brokers: []string{strings.TrimSpace(addr)}, suffix: fmt.Sprint(time.Now().UnixNano())}
	r.c = r.dial()
	return r
}

// cpu returns the CPU time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchPartitions = 16

// benchRecord is a record of an 8-byte key and a 200-byte value, a header among them.
func benchRecord(topic string) *pipeline.OutRecord {
	value := make([]byte, 200)
	for i := range value {
		value[i] = "touchpoint of a patient who waits"[i%33] + byte(i%3)
	}
	return &pipeline.OutRecord{Topic: topic, Timestamp: time.Now().UnixMilli(), Key: make([]byte, 8), Value: value}
}

func next(rec *pipeline.OutRecord, i int) {
	rec.Key[0], rec.Key[1], rec.Key[2], rec.Key[3] = byte(i), byte(i>>8), byte(i>>16), byte(i>>24)
	rec.Partition = pipeline.Partition(rec.Key, benchPartitions)
}

func BenchmarkFetchDecode(b *testing.B) {
	for _, codec := range []string{"none", "lz4"} {
		b.Run(codec, func(b *testing.B) {
			r := newChildRig(b)
			topic := r.topic("in", benchPartitions)
			p := r.producer(pipeline.ProducerConfig{TransactionalID: "fill", Compression: codec, MaxBatchBytes: 256 << 10})
			rec := benchRecord(topic)
			const stored = 400_000
			for i := range stored {
				next(rec, i)
				r.must(p.Append(rec))
				if p.Pending() > 16<<20 || i == stored-1 {
					r.must(p.Seal(nil).Commit(r.ctx(), nil))
				}
			}
			f := r.fetcher(pipeline.FetcherConfig{})
			start := map[pipeline.TopicPartition]int64{}
			for part := range int32(benchPartitions) {
				start[tp(topic, part)] = 0
			}
			read := func(n int) {
				var got pipeline.Record
				for left := 0; n > 0; {
					if left == 0 {
						f.Assign(start)
						left = stored
					}
					chunks, err := f.Poll(b.Context())
					r.must(err)
					for _, ch := range chunks {
						for ch.Next(&got) {
							n--
							left--
						}
						r.must(ch.Err())
						ch.Release()
					}
				}
			}
			read(stored)
			b.ReportAllocs()
			b.SetBytes(int64(len(rec.Key) + len(rec.Value)))
			b.ResetTimer()
			before := cpu(b)
			read(b.N)
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/record")
		})
	}
}

func BenchmarkEncodeProduce(b *testing.B) {
	for _, c := range []struct{ id, codec string }{{"", "none"}, {"exactly-once", "none"}, {"exactly-once", "lz4"}} {
		name := c.id
		if name == "" {
			name = "at-least-once"
		}
		b.Run(name+"/"+c.codec, func(b *testing.B) {
			r := newChildRig(b)
			topic := r.topic("out", benchPartitions)
			p := r.producer(pipeline.ProducerConfig{TransactionalID: c.id, Compression: c.codec, MaxBatchBytes: 256 << 10})
			rec := benchRecord(topic)
			write := func(n int) {
				under := make(chan error, 1)
				under <- nil
				for i := range n {
					next(rec, i)
					if err := p.Append(rec); err != nil {
						b.Fatal(err)
					}
					if p.Pending() > 4<<20 || i == n-1 {
						r.must(<-under)
						tx := p.Seal(nil)
						go func() { under <- tx.Commit(b.Context(), nil) }()
					}
				}
				r.must(<-under)
			}
			write(100_000)
			b.ReportAllocs()
			b.SetBytes(int64(len(rec.Key) + len(rec.Value)))
			b.ResetTimer()
			before := cpu(b)
			write(b.N)
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/record")
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	p := newProducer(&Cluster{codecs: newCodecs(testLimit)}, pipeline.ProducerConfig{})
	rec := benchRecord("out")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		next(rec, i)
		if err := p.Append(rec); err != nil {
			b.Fatal(err)
		}
		if p.Pending() > 4<<20 {
			p.recycle(p.Seal(nil).(*transaction).out)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	recs := make([]pipeline.OutRecord, 1000)
	for i := range recs {
		recs[i] = *benchRecord("in")
	}
	batch := makeBatch(b, 0, compressNone, 0, producerState{}, recs...)
	c := testChunk(0, nil)
	var r pipeline.Record
	b.ReportAllocs()
	for b.Loop() {
		if !c.Next(&r) {
			c.rest = batch
		}
	}
}
