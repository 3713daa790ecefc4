package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/pipeline"
)

// openTransactions demands that nothing is open: no transaction at any coordinator, and no partition
// whose last stable offset is before its end. A transaction that a killed instance left open is aborted
// by its timeout, so there is some time.
func (s *site) openTransactions(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, ending)
	defer cancel()
	var open []string
	err := process.Poll(waiting, lookInterval, func() (bool, error) {
		var err error
		open, err = s.stranger.open(waiting)
		return err == nil && len(open) == 0, err
	})
	if waiting.Err() != nil && ctx.Err() == nil {
		s.report.add(0, 0, len(open), open...)
		return nil
	}
	return err
}

// open names what is open.
func (s stranger) open(ctx context.Context) ([]string, error) {
	var open []string
	for _, shard := range s.client.RequestSharded(ctx, kmsg.NewPtrListTransactionsRequest()) {
		if shard.Err != nil {
			return nil, fmt.Errorf("list transactions: %w", shard.Err)
		}
		answer := shard.Resp.(*kmsg.ListTransactionsResponse)
		if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
			return nil, fmt.Errorf("list transactions: %w", err)
		}
		for _, t := range answer.TransactionStates {
			if t.TransactionState == "Ongoing" || strings.HasPrefix(t.TransactionState, "Prepare") {
				open = append(open, fmt.Sprintf("transaction of %s is %s", t.TransactionalID, t.TransactionState))
			}
		}
	}
	counts, err := s.partitions(ctx)
	if err != nil {
		return nil, err
	}
	for _, topic := range slices.Sorted(maps.Keys(counts)) {
		stable, err := s.ends(ctx, topic, readCommitted)
		if err != nil {
			return nil, err
		}
		ends, err := s.ends(ctx, topic, readUncommitted)
		if err != nil {
			return nil, err
		}
		for p, end := range ends {
			if stable[p] != end {
				open = append(open, fmt.Sprintf("%s/%d is stable up to %d of %d", topic, p, stable[p], end))
			}
		}
	}
	return open, nil
}

// orphans restores every task from its changelog, as a new instance would, and demands that everything
// there belongs to the right task: no store that does not exist, no state of another task, nothing that
// still waits for a shard.
func (s *site) orphans(ctx context.Context) error {
	c := config.Default()
	topology, err := roles.OfflineTopology(ctx, &c)
	if err != nil {
		return err
	}
	counts, err := s.stranger.partitions(ctx)
	if err != nil {
		return err
	}
	env := pipeline.Environment{Partitions: func(topic string) (int32, error) { return counts[topic], nil }}
	for i := range topology.Roles {
		role := &topology.Roles[i]
		if role.Changelog == "" {
			continue
		}
		var tasks []*leftover
		for p := range counts[role.Changelog] {
			task, err := pipeline.NewTask(topology, role, pipeline.TopicPartition{Topic: role.Sources[0].Topic, Partition: p}, env, nowhere{})
			if err != nil {
				return err
			}
			tasks = append(tasks, &leftover{task: task, partition: p, of: counts[role.Changelog], live: map[string]bool{}})
		}
		err := s.stranger.Each(ctx, role.Changelog, func(r *pipeline.Record) error {
			tasks[r.Partition].take(r, s.report)
			return nil
		})
		if err != nil {
			return err
		}
		for _, t := range tasks {
			t.judge(s.report)
		}
	}
	return nil
}

// leftover is what one changelog partition holds.
type leftover struct {
	task          *pipeline.Task
	partition, of int32
	// Store, zero byte, key.
	live map[string]bool
}

func (l *leftover) take(r *pipeline.Record, report *report) {
	if r.Value == nil {
		delete(l.live, string(r.Key))
	} else {
		l.live[string(r.Key)] = true
	}
	if err := l.task.Restore(r); err != nil {
		report.add(0, 0, 1, fmt.Sprintf("%s/%d@%d cannot be restored: %v", r.Topic, r.Partition, r.Offset, pipeline.KindOf(err)))
	}
}

// judge names state that belongs to nobody, by its store: keys may be persons.
func (l *leftover) judge(report *report) {
	known := map[string]bool{}
	for _, s := range l.task.DeclaredStores() {
		known[s.Name()] = true
	}
	orphans, strays, timers, held := 0, 0, 0, 0
	for place := range l.live {
		store, key, _ := strings.Cut(place, "\x00")
		if store[0] != '~' && !known[store] {
			orphans++
		}
		switch store {
		case "~timer":
			timers++
		case "held":
			held++
		}
		// The stores of PATIENT that are kept by person, or by person and shard.
		if owner, _, _ := strings.Cut(key, "/"); slices.Contains([]string{"persons", "shards", "held"}, store) && pipeline.Partition([]byte(owner), l.of) != l.partition {
			strays++
		}
	}
	for _, wrong := range []struct {
		n    int
		what string
	}{
		{orphans, "keys are of stores that the task has not"},
		{strays, "keys belong to another task"},
		{held, "touchpoints still wait for a shard"},
		{max(timers-l.task.Timers(), l.task.Timers()-timers), "timers were not taken up, or more than there are"},
	} {
		if wrong.n > 0 {
			report.add(0, 0, wrong.n, fmt.Sprintf("state of %v: %d %s", l.task.ID(), wrong.n, wrong.what))
		}
	}
}

// nowhere drops what tasks write that are only looked at.
type nowhere struct{}

// Append implements pipeline.Appender.
func (nowhere) Append(*pipeline.OutRecord) error { return nil }
