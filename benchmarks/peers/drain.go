package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/attune-health/attune/benchmarks/machine"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/pipeline/kafka"
)

// sut is a system under test: an engine's process while it runs.
type sut struct {
	*process.Process
	cluster *kafka.Cluster
	broker  int // pid
	group   string
	input   string
	began   time.Time
	samples []sample
}

// sample is one look at a system under test.
type sample struct {
	at                  time.Time
	committed           int64
	cpu, broker, others time.Duration
}

// launch starts a process in its directory.
func launch(cmd *exec.Cmd, dir string) (*process.Process, error) {
	cmd.Dir = dir
	return process.Start(process.Config{Cmd: cmd, Log: filepath.Join(dir, "log")})
}

// drained is what a drain took.
type drained struct {
	Engine     string
	From, To   float64     // shares of the input between which the steady part lay
	Rate       float64     // records a second, of the steady part
	CPU        float64     // seconds of the engine's process for a million records, of the steady part
	BrokerCPU  float64     // of the broker's
	Others     float64     // cores that were busy with neither, us included
	WholeCPU   float64     // as CPU, of the whole process, its start included
	WholeWall  float64     // seconds from the start until all was committed
	PeakMemory int64       // bytes resident
	Load       float64     // of the machine, at the end
	Outcome    *outcome    `json:",omitempty"`
	Stats      *childStats `json:",omitempty"`
}

// The steady part is that between these shares of the input: before it processes warm up, after it
// partitions end at different times.
const (
	steadyFrom = 0.3
	steadyTo   = 0.8
)

const sampleEvery = 50 * time.Millisecond

// drain watches the committed offsets until all records are committed.
func (s *sut) drain(ctx context.Context, total int64) error {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		n, err := s.committed(ctx)
		if err != nil {
			return err
		}
		if last := len(s.samples) - 1; last < 0 || n != s.samples[last].committed {
			engine, broker := machine.CPUOf(s.Pid()), machine.CPUOf(s.broker)
			s.samples = append(s.samples, sample{time.Now(), n, engine, broker, machine.Busy() - engine - broker})
		}
		if n >= total {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d records committed: %w; %s", n, total, ctx.Err(), s.LogEnd())
		case <-s.Done():
			_, err := s.Ended()
			return fmt.Errorf("%d of %d records committed: process ended: %w; %s", n, total, err, s.LogEnd())
		case <-ticker.C:
		}
	}
}

// committed is how many records of the input the group has committed.
func (s *sut) committed(ctx context.Context) (n int64, err error) {
	lags, err := s.cluster.Lag(ctx, s.group, s.input)
	for i := range lags {
		n += max(0, lags[i].Committed)
	}
	return n, err
}

// figures are those of a drain that has ended.
func (s *sut) figures(engine string, total int64) *drained {
	d := &drained{Engine: engine, PeakMemory: machine.PeakMemory(s.Pid()), Load: machine.Load()}
	end := s.samples[len(s.samples)-1]
	d.WholeCPU = end.cpu.Seconds() / float64(total) * 1e6
	d.WholeWall = end.at.Sub(s.began).Seconds()
	from, to := steady(s.samples, total)
	d.From, d.To = float64(from.committed)/float64(total), float64(to.committed)/float64(total)
	if n := float64(to.committed - from.committed); n > 0 {
		wall := to.at.Sub(from.at).Seconds()
		d.Rate = n / wall
		d.CPU = (to.cpu - from.cpu).Seconds() / n * 1e6
		d.BrokerCPU = (to.broker - from.broker).Seconds() / n * 1e6
		d.Others = (to.others - from.others).Seconds() / wall
	}
	return d
}

// steady finds the steady part: from the first sample at its beginning or later to the last at its end
// or before. Where too few commits lie there it is all from the first commit to the last.
func steady(samples []sample, total int64) (from, to sample) {
	var first sample
	for _, s := range samples {
		share := float64(s.committed) / float64(total)
		if first.committed == 0 {
			first = s
		}
		if share >= steadyFrom && from.committed == 0 {
			from = s
		}
		if share <= steadyTo {
			to = s
		}
	}
	if float64(to.committed-from.committed) < (steadyTo-steadyFrom)/2*float64(total) {
		return first, samples[len(samples)-1]
	}
	return from, to
}

// throughput drains the input once with one engine and compares what it wrote.
func (b *bench) throughput(ctx context.Context, e *engine, repeat int) (*drained, error) {
	r, err := b.newRun(fmt.Sprintf("drain-%s-%d", e.name, repeat), inputTopic)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.dir)
	if err := r.topics.createOutputs(ctx, b.cluster); err != nil {
		return nil, err
	}
	s, err := b.start(e, r)
	if err != nil {
		return nil, err
	}
	d, err := b.measure(ctx, s, e, r)
	return d, errors.Join(err, s.end(ctx), b.removeTopics(ctx, r.name))
}

func (b *bench) measure(ctx context.Context, s *sut, e *engine, r *jobRun) (*drained, error) {
	limited, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	if err := s.drain(limited, b.options.Records); err != nil {
		return nil, err
	}
	d := s.figures(e.name, b.options.Records)
	o := newOutputs(b.cluster, r.topics, b.want)
	if err := o.await(limited); err != nil {
		return nil, err
	}
	if err := s.end(ctx); err != nil { // what it has written twice is there by now
		return nil, err
	}
	if err := o.more(limited); err != nil {
		return nil, err
	}
	d.Outcome = &o.found
	d.Stats = readStats(r.dir)
	return d, o.found.check(b.want)
}

// drainPatience is for the slowest engine on a machine with other work.
const drainPatience = 15 * time.Minute

// start starts an engine.
func (b *bench) start(e *engine, r *jobRun) (*sut, error) {
	cmd, err := e.command(b, r)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p, err := launch(cmd, r.dir)
	if err != nil {
		return nil, err
	}
	return &sut{Process: p, cluster: b.cluster, broker: b.broker.Pid(), group: r.name, input: r.topics.Input, began: began}, nil
}

// end stops the process, if it still runs. Peers are not asked twice.
func (s *sut) end(ctx context.Context) error {
	if ended, _ := s.Ended(); ended {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w; %s", err, s.LogEnd())
	}
	return nil
}

func readStats(dir string) *childStats {
	text, err := os.ReadFile(filepath.Join(dir, "stats.json"))
	if err != nil {
		return nil // peers write none
	}
	s := &childStats{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil
	}
	return s
}
