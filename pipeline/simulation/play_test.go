package simulation

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline/enginetest"
)

// play is the whole of a run.
func (w *world) play() {
	w.job.begin()
	for i, name := range names[:w.settings.Processes] {
		if i == 0 {
			w.start(name)
		} else {
			w.after(w.between(0, time.Second), func() {
				if w.living(name) == nil && !w.healed {
					w.start(name)
				}
			})
		}
	}
	w.beginInput()
	w.after(w.between(0, 500*time.Millisecond), w.nemesis)
	w.run(w.settings.Chaos, func() bool { return false })
	if w.failure != nil {
		return
	}
	w.heal()
	w.settle("after the trouble")
	w.again()
	w.job.dump()
	w.settle("after the dump")
	w.close()
	w.settle("after the end of the input")
	w.job.dump()
	w.settle("at the end")
	w.end()
}

// close ends event time: by touches far in the future, or, where one process has everything, by what
// it does when it is to drain.
func (w *world) close() {
	p := w.living(names[0])
	if w.failure != nil {
		return
	}
	if w.settings.Processes > 1 || p == nil || w.chance(2) {
		w.job.close()
		return
	}
	w.note("drain %s", p.name)
	w.drained = true
	w.met["drain"]++
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- enginetest.Drain(ctx, p.runner)
		w.signal()
	}()
	if !w.run(3*time.Minute, func() bool { return len(ended) > 0 }) {
		w.fail("%s does not drain within three minutes", p.name)
	}
	cancel()
	if err := <-ended; err != nil {
		w.fail("drain %s: %v", p.name, err)
	}
}

// settle waits until everything that is in the logs has been processed.
func (w *world) settle(when string) {
	if w.failure != nil {
		return
	}
	since := time.Now()
	w.note("settle %s", when)
	if !w.run(3*time.Minute, func() bool {
		if !w.caughtUp() {
			since = time.Now()
		}
		return time.Since(since) > 300*time.Millisecond
	}) {
		w.fail("%s: not everything is processed within three minutes", when)
	}
}

func (w *world) caughtUp() bool {
	c := w.cluster
	if len(c.open) > 0 || w.restarts > 0 {
		return false
	}
	for _, topic := range w.job.sources() {
		for _, p := range c.topics[topic] {
			if c.offsets[p.tp].Offset != int64(len(p.entries)) {
				return false
			}
		}
	}
	return true
}

// again lets all state be restored, in most runs: every process ends, and others begin.
func (w *world) again() {
	if w.failure != nil || w.chance(4) {
		return
	}
	kill := w.chance(2)
	for _, p := range w.procs {
		switch {
		case !p.alive():
		case kill:
			w.kill(p)
		default:
			w.stop(p)
		}
	}
	w.waitForEnds()
	for _, name := range names[:w.settings.Processes] {
		w.start(name)
	}
}

func (w *world) waitForEnds() {
	if w.failure == nil && !w.run(time.Minute, func() bool {
		return !slices.ContainsFunc(w.procs, func(p *process) bool { return !p.seen })
	}) {
		w.fail("a process does not end within a minute")
	}
}

// end stops every process.
func (w *world) end() {
	for _, p := range w.procs {
		if p.alive() {
			w.stop(p)
		}
	}
	w.waitForEnds()
	w.run(time.Minute, func() bool { return len(w.cluster.open) == 0 })
}

// bury ends what may still run after a failure.
func (w *world) bury() {
	for _, p := range w.procs {
		if p.alive() {
			w.kill(p)
		}
	}
	for _, p := range w.procs {
		<-p.done
	}
	w.timer.Stop()
}

// noteLogs adds all logs to the run's trace.
func (w *world) noteLogs() {
	topics := w.job.partitions()
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		for _, p := range w.cluster.topics[topic] {
			w.met["records in "+topic] += len(p.read())
			for i := range p.entries {
				e := &p.entries[i]
				w.note("%s@%d %t %d %q %q", name(p.tp), i, e.visible(), e.record.Timestamp, e.record.Key, e.record.Value)
			}
		}
	}
}
