package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/internal/oracle"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/sinks/clickhouse"
)

const (
	// settling is how long topics and ClickHouse may take to hold everything that follows from what was
	// sent.
	settling = 4 * time.Minute
	// ending bounds the orderly end of a role, and of the transactions that it leaves.
	ending = time.Minute
)

// verifyAll waits until nothing moves any more, ends the roles in order, and then checks everything.
func verifyAll(ctx context.Context, s *site) error {
	ledger, err := s.sent(ctx)
	if err != nil {
		return err
	}
	if err := s.settle(ctx, ledger); err != nil {
		return err
	}
	if err := s.endRoles(ctx); err != nil {
		return err
	}
	log, tables := &countedLog{inner: s.readable()}, &countedTables{inner: &verify.HTTPTables{URL: "http://" + s.clickhouse.HTTPAddr()}}
	found, err := s.verification(ledger, log, tables).Verify(ctx)
	if err != nil {
		return err
	}
	r := s.report
	if err := s.readLogs(); err != nil {
		return err
	}
	r.verified = log.records + tables.rows
	r.found = fmt.Sprintf("%d touchpoints sent: %d processed, %d duplicate, %d late, %d rejected; %d personas, %d predictions, %d next best actions; %d records and %d rows compared%s",
		found.Produced, found.Processed, found.Duplicate, found.Late, found.Rejected, found.Personas, found.Predictions, found.Decisions, log.records, tables.rows, figures(found.KPIs))
	r.add(found.Lost, found.Duplicated, found.Found-found.Lost-found.Duplicated, found.Differences...)
	if fates := found.Processed + found.Duplicate + found.Late + found.Rejected; fates != found.Produced {
		r.add(0, 0, 1, fmt.Sprintf("%d touchpoints were sent, %d have a fate", found.Produced, fates))
	}
	for _, back := range r.backwards {
		r.add(0, 0, 1, back)
	}
	for _, death := range r.deaths {
		r.add(0, 0, 1, "ended by itself: "+death)
	}
	if err := s.setAside(ctx); err != nil {
		return err
	}
	if err := s.openTransactions(ctx); err != nil {
		return err
	}
	return s.orphans(ctx)
}

// readLogs looks for tasks that could not repeat what was sent, and counts what was repeated of another build.
func (s *site) readLogs() error {
	for _, role := range append(slices.Clone(s.runs), s.guest) {
		text, err := os.ReadFile(role.log)
		if errors.Is(err, os.ErrNotExist) {
			continue // the guest has never come
		}
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			switch {
			case strings.Contains(line, "task has stopped"):
				s.report.add(0, 0, 1, role.name+": "+strings.TrimSpace(line))
			case strings.Contains(line, "msg=replayed") && strings.Contains(line, "new_build=true"):
				s.report.otherBuilds++
			}
		}
	}
	return nil
}

// figures says what the oracle and attune agree on.
func figures(t *oracle.Totals) string {
	if t == nil {
		return "; the oracle was not asked"
	}
	return fmt.Sprintf("; by the oracle %d contacts, %d last resorts, %d repeats, %d of %d resolved at first", t.Contacts, t.LastResort, t.Repeat, t.Resolved, t.Judged)
}

// sent reads what the simulator has written down.
func (s *site) sent(ctx context.Context) (*verify.Ledger, error) {
	sent, err := traffic.SentIn(s.ledger())
	if err != nil {
		return nil, err
	}
	ledger, found, err := verify.LedgerOf(ctx, s.readable(), append(sent, s.around.sent...))
	if err != nil {
		return nil, err
	}
	s.report.add(found.Lost, found.Duplicated, 0, found.Differences...)
	return ledger, nil
}

// verification is what everything is compared with. The sink sends rows again after every fault, so
// copies that the views hide are right.
func (s *site) verification(ledger *verify.Ledger, log verify.Log, tables verify.Tables) *verify.Run {
	return &verify.Run{Ledger: ledger, Log: log, Tables: tables, Oracle: &oracle.Engine{URL: "http://" + s.clickhouse.HTTPAddr()}, Windows: roles.Windows(attune.Config{}), Sources: sourceTopics, Resent: true, MaxReport: 40}
}

// readable is what a client reads that is not ours, of what can be read.
func (s *site) readable() verify.Log { return readable{Log: s.stranger, poison: s.around.poison} }

// settle waits until nothing differs. Nobody closes windows here: their early panes bring the totals,
// some seconds after the last record. If it does not settle, the verification that follows says why.
func (s *site) settle(ctx context.Context, ledger *verify.Ledger) error {
	began := time.Now()
	settling, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	run := s.verification(ledger, s.readable(), &verify.HTTPTables{URL: "http://" + s.clickhouse.HTTPAddr()})
	var left *verify.Report
	err := process.Poll(settling, 2*time.Second, func() (bool, error) {
		found, err := run.Verify(settling)
		if err != nil {
			return false, err
		}
		left = found
		return left.Found == 0, nil
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case settling.Err() != nil:
		s.report.say("does not settle within %v", time.Since(began).Round(time.Second))
		if left != nil {
			s.report.say("%d differences, the first: %s", left.Found, strings.Join(left.Differences[:min(len(left.Differences), 5)], "; "))
		}
	case err != nil:
		return err
	default:
		s.report.say("settled after %v", time.Since(began).Round(100*time.Millisecond))
	}
	return nil
}

// endRoles ends run, lets the sink process the rest, and ends it.
func (s *site) endRoles(ctx context.Context) error {
	for _, r := range s.runs {
		s.endRole(ctx, r)
	}
	defer s.endRole(ctx, s.sink)
	ctx, cancel := context.WithTimeout(ctx, ending)
	defer cancel()
	left := int64(0)
	err := process.Poll(ctx, lookInterval, func() (bool, error) {
		lags, err := s.observer.Lag(ctx, sinkGroup, clickhouse.Topics{}.List()...)
		if err != nil {
			return false, err
		}
		left = 0
		for i := range lags {
			left += lags[i].Lag()
		}
		return left == 0, nil
	})
	if ctx.Err() != nil {
		s.report.add(0, 0, 1, fmt.Sprintf("the sink is %d records behind and does not catch up", left))
		return nil
	}
	return err
}

// endRole ends a role orderly. A role that does not react is killed, which counts as wrong; what it has
// done is verified all the same.
func (s *site) endRole(ctx context.Context, r *role) {
	ctx, cancel := context.WithTimeout(ctx, ending)
	defer cancel()
	if err := r.stop(ctx); err != nil {
		s.report.add(0, 0, 1, fmt.Sprintf("%s does not end well: %v", r.name, err))
	}
}

// countedLog counts what is read.
type countedLog struct {
	inner   verify.Log
	records int
}

// Each implements verify.Log.
func (c *countedLog) Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error {
	return c.inner.Each(ctx, topic, func(r *pipeline.Record) error {
		c.records++
		return fn(r)
	})
}

// countedTables counts what is read.
type countedTables struct {
	inner verify.Tables
	rows  int
}

// Rows implements verify.Tables.
func (c *countedTables) Rows(ctx context.Context, sql string, fn func(columns []string)) error {
	return c.inner.Rows(ctx, sql, func(columns []string) {
		c.rows++
		fn(columns)
	})
}
