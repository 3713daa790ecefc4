package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/sinks/consume"
)

// Sink writes the output topics to ClickHouse.
type Sink struct {
	cfg      Config
	client   *Client
	consumer *consume.Consumer
}

// New connects, prepares the schema and makes this log the current one. Everything wrong with the configuration or
// the server comes out here, each problem in a line.
func New(ctx context.Context, cfg Config, cluster pipeline.Cluster) (*Sink, error) {
	cfg.SetDefaults()
	if err := cfg.validateSink(); err != nil {
		return nil, err
	}
	client, err := Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &Sink{cfg: cfg, client: client}
	if err := s.prepare(ctx, cluster); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return s, nil
}

func (s *Sink) prepare(ctx context.Context, cluster pipeline.Cluster) error {
	if err := s.refuseEmpty(ctx, cluster); err != nil {
		return err
	}
	if err := s.client.Prepare(ctx); err != nil {
		return err
	}
	if err := s.client.setCodes(ctx, &s.cfg.Codes); err != nil {
		return fmt.Errorf("write what the codes mean: %w", err)
	}
	settings, err := s.client.usableSettings(ctx)
	if err != nil {
		return err
	}
	filler, err := newFiller(&s.cfg)
	if err != nil {
		return err
	}
	insert := &inserter{cfg: &s.cfg, client: s.client, settings: settings}
	s.consumer, err = consume.New(ctx, s.cfg.consume(), cluster, func() consume.Batch { return newBatch(filler, insert, s.cfg.LogID) })
	if err != nil || s.cfg.KeepCurrent {
		return err
	}
	if err := s.client.SetCurrent(ctx, s.cfg.LogID); err != nil {
		return fmt.Errorf("name the log in force: %w", err)
	}
	return nil
}

// refuseEmpty refuses a start that would make a table anew whose records the group has read already: their rows would
// be missing for good, and nothing would say so.
func (s *Sink) refuseEmpty(ctx context.Context, cluster pipeline.Cluster) error {
	if s.cfg.FromStart {
		return nil
	}
	missing, err := s.client.MissingTables(ctx)
	if err != nil || len(missing) == 0 {
		return err
	}
	var problems []error
	for _, table := range missing {
		for _, topic := range s.cfg.Topics.of(table) {
			read, err := consume.HasRead(ctx, cluster, s.cfg.Group, topic)
			if err != nil {
				return err
			}
			if read {
				problems = append(problems, fmt.Errorf("table %s.%s is missing, and group %s has read %s already: its rows would stay missing",
					s.client.cfg.Database, s.cfg.TablePrefix+table, s.cfg.Group, topic))
				break
			}
		}
	}
	if len(problems) > 0 {
		problems = append(problems, errors.New("nothing was changed: run attune sink with --from-start once, which reads all topics from their beginning (rows that are there stay as they are), or give sink.group another name"))
	}
	return errors.Join(problems...)
}

// Client is the sink's connection.
func (s *Sink) Client() *Client { return s.client }

// Close ends the connections. Call it after Run.
func (s *Sink) Close() error { return errors.Join(s.consumer.Close(), s.client.Close()) }

// Run reads and writes until the context ends. It then inserts what it has read, for HandOver at most, and returns
// nil. An error is one that waiting does not cure.
//
// Beside that it keeps the roll-ups of the log in force: a sink of another log has nothing that views show.
func (s *Sink) Run(ctx context.Context) error {
	if s.cfg.KeepCurrent {
		return s.consumer.Run(ctx)
	}
	rolling, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { s.client.keepRollups(rolling, s.cfg.RollupInterval) })
	err := s.consumer.Run(ctx)
	stop()
	ended.Wait()
	return err
}
