package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/deploy/embedded"
)

// parts are the servers of a demo: Kafka, schema registry and ClickHouse on this machine.
type parts struct {
	broker     *embedded.Broker
	registry   *embedded.Registry
	clickhouse *embedded.ClickHouse
	dir        string
	remove     bool // the directory is ours and goes with the demo
}

// startParts starts the servers side by side on dir; an empty dir means a temporary one.
func startParts(ctx context.Context, dir string) (*parts, error) {
	p := &parts{dir: dir}
	if dir == "" {
		temporary, err := os.MkdirTemp("", "attune-demo-")
		if err != nil {
			return nil, err
		}
		p.dir, p.remove = temporary, true
	}
	for _, sub := range []string{"kafka", "registry", "clickhouse"} {
		if err := os.MkdirAll(filepath.Join(p.dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		p.broker, err = embedded.StartBroker(gctx, embedded.BrokerConfig{Dir: filepath.Join(p.dir, "kafka")})
		return err
	})
	g.Go(func() (err error) {
		p.registry, err = embedded.StartRegistry(gctx, embedded.RegistryConfig{Dir: filepath.Join(p.dir, "registry")})
		return err
	})
	g.Go(func() (err error) {
		p.clickhouse, err = startClickHouse(gctx, p.dir)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, errors.Join(unavailable(err), p.close())
	}
	return p, nil
}

// startClickHouse starts the embedded engine on the ClickHouse part of a demo's directory.
func startClickHouse(ctx context.Context, dir string) (*embedded.ClickHouse, error) {
	return embedded.StartClickHouse(ctx, embedded.ClickHouseConfig{Dir: filepath.Join(dir, "clickhouse"), Progress: embedded.NewProgress(os.Stderr)})
}

// addresses says where other clients can join in.
func (d *demo) addresses() []string {
	p := d.parts
	return []string{
		"Kafka       " + p.broker.Addr(),
		"Registry    " + p.registry.URL(),
		"ClickHouse  native " + p.clickhouse.NativeAddr() + "  http " + p.clickhouse.HTTPAddr(),
		"Metrics     http://" + d.tel.Addr() + "/metrics",
	}
}

// point makes a configuration use the parts.
func (p *parts) point(c *Config) {
	c.Kafka.Brokers = []string{p.broker.Addr()}
	c.Registry.URL = p.registry.URL()
	c.ClickHouse.DSN = ""
	c.ClickHouse.Addr = []string{p.clickhouse.NativeAddr()}
}

func (p *parts) close() error {
	var errs []error
	if p.clickhouse != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		errs = append(errs, p.clickhouse.Stop(ctx))
		cancel()
	}
	if p.registry != nil {
		errs = append(errs, p.registry.Close())
	}
	if p.broker != nil {
		errs = append(errs, p.broker.Close())
	}
	if p.remove {
		errs = append(errs, os.RemoveAll(p.dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop the embedded parts: %w", err)
	}
	return nil
}
