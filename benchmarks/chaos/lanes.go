package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// The least number of faults in ten minutes; shorter runs need proportionally fewer.
const (
	leastProcessFaults    = 60
	leastBrokerFaults     = 8
	leastConnectionFaults = 240
	leastAroundFaults     = 30
	measure               = 10 * time.Minute
)

// brokerPause is the shortest time between two faults of brokers.
const brokerPause = 30 * time.Second

// warmUp is how long patients come before the first fault, at most: every part must have begun.
const warmUp = time.Minute

var sourceTopics = schemas.TouchpointTopics()

// injector breaks a site, lane by lane.
type injector struct {
	*site
	began, until time.Time
	processor    *watch
	tables       *watch
	// Held to write while a broker is down, to read while the sink or ClickHouse is, or something around.
	calm sync.RWMutex
}

// breakAll sends patients and makes faults for the given time, ends all faults, and stops the patients.
func breakAll(ctx context.Context, s *site) error {
	if err := s.simulate(); err != nil {
		return err
	}
	in := &injector{site: s}
	in.processor = newWatch(processorGroup, append([]string{schemas.TopicIdentified, schemas.TopicIdentityLinks, schemas.TopicConsents}, sourceTopics...),
		[]string{schemas.TopicIdentified, schemas.TopicTouchpointsWeb}, s.report.wentBack)
	in.tables = newWatch(sinkGroup, clickhouse.Topics{}.List(), []string{schemas.TopicIdentified}, s.report.wentBack)
	watching, enough := context.WithCancel(ctx)
	defer enough()
	var watches sync.WaitGroup
	defer watches.Wait()
	defer enough()
	for _, w := range []*watch{in.processor, in.tables} {
		watches.Go(func() { w.run(watching, s.observer) })
	}
	for _, w := range []*watch{in.processor, in.tables} {
		if err := in.begins(ctx, w); err != nil {
			return err
		}
	}
	in.began = time.Now()
	in.until = in.began.Add(s.duration)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return in.processorLane(gctx) })
	g.Go(func() error { return in.sinkLane(gctx) })
	g.Go(func() error { return in.connectionLane(gctx) })
	g.Go(func() error { return in.surroundingLane(gctx) })
	err := g.Wait()
	if ended, how := s.simulator.Ended(); ended && err == nil {
		err = fmt.Errorf("the simulator ended: %w; %s", how, s.simulator.LogEnd())
	}
	for _, p := range append(s.brokerProxies, s.clickhouseProxy) {
		p.heal()
	}
	if err != nil {
		return err
	}
	s.report.say("no more faults")
	return s.endPatients(ctx)
}

// begins waits until a group moves for the first time.
func (in *injector) begins(ctx context.Context, w *watch) error {
	ctx, cancel := context.WithTimeout(ctx, warmUp)
	defer cancel()
	for {
		if all, _ := w.moves(time.Now()); all {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("group %s does not move: %w", w.group, ctx.Err())
		}
		sleep(ctx, lookInterval)
	}
}

// goesOn says whether a lane may begin another fault.
func (in *injector) goesOn(ctx context.Context) bool {
	return ctx.Err() == nil && time.Now().Before(in.until)
}

// processorLane breaks the instances of run, and brokers.
func (in *injector) processorLane(ctx context.Context) error {
	d, brokerDice := newDice(in.seed, "processor"), newDice(in.seed, "broker")
	interval := max(in.duration/(leastBrokerFaults+4), brokerPause)
	due := in.began.Add(min(interval, in.duration/4))
	for in.goesOn(ctx) {
		sleep(ctx, d.about(0, time.Second))
		if time.Now().After(due) {
			in.calm.Lock()
			due = time.Now().Add(interval)
			err := in.suffer(ctx, in.processor, in.brokerFault(brokerDice))
			in.calm.Unlock()
			if err != nil {
				return err
			}
			continue
		}
		if err := in.suffer(ctx, in.processor, in.processorFault(d)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// sinkLane breaks the sink and ClickHouse.
func (in *injector) sinkLane(ctx context.Context) error {
	d := newDice(in.seed, "sink")
	for in.goesOn(ctx) {
		sleep(ctx, d.about(0, 2*time.Second))
		in.calm.RLock()
		err := in.suffer(ctx, in.tables, in.sinkFault(d))
		in.calm.RUnlock()
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// connectionLane breaks connections, whatever the other lanes do.
func (in *injector) connectionLane(ctx context.Context) error {
	d := newDice(in.seed, "connections")
	pause := measure / (leastConnectionFaults + leastConnectionFaults/10)
	for in.goesOn(ctx) {
		sleep(ctx, d.about(pause/2, pause))
		f := in.connectionFault(d)
		if err := f.do(ctx); err != nil {
			return err
		}
		in.report.connection(f)
	}
	return ctx.Err()
}

// surroundingLane breaks what others run, while no broker is down. Nobody waits until everything moves again: that is for
// the lanes whose faults come meanwhile.
func (in *injector) surroundingLane(ctx context.Context) error {
	d := newDice(in.seed, "surroundings")
	for in.goesOn(ctx) {
		sleep(ctx, d.about(5*time.Second, 5*time.Second))
		in.calm.RLock()
		f := in.surroundingFault(d)
		at := time.Now()
		err := f.do(ctx)
		in.calm.RUnlock()
		if err != nil {
			return fmt.Errorf("%s %s: %w", f.kind, f.target, err)
		}
		in.report.around(at.Sub(in.began), f)
	}
	return ctx.Err()
}

// suffer makes a fault and waits until everything moves again.
func (in *injector) suffer(ctx context.Context, w *watch, f fault) error {
	at := time.Now()
	w.begin(at)
	if err := f.do(ctx); err != nil {
		return fmt.Errorf("%s %s: %w", f.kind, f.target, err)
	}
	w.healed(time.Now())
	longest, ok := w.await(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	in.report.suffered(at.Sub(in.began), f, longest, ok)
	return nil
}
