package clickhouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// Sink writes the output topics to ClickHouse.
type Sink struct {
	cfg     Config
	cluster pipeline.Cluster
	client  *Client
	filler  *filler
	insert  *inserter
	commit  *committer
	free    chan *batch // MaxInFlight+1 of them, when no generation runs
}

// New connects, prepares the schema, and names the log in force. All that is wrong with the configuration or the server
// comes out here, each problem in a line.
func New(ctx context.Context, cfg Config, cluster pipeline.Cluster) (*Sink, error) {
	cfg.setDefaults()
	if err := cfg.validateSink(); err != nil {
		return nil, err
	}
	client, err := Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &Sink{cfg: cfg, cluster: cluster, client: client}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return s, nil
}

func (s *Sink) prepare(ctx context.Context) error {
	if err := s.client.Prepare(ctx); err != nil {
		return err
	}
	for _, topic := range s.cfg.Topics.List() {
		n, err := s.cluster.PartitionCount(ctx, topic)
		if err != nil {
			return fmt.Errorf("look up topic %s: %w", topic, err)
		}
		if n < 1 {
			return fmt.Errorf("topic %s is missing: run attune topics create", topic)
		}
	}
	if !s.cfg.KeepCurrent {
		if err := s.client.SetCurrent(ctx, s.cfg.LogID); err != nil {
			return fmt.Errorf("name the log in force: %w", err)
		}
	}
	settings, err := s.client.knownSettings(ctx)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	codes := &codeBook{}
	if s.filler, err = newFiller(&s.cfg, codes); err != nil {
		return err
	}
	s.insert = &inserter{cfg: &s.cfg, client: s.client, cluster: s.cluster, settings: settings}
	s.commit = &committer{cfg: &s.cfg, rejecter: &rejecter{cluster: s.cluster, topic: s.cfg.Topics.Rejected}}
	s.free = make(chan *batch, s.cfg.MaxInFlight+1)
	for range s.cfg.MaxInFlight + 1 {
		s.free <- newBatch(s.cfg.LogID, codes)
	}
	return nil
}

// Client is the sink's connection.
func (s *Sink) Client() *Client { return s.client }

// Close ends the connections. Call it after Run.
func (s *Sink) Close() error { return errors.Join(s.commit.rejecter.close(), s.client.Close()) }

// Run reads and writes until the context ends; it then gets in what it has read, as far as HandOver allows, and
// returns nil. An error is one that waiting does not cure.
func (s *Sink) Run(ctx context.Context) (err error) {
	group, err := s.cluster.NewGroup(ctx, pipeline.GroupConfig{GroupID: s.cfg.Group, Instance: s.cfg.Instance, Topics: s.cfg.Topics.List()})
	if ctx.Err() != nil && err != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("join group %s: %w", s.cfg.Group, err)
	}
	defer func() { err = errors.Join(err, group.Close()) }()
	pauses := s.cfg.pauses()
	for {
		g, err := group.Next(ctx)
		if err == nil {
			err = s.generation(ctx, g)
			pauses.b.Reset()
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil || pipeline.KindOf(err) == pipeline.KindFenced:
			continue
		case pipeline.KindOf(err) != pipeline.KindTransient:
			return err
		}
		s.cfg.Events.readFailed(err)
		if pauses.wait(ctx) != nil {
			return nil
		}
	}
}
