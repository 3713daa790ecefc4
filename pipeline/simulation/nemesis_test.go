package simulation

import (
	"time"

	"github.com/attune-health/attune/pipeline"
)

var names = []string{"a", "b", "c"}

// nemesis lets something befall the processes or the brokers, again and again until the world heals.
func (w *world) nemesis() {
	if w.healed {
		return
	}
	w.strike()
	w.after(w.between(w.settings.NemesisEvery/4, 2*w.settings.NemesisEvery), w.nemesis)
}

func (w *world) strike() {
	name := names[w.rand.IntN(w.settings.Processes)]
	p := w.living(name)
	if p == nil {
		w.start(name)
		return
	}
	if p.stopping {
		return
	}
	n := w.rand.IntN(14)
	if w.settings.Backlog {
		n = gentler(n)
	}
	switch n {
	case 0, 1, 2:
		w.kill(p)
		w.restartLater(name)
	case 3:
		w.stop(p)
		w.restartLater(name)
	case 4, 5:
		w.freeze(p)
	case 6:
		w.met["rebalance"]++
		w.note("rebalance")
		w.cluster.group.rebalance()
		w.cluster.group.complete()
	case 7:
		w.dropSession(p)
	case 8:
		w.fence()
	case 9:
		w.moveCoordinator()
	case 10:
		w.moveLeader()
	case 11:
		w.usurp(p)
	case delaysOnce:
		w.delayOnce()
	default:
		w.delay()
	}
}

const delaysOnce = 14

// gentler replaces what lets a partition go without an owner, or without an answer, for longer than others wait
// for it: a process is stopped where it would be killed.
func gentler(strike int) int {
	switch {
	case strike <= 2:
		return 3
	case strike <= 5 || strike > 9:
		return delaysOnce
	}
	return strike
}

// freeze cuts a process off, as SIGSTOP or a broken network does: what it has sent may arrive, what
// it is sent waits. Its session may expire meanwhile; then it comes back as a zombie.
func (w *world) freeze(p *process) {
	d := w.between(20*time.Millisecond, 2*w.settings.SessionTimeout)
	w.met["freeze"]++
	w.note("freeze %s for %v", p.name, d)
	p.client.thaw = time.Now().Add(d)
	if d > w.settings.SessionTimeout {
		w.cluster.group.expire(p.client)
	}
}

// usurp starts another process under the name of one that is cut off, as an orchestrator does. The old
// one comes back, a zombie that takes the producers of the new one for its own, and dies soon.
func (w *world) usurp(p *process) {
	w.met["usurped"]++
	w.freeze(p)
	w.crash(p) // the other one has another machine, with what this one's disk has
	p.ghost = true
	w.start(p.name)
	w.after(time.Until(p.client.thaw)+w.between(0, time.Second), func() {
		if p.alive() {
			w.kill(p)
		}
	})
}

// dropSession lets the group go on without a process, which learns of that from a heartbeat.
func (w *world) dropSession(p *process) {
	w.met["session lost"]++
	w.note("session of %s is lost", p.name)
	for _, m := range w.cluster.group.members {
		if m.client == p.client {
			w.cluster.group.remove(m)
			return
		}
	}
}

// fence aborts a producer's open transaction, as a coordinator does that has lost patience. An id is
// fenced once in half a minute: three times end a process.
func (w *world) fence() {
	for _, id := range []string{"g-a-0", "g-b-0", "g-a-1", "g-c-1"} {
		s := w.cluster.producers[id]
		if s == nil || !s.active() || time.Since(w.fences[id]) < 30*time.Second {
			continue
		}
		w.met["fence"]++
		w.fences[id] = time.Now()
		w.cluster.expire(s, s.txn)
		return
	}
}

func (w *world) moveCoordinator() {
	d := w.between(5*time.Millisecond, 700*time.Millisecond)
	w.met["coordinators move"]++
	w.note("coordinators move for %v", d)
	w.cluster.away = time.Now().Add(d)
}

func (w *world) anyPartition() pipeline.TopicPartition {
	topic := pick(w.rand, w.job.troubled()...)
	return pipeline.TopicPartition{Topic: topic, Partition: w.rand.Int32N(int32(len(w.cluster.topics[topic])))}
}

func (w *world) moveLeader() {
	tp, d := w.anyPartition(), w.between(5*time.Millisecond, 700*time.Millisecond)
	w.met["leader moves"]++
	w.note("leader of %s moves for %v", name(tp), d)
	w.cluster.noLeader[tp] = time.Now().Add(d)
}

// delay lets a partition's records come late, behind those of others.
func (w *world) delay() {
	w.delayFor(w.anyPartition(), w.between(50*time.Millisecond, 1500*time.Millisecond))
}

func (w *world) delayFor(tp pipeline.TopicPartition, d time.Duration) {
	w.met["partition delayed"]++
	w.note("%s is delayed for %v", name(tp), d)
	w.cluster.slow[tp] = time.Now().Add(d)
	w.after(d+1, func() { w.cluster.version++ })
}

// delayOnce delays a partition that is not delayed already.
func (w *world) delayOnce() {
	if tp := w.anyPartition(); time.Now().After(w.cluster.slow[tp].Add(time.Second)) {
		w.delayFor(tp, w.between(50*time.Millisecond, time.Second))
	}
}

// heal ends all trouble. Every process goes on, or is started.
func (w *world) heal() {
	w.note("heal")
	w.healed, w.healedAt = true, time.Now()
	for _, p := range w.procs {
		p.client.thaw = time.Time{}
		if p.ghost && p.alive() {
			w.kill(p)
		}
	}
	clear(w.cluster.slow)
	clear(w.cluster.noLeader)
	w.cluster.away = time.Time{}
	w.cluster.version++
	for _, name := range names[:w.settings.Processes] {
		if p := w.living(name); p == nil || p.stopping {
			w.restartLater(name)
		}
	}
}
