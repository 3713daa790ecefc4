package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/attune-health/attune/deploy/process"
)

// fault is one thing that goes wrong, and is put right again.
type fault struct {
	kind   string
	target string
	// do makes the fault. It returns when the fault is over, or the reason why it cannot be ended.
	do func(ctx context.Context) error
}

// The session timeout of the processor's and the sink's group is 6 s. A stop may be shorter; or longer,
// so that the group gives the member up while the member does not know. The same holds for brokers,
// with their own timeout.
const (
	shortStop, shortStopVaries   = 1500 * time.Millisecond, 2500 * time.Millisecond
	longStop, longStopVaries     = 7500 * time.Millisecond, 3 * time.Second
	brokerBlip, brokerBlipVaries = 500 * time.Millisecond, 1500 * time.Millisecond
	brokerStop, brokerStopVaries = 4500 * time.Millisecond, 7 * time.Second
)

// dice draws everything of one lane.
type dice struct{ *rand.Rand }

// newDice makes the dice of a lane. Draws of other lanes do not change its own.
func newDice(seed uint64, lane string) dice {
	h := uint64(14695981039346656037)
	for _, c := range []byte(lane) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return dice{rand.New(rand.NewPCG(seed, h))}
}

// about draws a duration from least up to least plus varies.
func (d dice) about(least, varies time.Duration) time.Duration {
	return least + time.Duration(d.Int64N(int64(varies)))
}

// choice is something with a weight.
type choice struct {
	weight int
	make   func() fault
}

// choose draws by weight.
func (d dice) choose(choices []choice) fault {
	sum := 0
	for _, c := range choices {
		sum += c.weight
	}
	n := d.IntN(sum)
	for _, c := range choices {
		if n -= c.weight; n < 0 {
			return c.make()
		}
	}
	panic("weights do not add up")
}

// processorFault draws what happens to instances of run.
func (s *site) processorFault(d dice) fault {
	victim := s.runs[d.IntN(len(s.runs))]
	disk := 0
	if s.disk != "" {
		disk = 2
	}
	return d.choose([]choice{
		{disk, func() fault { return s.fillDisk(d) }},
		{9, func() fault { return killed("kill run", d, victim) }},
		{3, func() fault {
			i := d.IntN(len(s.runs))
			return killed("kill two runs", d, s.runs[i], s.runs[(i+1)%len(s.runs)])
		}},
		{4, func() fault {
			return stopped("stop run below its session", d.about(shortStop, shortStopVaries), victim)
		}},
		{4, func() fault { return stopped("stop run past its session", d.about(longStop, longStopVaries), victim) }},
		{3, func() fault { return s.visit(d) }},
		{1, func() fault { return s.deleteGroup(d) }},
	})
}

// sinkFault draws what happens to the sink and to ClickHouse.
func (s *site) sinkFault(d dice) fault {
	return d.choose([]choice{
		{5, func() fault { return killed("kill sink", d, s.sink) }},
		{2, func() fault {
			return stopped("stop sink below its session", d.about(shortStop, shortStopVaries), s.sink)
		}},
		{2, func() fault { return stopped("stop sink past its session", d.about(longStop, longStopVaries), s.sink) }},
		{5, func() fault { return s.killClickHouse(d) }},
		{3, func() fault { return s.stopClickHouse(d.about(shortStop, 2*shortStopVaries)) }},
	})
}

// brokerFault draws what happens to a broker.
func (s *site) brokerFault(d dice) fault {
	i := d.IntN(len(s.brokers))
	return d.choose([]choice{
		{5, func() fault { return s.killBroker(d, i) }},
		{2, func() fault {
			return s.stopBroker("stop broker below its session", d.about(brokerBlip, brokerBlipVaries), i)
		}},
		{3, func() fault {
			return s.stopBroker("stop broker past its session", d.about(brokerStop, brokerStopVaries), i)
		}},
	})
}

// killed is kill -9 of processes at once, each started again after a while.
func killed(kind string, d dice, victims ...*role) fault {
	target, down := "", make([]time.Duration, len(victims))
	for i, v := range victims {
		target += " " + v.name
		down[i] = d.about(0, 2*time.Second)
	}
	return fault{kind, target[1:], func(ctx context.Context) error {
		for _, v := range victims {
			if err := v.kill(); err != nil {
				return err
			}
		}
		for i, v := range victims {
			sleep(ctx, down[i])
			if err := v.start(); err != nil {
				return err
			}
		}
		return nil
	}}
}

// stopped is SIGSTOP, and later SIGCONT: the process believes that no time has passed.
func stopped(kind string, lasting time.Duration, victim *role) fault {
	return fault{kind, victim.name + " " + lasting.Round(100*time.Millisecond).String(), func(ctx context.Context) error {
		if err := victim.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		sleep(ctx, lasting)
		return victim.signal(syscall.SIGCONT)
	}}
}

// visit is a rebalance: one more instance joins, works for a while, and leaves, orderly or not.
func (s *site) visit(d dice) fault {
	stays, inOrder := d.about(0, 3*time.Second), d.IntN(2) == 0
	kind := "run joins and leaves"
	if !inOrder {
		kind = "run joins and is killed"
	}
	return fault{kind, s.guest.name, func(ctx context.Context) error {
		if err := s.guest.start(); err != nil {
			return err
		}
		joining, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := s.guest.says(joining, "assigned"); err != nil {
			return fmt.Errorf("%s does not join its group: %w", s.guest.name, err)
		}
		sleep(ctx, stays)
		if !inOrder {
			return s.guest.kill()
		}
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return s.guest.stop(leaving)
	}}
}

func (s *site) killClickHouse(d dice) fault {
	down := d.about(0, 3*time.Second)
	return fault{"kill ClickHouse", down.Round(100 * time.Millisecond).String(), func(ctx context.Context) error {
		if err := s.clickhouse.Kill(); err != nil {
			return err
		}
		sleep(ctx, down)
		server, err := s.clickhouse.Restart(ctx)
		if err != nil {
			return err
		}
		s.clickhouse = server
		return nil
	}}
}

func (s *site) stopClickHouse(lasting time.Duration) fault {
	return fault{"stop ClickHouse", lasting.Round(100 * time.Millisecond).String(), func(ctx context.Context) error {
		return pause(ctx, s.clickhouse.Process, lasting)
	}}
}

func (s *site) killBroker(d dice, i int) fault {
	down := d.about(0, 3*time.Second)
	return fault{"kill broker", fmt.Sprintf("%d %v", i+1, down.Round(100*time.Millisecond)), func(ctx context.Context) error {
		if err := s.brokers[i].Kill(); err != nil {
			return err
		}
		sleep(ctx, down)
		return s.brokers[i].Restart(ctx)
	}}
}

func (s *site) stopBroker(kind string, lasting time.Duration, i int) fault {
	return fault{kind, fmt.Sprintf("%d %v", i+1, lasting.Round(100*time.Millisecond)), func(ctx context.Context) error {
		return pause(ctx, s.brokers[i].Process, lasting)
	}}
}

func pause(ctx context.Context, p *process.Process, lasting time.Duration) error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	sleep(ctx, lasting)
	return p.Signal(syscall.SIGCONT)
}

// connectionFault draws what happens to connections. It ends by itself.
func (s *site) connectionFault(d dice) fault {
	n := d.IntN(10)
	p, name := s.clickhouseProxy, "ClickHouse"
	if n < 7 {
		i := n % len(s.brokerProxies)
		p, name = s.brokerProxies[i], fmt.Sprintf("broker %d", i+1)
	}
	// The seed does not decide which of the present connections are hit.
	lot := dice{rand.New(rand.NewPCG(d.Uint64(), 0))}
	some := func() bool { return lot.IntN(2) == 0 }
	lasting := d.about(200*time.Millisecond, 1800*time.Millisecond)
	do := func(f func()) func(context.Context) error {
		return func(context.Context) error { f(); return nil }
	}
	return d.choose([]choice{
		{3, func() fault { return fault{"cut connections", name, do(func() { p.cutSome(some) })} }},
		{4, func() fault {
			after := d.IntN(100)
			return fault{"swallow answers", name, do(func() { p.swallowAnswers(some, after) })}
		}},
		{3, func() fault {
			by := d.about(20*time.Millisecond, 280*time.Millisecond)
			return fault{"delay", fmt.Sprintf("%s by %v", name, by.Round(time.Millisecond)), do(func() { p.slow(by, lasting) })}
		}},
		{2, func() fault { return fault{"hold up", name, do(func() { p.hold(lasting) })} }},
		{2, func() fault { return fault{"refuse", name, do(func() { p.refuse(lasting) })} }},
	})
}

// sleep waits, or less if ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
