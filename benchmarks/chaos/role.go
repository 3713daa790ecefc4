package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/deploy/process"
)

// role is an attune process that should keep running. If it ends by itself, that is noted and it is
// started again, as an orchestrator would.
type role struct {
	name string
	// builds of attune take turns: each start is another one's.
	builds []string
	args   []string
	log    string
	died   func(name, why string)
	// What it may end for by itself; nil: nothing.
	mayEnd func(why string) bool

	mu sync.Mutex
	p  *process.Process
	// It should be running.
	wanted bool
	// Where in the log the present process begins.
	since int64
	// How often it was started.
	starts int
	watch  sync.WaitGroup
}

// restartPause is how long a role that ended by itself stays down.
const restartPause = time.Second

func (r *role) start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.launch()
}

func (r *role) launch() error {
	r.since = 0
	if info, err := os.Stat(r.log); err == nil {
		r.since = info.Size()
	}
	p, err := process.Start(process.Config{Cmd: exec.Command(r.builds[r.starts%len(r.builds)], r.args...), Log: r.log})
	if err != nil {
		return fmt.Errorf("start %s: %w", r.name, err)
	}
	r.p, r.wanted = p, true
	r.starts++
	r.watch.Go(func() { r.await(p) })
	return nil
}

// await notes the end of a process.
func (r *role) await(p *process.Process) {
	<-p.Done()
	r.mu.Lock()
	unexpected := r.wanted && r.p == p
	r.mu.Unlock()
	if !unexpected {
		return
	}
	_, err := p.Ended()
	if why := fmt.Sprintf("%v; %s", err, p.LogEnd()); r.mayEnd == nil || !r.mayEnd(why) {
		r.died(r.name, why)
	}
	time.Sleep(restartPause)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wanted && r.p == p {
		if err := r.launch(); err != nil {
			r.died(r.name, err.Error())
		}
	}
}

// current is the running process. With end it also notes that the role is about to be ended.
func (r *role) current(end bool) *process.Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	if end {
		r.wanted = false
	}
	return r.p
}

// kill is kill -9; it stays down.
func (r *role) kill() error {
	if p := r.current(true); p != nil {
		return p.Kill()
	}
	return nil
}

// stop is SIGTERM; it stays down.
func (r *role) stop(ctx context.Context) error {
	p := r.current(true)
	if p == nil {
		return nil
	}
	if err := p.Stop(ctx); err != nil {
		return fmt.Errorf("stop %s: %w; %s", r.name, err, p.LogEnd())
	}
	return nil
}

func (r *role) signal(s os.Signal) error {
	err := r.current(false).Signal(s)
	if errors.Is(err, os.ErrProcessDone) {
		return nil // it has just ended by itself
	}
	return err
}

// says waits until the present process has logged text.
func (r *role) says(ctx context.Context, text string) error {
	r.mu.Lock()
	since := r.since
	r.mu.Unlock()
	return process.Poll(ctx, 50*time.Millisecond, func() (bool, error) {
		said, err := os.ReadFile(r.log)
		return err == nil && strings.Contains(string(said[min(int64(len(said)), since):]), text), nil
	})
}
